#!/bin/sh
# SPDX-License-Identifier: MIT
# 4140-channel-kills.sh - who is killed loses nothing: neither we nor a server
#
# KILLS is how often each side is killed. Of all mails that servers took, those
# that tell the same are one message with one id; and each change is in one.
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/servers/servers.sh"

KILLS=${KILLS:-8}
seed=${SEED:-4140}

make_certs
new_tree
mkdir smtp
port=

# serve - start the mail server, on the port that it had
serve() {
	rm -f smtp/ports
	PORT_lazy=$port /usr/bin/python3 "$srcdir/tests/servers/smtp.py" smtp \
		"$certs" lazy >>smtp/said 2>&1 &
	server=$!
	until [ -e smtp/ports ]; do
		kill -0 $server 2>/dev/null || return 1
		sleep 0.01
	done
	port=$(port smtp lazy)
}

# random MAX - a number from 0, to $random
random() {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	random=$((seed / 65536 % $1))
}

# moment - wait for some time that a notify takes
moment() {
	random "$span"
	sleep "$((random / 1000)).$(printf %03d $((random % 1000)))"
}

serve || bail 'no server'
at_end 'kill $server 2>/dev/null; wait $server 2>/dev/null'
conf_for_tree '[report]' 'flap_times = 1000' '[channel ops]' 'type = mail' \
	'to = root@example.org' 'html = none' 'timeout = 5' 'attach = json' \
	"url = smtp://localhost:$port" "ca_file = $certs/ca.pem"
es_init
es commit >said 2>&1 || note "$(cat said)"

# change N - what run N records
change() {
	printf 'change-%s.\n' "$1" >"$root/etc/opt/change-$1"
}

# how long a notify takes here, in milliseconds: kills are spread over that
change 0
es commit --no-notify
began=$(date +%s%N)
es notify
span=$((($(date +%s%N) - began) * 6 / 5000000 + 1))

note "a notify takes $((span * 5 / 6)) ms"

# --- we are killed
run=0
killed=0
while [ "$run" -lt "$KILLS" ]; do
	run=$((run + 1))
	change "$run"
	es commit --no-notify
	"$ETCSNAP" -c "$conf" notify >/dev/null 2>&1 &
	victim=$!
	moment
	kill -9 $victim 2>/dev/null && killed=$((killed + 1))
	wait $victim 2>/dev/null
done
note "$killed of $KILLS runs of notify were killed before their end"

# --- the server is killed
while [ "$run" -lt $((2 * KILLS)) ]; do
	run=$((run + 1))
	change "$run"
	es commit --no-notify
	"$ETCSNAP" -c "$conf" notify >/dev/null 2>>answers &
	victim=$!
	moment
	kill -9 $server 2>/dev/null
	wait $server 2>/dev/null
	wait $victim
	n=0
	until serve; do
		n=$((n + 1))
		[ "$n" -lt 50 ] || bail 'the server does not come back'
		sleep 0.1
	done
done

cut -d: -f1-3 answers | sort | uniq -c | sed 's/^ */# /'
ok 'then there is peace' es notify
ok 'and nothing to tell' es notify
is "$(git_repo rev-parse refs/etcsnap/delivered/main/ops)" "$(tip)" \
	'all is told'
is "$(git_repo for-each-ref refs/etcsnap/sending refs/etcsnap/owed)" '' \
	'nothing is being told'
ok 'the repository is sound' fsck
cat >count.py <<'END2'
import email, email.policy, glob, json, re, sys
runs = int(sys.argv[1])
ids, told, chain, mails = {}, set(), [], 0
for name in glob.glob("smtp/lazy.*"):
    try:
        raw = json.load(open(name))["message"]
    except ValueError:
        continue  # killed while it wrote: it did not say yes
    mails += 1
    m = email.message_from_bytes(raw.encode("latin-1"),
                                 policy=email.policy.default)
    span = m["X-Etcsnap-Old-Commit"], m["X-Etcsnap-Commit"]
    text, report = [p.get_content() for p in m.iter_parts()]
    found = frozenset(int(re.search(r"change-(\d+)$", c["path"])[1])
                      for c in json.loads(report)["changes"]
                      if span[0] and "/change-" in c["path"])
    # one id is one span, which is one text
    was = ids.setdefault(m["Message-ID"], (span, text, report))
    assert was == (span, text, report), (was, span)
    if span[0]:
        told |= found
        chain.append((span, m["Message-ID"], found))
for span, id, found in chain:
    for other, its, there in chain:
        if found == there and found:
            assert id == its, (span, other)
missing = set(range(runs + 1)) - told
assert not missing, missing
print("# %d changes in %d messages, %d of them sent again, none missing" % (
    runs + 1, len(ids), mails - len(ids)))
END2
/usr/bin/python3 count.py "$run" >counted 2>&1
is $? 0 'every change was told, and what was told twice has one id'
cat counted
done_testing
