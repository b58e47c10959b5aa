#!/bin/sh
# SPDX-License-Identifier: MIT
# 3090-export.sh - what is exported is what is there, as other tools see it
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

new_tree
t=$root/etc/types
mkdir -p "$t/sub/deep" "$t/empty-dir"
(
	cd "$t" || exit 1
	printf 'text\n' >file && ln file hard && ln file sub/elsewhere
	: >empty
	printf 'x\n' >'two words'
	printf 'a,"b"\n=1+1\n\\n\ttab\n' >quotes
	printf '=1+1' >formula
	printf '\377\376g\0r\0\374\0\337\0e\0\n\0' >utf16
	printf 'gr\374\337e aus K\366ln, sch\366n\n' >latin1
	printf '\0\1\377binary' >small.bin
	printf 'x\n' >"$(printf 'new\nline')"
	printf 'x\n' >"$(printf 'invalid\377')"
	printf 'x\n' >grüße
	ln -s 'a target with blanks' link && ln -s "$(printf 'b\377')" odd-link
	mkfifo -m 620 fifo
	python3 -c 'import socket
socket.socket(socket.AF_UNIX).bind("socket")'
	printf 'user = me\npassword = hunter2hunter2\n' >masked.conf
	chmod 4755 empty && chmod 2775 sub && chmod 1777 empty-dir
	touch -d '1969-12-31 23:59:58.123456789 UTC' quotes
	touch -d '2038-01-20 00:00:00.999999999 UTC' 'two words'
	touch -h -d '2026-02-02 02:02:02.000000002 UTC' link
) || bail 'cannot make the tree'
is_root=
if [ "$(id -u)" -eq 0 ]; then
	is_root=yes
	mknod "$t/null" c 1 3 && mknod "$t/loop" b 7 200 || is_root=
	chown 12:34 "$t/quotes" && chown -h 1:2 "$t/link"
fi
has_xattr=
if command -v getfattr >/dev/null && command -v setfattr >/dev/null &&
	setfattr -n user.plain -v 'a "b" \ c' "$t/file" 2>/dev/null; then
	has_xattr=yes
	setfattr -n user.binary -v 0x0001ff0a22 "$t/file"
	setfattr -n user.dir -v 'of a directory' "$t/sub"
fi
has_acl=
if [ -n "$is_root" ] && command -v setfacl >/dev/null &&
	setfacl -m u:daemon:r,g:sys:rw "$t/quotes" 2>/dev/null; then
	has_acl=yes
	setfacl -d -m u:daemon:rx "$t/sub"
	setfacl -m u:4242:r "$t/sub"
fi
has_cap=
if [ -n "$is_root" ] && command -v setcap >/dev/null &&
	setcap cap_net_raw+ep "$t/hard" 2>/dev/null; then
	has_cap=yes
fi
conf_for_root '[rule bin]' 'match = /etc/types/small.bin' 'class = mirror'
es_init

# --- usage ---------------------------------------------------------------------
# refuses CODE ERE ARGUMENT… - export fails with that status and says why
refuses() {
	local code="$1" ere="$2" said

	shift 2
	said=$(must_exit "$code" es export "$@" 2>&1) || {
		echo "$said"
		return 1
	}
	like "$said" "^etcsnap: .*$ere"
}
ok 'before the first run there is nothing' refuses 3 'no run yet' --format csv
es commit || bail 'the first run failed'
first=$(tip)
ok 'a form must be said' refuses 2 'csv, json, mtree or tar'
ok 'and be one of four' refuses 2 "not 'xml'" --format xml
ok 'one run' refuses 2 'one run' --format csv HEAD HEAD
ok 'a whole one' refuses 2 'etcsnap cat' --format csv HEAD:/etc/hosts
ok 'that exists' refuses 2 "'nowhere'" --format csv nowhere
ok 'an archive is nothing for a terminal' python3 -c '
import os, pty, sys
status = pty.spawn(sys.argv[1:], lambda fd: os.read(fd, 1024))
sys.exit(os.waitstatus_to_exitcode(status) != 2)' "$ETCSNAP" -c "$conf" \
	--root "$root" export --format tar
ok 'a device is not replaced' refuses 3 'no regular file' --format csv \
	-o /dev/null
