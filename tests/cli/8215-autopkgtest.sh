#!/bin/sh
# SPDX-License-Identifier: MIT
# 8215-autopkgtest.sh - the test of the installed package, as Debian runs it
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/chroot.sh"
. "$srcdir/tests/packages.sh"

chroot_skip
need autopkgtest
build_deb
chroot_new "$work/debian"

# It goes by the directory's names, and by the system's own mirror.
mkdir source
cp -R "$srcdir/contrib/debian" source/debian
cp "$deb" etcsnap.deb
cp /etc/resolv.conf debian/etc/
# shellcheck disable=SC2016 # expanded there
es_run unshare --mount --pid --fork sh -c '
	mount -t proc proc debian/proc &&
	autopkgtest --no-built-binaries --output-dir out etcsnap.deb source/ \
		-- chroot "$PWD/debian"'
is "$es_status" 0 'exit status 0'
is "$(sed 's/  */ /g' out/summary)" 'snapshot PASS' 'it passes'
[ "$es_status" -eq 0 ] || tail -n 40 "$es_out" | sed 's/^/# | /'
done_testing
