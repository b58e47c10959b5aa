#!/bin/sh
# SPDX-License-Identifier: MIT
# 7070-restore-care.sh - nothing is destroyed that no run has, and nothing is
# called restored that is not
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

etc=$root/etc

# begin [LINE…] - a small tree, its configuration and an empty repository
begin() {
	rm -rf "$root" "$work/state"
	mkdir -p "$etc/z"
	conf_for_root '[files]' 'defaults = yes' "$@"
	es_init
}

# then_run - a run, and what it is called
then_run() {
	es commit >/dev/null
	first=$(tip)
	settle
	sleep 1.1
}

# told FORMAT-KEY PATH - what said.json says of a path
told() {
	json said.json \
		"[i['$1'] for i in d['items'] if i['path'] == '$2']"
}

# --- another name of a file, where something is that no run has -----------------
begin
echo good >"$etc/a"
ln "$etc/a" "$etc/b"
ln "$etc/a" "$etc/z/c"
then_run
conf_for_root '[files]' 'defaults = yes' 'exclude = /etc/b' \
	'exclude = /etc/z/c'
es commit >/dev/null
rm "$etc/b" "$etc/z/c"
echo 'never recorded' | tee "$etc/b" >"$etc/z/c"
es_run es restore --at "$first" --apply /etc
is "$es_status" 4 'what is not watched today is in the way of two links'
is "$(cat "$etc/b" "$etc/z/c")" "$(printf 'never recorded\nnever recorded')" \
	'and stays'
mkdir -p to/etc
echo mine >to/etc/b
es_run es restore --at "$first" --to to --apply /etc
is "$es_status" 4 'what is there already is in the way of a link, too'
is "$(cat to/etc/b)" mine 'and stays'
conf_for_root '[files]' 'defaults = yes'
rm "$etc/b" "$etc/z/c"
mkdir "$etc/b" && echo x >"$etc/b/x"
es_run es restore --at "$first" --json /etc
cp "$es_out" said.json
is "$(told why /etc/b)" "['full']" 'a directory that is not empty'
rm -r "$etc/b"
ok 'without all that' es restore --at "$first" --apply /etc
is "$(stat -c %h "$etc/a")" 3 'they are one file again'

# --- another name of a file that is not as it was --------------------------------
echo good >"$etc/a"
echo secret >"$etc/a.key" && ln "$etc/a.key" "$etc/b.key"
then_run
rm "$etc/b"
echo EVIL >"$etc/a"
ok 'one name' es restore --apply /etc/b
is "$(cat "$etc/b")" good 'is what it was, not what the other is now'
is "$(cat "$etc/a")" EVIL 'which nobody asked for'
ok 'the other as well' es restore --at "$first" --apply /etc
is "$(cat "$etc/a"; stat -c %h "$etc/b")" "$(printf 'good\n3')" \
	'and both are one file'
echo EVIL >>"$etc/a"
es restore --at "$first" --apply /etc/b >/dev/null
is "$(cat "$etc/b")" good 'one name of a file that changed under both'
ok 'both' es restore --at "$first" --apply /etc
rm "$etc/b.key"
echo other >"$etc/a.key"
es_run es restore --at "$first" --apply /etc/b.key
is "$es_status" 4 'a secret does not come back by the name'
not_ok 'of another secret' test -e "$etc/b.key"
echo secret >"$etc/a.key"
touch -r "$etc/a.key" stamp
es commit >/dev/null
first=$(tip)
rm "$etc/b"
ok 'the other is as it was' es restore --at "$first" --apply /etc/b
is "$(stat -c %h "$etc/a" "$etc/b" | sort -u)" 3 'so both are one file'

# --- what cannot come back --------------------------------------------------------
# reads PATH SENTENCE - what the plan says of a path
reads() {
	like "$(awk -v path="$1" '/^[a-zF]/ { on = $2 == path } on' plan)" \
		"^ +$2\$"
}
begin '[rule logs]' 'match = /etc/grown' 'growing = yes'
echo plain >"$etc/plain"
echo 'password = new' >"$etc/linked.conf"
echo 'password = new' >"$etc/merged.conf"
echo one >"$etc/grown"
touch -d '2026-01-01' "$etc/grown"
then_run
fake_key "$etc/new.key"
head -c 100000 /dev/urandom >"$etc/large"
echo 'password = new' >"$etc/masked.conf"
echo 'text' >"$etc/text"
: >"$etc/empty"
rm "$etc/linked.conf" && ln -s plain "$etc/linked.conf"
es commit >/dev/null
second=$(tip)
rm "$etc/linked.conf" && echo 'password = newer' >"$etc/linked.conf"
echo 'password = newer' >"$etc/merged.conf"
echo two >>"$etc/grown"
es restore --at "$first" --delete /etc >plan
es restore --at "$first" --delete --json /etc >said.json
is "$(json said.json \
	'sorted(i["path"] for i in d["items"] if i["lost"])')" \
	"['/etc/large', '/etc/masked.conf', '/etc/new.key']" \
	'what --delete removes for good'
