#!/bin/sh
# SPDX-License-Identifier: MIT
# check-names.sh - no two sources or headers have the same base name, and a
# public header is named like the module that it belongs to
. "$(dirname "$0")/common.sh"

out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
c_files | awk '{
	n = split($0, part, "/")
	if (part[n] in first)
		print $0 ":1: there is a " first[part[n]] " already"
	else
		first[part[n]] = $0
}
/[^a-z0-9_\/.]/ { print $0 ":1: file names are a-z, 0-9 and _" }
' >"$out"
verdict "$out"
