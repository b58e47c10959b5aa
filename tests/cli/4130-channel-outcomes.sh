#!/bin/sh
# SPDX-License-Identifier: MIT
# 4130-channel-outcomes.sh - what becomes of a channel's news, by what went wrong
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/servers/servers.sh"

make_certs
start_server smtp
start_server https
printf 'secret-pass\n' >password
chmod 600 password
new_tree

# mails SERVER [LINE…], hooks SERVER PATH [LINE…] - what the channel is
mails() {
	local server="$1"

	shift
	conf_for_tree '[report]' 'flap_times = 1000' '[channel ops]' \
		'type = mail' 'to = root@example.org' \
		'timeout = 1' "url = smtp://localhost:$(port smtp "$server")" \
		"ca_file = $certs/ca.pem" "$@"
}
hooks() {
	local server="$1" path="$2"

	shift 2
	conf_for_tree '[report]' 'flap_times = 1000' '[channel ops]' \
		'type = webhook' 'service = generic' \
		"ca_file = $certs/ca.pem" 'timeout = 1' \
		"url = https://localhost:$(port https "$server")$path" "$@"
}

# mark NAME - the commit of a mark, empty without
mark() {
	git_repo rev-parse -q --verify "refs/etcsnap/$1" || :
}

conf_for_tree '[channel ops]' 'type = exec' 'run = /bin/true'
es_init
es commit || bail 'no first run'
change=0

# outcome NAME WANTED - news, and what becomes of them:
#	sent	told, the mark moved
#	retry	not told, nothing is being told
#	unsure	perhaps told, the same is being told
#	denied	not told, a person must do something
outcome() {
	local was got said

	change=$((change + 1))
	echo "change $change" >"$root/etc/motd"
	es commit --no-notify
	was=$(mark delivered/main/ops)
	said=$(es notify 2>&1) && got=sent || got=retry
	[ "$(mark delivered/main/ops)" = "$was" ] || got="moved-$got"
	[ -z "$(mark sending/main/ops)" ] || got="sending-$got"
	# the sixth word of a row: a person must do something
	! awk '$1 == "ops" && $6 { n++ } END { exit !n }' state/delivery ||
		got=$got-refused
	case $got in
	moved-sent) got=sent ;;
	sending-retry) got=unsure ;;
	retry-refused) got=denied ;;
	esac
	is "$got" "$2" "$1: $2"
	[ "$got" = "$2" ] || note "$said"
	# the next one begins anew
	rm -f state/delivery "$repo/refs/etcsnap/sending/main/ops"
}

# --- mail
for row in good:sent plain:denied nostarttls:denied noauth:sent \
	wantsauth:denied nomail:denied busy:retry mail451:retry \
	data451:retry greylist:retry mail550:retry dot552:retry \
	dotclose:unsure datareset:unsure dotmute:unsure \
	mute:retry slow:retry expired:denied \
	selfsigned:denied wrongname:denied; do
	mails "${row%:*}"
	outcome "mail, ${row%:*}" "${row#*:}"
done
mails good 'user = user' 'auth = login' "password_file = $work/password"
outcome 'mail, a password' sent
printf 'wrong-pass\n' >wrong
chmod 600 wrong
mails good 'user = user' 'auth = plain' "password_file = $work/wrong"
outcome 'mail, a wrong one' denied
mails noauth 'user = user' 'auth = plain' "password_file = $work/password"
outcome 'mail, none is asked for' denied
mails good 'user = user' 'auth = plain' "password_file = $work/nothing"
outcome 'mail, no file of it' retry
mails good 'pin = sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
outcome 'mail, another key' denied
mails implicit 'tls = tls'
outcome 'mail, TLS at once' sent
mails good 'url = smtp://nosuch.invalid'
outcome 'mail, no such host' retry
mails good 'url = smtp://localhost:1'
outcome 'mail, nobody there' retry
mails good 'to = bad@example.org'
outcome 'mail, one of two recipients' moved-retry-refused
mails good 'to =' 'to = bad@example.org'
outcome 'mail, no recipient' retry
mails good 'from = no address'
outcome 'mail, a wrong sender' denied
mails good 'url = sendmail:/bin/false'
outcome 'mail, sendmail that fails' retry
mails good 'url = sendmail:/nonexistent'
outcome 'mail, no sendmail' denied

