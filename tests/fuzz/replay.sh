#!/bin/sh
# SPDX-License-Identifier: MIT
# replay.sh - each corpus through its fuzz target, one TAP line a target
#
# Environment: srcdir, builddir, ES_FUZZERS = programs relative to builddir.

srcdir=${srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
builddir=${builddir:-.}
: "${ES_FUZZERS:=$(cd "$builddir" &&
	find tests/fuzz -name 'fuzz_*' ! -name '*.*' -type f 2>/dev/null)}"
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
n=0

# shellcheck disable=SC2086 # a list of words
set -- $ES_FUZZERS
if [ $# -eq 0 ]; then
	echo '1..0 # SKIP no fuzz target was built'
	exit 0
fi
echo "1..$#"
for program; do
	n=$((n + 1))
	name=${program##*/fuzz_}
	corpus=$srcdir/tests/fuzz/corpus/$name
	count=$(find "$corpus" -type f 2>/dev/null | wc -l)
	if [ "$count" -eq 0 ]; then
		echo "not ok $n - $name"
		echo "# tests/fuzz/corpus/$name is missing or empty"
		continue
	fi
	# xargs: a libFuzzer program takes single files as inputs to replay.
	find "$corpus" -type f -print0 |
		xargs -0 "$builddir/$program" >"$log" 2>&1
	status=$?
	if [ $status -eq 0 ]; then
		echo "ok $n - $name: $count inputs"
	else
		echo "not ok $n - $name"
		echo "# exit status $status, the end of the output:"
		tail -n 40 "$log" | sed 's/^/# | /'
	fi
done
