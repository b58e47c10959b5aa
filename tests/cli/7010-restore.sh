#!/bin/sh
# SPDX-License-Identifier: MIT
# 7010-restore.sh - the plan says what would be done, --apply does just that
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

new_tree
etc=$root/etc

# --- packages, as dpkg and ucf know them ---------------------------------------
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/ucf" \
	"$root/usr/lib/systemd/system"
cat >"$root/var/lib/dpkg/status" <<'END'
Package: openssh-server
Status: install ok installed
Architecture: amd64
Version: 1:9.2p1-2
Conffiles:
 /etc/pam.d/sshd 0123456789abcdef0123456789abcdef

Package: openssh-client
Status: install ok installed
Architecture: amd64
Version: 1:9.2p1-2
END
printf '%s\n' /. /etc /etc/ssh /etc/ssh/moduli /etc/pam.d /etc/pam.d/sshd \
	/usr /usr/lib /usr/lib/systemd /usr/lib/systemd/system \
	/usr/lib/systemd/system/ssh.service /etc/init.d/ssh \
	>"$root/var/lib/dpkg/info/openssh-server.list"
printf '%s\n' /. /etc /etc/ssh /etc/ssh/ssh_config \
	>"$root/var/lib/dpkg/info/openssh-client.list"
echo 'openssh-server /etc/ssh/sshd_config' >"$root/var/lib/ucf/registry"
echo unit >"$root/usr/lib/systemd/system/ssh.service"
echo script >"$etc/init.d/ssh"
echo 2048 >"$etc/ssh/moduli"

# --- what is restored ----------------------------------------------------------
mkdir -p "$etc/app/sub" "$etc/gone/deep"
printf '[db]\nuser = web\npassword = geheim1\n[mail]\npassword = geheim2\n' \
	>"$etc/app/app.conf"
printf 'password = nowhere\n' >"$etc/app/lost.conf"
# UTF-16 is kept as it is; with a value to hide in it, not at all
printf 'key = value\n' | iconv -t UTF-16 >"$etc/app/wide"
printf 'password = geheim3\n' | iconv -t UTF-16 >"$etc/app/wide-secret"
head -c 100000 /dev/urandom >"$etc/app/large"
echo deep >"$etc/gone/deep/file"
chmod 750 "$etc/gone" && chmod 2755 "$etc/gone/deep"
ln -s app.conf "$etc/app/link"
conf_for_root
es_init
ok 'a run' es commit
first=$(tip)
short=$(echo "$first" | cut -c1-7)
cp -a "$etc" etc.then
settle
sleep 1.1

ok 'nothing to do' prints 'all is as it was then' es restore /etc

echo 'PermitRootLogin yes' >>"$etc/ssh/sshd_config"
chmod 600 "$etc/ssh/moduli"
echo changed >"$etc/pam.d/sshd"
fake_key key && cat key >>"$etc/ssh/ssh_host_ed25519_key"
rm -r "$etc/gone"
sed -i -e 's/user = web/user = other/' -e s/geheim2/anders2/ "$etc/app/app.conf"
rm "$etc/app/lost.conf"
printf 'key = other\n' | iconv -t UTF-16 >"$etc/app/wide"
printf 'password = anders3\n' | iconv -t UTF-16 >"$etc/app/wide-secret"
echo x >>"$etc/app/large"
ln -sf /dev/null "$etc/app/link"
echo new >"$etc/app/new"
mkdir "$etc/app/newdir" && echo new >"$etc/app/newdir/file"

# --- the plan ------------------------------------------------------------------
find "$root" -ls | sort -k11 >listing
ok 'a plan' es restore /etc
cp "$es_out" plan
find "$root" -ls | sort -k11 >listing.after
ok 'writes nothing' cmp listing listing.after
is "$(tip)" "$first" 'not even a commit'
# about PATH - what the plan says of it
about() {
	awk -v path="$1" '/^[a-zF]/ { on = $2 == path } on' plan
}
ok 'replaced' like "$(about /etc/ssh/sshd_config)" '^replace  '
ok 'whose it is, as ucf knows' like "$(about /etc/ssh/sshd_config)" \
	'^ +belongs to openssh-server \(ssh\.service\)$'
ok 'attributes, old and new' like "$(about /etc/ssh/moduli)" \
	'^ +mode 0600 -> 0644$'
ok 'secret' like "$(about /etc/ssh/ssh_host_ed25519_key)" \
	'^ +the content is secret: only a keyed digest is recorded$'
