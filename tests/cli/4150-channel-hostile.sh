#!/bin/sh
# SPDX-License-Identifier: MIT
# 4150-channel-hostile.sh - secrets, hostile names, full disks; reports as files
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/servers/servers.sh"

make_certs
start_server smtp
printf 'secret-pass\n' >password
chmod 600 password
new_tree

# mails SERVER [LINE…] - what the channel is
mails() {
	local server="$1"

	shift
	conf_for_tree '[report]' 'flap_times = 1000' '[channel ops]' \
		'type = mail' 'to = root@example.org' \
		'timeout = 1' "url = smtp://localhost:$(port smtp "$server")" \
		"ca_file = $certs/ca.pem" "$@"
}

# mark NAME - the commit of a mark, empty without
mark() {
	git_repo rev-parse -q --verify "refs/etcsnap/$1" || :
}

mails good
es_init
es commit || bail 'no first run'

# --- what anybody sees
# whoever is no root cannot look into a process that gave up its rights
if [ "$(id -u)" -eq 0 ] && strace -o trace true 2>/dev/null; then
	mails good 'user = user' 'auth = plain' \
		"password_file = $work/password" 'subject = hush-subject'
	echo hush-content >"$root/etc/motd"
	es commit --no-notify
	# the leak sanitizer traces, too
	ASAN_OPTIONS="detect_leaks=0:$ASAN_OPTIONS" \
		strace -f -s 100000 -o trace \
		-e trace=execve,write,sendto,sendmsg,writev \
		"$ETCSNAP" -c "$conf" notify ||
		note "exit status $?"
	grep -E 'execve\(' trace >execs
	ok 'a program of its own sends' grep -q 'etcsnap-send"\]' execs
	ok 'no secret in arguments or environment' \
		unlike "$(cat execs)" 'secret-pass|hush'
	grep -E 'sendto\(|sendmsg\(|writev\(|write\([0-9]+, "(EHLO|STARTTLS|MAIL)' \
		trace >network
	ok 'the network is used' like "$(cat network)" STARTTLS
	ok 'nothing is sent before TLS' unlike "$(cat network)" \
		'secret-pass|hush|MAIL FROM|RCPT TO|AHVzZXIA'
	ok 'and it was sent' grep -q hush-content smtp/good.*
else
	skip 'strace cannot be used here' 5
fi

# --- a host of a hostile name
if [ "$(id -u)" -eq 0 ] && unshare -u true 2>/dev/null; then
	for host in 'a
Bcc: x@evil.example' 'web 1<b>é' '..' 'x.'; do
		mails good
		echo "on $host" >>"$root/etc/motd"
		before=$(find smtp -name 'good.*' | wc -l)
		HOST=$host unshare -u sh -c 'printf %s "$HOST" \
			>/proc/sys/kernel/hostname; exec "$@"' sh \
			"$ETCSNAP" -c "$conf" commit
		HOST=$host N=$((before + 1)) ok 'a hostile name of a host' \
			/usr/bin/python3 -c '
import email, email.policy, json, os
j = json.load(open("smtp/good." + os.environ["N"]))
m = email.message_from_bytes(j["message"].encode("latin-1"),
                             policy=email.policy.default)
assert m["Bcc"] is None and len(m.get_all("To")) == 1
assert j["to"] == ["root@example.org"], j["to"]
assert m["X-Etcsnap-Host"].split()[0] == (
    os.environ["HOST"].split("\n")[0].split()[0] if "\n" not in
    os.environ["HOST"] else m["X-Etcsnap-Host"].split()[0])
for name, value in m.items():
    assert not value.defects, (name, value, value.defects)'
	done
else
	skip 'the name of the host cannot be changed here' 4
fi

# --- hostile paths
mails good 'subject = {{#report.changes}}{{path}}{{/report.changes}}'
name=$(printf 'a\nBcc: y@evil.example\n\nbody\r\n.\r\n')
: >"$root/etc/opt/$name"
before=$(find smtp -name 'good.*' | wc -l)
ok 'a hostile path' es commit
N=$((before + 1)) ok 'is only a subject' /usr/bin/python3 -c '
import email, email.policy, json, os
j = json.load(open("smtp/good." + os.environ["N"]))
m = email.message_from_bytes(j["message"].encode("latin-1"),
                             policy=email.policy.default)
