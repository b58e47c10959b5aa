#!/bin/sh
# SPDX-License-Identifier: MIT
# 8350-manual.sh - each command's part of etcsnap(8) has all of its options, and
# each page what a page has
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"

page=$srcdir/src/etcsnap.8

# part_of COMMAND - its items in COMMANDS; "config" has several
part_of() {
	awk -v cmd="$1" '
	/^\.Sh/ { here = $0 ~ /^\.Sh COMMANDS/; depth = 0; mine = 0 }
	/^\.Bl/ { depth++ }
	/^\.El/ { depth-- }
	here && depth == 1 && /^\.It/ { mine = 0; pending = /^\.It Xo/ }
	here && depth == 1 && /^\.It Cm/ && $3 == cmd { mine = 1 }
	here && pending && /^\.Cm/ { mine = $2 == cmd; pending = 0 }
	mine' "$page"
}

"$ETCSNAP" -h | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' >commands
ok 'there are commands' test -s commands
while read -r cmd; do
	[ "$cmd" != git ] || continue
	part_of "$cmd" >its
	ok "$cmd has a part" test -s its
	"$ETCSNAP" "$cmd" -h | sed '/^Options of every/,$d' |
		sed -n 's/^  \(-.,\|   \) --\([a-z-]*\).*/\2/p' >options
	while read -r option; do
		# Told once for all, below the list.
		case $option in format | json) continue ;; esac
		ok "$cmd: --$option" grep -qE "^\\.It .*Fl -$option( |\$)" its
	done <options
done <commands

for file in "$page" "$srcdir"/src/*/*.5; do
	name=$(basename "$file")
	# The program also has a synopsis, exit statuses and environment.
	set -- NAME DESCRIPTION EXAMPLES 'SEE ALSO'
	[ "$file" != "$page" ] ||
		set -- "$@" SYNOPSIS ENVIRONMENT FILES 'EXIT STATUS'
	for section; do
		ok "$name: $section" grep -q "^\\.Sh $section\$" "$file"
	done
	# What is there to be copied works as it is printed.
	ok "$name: a backslash that ends a line is escaped" test -z \
		"$(grep -n '\\$' "$file" | grep -v '\\e$')"
	ok "$name: cron, which looks in few places, is told where" test -z \
		"$(grep -nE '( [*0-9]+){3} root [^/]' "$file")"
	# Every page of ours that it names is one.
	sed -n 's/^\.Xr \(etcsnap[a-z.-]*\) \([58]\).*/\1.\2/p' "$file" |
		sort -u >named
	while read -r other; do
		ok "$name: names $other" test -n \
			"$(find "$srcdir/src" -name "$other")"
	done <named
done
done_testing
