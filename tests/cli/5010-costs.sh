#!/bin/sh
# SPDX-License-Identifier: MIT
# 5010-costs.sh - what a run costs, counted and not timed
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

# Three trees: "wide" has more files than "small" in as many directories,
# "deep" more directories with as many files in each. What a file and what a
# directory cost are the slopes between them: start-up cancels out. With one
# thread each count is the same every time, to a few instructions in a million.
few=100
many=200
thin=20
fat=60
more_files=$((few * (fat - thin)))
more_dirs=$((many - few))

# Counted by gcc 12.2 -O2, x86_64, Debian 12 (glibc 2.36, SQLite 3.40): the
# ceilings of instructions are 15 % above what they were.
max_file=1200     # instructions of an unchanged file: 1041
max_dir=9150      # of an unchanged directory without its files: 7949
max_commit=480    # 100,000 instructions of a run over 2,000 files: 417
max_version=218   # of etcsnap --version, nearly all of them ld.so's: 190
max_log=229       # of etcsnap log -n 1: 199
max_allocated=5   # allocations per directory: 4.03
max_changed=316   # system calls of a commit of one change over one of none: 275
max_synced=8      # of these those that wait for the disk: 8
max_written=240   # KB that it writes, pages of the state above all: 209

# Those of memory and of SQLite's pages go in steps, and so does the look
# whether the storage is waited for.
steps='brk|clock_gettime|futex|getrusage|madvise|mmap|mprotect|mremap|munmap|pread64'

# use NAME - the tree, the configuration and the repository of that name
use() {
	root=$work/$1/root
	conf=$work/$1/etcsnap.conf
	repo=$work/$1/state/repo.git
}

# make_tree DIRECTORIES FILES - so many files in each of so many directories
make_tree() {
	python3 - "$root" "$1" "$2" <<'END'
import os, sys
root, dirs, files = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for d in range(dirs):
    path = "%s/etc/app%03d" % (root, d)
    os.makedirs(path)
    for f in range(files):
        with open("%s/%02d-part.conf" % (path, f), "w") as out:
            out.write("name = %d\n# of %d\n" % (f, d) * 20)
END
}

# counts ARGUMENT… - see tests/counts.py
counts() {
	python3 "$srcdir/tests/counts.py" "$@"
}

# cost FILE NAME - one number of a file, 0 where it has none
cost() {
	awk -v name="$2" '$1 == name { n = $2 } END { print n + 0 }' "$1"
}

# trace NAME ARGUMENT… - run it under strace, system calls to NAME.calls
trace() {
	local name="$1"

	shift
	strace -ff -qq -y -o "$work/$name.strace" "$ETCSNAP" -c "$conf" \
		--root "$root" "$@" >"$es_out" 2>&1 ||
		bail "under strace: $(tail -n 3 "$es_out")"
	# The C library has several names for fstatat() and fstat().
	counts trace "$name".strace.* |
		sed -E 's/^(new)?fstat(at)?(64)? /stat /' |
		awk '{ n[$1] += $2 } END { for (i in n) print i, n[i] }' |
		sort >"$name.calls"
}

# seen NAME - what there is of a tree and its repository; the time of the lock
# file is that of the last run
seen() {
	find "$work/$1" ! -name etcsnap.lock \
		-printf '%i %T@ %C@ %s %m %p\n' | sort
}

# calls LESS MORE N - what MORE calls over LESS for each of N, on one line
calls() {
	counts slope "$1.calls" "$2.calls" "$3" | grep -vE "^($steps) " |
		tr '\n' ' '
}

# profile NAME ARGUMENT… - run it under callgrind, costs to NAME.cost
profile() {
	local name="$1"

	shift
	valgrind -q --tool=callgrind --compress-strings=no \
		--callgrind-out-file="$work/$name.callgrind" \
		--log-file="$work/$name.log" "$profiled" -c "$conf" \
		--root "$root" "$@" >"$es_out" 2>&1 ||
		bail "under callgrind: $(tail -n 3 "$es_out" "$name.log")"
	counts profile "$name.callgrind" >"$name.cost"
}

# at_most CEILING GOT NAME [FILE…] - passes unless it costs more; FILE is what
# tells where it goes
at_most() {
	local ceiling="$1" got="$2" name="$3"

	shift 3
	es_status=0
	awk -v a="$got" -v b="$ceiling" 'BEGIN { exit !(a <= b) }' ||
		es_status=1
	{
		echo "measured: $got, the ceiling is $ceiling"
		[ $# -eq 0 ] || echo "to see where it goes, run" \
			"'ETCSNAP_TEST_KEEP=1 sh $0' and in what it keeps"
		for es_name; do
			case $es_name in
			*.callgrind) printf 'callgrind_annotate --inclusive=yes' ;;
			*) printf cat ;;
			esac
			echo " $es_name"
		done
	} >"$es_out"
	es_result "$es_status" "$name: $got" at_most "$ceiling"
}

# Why the program cannot be watched; nothing when it can
sanitized() {
	grep -qaE '__(asan|lsan|msan|tsan|ubsan)_' "$ETCSNAP" &&
		echo 'the program is built with a sanitizer'
	case ${LD_PRELOAD-} in
	*vgpreload*) echo 'the program runs under valgrind already' ;;
	esac
}
not_traced() {
	if ! command -v strace >/dev/null; then
		echo 'strace is not installed'
	elif ! strace -o /dev/null true 2>/dev/null; then
		echo 'strace is not allowed here'
	else
		sanitized
	fi
}
not_profiled() {
	if ! command -v valgrind >/dev/null; then
		echo 'valgrind is not installed'
	elif ! valgrind -q --tool=none true >/dev/null 2>&1; then
		echo 'valgrind does not work here'
	else
		sanitized
	fi
}

