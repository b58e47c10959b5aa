#!/bin/sh
# SPDX-License-Identifier: MIT
# 1160-parts.sh - files, commands, facts and findings together in one run
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git

# trees - the entries of the tip but for run/, on one line
trees() {
	git_repo ls-tree --name-only main | grep -v '^run$' | paste -sd ' ' -
}

# has PATH - an object of the tip, empty when it is not there
has() {
	git_repo rev-parse -q --verify "main:$1" || :
}

# text PATH - a text of the tip
text() {
	git_repo cat-file -p "main:$1"
}

# files_of_repo - every file beside and in the repository, with its content
files_of_repo() {
	find "$work/state" -type f ! -name '*-shm' -exec sha256sum {} + |
		LC_ALL=C sort
}

# set_parts PART... - what [collect] parts is from now on
set_parts() {
	sed -i "s/^parts = .*/parts = $*/" "$conf"
}

es_mode=tree
new_tree
parts='files commands system findings'
conf_for_tree "[command one]" "run = cat $work/one" \
	'[command fails]' 'run = echo oh no >&2; exit 3' 'shell = yes'
# Others may run what they have just deleted.
printf '[check deleted-binaries]\nenabled = no\n' >>"$conf"
echo 1 >one

# --- each part alone, and all ----------------------------------------------------
cp "$conf" "$conf.all"
for part in files commands system findings; do
	repo=$work/only-$part/repo.git
	sed "s,^path = .*,path = $repo,; s/^parts = .*/parts = $part/" \
		"$conf.all" >"$conf"
	es_init
	es_run es commit
	before=$(tip)
	case $part in
	files) want='files meta' ;;
	findings) want=$(trees | grep -x findings) ;; # none where all is well
	*) want=$part ;;
	esac
	is "$es_status $(trees)" "0 $want" "$part alone"
	es_run es commit
	is "$es_status $(tip)" "0 $before" "$part: nothing changes"
done
repo=$work/state/repo.git
cp "$conf.all" "$conf"
chmod 666 "$root/etc/hosts"
es_init
ok 'all parts' es commit
is "$(trees)" 'commands files findings meta system' 'are there'
is "$(text run/parts | grep -cE '^(files|system|commands/(one|fails))$')" 4 \
	'and a run tells which'
is "$(es show --format json >one.json; json one.json \
	'[d["first"], d["counts"]["total"], d["changes"]]')" \
	'[True, 0, []]' 'the first run is no news'
ok 'but the beginning' like "$(es show)" '^[^ ]*: first run'

for bad in 'files sytem' 'Files' 'files,system' 'file'; do
	cp "$conf" "$conf.good"
	set_parts "$bad"
	said=$(es commit 2>&1) && es_status=0 || es_status=$?
	printf '%s\n' "$said" >"$es_out"
	line=$(grep -n '^parts' "$conf" | cut -d : -f 1)
	is "$es_status $said" "2 etcsnap: $conf:$line: parts has\
 '$(echo "$bad" | sed 's/files //')'; it may have files, commands, system\
 and findings" "parts = $bad"
	cp "$conf.good" "$conf"
done

# --- how it reads ----------------------------------------------------------------
settle
before=$(tip)
echo 2 >one
chmod 644 "$root/etc/hosts"
chmod 666 "$root/etc/crontab"
out=$(es status) && es_status=0 || es_status=$?
is "$es_status $(echo "$out" | sed -n 's/^  //p' | grep -v ' /' |
	tr -s ' ' | paste -sd , -)" \
	'1 changed commands/one/stdout,changed findings/world-writable' 'status'
mkdir other
is "$(cd other && es diff findings |
	sed -n 's/^  \(new\|gone\) .*\(\/etc\/.*\)/\1 \2/p' | paste -sd '|' -)" \
	"new /etc/crontab everyone can write it|gone /etc/hosts everyone can write it" \
	'diff of the findings against the live system'
ok 'the same with a double hyphen' must_exit 1 es diff -- findings
ok 'without patches' like "$(es diff --no-patch findings)" \
	'^  new   WARNING   world-writable  /.*/etc/crontab everyone'
is "$(tip)" "$before" 'and nothing was recorded'
es_run es -v commit
ok 'the subject names all of it' like "$(git_repo log -1 --format=%s)" \
	' changed on [^ ]*: crontab, hosts, commands/one, findings/world-writable$'
ok 'a command as a person reads it' like "$(es show | tr '\n' '~')" \
	'~commands/one/stdout  changed~( [^~]*~)?    @@ -1 \+1 @@~    -1~    \+2~'
is "$(es report --format csv >r.csv; csv r.csv '[(r["kind"], r["attribute"])
	for r in d if r["path"] == "findings/world-writable"]')" \
	"[('changed', 'content')]" 'CSV'
