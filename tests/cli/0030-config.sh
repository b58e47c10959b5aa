#!/bin/sh
# SPDX-License-Identifier: MIT
# 0030-config.sh - what files say, where each value comes from, who decides
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"

# run ARGUMENT… - with $conf alone; needs no repository
run() {
	"$ETCSNAP" -c "$conf" --root "$root" --repo "$repo" "$@"
}

# bad NAME ERE LINE… - this configuration is refused with such a message
bad() {
	local name="$1" ere="$2" said

	shift 2
	printf '%s\n' "$@" >"$conf"
	said=$(run config check 2>&1) && es_status=0 || es_status=$?
	printf '%s\n' "$said" >"$es_out"
	if [ "$es_status" -eq 2 ] && like "$said" "$ere" >/dev/null; then
		es_result 0 "$name" config check
	else
		echo "wanted: exit status 2 and $ere" >>"$es_out"
		es_result 1 "$name" config check
	fi
}

# good NAME LINE… - this configuration is taken
good() {
	local name="$1"

	shift
	printf '%s\n' "$@" >"$conf"
	ok "$name" run config check
}

# shown KEY - its values by config show, a line each: value<TAB>origin
shown() {
	run config show --format csv | python3 -c '
import csv, sys
for section, key, value, origin in csv.reader(sys.stdin):
	if section + "." + key == sys.argv[1]:
		print(value + "\t" + origin.split("/")[-1])
' "$1"
}

# explain PATH - in one line, blanks squeezed
explain() {
	run config explain "$1" | tr -s ' \n' ' '
}

need python3
new_tree
mkdir "$root/srv"
tab=$(printf '\t')

# --- mistakes ------------------------------------------------------------------
bad 'an unknown key' \
	"^etcsnap: $conf:3: unknown key 'excludes' in \[files\]; did you mean exclude\?$" \
	'# comment' '[files]' 'excludes = /etc/x'
bad 'an unknown key that resembles none' ":2: unknown key 'zebra' in \[files\]$" \
	'[files]' 'zebra = yes'
bad 'a key of another section' ":2: unknown key 'threads' in \[files\]" \
	'[files]' 'threads = 2'
bad 'an unknown section' ":1: unknown section \[flies\]; did you mean \[files\]\?" \
	'[flies]'
bad 'a section without a name' ':1: section \[rule\] needs a name' '[rule]'
bad 'a name for a section that has none' ':1: section \[files\] takes no name' \
	'[files x]'
bad 'an odd name' ":1: 'a/b' cannot be a name" '[rule a/b]'
bad 'a name that is taken' ':1: .*shipped-' '[rule shipped-mask]' 'match = /x'
bad 'a section that does not end' ':1: the section has no \]' '[files'
bad 'a key before any section' ':1: a key stands before any' 'include = /etc'
bad 'a line that is nothing' ':2: the line is neither' '[files]' 'include'
bad 'a relative pattern' ':2: .*etc/x' '[files]' 'include = etc/x'
bad 'a broken class' ':3: .*\[a' '[files]' '' 'include = /etc/[a'
bad 'a broken brace' ':2: ' '[files]' 'exclude = /etc/{a,b'
bad 'a pattern that stands for too many' ':2: ' '[files]' \
	'exclude = /{a,b,c,d,e,f,g,h,i,j}{a,b,c,d,e,f,g,h,i,j}{a,b,c,d,e,f,g,h,i,j}{a,b}'
bad 'a broken expression' ":3: .*mask.*|:3: .*\(a" '[rule x]' 'match = /x' \
	'mask = (a'
bad 'an expression without a group' ':3: ' '[rule x]' 'match = /x' \
	'mask = password'
bad 'a rule without match' ':1: .*match' '[rule x]' 'class = secret'
bad 'a class that is none' ":3: .*'hidden'" '[rule x]' 'match = /x' \
	'class = hidden'
bad 'a number that is none' ":2: .*'many'" '[collect]' 'threads = many'
bad 'a number too large' ":2: .*64" '[collect]' 'threads = 65'
bad 'a negative number' ":2: " '[collect]' 'threads = -1'
bad 'a size that is none' ":2: " '[files]' 'max_size = 1X'
bad 'a size too large' ":2: " '[files]' 'max_size = 1G'
bad 'neither yes nor no' ":2: .*'maybe'" '[files]' 'defaults = maybe'
bad 'a relative path' ":2: " '[repository]' 'path = repo.git'
bad 'an escape sequence is not handed on' ':1: unknown section \[.x1b' \
	"$(printf '[\033[31m]')"
