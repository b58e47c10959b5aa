#!/bin/sh
# SPDX-License-Identifier: MIT
# 3100-encoding.sh - text in other encodings: kept byte for byte, told as UTF-8
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git iconv python3

# put NAME ENCODING TEXT - a file of $root/etc, in any encoding of Python; the
# text has "\n", "\r" and "\m", a byte order mark
put() {
	python3 - "$root/etc/$1" "$2" "$3" <<'END'
import sys
name, encoding, text = sys.argv[1:]
with open(name, "wb") as f:
    f.write(text.replace("\\n", "\n").replace("\\r", "\r")
            .replace("\\m", "\ufeff").encode(encoding))
END
}
umlauts='# Grüße aus München\nname=Jürgen\n'
polish='# zażółć gęślą jaźń\nnazwa=Paweł\n'

es_init
conf_for_root '[rule masked]' 'match = /etc/masked.*' 'mask = ^pass=(.*?)\r?$' \
	'[rule umlaut]' 'match = /etc/umlaut.*' 'mask = ^schlüssel=(.*)$'
put plain utf-8 "$umlauts"
put mark utf-8-sig "$umlauts"
put little utf-16 "$umlauts"
put big utf-16-be "\m$umlauts"
put latin1 iso8859-1 "$umlauts"
put win1252 cp1252 '# „Grüße“ – 5 €\n'
put latin2 iso8859-2 "$polish"
put win1250 cp1250 "$polish"
put moved iso8859-1 "$umlauts"
put unmarked utf-16-le "$umlauts"
put cyrillic koi8-r '# привет мир, как дела сегодня утром и вечером\n'
printf '\377\376' >"$root/etc/only-mark"
printf '\377\376a\0b\0\n\0c' >"$root/etc/odd"
printf '\377\376a\0\0\330\n\0' >"$root/etc/surrogate"
printf 'gr\303\274n\ngr\374n\n' >"$root/etc/mixed"
printf 'esc\374\033[31m\302\033]0;x\007\n' >"$root/etc/hostile"
{ python3 -c 'print("zeile\n" * 20000)' && printf 'gr\374n\n'; } >"$root/etc/long"
put masked.16 utf-16 'user=me\r\npass=hunter2\r\n'
put masked.mark utf-8-sig 'pass=hunter2\nuser=me\n'
put masked.1 iso8859-1 'ü\npass=hunter2\n'
put umlaut.1 iso8859-1 'schlüssel=hunter2\n'
fake_key key
{ printf '\357\273\277' && cat key; } >"$root/etc/key-mark"
iconv -f UTF-8 -t UTF-16 <key >"$root/etc/key-16"
es commit || bail 'the first run failed'
cp -R "$root/etc" was
settle

# --- every byte is kept --------------------------------------------------------
same() {
	es cat "$1" >out && cmp out "$2"
}
for name in plain mark little big latin1 win1252 latin2 win1250 unmarked \
	cyrillic only-mark odd surrogate mixed hostile long; do
	ok "cat: $name" same "HEAD:/etc/$name" "was/$name"
done

# --- show ----------------------------------------------------------------------
# shown NAME ENCODING LINE - the encoding and the first line
shown() {
	es show "HEAD:/etc/$1" >said
	is "$(sed -n 's/^encoding //p' said)" "$2" "show: encoding of $1"
	is "$(sed '1,/^$/d' said | head -n 1)" "$3" "show: $1"
}
shown plain '' '# Grüße aus München'
shown mark UTF-8-BOM '# Grüße aus München'
shown little UTF-16LE '# Grüße aus München'
shown big UTF-16BE '# Grüße aus München'
shown latin1 ISO-8859-1 '# Grüße aus München'
shown win1252 windows-1252 '# „Grüße“ – 5 €'
shown latin2 ISO-8859-2 '# zażółć gęślą jaźń'
shown win1250 windows-1250 '# zażółć gęślą jaźń'
shown unmarked '' "(binary; 'etcsnap cat' prints it)"
shown only-mark UTF-16LE ''
shown odd UTF-16LE 'ab'
shown surrogate UTF-16LE "$(printf 'a\357\277\275')"
shown mixed '' 'grün'
shown hostile ISO-8859-1 'escü\x1b[31mÂ\x1b]0;x\x07'
ok 'show: what is no UTF-8 is escaped' like "$(es show HEAD:/etc/mixed)" '^gr\\xfcn$'
ok 'show: nor is another alphabet guessed' like "$(es show HEAD:/etc/cyrillic)" \
	'^# \\xd0\\xd2\\xc9'

# --- differences ---------------------------------------------------------------
put plain utf-8 "${umlauts}zwölf\n"
put mark utf-8-sig "${umlauts}zwölf\n"
put little utf-16 "${umlauts}zwölf\n"
python3 -c 'import sys
sys.stdout.buffer.write("zw\u00f6lf\n".encode("utf-16-be"))' >>"$root/etc/big"
put latin1 iso8859-1 "${umlauts}zwölf\n"
put win1252 cp1252 '# „Grüße“ – 5 €\nzwölf\n'
put latin2 iso8859-2 "${polish}dwanaście\n"
put win1250 cp1250 "${polish}dwanaście\n"
put moved utf-8 "$umlauts"
printf '\377\376a\0\n\0' >"$root/etc/only-mark"
printf '\377\376a\0b\0\n\0d\0d' >"$root/etc/odd"
printf '\377\376a\0\1\330\n\0' >"$root/etc/surrogate"
printf 'gr\303\274n\ngr\374n\nmehr\n' >"$root/etc/mixed"
printf 'zw\366lf\n' >>"$root/etc/long"
put masked.16 utf-16 'user=you\r\npass=hunter3\r\n'
put masked.mark utf-8-sig 'pass=hunter3\nuser=you\n'
put masked.1 iso8859-1 'ü\npass=hunter3\n'
put umlaut.1 iso8859-1 'schlüssel=hunter3\n'
echo >>"$root/etc/key-mark"
put added utf-16 "$umlauts"
rm "$root/etc/hostile"
es diff >text
is "$(wc -c <text)" "$(iconv -f UTF-8 -t UTF-8 <text | wc -c)" 'text is UTF-8'
ok 'and has no control characters' unlike "$(cat text)" \
	"$(printf '[\001-\010\013-\037\177]')"

