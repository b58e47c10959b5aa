#!/bin/sh
# SPDX-License-Identifier: MIT
# 1120-checks.sh - findings come, stay and go as lines of a text in git
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git
# What root should own would be ours, and findings everywhere.
need_root
parts='files findings'

# found CHECK - what the tip has of a check, nothing when it is clean
found() {
	git_repo cat-file -p "main:findings/$1" 2>/dev/null
}

# paths CHECK - the paths alone, sorted
paths() {
	found "$1" | sed 's/ .*//' | LC_ALL=C sort -u
}

# texts - names of the texts with findings, on one line
texts() {
	git_repo ls-tree --name-only main:findings 2>/dev/null | paste -sd ' ' -
}

# --- a clean system, then one fault of each kind ----------------------------------
new_tree
rm "$root/etc/alternatives/dangling" "$root/etc/localtime"
conf_for_root
es_init
ok 'a clean system' es commit
is "$(texts)" '' 'has no findings'

echo 'umask 000' >>"$root/etc/profile"
# shellcheck disable=SC2016 # for the shell that reads the file
echo 'PATH=$PATH:' >>"$root/root/.bashrc"
echo 'toor:x:0:0::/:/bin/sh' >>"$root/etc/passwd"
echo 'bob ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.more"
chmod 440 "$root/etc/sudoers.more"
chmod u+w "$root/etc/sudoers"
echo '@include /etc/sudoers.more' >>"$root/etc/sudoers"
chmod 440 "$root/etc/sudoers"
echo x >"$root/etc/open"
chmod 666 "$root/etc/open"
echo x >"$root/usr/local/bin/suid"
chmod 4755 "$root/usr/local/bin/suid"
ln -s nothing "$root/etc/rc2.d/S02broken"
chmod 777 "$root/home/alice"
touch "$root/home/alice/.rhosts"
chmod 757 "$root/etc/cron.daily/logrotate"
ok 'a system with faults' es commit
is "$(found shell-umask)" \
	'/etc/profile umask 000 lets everyone write new files' 'shell-umask'
is "$(found shell-path)" "/root/.bashrc PATH has an empty entry, which is the\
 current directory" 'shell-path'
is "$(found accounts)" '/etc/passwd toor has user number 0, as root' 'accounts'
ok 'sudoers' like "$(found sudoers)" \
	'^/etc/sudoers.more bob may run everything without a password$'
ok 'world-writable' like "$(found world-writable)" \
	'^/etc/open everyone can write it$'
ok 'setuid' like "$(found setuid)" \
	'^/usr/local/bin/suid setuid .*; no package owns it$'
is "$(found broken-symlinks)" \
	'/etc/rc2.d/S02broken leads to /etc/rc2.d/nothing, which is not there' \
	'broken-symlinks'
ok 'homes' like "$(found homes)" '^/home/alice/ .*everyone can write it$'
ok 'authorized-keys' like "$(found authorized-keys)" \
	'^/home/alice/.rhosts exists'
ok 'cron' like "$(found cron)" \
	'^/etc/cron.daily/logrotate .*everyone can write it$'
before=$(tip)
settle
ok 'a run that finds the same' es commit
is "$(tip)" "$before" 'makes no commit'

# Another change elsewhere keeps the lines of what is unchanged.
echo '# more' >>"$root/etc/hosts"
ok 'another change' es commit
is "$(git_repo rev-parse main:findings)" \
	"$(git_repo rev-parse "$before:findings")" 'leaves the findings alone'

chmod 644 "$root/etc/open"
ok 'a fault is mended' es commit
not_ok 'and its line gone' like "$(found world-writable)" '^/etc/open '
ok 'in the difference of two commits' like \
	"$(git_repo diff main~1 main -- findings)" \
	'^-/etc/open everyone can write it$'
ok 'no hash of a password is told' unlike \
	"$(git_repo grep -hE '.' main -- findings)" '\$[156y]\$'

