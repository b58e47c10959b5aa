#!/bin/sh
# SPDX-License-Identifier: MIT
# 0025-locale.sh - the same words, numbers and columns in everybody's locale
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git

# --- a run whose report has letters, columns and fractions ---------------------
es_init
es commit || bail 'the first run failed'
letters=$(printf '\303\244%.0s' 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6)
mkdir -p "$root/proc"
printf 'MemTotal: 4321000 kB\nMemAvailable: 1234000 kB\n' >"$root/proc/meminfo"
(
	cd "$root/etc" || exit 1
	for i in 1 2 3 4 5 6 7; do
		echo "I $i" >"$i-$letters$letters$letters-$i"
	done
)
settle
es commit || bail 'the second run failed'

# said LOCALE - all that is printed, digits apart
said() {
	LC_ALL=$1
	export LC_ALL
	{
		es report
		es report --json
		es log
		es show HEAD
		es report --state
		es -c /nonexistent/etcsnap.conf log
		es log nowhere
	} 2>&1 | LC_ALL=C sed -e 's/[0-9][0-9]*/N/g' \
		-e 's/ seconds ago/ second ago/'
	unset LC_ALL
}
said C.UTF-8 >reference
ok 'there are letters' grep -q "$letters" reference
ok 'there are fractions' grep -q 'N\.N GiB' reference
ok 'there are messages' grep -q '^etcsnap: ' reference

# --- as others run it ----------------------------------------------------------
# cron has C; a comma in fractions; an "i" that is no small "I"; one byte a letter
LOCPATH=$work/locales
export LOCPATH
mkdir "$LOCPATH"
for locale in C de_DE.UTF-8 tr_TR.UTF-8 de_DE.ISO-8859-1; do
	if [ $locale != C ] &&
		! localedef -i "${locale%%.*}" -f "${locale#*.}" \
			"$LOCPATH/$locale" >/dev/null 2>&1; then
		skip "no $locale can be made: is the package locales installed?"
		continue
	fi
	said $locale >theirs
	ok "the same in $locale" diff reference theirs
done
done_testing
