#!/bin/sh
# SPDX-License-Identifier: MIT
# 8050-hooks.d.sh - programs of the administrator around a run and a report
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"

new_tree
hooks=$work/hooks.d
conf_for_tree '[hooks]' "dir = $hooks" 'timeout = 2' \
	'[channel box]' 'type = file' "dir = $work/box"
mkdir -p "$hooks/pre-commit" "$hooks/post-commit" "$hooks/post-report"
seen=$work/seen

# hook EVENT/NAME LINE… - a program of the administrator
hook() {
	local name="$1"

	shift
	printf '%s\n' '#!/bin/sh' "$@" >"$hooks/$name"
	chmod 755 "$hooks/$name"
}
# no_hooks - remove all of them
no_hooks() {
	find "$hooks" -mindepth 2 -delete
}
# change - something to record
change() {
	date +%N >"$root/etc/changed"
}
es_init

# --- order, arguments, environment ---------------------------------------------
for event in pre-commit post-commit post-report; do
	for name in 20-b 10-a Z; do
		hook "$event/$name" "echo \$1 $name >>$seen"
	done
done
: >"$hooks/pre-commit/30-not-executable"
hook pre-commit/40-backup.dpkg-old "echo backup >>$seen"
hook pre-commit/50-tilde~ "echo backup >>$seen"
mkdir "$hooks/pre-commit/60-folder"
ok 'the first run' es commit
is "$(cat "$seen")" "$(for event in pre-commit post-commit post-report; do
	printf '%s\n' "$event 10-a" "$event 20-b" "$event Z"
done)" 'programs run in the order of bytes, others do not'
rm -f "$seen"
no_hooks
ok 'a run without programs' es commit

for event in pre-commit post-commit post-report; do
	hook "$event/env" "env | grep -v '^PWD=\|^_=\|^SHLVL=' | LC_ALL=C sort >$work/$event.env" \
		"readlink /proc/\$\$/fd/0 >>$work/$event.env"
