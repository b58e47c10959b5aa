#!/bin/sh
# SPDX-License-Identifier: MIT
# coverage.sh - lines of src/ that the tests ran, by file and in all
#
# coverage.sh BUILDDIR, which was configured with --enable-coverage and has
# run "make check". COVERAGE_FLOOR=N: exit 1 when fewer than N % were run.

cd "${1:?build directory}" || exit 1
command -v gcov >/dev/null || {
	echo 'coverage: gcov is not installed' >&2
	exit 1
}
find src -name '*.gcda' | grep -q . || {
	echo 'coverage: no data; configure with --enable-coverage and run' \
		'"make check" first' >&2
	exit 1
}

# gcov -n prints, for every source: File 'X', Lines executed:P% of N. A header
# comes once per user; the best of them counts.
find src -name '*.gcda' -exec gcov -n {} + 2>/dev/null | awk \
	-v floor="${COVERAGE_FLOOR:-0}" '
/^File / {
	file = $2
	gsub(/\047/, "", file)
	sub(/^.*\/src\//, "src/", file)
	sub(/^.*\/include\/etcsnap\//, "include/etcsnap/", file)
}
/^Lines executed:/ && file ~ /^(src|include\/etcsnap)\// {
	split($0, part, /[:% ]+/)
	run = part[3] * part[5] / 100
	if (!(file in best) || run > best[file]) {
		best[file] = run
		lines[file] = part[5]
	}
	file = ""
}
END {
	for (f in best) {
		printf "%6.1f %%  %5d  %s\n", 100 * best[f] / lines[f],
			lines[f], f | "sort -k4"
		run_all += best[f]
		lines_all += lines[f]
	}
	close("sort -k4")
	share = lines_all ? 100 * run_all / lines_all : 0
	printf "%6.1f %%  %5d  in all\n", share, lines_all
	exit share < floor
}'
