# SPDX-License-Identifier: MIT
# etcsnap.bash - words of etcsnap completed in bash
# shellcheck shell=bash
#
# All that is known of them the program says; the last record is their kind.
_etcsnap()
{
	local kind=words i

	COMPREPLY=()
	mapfile -d '' -t COMPREPLY < <("$1" completion bash -- \
		"${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)
	if ((${#COMPREPLY[@]})); then
		kind=${COMPREPLY[-1]}
		unset 'COMPREPLY[-1]'
	fi
	case $kind in
	files) compopt -o default ;;
	directories) compopt -o dirnames ;;
	paths) compopt -o filenames ;;
	esac
	# As file names bash quotes all but "$", which could be meant.
	if [[ $kind == words || ${COMPREPLY[*]} == *\$* ]]; then
		compopt +o filenames
		for i in "${!COMPREPLY[@]}"; do
			printf -v 'COMPREPLY[i]' %q "${COMPREPLY[i]}"
		done
	fi
	if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == */ ]]; then
		compopt -o nospace
	fi
}
complete -F _etcsnap etcsnap
