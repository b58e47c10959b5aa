#!/bin/sh
# SPDX-License-Identifier: MIT
# 1040-unreadable.sh - what cannot be read stays as it was, marked and named
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git

new_tree
conf_for_root
mkdir -p "${repo%/*}"
if [ "$(id -u)" -eq 0 ]; then
	chown -R 65534:65534 "$work"
	chmod 755 "$work"
fi

# run ARGUMENT… - the program as somebody who may not read everything
run() {
	as_user "$ETCSNAP" -c "$conf" --root "$root" "$@"
}

# line DIR NAME - the entry in the manifest, with its comment line
line() {
	git_repo cat-file -p "main:meta$1/.mtree" | grep -F -A 1 "$2 type"
}

# errors - run/errors of the tip, in one line
errors() {
	git_repo cat-file -p main:run/errors 2>/dev/null | tr '\n' '|'
}

# said ARGUMENT… - what run writes to stderr
said() {
	run "$@" 2>"$work/stderr" >/dev/null
	cat "$work/stderr"
}

export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
run init >/dev/null || bail 'init failed'
run commit || bail 'the first run failed'
ok 'no trouble, no errors' test -z "$(errors)"
settle

# --- files and directories become unreadable -----------------------------------
chmod 0 "$root/etc/hosts" "$root/etc/nginx"
chmod 0311 "$root/etc/ssh"
echo news >>"$root/etc/ssh/ssh_config"
echo news >>"$root/etc/hostname"
files=$(git_repo rev-parse main:files/etc/nginx)
ok 'a run that cannot read all is partial' must_exit 4 run commit
is "$(errors)" 'EACCES /etc/hosts|EACCES /etc/nginx|EACCES /etc/ssh|' \
	'which is in run/errors'
ok 'the summary counts it' like "$(git_repo cat-file -p main:run/summary)" \
	'^unread = 3$'
ok 'a file is marked' like "$(line /etc ./hosts)" '^#\+ .*unread=EACCES'
ok 'what can be known of it is' like "$(line /etc ./hosts)" \
	'^\./hosts .*mode=0000 .*sha256digest='
ok 'its content stays' prints "$(git_repo cat-file -p main~1:files/etc/hosts)" \
	git_repo cat-file -p main:files/etc/hosts
is "$(git_repo rev-parse main:files/etc/nginx)" "$files" \
	'a directory keeps all below it'
is "$(git_repo rev-parse main:meta/etc/nginx/conf.d)" \
	"$(git_repo rev-parse main~1:meta/etc/nginx/conf.d)" 'with its entries'
ok 'and is marked' like "$(line /etc/nginx .)" '^#\+ .*unread=EACCES'
ok 'what may be searched, but not listed, too' \
	like "$(line /etc/ssh .)" '^#\+ .*unread=EACCES'
is "$(git_repo diff --name-status --diff-filter=D main~1 main -- files meta)" '' \
	'nothing is removed'
ok 'all the rest is recorded' like \
	"$(git_repo cat-file -p main:files/etc/hostname)" '^news$'
is "$(run show --format csv | grep -c ',removed,')" 0 'nor told as removed'
ok 'the report marks it' like "$(run show)" 'unread'
ok 'it is sound' fsck

# --- told once -----------------------------------------------------------------
tip=$(tip)
ok 'the next run' must_exit 4 run commit
ok 'is silent' test -z "$(said commit)"
is "$(tip)" "$tip" 'and makes no commit'
chmod 0 "$root/etc/passwd"
text=$(said commit)
ok 'when there is more' like "$text" '^etcsnap: 4 paths cannot be read'
ok 'it is told' like "$text" '^  EACCES /etc/passwd$'
ok 'the next run is silent' test -z "$(said commit)"
ok 'a full one, too' test -z "$(said commit --full)"
rm "${repo%/*}/state.db"
ok 'and one without a state' test -z "$(said commit)"
ok 'which keeps all, too' like "$(run -v commit)" '^no changes$'
is "$(git_repo rev-list --count main)" 3 'no commit since'
chmod 644 "$root/etc/passwd"
ok 'when there is less' like "$(said commit)" '^etcsnap: 3 paths cannot be read'
ok 'quiet does not hide it' like "$(
	chmod 0 "$root/etc/passwd"
	said -q commit
	chmod 644 "$root/etc/passwd"
)" 'EACCES /etc/passwd'
run commit 2>/dev/null
ok 'show tells of it' like "$(run show HEAD:/etc/hosts)" '^unread +EACCES'
ok 'status counts' like "$(run status)" '^unreadable +3 paths$'

