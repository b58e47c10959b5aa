#!/bin/sh
# SPDX-License-Identifier: MIT
# 1020-names.sh - names are bytes: each comes back as it was, none does harm
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

new_tree
names=$root/etc/names
mkdir "$names"
# a line of CSV ends in a carriage return
raw=$(printf '\033|\r.')

# Names that git reads as its own or refuses, that terminals and shells read,
# that are no text. Every third is a file, a link, a file in a directory.
cat >names.py <<'EOF'
import os

names = [
    b'a\nb', b'\n', b'tab\there', b' ', b' blank ', b'a=b', b'a#b', b'a;b',
    b'"', b"'", b'`id`', b'$(id)', b'a\\b', b'\\', b'\\012', b'*', b'a?b',
    b'[x]', b'{a,b}', b'-rf', b'--', b'-', b'tilde', b'!', b'a:b',
    b'a|b', b'\x1b[31mred\x1b[m', b'\x07', b'\x7f', b'\x01', b'a\r\nb',
    b'\xff', b'\xc3', b'a\xc3\x28b', b'\xed\xa0\x80', b'\xf4\x90\x80\x80',
    b'latin1-\xe4\xf6\xfc', 'grüße'.encode(), 'u\u0308'.encode(),
    'rtl-\u202egpj.exe'.encode(), 'zero\u200bwidth'.encode(),
    b'.git', b'.GIT', b'.Git', b'git~1', b'GIT~1', b'.git ', b'.git.',
    b'.git:x', b'.gitmodules', b'.GITMODULES', b'gitmod~1', b'.gitattributes',
    b'.gitignore', b'.mailmap', b'.mtree', b'.MTREE', b'.xattr', b'%', b'%%',
    b'%2egit', b'%2Egit', b'%2emtree', b'%25', b'%xx', b'a%2eb',
    b'a\\.git', b'\\.git', b'.git\\', b'..\\.git', b'.\\git',
    '.g\u200cit'.encode(), '.git\u200c'.encode(), '.\ufeffgit'.encode(),
    b'...', b'..a', b'.a', b'CON', b'nul.txt', b'x' * 255, b'\xff' * 255,
    b'\n' * 255, b'%' * 80, b'a' + b'%' * 254, b'.mtree\n', b'HEAD', b'refs',
]

def each(top):
    for n, name in enumerate(names):
        path = top + b'/' + name
        if n % 3 == 2:
            path += b'/' + name
        yield n % 3, name, path
EOF
cat >make.py <<'EOF'
import os, sys
from names import each

for kind, name, path in each(os.fsencode(sys.argv[1])):
    if kind == 2:
        os.mkdir(os.path.dirname(path))
    if kind == 1:
        os.symlink(name, path)
    else:
        with open(path, 'wb') as f:
            f.write(b'in ' + name + b'\n')
EOF
cat >by_command.py <<'EOF'
# each name by a command: what it prints is right, and fit for a terminal
import os, subprocess, sys
from names import each

bad = 0
what = sys.argv[1]
for kind, name, path in each(os.fsencode(sys.argv[2])):
    arg = path if what == 'log' else b'HEAD:' + path
    run = subprocess.run(sys.argv[3:] + [what, arg], capture_output=True)
    out = run.stdout
    if what == 'cat' and kind == 1:
        # no content, and the message names what there is instead
        run.returncode = run.returncode != 3
        good = not out and b'link' in run.stderr
    elif what == 'cat':
        good = out == b'in ' + name + b'\n'
        out = b''
    elif what == 'show':
        good = out.startswith(b'type ')
    else:
        good = out.count(b'\n') >= 1
    if any(c < 32 and c not in b'\t\n' or c == 127 for c in out + run.stderr):
        good = False
    if run.returncode or not good:
        bad += 1
        print(name, run)
sys.exit(bad > 0)
EOF
cat >deep.py <<'EOF'
import os, sys

os.chdir(sys.argv[1])
for i in range(25):
    os.mkdir('d' * 200)
    os.chdir('d' * 200)
with open('bottom', 'w') as f:
    f.write('deep\n')
EOF

# by_command COMMAND DIR - see by_command.py
by_command() {
	python3 by_command.py "$1" "$2" "$ETCSNAP" -c "$conf" --root "$root"
}

python3 make.py "$names" || bail 'cannot make the names'
es_init
ok 'a run' es commit
ok 'git finds nothing wrong' fsck
ok 'cat gives every content' by_command cat /etc/names
ok 'show every entry' by_command show /etc/names
ok 'log every history' by_command log /etc/names
ok 'nothing changed' like "$(es -v commit)" '^no changes$'
rm "${repo%/*}/state.db"
ok 'nor without a state' like "$(es -v commit)" '^no changes$'

