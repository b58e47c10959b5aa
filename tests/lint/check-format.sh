#!/bin/sh
# SPDX-License-Identifier: MIT
# check-format.sh - clang-format has nothing to change
. "$(dirname "$0")/common.sh"
need clang-format

files=$(if [ $# -gt 0 ]; then only '*.[ch]' "$@"; else c_files; fi)
[ -n "$files" ] || exit 0
# shellcheck disable=SC2086 # names in the tree have no blanks
clang-format --dry-run -Werror $files 2>&1 |
	grep -E '(error|warning):' && exit 1
exit 0
