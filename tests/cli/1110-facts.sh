#!/bin/sh
# SPDX-License-Identifier: MIT
# 1110-facts.sh - system facts beside the tools that tell the same, and what
# must not make a commit
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git

# fact NAME - a text of the tip
fact() {
	git_repo cat-file -p "main:system/$1"
}

# tells NAME ERE - a fact has such a line
tells() {
	like "$(fact "$1")" "$2"
}

# beside NAME COMMAND... - what the command prints, sorted, is the fact; left
# out of the fact are the lines that match $but
but='^$'
beside() {
	local name="$1"

	shift
	fact "$name" | grep -Ev "$but" >"$work/ours"
	"$@" | LC_ALL=C sort -u >"$work/theirs"
	[ -s "$work/theirs" ] || {
		echo 'the command printed nothing'
		return 1
	}
	diff -u "$work/theirs" "$work/ours"
}

# again COMMAND... - on the machine itself others may start servers and mount
# things meanwhile: what does not agree is looked at anew, twice
again() {
	"$@" >said && return
	es commit >/dev/null 2>&1
	"$@" >said && return
	es commit >/dev/null 2>&1
	"$@"
}

# has PROGRAM NAME - whether it is installed; else the test NAME is skipped
has() {
	command -v "$1" >/dev/null 2>&1 && return 0
	skip "$1 is not installed"
	return 1
}

conf_for_tree '[collect]' 'parts = system'
es_init
ok 'the first run' es commit

# --- beside the tools ----------------------------------------------------------
ok 'the kernel' tells kernel "^release $(uname -r)\$"
ok 'the distribution' tells os '^os-release ID '
ok 'mounts' tells mounts '^/ '
ok 'settings' tells sysctl '^kernel\.randomize_va_space = [0-2]$'

is "$(git_repo cat-file -p main:system/kernel |
	sed -n 's/^command-line //p')" \
	"$(sed 's/[[:space:]]*$//' /proc/cmdline)" 'the command line'

packages() {
	dpkg-query -W -f '${Package} ${Architecture} ${Version} dpkg ${db:Status-Status}\n' |
		grep -v ' not-installed$' | sed 's/ installed$//'
}
if [ -e /var/lib/dpkg/status ] && has dpkg-query; then
	but='(rpm|apk|pacman)$'
	ok 'packages: dpkg-query' beside packages packages
	but='^$'
fi

users() {
	getent passwd | awk -F : '
		$3 < 61184 || $3 > 65519 {
			print $1 " uid=" $3 " gid=" $4 " home=" $6 \
				" shell=" ($7 == "" ? "-" : $7) \
				($5 == "" ? "" : " gecos=" $5)
		}'
}
groups() {
	getent group | awk -F : '
		$3 < 61184 || $3 > 65519 {
			n = split($4, m, ",")
			for (i = 2; i <= n; i++)
				for (k = i; k > 1 && m[k] < m[k - 1]; k--) {
					t = m[k]; m[k] = m[k - 1]; m[k - 1] = t
				}
			line = $1 " gid=" $3
			for (i = 1; i <= n; i++)
				line = line (i == 1 ? " members=" : ",") m[i]
			print line
		}'
}
ok 'users: getent' beside users users
ok 'groups: getent' beside groups groups
not_ok 'no hash of a password' grep -rqE '\$(y|1|5|6|2[abxy])\$' ours theirs

