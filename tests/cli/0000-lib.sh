#!/bin/sh
# SPDX-License-Identifier: MIT
# 0000-lib.sh - the library that the other tests stand on tells right from wrong
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"

# run_script TEXT - the text as a test script of its own; output to $work/said,
# exit status to $status
run_script() {
	{
		echo '. "$srcdir/tests/lib.sh"'
		printf '%s\n' "$1"
	} >script.sh
	srcdir=$srcdir builddir=$builddir ETCSNAP=$ETCSNAP ES_HARNESS='' \
		UPDATE='' sh script.sh >said 2>&1
	status=$?
}

# said NAME ERE - a test: a line of what the script said matches
said() {
	ok "$1" like "$(cat said)" "$2"
}

run_script 'plan 2; ok fine true; ok "not # fine" false'
said 'a passing command is ok' '^ok 1 - fine$'
said 'a failing command is not ok, its name harmless' '^not ok 2 - not   fine$'
said 'the failing command is told' '^# command: +false$'
said 'its exit status is told' '^# exit status: 1$'
is "$status" 1 'a script with a failure exits with 1'

run_script 'plan 1; ok loud sh -c "echo to out; echo to err >&2; exit 3"'
said 'output is shown' '^# \| to out$'
said 'error output too' '^# \| to err$'

run_script 'ok a must_exit 3 sh -c "exit 3"; ok b must_exit 3 sh -c "exit 4"
ok c must_exit 137 sh -c "kill -9 \$\$"; ok d must_exit 1 sh -c "kill -9 \$\$"
not_ok e sh -c "exit 4"; not_ok f sh -c "kill -9 \$\$"; not_ok g true
not_ok h no-such-command; done_testing'
said 'must_exit takes the exit status' '^ok 1 '
said 'and no other' '^not ok 2 '
said 'a signal is not exit status 1' '^not ok 4 '
said 'and is named' 'killed by signal 9, wanted exit status 1'
said 'not_ok passes on a failure' '^ok 5 '
said 'but not on a signal' '^not ok 6 '
said 'nor on success' '^not ok 7 '
said 'nor on a missing command' '^not ok 8 '
said 'done_testing makes the plan' '^1\.\.8$'

run_script 'is a a same; is a b other; ok l like "one
two" "^t"; ok m like one "^t"; ok n unlike one "^t"; ok o unlike one "n"
ok p prints x echo x; ok q prints x echo y; ok r prints "" false; done_testing'
for n in 1 3 5 7; do
	said "comparison $n passes" "^ok $n "
done
for n in 2 4 6 8 9; do
	said "comparison $n fails" "^not ok $n "
done
is "$(grep -c '^1\.\.9$' said)" 1 'one plan'

run_script 'plan 3; ok a true; skip "no reason" 2'
is "$(grep -c '^ok [23] # SKIP no reason$' said)" 2 'skip counts what it skips'
is "$status" 0 'a script that skips exits with 0'
run_script 'skip_all "not here"; ok a false'
is "$(cat said)" '1..0 # SKIP not here' 'skip_all says so and no more'
run_script 'ok a true; skip_all "the rest"; ok b false'
is "$(tr '\n' '|' <said)" 'ok 1 - a|ok 2 # SKIP the rest|1..2|' \
	'after some tests, the rest is one that is skipped'
run_script 'plan 2; ok a true; need no-such-program; ok b false'
said 'what is left is skipped' '^ok 2 # SKIP no-such-program is not installed$'

run_script 'plan 2; ok a true; exit 5'
said 'an early end is told' 'ended early with exit status 5'
is "$status" 5 'and stays the exit status'
run_script 'plan 2; ok a true'
is "$status" 1 'a missing test is a failure'

run_script 'plan 1; is "$HOME|${GIT_DIR-}|${XDG_STATE_HOME-}|$(umask)|$TZ" \
	"$work/home|||0022|UTC" env'
GIT_DIR=/nowhere XDG_STATE_HOME=/nowhere TZ=Asia/Tokyo sh -c 'umask 077
	srcdir=$1 builddir=$2 sh script.sh' sh "$srcdir" "$builddir" >said 2>&1
said 'the environment is scrubbed' '^ok 1 - env$'
run_script 'echo "# at $work"; plan 0'
not_ok 'the directory is removed' \
	test -e "$(sed -n 's/^# at //p' said)"

# Golden files, with a source directory of their own.
mkdir -p src/tests
cp "$srcdir/tests/lib.sh" src/tests/
real=$srcdir
srcdir=$work/src
golden_script='plan 1; golden g sh -c "echo \$work; echo 2026-01-02 03:04:05 +0000
	echo 0123456789012345678901234567890123456789; echo noise >&2"'
run_script "export work; $golden_script"
said 'a missing golden file is a failure that says what to do' 'UPDATE=1'
run_script "UPDATE=1; export work; $golden_script"
said 'UPDATE=1 writes it' '^ok 1 - golden: g$'
is "$(cat src/tests/golden/g)" '<work>
<time>
<id>' 'what differs from run to run is replaced'
run_script "export work; $golden_script"
said 'the same output passes' '^ok 1 - golden: g$'
echo more >>src/tests/golden/g
run_script "export work; $golden_script"
said 'another output fails' '^not ok 1 - golden: g$'
said 'and the difference is shown' '^# \| -more$'
srcdir=$real

new_tree
is "$(stat -c %a "$root/etc/shadow")" 640 'the tree has modes'
ok 'symlinks' test -h "$root/etc/alternatives/dangling"
ok 'a private key' grep -q 'BEGIN PRIVATE KEY' "$root/etc/ssl/private/web.key"
is "$(tr -d '\0' <"$root/usr/bin/true" | wc -c)" 255 'and a binary with NUL'
is "$(find "$root" -newermt '2026-01-02' | wc -l)" 0 'all of it is of one age'

done_testing
