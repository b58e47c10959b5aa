#!/bin/sh
# SPDX-License-Identifier: MIT
# 8320-mistakes.sh - what goes wrong most often, and that each message teaches:
# what it is, where it is, what to do
#
# Each is made here for real. contrib/mistakes shows them all; UPDATE=1 writes
# it anew, and what differs from it is a failure.
if [ -z "${ES_OWN_MOUNTS-}" ] && [ "$(id -u)" -eq 0 ] &&
	unshare -m true 2>/dev/null; then
	ES_OWN_MOUNTS=1 exec unshare -m sh "$0" "$@"
fi
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/servers/servers.sh"
need git flock

table=$srcdir/contrib/mistakes
: >table
number=0
missing=

# as_there - paths of this test as those of a machine
as_there() {
	sed -E -e "s,$work/etcsnap\\.conf,/etc/etcsnap/etcsnap.conf,g" \
		-e "s,$work/state,/var/lib/etcsnap,g" \
		-e "s,$ETCSNAP ,,g" -e "s,$root,/srv/tree,g" \
		-e "s,$work,/srv,g" -e "s,localhost:[0-9]+,mail.example.org,g" \
		-e "s/\\b$(uname -n)\\b/web1/g" \
		-e 's/(cannot read blob [0-9a-f]*).*/\1/' \
		-e 's/ after [0-9]+ ms: [A-Z][^;]*//' \
		-e 's/\b[0-9a-f]{40}\b/4f2a91c…/g' -e 's/\b[0-9a-f]{7}\b/4f2a91c/g' \
		-e 's/\b20[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9](:[0-5][0-9])?/2026-05-01 12:00:00/g' \
		-e 's/ \+0000//'
}

# mistake WHAT STATUS DO COMMAND… - it ends so, and its message says what to do
mistake() {
	local what="$1" want="$2" advice="$3" shown

	shift 3
	number=$((number + 1))
	"$@" >out 2>said && es_status=0 || es_status=$?
	cat out said >"$es_out"
	case $1 in
	es | as_user | not_root | renamed | without_git) shift ;;
	esac
	shown=$(printf '%s ' "$@" | sed 's/ $//')
	{
		printf '%s\n' "$what"
		printf '    # etcsnap %s\n' "$shown"
		as_there <said | fold -s -w 72 | sed -e 's/ $//' -e 's/^/    /'
		printf '    exit status %s\n' "$es_status"
	} | as_there >block
	cat block >>table
	echo >>table
	[ "$es_status" -eq "$want" ] && grep -q '^etcsnap: ' said &&
		like "$(cat said)" "$advice" >/dev/null
	es_result $? "$what" "etcsnap $shown"
	[ -z "${UPDATE-}" ] || return 0
	ok "$what: as contrib/mistakes has it" listed
}

# listed - ./block is a paragraph of the table
listed() {
	python3 - "$table" block <<-'END'
	import sys
	table, block = (open(f, encoding="utf-8").read() for f in sys.argv[1:])
	sys.exit(block.rstrip("\n") not in table.rstrip("\n").split("\n\n"))
	END
}

# with LINE… - a configuration with these lines more, in files [files]
with() {
	conf_for_root "$@"
}

# --- at the command line -------------------------------------------------------
es_init
mistake 'A command that is not there' 2 "did you mean 'commit'" es comit
mistake 'An option that is not there' 2 "did you mean '--message'" \
	es commit --mesage=why
mistake 'An option without its value' 2 'needs SECONDS' es commit --wait
mistake 'No run yet' 3 "'etcsnap commit'" es diff
es commit || bail 'no first run'
mistake 'A revision that is not there' 2 'git|@' es show HEDA
mistake 'A time that nobody can read' 2 'yesterday' es log --since yesterdy
mistake 'A time before the first run' 2 'the oldest is of' es show @2001-01-01
mistake 'A format that is not there' 2 'text, json and csv' es log --format xml
mistake 'A template that is not there' 2 'etcsnap-templates' \
	es report --format reprot.html
mistake 'A path that no run has' 3 'config explain' es cat HEAD:/etc/hsots
mistake 'The content of a secret' 3 'etcsnap log' es cat HEAD:/etc/shadow
mistake 'A path of the repository instead of one of the machine' 2 \
	"leading '/'" es show HEAD:files/etc/hosts
mistake 'A directory instead of a file' 3 "etcsnap show" es cat HEAD:/etc
mistake 'An expression that is not one' 2 'position|bracket|missing' \
	es search '[a-z'
mistake 'Nothing to restore' 2 'which paths' es restore
mistake 'To restore what was not recorded' 2 "'etcsnap log /etc/hsots'" \
	es restore /etc/hsots
mistake 'A file that cannot be written' 3 'No such file' \
	es report -o "$work/none/report.txt"
mistake 'A range from the newer to the older' 2 'is later than' \
	es log --since yesterday --until 2001-01-01
