#!/bin/sh
# SPDX-License-Identifier: MIT
# 4040-mail.sh - the bytes of a mail, as Python's email package reads them
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/servers/servers.sh"
need /usr/bin/python3

# mail [KEY=VALUE…] - a mail with all that it needs, to ./letter
mail() {
	"$send" mail from='Etcsnap auf "web1" <e@web1.example>' \
		to=root@example.org id=1.2@web1.example date=1763800000 \
		subject='3 changed' text=text "$@" >letter
}

# check NAME PYTHON - m is the mail; strict refuses any defect
cat >check.py <<'END'
import email, email.policy, re, sys
raw = open("letter", "rb").read()
if "# loose" in sys.argv[1]:
    loose = True
assert raw.endswith(b"\r\n") and raw.count(b"\n") == raw.count(b"\r\n")
assert raw.count(b"\r") == raw.count(b"\n") and b"\0" not in raw
for line in raw.split(b"\r\n"):
    assert len(line) <= 998, line
head = raw.split(b"\r\n\r\n")[0]
for line in head.split(b"\r\n"):
    assert len(line) <= 78 or line.count(b" ") <= 1, line
    assert line.strip(), "an empty line in the header"
m = email.message_from_bytes(raw, policy=email.policy.default)
strict = email.message_from_bytes(raw, policy=email.policy.strict)
for part in list(m.walk()) + list(strict.walk()):
    assert not part.defects, part.defects
    for name, value in part.items():
        assert "loose" in globals() or not value.defects, (name, value)
def text(part):
    return part.get_content().replace("\r\n", "\n")
exec(sys.argv[1])
END
check() {
	ok "$1" /usr/bin/python3 check.py "$2"
}

printf 'plain text\n  indented\n' >text
mail
check 'text alone' '
assert m.get_content_type() == "text/plain" and not m.is_multipart()
assert m["Content-Transfer-Encoding"] == "7bit"
assert text(m) == open("text").read()
assert m["Date"].datetime.timestamp() == 1763800000
assert m["Message-ID"] == "<1.2@web1.example>", m["Message-ID"]
assert m["Auto-Submitted"] == "auto-generated"
assert m["MIME-Version"] == "1.0"
a = m["From"].addresses[0]
assert a.display_name == "Etcsnap auf \"web1\"", a
assert a.addr_spec == "e@web1.example"
assert [x.addr_spec for x in m["To"].addresses] == ["root@example.org"]'
cp letter before
mail
ok 'the same again is the same' cmp letter before
TZ=Asia/Kolkata mail
check 'the zone' '
assert m["Date"].endswith("+0530"), m["Date"]
assert m["Date"].datetime.timestamp() == 1763800000'
TZ=America/St_Johns mail
check 'a zone in the west' '
assert m["Date"].endswith("-0330"), m["Date"]
assert m["Date"].datetime.timestamp() == 1763800000'

printf '<!DOCTYPE html>\n<p style="color=red">schön &amp; gut</p>\n' >html
printf '{"path":"/etc/naïve"}\r\n\0\377' >doc.json
mail html=html attach=doc.json name='/var/tmp/naïve "file" of a day = very long indeed, and longer.json' \
	type=application/json list_id=etcsnap.web1.example \
	reference=0@web1 reference=1.1@web1 cc='Ops Team <ops@example.org>' \
	cc='"Smith, J." <js@example.org>' reply_to='Ünï <u@example.org>' \
	field='X-Etcsnap-Host:web1' field='X-Etcsnap-Severity:critical' \
	field="X-Etcsnap-Commit:$(printf '%040d' 7)"
check 'all parts' '
assert m.get_content_type() == "multipart/mixed"
both, file = m.iter_parts()
assert both.get_content_type() == "multipart/alternative"
plain, html = both.iter_parts()
assert plain.get_content_type() == "text/plain"
assert html.get_content_type() == "text/html"
assert text(html) == open("html", encoding="utf-8").read(), text(html)
assert text(plain) == open("text").read()
assert file.get_content_type() == "application/json"
assert file.get_content_disposition() == "attachment"
assert file.get_filename() == "naïve \"file\" of a day = very long indeed, and longer.json", file.get_filename()
assert file.get_content() == open("doc.json", "rb").read()
assert m["List-Id"] == "<etcsnap.web1.example>"
assert m["References"].split() == ["<0@web1>", "<1.1@web1>"]
assert m["In-Reply-To"].strip() == "<1.1@web1>"
assert [(a.display_name, a.addr_spec) for a in m["Cc"].addresses] == [
    ("Ops Team", "ops@example.org"), ("Smith, J.", "js@example.org")]