# mounts COLUMNS - what findmnt says of those that we tell
mounts() {
	findmnt --raw --noheadings -o "$1" |
		grep -vE '^(/run/(user|netns|docker|containerd|credentials)|/var/lib/(docker|containers|containerd|kubelet|lxc|lxd)|/proc/sys/fs/binfmt_misc)(/| )' |
		grep -v ' nsfs\( \|$\)'
}
mounts_of_ours() {
	fact mounts | grep -v '^/proc/sys/fs/binfmt_misc ' | cut -d ' ' -f 1,2
}
mounts_agree() {
	mounts TARGET,FSTYPE | LC_ALL=C sort -u >theirs
	mounts_of_ours | LC_ALL=C sort -u >ours
	diff -u theirs ours
}
mount_options_agree() {
	mounts TARGET,FSTYPE,SOURCE,VFS-OPTIONS |
		sed 's/\[[^ ]*\] / /' >theirs
	fact mounts >ours
	awk 'NR == FNR {
			all[++n] = $1 " " $2 " " $3 " " $4 ","
			next
		}
		{
			for (i = 1; i <= n; i++)
				if (index(all[i], $0 ",") == 1)
					next
			print "not there: " $0
			bad = 1
		}
		END { exit bad }' ours theirs
}
if has findmnt; then
	if cmp -s /proc/1/mountinfo /proc/self/mountinfo; then
		ok 'mounts: findmnt' again mounts_agree
		ok 'their sources and options' again mount_options_agree
	else
		skip 'the mounts of the first process are others'
	fi
fi

if [ -e /proc/modules ] && has lsmod; then
	lsmod | awk 'NR > 1 && $1 !~ /_diag$/ { print $1 }' |
		LC_ALL=C sort >theirs
	fact modules | cut -d ' ' -f 1 | LC_ALL=C sort >ours
	ok 'modules: lsmod' diff -u theirs ours
elif [ ! -e /proc/modules ]; then
	is "$(git_repo ls-tree main:system modules)" '' \
		'without modules there is no text'
fi

# ip's words that we leave out, since they follow from the rest
routes() {
	ip "$1" route show table main | sed -e 's/ pref [a-z]*//' \
		-e 's/ scope [a-z]*//' -e 's/ linkdown//' -e 's/ dead//' \
		-e 's/ expires [0-9]*sec//' -e 's/ hoplimit [0-9]*//' \
		-e 's/ metric 0 / /' -e 's/ *$//' |
		grep -vE '^(fe80::|nexthop|	)|dev veth|proto (bird|zebra|bgp)' |
		sed "s/^/$2 /"
}
links_agree() {
	ip -o link | sed -E 's/^[0-9]+: ([^:@]+)[:@].*/\1/' | grep -v '^veth' |
		LC_ALL=C sort >theirs
	fact network | sed -n 's/^link \([^ ]*\) .*/\1/p' | LC_ALL=C sort >ours
	diff -u theirs ours
}
states_agree() {
	ip -o link | grep -vE ' veth' |
		sed -nE 's/^[0-9]+: ([^:@]+)[:@].*<([^>]*)> mtu ([0-9]+) .*/\1 \2 mtu=\3/p' |
		sed -E -e 's/ ([A-Z_,-]*,)?UP(,[A-Z_,-]*)? / up /' \
			-e 's/ [A-Z][A-Z_,-]* / down /' | LC_ALL=C sort >theirs
	fact network | sed -nE 's/^link ([^ ]+) (up|down) .*(mtu=[0-9]+).*/\1 \2 \3/p' |
		LC_ALL=C sort >ours
	diff -u theirs ours
}
addresses_agree() {
	ip -o addr | grep -vE ' (temporary|veth[^ ]*) |inet6 fe80:' |
		awk '{ print "address", $2, $4 }' | LC_ALL=C sort -u >theirs
	fact network | grep '^address ' | sed 's/ label .*//' >ours
	diff -u theirs ours
}
routes_agree() {
	{
		routes -4 route
		routes -6 route6
	} | LC_ALL=C sort -u >theirs
	fact network | grep -E '^route6? ' | grep -v ' table ' >ours
	diff -u theirs ours
}
rules_agree() {
	{
		ip -4 rule | sed 's/^/rule /'
		ip -6 rule | sed 's/^/rule6 /'
	} | tr '\t' ' ' | sed 's/ *$//' | LC_ALL=C sort -u >theirs
	fact network | grep -E '^rule6? ' >ours
	diff -u theirs ours
}
if has ip; then
	ok 'interfaces: ip link' again links_agree
	ok 'up or down, and mtu' again states_agree
	ok 'addresses: ip addr' again addresses_agree
	ok 'routes: ip route' again routes_agree
	ok 'rules: ip rule' again rules_agree
