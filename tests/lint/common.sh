# SPDX-License-Identifier: MIT
# common.sh - what the checks of tests/lint share; sourced, never run
# shellcheck shell=sh
#
# A check is a script that is started in the top directory of the tree (or
# cd's there from its own place), prints one line per finding, "FILE:LINE:
# what is wrong", and exits 0 (clean), 1 (findings) or 77 (its tool is
# missing). With file names as arguments it looks at those alone.

export LC_ALL=C.UTF-8
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 1

# need PROGRAM - leave with 77 where it is not installed
need() {
	command -v "$1" >/dev/null 2>&1 && return 0
	echo "$1 is not installed"
	exit 77
}

# tree [FIND-EXPRESSION] - every file of the project, one a line
tree() {
	find . \( -name .git -o -name autom4te.cache -o -name .build-aux \
		-o -name .deps -o -path ./tests/fuzz/corpus \
		-o -path './etcsnap-[0-9]*' \) -prune -o -type f "$@" -print |
		sed 's,^\./,,' | sort
}

# c_files - C sources and headers
c_files() {
	tree \( -path './src/*' -o -path './include/*' -o -path './tests/*' \) \
		-name '*.[ch]'
}

# public_headers - the contract between folders
public_headers() {
	tree -path './include/*' -name '*.h'
}

# shell_files - by name or by interpreter line
shell_files() {
	tree ! -name 'configure*' ! -name 'config.status' ! -name '*.log' \
		! -name '*.trs' | while IFS= read -r f; do
		case $f in
		*.sh)
			printf '%s\n' "$f"
			continue
			;;
		*.c | *.h | *.o | *.a | *.py | *.awk | *.md) continue ;;
		esac
		case $(head -c 64 "$f" | tr -d '\0' | head -n 1) in
		'#!'*/sh | '#!'*/sh\ * | '#!'*bash | '#!'*bash\ *)
			printf '%s\n' "$f"
			;;
		esac
	done
}

# only PATTERN [ARG...] - the arguments that match, one a line
only() {
	only_pattern=$1
	shift
	for f; do
		# shellcheck disable=SC2254 # it is meant as a pattern
		case $f in
		$only_pattern) printf '%s\n' "$f" ;;
		esac
	done
}

# code FILE - C with comments and literals blanked, line numbers kept
code() {
	awk -f tests/lint/code.awk "$1"
}

# verdict FILE - print the findings gathered in FILE; exit by them
verdict() {
	[ -s "$1" ] || exit 0
	cat "$1"
	exit 1
}
