#!/bin/sh
# SPDX-License-Identifier: MIT
# 2220-prune-kill.sh - a prune killed at any instant leaves a sound repository
# Memory keeps many fsyncs from taking a minute; what a kill can do is the
# same there.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git timeout

kills=${ETCSNAP_TEST_KILLS:-20}

mkdir -p "$root/etc/d"
for f in 0 1 2 3 4 5 6 7 8 9; do
	seq -f "line %g of file $f" 1 400 >"$root/etc/d/f$f"
done
conf_for_root '[files]' 'include = /etc' '[retention]' 'main = 10' 'daily = 20' \
	'monthly = 1' 'prune = never'
es_init
export SOURCE_DATE_EPOCH
day=0
runs() {
	while [ "$day" -lt "$1" ]; do
		day=$((day + 1))
		SOURCE_DATE_EPOCH=$((1772323200 + day * 86400))
		sed -i "$((day * 7 % 390 + 1))s/.*/changed on day $day/" \
			"$root/etc/d/f$((day % 10))" "$root/etc/d/f0"
		es commit || bail "the run of day $day failed"
	done
}

# Some packs, one that waits, objects that came back from it, a tag, what git
# gc leaves, and loose objects.
runs 20
git_repo tag boot/1 main~12
es prune
echo 'changed on day 1' >"$root/etc/hosts"
runs 45
git_repo -c gc.writeCommitGraph=true -c repack.writeBitmaps=true gc -q
runs 60
git_repo config core.logAllRefUpdates true
runs 62
SOURCE_DATE_EPOCH=$((SOURCE_DATE_EPOCH + 2 * 86400))
git_repo update-ref refs/heads/mine \
	"$(echo why | git_repo -c user.name=x -c user.email=x@y commit-tree 'main^{tree}')"
fsck --no-dangling || bail 'the repository is not sound'
cp -a "$repo" template.git

# now - milliseconds
now() {
	local t

	t=$(date +%s%N)
	echo $((t / 1000000))
}
# again - the repository as it was
again() {
	rm -rf "$repo"
	cp -a template.git "$repo"
}
# state - what a prune is to leave: every commit that is kept, and its content
state() {
	git_repo rev-parse main daily monthly boot/1 mine
	git_repo rev-list --objects --all | cut -d' ' -f1 | sort
	cat "$repo/shallow"
}

start=$(now)
es --version >said
startup=$(($(now) - start))
start=$(now)
es prune || bail 'prune failed'
took=$(($(now) - start))
state >wanted
ok 'a prune that nobody disturbs' fsck --no-dangling
is "$(git_repo rev-list --count main)" 10 'leaves what it should'
note "it takes $took ms, of which $startup to start"

n=0
killed=0
halfway=0
while [ "$n" -lt "$kills" ]; do
	n=$((n + 1))
	again
	# From its start on, evenly, and a bit beyond its end.
	ms=$((startup / 2 + (took + took / 4 - startup / 2) * (n * 37 % kills) / kills))
	timeout -s KILL "$((ms / 1000)).$(printf %03d $((ms % 1000)))" \
		"$ETCSNAP" -c "$conf" --root "$root" prune >said 2>&1
	status=$?
	keep_pace $status "$ms"
	[ $status -ne 137 ] || killed=$((killed + 1))
	fsck --no-dangling >>trouble 2>&1 || break
	git_repo rev-list --objects --all >objects 2>>trouble || break
	# Somewhere between: history is cut, and yet all is there.
	cmp -s "$repo/shallow" template.git/shallow || halfway=$((halfway + 1))
	# A run may come before the next prune.
	if [ $((n % 3)) -eq 0 ]; then
		es_run es commit
		[ "$es_status" -eq 0 ] || cat "$es_out" >>trouble
	fi
	es_run es prune
	if [ "$es_status" -ne 0 ]; then
		echo "kill $n at $ms ms: the next prune ended with $es_status:"
		cat "$es_out"
		break
	fi >>trouble
	state >got
	if ! cmp -s wanted got; then
		echo "kill $n at $ms ms: the next prune left something else:"
		diff wanted got | head -n 20
		break
	fi >>trouble
	fsck --no-dangling >>trouble 2>&1 || break
	# And a day later nothing is left but what is needed.
	SOURCE_DATE_EPOCH=$((SOURCE_DATE_EPOCH + 86401)) es prune
	fsck >>trouble 2>&1 || break
	[ ! -s trouble ] || break
done

is "$(cat trouble)" '' "$kills kills, each followed by a prune that ends right"
is "$n" "$kills" 'all of them'
note "$killed prunes were killed, $halfway when history was cut already"
ok 'most of them hit' test "$killed" -gt $((kills / 3))
is "$(find "$repo" -name '*.lock' ! -name etcsnap.lock -o -name 'tmp*' -o \
	-name '.etcsnap-*')" '' 'nothing is left lying about'
ok 'the next run' es commit
done_testing
