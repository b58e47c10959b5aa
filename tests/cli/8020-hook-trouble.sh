#!/bin/sh
# SPDX-License-Identifier: MIT
# 8020-hook-trouble.sh - whatever is wrong with us, apt and dpkg go their way
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/chroot.sh"
. "$srcdir/tests/hooks.sh"

need git
hooks_new
hooks_on apt dpkg
sbin=$(installed sbindir)/etcsnap
conf=$debian$(installed sysconfdir)/etcsnap/etcsnap.conf
# Four seconds instead of sixty, as an administrator sets them.
sed -i 's/\(apt\|dpkg\) \(pre\|post\)/& 4/' \
	"$debian/etc/apt/apt.conf.d/99etcsnap" "$debian/etc/dpkg/dpkg.cfg.d/etcsnap"

# goes NAME VERSION SECONDS - apt installs the package in time; what was printed
# is in apt.out and apt.err
goes() {
	local began took

	deb "$1" "$2"
	began=$(date +%s)
	chroot_apt "$debian" install "/$1_$2.deb" >apt.out 2>apt.err ||
		return 1
	took=$(($(date +%s) - began))
	[ "$took" -le "$3" ] && return 0
	echo "it took $took seconds"
	return 1
}
# told ERE - what the hook said, on standard error alone
told() {
	unlike "$(cat apt.out)" etcsnap: && like "$(cat apt.err)" "$1"
}

ok 'all is well' goes a 1.0 20
ok 'and nothing is said of it' unlike "$(cat apt.out apt.err)" etcsnap

# --- the program hangs, the lock is held ---------------------------------------
mv "$debian$sbin" "$debian$sbin.real"
printf '#!/bin/sh\nkill -STOP $$\nexec %s.real "$@"\n' "$sbin" >"$debian$sbin"
chmod 755 "$debian$sbin"
ok 'a stopped program is ended' goes a 1.1 30
ok 'which is said' told 'no snapshot before the transaction of apt: .* 4 seconds'
printf '#!/bin/sh\ntrap "" TERM\nwhile :; do sleep 1; done\n' >"$debian$sbin"
ok 'so is one that does not want to end' goes a 1.2 40
mv "$debian$sbin.real" "$debian$sbin"
ok 'the next one tells what they missed' goes a 1.3 20
is "$(git_repo log --format='%(trailers:key=Package,valueonly)' -1)" \
	'a 1.2 -> 1.3' 'a transaction of its own again'

(flock 9 && exec sleep 60) 9>>"$repo/etcsnap.lock" &
holder=$!
at_end 'kill $holder 2>/dev/null'
ok 'another run that goes on and on is not waited for' goes a 1.4 20
ok 'which is said, too' told 'etcsnap: .*lock'
kill "$holder"
wait "$holder" 2>/dev/null

# --- a channel that is slow ----------------------------------------------------
cp "$conf" conf.before
printf '%s\n' '#!/bin/sh' 'touch /begun' 'sleep 60' >"$debian/slow"
chmod 755 "$debian/slow"
printf '%s\n' '[channel slow]' 'type = exec' 'run = /slow' \
	'[channel box]' 'type = file' >>"$conf"
# Everything ends with this shell, so that it waits until the channel is told.
ok 'nobody waits for it, nor for what it holds open' in_it sh -c '
	etcsnap commit --no-notify && etcsnap notify --channel box
	began=$(date +%s)
	dpkg -i /a_1.0.deb 2>&1 | cat
	[ $(($(date +%s) - began)) -lt 15 ] || exit 1
	i=0
	until [ -e /begun ] || [ $i -gt 100 ]; do sleep 0.1; i=$((i + 1)); done'
ok 'but it is told' test -e "$debian/begun"
cp conf.before "$conf"

# --- nothing to write, nothing to read -----------------------------------------
deb a 1.5
ok 'a repository on a disk that is read-only' in_it sh -c '
	mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" &&
	apt-get -q -y install /a_1.5.deb >/apt.out 2>/apt.err' sh \
	"${repo#"$debian"}"
cp "$debian/apt.out" "$debian/apt.err" .
ok 'is told' told 'etcsnap: .*(ead-only|cannot)'
echo '[files' >"$conf"
ok 'a configuration that is broken' goes a 1.6 20
ok 'is told as well' told 'etcsnap\.conf:1'
rm -r "$conf" "$debian$(installed sysconfdir)/etcsnap"
ok 'none at all' goes a 1.7 20
is "$(git_repo log --format='%(trailers:key=Package,valueonly)' -1)" \
	'a 1.6 -> 1.7' 'is not needed'
mv "$repo" "$repo.away"
ok 'no repository' goes a 1.8 20
ok 'is said' told "etcsnap: .*repo.git"
mv "$repo.away" "$repo"

# --- etcsnap goes away ---------------------------------------------------------
deb gone 1.0 "preinst=rm -f $sbin"
ok 'the program is gone after the first hook' in_it apt-get -y \
	install /gone_1.0.deb
deb gone 1.1 "postinst=rm -f $hook"
ok 'so is the hook' in_it dpkg -i /gone_1.1.deb
deb gone 1.2
in_it dpkg -i /gone_1.2.deb >apt.out 2>apt.err
is "$?" 0 'what is left of us hurts nobody'
ok 'and says nothing' unlike "$(cat apt.out apt.err)" etcsnap

done_testing
