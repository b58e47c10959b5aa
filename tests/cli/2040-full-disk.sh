#!/bin/sh
# SPDX-License-Identifier: MIT
# 2040-full-disk.sh - no room: nothing is lost, and the next run ends right
if [ -z "${ES_OWN_MOUNTS-}" ] && [ "$(id -u)" -eq 0 ] &&
	unshare -m true 2>/dev/null; then
	ES_OWN_MOUNTS=1 exec unshare -m sh "$0" "$@"
fi
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git unshare mount
need_root
[ -n "${ES_OWN_MOUNTS-}" ] || skip_all 'no mounts of our own here'

# fill DIRECTORY KIB - so many KiB are left there
fill() {
	local free

	rm -f "$1/filler"
	free=$(df -k --output=avail "$1" | tail -n 1)
	head -c "$((free - $2))k" /dev/zero >"$1/filler" ||
		bail "cannot fill $1"
}

new_tree
mkdir "$root/etc/many"
i=0
while [ "$i" -lt 300 ]; do
	i=$((i + 1))
	head -c 3000 /dev/urandom | base64 >"$root/etc/many/$i"
done
mkdir -p state
at_end 'umount -l "$work/state" 2>/dev/null'
mount -t tmpfs -o size=8m tmpfs state || skip_all 'no tmpfs here'
es_init

# --- first run -----------------------------------------------------------------
fill state 200
es_run es commit
is "$es_status" 3 'a first run without room fails'
ok 'and says why' like "$(cat "$es_out")" '^etcsnap: .*No space left on device'
is "$(tip)" '' 'there is no commit'
is "$(find state/repo.git/objects -type f)" '' 'and no object'
ok 'the empty repository is sound' git_repo fsck --strict --full --no-progress
rm state/filler
ok 'with room it ends well' es commit
ok 'soundly' fsck
is "$(git_repo ls-tree --name-only main:files/etc/many | wc -l)" 300 'and whole'
ok 'and the next is idle' prints 'no changes' es -v commit

# --- a later run ---------------------------------------------------------------
for left in 0 4 8 64; do
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		head -c 3000 /dev/urandom | base64 >"$root/etc/many/$i"
	done
	find state/repo.git -type f | sort | xargs sha256sum >before
	old=$(tip)
	fill state "$left"
	es_run es commit
	is "$es_status" 3 "a later run with $left KiB left fails"
	cp "$es_out" said
	ok 'and says why' grep -q 'No space left on device' said
	is "$(tip)" "$old" 'the tip stays'
	find state/repo.git -type f | sort | xargs sha256sum >after
	ok 'and all that was there' cmp before after
	ok 'status still works' must_exit 1 es status
	ok 'diff still works' must_exit 1 es diff --no-patch
	ok 'log still works' es log
	ok 'show still works' es show
	rm state/filler
	es_run es -v commit
	is "$(sed 's/^[0-9a-f]* //' "$es_out")" '20 changed, 0 added, 0 removed' \
		'with room the run ends right'
	ok 'soundly' fsck
done

# --- the state alone -----------------------------------------------------------
# The repository on a disk of its own, which has room.
mkdir other
at_end 'umount -l "$work/other" "$work/state/repo.git" 2>/dev/null'
mount -t tmpfs -o size=8m tmpfs other || bail 'no second tmpfs'
cp -a state/repo.git/. other/ && rm -rf state/repo.git && mkdir state/repo.git &&
	mount --bind other state/repo.git || bail 'cannot mount the repository'
ok 'a repository may be a mount point' prints 'no changes' es -v commit
for i in 31 32 33; do
	echo "$i" >>"$root/etc/many/$i"
done
fill state 0
# Large enough that it does not fit into the pages there are.
mkdir "$root/etc/more"
i=0
while [ "$i" -lt 300 ]; do
	i=$((i + 1))
	: >"$root/etc/more/a-name-of-some-length-$i"
done
es_run es -v commit
is "$es_status" 0 'a state that cannot be saved is no failure'
cp "$es_out" said
ok 'the commit stands' grep -qE '^[0-9a-f]{7} 3 changed, 301 added, 0 removed' said
ok 'a notice tells' like "$(cat said)" \
	'^etcsnap: .*No space left on device; the next run reads everything again$'
ok 'soundly' fsck
es_run es -v commit
is "$es_status" 0 'the next run ends well too'
ok 'and finds without the state that nothing changed' \
	like "$(cat "$es_out")" '^no changes$'
rm state/filler
ok 'with room' prints 'no changes' es -v commit
ok 'and after' prints 'no changes' es -v commit
ok 'soundly, to the end' fsck

done_testing
