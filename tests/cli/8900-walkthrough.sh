#!/bin/sh
# SPDX-License-Identifier: MIT
# 8900-walkthrough.sh - the life of one machine with etcsnap, from nothing
#
# What an administrator types and sees is kept as tests/walkthrough.txt in the
# build directory.
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/chroot.sh"
. "$srcdir/tests/packages.sh"

chroot_skip
build_deb
chroot_new "$work/debian"
plan 42

dir=$work/debian
# The repository of that system, for the git of this one.
repo=$dir/var/lib/etcsnap/repo.git
transcript=$builddir/tests/walkthrough.txt
: >"$transcript"
said=

# chapter TEXT - a headline
chapter() {
	printf '\n## %s\n' "$*" >>"$transcript"
}

# types COMMAND - a line at that machine's prompt: written down with what came
# of it, also kept in $said
types() {
	local status=0

	printf '\n# %s\n' "$1" >>"$transcript"
	chroot_run "$dir" sh -c "cd /root && $1" >said.txt 2>&1 </dev/null ||
		status=$?
	# Left out is what apt and dpkg say of their own work.
	sed -i -E -e 's/\r$//' -e '/^\(Reading database/d' \
		-e '/^(debconf: delaying|invoke-rc\.d: )/d' \
		-e '/^(Selecting previously|Preparing to|Unpacking) /d' \
		-e '/^(Processing triggers|Created symlink) /d' \
		-e '/^(Fetched |Get:|Creating .* .systemd-)/d' said.txt
	said=$(cat said.txt)
	cat said.txt >>"$transcript"
	return "$status"
}

# on_terminal COMMAND - the same where a program wants a terminal; what
# that shows is taken from it by its own means
on_terminal() {
	printf '\n# %s\n' "$1" >>"$transcript"
	chroot_run "$dir" timeout -k 1 60 sh -c "cd /root && TERM=vt100 \
		script -qec 'stty cols 100 rows 40; $1' /dev/null" \
		>screen.txt 2>&1 </dev/null
}

# runs_unit NAME - what systemd would start: the command line of a unit
runs_unit() {
	types "$(sed -n 's/^ExecStart=//p' \
		"$dir/lib/systemd/system/$1" "$dir/usr/lib/systemd/system/$1" \
		2>/dev/null | head -n 1)"
}

# --- a machine that is at home with its administrator ----------------------------
# An older version of something, so that there is something to upgrade.
echo walk.example >"$dir/etc/mailname"
chroot_apt "$dir" install exim4-daemon-light mutt tig cron less git \
	>install.log 2>&1 || bail 'a mailer, mutt and tig cannot be installed'
chroot_run "$dir" useradd --create-home --shell /bin/bash anna
# The first time mutt would ask whether to make this.
mkdir "$dir/root/Mail"
# What exim would do behind a command ends with that command's namespace.
sed -i '1i queue_only = true' "$dir/etc/exim4/exim4.conf.template"
chroot_run "$dir" update-exim4.conf
older=
for older in ca-certificates openssl curl rsync sudo; do
	version=$(chroot_run "$dir" apt-cache madison "$older" |
		awk '{ print $3 }' | uniq | tail -n +2 | tail -n 1)
	[ -z "$version" ] || break
done
[ -n "$version" ] || bail 'the mirror has no package in two versions'
cp "$deb" "$dir/root/etcsnap.deb"

# --- the walk --------------------------------------------------------------------
chapter 'From nothing'
ok 'apt installs the package and what it needs' \
	types 'apt-get -qq install -y ./etcsnap.deb'
ok 'nothing runs yet' must_exit 1 grep -rq etcsnap "$dir/etc/cron.d" \
	"$dir/etc/apt" "$dir/etc/dpkg"
ok 'setup asks nothing and does all' \
	types 'etcsnap setup --yes --timer cron --mail anna@walk.example'
ok 'it says how each of it is undone' like "$said" '^ *undo: rm /etc/cron\.d/'
ok 'it tells of the mail that it sent' like "$said" '^test mail sent'
ok 'and of the first snapshot' like "$said" '^took the first snapshot [0-9a-f]'

chapter 'Packages come, change and go'
ok 'a package is installed' \
	types "apt-get -qq install -y sudo tree $older=$version"
ok 'the commit says which' like "$(git_repo log -1 --format=%B)" \
	'^Package: tree .*[0-9]'
