#!/bin/sh
# SPDX-License-Identifier: MIT
# 3060-mtree.sh - what is stored is what other tools find in the live tree
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git mtree

new_tree
(
	cd "$root/etc" || exit 1
	mkdir -p odd/deep/er
	printf 'x\n' >'odd/two words'
	printf 'x\n' >"$(printf 'odd/tab\there')"
	printf 'x\n' >"$(printf 'odd/new\nline')"
	printf 'x\n' >"$(printf 'odd/invalid\377')"
	printf 'x\n' >'odd/#hash' && printf 'x\n' >'odd/back\slash'
	printf 'x\n' >'odd/=equals' && printf 'x\n' >'odd/%percent'
	printf 'x\n' >odd/grüße && : >odd/empty
	ln -s 'a target with blanks' 'odd/a link'
	ln -s "$(printf 'odd\377target')" odd/link2
	ln odd/empty odd/hardlink
	mkfifo odd/fifo
	chmod 4755 odd/empty && chmod 1777 odd/deep
	# What an ordinary user cannot read makes a run partial.
	[ "$(id -u)" -ne 0 ] || chmod 0 'odd/#hash'
	touch -d '1969-12-31 23:59:58.123 UTC' odd/grüße
	touch -d '2038-01-20 00:00:00.999999999 UTC' 'odd/two words'
) || bail 'cannot make odd names'
es_init
es commit || bail 'the first run failed'

# manifests - every manifest of the tip: "meta/etc/ssh/.mtree"
manifests() {
	git_repo ls-tree -r --name-only -z main meta | tr '\0' '\n' |
		grep '/\.mtree$'
}

# agree - mtree has nothing to say about any directory
agree() {
	local dir name status=0

	manifests >list
	[ -s list ] || return 1
	while read -r name; do
		dir=${name#meta}
		dir=${dir%/.mtree}
		git_repo cat-file -p "main:$name" >manifest || return 1
		mtree -e -d -f manifest -p "$root$dir" >said 2>&1 ||
			echo "mtree: exit status $?" >>said
		mtree -e -f manifest -p "$root$dir" >>said 2>&1 ||
			echo "mtree: exit status $?" >>said
		[ -s said ] || continue
		echo "$dir:" && cat said
		status=1
	done <list
	return "$status"
}
ok 'mtree finds the live tree as it is stored' agree
echo changed >>"$root/etc/hosts"
ok 'and would have found a change' sh -c 'git --git-dir="$1" cat-file -p \
	main:meta/etc/.mtree >manifest
	! mtree -e -f manifest -p "$2/etc" >/dev/null' sh "$repo" "$root"
es commit
ok 'until it is recorded' agree
if command -v bsdtar >/dev/null 2>&1; then
	manifests | while read -r name; do
		git_repo cat-file -p "main:$name" >manifest
		bsdtar -tvf manifest >said 2>&1 || echo "$name: $(cat said)"
	done >trouble
	is "$(cat trouble)" '' 'bsdtar reads every manifest'
	git_repo cat-file -p main:meta/etc/odd/.mtree >manifest
	is "$(bsdtar -tf manifest | wc -l)" \
		"$(find "$root/etc/odd" -maxdepth 1 -print0 | tr -dc '\0' | wc -c)" \
		'and finds every entry'
	ok 'with its target' like "$(bsdtar -tvf manifest)" \
		'a link -> a target with blanks$'
else
	skip 'bsdtar is not installed' 3
fi

# --- extended attributes -------------------------------------------------------
cd "$work" || exit 1
need setfattr getfattr
setfattr -n user.plain -v value "$root/etc/hosts" 2>/dev/null ||
	skip_all 'no user attributes on this file system'
(
	cd "$root/etc" || exit 1
	setfattr -n user.binary -v 0x0001ff0a22 hosts
	setfattr -n user.quote -v 'a "b" \ c' hosts
	setfattr -n user.empty hosts
	setfattr -n "$(printf 'user.odd\303\274 name=x')" -v 1 hosts
	setfattr -n user.dir -v 'of a directory' odd
	setfattr -n user.odd -v 1 "$(printf 'odd/invalid\377')"
	setfattr -n user.odd -v 2 "$(printf 'odd/new\nline')"
	setfattr -n user.odd -v 3 'odd/back\slash'
) || bail 'cannot set attributes'
root_only=
if [ "$(id -u)" -eq 0 ]; then
	command -v setfacl >/dev/null 2>&1 &&
		setfacl -m u:daemon:r,g:sys:rw "$root/etc/fstab" 2>/dev/null &&
		setfacl -d -m u:daemon:rx "$root/etc/skel" 2>/dev/null &&
		root_only=acl
	if command -v setcap >/dev/null 2>&1 &&
		setcap cap_net_raw+ep "$root/usr/bin/true" 2>/dev/null; then
		root_only="$root_only cap"
	fi
	setfattr -h -n trusted.link -v 1 "$root/etc/localtime" 2>/dev/null &&
		root_only="$root_only link"
fi
settle
es_run es diff
cp "$es_out" said
ok 'a new attribute is a difference' sh -c '
	sed -n "/^.etc.hosts  changed/,/^.etc.[^h]/p" said |
		grep -q "xattr  *added: .*user.plain"'
ok 'whose name is quoted' unlike "$(cat said)" "$(printf '[\001-\010\013-\037\177]')"
ok 'it is committed' es commit
ok 'soundly' fsck

# dump DIRECTORY - all attributes of what its manifest tells, as the kernel has
# them now; a subdirectory's are told by its own
dump() {
	(cd "$1" && find . -maxdepth 1 \( ! -type d -o -name . \) -print0 |
		sort -z | xargs -0 getfattr -h -d -m - -e hex --)
}

# restores DIRECTORY - wiped and restored from what is stored they are the same
restores() {
	local dir="$root$1"

	dump "$dir" >attributes
	[ -s attributes ] || return 1
	git_repo cat-file -p "main:meta$1/.xattr" >stored || return 1
	python3 -c '
import os, sys
top = os.fsencode(sys.argv[1])
for path in [top] + [os.path.join(top, n) for n in os.listdir(top)]:
    if path != top and os.path.isdir(path) and not os.path.islink(path):
        continue
    for name in os.listxattr(path, follow_symlinks=False):
        os.removexattr(path, name, follow_symlinks=False)' "$dir"
	dump "$dir" >wiped
	cmp -s attributes wiped && return 1
	(cd "$dir" && setfattr -h --restore=-) <stored || return 1
	dump "$dir" >restored
	diff attributes restored
}
if command -v python3 >/dev/null 2>&1; then
	for dir in /etc /etc/odd; do
		ok "setfattr --restore takes $dir back" restores $dir
	done
else
	skip 'python3 is not installed' 2
fi
case $root_only in
*acl*)
	ok 'an ACL is in the difference' grep -q 'xattr .*system.posix_acl_access' said
	getfacl -p "$root/etc/fstab" "$root/etc/skel" >acl
	ok 'and restored' restores /etc
	getfacl -p "$root/etc/fstab" "$root/etc/skel" >acl2
	ok 'as getfacl sees it' cmp acl acl2
	;;
