#!/bin/sh
# SPDX-License-Identifier: MIT
# check-layers.sh - includes point downwards, libraries stay in their folder
. "$(dirname "$0")/common.sh"

rc=0
# shellcheck disable=SC2046 # names in the tree have no blanks
awk -f tests/lint/layers.awk tests/lint/layers.txt \
	$(tree \( -path './src/*' -o -path './include/*' \) -name '*.[ch]') || rc=1
awk '
$1 == "layer" {
	for (i = 4; i <= NF; i++) {
		header = "include/etcsnap/" $i ".h"
		if ((getline line < header) < 0) {
			print FILENAME ":" FNR ": there is no " header
			found = 1
		}
	}
}
END { exit found }' tests/lint/layers.txt || rc=1
exit $rc
