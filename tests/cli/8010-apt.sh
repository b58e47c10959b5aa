#!/bin/sh
# SPDX-License-Identifier: MIT
# 8010-apt.sh - snapshots before and after what apt and dpkg do
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/chroot.sh"
. "$srcdir/tests/hooks.sh"

need git
hooks_new
host=$(uname -n)
apt_get() { chroot_apt "$debian" "$@"; }
count() { git_repo rev-list --count main; }
packages() { git_repo log -1 --format='%(trailers:key=Package,valueonly)' main; }

# --- off until they are put into place -----------------------------------------
deb quiet 1.0
ok 'a package without hooks' apt_get install /quiet_1.0.deb
is "$(count)" 1 'makes no snapshot'
hooks_on apt dpkg
ok 'which is news to the next run' in_it etcsnap commit

# --- transactions of apt -------------------------------------------------------
deb shop 1.0 postinst='echo made >/etc/shop.state'
deb shop 1.1 postinst='echo again >>/etc/shop.state' \
	postrm='[ "$1" != purge ] || rm -f /etc/shop.state'
deb till 1.0
echo 'left over' >"$debian/etc/leftover"
ok 'apt installs' apt_get install /shop_1.0.deb /till_1.0.deb
is "$(runs)" "apt: 1 added on $host: leftover
apt: apt: install shop and 1 more; 2 changed, 3 added on $host: shop.conf, \
shop.state, till.conf, commands/dpkg, …" \
	'what was left over is a commit of its own'
is "$(changed)" '/etc/shop.conf
/etc/shop.state
/etc/till.conf
commands/dpkg/stdout
system/packages' 'so that of the transaction holds what it did'
is "$(packages)" 'shop - -> 1.0
till - -> 1.0' 'and names the packages'
ok 'which run/packages has, with the command' like \
	"$(git_repo show main:run/packages)" '^op install dpkg shop all - 1.0 '
ok 'and who asked for it' like "$(git_repo show main:run/packages)" \
	'^command 1 .*install'
is "$(count)" 4 'dpkg is silent below apt'

ok 'apt upgrades' apt_get install /shop_1.1.deb
ok 'a commit says it' like "$(runs 1)" '^apt: apt: upgrade shop; 4 changed on '
is "$(packages)" 'shop 1.0 -> 1.1' 'with both versions'
ok 'apt removes one and installs another' apt_get install till- quiet- \
	/shop_1.0.deb --allow-downgrades
ok 'a commit says that' like "$(runs 1)" \
	'^apt: apt: downgrade shop, remove quiet and 1 more; '
ok 'apt purges' apt_get purge shop till
ok 'a commit says it, too' like "$(runs 1)" '^apt: apt: purge shop'
before=$(count)
ok 'nothing to do' apt_get install
ok 'nothing done but a search' apt_get update
is "$(count)" "$before" 'makes no commit'

# --- a maintainer script that fails --------------------------------------------
deb bad 1.0 postinst='echo half >/etc/bad.state; exit 1'
ok 'apt fails as it would without us' must_exit 100 apt_get install /bad_1.0.deb
ok 'what it did until then is recorded' like "$(changed)" '^/etc/bad.state$'
ok 'with the state of the package' like \
	"$(git_repo show main:system/packages)" '^bad all 1.0 dpkg half-configured$'
deb bad 1.1 postinst='echo whole >/etc/bad.state'
ok 'it can be mended' apt_get install /bad_1.1.deb
ok 'which is recorded' unlike "$(git_repo show main:system/packages)" half

# --- dpkg by itself ------------------------------------------------------------
echo 'left over again' >"$debian/etc/leftover"
ok 'dpkg installs' in_it dpkg -i /till_1.0.deb
is "$(runs)" "dpkg: 1 changed on $host: leftover
dpkg: dpkg: install till; 2 changed, 1 added on $host: till.conf, \
commands/dpkg, system/packages" 'two commits again'
ok 'dpkg removes' in_it dpkg -r till
ok 'a commit says it' like "$(runs 1)" '^dpkg: dpkg: remove till; '
mkdir -p "$debian/other/var/lib/dpkg/updates" "$debian/other/var/lib/dpkg/info"
: >"$debian/other/var/lib/dpkg/status"
echo 'not yet' >"$debian/etc/leftover"
before=$(count)
in_it dpkg --root=/other --log=/dev/null -i /till_1.0.deb >/dev/null 2>&1
is "$(count)" "$before" 'what dpkg does elsewhere is not ours'
ok 'one after the other, as fast as it goes' in_it sh -c \
	'dpkg -i /till_1.0.deb && dpkg -P till && dpkg -i /quiet_1.0.deb'
is "$(git_repo log --reverse -n 3 main \
	--format='%(trailers:key=Package,valueonly,separator=%x2c)')" \
	'till - -> 1.0
till 1.0 -> -
quiet - -> 1.0' 'each has what it did'

# --- a repository of somebody else's -------------------------------------------
in_it useradd --system snapper
chown -R "$(in_it id -u snapper)" "${repo%/*}"
ok 'the repository of a user' in_it dpkg -i /till_1.0.deb
ok 'gets what the transaction did, too' like "$(runs 1)" \
	'^dpkg: dpkg: install till; '
is "$(find "${repo%/*}" ! -user "$(in_it id -u snapper)")" '' \
	'and no file of root'
ok 'nothing is out of reach' unlike "$(git_repo show main:run/errors 2>&1)" EACCES

done_testing
