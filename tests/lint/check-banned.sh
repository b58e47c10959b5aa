#!/bin/sh
# SPDX-License-Identifier: MIT
# check-banned.sh - functions that nobody here calls, or only the commands do
. "$(dirname "$0")/common.sh"

out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
files=$(if [ $# -gt 0 ]; then only '*.[ch]' "$@"; else c_files; fi)

never='strcpy|strcat|strncpy|stpcpy|sprintf|vsprintf|strtok|localtime|gmtime'
never="$never|ctime|asctime|system|popen|mktemp|tempnam|tmpnam|atoi|atol|atoll"
never="$never|atof|gets|alloca|scanf|setjmp|longjmp|usleep|readdir_r|rand"
speaks='printf|vprintf|puts|putchar|perror|exit|abort|err|errx|verr|verrx'
speaks="$speaks|warn|warnx|vwarn|vwarnx|getopt|getopt_long"

# File:function of the few that may, and why:
# digest.c ends the process when libcrypto fails its own self-test, since a
# made-up digest would be recorded as the truth about a file.
granted=' src/base/digest.c:abort '

for f in $files; do
	case $f in
	src/cmd/* | src/main.c | src/etcsnap_send.c) may_speak=1 ;;
	src/* | include/*) may_speak=0 ;;
	*) may_speak=1 ;;
	esac
	code "$f" | awk -v file="$f" -v may_speak=$may_speak \
		-v never="$never" -v speaks="$speaks" -v granted="$granted" '
	function find(words, why,	rest, name) {
		rest = " " $0
		while (match(rest, "[^A-Za-z0-9_](" words ")[ \t]*\\(")) {
			name = substr(rest, RSTART + 1, RLENGTH - 1)
			rest = substr(rest, RSTART + RLENGTH)
			sub(/[ \t]*\($/, "", name)
			if (!index(granted, " " file ":" name " "))
				print file ":" FNR ": " name "() " why
		}
	}
	{ find(never, "is banned") }
	!may_speak {
		find(speaks, "outside of src/cmd and main.c")
		if (match(" " $0 " ", /[^A-Za-z0-9_](stdout|stderr)[^A-Za-z0-9_]/))
			print file ":" FNR ": output outside of src/cmd and main.c"
	}' >>"$out"
done
verdict "$out"
