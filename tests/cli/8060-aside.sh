#!/bin/sh
# SPDX-License-Identifier: MIT
# 8060-aside.sh - runs of a timer and of cron that step aside
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"

need python3
plan 18
es_init
ok 'a first run' es commit
# under DIRECTORY COMMAND… - run a command with dpkg's lock held
under_lock() {
	python3 -c 'import fcntl, subprocess, sys
lock = open(sys.argv[1], "w")
fcntl.lockf(lock, fcntl.LOCK_EX)
sys.exit(subprocess.call(sys.argv[2:]))' \
		"$root/var/lib/dpkg/lock-frontend" \
		"$ETCSNAP" -c "$conf" --root "$root" "$@"
}
# change - something to record
change() {
	date +%N >"$root/etc/changed"
}
trigger() {
	git_repo log -1 --format='%(trailers:key=Trigger,valueonly,separator=)'
}
mkdir -p "$root/var/lib/dpkg"
first=$(tip)

change
is "$(under_lock commit -t timer 2>&1; echo $?)" 0 \
	'while apt is at work a timer does nothing'
is "$(tip)" "$first" 'no commit'
is "$(under_lock -v commit -t timer)" 'nothing recorded now: apt is at work' \
	'-v says why'
is "$(under_lock -v commit -t timer --full)" \
	'nothing recorded now: apt is at work' 'also of a full run'
is "$(under_lock -v commit -t cron)" 'nothing recorded now: apt is at work' \
	'cron does the same'
ok 'a hook does not' under_lock commit -t apt
is "$(trigger)" apt 'it makes a commit'
change
ok 'nor does a person' under_lock commit -t manual
is "$(trigger)" manual 'who makes one, too'
change
ok 'when apt has ended' es commit -t timer
is "$(trigger)" timer 'the timer makes one'

# --- cron ----------------------------------------------------------------------
ln -s "$(command -v sh)" cron
by_cron() {
	./cron -c '"$@" </dev/null; exit $?' cron "$ETCSNAP" -c "$conf" \
		--root "$root" "$@"
}
change
ok 'cron is known by its name' by_cron commit
is "$(trigger)" cron 'and is the trigger then'
mkdir -p "$root/etc/systemd/system/timers.target.wants"
ln -s /usr/lib/systemd/system/etcsnap.timer \
	"$root/etc/systemd/system/timers.target.wants"
ok 'an enabled timer' by_cron commit
is "$(trigger)" cron 'means nothing where systemd does not run'
mkdir -p "$root/run/systemd/system"
change
is "$(by_cron -v commit)" 'nothing recorded now: etcsnap.timer is enabled' \
	'where it does, cron leaves it to the timer'
ok 'which runs' like "$(es -v commit -t timer)" '1 changed'
