#!/bin/sh
# SPDX-License-Identifier: MIT
# 2030-kill.sh - a run killed at any instant costs that run and nothing else
# Memory keeps a hundred fsyncs from taking a minute; what a kill can do is the
# same there.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git timeout
plan 8

kills=${ETCSNAP_TEST_KILLS:-100}

# 2,000 files, of which each round changes, adds and removes hundreds.
mkdir -p "$root/etc"
(
	cd "$root/etc" || exit 1
	for d in 0 1 2 3 4 5 6 7 8 9; do
		mkdir -p "d$d/x/y"
		for f in 0 1 2 3 4 5 6 7 8 9; do
			for g in 0 1 2 3 4 5 6 7 8 9; do
				echo "$d $f $g" >"d$d/f$f$g"
				echo "$d $f $g" >"d$d/x/y/g$f$g"
			done
		done
	done
) || bail 'cannot make the tree'
conf_for_root '[files]' 'include = /etc'
es_init

# mutate ROUND - some hundred changes
mutate() {
	local d=$(($1 % 10)) e=$((($1 + 3) % 10)) f

	rm -rf "$root/etc/d$d/new" "$root/etc/d$e/new"
	mkdir -p "$root/etc/d$d/new/$1/a" "$root/etc/d$d/new/$1/b"
	for f in "$root/etc/d$d"/f* "$root/etc/d$e"/x/y/g*; do
		echo "$1 $f" >"$f"
	done
	echo "$1" >"$root/etc/d$e/x/y/only$1"
}

# trees REPOSITORY - what decides whether there is a change
trees() {
	git --git-dir="$1" rev-parse 'main^{tree}:files' 'main^{tree}:meta'
}

# control - trees of a repository made now from nothing, with the same key
control() {
	rm -rf fresh
	mkdir fresh
	cp -p "$work/state/key" fresh/key
	"$ETCSNAP" -c "$conf" --root "$root" --repo fresh/repo.git -q init &&
		"$ETCSNAP" -c "$conf" --root "$root" --repo fresh/repo.git \
			-q commit && trees fresh/repo.git
}

# litter - what a dead run left that the next one should have removed
litter() {
	find "$work/state" -name '*.lock' ! -name etcsnap.lock -o \
		-name 'tmp*' -o -name '.tmp*' -o -name '*.tmp' -o \
		-name '*tmp_*' -o -name '*-journal' -o -name '*-wal' -o \
		-name '*.new' -o -name '.spool*' -o -name 'state.db?*'
}

# now - milliseconds
now() {
	local t

	t=$(date +%s%N)
	echo $((t / 1000000))
}

es commit || bail 'the first run failed'
mutate 0
start=$(now)
es commit || bail 'the second run failed'
took=$(($(now) - start))
note "a run takes $took ms"

# Where in the run the kill falls: evenly over all of it and a bit more.
n=0
killed=0
moved=0
while [ "$n" -lt "$kills" ]; do
	n=$((n + 1))
	mutate "$n"
	old=$(tip)
	ms=$((took * 12 * (n * 37 % kills) / (kills * 10) + 1))
	timeout -s KILL "$((ms / 1000)).$(printf %03d $((ms % 1000)))" \
		"$ETCSNAP" -c "$conf" --root "$root" -q commit >said 2>&1
	status=$?
	keep_pace $status "$ms"
	[ $status -ne 137 ] || killed=$((killed + 1))
	new=$(tip)
	[ "$old" = "$new" ] || moved=$((moved + 1))
	if [ "$new" != "$old" ] &&
		[ "$(git_repo rev-parse "$new~1")" != "$old" ]; then
		echo "kill $n at $ms ms: the tip $new does not follow $old"
		break
	fi >>trouble
	fsck --no-dangling >>trouble 2>&1 || break
	es_run es -q commit
	if [ "$es_status" -ne 0 ] || [ -s "$es_out" ]; then
		echo "kill $n at $ms ms: the next run ended with $es_status:"
		cat "$es_out"
		break
	fi >>trouble
	litter >>trouble
	[ ! -s trouble ] || break
	[ $((n % 4)) -eq 0 ] || continue
	if [ "$(trees "$repo")" != "$(control)" ]; then
		echo "kill $n at $ms ms: a fresh repository has other trees"
		break
	fi >>trouble
done

is "$(cat trouble)" '' "$kills kills, each followed by a run that ends right"
is "$n" "$kills" 'all of them'
note "$killed runs were killed, $moved times the branch had moved"
ok 'most of them hit' test "$killed" -gt $((kills / 2))
ok 'the repository is sound' fsck --no-dangling
is "$(trees "$repo")" "$(control)" 'and holds what a fresh one would'
ok 'an idle run says so' prints 'no changes' es -v commit
ok 'and a full one' prints 'no changes' es -v commit --full
is "$(litter)" '' 'nothing is left lying about'