ok 'and is still one' test -c /dev/null
ok 'a directory is not replaced' refuses 3 "'home'" --format csv -o home
ok 'a full disk' sh -c '"$@" >/dev/full 2>said; [ $? -eq 3 ]' sh \
	"$ETCSNAP" -c "$conf" --root "$root" export --format csv
ok 'a full disk, JSON' sh -c '"$@" >/dev/full 2>said; [ $? -eq 3 ]' sh \
	"$ETCSNAP" -c "$conf" --root "$root" export --format json
ok 'a full disk, tar' sh -c '"$@" >/dev/full 2>said; [ $? -eq 3 ]' sh \
	"$ETCSNAP" -c "$conf" --root "$root" export --format tar
ok 'it says why' grep -q 'No space left on device' said
ok 'into a closed pipe' sh -c '"$@" | head -n 1 >/dev/null' sh \
	"$ETCSNAP" -c "$conf" --root "$root" export --format json
mkdir out
echo old >out/file
for form in csv json mtree tar; do
	# the shell counts in blocks of 512 bytes
	ok "$form: cut off, the old file stays" sh -c '
		ulimit -f 4; trap "" XFSZ
		"$@" 2>said; [ $? -eq 3 ]' sh "$ETCSNAP" -c "$conf" \
		--root "$root" export --format $form -o out/file
	is "$(ls -A out) $(cat out/file)" 'file old' 'and nothing beside it'
done
for form in csv json mtree tar; do
	es export --format $form -o out/file 2>/dev/null
	es export --format $form >streamed 2>/dev/null
	ok "$form: the same in a file" cmp out/file streamed
	is "$(stat -c %a out/file)" 600 'which is private'
done
is "$(ls -A out)" file 'nothing is left beside it'

# --- mtree ---------------------------------------------------------------------
es export --format mtree >tree.mtree
is "$(sed -n 1,3p tree.mtree | cut -d ' ' -f 1,2 | tr '\n' '|')" \
	'#mtree|. type=dir|./boot type=dir|' 'mtree: begins with the root'
ok 'parents that are not watched are there' grep -qx './var/spool type=dir' \
	tree.mtree
ok 'full paths' grep -q '^\./etc/ssh/sshd_config type=file mode=0644 ' tree.mtree
is "$(grep -c '^\./etc/ssh ' tree.mtree)" 1 'a directory is told once'
if command -v mtree >/dev/null 2>&1; then
	ok 'mtree has nothing to say of the live tree' prints '' \
		mtree -e -p "$root" -f tree.mtree
	chmod 600 "$root/etc/ssh/sshd_config"
	not_ok 'and would have found a change' \
		mtree -e -p "$root" -f tree.mtree
	chmod 644 "$root/etc/ssh/sshd_config"
else
	skip 'mtree(8) is not installed' 2
fi
if command -v bsdtar >/dev/null 2>&1; then
	bsdtar -tvf tree.mtree >list 2>said
	# it has no sockets
	is "$(grep -v -e '"socket"; assuming' -e 'Error exit delayed' said)" '' \
		'bsdtar reads it'
	is "$(wc -l <list)" "$(grep -c '^\.' tree.mtree)" 'all of it'
else
	skip 'bsdtar is not installed' 2
fi

# --- CSV and JSON --------------------------------------------------------------
cat >check.py <<'EOF'
# check.py csv|json FILE ROOT COMMIT - does it agree with the file system?
import base64, csv, datetime, hashlib, json, os, re, stat, sys

form, path, root = sys.argv[1], sys.argv[2], os.fsencode(sys.argv[3])
SIMPLE = {'n': b'\n', 't': b'\t', '\\': b'\\', 'r': b'\r'}
TYPES = {stat.S_IFREG: b'file', stat.S_IFDIR: b'dir', stat.S_IFLNK: b'link',
         stat.S_IFCHR: b'char', stat.S_IFBLK: b'block', stat.S_IFIFO: b'fifo',
         stat.S_IFSOCK: b'socket'}
EPOCH = datetime.datetime(1970, 1, 1)

