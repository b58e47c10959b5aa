#!/bin/sh
# SPDX-License-Identifier: MIT
# 3010-diff.sh - what differs between two runs, or between a run and now
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

es_init
es_run es diff
is "$es_status" 3 'before the first run there is nothing to compare with'
ok 'and it says what to do' like "$(es diff 2>&1)" "'etcsnap commit'"
es commit || bail 'the first run failed'
settle
ok 'nothing differs: exit 0' es diff
ok 'and it says so' like "$(es diff)" ': no changes$'

echo '192.0.2.1 one' >>"$root/etc/hosts"
ok 'a change: exit 1' must_exit 1 es diff
ok 'shows it' like "$(es diff)" '^    \+192\.0\.2\.1 one$'
ok 'and from what to what' like "$(es diff | sed -n 4p)" '^  to    live     20'
is "$(git_repo count-objects | cut -d' ' -f1)" 0 'and writes nothing'
ok 'diff --no-patch' unlike "$(es diff --no-patch)" 'one$'
es commit
settle
chmod 600 "$root/etc/passwd"
es commit
settle
echo '192.0.2.2 two' >>"$root/etc/hosts"

# --- operands ------------------------------------------------------------------
# told OPTION… - paths that the difference names
told() {
	es diff --json "$@" >doc
	[ $? -le 1 ] && json doc '" ".join(c["path"] for c in d["changes"])'
}
is "$(told)" '/etc/hosts' 'tip against the live system'
is "$(told HEAD)" '/etc/hosts' 'the same by name'
is "$(told HEAD~1)" '/etc/hosts /etc/passwd' 'an older run against it'
is "$(told HEAD~1 HEAD)" '/etc/passwd' 'two runs'
is "$(told HEAD~2 HEAD)" '/etc/hosts /etc/passwd' 'further apart'
is "$(told HEAD HEAD~1)" '/etc/passwd' 'backwards'
ok 'is backwards' like "$(es diff HEAD HEAD~1)" '^    mode +0600 +\| 0644$'
is "$(told HEAD HEAD)" '' 'a run with itself'
ok 'does not differ' es diff HEAD HEAD
is "$(told HEAD~2 HEAD /etc/passwd)" '/etc/passwd' 'only a path'
is "$(told HEAD~2 HEAD -- /etc/passwd)" '/etc/passwd' 'after two dashes'
is "$(told /etc/hosts)" '/etc/hosts' 'a path alone'
is "$(told /etc)" '/etc/hosts' 'all below a directory'
is "$(told /etc/)" '/etc/hosts' 'with a slash'
is "$(told /)" '/etc/hosts' 'all below all'
is "$(told /etc/passwd)" '' 'a path that does not differ'
ok 'exit 0' es diff /etc/passwd
is "$(told HEAD~2 HEAD /etc/pass /etc/host)" '' 'no path by half a name'
is "$(told HEAD~2 HEAD /etc/passwd /etc/hosts)" '/etc/hosts /etc/passwd' 'two'
is "$(cd "$root/etc" && es diff --json -- hosts |
	python3 -c 'import json, sys; print(len(json.load(sys.stdin)["changes"]))')" 0 \
	'a relative path is meant from here'
ok 'of an unknown revision: exit 2' must_exit 2 es diff nowhere
ok 'the message is about it' like "$(es diff nowhere 2>&1)" "no run 'nowhere'"
ok 'a path behind a revision: exit 2' must_exit 2 \
	es diff HEAD:/etc/hosts HEAD:/etc/long.conf
ok 'and where it goes is said' like \
	"$(es diff HEAD HEAD:/etc/hosts 2>&1)" 'REV REV PATH$'
ok 'an unknown option: exit 2' must_exit 2 es diff --nowhere
ok 'an unknown format: exit 2' must_exit 2 es diff --format xml
touch -d '2026-01-01 00:00:00 UTC' "$root/etc/fstab"
printf 'X' | dd of="$root/etc/fstab" conv=notrunc 2>/dev/null
touch -d '2026-01-01 00:00:00 UTC' "$root/etc/fstab"
is "$(told --full)" '/etc/fstab /etc/hosts' '--full finds what hides its time'

