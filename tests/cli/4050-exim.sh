#!/bin/sh
# SPDX-License-Identifier: MIT
# 4050-exim.sh - mail by SMTP to Exim, and by its sendmail(1), into a mailbox
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/servers/servers.sh"
need_root
need exim4 /usr/bin/python3
getent passwd Debian-exim >/dev/null || skip_all 'there is no user Debian-exim'

make_certs
chmod 755 "$work"
mkdir spool box
port=$(/usr/bin/python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
cp "$certs/good.pem" exim.pem
chown Debian-exim spool box exim.pem
cat >exim.conf <<END
primary_hostname = localhost
spool_directory = $work/spool
log_file_path = $work/spool/%s.log
pid_file_path = $work/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = $port
tls_advertise_hosts = *
tls_certificate = $work/exim.pem
tls_privatekey = $work/exim.pem
auth_advertise_hosts = \${if eq {\$tls_in_cipher}{}{}{*}}
acl_smtp_rcpt = rcpt
never_users =
trusted_users = root
begin acl
rcpt:
  deny local_parts = refused
       message = no such user
  defer local_parts = greylisted
  deny !encrypted = *
  accept authenticated = *
  accept local_parts = open
  deny message = who are you
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  file = $work/box/mbox
  user = Debian-exim
  envelope_to_add
  return_path_add
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = \${if and {{eq{\$auth2}{user}}{eq{\$auth3}{secret-pass}}}}
  server_set_id = \$auth2
END
exim4 -C "$work/exim.conf" -bd 2>said || skip_all "exim does not start: $(cat said)"
at_end 'kill "$(cat "$work/exim.pid")" 2>/dev/null'

printf 'hello\n.\nFrom me\n' >text
"$send" mail from=e@localhost to=someone@localhost id=7@web1 subject='Ärger' \
	date=1763800000 text=text html=text >letter

# smtp [KEY=VALUE…]
smtp() {
	SECRET=secret-pass "$send" smtp url="smtp://localhost:$port" \
		ca="$certs/ca.pem" from=e@localhost message=letter total=20 \
		"$@" >out
}

smtp to=someone@localhost auth=plain user=user
is "$(got outcome) $(got code)" 'sent 250' 'STARTTLS and a login'
smtp to=open@localhost to=refused@localhost to=greylisted@localhost
is "$(got outcome) $(got recipient0 | cut -c1-8) $(got recipient1 | cut -c1-11) $(got recipient2 | cut -c1-9)" \
	'sent sent 250 refused 550 retry 451' 'three recipients, three fates'
smtp to=someone@localhost
is "$(got outcome) $(got code)" 'refused 550' 'not logged in'
smtp to=greylisted@localhost auth=plain user=user
is "$(got outcome) $(got code)" 'retry 451' 'greylisted'
smtp to=open@localhost tls=none
is "$(got outcome)" refused 'without TLS'
smtp to=open@localhost auth=login user=user
is "$(got outcome)" denied 'a way to log in that it does not offer'

cat >exim-sendmail <<END
#!/bin/sh
exec exim4 -C "$work/exim.conf" -odf "\$@"
END
chmod 755 exim-sendmail
"$send" sendmail program="$work/exim-sendmail" from=e@localhost \
	to=by-sendmail@localhost message=letter >out
is "$(got outcome) $(got code)" 'sent 0' 'sendmail(1)'

cat >look.py <<'END'
import email.policy, mailbox, time
wanted = ["someone@localhost", "open@localhost", "by-sendmail@localhost"]
for _ in range(100):
    box = mailbox.mbox("box/mbox", factory=lambda f: email.message_from_binary_file(
        f, policy=email.policy.default))
    if len(box) >= 3:
        break
    time.sleep(0.1)
got = sorted(m["Envelope-to"] for m in box)
assert got == sorted(wanted), got
for m in box:
    assert m["Subject"] == "Ärger" and m["Message-ID"] == "<7@web1>"
    assert m["Return-path"] == "<e@localhost>", m["Return-path"]
    plain, html = m.iter_parts()
    assert plain.get_content() == "hello\n.\nFrom me\n", plain.get_content()
    assert not m.defects
END
ok 'all are in the mailbox' /usr/bin/python3 look.py

done_testing
