#!/bin/sh
# SPDX-License-Identifier: MIT
# 8340-migrate.sh - what the guides in contrib/migrate name is there
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"

guides=$srcdir/contrib/migrate
channels=$srcdir/src/deliver/etcsnap-channels.5

# known SECTION KEY - the configuration has it
known() {
	case $1 in
	channel) grep -q "^\\.It Ic $2\$" "$channels" ;;
	*)
		awk -v section="$1" -v key="$2" '
		/^#?\[/ {
			here = $0
			sub(/^#?\[/, "", here)
			sub(/[] ].*/, "", here)
		}
		here == section && $0 ~ "^#?" key " =" { found = 1 }
		END { exit !found }' "$srcdir/conf/etcsnap.conf"
		;;
	esac
}

for guide in "$guides"/*; do
	name=$(basename "$guide")
	is "$(grep -nE '.{81}' "$guide")" '' "$name fits a terminal"
	# "[rule NAME] class = secret", "[collect] rate"
	grep -oE '\[(repository|retention|collect|files|report|state|(rule|record|check|command|channel) [A-Za-z-]+)\] [a-z_]+' \
		"$guide" | sed -E 's/^\[([a-z]+)[^]]*\] /\1 /' | sort -u >keys
	while read -r section key; do
		# Sentences go on behind a section's name.
		case $key in all | and | or) continue ;; esac
		ok "$name: [$section] $key" known "$section" "$key"
	done <keys
	# "[check setuid]"
	grep -oE '\[check [a-z-]+\]' "$guide" | sed 's/.* \(.*\)]/\1/' >checks
	while read -r check; do
		ok "$name: the check $check" \
			grep -q "^\\.It Li $check " "$srcdir/src/config/etcsnap.conf.5"
	done <checks
	grep -oE 'service = [a-z-]+' "$guide" | sed 's/.* //' >services
	while read -r service; do
		ok "$name: the service $service" \
			test -e "$srcdir/conf/channels/$service.conf"
	done <services
	# "etcsnap restore --at REV --apply"
	# in tables and between backquotes; elsewhere it is a sentence
	# shellcheck disable=SC2016 # backquotes and all
	{
		grep '^    ' "$guide"
		grep -o '`[^`]*`' "$guide"
	} | grep -oE '\betcsnap [a-z]+( [A-Za-z/…"$()-]+)*' | sort -u >lines
	while read -r _ cmd rest; do
		# Of the parts that others build "setup" is one.
		"$ETCSNAP" -h | grep -q "^  $cmd " || {
			case $cmd in
			setup) skip "$name: etcsnap setup is not in this build" ;;
			*) ok "$name: etcsnap $cmd" false ;;
			esac
			continue
		}
		[ "$cmd" != git ] || continue
		for word in $rest; do
			case $word in
			--?*) ok "$name: etcsnap $cmd $word" \
				like "$("$ETCSNAP" "$cmd" -h)" " $word( |\$)" ;;
			esac
		done
	done <lines
done
done_testing
