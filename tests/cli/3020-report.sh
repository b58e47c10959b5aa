#!/bin/sh
# SPDX-License-Identifier: MIT
# 3020-report.sh - a range of runs as people and programs read it
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

host=$(uname -n)
# Ids differ from machine to machine, and so do owners.
normalise() {
	sed -E -e "s,$work,<work>,g" -e "s/\\b$host\\b/<host>/g" \
		-e 's/^(  (from|to  |run ) +)[0-9a-f]{7} /\1<commit> /' \
		-e 's/ by [^ ]+$/ by <user>/' \
		-e 's/(etcsnap (show|diff|restore --at)) [0-9a-f]{7}\b/\1 <commit>/g' \
		-e "s/ $(id -un):$(id -gn)/ <owner>:<group>/" \
		-e "s/(,owner,+)$(id -un) \\($(id -u)\\)/\\1<owner>/" \
		-e "s/(,group,+)$(id -gn) \\($(id -g)\\)/\\1<group>/" \
		-e 's/<masked:[0-9a-f]{8}>/<masked:hmac>/' \
		-e 's/"author": ".*"/"author": "<author>"/'
}

# at DAY TIME - the clock of the runs to come
at() {
	SOURCE_DATE_EPOCH=$(date -d "$1 $2 UTC" +%s)
	export SOURCE_DATE_EPOCH
}

# dated FILE… - all that was written gets a time of its own
dated() {
	touch -h -d '2026-05-02 11:22:33.5 UTC' "$@"
}

# --- a rich scenario -----------------------------------------------------------
es_init
(
	cd "$root/etc" || exit 1
	seq 1 60 >long.conf
	printf '\0\1\2 binary' >small.bin
	printf 'one\n' >"$(printf 'esc\033[31m \377\nname')"
	printf 'a\nb\nc\n' >no-newline
	mkfifo pipe
	mkdir gone && echo 1 >gone/a && echo 2 >gone/b
	echo dir >becomes-dir
	umask 077
	echo 'password = old-secret' >app.conf
	find . -newermt 2026-01-02 -exec touch -h -d '2026-01-01 UTC' {} +
) || bail 'cannot make the tree'
at 2026-05-01 12:00
ok 'the first run' es commit --trigger timer
golden 3020-first.txt es report
golden 3020-first.json sh -c 'sed -E -e "s/\"[0-9a-f]{40}\"/\"<id>\"/g" \
	-e "s/[0-9a-f]{8}-[0-9a-f-]{27}/<uuid>/" -e "s/\"version\": \"[^\"]*\"/\"version\": \"<v>\"/"' \
	<<END
$(es report --json)
END
settle

(
	cd "$root/etc" || exit 1
	echo '192.0.2.7	new' >>hosts
	sed -i 's/^/# /;s/^# 30$/thirty/' long.conf
	seq 1 29 >long.conf && echo thirty >>long.conf && seq 31 60 >>long.conf
	printf '\0\1\3 binary+' >small.bin
	printf 'ELF\0new' >../usr/bin/true
	printf 'two\n' >>"$(printf 'esc\033[31m \377\nname')"
	printf 'a\nb\nC' >no-newline
	printf 'title \033]0;x\007 tab\there \302\205 \342\200\256x\n\r\n' >evil.conf
	printf 'no newline' >short.conf
	seq 1 80 >added.conf
	mkdir new && : >new/empty && ln -s ../target new/link
	rm -r fstab pipe gone becomes-dir
	mkdir becomes-dir && echo in >becomes-dir/file
	rm crontab && ln -s /usr/share/crontab crontab
	mv nginx/conf.d/web.conf nginx/conf.d/site.conf
	mv skel/.profile .profile.moved && chmod 600 .profile.moved
	chmod 600 passwd
	chmod 4755 init.d/cron
	ln -sfn elsewhere alternatives/dangling
	echo 'root:$6$new:20000:0:99999:7:::' >shadow
	echo 'password = new-secret' >app.conf
	dated hosts long.conf small.bin ../usr/bin/true esc* no-newline \
		evil.conf short.conf added.conf new/empty new/link \
		becomes-dir/file crontab alternatives/dangling shadow app.conf \
		hostname
) || bail 'cannot change the tree'
at 2026-05-02 12:00
ok 'the second run' es commit --trigger apt -m 'ticket 7: the new app

