#!/bin/sh
# SPDX-License-Identifier: MIT
# 3070-terminal.sh - pager, colours and progress are for terminals
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

cat >on_tty.py <<'END'
"""on_tty.py WIDTH COMMAND... - run it on a terminal, print what it shows there;
$pause: stop it for so many seconds once it has read 32 MiB"""
import fcntl, os, pty, signal, struct, sys, termios, time
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ,
                struct.pack("HHHH", 25, int(sys.argv[1]), 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])
if os.environ.get("pause"):
    while True:
        with open(f"/proc/{pid}/io") as io:
            if int(io.readline().split()[1]) > 32 << 20:
                break
        time.sleep(0.005)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(float(os.environ["pause"]))
    os.kill(pid, signal.SIGCONT)
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data.replace(b"\r\n", b"\n"))
status = os.waitpid(pid, 0)[1]
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status)
         else 128 + os.WTERMSIG(status))
END

# tty ARGUMENT… - the program on a terminal of 80 columns
tty() {
	python3 on_tty.py "${width:-80}" "$ETCSNAP" -c "$conf" --root "$root" "$@"
}

cat >pager <<END
#!/bin/sh
printf '%s|%s|' "\$LESS" "\${LESSSECURE-unset}" >"$work/env"
tee "$work/paged" | sed 's/^/PAGED /'
END
chmod 755 pager
escape=$(printf '\033')

es_init
ok 'commit tells on a terminal' like "$(tty commit)" \
	'^[0-9a-f]{7} first run, [0-9]+ entries$'
ok 'and that nothing changed' like "$(tty commit)" '^no changes$'
is "$(tty -q commit)" '' 'not with -q'
settle
echo '192.0.2.1 one' >>"$root/etc/hosts"
rm "$root/etc/fstab"
is "$(es commit 2>&1)" '' 'it is silent where there is none, so that cron mails nothing'
settle
echo '192.0.2.2 two' >>"$root/etc/hosts"

# --- pager ---------------------------------------------------------------------
export PAGER="$work/pager"
for cmd in log show report diff 'config show' 'show HEAD:/etc/hosts'; do
	rm -f paged
	# shellcheck disable=SC2086
	tty $cmd >said
	ok "$cmd: through the pager" grep -q '^PAGED ' said
	rm -f paged
	# shellcheck disable=SC2086
	es $cmd >said
	ok "$cmd: not in a pipe" test ! -e paged
done
for cmd in status 'config check' 'cat HEAD:/etc/hosts' 'git log'; do
	rm -f paged
	# shellcheck disable=SC2086
	GIT_PAGER="cat" tty $cmd >said
	ok "$cmd: never through ours" test ! -e paged
done
tty log >/dev/null
is "$(cut -d'|' -f1 env)" FRSX 'LESS: rows are not folded'
tty diff >/dev/null
is "$(cut -d'|' -f1 env)" FRX 'LESS: text is'
LESS=i tty diff >/dev/null
is "$(cut -d'|' -f1 env)" i 'LESS: of the user stays'
if [ "$(id -u)" -eq 0 ]; then
	is "$(cut -d'|' -f2 env)" 1 "root's pager runs no commands"
else
	is "$(cut -d'|' -f2 env)" unset 'the pager of a user is not tamed'
fi
rm -f paged
ok 'the exit status is ours' must_exit 1 tty diff
ok 'PAGER=cat: none' sh -c '! grep -q PAGED' <<END
$(PAGER="cat" tty show)
END
ok 'PAGER empty: none' like "$(PAGER='' tty show)" '^Notice'
ok 'ETCSNAP_PAGER comes first' like "$(ETCSNAP_PAGER='sed s/^/MINE/' tty show)" \
	'^MINE'
ok 'a pager with arguments' like "$(PAGER='sed s/hosts/h0sts/' tty show)" 'h0sts'
ok 'a pager that is not there: none' like \
	"$(PAGER=/nowhere/pager tty show)" '^Notice'
ok 'as where less is not installed' like "$(env -u PAGER PATH=/nowhere \
	"$(command -v python3)" on_tty.py 80 "$ETCSNAP" -c "$conf" \
	--root "$root" show)" '^Notice'