is "$(es show --json >r.json; json r.json '[l["op"] + l["text"]
	for c in d["changes"] if c["path"] == "commands/one/stdout"
	for h in c["content"]["hunks"] for l in h["lines"]]')" \
	"['-1', '+2']" 'JSON'
is "$(es log commands/one | tail -n +2 | sed 's/.*unattended *//' |
	paste -sd '|' -)" 'changed: content|3 paths' 'log of a command'
is "$(es log --format csv system >r.csv; csv r.csv 'len(d)')" 1 \
	'log of the facts'
is "$(es cat HEAD~1:commands/one/stdout)" 1 'cat of an older run'
ok 'cat of a fact' like "$(es cat main:system/os)" '^hostname '
ok 'a file of that name wins' sh -c "mkdir commands && touch commands/one"
is "$(es log commands/one)" '' 'over the command'
rm -r commands

# A finding that comes first, and the last one that goes.
chmod 644 "$root/etc/crontab"
es_run es commit
ok 'the last finding goes' like "$(es show | tr '\n' '~')" \
	'Findings \(0 open\)~  gone  WARNING   world-writable  [^~]*/etc/crontab everyone'
chmod 666 "$root/etc/crontab"
es_run es commit
ok 'a first one comes' like "$(es show | tr '\n' '~')" \
	'Findings \(1 open\)~  new   WARNING   world-writable  [^~]*/etc/crontab everyone'
ok 'the subject tells' like "$(git_repo log -1 --format=%s)" \
	': crontab, findings/world-writable$'

# --- dry runs --------------------------------------------------------------------
settle
es_run es commit
echo 3 >one
files_of_repo >was
ok 'status runs commands' must_exit 1 es status
ok 'so does diff' must_exit 1 es diff
ok 'and a dry run' es commit -n
files_of_repo >now
ok 'and none of them writes' cmp was now
ok 'the next run does' es commit
is "$(text commands/one/stdout)" 3 'record it'

# --- a few paths -----------------------------------------------------------------
echo 4 >one
chmod 666 "$root/etc/motd" 2>/dev/null || {
	echo x >"$root/etc/motd"
	chmod 666 "$root/etc/motd"
}
commands=$(has commands) system=$(has system) findings=$(has findings)
ok 'a run of one path' es commit "$root/etc/motd"
is "$(has commands) $(has system) $(has findings)" \
	"$commands $system $findings" 'keeps what is not below it'
ok 'the path is there' test -n "$(has "meta$root/etc")"
ok 'the next whole run' es commit
ok 'has not lost the finding' like "$(text findings/world-writable)" \
	'/etc/motd everyone can write it$'
is "$(text findings/world-writable | wc -l)" 2 'nor the one before it'
is "$(text commands/one/stdout)" 4 'and ran the command'
said=$(es commit system/os 2>&1) && es_status=0 || es_status=$?
is "$es_status $said" "2 etcsnap: system/os is recorded by whole runs alone;\
 commit without a path" 'a fact is no path'

# --- off and on --------------------------------------------------------------------
found=$(has findings)
set_parts files system
ok 'parts that are switched off' es commit
is "$(trees)" 'files meta system' 'are dropped'
is "$(es show --json >r.json; json r.json 'sorted((k, n) for k, n in
	d["counts"].items() if n and k in ("added", "removed", "changed", "watched", "unwatched"))' |
	tr -d '0-9')" "[('unwatched', )]" 'as watched no longer, not as removed'
ok 'nobody takes that for a finding that is mended' like \
	"$(git_repo log -1 --format=%s)" '^[0-9]+ no longer watched on '
settle
es_run es commit
set_parts files system commands findings
ok 'on again' es commit
is "$(has findings)" "$found" \
	'there are the findings of directories that are as they were'
is "$(text commands/one/stdout)" 4 'and the commands'
ok 'they are told as watched now' like "$(git_repo log -1 --format=%s)" \
	'^[0-9]+ now watched on '
set_parts system
ok 'without files' es commit
is "$(trees)" 'system' 'there are only facts'
files_of_repo >was
ok 'again' es commit
files_of_repo >now
ok 'which writes nothing' cmp was now
said=$(es commit "$root/etc" 2>&1) && es_status=0 || es_status=$?
is "$es_status $said" "2 etcsnap: files are not among the parts that are\
 recorded; see [collect] parts" 'and takes no path'
set_parts files commands system findings
ok 'with all' es commit
is "$(has findings)" "$found" 'there is all again'
printf '[check world-writable]\nenabled = no\n' >>"$conf"
ok 'a check that is switched off' es commit
is "$(es show --json >r.json; json r.json '[c["kind"] for c in d["changes"]
	if c["path"].startswith("findings/")]')" "['unwatched']" \
	'does not look as if all were well'
