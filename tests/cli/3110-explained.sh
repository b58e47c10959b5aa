#!/bin/sh
# SPDX-License-Identifier: MIT
# 3110-explained.sh - reports say why: packages, people, what comes and goes
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/aptworld.sh"
need git python3
world_new
unset SOURCE_DATE_EPOCH

PACKAGES=${PACKAGES:-10}

# offer VERSION - all packages in a version
offer() {
	local i=0

	while [ "$i" -lt "$PACKAGES" ]; do
		i=$((i + 1))
		world_package "pkg$i" "$1" \
			"/usr/bin/pkg$i=program $i $1" \
			"/usr/lib/pkg$i/data=data $i $1" \
			"/usr/lib/pkg$i/link@data" \
			"/etc/pkg$i.conf=version = $1"
	done
}

# change PATH EXPRESSION - of the change of a path, "c"
change() {
	json doc "[($2) for c in d['changes'] if c['path'] == '$1'][0]"
}

# counter - what changes by itself, run by run
counter() {
	count=$((${count:-0} + 1))
	echo "$count" >"$root/etc/counter"
}

parts='files system'
conf_for_root '[files]' 'defaults = no' 'include = /etc' 'include = /usr' \
	'exclude = /etc/apt' 'exclude = /usr/share' \
	'[rule usr]' 'match = /usr' 'class = digest' \
	'[report]' 'url = https://git.example/%h/%H'
offer 1:1.0-1
# shellcheck disable=SC2046 # names without blanks
world_apt install $(seq -f 'pkg%g' "$PACKAGES") >/dev/null 2>&1 ||
	bail 'cannot install'
echo 'key = 1' >"$root/etc/edited"
counter
es_init
ok 'the first run' es commit
is "$(git_repo ls-tree --name-only main:run | grep packages)" '' \
	'has no news of packages'
for i in 1 2 3 4 5; do
	settle
	counter
	es commit || bail 'a run failed'
done
is "$(git_repo ls-tree --name-only main:run | grep packages)" '' \
	'nor has one where no package changed'

# --- an upgrade, and what somebody did beside it ---------------------------------
# the window of a run begins with the second after the one before
sleep 1.1
echo 'version = mine' >"$root/etc/pkg1.conf"
offer 1:1.0-2
ok 'an upgrade' world_apt upgrade
echo 'somebody was here' >"$root/usr/bin/pkg2"
echo 'key = 2' >"$root/etc/edited"
counter
ok 'is recorded' es commit -m 'the upgrade'
es report --json >doc
if has_module jsonschema; then
	ok 'JSON: valid by the schema' valid_report doc
else
	skip 'python3-jsonschema is not installed'
fi
is "$(git_repo cat-file -p main | grep -c '^Package: pkg[0-9]* 1:1.0-1 -> 1:1.0-2$')" \
	"$PACKAGES" 'the message names the packages'
is "$(json doc 'len(d["packages"]), d["packages"][0]["op"], d["severity"]')" \
	"($PACKAGES, 'upgrade', 'critical')" 'so does the report'
is "$(change /usr/bin/pkg2 'c["severity"], c["package"]["verdict"], c["explanation"]["kind"], c["package"]["want"]')" \
	"('critical', 'differs', 'package-differs', 'md5:$(echo 'program 2 1:1.0-2' | md5sum | cut -d ' ' -f 1)')" \
	'the file that was replaced stands out'
is "$(change /usr/bin/pkg2 '"group" in c')" False 'by itself'
is "$(change /usr/bin/pkg3 'c["severity"], c["package"]["verdict"], "group" in c')" \
	"('info', 'match', True)" 'one of the package is folded'
is "$(change /etc/pkg1.conf 'c["explanation"]["kind"], c["explanation"]["state"], "group" in c')" \
	"('conffile', 'kept', False)" 'a conffile that was kept is told'
is "$(change /etc/edited 'c["severity"], "explanation" in c, "group" in c')" \
	"('notice', False, False)" 'an edited file, too'
is "$(change /etc/counter 'c["explanation"]["kind"], c["explanation"]["times"], "group" in c')" \
	"('flapping', 6, True)" 'a counter is one line'
is "$(json doc '[c["path"] for c in d["changes"] if "group" not in c]')" \
	"['/etc/edited', '/etc/pkg1.conf', '/usr/bin/pkg2']" \
	'nothing else stands alone'
is "$(json doc '[g["title"] for g in d["groups"] if g.get("package") == "pkg3"]')" \
	"['pkg3 1:1.0-1 -> 1:1.0-2: 4 files, all match the package']" \
	'a package is one line'
is "$(json doc '[(g["count"], g["differs"]) for g in d["groups"] if g.get("package") == "pkg2"]')" \
	'[(3, 1)]' 'which says what differs'
is "$(json doc 'd["url"]')" "https://git.example/$(uname -n)/$(tip)" \
	'the page about the commit'

# --- afterwards ------------------------------------------------------------------
settle
upgraded=$(tip)
echo 'key = 1' >"$root/etc/edited"
es commit || bail 'a run failed'
es report --json >doc
is "$(change /etc/edited 'c["explanation"]["kind"]')" returned \
	'what came back is known'
rm -rf "$root/var/lib/dpkg" "$root/var/log/dpkg.log" "$root/var/log/apt"
es report --json "$upgraded~1..$upgraded" >doc
is "$(change /usr/bin/pkg2 'c["package"]["verdict"]')" differs \
	'what was recorded is known without the databases'
es report --json "HEAD~7..HEAD" >doc
is "$(json doc 'd["range"]["runs"], len(d["packages"])')" "(7, $PACKAGES)" \
	'a range tells all of it'
is "$(change /etc/counter 'c["steps"]')" 6 'and how many runs changed a path'
is "$(change /etc/edited 'c["kind"], "group" in c')" "('touched', True)" \
	'there and back is no more than touched'

# --- who was there ---------------------------------------------------------------
if command -v utmpdump >/dev/null; then
	settle
	sleep 1.1
	LC_ALL=C TZ=UTC utmpdump -r >"$root/var/log/wtmp" 2>/dev/null <<-END
		[7] [00100] [ts/0] [anna    ] [pts/0       ] [host.example.org    ] [192.0.2.7      ] [$(date -u -d '-1 minute' +%Y-%m-%dT%H:%M:%S,000000+00:00)]
	END
	echo 'key = 3' >"$root/etc/edited"
	es commit || bail 'a run failed'
	es report --json >doc
	is "$(json doc '[(s["user"], s["line"], s["host"], s["how"], s["changes"]) for s in d["logins"]["sessions"]]')" \
		"[('anna', 'pts/0', 'host.example.org', 'open', 1)]" \
		'a session is told'
	is "$(change /etc/edited 'c["who"]["sessions"]')" '[0]' \
		'at what was changed meanwhile'
	is "$(git_repo cat-file -p main | grep '^Login: ')" \
		'Login: anna pts/0 host.example.org' 'and in the message'
else
	skip 'utmpdump is not installed' 3
fi

# --- a run without changes asks for nothing --------------------------------------
es commit || bail 'a run failed'
settle
if ! command -v strace >/dev/null; then
	skip 'strace is not installed'
elif strace -f -qq -e trace=openat,openat2 -o calls "$ETCSNAP" -c "$conf" \
	--root "$root" commit 2>/dev/null; then
	is "$(grep -c 'var/log' calls)" 0 'no log is opened for no change'
else
	skip 'the leak sanitizer does not run under strace'
fi
done_testing
