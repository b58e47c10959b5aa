#!/bin/sh
# SPDX-License-Identifier: MIT
# 2010-commit.sh - the message, who is named in it, and what cannot touch it
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git

host=$(uname -n)

# trailers [REV] - the trailers that git sees
trailers() {
	git_repo log -1 --format=%B "${1:-main}" | git interpret-trailers --parse
}

# keys [REV] - their names, in order, on one line
keys() {
	trailers "$@" | sed 's/:.*//' | tr '\n' ' '
}

# field FORMAT [REV] - one thing that git knows of a commit
field() {
	git_repo log -1 --format="$1" "${2:-main}"
}

# --- the first message ---------------------------------------------------------
es_init
ok 'the first run commits' es commit --trigger timer
items=$(trailers | sed -n 's/^Items: //p')
is "$(field %s)" "first run on $host: $items entries watched" 'its subject'
is "$(keys)" 'Etcsnap-Format Host Run Trigger Started Items ' 'its trailers'
trailers >said
ok 'format' grep -qx 'Etcsnap-Format: 1' said
ok 'host' grep -qx "Host: $host" said
ok 'run' grep -qEx 'Run: [0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}' said
ok 'trigger' grep -qx 'Trigger: timer' said
ok 'start' grep -qEx 'Started: 20[0-9-]{8} [0-9:]{8} \+0000' said
ok 'items' grep -qEx 'Items: [1-9][0-9]+' said
is "$(git_repo rev-list --count main)" 1 'it has no parent'
ok 'the run is told again in run/summary' sh -c '
	git --git-dir="$1" cat-file -p main:run/summary >summary &&
	grep -qx "run = $(sed -n "s/^Run: //p" said)" summary &&
	grep -qx "trigger = timer" summary' sh "$repo"

# --- a change ------------------------------------------------------------------
settle
echo '192.0.2.1 new' >>"$root/etc/hosts"
chmod 600 "$root/etc/passwd"
echo new >"$root/etc/new.conf"
rm "$root/etc/fstab"
mv "$root/etc/nginx/conf.d/web.conf" "$root/etc/nginx/conf.d/site.conf"
touch "$root/etc/hostname"
SOURCE_DATE_EPOCH=1780000000
export SOURCE_DATE_EPOCH
ok 'a change commits' es commit -m 'ticket 7'
is "$(field %s)" "2 changed, 1 added, 1 removed, 1 renamed, 1 touched on $host: fstab, hosts, new.conf, site.conf, passwd" \
	'its subject counts and names'
is "$(field %b | sed '/^Etcsnap-Format/,$d')" '    ticket 7

D /etc/fstab
U /etc/hostname
M /etc/hosts
A /etc/new.conf
R /etc/nginx/conf.d/web.conf -> /etc/nginx/conf.d/site.conf
M /etc/passwd' 'note and name-status list'
is "$(field %ct)" 1780000000 'SOURCE_DATE_EPOCH is the time'
is "$(field %P)" "$(git_repo rev-parse main~1)" 'one parent'
TZ=America/St_Johns es commit -m zone
echo again >>"$root/etc/hosts"
ok 'a run in another zone' env TZ=America/St_Johns "$ETCSNAP" -c "$conf" \
	--root "$root" commit
is "$(field %ci)" '2026-05-28 17:56:40 -0230' 'carries that zone'
unset SOURCE_DATE_EPOCH

# --- who -----------------------------------------------------------------------
login=$(cat /proc/self/loginuid 2>/dev/null || echo 4294967295)
if [ "$login" != 4294967295 ]; then
	login=$(getent passwd "$login" | cut -d: -f1)
else
	login=
fi
echo 1 >>"$root/etc/hosts"
es commit
is "$(field %an)" "${login:-$(id -un)}" 'the author is who runs it'
is "$(field '%cn <%ce>')" "etcsnap <etcsnap@$host>" 'the committer is etcsnap'
echo 2 >>"$root/etc/hosts"
SUDO_USER=alice es commit
if [ "$(id -u)" -ne 0 ] || [ -n "$login" ]; then
	skip 'SUDO_USER counts for root alone, without a login uid' 3
else
	is "$(field '%an <%ae>')" "alice <alice@$host>" 'sudo names the author'
	echo 3 >>"$root/etc/hosts"
	SUDO_USER='<b>
committer x <y> 1 +0000' es commit
	is "$(git_repo cat-file -p main | sed -n '/^$/q;/^committer/p' | wc -l)" 1 \
		'a hostile SUDO_USER adds no header line'
	ok 'and leaves the repository sound' fsck
fi

# --- hostile words -------------------------------------------------------------
before=$(keys)
n=0
while IFS= read -r text; do
	n=$((n + 1))
	echo "$n" >>"$root/etc/hosts"
	es_run es commit -m "$(printf '%b' "$text")"
	[ "$es_status" -eq 0 ] && [ "$(keys)" = "$before" ] &&
		trailers | grep -qx "Host: $host" &&
		! field %B | grep -q "$(printf '\033')" && continue
	note "message: $text"
	note "trailers: $(trailers)"
	break
done <<'END'
Host: evil
x\n\nHost: evil\nRun: 1\n
\n\n\nHost: evil
x\r\n\r\nHost: evil\r\n
---\nx
x\n---\nHost: evil
    Host: evil
