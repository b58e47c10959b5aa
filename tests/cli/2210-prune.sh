#!/bin/sh
# SPDX-License-Identifier: MIT
# 2210-prune.sh - what retention keeps, what goes, and who is disturbed by it
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git

mkdir -p "$root/etc/d"
for f in 0 1 2 3 4; do
	seq -f "line %g of file $f" 1 300 >"$root/etc/d/f$f"
done
retention='[retention]
main = 30d
daily = 60d
monthly = 2
prune = never'
conf_for_root '[files]' 'include = /etc' "$retention"
es_init

first=1772323200 # 2026-03-01
day=0
export SOURCE_DATE_EPOCH
at() {
	day=$1
	SOURCE_DATE_EPOCH=$((first + ($1 - 1) * 86400 + ${2:-12} * 3600))
}
# runs TO - one on each day up to TO
runs() {
	while [ "$day" -lt "$1" ]; do
		at $((day + 1))
		sed -i "$((day % 200 + 1))s/.*/changed on day $day/" \
			"$root/etc/d/f$((day % 5))"
		echo "$day" >"$root/etc/hosts"
		es commit || bail "the run of day $day failed"
	done
}
# count BRANCH
count() {
	git_repo rev-list --count "$1"
}
# disk - bytes of what is live
disk() {
	es prune -n --format csv | sed -n 's/^before,[^0-9]*\([0-9]*\),.*/\1/p'
}
sound() {
	fsck --no-dangling
}
there() {
	git_repo cat-file -e "$1" 2>/dev/null
}

# --- what goes ---------------------------------------------------------------------
runs 100
is "$(count main) $(count daily) $(count monthly)" '100 99 3' \
	'a hundred days, and prune = never'
git_repo rev-list --objects main >ids
old=$(git_repo rev-parse main~50)
git_repo tag boot/0123 main~40
git_repo -c user.name=x -c user.email=x@y tag -a -m why approved/one main~45
git_repo update-ref refs/etcsnap/delivered/main/ops main~60
es prune -n --format csv >dry.csv
is "$(csv dry.csv '[(r["name"], r["rule"], r["keep"], r["drop"]) for r in d[:5]]')" \
	"[('main', '30d', '31', '69'), ('daily', '60d', '60', '39'), ('monthly', '2', '2', '1'), ('tags', 'forever', '2', '0'), ('refs/etcsnap', 'forever', '1', '0')]" \
	'a dry run says what would go, and by which rule'
is "$(csv dry.csv '[r["oldest"] for r in d[:3]]')" \
	"['2026-05-09T12:00:00+00:00', '2026-04-09T23:59:59+00:00', '2026-04-30T23:59:59+00:00']" \
	'how far what stays reaches'
ok 'and how many bytes each branch frees' test \
	"$(csv dry.csv 'min(int(r["bytes"]) for r in d[:3]) > 0')" = True
ok 'it says so to people too' like "$(es prune -n)" \
	'^main +30d +31 +69 2026-05-09 +[0-9]+ *$'
es prune -n --json >dry.json
is "$(json dry.json 'd[0]["drop"]')" 69 'and as JSON'
ok 'nothing was done' test ! -e "$repo/shallow"
is "$(count main)" 100 'really nothing'
before=$(disk)
# By numbers from here on: a day later nothing more is too old.
conf_for_root '[files]' 'include = /etc' '[retention]' 'main = 31' \
	'daily = 60' 'monthly = 2' 'prune = never'
at 101
es commit
git_repo rev-parse main daily monthly 'refs/tags/approved/one' >refs.before
is "$(es prune)" '' 'prune says nothing unless asked'
git_repo rev-parse main~31 >said 2>&1
is "$(count main) $(count daily) $(count monthly)" '31 60 2' 'what is too old is cut'
git_repo rev-parse main daily monthly 'refs/tags/approved/one' >refs.after
ok 'and no id changes' cmp refs.before refs.after
ok 'sound' sound
ok 'the boundary is as git writes it' sh -c \
	'sort -c "$1" && ! grep -vE "^[0-9a-f]{40}$" "$1"' sh "$repo/shallow"
ok 'smaller by a third' test $((before * 2 / 3)) -gt "$(disk)"
ok 'tags have their trees' git_repo archive -o /dev/null approved/one
ok 'all of them' git_repo archive -o /dev/null boot/0123
ok 'and what a channel was told' git_repo archive -o /dev/null \
	refs/etcsnap/delivered/main/ops
is "$(count approved/one)" 1 'but no more'
ok 'what was replaced is there for a day' there "$old"
at 102 11
ok 'a prune on the same day' es prune
ok 'leaves it' there "$old"
at 102
es -v prune >said
ok 'one a day later removes it' like "$(cat said)" '^removed +[0-9]+'
not_ok 'for good' there "$old"
ok 'sound, with nothing dangling' fsck
is "$(git_repo rev-list --objects --all --missing=print | grep -c '^?')" 0 \
	'and complete'
