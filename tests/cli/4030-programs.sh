#!/bin/sh
# SPDX-License-Identifier: MIT
# 4030-programs.sh - mail by sendmail(1), reports to programs
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/servers/servers.sh"

printf 'three\r\nchanges\r\n.\r\nlast\r\n' >message

# program NAME - a program from standard input
program() {
	cat >"$1"
	chmod 755 "$1"
}

program mailer <<'END'
#!/bin/sh
dir=$(dirname "$0")
printf '%s\n' "$@" >"$dir/args"
env | sort >"$dir/env"
cat >"$dir/input"
[ ! -e "$dir/words" ] || cat "$dir/words" >&2
exit "$(cat "$dir/status")"
END

# sendmail STATUS [KEY=VALUE…]
sendmail() {
	echo "$1" >status
	shift
	"$send" sendmail program="$work/mailer" from=e@web1.example \
		to=root@example.org to=-oQ/tmp@example.org message=message \
		"$@" >out
}

sendmail 0
is "$(got outcome) $(got code)" 'sent 0' 'a mailer that is content'
is "$(tr '\n' ' ' <args)" \
	'-i -f e@web1.example -- root@example.org -oQ/tmp@example.org ' \
	'arguments, no shell'
is "$(cat input)" "$(tr -d '\r' <message)" 'lines as this system has them'
ok 'a clean environment' unlike "$(cat env)" '^(HOME|USER|TERM|LD_)'
for status in 65 67 68; do
	sendmail "$status"
	is "$(got outcome) $(got code)" "refused $status" "status $status"
done
for status in 64 77 78 126 127; do
	sendmail "$status"
	is "$(got outcome) $(got code)" "denied $status" "status $status"
done
for status in 1 69 70 71 73 74 75 76; do
	sendmail "$status"
	is "$(got outcome) $(got code)" "retry $status" "status $status"
done
printf 'queue\033[31m full\nreally\n' >words
sendmail 75
is "$(got text)" "$work/mailer ended with 75: queue [31m full really" \
	'its words on one line'
rm words
sendmail 0 from=
is "$(head -n 2 args | tr '\n' ' ')" '-i -- ' 'no sender'
sendmail 0 "to=$(printf 'a@b\nX: y')"
ok 'no address' like "$(cat out)" '^error=-22 '
sendmail 0 program=/no/such/mailer
is "$(got outcome) $(got code)" 'denied 127' 'no mailer'
sendmail 0 program=mailer
ok 'no absolute path' like "$(cat out)" '^error=-22 '

# --- deadlines: all at the same time
program slowreader <<'END'
#!/bin/sh
trap '' TERM
sleep 60 &
wait
sleep 60
END
program slowender <<'END'
#!/bin/sh
cat >/dev/null
exec sleep 60
END
program crasher <<'END'
#!/bin/sh
cat >/dev/null
kill -9 $$
END
program early <<'END'
#!/bin/sh
kill -9 $$
END
for name in slowreader slowender crasher early; do
	"$send" sendmail program="$work/$name" from=a@b to=c@d message=message \
		total=1 >"out.$name" &
	pids="${pids-} $!"
done
# shellcheck disable=SC2086
wait $pids
is "$(got outcome out.slowreader)" retry 'killed before it had read all'
is "$(got outcome out.slowender)" unsure 'killed after it had'
is "$(got outcome out.crasher)" unsure 'died after it had read all'
is "$(got outcome out.early)" retry 'died before'
ok 'in time' test "$(cat out.* | sed -n 's/^milliseconds=//p' | sort -n |
	tail -n 1)" -lt 30000

# A mailer may go on behind our back.
program queuer <<'END'
#!/bin/sh
cat >/dev/null
(sleep 0.3; : >"$(dirname "$0")/delivered") >/dev/null 2>&1 &
END
"$send" sendmail program="$work/queuer" to=c@d from= message=message >out
is "$(got outcome)" sent 'a mailer that delivers later'
ok 'may do so' wait_until test -e delivered

# --- exec
program hook <<'END'
#!/bin/sh
[ -z "$WAIT" ] || { sleep 60 & echo $! >"$(dirname "$0")/left"; }
echo "got $(wc -c) bytes; $1; $ETCSNAP_HOST; $HOME; $PATH; $LD_PRELOAD; $(id -un)"
END
"$send" exec arg="$work/hook" arg='$(id) ; x' input=message \
	env='ETCSNAP_HOST=web1 $(id)' env=PATH=/evil env=LD_PRELOAD=/evil \
	env=WAIT=1 >out
is "$(got outcome) $(got code)" 'sent 0' 'a program'
ok 'with its facts' like "$(got body)" \
	"^got $(wc -c <message) bytes; \\\$\\(id\\) ; x; web1 \\\$\\(id\\); "
ok 'and a path of its own' unlike "$(got body)" evil
# gone PID - or a zombie that nobody has buried yet
gone() {
	[ ! -e "/proc/$1/status" ] || grep -q '^State:.Z' "/proc/$1/status"
}
ok 'nothing it started is left' gone "$(cat left)"
"$send" exec arg="$work/hook" input=message user=no-such-user >out
ok 'no such user' like "$(cat out)" "^error=-22 there is no user 'no-such-user'"
"$send" exec input=message >out
ok 'no program' like "$(cat out)" '^error=-22 '
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$work"
	"$send" exec arg="$work/hook" arg=x input=message user=nobody >out
	ok 'as another user' like "$(got body)" 'nobody$'
	"$send" exec arg=/usr/bin/id arg=-G input=message user=nobody >out
	is "$(got body)" "$(id -G nobody)" 'with its groups alone'
else
	skip 'only root can become another' 2
fi
head -c 3000000 /dev/zero >large
"$send" exec arg=/bin/cat input=large >out
is "$(got outcome) $(got body_len)" 'sent 65536' 'the first 64 KiB of an output'

done_testing
