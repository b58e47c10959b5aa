#!/bin/sh
# SPDX-License-Identifier: MIT
# check-man.sh - mandoc's lint on every manual page
. "$(dirname "$0")/common.sh"
need mandoc

if [ $# -gt 0 ]; then
	files=$(only '*.[58]' "$@")
else
	files=$(tree -path './src/*' -name '*.[1-9]')
	[ -n "$files" ] || {
		echo "src: no manual page found"
		exit 1
	}
fi
[ -n "$files" ] || exit 0
# -Wwarning leaves out mere style; the exit status is not 0 on a finding.
# shellcheck disable=SC2086 # names in the tree have no blanks
mandoc -Tlint -Wwarning $files || exit 1
