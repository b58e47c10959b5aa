#!/bin/sh
# SPDX-License-Identifier: MIT
# 4010-smtp.sh - mail by SMTP: what every kind of server makes of it
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/servers/servers.sh"

make_certs
start_server smtp
printf 'three changes\n.\n..dots\nFrom me\nthe last\n' >text
"$send" mail from='etcsnap <e@web1.example>' to=root@example.org id=1@web1 \
	subject=hello date=1763800000 text=text >letter ||
	bail 'no mail was made'

# smtp NAME [KEY=VALUE…] - send a mail, what became of it to ./out
smtp() {
	local name="$1"

	shift
	SECRET=${secret-secret-pass} "$send" smtp \
		url="smtp://localhost:$(port smtp "$name")" \
		ca="$certs/ca.pem" from=e@web1.example to=root@example.org \
		message=letter total=3 stall=2 connect=3 "$@" >"out$at"
}

# outcome NAME WANTED CODE [KEY=VALUE…]
outcome() {
	local name="$1" want="$2 $3"

	shift 3
	smtp "$name" "$@"
	is "$(got outcome "out$at") $(got code "out$at")" "$want" \
		"$name $*: $want"
}

at=
# --- what is good
for auth in none plain login xoauth2; do
	outcome good sent 250 "auth=$auth" user=user
done
ok 'without secrets' unlike "$(cat out)" secret-pass
outcome implicit sent 250 tls=tls
outcome plain sent 250 tls=none
outcome hello sent 250 tls=none
outcome quitdies sent 250
outcome good sent 250 to=second@example.org from=
if [ -n "$(port smtp good6)" ]; then
	smtp good6 url="smtp://[::1]:$(port smtp good6)"
	is "$(got outcome)" sent 'IPv6'
else
	skip 'there is no IPv6 here'
fi
smtp good helo=mail.web1.example
ok 'our name' grep -q 'good tls EHLO mail.web1.example$' smtp/log
smtp good "pin=$(cat "$certs/good.pin")"
is "$(got outcome)" sent 'the pinned key'

# --- what came there
cat >look.py <<'END'
import email, email.policy, json, sys
for n, login in (1, None), (2, "PLAIN"), (3, "LOGIN"), (4, "XOAUTH2"):
    mail = json.load(open("smtp/good.%d" % n))
    assert mail["login"] == login and mail["tls"], mail
    assert mail["from"] == "e@web1.example", mail
    assert mail["to"] == ["root@example.org"], mail
    assert mail["message"].encode("latin-1") == open("letter", "rb").read()
    m = email.message_from_string(mail["message"],
                                  policy=email.policy.default)
    text = m.get_content().replace("\r\n", "\n")
    assert text == open("text").read(), text
mail = json.load(open("smtp/good.5"))
assert mail["to"] == ["root@example.org", "second@example.org"], mail
END
ok 'the mail came as it was' /usr/bin/python3 look.py

# --- recipients
smtp good to=bad1@example.org to=later@example.org to=other@example.org
is "$(got outcome) $(got recipient0) / $(got recipient1) / $(got recipient2) / $(got recipient3)" \
	'sent sent 250  / refused 550 5.1.1 no such user / retry 450 4.2.1 mailbox is busy / sent 250 ' \
	'one refused recipient of several does not stop the rest'
smtp good from=a@b.c to=
is "$(got error)" "-22 '' is no mail address" 'no address'
"$send" smtp url="smtp://localhost:$(port smtp good)" ca="$certs/ca.pem" \
	from=a@b.c to=bad@b.c to=bad2@b.c message=letter >out
is "$(got outcome) $(got code)" 'refused 550' 'all recipients refused'
"$send" smtp url="smtp://localhost:$(port smtp good)" ca="$certs/ca.pem" \
	from=a@b.c to=bad@b.c to=later@b.c message=letter >out