def unquote(text):
    if text[:2] in ("'=", "'+", "'-", "'@"):
        text = text[1:]
    out = re.split(r'(\\x[0-9a-f]{2}|\\.)', text)
    return b''.join(
        bytes([int(s[2:], 16)]) if s.startswith('\\x') else
        SIMPLE[s[1]] if s.startswith('\\') else s.encode() for s in out)

def rows():
    raw = open(path, newline='', encoding='utf-8').read()
    if form == 'csv':
        assert '\n' not in raw.replace('\r\n', '')
        table = list(csv.reader(raw.split('\r\n')[:-1], strict=True))
        assert len({len(r) for r in table}) == 1
        for r in table[1:]:
            yield {k: unquote(v) for k, v in zip(table[0], r) if v != ''}
        return
    for line in raw.splitlines():
        assert line.isascii()
        row = json.loads(line)
        for k in [k for k in row if k + '_b64' in row]:
            row['text_' + k] = row[k]
            row[k] = base64.b64decode(row[k + '_b64'])
        yield {k: str(v).encode() if isinstance(v, (str, int)) and
               not isinstance(v, bool) else v for k, v in row.items()}

def ns_of(text):
    assert len(text) == 30 and text.endswith(b'Z'), text
    sec = datetime.datetime.strptime(text[:19].decode(), '%Y-%m-%dT%H:%M:%S')
    delta = sec - EPOCH
    return (delta.days * 86400 + delta.seconds) * 10**9 + int(text[20:29])

def check_content(p, row, data):
    if 'sha256' in row:
        assert row['sha256'].decode() == hashlib.sha256(data).hexdigest(), p
        assert 'hmac' not in row and row['class'] in (b'mirror', b'digest'), p
    else:
        assert len(row['hmac']) == 64, p
        assert row['class'] == b'secret' or row['masked'], p
    content = row.get('content', b'')
    if row['class'] != b'mirror':
        assert 'content' not in row, p
        assert row['content_error'] in (b'secret', b'digest only'), p
    elif row.get('masked'):
        assert b'<masked:' in content and content != data, p
    elif form == 'json':
        assert content == data, (p, content, data)
    elif row.get('content_error') == b'binary':
        assert b'\0' in data and not content, p
    elif row.get('charset') == b'UTF-16LE':
        assert content == data.decode('utf-16').encode(), p
    elif row.get('charset') == b'ISO-8859-1':
        assert content == data.decode('latin-1').encode(), p
    else:
        assert content == data, (p, content, data)

def check(row):
    p = row['path']
    full = root + (p if p != b'/' else b'')
    st = os.lstat(full)
    want = {
        'type': TYPES[stat.S_IFMT(st.st_mode)],
        'mode': b'%04o' % (st.st_mode & 0o7777),
        'uid': b'%d' % st.st_uid, 'gid': b'%d' % st.st_gid,
        'size': None, 'links': None, 'device': None, 'target': None,
    }
    if stat.S_ISREG(st.st_mode):
        want['size'] = b'%d' % st.st_size
        want['links'] = b'%d' % st.st_nlink
        check_content(p, row, open(full, 'rb').read())
    if stat.S_ISLNK(st.st_mode):
        want['target'] = os.readlink(full)
    if stat.S_ISCHR(st.st_mode) or stat.S_ISBLK(st.st_mode):
        want['device'] = b'%d:%d' % (os.major(st.st_rdev), os.minor(st.st_rdev))
    for k, v in want.items():
        assert row.get(k) == v, (p, k, row.get(k), v)
    if not stat.S_ISDIR(st.st_mode):
        assert ns_of(row['mtime']) == st.st_mtime_ns, (p, row['mtime'])

everything = list(rows())
assert [r['id'] for r in everything] == \
    [b'%d' % (i + 1) for i in range(len(everything))]
for key in 'host', 'run', 'commit', 'time', 'kind':
    assert all(key in r for r in everything), key
assert {r['commit'].decode() for r in everything} == {sys.argv[4]}
assert everything[0]['kind'] == b'machine'
objects = [r for r in everything if r['kind'] == b'object']
for row in objects:
    check(row)
seen = {r['path'] for r in objects}
for top, dirs, files in os.walk(root + b'/etc/types'):
    for name in dirs + files:
        assert os.path.join(top, name)[len(root):] in seen, name
