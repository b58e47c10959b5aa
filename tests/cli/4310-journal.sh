#!/bin/sh
# SPDX-License-Identifier: MIT
# 4310-journal.sh - events for systemd's journal: the protocol, a real journal
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git /usr/bin/python3

# A receiver that decodes the protocol by itself; it ends when told to.
cat >receiver.py <<'END'
import array, json, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("socket")
s.settimeout(60)
out = open("got", "w")
while True:
    data, control, _, _ = s.recvmsg(1 << 18, socket.CMSG_SPACE(4))
    if data == b"end":
        break
    sealed = None
    for level, kind, value in control:
        fd = array.array("i", value[:4])[0]
        assert not data and kind == socket.SCM_RIGHTS
        sealed = __import__("fcntl").fcntl(fd, 1034)
        data = os.pread(fd, 1 << 28, 0)
    row = {"sealed": sealed, "length": len(data)}
    while data:
        name, _, rest = data.partition(b"\n")
        if b"=" in name:
            key, _, value = name.partition(b"=")
            data = rest
        else:
            key, n = name, int.from_bytes(rest[:8], "little")
            value, data = rest[8:8 + n], rest[8 + n:]
            assert data[:1] == b"\n"
            data = data[1:]
        assert key.isascii() and key.decode().replace("_", "A").isupper(), key
        assert key.decode() not in row, key
        row[key.decode()] = value.decode("latin-1")
    print(json.dumps(row), file=out, flush=True)
END
/usr/bin/python3 receiver.py 2>receiver.said &
receiver=$!
at_end "kill $receiver 2>/dev/null; wait $receiver 2>/dev/null"
wait_until test -S socket || bail 'the receiver does not start'

new_tree
conf_for_tree
cat >>"$conf" <<END
[channel journal]
type = journal
url = unix:$work/socket
END
es_init
es commit || bail 'the first run failed'
name=$(printf 'a\nMESSAGE=forged\nPRIORITY=0\nb')
echo x >"$root/etc/$name"
chmod 600 "$root/etc/hosts"
ok 'two changes' es commit
cat >look.py <<'END'
import json, sys
rows = [json.loads(l) for l in open("got")][1:]
by = {r.get("ETCSNAP_PATH", "").rsplit("/etc/", 1)[-1]: r for r in rows}
print(eval(sys.argv[1]))
END
look() {
	/usr/bin/python3 look.py "$1"
}
ok 'and a first word' like "$(cat got)" \
	'"MESSAGE_ID": "f376d33352334ff3a5ccd03f301f1c2d"'
is "$(look '[(r["ETCSNAP_KIND"], r["PRIORITY"], r["SYSLOG_IDENTIFIER"],
r["ETCSNAP_MODE"], r["ETCSNAP_OLD_MODE"]) for r in [by["hosts"]]]')" \
	"[('changed', '5', 'etcsnap', '0600', '0644')]" 'fields'
is "$(look '{(r["MESSAGE_ID"], r["ETCSNAP_COMMIT"], r["ETCSNAP_HOST"],
r["ETCSNAP_CHANNEL"]) for r in rows}')" \
	"{('ebb651e4870a401d9f59535bf7c06956', '$(tip)', '$(uname -n)', 'journal')}" \
	'what all of them have'
is "$(look '[r["ETCSNAP_PATH"].split("/etc/")[1] for r in rows if "forged" in
r["ETCSNAP_PATH"]]')" "['a\\nMESSAGE=forged\\nPRIORITY=0\\nb']" \
	'a line feed in a name makes no field'
ok 'notify -n shows them' like \
	"$(echo y >>"$root/etc/hosts"; es commit --no-notify; es notify -n)" \
	'^PRIORITY=[0-7] MESSAGE=.*/etc/hosts changed .* ETCSNAP_KIND=changed '
es notify
/usr/bin/python3 -c '
import socket
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"end", "socket")'
wait "$receiver"
is "$?$(cat receiver.said)" 0 'the receiver understood all'
echo z >>"$root/etc/hosts"
es commit 2>/dev/null
ok 'nobody there: kept for later' like "$(es status)" \
	'^channel      journal: 1 run not yet told, 1 try in vain'

# --- a real journal, in a mount namespace of its own
daemon=
for i in /lib/systemd/systemd-journald /usr/lib/systemd/systemd-journald; do
	[ ! -x "$i" ] || daemon=$i
done
[ -n "$daemon" ] && command -v journalctl >/dev/null &&
	[ "$(id -u)" -eq 0 ] && [ -s /etc/machine-id ] &&
	unshare -m mount -t tmpfs none /run 2>/dev/null || {
	skip 'no journal can be started here' 3
	done_testing
	exit
}
export daemon ETCSNAP conf
cat >real.sh <<'END'
mount -t tmpfs none /run && mount -t tmpfs none /var/log || exit 9
mkdir -p /run/systemd /run/log/journal
"$daemon" etest >daemon.said 2>&1 &
pid=$!
trap 'kill $pid; wait $pid' EXIT
i=0
until [ -S /run/systemd/journal.etest/socket ] || [ "$i" -gt 2500 ]; do
	i=$((i + 1))
	sleep 0.02
done
sed -i 's|^url = .*|url = unix:/run/systemd/journal.etest/socket|' "$conf"
"$ETCSNAP" -c "$conf" notify || exit 8
i=0
until journalctl -D "$(find /run/log /var/log -name '*.etest')" -o json -a \
	MESSAGE_ID=ebb651e4870a401d9f59535bf7c06956 >real 2>said &&
	[ -s real ] || [ "$i" -gt 1000 ]; do
	i=$((i + 1))
	sleep 0.05
done
END
unshare -m sh real.sh
is "$?" 0 'the journal took it'
if [ ! -s real ]; then
	skip "the journal keeps nothing here: $(tail -n 1 daemon.said)" 2
else
	is "$(/usr/bin/python3 -c '
import json
r = json.loads(open("real").readline())
print(r["ETCSNAP_KIND"], r["ETCSNAP_PATH"].endswith("/etc/hosts"),
	r["PRIORITY"] in "456", r["SYSLOG_FACILITY"])')" \
		'changed True True 10' 'and gives it back by its MESSAGE_ID'
	is "$(wc -l <real)" 1 'once'
fi

done_testing