bad 'text that is none' ':1: ' "$(printf '\377\376[\n')"
printf '[files]\nmax_size = 1\0M\n' >"$conf"
ok 'a NUL byte' must_exit 2 run config check
head -c 70000 /dev/zero | tr '\0' x >"$conf"
ok 'an endless line' must_exit 2 run config check
ok 'a directory for a file' must_exit 2 "$ETCSNAP" -c "$work" config check
if [ "$(id -u)" -ne 0 ]; then
	: >"$conf"
	chmod 0 "$conf"
	ok 'a file that cannot be read' must_exit 2 run config check
	rm -f "$conf"
else
	skip 'root reads everything'
fi
bad 'nothing else runs either' ':1: unknown section' '[x]'
ok 'no init' must_exit 2 run init

# --- what is taken -------------------------------------------------------------
good 'nothing' ''
is "$(run config check)" 'the configuration is good' 'check says so'
ok 'quiet does not' prints '' run -q config check
good 'indented keys, blanks, comments' '  [files]  ' '   max_size   =   2M   ' \
	"$tab; comment" "$tab# comment = 1" '    include = /etc/x'
is "$(shown files.max_size)" "2M${tab}etcsnap.conf:2" 'an indented key is one'
is "$(shown files.include)" "/etc/x${tab}etcsnap.conf:5" \
	'also after another value'
good 'a ; in a value' '[files]' 'include = /etc/a ;b' 'include = /etc/c #d'
is "$(shown files.include | cut -f 1 | tr '\n' '|')" \
	'/etc/a ;b|/etc/c #d|' 'stays in it'
good 'an = in a value' '[files]' 'include = /etc/a=b'
is "$(shown files.include)" "/etc/a=b${tab}etcsnap.conf:2" 'stays in it'
long="($(printf '%05000d' 7 | tr 0 x))"
good 'a line of 5,000 bytes' '[rule long]' "mask = $long" 'match = /etc/short'
is "$(shown 'rule long.mask')" "$long${tab}etcsnap.conf:2" 'is taken whole'
is "$(shown 'rule long.match')" "/etc/short${tab}etcsnap.conf:3" \
	'and the lines after it counted right'
printf '\357\273\277[files]\r\nmax_size = 3M\r\n' >"$conf"
ok 'a BOM and carriage returns' run config check
is "$(shown files.max_size)" "3M${tab}etcsnap.conf:2" 'are not in the value'
good 'no newline at the end' '[files]'
printf '[files]\nmax_size = 4M' >"$conf"
is "$(shown files.max_size)" "4M${tab}etcsnap.conf:2" 'the last line counts'
good 'the last value counts' '[files]' 'max_size = 4M' 'max_size = 5M'
is "$(shown files.max_size)" "5M${tab}etcsnap.conf:3" 'for what is no list'
good 'an empty value' '[files]' 'max_size = 4M' 'max_size ='
is "$(shown files.max_size)" "1M${tab}default" 'is the default again'
good 'a directory that is not there' '[files]' 'include = /nowhere/at/all'

# --- lists ---------------------------------------------------------------------
good 'a repeated key' '[files]' 'include = /a' 'include = /b' 'exclude = /c'
is "$(shown files.include | cut -f 1 | tr '\n' ' ')" '/a /b ' \
	'is a list, and the shipped one is off'
good 'an empty value in a list' '[files]' 'include = /a' 'include =' \
	'include = /b'
is "$(shown files.include)" "/b${tab}etcsnap.conf:4" 'clears it'
good 'defaults = yes' '[files]' 'defaults = yes' 'include = /a'
is "$(shown files.include | cut -f 1 | grep -cx -e /a -e /etc)" 2 \
	'adds to the shipped list'
ok 'which comes first' test "$(shown files.include | sed -n 1p)" = \
	"/etc${tab}shipped"
good 'an empty value' '[files]' 'defaults = yes' 'include =' 'include = /a'
is "$(shown files.include)" "/a${tab}etcsnap.conf:4" \
	'clears the shipped list, too'
