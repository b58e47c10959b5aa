#!/bin/sh
# SPDX-License-Identifier: MIT
# 8030-managers.sh - snapshots around transactions of pacman, dnf and zypper
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/chroot.sh"
. "$srcdir/tests/hooks.sh"

need git
hooks_new
host=$(uname -n)
# installs PACKAGE… - a manager from Debian
installs() {
	chroot_apt "$debian" install "$@" >"$work/apt.log" 2>&1
}
packages() { git_repo log -1 --format='%(trailers:key=Package,valueonly)' main; }

# --- pacman --------------------------------------------------------------------
# pacman_package NAME VERSION - /NAME-VERSION.pkg.tar.gz with /etc/NAME.conf
pacman_package() {
	mkdir -p tree/etc
	echo "version = $2" >"tree/etc/$1.conf"
	printf '%s = %s\n' pkgname "$1" pkgbase "$1" pkgver "$2" \
		pkgdesc 'made by a test' builddate 1700000000 \
		packager tester size 1 arch any backup "etc/$1.conf" \
		>tree/.PKGINFO
	(cd tree && tar --owner=0 --group=0 -czf \
		"$debian/$1-$2.pkg.tar.gz" .PKGINFO etc)
	rm -r tree
}

if installs pacman-package-manager; then
	hooks_on pacman
	printf '[options]\nArchitecture = auto\nSigLevel = Never\nLocalFileSigLevel = Never\n' \
		>"$debian/etc/pacman.conf"
	pacman_package kiosk 1.0-1
	pacman_package kiosk 1.1-1
	in_it etcsnap commit
	echo 'left over' >"$debian/etc/leftover"
	ok 'pacman installs' in_it pacman --noconfirm -U /kiosk-1.0-1.pkg.tar.gz
	is "$(runs | sed 's/: kiosk.*//')" "pacman: 1 added on $host: leftover
pacman: pacman: install kiosk; 3 changed, 1 added on $host" \
		'what was left over is a commit of its own'
	is "$(packages)" 'kiosk - -> 1.0-1' 'the other names the package'
	ok 'pacman upgrades' in_it pacman --noconfirm -U /kiosk-1.1-1.pkg.tar.gz
	is "$(packages)" 'kiosk 1.0-1 -> 1.1-1' 'with both versions'
	ok 'pacman removes' in_it pacman --noconfirm -R kiosk
	ok 'a commit says it' like "$(runs 1)" '^pacman: pacman: remove kiosk; '
	mv "$debian$hook" "$debian$hook.away"
	ok 'without us it goes on' in_it pacman --noconfirm -U \
		/kiosk-1.0-1.pkg.tar.gz
	mv "$debian$hook.away" "$debian$hook"
else
	skip 'pacman cannot be installed here' 8
fi

# --- dnf 4 ---------------------------------------------------------------------
# rpm_package NAME VERSION - /NAME-VERSION.rpm with /etc/NAME.conf
rpm_package() {
	printf '%s: %s\n' Name "$1" Version "$2" Release 1 Summary test \
		License MIT BuildArch noarch >"$debian/test.spec"
	cat >>"$debian/test.spec" <<-END
	%description
	Made by a test.
	%install
	mkdir -p %{buildroot}/etc
	echo version = $2 >%{buildroot}/etc/$1.conf
	%files
	%config(noreplace) /etc/$1.conf
	END
	in_it rpmbuild -bb --quiet --define '_rpmdir /' \
		--define '_rpmfilename %%{NAME}-%%{VERSION}.rpm' /test.spec \
		>"$work/rpmbuild.log" 2>&1
}

if installs dnf rpm && rpm_package stall 1.0 && rpm_package stall 1.1; then
	hooks_on dnf
	in_it etcsnap commit
	dnf() { in_it dnf -y --disablerepo='*' --setopt=gpgcheck=0 "$@"; }
	echo 'left over again' >"$debian/etc/leftover"
	ok 'dnf installs' dnf install /stall-1.0.rpm
	is "$(runs | sed 's/; .*//')" "dnf: 1 changed on $host: leftover
dnf: dnf: install stall" 'what was left over is a commit of its own'
	is "$(packages)" 'stall - -> 1.0-1' 'a commit names the package'
	ok 'dnf upgrades' dnf install /stall-1.1.rpm
	is "$(packages)" 'stall 1.0-1 -> 1.1-1' 'with both versions'
	ok 'dnf removes' dnf remove stall
	ok 'a commit says it' like "$(runs 1)" '^dnf: dnf: remove stall; '
	mv "$debian$hook" "$debian$hook.away"
	ok 'without us it goes on' dnf install /stall-1.0.rpm
	mv "$debian$hook.away" "$debian$hook"
	# Of these there is no history but the lists of two runs. Debian's rpm
	# has its database in the home directory unless it is told.
	in_it rpm --dbpath /var/lib/rpm -i --quiet --replacefiles /stall-1.0.rpm
	in_it etcsnap commit
	in_it rpm --dbpath /var/lib/rpm -U --quiet /stall-1.1.rpm
	in_it etcsnap commit
	is "$(packages)" 'stall 1.0-1 -> 1.1-1' 'rpm alone upgrades'
	in_it rpm --dbpath /var/lib/rpm -e stall
	in_it etcsnap commit
	is "$(packages)" 'stall 1.1-1 -> -' 'and removes'
else
	skip 'dnf cannot be installed here' 10
fi

# --- zypper --------------------------------------------------------------------
if installs zypper rpm && rpm_package stoop 1.0 && rpm_package stoop 1.1; then
	hooks_on zypper
	zypper() {
		local verb="$1"

		shift
		in_it zypper --non-interactive --no-refresh --no-gpg-checks \
			"$verb" "$@"
	}
	# It does not end well where no package is left.
	rpm_package stays 1.0
	zypper install --allow-unsigned-rpm /stays-1.0.rpm >zypper.out 2>&1 ||
		cat zypper.out
	echo 'left over once more' >"$debian/etc/leftover"
	ok 'zypper installs' zypper install --allow-unsigned-rpm /stoop-1.0.rpm
	is "$(runs | sed 's/; .*//; s/: leftover.*//')" \
		"zypper: 1 changed on $host
zypper: zypper: install stoop" 'what was left over is a commit of its own'
	is "$(packages)" 'stoop - -> 1.0-1' 'a commit names the package'
	ok 'zypper upgrades' zypper install --allow-unsigned-rpm /stoop-1.1.rpm
	is "$(packages)" 'stoop 1.0-1 -> 1.1-1' 'with both versions'
	ok 'and its command' like "$(git_repo cat-file -p main:run/packages)" \
		'^command 1 root zypper.*install.*/stoop-1.1.rpm'
	ok 'zypper removes' zypper remove stoop
	ok 'a commit says it' like "$(runs 1)" '^zypper: zypper: remove stoop; '
	mv "$debian$hook" "$debian$hook.away"
	ok 'without us it goes on' zypper install --allow-unsigned-rpm \
		/stoop-1.0.rpm
else
	skip 'zypper cannot be installed here' 9
fi

done_testing
