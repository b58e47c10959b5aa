#!/bin/sh
# SPDX-License-Identifier: MIT
# 1130-commands.sh - monitored commands: what the configuration may say of them,
# and what is recorded of them
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

# --- what is recorded --------------------------------------------------------------
need git
parts='files commands'

# text NAME - a text of the tip; nothing when it is not there
text() {
	git_repo cat-file -p "main:commands/$1" 2>/dev/null
}

# commands - names of those that the tip has, on one line
commands() {
	git_repo ls-tree --name-only main:commands 2>/dev/null | paste -sd ' ' -
}

# alive MARK - whether a process with this word in its arguments runs
alive() {
	grep -qsz -- "$1" /proc/[0-9]*/cmdline
}

# ended MARK - whether there is none
ended() {
	! alive "$1"
}

# with LINE... - $conf: these commands, and one that is always well
with() {
	printf '%s\n' '[command well]' 'run = echo fine' "$@" >"$work/commands"
	{
		cat "$work/base"
		cat "$work/commands"
	} >"$conf"
}

new_tree
conf_for_tree
cp "$conf" base
# A program whose processes can be told from all others.
mark=$work/sleeper
cp "$(command -v sleep)" "$mark"
with '[command fails]' 'run = echo out; echo err >&2; exit 3' 'shell = yes' \
	'[command crashes]' 'run = kill -SEGV $$' 'shell = yes' \
	'[command hangs]' "run = trap '' TERM; echo early; while :; do $mark 50; done" \
	'shell = yes' 'timeout = 1' \
	'[command floods]' 'run = yes 0123456789' 'max_output = 64K' \
	'[command missing]' 'run = /nowhere/program' \
	'[command absent]' 'run = /nowhere/program' 'optional = yes' \
	'[command filters]' "run = printf '# x\\nb 17\\na 23\\n'" \
	'drop = ^#' 'replace = \d+ => N' 'sort = yes' \
	'[command now-and-then]' 'run = date +%N' 'volatile = yes' \
	'[command environment]' 'run = env' 'env = A=b c' \
	'[command input]' 'run = cat'
es_init
said=$(es commit 2>&1) && es_status=0 || es_status=$?
printf '%s\n' "$said" >"$es_out"
is "$es_status $(echo "$said" | sed -n 's/^  //p')" \
	'4 ETIMEDOUT commands/hangs/stdout' 'a run of all kinds of commands'
is "$(commands)" \
	'crashes environment fails filters floods hangs input missing well' \
	'records all that are to be there'
is "$(text well/stdout)/$(text well/stderr)/$(text well/status)" \
	'fine//exit 0' 'one that is well'
is "$(text fails/stdout)/$(text fails/stderr)/$(text fails/status)" \
	'out/err/exit 3' 'one that fails'
is "$(text crashes/status)" 'signal SEGV' 'one that crashes'
is "$(git_repo ls-tree --name-only main:commands/hangs) $(text hangs/status)" \
	'status timeout 1 s' 'one that hangs'
ok 'which is gone' wait_until ended "$mark"
is "$(text floods/status | head -n 1)" \
	'killed: more than 4194304 bytes of output' 'one that floods'
is "$(text floods/stdout | head -n 1) $(text floods/stdout | tail -n 1)" \
	'0123456789 [cut at 65536 bytes]' 'whose output is cut'
is "$(git_repo ls-tree --name-only main:commands/missing) \
$(text missing/status)" 'status not found' 'one that is not there'
is "$(text filters/stdout)" 'a N
b N' 'filters'
is "$(text environment/stdout | sed 's/=.*//' | LC_ALL=C sort | paste -sd ' ' -)" \
	'A HOME LC_ALL LOGNAME PATH SHELL TERM USER' 'a clean environment'
is "$(text input/stdout | wc -c)" 0 'no input'

# Run by run: one that was well and then hangs loses only its status.
with '[command turns]' "run = cat $work/turn; [ ! -e $work/slow ] || $mark 50" \
	'shell = yes' 'timeout = 1'
echo first >turn
ok 'a command that is well' es commit
is "$(commands)" 'turns well' 'those that are not configured are dropped'
is "$(es show --json >r.json; json r.json 'sorted({c["kind"]
	for c in d["changes"]})')" "['unwatched', 'watched']" \
	'as not watched any more'