good 'defaults = no' '[files]' 'defaults = no'
is "$(shown files.include)" '' 'is nothing at all'
good 'only an exclude' '[files]' 'exclude = /etc/x'
ok 'keeps the shipped include list' like "$(shown files.include)" '^/etc	shipped'
ok 'and adds to the shipped exclude list' \
	like "$(shown files.exclude | tail -n 1)" '^/etc/x	etcsnap.conf:2'

# --- show ----------------------------------------------------------------------
good 'a file to show' '[files]' 'include = /etc' '[rule b]' 'match = /etc/b' \
	'[rule a]' 'match = /etc/a' 'class = digest' 'mask = (x)'
ok 'show' like "$(run config show)" "^files +include +/etc +$conf:2"
ok 'defaults are told' like "$(run config show)" '^collect +wait +60 +default'
ok 'named sections' like "$(run config show)" "^rule a +class +digest +$conf:7"
is "$(run config show --format csv | sed -n 's/,match.*//p' |
	grep -v shipped | tr '\n' ' ')" 'rule b rule a ' 'in the order of the file'
ok 'csv has a head' like "$(run config show --format csv | head -n 1)" \
	'^section,key,value,origin'
run config show --json >shown.json
# shellcheck disable=SC2016
ok 'json' python3 -c '
import json, sys
rows = json.load(open("shown.json"))
rows = rows if isinstance(rows, list) else next(
	v for v in rows.values() if isinstance(v, list))
one = [r for r in rows if r["section"] == "rule a" and r["key"] == "class"]
assert len(one) == 1, one
assert one[0]["value"] == "digest", one
assert one[0]["origin"] == sys.argv[1] + ":7", one
' "$conf"
ok 'shipped rules are in it' like "$(run config show)" \
	'^rule shipped-secret +match +/etc/.*shadow'

# where ARGUMENT… - the path of the repository by config show, and its origin
where() {
	"$@" -c "$conf" config show | sed -n 's/^repository  *path  *//p' |
		sed 's/ *$//; s/  */ /'
}
prefix=$(sed -n 's/^prefix = //p' "$builddir/Makefile")
# configured DIR - what configure was told of it
configured() {
	sed -n "s/^$1 = //p" "$builddir/Makefile" | sed "s,\\\${prefix},$prefix,"
}
localstatedir=$(configured localstatedir)
good 'a repository' '[files]' '[repository]' 'path = /srv//a/'
is "$(where "$ETCSNAP")" "/srv/a $conf:3" 'is where the file says'
is "$(where "$ETCSNAP" --repo b/../c)" "$work/c --repo" \
	'or the option, which has the last word'
: >"$conf"
chmod 755 "$work"
is "$(where as_user env XDG_STATE_HOME=/state "$ETCSNAP")" \
	'/state/etcsnap/repo.git default' 'or where a user keeps state'
is "$(where as_user env HOME=/home/me "$ETCSNAP")" \
	'/home/me/.local/state/etcsnap/repo.git default' 'by another variable, too'
if [ "$(id -u)" -eq 0 ]; then
	is "$(where "$ETCSNAP")" "$localstatedir/lib/etcsnap/repo.git default" \
		'or where configure was told'
else
	skip 'only root has the one of the machine'
fi
is "$(sed -n 's/^#path = //p' "$builddir/edited/etcsnap.conf")" \
	"$localstatedir/lib/etcsnap/repo.git" 'the file to install names that'
ok 'and the manual' grep -qxF ".It Pa $localstatedir/lib/etcsnap/repo.git" \
	"$builddir/edited/etcsnap.8"

