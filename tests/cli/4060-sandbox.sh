#!/bin/sh
# SPDX-License-Identifier: MIT
# 4060-sandbox.sh - what the process that sends can do, and does
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/servers/servers.sh"

make_certs
start_server smtp
start_server https
printf 'the-content-of-the-mail\n' >mail
url=smtp://localhost:$(port smtp good)

SECRET=secret-pass "$send" smtp url="$url" ca="$certs/ca.pem" from=a@b.c \
	to=b@c.d message=mail auth=plain user=user >out
is "$(got outcome)" sent 'a mail is sent'
note "in force: $(got sandbox)"
ok 'by a fresh image' like "$(got sandbox)" '^exec '
ok 'with limits' like "$(got sandbox)" ' caps.* limits'
if [ "$(id -u)" -eq 0 ]; then
	ok 'by somebody else' like "$(got sandbox)" '^exec uid '
fi
# The certificates are for us to read, not for that process.
chmod 600 "$certs/ca.pem"
"$send" http url="https://localhost:$(port https good)/ok" ca="$certs/ca.pem" \
	body=mail >out
is "$(got outcome)" sent 'a file of certificates that nobody else may read'

# When we are killed it goes, too.
"$send" smtp url="smtp://localhost:$(port smtp mute)" from=a@b.c to=b@c.d \
	message=mail total=60 >out &
parent=$!
# has_child - whether it has made one, its id to $child
has_child() {
	child=$(cat "/proc/$parent/task/$parent/children" 2>/dev/null) &&
		[ -n "$child" ] &&
		grep -q '^Seccomp:' "/proc/${child% }/status" 2>/dev/null
}
wait_until has_child
sleep 0.2
kill -9 "$parent"
wait "$parent" 2>/dev/null
# gone PID - or a zombie that nobody has buried yet
gone() {
	[ ! -e "/proc/$1/status" ] ||
		grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null
}
ok 'it ends with its parent' wait_until gone "${child% }"

if ! strace -f -o /dev/null true 2>/dev/null; then
	skip_all 'strace cannot be used here'
fi
# Sanitizers look for leaks by the means that strace has taken.
ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 \
	SECRET=secret-pass strace -f -s 100000 -v -o trace "$send" smtp url="$url" \
	ca="$certs/ca.pem" from=a@b.c to=b@c.d message=mail auth=plain \
	user=user >out
is "$(got outcome)" sent 'a mail is sent under strace'
child=$(sed -n 's/^\([0-9]*\) *execve("\/proc\/self\/exe".*/\1/p' trace)
ok 'there is a child' test -n "$child"
# From where it was shut in: itself and its threads
sed -n "/^$child *execve/,\$p" trace >after
awk -v parent="$(head -n 1 trace | cut -d' ' -f1)" '$1 != parent' after |
	sed -n '/prctl(PR_SET_NO_NEW_PRIVS/,$p' >inside
ok 'that was looked at' test -s inside
if got sandbox | grep -q seccomp; then
	sed -n '/seccomp(SECCOMP_SET_MODE_FILTER\|PR_SET_SECCOMP/,$p' inside >shut
	ok 'seccomp is in force' test -s shut
	not_ok 'nothing is executed, forked, or written to' grep -E \
		'^[0-9]+ +(execve|fork|vfork|unlink|rename|mkdir|chmod|chown|kill|ptrace)\(' shut
else
	skip 'seccomp is not in force' 2
fi
not_ok 'nothing is opened to be written' grep -E \
	'open(at)?\(.*O_(WRONLY|RDWR|CREAT)' inside
not_ok 'nothing of ours is opened' grep -E "open(at)?\\(.*\"$work" inside
not_ok 'no secret is in arguments or environments' grep -E \
	"^$child *execve\\(.*(secret-pass|the-content)" trace
# Of what goes to a socket, all that is readable is the talk before TLS.
grep -E '(sendto|write|sendmsg|writev)\(' after | grep -v '(1, ' >sent
if [ "$(id -u)" -eq 0 ]; then
	ok 'something was sent' grep -q 'EHLO' sent
	not_ok 'no secret in the open' grep -E \
		"secret-pass|$(printf '\0user\0secret-pass' | base64)|the-content|b@c.d" \
		sent
else
	skip 'nobody else may look into that process' 2
fi

done_testing
