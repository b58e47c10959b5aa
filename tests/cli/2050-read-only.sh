#!/bin/sh
# SPDX-License-Identifier: MIT
# 2050-read-only.sh - a repository that cannot be written can be read
if [ -z "${ES_OWN_MOUNTS-}" ] && [ "$(id -u)" -eq 0 ] &&
	unshare -m true 2>/dev/null; then
	ES_OWN_MOUNTS=1 exec unshare -m sh "$0" "$@"
fi
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git

es_init
es commit || bail 'the first run failed'
settle
echo '192.0.2.3 later' >>"$root/etc/hosts"
es commit || bail 'the second run failed'
settle

# reading NAME - all that only reads works; the live tree differs
reading() {
	ok "$1: commit fails" must_exit 3 es commit
	es_run es commit --wait 0
	ok "$1: at once, with one clear line" like "$(cat "$es_out")" \
		"^etcsnap: .*$2"
	ok "$1: --dry-run works" like "$(es commit --dry-run)" \
		'^dry run 1 changed, 1 added, 0 removed$'
	ok "$1: status works" must_exit 1 es status
	ok "$1: diff works" must_exit 1 es diff
	ok "$1: diff shows the content" like "$(es diff)" '^ *\+192.0.2.4 live$'
	ok "$1: diff --full works" must_exit 1 es diff --full
	ok "$1: diff of two runs works" must_exit 1 es diff HEAD~1 HEAD
	ok "$1: log works" like "$(es log)" ' 1 changed: hosts$'
	ok "$1: log of a path works" like "$(es log /etc/hosts)" 'changed'
	ok "$1: show works" like "$(es show)" '^ *\+192.0.2.3 later$'
	ok "$1: cat works" es cat HEAD:/etc/hosts
	ok "$1: report works" es report --json
	ok "$1: git works" es git log --oneline
	ok "$1: it is sound" fsck
}

echo '192.0.2.4 live' >>"$root/etc/hosts"
# More than a mebibyte of new objects, which is when they leave memory.
head -c 1500000 /dev/urandom >big.bin
base64 big.bin | head -c 1000000 >"$root/etc/big.conf"

if [ -n "${ES_OWN_MOUNTS-}" ]; then
	at_end 'umount -l "$work/state" 2>/dev/null'
	if mount --bind state state && mount -o remount,bind,ro state; then
		reading 'read-only mount' 'Read-only file system'
		umount state
	else
		skip 'no read-only mounts here' 15
	fi
else
	skip 'no mounts of our own here' 15
fi

if [ "$(id -u)" -ne 0 ]; then
	chmod -R a-w state
	reading 'no permission' 'Permission denied'
	chmod -R u+w state
else
	skip 'root may write anyway' 15
fi

ok 'once it can be written again, the run is made' like "$(es -v commit)" \
	'1 changed, 1 added, 0 removed$'
ok 'soundly' fsck

done_testing