ok 'and what would bring it back' like \
	"$(about /etc/ssh/ssh_host_ed25519_key)" \
	'^ +may be made anew by: apt-get install --reinstall openssh-server$'
ok 'a value that is there still' like "$(about /etc/app/app.conf)" \
	'^ +1 masked value is in the live file as it was then$'
ok 'and one that is kept' like "$(about /etc/app/app.conf)" \
	'^ +1 masked value differed, .*: the live one is kept$'
ok 'one that is nowhere' like "$(about /etc/app/lost.conf)" \
	'^ +a masked value has no counterpart in the live file$'
ok 'a digest alone' like "$(about /etc/app/large)" \
	'^ +of the content only a digest is recorded$'
ok 'text that cannot be masked' like "$(about /etc/app/wide-secret)" \
	'^ +the content is secret'
ok 'a link' like "$(about /etc/app/link)" '^ +target /dev/null -> app\.conf$'
ok 'what was not there is kept' like "$(about /etc/app/new)" '^keep  '
ok 'services in the end' grep -q '^services that may use them: ssh\.service$' plan
ok 'nothing is done' grep -q '^nothing is done yet; --apply does it$' plan
ok 'no secret is in it' unlike "$(cat plan)" 'geheim|anders|nowhere'
ok 'with content' es restore -v /etc/ssh/sshd_config
cp "$es_out" said
ok 'as a difference' grep -q '^ *-PermitRootLogin yes$' said
ok 'but no secret' unlike "$(es restore -v /etc)" 'geheim|anders|nowhere'
es restore --json --delete /etc >plan.json
is "$(json plan.json 'sorted(i["path"] for i in d["items"] if i["action"] == "delete")')" \
	"['/etc/app/new', '/etc/app/newdir', '/etc/app/newdir/file']" \
	'JSON: what --delete would remove'
is "$(json plan.json '[i["package"]["command"] for i in d["items"] if i["path"] == "/etc/pam.d/sshd"]')" \
	"['apt-get install --reinstall -o Dpkg::Options::=--force-confask openssh-server']" \
	'a configuration file needs more to come back'
is "$(json plan.json 'd["applied"], d["commit"]')" "(False, '$first')" \
	'which run'

# --- usage ---------------------------------------------------------------------
ok 'no path' must_exit 2 es restore
ok 'an empty one' must_exit 2 es restore --delete ''
ok 'a run without a name' must_exit 2 es restore --at '' /etc
ok 'nor elsewhere' must_exit 2 es diff '' /etc
ok 'a path that nobody has' must_exit 2 es restore /etc/nothing
ok 'a fact' must_exit 2 es restore system/packages
ok 'no CSV' must_exit 2 es restore --format csv /etc
ok 'no run of that name' must_exit 2 es restore --at nonsense /etc
ok 'not both' must_exit 2 es restore --to "$work/to" --delete /etc

# --- one path with its parents -------------------------------------------------
ok 'one file, whose directories are gone' es restore --apply \
	/etc/gone/deep/file
is "$(stat -c '%a %n' "$etc/gone" "$etc/gone/deep" | sed "s,$etc,,")" \
	"$(printf '750 /gone\n2755 /gone/deep')" 'comes with its directories'
ok 'as it was' cmp etc.then/gone/deep/file "$etc/gone/deep/file"
is "$(git_repo log -3 --format=%s | sed 's/ on .*//')" \
	"$(printf '%s\n' "restored to $short: 3 added" '3 removed' \
	"$(git_repo log -1 --format=%s "$first" | sed 's/ on .*//')")" \
	'snapshots before and after say so'
ok 'the words, too' like "$(git_repo log -2 --format=%B)" \
	"^    before restore of /etc/gone/deep/file to $short\$"
is "$(git_repo log -1 --format=%B | sed -n 's/^Restore: //p')" "$first" \
	'and a trailer'
ok 'the log as well' like "$(es log)" " restore +restored to $short: 3 added"
ok 'nothing else was touched' es restore --at "$first" --json /etc/app
cp "$es_out" said
ok 'all of it is still to be done' grep -q '"action": "replace"' said

# --- all of it, by time ---------------------------------------------------------
when=$(git_repo log -1 --format=%cI "$first")
es_run es restore --at "$when" --apply --delete /etc
cp "$es_out" outcome
is "$es_status" 4 'what cannot be restored makes it partial'
for path in /etc/ssh/ssh_host_ed25519_key /etc/app/lost.conf /etc/app/large \
	/etc/app/wide-secret; do
	ok "$path cannot" grep -q "^cannot  *$path\$" outcome