\tHost: evil
x\n\nSigned-off-by: evil <e@e>
# ------------------------ >8 ------------------------
diff --git a/x b/x\n--- a/x\n+++ b/x
\033[31mred\007\0177
gpgsig -----BEGIN PGP SIGNATURE-----
\0377\0376 not UTF-8
x\n(cherry picked from commit 1)\nHost: evil
END
is "$n" 15 'no message forges, hides or adds a trailer'
echo t >>"$root/etc/hosts"
ok 'a hostile trigger' es commit --trigger 'x
Host: evil'
is "$(keys)" "$before" 'adds no trailer either'
ok 'it is quoted' like "$(trailers)" '^Trigger: x\\nHost: evil$'
touch "$root/etc/a
Host: evil"
ok 'a file name with a line break' es commit
is "$(keys)" "$before" 'adds no trailer'
secret=hunter2hunter2
echo u >>"$root/etc/hosts"
ok 'a password in the message' es commit -m "set password=$secret for now"
ok 'is masked' unlike "$(field %B)" "$secret"
ok 'all that is sound' fsck

# --- the caller's git ----------------------------------------------------------
mkdir -p evil/hooks evil/template/hooks home/.config/git objects
for hook in pre-commit commit-msg post-commit pre-receive post-receive update \
	post-update reference-transaction post-index-change pre-auto-gc; do
	for dir in evil/hooks evil/template/hooks; do
		printf '#!/bin/sh\ntouch %s/ran\nexit 1\n' "$work" >"$dir/$hook"
		chmod 755 "$dir/$hook"
	done
done
cat >home/.gitconfig <<END
[user]
	name = evil
	email = evil@example.com
	signingkey = evil
[commit]
	gpgsign = true
[gpg]
	program = $work/evil/hooks/update
[core]
	hooksPath = $work/evil/hooks
	sharedRepository = 0666
	logAllRefUpdates = always
	fsyncMethod = batch
	commentChar = 1
[init]
	templateDir = $work/evil/template
	defaultBranch = evil
	defaultObjectFormat = sha256
[i18n]
	commitEncoding = UTF-16
	logOutputEncoding = UTF-8
[safe]
	directory = /nowhere
[pack]
	compression = 0
	packSizeLimit = 1
END
cp home/.gitconfig home/.config/git/config

# evil_git COMMAND… - with all that a caller can have in the environment
evil_git() {
	env GIT_CONFIG_GLOBAL="$HOME/.gitconfig" GIT_CONFIG_SYSTEM="$HOME/.gitconfig" \
		GIT_CONFIG_NOSYSTEM=0 GIT_CONFIG_COUNT=1 \
		GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0="$work/evil/hooks" \
		GIT_DIR="$work/nowhere" GIT_WORK_TREE="$work" \
		GIT_INDEX_FILE="$work/index" GIT_OBJECT_DIRECTORY="$work/objects" \
		GIT_ALTERNATE_OBJECT_DIRECTORIES="$work/objects" \
		GIT_NAMESPACE=evil GIT_COMMON_DIR="$work/nowhere" \
		GIT_TEMPLATE_DIR="$work/evil/template" \
		GIT_AUTHOR_NAME=evil GIT_AUTHOR_EMAIL=evil@e \
		GIT_AUTHOR_DATE='1 +0000' GIT_COMMITTER_NAME=evil \
		GIT_COMMITTER_EMAIL=evil@e GIT_COMMITTER_DATE='1 +0000' \
		GIT_DEFAULT_HASH=sha256 GIT_CEILING_DIRECTORIES=/ \
		EMAIL=evil@e "$@"
}
cat >evil.conf <<END
[repository]
path = $work/second/repo.git
END
run_evil() {
	evil_git "$ETCSNAP" -c evil.conf --root "$root" "$@"
}
ok 'init by a caller with a hostile git' run_evil init
ok 'its first run' run_evil commit
echo evil >>"$root/etc/hosts"
ok 'and the next' run_evil commit
repo=$work/second/repo.git
not_ok 'no hook ran' test -e ran
not_ok 'none was copied' test -e "$repo/hooks/post-commit"
is "$(cat "$repo/HEAD")" 'ref: refs/heads/main' 'the branch is main'
is "$(field '%cn <%ce>')" "etcsnap <etcsnap@$host>" 'the committer is etcsnap'
is "$(field %an)" "${login:-$(id -un)}" 'the author is not the configured one'
ok 'the time is now' test "$(field %ct)" -gt 1700000000
ok 'no commit is signed' unlike "$(git_repo cat-file -p main)" '^gpgsig'
is "$(find "$repo" -perm /077 | wc -l)" 0 'nothing is open to others'
is "$(find objects -type f | wc -l)" 0 'objects are in the repository'
ok 'which is sound' fsck
ok 'etcsnap git works there too' like "$(run_evil git log --oneline)" \
	'1 changed on'
ok 'log, too' like "$(run_evil log)" ' 1 changed: hosts$'

echo '[broken' >home/.gitconfig
echo '[broken' >home/.config/git/config
echo broken >>"$root/etc/hosts"
ok 'a broken .gitconfig is no reason to fail' run_evil commit
rm -rf home
echo homeless >>"$root/etc/hosts"
ok 'nor is a missing home' env -u HOME "$ETCSNAP" -c evil.conf --root "$root" commit
ok 'sound to the end' fsck

# --- what we write ourselves ---------------------------------------------------
repo=$work/own/repo.git
mkdir "$work/own"
conf_for_tree "include = $work/own" '[channel box]' 'type = file'
ok 'a repository that lies in a watched folder' es init
es commit
date +%N >"$root/etc/changed"
es commit
ok 'with reports beside it' test -e "$work/own/reports"
is "$(es -v commit)" 'no changes' 'is no change by itself'
repo=$work/etcsnap/repo.git
mkdir "$work/etcsnap"
conf_for_tree "include = $work/etcsnap"
es init >out
es commit
echo replaced >"$work/etcsnap/other"
is "$(es -v commit)" 'no changes' 'nor is anything in a folder of its own'

done_testing
