#!/bin/sh
# SPDX-License-Identifier: MIT
# 4210-webhooks.sh - every service is told what it wants, as it wants it
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
. "$srcdir/tests/servers/servers.sh"

make_certs
start_server hooks
site=localhost:$(port hooks good)
channels=$srcdir/tests/channels

secret() {
	printf '%s\n' "$2" >"$1"
	chmod 600 "$1"
}
secret token a-token-of-its-own
secret password a-password-of-its-own
secret routing 0123456789abcdef0123456789abcdef
secret hmac a-key-to-sign-with

# channel SERVICE [LINE…] - a section of the configuration
channel() {
	printf '[channel %s]\ntype = webhook\nservice = %s\n' "$1" "$1"
	printf 'ca_file = %s/ca.pem\ntimeout = 20\n' "$certs"
	[ -z "$level" ] || printf 'content = %s\n' "$level"
	shift
	printf '%s\n' "$@"
}

# hook SERVICE PATH [LINE…] - one whose URL is all it asks for, and a secret
hook() {
	local name="$1"

	secret "$1.url" "https://$site$2"
	shift 2
	channel "$name" "url_file = $work/$name.url" "$@"
}

sections() {
	local token="token_file = $work/token"
	local login="user = me
password_file = $work/password"

	hook slack /services/T0/B0/SECRETPATH
	hook teams '/workflows/0a1b/triggers/manual/paths/invoke?sig=SECRETSIG'
	hook teams-connector /webhookb2/SECRETPATH
	hook insightconnect /connect/v1/workflows/SECRETUUID "$token"
	hook mattermost /hooks/SECRETPATH
	hook discord /api/webhooks/1/SECRETPATH
	hook ntfy /SECRETTOPIC "$token"
	channel jira "set = site=$site" 'set = project=OPS' "$login"
	channel servicenow "set = site=$site" "$login"
	channel pagerduty "url = https://$site/v2/enqueue" \
		"token_file = $work/routing"
	channel opsgenie "url = https://$site/v2/alerts" "$token"
	channel matrix "set = site=$site" 'set = room=%21abc%3Aexample.org' \
		"$token"
	channel github "set = site=$site" 'set = repository=acme/config' "$token"
	channel gitlab "set = site=$site" 'set = project=acme%2Fconfig' "$token"
	channel generic "url = https://$site/generic" "hmac_file = $work/hmac"
	channel cloudevents "url = https://$site/events" "$token"
	channel opensearch "set = site=$site" "$login"
	channel elasticsearch "set = site=$site" "$token"
	channel loki "set = site=$site" "$login"
	channel splunk "set = site=$site" "$token"
}
services=20

# with LEVEL - the configuration of all services, as much as may leave
with() {
	level=$1
	conf_for_root "$(sections)"
}

# told - what was asked of the server since the last time, for check.py
told() {
	/usr/bin/python3 - "$channels" "$site" <<'END' >told
import json, re, sys, glob, os
schemas = {}
for name in glob.glob(sys.argv[1] + "/*.schema.json"):
    want = json.load(open(name))["x-request"]
    schemas[os.path.basename(name)[:-12]] = want
for line in open("hooks/requests"):
    rq = json.loads(line)
    if rq["method"] == "GET":
        continue
    fits = [n for n, w in schemas.items() if re.search(w["path"], rq["path"])
            and w["method"] == rq["method"]]
    if "opensearch" in fits:
        key = rq["headers"].get("Authorization", "").startswith("ApiKey")
        fits = ["elasticsearch" if key else "opensearch"]
    for name in fits or ["unknown " + rq["path"]]:
        body = rq.pop("body", "")
        print(json.dumps({"schema": name, "body": body, "request": rq}))
END
	: >hooks/requests
}

# names - the services of ./told, in one line
names() {
	sed 's/^{"schema": "\([^"]*\)".*/\1/' told | sort | tr '\n' ' '
}

right() {
	/usr/bin/python3 "$channels/check.py" "$channels" <told
}

all='cloudevents discord elasticsearch generic github gitlab insightconnect'
all="$all jira loki matrix mattermost ntfy opensearch opsgenie pagerduty"
all="$all servicenow slack splunk teams teams-connector "

