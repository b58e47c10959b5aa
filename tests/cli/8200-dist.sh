#!/bin/sh
# SPDX-License-Identifier: MIT
# 8200-dist.sh - an archive of the same bytes each time; recipes in step with it
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/packages.sh"

need flock xz
plan 15
version=$("$ETCSNAP" --version | sed 's/^etcsnap //;q')
tree=$work/etcsnap-$version

# --- the archive ---------------------------------------------------------------
locked make_archive
cp "$archive" first.tar.xz
is "$(basename "$archive")" "etcsnap-$version.tar.xz" 'it is named by the version'
(
	umask 077
	TZ=Pacific/Auckland locked make_archive
)
ok 'another time, umask and zone give the same bytes' \
	cmp first.tar.xz "$archive"

tar -tvf first.tar.xz >list
is "$(awk '{ print $2, $4, $5 }' list | sort -u | wc -l)" 1 \
	'one owner and one time for all'
is "$(awk '{ print $2 }' list | sort -u)" 0/0 'and that owner is nobody here'
is "$(awk '{ print $1 }' list | sort -u | tr '\n' ' ')" \
	'-rw-r--r-- -rwxr-xr-x drwxr-xr-x ' 'modes do not tell an umask'

# Unpacked, without a git clone, it makes itself again.
tar -xf first.tar.xz
mkdir again
(cd again && "$tree/configure" -q --without-rpm >configure.log 2>&1) ||
	bail 'the archive cannot be configured'
make -C again -s dist >make.log 2>&1
ok 'the archive makes the same archive' \
	cmp first.tar.xz "again/etcsnap-$version.tar.xz"
SOURCE_DATE_EPOCH=86400 make -C again -s dist >make.log 2>&1
is "$(tar --full-time -tvf "again/etcsnap-$version.tar.xz" |
	awk '{ print $4, $5 }' | sort -u)" '1970-01-02 00:00:00' \
	'SOURCE_DATE_EPOCH is the time when it is set'

# --- the recipes in it ---------------------------------------------------------
cd "$tree/contrib" || bail 'no contrib'
# field FILE ERE - what follows the first match
field() {
	sed -nE "s/^$2//p" "$1" | head -n 1
}
is "$(field debian/changelog 'etcsnap \(' | sed 's/).*//')" "$version" \
	'Debian: the version of configure.ac'
is "$(field rpm/etcsnap.spec 'Version: *')" "$version" 'rpm: the same version'
is "$(field rpm/etcsnap.spec '\* .* - ' | sed 's/-[0-9]*$//')" "$version" \
	'rpm: the change log says so, too'
is "$(field arch/PKGBUILD pkgver=)" "$version" 'Arch: the same version'
is "$(field alpine/APKBUILD pkgver=)" "$version" 'Alpine: the same version'

# shellcheck disable=SC2016 # a script of its own
arch_says='. ./PKGBUILD
	[ "$pkgname $license" = "etcsnap MIT" ] && [ -n "$pkgdesc" ] &&
	[ ${#source[@]} -eq ${#sha256sums[@]} ] && [ -e "$install" ] &&
	declare -F build check package >/dev/null &&
	printf "%s\n" "${backup[@]}"'
ok 'Arch: makepkg finds all that it wants' bash -euc "cd arch && $arch_says"
(cd "$srcdir" && find conf/etcsnap.conf conf/conf.d -type f |
	sed 's|^conf|etc/etcsnap|' | sort) >conffiles
is "$(bash -euc "cd arch && $arch_says" | sort)" "$(cat conffiles)" \
	'Arch: it keeps every configuration file'
# shellcheck disable=SC2016 # a script of its own
ok 'Alpine: abuild finds all that it wants' sh -euc 'cd alpine && . ./APKBUILD
	[ "$pkgname $license" = "etcsnap MIT" ] && [ ${#pkgdesc} -lt 128 ] &&
	[ -n "$url$arch$makedepends" ] && [ -x "$install" ] &&
	sh -n "$install" && type build check package'
