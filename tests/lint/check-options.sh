#!/bin/sh
# SPDX-License-Identifier: MIT
# check-options.sh - options and commands of the code are those of the manual
#
# The code: rows { 'm', "message", …} of option tables in src/cmd and main.c,
# and .name = "commit" of the command descriptors. The manual: .Fl m and
# .Fl -message anywhere, .It Cm commit in the outermost list of COMMANDS (or .It Xo with .Cm
# commit below).
. "$(dirname "$0")/common.sh"

page=src/etcsnap.8
[ -e "$page" ] || {
	echo "$page:1: the manual is missing"
	exit 1
}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# Rows may be folded, so the files are read as one line each.
for f in $(tree \( -path './src/main.c' -o -path './src/cmd/*' \) -name '*.c'); do
	tr '\n\t' '  ' <"$f"
	echo
done >"$dir/code"

row="\\{ *('[A-Za-z0-9]'|0|'\\\\0'|[A-Z_0-9]+) *, *\"[a-z][a-z0-9-]*\" *,"
grep -oE "$row" "$dir/code" >"$dir/rows"
sed -E 's/.*"([^"]*)".*/-\1/' "$dir/rows" | sort -u >"$dir/code.options"
sed -nE "s/^\\{ *'(.)'.*/\\1/p" "$dir/rows" | sort -u >>"$dir/code.options"
sort -u -o "$dir/code.options" "$dir/code.options"
grep -oE '\.name *= *"[a-z-]+"' "$dir/code" |
	sed -E 's/.*"(.*)"/\1/' | sort -u >"$dir/code.commands"

# A macro line is taken word by word: what follows Fl up to the next macro.
awk '/^\.[A-Z]/ {
	for (i = 1; i < NF; i++)
		if ($i ~ /^\.?Fl$/ && $(i + 1) !~ /^(Fl|Ar|Ns|,|\||Op|Oo|Oc)$/) {
			name = $(i + 1)
			gsub(/\\/, "", name)
			sub(/=.*$/, "", name)
			# Letters may stand together, as in "Fl qv".
			while (name !~ /^-/ && length(name) > 1) {
				print substr(name, 1, 1)
				name = substr(name, 2)
			}
			print name
		}
}' "$page" | sort -u >"$dir/page.options"
awk '
/^\.Sh/ { here = $0 ~ /^\.Sh "?COMMANDS/; depth = 0 }
/^\.Bl/ { depth++ }
/^\.El/ { depth-- }
here && depth == 1 && /^\.It Cm/ { print $3 }
here && depth == 1 && /^\.It Xo/ { extended = 1 }
/^\.Xc/ { extended = 0 }
extended && /^\.Cm/ { print $2; extended = 0 }
' "$page" | sort -u >"$dir/page.commands"

rc=0
# differ KIND - what is on one side only
differ() {
	comm -23 "$dir/code.$1" "$dir/page.$1" | sed "s,.*,$page:1: says nothing of ${1%s} &,"
	comm -13 "$dir/code.$1" "$dir/page.$1" | sed "s,.*,$page:1: tells ${1%s} &\, which the code does not have,"
	cmp -s "$dir/code.$1" "$dir/page.$1" || rc=1
}
differ options
differ commands
for kind in options commands; do
	[ -s "$dir/code.$kind" ] && continue
	echo "src/cmd: no $kind found in the code; is check-options.sh out of date?"
	rc=1
done
exit $rc
