#!/bin/sh
# SPDX-License-Identifier: MIT
# 0020-options.sh - help, options, hints, colours, exit statuses
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"

# run ARGUMENT… - the program and nothing before them
run() {
	"$ETCSNAP" "$@"
}

# says TEXT ERE - what a command that failed wrote last
says() {
	ok "$1" like "$said" "$2"
}

# fails STATUS NAME ARGUMENT… - it ends so, says why on stderr, nothing else
fails() {
	local want="$1" name="$2" out

	shift 2
	out=$(run "$@" 2>err) && es_status=0 || es_status=$?
	said=$(cat err)
	cp err "$es_out"
	if [ "$es_status" -eq "$want" ] && [ -z "$out" ] && [ -n "$said" ]; then
		es_result 0 "$name" "$@"
	else
		es_result 1 "$name" "$@"
	fi
}

# --- help ----------------------------------------------------------------------
ok 'version' like "$(run --version)" '^etcsnap [0-9]+\.'
ok 'version by letter' prints "$(run --version)" run -V
ok 'help' run -h
ok 'tells the usage' like "$(run --help)" '^usage: etcsnap '
cmds=$(run -h | sed -n 's/^  \([a-z]\{1,\}\)  *[a-z].*/\1/p')
for cmd in init commit status log diff show cat report git; do
	ok "$cmd is a command" like "$cmds" "^$cmd\$"
done
for cmd in $cmds; do
	ok "help names $cmd" like "$(run -h)" "^  $cmd  *[a-z]"
	[ "$cmd" != git ] || continue
	ok "$cmd -h" run "$cmd" -h
	ok "$cmd --help tells its usage" \
		like "$(run "$cmd" --help)" "^usage: etcsnap .*$cmd"
	ok "$cmd -h tells the global options" \
		like "$(run "$cmd" -h)" '^  -c, --config FILE '
	is "$(run "$cmd" -h | grep -E '.{81}')" '' "$cmd -h fits a terminal"
done
is "$(run -h | grep -E '.{81}')" '' 'help fits a terminal'
ok 'help needs no configuration' run -c /nonexistent commit -h
ok 'help after other options' run commit -n -m x -h
ok 'help goes to stdout' test -z "$(run -h 2>&1 >/dev/null)"

# --- wrong usage ---------------------------------------------------------------
ok 'no command is wrong usage' must_exit 2 run
fails 2 'an unknown command' comit
says 'with a hint' "unknown command 'comit'; did you mean 'commit'\?"
fails 2 'one that resembles none' frobnicate
says 'without' "unknown command 'frobnicate'; see"
fails 2 'an unknown option' --verbos
says 'with a hint' "unknown option '--verbos'; did you mean '--verbose'\?"
fails 2 "an unknown option of a command" commit --mesage=x
says 'with a hint' "unknown option '--mesage'; did you mean '--message'\?"
fails 2 'a global option mistyped after the command' commit --colour=never
says 'with a hint' "did you mean '--color'"
fails 2 'an option that resembles none' commit --zzzzzzzz
says 'without' "unknown option '--zzzzzzzz'; see -h"
fails 2 'an unknown letter' commit -z
says 'is named' "unknown option '-z'"
fails 2 'an unknown letter among known' commit -fnz
fails 2 'an option without its argument' commit --message
says 'tells what it needs' "'--message' needs TEXT"
fails 2 'a letter without its argument' commit -m
says 'tells what it needs' "'-m' needs TEXT"
fails 2 'an argument too much' --quiet=yes init
says 'is told' "'--quiet' takes no value"
fails 2 'a word for --color' --color=sometimes status
says 'names those there are' 'auto, always or never'
fails 2 'an escape sequence in a command' "$(printf 'x\033[31my')"
ok 'is not handed on to the terminal' unlike "$said" "$(printf '\033')"
fails 2 'a configuration that is not there' -c "$work/nothing.conf" status
says 'is named' 'nothing\.conf'
es_init
es commit || bail 'no run'
for args in 'log -n 0' 'log -n x' 'log --since never' 'status --max-age x' \
	'log --format yaml' 'report --day 2026-13-01' 'diff --format x' 'cat' \
	'cat a b' 'commit --wait soon' 'show a b' 'init a' 'status a' 'config' 'config sho' \
	'config explain' 'config explain a b' 'config check x'; do
	# shellcheck disable=SC2086 # words
	ok "wrong: $args" must_exit 2 es $args