# --- the first word: nobody is called for it, and no ticket is opened
with ''
es_init
: >hooks/requests
ok 'the first run' es commit --no-notify
ok 'the first word' es notify
told
is "$(names)" "$(echo "$all" |
	sed 's/github gitlab //; s/jira //; s/opsgenie pagerduty servicenow //')" \
	'goes to all but trackers and pagers'
ok 'is as it should be' right
ok 'nothing new' es notify
is "$(cat hooks/requests)" '' 'asks nobody'

# --- names alone, which is the default: what they are called hurts nobody
evil="$root/etc/@everyone <!here> \`\`\`x\`\`\` <script> &amp; {{token}} \\"
printf 'secret line of content\n' >"$evil"
printf 'secret line of content\n' >"$root/etc/$(printf 'rtl\342\200\256 \n/x' |
	tr -d /)"
printf '# secret line of content\n' >>"$root/etc/ssh/sshd_config"
ok 'a run with odd names' es commit --no-notify
cp hooks/requests before
ok 'is told' es notify
grep -c '"method": "GET"' hooks/requests >finds
cp hooks/requests first
told
is "$(names)" "$all" 'to all'
is "$(cat finds)" 4 'trackers were asked for open tickets'
ok 'as it should be' right
ok 'with the name' grep -q everyone told
not_ok 'without content' grep -q 'secret line' told
ok 'without a secret but where it belongs' \
	unlike "$(sed 's/"headers": {[^}]*}//g; s/routing_key[^,]*//' told)" \
	'of-its-own|0123456789abcdef|to-sign-with'
key=$(sed -n 's/.*"Idempotency-Key": "\([^"]*\)".*/\1/p' told | sort -u |
	wc -l | tr -d ' ')
is "$key" $((services - 1)) 'each with an id of its own'
signature=$(python3 - <<'END'
import hashlib, hmac, json
for line in open("told"):
    rq = json.loads(line)
    if rq["schema"] == "generic":
        print(hmac.new(b"a-key-to-sign-with", rq["body"].encode(),
                       hashlib.sha256).hexdigest() ==
              rq["request"]["headers"]["X-Hub-Signature-256"][7:])
END
)
is "$signature" True 'signed'

# --- the same once more has the same ids: the other side can tell
ids() {
	grep -o '"Idempotency-Key": "[^"]*"\|send/m.room.message/[^"]*' "$1" |
		sort -u
}
ids first >ids.first
ok 'told again' es notify --resend HEAD
ids hooks/requests >ids.again
ok 'by the same ids' cmp ids.first ids.again
told

# --- a ticket that is open gets a comment
: >hooks/open
echo '# more' >>"$root/etc/ssh/sshd_config"
es commit --no-notify
ok 'with open tickets' es notify
told
is "$(names | tr ' ' '\n' | grep -E 'jira|servicenow|git' | tr '\n' ' ')" \
	'github-comment gitlab-note jira-comment servicenow-note ' 'comments'
ok 'as they should be' right
rm hooks/open

# --- a tracker that does not answer gets no second ticket, but is tried again
echo 503 >hooks/answer
echo '# yet more' >>"$root/etc/ssh/sshd_config"
es commit --no-notify
ok 'a tracker that is out of order' must_exit 1 es notify --channel jira
is "$(sed 's/.*"method": "\([A-Z]*\)".*/\1/' hooks/requests)" GET \
	'a search without an answer'
rm hooks/answer
: >hooks/requests
ok 'is repeated' es notify --channel jira
told
is "$(names)" 'jira ' 'until there is a ticket'

# --- yes in the status and no in the answer
: >hooks/errors
ok 'a refusal behind a yes' must_exit 1 es notify --channel opensearch
es notify --channel opensearch >/dev/null 2>err
ok 'documents that were not taken' like "$(cat err)" 'not all of it was taken'
rm hooks/errors
: >hooks/requests
ok 'are sent again' es notify --channel opensearch
told
is "$(names)" 'opensearch ' 'and taken'

# --- leave me alone
echo '429 Retry-After: 7200' >hooks/answer
ok 'too many' must_exit 1 es notify --channel slack
rm hooks/answer
: >hooks/requests
ok 'a run' es commit
told
is "$(names | tr ' ' '\n' | grep -c '^slack$')" 0 'lets it be for two hours'
ok 'by hand it is told all the same' es notify --channel slack
told
is "$(names)" 'slack ' 'now'

