#!/bin/sh
# SPDX-License-Identifier: MIT
# 0010-init.sh - repository and key: made once, private, never lost
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git stat

state=${repo%/*}
key=$state/key

# mode_of FILE - permission bits in octal
mode_of() {
	stat -c %a "$1"
}

# --- the first -----------------------------------------------------------------
new_tree
conf_for_root
ok 'init makes the directory above, too' es init
ok 'and says where' like "$(cat "$es_out")" "^created $repo\$"
is "$(mode_of "$repo")" 700 'the repository is private'
is "$(mode_of "$state")" 700 'the directory above is private'
is "$(mode_of "$key")" 600 'the key is private'
ok 'the key is 32 bytes in hex' grep -qEx '[0-9a-f]{64}' "$key"
is "$(git_repo rev-parse --is-bare-repository)" true 'it is bare'
is "$(git_repo symbolic-ref HEAD)" refs/heads/main 'its branch is main'
is "$(find "$repo" -perm /077 | head -n 1)" '' 'others may look at nothing in it'

# --- the second ----------------------------------------------------------------
cp "$key" key.before
ok 'a second init fails' must_exit 3 es init
ok 'and tells of --reset' like "$(cat "$es_out")" \
	"repo\.git.* (exists|is there).*--reset"
ok 'the key stays' cmp "$key" key.before
ok 'a run' es commit
first=$(tip)
ok 'it fails after a run, too' must_exit 3 es init
is "$(tip)" "$first" 'and nothing is lost'
ok 'init takes no operands' must_exit 2 es init "$work/other"
ok 'nor unknown options' must_exit 2 es init --rest
ok 'with a hint' like "$(cat "$es_out")" "did you mean '--reset'"

# --- reset ---------------------------------------------------------------------
ok 'reset' es init --reset
old=$(sed -n 's/^the old repository is now //p' "$es_out")
ok 'names the old repository' like "$old" "^$repo\.[0-9]"
is "$(git --git-dir="$old" rev-parse main)" "$first" 'which has all it had'
is "$(mode_of "$old")" 700 'and is private as before'
is "$(tip)" '' 'the new one has no commit'
ok 'the key stays' cmp "$key" key.before
ok 'the state is gone' test ! -e "$state/state.db"
ok 'reset again, perhaps within the same second' es init --reset
old2=$(sed -n 's/^the old repository is now //p' "$es_out")
ok 'takes another name' test "$old" != "$old2" -a -d "$old" -a -d "$old2"
ok 'a run begins anew' es commit
is "$(git_repo rev-list --count main)" 1 'with its first commit'
ok 'the new one is sound' fsck
rm -rf "$repo" "$old" "$old2"
ok 'reset where there is none is init' es init --reset
ok 'quiet says nothing' prints '' es -q init --reset

# --- the key -------------------------------------------------------------------
es commit || bail 'no run'
mv "$key" key.away
ok 'no run without the key' must_exit 3 es commit
ok 'it says what to do' like "$(cat "$es_out")" 'key .* is missing.*backup'
ok 'status neither' must_exit 3 es status
ok 'and it is not made anew' test ! -e "$key"
is "$(git_repo rev-list --count main)" 1 'nothing is committed'
for mode in 640 604 660; do
	cp key.away "$key"
	chmod "$mode" "$key"
	ok "nor with a key of mode $mode" must_exit 3 es commit
	ok 'it says why' like "$(cat "$es_out")" 'readable by others.*chmod 600'
done
rm "$key"
ln -s "$work/key.away" "$key"
ok 'nor with a link for a key' must_exit 3 es commit
rm "$key"
mkfifo -m 600 "$key"
ok 'nor with a pipe for a key, on which it does not hang' \
	must_exit 3 timeout 10 "$ETCSNAP" -c "$conf" --root "$root" commit
rm "$key"
for text in '' 1234 "$(sed 's/./g/' key.away)"; do
	printf '%s\n' "$text" >"$key"
	chmod 600 "$key"
	ok 'nor with a damaged key' must_exit 3 es commit
	ok 'it says so' like "$(cat "$es_out")" 'key .* is damaged'
done
printf '%064d\n' 7 >"$key"
settle
ok 'another key is found out by the next run' es commit
ok 'every keyed digest is made anew' like \
	"$(git_repo diff --name-only main~1 main)" '^meta/etc/\.mtree$'
cp key.away "$key"
ok 'with the first key again' es commit
is "$(git_repo rev-parse main:meta)" "$(git_repo rev-parse main~2:meta)" \
	'all is as it was'
ok 'it is sound' fsck

# --- where ---------------------------------------------------------------------
ok 'an unwritable place is told' must_exit 3 as_user "$ETCSNAP" \
	--repo /proc/nothing/repo.git init
ok 'no repository: what to do is told' must_exit 3 es \
	--repo "$work/none/repo.git" commit
ok 'by name' like "$(cat "$es_out")" 'etcsnap init'
mkdir plain plain/repo.git
echo x >plain/repo.git/file
ok 'a directory that is something else is not taken' must_exit 3 es \
	--repo "$work/plain/repo.git" init
is "$(ls plain/repo.git)" file 'and nothing is put into it'
git init -q --bare foreign.git
ok 'a repository of something else is not used' must_exit 3 es \
	--repo "$work/foreign.git" commit

# --- for an ordinary user ------------------------------------------------------
mkdir user
chmod 755 "$work"
[ "$(id -u)" -ne 0 ] || chown 65534 user
home=$work/user
ok 'without XDG_STATE_HOME' as_user env -u XDG_STATE_HOME "HOME=$home" \
	"$ETCSNAP" init
ok 'it is in ~/.local/state' test -d "$home/.local/state/etcsnap/repo.git"
is "$(mode_of "$home/.local/state/etcsnap")" 700 'in a private directory'
ok 'with XDG_STATE_HOME' as_user env "XDG_STATE_HOME=$home/xdg" \
	"HOME=$home" "$ETCSNAP" init
ok 'it is there' test -d "$home/xdg/etcsnap/repo.git"
is "$(mode_of "$home/xdg/etcsnap/key")" 600 'with its key'
ok 'a relative one does not count' as_user env XDG_STATE_HOME=xdg \
	"HOME=$home/other" sh -c 'mkdir "$HOME" && "$1" init' sh "$ETCSNAP"
ok 'it is in ~/.local/state' \
	test -d "$home/other/.local/state/etcsnap/repo.git"
done_testing
