#!/bin/sh
# SPDX-License-Identifier: MIT
# 8110-setup.sh - "etcsnap setup" puts in place what runs by itself, says how to
# undo it, does it once, and takes away just that
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/box.sh"
need git setpriv script
plan 78
box_new

state=$(box_installed localstatedir)/lib/etcsnap
conf_d=$(box_installed sysconfdir)/etcsnap/conf.d
data=$(box_file "$(box_installed datadir)/etcsnap")
git_dir=$(box_file "$state/repo.git")
record=$(box_file "$state/setup")

# Two managers that are at home, and one that is not.
mkdir -p "$data/hooks/one" "$data/hooks/two"
echo 'hook one' >"$data/hooks/one/50etcsnap"
echo 'hook two' >"$data/hooks/two/etcsnap.py"
cat >"$data/hooks/places" <<'END'
# MANAGER SOURCE TARGET MODE NEEDS
one	one/50etcsnap	/etc/one/conf.d/50etcsnap	0644	/usr/bin/env
two	two/etcsnap.py	/etc/two/etcsnap.py	0755	/usr/bin/env
none	none/file	/etc/none/file	0644	/usr/bin/is-not-there
END
mkdir -p "$box/etc/two" "$box/etc/cron.d" "$work/box.over/usr/sbin"
: >"$work/box.over/usr/sbin/crond"
cat >"$work/box.over/usr/sbin/sendmail" <<'END'
#!/bin/sh
exec cat >>/var/mails
END
chmod 755 "$work/box.over/usr/sbin/sendmail"

# all_etc - what is in /etc, with contents and modes
all_etc() {
	(
		cd "$box/etc" && find . -printf '%p %m %l\n' | sort &&
			find . -type f -exec sha256sum {} + | sort -k 2
	)
}

runs() {
	git --git-dir="$git_dir" rev-list --count main
}

all_etc >before

# --- who and how ---------------------------------------------------------------
ok 'an ordinary user is told what is for him' \
	like "$(as_user "$ETCSNAP" setup --yes 2>&1)" "needs root.*etcsnap init"
ok 'that fails' must_exit 3 as_user "$ETCSNAP" setup --yes
ok 'without a terminal it asks nobody' must_exit 2 box etcsnap setup
ok 'nor does it take another configuration' \
	must_exit 2 box etcsnap -c /etc/x setup --yes
ok 'or another root' must_exit 2 box etcsnap --root /tmp setup --yes
ok 'a word that is none is refused' \
	must_exit 2 box etcsnap setup --yes --timer daily
ok 'and an address that is none' \
	must_exit 2 box etcsnap setup --yes --mail 'a b@c'
ok 'and one with a line more' \
	must_exit 2 box etcsnap setup --yes --mail 'a@b
run = x'
ok 'and a server that is none' \
	must_exit 2 box etcsnap setup --yes --mail a@b --smtp 'http://b'

# --- a dry run -----------------------------------------------------------------
rmdir "$(box_file "$state")" || bail 'the state directory is not empty'
box etcsnap setup --dry-run >said 2>&1
not_ok 'a dry run makes no directory' test -e "$(box_file "$state")"
mkdir -m 700 "$(box_file "$state")"
mv "$data/cron" "$data/cron.away"
ok 'what is not installed is told' like "$(box etcsnap setup -n 2>&1)" \
	"not installed as a whole; 'make install' .*/cron/etcsnap"
mv "$data/cron.away" "$data/cron"
ok 'a dry run tells what would be done' \
	grep -qx 'write /etc/one/conf.d/50etcsnap (hook of one)' said
ok 'also directories' grep -qx 'make /etc/one/conf.d' said
ok 'and the crontab' grep -qx 'write /etc/cron.d/etcsnap (crontab)' said
ok 'but not what is for others' unlike "$(cat said)" none
all_etc >after
ok 'and does nothing' cmp before after
not_ok 'no repository is made' test -e "$git_dir"

# --- in earnest ----------------------------------------------------------------
ok 'it takes the defaults' sh -c 'exit $1' - "$(
	box etcsnap setup --yes >said 2>&1
	echo $?
)"
ok 'hooks are in place' cmp "$data/hooks/one/50etcsnap" \
	"$box/etc/one/conf.d/50etcsnap"
