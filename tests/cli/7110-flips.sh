#!/bin/sh
# SPDX-License-Identifier: MIT
# 7110-flips.sh - a changed byte is either harmless or found by verify
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

# How many bytes are changed one after the other, and by which sequence.
: "${ES_FLIPS:=30}" "${ES_FLIPS_SEED:=$(date +%j)}" "${ES_FLIPS_KINDS=}"

es_init
for day in 1 2 3 4 5 6; do
	SOURCE_DATE_EPOCH=$((1780000000 + day * 86400))
	export SOURCE_DATE_EPOCH
	echo "day $day" >>"$root/etc/hosts"
	echo "$day" >"$root/etc/day$day"
	es commit || bail 'a run failed'
	[ "$day" -ne 4 ] || {
		# Everything so far: a boundary, one pack with what git makes
		# beside it, packed references.
		git_repo rev-parse main~1 >"$repo/shallow"
		git_repo tag -a -m day4 boot/4 main
		git_repo repack -adq
		find "$repo/objects" -type f ! -path '*/pack/*' -delete
		git_repo multi-pack-index write
		git_repo -c core.commitGraph=true commit-graph write \
			--reachable 2>/dev/null
		git_repo pack-refs --all
	}
done
git_repo update-ref refs/etcsnap/delivered/main/ops main~1
git_repo update-ref refs/heads/daily main
# And one object by itself.
echo loose | git_repo hash-object -w --stdin >/dev/null
git_repo tag -a -m loose approved/loose main
unset SOURCE_DATE_EPOCH

ok 'nothing is wrong before' like "$(es verify)" 'all good'
run_flips() {
	# shellcheck disable=SC2086 # several words
	python3 "$srcdir/tests/flips.py" -n "$ES_FLIPS" -s "$ES_FLIPS_SEED" \
		$ES_FLIPS_KINDS "$repo" "${repo%/*}/state.db" \
		"$ETCSNAP" -c "$conf" --root "$root"
}
ok "$ES_FLIPS changed bytes (seed $ES_FLIPS_SEED)" run_flips
note "$(cat "$es_out")"
ok 'nothing is wrong after' like "$(es verify)" 'all good'
done_testing