*) skip 'no ACLs here' 3 ;;
esac
case $root_only in
*cap*)
	ok 'a capability is in the difference' grep -q 'xattr .*security.capability' said
	ok 'and restored' restores /usr/bin
	ok 'as getcap sees it' like "$(getcap "$root/usr/bin/true")" 'cap_net_raw'
	;;
*) skip 'no capabilities here' 3 ;;
esac
case $root_only in
*link*) ok "a link's own, too" like "$(es show HEAD:/etc/localtime)" \
	'^xattr   trusted.link="1"$' ;;
*) skip "no attributes of links here" ;;
esac
settle
ok 'restored all, nothing differs' es diff
setfattr -n user.plain -v other "$root/etc/hosts"
setfattr -x user.empty "$root/etc/hosts"
es diff >said
ok 'a changed value' grep -q 'xattr  *changed: user.plain$' said
ok 'a removed attribute' grep -q 'xattr  *removed: user.empty$' said
ok 'no value is told' unlike "$(cat said)" 'other|value'
es diff --json >doc
if has_module jsonschema; then
	ok 'JSON is valid' valid_report doc
else
	skip 'python3-jsonschema is not installed'
fi
ok 'CSV: a row each' like "$(es diff --format csv)" \
	'^/etc/hosts,changed,xattr,user.plain,user.plain'
ok 'all recorded' es commit
setfattr -x user.dir "$root/etc/odd"
for name in "$root"/etc/odd/*; do
	setfattr -h -x user.odd "$name" 2>/dev/null
done
es commit
ok 'a directory without attributes has no file of them' sh -c '
	! git --git-dir="$1" cat-file -e main:meta/etc/odd/.xattr 2>/dev/null' sh "$repo"
ok 'sound to the end' fsck

done_testing
