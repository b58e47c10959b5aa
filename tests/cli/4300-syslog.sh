#!/bin/sh
# SPDX-License-Identifier: MIT
# 4300-syslog.sh - events by a real rsyslog: local socket, UDP, TCP, TLS
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/servers/servers.sh"
need git rsyslogd /usr/bin/python3
make_certs
modules=$(dirname "$(find /usr/lib /usr/lib64 -name lmnsd_ossl.so 2>/dev/null |
	head -n 1)")
[ -e "$modules/lmnsd_ossl.so" ] || skip_all 'rsyslog-openssl is not installed'

# Four free ports.
ports=$(/usr/bin/python3 - <<'END'
import socket
made = [socket.socket() for _ in range(3)]
for s in made:
    s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in made])
END
)
# shellcheck disable=SC2086
set -- $ports
cat >rsyslog.conf <<END
global(workDirectory="$work" maxMessageSize="16k"
	defaultNetstreamDriverCAFile="$certs/ca.pem"
	defaultNetstreamDriverCertFile="$certs/good.crt"
	defaultNetstreamDriverKeyFile="$certs/good.key"
	parser.escapeControlCharactersOnReceive="on")
module(load="imuxsock" sysSock.use="off")
module(load="imudp")
module(load="imptcp")
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1"
	streamDriver.authMode="anon")
module(load="mmpstrucdata")
input(type="imuxsock" socket="$work/log" useSpecialParser="off" ruleset="all")
input(type="imudp" address="127.0.0.1" port="$1" ruleset="all")
input(type="imptcp" address="127.0.0.1" port="$2" ruleset="all")
input(type="imtcp" address="127.0.0.1" port="$3" ruleset="all")
template(name="row" type="list" option.jsonf="on") {
	property(outname="input" name="inputname" format="jsonf")
	property(outname="facility" name="syslogfacility-text" format="jsonf")
	property(outname="priority" name="syslogseverity" format="jsonf")
	property(outname="time" name="timereported" dateFormat="rfc3339"
		format="jsonf")
	property(outname="host" name="hostname" format="jsonf")
	property(outname="app" name="app-name" format="jsonf")
	property(outname="msgid" name="msgid" format="jsonf")
	property(outname="sd" name="structured-data" format="jsonf")
	property(outname="parsed" name="\$!rfc5424-sd" format="jsonf")
	property(outname="msg" name="msg" format="jsonf")
}
ruleset(name="all") {
	action(type="mmpstrucdata")
	action(type="omfile" file="$work/got" template="row" fileCreateMode="0644")
}
END
rsyslogd -n -f rsyslog.conf -i "$work/rsyslog.pid" >rsyslog.said 2>&1 &
rsyslog=$!
at_end "kill $rsyslog 2>/dev/null; wait $rsyslog 2>/dev/null"
wait_until test -e rsyslog.pid -a -S log ||
	bail "rsyslog does not start: $(cat rsyslog.said)"

conf_for_tree
cat >>"$conf" <<END
[channel here]
type = syslog
url = unix:$work/log
[channel udp]
type = syslog
url = udp://127.0.0.1:$1
facility = local3
[channel tcp]
type = syslog
url = tcp://127.0.0.1:$2
[channel tls]
type = syslog
url = tls://localhost:$3
ca_file = $certs/ca.pem
[channel cef]
type = syslog
format = cef
url = tcp://127.0.0.1:$2
[channel ecs]
type = syslog
format = ecs
url = tls://127.0.0.1:$3
ca_file = $certs/ca.pem
[channel counts]
type = syslog
content = counts
url = unix:$work/log
[channel untrusted]
type = syslog
url = tls://localhost:$3
END
new_tree
es init >/dev/null || bail 'no repository'
es commit || bail 'the first run failed'
ok 'the configuration is good' es config check
strange=$(printf '/etc/a"b]c\\d=e|f\ng\033[31m<13>1 - - - - \374')
mkdir -p "$root/etc/many"
echo x >"$root$strange"
echo y >"$root/etc/caf$(printf '\303\251').conf"
chmod 600 "$root/etc/hosts"
long=$(head -c 240 /dev/zero | tr '\0' '\001')
mkdir -p "$root/etc/$long/$long/$long/$long"
echo z >"$root/etc/$long/$long/$long/$long/$long"
es commit

# all of the seven channels, one with a first word each
wanted=6
# came NUMBER - whether so many events did
came() {
	[ "$(grep -c '"host"' got 2>/dev/null || :)" -ge "$1" ]
}
wait_until came $((wanted * 9))
cat >rows.py <<'END'
import json, re, sys
rows = []
for line in open("got", encoding="utf-8"):
    r = json.loads(line)
    if isinstance(r.get("parsed"), str) and r["parsed"]:
        r["parsed"] = json.loads(r["parsed"])
    r["p"] = (r.get("parsed") or {}).get("etcsnap@32473", {})
    rows.append(r)
def of(channel):
    return [r for r in rows if r["p"].get("channel") == channel]
def news(channel):
    return [r for r in of(channel) if r["msgid"] == "change"]
print(eval(" ".join(sys.argv[1].split("\n"))))
END
rows() {
	/usr/bin/python3 rows.py "$1"
}
for channel in here udp tcp tls; do
	is "$(rows "len(of('$channel')[0]['p']['events'])")" 1 \
		"$channel: a first word"
	n=$(rows "len(news('$channel'))")
	is "$(rows "[r['p']['event'] for r in news('$channel')] ==
		[str(i + 1) for i in range($n)] and
		{r['p']['events'] for r in news('$channel')} == {'$n'}")" True \
		"$channel: all $n events, in their order"
	ok "$channel: there are some" [ "$n" -ge 7 ]
	is "$(rows "{(r['host'], r['app']) for r in of('$channel')} ==
		{('$(uname -n)', 'etcsnap')}")" True "$channel: from whom"
	is "$(rows "{r['p']['id'] for r in news('$channel')}.__len__()")" 1 \
		"$channel: one message, one id"
	is "$(rows "{r['p']['commit'] for r in news('$channel')}")" \
		"{'$(tip)'}" "$channel: the commit"
