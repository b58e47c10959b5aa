#!/bin/sh
# SPDX-License-Identifier: MIT
# 8100-units.sh - units, crontab, user and directory are what their programs
# take, and what is installed names the places that configure was told
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git make setpriv systemd-analyze
plan 26

make -C "$builddir" -s install DESTDIR="$work/inst" >install.log 2>&1 ||
	bail "make install failed: $(tail -n 3 install.log)"
inst() {
	find "$work/inst" -path "*/$1"
}

units=$(dirname "$(inst systemd/system/etcsnap.service)")
program=$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$units/etcsnap.service")
ok 'the program is where the unit says' test -x "$work/inst$program"

# verify wants the programs to be there.
mkdir verify
for unit in "$units"/*; do
	sed "s,^ExecStart=$program,ExecStart=$ETCSNAP," "$unit" \
		>"verify/${unit##*/}"
done
for unit in etcsnap etcsnap-full etcsnap-notify; do
	said=$(SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no \
		"verify/$unit.service" "verify/$unit.timer" 2>&1 |
		grep "$unit" || :)
	is "$said" '' "systemd finds no fault with $unit"
done

# exposure UNIT - ten times the score
exposure() {
	systemd-analyze security --offline=yes --no-pager "$1" |
		sed -n 's/.*Overall exposure level.*: \([0-9]*\)\.\([0-9]\).*/\1\2/p'
}
ok 'the one that delivers is well confined' \
	test "$(exposure verify/etcsnap-notify.service)" -le 15
note "exposure of the collector: $(exposure verify/etcsnap.service) of 100"

# What would show a run from the timer another system than one from a shell.
sees='^(Protect(System|Home|Proc|KernelModules|KernelTunables|KernelLogs)|Private|ProcSubset|ReadOnly|ReadWrite|Inaccessible|TemporaryFile|Bind|Root|NoNewPrivileges|RestrictAddress|RestrictNamespaces|RestrictSUIDSGID|SystemCallArch|MemoryDeny|Device|StateDirectory)'
for unit in etcsnap etcsnap-full; do
	ok "$unit sees what a shell sees" \
		unlike "$(cat "$units/$unit.service")" "$sees"
	ok 'and unread paths are no failure' \
		grep -qx 'SuccessExitStatus=4' "$units/$unit.service"
done
is "$(sed -n 's/^ExecStart=//p' "$units/etcsnap.service")" \
	"$program commit --trigger timer --wait 30m" 'what it runs'
is "$(sed -n 's/^ExecStart=//p' "$units/etcsnap-full.service")" \
	"$program commit --full --trigger timer --wait 30m" 'all of it once a week'
for unit in etcsnap etcsnap-full; do
	ok "$unit.timer is random and catches up" sh -c \
		'grep -q "^RandomizedDelaySec=" "$1" && grep -qx "Persistent=yes" "$1"' - \
		"$units/$unit.timer"
done

# --- the rest --------------------------------------------------------------------
is "$(grep -v '^[#A-Z]' "$(inst cron/etcsnap)")" \
	"17 * * * * root $program commit" 'the crontab has one plain command'
not_ok 'and is not where cron looks' test -e "$work/inst/etc/cron.d/etcsnap"
not_ok 'no timer is on' sh -c 'find "$1" -name "*.wants" | grep .' - "$work/inst"
is "$(stat -c %a "$(inst lib/etcsnap | grep -v share | grep -v libexec)")" 700 \
	'nobody else looks into the directory of the state'

make -C "$builddir" -s uninstall DESTDIR="$work/inst" >uninstall.log 2>&1
is "$(find "$work/inst" -type f)" '' 'uninstall leaves no file'

# Without systemd nothing of it is installed.
mkdir other
make -C "$builddir" -s install-data DESTDIR="$work/other" \
	systemdsystemunit_DATA= sysusers_DATA= tmpfiles_DATA= >none.log 2>&1
is "$(find other -name '*.service' -o -name '*.timer')" '' \
	'without units there are none'

# --- reports from the sandbox ------------------------------------------------------
printf '#!/bin/sh\ncat >/dev/null\necho told >>%s/told\n' "$work" >program
chmod 755 program
conf_for_root '[channel program]' 'type = exec' "run = $work/program"
es_init
ok 'there is something to tell' es commit --no-notify
es_sandboxed() {
	setpriv --no-new-privs "$ETCSNAP" -c "$conf" --root "$root" "$@"
}
ok 'where no privileges may be gained' es_sandboxed notify --due
not_ok 'no program is run' test -e told
ok 'elsewhere it is' es notify --due
is "$(cat told)" told 'once'
ok 'by hand also there' es_sandboxed notify --test program
is "$(wc -l <told)" 2 'as somebody asked for it'
