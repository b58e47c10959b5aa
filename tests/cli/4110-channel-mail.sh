#!/bin/sh
# SPDX-License-Identifier: MIT
# 4110-channel-mail.sh - what a channel of type mail tells, from run to mailbox
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/servers/servers.sh"

make_certs
start_server smtp
printf 'secret-pass\n' >password
chmod 600 password

# channel SERVER [LINE…] - the channel "ops" tells this server
channel() {
	local server="$1"

	shift
	conf_for_tree '[report]' 'flap_times = 100' '[channel ops]' \
		'type = mail' 'prefix = [ops]' 'html = none' 'timeout = 3' \
		"url = smtp://localhost:$(port smtp "$server")" \
		"ca_file = $certs/ca.pem" "$@"
}

# clock TIME - what time it is; runs are hours apart
clock() {
	SOURCE_DATE_EPOCH=$(date -u -d "$1" +%s)
	export SOURCE_DATE_EPOCH
}

# change TEXT - a line more in a file, and a run
change() {
	echo "$1" >>"$root/etc/motd"
	es commit >said 2>&1
}

# taken SERVER - how many mails it took
taken() {
	find smtp -name "$1.*" | wc -l
}

# mark NAME - the commit of a mark, empty without
mark() {
	git_repo rev-parse -q --verify "refs/etcsnap/$1" || :
}

# look SERVER N PYTHON - mail is the N-th mail and what was said of it, m it
# parsed, text its plain text, raw all of it
cat >look.py <<'END2'
import email, email.policy, json, os, re, sys
mail = json.load(open("smtp/%s.%s" % tuple(sys.argv[1:3])))
raw = mail["message"]
m = email.message_from_bytes(raw.encode("latin-1"),
                             policy=email.policy.default)
text = m.get_body(("plain",)).get_content().replace("\r\n", "\n")
def other(n):
    j = json.load(open("smtp/%s.%s" % (sys.argv[1], n)))
    return email.message_from_bytes(j["message"].encode("latin-1"),
                                    policy=email.policy.default)
exec(sys.argv[3])
END2
look() {
	/usr/bin/python3 look.py "$@"
}

new_tree
clock '2026-03-01 06:00'
channel good 'to = root@example.org' 'auth = plain' 'user = user' \
	"password_file = $work/password" 'html = report.html' \
	'attach = json' 'attach = patch' 'cc = Ops Team <ops@example.org>' \
	'bcc = audit@example.org' 'reply_to = help@example.org'
es_init

# --- a new channel
ok 'the first run' es commit
is "$(taken good)" 1 'one message'
ok 'that says what is watched' look good 1 '
assert "watching" in m["Subject"] and m["Subject"].startswith("[ops] ")
assert mail["login"] == "PLAIN" and mail["tls"], mail
assert "/etc" not in text, text
assert m["X-Etcsnap-Old-Commit"] is None'
is "$(mark delivered/main/ops)" "$(tip)" 'and stands at the tip'
is "$(mark owed/main/ops)$(mark sending/main/ops)" '' 'nothing is owed'
ok 'the next run has nothing new' es commit
is "$(taken good)" 1 'so there is no message'

# --- a change
old=$(tip)
clock '2026-03-01 07:00'
ok 'a change' change 'a new line of the message'
is "$(taken good)" 2 'is one message'
OLD=$old NEW=$(tip) HOST=$(uname -n) ok 'with all that belongs to it' \
	look good 2 '
old, new = os.environ["OLD"], os.environ["NEW"]
assert m["X-Etcsnap-Host"] == os.environ["HOST"]
assert "\nX-Etcsnap-Commit: %s\r\n" % new in raw
assert "\nX-Etcsnap-Old-Commit: %s\r\n" % old in raw
assert m["X-Etcsnap-Severity"] == "notice", m["X-Etcsnap-Severity"]
assert m["X-Etcsnap-Channel"] == "ops"
assert m["Auto-Submitted"] == "auto-generated"
assert m["List-Id"].startswith("<ops."), m["List-Id"]
assert m["References"] == m["In-Reply-To"] == other(1)["References"]
assert m["Message-ID"] != other(1)["Message-ID"]
assert m["Reply-To"] == "help@example.org" and m["Bcc"] is None
assert mail["to"] == ["root@example.org", "ops@example.org",
                      "audit@example.org"], mail["to"]
