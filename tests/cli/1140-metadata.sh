#!/bin/sh
# SPDX-License-Identifier: MIT
# 1140-metadata.sh - all that an object has is recorded, as its own tools see it
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3 stat getfacl setfacl getfattr setfattr lsattr chattr getcap setcap
need_root

new_tree
t=$root/etc/meta
mkdir "$t" "$t/dir" "$t/dir/sub"
cd "$t" || exit 1
at_end "chattr -R -f -ia '$t' 2>/dev/null"

# --- one of each ---------------------------------------------------------------
echo plain >plain
echo owned >owned && chown 1:2 owned && chmod 2640 owned
chown 4294967290:4294967291 dir/sub
echo numbers >"$(printf 'odd\nname = x')"
touch -d '1969-12-31 23:59:58.000000001 UTC' owned
touch -h -d '2038-01-20 00:00:00.999999999 UTC' plain
ln -s plain link
touch -h -d '2001-02-03 04:05:06.7 UTC' link
mkfifo -m 600 fifo
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
mknod char c 1 3 || skip_all 'no device nodes here'
mknod block b 259 70000
echo acl >acl && setfacl -m u:daemon:r,g:sys:rw,m::rw acl 2>/dev/null ||
	skip_all 'no ACLs on this file system'
setfacl -d -m u:daemon:rx,o::- dir
setfacl -m u:bin:rwx dir/sub
cp /bin/true cap && setcap cap_net_raw,cap_chown+ep cap ||
	skip_all 'no capabilities on this file system'
setfattr -n user.text -v 'some "text" \ here' plain
setfattr -n user.binary -v 0x00ff00 plain
setfattr -n user.empty plain
setfattr -n user.dir -v 1 dir
setfattr -h -n trusted.link -v 1 link
setfattr -n trusted.overlay.opaque -v y dir/sub
setfattr -h -n trusted.fifo -v 1 fifo
setfattr -h -n trusted.char -v 1 char
setfattr -h -n trusted.socket -v 1 socket
setfattr -n security.selinux -v "$(printf 'system_u:object_r:etc_t:s0\000')" owned
setfattr -h -n security.selinux -v 'system_u:object_r:link_t:s0' link
echo one >hard-a && ln hard-a hard-b && ln hard-a hard-c && ln hard-a dir/hard
truncate -s 3M hole
echo end >>hole
head -c 3M /dev/zero >full
for name in immutable append nodump noatime; do
	echo $name >$name
done
flags=yes
chattr +i immutable 2>/dev/null && chattr +a append && chattr +d nodump &&
	chattr +A noatime && chattr +iA dir/sub || flags=
cd "$work" || exit 1
es_init
ok 'all is recorded' es commit
ok 'it is sound' fsck

# text [DIRECTORY] - its manifest
text() {
	git_repo cat-file -p "main:meta/etc/meta${1:+/$1}/.mtree"
}

# line NAME - its entry in the manifest
line() {
	text | sed -n "s,^\\./$1 ,,p"
}

# more NAME - the comment below it
more() {
	text | sed -n "\\,^\\./$1 ,{n;/^#+/p;}"
}

# --- as stat sees it -----------------------------------------------------------
cat >compare.py <<'EOF'
"""Say where a manifest on standard input and stat(1) disagree."""
import os, re, subprocess, sys
top = sys.argv[1]
types = {"regular file": "file", "regular empty file": "file",
    "directory": "dir", "symbolic link": "link", "fifo": "fifo",
    "socket": "socket", "character special file": "char",
    "block special file": "block"}
