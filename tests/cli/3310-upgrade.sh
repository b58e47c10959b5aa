#!/bin/sh
# SPDX-License-Identifier: MIT
# 3310-upgrade.sh - upgrades by real apt, and what hides among them
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/aptworld.sh"
need git python3
world_new
unset SOURCE_DATE_EPOCH

PACKAGES=${PACKAGES:-30}
me=$(id -un)

# normalise - apt's logs have the time of the clock, and so has all else here
normalise() {
	sed -E -e "s,$work,<work>,g" -e "s/\\b$(uname -n)\\b/<host>/g" \
		-e 's/"author": ".*"/"author": "<author>"/' \
		-e "s/\\bby $me\\b/by <user>/g" \
		-e 's/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/<uuid>/g' \
		-e 's/("version": )"[0-9][^"]*"/\1"<version>"/' \
		-e 's/("[a-z_]*epoch": )[0-9]+/\1<epoch>/' \
		-e 's/("bytes_dropped": )[0-9]+/\1<bytes>/' \
		-e 's/\b[0-9a-f]{40}\b/<id>/g' \
		-e 's/\b20[0-9]{2}-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?( ?[-+][0-9]{2}:?[0-9]{2}|Z)?)?/<time>/g' |
		sed -E -e "s/\\b($(git_repo log --format=%h --abbrev=7 main |
			paste -sd '|' -))\\b/<commit>/g"
}

# readable FILE - a page without its style, of which what is put in for names is
# seen
readable() {
	normalise <"$1" | sed -E -e '/^<style>$/,/^<\/style>$/d' \
		-e 's/<(work|host|user|owner|group|id|uuid|time|commit|version|masked:[a-z]*)>/{\1}/g'
}

# told NAME - the report on the last run in all forms
told() {
	es report -o "$1.txt" && es report --format html -o "$1.html" &&
		es report --json -o "$1.json" || bail "no report of $1"
	golden "3310/$1.txt" cat "$1.txt"
	golden "3310/$1.html" readable "$1.html"
	golden "3310/$1.json" json "$1.json" 'json.dumps(d, indent=1)'
	ok "$1: HTML is whole" python3 "$srcdir/tests/htmlcheck.py" "$1.html"
	if command -v tidy >/dev/null; then
		ok "$1: HTML is valid" tidy -e -q "$1.html"
	else
		skip 'tidy is not installed'
	fi
	if has_module jsonschema; then
		ok "$1: JSON is valid" valid_report "$1.json"
	else
		skip 'python3-jsonschema is not installed'
	fi
}

# later - the window of a run begins with the second after the one before
later() {
	sleep 1.1
}

parts='files system'
conf_for_root '[files]' 'defaults = no' 'include = /etc' 'include = /usr' \
	'exclude = /etc/apt' 'exclude = /usr/share' \
	'[rule usr]' 'match = /usr' 'class = digest'

# sshd VERSION - a package with a program, a library and settings
sshd() {
	world_package libssl3 "3.0.1$1-1" "/usr/lib/libssl.so.3=tls $1"
	world_depends="libssl3 (>= 3.0.1$1-1)"
	world_package openssh-server "1:9.2p1-2+deb12u$1" \
		"/usr/sbin/sshd=sshd of build $1" \
		"/usr/lib/openssh/sftp-server=sftp of build $1" \
		"/usr/lib/openssh/agent@sftp-server" \
		"/etc/ssh/sshd_config=# build $1
Port 22
PermitRootLogin no" \
		"/etc/default/ssh=SSHD_OPTS= # $1"
	world_depends=
}

# offer VERSION - what the machine's other packages are
offer() {
	local i=0

	while [ "$i" -lt "$PACKAGES" ]; do
		i=$((i + 1))
		world_package "pkg$i" "$1" \
			"/usr/bin/pkg$i=program $i $1" \
			"/usr/lib/pkg$i/data=data $i $1" \
			"/usr/lib/pkg$i/more=more $i $1" \
			"/usr/lib/pkg$i/link@data" \
			"/etc/pkg$i.conf=version = $1"
	done
}

