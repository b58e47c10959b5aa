#!/bin/sh
# SPDX-License-Identifier: MIT
# 8120-setup-kill.sh - a setup that is killed is completed by the next one, or
# undone, and leaves nothing behind
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/box.sh"
need git strace
plan 5
box_new

state=$(box_file "$(box_installed localstatedir)/lib/etcsnap")
data=$(box_file "$(box_installed datadir)/etcsnap")
mkdir -p "$data/hooks/one" "$box/etc/cron.d" "$work/box.over/usr/sbin"
: >"$work/box.over/usr/sbin/crond"
for n in 1 2 3; do
	echo "hook $n" >"$data/hooks/one/h$n"
	echo "one one/h$n /etc/one/d$n/h$n 0644 /usr/bin/env"
done >"$data/hooks/places"
printf '#!/bin/sh\ncat >/dev/null\n' >"$work/box.over/usr/sbin/sendmail"
chmod 755 "$work/box.over/usr/sbin/sendmail"
# The rest of the machine is not what this is about.
conf_d=$(box_file "$(box_installed sysconfdir)/etcsnap/conf.d")
printf '[collect]\nparts = files\n[files]\ninclude =\ninclude = /etc\n' \
	>"$conf_d/small.conf"
rm -f "$conf_d/commands.conf"

all_etc() {
	(cd "$box/etc" && find . -printf '%p %m %l\n' | sort &&
		find . -type f -exec sha256sum {} + | sort -k 2)
}

# killed CALL N COMMAND… - kill it at the Nth CALL; 0 while there is one
killed() {
	local call="$1" n="$2" status=0

	shift 2
	box strace -qq -o /dev/null -e trace="$call" \
		-e inject="$call:signal=SIGKILL:when=$n" "$@" \
		>>killed.log 2>&1 || status=$?
	[ "$status" -ge 128 ]
}

all_etc >before
box strace -qq -o /dev/null -e trace=rename true 2>/dev/null ||
	skip_all 'strace cannot trace here'
box etcsnap setup --yes >said 2>&1 || bail "setup failed: $(cat said)"
all_etc >whole
box etcsnap setup --remove --repository --yes >/dev/null 2>&1

kills=0
bad=
for call in rename mkdir unlink; do
	n=1
	while [ "$n" -le 12 ] && killed "$call" "$n" etcsnap setup --yes; do
		kills=$((kills + 1))
		box etcsnap setup --yes >said 2>&1 || bad="$bad $call:$n"
		all_etc >after
		cmp -s whole after || bad="$bad $call:$n:left"
		box etcsnap setup --remove --repository --yes >/dev/null 2>&1
		n=$((n + 1))
	done
done
ok 'it was killed in the middle' test "$kills" -ge 15
is "$bad" '' "completed after each of $kills kills"

kills=0
bad=
for call in rename mkdir unlink rmdir; do
	n=1
	while [ "$n" -le 12 ]; do
		if ! killed "$call" "$n" etcsnap setup --yes; then
			killed "$call" "$n" etcsnap setup --remove --yes ||
				break
		fi
		kills=$((kills + 1))
		box etcsnap setup --remove --repository --yes >said 2>&1 ||
			bad="$bad $call:$n"
		all_etc >after
		cmp -s before after || bad="$bad $call:$n:left"
		n=$((n + 1))
	done
done
ok 'and so again' test "$kills" -ge 15
is "$bad" '' "undone after each of $kills kills"
box etcsnap setup --remove --repository --yes >/dev/null 2>&1
is "$(ls -A "$state")" '' 'nothing is left of it'
