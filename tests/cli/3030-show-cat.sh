#!/bin/sh
# SPDX-License-Identifier: MIT
# 3030-show-cat.sh - one run, or one path as it was then
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

es_init
printf '\377\376a\0b\0\n\0' >"$root/etc/utf16.conf"
printf '\0\1\2\n\377binary' >"$root/etc/small.bin"
printf 'cr\r\nno newline' >"$root/etc/crlf"
printf 'esc \033[31mred\033[m\n' >"$root/etc/esc"
: >"$root/etc/empty"
cp -R "$root" was
export SOURCE_DATE_EPOCH=1777636800
es commit --trigger timer || bail 'the first run failed'
first=$(tip)
settle
SOURCE_DATE_EPOCH=1777723200
echo '192.0.2.1 one' >>"$root/etc/hosts"
rm "$root/etc/fstab"
es commit -m 'why it was done' || bail 'the second run failed'
second=$(tip)
settle
SOURCE_DATE_EPOCH=1777809600
chmod 600 "$root/etc/passwd"
es commit || bail 'the third run failed'
third=$(tip)

# --- revisions -----------------------------------------------------------------
# names REV COMMIT - both name the same run
names() {
	ok "$1" like "$(es show --json "$1" | tr -d '\n')" \
		"\"new\": \\{ *\"commit\": \"$2\""
}
names HEAD "$third"
names main "$third"
names refs/heads/main "$third"
names @ "$third"
names HEAD~1 "$second"
names HEAD^ "$second"
names @~2 "$first"
names main~2 "$first"
names "$second" "$second"
names "$(echo "$second" | cut -c1-12)" "$second"
names "$(echo "$second" | cut -c1-7)" "$second"
names @2026-05-02T13:00 "$second"
names @2026-05-02T12:00:00 "$second"
names @2026-05-02T11:59:59 "$first"
names @2026-05-03 "$second"
names @1777723200 "$second"
names @yesterday "$first"
names @now "$third"
names '@{0}' "$third"
is "$(es show --json | sed -n '/^  "new"/,/^  }/s/.*"commit": "\(.*\)".*/\1/p')" \
	"$third" 'nothing named: the last run'

# unknown REV [ERE] - exit 2, one line that names what a revision may be
unknown() {
	es_run es show "$1"
	cp "$es_out" said
	is "$es_status" 2 "unknown: '$1'"
	ok 'and told' like "$(cat said)" "^etcsnap: .*${2:-@yesterday}"
	is "$(wc -l <said)" 1 'in one line'
}
unknown nowhere
unknown HEAD~99
unknown 0123456789012345678901234567890123456789
unknown 'a b'
unknown main..HEAD
unknown '@once upon a time' '3 days ago'
unknown @2020-01-01 'the oldest is of 2026-05-01'
unknown "$(printf 'esc\033[31m')" '\\x1b'
unknown "nowhere:/etc/hosts"
ok 'two operands: exit 2' must_exit 2 es show HEAD HEAD~1

# --- a run ---------------------------------------------------------------------
es show HEAD~1 >said
is "$(sed -n 's/^  to    [0-9a-f]*  //p' said | sed 's/ by .*//')" \
	'2026-05-02 12:00:00 +0000  unattended' 'when and by what'
ok 'why' grep -qx '    why it was done' said
ok 'what went' grep -qx '/etc/fstab  removed' said
ok 'what changed' grep -qx '    +192.0.2.1 one' said
ok '--no-patch' unlike "$(es show --no-patch HEAD~1)" '192\.0\.2\.1'
ok 'exit 0 although it changed something' es show HEAD~1
ok 'the first run' like "$(es show HEAD~2)" ': first run: [0-9]+ entries watched$'
ok 'CSV' like "$(es show --format csv)" '^/etc/passwd,changed,mode,0644,0600'