sshd 1
offer 1.0-1
# shellcheck disable=SC2046 # names without blanks
world_apt install openssh-server libssl3 $(seq -f 'pkg%g' "$PACKAGES") \
	>/dev/null 2>&1 || bail 'cannot install'
echo 'key = 1' >"$root/etc/edited.conf"
echo 1 >"$root/etc/counter"
es_init
es commit || bail 'the first run failed'

# --- an upgrade ------------------------------------------------------------------
later
sshd 2
sed -i 's/^PermitRootLogin.*/PermitRootLogin yes/' "$root/etc/ssh/sshd_config"
ok 'an upgrade' world_apt upgrade
es commit || bail 'a run failed'
told upgrade

# --- a program is replaced ---------------------------------------------------------
later
echo 'sshd and a door' >"$root/usr/sbin/sshd"
es commit || bail 'a run failed'
told binary

# --- a counter, for days -----------------------------------------------------------
for n in 2 1 2 1 2; do
	settle
	echo "$n" >"$root/etc/counter"
	es commit || bail 'a run failed'
done

# --- the noise of an upgrade -------------------------------------------------------
later
offer 1.0-2
ok "$PACKAGES packages are upgraded" world_apt upgrade
echo 'program 17, and somebody else' >"$root/usr/bin/pkg17"
if command -v utmpdump >/dev/null; then
	utmpdump -r >"$root/var/log/wtmp" 2>/dev/null <<-END
		[7] [00100] [ts/0] [anna    ] [pts/0       ] [host.example.org    ] [192.0.2.7      ] [$(date -u -d '-1 minute' +%Y-%m-%dT%H:%M:%S,000000+00:00)]
	END
fi
echo 'key = 2' >"$root/etc/edited.conf"
echo 1 >"$root/etc/counter"
es commit || bail 'a run failed'
es report >text
es report --json >doc
is "$(json doc 'len(d["packages"])')" "$PACKAGES" 'all of them are known'
ok 'at most 60 lines tell it' test "$(wc -l <text)" -le 60
note "$(wc -l <text) lines on $(json doc 'd["counts"]["total"]') changed paths"
ok 'the headline is the replaced program' like "$(sed -n 1p text)" \
	': CRITICAL: /usr/bin/pkg17 is not as pkg17 has it; 1 more$'
ok 'its package is told first' like \
	"$(grep -A1 '^Packages (' text | tail -n 1)" '^  pkg17 .*; 1 more differs$'
is "$(sed -n '/^CRITICAL/,/^Notice/s,^\(/[^ ]*\) .*,\1,p' text)" \
	/usr/bin/pkg17 'it stands first in the details'
is "$(sed -n '/^Notice/,$s,^\(/[^ ]*\) .*,\1,p' text)" \
	/etc/edited.conf 'and second the file that was edited'
digest() {
	printf '%s\n' "$1" | "$2" | cut -d ' ' -f 1
}
sed -n '/^CRITICAL/,/^Notice/p' text >first
ok 'with the package' grep -q 'pkg17 1\.0-2' first
ok 'the checksum that it has' grep -q \
	"sha256:$(digest 'program 17, and somebody else' sha256sum | cut -c 1-16)" first
ok 'and the one that the package has' grep -q \
	"md5:$(digest 'program 17 1.0-2' md5sum)" first
sed -n '/^Notice/,/^All/p' text >second
ok 'what was edited' grep -qx '    +key = 2' second
if command -v utmpdump >/dev/null; then
	ok 'and who was there' grep -q \
		'logged in: anna pts/0 from host.example.org' second
else
	skip 'utmpdump is not installed'
fi
is "$(grep -c counter text)" 1 'the counter is one line'
es report --format html -o page.html
ok 'the page is whole' python3 "$srcdir/tests/htmlcheck.py" page.html
is "$(grep -c counter page.html)" 1 'and has one line on the counter, too'
done_testing
