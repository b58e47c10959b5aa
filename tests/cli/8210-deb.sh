#!/bin/sh
# SPDX-License-Identifier: MIT
# 8210-deb.sh - the Debian package: installed, used, upgraded, removed, purged
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/chroot.sh"
. "$srcdir/tests/packages.sh"

chroot_skip
build_deb
chroot_new "$work/debian"
plan 38

dir=$work/debian
in_it() { chroot_run "$dir" "$@"; }
# The repository of that system, for the git of this one.
repo=$work/debian/var/lib/etcsnap/repo.git
old=$work/debian/tmp/old.deb
new=$work/debian/tmp/new.deb
version=$(dpkg-deb --field "$deb" Version)

# --- the package ---------------------------------------------------------------
if command -v lintian >/dev/null 2>&1; then
	is "$(lintian --allow-root "${deb%.deb}.changes" 2>&1)" '' \
		'lintian has nothing to say'
else
	skip 'lintian is not installed'
fi
# The very files of "make install" for the same places, and Debian's own.
dpkg-deb --contents "$deb" | awk '{ print $6 }' >inside
ok 'the program is in it' grep -qx ./usr/sbin/etcsnap inside
ok 'nothing is enabled in it' unlike "$(cat inside)" \
	'\.wants/|/cron\.d/.|/apt\.conf\.d/.|dpkg\.cfg\.d/.'

# The version before: the same, with another number and a line more in a
# configuration file.
dpkg-deb --raw-extract "$deb" before
sed -i "s/^Version: .*/Version: $version~before/" before/DEBIAN/control
echo '# As it was shipped before.' >>before/etc/etcsnap/etcsnap.conf
dpkg-deb --root-owner-group --build before "$old" >/dev/null
cp "$deb" "$new"

# --- what is there -------------------------------------------------------------
# everything - each object of the system: type, mode, owner, size, digest, link.
# Left out are, by name, where apt and dpkg write about each installation, and
# the users: that of the package stays, as Debian wants it.
everything() {
	(
		cd "$dir" && find . -xdev \( -path ./proc -o -path ./dev \
			-o -path ./tmp -o -path ./var/log/apt \
			-o -path ./var/log/dpkg.log -o -path ./var/cache/apt \
			-o -path ./var/cache/debconf -o -path ./run/lock \
			-o -path './var/lib/dpkg/*-old' \
			-o -path ./var/lib/apt/extended_states \
			-o -path './etc/passwd*' -o -path './etc/group*' \
			-o -path './etc/shadow*' -o -path './etc/gshadow*' \
			\) -prune -o -printf '%P|%y|%m|%U:%G|%l|' \( \
			-type f -exec sha256sum {} \; -o -printf '\n' \) | sort
	)
}
# All that it needs comes first: this is about etcsnap's own traces.
chroot_apt "$dir" satisfy "$(dpkg-deb --field "$deb" Depends)" \
	>satisfy.log 2>&1 || bail 'what it depends on cannot be installed'
everything >before.list
cp "$dir/etc/passwd" "$dir/etc/group" .

# --- install, use --------------------------------------------------------------
ok 'the version before is installed by apt' \
	chroot_apt "$dir" install /tmp/old.deb
ok 'nothing has begun to run' test ! -e "$repo"
ok 'it is switched on' in_it etcsnap setup --yes --timer cron --no-test
ok 'by a crontab' test -e "$dir/etc/cron.d/etcsnap"
cp "$dir/etc/motd" motd
echo 'Welcome.' >"$dir/etc/motd"
echo '# Ours.' >>"$dir/etc/etcsnap/conf.d/commands.conf"
ok 'a change is recorded' like "$(in_it etcsnap -v commit -m 'a greeting')" \
	'^[0-9a-f]{7} 2 changed, 0 added, 0 removed$'
before=$(tip)

# --- upgrade -------------------------------------------------------------------
ok 'the new version comes in its place' \
	chroot_apt "$dir" install /tmp/new.deb
is "$(in_it dpkg-query -W -f '${Version}' etcsnap)" "$version" \
	'it is installed'
not_ok 'an untouched configuration file is replaced' \
	grep -q 'shipped before' "$dir/etc/etcsnap/etcsnap.conf"
ok 'a changed one stays' \
	grep -qx '# Ours.' "$dir/etc/etcsnap/conf.d/commands.conf"
ok 'the history goes on' \
	git_repo merge-base --is-ancestor "$before" main
ok 'with this upgrade, which apt told' \
	like "$(git_repo log -1 --format=%B)" '^Package: etcsnap .*~before -> '
ok 'and the next run finds nothing' \
	like "$(in_it etcsnap -v commit)" '^no changes$'
ok 'the repository is sound' in_it etcsnap verify

# --- remove, purge: the history is kept ------------------------------------------
ok 'it is removed' chroot_apt "$dir" remove etcsnap
ok 'the program is gone' test ! -e "$dir/usr/sbin/etcsnap"
ok 'what was switched on is off' test ! -e "$dir/etc/cron.d/etcsnap"
ok 'and called by nothing' must_exit 1 grep -rlI etcsnap "$dir/etc/apt" \
	"$dir/etc/dpkg" "$dir/etc/systemd"
ok 'the configuration stays' test -e "$dir/etc/etcsnap/etcsnap.conf"
ok 'the history stays' test -e "$repo/HEAD"

ok 'it is purged, nobody is asked' chroot_apt "$dir" purge etcsnap
ok 'the configuration is gone' test ! -e "$dir/etc/etcsnap"
ok 'the history is not' test -e "$repo/HEAD"
ok 'nor is its key' test -e "$dir/var/lib/etcsnap/key"

ok 'installed again' chroot_apt "$dir" install /tmp/new.deb
ok 'it finds its history' \
	like "$(in_it etcsnap log --format csv)" "$(echo "$before" | head -c 7)"

# --- purge: somebody is asked ----------------------------------------------------
# On a terminal of their own, by debconf's plainest frontend.
answer() {
	printf '%s\n' "$1" | in_it script -qec \
		'DEBIAN_FRONTEND=teletype dpkg --purge etcsnap' /dev/null
}
said=$(answer no)
ok 'the question says what it is about' \
	like "$said" 'Delete the recorded history in /var/lib/etcsnap\?'
ok '"no" keeps the history' test -e "$repo/HEAD"
chroot_apt "$dir" install /tmp/new.deb >/dev/null 2>&1
said=$(answer yes)
ok '"yes" deletes it' test ! -e "$dir/var/lib/etcsnap"

# --- purge: answered beforehand --------------------------------------------------
ok 'installed once more' chroot_apt "$dir" install /tmp/new.deb
in_it sh -c 'etcsnap init && etcsnap commit' >/dev/null
in_it sh -c 'echo etcsnap etcsnap/purge-repository boolean true |
	debconf-set-selections'
ok 'purged at once' chroot_apt "$dir" purge etcsnap
ok 'the history is gone, as was said' test ! -e "$dir/var/lib/etcsnap"

# --- what is left ----------------------------------------------------------------
cp motd "$dir/etc/motd"
everything >after.list
ok 'nothing is left behind' diff -u before.list after.list
is "$(diff passwd "$dir/etc/passwd" | sed -n 's/:.*//; s/^[<>]/&/p')" \
	'> etcsnap' 'but a user, who owns nothing'
is "$(diff group "$dir/etc/group" | sed -n 's/:.*//; s/^[<>]/&/p')" \
	'> etcsnap' 'and a group'
ok 'dpkg is content' must_exit 0 in_it dpkg --audit
