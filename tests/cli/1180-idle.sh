#!/bin/sh
# SPDX-License-Identifier: MIT
# 1180-idle.sh - a machine at rest makes no commit, with everything switched on
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git unshare ip

# inside COMMAND... - with mounts, network and processes that nobody else
# changes; the rest of the machine is the real one
inside() {
	unshare --mount --net --pid --fork --mount-proc "$@"
}
need_root
inside true 2>/dev/null || skip_all 'namespaces need CAP_SYS_ADMIN'

new_tree
conf_for_tree '[collect]' 'parts =' 'parts = files commands system findings'
cat "$srcdir/conf/conf.d/commands.conf" >>"$conf"
sed -i "/^include = /d; s,^\[files\],&\ninclude = $root/etc," "$conf"
es_init

{
	printf 'repo=%s conf=%s etcsnap=%s\n' "$repo" "$conf" "$ETCSNAP"
	cat <<'END'
es() { "$etcsnap" -c "$conf" "$@"; }
tip() { git --git-dir="$repo" rev-parse main; }
# same WHAT - a run makes no commit; if it does, say what it has
same() {
	es commit || echo "$1: exit status $?"
	[ "$(tip)" = "$before" ] && return
	echo "$1: a commit"
	es diff HEAD~1 HEAD
	before=$(tip)
}
ip link set lo up
mount -t tmpfs none /run
mount -t tmpfs none /var/log
: >/run/utmp
: >/var/log/wtmp
es commit || echo "exit status $?"
before=$(tip)
END
} >prelude

{
	cat prelude
	cat <<'END'
i=0
while [ "$i" -lt 50 ]; do
	i=$((i + 1))
	same "run $i"
done
echo "$i runs"
END
} >script
is "$(inside sh ./script 2>&1)" '50 runs' 'fifty runs and no commit'
is "$(git_repo ls-tree --name-only main | grep -v '^findings$' | paste -sd ' ' -)" \
	'commands files meta run system' 'with everything on'
ok 'several commands were run' sh -c \
	'[ "$(git --git-dir="$1" ls-tree main:commands | wc -l)" -ge 5 ]' sh "$repo"

{
	cat prelude
	cat <<'END'
entry() {
	printf '[%s] [%05d] [ts/9] [alice   ] [pts/9       ] [192.0.2.7           ] [192.0.2.7      ] [2026-01-01T00:00:00,000000+00:00]\n' "$1" 4242
}
if command -v utmpdump >/dev/null 2>&1; then
	entry 7 | utmpdump -r >>/run/utmp 2>/dev/null
	entry 7 | utmpdump -r >>/var/log/wtmp 2>/dev/null
	[ -s /var/log/wtmp ] || echo 'no entry was made'
fi
mkdir -p /run/user/4242
mount -t tmpfs -o size=1m,mode=700,uid=4242 none /run/user/4242
sleep 60 &
pid=$!
same 'a login'
kill $pid
entry 8 | utmpdump -r >>/var/log/wtmp 2>/dev/null
umount /run/user/4242
rmdir /run/user/4242
same 'a logout'
unshare --mount sh -c 'mkdir -p /run/user/77
	mount -t tmpfs none /run/user/77
	touch /run/user/77/there
	sleep 60' &
pid=$!
until [ -e /run/user/77 ]; do sleep 0.02; done
same 'a mount namespace with a file system of its own'
kill $pid
same 'and gone'
if ip link add veth4e1a type veth peer name veth4e1b 2>/dev/null; then
	ip link set veth4e1a up
	ip link set veth4e1b up
	sleep 0.2
	same 'a veth pair'
	ip link del veth4e1a
	same 'and gone'
fi
END
} >script
is "$(inside sh ./script 2>&1)" '' 'logins, namespaces and veth pairs make none'

# What is real makes one, so the quiet above means something.
{
	cat prelude
	cat <<'END'
mkdir -p mnt
mount -t tmpfs none mnt
es commit
[ "$(tip)" != "$before" ] || echo 'no commit'
END
} >script
is "$(inside sh ./script 2>&1)" '' 'a mount does'
ok 'which names the fact' like "$(git_repo log -1 --format=%s)" 'system/mounts'
ok 'all is sound' fsck
done_testing