done

# --- where options may stand ---------------------------------------------------
tip=$(tip)
ok 'globals before the command' "$ETCSNAP" -c "$conf" --root "$root" -q commit
ok 'globals after it' "$ETCSNAP" commit -c "$conf" --root "$root" -q
ok 'with =' "$ETCSNAP" commit "--config=$conf" "--root=$root"
ok 'letter and argument in one' "$ETCSNAP" "-c$conf" "--root=$root" commit
ok 'letters together' "$ETCSNAP" commit -fvc "$conf" --root "$root"
ok 'the later one counts' "$ETCSNAP" -c /nonexistent commit -c "$conf" \
	--root "$root"
is "$(tip)" "$tip" 'none of them found a change'
ok 'after -- there are no options' unlike "$(es diff -- -h)" usage
ok '--repo is stronger than the configuration' must_exit 3 es \
	--repo "$work/other.git" status
ok 'verbose' like "$(es -v commit)" '^no changes$'
ok 'quiet is silent' prints '' es -q commit
ok 'as is a pipe' prints '' es commit
ok '-v, then -q' prints '' es -v commit -q

# --- colour --------------------------------------------------------------------
settle
echo x >>"$root/etc/hosts"
escape=$(printf '\033')
ok 'no colour in a pipe' unlike "$(es diff)" "$escape"
ok 'unless asked for' like "$(es --color always diff)" "$escape"
ok 'even with NO_COLOR' like "$(NO_COLOR=1 es --color=always diff)" "$escape"
if command -v script >/dev/null; then
	# on_tty COMMAND - what it writes to a terminal
	on_tty() {
		TERM=xterm PAGER=cat script -qec "$*" /dev/null </dev/null
	}
	line="'$ETCSNAP' -c '$conf' --root '$root'"
	ok 'colour on a terminal' like "$(on_tty "$line diff")" "$escape"
	ok 'not with NO_COLOR' unlike "$(on_tty "NO_COLOR=1 $line diff")" \
		"$escape"
	ok 'not with --color never' \
		unlike "$(on_tty "$line --color never diff")" "$escape"
	ok 'a run tells its result on a terminal' like \
		"$(on_tty "$line commit" | tr -d '\r')" \
		'^[0-9a-f]{7} 1 changed, 0 added, 0 removed$'
	ok 'no more than on demand' prints '' on_tty "$line -q commit"
else
	skip 'script(1) is not installed' 5
fi

# --- the end of standard output ------------------------------------------------
if [ -c /dev/full ]; then
	for args in '-h' '--version' 'show' 'log' 'status' 'cat HEAD:/etc/hosts' \
		'diff HEAD~1 HEAD' 'report' 'config show' 'log --json'; do
		# shellcheck disable=SC2016,SC2086 # words
		ok "nothing can be written: $args" must_exit 3 sh -c \
			'conf=$1 root=$2; shift 2; exec "$@" >/dev/full' sh \
			"$conf" "$root" "$ETCSNAP" -c "$conf" --root "$root" $args
	done
else
	skip 'no /dev/full' 10
fi
# shellcheck disable=SC2016
ok 'a closed stdout' must_exit 3 sh -c '"$@" >&-' sh "$ETCSNAP" \
	-c "$conf" --root "$root" show
echo y >>"$root/etc/hosts"
echo broken >"${repo%/*}/state.db"
find "$work" -type f -exec grep -l 'changed, ' {} + >said.before
# shellcheck disable=SC2016
ok 'a run without any descriptor cannot tell its result' must_exit 3 \
	sh -c '"$@" <&- >&- 2>&-' sh "$ETCSNAP" -c "$conf" --root "$root" \
	-v commit
ok 'but it is made' test "$(git_repo rev-list --count main)" -eq 3
is "$(find "$work" -type f -exec grep -l 'changed, ' {} +)" \
	"$(cat said.before)" 'what it has to say is in no file'
ok 'nor is its trouble' test ! -s "$repo/etcsnap.lock"
ok 'and nothing of it is broken' fsck
yes x | head -n 20000 >"$root/etc/long"
# shellcheck disable=SC2016
ok 'who reads no further is no failure to tell' prints '' sh -c \
	'"$@" 2>&1 >&3 3>&- | cat' sh sh -c '"$@" | head -n 1 >/dev/null' sh \
	"$ETCSNAP" -c "$conf" --root "$root" diff 3>/dev/null
done_testing