# --- JSON and CSV --------------------------------------------------------------
odd=$(printf '%s/etc/odd \377\nname' "$root")
echo odd >"$odd"
printf 'a,b "c"\n' >"$root/etc/=cmd,\"q\""
rm "$root/etc/crontab"
ln -sfn elsewhere "$root/etc/localtime"
mv "$root/etc/cron.d/backup" "$root/etc/cron.d/saved"
echo new >"$root/etc/shadow"
echo 'not the same' >"$root/usr/bin/true"
chmod 4755 "$root/usr/local/bin/backup"
es_run es diff --json
is "$es_status" 1 'JSON: exit 1'
cp "$es_out" doc
if has_module jsonschema; then
	ok 'JSON: valid by the schema' valid_report doc
	es diff --json HEAD~1 HEAD >other
	ok 'JSON: of two runs, too' valid_report other
	es diff --json HEAD HEAD >other
	ok 'JSON: and of none' valid_report other
else
	skip 'python3-jsonschema is not installed' 3
fi
is "$(json doc 'd["counts"]["total"] == len(d["changes"])')" True 'JSON: counts'
is "$(json doc 'sorted(c["path"] for c in d["changes"]) == [c["path"] for c in d["changes"]]')" \
	True 'JSON: sorted'
is "$(json doc '[c["path_b64"] for c in d["changes"] if "path_b64" in c]')" \
	"['$(printf '/etc/odd \377\nname' | base64)']" 'JSON: exact bytes of a path'
is "$(json doc 'd["new"]["live"], d["old"]["live"], d["new"]["commit"]')" \
	'(True, False, None)' 'JSON: which side lives'
is "$(json doc '[c["content"]["state"] for c in d["changes"] if c["path"] == "/etc/shadow"]')" \
	"['secret']" 'JSON: a secret'
ok 'JSON: of which nothing else is told' unlike \
	"$(json doc '[c for c in d["changes"] if c["path"] == "/etc/shadow"]')" \
	'digest|new$|[0-9a-f]{64}'
is "$(json doc '[(c["old_digest"][:7], len(c["new_digest"])) for c in d["changes"] if c["path"] == "/usr/bin/true"]')" \
	"[('sha256:', 71)]" 'JSON: digests'
is "$(json doc '[(c["from"], c["kind"]) for c in d["changes"] if "from" in c]')" \
	"[('/etc/cron.d/backup', 'renamed')]" 'JSON: a rename'

es diff --format csv >table
is "$(csv table 'list(d[0])')" "['path', 'kind', 'attribute', 'old', 'new', 'severity', 'package', 'explanation']" \
	'CSV: columns'
is "$(csv table 'sorted({r["path"] for r in d if r["kind"] == "added"})')" \
	"['/etc/=cmd,\"q\"', '/etc/odd \\\\xff\\\\nname']" 'CSV: odd names'
is "$(csv table '[(r["old"], r["new"]) for r in d if r["path"] == "/etc/hosts" and r["attribute"] == "size"]')" \
	"[('94', '108')]" 'CSV: numbers'
is "$(csv table '[(r["old"], r["new"]) for r in d if r["attribute"] == "path"]')" \
	"[('/etc/cron.d/backup', '/etc/cron.d/saved')]" 'CSV: a rename'
is "$(csv table '[(r["old"], r["new"]) for r in d if r["path"].endswith("/backup") and r["attribute"] == "mode"]')" \
	"[('0755', '4755')]" 'CSV: a mode'
is "$(csv table '[len(r["new"]) for r in d if r["path"] == "/usr/bin/true" and r["attribute"] == "content"]')" \
	'[71]' 'CSV: a digest'
is "$(csv table '[(r["old"], r["new"]) for r in d if r["path"] == "/etc/shadow" and r["attribute"] == "content"]')" \
	"[('', '')]" 'CSV: none of a secret'
is "$(csv table '[(r["old"], r["new"]) for r in d if r["attribute"] == "target"]')" \
	"[('/usr/share/zoneinfo/UTC', 'elsewhere')]" 'CSV: a link'
is "$(csv table 'any(v[:1] in "=+@-" and v for r in d for v in r.values())')" \
	False 'CSV: no formula'

es diff >text
ok 'text names all of them' sh -c 'grep -qx "/etc/odd .xff.nname  added" text &&
	grep -qx "/etc/=cmd,\"q\"  added" text &&
	grep -qx "/etc/crontab  removed" text'
ok 'and no line is broken' unlike "$(cat text)" "$(printf '[\001-\010\013-\037\177]')"
ok 'a commit records just that' es commit --full
ok 'so that nothing differs any more' es diff
es diff --no-patch HEAD~1 HEAD >after
is "$(grep -c '^\(  -> \)\?/.*  [a-z ]*$' after)" "$(es diff --json HEAD~1 HEAD >doc; json doc 'd["counts"]["total"]')" \
	'text and JSON tell as many'
ok 'sound to the end' fsck

done_testing
