#!/bin/sh
# SPDX-License-Identifier: MIT
# 2080-format.sh - what is no repository of ours, or not of our time
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git

es_init
es commit || bail 'the first run failed'
settle
echo change >>"$root/etc/hosts"

# refused NAME ERE COMMAND… - exit 3 with one line that matches
refused() {
	local name="$1" ere="$2"

	shift 2
	es_run "$@"
	cp "$es_out" said
	is "$es_status" 3 "$name: exit 3"
	ok "$name: says so" like "$(cat said)" "^etcsnap: .*$ere"
	is "$(wc -l <said)" 1 "$name: in one line"
}

# --- another format ------------------------------------------------------------
tip=$(tip)
git_repo config etcsnap.format 2
for cmd in commit status diff log show report; do
	refused "$cmd of a newer format" \
		'has format 2 .*up to 1; upgrade etcsnap' es $cmd
done
refused 'git, too' 'format 2' es git log
is "$(tip)" "$tip" 'nothing was written'
git_repo config etcsnap.format 999999999999999999999
refused 'a format beyond all numbers' "$repo" es commit
git_repo config etcsnap.format 0
refused 'format 0' 'was not made by etcsnap' es commit
git_repo config etcsnap.format 1
git_repo config core.repositoryFormatVersion 1
git_repo config extensions.objectFormat sha256
# libgit2 1.5 leaks a regular expression here.
refused 'a repository with SHA-256 ids' "$repo" \
	env ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" \
	"$ETCSNAP" -c "$conf" --root "$root" commit
git_repo config --unset extensions.objectFormat
git_repo config core.repositoryFormatVersion 0
printf '[etcsnap\n' >>"$repo/config"
refused 'a broken configuration' "$repo/config" es commit
sed -i '$d' "$repo/config"
ok 'mended, it works' es commit

# --- no repository of ours -----------------------------------------------------
conf_for_root
es2() {
	"$ETCSNAP" -c "$conf" --root "$root" --repo "$@"
}
git init -q --bare plain.git
refused 'a plain git repository' 'was not made by etcsnap' es2 plain.git commit
is "$(find plain.git/objects -type f)" '' 'is left alone'
git init -q work
refused 'a work tree' 'was not made by etcsnap' es2 work commit
refused 'its .git' 'was not made by etcsnap' es2 work/.git commit
mkdir empty
refused 'an empty directory' 'was not made by etcsnap; name another directory' \
	es2 empty commit
refused 'nothing at all' "there is no repository .*etcsnap init" \
	es2 nowhere/repo.git commit
: >file
refused 'a file' 'is not a directory' es2 file commit
refused 'a path through a file' 'no repository|not a directory' \
	es2 file/repo.git commit
for dir in plain.git work file; do
	refused "init does not take over $dir" ' exists' \
		es2 $dir init
done
ok 'init takes an empty directory' es2 empty init
refused 'init again' ' exists' es2 empty init

# --- another root --------------------------------------------------------------
mkdir other
es_run "$ETCSNAP" -c "$conf" --root other commit
is "$es_status" 2 'a repository of another root: exit 2'
es_run "$ETCSNAP" -c "$conf" --root other commit
ok 'says which' like "$(cat "$es_out")" "records the root .*$root.*not .*other"
es_run "$ETCSNAP" -c "$conf" commit
is "$es_status" 2 'without --root, too'

# --- another owner -------------------------------------------------------------
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$work"
	chown -R nobody "$work/state"
	refused "root and somebody else's" 'belongs to user 65534 and you are user 0' \
		es commit
	refused 'status, too' 'belongs to user' es status
	is "$(find "$work/state" -user 0 | wc -l)" 0 'and nothing of root is in it'
	chown -R root "$work/state"
	chmod 755 "$work/state"
	refused "a user and root's" 'belongs to user 0|Permission denied' \
		as_user "$ETCSNAP" -c "$conf" --root "$root" status
else
	skip 'only root can give away' 10
fi

# --- parts that are missing ----------------------------------------------------
conf_for_root
echo more >>"$root/etc/hosts"
mv "$work/state/key" key
refused 'a missing key' 'the secret key .* is missing.*backup.*--reset' es commit
refused 'for diff, too' 'the secret key .* is missing' es diff
not_ok 'none is made' test -e "$work/state/key"
ok 'log needs none' es log
echo short >"$work/state/key"
chmod 600 "$work/state/key"
refused 'a damaged key' 'is damaged' es commit
mv key "$work/state/key"
chmod 644 "$work/state/key"
refused 'a key that others can read' 'readable by others' es commit
chmod 600 "$work/state/key"
mv "$repo/objects" objects
refused 'a repository without objects' "$repo" es commit
mv objects "$repo/objects"
mv "$repo/HEAD" HEAD
refused 'a repository without HEAD' "$repo" es commit
mv HEAD "$repo/HEAD"
ok 'whole again, it works' es commit
for pack in "$repo"/objects/pack/*.pack; do
	break
done
chmod u+w "$pack"
size=$(stat -c %s "$pack")
cp "$pack" saved.pack
: >"$pack"
es_run es show
is "$es_status" 3 'a damaged pack: exit 3'
cat saved.pack >"$pack"
chmod 400 "$pack"
ok "and $size bytes later it works" es show

# --- start over ----------------------------------------------------------------
old=$(tip)
ok 'init --reset' es init --reset
is "$(tip)" '' 'is a new repository'
is "$(find "$work/state" -maxdepth 1 -name 'repo.git.*' | wc -l)" 1 \
	'the old one is renamed'
is "$(git --git-dir="$(echo "$repo".*)" rev-parse main)" "$old" 'and whole'
ok 'the first run of the new one' es commit
is "$(git_repo rev-list --count main)" 1 'begins a history'
ok 'soundly' fsck

done_testing