ok 'all is sound' fsck

# --- another root ------------------------------------------------------------------
cp "$conf" "$conf.tree"
repo=$work/second/repo.git
conf_for_root '[command one]' "run = touch $work/ran"
rm -f ran
mkdir -p "$root/var/lib/dpkg"
printf 'Package: %s\nStatus: install ok installed\nVersion: 1.0-1\n%s\n\n' \
	etcsnap-test 'Architecture: all' >"$root/var/lib/dpkg/status"
chmod 666 "$root/etc/hosts"
ok 'it needs a repository of its own' must_exit 2 \
	"$ETCSNAP" --root "$root" commit
es_init
ok 'a run of another root' es commit
is "$(trees)" 'files findings meta system' 'runs no commands'
ok 'none at all' test ! -e ran
is "$(git_repo ls-tree --name-only main:system | paste -sd ' ' -)" \
	'groups os packages services users' 'and asks no kernel'
ok 'its users' like "$(text system/users)" '^alice uid=1000 '
is "$(text system/packages)" 'etcsnap-test all 1.0-1 dpkg' 'its packages'
ok 'its findings' like "$(text findings/world-writable)" \
	'^/etc/hosts everyone can write it$'
ok 'a repository remembers its root' must_exit 2 \
	"$ETCSNAP" -c "$conf" commit

# --- packages that cannot be read -------------------------------------------------
chmod -R a+rwX "$work/second" "$root"
chmod 600 "$work/second/key"
before=$(tip)
found=$(has findings)
echo more >>"$root/etc/crontab"
mv "$root/var/lib/dpkg/status" "$root/var/lib/dpkg/status.good"
mkdir "$root/var/lib/dpkg/status"
said=$(es commit 2>&1) && es_status=0 || es_status=$?
is "$es_status" 4 'packages that cannot be read'
ok 'are told of' like "$said" '^  [A-Z]+ system/packages$'
is "$(text run/errors | sed 's/^[A-Z]* //' | paste -sd ' ' -)" \
	'findings system/packages' 'in run/errors, once'
is "$(has findings)" "$found" 'the findings are kept'
is "$(text system/packages)" 'etcsnap-test all 1.0-1 dpkg' 'and the packages'
chmod 644 "$root/etc/hosts"
said=$(es commit 2>&1) && es_status=0 || es_status=$?
is "$es_status $said" '4 ' 'said only once'
rmdir "$root/var/lib/dpkg/status"
mv "$root/var/lib/dpkg/status.good" "$root/var/lib/dpkg/status"
said=$(es commit 2>&1) && es_status=0 || es_status=$?
is "$es_status $said" '0 etcsnap: every path can be read again' 'and mended'
ok 'what changed meanwhile is found' unlike \
	"$(text findings/world-writable 2>/dev/null)" '^/etc/hosts '
ok 'all is sound' fsck

chmod 000 "$root/var/lib/dpkg/status"
if [ "$(id -u)" -eq 0 ]; then
	chown -R 65534 "$work/second" "$root"
	chmod 755 "$work"
fi
es_user() {
	as_user "$ETCSNAP" -c "$conf" --root "$root" "$@"
}
before=$(git_repo rev-parse main 2>/dev/null ||
	git -c safe.directory="*" --git-dir="$repo" rev-parse main)
said=$(es_user commit 2>&1) && es_status=0 || es_status=$?
printf '%s\n' "$said" >"$es_out"
is "$es_status" 4 'packages that a user may not read'
ok 'are told of by their reason' like "$said" '^  EACCES system/packages$'
chmod 644 "$root/var/lib/dpkg/status"

# --- somebody without privileges ----------------------------------------------------
if [ "$(id -u)" -eq 0 ]; then
	repo=$work/third/repo.git
	sed "s,^path = .*,path = $repo," "$conf.tree" >"$conf"
	chmod 755 "$work"
	mkdir third && chmod 777 third
	chmod 644 "$conf"
	as_user "$ETCSNAP" -c "$conf" init >/dev/null
	sed -i "s,^include = .*,include = $root/etc/opt," "$conf"
	es_run as_user "$ETCSNAP" -c "$conf" commit
	is "$es_status $(cat "$es_out")" '0 ' \
		'facts that need privileges are no trouble to a user'
	before=$(git -c safe.directory="*" --git-dir="$repo" rev-parse main)
	es_run as_user "$ETCSNAP" -c "$conf" commit
	is "$es_status $(cat "$es_out")" '0 ' 'nor later'
	is "$(git -c safe.directory="*" --git-dir="$repo" rev-parse main)" \
		"$before" 'and make no commit'
else
	skip 'only root can become somebody else' 3
fi
done_testing