# --- webhooks
for row in status/200:sent status/204:sent status/400:retry status/401:denied \
	status/403:denied status/404:retry status/429:retry status/500:retry \
	status/503:retry lie:unsure cut:unsure silent:unsure reset:unsure \
	never:unsure slow:unsure junk:unsure elsewhere:denied \
	down:denied; do
	hooks good "/${row%:*}"
	outcome "webhook, ${row%:*}" "${row#*:}"
done
for server in expired selfsigned wrongname; do
	hooks $server /ok
	outcome "webhook, $server" denied
done

# --- Retry-After
hooks good /status/503/7200
echo later >"$root/etc/motd"
es commit --no-notify
es notify >said 2>&1
next=$(es status --json | tr -d ' \n' | sed 's/.*"next_try":"\([^"]*\)".*/\1/')
ok 'a service that says when' test \
	$(($(date -d "$next" +%s) - $(date +%s))) -gt 7000

# --- what no message is needed for to find
# wrong SAID - config check says this of a line of the channel
wrong() {
	local status=0

	es config check >said 2>&1 || status=$?
	ok "config check: $1" like "$status $(tr '\n' ' ' <said)" \
		"^2 .*etcsnap.conf:[0-9]+: channel 'ops': $1"
}
mails good 'to = a@example.org, b@example.org'
wrong "'a@example.org, b@example.org' is no mail address"
mails good 'from = no address'
wrong "'no address' is no mail address"
mails good 'reply_to = nobody@'
wrong "'nobody@' is no mail address"
mails good 'url = smpt://localhost'
wrong "the URL of 'localhost' does not begin with smtp://"
mails good 'tls = yes'
wrong "tls = 'yes' is none of"
mails good 'auth = foo'
wrong "auth = 'foo' is none of"
hooks good /ok 'expect = yes'
wrong "expect = 'yes' is no list of statuses"
hooks good /ok 'url = htp://localhost/x'
wrong "the URL of 'localhost' does not begin with https://"
hooks good /ok 'url = http://localhost/x'
wrong 'http:// is not protected'
hooks good /ok 'url = {{set.where}}/x'
ok 'a template is for later' es config check
mails good 'user = user' 'auth = plain'
ok 'so is a password that others have' es config check

# --- secrets that only a unit has: what is new waits for it
mkdir credentials
printf 'https://localhost:%s/ok\n' "$(port https good)" >credentials/chat.url
printf 'secret-pass\n' >credentials/post.password
chmod 600 credentials/*
printf '#!/bin/sh\necho told >>%s/told\n' "$work" >take
chmod 755 take
conf_for_tree '[channel post]' 'type = mail' 'to = root@example.org' \
	'timeout = 5' 'user = user' "ca_file = $certs/ca.pem" \
	"url = smtp://localhost:$(port smtp good)" \
	'[channel chat]' 'type = webhook' 'service = generic' 'timeout = 5' \
	"ca_file = $certs/ca.pem" '[channel ops]' 'type = exec' \
	"run = $work/take"
unit() {
	CREDENTIALS_DIRECTORY=$work/credentials es "$@" 2>&1
}
rm -f state/delivery
ok 'a unit tells three channels' unit notify
is "$(unit status --json >facts; json facts \
	'[c["lacks"] for c in d["channels"]]')" '[None, None, None]' \
	'and lacks nothing'
rm -f told
echo secrets >"$root/etc/motd"
is "$(es commit 2>&1)" '' 'without its credentials nothing fails'
is "$(cat told) $(mark delivered/main/ops)" "told $(tip)" \
	'and who needs none is told'
es status --json >facts
is "$(json facts '[(c["lacks"], c["backlog"], c["attempts"], c["refused"])
	for c in d["channels"]]')" "[('password', 1, 0, False), \
('url', 1, 0, False), (None, 0, 0, False)]" 'the others wait'
ok 'which people are told' like "$(es status 2>&1)" \
	'^channel +chat: 1 run not yet told, not from here: no url$'
ok 'the configuration is good' es config check
ok 'and says what is missing' like "$(es config check 2>&1)" \
	"channel 'post': there is no password here; set password_file"
ok 'who is asked for' must_exit 1 es notify --channel chat
ok 'by its name is missed' like "$(es notify --channel chat 2>&1)" \
	"channel 'chat': not told: there is no url here"
ok 'the unit' unit notify --due
is "$(mark delivered/main/chat) $(mark delivered/main/post)" \
	"$(tip) $(tip)" 'tells them'

done_testing