assert m["Reply-To"].addresses[0].display_name == "Ünï"
assert m["X-Etcsnap-Host"] == "web1"
assert m["X-Etcsnap-Severity"] == "critical"
assert m["X-Etcsnap-Commit"] == "%040d" % 7'

# --- hostile values
# subject BYTES WANTED - how a subject is shown
subject() {
	mail subject="$1" "field=X-Etcsnap-Path:$1" "cc=\"$3\" <c@example.org>"
	WANTED=$2 check "a subject of $4" '
import os
wanted = os.environ["WANTED"]
assert m["Subject"] == wanted, m["Subject"]
assert m["X-Etcsnap-Path"] == wanted, m["X-Etcsnap-Path"]
assert m["Bcc"] is None and len(m.get_all("To")) == 1
assert len(m.keys()) == 11, m.keys()'
}
subject "$(printf 'a\r\nBcc: x@evil.example\r\n\r\nbody')" \
	'a\x0d\nBcc: x@evil.example\x0d\n\x0d\nbody' x 'line ends'
subject "$(printf 'a\nb\tc\033[31m\177')" 'a\nb c\x1b[31m\x7f' x \
	'control bytes'
subject "$(printf 'lat\351in \303')" 'lat\xe9in \xc3' x 'no UTF-8'
subject 'Änderung: /etc/ßäöü — three 変更 files' \
	'Änderung: /etc/ßäöü — three 変更 files' 'Ä Ö' UTF-8
subject '=?UTF-8?Q?=0D=0ABcc:_x?=' '=?UTF-8?Q?=0D=0ABcc:_x?=' x \
	'something encoded'
subject ' two  blanks ' ' two  blanks ' x blanks
long=$(head -c 300 /dev/zero | tr '\0' 'a')
subject "$long" "$long" "$long" 'one long word'
subject "$(printf '%0200d ä' 5)" "$(printf '%0200d ä' 5)" x 'two words'
words=$(seq -s ' ' 1 150)
subject "$words" "$words" "$words" 'many words'
mail subject="$(head -c 100000 /dev/zero | tr '\0' x)"
check 'an endless subject is cut' '
assert 2000 < len(m["Subject"]) < 3000 and m["Subject"].endswith("x...")'
mail subject=
check 'no subject' 'assert m["Subject"] == ""'

# refused WORD [KEY=VALUE…] - what cannot be in a mail
refused() {
	local what="$1"

	shift
	mail "$@"
	ok "refused: $what" like "$(cat letter)" '^error=-22 '
}
nl=$(printf 'x\r\ny')
refused 'a line end in a sender' "from=$nl <a@b.c>"
refused 'a line end in an address' "from=a@$nl"
refused 'a line end in a recipient' "to=a@b.c$nl"
refused 'a line end in a message id' "id=1@$nl"
refused 'a line end in a reference' "reference=1@$nl"
refused 'a line end in a list id' "list_id=$nl"
refused 'a line end in the name of a field' "field=X-A$nl: b"
refused 'a line end in a type' attach=text name=a "type=text/$nl"
refused 'a field that is there already' field='Subject: b'
refused 'another body' field='content-type: text/html'
refused 'Bcc' field='Bcc: b'
refused 'two addresses' 'to=a@b.c, d@e.f'
refused 'no message id' id=1
refused 'a message id in brackets' 'id=<1@b>'
refused 'no sender' from=
refused 'a part of parts' attach=text name=a type=multipart/mixed