fi

# Listeners on ports that the kernel gave out are in another test.
listening() {
	ss -H -lntu | awk '{
		port = $5
		sub(/.*:/, "", port)
		address = substr($5, 1, length($5) - length(port) - 1)
		if (port + 0 < 32768)
			print $1, (address == "*" ? "[::]" : address) ":" port
	}' | LC_ALL=C sort -u
}
listening_agrees() {
	listening >theirs
	(fact listening 2>/dev/null || :) | grep -Ev '^raw|:ephemeral ' |
		cut -d ' ' -f 1,2 | LC_ALL=C sort -u >ours
	diff -u theirs ours
}
if has ss; then
	ok 'listening: ss' again listening_agrees
fi

enabled() {
	systemctl --root=/ list-unit-files --no-legend --no-pager \
		--state=enabled | awk '{ print $1 }' | LC_ALL=C sort
}
if [ -d /etc/systemd/system ] && has systemctl; then
	enabled >theirs
	{
		fact services
		fact timers
	} | awk '$1 == "systemd" && $3 ~ /-by$/ {
		sub(/@[^.]*/, "@", $2)
		print $2
	}' | LC_ALL=C sort -u >ours
	ok 'enabled units: systemctl' diff -u theirs ours
fi

ok 'every fact is sorted' sh -c 'for f in $(git --git-dir="$1" ls-tree \
	--name-only main:system); do
	git --git-dir="$1" cat-file -p "main:system/$f" | LC_ALL=C sort -cu ||
		exit 1
done' sh "$repo"

# --- what does not change, what comes and goes -----------------------------------
# inside COMMAND... - with namespaces of its own: mounts, network, processes
inside() {
	unshare --mount --net --pid --fork --mount-proc "$@"
}
# What a script inside may call.
{
	printf 'repo=%s conf=%s\n' "$repo" "$conf"
	printf 'es() { %s -c "$conf" "$@"; }\n' "$ETCSNAP"
	cat <<'END'
tip() { git --git-dir="$repo" rev-parse main; }
same() {
	es commit || echo "exit status $?"
	[ "$(tip)" = "$before" ] && return
	echo "$1: a commit"
	git --git-dir="$repo" log -1 -p --format=%s main -- system
	before=$(tip)
}
changed() {
	es commit || echo "exit status $?"
	[ "$(tip)" != "$before" ] || echo "$1: no commit"
	before=$(tip)
}
ip link set lo up
es commit
before=$(tip)
END
} >prelude
run='mount -t tmpfs none /run && . ./script'
if ! command -v unshare >/dev/null 2>&1 || ! command -v ip >/dev/null 2>&1; then
	skip 'unshare or ip is not installed' 6
elif ! inside true 2>/dev/null; then
	skip 'namespaces need CAP_SYS_ADMIN' 6