done
is "$(rows "{r['facility'] for r in of('udp')} | {r['facility'] for r in of('tcp')}
	== {'local3', 'authpriv'}")" True 'the facility'
is "$(rows "sorted((r['p']['old_mode'], r['p']['mode'], r['priority'])
	for r in news('tls') if r['p']['path'].endswith('/etc/hosts'))")" \
	"[('0644', '0600', '5')]" 'attributes and priority'
is "$(rows "sum('\n' in r['msg'] or '\x1b' in r['msg'] for r in rows)")" 0 \
	'no control byte'
is "$(rows "[r['p']['path'].split('/etc/')[1] for r in news('tcp')
	if 'a\"b' in r['p']['path']]")" \
	"['a\"b]c\\\\\\\\d=e|f\\\\ng\\\\x1b[31m<13>1 - - - - \\\\xfc']" \
	'a strange name survives, quoted'
is "$(rows "sorted({(r['p'].get('cut', ''), len(r['p']['path']) > 1000)
	for r in news('tcp') if '\\\\x01' in r['p']['path']})[-1]")" \
	"('1', True)" 'what is too long is cut, and says so'
is "$(rows "all(len(r['sd']) + len(r['msg']) < 2048 for r in news('udp'))")" \
	True 'a datagram is not too long'
is "$(rows "[(r['msgid'], r['p'].get('path'), r['p']['changes'] > '6')
	for r in of('counts') if r['msgid'] == 'report'][1:]")" "[('report', None, True)]" \
	'counts: one event, no path'

# --- CEF and ECS
cat >forms.py <<'END'
import json, re
from datetime import datetime
cef, ecs = [], []
for line in open("got", encoding="utf-8"):
    msg = json.loads(line)["msg"].lstrip()
    if msg.startswith("CEF:"):
        cef.append(msg)
    elif msg.startswith("{"):
        ecs.append(json.loads(msg))
assert len(cef) >= 8 and len(ecs) >= 8, (len(cef), len(ecs))
for line in cef:
    head = re.split(r"(?<!\\)(?:\\\\)*\|", line, maxsplit=7)
    assert len(head) == 8 and head[0] == "CEF:0", line
    assert head[1:3] == ["etcsnap", "etcsnap"] and 0 <= int(head[6]) <= 10
    ext = head[7]
    # a key is a word before "=" that has no backslash in front of it
    keys = re.findall(r"(?:^| )([A-Za-z0-9]+)=", ext)
    assert len(keys) == len(set(keys)), keys
    assert {"rt", "dvchost", "externalId", "act", "msg"} <= set(keys), keys
    for value in re.split(r"(?:^| )[A-Za-z0-9]+=", ext)[1:]:
        assert not re.search(r"(?<!\\)(?:\\\\)*=", value), value
for e in ecs:
    assert e["ecs"]["version"] == "8.11.0"
    datetime.strptime(e["@timestamp"], "%Y-%m-%dT%H:%M:%S.%fZ")
    assert e["event"]["kind"] in ("event", "alert")
    assert set(e["event"]["category"]) <= {"file", "iam", "package", "configuration"}
    assert set(e["event"]["type"]) <= {"creation", "change", "deletion", "info"}
    assert isinstance(e["event"]["severity"], int)
    assert e["host"]["name"] and e["message"]
paths = [e["file"]["path"] for e in ecs if "file" in e]
assert any(p.endswith("/etc/caf\u00e9.conf") for p in paths)
assert len({e["event"]["id"] for e in ecs}) == len(ecs)
print("good")
END
is "$(/usr/bin/python3 forms.py 2>&1)" good 'CEF and ECS are well formed'

# --- when it does not work
ok 'an authority that is not to be trusted: refused' like "$(es status)" \
	'^channel      untrusted: refused, 1 run not yet told, '
ok 'which is a difference' must_exit 1 es status
kill "$rsyslog"
wait "$rsyslog" 2>/dev/null
echo more >>"$root/etc/hosts"
es commit 2>/dev/null
for channel in here tcp tls; do
	ok "$channel: nobody there, kept for later" like "$(es status)" \
		"^channel      $channel: 1 run not yet told, 1 try in vain"
done
before=$(grep -c '"host"' got)
rm -f log rsyslog.pid
rsyslogd -n -f rsyslog.conf -i "$work/rsyslog.pid" >rsyslog.said 2>&1 &
rsyslog=$!
at_end "kill $rsyslog 2>/dev/null; wait $rsyslog 2>/dev/null"
wait_until test -e rsyslog.pid -a -S log ||
	bail 'rsyslog does not start again'
for channel in here tcp tls; do
	ok "$channel: told when somebody is" es notify --channel "$channel"
done
wait_until came $((before + 3))
is "$(rows "[len([r for r in news(c) if r['p']['commit'] == '$(tip)'])
	for c in ('here', 'tcp', 'tls')]")" '[1, 1, 1]' 'once'

# --- what would go
echo again >>"$root/etc/hosts"
es commit --no-notify
ok 'notify -n shows the very events' like "$(es notify -n --channel tcp)" \
	"^<[0-9]+>1 20[^ ]*Z $(uname -n) etcsnap - change \\[etcsnap@32473 "
sed -i 's/^facility = local3/facility = local9/' "$conf"
ok 'no such facility: exit 2' must_exit 2 es config check

done_testing