ok 'a digest' reads /etc/large \
	'of the content that is there now only a digest .*cannot come back'
ok 'masked values' reads /etc/masked.conf \
	'masked values of what is there now .*cannot come back'
not_ok 'not what is recorded' reads /etc/text '.*cannot come back'
not_ok 'not values that stay' reads /etc/merged.conf '.*cannot come back'
es restore --at "$second" /etc >plan
ok 'a link in place of masked values' reads /etc/linked.conf \
	'masked values of what is there now .*cannot come back'
rm "$etc/grown" && ln -s plain "$etc/grown"
es commit >/dev/null
third=$(tip)
rm "$etc/grown" && echo one >"$etc/grown"
es commit >/dev/null
settle
echo two >>"$etc/grown"
es restore --at "$third" /etc/grown >plan
ok 'what a log has more than is recorded' reads /etc/grown \
	'what is there now changed .*cannot come back'
ok 'the repository is sound' fsck

# --- what nobody recorded is not told ---------------------------------------------
begin '[rule plain]' 'match = /etc/plain' 'record = default -mode -owner -group'
echo plain >"$etc/plain"
then_run
rm "$etc/plain"
es restore /etc >plan
ok 'it is made again' grep -q '^create  */etc/plain' plan
not_ok 'nobody knows with which mode' grep -q ' mode ' plan
not_ok 'nor whose' grep -q ' owner ' plan

# --- values of today in another tree ------------------------------------------------
begin
printf 'password = old\n' >"$etc/wide.conf"
printf '[a]\npassword = same\n[b]\npassword = old\n' >"$etc/both.conf"
printf 'password = same\n' >"$etc/same.conf"
printf 'password = same\n' >"$etc/kept.conf"
chmod 644 "$etc"/*.conf
then_run
printf 'password = new\n' >"$etc/wide.conf"
printf '[a]\npassword = same\n[b]\npassword = new\n' >"$etc/both.conf"
chmod 600 "$etc/wide.conf" "$etc/both.conf" "$etc/same.conf"
es restore --at "$first" --to to2 --apply /etc >plan
not_ok 'a new password does not get the mode of the old one' \
	grep -r new to2/etc
ok 'it is a mark' grep -q '^password = <masked:' to2/etc/wide.conf
ok 'one that is the same is there' grep -q '^password = same$' to2/etc/both.conf
is "$(cd to2/etc && stat -c '%a %n' ./*.conf)" "$(printf '%s\n' \
	'600 ./both.conf' '644 ./kept.conf' '600 ./same.conf' \
	'644 ./wide.conf')" 'for those who may read it today'
ok 'which is said' reads /etc/same.conf \
	'has values of the live file, and no more readers than that'
ok 'with the mode' reads /etc/same.conf 'mode 0600'

# --- a value that changed since another key was made ---------------------------------
begin
printf 'a\npassword = one\n' >"$etc/p.conf"
printf 'a\npassword = one\n' >"$etc/q.conf"
then_run
ok 'another key' es config rotate-key
sleep 1.1
printf 'a\npassword = two\n' >"$etc/p.conf"
then=$(stat -c %y "$etc/p.conf")
es commit >/dev/null
must_exit 1 es diff "$first" >said
not_ok 'a file that was written since is not only touched' \
	grep -q 'only times differ' said
ok 'but changed' grep -q '/etc/p\.conf' said
not_ok 'no other is' grep -q '/etc/q\.conf' said
es restore --at "$first" --apply /etc >/dev/null
is "$(tail -n 1 "$etc/p.conf")" 'password = two' 'its value is kept'
is "$(stat -c %y "$etc/p.conf")" "$then" 'it does not get its old time'
done_testing
