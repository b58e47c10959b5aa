#!/bin/sh
# SPDX-License-Identifier: MIT
# 8330-readme.sh - what README shows is what one sees
#
# UPDATE=1 in the environment writes what the commands print into README.
if [ -z "${ES_OWN_NAME-}" ] && [ "$(id -u)" -eq 0 ] &&
	unshare -u true 2>/dev/null; then
	ES_OWN_NAME=1 exec unshare -u sh "$0" "$@"
fi
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3
need_root
[ -x /usr/sbin/sendmail ] || skip_all 'no sendmail, which its mails need'
[ -n "${ES_OWN_NAME-}" ] || skip_all 'the machine cannot have another name'
hostname web1

# The program of the text is this one, its machine is the small one.
new_tree
conf_for_root '[report]' 'flap_times = 100' '[channel ops]' 'type = mail' \
	'to = ops@example.org' 'html = none'
mkdir bin state
cat >bin/etcsnap <<END
#!/bin/sh
exec "$ETCSNAP" -c "$conf" --root "$root" "\$@"
END
chmod 755 bin/etcsnap
PATH=$work/bin:$PATH
export PATH PAGER=cat

text=$srcdir/README
if [ -n "${UPDATE-}" ]; then
	python3 "$srcdir/tests/transcript.py" "$text" "$root" -u ||
		bail 'README was not written'
	note "written: $text"
fi

# --- the session ---------------------------------------------------------------
rm -rf state && mkdir state && new_tree
ok 'what the commands print' \
	python3 "$srcdir/tests/transcript.py" "$text" "$root"

# --- the configuration ---------------------------------------------------------
awk '/^Configuration in ten lines$/ { here = 1 } /^Exit statuses$/ { here = 0 }
	here && /^    / { print substr($0, 5) }' "$text" >ten.conf
is "$(wc -l <ten.conf)" 10 'ten lines are ten'
{
	printf '[repository]\npath = %s\n[files]\ndefaults = yes\n' "$repo"
	cat ten.conf
} >drop-in.conf
ok 'they are good' "$ETCSNAP" -c drop-in.conf config check
ok 'and the shipped lists still hold' \
	like "$("$ETCSNAP" -c drop-in.conf config explain /etc/hosts)" 'include +/etc'

ok 'of which this is no part' \
	like "$("$ETCSNAP" -c drop-in.conf config explain /srv/shop/conf/x)" \
	'include +/srv/shop/conf  \(drop-in.conf'

# --- what it names -------------------------------------------------------------
# The map of the source has every folder; files are there.
for folder in "$srcdir"/src/*/; do
	name=$(basename "$folder")
	ok "the map has $name" grep -q "^  $name/ " "$text"
done
grep -oE '\bcontrib/[A-Za-z_-]+(\.[a-z]+)?' "$text" | sort -u >files
while read -r file; do
	ok "$file is there" test -e "$srcdir/$file"
done <files
# Statuses of the table are those of the manual.
sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EXA/s/^\.It \([0-9]*\)$/\1/p' \
	"$srcdir/src/etcsnap.8" >statuses
while read -r status; do
	ok "exit status $status is told" grep -qE "(^|  )  +$status  +[A-Za-z]" "$text"
done <statuses
done_testing