else
	# On the machine itself others may start servers and mount things.
	{
		cat prelude
		cat <<'END'
for run in 1 2 3 4 5 6 7 8 9 10; do
	for more in 1 2 3 4 5; do
		same "run $run$more"
	done
done
END
	} >script
	is "$(inside sh -c "$run" 2>&1)" '' 'fifty runs and no commit'
	{
		cat prelude
		cat <<'END'
mkdir -p mnt /run/user/4242
mount -t tmpfs -o size=1m none /run/user/4242
same 'a login'
mkdir /run/user/4242/doc
mount -t tmpfs none /run/user/4242/doc
same 'a document portal'
umount -R /run/user/4242
same 'a logout'
mount -t tmpfs -o nosuid none mnt
changed 'a mount'
mount -o remount,noexec mnt
changed 'other options'
umount mnt
changed 'no mount'
END
	} >script
	is "$(inside sh -c "$run" 2>&1)" '' \
		'mounts of sessions make no commit, others do'
	{
		cat prelude
		cat <<'END'
if ! ip link add vm1 type veth peer name vm2; then
	echo 'no veth'
	exit
fi
same 'a veth pair'
ip link set vm1 up
ip link set vm2 up
ip addr add 192.0.2.1/24 dev vm1
ip addr add 2001:db8::1/64 dev vm1 nodad
sleep 0.2
same 'with addresses'
ip link del vm1
same 'and gone'
mkdir -p /run/netns 2>/dev/null
ip netns add etcsnap-test-$$ && same 'a named namespace'
ip netns del etcsnap-test-$$
same 'and gone'
ip addr add 192.0.2.9/32 dev lo
changed 'an address'
ip route add 198.51.100.0/24 dev lo
changed 'a route'
ip rule add from 192.0.2.0/24 lookup 77
changed 'a rule'
END
	} >script
	is "$(inside sh -c "$run" 2>&1)" '' \
		'veth pairs make no commit, addresses and routes do'
	{
		cat prelude
		cat <<'END'
python3 - <<'PY' &
import socket, time
keep = []
def bind(family, kind, *address):
    s = socket.socket(family, kind)
    s.bind(address)
    if kind == socket.SOCK_STREAM:
        s.listen()
    keep.append(s)
for port in range(40000, 40020):
    bind(socket.AF_INET, socket.SOCK_DGRAM, '0.0.0.0', port)
    bind(socket.AF_INET, socket.SOCK_STREAM, '127.0.0.1', port)
    bind(socket.AF_INET6, socket.SOCK_STREAM, '::1', port)
open('bound', 'w').close()
while not __import__('os').path.exists('go-on'):
    time.sleep(0.05)
bind(socket.AF_INET, socket.SOCK_STREAM, '0.0.0.0', 8080)
bind(socket.AF_INET, socket.SOCK_STREAM, '0.0.0.0', 40100)
open('more', 'w').close()
time.sleep(60)
PY
pid=$!
until [ -e bound ]; do sleep 0.05; done
same 'ephemeral listeners'
touch go-on
until [ -e more ]; do sleep 0.05; done
changed 'a real one'
git --git-dir="$repo" cat-file -p main:system/listening >all
if command -v ss >/dev/null 2>&1; then
	ss -H -lntup | sed -nE 's/^(tcp|udp) .* ([^ ]+:[0-9]+) +[^ ]+ .*pid=([0-9]+),.*/\1 \2 \3/p' |
		while read -r kind address pid; do
			[ "${address##*:}" -ge 32768 ] ||
				echo "$kind $address $(readlink "/proc/$pid/exe")"
		done | LC_ALL=C sort -u >programs
else
	grep -v ephemeral all | cut -d ' ' -f 1,2,4 >programs
fi
sed -E 's,/[^ ]*/python[0-9.]*$,PYTHON,' all >listening
kill $pid
END
	} >script
	rm -f bound go-on more
	is "$(inside sh -c "$run" 2>&1)" '' \
		'ephemeral listeners make no commit, a server does'
	is "$(cat listening)" 'tcp 0.0.0.0:8080 uid=0 PYTHON
tcp 0.0.0.0:ephemeral uid=0 PYTHON' 'and is told'
	is "$(cat programs)" "$(grep -v ephemeral all | cut -d ' ' -f 1,2,4)" \
		'programs: ss -lntup'
fi

# --- another root --------------------------------------------------------------
repo=$work/second/repo.git
new_tree
mkdir -p "$root/etc/systemd/system/timers.target.wants"
ln -s /usr/lib/systemd/system/x.timer \
	"$root/etc/systemd/system/timers.target.wants/x.timer"
ln -s /dev/null "$root/etc/systemd/system/off.service"
conf_for_root '[collect]' 'parts = system'
es_init
ok 'of another root' es commit
is "$(git_repo ls-tree --name-only main:system |
	grep -vE '^(packages)$' | tr '\n' ' ')" \
	'groups os services timers users ' 'there are only the facts of files'
ok 'its users' tells users '^alice uid=1000 '
ok 'its services' tells services '^systemd off.service masked$'
ok 'its timers' tells timers '^systemd x.timer wanted-by timers.target$'
ok 'all is sound' fsck
done_testing