is "$(got outcome)" retry 'all recipients refused, one for now'
outcome good sent 250 to=gérard@example.org
ok 'with SMTPUTF8' grep -q 'MAIL FROM.*SMTPUTF8' smtp/log
outcome noutf8 refused 0 to=gérard@example.org
outcome noutf8 sent 250
for bad in 'a b@c' 'a@b
RCPT TO:<c@d>' 'a@b>' '<a@b' 'a@b..c' '@b' 'a@' 'a..b@c' \
	"$(printf 'a\033@b')"; do
	smtp good "to=$bad"
	ok "'$bad' is no address" like "$(cat out)" '^error=-22 '
done
not_ok 'and none was tried' grep -q 'RCPT TO:<c@d>' smtp/log

# --- what is bad at each step
outcome nostarttls denied 0
outcome tlslater retry 454
outcome noauth denied 0 auth=plain user=user
outcome onlylogin denied 0 auth=plain user=user
outcome onlylogin sent 250 auth=login user=user
outcome authlater retry 454 auth=plain user=user
outcome wantsauth denied 530
secret=wrong-pass outcome good denied 535 auth=login user=user
secret=wrong-pass outcome good denied 535 auth=xoauth2 user=user
outcome echoauth denied 535 auth=plain user=user
ok 'a server that repeats the password' unlike "$(cat out)" \
	"$(printf '\0user\0secret-pass' | base64)"
outcome nomail denied 554
outcome busy retry 421
outcome mail451 retry 451
outcome mail550 refused 550
outcome data451 retry 451
outcome data554 refused 554
outcome greylist retry 451
outcome dot552 refused 552
outcome dotclose unsure 0
outcome datareset unsure 0
outcome endless retry 0
for cert in expired selfsigned wrongname; do
	outcome "$cert" denied 0
done
outcome good denied 0 pin=sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
smtp good ca=/dev/null
ok 'no authorities in the file' like "$(cat out)" '^error=-22 '
"$send" smtp url="smtp://localhost:$(port smtp good)" from=a@b.c to=b@c.d \
	message=letter >out
is "$(got outcome)" denied "the system's authorities do not know ours"

# --- credentials stay where they are
"$send" smtp url=smtp://mail.example tls=none from=a@b.c to=b@c.d message=letter \
	auth=plain user=user >out
is "$(got error)" '-22 to log in, a user and a password or token are needed' \
	'no password'
SECRET=secret-pass "$send" smtp url=smtp://mail.example tls=none from=a@b.c \
	to=b@c.d message=letter auth=plain user=user >out
is "$(got error)" '-22 a password is not sent without TLS' \
	'a password to another machine needs TLS'
outcome plainauth sent 250 tls=none auth=plain user=user
ok 'never one before TLS' unlike "$(grep ' open ' smtp/log |
	grep -v plainauth)" 'AUTH|secret|[A-Za-z0-9+/]{16}'
ok 'nor an address, nor a word of the mail' unlike "$(grep ' open ' smtp/log |
	grep -vE '^(plain|plainauth|hello) ')" 'MAIL|RCPT|DATA'
for url in http://localhost smtp://user:pass@localhost smtp:// localhost \
	"$(printf 'smtp://local\nhost')" file:///etc/passwd; do
	smtp good "url=$url"
	ok "no mail server: $url" like "$(cat out)" '^error=-22 '
	ok 'and not repeated' unlike "$(cat out)" 'user:pass'
done

# --- slow, silent: each ends, all at the same time
for name in mute garbage slow dotmute dotslow; do
	at=.$name
	smtp "$name" &
	pids="${pids-} $!"
done
# shellcheck disable=SC2086
wait $pids
for name in mute garbage slow; do
	is "$(got outcome "out.$name")" retry "$name: retry"
done
for name in dotmute dotslow; do
	is "$(got outcome "out.$name")" unsure "$name: unsure"
done
ok 'in time' test "$(cat out.* | sed -n 's/^milliseconds=//p' | sort -n |
	tail -n 1)" -lt 7000

done_testing
