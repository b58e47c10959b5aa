#!/bin/sh
# SPDX-License-Identifier: MIT
# 4320-metrics.sh - status for Prometheus and for Nagios
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git /usr/bin/python3

check=$srcdir/contrib/check_etcsnap
new_tree
conf_for_tree
cat >>"$conf" <<END
[channel kept]
type = file
[channel away]
type = syslog
url = unix:$work/nobody
END
es_init
es_run es status --format prometheus
is "$es_status" 3 'before the first run: exit 3'
es commit 2>/dev/null || bail 'the first run failed'
echo more >>"$root/etc/hosts"
echo new >"$root/etc/new.conf"
mkdir -p "$root/etc/x"
: >"$root/etc/x/unowned"
es commit 2>/dev/null

# A strict reader: HELP, TYPE, then samples, each family once.
cat >read.py <<'END'
import re, sys
families, values, now = set(), {}, None
for line in open("metrics", encoding="utf-8"):
    assert line.endswith("\n")
    if line.startswith("# HELP "):
        now = line.split(" ", 3)[2]
        assert now not in families and re.fullmatch(r"etcsnap_[a-z0-9_]+", now)
        families.add(now)
        continue
    if line.startswith("# TYPE "):
        assert line == "# TYPE %s gauge\n" % now
        continue
    label = r'[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"'
    m = re.fullmatch(r"([a-z0-9_]+)(\{%s(?:,%s)*\})? (-?[0-9]+)\n" % (label, label), line)
    assert m and m[1] == now, line
    key = (m[1] + (m[2] or ""))[len("etcsnap_"):]
    assert key not in values, key
    values[key] = int(m[3])
print(eval(" ".join(sys.argv[1].split("\n"))))
END
value() {
	/usr/bin/python3 read.py "$1"
}
ok 'metrics' es status --format prometheus -o metrics
is "$(stat -c %a metrics)" 644 'which others may read'
is "$(value 'sorted(k for k in values if "{" not in k)')" \
	"['items', 'last_commit_duration_seconds', 'last_commit_timestamp_seconds', 'last_run_timestamp_seconds', 'repository_bytes', 'repository_packs', 'unread_paths']" \
	'what there is'
is "$(value 'values["last_commit_changes{kind=\"added\"}"],
values["last_commit_changes{kind=\"changed\"}"], values["unread_paths"]')" \
	'(3, 1, 0)' 'changes of the last run'
is "$(value 'values["channel_backlog_runs{channel=\"away\",type=\"syslog\"}"],
values["channel_attempts{channel=\"away\",type=\"syslog\"}"],
values["channel_backlog_runs{channel=\"kept\",type=\"file\"}"]')" \
	'(1, 1, 0)' 'channels'
is "$(value "values['last_commit_timestamp_seconds']")" \
	"$(git --git-dir="$repo" log -1 --format=%ct)" 'when'
is "$(value "values['repository_packs']")" \
	"$(find "$repo/objects/pack" -name '*.pack' | wc -l)" 'packs'
if command -v promtool >/dev/null; then
	ok 'promtool finds nothing' sh -c 'promtool check metrics <metrics'
else
	skip 'promtool is not installed'
fi
ok 'to standard output' like "$(es status --format prometheus)" \
	'^etcsnap_info\{version="[^"]*"\} 1$'
ok 'nothing is left half-written' sh -c '[ "$(ls -A | grep -c "^.metrics")" -eq 0 ]'
ok 'no live look: exit 2' must_exit 2 es status --format prometheus --full
es status --json >doc
is "$(json doc 'sorted(c["name"] for c in d["channels"])')" \
	"['away', 'kept']" 'JSON has channels'

# --- Nagios
nagios() {
	"$check" -p "$ETCSNAP" "$@" -- -c "$conf"
}
ok 'OK' must_exit 0 nagios
ok 'and says so' like "$(nagios)" \
	'^ETCSNAP OK - last run [0-9]+ s ago, [0-9]+ paths \| age=[0-9]+s;7200;86400;0 findings=0;;;0 unread=0;0;;0 items=[0-9]+;;;0 repository=[0-9]+B;;;0 backlog_kept=0;10;100;0 backlog_away=1;10;100;0$'
ok 'a backlog: WARNING' must_exit 1 nagios -b 0
ok 'a longer one: CRITICAL' must_exit 2 nagios -b 0 -B 0
ok 'which channel' like "$(nagios -b 0)" \
	'^ETCSNAP WARNING - channel away was not told of 1 runs \|'
touch -d '3 hours ago' "$repo/etcsnap.lock"
ok 'an old run: WARNING' must_exit 1 nagios
ok 'a very old run: CRITICAL' must_exit 2 nagios -c 7200
ok 'as old as may be' must_exit 0 nagios -w 20000
ok 'no repository: UNKNOWN' must_exit 3 "$check" -p "$ETCSNAP" -- \
	--repo "$work/none"
ok 'no program: UNKNOWN' must_exit 3 "$check" -p "$work/none"
ok 'no number: UNKNOWN' must_exit 3 "$check" -w x
cat >slow <<'END'
#!/bin/sh
exec sleep 10
END
chmod 755 slow
ok 'no answer: UNKNOWN' must_exit 3 "$check" -t 1 -p ./slow
cat >fake <<'END'
#!/bin/sh
echo 'etcsnap_last_run_timestamp_seconds 9999999999'
echo 'etcsnap_findings_open{check="a",severity="notice"} 3'
echo 'etcsnap_findings_open{check="b",severity="notice"} 4'
echo 'etcsnap_unread_paths 0'
echo 'etcsnap_channel_refused{channel="ops",type="mail"} '"$(cat refused)"
END
chmod 755 fake
echo 0 >refused
ok 'findings without a limit: OK' must_exit 0 "$check" -p ./fake
ok 'findings: WARNING' must_exit 1 "$check" -p ./fake -f 6
ok 'many findings: CRITICAL' must_exit 2 "$check" -p ./fake -f 5 -F 6
ok 'just so many: OK' must_exit 0 "$check" -p ./fake -f 7 -F 8

done_testing
