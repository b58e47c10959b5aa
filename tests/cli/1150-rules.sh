#!/bin/sh
# SPDX-License-Identifier: MIT
# 1150-rules.sh - what rules say of paths: each with a change that must be told
# and one that must not
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git

new_tree
t=$root/etc/app
mkdir "$t"

# rules LINE… - the shipped patterns and these
rules() {
	conf_for_root "$@"
}

# same, told - what a run finds; the next one finds nothing
same() {
	local said

	settle
	[ "$(es status >/dev/null 2>&1; echo $?)" = 0 ] || {
		echo 'status finds a difference'
		return 1
	}
	said=$(es -v commit) || return
	printf '%s\n' "$said"
	[ "$said" = 'no changes' ] && settle && [ "$(es -v commit)" = 'no changes' ]
}
told() {
	local said

	settle
	if es status >/dev/null 2>&1; then
		echo 'status finds nothing'
		return 1
	fi
	said=$(es -v commit) || return
	printf '%s\n' "$said"
	[ "$said" != 'no changes' ] && settle && [ "$(es -v commit)" = 'no changes' ]
}

# entry NAME - its line and the comment below it
entry() {
	git_repo cat-file -p main:meta/etc/app/.mtree |
		sed -n "\\,^\\./$1 ,{p;n;/^#+/p;}"
}
content() {
	git_repo cat-file -p "main:files/etc/app/$1"
}

# --- ignore_lines --------------------------------------------------------------
rules '[rule lines]' 'match = /etc/app/stamped' 'ignore_lines = ^# written ' \
	'ignore_lines = ^serial = \d+$'
printf '# written today\nserial = 1\nkeep = a\n' >"$t/stamped"
es_init
es commit || bail 'the first run failed'
before=$(entry stamped)
printf '# written tomorrow\nserial = 2\nkeep = a\n' >"$t/stamped"
ok 'ignored lines changed' same
printf 'keep = a\n' >"$t/stamped"
ok 'they are gone' same
printf 'keep = a\nserial = 22\n# written last\n' >"$t/stamped"
ok 'they are elsewhere' same
touch -d 2026-02-02 "$t/stamped"
ok 'a time alone says less' same
is "$(entry stamped)" "$before" 'the entry is as it was'
ok 'a full run finds nothing' like "$(es -v commit --full)" '^no changes$'
rm "${repo%/*}/state.db"
ok 'nor one without a state' like "$(es -v commit)" '^no changes$'
printf 'keep = b\nserial = 23\n# written last\n' >"$t/stamped"
ok 'another line changed' told
is "$(content stamped)" 'keep = b
serial = 23
# written last' 'the content is exact'
es show >said
ok 'the report has that line' grep -q '^ *+keep = b$' said
ok 'and no other' unlike "$(cat said)" 'serial|written'
printf 'keep = b\nserial = x\n' >"$t/stamped"
ok 'a line that only resembles them' told
printf 'keep = b\nserial = x\nserial = 5\n' >"$t/stamped"
chmod 600 "$t/stamped"
ok 'a mode counts' told
is "$(content stamped | tail -n 1)" 'serial = 5' 'and carries the lines'
printf 'keep = b\nserial = x\nserial = 6\n' >"$t/stamped"
ok 'ignored once more' same
rules
ok 'the rule is gone' told
is "$(content stamped | tail -n 1)" 'serial = 6' 'what it held back is there'
rules '[rule lines]' 'match = /etc/app/stamped' 'ignore_lines = ^serial' \
	'mask = ^serial = (.*)'
es commit
printf 'keep = b\nserial = x\nserial = 7\n' >"$t/stamped"
ok 'masked lines are ignored like others' same
ok 'and masked' unlike "$(content stamped)" '= [x567]$'

# --- growing -------------------------------------------------------------------
rules '[rule logs]' 'match = /etc/app/*.log' 'growing = yes' \
	'[rule digest]' 'match = /etc/app/digest.log' 'class = digest' \
	'[rule secret]' 'match = /etc/app/secret.log' 'class = secret'