EOF
es export --format csv >all.csv
es export --format json >all.json
ok 'CSV agrees with the live tree' python3 check.py csv all.csv "$root" "$first"
ok 'JSON, too' python3 check.py json all.json "$root" "$first"
# What another tool's table had, under the names of today.
head -n 1 all.csv | tr -d '\r' | tr ',' '\n' >columns
for column in id run path kind size ctime mtime mode uid gid sha256 content \
	assumed stat_error hash_error content_error stdout stderr status \
	platform host system node release version machine processor os_name \
	os_version os_id owner group class hmac target links device xattr \
	unread; do
	grep -qx "$column" columns || echo "$column"
done >missing
is "$(cat missing)" '' 'CSV has all columns'
ok 'no formula' unlike "$(cat all.csv)" '(^|,)"?[=+@-]'
ok 'no control byte' sh -c \
	'! tr -d "\r\n" <all.csv | LC_ALL=C grep -q "[[:cntrl:]]"'

# field FORM PATH KEY - a value in the row of a path
field() {
	python3 - "$@" <<'END'
import csv, json, sys
form, path, key = sys.argv[1:]
f = open('all.' + form, newline='', encoding='utf-8')
for r in map(json.loads, f) if form == 'json' else csv.DictReader(f):
    if r.get('path') == path:
        print(r.get(key))
END
}
is "$(field csv /etc/types/formula content)" "'=1+1" 'a formula is defused'
is "$(field json /etc/types/formula content)" '=1+1' 'and exact in JSON'
is "$(field csv /etc/types/utf16 charset) $(field csv /etc/types/utf16 content)" \
	'UTF-16LE grüße\n' 'UTF-16 is readable'
is "$(field json /etc/types/latin1 content)" 'grüße aus Köln, schön' \
	'Latin-1, too'
is "$(field csv /etc/types/hard hardlink)" /etc/types/file 'hard links are told'
is "$(field json /etc/types/masked.conf content | sed 's/:.*>/:XX>/')" \
	"$(printf 'user = me\npassword = <masked:XX>\n')" 'masked values stay so'
is "$(field csv /etc/types owner)" "$(es show HEAD:/etc/types |
	sed -n 's/^owner   \(.*\) (.*/\1/p')" 'owners by name'
ok 'no secret in any of them' sh -c \
	'! grep -al "hunter2\|PRIVATE KEY-" all.* tree.mtree'
if [ -n "$has_xattr" ]; then
	is "$(field json /etc/types/file xattr | grep -o "'user.plain'[^}]*")" \
		"'user.plain', 'value': 'a \"b\" \\\\ c'" 'attributes in JSON'
	ok 'and CSV' like "$(field csv /etc/types/file xattr)" 'user.plain='
else
	skip 'no user attributes on this file system' 2
fi

# --- tar -----------------------------------------------------------------------
es_run es export --format tar -o all.tar
is "$(sed 's/[0-9][0-9]* /N /g' "$es_out")" \
	'etcsnap: not in the archive: N secret, N masked, N digest only, N socket; -v names them' \
	'what is not in it is told in one line'
ok 'and by name' like "$(es -v export --format tar 2>&1 >/dev/null)" \
	'^etcsnap: not in the archive: /etc/shadow \(secret\)$'
is "$(es -q export --format tar 2>&1 >/dev/null)" '' 'and not at all'
es export --format tar >again.tar 2>/dev/null
ok 'twice the same' cmp all.tar again.tar
LC_ALL=C es export --format tar >again.tar 2>/dev/null
ok 'in any locale' cmp all.tar again.tar
command -v bsdtar >/dev/null 2>&1 || {
	note 'bsdtar is not installed: no more tests'
	done_testing
	exit 0
}
ok 'bsdtar lists it' sh -c 'bsdtar -tvf all.tar >list 2>said && ! [ -s said ]'
ok 'no secret is in it' sh -c '! grep -aq "hunter2\|PRIVATE KEY-" all.tar'
ok 'nor a file that has one' sh -c \
	'! bsdtar -tf all.tar | grep -q "etc/shadow\|masked.conf"'