is "$(find "$repo/objects/pack" -name '*.pack' | wc -l)" \
	"$(find "$repo/objects/pack" -name '*.idx' | wc -l)" 'no half packs'
is "$(grep -c doomed "$repo/etcsnap-prune")" 0 'nothing waits'

# --- what others see -----------------------------------------------------------------
is "$(es log | wc -l)" 32 'log'
is "$(es log daily | wc -l)" 61 'log daily'
ok 'log of a path' like "$(es log /etc/hosts)" 'oldest run that is kept'
ok 'show of the oldest' like "$(es show main~30)" 'the runs before it were cut away'
ok 'diff of the oldest day and the last run' must_exit 1 es diff daily~59 HEAD
is "$(es cat approved/one:/etc/hosts)" 55 'cat of what was approved'
ok 'a clone' git clone -q --mirror "file://$repo" mirror.git
ok 'is sound' git --git-dir=mirror.git fsck --strict --full
ok 'git gc' git_repo gc -q
ok 'git gc --prune=now' git_repo gc -q --prune=now
ok 'is sound' fsck
ok 'the next run' es commit
runs 103
ok 'and those after' sound

# --- traces of git gc ------------------------------------------------------------------
git_repo -c gc.writeCommitGraph=true -c repack.writeBitmaps=true \
	-c pack.writeReverseIndex=true gc -q
git_repo multi-pack-index write
git_repo config core.logAllRefUpdates true
runs 106
git_repo -c core.commitGraph=true commit-graph write --reachable
ok 'prune after git gc' es prune
ok 'sound' sound
is "$(find "$repo/objects" -name '*commit-graph*' -o -name 'multi-pack-index*' \
	-o -name '*.bitmap' | wc -l)" 0 'without a list of what is gone'
at 107
es prune
at 108 13
ok 'and a day later' es prune
ok 'sound' fsck
is "$(git_repo reflog main | wc -l)" 3 'reflogs name what is there'
git_repo config --unset core.logAllRefUpdates

# --- readers -----------------------------------------------------------------------------
runs 140
git_repo log -p --format=%H main >all
mkfifo pipe
git_repo log -p --format=%H main >pipe 2>log.err &
reader=$!
exec 3<pipe
read -r line <&3
echo "$line" >paged
git_repo log -p --format=%H daily >stopped 2>>log.err &
stopped=$!
kill -STOP $stopped
git -c protocol.version=2 clone -q --mirror "file://$repo" early.git 2>clone.err &
cloning=$!
es prune
runs 141
es prune
kill -CONT $stopped
wait $stopped
is $? 0 'a log that was stopped goes on'
wait $cloning
is $? 0 'a clone that ran meanwhile ends well'
is "$(cat clone.err)" '' 'without a word'
ok 'sound' git --git-dir=early.git fsck --strict --full --no-dangling
cat <&3 >>paged
exec 3<&-
wait "$reader"
is $? 0 'so does a log that waited in a pager'
is "$(cat log.err)" '' 'without a word'
ok 'and shows every run that there was' cmp all paged
at $((day + 2))
es prune
(
	while [ ! -e stop ]; do
		rm -rf again.git
		git clone -q --bare --no-local "$repo" again.git 2>>again.err ||
			echo failed >>again.err
		es log --format csv >log.csv 2>>again.err ||
			echo 'log failed' >>again.err
	done
) &
reader=$!
while [ "$day" -lt 165 ]; do
	runs $((day + 3))
	es prune
done
touch stop
wait "$reader"
is "$(grep -vc 'shallow' again.err)" 0 'clones and logs beside many prunes end well'
ok 'sound' sound

# --- what comes back ----------------------------------------------------------------------
conf_for_root '[files]' 'include = /etc' '[retention]' 'main = 6' 'daily = 6' \
	'monthly = 1' 'prune = never'
echo rare >"$root/etc/hosts"
runs 166
echo rare >"$root/etc/rare"
at 167
es commit
rm "$root/etc/rare"
at 168
es commit
blob=$(git_repo rev-parse main~1:files/etc/rare)
runs 180
at 181
es prune
ok 'what is only in a pack that waits' there "$blob"
echo rare >"$root/etc/rare"
es commit
is "$(git_repo rev-parse main:files/etc/rare)" "$blob" 'comes back in a new run'
at 182 13
es prune
at 184
es prune
at 185
es prune
ok 'and stays' there "$blob"
ok 'sound' sound

# --- channels -----------------------------------------------------------------------------
conf_for_root '[files]' 'include = /etc' '[retention]' 'main = 5' 'prune = never' \
	'max_backlog = 10d'