ok 'and no change of somebody else in it' \
	like "$(git_repo log -1 --format=%B)" '^Trigger: apt$'
ok 'all that is old is upgraded' types 'apt-get -qq upgrade -y'
ok 'the commit says from what to what' \
	like "$(git_repo log -1 --format=%B)" "^Package: $older .* -> "
ok 'a package is removed' types 'apt-get -qq remove -y tree'
ok 'and told' like "$(git_repo log -1 --format=%B)" '^Package: tree .*[0-9]'
ok 'the log has it all' types 'etcsnap log'
ok 'as work of apt' like "$said" ' apt +apt: upgrade '
ok 'a run finds nothing more to say' types 'etcsnap -v commit'
is "$said" 'no changes' 'not even that something is new'

chapter 'Somebody edits'
types "echo '10.0.3.7 db2' >>/etc/hosts"
types 'echo "anna ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/anna'
types 'chmod 666 /etc/issue'
ok 'status tells that it differs' like "$(types 'etcsnap status'; echo "$said")" \
	'differs|changed'
ok 'diff shows what' must_exit 1 types 'etcsnap diff'
ok 'line by line' like "$said" '\+10\.0\.3\.7 db2'
ok 'the worst is called that' like "$said" 'sudoers\.d/anna'

chapter 'The timer comes'
ok 'the run of etcsnap.service' runs_unit etcsnap.service
is "$(git_repo log -1 --format=%B | sed -n 's/^Trigger: //p')" timer \
	'it is one of the timer'
ok 'and what etcsnap-notify.service delivers' runs_unit etcsnap-notify.service
# As process 1 it would have no time for its children.
chroot_run "$dir" sh -c 'exim4 -qff; exim4 -bpc' >queue.txt 2>&1
is "$(cat queue.txt)" 0 'the mailer has nothing left to do'
ok 'it arrives' test -s "$dir/var/mail/anna"

chapter 'The mail'
on_terminal 'mutt -R -f /var/mail/anna -e "set pipe_decode" -e "push <last-entry><pipe-message>cat>/root/read<enter><exit>"'
mail=$(cat "$dir/root/read" 2>/dev/null)
printf '%s\n' "$mail" >>"$transcript"
ok 'anna reads it with mutt' like "$mail" '^Subject: '
ok 'it is to her' like "$mail" '^To: anna@walk\.example'
ok 'it says what changed' like "$mail" '/etc/hosts'
ok 'line by line' like "$mail" '\+10\.0\.3\.7 db2'
ok 'who may become root now' like "$mail" 'sudoers\.d/anna'

chapter 'Plain git, and tig'
ok 'git shows the history' types 'etcsnap git log --oneline --no-decorate -5'
ok 'and a file in it' types 'etcsnap git log -1 -p --format=%s -- files/etc/hosts'
ok 'line by line' like "$said" '^\+10\.0\.3\.7 db2'
printf ':%s\n' 'set main-view-commit-title-refs = no' refresh \
	'save-display /root/seen' quit >"$dir/root/keys"
on_terminal 'GIT_DIR=/var/lib/etcsnap/repo.git TIG_SCRIPT=/root/keys tig main'
grep -v '^ *$' "$dir/root/seen" >>"$transcript"
ok 'so does tig' like "$(cat "$dir/root/seen")" '2 changed, 3 added on .*hosts'

chapter 'Back again'
ok 'restore plans' types 'etcsnap restore --at HEAD~1 /etc/hosts'
ok 'and nothing is done yet' grep -q db2 "$dir/etc/hosts"
ok 'until it is told to' types 'etcsnap restore --at HEAD~1 --apply /etc/hosts'
not_ok 'the file is as it was' grep -q db2 "$dir/etc/hosts"

chapter 'Good bye'
ok 'the package is purged' types 'echo etcsnap etcsnap/purge-repository boolean true | debconf-set-selections && apt-get -qq purge -y etcsnap'
ok 'nothing calls it any more' must_exit 1 grep -rlI etcsnap "$dir/etc/apt" \
	"$dir/etc/dpkg" "$dir/etc/cron.d"
ok 'nothing of it is left' test ! -e "$dir/var/lib/etcsnap" -a \
	! -e "$dir/etc/etcsnap" -a ! -e "$dir/usr/sbin/etcsnap"
note "the transcript: $transcript"