# valgrind 3.19 gives up on what clang 14 tells debuggers.
profiled=$ETCSNAP
readable() {
	valgrind -q --tool=none "$ETCSNAP" --version >/dev/null 2>&1 && return
	profiled=$work/etcsnap
	strip -g -o "$profiled" "$ETCSNAP"
}

# Instructions are of one architecture and of optimized code.
not_comparable() {
	if [ "$(uname -m)" != x86_64 ]; then
		echo 'the ceilings are those of x86_64'
	elif [ -e "$builddir/src/main.gcno" ] ||
		! grep -qE '^CFLAGS = .*-O2' "$builddir/Makefile"; then
		echo 'the ceilings are those of a build with -O2'
	fi
}

# Libraries make up most of a start.
not_debian() {
	grep -qs '^VERSION_CODENAME=bookworm$' /etc/os-release ||
		echo 'the ceilings are those of the libraries of Debian 12'
}

use small
make_tree $few $thin
use wide
make_tree $few $fat
use deep
make_tree $many $thin
for tree in small wide deep; do
	use $tree
	conf_for_root 'threads = 1'
	es_init
	settle
	es commit
	settle
	[ "$(es -v commit)" = 'no changes' ] || bail "$tree: it is not at rest"
done

# --- system calls ----------------------------------------------------------------
reason=$(not_traced)
if [ -n "$reason" ]; then
	skip "$reason" 14
else
	for tree in small wide deep; do
		use $tree
		seen $tree >$tree.before
		trace $tree commit
		seen $tree >$tree.after
		trace "$tree-full" commit --full
	done
	is "$(calls small wide $more_files)" 'stat 1.0000 ' \
		'an unchanged file costs one stat and nothing else'
	is "$(calls small deep $more_dirs)" \
		"close 1.0000 getdents64 2.0000 openat 1.0000 stat $thin.0000 statx 1.0000 " \
		'an unchanged directory costs five calls'
	counts slope small.calls wide.calls $more_files >gained
	at_most 0.01 "$(cost gained pread64)" 'reads of the state per file'
	for tree in small wide deep; do
		is "$(cost $tree.calls written)" 0 "$tree: not a byte is written"
		ok "$tree: nothing is touched" cmp $tree.before $tree.after
	done
	is "$(grep -E 'sync|link|rename|mkdir|mknod|trunc|alloc|chmod|chown' \
		wide.calls | grep -v '^readlink')" '' \
		'and nothing is asked for that would'
	is "$(calls small-full wide-full $more_files)" \
		'close 1.0000 flistxattr 1.0000 ioctl 1.0000 openat 1.0000 read 1.0000 stat 2.0000 ' \
		'a full run opens and reads each file once'
	use wide
	echo '# changed' >>"$root/etc/app007/07-part.conf"
	settle
	trace changed commit
	counts slope wide.calls changed.calls 1 | grep -v '^written ' >gained
	at_most $max_changed "$(awk '{ n += $2 } END { print n + 0 }' gained)" \
		'calls of a commit of one change' changed.calls
	at_most $max_synced "$(awk '/sync / { n += $2 } END { print n + 0 }' gained)" \
		'calls of it that wait for the disk' changed.calls
	at_most $max_written "$(($(cost changed.calls written) / 1000))" \
		'KB that it writes' changed.calls
	note "$(tr '\n' ' ' <gained)"
fi

# --- instructions and allocations --------------------------------------------------
reason=$(not_profiled)
if [ -n "$reason" ]; then
	skip "$reason" 7
	done_testing
	exit 0
fi
readable
settle
for tree in small wide deep; do
	use $tree
	# What is traced above was a change to one of them.
	es commit
	profile $tree commit
	note "$tree: $(tr '\n' ' ' <$tree.cost)"
done
counts slope small.cost wide.cost $more_files >file.cost
counts slope small.cost deep.cost $more_dirs >dir.cost
# Some buffers are larger when a directory is.
at_most 0.01 "$(cost file.cost allocations)" 'allocations per unchanged file' \
	small.callgrind wide.callgrind
at_most $max_allocated "$(cost dir.cost allocations)" \
	'allocations per unchanged directory' small.callgrind deep.callgrind
reason=$(not_comparable)
if [ -n "$reason" ]; then
	skip "$reason" 5
	done_testing
	exit 0
fi
at_most $max_file "$(cost file.cost instructions)" \
	'instructions per unchanged file' small.callgrind wide.callgrind
at_most $max_dir "$(awk -v files=$thin -v file="$(cost file.cost instructions)" \
	'$1 == "instructions" { print $2 - files * file }' dir.cost)" \
	'instructions per unchanged directory' small.callgrind deep.callgrind
reason=$(not_debian)
if [ -n "$reason" ]; then
	skip "$reason" 3
	done_testing
	exit 0
fi
# git_libgit2_init() takes in every certificate of the machine, as many as it
# has; that is no business of this test.
profile version --version
profile log log -n 1
for run in small:$max_commit version:$max_version log:$max_log; do
	name=${run%%:*}
	at_most "${run#*:}" "$(awk '$1 == "instructions" { n += $2 }
		$1 == "libgit2" { n -= $2 }
		END { printf "%.1f\n", n / 100000 }' "$name.cost")" \
		"100,000 instructions of a start: $name" "$name.callgrind"
done
done_testing