# --- readable again ------------------------------------------------------------
chmod 644 "$root/etc/hosts"
chmod 755 "$root/etc/nginx" "$root/etc/ssh"
ok 'when all can be read again' must_exit 0 run commit
is "$(errors)" '' 'there are no errors'
ok 'what changed meanwhile is seen' like \
	"$(git_repo cat-file -p main:files/etc/ssh/ssh_config)" '^news$'
ok 'no mark is left' unlike "$(git_repo grep -h unread= main -- meta)" .
ok 'nor trouble with it' like "$(run -v commit)" '^no changes$'

chmod 0 "$root/etc/hosts"
run commit 2>/dev/null
chmod 644 "$root/etc/hosts"
ok 'a run that could read all again says so' like "$(said commit)" \
	'every path can be read again'
ok 'once' test -z "$(said commit)"

# --- many, odd, never known ----------------------------------------------------
mkdir "$root/etc/many"
for i in 1 2 3 4 5 6 7 8; do
	echo "$i" >"$root/etc/many/$i"
done
printf 'x\n' >"$root/etc/many/$(printf 'a\nb\033[31m')"
chmod 0 "$root"/etc/many/*
text=$(said commit)
ok 'many are counted' like "$text" '^etcsnap: 9 paths'
is "$(printf '%s\n' "$text" | wc -l)" 7 'the first few are named'
ok 'with what lists all' like "$text" 'run/errors'
ok 'an odd name is quoted' like "$(git_repo cat-file -p main:run/errors)" \
	'^EACCES /etc/many/a\\nb\\x1b\[31m$'
ok 'what was never read has its entry' like "$(line /etc/many ./1)" \
	'^\./1 .*mode=0000 .*size=2 '
ok 'without a digest' unlike "$(line /etc/many ./1)" digest=
is "$(git_repo ls-tree main files/etc/many)" '' 'and no content'
mkdir "$root/etc/closed"
echo x >"$root/etc/closed/never"
chmod 0 "$root/etc/closed"
ok 'a directory that was never read' must_exit 4 run commit
ok 'has its entry' like "$(line /etc/closed .)" '^\. type=dir mode=0000 '
ok 'it is sound' fsck
chmod 755 "$root/etc/closed"
rm -r "$root/etc/many"
ok 'what is unreadable and removed' must_exit 0 run commit
is "$(git_repo ls-tree main meta/etc/many)" '' 'is removed'
ok 'what was closed' git_repo cat-file -e main:files/etc/closed/never

# --- rules meanwhile -----------------------------------------------------------
chmod 0 "$root/etc/nginx"
run commit 2>/dev/null
conf_for_root '[files]' 'defaults = yes' 'exclude = /etc/nginx/conf.d' \
	'[rule s]' 'match = /etc/nginx/nginx.conf' 'class = secret'
ok 'other rules while it cannot be read' must_exit 4 run commit
chmod 755 "$root/etc/nginx"
ok 'hold as soon as it can be' must_exit 0 run commit
is "$(git_repo ls-tree -r --name-only main files/etc/nginx meta/etc/nginx)" \
	'meta/etc/nginx/.mtree' 'for what is excluded and what is secret'
ok 'nothing is left to find' like "$(run -v commit)" '^no changes$'

# --- a failing disk ------------------------------------------------------------
# The start of a process's memory is a regular file whose read gives EIO.
cat >with_eio <<'EOF'
mount --bind "/proc/$$/mem" "$1" || exit 99
shift
"$@"
EOF
if [ "$(id -u)" -eq 0 ] && unshare -m sh with_eio "$root/etc/hosts" true; then
	chown -R 0:0 "$work"
	es commit
	settle
	ok 'a file that gives EIO' must_exit 4 unshare -m sh with_eio \
		"$root/etc/hosts" "$ETCSNAP" -c "$conf" --root "$root" commit
	is "$(errors)" 'EIO /etc/hosts|' 'is named'
	ok 'marked' like "$(line /etc ./hosts)" '^#\+ .*unread=EIO'
	ok 'and keeps its content' prints "$(cat "$root/etc/hosts")" \
		git_repo cat-file -p main:files/etc/hosts
	ok 'until it can be read' must_exit 0 es commit
	is "$(git_repo rev-parse main:meta)" "$(git_repo rev-parse main~2:meta)" \
		'when all is as before'
	ok 'it is sound' fsck
else
	skip 'only root can mount' 7
fi
done_testing