ok 'no path is absolute' sh -c '! bsdtar -tf all.tar | grep -q "^/\|\.\./"'
if command -v tar >/dev/null 2>&1; then
	ok 'another tar lists as many' sh -c '
		[ "$(tar -tf all.tar 2>/dev/null | wc -l)" -eq \
		"$(bsdtar -tf all.tar | wc -l)" ]'
else
	skip 'tar is not installed'
fi
mkdir back
ok 'it unpacks' bsdtar -xpf all.tar -C back
cat >same.py <<'EOF'
# same.py LIVE BACK - whether what came back is what is there
import json, os, stat, sys

live, back = map(os.fsencode, sys.argv[1:])
told = {os.fsencode(json.loads(line).get('path', ''))
        for line in open('all.json', encoding='ascii')}
n = 0
for top, dirs, files in os.walk(back):
    for name in dirs + files:
        p = os.path.join(top, name)
        a, b = os.lstat(live + p[len(back):]), os.lstat(p)
        keys = ['st_uid', 'st_gid', 'st_rdev', 'st_mode']
        if not stat.S_ISDIR(b.st_mode):
            keys += ['st_mtime_ns', 'st_size']
        elif p[len(back):] not in told:
            # it only leads to others, and was made by who unpacks
            keys = []
        for k in keys:
            assert getattr(a, k) == getattr(b, k), (p, k, a, b)
        if stat.S_ISLNK(b.st_mode):
            assert os.readlink(live + p[len(back):]) == os.readlink(p), p
        if stat.S_ISREG(b.st_mode):
            assert open(live + p[len(back):], 'rb').read() == \
                open(p, 'rb').read(), p
        n += 1
assert n > 60, n
EOF
ok 'as it was' python3 same.py root back
is "$(stat -c %i back/etc/types/hard)" "$(stat -c %i back/etc/types/file)" \
	'hard links are linked'
if [ -n "$has_xattr" ]; then
	(cd root/etc/types && getfattr -d -m '^user\.' file sub) >x.live
	(cd back/etc/types && getfattr -d -m '^user\.' file sub) >x.back
	ok 'with its attributes' cmp x.live x.back
else
	skip 'no user attributes on this file system'
fi
if [ -n "$has_acl" ]; then
	(cd root/etc/types && getfacl -n quotes sub) >acl.live
	(cd back/etc/types && getfacl -n quotes sub) >acl.back
	ok 'with its ACLs' diff acl.live acl.back
	ok 'which are there' grep -q '^user:4242:r--' acl.back
else
	skip 'no ACLs here' 2
fi
if [ -n "$has_cap" ]; then
	is "$(getcap back/etc/types/hard | sed 's/^back//')" \
		"$(getcap root/etc/types/hard | sed 's/^root//')" \
		'with its capabilities'
else
	skip 'no capabilities here'
fi

# --- older runs under the rules of today ---------------------------------------
sum=$(sha256sum <"$root/etc/fstab" | cut -c 1-64)
ok 'a digest is told' grep -q "$sum" all.csv
conf_for_root '[rule mine]' 'match = /etc/fstab' 'class = secret' \
	'[rule hosts]' 'match = /etc/hosts' 'mask = ^(\S+)\s+localhost' \
	'[rule name]' 'match = /etc/hostname' 'class = digest'
secret=$(sed -n 's/^\(UUID=[^ 	]*\).*/\1/p' "$root/etc/fstab" | head -n 1)
[ -n "$secret" ] || bail 'the tree has changed'
for form in csv json mtree tar; do
	es export --format $form "$first" >"old.$form" 2>/dev/null
	ok "$form: nothing of a file that is secret today" sh -c \
		'[ -s "$3" ] && ! grep -aq "$1\|$2" "$3"' sh "$sum" "$secret" old.$form
	ok "$form: nor of a value that is masked today" sh -c \
		'! grep -aq "$1\|127\.0\.0\.1" "$2"' sh \
		"$(sha256sum <"$root/etc/hosts" | cut -c 1-64)" old.$form
done
ok 'the rest of which is there' like "$(cat old.csv)" \
	',/etc/hosts,.*,yes,.*<masked:'
ok 'what is a digest today is not in the archive' sh -c \
	'! bsdtar -tf old.tar | grep -x etc/hostname'
