#!/bin/sh
# SPDX-License-Identifier: MIT
# 0040-root.sh - a tree elsewhere as if it were /, with a repository of its own
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git

# run ARGUMENT… - the program without any configuration
run() {
	"$ETCSNAP" -c "$work/empty.conf" "$@"
}

new_tree
[ "$(id -u)" -eq 0 ] || echo "me:x:$(id -u):$(id -u)::/:" >>"$root/etc/passwd"
: >empty.conf
export XDG_STATE_HOME="$work/xdg"

# --- a repository of its own ---------------------------------------------------
for cmd in init commit status log diff show 'cat HEAD:/x' report; do
	# shellcheck disable=SC2086 # words
	ok "--root without a repository: $cmd" must_exit 2 run --root "$root" $cmd
done
ok 'the message says what to do' like "$(cat "$es_out")" '.*--repo DIR'
ok 'the message names the root' like "$(run --root "$root" init 2>&1)" \
	"--root $root needs a repository of its own"
ok 'nothing was made' test ! -e "$XDG_STATE_HOME"
# A file that the option does not name may be about the machine's own.
conf_for_root
ok 'by --repo' run --root "$root" --repo "$work/one/repo.git" init
ok 'or by the file of -c' "$ETCSNAP" -c "$conf" --root "$root" init
ok 'a root that is not there' must_exit 3 "$ETCSNAP" -c "$conf" \
	--root "$work/nowhere" --repo "$work/two/repo.git" commit
ok 'the root that is / needs none' must_exit 3 run --root / status

# --- it remembers --------------------------------------------------------------
ok 'a run' es commit
cp -a "$root" other
ok 'another root is refused' must_exit 2 "$ETCSNAP" -c "$conf" \
	--root "$work/other" commit
ok 'and both are named' like \
	"$("$ETCSNAP" -c "$conf" --root "$work/other" commit 2>&1)" \
	"records the root $root, not $work/other"
ok 'none is /, and refused' must_exit 2 "$ETCSNAP" -c "$conf" commit
ok 'also only to look' must_exit 2 "$ETCSNAP" -c "$conf" log
is "$(git_repo rev-list --count main)" 1 'nothing was recorded'
ok 'the same root, written in another way' "$ETCSNAP" -c "$conf" \
	--root "$work/./other/..//root/" -v commit
cd "$root" || bail 'no root'
ok 'or relative' "$ETCSNAP" -c "$conf" --root . commit
cd "$work" || bail 'no directory'
is "$(git_repo rev-list --count main)" 1 'is the same'

# --- as if it were / -----------------------------------------------------------
ok 'paths are those below it' git_repo cat-file -e main:files/etc/hosts
is "$(git_repo ls-tree -r --name-only main | grep -c "${root#/}")" 0 \
	'its own is in none of them'
ok 'a link to an absolute path is itself' \
	prints /usr/share/zoneinfo/UTC git_repo cat-file -p main:files/etc/localtime
ok 'cat' prints "$(cat "$root/etc/hosts")" es cat HEAD:/etc/hosts
# shellcheck disable=SC2088 # a pattern
ok 'its homes are those of its own users' \
	git_repo cat-file -e main:files/home/alice/.gitconfig
ok 'names of owners are its own, too' like \
	"$(git_repo cat-file -p main:meta/etc/.mtree)" '^\./hosts .*uname=|^\. .*uname='
settle
echo x >>"$root/etc/hosts"
echo x >>"$work/other/etc/hosts"
ok 'a change' like "$(es -v commit)" ' 1 changed, 0 added, 0 removed'

# --- nothing leads out of it ---------------------------------------------------
mkdir "$work/outside"
echo outside-content >"$work/outside/file"
rm -rf "$root/etc/nginx"
ln -s "$work/outside" "$root/etc/nginx"
ln -s ../../../../../../../../../../../../.. "$root/etc/up"
ok 'links out of it' es commit
is "$(git_repo cat-file -p main:files/etc/nginx)" "$work/outside" \
	'are links, and nothing else'
is "$(git_repo ls-tree -r --name-only main | grep -c -e '/file$' -e etc/up/)" 0 \
	'nothing behind them is recorded'
mv "$root" "$work/moved"
ln -s moved "$root"
ok 'only the root itself may be a link' like "$(es -v commit)" '^no changes$'
rm "$root"
ok 'a root that is gone' must_exit 3 es commit
ok 'is no reason to forget it' like "$(es log 2>&1)" ' '
touch "$root"
ok 'nor is a file in its place' must_exit 3 es commit
is "$(git_repo rev-list --count main)" 3 'nothing was removed'
ok 'it is sound' fsck
done_testing