done
old=$(tip)
change
HOME=/nowhere SECRET=secret es commit -t somebody
is "$(normalise <pre-commit.env)" 'ETCSNAP_EVENT=pre-commit
ETCSNAP_HOST=<host>
ETCSNAP_REPO=<work>/state/repo.git
ETCSNAP_TRIGGER=somebody
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
/dev/null' 'what one before a run gets'
ok 'after a commit also its id' grep -qx "ETCSNAP_COMMIT=$(tip)" post-commit.env
ok 'after a report the channel' grep -qx 'ETCSNAP_CHANNEL=box' post-report.env
is "$(grep -E '^ETCSNAP_(FROM|COMMIT)=' post-report.env)" "ETCSNAP_COMMIT=$(tip)
ETCSNAP_FROM=$old" 'with the commits that it told of'
rm ./*.env
ok 'without a change' es commit
is "$(echo ./*.env)" './pre-commit.env' 'there is no after'
rm ./*.env
ok 'a look at what there is' es commit --dry-run
is "$(echo ./*.env)" './*.env' 'runs none'
no_hooks

# --- before a run --------------------------------------------------------------
hook pre-commit/dump "date +%N >$root/etc/dumped"
ok 'what one writes' es commit
ok 'is part of the run' like "$(git_repo log -1 --format=%s)" 'dumped'
hook pre-commit/dump 'echo busy now >&2; exit 75'
hook pre-commit/late "echo late >>$seen"
change
before=$(tip)
ok 'one can put the run off' must_exit 75 es commit
ok 'which is told with its words' like "$(es commit 2>&1)" \
	'pre-commit/dump: exit status 75: busy now$'
is "$(tip)" "$before" 'nothing is recorded then'
is "$(cat "$seen" 2>&1)" "cat: $seen: No such file or directory" \
	'nor do others run'

# --- what they do wrong --------------------------------------------------------
no_hooks
hook pre-commit/fails 'echo of no use; printf "one\ntwo\033[31m\n" >&2; exit 3'
hook post-commit/fails 'exit 75'
hook post-commit/sleeps 'sleep 60 & sleep 60'
hook post-commit/works "echo worked >>$seen"
change
es commit 2>said
is "$?" 0 'failures are no failure of the run'
ok 'they are told with what was said' like "$(cat said)" \
	'hooks.d/pre-commit/fails: exit status 3: one, two\\x1b\[31m$'
ok 'of all events' like "$(cat said)" 'post-commit/fails: exit status 75$'
ok 'one that hangs is ended' like "$(cat said)" \
	'sleeps did not end within 2 seconds'
ok 'and those after it run' grep -qx worked "$seen"
no_hooks
hook post-commit/noise 'yes | head -c 10000000; yes | head -c 1000000 >&2'
change
is "$(es commit 2>&1)" '' 'what one prints that does not fail is nobody'"'"'s'

# --- others could write them ---------------------------------------------------
no_hooks
hook pre-commit/open "echo open >>$seen"
hook pre-commit/ours "echo ours >>$seen"
chmod 775 "$hooks/pre-commit/open"
: >"$seen"
ok 'a program that others can write is told' like "$(es commit 2>&1)" \
	'pre-commit/open: not run: others could write it; let root own it'
is "$(cat "$seen")" ours 'and not run'
chmod 757 "$hooks/pre-commit"
: >"$seen"
ok 'so is a folder' like "$(es commit 2>&1)" 'pre-commit: nothing in it is run'
is "$(cat "$seen")" '' 'and nothing in it runs'
chmod 755 "$hooks/pre-commit"
if [ "$(id -u)" -eq 0 ]; then
	chown 65534 "$hooks/pre-commit/ours"
	ok 'and what somebody else owns' like "$(es commit 2>&1)" \
		'pre-commit/ours: not run'
else
	skip 'only root can give files away'
fi

# --- where there are none ------------------------------------------------------
no_hooks
hook pre-commit/self "$ETCSNAP -c $conf commit; echo \$? >>$seen"
: >"$seen"
ok 'a program that takes a snapshot itself' es commit
is "$(cat "$seen")" 0 'does not run for ever'
hook pre-commit/self "echo run >>$seen"
sed "s,^dir = .*,dir =," "$conf" >none.conf
: >"$seen"
ok 'an empty folder' "$ETCSNAP" -c none.conf commit
ok 'another root' "$ETCSNAP" -c "$conf" --root "$root" --repo "$work/other.git" init
ok 'with a run' "$ETCSNAP" -c "$conf" --root "$root" --repo "$work/other.git" commit
is "$(cat "$seen")" '' 'run none'

# The folder of the installation is where it stands, in a namespace of its own.
sed '/^dir = .*hooks/d' "$conf" >usual.conf
sysconfdir=$("$ETCSNAP" -c usual.conf config show --format csv |
	sed -n 's,^hooks\,dir\,\(.*\)/etcsnap/hooks.d.*,\1,p')
if [ "$(id -u)" -eq 0 ] && [ -d "$sysconfdir" ] &&
	unshare -m mount -t tmpfs none "$sysconfdir" 2>/dev/null; then
	# installed FILE - a run, the programs being in the folder
	installed() {
		change
		cp "$ETCSNAP" program
		unshare -m sh -c 'mount -t tmpfs none "$1" &&
			mkdir "$1/etcsnap" && cp -R "$2" "$1/etcsnap/hooks.d" &&
			./program -c "$3" commit' sh "$sysconfdir" "$hooks" "$1"
	}
	ok 'where nothing is said' installed usual.conf
	is "$(cat "$seen")" run 'the folder is that of the installation'
	: >"$seen"
	ok 'with an empty folder' installed none.conf
	is "$(cat "$seen")" '' 'it is not'
else
	skip 'only root has namespaces' 4
fi

done_testing
