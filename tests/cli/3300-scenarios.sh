#!/bin/sh
# SPDX-License-Identifier: MIT
# 3300-scenarios.sh - what happens to a machine, as its reports tell it
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

MANY=${MANY:-3000}
day=0
me=$(id -un)
host=$(uname -n)

# normalise - also what differs from user to user and from key to key
normalise() {
	sed -E -e "s,$work,<work>,g" -e "s/\\b$host\\b/<host>/g" \
		-e "s/$me \\($(id -u)\\)/<owner>/g" \
		-e "s/$(id -gn) \\($(id -g)\\)/<owner>/g" \
		-e "s/\\b$me:$(id -gn)\\b/<owner>:<owner>/g" \
		-e "s/\\bby $me\\b/by <user>/g" \
		-e 's/"author": ".*"/"author": "<author>"/' \
		-e 's/masked:(<b>)?[0-9a-f]{8}\b/masked:\1hmac/g' \
		-e 's/("text": )"[0-9a-f]{8}"/\1"hmac"/g' \
		-e 's/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/<uuid>/g' \
		-e 's/("version": )"[^"]*"/\1"<version>"/' \
		-e 's/\b[0-9a-f]{40}\b/<id>/g' |
		sed -E -e "s/\\b($(ids))\\b/<commit>/g"
}

# ids - the short forms of all commits, as an expression
ids() {
	git_repo log --format=%h --abbrev=7 main | paste -sd '|' -
}

# dated FILE… - changed by somebody at a quarter to three
dated() {
	touch -h -d "2026-05-0$day 02:47:11 UTC" "$@"
}

# again - record what is now, at three o'clock of the day
again() {
	settle
	SOURCE_DATE_EPOCH=$(date -d "2026-05-0$day 03:00 UTC" +%s)
	export SOURCE_DATE_EPOCH
	es commit --trigger timer || bail 'a run failed'
}

# next - a new day begins
next() {
	day=$((day + 1))
}

# whole_html FILE - HTML as the rules of the W3C and careful readers want it
whole_html() {
	python3 "$srcdir/tests/htmlcheck.py" "$1" || return 1
	! command -v tidy >/dev/null || tidy -e -q "$1"
}

# short_json FILE - without the many changes that are like the ones before
short_json() {
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
d["changes"] = d["changes"][:20]
d["counts"]["entries"] = "<entries>"
json.dump(d, sys.stdout, indent=1)
print()' "$1"
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
	golden "3300/$1.txt" cat "$1.txt"
	golden "3300/$1.html" readable "$1.html"
	golden "3300/$1.json" short_json "$1.json"
	ok "$1: HTML is whole" whole_html "$1.html"
	if has_module jsonschema; then
		ok "$1: JSON is valid" valid_report "$1.json"
	else
		skip 'python3-jsonschema is not installed'
	fi
	ok "$1: no control byte" sh -c '! LC_ALL=C tr -d "\n\t -~\200-\377" <"$1" |
		grep -q .' sh "$1.txt"
	is "$(awk 'length($0) > 100' "$1.txt" | grep -v '^    [-+ @]')" '' \
		"$1: 100 columns"
	is "$(cat "$1.txt" "$1.html" "$1.json" | grep -c hunter)" 0 \
		"$1: no secret"
}

new_tree
conf_for_root '[files]' 'defaults = no' 'include = /etc' 'include = /srv' \
	'include = /usr' '[rule binaries]' 'match = /usr/bin' \
	'class = digest' '[report]' 'url = https://git.example/web1/commit/%H'
es_init
(
	cd "$root" || exit 1
	mkdir -p srv/app etc/cups etc/app
	seq "$MANY" | (cd srv/app && xargs touch)
	{
		echo 'password = hunter1'
		seq -f 'option%g = on' 12
	} >etc/app/db.conf
	python3 -c 'open("etc/app/names.txt", "wb").write(
		"Name=Anna\r\nStadt=Köln\r\n".encode("utf-16"))'
	echo 'NextSubscriptionId 1' >etc/cups/subscriptions.conf
	find . -newermt 2026-01-02 -exec touch -h -d '2026-01-01 UTC' {} +
) || bail 'cannot make the tree'
next
again

# --- one thing a day ---------------------------------------------------------------
next
sed -i 's/^#\?PermitRootLogin.*/PermitRootLogin yes/' "$root/etc/ssh/sshd_config"
dated "$root/etc/ssh/sshd_config"
again
told sshd

