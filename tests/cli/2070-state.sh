#!/bin/sh
# SPDX-License-Identifier: MIT
# 2070-state.sh - the state cache: whatever becomes of it, a run ends right
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

db=$work/state/state.db
es_init
es commit || bail 'the first run failed'
is "$(stat -c %a "$db")" 600 'the cache is private'
cp "$db" good.db

# A change for each case, so that a wrong belief would show.
round=0
# recovers NAME NOTICE - the next run finds just the change, says NOTICE (a
# pattern, empty: nothing) and leaves a cache that the run after it believes
recovers() {
	local said

	round=$((round + 1))
	echo "$round" >>"$root/etc/hosts"
	es_run es -v commit
	said=$(cat "$es_out")
	is "$es_status $(printf '%s\n' "$said" | sed -n 's/^[0-9a-f]\{7\} //p')" \
		'0 1 changed, 0 added, 0 removed' "$1: the run ends right"
	if [ -n "$2" ]; then
		ok "$1: with a notice" like "$said" \
			"^etcsnap: state cache: .*$2.*; everything is read again$"
	else
		is "$(printf '%s\n' "$said" | grep -c '^etcsnap:')" 0 \
			"$1: without a notice"
	fi
	settle
	es_run es -v commit
	is "$(cat "$es_out")" 'no changes' "$1: the next believes it again"
	settle
}

settle
recovers 'nothing' ''
rm "$db"
recovers 'deleted' ''
: >"$db"
recovers 'empty' ''
echo 'This is no database, I am afraid.' >"$db"
recovers 'a text file' 'not a database'
head -c 65536 /dev/urandom >"$db"
recovers 'random bytes' 'not a database'
rm "$db"
python3 -c '
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("create table mine (a)")
db.execute("insert into mine values (42)")
db.commit()' "$db"
recovers_foreign() {
	round=$((round + 1))
	echo "$round" >>"$root/etc/hosts"
	es_run es -v commit
	is "$es_status" 0 'of another program: the run ends right'
	cp "$es_out" said
	ok 'of another program: with a notice' like "$(cat said)" \
		'^etcsnap: .*another program'
	ok 'of another program: and the change' like "$(cat said)" \
		'1 changed, 0 added, 0 removed$'
	is "$(python3 -c '
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("select a from mine").fetchone()[0])
' "$db")" 42 'of another program: it is left alone'
}
recovers_foreign
rm "$db"
es commit
mkdir elsewhere && mv "$db" elsewhere/ && ln -s ../elsewhere/state.db "$db"
sum=$(sha256sum elsewhere/state.db)
round=$((round + 1))
echo "$round" >>"$root/etc/hosts"
es_run es -v commit
ok 'a symbolic link is not followed' like "$(cat "$es_out")" 'not a regular file'
is "$(sha256sum elsewhere/state.db)" "$sum" 'nor written through'
rm "$db"
es commit
cp "$db" good.db

# --- damage in it --------------------------------------------------------------
# trusted - what a run believes is what is there: the next full run agrees
damage=0
size=$(stat -c %s good.db)
old_tip=$(tip)
for cut in 1 15 16 99 100 101 512 4095 4096 4097 8192 12288 $((size / 2)) \
	$((size - 4096)) $((size - 1)); do
	head -c "$cut" good.db >"$db"
	es_run es -v commit
	[ "$es_status" -eq 0 ] && grep -qx 'no changes' "$es_out" &&
		[ "$(tip)" = "$old_tip" ] && continue
	note "cut to $cut bytes: $(cat "$es_out")"
	damage=$((damage + 1))
done
is "$damage" 0 'cut at fifteen places: every run ends right'

i=0
while [ "$i" -lt 40 ]; do
	i=$((i + 1))
	cp good.db "$db"
	at=$(((i * 7919) % (size - 8)))
	printf '\377\0\125\252' | dd of="$db" bs=1 seek="$at" conv=notrunc 2>/dev/null
	es_run es -v commit
	[ "$es_status" -eq 0 ] && grep -qx 'no changes' "$es_out" &&
		[ "$(tip)" = "$old_tip" ] && continue
	note "bytes at $at: $(cat "$es_out")"
	damage=$((damage + 1))
done
is "$damage" 0 'bytes changed at forty places: so they do'
ok 'and the repository is sound' fsck

# --- a cache of another time ---------------------------------------------------
cp good.db "$db"
settle
echo x >>"$root/etc/hosts"
es commit
cp good.db "$db"
ok 'of an older commit' prints 'no changes' es -v commit
cp "$db" new.db
git_repo update-ref refs/heads/main "$old_tip"
ok 'of a commit that is gone' like "$(es -v commit)" \
	'1 changed, 0 added, 0 removed$'

# edit SQL - with a program that knows nothing of us
edit() {
	python3 -c '
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.executescript(sys.argv[2])
db.commit()' "$db" "$1"
}
es commit
edit 'pragma user_version = 999'
recovers 'of a newer etcsnap' 'newer etcsnap'
edit 'pragma user_version = 0'
recovers 'of an older etcsnap' 'older etcsnap'
edit 'delete from dir'
recovers 'without rows' ''
edit 'update meta set basis = zeroblob(length(basis))'
recovers 'with a wrong sum' 'damaged'
edit 'drop table meta'
recovers 'without its table' 'damaged'

# --- what it depends on --------------------------------------------------------
settle
printf '[files]\ndefaults = yes\nexclude = /etc/skel\n' >>"$conf"
es_run es -v commit
is "$(sed 's/^[0-9a-f]* //' "$es_out")" \
	'0 changed, 0 added, 0 removed, 4 no longer watched' 'an exclude'
printf '[files]\nexclude =\ndefaults = yes\ninclude = /var/log\n' >>"$conf"
es_run es -v commit
is "$(sed 's/^[0-9a-f]* //' "$es_out")" \
	'0 changed, 0 added, 0 removed, 6 now watched' 'no exclude, and an include'
printf '[rule r]\nmatch = /etc/hosts\nclass = secret\n' >>"$conf"
es_run es -v commit
is "$(sed 's/^[0-9a-f]* //' "$es_out")" '1 changed, 0 added, 0 removed' \
	'a rule that makes a path secret'
es_run git_repo cat-file -e main:files/etc/hosts
ok 'takes its content out' test "$es_status" -ne 0
settle
ok 'and that is all' prints 'no changes' es -v commit
ok 'sound to the end' fsck --no-dangling

done_testing
