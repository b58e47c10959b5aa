# SPDX-License-Identifier: MIT
# lib.sh - what the command line tests stand on; sourced first by each
# shellcheck shell=sh
#
#	. "${srcdir:-.}/tests/lib.sh"
#	plan 3
#	es_init
#	ok 'the first run commits' es commit
#	ok 'a run without changes says so' like "$(es -v commit)" '^no changes$'
#	ok 'the repository is sound' fsck
#
# A test runs in an empty directory of its own, $work, with a scrubbed
# environment; both are gone at its end (ETCSNAP_TEST_KEEP=1 keeps $work and
# tells its name). It may use:
#
#	$work  this test's directory, also the current one; $HOME is in it
#	$root  a small system to watch, see new_tree
#	$conf  the configuration that es uses, see conf_for_tree, conf_for_root
#	$repo  the repository
#	$srcdir, $builddir, $ETCSNAP (the program)
#
# By hand: sh tests/cli/0000-lib.sh in a build directory, or with ETCSNAP set.

# --- environment ---------------------------------------------------------------
for es_name in $(env | sed -n \
	's/^\(\(GIT\|XDG\|LC\|SUDO\|SSH\|DEB\|DH\|MAIL\)_\?[A-Z_0-9]*\)=.*/\1/p') \
	LANG LANGUAGE EDITOR VISUAL PAGER LESS LV MANPAGER COLUMNS LINES \
	NO_COLOR CLICOLOR CLICOLOR_FORCE CDPATH ENV BASH_ENV IFS EMAIL \
	ETCSNAP_DEBUG SOURCE_DATE_EPOCH MAKEFLAGS MFLAGS TMOUT; do
	unset "$es_name"
done
# The system's own programs: another python3 may lack its modules.
export PATH="/usr/sbin:/usr/bin:/sbin:/bin:$PATH"
export LC_ALL=C.UTF-8 TZ=UTC TERM=dumb USER=tester LOGNAME=tester
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
# What a sanitizer finds ends in a signal or in 99, never in an exit status
# that the program itself uses.
export ASAN_OPTIONS="abort_on_error=1:${ASAN_OPTIONS-}"
export UBSAN_OPTIONS="abort_on_error=1:print_stacktrace=1:${UBSAN_OPTIONS-}"
export LSAN_OPTIONS="exitcode=99:${LSAN_OPTIONS-}"
umask 022

srcdir=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd) || exit 1
builddir=$(cd "${builddir:-.}" && pwd) || exit 1
: "${ETCSNAP:=$builddir/etcsnap}"
work=$(mktemp -d "${TMPDIR:-/tmp}/etcsnap-test.XXXXXX") || exit 1
work=$(cd "$work" && pwd -P) || exit 1
export HOME="$work/home"
root=$work/root
conf=$work/etcsnap.conf
repo=$work/state/repo.git
mkdir -p "$HOME" && cd "$work" || exit 1

es_count=0
es_failed=0
es_plan=
es_over=
es_mode=
es_at_end=
es_out=$work/.output

# --- TAP -----------------------------------------------------------------------
# At exit: remove the directory and tell of a test that did not come to its end.
es_finish() {
	local status="$?"

	trap - EXIT
	if [ -z "$es_over" ]; then
		[ -n "$es_plan" ] || echo "1..$es_count"
		if [ "$status" -ne 0 ]; then
			echo "# the script ended early with exit status $status"
		elif [ -n "$es_plan" ] && [ "$es_plan" -ne "$es_count" ]; then
			echo "# $es_plan tests planned, $es_count run"
			status=1
		fi
	fi
	cd / || :
	eval "$es_at_end"
	if [ -n "${ETCSNAP_TEST_KEEP-}" ]; then
		echo "# kept: $work"
	else
		chmod -R u+rwx "$work" 2>/dev/null
		rm -rf "$work"
	fi
	# Automake's driver takes failures from the TAP lines; people take
	# them from the exit status.
	[ "$es_failed" -eq 0 ] || [ -n "${ES_HARNESS-}" ] || status=1
	exit "$status"
}
trap es_finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# at_end COMMAND - a line of shell for the end of the script, before its
# directory is removed; the last one given runs first
at_end() {
	es_at_end="$1
$es_at_end"
}

# plan N - how many tests there will be
plan() {
	es_plan=$1
	echo "1..$1"
}

# done_testing - the plan of a script that did not know at its start
done_testing() {
	es_plan=$es_count
	echo "1..$es_count"
}