seen = 0
for raw in sys.stdin.buffer.read().split(b"\n"):
    if not raw.startswith(b"."):
        continue
    words = raw.decode("ascii").split(" ")
    name = re.sub(rb"\\(\d{3})", lambda m: bytes([int(m[1], 8)]),
        words[0].encode())
    has = dict(w.split("=", 1) for w in words[1:])
    if has == {"type": "dir"}:
        continue
    path = os.path.join(os.fsencode(top), name)
    out = subprocess.run(["stat", "-c", "%F|%a|%u|%g|%U|%G|%s|%h|%.9Y|%t|%T",
        path], check=True, capture_output=True, text=True).stdout.strip()
    f = out.split("|")
    want = {"type": types[f[0]], "mode": "%04o" % int(f[1], 8), "uid": f[2],
        "gid": f[3]}
    # whole seconds and a positive fraction, also before 1970
    sec, frac = f[8].split(".")
    if want["type"] == "file":
        want.update(size=f[6], nlink=f[7])
    if want["type"] != "dir":
        ns = os.lstat(path).st_mtime_ns
        want["time"] = "%d.%09d" % (ns // 10**9, ns % 10**9)
        if not frac == "%09d" % (ns % 10**9) and ns > 0:
            print(name, "stat says", f[8])
    if want["type"] in ("char", "block"):
        want["device"] = "native,%d,%d" % (int(f[9], 16), int(f[10], 16))
    for key, user in (("uname", f[4]), ("gname", f[5])):
        if user != "UNKNOWN" and key in has and has[key] != user:
            print(name, key, has[key], "stat says", user)
    for key, value in want.items():
        if has.get(key) != value:
            print(name, key, has.get(key), "stat says", value)
    seen += 1
print("seen", seen)
EOF
# The tree has a user database of its own.
n=$(find "$t" -maxdepth 1 ! -type d -printf x | wc -c)
is "$(text | python3 compare.py "$t")" "seen $((n + 1))" 'stat sees the same'
is "$(text dir/sub | python3 compare.py "$t/dir/sub")" 'seen 1' \
	'of a directory, too'
ok 'no name where there is none' unlike "$(text dir/sub)" 'uname=|gname='
ok 'names where there are some' like "$(line owned)" 'uid=1 uname=daemon gid=2 '
ok 'a target' like "$(line link)" ' link=plain$'
ok 'device numbers' like "$(line block)" ' device=native,259,70000$'
is "$(text dir | sed -n 2p | grep -c -e 'time=' -e size= -e nlink=)" 0 \
	'no times of directories'
is "$(text | grep -c -E 'ctime|inode|atime=|without')" 0 \
	'nothing that nobody asked for'
is "$(more plain)$(more owned)$(more link)$(more fifo)" '' \
	'nothing more of ordinary objects'

# --- extended attributes -------------------------------------------------------
# attributes TOP - as getfattr and getfacl see them, in a stable order
attributes() {
	(cd "$1" && find . -print0 | sort -z | xargs -0 getfattr -h -d -m - -e hex --)
	(cd "$1" && find . ! -type l -print0 | sort -z | xargs -0 getfacl -n -- )
	(cd "$1" && getcap -r . | sort)
}
cp -R --preserve=mode,ownership,timestamps,links "$t" copy 2>/dev/null
attributes "$t" | grep -v '^# flags' >live
# Neither is what cp(1) left.
find copy ! -type l -exec setfacl -b -k {} +
attributes copy | grep -v '^# flags' >bare
ok 'the copy has none' sh -c '! cmp -s live bare'
ok 'setfattr takes all of them back' sh -ec '
	for dir in "" /dir /dir/sub; do
		git --git-dir="$1" cat-file -p "main:meta/etc/meta$dir/.xattr" |
			(cd "copy$dir" && setfattr -h --restore=-)
	done' sh "$repo"
attributes copy | grep -v '^# flags' >restored
ok 'as getfattr, getfacl and getcap see them' diff live restored
for name in trusted.link trusted.overlay.opaque trusted.fifo trusted.char \
	trusted.socket security.selinux security.capability user.binary \
	system.posix_acl_access system.posix_acl_default; do
	ok "$name is there" grep -q "^$name=" live
done
ok 'show tells them' like "$(es show HEAD:/etc/meta/owned)" \
	'^xattr   security.selinux='

# --- flags ---------------------------------------------------------------------
if [ -n "$flags" ]; then
	lsattr -d "$t"/* "$t"/dir/sub 2>/dev/null | python3 -c '
import sys
words = {"a": "sappnd", "i": "schg", "d": "nodump", "A": "noatime"}
for line in sys.stdin:
    letters, path = line.split(" ", 1)
    # one of the names has a line end
    if len(letters) < 16:
        continue
    got = [words[c] for c in "aidA" if c in letters]
    if got:
        print(path.strip().split("/")[-1], ",".join(got))' | sort >lsattr.out
	{
		text | sed -n 's,^\./\([^ ]*\) .* flags=\(.*\),\1 \2,p'
		text dir/sub | sed -n 's,^\. .* flags=\(.*\),sub \1,p'
	} | sort >flags.out
	ok 'lsattr sees the same flags' diff lsattr.out flags.out
	is "$(wc -l <flags.out)" 5 'all of them'
	es show HEAD:/etc/meta/immutable >said
	ok 'show tells them' grep -qx 'flags   schg' said
	settle
	chattr -i "$t/immutable"
	chattr +i "$t/plain"
	es diff >said
	ok 'one that went is told' sh -c '
		grep -A9 "/meta/immutable  changed" said |
			grep -q "flags  *schg  *| none"'
	ok 'one that came is told' sh -c '
		grep -A9 "/meta/plain  changed" said |
			grep -q "flags  *none  *| schg"'
	is "$(es diff --format csv | grep -c ,flags,)" 2 'and nothing else'
	es diff --json >doc
	if has_module jsonschema; then
		ok 'JSON is valid' valid_report doc
	else
		skip 'python3-jsonschema is not installed'
	fi
	ok 'and recorded' es commit
	chattr -i "$t/plain"
	chattr +i "$t/immutable"
	ok 'back again' es commit
else
	skip 'no file flags on this file system' 8
fi

# --- holes and hard links ------------------------------------------------------
if [ "$(du -k "$t/hole" | cut -f1)" -lt 3000 ]; then
	is "$(more hole)" '#+ sparse=1' 'a file with holes'
	is "$(more full)" '' 'one of zeros has none'
else
	skip 'no holes on this file system' 2
fi
is "$(more hard-a)" '' 'the first name of a file'
is "$(more hard-b)" '#+ hardlink=./hard-a' 'the second'
is "$(more hard-c)" '#+ hardlink=./hard-a' 'the third'
is "$(text dir | grep -A1 '^\./hard ' | grep '^#+')" '' 'one elsewhere'
ok 'it is counted' like "$(text dir)" '^\./hard .* nlink=4 '
settle
rm "$t/hard-a"
ok 'the first one goes' es commit
is "$(more hard-b)$(more hard-c)" '#+ hardlink=./hard-b' 'the next is the first'
es show >said
ok 'that is told' grep -q 'hardlink  *hard-a  *| hard-b' said
cp --remove-destination "$t/hard-b" "$t/hard-c"
ok 'a copy in place of a link' es commit
is "$(more hard-b)$(more hard-c)" '' 'is none'

# --- other readers -------------------------------------------------------------
if command -v mtree >/dev/null; then
	for dir in '' dir dir/sub; do
		text $dir >manifest
		ok "mtree has nothing to say of /$dir" prints '' \
			mtree -e -d -f manifest -p "$t/$dir"
		mtree -e -f manifest -p "$t/$dir" >said 2>&1
		is "$(grep -v '^extra: ' said)" '' 'nor of what is in it'
	done
else
	skip 'mtree(8) is not installed' 6
fi
if command -v bsdtar >/dev/null; then
	# It knows no sockets.
	text | grep -v ' type=socket ' >manifest
	ok 'bsdtar reads it' sh -c 'bsdtar -tvf manifest >list.out 2>list.err &&
		[ ! -s list.err ]'
	[ -z "$flags" ] || ok 'and its flags' like \
		"$(bsdtar -cf - --format=mtree --options=mtree:flags @manifest)" \
		'^\./immutable .*flags=schg'
else
	skip 'bsdtar is not installed' 2
fi

# --- all at rest ---------------------------------------------------------------
settle
es commit
settle
ok 'nothing changed' like "$(es -v commit)" '^no changes$'
ok 'nor after all is read again' like "$(es -v commit --full)" '^no changes$'
rm "${repo%/*}/state.db"
ok 'nor without a state' like "$(es -v commit)" '^no changes$'
ok 'status finds nothing' es status
done_testing