for log in mirror digest secret; do
	f=$t/$log.log
	printf 'first\n' >"$f"
	es commit || bail 'no run'
	settle
	before=$(entry $log.log)
	printf 'second\n' >>"$f"
	ok "$log: growing" same
	seq 1 10000 >>"$f"
	ok "$log: growing more" same
	touch "$f"
	ok "$log: a time" same
	is "$(entry $log.log)" "$before" "$log: the entry is as it was"
	ok "$log: read again" like "$(es -v commit --full)" '^no changes$'
	rm "${repo%/*}/state.db"
	ok "$log: without a state" like "$(es -v commit)" '^no changes$'
	printf 'fir' >"$f"
	ok "$log: shrinking" told
	printf 'First and more\n' >"$f"
	ok "$log: other bytes at its begin" told
	cp "$f" "$f.new" && echo more >>"$f.new" && mv "$f.new" "$f"
	ok "$log: replacing" told
	chmod 600 "$f"
	ok "$log: a mode" told
	mv "$f" "$f.1"
	printf 'first\n' >"$f"
	es commit
done

# --- record --------------------------------------------------------------------
rules '[record few]' 'attributes = mode owner' 'attributes = +group' \
	'[rule perms]' 'match = /etc/app/perms' 'record = permissions' \
	'[rule few]' 'match = /etc/app/few' 'record = few +content' \
	'[rule more]' 'match = /etc/app/more' 'record = +ctime +inode' \
	'[rule less]' 'match = /etc/app/less' 'record = default -mtime,-links' \
	'[rule none]' 'match = /etc/app/none' 'record = none'
for name in perms few more less none; do
	echo $name >"$t/$name"
done
mkdir "$t/none.d"
told >/dev/null || bail 'no run'
ok 'permissions: no content' unlike "$(entry perms)" 'sha256|size=|time='
ok 'permissions: what is left out is told' like "$(entry perms)" \
	'^#\+ without=size,links,mtime,content,xattr$'
ok 'nothing of it is mirrored' sh -c '! git --git-dir="$1" cat-file -e \
	main:files/etc/app/perms 2>/dev/null' sh "$repo"
echo changed >>"$t/perms"
ok 'permissions: content may change' same
chmod 755 "$t/perms"
ok 'permissions: the mode may not' told
touch -d 2026-03-03 "$t/few"
ok 'a set of one'"'"'s own: a time' same
echo changed >>"$t/few"
ok 'its content' told
is "$(content few | tail -n 1)" changed 'which is mirrored'
ino=$(stat -c %i "$t/more")
ok 'inode' like "$(entry more)" "^#\\+ ctime=[0-9]+\\.[0-9]{9} inode=$ino\$"
cp -p "$t/more" "$t/more.new" && mv "$t/more.new" "$t/more"
ok 'another inode' told
es show >said
ok 'is told' grep -q "inode  *$ino  *| " said
chmod 600 "$t/more" && chmod 644 "$t/more"
ok 'another change time' told
ok 'is a touch' like "$(git_repo log -1 --format=%s)" '1 touched'
touch -d 2026-04-04 "$t/less"
ok 'no time' same
ln "$t/less" "$work/other-name"
ok 'no links' same
echo changed >>"$t/less"
ok 'content' told
chmod 600 "$t/none" && echo changed >>"$t/none" && touch "$t/none"
ok 'nothing at all' same
rm "$t/none"
ok 'but that it is there' told
rules
ok 'the rules are gone' told
es show >said
ok 'that is told' grep -qE '^ +record .*-mtime.* \| default$' said
ok 'of each' grep -qE '^ +record +\+ctime \+inode +\| default$' said

# --- paranoid, notime, noinode, max_size ---------------------------------------
rules '[rule paranoid]' 'match = /etc/app/paranoid' 'paranoid = yes' \
	'[rule trusting]' 'match = /etc/app/paranoid.d' 'paranoid = no' \
	'[rule notime]' 'match = /etc/app/notime' 'notime = yes' \
	'[rule noinode]' 'match = /etc/app/noinode' 'noinode = yes' \
	'record = +inode' 'growing = yes' \
	'[rule small]' 'match = /etc/app/small' 'max_size = 4'
echo aaaa >"$t/paranoid"
for name in notime noinode small; do
	echo $name >"$t/$name"
done
told >/dev/null || bail 'no run'
if command -v strace >/dev/null 2>&1 &&
	strace -f -e trace=openat -o trace "$ETCSNAP" -c "$conf" \
		--root "$root" commit 2>/dev/null; then
	ok 'paranoid: opened in a run that finds nothing' grep -q '"paranoid"' trace
	ok 'others are not' unlike "$(cat trace)" '"(notime|noinode|small)"'
else
	skip 'no strace here' 2