# skip_all REASON - end the script: what is left of it cannot be tested here
skip_all() {
	if [ -n "$es_plan" ]; then
		skip "$*" $((es_plan - es_count))
	elif [ "$es_count" -gt 0 ]; then
		skip "$*"
		echo "1..$es_count"
	else
		echo "1..0 # SKIP $*"
	fi
	es_over=1
	exit 0
}

# skip REASON [N] - count N tests (1) as skipped
skip() {
	local i=0

	while [ "$i" -lt "${2:-1}" ]; do
		i=$((i + 1))
		es_count=$((es_count + 1))
		echo "ok $es_count # SKIP $1"
	done
}

# bail REASON - a test cannot go on since its preparation failed
bail() {
	echo "Bail out! $*"
	es_over=1
	es_failed=1
	exit 1
}

# note TEXT… - a comment in the output
note() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

# es_result PASSED NAME COMMAND… - one TAP line; when PASSED is not 0 also the
# command, its exit status ($es_status) and what it printed ($es_out)
es_result() {
	local passed="$1" name="$2"

	shift 2
	es_count=$((es_count + 1))
	# A "#" in a name would begin a directive.
	name=$(printf '%s' "$name" | tr '#\n' '  ')
	if [ "$passed" -eq 0 ]; then
		echo "ok $es_count - $name"
		return 0
	fi
	es_failed=$((es_failed + 1))
	echo "not ok $es_count - $name"
	printf '# command:    '
	printf ' %s' "$*" | head -c 2000 | tr '\n' ' '
	printf '\n# exit status: %s\n' "$es_status"
	head -c 20000 "$es_out" | tail -n 100 | sed 's/^/# | /'
	# The output may lack its last newline.
	[ -z "$(tail -c 1 "$es_out")" ] || echo
	return 0
}

# es_run COMMAND… - run it, output to $es_out, exit status to $es_status
es_run() {
	"$@" >"$es_out" 2>&1
	es_status=$?
}

# ok NAME COMMAND… - passes when the command ends with 0
ok() {
	local name="$1"

	shift
	es_run "$@"
	es_result "$es_status" "$name" "$@"
}

# not_ok NAME COMMAND… - passes when the command fails of its own will; a
# signal, a sanitizer or a missing command is no such failure
not_ok() {
	local name="$1" passed=1

	shift
	es_run "$@"
	[ "$es_status" -eq 0 ] || [ "$es_status" -ge 99 ] || passed=0
	es_result "$passed" "$name" "$@"
}

# must_exit CODE COMMAND… - 0 when the command ends with CODE
must_exit() {
	local want="$1" got=0

	shift
	"$@" || got=$?
	[ "$got" -eq "$want" ] && return 0
	if [ "$got" -gt 128 ]; then
		echo "must_exit: killed by signal $((got - 128)), wanted exit status $want"
	else
		echo "must_exit: exit status $got, wanted $want"
	fi >&2
	return 1
}

# prints TEXT COMMAND… - 0 when the command ends with 0 and prints just TEXT
prints() {
	local want="$1" got

	shift
	got=$("$@") || {
		echo "prints: exit status $?, output: $got"
		return 1
	}
	[ "$got" = "$want" ] && return 0
	printf 'wanted: %s\ngot:    %s\n' "$want" "$got"
	return 1
}

# is GOT WANTED NAME - passes when both strings are the same
is() {
	local passed=1

	es_status=0
	if [ "$1" = "$2" ]; then
		passed=0
	else
		es_status=1
		printf 'got:    %s\nwanted: %s\n' "$1" "$2" >"$es_out"
	fi
	es_result "$passed" "$3" is
}

# like TEXT ERE - 0 when a line of the text matches; for use with ok
like() {
	printf '%s\n' "$1" | grep -qE -e "$2" && return 0
	printf 'no line matches %s in:\n%s\n' "$2" "$1"
	return 1
}

# keep_pace STATUS MS - one that was to be killed after MS milliseconds ended so:
# $took, how long they take, follows a machine that is busy now and then
keep_pace() {
	if [ "$1" -ne 137 ]; then
		[ "$2" -ge "$took" ] || took=$(((took + $2) / 2))
	elif [ "$2" -gt "$took" ]; then
		took=$2
	fi
}

# unlike TEXT ERE - 0 when no line of the text matches
unlike() {
	printf '%s\n' "$1" | grep -nE -e "$2" || return 0
	printf 'a line matches %s\n' "$2"
	return 1
}

