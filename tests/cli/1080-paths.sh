#!/bin/sh
# SPDX-License-Identifier: MIT
# 1080-paths.sh - runs that look at chosen paths only
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git strace

state=${repo%/*}/state.db

# names - the name-status list of the last run, on one line
names() {
	git_repo log -1 --format=%b main | sed '/^Etcsnap-Format/,$d' |
		grep . | tr '\n' '|'
}

# tree PATH [REV] - the id of what a run has there
tree() {
	git_repo rev-parse -q --verify "${2:-main}:$1" || echo none
}

# rest_is LIST - a run over everything finds what the others left out
rest_is() {
	ok 'the next whole run' es commit --full
	is "$(names)" "$1" 'finds just the rest'
	ok 'all is sound' fsck
}

# changes - something in many places; only some are asked for
changes() {
	settle
	echo "$1" >>"$root/etc/hosts"
	echo "$1" >>"$root/etc/ssh/sshd_config"
	chmod "$1" "$root/etc/hostname"
	echo "$1" >"$root/etc/skel/$1"
	echo "$1" >"$root/etc/nginx/$1"
	chmod "$1" "$root/etc/nginx" "$root/etc/nginx/conf.d"
	touch "$root/etc"
}
# --- with the state cache and without --------------------------------------------
es_init
es commit || bail 'the first run failed'
mode=671
for cache in with without; do
	mode=$((mode + 40))
	changes $mode
	[ $cache = with ] || rm "$state"
	old=$(tip)
	es_run es commit /etc/ssh/sshd_config
	is "$(names)" 'M /etc/ssh/sshd_config|' "$cache state.db: one file"
	is "$(tree meta/etc/nginx)" "$(tree meta/etc/nginx "$old")" 'others stay'
	[ $cache = with ] || rm "$state"
	strace -f -qq -e trace=openat,statx,newfstatat -o trace "$ETCSNAP" -c "$conf" \
		--root "$root" commit /etc/skel /etc/nosuch/deep >said 2>&1
	is "$(names)" "A /etc/skel/$mode|" 'a directory, and one that never was'
	ok 'it looks there' grep -q "\"$mode\"" trace
	ok 'nowhere else' unlike "$(cat trace)" \
		'"(nginx|sshd_config|hostname|hosts)"'
	es_run es commit /etc/nginx/$mode /etc/nginx/ /etc/nginx/$mode
	is "$(names)" "M /etc/nginx|A /etc/nginx/$mode|M /etc/nginx/conf.d|" \
		'a path twice, and the directory around it'
	rest_is 'M /etc/hostname|M /etc/hosts|'
done
# --- what is no more -------------------------------------------------------------
settle
rm -r "$root/etc/skel" "$root/etc/hosts" "$root/etc/nginx/conf.d"
es_run es commit /etc/hosts
is "$(names)" 'D /etc/hosts|' 'a path that is gone is removed'
rm "$state"
es commit /etc/skel/711
ok 'one in a directory that is gone goes with the directory' like "$(names)" '^D /etc/skel\|.*D /etc/skel/711\|'
is "$(tree files/etc/skel)" none 'of which nothing is left'
not_ok 'the rest waits' like "$(names)" nginx
ln -s hostname "$root/etc/nginx/conf.d"
es_run es commit /etc/nginx/conf.d/site.conf
ok 'a directory that became a link' like "$(names)" 'T /etc/nginx/conf.d'
is "$(es -v commit)" 'no changes' 'nothing is left to find'

# --- trouble elsewhere -----------------------------------------------------------
if [ "$(id -u)" -eq 0 ]; then
	run() { as_user "$ETCSNAP" -c "$conf" --root "$root" "$@"; }
	chown -R 65534 "$work"
else
	run() { es "$@"; }
fi
run commit
settle
chmod 0 "$root/etc/ssh/sshd_config" "$root/etc/cron.d"
ok 'unreadable paths' must_exit 4 run commit
errors=$(git_repo cat-file -p main:run/errors)
echo 1 >>"$root/etc/fstab"
ok 'a run elsewhere has no trouble' prints '' run commit /etc/fstab
is "$(git_repo cat-file -p main:run/errors)" "$errors" 'and forgets none'
ok 'a run there has' must_exit 4 run commit /etc/cron.d
chmod 755 "$root/etc/cron.d" "$root/etc/ssh/sshd_config"
ok 'until it can be read' run commit /etc/cron.d
is "$(git_repo cat-file -p main:run/errors)" 'EACCES /etc/ssh/sshd_config' \
	'the other is still told'
run commit /etc
is "$(tree run/errors)" none 'and no trouble at last'

# --- the first run, and other rules ----------------------------------------------
repo=$work/second/repo.git
conf_for_root
run -q init
ok 'a first run with paths' run commit /etc/ssh /etc/fstab
is "$(git_repo ls-tree -r --name-only main files | grep -v ^files/etc/ssh/)" \
	files/etc/fstab 'records only those'
ok 'status counts the rest' like "$(run status)" added
run commit /etc/ssh/../hostname
is "$(names)" 'A /etc/hostname|' 'the next adds to it'
run commit
ok 'the whole records all' test "$(tree files/etc/passwd)" != none
conf_for_root '[files]' 'defaults = yes' 'exclude = /etc/ssh/**' 'exclude = /etc/fstab'
echo 2 >>"$root/etc/hostname"
run commit /etc/hostname
is "$(names)" 'M /etc/hostname|' 'a path under other rules, and nothing else'
ok 'the whole under other rules' run commit
ok 'what is not watched now is told as such' unlike "$(names)" 'D /'
ok 'and is gone' test "$(tree files/etc/fstab)" = none
ok 'all is sound' fsck
done_testing
