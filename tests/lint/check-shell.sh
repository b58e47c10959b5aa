#!/bin/sh
# SPDX-License-Identifier: MIT
# check-shell.sh - shellcheck on every shell script
. "$(dirname "$0")/common.sh"
need shellcheck

if [ $# -gt 0 ]; then
	files=$(for f; do
		case $f in *.sh) echo "$f" ;; esac
		head -n 1 "$f" | grep -qE '^#!.*(/| )(ba|da)?sh( |$)' && echo "$f"
	done | sort -u)
else
	files=$(shell_files)
fi
[ -n "$files" ] || exit 0
# shellcheck disable=SC2086 # names in the tree have no blanks
shellcheck --format=gcc --exclude=SC1003,SC1090,SC1091,SC2015,SC2016,SC2119,SC2120,SC2317,SC3043 --severity=info $files
