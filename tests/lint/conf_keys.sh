#!/bin/sh
# SPDX-License-Identifier: MIT
# conf_keys.sh - conf/etcsnap.conf and the manual pages name exactly the keys,
# types and defaults of the table in src/config/conf_table.c and the files
# beside it that have the rest of it
. "$(dirname "$0")/common.sh"

# Sections [channel NAME] have files of their own.
table=src/config/conf_table.c
tables="$table src/config/conf_report.c"
channels=src/config/conf_channel.c
conf=conf/etcsnap.conf
man=src/config/etcsnap.conf.5
channels_man=src/deliver/etcsnap-channels.5
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# The three lists have lines "SECTION KEY<tab>TYPE<tab>DEFAULT". Texts in the
# sources name the usual directories; those that configure was told are filled
# in where they are installed.
# shellcheck disable=SC2086 # a list of files
awk '
function string(line) {
	sub(/^[^"]*"/, "", line)
	sub(/",?[ \t]*$/, "", line)
	return line
}
function plural(type) {
	return type ~ /s$/ ? type : type "s"
}
BEGIN {
	word["BOOL"] = "yes or no"; word["NUMBER"] = "number"
	word["BYTES"] = "size"; word["SECONDS"] = "duration"
	word["IO"] = "word"; word["SIGN"] = "word"; word["PRUNE"] = "word"; word["KEEP"] = "reach"
	word["PATH"] = "path"; word["GLOB"] = "pattern"
	word["TEXT"] = "text"; word["ENV"] = "variable"
	word["LINE"] = "line expression"; word["REPLACE"] = "replacement"
	word["REGEX"] = "expression"; word["CLASS"] = "class"
	word["SEVERITY"] = "severity"; word["WORDS"] = "words"
	word["RECORD"] = "attributes"
}
/^\t(AT\(|\[)ES_CONF_/ { type = "?"; list = 0; fallback = "?" }
/^\t\t\.section = / { section = string($0) }
/^\t\t\.key = / { key = string($0) }
/^\t\t\.type = / { sub(/.*ES_CONF_T_/, ""); sub(/,.*/, ""); type = word[$0] }
/^\t\t\.list = true/ { list = 1 }
/^\t\t\.fallback = / {
	sub(/ETCSNAP_LOCALSTATEDIR "/, "\"/var")
	sub(/ETCSNAP_SYSCONFDIR "/, "\"/etc")
	fallback = string($0)
}
/^\t},/ {
	printf "%s %s\t%s\t%s\n", section, key,
		(list ? "list of " plural(type) : type), fallback
}' $tables "$channels" | sort >"$dir/table"

# Comments are sentences, except for "#key = value" and "#[section]".
awk '
/^#?\[/ { section = $0; sub(/^#?\[/, "", section); sub(/[] ].*/, "", section) }
/^#?[a-z_]+ =/ {
	key = $0; sub(/^#/, "", key); value = key
	sub(/ =.*/, "", key); sub(/^[a-z_]+ = ?/, "", value)
	printf "%s %s\t%s\t%s\n", section, key, value, /^#/ ? "" : "said"
}' "$conf" | sort >"$dir/conf"

awk '
/^\.Ss \[/ { section = $2; sub(/^\[/, "", section); sub(/\]$/, "", section) }
/^\.Sh / { section = "" }
section != "" && /^\.It Ic / { key = $3 }
section != "" && key != "" && /^\.Pq / {
	sub(/^\.Pq /, "")
	fallback = ""
	if (match($0, /; default Ic /))
		fallback = substr($0, RSTART + RLENGTH)
	type = $0
	sub(/;.*/, "", type)
	sub(/ from .*/, "", type)
	printf "%s %s\t%s\t%s\n", section, key, type, fallback
	key = ""
}' "$man" "$channels_man" | sort >"$dir/man"

{
	[ -s "$dir/table" ] || echo "$table:1: no key found"
	diff "$dir/table" "$dir/man" |
		sed -n "s,^< channel ,$channels_man:1: not as in the table: channel ,p
			s,^> channel ,$channels_man:1: the table does not say: channel ,p
			s,^< ,$man:1: not as in the table: ,p
			s,^> ,$man:1: the table does not say: ,p"
	# An example stands where there is no default.
	awk -F'\t' -v conf="$conf" '
	NR == FNR { fallback[$1] = $3; next }
	!($1 in fallback) { print conf ":1: unknown key: " $1; next }
	{ seen[$1] = 1 }
	fallback[$1] != "" && $2 != fallback[$1] {
		print conf ":1: " $1 ": the default is " fallback[$1]
	}
	$3 == "said" && $1 != "files defaults" {
		print conf ":1: " $1 " is not commented out"
	}
	END {
		for (key in fallback)
			if (!(key in seen))
				print conf ":1: does not name: " key
	}' "$dir/table" "$dir/conf"
} >"$dir/out"
verdict "$dir/out"