# told NAME - what the text report says of a file: encoding and lines
told() {
	awk -v path="/etc/$1  " '/^\// { on = index($0, path) == 1; next }
		on && /^    (encoding|content|[+-])/' text |
		sed 's/^    //' | tr '\n' '|'
}
is "$(told plain)" '+zwölf|' 'UTF-8'
is "$(told mark)" 'encoding UTF-8-BOM|+zwölf|' 'UTF-8 with a mark'
is "$(told little)" 'encoding UTF-16LE|+zwölf|' 'UTF-16LE'
is "$(told big)" 'encoding UTF-16BE|+zwölf|' 'UTF-16BE'
is "$(told latin1)" 'encoding ISO-8859-1|+zwölf|' 'ISO-8859-1'
is "$(told win1252)" 'encoding windows-1252|+zwölf|' 'Windows-1252'
is "$(told latin2)" 'encoding ISO-8859-2|+dwanaście|' 'ISO-8859-2'
is "$(told win1250)" 'encoding windows-1250|+dwanaście|' 'Windows-1250'
is "$(told moved)" 'encoding ISO-8859-1 -> UTF-8|' 'only the encoding changed'
is "$(told only-mark)" 'encoding UTF-16LE|+a|' 'a mark alone'
is "$(told odd)" 'encoding UTF-16LE|+d|' 'an odd number of bytes'
is "$(told surrogate)" 'content changed, not text|' 'a lone surrogate'
is "$(told mixed)" '+mehr|' 'two encodings in one file'
is "$(told long)" 'encoding ISO-8859-1|+zwölf|' 'a long file'
is "$(told added)" 'encoding UTF-16LE|+# Grüße aus München|+name=Jürgen|' 'new'
is "$(told hostile)" 'encoding ISO-8859-1|-escü\x1b[31mÂ\x1b]0;x\x07|' 'gone'
es diff --no-patch >text
ok 'without content: no encoding' unlike "$(cat text)" '^ *encoding [^ ]*$'
ok 'unless it changed' grep -qx '    encoding ISO-8859-1 -> UTF-8' text

# --- JSON and CSV --------------------------------------------------------------
es diff --json >doc
if has_module jsonschema; then
	ok 'JSON: valid by the schema' valid_report doc
else
	skip 'python3-jsonschema is not installed'
fi
# content NAME EXPRESSION - of the "content" of a change, as "c"
content() {
	json doc "[(lambda c: $2)(x['content']) for x in d['changes'] if x['path'] == '/etc/$1'][0]"
}
is "$(content little 'c["encoding"]')" UTF-16LE 'JSON: the encoding'
is "$(content little 'c["hunks"][0]["lines"][-1]["text"]')" \
	'zwölf' 'JSON: a line'
is "$(content latin1 'c["hunks"][0]["lines"][-1]["text"]')" \
	'zwölf' 'JSON: a line that was Latin-1'
is "$(content moved 'c')" \
	"{'state': 'none', 'encoding': 'UTF-8', 'old_encoding': 'ISO-8859-1'}" \
	'JSON: only the encoding changed'
is "$(content plain '"encoding" in c')" False 'JSON: nothing to say of UTF-8'
is "$(content mixed 'c["hunks"][0]["lines"][1]["text_b64"]')" \
	"$(printf 'gr\374n' | base64)" 'JSON: bytes of no known encoding'
es diff --format csv >table
is "$(csv table '[(r["path"], r["old"], r["new"]) for r in d if r["attribute"] == "encoding"]')" \
	"[('/etc/moved', 'ISO-8859-1', 'UTF-8')]" 'CSV: a changed encoding'

# --- secrets -------------------------------------------------------------------
es diff >text
ok 'no masked value in any form' sh -c '! grep -q hunter text doc table'
is "$(told masked.16)" 'content changed, not shown (secret)|' 'masked: UTF-16'
ok 'masked: behind a mark' like "$(told masked.mark)" \
	'^encoding UTF-8-BOM\|-pass=<masked:.*\|\+pass=<masked:.*\|-user=me\||\+user=you'
ok 'masked: Latin-1' like "$(told masked.1)" \
	'^encoding ISO-8859-1\|-pass=<masked:[0-9a-f]{8}>\|\+pass=<masked:'
is "$(told umlaut.1)" 'content changed, not shown (secret)|' \
	'a name that only reads so'
ok 'such a name: cat' must_exit 3 es cat HEAD:/etc/umlaut.1
is "$(told key-mark)" 'content changed, not shown (secret)|' 'a key behind a mark'
ok 'a key in UTF-16' must_exit 3 es cat HEAD:/etc/key-16
ok 'a mask works behind a mark' like "$(es cat HEAD:/etc/masked.mark)" \
	'pass=<masked:[0-9a-f]{8}>$'

es commit || bail 'the second run failed'
es show --json >doc
is "$(content moved '(c["old_encoding"], c["encoding"])')" \
	"('ISO-8859-1', 'UTF-8')" 'the same between two runs'
es report --format csv >table
ok 'report, too' grep -q '^/etc/moved,changed,encoding,ISO-8859-1,UTF-8' table
ok 'sound to the end' fsck

done_testing