runs 206
printf '[channel ops]\ntype = exec\nrun = /bin/true\n' >>"$conf"
git_repo update-ref refs/etcsnap/delivered/main/ops main~7
ok 'what a channel was not told waits for it' like "$(es prune -n)" \
	'^main +5 +8 .* waits for channel ops *$'
git_repo update-ref refs/etcsnap/delivered/main/ops main~17
ok 'but not longer than max_backlog' like "$(es prune -n)" '^main +5 +11 .* ops'
git_repo update-ref refs/etcsnap/delivered/main/ops main~2
ok 'a channel that is up to date needs nothing' like "$(es prune -n)" \
	'^main +5 +5 [^a]*$'
git_repo update-ref refs/etcsnap/delivered/main/ops main~7
conf_for_root '[files]' 'include = /etc' '[retention]' 'main = 5' 'prune = never' \
	'max_backlog = 10d'
ok 'for one that is no more nothing waits' like "$(es prune -n)" \
	'^main +5 +5 [^a]*$'
git_repo update-ref refs/etcsnap/delivered/main/ops main~2

# --- somebody's branch ------------------------------------------------------------------------
git_repo branch mine main~3
git_repo update-ref refs/mine/file main:files/etc/hosts
es prune
ok 'a branch of somebody keeps its history' like "$(es prune -n)" \
	'^refs/heads/mine +forever .*not a branch with a rule'
ok 'and what it was made from' like "$(es prune -n)" \
	'^main +5 +[0-9]+ +0 .* kept by refs/heads/mine *$'
is "$(count mine)" "$(git_repo rev-list --count mine)" 'all of it'
ok 'sound' sound
git_repo branch -D mine -q
git_repo update-ref -d refs/mine/file
# as "git push" leaves it
git_repo update-ref refs/remotes/other/main main
runs $((day + 8))
ok 'what another repository had is counted' like "$(es prune -n)" \
	'^refs/remotes forever +1 '
es prune
is "$(count main)" 5 'and holds back nothing'
is "$(count refs/remotes/other/main)" 1 'but is there'
ok 'sound' sound
git_repo update-ref -d refs/remotes/other/main

# --- size ---------------------------------------------------------------------------------------
conf_for_root '[files]' 'include = /etc' '[retention]' 'main = forever' \
	'daily = forever' 'prune = never' 'max_repo_size = 90K'
runs 245
at 246
es prune 2>said
at 248
es prune 2>said
ok 'a repository that is too large is told' like "$(cat said)" \
	'^etcsnap: the repository has [0-9]+ KB, and max_repo_size is 90 KB$'
count=$(count main)
printf 'shorten = yes\n' >>"$conf"
es -v prune >said 2>&1
ok 'and shortened where that is allowed' like "$(cat said)" 'shortened to max_repo_size'
ok 'by what is oldest' test "$(count main)" -le "$count"
# What is stored as a difference to what goes needs more room than was thought.
for next in 249 250 251 252 253; do
	at $next 13
	es prune 2>said
done
size=$(disk)
ok "to less than that: $size" test "$size" -le 92160
ok 'sound' sound
ok 'to no more than is needed' test "$(count main)" -gt 10
ok 'the next prune finds nothing to do' like "$(es prune -n)" '^objects +[0-9]+ +0 '

# --- by itself --------------------------------------------------------------------------------
conf_for_root '[files]' 'include = /etc' '[retention]' 'main = 20d'
at 254
git_repo update-ref -d refs/etcsnap/delivered/main/ops
runs 290
ok 'by itself main is cut when a tenth is too old' test "$(count main)" -le 24
ok 'and not sooner' test "$(count main)" -ge 20
ok 'sound' sound
was=$(count main)
at 3000
echo late >"$root/etc/hosts"
es commit
is "$(count main)" $((was + 1)) 'a clock that jumped cuts nothing that day'
at 3001
echo later >"$root/etc/hosts"
es commit
is "$(count main)" 2 'but on the next'
ok 'sound' sound

# --- what is refused -----------------------------------------------------------------------------
for line in 'main = 5x' 'main = 0' 'daily = forever 5' 'prune = hourly' \
	'max_repo_size = big' 'shorten = maybe' 'max_backlog = forever'; do
	conf_for_root '[retention]' "$line"
	es_run es prune
	is "$es_status" 2 "[retention] $line: exit 2"
done
conf_for_root
es_run es prune now
is "$es_status" 2 'prune takes no operands'
echo "$work/elsewhere" >"$repo/objects/info/alternates"
es_run es prune
is "$es_status" 3 'a repository that borrows objects is not pruned'
ok 'and told why' like "$(cat "$es_out")" 'objects/info/alternates'
rm "$repo/objects/info/alternates"
rm -rf "$repo"
es init
es_run es prune
is "$es_status" 3 'nothing was recorded yet'

done_testing
