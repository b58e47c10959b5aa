#!/bin/sh
# SPDX-License-Identifier: MIT
# 2110-packs.sh - the packs of many runs become few, under readers and kills
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git timeout

mkdir -p "$root/etc/d"
for f in 0 1 2 3 4 5 6 7 8 9; do
	seq -f "line %g of file $f" 1 400 >"$root/etc/d/f$f"
done
conf_for_root '[files]' 'include = /etc'
es_init
es commit || bail 'the first run failed'

packs() {
	find "$repo/objects/pack" -name '*.pack' | wc -l
}
# runs N - so many runs with three changes each
round=0
most=0
runs() {
	local i=0 n

	while [ $i -lt "$1" ]; do
		i=$((i + 1)) round=$((round + 1))
		for f in $((round % 10)) $(((round + 3) % 10)) 9; do
			echo "changed in round $round" >>"$root/etc/d/f$f"
		done
		es commit || return 1
		n=$(packs)
		[ "$n" -le "$most" ] || most=$n
	done
}
# disk - KiB of all packs
disk() {
	du -sk "$repo/objects/pack" | cut -f1
}

# --- few, small, sound -----------------------------------------------------------
runs 19
is "$(packs)" 20 'twenty packs stay as they are'
before=$(disk)
runs 1
ok 'one more, and they are joined' test "$(packs)" -le 8
ok 'to less than half' test $(($(disk) * 2)) -lt "$before"
ok 'sound' fsck
runs 100
ok 'there are never more' test "$most" -le 20
ok 'still sound' fsck
is "$(git_repo rev-list --count main)" 121 'every run is there'
git clone -q --bare --no-local "$repo" clone.git || bail 'cannot clone'
git --git-dir=clone.git gc -q --prune=now
git --git-dir=clone.git fsck --strict --full
note "joined $(disk) KiB, by git gc $(du -sk clone.git/objects/pack | cut -f1)"
ok 'not more than twice what git gc makes' \
	test "$(disk)" -le $((2 * $(du -sk clone.git/objects/pack | cut -f1)))
for n in 0 9; do
	is "$(es cat "main~3:/etc/d/f$n" | tail -n 1)" \
		"$(git_repo show "main~3:files/etc/d/f$n" | tail -n 1)" \
		"what git reads, etcsnap reads: f$n"
done

# --- readers ---------------------------------------------------------------------
# A pager that shows the first page and then waits while packs come and go.
mkfifo pipe
git_repo log -p --format=%H main >pipe 2>log.err &
reader=$!
exec 3<pipe
read -r first <&3
echo "$first" >paged
until [ "$(packs)" -ge 20 ]; do runs 1; done
runs 2
cat <&3 >>paged
exec 3<&-
wait "$reader"
is $? 0 'a log that waited in a pager goes on'
is "$(cat log.err)" '' 'without a word'
is "$(grep -c '^[0-9a-f]\{40\}$' paged)" "$(($(git_repo rev-list --count "$first")))" \
	'and shows every run'
(
	while [ ! -e stop ]; do
		rm -rf again.git
		git clone -q --bare --no-local "$repo" again.git 2>>clone.err ||
			echo failed >>clone.err
		git --git-dir=again.git fsck --strict --full >>clone.err 2>&1
		es log --format csv >log.csv 2>>clone.err ||
			echo 'log failed' >>clone.err
	done
) &
reader=$!
runs 45
touch stop
wait "$reader"
is "$(cat clone.err)" '' 'clones and logs that run beside end well'

# --- what does not work ------------------------------------------------------------
until [ "$(packs)" -eq 20 ]; do runs 1; done
find "$repo/objects/pack" -name '*.idx' | sort >was
newest=$(find "$repo/objects/pack" -name '*.pack' -printf '%T@ %p\n' |
	sort -rn | sed -n '2{s/^[^ ]* //;p;q}')
cp -p "$newest" whole
chmod u+w "$newest"
printf '\377\377\377' | dd of="$newest" bs=1 seek=40 conv=notrunc status=none
echo more >>"$root/etc/d/f1"
es commit >said 2>&1
is $? 0 'a run beside a damaged pack stands'
ok 'which is told' like "$(cat said)" 'cannot join packs: pack .* is damaged; run .etcsnap git fsck.; the next run tries again'
find "$repo/objects/pack" -name '*.idx' | sort >is
is "$(comm -23 was is)" '' 'and no pack is removed'
cp -p whole "$newest"
runs 1
ok 'mended, they are joined' test "$(packs)" -le 8
ok 'and sound' fsck

# --- kills -------------------------------------------------------------------------
kills=${ETCSNAP_TEST_KILLS:-40}
killed=0
bad=0
i=0
while [ $i -lt "$kills" ]; do
	i=$((i + 1))
	until [ "$(packs)" -ge 20 ]; do runs 1; done
	echo "kill $i" >>"$root/etc/d/f$((i % 10))"
	"$ETCSNAP" -c "$conf" --root "$root" --repo "$repo" commit -q &
	victim=$!
	sleep "0.0$(printf %02d $((i % 45)))"
	kill -9 $victim 2>/dev/null && killed=$((killed + 1))
	wait $victim 2>/dev/null
	[ $((i % 4)) -ne 0 ] || fsck --no-dangling >>trouble 2>&1 || bad=$((bad + 1))
done
note "$killed of $kills runs were killed"
[ "$bad" -eq 0 ] || note "$(tail -n 5 trouble)"
is "$bad" 0 'a kill while packs are joined leaves a sound repository'
runs 1
ok 'which goes on' fsck --no-dangling
is "$(find "$repo/objects/pack" -name 'tmp*' | wc -l)" 0 'and is clean'
done_testing
