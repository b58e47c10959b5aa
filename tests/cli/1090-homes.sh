#!/bin/sh
# SPDX-License-Identifier: MIT
# 1090-homes.sh - patterns that begin with ~/, and whose homes they mean
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git

# watched - the files of which the tip has something, one a line
watched() {
	git_repo ls-tree -r --name-only main meta | sed -n 's,/\.mtree$,,p' |
		while read -r dir; do
			git_repo cat-file -p "main:$dir/.mtree" |
				sed -n "s,^\\./\\([^ ]*\\) .*,${dir#meta}/\\1,p"
		done
}

# user NAME UID HOME SHELL - an account with a key in its home
user() {
	echo "$1:x:$2:$2:$1:$3:$4" >>"$root/etc/passwd"
	mkdir -p "$root$3/.ssh"
	echo "ssh-ed25519 AAAA $1" >"$root$3/.ssh/authorized_keys"
	fake_key "$root$3/.ssh/id_ed25519"
	echo "$1" >"$root$3/.profile"
	echo "$1" >"$root$3/letter"
}

# --- the accounts of the root -----------------------------------------------------
new_tree
mkdir -p "$root/root/.ssh" "$root/var/www/.ssh" "$root/home/stranger/.ssh"
echo 'ssh-ed25519 AAAA root' >"$root/root/.ssh/authorized_keys"
echo 'ssh-ed25519 AAAA web' >"$root/var/www/.ssh/authorized_keys"
echo 'ssh-ed25519 AAAA stranger' >"$root/home/stranger/.ssh/authorized_keys"
echo x >"$root/.profile"
user bob 1001 /srv/people/bob /usr/sbin/nologin
user eve 1002 '/srv/[a-z]*' /bin/false
user git 1003 /srv/people/bob/ /bin/sh
echo 'top:x:1004:1004::/:/bin/sh' >>"$root/etc/passwd"
echo 'none:x:1005:1005:::/bin/sh' >>"$root/etc/passwd"
echo 'up:x:1006:1006::/srv/../home/up/.:/bin/sh' >>"$root/etc/passwd"
echo 'near:x:1007:1007::home/stranger:/bin/sh' >>"$root/etc/passwd"
echo 'broken' >>"$root/etc/passwd"
mkdir -p "$root/srv/x/.ssh" "$root/home/up"
echo up >"$root/home/up/.profile"
echo x >"$root/srv/x/.ssh/authorized_keys"
# a home behind links, one that leads out of the root, one to /, many shared ones
mkdir -p "$root/data/lia/.ssh" "$root/srv/volume/home/max/.ssh"
echo 'ssh-ed25519 AAAA lia' >"$root/data/lia/.ssh/authorized_keys"
echo 'ssh-ed25519 AAAA max' >"$root/srv/volume/home/max/.ssh/authorized_keys"
mkdir -p "$work/outside/.ssh"
echo 'ssh-ed25519 AAAA out' >"$work/outside/.ssh/authorized_keys"
ln -s /data/lia "$root/home/lia"
ln -s ../srv/volume/home "$root/people"
ln -s "$work/outside" "$root/home/out"
ln -s / "$root/home/slash"
ln -s loop "$root/home/loop"
{
	echo 'lia:x:1101:1101::/home/lia:/bin/sh'
	echo 'max:x:1102:1102::/people/max:/bin/sh'
	echo 'out:x:1103:1103::/home/out:/bin/sh'
	echo 'slash:x:1104:1104::/home/slash:/bin/sh'
	echo 'loop:x:1105:1105::/home/loop:/bin/sh'
	i=2000
	while [ $i -lt 5000 ]; do
		i=$((i + 1))
		echo "u$i:x:$i:$i::/srv/people/shared:/usr/sbin/nologin"
	done
} >>"$root/etc/passwd"
mkdir -p "$root/srv/people/shared/.ssh"
echo 'ssh-ed25519 AAAA all' >"$root/srv/people/shared/.ssh/authorized_keys"
conf_for_root
not_ok 'a root that is not there has no homes' "$ETCSNAP" -c "$conf" \
	--root "$work/nosuch" init
ok 'and gets no repository' test ! -e "$work/state"
es_init
ok 'a home that is not there is no trouble' es commit
watched >list
for home in /root /srv/people/bob /data/lia /srv/volume/home/max \
	/srv/people/shared; do
	ok "$home: authorized_keys" grep -qx "$home/.ssh/authorized_keys" list
done
ok 'dot files of a person' grep -qx /home/alice/.gitconfig list
ok 'who cannot log in' grep -qx /var/www/.ssh/authorized_keys list
ok 'a home with the letters of a pattern' grep -qF '.ssh/authorized_keys' list
is "$(git_repo cat-file -p 'main:files/srv/[a-z]*/.profile')" eve 'by its name'
not_ok 'means no other' grep -q '^/srv/x/' list
ok 'a home in another spelling' grep -qx /home/up/.profile list
is "$(grep -c shared/.ssh/authorized_keys list)" 1 'a shared home once'
not_ok 'no link leads out' grep -q "$work" list
not_ok 'nobody lives in /' grep -qx /.profile list
not_ok 'other files stay private' grep -q letter list
not_ok 'who is no user is not watched' grep -q stranger list
is "$(git_repo cat-file -p main:files/srv/people/bob/.ssh/authorized_keys)" \
	'ssh-ed25519 AAAA git' 'authorized_keys are kept with their content'