is "$(stat -c %a "$box/etc/one" "$box/etc/one/conf.d/50etcsnap" \
	"$box/etc/two/etcsnap.py" | tr '\n' ' ')" '755 644 755 ' \
	'with their modes'
not_ok 'not those of a manager that is not here' test -e "$box/etc/none"
ok 'the crontab has the plain command' \
	grep -qE "^[0-9]+ \* \* \* \* root [^ ]+/etcsnap commit\$" \
	"$box/etc/cron.d/etcsnap"
ok 'each deed says how it is undone' \
	grep -qx '    undo: rm /etc/one/conf.d/50etcsnap' said
ok 'and all of them' grep -q 'etcsnap setup --remove$' said
is "$(stat -c %a "$(box_file "$state")" "$git_dir" "$record" | tr '\n' ' ')" \
	'700 700 600 ' 'nobody else looks into what is recorded'
is "$(runs)" 1 'there is a first snapshot'
ok 'which setup started' \
	like "$(git --git-dir="$git_dir" log -1 main)" '^ *Trigger: setup$'
ok 'root is told that from now on things are watched' \
	grep -qi '^Subject: .*watching' "$box/var/mails"
ok 'a test mail went out' grep -qi '^Subject: .*test' "$box/var/mails"
is "$(grep -c '^Message-ID:' "$box/var/mails")" 2 'and nothing else'

# --- once more -----------------------------------------------------------------
all_etc >after
cp "$record" record
ok 'a second time' box etcsnap setup --yes
all_etc >again
ok 'nothing changes' cmp after again
ok 'nor does the record' cmp record "$record"
is "$(runs) $(grep -c '^Message-ID:' "$box/var/mails")" '1 2' \
	'no snapshot, no mail'
ok 'a run finds nothing new' like "$(box etcsnap -v commit)" '^no changes$'

# --- what belongs to others ------------------------------------------------------
echo 'edited' >>"$box/etc/one/conf.d/50etcsnap"
rm "$box/etc/two/etcsnap.py"
ok 'what is missing is put back' sh -c 'exit $1' - "$(
	box etcsnap setup --yes >said 2>&1
	echo $?
)"
ok 'what somebody edited is told' grep -q \
	'^etcsnap: /etc/one/conf.d/50etcsnap: somebody changed it, .*--force' said
not_ok 'and not that all is in place' grep -q 'are in place' said
ok 'what somebody edited stays' grep -q edited "$box/etc/one/conf.d/50etcsnap"
ok 'there it is' test -x "$box/etc/two/etcsnap.py"
echo 'hook two, newer' >"$data/hooks/two/etcsnap.py"
box etcsnap setup --yes --force >/dev/null
ok 'a newer one replaces the older' grep -q newer "$box/etc/two/etcsnap.py"
ok 'by force also what was edited' cmp "$data/hooks/one/50etcsnap" \
	"$box/etc/one/conf.d/50etcsnap"

# --- other choices ---------------------------------------------------------------
box etcsnap setup --yes --mail ops@example.org --smtp smtp://127.0.0.1:9 \
	--hooks no --timer none >said 2>&1
is "$?" 4 'a mail that does not go out is told by the exit status'
ok 'and by a message' grep -q "test mail by channel 'mail' failed" said
ok 'the channel is in a file of its own' \
	grep -qx 'to = ops@example.org' "$(box_file "$conf_d")/50-setup.conf"
ok 'the configuration is good' box etcsnap config check
ok 'what is not wanted any more is away' \
	sh -c '! ls "$1"/etc/one "$1"/etc/two/* "$1"/etc/cron.d/*' - "$box"
ok 'the choice is remembered' \
	like "$(box etcsnap setup --dry-run 2>&1)" 'all files and timers are in'