# --- texts
# body NAME - that ./text comes back
body() {
	mail html=text
	check "$1" '
a, b = m.iter_parts()
wanted = open("text", "rb").read().replace(b"\r\n", b"\n").decode("utf-8", "replace")
if wanted and not wanted.endswith("\n"): wanted += "\n"
assert text(a) == wanted, (text(a), wanted)
assert text(b) == wanted'
}
: >text
body 'no text'
printf 'without an end' >text
body 'no line end'
printf '.\n..\n.x\nFrom a\n>From b\n--=_a_\n=_\n=3D\n ends in blanks \nand a tab\t\n\n\n' >text
body 'what mailers stumble over'
printf 'ä€😀 %s\n' "$(head -c 3000 /dev/zero | tr '\0' '.')" >text
body 'a long line'
head -c 100000 /dev/zero | tr '\0' '=' >text
body 'a very long line of what must be encoded'
printf 'a\r\nb\r\n' >text
body 'CRLF'
printf 'lat\351in\nh\303\n' >text
body 'no UTF-8'
printf 'a\0b\033[31mc\rd\177\n' >text
mail
check 'control bytes' 'assert text(m) == "a\ufffdb\ufffd[31mc\ufffdd\ufffd\n", text(m)'
seq 1 200000 >text
body 'a large text'
printf 'x\n' >text
mail from=etcsnap to=root
check 'names without a host' '# loose
assert m["To"].addresses[1].username == "root"'
mail to='"a b"@example.org' cc='<x@[192.0.2.1]>' \
	cc='=?utf-8?q?x?= <y@example.org>'
check 'odd addresses' '
assert m["To"].addresses[1].username == "a b"
assert m["Cc"].addresses[0].addr_spec == "x@[192.0.2.1]"
assert m["Cc"].addresses[1].display_name == "=?utf-8?q?x?=", m["Cc"].addresses'

# --- signatures
if command -v gpg >/dev/null && command -v gpgsm >/dev/null; then
	export GNUPGHOME="$work/gnupg"
	mkdir -m 700 "$GNUPGHOME"
	at_end 'gpgconf --kill all 2>/dev/null'
	gpg --batch --quiet --passphrase '' --quick-generate-key \
		'Etcsnap <e@web1.example>' ed25519 sign never 2>said ||
		bail "$(cat said)"
	printf 'signed: ä\nFrom here \n.\n' >text
	mail html=text sign=pgp key=e@web1.example attach=text name=a.txt \
		type=text/plain
	check 'a mail signed by gpg' '
import subprocess
assert m.get_content_type() == "multipart/signed"
assert m.get_param("protocol") == "application/pgp-signature"
assert m.get_param("micalg") in ("pgp-sha256", "pgp-sha512")
b = m.get_boundary().encode()
part = raw.split(b"--" + b + b"\r\n")[1][:-2]
sig = list(m.iter_parts())[1].get_payload()
open("part", "wb").write(part)
open("sig", "w").write(sig)
subprocess.run(["gpg", "--batch", "--verify", "sig", "part"], check=True)'
	mail sign=pgp key=nobody@example.org
	ok 'no such key' like "$(cat letter)" '^error=-5 .*did not sign the mail'
	mail sign=pgp key=e@web1.example program=/no/such/gpg
	ok 'no gpg' like "$(cat letter)" '^error=-2 '
	if openssl req -x509 -newkey rsa:2048 -nodes -keyout sm.key \
		-subj '/CN=Etcsnap/emailAddress=e@web1.example' -days 30 \
		-addext keyUsage=critical,digitalSignature,keyCertSign \
		-out sm.crt 2>said &&
		openssl pkcs12 -export -in sm.crt -inkey sm.key -passout pass: \
			-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES \
			-macalg sha1 -out sm.p12 2>>said &&
		openssl x509 -in sm.crt -noout -fingerprint -sha1 |
		sed 's/.*=//' >"$GNUPGHOME/trustlist.txt" &&
		sed -i 's/$/ S relax/' "$GNUPGHOME/trustlist.txt" &&
		gpgsm --batch --quiet --pinentry-mode loopback \
			--passphrase-fd 3 --import sm.p12 3</dev/null \
			2>>said; then
		mail html=text sign=smime key=e@web1.example
		check 'a mail signed by gpgsm' '
import subprocess
assert m.get_content_type() == "multipart/signed"
assert m.get_param("protocol") == "application/pkcs7-signature"
assert m.get_param("micalg") == "sha-256", m.get_param("micalg")
subprocess.run(["openssl", "smime", "-verify", "-in", "letter", "-CAfile",
                "sm.crt", "-certfile", "sm.crt", "-out", "verified"], check=True)'
	else
		note "$(cat said)"
		skip 'gpgsm takes no key here'
	fi
else
	skip 'gpg and gpgsm are not installed' 4
fi

done_testing