assert "audit" not in raw
assert m["Date"].datetime.timestamp() == 1772348400, m["Date"]
assert m.get_content_type() == "multipart/mixed"
both, doc, patch = m.iter_parts()
assert both.get_content_type() == "multipart/alternative"
assert [p.get_content_type() for p in both.iter_parts()] == [
    "text/plain", "text/html"]
assert "a new line of the message" in text
assert "a new line of the message" in m.get_body(("html",)).get_content()
report = json.loads(doc.get_content())
assert report["counts"]["total"] == 1, report["counts"]
assert report["new"]["commit"] == new, report["new"]
open("patch", "w").write(patch.get_content().replace("\r\n", "\n"))'
cp "$root/etc/motd" motd.new
head -n -1 motd.new >motd.old
ok 'the patch is one' patch -s motd.old patch
ok 'that leads to the new state' cmp motd.old motd.new

# --- a week without network
channel good 'to = root@example.org' 'url = smtp://localhost:1' 'html = none'
sent=$(tip)
day=2
while [ "$day" -lt 9 ]; do
	clock "2026-03-0$day 06:00"
	change "of day $day"
	[ -z "$(cat said)" ] || note "$(cat said)"
	day=$((day + 1))
done
is "$(mark delivered/main/ops)" "$sent" 'a week without network'
is "$(mark sending/main/ops)" '' 'where nothing was sent'
must_exit 1 es status >said 2>&1 || :
ok 'the status counts' like "$(es status 2>&1)" \
	'channel +ops: 7 runs not yet told, [0-9]+ tries in vain'
channel good 'to = root@example.org'
clock '2026-03-09 06:00'
ok 'then there is one' es commit
is "$(taken good)" 3 'and there is one message'
OLD=$sent NEW=$(tip) ok 'that tells it all' look good 3 '
for day in range(2, 9):
    assert "of day %d" % day in text, day
assert m["X-Etcsnap-Old-Commit"] == os.environ["OLD"]
assert m["X-Etcsnap-Commit"] == os.environ["NEW"]'

# --- recipients
channel good 'to = bad@example.org' 'to = root@example.org' \
	'to = second@example.org'
clock '2026-03-10 06:00'
ok 'one recipient is refused' change 'to two of three'
is "$(taken good)" 4 'the others are told'
ok 'both of them' look good 4 \
	'assert mail["to"] == ["root@example.org", "second@example.org"]'
is "$(mark delivered/main/ops)" "$(tip)" 'and it is over'
ok 'which the status says' like "$(es status 2>&1)" \
	'^ +recipient 1 of 3: 5.1.1 no such user'

channel good 'to = root@example.org' 'to = later@example.org'
clock '2026-03-10 07:00'
old=$(tip)
ok 'one is busy' change 'one of two is busy'
ok 'the other is told' look good 5 '
assert mail["to"] == ["root@example.org"] and "one of two is busy" in text'
is "$(mark delivered/main/ops) $(mark delivered/late/ops)" "$(tip) $old" \
	'and waits for nobody'
clock '2026-03-10 07:30'
ok 'the next change' change 'he is busy still'
is "$(taken good)" 6 'is told as well'
ok 'to who is not busy' look good 6 '
assert mail["to"] == ["root@example.org"]
assert "he is busy still" in text and "\n+one of two" not in text'
ok 'which the status says' like "$(es status 2>&1)" 'ops: .* in vain'
channel patient 'to = root@example.org' 'to = later@example.org'
ok 'a test meanwhile' es notify --test ops
ok 'is for both' look patient 1 '
assert mail["to"] == ["root@example.org", "later@example.org"]'
clock '2026-03-10 12:00'
es commit >said 2>&1
is "$(taken patient)" 2 'when he is back'
ok 'he is told all that he missed' look patient 2 '
assert mail["to"] == ["later@example.org"], mail["to"]
assert "one of two is busy" in text and "he is busy still" in text'
is "$(mark delivered/late/ops)$(mark sending/late/ops)" '' 'and that is over'
ok 'the status is content' es status
clock '2026-03-10 13:00'
change 'to both again'
ok 'both are told again' look patient 3 '
assert mail["to"] == ["root@example.org", "later@example.org"]
assert "one of two" not in re.sub("(?m)^ .*$", "", text)'

