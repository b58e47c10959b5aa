#!/bin/sh
# SPDX-License-Identifier: MIT
# check-sizes.sh - nothing grows past what one can read: files of 600 lines
# (tests, which are tables, 1000),
# functions of 80 lines, McCabe 15, nesting of 3; at least half of the public
# headers, and a third of each one, is comment
. "$(dirname "$0")/common.sh"
need pmccabe

out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
files=$(if [ $# -gt 0 ]; then only '*.[ch]' "$@"; else c_files; fi)
[ -n "$files" ] || exit 0

# shellcheck disable=SC2086,SC2046 # names in the tree have no blanks
{
	wc -l $files | awk '
		{ most = $2 ~ /^tests\// ? 1000 : 600 }
		$2 != "total" && $1 > most {
			print $2 ":" most ": has " $1 " lines, more than " most
		}'
	sources=$(only '*.c' $files)
	[ -z "$sources" ] || pmccabe $sources 2>/dev/null | awk -F '\t' '
		{
			file = function_name = $6
			sub(/\(.*/, "", file)
			sub(/.*: /, "", function_name)
			where = file ":" $4 ": " function_name
		}
		$5 > 80 { print where " has " $5 " lines, more than 80" }
		$1 > 15 { print where " has a McCabe number of " $1 \
			", more than 15" }'
	awk '/^\t\t\t\t(\t*)(if|for|while|switch|do)[ {]/ {
		print FILENAME ":" FNR ": nested deeper than three" }' $sources \
		/dev/null
	awk -v whole="$#" '
	function tell(file, lines, comments, least,	share) {
		share = lines ? int(100 * comments / lines) : 100
		if (share < least)
			print file ":1: comments are " share " %, less than " least
	}
	FNR == 1 {
		tell(file, lines, comments, 33)
		file = FILENAME
		lines = comments = 0
	}
	/^[ \t]*\/\*/ { inside = 1 }
	NF { lines++; all++; if (inside) { comments++; all_comments++ } }
	/\*\// { inside = 0 }
	END {
		tell(file, lines, comments, 33)
		if (whole == 0)
			tell("include", all, all_comments, 50)
	}' $(only 'include/*.h' $files) /dev/null
} >>"$out"
verdict "$out"
