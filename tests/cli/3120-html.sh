#!/bin/sh
# SPDX-License-Identifier: MIT
# 3120-html.sh - a report as HTML: whole, harmless, and read by anyone
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

es_init
conf_for_root '[report]' 'url = https://git.example/%h/commit/%H?a=1&b=2'
cd "$root/etc" || bail 'there is no tree'
seq 1 400 >numbers
seq 1 4000 >gone
# many TIMES - sixty files of ninety long lines each
many() {
	python3 - "$root/etc" "$1" <<'END'
import sys
for n in range(60):
    with open("%s/many%03d" % (sys.argv[1], n), "w") as f:
        f.writelines("%d <%s>\n" % (k, "line " * int(sys.argv[2]))
                     for k in range(90))
END
}
many 1
es commit -m 'the <first> & only' || bail 'the first run failed'
settle

mkdir 'a<b>"&'\''' && echo x >'a<b>"&'\''/<script>alert(1)<'
printf 'y\n' >"$(printf 'esc\033[31m\342\200\256 \377\nname')"
echo '<img src=x onerror="alert(1)"> {{{report}}} </pre></table>' >>hosts
printf '\033[2J \302\233 tail' >control
sed -i 's/^7$/seven <7>/' numbers
rm gone
ln -s 'javascript:alert(1)' link
cd "$work" || bail 'no way back'
es commit -m 'ticket <7>

"two" lines' || bail 'the second run failed'

# checked FILE - it is HTML, and harmless
checked() {
	python3 "$srcdir/tests/htmlcheck.py" "$1" || return 1
	! command -v tidy >/dev/null || tidy -e -q "$1"
}

ok 'a report' es report --format html -o page.html
ok 'is whole and harmless' checked page.html
text=$(cat page.html)
ok 'names are told' like "$text" \
	'/etc/a&lt;b&gt;&quot;&amp;&#39;/&lt;script&gt;alert\(1\)&lt;'
ok 'escape codes are seen' like "$text" 'esc\\x1b\[31m.* \\xff\\nname'
ok 'and the change in one word of many' like "$text" '<b>seven|seven &lt;7&gt;'
ok 'the message is told' like "$text" 'ticket &lt;7&gt;'
ok 'a link to the run' like "$text" \
	"href=\"https://git.example/[^\"/]*/commit/$(tip)\\?a=1&amp;b=2\""
ok 'long content is cut' like "$text" 'more lines: etcsnap show [0-9a-f]{7}'
ok 'ends as it should' like "$(tail -n 1 page.html)" '^</html>$'
ok 'is the same again' sh -c '"$@" | cmp - page.html' sh \
	"$ETCSNAP" -c "$conf" --root "$root" report --format html
if command -v w3m >/dev/null; then
	w3m -dump -cols 100 page.html >text
	ok 'reads well without style' like "$(cat text)" '^ *7 +-7$'
	ok 'and without tags' unlike "$(cat text)" '<(td|span|details|small)|style='
	es report >plain
	is "$(sed -n 1p text)" "$(sed -n 1p plain)" 'the headline is the same'
else
	skip 'w3m is not installed' 3
fi

# --- the first run, and none -----------------------------------------------------
first=$(git_repo rev-list --max-parents=0 main)
es show --format html "$first" >first.html || bail 'no report of the first run'
ok 'is HTML too' checked first.html
ok 'and says what it is' like "$(cat first.html)" 'first run: [0-9,]+ entries'
ok 'a range in which nothing was' es report --format html HEAD..HEAD -o none.html
ok 'is HTML' checked none.html
ok 'and says so' like "$(cat none.html)" ': no changes'

# --- limits ----------------------------------------------------------------------
settle
many 5
es commit || bail 'the third run failed'
ok 'much' es report --format html -o much.html
ok 'is HTML' checked much.html
ok 'it is much' test "$(wc -c <much.html)" -gt 500000
done_testing
