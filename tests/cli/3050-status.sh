#!/bin/sh
# SPDX-License-Identifier: MIT
# 3050-status.sh - what differs right now, and how old the news are
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

es_init
es_run es status
is "$es_status" 3 'before the first run: exit 3'
ok 'and what to do' like "$(es status 2>&1)" "'etcsnap commit'"
es commit || bail 'the first run failed'
settle
ok 'nothing differs: exit 0' es status
is "$(es status | sed -E 's/[0-9a-f]{7}  20.*/<id>  <time>/
	s/just now|[0-9]+ seconds? ago/<age>/')" \
	'last change  <id>  <time>
last run     <age>
nothing differs from the last change' 'and it says so'
before=$(stat -c %Y "$repo/etcsnap.lock")
sum=$(cd "$work/state" && find . -type f | sort | xargs sha256sum | sha256sum)

echo new >"$root/etc/new.conf"
echo more >>"$root/etc/hosts"
rm "$root/etc/fstab"
touch "$root/etc/hostname"
mv "$root/etc/crontab" "$root/etc/table"
ok 'a difference: exit 1' must_exit 1 es status
is "$(es status | sed 1,2d)" '  removed    /etc/fstab
  touched    /etc/hostname
  changed    /etc/hosts
  added      /etc/new.conf
  renamed    /etc/crontab -> /etc/table' 'names it'
es_run es status --json
is "$es_status" 1 'JSON: exit 1'
cp "$es_out" doc
is "$(json doc 'sorted(d)')" \
	"['age', 'changes', 'channels', 'commit', 'commit_time', 'findings', 'host', 'last_run', 'repository', 'stale', 'unread']" \
	'JSON: keys'
is "$(json doc 'd["commit"], d["repository"], d["stale"], d["unread"]')" \
	"('$(tip)', '$repo', False, 0)" 'JSON: values'
is "$(json doc '[(c["kind"], c["path"]) for c in d["changes"]][:2]')" \
	"[('removed', '/etc/fstab'), ('touched', '/etc/hostname')]" 'JSON: changes'
is "$(json doc '[c["from"] for c in d["changes"] if "from" in c]')" \
	"['/etc/crontab']" 'JSON: a rename'
is "$(cd "$work/state" && find . -type f | sort | xargs sha256sum | sha256sum)" \
	"$sum" 'status writes nothing'
is "$(stat -c %Y "$repo/etcsnap.lock")" "$before" 'and is no run'
ok 'no operand is taken: exit 2' must_exit 2 es status /etc
ok 'the way to one path is told' like "$(es status /etc 2>&1)" 'etcsnap diff'
ok 'csv is none of its forms' must_exit 2 es status --format csv

i=0
while [ "$i" -lt 40 ]; do
	i=$((i + 1))
	: >"$root/etc/many-$i"
done
ok 'of many, twenty are named' like "$(es status)" \
	"^  … 25 more \\('etcsnap diff' shows all\\)\$"
is "$(es status | grep -c '^  [a-z]')" 20 'and no more'
es status --json >doc
is "$(json doc 'len(d["changes"])')" 45 'JSON has all'
es commit

# --- how old -------------------------------------------------------------------
settle
ok '--max-age: young enough' es status --max-age 1h
touch -d '3 hours ago' "$repo/etcsnap.lock"
ok 'too old: exit 1' must_exit 1 es status --max-age 2h
ok 'and told' like "$(es status --max-age 2h)" \
	'^last run     3 hours ago, too long ago$'
ok 'old enough for another' es status --max-age 4h
ok 'without --max-age any age is fine' es status
es status --json --max-age 2h >doc
is "$(json doc 'd["stale"], 10000 < d["age"] < 11000')" '(True, True)' 'JSON'
ok 'an idle run is news' es commit
ok 'although it makes no commit' es status --max-age 2h
for wrong in x -1 5 1q ''; do
	ok "--max-age '$wrong': exit 2" must_exit 2 es status --max-age "$wrong"
done
settle
echo broken >>"$root/etc/hosts"
mv "$work/state/key" key
es_run es commit
touch -d '3 hours ago' "$repo/etcsnap.lock"
mv key "$work/state/key"
ok 'a run that failed is none' must_exit 1 es status --max-age 2h

done_testing
