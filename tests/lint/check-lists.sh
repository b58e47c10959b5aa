#!/bin/sh
# SPDX-License-Identifier: MIT
# check-lists.sh - every source, header and test stands in a makefile, since
# what is forgotten there is neither built, nor run, nor shipped
. "$(dirname "$0")/common.sh"

out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
lists='Makefile.am src/Makefile.inc tests/Makefile.inc'
for list in conf/channels/Makefile.inc conf/completion/Makefile.inc \
	conf/templates/Makefile.inc hooks/Makefile.inc; do
	[ ! -e $list ] || lists="$lists $list"
done

words=$(for list in $lists; do
	# A folder stands for what is in it; %D% is that of the fragment.
	folder=$(dirname "$list")
	awk -v folder="$folder" '{
		sub(/#.*/, "")
		gsub(/[=\\]/, " ")
		gsub(/%D%/, folder)
		gsub(/\$\((top_)?srcdir\)\//, "")
		for (i = 1; i <= NF; i++)
			print $i
	}' "$list"
done) || exit 1

# listed FILE - whether the makefiles name it
listed() {
	printf '%s\n' "$words" | grep -qxF "$1"
}

for f in $(tree \( -path './src/*' -o -path './include/*' \
	-o -path './conf/completion/*' -o -path './conf/templates/*' \
	-o -path './hooks/*' \
	-o -path './tests/unit/*' -o -path './tests/cli/*' \
	-o -path './tests/fuzz/*' -o -path './tests/lint/*' \
	-o -path './tests/bench/*' \) ! -name '*.o' ! -name '*.log' \
	! -name '*.trs' ! -name '*.pyc' ! -name Makefile.inc); do
	listed "$f" && continue
	# The source of a program is implied by its name.
	case $f in
	tests/*.c) listed "${f%.c}" && continue ;;
	esac
	case $f in
	conf/completion/* | conf/templates/* | hooks/* | *.[ch] | *.sh | \
		*.py | *.awk | *.txt | *.[1-9] | \
		*.dict | *.supp)
		echo "$f:1: is in none of $lists"
		;;
	esac
done >"$out"
verdict "$out"
