#!/bin/sh
# SPDX-License-Identifier: MIT
# 3130-search.sh - what was ever there, also of what is gone
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

es_init
etc=$root/etc
now=1777636800
run() {
	now=$((now + 3600))
	settle
	(cd "$etc" && eval "$*") || bail "cannot $*"
	SOURCE_DATE_EPOCH=$now es commit -q --no-notify --trigger cron ||
		bail 'a run failed'
}
run 'echo needle-one >n.conf; ln -s /needle/target link'
run 'echo needle-two >n.conf; printf "\033[31mneedle\033]0;x\007\n" >odd.conf'
run 'rm n.conf odd.conf; mkdir -p deep/down; echo needle-three >deep/down/x'
run 'ln -sfn /elsewhere link; chmod 600 hosts'

# found OPTION… - "PATH:LINE=TEXT gone" for each result
found() {
	es search --json "$@" >s.json || [ $? -eq 1 ] || return 1
	json s.json '"\n".join("%s%s%s%s" % (r["path"],
		":%d=" % r["line"] if "line" in r else
		"->" if r["what"] == "target" else "",
		r.get("text", ""), " gone" if r["gone"] else "")
		for r in d["results"])'
}
is "$(found 'needle-')" '/etc/deep/down/x:1=needle-three
/etc/n.conf:1=needle-two gone
/etc/n.conf:1=needle-one gone' 'lines, those of what is gone too'
is "$(found '^/needle')" '/etc/link->/needle/target gone' 'targets of links'
is "$(found 'n\.conf$')" '/etc/n.conf gone' 'names'
is "$(found 'etc/deep')" '/etc/deep
/etc/deep/down
/etc/deep/down/x' 'names of directories'
is "$(found -i NEEDLE-T)" '/etc/deep/down/x:1=needle-three
/etc/n.conf:1=needle-two gone' '-i'
is "$(found -F 'needle-t.')" '' '-F'
is "$(found -p /etc/deep needle)" '/etc/deep/down/x:1=needle-three' '-p'
is "$(found -p '/etc/*.conf' -p '**/x' 'needle-t')" \
	'/etc/deep/down/x:1=needle-three
/etc/n.conf:1=needle-two gone' '-p twice'
is "$(found -n 1 needle-)" '/etc/deep/down/x:1=needle-three' '-n'
is "$(found --since "$((now - 3600))" needle-)" \
	'/etc/deep/down/x:1=needle-three' '--since'
is "$(found --until "$((now - 3 * 3600))" needle-)" \
	'/etc/n.conf:1=needle-one' '--until'

is "$(json s.json '[(r["gone"], r["last"]["epoch"] - '$now') for r in d["results"]]')" \
	'[(None, -10800)]' '--until does not know what is gone since'
es search --until "$((now - 3 * 3600))" --format csv needle- >s.csv
is "$(csv s.csv '[r["gone"] for r in d]')" "['']" 'nor does it in CSV'
ok 'nor in text' unlike \
	"$(es search --until "$((now - 3 * 3600))" needle-)" 'still there'

found needle-one >/dev/null
is "$(json s.json '[d["results"][0][k]["epoch"] - '$now' for k in ("first", "last")]')" \
	'[-10800, -10800]' 'from when to when'
is "$(json s.json 'd["results"][0]["older"], d["complete"]')" '(True, True)' \
	'what was there at the beginning may be older'
ok 'the runs are those of git' sh -c "
	git --git-dir='$repo' rev-list main | tail -n 1 | grep -q \"\$(python3 -c '
import json
print(json.load(open(\"s.json\"))[\"results\"][0][\"first\"][\"commit\"])')\""
# git finds the same files
files() {
	git_repo log -m --first-parent --name-only --format= -G'needle-' main -- files |
		sed 's,^files,,' | sort -u
}
is "$(es search --format csv needle- >s.csv
	csv s.csv '"\n".join(sorted({r["path"] for r in d}))')" "$(files)" \
	'git log -G names the same files'

ok 'text quotes what would harm a terminal' like "$(es search needle)" \
	'odd\.conf:1: \\x1b\[31mneedle\\x1b\]0;x\\x07$'
ok 'and says what is still there' like "$(es search needle-three)" \
	'still there +/etc/deep/down/x:1: needle-three$'
ok 'exit 0 for something' must_exit 0 es search needle-one
ok 'exit 1 for nothing' must_exit 1 es search no-such-text
is "$(es search no-such-text)" '' 'of which nothing is printed'
ok 'exit 2 for a wrong expression' must_exit 2 es search '('
ok 'exit 2 for a pattern that matches nothing' must_exit 2 es search -p etc x
ok 'exit 2 without an expression' must_exit 2 es search
ok 'exit 2 for a wrong time' must_exit 2 es search -s never x

# --- secrets -------------------------------------------------------------------
run 'printf "password = hush-hush-1\nopen = yes\n" >app.conf; echo plain-text >later.conf'
run 'echo hidden-now >later.conf; rm app.conf'
ok 'a masked value is not found' must_exit 1 es search hush-hush
is "$(found '^open')" '/etc/app.conf:2=open = yes gone' 'what is around it is'
ok 'what was not secret' must_exit 0 es search hidden-now
printf '[rule later]\nmatch = /etc/later.conf\nclass = secret\n' >>"$conf"
ok 'is not found once it is secret' must_exit 1 es search 'hidden-now|plain-text'
ok 'which is told to who asks' like "$(es -v search hidden-now 2>&1)" \
	'must not be shown by today'
ok 'its name is found' must_exit 0 es search 'later\.conf$'
ok 'the repository is as it was' fsck
done_testing
