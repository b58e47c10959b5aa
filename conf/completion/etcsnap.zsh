#compdef etcsnap
# SPDX-License-Identifier: MIT
# etcsnap.zsh - words of etcsnap completed in zsh
#
# All that is known of them the program says: words with what they are, and
# last their kind.
_etcsnap() {
	local word about said
	local -a records words_open shown_open words_whole shown_whole

	said=$("${(Q)words[1]}" completion zsh -- "${(@Q)words[1,CURRENT-1]}" \
		"${(Q)PREFIX}" 2>/dev/null)
	records=("${(@ps:\0:)said}")
	# Behind the last NUL there is nothing.
	shift -p records
	for word about in "${(@)records[1,-2]}"; do
		case $word in
		*/)
			words_open+=("$word")
			shown_open+=("${(V)word}")
			;;
		*)
			words_whole+=("$word")
			shown_whole+=("${(V)word}${about:+  -- $about}")
			;;
		esac
	done
	case $records[-1] in
	files)
		compset -P '--*='
		_files
		;;
	directories)
		compset -P '--*='
		_files -/
		;;
	*)
		compadd -S '' -d shown_open -a -- words_open
		compadd -l -d shown_whole -a -- words_whole
		;;
	esac
}
if [[ $funcstack[1] == _etcsnap ]]; then
	_etcsnap "$@"
else
	compdef _etcsnap etcsnap
fi
