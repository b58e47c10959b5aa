#!/bin/sh
# SPDX-License-Identifier: MIT
# check-tidy.sh - clang-tidy with .clang-tidy; wants a configured $builddir
. "$(dirname "$0")/common.sh"
need clang-tidy

[ -e "${builddir:-.}/config.h" ] || {
	echo "no config.h in '${builddir:-.}'; set builddir to a configured one"
	exit 77
}
flags=$(sed -n 's/^DEPS_CFLAGS = //p' "$builddir/Makefile")
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
files=$(if [ $# -gt 0 ]; then only 'src/*.c' "$@"; else tree -path './src/*' -name '*.c'; fi)
[ -n "$files" ] || exit 0

# shellcheck disable=SC2016 # it is the inner shell that expands
# Each process takes a few files; a finding is an error, so xargs fails too.
# shellcheck disable=SC2086 # flags are words
printf '%s\n' $files | xargs -n 4 -P "$(nproc)" sh -c '
	flags=$1 builddir=$2
	shift 2
	clang-tidy --quiet --warnings-as-errors="*" "$@" -- -std=gnu17 \
		-DHAVE_CONFIG_H -DETCSNAP_SYSCONFDIR=\"/etc\" \
		-DETCSNAP_LOCALSTATEDIR=\"/var\" \
		-I"$builddir" -Iinclude -Isrc $flags 2>/dev/null
	' sh "$flags" "$builddir" >"$out"
rc=$?
grep -E '(error|warning):' "$out" | sed "s,^$PWD/,," | sort -u
[ $rc -eq 0 ] || exit 1