# --- no answer: the very same again
channel dotclose 'to = root@example.org'
clock '2026-03-11 06:00'
sent=$(tip)
ok 'a server that closes' change 'sent and not answered'
is "$(mark sending/main/ops) $(mark delivered/main/ops)" "$(tip) $sent" \
	'is not believed'
unsure=$(tip)
clock '2026-03-12 06:00'
ok 'more changes' change 'after that'
is "$(taken dotclose)" 2 'it is sent once more'
ok 'as it was' look dotclose 1 'assert raw == json.load(open("smtp/dotclose.2"))["message"]'
is "$(mark sending/main/ops)" "$unsure" 'and nothing else'
channel good 'to = root@example.org'
clock '2026-03-13 06:00'
ok 'then it is taken' es commit
is "$(taken good)" 8 'the same and what came after'
ok 'with the same id' look good 7 '
j = json.load(open("smtp/dotclose.1"))["message"]
assert m["Message-ID"] in j
assert "sent and not answered" in text and "after that" not in text'
ok 'and the rest' look good 8 '
assert "sent and not answered" not in re.sub("(?m)^ .*$", "", text)
assert "after that" in text'
channel dotclose 'to = root@example.org'
n=0
while [ "$n" -lt 5 ]; do
	n=$((n + 1))
	clock "2026-03-14 0$n:00"
	change "round $n"
	es notify >said 2>&1
done
is "$(look dotclose "$(taken dotclose)" 'print("round 3" in text)')" True \
	'a server that never answers keeps no news back for ever'
channel good 'to = root@example.org'
clock '2026-03-15 06:00'
es commit

# --- a content that is refused
before=$(taken good)
channel dot552 'to = root@example.org'
n=0
while [ "$n" -lt 4 ]; do
	n=$((n + 1))
	clock "2026-03-15 1$n:00"
	change "words that nobody $n wants"
done
is "$(for i in 1 2 3 4; do
	look dot552 $i 'print("etc/motd" in raw)'
done | tr '\n' ' ')" 'True True True False ' \
	'three times in full, then only how many'
ok 'no word of it' look dot552 4 '
assert "words that" not in raw and "motd" not in raw, raw
assert m["X-Etcsnap-Commit"] in raw
assert "4" in text or "1" in text'
ok 'and the status says so' like "$(es status 2>&1)" '^ +.* 552'
channel good 'to = root@example.org'
clock '2026-03-16 06:00'
es commit
is "$(taken good) $(mark delivered/main/ops)" "$((before + 1)) $(tip)" \
	'that is taken'
clock '2026-03-17 06:00'
change 'in full again'
ok 'the next one has all' look good $((before + 2)) \
	'assert "in full again" in text'

# --- what may leave
for level in names counts; do
	channel good 'to = root@example.org' "content = $level" \
		'html = report.html' 'attach = json' 'attach = patch' \
		'subject = {{#report.changes}}{{path}}{{/report.changes}} {{view.subject}}'
	before=$(taken good)
	clock '2026-03-18 06:00'
	printf 'PermitRootLogin yes # hush-%s\n' $level >"$root/etc/quiet-$level"
	change "no-such-$level-line"
	LEVEL=$level ok "content = $level" look good $((before + 1)) '
level = os.environ["LEVEL"]
bytes = raw
for part in m.walk():
    if not part.is_multipart():
        bytes += str(part.get_content())
    for name, value in part.items():
        bytes += name + str(value)
assert "hush" not in bytes and "no-such" not in bytes
if level == "counts":
    for word in ("motd", "quiet-", "/etc", "root/"):
        assert word not in bytes, (word, bytes)
else:
    assert "motd" in bytes
assert m["X-Etcsnap-Commit"]'
done

# --- mails that are too large
channel good 'to = root@example.org' 'max_lines = 12' 'max_size = 64K'
before=$(taken good)
clock '2026-03-19 06:00'
seq 1 20000 >"$root/etc/large"
change 'much'
ok 'a mail that is too large' look good $((before + 1)) '
assert len(raw) < 65536
assert len(text.splitlines()) <= 13, text
assert re.search("more lines: etcsnap diff [0-9a-f]{7} [0-9a-f]{7}", text)'

channel good 'to = root@example.org' 'html = report.html' 'max_lines = 50' \
	'max_size = 64K' 'attach = json' 'attach = patch'
