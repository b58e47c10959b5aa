#!/bin/sh
# SPDX-License-Identifier: MIT
# 7050-restore-full-disk.sh - no room: what fits is restored, the rest stays
if [ -z "${ES_OWN_MOUNTS-}" ] && [ "$(id -u)" -eq 0 ] &&
	unshare -m true 2>/dev/null; then
	ES_OWN_MOUNTS=1 exec unshare -m sh "$0" "$@"
fi
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git unshare mount
need_root
[ -n "${ES_OWN_MOUNTS-}" ] || skip_all 'no mounts of our own here'

mkdir -p "$root/etc"
at_end 'umount -l "$root/etc" 2>/dev/null'
mount -t tmpfs -o size=2m tmpfs "$root/etc" || skip_all 'no tmpfs here'
for i in 1 2 3 4 5 6 7 8; do
	head -c 90000 /dev/urandom | base64 >"$root/etc/f$i"
	chmod 640 "$root/etc/f$i"
done
cp -a "$root/etc" first
conf_for_root '[files]' 'include = /etc'
es_init
ok 'a run' es commit
first=$(tip)
for i in 1 2 3 4 5 6 7 8; do
	echo "short $i" >"$root/etc/f$i"
	chmod 600 "$root/etc/f$i"
done
free=$(df -k --output=avail "$root/etc" | tail -n 1)
head -c "$((free - 300))k" /dev/zero >"$root/etc/filler"
es_run es restore --at "$first" --apply /etc
cp "$es_out" said
is "$es_status" 4 'without room a restore is partial'
ok 'and says why' grep -q '^etcsnap: /etc/f[0-9]: .*No space left on device' said
done=0
for i in 1 2 3 4 5 6 7 8; do
	mode=$(stat -c %a "$root/etc/f$i")
	if cmp -s "first/f$i" "$root/etc/f$i" && [ "$mode" = 640 ]; then
		done=$((done + 1))
	elif [ "$(cat "$root/etc/f$i")" != "short $i" ] || [ "$mode" != 600 ]; then
		echo "f$i is of neither version, mode $mode"
	fi
done >wrong
is "$(cat wrong)" '' 'each file is the old or the new one'
note "$done of 8 were restored"
ok 'some were' test "$done" -gt 0 -a "$done" -lt 8
is "$(find "$root" -name '.etcsnap*')" '' 'nothing is left over'
ok 'the repository is sound' fsck
rm "$root/etc/filler"
ok 'with room it ends well' es restore --at "$first" --apply /etc
ok 'all is as it was' es diff "$first"

# --- a file system that cannot be written -----------------------------------------
echo changed >"$root/etc/f1"
mount -o remount,ro "$root/etc"
es_run es restore --at "$first" --apply /etc/f1
cp "$es_out" said
mount -o remount,rw "$root/etc"
is "$es_status" 4 'read-only'
ok 'is told' grep -q 'Read-only file system' said
is "$(cat "$root/etc/f1")" changed 'and changes nothing'

# --- no room for the snapshot before it: nothing is begun -------------------------
mkdir room
at_end 'umount -l "$work/room" 2>/dev/null'
mount -t tmpfs -o size=4m tmpfs room
cp -a state/. room/ && rm -r state && ln -s room state
head -c 200000 /dev/urandom | base64 >"$root/etc/f1"
free=$(df -k --output=avail room | tail -n 1)
head -c "$((free))k" /dev/zero >room/filler
cp "$root/etc/f1" now
es_run es restore --at "$first" --apply /etc/f1
cp "$es_out" said
is "$es_status" 3 'without room for a snapshot'
ok 'nothing is restored' cmp now "$root/etc/f1"
rm room/filler
ok 'with room' es restore --at "$first" --apply /etc/f1
ok 'it is' cmp first/f1 "$root/etc/f1"
done_testing
