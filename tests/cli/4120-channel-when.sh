#!/bin/sh
# SPDX-License-Identifier: MIT
# 4120-channel-when.sh - which changes a channel is told, and when
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"

new_tree
mkdir reports
cat >take <<'END2'
#!/bin/sh
# What an exec channel was told, one line a message
printf '%s %s %s %s %s\n' "$ETCSNAP_CHANNEL" "$ETCSNAP_KIND" \
	"$ETCSNAP_SEVERITY" "$ETCSNAP_CHANGES" "$ETCSNAP_MESSAGE_ID" \
	>>"$(dirname "$0")/told"
cat >"$(dirname "$0")/text"
exit "$(cat "$(dirname "$0")/exit" 2>/dev/null || echo 0)"
END2
chmod 755 take

# channel [LINE…] - the channel "ops" runs the program
channel() {
	conf_for_tree '[rule quiet]' "match = $root/etc/opt/**" \
		'severity = info' 'tags = noise' \
		'[rule loud]' "match = $root/etc/sudoers" 'severity = warning' \
		'[channel ops]' 'type = exec' \
		"run = $work/take" "$@"
}

# at TIME - what time it is, in UTC
at() {
	SOURCE_DATE_EPOCH=$(date -u -d "$1" +%s)
	export SOURCE_DATE_EPOCH
}

# change [PATH] - a line more in a file
change() {
	chmod u+w "${1:-$root/etc/motd}"
	echo "at $SOURCE_DATE_EPOCH" >>"${1:-$root/etc/motd}"
}

# told WANTED NAME - a run; what it told since the last time, without ids
told() {
	local want="$1"

	es commit >said 2>&1 || note "$(cat said)"
	is "$(cut -d' ' -f1-4 told 2>/dev/null | tr '\n' ';')" "$want" "$2"
	rm -f told
}

mark() {
	git_repo rev-parse -q --verify "refs/etcsnap/$1" || :
}

# --- each run
at '2026-03-01 06:00'
channel
es_init
told 'ops main none 0;' 'a new channel'
told '' 'nothing new'
change
told 'ops main notice 1;' 'a change'

# --- filters
channel 'min_severity = warning'
change
told '' 'too little'
channel 'tags = noise other'
change
told '' 'without the tag'
change "$root/etc/opt/x"
told 'ops main info 1;' 'with it'
channel "paths = $root/etc/opt"
change
change "$root/etc/opt/x"
told 'ops main info 1;' 'one of two paths'
channel 'hosts = nobody-*'
change
told '' 'another host'
channel 'hosts = *'
told 'ops main notice 1;' 'this one'

# --- at times of day
channel 'when = daily 07:00, 19:00'
at '2026-03-01 19:00'
told '' 'a time at which there is nothing to tell'
at '2026-03-02 06:59'
change
told '' 'before the time'
at '2026-03-02 07:20'
told 'ops main notice 1;' 'after it'
change
told '' 'once'
at '2026-03-02 18:59'
told '' 'up to the next'
at '2026-03-02 19:00'
told 'ops main notice 1;' 'which comes'
at '2026-03-03 08:00'
told '' 'nothing new, skip_empty'
channel 'when = daily 07:00' 'skip_empty = no'
at '2026-03-04 08:00'
told 'ops main none 0;' 'nothing new, but a message'
told '' 'one'
at '2026-03-05 08:00'
es commit
first=$(cut -d' ' -f5 told)
rm told
at '2026-03-06 08:00'
es commit
not_ok 'each day another id' grep -q "$first" told
rm told
channel 'when = daily 07:00' 'skip_empty = no' 'min_severity = critical'
at '2026-03-06 20:00'
change
told '' 'too little'
at '2026-03-07 07:00'
told 'ops main none 0;' 'is no news, but a message, too'
told '' 'one'
# cron's way: a Monday
channel 'when = cron 30 6 * * 1'
at '2026-03-07 12:00'
change
told '' 'not on Saturday'
at '2026-03-09 06:30'
told 'ops main notice 1;' 'on Monday'
# a run that comes late
channel 'when = weekly mon 06:30'
at '2026-03-10 06:30'
change
told '' 'not on Tuesday'
at '2026-03-19 03:00'
told 'ops main notice 1;' 'a Monday without a run is made up for'

