#!/bin/sh
# SPDX-License-Identifier: MIT
# check-cppcheck.sh - cppcheck's warnings, portability and performance
. "$(dirname "$0")/common.sh"
need cppcheck

out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
files=$(if [ $# -gt 0 ]; then only 'src/*.c' "$@"; else tree -path './src/*' -name '*.c'; fi)
[ -n "$files" ] || exit 0
# The headers of the libraries are left out: it guesses well without them. It
# does not know the cleanup attribute, so leaks are for clang-tidy and ASan;
# the user database is read by one thread (src/deliver starts none, and runs
# when the collector's have ended); readdir_r(3) is obsolete.
# shellcheck disable=SC2086 # names in the tree have no blanks
cppcheck --quiet --enable=warning,portability,performance --std=c11 \
	--library=gnu --library=posix -j "$(nproc)" --error-exitcode=1 \
	--suppress=missingInclude --suppress=missingIncludeSystem \
	--suppress=memleak --suppress=resourceLeak \
	--suppress=getpwentCalled --suppress=getgrentCalled \
	--suppress='getpwnamCalled:src/deliver/*' \
	--suppress='getpwuidCalled:src/deliver/*' \
	--suppress=readdirCalled \
	--template='{file}:{line}: {id}: {message}' -DHAVE_CONFIG_H \
	-DLIBGIT2_VER_MAJOR=1 -DLIBGIT2_VER_MINOR=9 \
	-Iinclude -Isrc $files 2>"$out"
rc=$?
sort -u "$out"
exit $rc