es_run env PAGER=true python3 on_tty.py 80 "$ETCSNAP" -c "$conf" \
	--root "$root" show
is "$(cat "$es_out")" '' 'a pager that ends at once: no complaint'
head -c 1000000 /dev/zero | tr '\0' '\n' >"$root/etc/long.conf"
es commit
es_run env PAGER='sleep 0.3; echo late; exit' python3 on_tty.py 80 "$ETCSNAP" \
	-c "$conf" --root "$root" show HEAD:/etc/long.conf
is "$es_status" 141 'one that reads nothing ends us as it would end git'
is "$(cat "$es_out")" late 'but is waited for'
es_run tty show nowhere
is "$es_status" 2 'an error: exit 2'
ok 'is told without the pager' like "$(tty show nowhere)" '^etcsnap: '
unset PAGER

# --- colours -------------------------------------------------------------------
export PAGER=cat TERM=xterm
ok 'colours on a terminal' like "$(tty show)" "^    $escape\\[32m\\+192"
ok 'not in a pipe' unlike "$(es show)" "$escape"
ok 'not on a dumb one' unlike "$(TERM=dumb tty show)" "$escape"
ok 'not where NO_COLOR is set' unlike "$(NO_COLOR=1 tty show)" "$escape"
ok '--color never' unlike "$(tty --color never show)" "$escape"
ok '--color always' like "$(es --color always show)" "$escape"
ok '--color after the command' like "$(es show --color=always)" "$escape"
ok '--color else: exit 2' must_exit 2 es --color maybe show
es --color always show | sed "s/$escape\\[[0-9;]*m//g" >plain
es show >said
ok 'colours are all that differs' cmp plain said
es show --color always | grep -n "$escape" |
	grep -v "$escape\\[m[^$escape]*\$" >open || :
is "$(cat open)" '' 'every line ends in no colour'
ok 'JSON has none' unlike "$(tty show --json)" "$escape"

# --- width ---------------------------------------------------------------------
width=60 tty log >said
is "$(awk 'length($0) > 60' said)" '' 'log is cut to the terminal'
ok 'and not in a pipe' test "$(es log | awk '{ print length($0) }' | sort -n |
	tail -n 1)" -gt 60

# --- progress ------------------------------------------------------------------
# A big file, in the middle of which the run has to wait for more than a second.
truncate -s 512M "$root/usr/bin/big"
pause=1.3 tty commit >said
ok 'a slow run tells how far it is' grep -qE \
	'[0-9]+ paths, [0-9.]+ MiB read, [0-9]+ paths/s' said
ok 'and wipes that out' like "$(tr '\r' '\n' <said | tail -n 1)" \
	"^$escape\[K[0-9a-f]{7} 0 changed, 1 added"
touch "$root/usr/bin/big"
pause=1.3 tty -q commit >said
is "$(cat said)" '' 'not with -q'
touch "$root/usr/bin/big"
"$ETCSNAP" -c "$conf" --root "$root" commit >said 2>&1 &
run=$!
sleep 0.2
kill -STOP "$run"
sleep 1.2
kill -CONT "$run"
wait "$run"
is "$? $(cat said)" '0 ' 'and not where there is no terminal'


# --- width ---------------------------------------------------------------------
settle
chmod 640 "$root/etc/hosts"
rm "$root/usr/bin/big"
echo x >"$root/etc/one"
mv "$root/etc/passwd" "$root/etc/passwd.was"
export PAGER=cat
# longest WIDTH COMMAND… - of its lines that are not content on a terminal
longest() {
	width="$1"
	shift
	tty --color never "$@" | python3 -c '
import sys
print(max(len(l.rstrip("\n")) for l in sys.stdin
          if l[4:5] not in "+-" and "sha256:" not in l))'
}
es commit
wide=$(longest 200 report)
ok 'a report has at most 100 columns' test "$wide" -le 100
ok 'and uses them' test "$wide" -gt 72
ok 'on a narrow terminal as many as that has' test "$(longest 72 report)" -le 72
ok 'but 60' test "$(longest 20 report)" -gt 50
ok 'so does diff' test "$(longest 72 diff HEAD~ HEAD)" -le 72

done_testing
