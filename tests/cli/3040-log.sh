#!/bin/sh
# SPDX-License-Identifier: MIT
# 3040-log.sh - the runs, newest first; of a path, those that touched it
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

host=$(uname -n)
es_init
is "$(es log)" '' 'before the first run there is nothing to list'
ok 'and JSON is an empty list' prints '[]' es log --json

# run DAY COMMAND… - a change, and a run on that day at noon
run() {
	SOURCE_DATE_EPOCH=$((1777636800 + ($1 - 1) * 86400))
	export SOURCE_DATE_EPOCH
	shift
	settle
	(cd "$root/etc" && eval "$*") || bail "cannot $*"
	es commit --trigger "${trigger:-cron}" || bail 'a run failed'
}
run 1 true
run 2 'echo two >>hosts; echo x >x.conf'
run 3 'chmod 640 hosts'
run 4 'mv x.conf y.conf'
trigger=apt run 5 'rm y.conf; echo 5 >>passwd'
run 6 'touch -d 2026-02-02 hosts'
SOURCE_DATE_EPOCH=$((1777636800 + 6 * 86400))

# ids - digits that differ from time to time
ids() {
	sed -E 's/^[0-9a-f]{7} /<id>    /'
}
is "$(es log | ids)" "COMMIT  TIME             TRIGGER WHAT
<id>    2026-05-06 12:00 cron    1 touched: hosts
<id>    2026-05-05 12:00 apt     1 changed, 1 removed: passwd, y.conf
<id>    2026-05-04 12:00 cron    1 renamed: y.conf
<id>    2026-05-03 12:00 cron    1 changed: hosts
<id>    2026-05-02 12:00 cron    1 changed, 1 added: hosts, x.conf
<id>    2026-05-01 12:00 cron    first run: $(git_repo log --format=%B main~5 |
	sed -n 's/^Items: //p') entries watched" 'columns'
is "$(es log | sed 1d | cut -c1-7)" "$(git_repo log --format=%h --abbrev=7)" \
	'ids as git has them'

# days OPTION… - of which days the runs are
days() {
	es log "$@" | sed -n 's/^[0-9a-f]\{7\} 2026-05-0\(.\).*/\1/p' | tr -d '\n'
}
is "$(days)" 654321 'all'
is "$(days -n 2)" 65 '-n 2'
is "$(days -n2)" 65 '-n2'
is "$(days --max-count=1)" 6 '--max-count=1'
is "$(days -n 99)" 654321 '-n 99'
is "$(days --since 2026-05-04)" 654 '--since'
is "$(days --until 2026-05-04)" 321 '--until'
is "$(days --since 2026-05-03 --until '2026-05-05 12:00')" 543 'both'
is "$(days -s 3d)" 65 '-s 3d'
is "$(days -u yesterday -n 2)" 54 'with -n'
is "$(days --since now)" '' 'nothing since now'
for wrong in '-n 0' '-n -1' '-n x' '--since x' '--until 2026-13-01' \
	'--format xml'; do
	# shellcheck disable=SC2086
	ok "$wrong: exit 2" must_exit 2 es log $wrong
done

# --- of a path -----------------------------------------------------------------
# what PATH… - what each of its runs did
what() {
	es log "$@" | sed -n 's/^[0-9a-f]\{7\} 2026-05-0\(.\) [^ ]* [a-z]* */\1 /p'
}
is "$(what /etc/hosts)" '6 touched: mtime
3 changed: mode
2 changed: size, mtime, content
1 added' 'a file, its attributes too'
is "$(what /etc/passwd)" '5 changed: size, mtime, content
1 added' 'another'
is "$(what /etc/x.conf)" '4 renamed to /etc/y.conf
2 added' 'a path that was renamed away'
is "$(what /etc/y.conf)" '5 removed
4 renamed from /etc/x.conf' 'a path that came by the rename and is gone'
is "$(what /etc/x.conf /etc/y.conf)" '5 removed
4 renamed from /etc/x.conf
2 added' 'both paths: a rename'
is "$(what /etc/fstab)" '1 added' 'a path that never changed'
is "$(what /etc/nowhere)" '' 'a path that never was'
is "$(what /etc | sed 's/[0-9]* paths$/N paths/')" '6 touched: mtime
5 N paths
4 renamed from /etc/x.conf
3 changed: mode
2 N paths
1 N paths' 'a directory: all below it'
is "$(what -n 1 /etc/passwd)" '5 changed: size, mtime, content' '-n counts its runs'
is "$(what -n 1 --until 2026-05-04 /etc/hosts)" '3 changed: mode' 'with a time'

# --- JSON and CSV --------------------------------------------------------------
es log --json >doc
is "$(json doc 'len(d), sorted(d[0])')" \
	"(6, ['author', 'commit', 'run', 'subject', 'time', 'trigger', 'what'])" \
	'JSON: columns'
is "$(json doc 'd[0]["commit"], d[0]["time"], d[1]["trigger"]')" \
	"('$(tip)', '2026-05-06T12:00:00+00:00', 'apt')" 'JSON: values'
is "$(json doc 'd[1]["subject"]')" \
	"1 changed, 1 removed on $host: passwd, y.conf" 'JSON: the whole subject'
es log --format csv >table
is "$(csv table '[list(r.values())[:3] for r in d][1][1:]')" \
	"['2026-05-05T12:00:00+00:00', 'apt']" 'CSV'
is "$(csv table 'len(d)')" 6 'CSV: rows'
es log --json /etc/hosts >doc
is "$(json doc '[r["what"] for r in d][0]')" 'touched: mtime' 'JSON: of a path'
run 7 'mkdir -p new.d/sub; : >new.d/a; : >new.d/sub/b; : >new.e; echo 7 >>hosts'
ok 'a new directory stands for all that is in it' like "$(es log -n 1)" \
	'1 changed, 5 added: hosts, new\.d, new\.e$'
run 8 'rm -r new.d'
ok 'as does one that went' like "$(es log -n 1)" '4 removed: new\.d$'
ok 'a pipe that closes early' sh -c '"$@" | head -n 1' sh "$ETCSNAP" -c "$conf" \
	--root "$root" log

done_testing