assert m["Bcc"] is None and "evil" in m["Subject"], m["Subject"]
assert len(m["Subject"].splitlines()) == 1'

# --- files
conf_for_tree '[report]' 'flap_times = 1000' '[channel kept]' 'type = file' \
	'keep = 2'
es commit
for n in 1 2 3; do
	echo "kept $n" >>"$root/etc/motd"
	SOURCE_DATE_EPOCH=$(($(date +%s) + n)) es commit
done
is "$(es report --list | wc -l)" 2 'as many reports as are to be kept'
id=$(es report --list | head -n 1 | cut -d' ' -f1)
ok 'the newest is first' like "$(es report --list "$id")" 'kept 3'
ok 'as JSON' es report --list "$id" --json
es report --list "$id" --json >report.json
is "$(json report.json 'd["counts"]["total"]')" 1 'that can be read'
ok 'no such report' must_exit 2 es report --list 1999
# what is no news has names of its own
news() {
	find state/reports ! -name '*-test.*' ! -name '*-again.*' -type f \
		-exec cksum {} + | sort
}
before=$(news)
ok 'a test' es notify --test kept
ok 'what was told, again' es notify --resend HEAD
is "$(news)" "$before" 'leave what is kept as it is'
ok 'are kept beside it' test -e "state/reports/$id-test.txt" -a \
	-e "state/reports/$id-again.txt"
not_ok 'where a report is asked for it comes' \
	like "$(es report --list "$id")" 'This is a test'
ok 'and listed' like "$(es report --list "$id-test")" 'This is a test'
# names that are not quite a report's
mkdir -p web/2023.json
for name in 2024-summary.json 2024-summary.html 2024-summary.txt \
	1password-export.json 20010101T000000Z-abcdef1.txt \
	20010101T000000Z-abcdef.json 20010101T000000Z-abcdef12.json \
	20010101T000000Z-abcdef1-mine.json; do
	echo mine >"web/$name"
done
echo old >web/20010101T000000Z-abcdef2.json
find web | sort | grep -v abcdef2 >others
conf_for_tree '[report]' 'flap_times = 1000' '[channel kept]' 'type = file' \
	"dir = $work/web" 'keep = 1'
es notify
for n in 4 5; do
	echo "kept $n" >>"$root/etc/motd"
	SOURCE_DATE_EPOCH=$(($(date +%s) + n)) es commit
done
is "$(find web | sort | grep -v '/20[2-9][0-9]*T')" "$(cat others)" \
	'of what lies in its folder a channel removes old reports alone'
is "$(es report --list | wc -l)" 1 'and lists its own'
if [ "$(id -u)" -eq 0 ] && mkdir full &&
	mount -t tmpfs -o size=64k none full 2>/dev/null; then
	at_end 'umount "$work/full" 2>/dev/null'
	conf_for_tree '[report]' 'flap_times = 1000' '[channel kept]' \
		'type = file' "dir = $work/full/reports" \
		'[channel ops]' 'type = exec' 'run = /bin/true'
	es commit
	head -c 100000 /dev/zero >full/zero 2>/dev/null
	echo full >>"$root/etc/motd"
	was=$(mark delivered/main/kept)
	ok 'a full disk is no failure of the run' es commit
	is "$(mark delivered/main/kept) $(mark delivered/main/ops)" \
		"$was $(tip)" 'and of no other channel'
	not_ok 'but of notify' es notify
	rm full/zero
	ok 'when there is room' es notify
	is "$(mark delivered/main/kept)" "$(tip)" 'it is written'
	ok 'whole' like "$(cat full/reports/*.txt)" full
	is "$(find full -name '*.json' | wc -l)" \
		"$(find full -name '*.txt' | wc -l)" 'with all its forms'
else
	skip 'no file system can be mounted here' 6
fi

# --- no channel: reports are kept where the repository has its usual place
repo=$work/state/etcsnap/repo.git
conf_for_tree
es_init
es commit
echo more >>"$root/etc/motd"
es commit
is "$(es report --list | wc -l)" 2 'reports are kept without any channel'
done_testing
