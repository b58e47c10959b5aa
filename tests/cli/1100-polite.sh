#!/bin/sh
# SPDX-License-Identifier: MIT
# 1100-polite.sh - a run gives way as far as it is told to
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git strace
# Nobody may go back from where a "nice make check" has put it.
[ "$(nice)" -eq 0 ] || skip_all "it runs at niceness $(nice) already"

# asked LINE… - the calls by which a run with these lines gives way
asked() {
	conf_for_root '[collect]' "$@"
	rm -f trace
	strace -f -qq -o trace -e trace=setpriority,ioprio_set \
		"$ETCSNAP" -c "$conf" --root "$root" commit >said 2>&1
	sed -n 's/^[0-9]* *\([a-z_]*(.*)\) *= .*/\1/p' trace | tr '\n' ' '
}

# at_work - whether that run has come to the tree
at_work() {
	find "/proc/$class_pid/fd" -lname "$root/etc*" 2>/dev/null | grep -q .
}

# class_now - I/O class and niceness of that run, as they are
class_now() {
	ionice -p "$class_pid" 2>&1 | sed 's/: prio /-/'
	awk '{ sub(/.*\) /, ""); print $17 }' "/proc/$class_pid/stat" 2>&1
}

# class_of COMMAND… - of a first run that the command starts; a limit on the
# bytes makes it last long enough to be looked at
class_of() {
	rm -rf "${repo%/*}"
	mkdir "${repo%/*}"
	es init >/dev/null
	"$@" "$ETCSNAP" -c "$conf" --root "$root" commit >said 2>&1 &
	class_pid=$!
	wait_until at_work && class_now
	# it would take minutes
	kill "$class_pid"
	wait "$class_pid" 2>/dev/null
}

es_init
es commit >/dev/null 2>&1
asked threads=2 >calls
if grep -q LeakSanitizer said; then
	skip 'the leak sanitizer does not run under strace' 7
else
	is "$(cat calls)" '' 'as it stands, nothing is asked of the kernel'
	is "$(asked nice=0 io=normal)" '' 'nor if that is said'
	is "$(asked nice=7)" 'setpriority(PRIO_PROCESS, 0, 7) ' 'nice = 7'
	ok 'io = low is the last level of the usual class' like \
		"$(asked io=low)" '^ioprio_set\([^ ]*WHO_PROCESS, 0, .*(BE, ?7|16391)'
	ok 'io = idle is that class' like \
		"$(asked io=idle)" '^ioprio_set\([^ ]*WHO_PROCESS, 0, .*(IDLE|24576)'
	ok 'both' like "$(asked nice=19 io=idle)" '^setpri.*19\) ioprio_set.*\) $'
	conf_for_root '[collect]' nice=5
	is "$(nice -n 12 strace -f -qq -e trace=setpriority "$ETCSNAP" \
		-c "$conf" --root "$root" commit 2>&1)" '' \
		'who was started nicer stays so'
fi
# --- as others see it --------------------------------------------------------------
mkdir -p "$root/etc/large"
for i in 1 2 3 4 5 6 7 8; do
	head -c 100000 /dev/zero | tr '\0' "$i" >"$root/etc/large/$i"
done
conf_for_root '[collect]' nice=9 io=idle rate=20K
if command -v ionice >/dev/null && [ -r /proc/self/stat ]; then
	is "$(class_of env)" "idle
9" 'class and niceness while it runs'
	conf_for_root '[collect]' nice=4 io=low rate=20K
	is "$(class_of ionice -c 3 nice -n 11)" "idle
11" 'a run never takes more than it was given'
	conf_for_root '[collect]' rate=20K
	is "$(class_of ionice -c 2 -n 3)" "best-effort-3
0" 'and with neither key takes what it was given'
else
	skip 'no ionice, or no /proc' 3
fi
# --- rate --------------------------------------------------------------------------
rm -rf "${repo%/*}"
mkdir "${repo%/*}"
conf_for_root '[collect]' rate=400K
es init >/dev/null
# lasts COMMAND… - its milliseconds, to $took
lasts() {
	local began status=0

	began=$(date +%s%N)
	"$@" || status=1
	took=$((($(date +%s%N) - began) / 1000000))
	return $status
}

ok 'a first run with a limit' lasts es commit
# 800 kB and what the tree has else, less the tenth of a second that is free
ok 'takes its time' test "$took" -ge 1700
limited=$took
ok 'one that reads nothing is as fast as ever' lasts es commit
ok 'whatever the limit' test "$took" -lt "$limited"
conf_for_root '[collect]' rate=0
ok 'a full one' lasts es commit --full
ok 'is so without a limit' test "$took" -lt "$limited"
# --- values ------------------------------------------------------------------------
# bad LINE ERE - the line is refused with a message that says why
bad() {
	printf '[collect]\n%s\n' "$1" >bad.conf
	ok "no: $1" like "$(must_exit 2 "$ETCSNAP" -c bad.conf config check 2>&1)" \
		"$2"
}
bad 'nice = 20' ':2: .*from 0 to 19'
bad 'nice = -1' ':2: .*from 0 to 19'
bad 'io = best' ":2: io = 'best' is unknown; it is normal, low or idle"
bad 'io = idle 3' ':2: '
bad 'rate = fast' ':2: .*no size'
bad 'rate = 2000G' ':2: .*out of range'
done_testing