# --- urgent
channel 'when = daily 07:00' 'urgent = warning'
at '2026-03-20 07:00'
told '' 'a channel that tells at once, too'
at '2026-03-20 12:00'
change
change "$root/etc/sudoers"
told 'ops urgent warning 1;' 'what is urgent goes at once'
told '' 'once'
at '2026-03-21 07:00'
told 'ops main warning 2;' 'and is told in its context'
channel 'quiet = 22:00-07:00' 'urgent = warning'
at '2026-03-21 23:00'
change
told '' 'at night'
change "$root/etc/sudoers"
told 'ops urgent warning 1;' 'what is urgent'
told '' 'but once'
change
at '2026-03-22 06:59'
told '' 'up to the morning'
at '2026-03-22 07:00'
told 'ops main warning 2;' 'all of it'
change "$root/etc/sudoers"
told 'ops main warning 1;' 'by day nothing is told twice'
told '' 'nor later'

# --- a storm
channel 'hold_off = 1h'
at '2026-03-22 09:00'
change
told 'ops main notice 1;' 'the first'
for minute in 05 15 25 59; do
	at "2026-03-22 09:$minute"
	change
	change "$root/etc/opt/$minute"
	told '' "09:$minute"
done
at '2026-03-22 10:00'
told 'ops main notice 5;' 'is one message with all'

# --- failures
channel
at '2026-03-23 06:00'
change
echo 75 >./exit
told 'ops main notice 1;' 'a failure'
ok 'is no failure of the run' es commit
not_ok 'nor tried again at once' test -e told
at '2026-03-23 06:01:20'
told 'ops main notice 1;' 'but a minute later'
at '2026-03-23 06:02:20'
told '' 'then after two'
ok 'nor is it due before' es notify --due
not_ok 'so that nothing is sent' test -e told
at '2026-03-23 06:04'
told 'ops main notice 1;' 'as it is'
change
ok 'by hand it does not wait' must_exit 1 es notify
echo 0 >./exit
rm -f told
ok 'with success' es notify
is "$(mark delivered/main/ops) $(mark sending/main/ops)" \
	"$(git_repo rev-parse main) " 'all is told'
rm -f told

# --- the clock is set back
at '2026-03-22 06:00'
change
told 'ops main notice 1;' 'the clock is set back'

# --- what a kill leaves
change
es commit --no-notify
git_repo update-ref refs/etcsnap/sending/main/ops \
	"$(mark delivered/main/ops)"
told 'ops main notice 1;' 'a kill after the last mark but one'
is "$(mark sending/main/ops)" '' 'is tidied away'
change
es commit --no-notify
git_repo update-ref refs/etcsnap/sending/main/ops "$(tip)"
change
told 'ops main notice 1;ops main notice 1;' 'a kill in the middle'
git_repo update-ref refs/etcsnap/owed/main/ops "$(tip)"
told 'ops main none 0;' 'a kill before the first word'
: >state/delivery
change
told 'ops main notice 1;' 'without what was remembered'
: >"$repo/refs/etcsnap/delivered/main/ops.lock"
change
told 'ops main notice 1;' 'a lock of a killed process'

# --- resending moves nothing
channel "paths = $root/etc/opt"
change "$root/etc/opt/z"
es commit --no-notify
change
es commit --no-notify
before=$(mark delivered/main/ops)
ok 'a run that is nothing to the channel' es notify --resend HEAD
is "$(mark delivered/main/ops)" "$before" 'moves nothing'
told 'ops main info 1;' 'and nothing is lost'

# --- nor does a test
channel 'template = nosuch.txt'
ok 'a test without a template' must_exit 1 es notify --test ops
channel
ok 'is not remembered' es status
channel 'hosts = nobody-*'
es notify --test ops >said 2>&1
ok 'on another host it says why' like "$(cat said)" "'hosts' does not"
not_ok 'and sends nothing' test -e told

# --- a channel that cannot be told keeps no other one back
channel 'template = broken.txt' '[channel second]' 'type = exec' \
	"run = $work/take"
mkdir templates
printf '{{#a}}\n' >templates/broken.txt
at '2026-03-25 06:00'
told 'second main none 0;' 'two channels'
at '2026-03-25 07:00'
change
es commit
cut -d' ' -f1-4 told | sort | tr '\n' ';' >now
rm told
ok 'both told, or one' grep -q 'second main notice 1' now
# a template of the program's is replaced, and that is told
printf '{{#a}}\n' >templates/report.txt
channel '[report]' "templates = $work/templates"
ok 'a broken template is found' must_exit 2 es config check
change
es commit --no-notify
es notify >said 2>&1
ok 'nobody misses a report by it' grep -q '^ops main' told
rm told
ok 'but is told' like "$(cat said)" \
	'templates/report.txt:1:.*the shipped template .* is used'
rm templates/report.txt
ok 'when it is mended' es config check
channel '[channel second]' 'type = exec' "run = $work/take"
at '2026-03-26 06:00'
es commit
rm -f told

