#!/bin/sh
# SPDX-License-Identifier: MIT
# 1010-types.sh - every kind of object is recorded, none is opened in vain
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

new_tree
t=$root/etc/types
mkdir "$t"

# line NAME - its entry in the manifest
line() {
	git_repo cat-file -p main:meta/etc/types/.mtree |
		sed -n "s,^\\./$1 ,,p"
}

# stored NAME - its mode in the tree of contents, "none" where it has none
stored() {
	git_repo ls-tree main "files/etc/types/$1" |
		awk '{ print $1 } END { if (!NR) print "none" }'
}

# sock FILE - a socket
sock() {
	(cd "${1%/*}" && python3 -c '
import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "${1##*/}")
}

# quick ARGUMENT… - es, which must not hang
quick() {
	timeout 20 "$ETCSNAP" -c "$conf" --root "$root" "$@"
}

# --- one of each ---------------------------------------------------------------
echo text >"$t/file"
: >"$t/empty"
mkdir "$t/dir" "$t/hollow" "$t/hollow/in"
echo below >"$t/dir/below"
mkfifo -m 620 "$t/fifo"
sock "$t/socket"
ln -s file "$t/link"
ln -s nowhere/at/all "$t/dangling"
ln -s . "$t/itself"
ln -s loop2 "$t/loop1"
ln -s loop1 "$t/loop2"
ln -s "$(printf '%04000d' 7)" "$t/far"
ln -s "$(printf 'a\nb\033')" "$t/odd"
ln "$t/file" "$t/hard"
printf '#!/bin/sh\n' >"$t/script"
cp "$t/script" "$t/setuid"
cp "$t/script" "$t/setgid"
chmod 755 "$t/script"
chmod 4755 "$t/setuid"
chmod 2755 "$t/setgid"
mkdir -m 1777 "$t/sticky"
mkdir -m 2775 "$t/setgid-dir"
echo private >"$t/none"
truncate -s 64M "$t/hole"
devices=
if [ "$(id -u)" -eq 0 ] && mknod "$t/null" c 1 3 && mknod "$t/loop" b 7 200
then
	devices=yes
	chmod 666 "$t/null"
	chmod 640 "$t/loop"
	chmod 0 "$t/none"
fi
es_init
ok 'a run, which hangs at nothing' quick commit
ok 'it is sound' fsck

# --- manifests -----------------------------------------------------------------
ok 'file' like "$(line file)" '^type=file mode=0644 .*size=5 .*nlink=2.* sha256digest='
ok 'hard link' like "$(line hard)" '^type=file .*nlink=2'
ok 'empty file' like "$(line empty)" \
	'size=0 .*sha256digest=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
ok 'fifo' like "$(line fifo)" '^type=fifo mode=0620 '
ok 'socket' like "$(line socket)" '^type=socket '
ok 'link' like "$(line link)" '^type=link .*link=file( |$)'
ok 'dangling link' like "$(line dangling)" '^type=link .*link=nowhere/at/all( |$)'
ok 'link of odd bytes' like "$(line odd)" 'link=a\\012b\\033( |$)'
ok 'setuid' like "$(line setuid)" '^type=file mode=4755 '
ok 'setgid' like "$(line setgid)" '^type=file mode=2755 '
ok 'sparse file' like "$(line hole)" 'size=67108864 '
if [ -n "$devices" ]; then
	ok 'character device' like "$(line null)" '^type=char mode=0666 .*device=.*1,3( |$)'
	ok 'block device' like "$(line loop)" '^type=block mode=0640 .*device=.*7,200( |$)'
	ok 'root reads what has no mode' like "$(line none)" 'mode=0000 .*sha256'
else
	skip 'device nodes need root' 3
fi
for name in dir/below:dir hollow/in sticky setgid-dir; do
	dir=${name%%/*}
	ok "directory $dir has its manifest" git_repo cat-file -e \
		"main:meta/etc/types/$dir/.mtree"
done
ok 'sticky' like "$(git_repo cat-file -p main:meta/etc/types/sticky/.mtree)" \
	'^\. type=dir mode=1777 '
ok 'setgid directory' like \
	"$(git_repo cat-file -p main:meta/etc/types/setgid-dir/.mtree)" \
	'^\. type=dir mode=2775 '
ok 'empty directory in an empty directory' git_repo cat-file -e \
	main:meta/etc/types/hollow/in/.mtree

# --- contents ------------------------------------------------------------------
for pair in file:100644 hard:100644 empty:100644 script:100755 setuid:100755 \
	link:120000 dangling:120000 itself:120000 loop1:120000 far:120000 \
	fifo:none socket:none hole:none null:none loop:none hollow:none; do
	is "$(stored "${pair%:*}")" "${pair#*:}" "${pair%:*} is ${pair#*:}"
done
is "$(git_repo cat-file -p main:files/etc/types/far)" \
	"$(readlink "$t/far")" 'a link target of 4,000 bytes'
git clone -q "$repo" clone 2>clone.err || note "$(cat clone.err)"
ok 'a clone checks all of it out' cmp clone/files/etc/types/file "$t/file"
is "$(readlink clone/files/etc/types/odd)" "$(readlink "$t/odd")" \
	'links, too'

# --- once more -----------------------------------------------------------------
settle
ok 'nothing changed' like "$(quick -v commit)" '^no changes$'
ok 'nor after all is read again' like "$(quick -v commit --full)" '^no changes$'
rm "${repo%/*}/state.db"
ok 'nor without a state' like "$(quick -v commit)" '^no changes$'
ok 'status finds nothing' quick status
if command -v mtree >/dev/null && [ "$(id -u)" -eq 0 ]; then
	git_repo cat-file -p main:meta/etc/types/.mtree >mtree.in
	ok 'mtree(8) finds nothing either' prints '' \
		mtree -e -f mtree.in -p "$t"
else
	skip 'mtree(8) is not installed, or no root'
fi

# --- from one kind to another --------------------------------------------------
rm "$t/file" "$t/link" "$t/fifo" "$t/socket"
mkdir "$t/file"
echo x >"$t/link"
ln -s x "$t/fifo"
mkfifo "$t/socket"
rm -r "$t/dir"
sock "$t/dir"
rmdir "$t/hollow/in"
echo x >"$t/hollow/in"
ok 'all change their kind' quick commit
is "$(git_repo log -1 --format=%b | grep '^T ' | tr '\n' ' ')" \
	'T /etc/types/dir T /etc/types/fifo T /etc/types/file T /etc/types/hollow/in T /etc/types/link T /etc/types/socket ' \
	'and that is told'
is "$(stored link) $(stored fifo) $(stored socket) $(stored dir)" \
	'100644 120000 none none' 'contents follow'
ok 'it is sound' fsck
ok 'show tells both' like "$(es show | cat)" 'link'
ok 'nothing changed' like "$(quick -v commit)" '^no changes$'
settle
touch -h -d '2026-03-03' "$t/fifo" "$t/socket"
ok 'times of what has no content' like "$(quick -v commit)" ' 2 touched'
chmod 600 "$t/socket"
ok 'mode of what has no content' like "$(quick -v commit)" ' 1 changed,'
done_testing
