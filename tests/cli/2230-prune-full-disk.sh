#!/bin/sh
# SPDX-License-Identifier: MIT
# 2230-prune-full-disk.sh - no room to prune: all stays sound, and some is made
if [ -z "${ES_OWN_MOUNTS-}" ] && [ "$(id -u)" -eq 0 ] &&
	unshare -m true 2>/dev/null; then
	ES_OWN_MOUNTS=1 exec unshare -m sh "$0" "$@"
fi
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git unshare mount
need_root
[ -n "${ES_OWN_MOUNTS-}" ] || skip_all 'no mounts of our own here'

# fill KIB - so many KiB are left
fill() {
	local free

	rm -f state/filler
	free=$(df -k --output=avail state | tail -n 1)
	head -c "$((free - $1))k" /dev/zero >state/filler || bail 'cannot fill'
}
export SOURCE_DATE_EPOCH
day=0
# runs N - so many, each with a new file of 40 KB
runs() {
	local i=0

	while [ $i -lt "$1" ]; do
		i=$((i + 1)) day=$((day + 1))
		SOURCE_DATE_EPOCH=$((1772323200 + day * 86400))
		head -c 30000 /dev/urandom | base64 >"$root/etc/random"
		cat "$root/etc/random" >"$root/etc/many/$((day % 20))"
		es commit || bail "the run of day $day failed"
	done
}
tips() {
	git_repo rev-parse main daily
}

mkdir -p "$root/etc/many" state
conf_for_root '[files]' 'include = /etc' '[retention]' 'main = 25' 'daily = 5' \
	'prune = never'
at_end 'umount -l "$work/state" 2>/dev/null'
mount -t tmpfs -o size=6m tmpfs state || skip_all 'no tmpfs here'
es_init
runs 45
tips >before

# --- no room for what stays ----------------------------------------------------
for room in 0 8 100 400; do
	fill $room
	es_run es prune
	is "$es_status" 3 "with $room KiB left prune fails"
	ok 'and says why' like "$(cat "$es_out")" \
		'^etcsnap: cannot write what stays: .*No space left on device'
	ok 'nothing was cut' test ! -e "$repo/shallow"
	is "$(git_repo rev-list --count main)" 45 'every run is there'
	rm state/filler
	ok 'sound' fsck --no-dangling
	is "$(find "$repo/objects" -name 'tmp*' | wc -l)" 0 'nothing is left'
done
ok 'a dry run needs no room' es prune -n
tips >after
ok 'no branch has moved' cmp before after

# --- room for it, but for nothing else --------------------------------------------
ok 'with room it goes' es prune
ok 'sound' fsck --no-dangling
is "$(git_repo rev-list --count main)" 25 'cut'
runs 5
SOURCE_DATE_EPOCH=$((SOURCE_DATE_EPOCH + 2 * 86400))
waiting=$(es prune -n --format csv | sed -n 's/^waiting,[^0-9]*\([0-9]*\),.*/\1/p')
fill 40
es_run es prune
is "$es_status" 0 'what waited makes room for what stays'
rm state/filler
ok 'sound' fsck --no-dangling
is "$(git_repo rev-list --count main)" 25 'cut again'
note "$waiting bytes wait"
SOURCE_DATE_EPOCH=$((SOURCE_DATE_EPOCH + 2 * 86400))
ok 'the next prune' es prune
ok 'leaves only what is needed' fsck

# --- a run that has no room to prune ------------------------------------------------
conf_for_root '[files]' 'include = /etc' '[retention]' 'main = 2' 'daily = 2' \
	'monthly = 1'
fill 200
SOURCE_DATE_EPOCH=$((SOURCE_DATE_EPOCH + 86400))
echo changed >"$root/etc/small"
es_run es commit
is "$es_status" 0 'a run stands when there is no room to prune'
rm -f state/filler
ok 'sound' fsck --no-dangling
SOURCE_DATE_EPOCH=$((SOURCE_DATE_EPOCH + 86400))
echo again >"$root/etc/small"
ok 'the run of the next day' es commit
is "$(git_repo rev-list --count main)" 2 'prunes'
ok 'sound' fsck --no-dangling
done_testing
