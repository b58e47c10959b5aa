#!/bin/sh
# SPDX-License-Identifier: MIT
# 7140-anchors.sh - commit ids in a mailbox are on the chain, or were cut away
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

es_init
begin=1780000000
for day in 0 1 2 3 4 5 6 7; do
	SOURCE_DATE_EPOCH=$((begin + day * 86400))
	export SOURCE_DATE_EPOCH
	echo "day $day" >>"$root/etc/hosts"
	es commit || bail 'a run failed'
done
unset SOURCE_DATE_EPOCH
cp -a "$repo" whole.git
cp "$repo/../state.db" whole.db
git_repo rev-list --reverse main >ids

# mbox FILE - the mails that eight runs sent, a day each, by another program
cat >mbox.py <<'END'
import email.message, email.utils, mailbox, sys, time
ids = open("ids").read().split()
# an abbreviation of digits alone is taken for a number
def short(id):
    n = 12
    while id[:n].isdigit():
        n += 1
    return id[:n]
box = mailbox.mbox(sys.argv[1])
old = "0" * 40
for day, new in enumerate(ids):
    m = email.message.EmailMessage()
    when = int(sys.argv[2]) + day * 86400 + 60
    m["From"] = "etcsnap@web1"
    m["To"] = "root@example.org"
    m["Date"] = email.utils.formatdate(when)
    m["Message-ID"] = "<%s.%s@web1>" % (old[:20] + "f" * 20, "e" * 40)
    m["Subject"] = "3 changed on web1 (%s)" % new[:7]
    m["X-Etcsnap-Commit"] = old + ".." + new
    m.set_content("""Changes on web1, commit %s

+commit 1234567 was in a file, and 1111111111222222222233333333334444444444
 commit 7654321abc likewise
> commit abcdef1234
<td>deploy of commit 1a2b3c4d5e</td>
Build 20260501123456789 is a number.
""" % short(new) + "x" * 200 + " \u00e4\n")
    if day == 3:
        m.add_attachment(b"PDF", maintype="application", subtype="pdf",
                         cid="<%s@web1>" % ("c" * 40))
    t = mailbox.mboxMessage(m)
    t.set_from("etcsnap@web1", time.gmtime(when))
    box.add(t)
    old = new
box.close()
END
python3 mbox.py box "$begin" || bail 'cannot make a mailbox'

ok 'a mailbox of all mails' es verify --anchors box
ok 'its ids are counted' like "$(cat "$es_out")" \
	'^8 runs on main, .*15 anchors: all good$'
sed 's/$/\r/' box >crlf
ok 'with CRLF' like "$(es verify --anchors crlf)" '15 anchors: all good$'
ok 'with another check' like "$(es verify --live --anchors box)" \
	'15 anchors, .*entries read again: all good'
awk 'NR > 1' box | sed '/^From etcsnap/,$d' >mail
ok 'one mail by itself' like "$(es verify --anchors mail)" ' 1 anchor: all good$'
ok 'two files' like "$(es verify --anchors mail --anchors box)" '16 anchors'
ok 'a file that is not there' must_exit 3 es verify --anchors nowhere
: >empty
ok 'an empty one' like "$(es verify --anchors empty)" ' 0 anchors: all good$'
cp ids list
ok 'a list of ids' like "$(es verify --anchors list)" ' 8 anchors: all good$'
ok 'what git log prints' sh -c "git --git-dir='$repo' log main >log &&
	'$ETCSNAP' -c '$conf' --root '$root' verify --anchors log"

# --- a history that was rewritten ------------------------------------------------------
third=$(sed -n 4p ids)
git_repo update-ref refs/heads/main "$(sed -n 3p ids)"
rm -f "$repo/../state.db"
es_run es commit
ok 'the repository itself is sound' es verify
ok 'but the mails say otherwise' must_exit 1 es verify --anchors box
cp "$es_out" said
ok 'by the ids' like "$(cat said)" "^bad: anchor $third: is not on main \(box:"
is "$(grep -c "^bad: anchor" said)" 9 'all that are gone'
ok 'so does a list' must_exit 1 es verify --anchors ids
is "$(grep -c '^bad: anchor' "$es_out")" 5 'by line'
ok 'the mails before it agree' es verify --anchors mail
rm -rf "$repo"
cp -a whole.git "$repo"
cp whole.db "$repo/../state.db"
{
	echo 'X-Etcsnap-Commit:'
	echo " $(sed -n 5p ids)..$(sed -n 3p ids)"
	echo
} >turned
ok 'an order that is turned round' must_exit 1 es verify --anchors turned
ok 'is told' like "$(cat "$es_out")" 'is older on main than the one'

# --- what was cut away -----------------------------------------------------------------
git_repo rev-parse main~2 >"$repo/shallow"
git_repo repack -adq
find "$repo/objects" -type f ! -path '*/pack/*' -delete
ok 'older mails are no witness any more' like "$(es verify --anchors box)" \
	'15 anchors \(1[0-9] older than the history that is kept\): all good'
ok 'a list without dates is' must_exit 1 es verify --anchors ids
is "$(grep -c '^bad: anchor' "$es_out")" 4 \
	'but for the one right behind the boundary'
git --git-dir="$work/whole.git" log --format='%H %cI' main >dated
ok 'one with dates is not' like "$(es verify --anchors dated)" \
	'8 anchors \(5 older'
echo "commit $(sed -n 7p ids | cut -c1-9) and commit 1234567a" >short
ok 'short ids' must_exit 1 es verify --anchors short
is "$(grep -c '^bad: anchor 1234567a: ' "$es_out")" 1 'are looked up, too'
sed 's/\(X-Etcsnap-Commit: [0-9a-f]*\.\.\)[0-9a-f]*/\1a555555555555555555555555555555555555555/' \
	box >forged
ok 'a forged mail of a later time' must_exit 1 es verify --anchors forged
done_testing