# normalise - what differs from run to run or machine to machine, replaced:
# the test's directory, host name, object ids, times, UUIDs. A test may define
# a stricter one of its own.
normalise() {
	sed -E -e "s,$work,<work>,g" -e "s/\\b$(uname -n)\\b/<host>/g" \
		-e 's/\b[0-9a-f]{64}\b/<sha256>/g' \
		-e 's/\b[0-9a-f]{40}\b/<id>/g' \
		-e 's/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/<uuid>/g' \
		-e 's/\b20[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9](:[0-5][0-9])?(\.[0-9]+)?( ?[-+][0-9]{2}:?[0-9]{2}|Z)?/<time>/g'
}

# golden NAME COMMAND… - passes when the command's standard output is that of
# tests/golden/NAME; UPDATE=1 in the environment writes it instead
golden() {
	local file="$srcdir/tests/golden/$1" name="golden: $1"

	shift
	"$@" >"$work/.golden" 2>"$es_out"
	es_status=$?
	normalise <"$work/.golden" >"$work/.golden-now"
	if [ -n "${UPDATE-}" ]; then
		mkdir -p "${file%/*}" && cp "$work/.golden-now" "$file" ||
			bail "cannot write $file"
		note "written: $file"
	fi
	if [ ! -e "$file" ]; then
		echo "there is no $file; make it with UPDATE=1" >>"$es_out"
		es_result 1 "$name" "$@"
	elif diff -u "$file" "$work/.golden-now" >>"$es_out"; then
		es_result 0 "$name" "$@"
	else
		es_result 1 "$name" "$@"
	fi
}

# --- what a test needs ---------------------------------------------------------
# need PROGRAM… - skip the script where one is not installed
need() {
	local program

	for program; do
		command -v "$program" >/dev/null 2>&1 ||
			skip_all "$program is not installed"
	done
}

# need_root, need_user - skip the script for anyone else
need_root() {
	[ "$(id -u)" -eq 0 ] || skip_all 'only root can do this'
}
need_user() {
	[ "$(id -u)" -ne 0 ] || skip_all 'root may do everything'
}

# as_user COMMAND… - run as somebody without privileges, who must be able to
# enter $work: root becomes nobody, anyone else stays
as_user() {
	if [ "$(id -u)" -eq 0 ]; then
		# A build for coverage would say that it cannot write.
		if [ -e "$builddir/src/main.gcno" ]; then
			mkdir -p "$work/.gcov"
			chmod 1777 "$work/.gcov"
			set -- env GCOV_PREFIX="$work/.gcov" "$@"
		fi
		setpriv --reuid=65534 --regid=65534 --clear-groups \
			--inh-caps=-all "$@"
	else
		"$@"
	fi
}

# --- trees and repositories ----------------------------------------------------
# fake_key FILE - something that looks like a private key and is none; made
# here, so that no key ever lies in the sources
fake_key() {
	local kind='PRIVATE KEY'

	{
		echo "-----BEGIN $kind-----"
		seq 1 200 | tr -d '\n' | head -c 512 | base64
		echo "-----END $kind-----"
	} >"$1"
	chmod 600 "$1"
}

# new_tree - a small Debian in $root; git keeps neither modes nor odd names,
# so those come from here. All times are the same.
new_tree() {
	rm -rf "$root"
	mkdir -p "$root"
	cp -R "$srcdir/tests/rootfs/debian12/." "$root/"
	chmod -R u+w,go-w,a+rX "$root"
	(
		cd "$root" || exit 1
		mkdir -p etc/opt etc/ssl/private usr/bin usr/lib var/log tmp proc
		chmod 1777 tmp
		chmod 700 root etc/ssl/private
		chmod 640 etc/shadow etc/gshadow
		chmod 440 etc/sudoers
		chmod 600 var/spool/cron/crontabs/root root/.bash_history
		chmod 755 etc/init.d/cron etc/cron.daily/logrotate \
			usr/local/bin/backup
		fake_key etc/ssh/ssh_host_ed25519_key
		fake_key etc/ssl/private/web.key
		# A "binary": every byte there is, NUL too.
		awk 'BEGIN { for (i = 0; i < 256; i++) printf "\\%03o", i }' |
			xargs -0 printf >usr/bin/true
		chmod 755 usr/bin/true
		ln -s ../usr/lib/os-release etc/os-release
		ln -s /usr/share/zoneinfo/UTC etc/localtime
		ln -s ../init.d/cron etc/rc2.d/S01cron
		ln -s nowhere etc/alternatives/dangling
		printf 'an umlaut\n' >'etc/skel/grüße'
		printf 'blanks\n' >'etc/skel/two words'
	) || bail 'cannot make the tree'
	find "$root" -depth -exec touch -h -d '2026-01-01 00:00:00 UTC' {} +
}

