#!/bin/sh
# SPDX-License-Identifier: MIT
# 0060-chroot.sh - the whole system that other tests install on
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/chroot.sh"

plan 6
chroot_new "$work/debian"
chroot_install "$work/debian"
in_it() { chroot_run "$work/debian" "$@"; }

ok 'it is a Debian of its own' must_exit 0 in_it dpkg --audit
ok 'etcsnap runs in it' like "$(in_it etcsnap --version)" '^etcsnap '
ok 'it takes a snapshot there' in_it \
	sh -c 'etcsnap init && etcsnap -v commit'
is "$(in_it sh -c 'echo /proc/[0-9]*')" /proc/1 'it has processes of its own'
is "$(in_it sh -c 'env | sed "s/=.*//" | sort | tr "\n" " "')" \
	'DEBIAN_FRONTEND HOME LC_ALL LOGNAME PATH PWD TERM TZ USER ' \
	'and an environment of its own'
ok 'nothing stays mounted' unlike "$(cat /proc/self/mounts)" "$work"