# --- all that git would take for its own is escaped ----------------------------
git_repo ls-tree -rz --name-only main -- files | tr '\0\n' '\n?' >stored
for name in .git .GIT .gitmodules .gitattributes .gitignore .mailmap; do
	is "$(grep -cixF -e "files/etc/names/$name" stored)" 0 \
		"$name is under another name"
	ok 'which begins with %' grep -qix \
		"files/etc/names/%2e${name#.}\\(/.*\\)\\?" stored
done
# ".." and the like are names here; a blank or a dot at the end is for others.
ok 'git checks all of it out, with protection against HFS look-alikes' \
	git -c core.protectHFS=true -c core.protectNTFS=false \
	clone -q "$repo" clone
is "$(find clone/files/etc/names -mindepth 1 -printf x | wc -c)" \
	"$(find "$names" -mindepth 1 -printf x | wc -c)" 'every one of them'

# --- and on the way out --------------------------------------------------------
settle
red=$(printf '\033[31mred\033[m')
printf 'changed\n' >"$names/$(printf 'tab\there')/$(printf 'tab\there')"
printf 'changed\n' >"$names/-"
rm -r "${names:?}/$red"
ln -s "$red" "$names/new$red"
rm -r "$names/\$(id)"
for args in diff 'diff --json' 'diff --format csv' status 'status --json' \
	'commit --dry-run'; do
	# shellcheck disable=SC2086 # words
	ok "no raw bytes: $args" unlike "$(es $args)" "$raw"
done
ok 'a run' es commit
for args in show 'show --json' 'show --format csv' log 'log --json' report \
	'report --json' 'report --format csv'; do
	# shellcheck disable=SC2086
	ok "no raw bytes: $args" unlike "$(es $args)" "$raw"
done
ok 'nor in the message' unlike "$(git_repo log -1 --format=%B)" \
	"$raw"
ok 'in which a change has its line' like "$(git_repo log -1 --format=%b)" \
	'/etc/names/new\\x1b\[31mred\\x1b\[m$'
ok 'whatever is in a name' like "$(git_repo log -1 --format=%b)" \
	'^M /etc/names/tab\\there/tab\\there$'
es show --json >show.json
ok 'JSON has the bytes' python3 -c '
import json
paths = [c["path"] for c in json.load(open("show.json"))["changes"]]
assert "/etc/names/new\x1b[31mred\x1b[m" in paths, paths
assert "/etc/names/tab\there/tab\there" in paths, paths'
chmod 700 "$names/$(printf '\303')" || bail 'cannot change a mode'
ok 'also where a name is no UTF-8' sh -c '"$@" >diff.json; [ $? -eq 1 ]' sh \
	"$ETCSNAP" -c "$conf" --root "$root" diff --json
ok 'it is valid UTF-8' python3 -c '
import json
json.loads(open("diff.json", "rb").read().decode("utf-8"))'
es commit

# --- a path of 5,000 bytes -----------------------------------------------------
python3 deep.py "$root/etc/opt" || bail 'cannot make the path'
part=/$(printf '%0200d' 0 | tr 0 d)
deep=/etc/opt
for _ in $(seq 25); do
	deep=$deep$part
done
before=$(git_repo rev-list --count main)
ok 'a path of 5,000 bytes' es commit
ok 'is sound' fsck
ok 'is in the tree' git_repo cat-file -e "main:files$deep/bottom"
ok 'comes back' prints deep es cat "HEAD:$deep/bottom"
ok 'nothing changed' like "$(es -v commit)" '^no changes$'
rm "${repo%/*}/state.db"
ok 'nor without a state' like "$(es -v commit)" '^no changes$'
ok 'a path of that length on the command line' like \
	"$(es -v commit "$deep")" '^no changes$'
# Few descriptors make it go down from the root again.
# shellcheck disable=SC2016
ok 'nor with few descriptors' sh -c 'ulimit -n 64 && "$@"' sh \
	"$ETCSNAP" -c "$conf" --root "$root" commit --full
is "$(git_repo rev-list --count main)" $((before + 1)) 'one commit in all'

# --- names that come and go ----------------------------------------------------
rm -r "${names:?}" "${root:?}/etc/opt"
ok 'all are gone' es commit
ok 'is sound' fsck
is "$(git_repo ls-tree -r --name-only main | grep -c etc/names)" 0 'all of them'
mkdir "$root/etc/elsewhere"
python3 make.py "$root/etc/elsewhere" || bail 'cannot make the names'
ok 'elsewhere they come again' es commit
ok 'is sound' fsck
ok 'cat gives every content' by_command cat /etc/elsewhere
done_testing