ok 'private keys as a keyed digest' like \
	"$(git_repo cat-file -p main:meta/srv/people/bob/.ssh/.mtree |
		grep -A 1 '^\./id_ed25519 ')" '^#\+ .*hmac=[0-9a-f]{64}'
is "$(git_repo ls-tree -r --name-only main | grep -c "files/.*/id_ed25519")" 0 'and never more'
is "$(es -v commit)" 'no changes' 'and so it stays'

# --- users that are in no file ---------------------------------------------------------
# What a directory service has comes through getpwent(3) alone; here from a
# library in its place.
mkdir -p "$work/ldap/ann/.ssh" "$work/ldap/[b]*/.ssh" "$work/ldap/b/.ssh" \
	"$work/ldap/real/.ssh"
for home in ann '[b]*' b real; do
	echo "ssh-ed25519 AAAA $home" >"$work/ldap/$home/.ssh/authorized_keys"
done
ln -s real "$work/ldap/link"
cat >users.c <<END
#include <pwd.h>
#include <stddef.h>
static struct passwd all[] = {
	{ .pw_name = "ann", .pw_uid = 70001, .pw_dir = "$work/ldap/ann" },
	{ .pw_name = "bea", .pw_uid = 70002, .pw_dir = "$work/ldap/[b]*" },
	{ .pw_name = "cid", .pw_uid = 70003, .pw_dir = "$work/ldap/ann/" },
	{ .pw_name = "dan", .pw_uid = 70004, .pw_dir = "/" },
	{ .pw_name = "eli", .pw_uid = 70005, .pw_dir = "ldap/b" },
	{ .pw_name = "fay", .pw_uid = 70006, .pw_dir = "" },
	{ .pw_name = "gil", .pw_uid = 70007, .pw_dir = "$work/ldap/gone" },
	{ .pw_name = "hal", .pw_uid = 70008, .pw_dir = "$work/ldap/link" },
	{ .pw_name = "ivy", .pw_uid = 70009 },
};
static size_t next;
void setpwent(void) { next = 0; }
void endpwent(void) {}
struct passwd *getpwent(void)
{
	return next < sizeof(all) / sizeof(all[0]) ? &all[next++] : NULL;
}
END
cat >ldap.conf <<END
[repository]
path = $work/ldap.state/repo.git
[collect]
parts = files
[files]
include = ~/.ssh/authorized_keys
END
mkdir ldap.state
service() {
	LD_PRELOAD="$work/users.so" "$ETCSNAP" -c ldap.conf "$@"
}
if ${CC:-cc} -shared -fPIC -o users.so users.c 2>/dev/null &&
	service init >/dev/null 2>&1; then
	ok 'users of a directory service' service commit
	is "$(git --git-dir=ldap.state/repo.git ls-tree -r --name-only main files |
		sed "s,^files$work/ldap/,,")" '[b]*/.ssh/authorized_keys
ann/.ssh/authorized_keys
real/.ssh/authorized_keys' 'have their keys watched, each home once'
else
	skip 'no library can take the place of getpwent()' 2
fi

# --- people come and go ---------------------------------------------------------------
settle
echo 'ssh-ed25519 AAAA evil' >>"$root/var/www/.ssh/authorized_keys"
ok 'a key more' es commit
is "$(git_repo log -1 --format=%b | grep /)" 'M /var/www/.ssh/authorized_keys' \
	'is seen'
user zoe 1010 /home/zoe /bin/bash
ok 'a new user' es commit
ok 'has a key that is new on the machine' like \
	"$(git_repo log -1 --format=%b)" '^A /home/zoe/.ssh/authorized_keys$'
ok 'which is told like any other' like "$(es report main~1..main)" \
	'^ *\+ssh-ed25519 AAAA zoe'
settle
sed -i /^zoe:/d "$root/etc/passwd"
ok 'who leaves' es commit
ok 'is watched no longer' like "$(git_repo log -1 --format=%b)" \
	'^- /home/zoe/.ssh/authorized_keys$'
ok 'and not removed' unlike "$(git_repo log -1 --format=%b)" '^[AD] '
ok 'all is sound' fsck

# --- homes by configuration -------------------------------------------------------------
repo=$work/second/repo.git
conf_for_root '[files]' 'defaults = yes' 'home = /home/stranger' 'home = /srv/x/'
ok 'home lines' sh -c 'mkdir second && "$1" -c "$2" --root "$3" init &&
	"$1" -c "$2" --root "$3" commit' sh "$ETCSNAP" "$conf" "$root"
watched >list
is "$(grep authorized_keys list)" '/home/stranger/.ssh/authorized_keys
/srv/x/.ssh/authorized_keys' 'are the only homes'
ok 'explain knows them' like "$(es config explain /srv/x/.ssh/authorized_keys)" \
	'(~/\.ssh|\.ssh)'
repo=$work/third/repo.git
cat >third.conf <<END
[repository]
path = $repo
[files]
include = ~/.profile
home = $root/srv/people/bob
END
ok 'with the real root' sh -c 'mkdir third && "$1" -c third.conf init &&
	"$1" -c third.conf commit' sh "$ETCSNAP"
is "$(watched)" "$root/srv/people/bob/.profile" 'they are as good'
ok 'all is sound' fsck
done_testing
