#!/bin/sh
# SPDX-License-Identifier: MIT
# 7130-live.sh - verify compares the machine with the tip, and with its packages
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

conf_for_root '[rule counter]' 'match = /etc/counter' 'ignore_lines = ^seen '
es_init
printf 'name x\nseen 1\n' >"$root/etc/counter"
settle
es commit || bail 'the first run failed'
ok 'nothing differs' es verify --live
ok 'and entries are counted' like "$(cat "$es_out")" \
	'^[0-9]+ entries read again: all good$'
is "$(es -q verify --live)" '' 'quiet is quiet'

# --- what a cache does not see -------------------------------------------------------
# sneak FILE - change a file's content, but neither its size nor its time
sneak() {
	touch -r "$1" "$work/time"
	sed 's/a/A/' "$1" | dd of="$1" conv=notrunc status=none
	touch -r "$work/time" "$1"
}
sneak "$root/etc/hosts"
# The ctime cannot be put back; a state that was made after the change is what
# somebody has who can.
cp "$repo/../state.db" before.db
ok 'a file changed with its times put back' must_exit 1 es verify --live
ok 'is named' like "$(cat "$es_out")" \
	'^bad: live /etc/hosts: changed: content, though size and time are as'
ok 'nothing was written' cmp "$repo/../state.db" before.db
es commit || bail 'a run failed'
ok 'recorded, nothing differs' es verify --live

python3 - "$repo/../state.db" <<'END' || bail 'cannot change the state'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("DELETE FROM dir WHERE path = ?", (b"/etc",))
db.commit()
END
ok 'a state that lacks a row does not matter' es verify --live
rm "$repo/../state.db"
ok 'nor one that is gone' es verify --live
es commit

printf 'name x\nseen 2\n' >"$root/etc/counter"
ok 'ignored lines do not count' es verify --live
printf 'name y\nseen 2\n' >"$root/etc/counter"
chmod 600 "$root/etc/hosts"
rm "$root/etc/hostname"
echo new >"$root/etc/new"
ok 'several changes' must_exit 1 es verify --live
cp "$es_out" said
for line in '/etc/counter: changed: .*content' '/etc/hosts: changed: mode' \
	'/etc/hostname: removed' '/etc/new: added'; do
	ok "$line" like "$(cat said)" "^bad: live $line"
done
ok 'as status does' must_exit 1 es status
ok 'in JSON' must_exit 1 sh -c "'$ETCSNAP' -c '$conf' --root '$root' \
	verify --live --json >doc"
is "$(json doc 'sorted(r["name"][5:] for r in d if r["kind"] == "live")')" \
	"['counter', 'hostname', 'hosts', 'new']" 'the same'
ok 'the repository itself is good' es verify
es commit || bail 'a run failed'
# A state that says what the repository does not is found without --live.
ok 'all of it' must_exit 0 es verify -a
ok 'in one line' like "$(cat "$es_out")" 'runs on main.*entries read again'
mv "$repo/../key" key.away
ok '--live needs the key' must_exit 3 es verify --live
ok 'the repository does not' es verify
mv key.away "$repo/../key"

if [ "$(id -u)" -eq 0 ]; then
	conf_for_tree
	chown -R 65534 "$work/state" "$root"
	chmod 755 "$work"
	rm -rf "$repo" "$repo/../state.db"
	as_user "$ETCSNAP" -c "$conf" init -q
	as_user "$ETCSNAP" -c "$conf" commit -q
	chown 0 "$root/etc/hosts"
	chmod 000 "$root/etc/hosts"
	es_run as_user "$ETCSNAP" -c "$conf" verify --live
	ok 'what cannot be read any more is told' like "$(cat "$es_out")" \
		"^warning: live $root/etc/hosts: cannot be read \(EACCES\)"
	chown -R 0 "$work/state" "$root"
fi

# --- packages -------------------------------------------------------------------------
rm -rf "$root"
new_tree
conf_for_root
p=$root/var/lib/dpkg
mkdir -p "$p/info" "$p/updates" "$root/usr/share/doc/pkg" "$root/usr/bin" \
	"$root/etc/dpkg/dpkg.cfg.d"
