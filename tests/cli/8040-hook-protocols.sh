#!/bin/sh
# SPDX-License-Identifier: MIT
# 8040-hook-protocols.sh - hook files as package managers read and call them
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"

hooks=$srcdir/hooks
calls=$work/calls
: >"$calls"
printf '#!/bin/sh\necho "$*" >>%s\n' "$calls" >package-hook
chmod 755 package-hook

# placed FILE - a hook file whose package-hook is that of this test
placed() {
	mkdir -p "$(dirname "placed/$1")"
	sed "s,/usr/libexec/etcsnap/,$work/," "$hooks/$1" >"placed/$1"
	chmod 755 "placed/$1"
	echo "$work/placed/$1"
}
# called - what package-hook was called with since the last time, on one line
called() {
	tr '\n' ',' <"$calls"
	: >"$calls"
}

# --- the table -----------------------------------------------------------------
sed '/^#/d' "$hooks/places" >places
is "$(awk 'NF != 5 || $3 !~ /^\// || $4 !~ /^0[67][45][45]$/ || $5 !~ /^\//' places)" \
	'' 'every line of the table has its five fields'
is "$(awk '{ print $2 }' places | sort -u)" \
	"$(cd "$hooks" && find ./*/* -type f ! -name '*~' | sed 's,^\./,,' | sort)" \
	'which name every file there is'
is "$(awk '{ print $3 }' places | sort | uniq -d)" '' 'each to a place of its own'

# --- zypper: frames that end in a NUL ------------------------------------------
if command -v bash >/dev/null; then
	plugin=$(placed zypper/etcsnap)
	frames() {
		printf 'PLUGINBEGIN\nuserdata:x\n\n\0'
		printf '\nCOMMITBEGIN\n\n{ "TransactionStepList": [ ] }\0'
		printf 'COMMITEND\n\n{}\0'
		printf 'PLUGINEND\n\n\0_DISCONNECT\n\n\0'
	}
	is "$(frames | "$plugin" | od -An -c | tr -d ' \n')" \
		'ACK\n\n\0ACK\n\n\0ACK\n\n\0ACK\n\n\0ACK\n\n\0' \
		'zypper gets an answer to each frame, and no word more'
	is "$(called)" 'zypper pre,zypper post,' 'and its two snapshots'
	ok 'a frame that is cut off' sh -c 'printf COMMITBEGIN | "$1"' sh "$plugin"
	is "$(called)" '' 'is none'
else
	skip 'bash is not installed' 4
fi

# --- apk: a program called with a word -----------------------------------------
program=$(placed apk/etcsnap)
ok 'apk before' "$program" pre-commit
ok 'apk after' "$program" post-commit
ok 'apk with a word of the future' "$program" other
is "$(called)" 'apk pre,apk post,' 'has its two snapshots'

# --- portage: sourced by every phase -------------------------------------------
if command -v bash >/dev/null; then
	file=$(placed portage/bashrc)
	for phase in setup unpack compile install preinst postinst prerm postrm; do
		EBUILD_PHASE=$phase bash -euc '. "$1"' bash "$file"
	done
	is "$(called)" \
		'portage pre,portage post,portage pre,portage post,' \
		'portage has one before and after each merge and removal'
	EBUILD_PHASE=preinst ROOT=/mnt/other bash -euc '. "$1"' bash "$file"
	is "$(called)" '' 'and none for another root'
else
	skip 'bash is not installed' 2
fi

# --- dnf 5: five fields, the last of them a command ----------------------------
file=$(placed dnf5/etcsnap.actions)
is "$(sed '/^#/d' "$file" | cut -d : -f 1-4)" \
	'pre_transaction:::enabled=host-only
post_transaction:::enabled=host-only' 'dnf 5 finds its callbacks'
sed '/^#/d' "$file" | cut -d : -f 5- | while read -r program words; do
	# shellcheck disable=SC2086 # it splits them at blanks, too
	"$program" $words
done
is "$(called)" 'dnf pre,dnf post,' 'and commands that run'

# --- xbps: no hooks, a list ----------------------------------------------------
printf '[repository]\npath = %s\n' "$repo" | cat - "$hooks/xbps/xbps.conf" >xbps.conf
ok 'the list of xbps is a configuration' "$ETCSNAP" -c xbps.conf config check

# --- without us ----------------------------------------------------------------
rm package-hook
ok 'apk goes on without us' "$work/placed/apk/etcsnap" pre-commit
if command -v bash >/dev/null; then
	is "$(frames | "$plugin" | tr -d '\n\0')" ACKACKACKACKACK \
		'zypper still gets its answers'
	ok 'portage goes on' env EBUILD_PHASE=preinst bash -euc '. "$1"' bash \
		"$work/placed/portage/bashrc"
else
	skip 'bash is not installed' 2
fi

# --- what all of them call -----------------------------------------------------
es_init
es commit
printf '#!/bin/sh\nexec %s -c %s --root %s "$@"\n' "$ETCSNAP" "$conf" "$root" \
	>etcsnap
chmod 755 etcsnap
sed "s,/usr/sbin/etcsnap,$work/etcsnap," "$hooks/package-hook" >hook
date +%N >"$root/etc/changed"
is "$(sh hook zypper post 2>&1; echo $?)" 0 'package-hook is silent'
is "$(git_repo log -1 --format='%(trailers:key=Trigger,valueonly,separator=)')" \
	zypper 'and takes a snapshot'
DPKG_FRONTEND_LOCKED=1 sh -x hook dpkg pre >out 2>&1
is "$?" 0 'dpkg is not in its way below apt'
ok 'and takes none there' unlike "$(cat out)" commit
flock "$repo/etcsnap.lock" sh -c 'sh hook pacman pre 2 >out 2>err; echo $? >status'
is "$(cat status out)" 0 'with a repository that is locked it ends with 0, too'
ok 'and says so' like "$(cat err)" '^etcsnap: .*lock'

done_testing
