#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh - every check of the tree, one line each, findings below
#
# tests/lint/run.sh [CHECK…], e.g. "run.sh layers sizes". Works in a clone and
# in an unpacked tarball. Environment: builddir = a configured build directory
# (clang-tidy needs its config.h); LINT_STRICT=1 = a missing tool is a failure.

here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
rc=0

if [ $# -gt 0 ]; then
	for name; do
		shift
		case $name in
		conf_keys) set -- "$@" "$here/conf_keys.sh" ;;
		*) set -- "$@" "$here/check-$name.sh" ;;
		esac
	done
else
	set -- "$here"/check-*.sh "$here"/conf_keys.sh
fi

for check; do
	name=${check##*/}
	name=${name#check-}
	name=${name%.sh}
	[ -e "$check" ] || {
		printf 'FAIL    %s\n        %s does not exist\n' "$name" "$check"
		rc=1
		continue
	}
	began=$(date +%s)
	(cd "$here/../.." && "$check") >"$out" 2>&1
	status=$?
	took=$(($(date +%s) - began))
	case $status in
	0)
		printf 'ok      %s (%d s)\n' "$name" "$took"
		;;
	77)
		if [ "${LINT_STRICT:-0}" = 1 ]; then
			printf 'FAIL    %s\n' "$name"
			rc=1
		else
			printf 'skip    %s\n' "$name"
		fi
		sed 's/^/        /' "$out"
		;;
	*)
		printf 'FAIL    %s (%d s)\n' "$name" "$took"
		sed 's/^/        /' "$out"
		rc=1
		;;
	esac
done
exit $rc
