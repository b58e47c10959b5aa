#!/bin/sh
# SPDX-License-Identifier: MIT
# 1130-commands.sh - monitored commands: what the configuration may say of them
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"

# run ARGUMENT... - with $conf alone, for this machine; needs no repository
run() {
	"$ETCSNAP" -c "$conf" --repo "$repo" "$@"
}

# good NAME LINE... - this configuration is taken
good() {
	local name="$1"

	shift
	printf '%s\n' "$@" >"$conf"
	ok "$name" run config check
}

# bad NAME ERE LINE... - this one is refused with such a message
bad() {
	local name="$1" ere="$2" said

	shift 2
	printf '%s\n' "$@" >"$conf"
	said=$(run config check 2>&1) && es_status=0 || es_status=$?
	printf '%s\n' "$said" >"$es_out"
	if [ "$es_status" -eq 2 ] && like "$said" "$ere" >/dev/null; then
		es_result 0 "$name" config check
	else
		echo "wanted: exit status 2 and $ere" >>"$es_out"
		es_result 1 "$name" config check
	fi
}

good 'arguments in quotes' '[command a]' "run = printf '%s|' \"a b\" c\\ d"
good 'a line of shell' '[command a]' 'run = a | b >c; d $E' 'shell = yes'
good 'every key' '[command a_B-9]' 'run = true' 'user = root' 'timeout = 5m' \
	'max_output = 64K' 'cwd = /tmp' 'env = A=b c' 'env = B=' 'drop = ^#' \
	'replace = [0-9]+ => N' 'replace = (a)(b) => $2${1}$$' 'replace = x =>' \
	'sort = yes' 'every = 1d' 'volatile = no' 'optional = yes'
good 'the shipped ones' "$(cat "$srcdir/conf/conf.d/commands.conf")"

bad 'nothing to run' "$conf:2: \[command a\] runs nothing; add a line: run" \
	'' '[command a]' 'sort = yes'
bad 'an empty program' "$conf:2: run: '''' names no program" \
	'[command a]' "run = ''"
bad 'an open quote' "$conf:2: run: a \" is not closed" \
	'[command a]' 'run = echo "a'
bad 'what is for a shell' "$conf:2: run: '\|' is for a shell; say shell = yes" \
	'[command a]' 'run = a | b'
bad 'a name with a slash' "$conf:1: 'a/../b' cannot be a name" \
	'[command a/../b]' 'run = a'
bad 'no name' "$conf:1: section \[command\] needs a name" \
	'[command]' 'run = a'
bad 'a user that is not there' \
	"$conf:5: there is no user 'nobody-here' on this machine" \
	'[command a]' 'run = a' '[command b]' 'run = b' 'user = nobody-here'
bad 'an expression to drop lines' "$conf:4: expression '\[': .* character" \
	'[command a]' 'run = a' 'drop = ^x' 'drop = ['
bad 'a replacement without an arrow' \
	"$conf:3: replacement 'a b' is not of the form REGEX => TEXT" \
	'[command a]' 'run = a' 'replace = a b'
bad 'a replacement with a group that is not there' \
	"$conf:3: replacement '\(a\) => [$]2': unknown substring" \
	'[command a]' 'run = a' 'replace = (a) => $2'
bad 'a variable without a value' "$conf:3: env = 'A' is no variable" \
	'[command a]' 'run = a' 'env = A'
bad 'a relative directory' "$conf:3: cwd = 'tmp' is no absolute path" \
	'[command a]' 'run = a' 'cwd = tmp'
bad 'no time at all' "$conf:3: timeout = '0' is out of range" \
	'[command a]' 'run = a' 'timeout = 0'
bad 'an unknown key' "$conf:3: unknown key 'sorts' in \[command\]; did you mean sort" \
	'[command a]' 'run = a' 'sorts = yes'

# Another tree has other users, and its commands are not run.
new_tree
printf '%s\n' '[command a]' 'run = a' 'user = nobody-here' >"$conf"
ok 'users count for this machine alone' run --root "$root" config check

printf '%s\n' '[command a]' 'run = x  y' 'drop = ^1' 'drop = ^2' >"$conf"
ok 'config show lists them' like \
	"$(run config show --format csv | tr -d '\r' | tr '\n' '~')" \
	'command a,run,x  y,[^~]*:2~.*command a,drop,\^1,[^~]*:3~command a,drop,\^2,'
done_testing