echo '# edited' >>"$(box_file "$conf_d")/50-setup.conf"
box etcsnap setup --yes --mail new@example.org --no-test >said 2>&1
is "$?" 4 'another address over a file that somebody edited'
ok 'is refused' grep -q '50-setup.conf: somebody changed it, .*--force' said
ok 'and not remembered' grep -q '"mail": "ops@' "$record"
not_ok 'nor is all in place' grep -q 'are in place' said
box etcsnap setup --yes --force --mail new@example.org --no-test >/dev/null 2>&1
ok 'by force it is taken' grep -qx 'to = new@example.org' \
	"$(box_file "$conf_d")/50-setup.conf"
box etcsnap setup --yes --mail - --hooks yes --timer cron >/dev/null 2>&1
not_ok 'no mail, no file' test -e "$(box_file "$conf_d")/50-setup.conf"

# --- questions -------------------------------------------------------------------
printf 'none\nno\n-\nyes\n' |
	box script -qec 'etcsnap setup --no-test' /dev/null >said 2>&1
ok 'on a terminal it asks' grep -q 'systemd, cron or none? \[cron\]' said
not_ok 'and does as it is told' test -e "$box/etc/cron.d/etcsnap"
printf 'cron\nyes\n\nno\n' |
	box script -qec 'etcsnap setup' /dev/null >said 2>&1
not_ok 'nothing after a no' test -e "$box/etc/cron.d/etcsnap"

# --- and away --------------------------------------------------------------------
box etcsnap setup --yes --hooks yes --timer cron >/dev/null
ok 'all of it is undone' box etcsnap setup --remove --yes
all_etc >after
ok 'nothing is left' cmp before after
not_ok 'no record' test -e "$record"
is "$(runs | grep -c .)" 1 'the repository stays'
ok 'once more there is nothing to undo' box etcsnap setup --remove --yes
ok 'asked for, the repository goes as well' \
	box etcsnap setup --remove --repository --yes
is "$(ls -A "$(box_file "$state")")" '' 'with all beside it'

# --- with a mistake in the configuration -----------------------------------------
box etcsnap setup --yes --hooks yes --timer cron --no-test >/dev/null
mkdir -p "$(box_file "$conf_d")"
echo 'nice = x' >"$(box_file "$conf_d")/90-typo.conf"
ok 'nothing is put in place' must_exit 2 box etcsnap setup --yes
ok 'nor is the repository removed' \
	must_exit 2 box etcsnap setup --remove --repository --yes
ok 'but what setup did is undone' \
	sh -c 'exit $1' - "$(
		box etcsnap setup --remove --yes >said 2>&1
		echo $?
	)"
ok 'the mistake is told' grep -q '90-typo.conf:1: ' said
rm -r "$(box_file "$conf_d")"
all_etc >after
ok 'and nothing is left' cmp before after
box etcsnap setup --remove --repository --yes >/dev/null

# --- a repository among what is others' ------------------------------------------
mkdir -p "$box/srv/git/reports" "$box/srv/git/trend"
echo precious >"$box/srv/git/reports/2025-annual.odt"
echo precious >"$box/srv/git/setup"
echo precious >"$box/srv/git/trend/x"
find "$box/srv/git" | sort >before
mkdir -p "$(box_file "$conf_d")"
cat >"$(box_file "$conf_d")/90-elsewhere.conf" <<'END_CONF'
[repository]
path = /srv/git/etcsnap.git
END_CONF
box etcsnap setup --yes --timer none --hooks no --mail - >/dev/null
ok 'it is made elsewhere' test -f "$box/srv/git/key"
box etcsnap setup --remove --repository --dry-run >said 2>&1
ok 'a dry run names the repository' \
	grep -qx 'remove /srv/git/etcsnap.git' said
ok 'and the key' grep -qx 'remove /srv/git/key' said
ok 'and what stays' grep -q '^leave /srv/git/reports: ' said
not_ok 'it does not say that there is nothing' grep -q nothing said
printf '\n' | box script -qec 'etcsnap setup --remove --repository' /dev/null \
	>said 2>&1
ok 'it asks, and the default is no' grep -q 'Go on? \[no\]' said
ok 'so nothing is removed' test -d "$box/srv/git/etcsnap.git"
ok 'a yes removes it' box etcsnap setup --remove --repository --yes
find "$box/srv/git" | sort >after
ok 'and nothing that others made' cmp before after
