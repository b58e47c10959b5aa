#!/bin/sh
# SPDX-License-Identifier: MIT
# 2090-shallow.sh - where old runs were cut away, history ends and nothing fails
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git

es_init
SOURCE_DATE_EPOCH=1780000000
export SOURCE_DATE_EPOCH
es commit || bail 'the first run failed'
for day in 1 2 3 4 5; do
	SOURCE_DATE_EPOCH=$((1780000000 + day * 86400))
	echo "day $day" >>"$root/etc/hosts"
	[ "$day" -ne 3 ] || echo three >"$root/etc/three"
	es commit || bail 'a run failed'
done
is "$(es log | wc -l)" 7 'six runs are listed'
boundary=$(git_repo rev-parse main~2)
git_repo rev-list main~3 >ids

# What retention does, by hand: a boundary, then away with what lies behind.
echo "$boundary" >"$repo/shallow"
git_repo repack -adq --no-write-bitmap-index
find "$repo/objects" -type f ! -path '*/pack/*' -delete
gone=$(git_repo rev-list --count main)
is "$gone" 3 'git sees three commits'
ok 'the repository is sound' fsck
for rev in 1 2 3; do
	is "$(git_repo cat-file -t "$(sed "$rev!d" ids)" 2>&1 | cut -c1-5)" fatal \
		'what lies behind is gone'
done

es_run es log
is "$es_status" 0 'log ends well'
is "$(es log | wc -l)" 4 'with three runs'
is "$(es log /etc/hosts | wc -l)" 4 'and those of a path'
ok 'the oldest of a path says where its history begins' like \
	"$(es log --json /etc/hosts)" '"what":"oldest run that is kept"'
ok 'log --since before the boundary' es log --since 2026-05-01
for rev in main HEAD HEAD~1; do
	ok "show $rev" es show $rev
done
es_run es show "$boundary"
is "$es_status" 0 'show of the boundary ends well'
cp "$es_out" said
ok 'does not call it the first run' unlike "$(cat said)" 'first run'
ok 'and says that what was before is gone' like "$(cat said)" \
	'the runs before it were cut away'
ok 'cat at the boundary' like "$(es cat "$boundary:/etc/hosts")" '^day 3$'
ok 'show of a path at the boundary' es show "$boundary:/etc/three"
es_run es show HEAD~3
is "$es_status" 2 'a revision behind it is none: exit 2'
es_run es show @2026-05-29
is "$es_status" 2 'nor is a time before it'
es_run es show @2026-05-29
ok 'the message tells how far back it goes' like "$(cat "$es_out")" \
	'the oldest is of 2026-05-31'
ok 'report --since within' like "$(es report --since 2026-06-01T23:00)" 'changed'
es_run es report --since 2026-05-01
is "$es_status" 0 'report --since before the boundary ends well'
ok 'and is no report of a first run' unlike "$(es report --since 2026-05-01)" \
	'first run'
ok 'but of what is known' like "$(es report --since 2026-05-01)" '^ *\+day 5$'
ok 'report of the last run' es report
ok 'diff' es diff
ok 'diff of the boundary' must_exit 1 es diff "$boundary" HEAD
ok 'status' es status
settle
echo more >>"$root/etc/hosts"
ok 'the next run' es commit
ok 'is sound' fsck
is "$(es log | wc -l)" 5 'and listed'
ok 'git clone still works' git clone -q --mirror "file://$repo" mirror

# --- a broken boundary ---------------------------------------------------------
for text in 'not an id' "${boundary}x" "$(echo "$boundary" | cut -c1-39)"; do
	printf '%s\n' "$text" >"$repo/shallow"
	es_run es log
	is "$es_status" 3 'a broken shallow file: exit 3'
done
printf '%s' "$boundary" >"$repo/shallow"
ok 'its last newline may be missing' es log
: >"$repo/shallow"
es_run es log
is "$es_status" 3 'without the boundary, what is missing is told'
cp "$es_out" said
ok 'by its id' like "$(cat said)" '[0-9a-f]{40}'

done_testing
