#!/bin/sh
# SPDX-License-Identifier: MIT
# 7020-restore-round.sh - collect, change everything, restore: no difference
# Memory keeps thousands of fsyncs from taking a minute.
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

count=${ETCSNAP_TEST_NAMES:-2000}
seeds=${ETCSNAP_TEST_SEEDS:-1}
tree=$srcdir/tests/restore.py
at_end loose

# loose - nothing in the tree is immutable or shut any more
loose() {
	[ ! -e "$root/etc/t" ] || python3 "$tree" loosen "$root/etc/t"
	chmod -R u+rwx "$root" 2>/dev/null
	rm -rf "$root" "$work/state"
}

# restored REVISION - all of it; else what is not
restored() {
	es restore --at "$1" --delete --apply --json /etc >said.json && return
	echo "exit status $?"
	json said.json '"\n".join(str(i) for i in d["items"]
		if i["state"] != "done" or i["why"])'
	return 1
}

# round SEED WHO [plain] - one round trip
round() {
	local seed="$1" who="$2"

	shift 2
	loose
	mkdir -p "$root/etc"
	python3 "$tree" make "$root/etc/t" "$count" "$seed" "$@" ||
		bail 'cannot make the tree'
	es_init
	ok "$who, seed $seed: a run" es commit
	first=$(tip)
	python3 "$tree" tell "$root/etc/t" >before
	python3 "$tree" change "$root/etc/t" "$seed" "$@" ||
		bail 'cannot change the tree'
	python3 "$tree" tell "$root/etc/t" >changed
	note "$(diff before changed | grep -c '^[<>]') lines differ of" \
		"$(wc -l <before)"
	ok 'much of it is changed' sh -c \
		'[ "$(diff before changed | grep -c "^[<>]")" -gt 250 ]'
	ok 'a plan' es restore --at "$first" --delete /etc
	python3 "$tree" tell "$root/etc/t" >planned
	ok 'changes nothing' cmp changed planned
	ok 'restored' restored "$first"
	python3 "$tree" tell "$root/etc/t" >after
	ok 'all is as it was' diff before after
	ok 'etcsnap sees no difference' es diff "$first"
	ok 'nothing is left to be done' like \
		"$(es restore --at "$first" /etc)" '^all is as it was then$'
	is "$(find "$root" -name '.etcsnap-restore-*')" '' 'nothing is left over'
	ok 'the repository is sound' fsck
	is "$(git_repo log -1 --format=%B | sed -n 's/^Restore: //p')" \
		"$first" 'the log says what it was'
	# and forth again
	ok 'back to what it was before' restored HEAD~1
	python3 "$tree" tell "$root/etc/t" >after
	ok 'which it is' diff changed after
}

conf_for_root '[files]' 'include = /etc'
if [ "$(id -u)" -eq 0 ]; then
	for seed in $(seq "$seeds"); do
		round "$seed" root
	done
else
	round 1 user plain
fi
done_testing
