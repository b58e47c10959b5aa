#!/bin/sh
# SPDX-License-Identifier: MIT
# check-docstrings.sh - everything in include/ says what it is
. "$(dirname "$0")/common.sh"

files=$(if [ $# -gt 0 ]; then only 'include/*.h' "$@"; else public_headers; fi)
[ -n "$files" ] || exit 0
# shellcheck disable=SC2086 # names in the tree have no blanks
awk -f tests/lint/docstrings.awk $files