rm -f "$p/status"
# package NAME FILE… - a package that is installed, with its checksums
package() {
	local name="$1"

	shift
	printf '%s\n' "Package: $name" 'Status: install ok installed' \
		'Maintainer: x <x@x>' 'Architecture: all' 'Version: 1.0-1' \
		"Description: $name" '' >>"$p/status"
	: >"$p/info/$name.list"
	: >"$p/info/$name.md5sums"
	for file; do
		mkdir -p "$root/${file%/*}"
		[ -e "$root/$file" ] || echo "$name $file" >"$root/$file"
		echo "/$file" >>"$p/info/$name.list"
		(cd "$root" && md5sum "$file") >>"$p/info/$name.md5sums"
	done
}
package one usr/bin/one usr/share/doc/one/copyright usr/lib/one/data
package two usr/bin/two usr/share/doc/two/changelog 'usr/share/two/with blank'
package three usr/bin/three
es init --reset >/dev/null
es commit -q
ok 'as the packages have it' es verify --packages
ok 'counted' like "$(cat "$es_out")" '^7 files of packages: all good$'
touch -r "$root/usr/bin/one" time
echo 'evil    ' | dd of="$root/usr/bin/one" conv=notrunc status=none
touch -r time "$root/usr/bin/one"
rm "$root/usr/lib/one/data" "$root/usr/share/doc/two/changelog"
echo more >>"$root/usr/share/two/with blank"
rm "$root/usr/bin/three"
mkdir "$root/usr/bin/three"
printf 'path-exclude=/usr/share/doc/*\npath-include=/usr/share/doc/*/copyright\n' \
	>"$root/etc/dpkg/dpkg.cfg.d/docs"
ok 'files that differ and are missing' must_exit 1 es verify --packages
cp "$es_out" said
ok 'changed' like "$(cat said)" \
	"^bad: package /usr/bin/one: differs from one 1.0-1; 'apt-get install"
ok 'with a blank' like "$(cat said)" \
	'^bad: package /usr/share/two/with blank: differs from two'
ok 'missing' like "$(cat said)" '/usr/lib/one/data: is missing, it belongs to one'
ok 'no file any more' like "$(cat said)" '/usr/bin/three: is no regular file'
ok 'but not what dpkg left out' unlike "$(cat said)" 'changelog'
is "$(grep -c ^bad: said)" 4 'nothing else'
mv "$root/usr/bin/two" two
(cd "$root/usr/bin" && python3 -c 'import socket
socket.socket(socket.AF_UNIX).bind("two")')
ok 'a socket is no file either' like "$(es verify --packages)" \
	'^bad: package /usr/bin/two: is no regular file'
rm "$root/usr/bin/two"
mv two "$root/usr/bin/two"
rm "$root/usr/share/doc/one/copyright"
ok 'what it was to put in is missing' like "$(es verify --packages)" \
	'one/copyright: is missing'
ln -sf /etc/passwd "$root/usr/share/doc/one/copyright"
ok 'links do not lead out of the root' like "$(es verify --packages)" \
	'one/copyright: '

if command -v debsums >/dev/null 2>&1; then
	debsums -s --root="$root" 2>&1 |
		sed -n 's/.*\(changed\|missing\) file \(.*\) (from .*/\2/p;
			s/.*can.t check [^ ]* file \(.*\) (not a regular.*/\1/p;
			s/.*can.t open [^ ]* file \(.*\) (.*/\1/p' |
		sed "s,^$root/*,/,; s,/three (not.*,/three," | sort -u >theirs
	es verify --packages | sed -n 's/^bad: package \(.*\): \(differs\|is \).*/\1/p' |
		sort -u >ours
	ok 'debsums finds the same' diff theirs ours
else
	skip 'debsums is not installed'
fi

# Of a link, apk has the checksum of its target's text: here that of "hello".
rm -r "$p"
mkdir -p "$root/lib/apk/db"
printf '%s\n' P:four V:1 F:usr/bin R:four Z:Q1qvTGHdzF6KLavt4PO0gs2a6pQ00= '' \
	>"$root/lib/apk/db/installed"
echo hello >"$root/usr/bin/hello"
ln -s hello "$root/usr/bin/four"
ok 'a link as its package has it' es verify --packages
ln -sf one "$root/usr/bin/four"
ok 'one that leads elsewhere' like "$(es verify --packages)" \
	'^bad: package /usr/bin/four: differs from four 1;'
done_testing
