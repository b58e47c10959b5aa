#!/bin/sh
# SPDX-License-Identifier: MIT
# check-text.sh - first lines, blanks at line ends, marks of unfinished work
. "$(dirname "$0")/common.sh"

out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
if [ $# -gt 0 ]; then
	files=$(printf '%s\n' "$@")
else
	files=$(tree \( -path './src/*' -o -path './include/*' \
		-o -path './tests/*' -o -path './contrib/*' \
		-o -path './conf/*' -o -path './.ci/*' \
		-o -path './.githooks/*' -o -path './hooks/*' \
		-o -path './configure.ac' -o -path './Makefile.am' \
		-o -path './README' -o -path './NEWS' \))
fi
# Fixtures are what they are; build products are not ours.
files=$(printf '%s\n' "$files" | grep -vE \
	'^tests/(golden|rootfs|fuzz/corpus)/|\.(o|a|log|trs|gcda|gcno|pyc)$')

for f in $files; do
	name=${f##*/}
	case $f in
	*.c | *.h)
		awk -v name="$name" '
		FNR == 1 && $0 != "/* SPDX-License-Identifier: MIT */" {
			print FILENAME ":1: the first line must be the SPDX line" }
		FNR == 2 { second = $0 }
		FNR == 3 && second == "/*" { second = second substr($0, 3) }
		END {
			if (index(second, "/* " name " - ") != 1)
				print FILENAME ":2: the second line must be /* " \
					name " - purpose */"
		}' "$f"
		;;
	*.sh | *.py | *.awk | *.am | *.inc | *.ac | *.[1-9] | *.supp | \
		.githooks/* | .ci/run | contrib/quickstart | \
		contrib/check_etcsnap)
		head -n 3 "$f" | grep -q 'SPDX-License-Identifier: MIT$' ||
			echo "$f:1: no SPDX line among the first three"
		;;
	esac
	# The marks are spelt so that this script does not find itself; the
	# last one is the mount point of the authors' machines.
	grep -InHE '[ 	]+$' "$f" | sed -E 's/^([^:]*:[0-9]+):.*/\1: blanks at the end of the line/'
	grep -InHwE 'TO[D]O|FI[X]ME|X[X]X|HA[C]K' "$f" | sed -E 's/^([^:]*:[0-9]+):.*/\1: a mark of unfinished work/'
	grep -InHE '(^|[^A-Za-z0-9])/w[o]rk/' "$f" | sed -E 's/^([^:]*:[0-9]+):.*/\1: a path of one machine/'
	case $f in
	*.c | *.h | *.sh | *.awk)
		awk '{
			line = $0
			width = 0
			while (match(line, /\t/)) {
				width += RSTART - 1
				width += 8 - width % 8
				line = substr(line, RSTART + 1)
			}
			if (width + length(line) > 80 && FILENAME !~ /\.sh$/ &&
			    !/"/)
				print FILENAME ":" FNR ": more than 80 columns"
		}' "$f"
		;;
	esac
done >"$out"
verdict "$out"