ok 'and is told' grep -q "$(sha256sum <"$root/etc/hostname" | cut -c 1-64)" old.csv

# --- odd names, there and back -------------------------------------------------
rm -rf back "$repo" "${repo%/*}/state.db"
conf_for_root
cat >odd.py <<'EOF'
# odd.py DIRECTORY N - so many objects with names that mean harm
import os, random, sys

top, n = os.fsencode(sys.argv[1]), int(sys.argv[2])
rnd = random.Random(20260101)
odd = [b'.git', b'.GIT', b'git~1', b'.gitmodules', b'.mtree', b'.xattr', b'%',
       b'%2Egit', b'-rf', b'\n', b' ', b'a\\.git', b'*', b'a=b', b'#x',
       b'\xff', '\u202egpj'.encode(), b'...', b'x' * 255, b'\xff' * 255,
       b'a\nb', b'\x1b[31m', b'"', b"'", b'@x', b'=1', b'+1', b'\\012']

def fresh(used):
    while True:
        if odd:
            name = odd.pop()
        else:
            size = rnd.choice((1, 2, 5, 9, 30, 255))
            pick = rnd.choice((range(1, 256), range(1, 48), b'.%\\git~\n '))
            name = bytes(rnd.choice(pick) for _ in range(size))
            # what ends so is a backup, which the shipped lists leave out
            name = name.replace(b'/', b'_').rstrip(b'~-') or b'e'
        if name not in (b'.', b'..') and name not in used:
            used.add(name)
            return name

os.mkdir(top)
dirs = [(top, set())]
for i in range(n):
    here, used = rnd.choice(dirs)
    path = os.path.join(here, fresh(used))
    kind = rnd.randrange(10)
    if len(path) > 3000:
        continue
    if kind == 0 and len(path) < 1500:
        os.mkdir(path)
        os.chmod(path, rnd.choice((0o755, 0o700, 0o1777, 0o2755)))
        dirs.append((path, set()))
        continue
    if kind == 1:
        os.symlink(b'to\n' + os.path.basename(path), path)
    elif kind == 2:
        os.mkfifo(path, 0o640)
    else:
        with open(path, 'wb') as f:
            f.write(b'%d\n' % i * rnd.randrange(4))
        os.chmod(path, rnd.choice((0o644, 0o600, 0o755, 0o444)))
    ns = rnd.randrange(-10**18, 4 * 10**18)
    os.utime(path, ns=(ns, ns), follow_symlinks=False)
EOF
python3 odd.py "$root/etc/odd" 2000 || bail 'cannot make odd names'
es_init
es commit || bail 'the run of odd names failed'
here=$(git_repo rev-parse main:meta/etc/odd main:files/etc/odd)
is "$(git_repo cat-file -p main:meta/etc/odd/.mtree | grep -c 'unread=')" 0 \
	'all odd names are recorded'
ok 'they go into an archive' sh -c '"$@" >odd.tar 2>said' sh \
	"$ETCSNAP" -c "$conf" --root "$root" export --format tar
mkdir back
ok 'and out of it' bsdtar -xpf odd.tar -C back
rm -rf "$root" "$repo" "${repo%/*}/state.db"
mv back "$root"
es_init
es commit || bail 'the second run of odd names failed'
is "$(git_repo rev-parse main:meta/etc/odd main:files/etc/odd)" "$here" \
	'and are recorded as they were'
es export --format json >odd.json
ok 'JSON takes them' python3 -c '
import base64, json, os
n = 0
for line in open("odd.json", encoding="ascii"):
    r = json.loads(line)
    if r["kind"] != "object":
        continue
    p = base64.b64decode(r["path_b64"]) if "path_b64" in r \
        else r["path"].encode()
    os.lstat(b"root" + p)
    n += p.startswith(b"/etc/odd/")
assert n > 1900, n'
es export --format csv >odd.csv
is "$(csv odd.csv 'len(d)')" "$(wc -l <odd.json)" 'CSV, too'
ok 'and bsdtar those of the mtree file' sh -c '
	"$@" >odd.mtree && bsdtar -tvf odd.mtree >list 2>said && ! [ -s said ]' sh \
	"$ETCSNAP" -c "$conf" --root "$root" export --format mtree

done_testing
