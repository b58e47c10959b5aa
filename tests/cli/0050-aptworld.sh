#!/bin/sh
# SPDX-License-Identifier: MIT
# 0050-aptworld.sh - the tests' own Debian: packages come, change and go there
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/aptworld.sh"

PACKAGES=${PACKAGES:-12}

# offer VERSION - all packages in a version
offer() {
	local i=0

	while [ "$i" -lt "$PACKAGES" ]; do
		i=$((i + 1))
		world_package "pkg$i" "$1" \
			"/usr/bin/pkg$i=program $1" \
			"/usr/share/doc/pkg$i/copyright=free" \
			"/etc/pkg$i.conf=version = $1"
	done
}

# logged WORD - how many such lines dpkg's log has
logged() {
	grep -c "^[0-9: -]* $1 " "$root/var/log/dpkg.log"
}

world_new
before=$(stat -c '%s %Y' /var/log/dpkg.log /var/lib/dpkg/status 2>/dev/null)

offer 1:1.0-1
# shellcheck disable=SC2046 # names without blanks
ok 'packages are installed' world_apt install \
	$(seq -f 'pkg%g' "$PACKAGES")
is "$(world_dpkg -l 2>/dev/null | grep -c '^ii')" "$PACKAGES" \
	'all of them are there'
is "$(logged install)" "$PACKAGES" 'as the log of dpkg says'
is "$(cat "$root/usr/bin/pkg1")" 'program 1:1.0-1' 'with their files'
is "$(stat -c %a "$root/usr/bin/pkg1")" 755 'which can be run'
is "$(world_verify)" '' 'and are as they were shipped'

echo 'version = mine' >"$root/etc/pkg1.conf"
echo 'somebody was here' >"$root/usr/bin/pkg2"
is "$(world_verify)" "??5??????   /usr/bin/pkg2
??5?????? c /etc/pkg1.conf" 'dpkg tells what was changed by hand'

offer 1:1.0-2
ok 'all are upgraded in one go' world_apt upgrade
is "$(logged upgrade)" "$PACKAGES" 'as the log says'
is "$(cat "$root/etc/pkg1.conf")" 'version = mine' 'a changed conffile is kept'
is "$(cat "$root/etc/pkg1.conf.dpkg-dist")" 'version = 1:1.0-2' \
	"the package's is beside it"
is "$(cat "$root/etc/pkg2.conf")" 'version = 1:1.0-2' 'others are new'
is "$(grep -c '^Commandline: apt-get .* upgrade$' \
	"$root/var/log/apt/history.log")" 1 'apt wrote down what was asked of it'

ok 'one is removed' world_apt remove pkg3
ok 'one is purged' world_apt purge pkg4
ok 'one is installed by dpkg' world_dpkg -i "$(world_deb pkg3 1:1.0-1)"
is "$(world_dpkg -l | awk '/^ii/ { n++ } END { print n }')" \
	$((PACKAGES - 1)) 'that is what is left'
is "$before" \
	"$(stat -c '%s %Y' /var/log/dpkg.log /var/lib/dpkg/status 2>/dev/null)" \
	"the machine's own packages saw nothing of it"
done_testing
