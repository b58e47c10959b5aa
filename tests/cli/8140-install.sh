#!/bin/sh
# SPDX-License-Identifier: MIT
# 8140-install.sh - on a minimal Debian "make install" alone gives a system that
# works, in which nothing runs by itself before "etcsnap setup"
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/chroot.sh"
need git
plan 25

d=$work/debian
chroot_new "$d"
state=$d$(installed localstatedir)/lib/etcsnap
conf_d=$d$(installed sysconfdir)/etcsnap

# all_etc - what is in /etc, with contents and modes, but for our own folder
all_etc() {
	(
		cd "$d/etc" && find . -path ./etcsnap -prune -o \
			-printf '%p %m %l\n' | sort &&
			find . -path ./etcsnap -prune -o -type f \
				-exec sha256sum {} + | sort -k 2
	)
}

all_etc >before
chroot_install "$d"
all_etc >after

# --- what is there -----------------------------------------------------------------
ok 'nothing is switched on' cmp before after
ok 'there is a configuration' test -e "$conf_d/etcsnap.conf"
ok 'which is good' chroot_run "$d" etcsnap config check
is "$(stat -c '%a %u' "$state" "$conf_d" "$conf_d/conf.d" | tr '\n' ';')" \
	'700 0;755 0;755 0;' 'directories have the right modes'
ok 'there are manual pages' sh -c 'find "$1" -name etcsnap.8 | grep -q .' - "$d"
ok 'and units' sh -c 'find "$1" -name etcsnap.timer | grep -q .' - "$d"
ok 'without a repository it says what to do' \
	like "$(chroot_run "$d" etcsnap commit 2>&1)" "etcsnap init"

# --- neither systemd nor cron ------------------------------------------------------
ok 'setup works even so' chroot_run "$d" etcsnap setup --yes
chroot_run "$d" etcsnap setup --dry-run >said 2>&1
ok 'nothing is left to do' like "$(cat said)" 'are in place'
is "$(git --git-dir="$state/repo.git" log --format=%B main |
	sed -n 's/^Trigger: //p')" setup 'there is a first snapshot'
is "$(stat -c %a "$state/repo.git" "$state/key" "$state/setup" | tr '\n' ' ')" \
	'700 600 600 ' 'which is private'
ok 'a run finds nothing new' \
	like "$(chroot_run "$d" etcsnap -v commit)" '^no changes$'
echo changed >>"$d/etc/hostname"
ok 'and then what changed' \
	like "$(chroot_run "$d" etcsnap -v commit)" '1 changed, 0 added'

# --- cron comes ----------------------------------------------------------------------
chroot_apt "$d" install cron >apt.log 2>&1 ||
	bail "$(tail -n 3 apt.log)"
ok 'the hook of apt was there' \
	like "$(git --git-dir="$state/repo.git" log main)" '^ *Trigger: apt$'
ok 'setup finds it' like "$(chroot_run "$d" etcsnap setup --yes 2>&1)" \
	'^wrote /etc/cron.d/etcsnap'
is "$(stat -c '%a %u %g' "$d/etc/cron.d/etcsnap")" '644 0 0' \
	'cron takes the file'
line=$(sed -n 's/^[0-9]* [*] [*] [*] [*] root //p' "$d/etc/cron.d/etcsnap")
echo again >>"$d/etc/hostname"
ok 'what it runs works' chroot_run "$d" sh -c "$line"
ok 'and records' like "$(git --git-dir="$state/repo.git" log -1 main)" \
	'1 changed.*hostname'

# --- systemd, as in an image -----------------------------------------------------------
chroot_apt "$d" install systemd >apt.log 2>&1 || bail "$(tail -n 3 apt.log)"
case $(installed prefix) in
/usr | /usr/local)
	ok 'timers can be switched on for the next boot' \
		chroot_run "$d" etcsnap setup --yes --timer systemd
	is "$(find "$d/etc/systemd/system/timers.target.wants" \
		-name 'etcsnap*' | wc -l)" 3 'they are'
	not_ok 'cron is off then' test -e "$d/etc/cron.d/etcsnap"
	;;
*) skip 'systemd does not look for units below this prefix' 3 ;;
esac

# --- and away ----------------------------------------------------------------------------
ok 'all is undone' chroot_run "$d" etcsnap setup --remove --yes
is "$(find "$d/etc" -path "$conf_d" -prune -o -name '*etcsnap*' -print)" '' \
	'nothing of it is left in /etc'
not_ok 'nor the record' test -e "$state/setup"
ok 'the repository stays' git --git-dir="$state/repo.git" fsck