with all its changes'
golden 3020-report.txt es report
golden 3020-names.txt es show --no-patch
golden 3020-report.csv es report --format csv
is "$(es report --no-patch --level full)" "$(es show --no-patch)" \
	'report --no-patch'

es report >text
ok 'the header is what it counts' sh -c 'for kind in removed added changed renamed; do
	n=$(grep -c "^\(  -> \)\?/.*  $kind\$" text)
	sed -n 2p text | grep -q " $n $kind" || exit 1
done'
ok 'no secret' unlike "$(cat text; es report --json; es report --format csv)" \
	'new-secret|old-secret|\$6\$'
ok 'no control byte' unlike "$(cat text)" "$(printf '[\001-\010\013-\037\177]')"
ok 'none by UTF-8 either' unlike "$(cat text)" "$(printf '\302\205|\342\200\256')"
is "$(grep -v '^    [-+ @]' text | awk 'length($0) > 100')" '' \
	'our own lines fit into 100 columns'

es report --json >doc
if has_module jsonschema; then
	ok 'JSON: valid by the schema' valid_report doc
else
	skip 'python3-jsonschema is not installed'
fi
is "$(LC_ALL=C tr -d '\n -~' <doc | wc -c)" 0 'JSON: plain ASCII'
is "$(json doc 'd["old"]["time"], d["new"]["epoch"], d["new"]["trigger"]')" \
	"('2026-05-01T12:00:00+00:00', 1777723200, 'apt')" 'JSON: when and why'
is "$(json doc 'd["host"], d["first"], d["schema"]')" "('$host', False, 2)" \
	'JSON: where'
is "$(json doc 'd["commits"]["new"]')" "$(tip)" 'JSON: the ids are witnesses'
is "$(json doc '[(k, v) for k, v in sorted(d["counts"].items()) if k in "added changed entries removed renamed retyped touched total unwatched watched".split()]')" \
	"[('added', 7), ('changed', 11), ('entries', 85), ('removed', 5), ('renamed', 2), ('retyped', 2), ('total', 28), ('touched', 1), ('unwatched', 0), ('watched', 0)]" \
	'JSON: the counts'
is "$(json doc '[l["no_newline"] for c in d["changes"] for h in c.get("content", {}).get("hunks", []) for l in h["lines"] if "no_newline" in l]')" \
	'[True, True]' 'JSON: a missing last newline'

# --- ranges --------------------------------------------------------------------
for day in 03 04 05; do
	settle
	at "2026-05-$day" 12:00
	echo "day $day" >>"$root/etc/hosts"
	dated "$root/etc/hosts"
	es commit --trigger cron || bail 'a run failed'
done
at 2026-05-05 18:00

# adds OPTION… - lines that were added in the range
adds() {
	es report "$@" | sed -n 's/^    +\(day.*\)/\1/p' | tr '\n' ' '
}
is "$(adds)" 'day 05 ' 'by default the last run'
is "$(adds HEAD~1..HEAD)" 'day 05 ' 'A..B'
is "$(adds HEAD~3..HEAD)" 'day 03 day 04 day 05 ' 'a wider one'
is "$(adds HEAD~3..)" 'day 03 day 04 day 05 ' 'A.. ends at the tip'
is "$(adds HEAD~2..HEAD~1)" 'day 04 ' 'in the middle'
is "$(adds @2026-05-03T13:00..HEAD)" 'day 04 day 05 ' 'by times'
is "$(adds --since 2026-05-03T13:00)" 'day 04 day 05 ' '--since'
is "$(adds -s 2d)" 'day 04 day 05 ' '--since two days'
is "$(adds --since yesterday)" 'day 04 day 05 ' '--since yesterday'
is "$(adds --since 2026-05-05T12:00:00)" '' '--since the last run'
is "$(adds --day 2026-05-04)" 'day 04 ' '--day'
is "$(adds --day 2026-05-05)" 'day 05 ' 'today'
is "$(adds --day yesterday)" 'day 04 ' 'yesterday'
is "$(adds --day 2026-05-04T23:00)" 'day 04 ' 'a day is named by any time of it'
is "$(adds --day 2026-05-04T00:00)" 'day 04 ' 'its first second'
is "$(adds --day 1d)" 'day 04 ' 'a day ago'
is "$(adds --day '2 days ago')" 'day 03 ' 'two days ago'
is "$(adds --day now)" 'day 05 ' 'now'
is "$(adds --day 2026-05-06)" '' 'a day without a run'
ok 'that says so' like "$(es report --day 2026-05-06)" 'no changes$'
ok 'the first day is that of the first run' like \
	"$(es report --day 2026-05-01)" "^$host: first run"
