#!/bin/sh
# SPDX-License-Identifier: MIT
# 8220-rpm.sh - the rpm: what it says of itself, what is in it, that it runs
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/packages.sh"

need rpm rpm2cpio cpio
build_rpm
plan 9
about() { rpm --query --package --queryformat "$1" "$rpm"; }
version=$("$ETCSNAP" --version | sed 's/^etcsnap //;q')

is "$(about '%{NAME} %{VERSION} %{LICENSE}')" "etcsnap $version MIT" \
	'its name, version and licence'
is "$(rpm --query --package --configfiles "$rpm" | sort)" \
	"$(cd "$srcdir" && find conf/etcsnap.conf conf/conf.d -type f |
		sed 's|^conf|/etc/etcsnap|' | sort)" \
	'every configuration file is one'
ok 'an upgrade leaves changed ones alone' unlike "$(about \
	'[%{FILEFLAGS:fflags} %{FILENAMES}\n]')" '^c +/'
rpm --query --package --list "$rpm" >list
ok 'the program is in it' grep -qx /usr/sbin/etcsnap list
ok 'so is the one that sends' grep -qx /usr/libexec/etcsnap/etcsnap-send list
ok 'so are the manual pages' grep -qx '/usr/share/man/man8/etcsnap\.8.*' list
ok 'its own directories are its own' grep -qx /usr/share/etcsnap/templates list

mkdir inside
(cd inside && rpm2cpio "$rpm" | cpio -id --quiet)
ETCSNAP=$work/inside/usr/sbin/etcsnap
is "$("$ETCSNAP" --version | head -n 1)" "etcsnap $version" 'the program runs'
es_init
ok 'and takes a snapshot' es commit

# What rpmlint says is for the eye: it depends on a distribution's rules.
! command -v rpmlint >/dev/null 2>&1 ||
	note "$(rpmlint "$rpm" "$srcdir/contrib/rpm/etcsnap.spec" 2>&1 |
		sed -n '/: [EW]: /p')"
