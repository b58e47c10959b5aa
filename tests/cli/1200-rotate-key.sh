#!/bin/sh
# SPDX-License-Identifier: MIT
# 1200-rotate-key.sh - another secret key: one commit, whatever interrupts it
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3 timeout

key=${repo%/*}/key

# number - by which key the tip was made
number() {
	git_repo cat-file -p main:run/summary | sed -n 's/^key = //p'
}

# hidden - all keyed values of the tip
hidden() {
	git_repo ls-tree -r main | cut -c 13-52 | git_repo cat-file --batch |
		grep -aoE 'hmac=[0-9a-f]{64}|<masked:[0-9a-f]{8}>'
}

new_tree
printf 'user = web\npassword = HunterTwoHundred\n' >"$root/etc/app.conf"
echo 'HOME_URL="https://web:HunterThree@x/"' >>"$root/usr/lib/os-release"
parts='files system findings'
conf_for_root
not_ok 'there is nothing to rotate before init' es config rotate-key
es_init
es commit >/dev/null
is "$(es -v commit)" 'no changes' 'nothing differs'
ok 'the run says by which key it was made' like "$(number)" '^[0-9a-f]{16}$'

# --- nothing else changes ------------------------------------------------------
settle
cp "$key" old
hidden >before
ok 'there is something hidden' test -s before
old=$(number)
ok 'a rotation' es config rotate-key -m 'somebody left; password=Forgotten'
is "$(git_repo rev-list --count main)" 2 'is one commit'
not_ok 'there is a new key' cmp "$key" old
is "$(stat -c '%a %s' "$key")" '600 65' 'for nobody else'
is "$(ls "${repo%/*}")" 'key
repo.git
state.db' 'and the old one is gone'
not_ok 'the tip has its number' test "$(number)" = "$old"
hidden >after
is "$(wc -l <after)" "$(wc -l <before)" 'as much is hidden as before'
is "$(sort -u before after | wc -l)" \
	"$(($(sort -u before | wc -l) + $(sort -u after | wc -l)))" \
	'and every value is new'
ok 'nothing tells the key' unlike "$(git_repo log -p main)" "$(cat "$key" old |
	cut -c 1-16 | paste -sd '|')"
is "$(git_repo log -1 --format=%s)" "secret key rotated on $(uname -n)" \
	'the commit says what it is'
message=$(git_repo log -1 --format=%b)
ok 'and why' like "$message" 'somebody left; password=<masked:'
ok 'for programs, too' like "$message" '^Key-Rotated: yes$'
ok 'and lists nothing' unlike "$message" '^[A-Z+-] '
es report main~1..main >report.txt
ok 'the report folds it' like "$(cat report.txt)" \
	'^value looks changed:|hidden value looks changed'
ok 'and lists nothing either' unlike "$(cat report.txt)" 'shadow|app.conf'
ok 'it is no difference' es diff main~1 main
es report --json main~1..main >report.json
is "$(json report.json 'd["key_changed"], d["counts"]["total"], d["changes"]')" \
	'(True, 0, [])' 'in JSON, too'
is "$(json report.json 'd["rekeyed"] > 3')" True 'with their number'
if has_module jsonschema; then
	ok 'as the schema has it' valid_report report.json
else
	skip 'no jsonschema'
fi
is "$(es -v commit)" 'no changes' 'the next run finds nothing'
ok 'all is sound' fsck

# --- something changes besides --------------------------------------------------
settle
echo 'new:$6$salt$AnotherHash:19000::::::' >>"$root/etc/shadow"
sed -i s/web/app/ "$root/etc/app.conf"
ok 'what changed before is told before' es config rotate-key
is "$(git_repo rev-list --count main)" 4 'in a commit of its own'
ok 'with what changed' like "$(git_repo log -1 --format=%b main~1)" 'M /etc/shadow'
ok 'and nothing in the other' unlike "$(git_repo log -1 --format=%b)" '^M '
es diff main~2 main >both || :
ok 'both at once: what differs' like "$(cat both)" '/etc/app.conf'
ok 'secrets, too' like "$(cat both)" '/etc/shadow'
not_ok 'and no others' grep -q 'ssh_host\|gshadow' both

# --- a key that comes from elsewhere ----------------------------------------------
settle
cp old "$key"
es commit 2>said.txt >/dev/null
ok 'another key is told' like "$(cat said.txt)" 'is not the one of the last run'
ok 'in the commit' like "$(git_repo log -1 --format=%B)" '^Key-Rotated: unexpected$'
is "$(git_repo log -1 --format=%s)" "secret key is another one on $(uname -n)" \
	'and its subject'
is "$(es -v commit 2>&1)" 'no changes' 'once'
mv "$key" away
ok 'a missing key stays an error' must_exit 3 es commit
ok 'for a rotation, too' must_exit 3 es config rotate-key
not_ok 'and none is made' test -e "$key"
mv away "$key"

# --- two at once ---------------------------------------------------------------------
count=$(git_repo rev-list --count main)
es config rotate-key >one 2>&1 &
first=$!
es config rotate-key >two 2>&1 &
second=$!
wait $first
is "$?" 0 'one rotation'
wait $second
is "$?" 0 'and another one beside it'
is "$(es -v commit 2>&1)" 'no changes' 'leave one key'
is "$(git_repo log --format=%B "HEAD~$(($(git_repo rev-list --count main) - count))..main" |
	grep -c unexpected)" 0 'that nobody wonders at'

# --- what was interrupted ---------------------------------------------------------------
# as if killed after the commit
cp "$key" kept
ok 'one more' es config rotate-key
mv "$key" "$key.new"
cp kept "$key"
es -v commit >said.txt 2>&1
ok 'after its commit: the next run completes it' like "$(cat said.txt)" \
	'rotation of the secret key was interrupted'
ok 'without a change' like "$(cat said.txt)" '^no changes$'
not_ok 'with the new key' cmp "$key" kept
not_ok 'in its place' test -e "$key.new"
# as if killed before
cp "$key" kept
head -c 40 kept >"$key.new"
chmod 600 "$key.new"
is "$(es -v commit 2>&1)" 'no changes' 'before: it never was'
ok 'the key is the old one' cmp "$key" kept
not_ok 'and alone' test -e "$key.new"
cp old "$key.new"
is "$(es -v commit 2>&1)" 'no changes' 'another key that was whole is dropped, too'

# killed at any instant
bad=
i=0
while [ $i -lt 40 ]; do
	i=$((i + 1))
	timeout -s KILL "0.0$((i % 4))$((i * 7 % 10))" \
		"$ETCSNAP" -c "$conf" --root "$root" config rotate-key >/dev/null 2>&1
	[ "$(stat -c '%a %s' "$key" 2>&1)" = '600 65' ] || bad="$bad key:$i"
	es -v commit >said.txt 2>&1 || bad="$bad run:$i"
	grep -q '^no changes$' said.txt || bad="$bad change:$i:$(cat said.txt)"
	grep -q 'not the one' said.txt && bad="$bad other:$i"
	[ ! -e "$key.new" ] || bad="$bad left:$i"
done
is "$bad" '' 'killed at forty instants'
note "$(git_repo log --format=%s | grep -c rotated) of them came through"
is "$(git_repo log --format=%B | grep -c 'unexpected')" 1 \
	'and every commit knows its key'
ok 'all is sound' fsck --no-dangling
done_testing