is "$(adds --since 2020-01-01)" 'day 03 day 04 day 05 ' \
	'since before the first run: all since then'
ok 'a day before the first run: exit 2' must_exit 2 es report --day 2026-04-30
ok 'and says that there was none' like "$(es report --day 2026-04-30 2>&1)" \
	'no run up to 2026-04-30'
ok 'a range that goes backwards: exit 2' must_exit 2 \
	es report --since 2026-05-04 --until 2026-05-03
ok 'and says so' like "$(es report -s 2026-05-04 -u 2026-05-03 2>&1)" \
	'^etcsnap: --since 2026-05-04 is later than --until 2026-05-03'
ok 'two ranges: exit 2' must_exit 2 es report --day today HEAD~1..HEAD
ok 'a path behind a revision: exit 2' must_exit 2 \
	es report HEAD~1:/etc/hosts..HEAD
ok 'and where it goes is said' like \
	"$(es report HEAD~1..HEAD:/etc/hosts 2>&1)" ' --path PATH$'
ok 'no range: exit 2' must_exit 2 es report HEAD
ok 'and the way to one run is told' like "$(es report HEAD 2>&1)" 'etcsnap show'
ok 'nonsense: exit 2' must_exit 2 es report --since 'once upon a time'
ok 'an unknown format: exit 2' must_exit 2 es report --format pdf
ok 'unknown runs: exit 2' must_exit 2 es report a..b

# --- what is asked for ---------------------------------------------------------
all=$(es report --json | python3 -c \
	'import json, sys; print(json.load(sys.stdin)["counts"]["total"])')
nothing="no changes but $all not asked for"
is "$(es report --tag none | sed 1q)" "$(uname -n): $nothing" \
	'where nothing is, the rest is counted'
ok 'in HTML' like "$(es report --tag none --format html)" \
	"<title>.*: $nothing</title>"

# --- to a file -----------------------------------------------------------------
ok '-o' es report -o out.txt
es report >text
ok 'writes the same' cmp out.txt text
is "$(stat -c %a out.txt)" 600 'for nobody else'
echo old >out.txt && chmod 644 out.txt && ln -s out.txt link.txt
ok '-o over a file' es report --color always --json -o out.txt
is "$(stat -c %a out.txt)" 600 'makes it private'
ok 'and is whole' json out.txt 'd["schema"]'
ok 'without colours' unlike "$(cat out.txt)" "$(printf '\033')"
es_run es report -o nowhere/out.txt
is "$es_status" 3 'a directory that is not there: exit 3'
es_run es report -o nowhere/out.txt
ok 'and says so' like "$(cat "$es_out")" 'nowhere.*No such file'
if [ -w /dev/full ]; then
	es_run sh -c '"$@" >/dev/full' sh "$ETCSNAP" -c "$conf" --root "$root" report
	is "$es_status" 3 'a full disk behind a redirection: exit 3'
else
	skip 'no /dev/full'
fi
ok 'sound to the end' fsck

# --- what only root can do -----------------------------------------------------
if [ "$(id -u)" -eq 0 ]; then
	settle
	chown 1:65534 "$root/etc/group"
	mknod "$root/etc/null" c 1 3
	es commit
	ok 'an owner' like "$(es report)" '^    owner +root \(0\) +\| '
	ok 'a group' like "$(es report)" '^    group +root \(0\) +\| .*\(?65534\)?$'
	ok 'a device' like "$(es report)" '^    char device 0644 root:root 1:3, '
else
	skip 'only root can change owners and make devices' 3
fi


# --- a file ----------------------------------------------------------------------
mkfifo fifo
ok 'what is no regular file is refused' must_exit 3 es report -o "$work/fifo"
ok 'and stays' test -p fifo
done_testing