# --- a path --------------------------------------------------------------------
# same REV:PATH FILE - byte for byte
same() {
	es cat "$1" >out || return 1
	cmp out "$2"
}
for name in hosts fstab utf16.conf small.bin crlf esc empty skel/.profile \
	skel/grüße 'skel/two words'; do
	ok "cat: $name" same "HEAD~2:/etc/$name" "was/etc/$name"
done
ok 'cat: a file that is gone now' same "HEAD~2:/etc/fstab" was/etc/fstab
ok 'cat: as it was at a time' same "@2026-05-01T12:00:/etc/hosts" was/etc/hosts
ok 'cat: at the tip without a name' same ":/etc/hosts" "$root/etc/hosts"
ok 'cat: a part of the run' like "$(es cat HEAD:run/summary)" '^trigger = '
ok 'cat: into a closed pipe' sh -c '"$@" | true' sh "$ETCSNAP" -c "$conf" \
	--root "$root" cat HEAD:/etc/hosts

# no_cat OPERAND STATUS ERE - cannot be printed, and why
no_cat() {
	es_run es cat "$1"
	cp "$es_out" said
	is "$es_status" "$2" "cat $1: exit $2"
	ok 'and says why' like "$(cat said)" "^etcsnap: .*$3"
}
no_cat HEAD:/etc/shadow 3 'is secret'
no_cat HEAD:/usr/bin/true 3 'only the digest is kept'
no_cat HEAD:/etc 3 "is a directory; 'etcsnap show'"
no_cat HEAD:/etc/os-release 3 "is a link; 'etcsnap show'"
no_cat HEAD:/etc/fstab 3 'not recorded in that run'
no_cat HEAD:/nowhere 3 'not recorded.*config explain /nowhere'
no_cat HEAD 2 'HEAD:/etc/hosts'
no_cat nowhere:/etc/hosts 2 "no run 'nowhere'"
no_cat HEAD:etc/hosts 3 "has no file 'etc/hosts'"
no_cat HEAD:files/etc/hosts 2 "leading '/'"
ok 'cat: without an operand: exit 2' must_exit 2 es cat

es show HEAD:/etc/hosts >said
is "$(sed -n '1,2p;/^class/p;/^sha256/s/  .*//p' said | tr '\n' '|')" \
	'type    file|mode    0644|class   mirror|sha256|' 'show: attributes first'
is "$(sed '1,/^$/d' said)" "$(cat "$root/etc/hosts")" 'show: then content'
ok 'show: a digest is that of the file' grep -q \
	"$(sha256sum <"$root/etc/hosts" | cut -c1-64)" said
is "$(es show HEAD:/etc/localtime | sed -n '1p;$p' | tr '\n' '|')" \
	'type    link|target  /usr/share/zoneinfo/UTC|' 'show: a link'
ok 'show: a directory' like "$(es show HEAD:/etc/skel)" '^type    directory$'
is "$(es show HEAD:/etc/skel | sed '1,/^$/d' | tr '\n' '|')" \
	'.profile|grüße|two words|' 'show: a directory names what is in it'
ok 'show: and marks directories' like "$(es show HEAD:/etc)" '^ssh/$'
ok 'show: links, too' like "$(es show HEAD:/etc)" '^localtime@$'
ok 'show: with a slash at the end' like "$(es show HEAD:/etc/skel/)" '^\.profile$'
es show HEAD:/etc/shadow >said
ok 'show: a secret has attributes' grep -qx 'mode    0640' said
ok 'show: and no content' unlike "$(cat said)" '\$6|root:|[0-9a-f]{64}'
ok 'show: but says so' grep -q 'secret.*not shown' said
ok 'show: a binary is not thrown at a terminal' like \
	"$(es show HEAD:/etc/small.bin | tr -d '\0')" "^\\(binary; 'etcsnap cat'"
ok 'show: nor are escapes' like "$(es show HEAD:/etc/esc)" '^esc \\x1b\[31mred'
ok 'show: a part of the run' like "$(es show HEAD:run/summary)" '^trigger = '
ok 'show: of an unknown path: exit 3' must_exit 3 es show HEAD:/nowhere

done_testing