# --- what find says of modes ------------------------------------------------------
mkdir -p "$root/opt/many"
awk -v top="$root/opt/many" 'BEGIN {
	srand(7)
	for (i = 0; i < 300; i++) {
		bits = ""
		for (j = 0; j < 4; j++)
			bits = bits int(rand() * 8)
		# Their owner must be able to read them.
		bits = substr(bits, 1, 1) "6" substr(bits, 3)
		if (i % 5)
			printf "f=%s/f%d; : >\"$f\"; chmod %s \"$f\"\n", \
				top, i, bits
		else
			printf "d=%s/d%d; mkdir \"$d\"; chmod %s \"$d\"\n", \
				top, i, substr(bits, 1, 1) "7" substr(bits, 3)
	}
}' </dev/null | sh
ok 'a tree of all modes' es commit
(
	cd "$root" || exit 1
	find opt -type f -perm -0002 -printf '/%p\n'
	find opt -type d -perm -0002 ! -perm -1000 -printf '/%p/\n'
) | LC_ALL=C sort >want
paths world-writable | grep '^/opt/' >got
ok 'there are some' test -s want
ok 'world-writable agrees with find' diff want got
(cd "$root" && find opt -type f -perm /6000 -printf '/%p\n') |
	LC_ALL=C sort >want
paths setuid | grep '^/opt/' >got
ok 'there are some with privileges' test -s want
ok 'setuid agrees with find' diff want got

# --- switches ----------------------------------------------------------------------
printf '[check setuid]\nenabled = no\n[check world-writable]\nenabled = no\n' \
	>>"$conf"
ok 'checks that are switched off' es commit
ok 'find nothing' unlike "$(texts)" 'setuid|world'
ok 'the others do' like "$(texts)" 'accounts'
cp "$conf" "$conf.good"
printf '[check setuids]\nenabled = no\n' >>"$conf"
ok 'a check that is not there' must_exit 2 es commit
cp "$conf.good" "$conf"

# --- a checksum list ------------------------------------------------------------
(cd "$root/usr/local/bin" && sha256sum backup suid) \
	>"$root/usr/local/bin/SUMS"
printf '[check checksum-lists]\nlist = /usr/local/bin/SUMS\n' >>"$conf"
ok 'a list of checksums' es commit
is "$(found checksum-lists)" '' 'that hold'
echo '# changed' >>"$root/usr/local/bin/backup"
ok 'a file of it changes' es commit
is "$(found checksum-lists)" "/usr/local/bin/backup differs from its checksum\
 in /usr/local/bin/SUMS" 'and is told'

# --- packages, beside debsums and dpkg ---------------------------------------------
if ! command -v debsums >/dev/null || ! dpkg -s hostname >/dev/null 2>&1; then
	skip 'no debsums, or no package to try it on' 7
	done_testing
	exit 0
fi
# A package of this system is put into the root, file by file.
info=/var/lib/dpkg/info
mkdir -p "$root$info" "$root/var/lib/dpkg/updates" "$root/usr/bin" \
	"$root/usr/sbin" "$root/usr/lib"
for dir in bin sbin lib; do
	[ -e "$root/$dir" ] || ln -s "usr/$dir" "$root/$dir"
done
cp "$info"/hostname.* "$root$info/"
cp "$info/format" "$root$info/" 2>/dev/null
dpkg -s hostname >"$root/var/lib/dpkg/status"
echo >>"$root/var/lib/dpkg/status"
while read -r file; do
	[ ! -f "$file" ] && [ ! -L "$file" ] && continue
	mkdir -p "$root${file%/*}"
	cp -dp "$file" "$root$file"
done <"$info/hostname.list"
ok 'a full run over a package' es commit --full
is "$(found package-files)" '' 'that is as it was installed'
echo x >>"$root/bin/hostname"
es_run es commit
debsums -s -r "$root" hostname 2>&1 |
	sed -n 's/^debsums: changed file \([^ ]*\) .*/\1/p' |
	sed "s,^$root,,; s,^/bin/,/usr/bin/," >want
paths package-files >got
ok 'debsums finds what changed' test -s want
ok 'a change agrees with debsums -s' diff want got
dpkg --root="$root" --verify hostname 2>/dev/null |
	sed 's/^[^ ]* *//; s,^/bin/,/usr/bin/,' >want
ok 'and with dpkg --verify' diff want got
cp -p /bin/hostname "$root/bin/hostname"
ok 'the right one is put back' es commit
is "$(found package-files)" '' 'and is as it was installed'

done_testing
