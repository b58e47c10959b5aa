#!/bin/sh
# SPDX-License-Identifier: MIT
# 2200-resolutions.sh - the branches daily and monthly, over weeks of runs
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git

mkdir -p "$root/etc/app"
echo start >"$root/etc/hosts"
conf_for_root '[files]' 'include = /etc'
es_init

# 2026-03-01, a Sunday
first=1772323200
export SOURCE_DATE_EPOCH
# at DAY [HOUR] - the clock stands there
at() {
	SOURCE_DATE_EPOCH=$((first + ($1 - 1) * 86400 + ${2:-12} * 3600))
}
# change WORD [FILE] - and a run that records it
change() {
	echo "$1" >"$root/etc/${2:-hosts}"
	es commit || bail "a run failed: $1"
}
# days BRANCH - "DAY=CONTENT" of each commit, the oldest first, on one line
days() {
	git_repo rev-list --reverse "$1" | while read -r id; do
		echo "$(git_repo log -1 --format='%(trailers:key=Resolution,valueonly)' "$id" |
			sed -n 's/^[a-z]* //p')=$(git_repo show "$id:files/etc/hosts")"
	done | tr '\n' ' '
}

# --- days ------------------------------------------------------------------------
at 1 9
change one
is "$(tip daily)" '' 'the first day is not over'
at 1 17
change two
at 2 8
ok 'a run that finds nothing' prints 'no changes' es -v commit
is "$(days daily)" '2026-03-01=two ' 'tells the day that is over'
is "$(git_repo ls-tree --name-only daily | tr '\n' ' ')" 'files meta ' \
	'without what is about a run'
for part in files meta; do
	is "$(git_repo rev-parse "daily:$part")" "$(git_repo rev-parse "main:$part")" \
		"as it was at its end: $part"
done
is "$(git_repo log -1 --format=%ci daily)" '2026-03-01 23:59:59 +0000' \
	'with the last second of the day'
find "$repo" ! -name etcsnap.lock -printf '%p %T@\n' | sort >before
es commit && es status >said
find "$repo" ! -name etcsnap.lock -printf '%p %T@\n' | sort >after
ok 'once: the next run writes nothing' cmp before after

at 3
change three
# off for a week
at 10
change ten
at 11
es status >said
is "$(days daily)" '2026-03-01=two 2026-03-03=three ' 'status makes no commit'
must_exit 0 es commit -n >said
is "$(days daily)" '2026-03-01=two 2026-03-03=three ' 'nor does a dry run'
es commit
is "$(days daily)" '2026-03-01=two 2026-03-03=three 2026-03-10=ten ' \
	'a week without runs is neither a hole nor a lie'
at 12
change there
change ten
touch -d @$((SOURCE_DATE_EPOCH)) "$root/etc/hosts"
at 13
is "$(tip monthly)" '' 'the month is not over'
at 33
change april
ok 'now it is' like "$(days monthly)" '^2026-03=ten $'
at 63
es commit
ok 'and the next one' like "$(days monthly)" '^2026-03=ten 2026-04=april $'
ok 'sound' fsck

# --- how it reads ------------------------------------------------------------------
at 64 9
change 'a line' app/one
at 64 18
change 'another' app/two
rm "$root/etc/app/one"
es commit
at 65
es commit
git_repo log -p daily -1 >said
ok 'git log -p daily reads as a digest' like "$(cat said)" \
	'^    2026-05-03: 3 runs with changes on '
ok 'with each run' like "$(cat said)" '^    09:00 .*: one$'
ok 'and what became of it all' like "$(cat said)" '^\+another$'
ok 'but not what came and went' unlike "$(cat said)" 'a line'
ok 'the commit that it is of' like "$(cat said)" \
	"^    Source: $(git_repo rev-parse main)\$"
is "$(es log daily | wc -l)" $(($(git_repo rev-list --count daily) + 1)) \
	'etcsnap log daily lists days'
ok 'by their names' like "$(es log daily)" 'daily 2026-05-03 '
ok 'log monthly' like "$(es log monthly -n 1)" 'monthly 2026-04'
ok 'log of a path by days' like "$(es log daily /etc/app)" '2026-05-03'
is "$(es log --format csv nothing | wc -l)" 1 'what is no revision is a path'
es_run es show daily
is "$es_status" 0 'show daily'
ok 'tells what the day changed' like "$(cat "$es_out")" '/etc/app/two'
ok 'diff of two days' must_exit 1 es diff daily~1 daily
ok 'diff of a month and the last run' must_exit 1 es diff monthly HEAD
is "$(es cat monthly:/etc/hosts)" april 'cat of a month'
ok 'export of a day' like "$(es export --format csv daily)" '/etc/app/two'
es_run es report monthly~1..monthly
is "$es_status" 0 'a report from month to month'

# --- a clock in the wrong place ------------------------------------------------------
was=$(tip daily)
at 9000
es_run es commit
# battery empty
SOURCE_DATE_EPOCH=100
change rtc
at 66
change right
at 67
change more
at 68
es commit
ok 'a clock that stood still tells no day of 1970' unlike "$(days daily)" '1970'
ok 'and hides none' like "$(days daily)" '2026-05-05=right 2026-05-06=more $'
ok 'what was told stays' git_repo merge-base --is-ancestor "$was" daily
ok 'sound' fsck

# --- the zone ---------------------------------------------------------------------------
at 70 10
change zone
at 70 13
before=$(tip daily)
es commit
is "$(tip daily)" "$before" 'here the day goes on'
TZ=EAST-12 es commit
ok 'in the east it is over' test "$(tip daily)" != "$before"
is "$(git_repo log -1 --format=%cI daily)" '2026-05-09T23:59:59+12:00' \
	'by the time there'

# --- what cannot be written ----------------------------------------------------------------
at 72
change last
at 73
# Somebody's lock on a branch of ours is a dead run's; an unreadable one is not.
mv "$repo/refs/heads/daily" kept
mkdir "$repo/refs/heads/daily"
echo x >"$repo/refs/heads/daily/x"
es_run es commit
is "$es_status" 0 'a branch that cannot be made does not fail a run'
ok 'which says so' like "$(cat "$es_out")" 'branch daily.*the next run tries again'
rm -r "$repo/refs/heads/daily"
mv kept "$repo/refs/heads/daily"
ok 'the next one makes it' es commit
ok 'with nothing missing' like "$(days daily)" '2026-05-11=last $'

# --- a history from before there were days -------------------------------------------------
git_repo update-ref -d refs/heads/daily
git_repo update-ref -d refs/heads/monthly
printf '[retention]\nmain = 1\n' >>"$conf"
ok 'prune' es prune
is "$(git_repo rev-list --count main)" 1 'cuts what is too old'
ok 'but not before days were told' test "$(git_repo rev-list --count daily)" -gt 5
ok 'and months' like "$(days monthly)" '^2026-03=ten 2026-04=april '
ok 'sound' fsck --no-dangling

done_testing