# --- what may leave
with counts
ok 'counts' es notify --resend HEAD~2
told
is "$(names)" "$all" 'all of them'
ok 'as they should be' right
ok 'name nothing' unlike "$(cat told)" 'everyone|sshd|secret line|/etc/[^c]'
with full
ok 'all of it' es notify --resend HEAD~2
told
ok 'as it should be, too' right
is "$(grep -c 'secret line of content' told)" $services 'has content'

# --- dry, and samples
: >hooks/requests
es notify --dry-run --channel pagerduty --resend HEAD >dry
ok 'a dry run prints the payload' grep -q '"event_action": "trigger"' dry
ok 'but no secret' unlike "$(cat dry)" 0123456789abcdef
es notify --dry-run --channel slack --resend HEAD >dry
ok 'nor a URL that is one' unlike "$(cat dry)" SECRET
es notify --dry-run --channel gitlab --resend HEAD >dry
ok 'nor a header' unlike "$(cat dry)" of-its-own
is "$(cat hooks/requests)" '' 'and asks nobody'
for name in slack jira pagerduty; do
	ok "a sample for $name" es notify --test "$name"
done
told
is "$(names)" 'jira pagerduty slack ' 'arrives'
is "$(grep -c '\[test\]' told)" 3 'and is marked'
ok 'and right' right

# --- one call for each change
level=
conf_for_root "$(hook slack /services/T0/B0/SECRETPATH 'one_per = change')"
ok 'one call for each change' es notify --resend HEAD~2
is "$(wc -l <hooks/requests | tr -d ' ')" 3 'is one each'
told
ok 'as they should be, each' right
is "$(grep -o '"Idempotency-Key": "[^"]*"' told | sort -u | wc -l |
	tr -d ' ')" 3 'with ids of their own'

# calls - how many of them it takes to tell what is new
calls() {
	: >hooks/requests
	es notify >said 2>&1
	wc -l <hooks/requests | tr -d ' '
}

# --- what went of one message is not taken for what is to go of another
per() {
	conf_for_root '[rule loud]' 'match = /etc/sudoers' \
		'severity = critical' \
		"$(hook slack /services/T0/B0/SECRETPATH "$@")"
}
hosts_and_more() {
	for name in hosts motd profile fstab; do
		echo "# $1" >>"$root/etc/$name"
	done
	es commit --no-notify
	printf '%s\n' "$2" >hooks/answer
}
per 'one_per = change'
es notify >said 2>&1
hosts_and_more one '200
200
503'
is "$(calls)" 3 'a message of which two parts went'
rm hooks/answer
per 'one_per = change' 'min_severity = critical'
is "$(calls)" 0 'of which nothing is wanted any more'
chmod u+w "$root/etc/sudoers"
echo '# more' >>"$root/etc/sudoers"
es commit --no-notify
is "$(calls)" 1 'is not taken for the next one'
per 'one_per = change'
hosts_and_more two '200
200
400'
is "$(calls)" 3 'two parts went again'
rm hooks/answer
per
is "$(calls)" 1 'the whole is not taken for its parts'

# --- groups, and what is in none
per 'one_per = group'
mkdir -p "$root/etc/opt/many"
for name in $(seq 30); do
	echo x >"$root/etc/opt/many/$name"
done
hosts_and_more three 200
rm hooks/answer
es diff --json HEAD~ HEAD >report
groups=$(json report 'len(d["groups"])')
ok 'there are groups' test "$groups" -gt 0
is "$(calls)" $((groups + 4)) 'each group is told, and each other change'
told
ok 'by name' grep -q /etc/profile told

# --- the user's own: headers beside the service's, a template instead
mkdir templates
printf '{"mine": "{{report.host}}", "of": "{{set.team}}"}\n' \
	>templates/mine.json
conf_for_root '[report]' "templates = $work/templates" \
	"$(hook slack /services/T0/B0/SECRETPATH 'template = mine.json' \
		'set = team=blue' 'header = X-Team: {{set.team}}' \
		'header = idempotency-key: x')"
ok 'a template of his own' es notify --resend HEAD
is "$(json hooks/requests 'json.loads(d["body"])["of"]')" blue 'is used'
is "$(json hooks/requests 'sorted(k + ": " + v for k, v in
	d["headers"].items() if k in ("X-Team", "Content-Type") or
	k.lower() == "idempotency-key")')" \
	"['Content-Type: application/json', 'X-Team: blue', 'idempotency-key: x']" \
	'and headers'
done_testing