mistake 'A channel that is not there' 2 'channel' es notify --channel opps

# --- configuration -------------------------------------------------------------
mistake 'A configuration that is not there' 2 'No such file' \
	es -c "$work/none.conf" commit
with '[retention]' 'dialy = 2y'
mistake 'A key that is not there' 2 'did you mean daily' es commit
with '[retenton]' 'daily = 2y'
mistake 'A section that is not there' 2 'did you mean' es commit
with '[retention]' 'daily = 2 fortnights'
mistake 'A value that is none' 2 '90d' es commit
with '[files]' 'include = /etc/[a-'
mistake 'A pattern that is none' 2 'is not closed' es commit
with '[files]' 'include = etc/ssh'
mistake 'A pattern without its slash' 2 '/' es commit
with '[rule db]' 'match = /etc/db.conf' 'mask = password=(.*'
mistake 'A mask that is no expression' 2 'missing' es commit
with '[rule db]' 'class = secret'
mistake 'A rule that matches nothing' 2 'match' es commit
with '[rule db]' 'match = /etc/db.conf' 'class = hidden'
mistake 'A class that is not there' 2 'secret' es commit
conf_for_tree '[command w]' 'run = w' 'user = nobdy'
sed -i 's/^parts = .*/parts = commands/' "$conf"
mistake 'A user that is not there' 2 'nobdy' es config check
with '[channel ops]' 'type = mail'
mistake 'A mail to nobody' 2 'to' es config check
with '[channel ops]' 'type = mial' 'to = root'
mistake 'A type of channel that is not there' 2 'did you mean|mail' es config check
with '[channel ops]' 'type = mail' 'to = root' 'when = dayly 07:00'
mistake 'A time of delivery that is none' 2 'daily' es config check
with '[channel ops]' 'type = mail' 'to = root' 'url = smtp://localhost' \
	'user = etcsnap' "password_file = $work/none"
mistake 'A password that is not there' 2 'No such file' es config check
echo secret >password
chmod 644 password
with '[channel ops]' 'type = mail' 'to = root' 'url = smtp://localhost' \
	'user = etcsnap' "password_file = $work/password"
mistake 'A password that others can read' 2 'chmod|600' es config check
with '[channel ops]' 'type = mail' 'to = root' 'template = nosuch.txt'
mistake 'A template of a channel that is missing' 2 'template' es config check
conf_for_root

# --- repository ----------------------------------------------------------------
mistake 'A repository that is there already' 3 '--reset' es init
mv state away
mistake 'No repository' 3 "etcsnap init" es commit
mv away state
chmod 755 .
chmod 000 state
mistake 'No permission' 3 'run it as root' \
	as_user "$ETCSNAP" --repo "$repo" log
chmod 700 state
flock -F "$repo/etcsnap.lock" sleep 60 &
holder=$!
# held - whether it has the lock
held() {
	! flock -n "$repo/etcsnap.lock" true
}
wait_until held
mistake 'Another run at work' 75 '--wait SECONDS' es commit --wait 0
kill $holder
wait
git_repo config etcsnap.format 2
mistake 'A repository of a later version' 3 'upgrade etcsnap' es commit
git_repo config etcsnap.format 1
mv state/key key
mistake 'The secret key is gone' 3 'backup|rotate' es commit
head -c 5 key >state/key
chmod 600 state/key
mistake 'The secret key is damaged' 3 'backup|rotate' es commit
mv key state/key
git init -q --bare state/other.git
mistake 'A repository of somebody else' 3 'etcsnap' \
	es --repo "$work/state/other.git" commit
mistake 'Another root than that of the repository' 2 'use --root' \
	"$ETCSNAP" -c "$conf" commit
mistake 'Another root without a repository' 2 'name one with --repo' \
	"$ETCSNAP" --root "$root" commit
mistake 'A root that is not there' 3 'No such file' \
	"$ETCSNAP" --root "$work/none" --repo "$work/new.git" init


# --- the machine ---------------------------------------------------------------
echo more >>"$root/etc/hosts"
head -c 4096 /dev/urandom >state/state.db
mistake 'The cache is damaged' 0 'everything is read again' es commit
echo more >>"$root/etc/hosts"
SOURCE_DATE_EPOCH=1000000000
export SOURCE_DATE_EPOCH
mistake 'The clock went back' 0 'is the clock right' es commit
unset SOURCE_DATE_EPOCH
blob=$(git_repo rev-parse main:files/etc/ssh/sshd_config)
for index in "$repo"/objects/pack/*.idx; do
	at=$(git verify-pack -v "$index" | awk -v b="$blob" '$1 == b { print $5 }')
	[ -z "$at" ] || break
done
pack=${index%.idx}.pack
cp "$pack" pack
chmod u+w "$pack"
printf 'damage' | dd of="$pack" bs=1 seek="$((at + 4))" conv=notrunc 2>/dev/null
mistake 'An object is damaged' 3 "'etcsnap verify'" \
	es cat HEAD:/etc/ssh/sshd_config
cat pack >"$pack"

# without_git ARGUMENT… - the program where there are no others
without_git() {
	env PATH=/nonexistent "$ETCSNAP" -c "$conf" --root "$root" "$@"
}
mistake 'No git' 3 'is it installed' without_git git log
conf_for_tree '[command slow]' 'run = sleep 60' 'timeout = 1'
sed -i -e 's/^parts = .*/parts = commands/' -e "s,^path = .*,path = $work/slow.git," \
	"$conf"
