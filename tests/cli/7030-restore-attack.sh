#!/bin/sh
# SPDX-License-Identifier: MIT
# 7030-restore-attack.sh - whoever swaps directories for symbolic links, or
# files for others, gets nothing written where he wants it
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

rounds=${ETCSNAP_TEST_SWAPS:-10}
mkdir -p "$root/etc/dir/sub" outside/sub
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	echo "good $i" >"$root/etc/dir/sub/f$i"
	echo "canary $i" >"outside/sub/f$i"
done
chmod 700 outside/sub
conf_for_root '[files]' 'include = /etc'
es_init
ok 'a run' es commit
first=$(tip)
# outside - all there is to say of it
outside() {
	find outside -printf '%p %m %U %G %s %T@ %C@ %n\n' | sort
	cat outside/sub/*
}
outside >before

# --- links that are there from the beginning -----------------------------------
mv "$root/etc/dir" "$root/etc/kept"
ln -s "$work/outside" "$root/etc/dir"
ok 'a plan replaces the link' like "$(es restore --at "$first" /etc)" \
	'^replace +/etc/dir$'
es_run es restore --at "$first" --apply /etc/dir/sub/f1
is "$es_status" 4 'a file behind it alone cannot be restored'
ok 'all of it can' es restore --at "$first" --apply /etc
ok 'a directory again' test ! -L "$root/etc/dir" -a -d "$root/etc/dir/sub"
outside >after
ok 'nothing outside changed' cmp before after
rm -r "$root/etc/kept"

# --- a hard link in the place of a file ------------------------------------------
chmod 600 "$root/etc/dir/sub/f1"
cat >swap-plan.py <<'END'
# restore, with a file that becomes another one between plan and deed: the
# deed is what follows the first snapshot, so wait for that one
import os, subprocess, sys, time
tip, victim, other = sys.argv[1:4]
was = open(tip).read() if os.path.exists(tip) else ''
p = subprocess.Popen(sys.argv[4:])
for _ in range(100000):
    now = open(tip).read() if os.path.exists(tip) else ''
    if now != was:
        break
os.unlink(victim)
os.link(other, victim)
sys.exit(0)
END
i=0
while [ "$i" -lt "$rounds" ]; do
	i=$((i + 1))
	rm -f "$root/etc/dir/sub/f1"
	echo 'good 1' >"$root/etc/dir/sub/f1"
	chmod 6$((i % 7))0 "$root/etc/dir/sub/f1"
	python3 swap-plan.py "$repo/refs/heads/main" "$root/etc/dir/sub/f1" \
		outside/sub/f1 "$ETCSNAP" -c "$conf" --root "$root" -q restore \
		--at "$first" --apply /etc/dir >>raced 2>&1
	sleep 0.05
done
rm -f "$root/etc/dir/sub/f1"
# all but the times of change that the links themselves made
outside | sed 's/ [0-9.]* [0-9]*$//' >after
sed 's/ [0-9.]* [0-9]*$//' before >before.times
ok 'a hard link gets no other mode, owner or content' cmp before.times after
outside >before

# --- a directory that is a link every other moment -------------------------------
cat >swap.py <<'END'
# exchange two names as fast as it goes
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
a, b = (os.fsencode(n) for n in sys.argv[1:3])
n = 0
while os.path.exists('swapping'):
    if libc.renameat2(-100, a, -100, b, 2) == 0:
        n += 1
# in the end the link is the link
if os.path.islink(a):
    libc.renameat2(-100, a, -100, b, 2)
print(n)
END
i=0
wrote=0
swapped=0
while [ "$i" -lt "$rounds" ]; do
	i=$((i + 1))
	# a run that saw the link has put a directory in its place
	rm -rf "$root/etc/evil"
	ln -s "$work/outside" "$root/etc/evil"
	for f in 1 5 9; do
		echo "bad $i" >"$root/etc/dir/sub/f$f"
	done
	chmod 640 "$root/etc/dir/sub/f2"
	rm -f "$root/etc/dir/sub/f3"
	echo new >"$root/etc/dir/sub/new"
	: >swapping
	python3 swap.py "$root/etc/dir" "$root/etc/evil" >swaps &
	swapper=$!
	es_run es -q restore --at "$first" --delete --apply /etc/dir
	[ "$es_status" -le 4 ] || echo "exit status $es_status" >>trouble
	rm swapping
	wait $swapper
	[ -e "$root/etc/dir/sub/f3" ] && wrote=$((wrote + 1))
	swapped=$((swapped + $(cat swaps)))
	outside >after
	cmp before after >>trouble 2>&1 || break
done
touch trouble
[ "$swapped" -gt 0 ] || echo 'no swaps' >>trouble
is "$(cat trouble)" '' 'nothing outside is ever touched'
note "$wrote of $rounds runs got through, $swapped swaps"
rm -rf "$root/etc/evil"
ok 'without the attacker all is restored' es restore --at "$first" --delete \
	--apply /etc
ok 'as it was' es diff "$first"
ok 'the repository is sound' fsck
done_testing