# --- conf.d --------------------------------------------------------------------
# With -c that file is all; the installed ones are where configure said.
mkdir conf.d
printf '[files]\nbroken\n' >conf.d/10.conf
good '-c FILE reads no conf.d' '[files]' 'include = /a'
sysconfdir=$(configured sysconfdir)
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
	mkdir -p conf/conf.d
	printf '[files]\ndefaults = no\ninclude = /main\n' >conf/etcsnap.conf
	printf '[files]\ninclude = /ten\n' >conf/conf.d/10-a.conf
	printf '[files]\ninclude = /nine\nmax_size = 9M\n' >conf/conf.d/9.conf
	printf '[files]\ninclude = /upper\n' >conf/conf.d/Z.conf
	printf '[files]\nmax_size = 8M\n' >conf/conf.d/a.conf
	printf 'broken' >conf/conf.d/not-read.conf~
	printf 'broken' >conf/conf.d/.hidden.conf
	mkdir conf/conf.d/directory.conf
	# What is there, perhaps the program, stays hidden below it; nothing
	# of it is touched.
	cp "$ETCSNAP" program
	cat >in-place <<-'EOF'
	top=$1
	while [ ! -d "$top" ]; do
		top=${top%/*}
	done
	mount -t tmpfs none "${top:?}" && mkdir -p "$1/etcsnap" &&
		mount --bind conf "$1/etcsnap" || exit
	shift
	exec "$@"
	EOF
	# installed ARGUMENT… - with the installed files
	installed() {
		unshare -m sh in-place "$sysconfdir" ./program --root "$root" \
			--repo "$repo" "$@"
	}
	ok 'the installed files' installed config check
	is "$(installed config show --format csv |
		awk -F , '$2 == "include" { print $3 }' | tr '\n' ' ')" \
		'/main /ten /nine /upper ' 'conf.d follows, in the order of bytes'
	ok 'the last one counts' like "$(installed config show)" \
		'^files +max_size +8M .*conf\.d/a\.conf:2'
	printf '[flies]\n' >conf/conf.d/5.conf
	ok 'a mistake there' must_exit 2 installed config check
	ok 'is told by name' like "$(installed config check 2>&1)" \
		'conf\.d/5\.conf:1: unknown section'
	rm conf/conf.d/5.conf
	ln -s nowhere conf/conf.d/5.conf
	ok 'a dangling link there is told' must_exit 2 installed config check
	rm -r conf/conf.d conf/etcsnap.conf
	ok 'no file at all' installed config check
else
	skip 'only root can mount' 7
fi

# --- explain -------------------------------------------------------------------
good 'a file to explain' '[files]' 'defaults = yes' 'include = /srv/**/*.conf' \
	'exclude = /etc/skel' '[rule one]' 'match = /etc/ssh' 'class = digest' \
	'[rule two]' 'match = /etc/ssh/*_config' 'class = mirror' \
	'mask = ^Port (\d+)'
ok 'a mirrored file' like "$(explain /etc/hosts)" \
	'^/etc/hosts: file watched: content and attributes, secret values masked include /etc \(shipped\) exclude no pattern class no pattern mask / \[rule shipped-mask\] \(shipped\)'
ok 'a rule of the file' like "$(explain /etc/ssh/sshd_config)" \
	"watched: content and attributes, secret values masked .*class /etc/ssh/\*_config \[rule two\] \($conf:9\)"
ok 'one for a directory above' like "$(explain /etc/ssh/moduli)" \
	"^/etc/ssh/moduli: not there now watched: SHA-256 .*class /etc/ssh \[rule one\] \($conf:6\)"
ok 'a secret file' like "$(explain /etc/shadow)" \
	'watched: keyed digest .* never .*\[rule shipped-secret\] \(shipped\)'
ok 'the last word over shipped secrets' like \
	"$(explain /etc/ssh/ssh_host_ed25519_key)" 'SHA-256'
ok 'a digested file' like "$(explain /usr/bin/true)" \
	'watched: SHA-256.*\[rule shipped-digest\]'
ok 'an excluded file' like "$(explain /etc/skel/.profile)" \
	"not watched .*exclude /etc/skel \($conf:4\)"
ok 'an unwatched file' like "$(explain /var/log/x)" \
	'not watched include no pattern'
ok 'a way to watched ones' like "$(explain /srv)" 'leads to watched paths'
ok 'the root' like "$(explain /)" '^/: directory not watched; leads to'
ok 'a directory' like "$(explain /etc)" '^/etc: directory watched: attributes'
ok 'a link' like "$(explain /etc/localtime)" \
	'^/etc/localtime: link watched: attributes'
ok 'a path with dots' like "$(explain /etc/ssh/../hosts)" '^/etc/hosts: file'
ok 'odd bytes are quoted' like \
	"$(explain "$(printf '/etc/a\033[2Jb\nc')")" '^/etc/a\\x1b\[2Jb\\nc: '
done_testing