es init >/dev/null
mistake 'A command that does not end' 4 'commands/slow' es commit
conf_for_root

# as_root WHAT N - root makes the next one; the others skip N tests
as_root() {
	[ "$(id -u)" -eq 0 ] && [ -n "${ES_OWN_MOUNTS-}" ] && return 0
	skip "$1: only root can make this" 2
	missing=1
	return 1
}

# not_root ARGUMENT… - the program, run by somebody else
not_root() {
	as_user "$ETCSNAP" -c "$conf" --root "$root" "$@"
}
if as_root 'A directory that may not be read'; then
	chmod 755 "$work"
	mkdir "$root/etc/closed"
	chmod 000 "$root/etc/closed"
	chmod -R go+rX "$root/etc" "$root/root" "$root/var"
	chmod 000 "$root/etc/closed"
	chown -R 65534 state
	mistake 'A directory that may not be read' 4 'EACCES /etc/closed' \
		not_root commit
	chown -R 0 state
fi
if as_root 'Another name of the machine'; then
	rmdir "$root/etc/closed"
	es_run es commit
	echo more >>"$root/etc/hosts"
	renamed() {
		unshare -u sh -c 'hostname db7 && exec "$@"' sh "$ETCSNAP" \
			-c "$conf" --root "$root" "$@"
	}
	mistake 'Another name of the machine' 0 'etcsnap init --reset' \
		renamed commit
fi
if as_root 'The disk is full'; then
	mkdir small
	mount -t tmpfs -o size=2m tmpfs small
	at_end 'umount -l "$work/small" 2>/dev/null'
	sed -i "s,^path = .*,path = $work/small/repo.git," "$conf"
	es init >/dev/null
	head -c 3m /dev/zero >small/filler 2>/dev/null
	mistake 'The disk is full' 3 'make room' es commit
	rm small/filler
fi
if as_root 'The disk is not for writing'; then
	mount -o remount,ro small
	mistake 'The disk is not for writing' 3 'mount it' es commit
fi

# --- delivery ------------------------------------------------------------------
make_certs
start_server smtp
start_server hooks

# channel LINE… - the channel "ops"
channel() {
	conf_for_root '[channel ops]' "ca_file = $certs/ca.pem" 'timeout = 3' \
		"$@"
}

# by SERVER [LINE…] - it sends mail by this server
by() {
	local server="$1"

	shift
	channel 'type = mail' "url = smtp://localhost:$(port smtp "$server")" \
		"$@"
}
to='to = root@example.org'
by mail550 "$to"
mistake 'The mail server refuses the sender' 1 '550.*settings' \
	es notify --test ops
by good 'to = bad@example.org'
mistake 'The mail server refuses who shall get it' 1 '550.*settings' \
	es notify --test ops
chmod 600 password
by good "$to" 'user = user' "password_file = $work/password"
mistake 'A wrong password' 1 '535.*settings' es notify --test ops
by expired "$to"
mistake 'A certificate that is over' 1 'expired.*settings' \
	es notify --test ops
by selfsigned "$to"
mistake 'A certificate that nobody vouches for' 1 'self.signed.*settings' \
	es notify --test ops
by wrongname "$to"
mistake 'A certificate of somebody else' 1 'name.*settings' \
	es notify --test ops
by nostarttls "$to"
mistake 'A mail server without TLS' 1 'STARTTLS.*settings' \
	es notify --test ops
by good "$to"
sed -i 's,^url = .*,url = smtp://localhost:1,' "$conf"
mistake 'No mail server there' 1 'try again later' es notify --test ops
sed -i 's,^url = .*,url = smtp://nowhere.invalid,' "$conf"
mistake 'A mail server that has no address' 1 'try again later' \
	es notify --test ops
echo '404' >hooks/answer
channel 'type = webhook' 'service = slack' \
	"url = https://localhost:$(port hooks good)/services/x"
mistake 'A webhook that is not there' 1 '404.*settings' es notify --test ops

# --- the table -----------------------------------------------------------------
ok 'at least forty' test "$number" -ge 40
if [ -n "${UPDATE-}" ]; then
	{
		sed -n '1,/^$/p' "$table"
		sed '$d' table
	} >new
	cp new "$table"
fi
if [ -n "$missing" ]; then
	skip 'not all could be made here'
else
	is "$(grep -c '^    exit status ' "$table")" "$number" \
		'contrib/mistakes has these and no others'
fi
done_testing
