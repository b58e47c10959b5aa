#!/bin/sh
# SPDX-License-Identifier: MIT
# 3320-many.sh - reports of many changes cost by their number, and stay short
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

# The most of the three numbers of changes; the others are a half and a quarter.
MANY=${MANY:-240}

# make_runs N - two runs that differ in a line of each of N files
make_runs() {
	root=$work/$1/root
	conf=$work/$1/etcsnap.conf
	repo=$work/$1/state/repo.git
	mkdir -p "$root/etc"
	conf_for_root '[files]' 'defaults = no' 'include = /etc'
	es_init
	for run in 1 2; do
		python3 - "$root/etc" "$1" "$run" <<'END'
import os, sys
where, n, run = sys.argv[1], int(sys.argv[2]), sys.argv[3]
for i in range(n):
    path = "%s/app%03d/%02d.conf" % (where, i // 20, i % 20)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as out:
        out.writelines("option%d = %d\n" % (k, i) for k in range(20))
        out.write("state = %d of run %s\n" % (i, run))
    os.utime(path, (1777600000, 1777600000 + int(run)))
END
		settle
		es commit || bail 'a run failed'
	done
}

# cost N FORM - instructions of the report on N changes
cost() {
	valgrind -q --tool=callgrind --callgrind-out-file="$work/out.callgrind" \
		"$work/stripped" -c "$work/$1/etcsnap.conf" --root "$work/$1/root" \
		report --format "$2" >"$es_out" 2>&1 ||
		bail "under callgrind: $(tail -n 3 "$es_out")"
	awk '$1 == "totals:" || $1 == "summary:" { n = $2 } END { print n }' \
		"$work/out.callgrind"
}

# Why the program cannot be watched; nothing when it can
not_profiled() {
	command -v valgrind >/dev/null || echo 'valgrind is not installed'
	valgrind -q --tool=none true >/dev/null 2>&1 ||
		echo 'valgrind does not work here'
	! grep -qaE '__(asan|lsan|msan|tsan|ubsan)_' "$ETCSNAP" ||
		echo 'the program is built with a sanitizer'
	case ${LD_PRELOAD-} in
	*vgpreload*) echo 'the program runs under valgrind already' ;;
	esac
}

a=$((MANY / 4)) b=$((MANY / 2)) c=$MANY
for n in $a $b $c; do
	make_runs "$n"
done

# --- as many again cost as much again ----------------------------------------------
why=$(not_profiled | head -n 1)
# valgrind 3.19 gives up on what clang 14 tells debuggers.
strip -g -o stripped "$ETCSNAP"
for form in html json; do
	if [ -n "$why" ]; then
		skip "$why"
		continue
	fi
	low=$(cost "$a" "$form") middle=$(cost "$b" "$form") high=$(cost "$c" "$form")
	note "$form: $low, $middle and $high instructions for $a, $b and $c changes"
	ok "$form: linear in the number of changes" test \
		$((high - middle)) -le $(((middle - low) * 5 / 2))
done

# --- what is capped ----------------------------------------------------------------
for n in $b $c; do
	root=$work/$n/root conf=$work/$n/etcsnap.conf
	es report -o "$work/$n.txt" || bail 'no report'
	es report --json -o "$work/$n.json" || bail 'no report'
done
is "$(wc -l <"$c.txt")" "$(wc -l <"$b.txt")" \
	'the text does not grow with the number of changes'
ok 'it says how many there are more' grep -qE \
	"^  … and $((c - 100)) more changes: etcsnap show [0-9a-f]{7}\$" "$c.txt"
ok 'and in the list of the first screen' grep -qE \
	"^  … and $((c - 15)) more: etcsnap show [0-9a-f]{7}\$" "$c.txt"
is "$(json "$c.json" 'len(d["changes"]), d["limits"]["changes_dropped"]')" \
	"($c, 0)" 'JSON has all of them'
es show >all
is "$(grep -c '^/etc/app.*  changed$' all)" "$c" 'and show tells all of them'
done_testing