done
is "$(grep -c '^cannot' outcome)" 4 'and nothing else'
for path in ssh/sshd_config pam.d/sshd app/wide; do
	ok "$path is as it was" cmp "etc.then/$path" "$etc/$path"
	is "$(stat -c %y "$etc/$path")" "$(stat -c %y "etc.then/$path")" \
		'with its time'
done
is "$(cat "$etc/app/app.conf")" "$(printf \
	'[db]\nuser = web\npassword = geheim1\n[mail]\npassword = anders2\n')" \
	'the text is as it was, the values are those of today'
not_ok 'the time is not, as the content is not' test \
	"$(stat -c %Y "$etc/app/app.conf")" = "$(stat -c %Y etc.then/app/app.conf)"
is "$(readlink "$etc/app/link")" app.conf 'the link'
ok 'what was not there is gone' test ! -e "$etc/app/new" -a ! -e "$etc/app/newdir"
ok 'the repository is sound' fsck

# --- --delete removes what was watched, and nothing else ------------------------
mkdir -p "$etc/more" "$root/srv"
echo 1 >"$etc/more/watched"
echo 2 >"$etc/more/left~"
echo 3 >"$root/srv/file"
es_run es restore --at "$first" --apply --delete /etc/more
cp "$es_out" said
is "$es_status" 4 'a directory with something else in it'
ok 'stays' test -e "$etc/more/left~"
ok 'without what was watched' test ! -e "$etc/more/watched"
rm -r "$etc/more"
es commit
conf_for_root '[files]' 'defaults = yes' 'include = /srv'
ok 'now /srv is watched' es commit
ok 'then it was not' like "$(es restore --at "$first" --delete --apply /srv)" \
	'^all is as it was then$'
ok 'so it stays' test -e "$root/srv/file"
conf_for_root '[files]' 'include = /srv'
ok 'now only /srv is' es commit
echo other >"$etc/hosts"
es_run es restore --at "$first" --apply /etc/hosts
cp "$es_out" said
is "$es_status" 4 'what no snapshot has'
ok 'is not replaced' grep -q '^ *what is there is not watched today' said
is "$(cat "$etc/hosts")" other 'indeed'
rm "$etc/hosts"
ok 'what is gone comes back' es restore --at "$first" --apply /etc/hosts
ok 'as it was' cmp etc.then/hosts "$etc/hosts"

# --- a first run of a few paths tells nothing of the rest ------------------------
rm -rf "$work/state"
conf_for_root
es_init
ok 'a first run of one path' es commit /etc/ssh
ok 'then all' es commit
es_run es restore --at HEAD~1 --delete --apply /etc
cp "$es_out" said
is "$es_status" 4 'it cannot say what was there'
ok 'and says so' grep -q '^ *whether it was there then is not known$' said
ok 'so it stays' test -e "$etc/passwd"

# --- elsewhere -------------------------------------------------------------------
tip=$(tip)
es_run es restore --to to --apply /etc/app /etc/ssh
cp "$es_out" said
is "$es_status" 4 'a tree elsewhere, without what cannot be'
ok 'has the files' cmp "$etc/ssh/sshd_config" to/etc/ssh/sshd_config
is "$(stat -c %a to/etc/ssh to/etc | tr '\n' ' ')" '755 755 ' \
	'and their directories'
ok 'and live values' grep -q anders2 to/etc/app/app.conf
not_ok 'but no others' test -e to/etc/ssh/ssh_host_ed25519_key
not_ok 'nor others' test -e to/etc/passwd
is "$(tip)" "$tip" 'no snapshot is made'
rm "$etc/app/app.conf"
es_run es restore --to to2 --apply /etc/app/app.conf
cp "$es_out" said
is "$es_status" 0 'without a live file'
ok 'marks are left' grep -q 'password = <masked:[0-9a-f]*>' to2/etc/app/app.conf
ok 'and told' grep -q '2 masked values are left as marks' said
echo mine >to2/etc/app/app.conf
es_run es restore --to to2 --apply /etc/app/app.conf
cp "$es_out" said
is "$es_status" 4 'what is there'
is "$(cat to2/etc/app/app.conf)" mine 'is not replaced'
done_testing