before=$(taken good)
clock '2026-03-19 09:00'
seq 1 5000 >"$root/etc/more"
change 'much more'
ok 'an attachment that is too large' look good $((before + 1)) '
assert len(raw) < 65536, len(raw)
names = [p.get_filename() for p in m.iter_attachments()]
assert names == ["report.json.left-out.txt", "changes.diff"], names
assert m.get_body(("html",))
left = next(m.iter_attachments())
assert "larger than max_size" in left.get_content()'
channel good 'to = root@example.org' 'max_lines = 50' 'max_size = 64K' \
	'attach = patch'
clock '2026-03-19 10:00'
seq -f 'a line of thirty bytes, %g' 2000 >"$root/etc/thirty"
change 'and more'
ok 'as base64 makes them' look good $((before + 2)) '
assert len(raw) < 65536, len(raw)
names = [p.get_filename() for p in m.iter_attachments()]
assert names == ["changes.diff.left-out.txt"], names'

# --- a subject of one's own that is too long
channel good 'to = root@example.org' \
	'subject = {{#report.changes}}{{path}} and {{path}}; {{/report.changes}}'
before=$(taken good)
clock '2026-03-19 12:00'
for i in $(seq 60); do
	echo x >"$root/etc/opt/a-name-that-is-as-long-as-it-needs-to-be-$i"
done
ok 'sixty files' change 'and one more'
ok 'have another subject' look good $((before + 1)) '
assert m["Subject"].startswith("[ops] ") and "; /" not in m["Subject"], m'

# --- by hand
channel good 'to = root@example.org' 'auth = plain' 'user = user' \
	"password_file = $work/password"
before=$(taken good)
at=$(mark delivered/main/ops)
es commit --no-notify
clock '2026-03-20 06:00'
echo more >>"$root/etc/motd"
es commit --no-notify
ok 'a dry run' es notify --dry-run
es notify -n >dry
ok 'shows the mail' like "$(cat dry)" '^Subject: \[ops\]'
ok 'to whom' like "$(cat dry)" '^to <root@example.org>'
ok 'and no secret' unlike "$(cat dry)" 'secret-pass|AHVzZXIA'
is "$(taken good) $(mark delivered/main/ops)" "$before $at" 'and sends nothing'
ok 'a sample' es notify --test ops
ok 'says what it is' look good $((before + 1)) '
assert "[test]" in m["Subject"] and "nothing happened" in text'
is "$(mark delivered/main/ops)" "$at" 'and moves nothing'
ok 'an older one again' es notify --channel ops --resend "$unsure"
ok 'is the same message' look good $((before + 2)) '
assert "sent and not answered" in text'
is "$(mark delivered/main/ops)" "$at" 'and moves nothing, either'
ok 'what is new' es notify --channel ops
ok 'is as it was shown' look good $((before + 3)) '
dry = open("dry").read().split("\n\n", 1)[1]
assert dry.rstrip() == raw.replace("\r\n", "\n").rstrip(), (dry, raw)'
ok 'no such channel' must_exit 2 es notify --channel nobody
ok 'a test of no such channel' must_exit 2 es notify --test nobody

# --- what is pruned before it could be told
channel busy 'to = root@example.org'
for day in 23 24 25; do
	clock "2026-03-$day 06:00"
	change "untold of day $day"
done
keep="[retention]
main = 10d
daily = 10d
monthly = 10d
max_backlog = 1d"
channel busy 'to = root@example.org' "$keep"
clock '2026-06-13 06:00'
change 'the last one'
es prune >said 2>&1
ok 'what was pruned untold' like "$(es status 2>&1)" \
	'ops: [0-9]+ runs? not yet told, others were pruned'
es status --json >facts
is "$(json facts 'd["channels"][0]["skipped"]')" True 'is in the status'
channel good 'to = root@example.org' 'html = report.html' 'attach = json' \
	"$keep"
before=$(taken good)
ok 'and is told' es notify
ok 'in every form' look good $((before + 1)) '
html = " ".join(m.get_body(("html",)).get_content().split())
doc = next(m.iter_attachments()).get_content()
assert "Runs were pruned before they could be told" in " ".join(text.split())
assert "Runs were pruned before they could be told" in html, html
assert json.loads(doc)["skipped"] is True, doc
assert "untold of day 23" in text, text'
es status --json >facts
is "$(json facts 'd["channels"][0]["skipped"]')" False 'once'

done_testing
