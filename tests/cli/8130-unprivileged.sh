#!/bin/sh
# SPDX-License-Identifier: MIT
# 8130-unprivileged.sh - a user who may only read everything records what root
# does, and whoever may not is told so
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need_root
need git setpriv setcap setfattr setfacl
plan 17

# As the drop-in for the unit has it.
reader() {
	if [ -e "$builddir/src/main.gcno" ]; then
		mkdir -p "$work/.gcov" && chmod 1777 "$work/.gcov"
		set -- env GCOV_PREFIX="$work/.gcov" "$@"
	fi
	setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs \
		--bounding-set=-all,+dac_read_search \
		--inh-caps=-all,+dac_read_search \
		--ambient-caps=+dac_read_search "$@"
}
reader true 2>/dev/null || skip_all 'no ambient capabilities can be had here'

new_tree
printf 'secret\n' >"$root/etc/own" && chmod 400 "$root/etc/own"
mkdir -m 700 "$root/etc/closed" && echo x >"$root/etc/closed/inside"
printf '#!/bin/sh\n' >"$root/usr/bin/capable" && chmod 700 "$root/usr/bin/capable"
setcap cap_net_raw+ep "$root/usr/bin/capable" 2>/dev/null ||
	note 'no capabilities of files here'
setfattr -n user.note -v remember "$root/etc/own" 2>/dev/null ||
	note 'no user attributes here'
setfacl -m u:1:r "$root/etc/hostname" 2>/dev/null || note 'no ACLs here'
chattr +d "$root/etc/own" 2>/dev/null || note 'no flags here'

conf_for_tree
cp "$conf" root.conf
es_init
ok 'root records the tree' es commit
mkdir -m 700 user
cp "${repo%/*}/key" user/key
sed "s,^path = .*,path = $work/user/repo.git," root.conf >user.conf
chmod 644 user.conf
chown -R 65534:65534 user
user() {
	reader "$ETCSNAP" -c "$work/user.conf" "$@"
}
ok 'the user makes a repository of his own' user init
ok 'and reads everything' must_exit 0 user commit
as_nobody() {
	git -c safe.directory='*' --git-dir="$work/user/repo.git" "$@"
}
is "$(as_nobody rev-parse main:meta)" "$(git_repo rev-parse main:meta)" \
	'all attributes are the same'
is "$(as_nobody rev-parse main:files)" "$(git_repo rev-parse main:files)" \
	'all contents are the same'
not_ok 'the user cannot write' reader sh -c 'echo x >>"$1"' - "$root/etc/own"
echo 'changed' >>"$root/etc/closed/inside"
ok 'a change is seen by both' must_exit 0 user commit
es commit
is "$(as_nobody rev-parse main:meta main:files)" \
	"$(git_repo rev-parse main:meta main:files)" 'and is the same'
ok 'root is refused on a repository that is not his' \
	like "$("$ETCSNAP" -c user.conf status 2>&1)" 'belongs to user 65534'
is "$(find user ! -uid 65534)" '' 'so no file of it is'

# --- what is not seen ----------------------------------------------------------
ok 'root sees all files' \
	unlike "$("$ETCSNAP" -c root.conf config check)" 'CAP_DAC'
user config check >said
ok 'the configuration is good' grep -qx 'the configuration is good' said
ok 'who may read all is told of the rest' grep -q 'CAP_SYS_PTRACE$' said
ok 'and of no path' unlike "$(cat said)" 'watched path|needs CAP_DAC'
chmod 755 "$work"
as_user "$ETCSNAP" -c user.conf config check >said
ok 'who may not is told of paths' \
	grep -qE "[0-9]+ watched paths \\(.*: needs CAP_DAC_READ_SEARCH" said
ok 'and of others that facts come from' grep -q '(/etc/shadow): needs CAP' said
printf '[command whoami]\nrun = id\nuser = daemon\n' >>user.conf
ok 'and of commands that would be somebody else' \
	like "$(user config check)" "command 'whoami' .*daemon.* needs CAP_SETUID"