fi
touch -d 2026-05-05 "$t/notime"
ok 'notime: a time' same
ok 'notime: none is recorded' unlike "$(entry notime)" ' time='
echo more >>"$t/notime"
ok 'notime: content' told
cp -p "$t/noinode" "$t/noinode.new" && echo more >>"$t/noinode.new" &&
	mv "$t/noinode.new" "$t/noinode"
ok 'noinode: replaced by a longer copy' same
ok 'noinode: none is recorded' unlike "$(entry noinode)" 'inode='
ok 'max_size: no content' sh -c '! git --git-dir="$1" cat-file -e \
	main:files/etc/app/small 2>/dev/null' sh "$repo"
rules
ok 'the limit is gone' told
is "$(content small)" small 'the content is kept'

# --- severity and tags ---------------------------------------------------------
rules '[rule loud]' 'match = /etc/app' 'severity = warning' 'tags = web pci' \
	'[rule louder]' 'match = /etc/app/small' 'severity = critical' \
	'[rule quiet]' 'match = /etc/app/few' 'tags ='
ok 'they are no change' same
explain() {
	es config explain "$1" | tr -s ' '
}
ok 'explain tells the severity' like "$(explain /etc/app/small)" \
	'^severity critical: /etc/app/small \[rule louder\] \(.*:[0-9]+\)$'
ok 'and the tags' like "$(explain /etc/app/small)" \
	'^tags web pci: /etc/app \[rule loud\]'
ok 'each by itself' like "$(explain /etc/app/few)" \
	'^severity warning: /etc/app \[rule loud\]'
ok 'an empty list clears' like "$(explain /etc/app/few)" \
	'^tags none: /etc/app/few \[rule quiet\]'
ok 'nothing where no rule says it' unlike "$(explain /etc/hosts)" \
	'severity|tags|record|growing'
rules '[rule all]' 'match = /etc/app' 'record = -mtime' 'max_size = 2K' \
	'growing = yes' 'paranoid = on' 'noinode = true' 'notime = yes' \
	'ignore_lines = x' '[rule later]' 'match = /etc/app/few' 'growing = no'
ok 'explain tells numbers' like "$(explain /etc/app/few)" '^max_size 2048: '
ok 'and yes' like "$(explain /etc/app/few)" '^paranoid yes: /etc/app \[rule all\]'
ok 'and no' like "$(explain /etc/app/few)" '^growing no: /etc/app/few \[rule later\]'
ok 'and what is recorded' like "$(explain /etc/app/few)" \
	'^record mode owner group size links content acl caps selinux xattr flags: '
es commit
git_repo cat-file -p main:run/rules >rules.out
ok 'run/rules has it all' sh -c '
	for line in "record = mode owner group size links content acl" \
		"max_size = 2048" "paranoid = yes" "noinode = yes" \
		"notime = yes" "growing = yes" "growing = no" \
		"ignore_lines = x"; do
		grep -q "^$line" rules.out || exit
	done'

# --- mistakes ------------------------------------------------------------------
# bad NAME MESSAGE LINE… - the configuration is refused
bad() {
	local name="$1" message="$2"

	shift 2
	rules "$@"
	es_run es config check
	if [ "$es_status" -eq 2 ] && grep -qE -- "$message" "$es_out"; then
		ok "$name" true
	else
		cat "$es_out"
		ok "$name" false
	fi
}
bad 'an unknown severity' ':[0-9]+: severity = .loud. is unknown' '[rule a]' \
	'match = /x' 'severity = loud'
bad 'an unknown attribute' ":[0-9]+: record: 'mtimes' is no attribute and no set; did you mean mtime\?" \
	'[rule a]' 'match = /x' 'record = +mtimes'
bad 'an unknown set' "is no section \[record zebra\]" '[rule a]' 'match = /x' \
	'record = zebra'
bad 'an attribute without a name' 'no list of attributes' '[rule a]' \
	'match = /x' 'record = + -'
bad 'a set of a taken name' 'the name is taken' '[record all]' 'attributes = mode'
bad 'a set of nothing' 'names nothing' '[record mine]'
bad 'a set of sets' "\[record b\]: 'mine'" '[record mine]' \
	'attributes = mode' '[record b]' 'attributes = mine'
bad 'a tag that is no word' 'no list of words' '[rule a]' 'match = /x' 'tags = a/b'
bad 'an expression for lines' 'ignore_lines|missing' '[rule a]' 'match = /x' \
	'ignore_lines = (('
bad 'neither yes nor no' 'neither yes nor no' '[rule a]' 'match = /x' \
	'growing = maybe'
ok 'it is sound to the end' fsck
done_testing