# --- refused
cat >deny <<'END2'
#!/bin/sh
cat >/dev/null
exit 77
END2
chmod 755 deny
conf_for_tree '[channel ops]' 'type = exec' "run = $work/deny" \
	'[channel second]' 'type = exec' "run = $work/take"
at '2026-03-27 06:00'
change
es commit
is "$(cut -d' ' -f1-3 told | sort | tr '\n' ';')" \
	'second main notice;second main warning;' 'others hear of a refusal'
ok 'and of which' grep -q "channel 'ops' is refused" text
rm told
ok 'the status says so' must_exit 1 es status
at '2026-03-27 12:00'
told '' 'once'
ok 'by hand' must_exit 1 es notify
not_ok 'once, too' test -e told
at '2026-03-28 07:00'
told 'second main warning 0;' 'a day'
channel '[channel second]' 'type = exec' "run = $work/take"
ok 'when it is mended' es notify
ok 'the status is content' es status

# --- what failed and is put back leaves nothing
at '2026-03-29 06:00'
cp -p "$root/etc/hosts" hosts
day=29
for status in 65 77; do
	echo $status >./exit
	for minute in 00 10 20; do
		at "2026-03-$day 09:$minute"
		change "$root/etc/hosts"
		es commit
	done
	ok "a failure, $status" like "$(es status)" '3 tries in vain'
	rm -f told "$root/etc/hosts"
	echo 0 >./exit
	cp -p hosts "$root/etc/hosts"
	at "2026-03-$day 12:00"
	day=$((day + 1))
	ok "is told no more, $status" es commit
	not_ok 'when nothing is left of it' test -e told
	not_ok 'nor is there one left' like "$(es status)" 'in vain'
done
at '2026-03-30 13:00'
change
told 'ops main notice 1;second main notice 1;' 'what is new then'
ok 'is told as ever' grep -q /etc/motd text
channel 'hold_off = 1h' 'urgent = warning'
at '2026-03-31 08:00'
change
es commit
rm told
echo 77 >./exit
at '2026-03-31 08:10'
change "$root/etc/sudoers"
told 'ops urgent warning 1;' 'what is urgent is refused'
echo 0 >./exit
at '2026-03-31 09:20'
told 'ops main warning 1;' 'and told with the rest'
ok 'which is enough' es status

# --- who tells others of a refusal
conf_for_tree '[channel ops]' 'type = exec' "run = $work/deny" \
	'[channel second]' 'type = exec' "run = $work/take"
at '2026-04-02 06:00'
change
es commit --no-notify
ok 'one channel alone' must_exit 1 es notify --channel ops
not_ok 'sends nothing to others' test -e told
if setpriv --no-new-privs true 2>/dev/null; then
	ok 'where no program may run' setpriv --no-new-privs \
		"$ETCSNAP" -c "$conf" notify --due
	not_ok 'none hears of it' test -e told
else
	skip 'there is no setpriv' 2
fi
at '2026-04-02 07:00'
es commit
is "$(cut -d' ' -f1-3 told | sort | tr '\n' ';')" \
	'second main notice;second main warning;' 'the next run tells all of it'
rm told

# --- a first word that is refused for what is in it
cat >strict <<'END2'
#!/bin/sh
# takes what has changes in it, and nothing else
[ "$ETCSNAP_CHANGES" -gt 0 ] || exit 65
exec "$(dirname "$0")/take"
END2
chmod 755 strict
conf_for_tree '[channel strict]' 'type = exec' "run = $work/strict" \
	'[channel second]' 'type = exec' "run = $work/take"
at '2026-04-03 06:00'
es commit
rm -f told
at '2026-04-03 07:00'
change
es commit
not_ok 'a first word keeps news back' grep -q strict told
rm told
at '2026-04-03 08:00'
change
es commit
is "$(grep strict told | cut -d' ' -f2-4)" 'main notice 1' 'but not for ever'
rm told
ok 'the status is content with that' es status
# and where there is no news
conf_for_tree '[channel stricter]' 'type = exec' "run = $work/strict" \
	'[channel second]' 'type = exec' "run = $work/take"
for hour in 10 11 12; do
	at "2026-04-03 $hour:00"
	es notify --due >said 2>&1
done
is "$(cut -d' ' -f1-4 told)" 'second main warning 0' 'others hear of it'
ok 'the status, too' must_exit 1 es status
rm told

# --- no channel
conf_for_tree
change
ok 'no channel' es commit
ok 'nothing to deliver' es notify
ok 'nobody to show' prints '' es notify -n

done_testing