# What useradd does: the machine's own may do it to a tree only for root.
next
echo 'anna:x:1234:1234:Anna A.,,,:/home/anna:/bin/bash' >>"$root/etc/passwd"
echo 'anna:!hunter2:20779:0:99999:7:::' >>"$root/etc/shadow"
echo 'anna:x:1234:' >>"$root/etc/group"
echo 'anna:!::' >>"$root/etc/gshadow"
dated "$root/etc/passwd" "$root/etc/shadow" "$root/etc/group" "$root/etc/gshadow"
again
told user

next
chmod 4777 "$root/usr/local/bin/backup"
chmod 666 "$root/etc/crontab"
again
told chmod

next
sed -i 's/hunter1/hunter3/' "$root/etc/app/db.conf"
fake_key "$root/etc/ssh/ssh_host_ed25519_key"
echo >>"$root/etc/ssh/ssh_host_ed25519_key"
dated "$root/etc/app/db.conf" "$root/etc/ssh/ssh_host_ed25519_key"
again
told secret

next
ln -sfn /opt/evil/localtime "$root/etc/localtime"
dated "$root/etc/localtime"
again
told symlink

next
rm -r "$root/srv/app"
again
told directory
is "$(json directory.json 'd["counts"]["removed"], [g["count"] for g in d["groups"]]')" \
	"($((MANY + 1)), [$((MANY + 1))])" 'directory: all are counted'
ok 'directory: the text is short' test "$(wc -l <directory.txt)" -lt 20
ok 'directory: so is the page' test "$(wc -c <directory.html)" -lt 30000

next
hostile=$(printf 'a\033[2J\033]0;x\007<img src=x onerror=alert(1)>\n\302\205\342\200\256\377&amp;')
printf 'x = \033[31m<script>alert(1)</script>\r\n{{report}}\n' \
	>"$root/etc/$hostile"
mkdir "$root/etc/'\" onmouseover=\"alert(1)"
dated "$root/etc/$hostile"
again
told hostile

next
python3 -c 'import sys; open(sys.argv[1], "wb").write(
	"Name=Jürgen\r\nStadt=Köln\r\n".encode("utf-16"))' "$root/etc/app/names.txt"
dated "$root/etc/app/names.txt"
again
told utf16

# Back and forth on one day; the last time somebody edits a file, too.
for id in 2 1 2 1 2; do
	echo "NextSubscriptionId $id" >"$root/etc/cups/subscriptions.conf"
	dated "$root/etc/cups/subscriptions.conf"
	[ "$id" = 1 ] || again
	[ "$id" = 2 ] || again
done
echo "NextSubscriptionId 1" >"$root/etc/cups/subscriptions.conf"
echo '192.0.2.7 printer' >>"$root/etc/hosts"
dated "$root/etc/cups/subscriptions.conf" "$root/etc/hosts"
again
told flapping
is "$(json flapping.json '[c["path"] for c in d["changes"] if "group" not in c]')" \
	"['/etc/hosts']" 'flapping: only the edit stands alone'
is "$(grep -c subscriptions flapping.txt)" 1 'flapping: one line'

# --- what useradd really does ------------------------------------------------------
if [ "$(id -u)" -eq 0 ] && command -v useradd >/dev/null; then
	ok 'useradd' useradd --prefix "$root" -u 1240 -c 'Bob B.' -M bob
	again
	es report >text
	ok 'useradd: passwd first' like "$(sed -n 1p text)" \
		': WARNING: /etc/(group: 1 line added|passwd: 1 line added|g?shadow: changed)'
	ok 'useradd: the new line' like "$(cat text)" '^    \+bob:x:1240:'
	ok 'useradd: not in shadow' unlike "$(cat text)" '^ *[-+]bob:!'
else
	skip 'only root can do this' 4
fi

# --- as a mail ---------------------------------------------------------------------
cat >>"$conf" <<-END
	[channel letter]
	type = mail
	to = root@example.org
	url = sendmail:/bin/true
END
echo '# "ünd"' >>"$root/etc/hosts"
again
es report >text
ok 'a mail' es notify --dry-run --channel letter --resend HEAD
cp "$es_out" letter
ok 'is one to the email parser' python3 - letter text <<'END'
import email, email.policy, sys
raw = open(sys.argv[1], "rb").read().partition(b"\n\n")[2]
m = email.message_from_bytes(raw, policy=email.policy.strict)
assert m.get_content_type() == "multipart/alternative", m.get_content_type()
text, page = m.iter_parts()
for part in m.walk():
    assert not part.defects, part.defects
assert text.get_content_type() == "text/plain"
assert page.get_content_type() == "text/html"
want = open(sys.argv[2], encoding="utf-8").read()
got = text.get_content()
assert got.startswith(want), got
assert '+# "\u00fcnd"' in got
assert len(m["Subject"]) <= 78, m["Subject"]
open("page.html", "w", encoding="utf-8").write(page.get_content())
END
ok 'with a whole page' whole_html page.html
done_testing
