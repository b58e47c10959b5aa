#!/bin/sh
# SPDX-License-Identifier: MIT
# 8150-boot.sh - under a systemd that was booted, a run from the timer's service
# and one from a shell record the same, reports go out from their sandbox, and
# all of it works without root
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/chroot.sh"
need git nsenter systemd-nspawn
[ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null ||
	skip_all 'python3-aiosmtpd is not installed'
case $(installed prefix) in
/usr | /usr/local) ;;
*) skip_all 'systemd does not look for units below this prefix' ;;
esac
plan 25

d=$work/debian
chroot_new "$d"
chroot_install "$d"
chroot_apt "$d" install systemd systemd-sysv dbus >apt.log 2>&1 ||
	bail "$(tail -n 3 apt.log)"
state=$(installed localstatedir)/lib/etcsnap
share=$(installed pkgdatadir)
conf_d=$d$(installed sysconfdir)/etcsnap/conf.d

systemd-nspawn -q --boot --register=no --keep-unit --console=pipe \
	-M etcsnap-test -D "$d" </dev/null >boot.log 2>&1 &
nspawn=$!
# With its first process all others of the container end.
first=
at_end 'kill -KILL ${first:-$nspawn} 2>/dev/null; wait "$nspawn" 2>/dev/null; :'

# inside COMMAND… - in the container, by a service without any restriction, so
# that what confines all of the container confines it as well
enter() {
	nsenter -t "$first" -m -u -i -n -p -C -r -w env -i \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin \
		HOME=/root LC_ALL=C.UTF-8 TERM=dumb "$@"
}
inside() {
	enter systemd-run -q --pipe --wait --collect "$@"
}

tries=0
until [ -n "$first" ] &&
	enter systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded'; do
	tries=$((tries + 1))
	[ "$tries" -le 120 ] || skip_all 'systemd cannot be booted here'
	kill -0 "$nspawn" 2>/dev/null || skip_all 'systemd cannot be booted here'
	sleep 0.5
	first=$(ps -o pid= --ppid "$nspawn" | tr -d ' ' | head -n 1)
done

# --- setup -------------------------------------------------------------------------
ok 'setup switches on the timers' like "$(inside etcsnap setup --yes 2>&1)" \
	'^switched on etcsnap.timer$'
ok 'they wait' sh -c 'test "$(grep -c etcsnap "$1")" -eq 3' - "$(
	enter systemctl list-timers --no-legend >timers
	echo "$work/timers"
)"
ok 'a shell finds nothing new' like "$(inside etcsnap -v commit)" '^no changes$'

# --- the same ------------------------------------------------------------------------
for unit in etcsnap etcsnap-full; do
	ok "$unit.service runs" enter systemctl start "$unit.service"
	ok 'and a shell agrees' \
		like "$(inside etcsnap -v commit)" '^no changes$'
done
ok 'the service found nothing either' \
	like "$(inside etcsnap log --format csv | wc -l)" '^2$'
echo changed >>"$d/etc/hostname"
enter systemctl start etcsnap.service
ok 'what changed it records' like "$(inside etcsnap log -n 1)" ' timer .*hostname'
ok 'so that a shell finds it recorded' \
	like "$(inside etcsnap -v commit)" '^no changes$'

# --- reports -------------------------------------------------------------------------
cat >smtp.py <<'END'
import os, socket, time
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Debugging
free = socket.create_server(("127.0.0.1", 0))
port = free.getsockname()[1]
free.close()
Controller(Debugging(open("mails", "w", buffering=1)),
           hostname="127.0.0.1", port=port).start()
with open("port.new", "w") as f:
    f.write(str(port))
os.rename("port.new", "port")
time.sleep(3600)
END
: >mails
/usr/bin/python3 smtp.py >smtp.log 2>&1 &
smtp=$!
at_end "kill $smtp 2>/dev/null; :"
tries=0
until [ -s port ]; do
	tries=$((tries + 1))
	[ "$tries" -le 100 ] || bail "no mail server: $(cat smtp.log)"
	sleep 0.1
done
cat >"$conf_d/60-test.conf" <<END
[channel test]
type = mail
to = ops@example.org
url = smtp://127.0.0.1:$(cat port)
tls = none
END
inside etcsnap commit --no-notify
ok 'the sandbox lets reports out' enter systemctl start etcsnap-notify.service
ok 'the first says that things are watched' \
	grep -q '^Subject: .*watching' mails
echo more >>"$d/etc/hostname"
inside etcsnap commit --no-notify
enter systemctl start etcsnap-notify.service
ok 'the next what changed' grep -q '^Subject: .*hostname' mails
is "$(enter systemctl --failed --no-legend)" '' 'no unit failed'

# --- without root, as etcsnap(8) says -------------------------------------------------
enter systemd-sysusers
enter systemctl stop etcsnap.timer etcsnap-full.timer etcsnap-notify.timer
enter chown -R etcsnap: "$state"
for unit in etcsnap etcsnap-full; do
	enter install -D -m 644 "$share/systemd/unprivileged.conf" \
		"/etc/systemd/system/$unit.service.d/unprivileged.conf"
done
enter install -D -m 644 "$share/systemd/unprivileged-notify.conf" \
	/etc/systemd/system/etcsnap-notify.service.d/unprivileged.conf
# The address of the server is a secret now, in a file that is root's.
sed -i 's/^url = //w '"$work/url" "$conf_d/60-test.conf"
sed -i '/^smtp:/d' "$conf_d/60-test.conf"
install -m 600 url "$d/etc/etcsnap.url"
for unit in etcsnap etcsnap-full etcsnap-notify; do
	printf '[Service]\nLoadCredential=test.url:/etc/etcsnap.url\n' \
		>"$d/etc/systemd/system/$unit.service.d/secret.conf"
done
enter systemctl daemon-reload
: >mails
for unit in etcsnap etcsnap-full etcsnap-notify; do
	ok "$unit.service runs by another user" \
		enter systemctl start "$unit.service"
done
ok 'a report went out, to where the credential says' \
	grep -aq '^Subject: .*etcsnap.url' mails
ok 'the directory stays who it is' enter systemd-tmpfiles --create etcsnap.conf
is "$(enter stat -c '%U %a' "$state")" 'etcsnap 700' 'by owner and mode'
git_run() {
	git -c safe.directory='*' --git-dir="$d$state/repo.git" "$@"
}
ok 'in the same repository' \
	like "$(git_run log -1 --format='%an %B' main)" '^Trigger: timer$'
ok 'by that user' like "$(git_run log -1 --format='%an' main)" '^etcsnap$'
is "$(git_run ls-tree --name-only main:run | grep errors)" '' \
	'there is nothing that could not be read'
is "$(find "$d$state" -uid 0)" '' 'root owns nothing of it'
is "$(enter systemctl --failed --no-legend)" '' 'no unit failed'
