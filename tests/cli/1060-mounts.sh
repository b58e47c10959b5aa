#!/bin/sh
# SPDX-License-Identifier: MIT
# 1060-mounts.sh - mounts that come, go, go round in circles or are not for us
#
# All mounts are made in a mount namespace of this script's own.
if [ "$(id -u)" -eq 0 ] && [ -z "${ES_UNSHARED-}" ] &&
	unshare -m mount -t tmpfs none /mnt 2>/dev/null; then
	ES_UNSHARED=1 exec unshare -m --propagation private sh "$0" "$@"
fi
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git unshare mount
need_root
[ -n "${ES_UNSHARED-}" ] || skip_all 'nothing can be mounted here'

# errors - what the tip's run could not read
errors() {
	git_repo cat-file -p main:run/errors 2>/dev/null
}

# stored PATH - what the tip has there
stored() {
	git_repo cat-file -p "main:$1" 2>/dev/null
}

# release - unmount all of it, the last one first, before anything is removed
release() {
	awk -v top="$root/" 'index($5, top) == 1 { print $5 }' \
		/proc/self/mountinfo | tac | xargs -r -n 1 umount -l
}
at_end release

es_init
mkdir "$root/etc/disk" "$root/etc/empty" "$root/etc/loop" "$root/etc/p"
fill() {
	mount -t tmpfs -o mode=755 none "$root/etc/disk"
	mkdir "$root/etc/disk/sub"
	echo one >"$root/etc/disk/one"
	echo "$1" >"$root/etc/disk/sub/two"
	find "$root/etc/disk" -depth -exec touch -d '2026-01-02 UTC' {} +
}

# --- a disk that goes and comes back ----------------------------------------------
fill two
mount -t tmpfs none "$root/etc/empty"
ok 'a mounted file system is entered' es commit
is "$(stored files/etc/disk/sub/two)" two 'and recorded'
is "$(git_repo ls-tree -r --name-only main meta/etc/disk | wc -l)" 2 'as any other'
umount "$root/etc/disk" "$root/etc/empty"
ok 'when it is gone the run is partial' must_exit 4 es commit
ok 'that is told' like "$(cat "$es_out")" '^ *UNMOUNTED /etc/disk$'
is "$(errors)" 'UNMOUNTED /etc/disk' 'and recorded; an empty one is no loss'
is "$(stored files/etc/disk/sub/two)" two 'what it held stays'
ok 'marked' like "$(stored meta/etc/disk/.mtree)" 'unread=UNMOUNTED'
ok 'none of it was removed' unlike "$(git_repo log -1 --format=%b)" '^D '
old=$(git_repo rev-parse main)
ok 'later runs are partial' must_exit 4 es commit
is "$(cat "$es_out")" '' 'without saying so again'
rm "${repo%/*}/state.db"
ok 'also without the cache' must_exit 4 es commit --full
is "$(git_repo rev-parse main)" "$old" 'and nothing changes'
is "$(stored files/etc/disk/one)" one 'nor gets lost'
fill 2
ok 'when it is back all is well' es commit
is "$(errors)" '' 'no trouble is recorded any more'
ok 'only what differs changed' like \
	"$(git_repo log -1 --format=%b)" '^M /etc/disk/sub/two$'
ok 'and nothing else' unlike "$(git_repo log -1 --format=%b)" '^[AD] |/etc/disk/one'
ok 'the manifest is as before' unlike "$(stored meta/etc/disk/.mtree)" unread
umount "$root/etc/disk"
es_run es commit
rmdir "$root/etc/disk"
ok 'a mount point that is gone' es commit
is "$(stored files/etc/disk/one)" '' 'is gone with all it held'
ok 'all that is sound' fsck

# --- round in circles ----------------------------------------------------------------
mount --bind "$root/etc" "$root/etc/loop"
ok 'a loop by a bind mount ends' must_exit 4 timeout 20 "$ETCSNAP" -c "$conf" \
	--root "$root" commit
is "$(errors)" 'ELOOP /etc/loop' 'and is named'
is "$(git_repo ls-tree -r --name-only main files | grep -c /hosts$)" 1 \
	'what it leads to is recorded once'
umount "$root/etc/loop"
mkdir -p "$root/etc/a/b"
mount --rbind "$root" "$root/etc/a/b"
ok 'one of the whole tree, too' must_exit 4 timeout 20 "$ETCSNAP" -c "$conf" \
	--root "$root" commit
is "$(errors)" 'ELOOP /etc/a/b' 'by its name'
umount -l "$root/etc/a/b"
mkdir "$root/etc/b"
mount --bind "$root/etc/ssh" "$root/etc/b"
ok 'a bind mount that is no loop' es commit
is "$(stored files/etc/b/sshd_config)" "$(cat "$root/etc/ssh/sshd_config")" \
	'is watched like any directory'
umount "$root/etc/b"

# --- not for us ------------------------------------------------------------------------
for fs in proc sysfs; do
	dir=/$(echo $fs | sed 's/fs$//')
	[ -e "$dir/kernel" ] || [ -e "$dir/self" ] || continue
	mount --bind "$dir" "$root/etc/p"
	es_run timeout 60 "$ETCSNAP" -c "$conf" --root "$root" commit
	case $es_status in 0 | 4) es_status=0 ;; esac
	es_result "$es_status" "$fs in the tree" es commit
	is "$(git_repo ls-tree -r --name-only main files/etc/p)" '' 'is not entered'
	is "$(stored meta/etc/p/.mtree | grep -c '^\./')" 0 'nor listed'
	umount -l "$root/etc/p"
done
echo outside >"$work/bound"
mount --bind "$work/bound" "$root/etc/hostname"
es_run es commit
is "$(stored files/etc/hostname)" outside 'a file that is mounted over'
ok 'all is sound' fsck
done_testing
