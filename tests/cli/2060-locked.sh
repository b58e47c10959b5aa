#!/bin/sh
# SPDX-License-Identifier: MIT
# 2060-locked.sh - one run at a time; the next one waits, but not for ever
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git flock

es_init
es commit || bail 'the first run failed'
lock=$repo/etcsnap.lock

# hold SECONDS - be the other run for so long
hold() {
	rm -f held
	(
		exec 9<>"$lock"
		flock 9
		: >held
		exec sleep "$1"
	) &
	wait_until test -e held
}

# seconds COMMAND… - how many it took, its status to $status
seconds() {
	local start

	start=$(date +%s%N)
	"$@" >said 2>&1
	status=$?
	took=$((($(date +%s%N) - start) / 1000000))
}

echo 1 >>"$root/etc/hosts"
hold 600
holder=$!
seconds es commit --wait 0
is "$status" 75 '--wait 0 exits with 75'
ok 'at once' test "$took" -lt 20000
ok 'and says that another run is at work' like "$(cat said)" \
	"^etcsnap: repository '.*': .*another"
is "$(wc -l <said)" 1 'in one line'
seconds es commit -w 1
is "$status" 75 '--wait 1 exits with 75'
ok 'after a second' test "$took" -ge 900
printf '[collect]\nwait = 0\n' >>"$conf"
seconds es commit
is "$status" 75 'the configuration says how long'
ok 'and was obeyed' test "$took" -lt 20000
seconds es commit --wait 1h --quiet --help
is "$status" 0 'a length of time is taken'
ok 'no other' must_exit 2 es commit --wait soon
ok 'status does not wait' must_exit 1 es status
ok 'nor does diff' must_exit 1 es diff
ok 'nor does log' es log
ok 'nor does --dry-run' es commit --dry-run
ok 'the lock is none of git' git_repo for-each-ref
kill "$holder"
wait

hold 3
seconds es -v commit --wait 30
is "$status" 0 'a run that waited is made'
ok 'after the other' test "$took" -ge 500
ok 'with what there was' like "$(cat said)" '1 changed, 0 added, 0 removed$'
wait

# Many at once: each ends well, one of them finds the change.
echo 2 >>"$root/etc/hosts"
for i in 1 2 3 4 5 6 7 8; do
	es -v commit --wait 60 >"out$i" 2>&1 &
done
wait
is "$(cat out? | grep -c 'no changes')" 7 'of eight at once seven find nothing'
is "$(cat out? | grep -c '1 changed, 0 added, 0 removed')" 1 'and one commits'
is "$(git_repo rev-list --count main)" 3 'there are three commits'
ok 'soundly' fsck

# A lock that somebody else's git holds.
echo 3 >>"$root/etc/hosts"
mkdir -p "$repo/refs/heads"
: >"$repo/refs/heads/main.lock"
ok 'a dead lock of the branch is removed' es commit
not_ok 'it is' test -e "$repo/refs/heads/main.lock"
is "$(git_repo rev-list --count main)" 4 'and the run was made'

done_testing