touch slow
echo second >turn
es_run es commit
is "$es_status $(text turns/stdout) $(text turns/status)" \
	'4 first timeout 1 s' 'and then hangs'
before=$(tip)
es_run es commit
is "$es_status $(cat "$es_out")" '4 ' 'and goes on to do so'
is "$(tip)" "$before" 'without a commit'
rm slow
es_run es commit
is "$(text turns/stdout) $(text turns/status)" 'second exit 0' 'until it ends'

# --- secrets -----------------------------------------------------------------------
secret=Wotan-$$-Hunter7
with '[command tells]' "run = cat $work/told; cat $work/told >&2" \
	'shell = yes' '[command key]' "run = cat $work/key.pem"
fake_key key.pem
for i in 1 2 3; do
	printf 'user = bob\npassword = %s%s\nurl=https://bob:%s%s@host/\n' \
		"$secret" "$i" "$secret" "$i" >told
	es_run es commit
done
is "$es_status" 0 'commands that print secrets'
ok 'stdout has the rest of it' like "$(text tells/stdout)" '^user = bob$'
ok 'and a mask' like "$(text tells/stdout)" '^password = <masked:[0-9a-f]{8}>$'
is "$(text tells/stderr)" "$(text tells/stdout)" 'so has stderr'
ok 'of a private key there is nothing but a mask' like \
	"$(text key/stdout)" '^<masked:[0-9a-f]{8}>$'
everything() {
	git_repo cat-file --batch --batch-all-objects
	cat "$work"/state/state.db*
	es log
	es report --since 1d
	es show --json
}
everything >all 2>&1
not_ok 'the secret is nowhere' grep -aq "$secret" all
not_ok 'nor in base64' grep -aqF "$(printf 'password = %s1\n' "$secret" |
	base64 | cut -c 17-28)" all
not_ok 'nor is the key' grep -aqF "$(sed -n 3p key.pem)" all
is "$(git_repo log --format=%s -- commands/tells | wc -l)" 3 \
	'a changed one is a change'

# --- every ---------------------------------------------------------------------------
with '[command rare]' "run = echo x >>$work/rare; cat $work/rare | wc -l" \
	'shell = yes' 'every = 1h' \
	'[command often]' "run = echo x >>$work/often" 'shell = yes'
rm -f rare often
es_run es commit
es_run es commit
settle
es_run es commit
is "$(wc -l <rare) $(wc -l <often)" '1 3' 'a command of every hour runs once'
is "$(text rare/stdout)" 1 'and keeps its output'
es_run es status
is "$(wc -l <rare)" 1 'also in a dry run'
rm -f "$work"/state/state.db*
es_run es commit
is "$(wc -l <rare)" 2 'without a state nobody knows when it ran'
es_run es commit
es_run es commit
is "$(wc -l <rare)" 2 'but then'
echo '# another commit' >>"$root/etc/hosts"
es_run es commit "$root/etc/hosts"
es_run es commit
is "$(wc -l <rare)" 2 'a run of a path between'
sed -i 's/^parts = .*/parts = commands/' base "$conf"
es_run es commit
es_run es commit
es_run es commit
is "$(wc -l <rare)" 2 'without files'
sed -i 's/every = 1h/every = 2h/; s/wc -l$/wc -l; echo new/' "$conf"
es_run es commit
is "$(wc -l <rare) $(text rare/stdout | paste -sd ' ' -)" '3 3 new' \
	'what is configured anew runs at once'
cp "$conf" "$conf.rare"
with
es_run es commit
is "$(commands)" 'well' 'a command is taken out'
cp "$conf.rare" "$conf"
es_run es commit
is "$(text rare/stdout | paste -sd ' ' -)" '4 new' 'and put back'

# --- a run that is killed ------------------------------------------------------------
with '[command sleeps]' "run = $mark 77" '[command deep]' \
	"run = sh -c '$mark 78' & $mark 79" 'shell = yes'
before=$(tip)
for signal in KILL TERM; do
	"$ETCSNAP" -c "$conf" commit >/dev/null 2>&1 &
	pid=$!
	ok "commands run before SIG$signal" wait_until alive "$mark"
	kill -"$signal" $pid
	wait $pid 2>/dev/null
	ok 'and nothing after it' wait_until ended "$mark"
done
is "$(tip)" "$before" 'nothing was recorded'
with
ok 'the next run' es commit
is "$(commands)" 'well' 'is as any other'
ok 'all is sound' fsck
done_testing