# What is recorded unless a test says otherwise: the parts that it is about.
parts=files

# conf_for_tree [LINE…] - $conf: the real root, watched are $root/etc and so on
conf_for_tree() {
	es_mode=tree
	{
		printf '[repository]\npath = %s\n' "$repo"
		printf '[collect]\nparts = %s\n' "$parts"
		printf '[files]\n'
		for es_dir in etc boot opt root usr var/spool/cron; do
			printf 'include = %s/%s\n' "$root" "$es_dir"
		done
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$conf"
}

# conf_for_root [LINE…] - $conf: --root $root, the shipped patterns
conf_for_root() {
	es_mode=root
	{
		printf '[repository]\npath = %s\n' "$repo"
		printf '[collect]\nparts = %s\n' "$parts"
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$conf"
}

# es ARGUMENT… - the program with the configuration of this test
es() {
	[ -e "$conf" ] || conf_for_root
	case $es_mode in
	root) "$ETCSNAP" -c "$conf" --root "$root" "$@" ;;
	*) "$ETCSNAP" -c "$conf" "$@" ;;
	esac
}

# es_init - a tree, a configuration and an empty repository, unless made before
es_init() {
	[ -x "$ETCSNAP" ] || bail "no program at $ETCSNAP"
	[ -e "$root" ] || new_tree
	[ -e "$conf" ] || conf_for_root
	mkdir -p "${repo%/*}"
	es_run es init
	[ "$es_status" -eq 0 ] && return 0
	sed 's/^/# | /' "$es_out"
	bail "etcsnap init ended with exit status $es_status"
}

# settle - wait until what was just written is no longer "racy", so that the
# next run may trust the ctimes it sees
settle() {
	sleep 0.05
}

# wait_until COMMAND… - until it succeeds; a minute, so that a machine with
# much to do has the time for it, too
wait_until() {
	local tries=0

	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt 1200 ] || return 1
		sleep 0.05
	done
}

# git_repo ARGUMENT… - plain git on the repository
git_repo() {
	git --git-dir="$repo" --no-pager "$@"
}

# fsck [OPTION…] - git finds nothing to say about the repository
fsck() {
	local said status=0

	said=$(git_repo fsck --strict --full --no-progress "$@" 2>&1) ||
		status=$?
	[ "$status" -eq 0 ] && [ -z "$said" ] && return 0
	printf 'git fsck ended with exit status %s and said:\n%s\n' \
		"$status" "$said"
	return 1
}

# tip [BRANCH] - the commit that a branch points to, empty when there is none
tip() {
	git_repo rev-parse -q --verify "refs/heads/${1:-main}" || :
}

# --- reading what comes out ----------------------------------------------------
# has_module NAME - python3 can import it
has_module() {
	python3 -c "import $1" >/dev/null 2>&1
}

# valid_report FILE - the JSON document is what tests/report.schema.json says
valid_report() {
	es_valid report "$1"
}

# valid_state FILE - the same of a state report, and tests/state.schema.json
valid_state() {
	es_valid state "$1"
}

es_valid() {
	python3 - "$srcdir/tests/$1.schema.json" "$2" <<'END'
import json, sys
import jsonschema
schema, report = (json.load(open(name, encoding="ascii"))
                  for name in sys.argv[1:3])
check = jsonschema.validators.validator_for(schema)
check.check_schema(schema)
errors = list(check(schema).iter_errors(report))
for e in errors[:5]:
    print("/".join(map(str, e.absolute_path)), e.message[:300])
sys.exit(bool(errors))
END
}

# json FILE EXPRESSION - print a Python expression over the document "d"
json() {
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1], encoding="ascii"))
print(eval(sys.argv[2]))' "$1" "$2"
}

# csv FILE EXPRESSION - the same over the table: "d" is a list of dictionaries
csv() {
	python3 -c 'import csv, sys
text = open(sys.argv[1], newline="", encoding="utf-8").read()
assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
rows = list(csv.reader(text.splitlines(), strict=True))
assert len({len(r) for r in rows}) == 1, "rows of different lengths"
d = [dict(zip(rows[0], r)) for r in rows[1:]]
print(eval(sys.argv[2]))' "$1" "$2"
}
