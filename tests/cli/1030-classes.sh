#!/bin/sh
# SPDX-License-Identifier: MIT
# 1030-classes.sh - how much of a file is kept; what is secret never gets in
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

# Where a secret could have got to: every object of the repository, as git
# unpacks it, every other file in it, state and all that was printed.
cat >leaks.py <<'EOF'
import hashlib, os, subprocess, sys

repo, said, *files = sys.argv[1:]
git = ['git', '--git-dir=' + repo]
objects = subprocess.run(git + ['cat-file', '--batch', '--batch-all-objects'],
                         capture_output=True, check=True).stdout
places = {'objects': objects, 'output': open(said, 'rb').read()}
for top, dirs, names in os.walk(os.path.dirname(repo)):
    for name in names:
        path = os.path.join(top, name)
        if name != 'key':
            places[path] = open(path, 'rb').read()
bad = 0
for file in files:
    data = open(file, 'rb').read()
    needles = {}
    for i, line in enumerate(data.replace(b'\0', b'').splitlines()):
        if len(line) >= 12:
            needles['line %d' % (i + 1)] = line
            needles['line %d in UTF-16' % (i + 1)] = \
                line.decode('latin1').encode('utf-16-le')
    blob = b'blob %d\0' % len(data) + data
    for what, digest in (('sha256', hashlib.sha256(data)),
                         ('blob id', hashlib.sha1(blob)),
                         ('sha1', hashlib.sha1(data)),
                         ('md5', hashlib.md5(data))):
        needles[what] = digest.digest()
        needles[what + ' in hex'] = digest.hexdigest().encode()
    for place, text in places.items():
        for what, needle in needles.items():
            if needle in text:
                bad += 1
                print('%s: %s is in %s' % (file, what, place))
sys.exit(bad > 0)
EOF

# leaks FILE… - 0 when nothing of these files got anywhere
leaks() {
	python3 leaks.py "$repo" "$work/said" "$@"
}

# told ARGUMENT… - es; all that it says goes to $work/said, too
told() {
	local status=0

	es "$@" >told.out 2>&1 || status=$?
	cat told.out >>"$work/said"
	return "$status"
}

# line DIR NAME - the entry in the manifest, with its comment line
line() {
	git_repo cat-file -p "main:meta$1/.mtree" |
		grep -F -A 1 "./$2 type" | grep -e "^\./$2 " -e '^#+'
}

# is_mirror, is_digest, is_secret NAME PATH - what is kept of it
is_mirror() {
	ok "$1 is mirrored" sh -c 'git --git-dir="$1" cat-file -p "main:files$2" |
		cmp - "$3$2"' sh "$repo" "$2" "$root"
}
is_digest() {
	is "$(git_repo ls-tree main "files$2")" '' "$1 has no content"
	ok 'but its digest' like "$(line "${2%/*}" "${2##*/}")" \
		"sha256digest=$(sha256sum <"$root$2" | cut -c -64)"
}
is_secret() {
	is "$(git_repo ls-tree main "files$2")" '' "$1 has no content"
	ok 'but a keyed digest' like "$(line "${2%/*}" "${2##*/}")" \
		'^#\+ .*hmac=[0-9a-f]{64}'
	ok 'and no plain one' unlike "$(line "${2%/*}" "${2##*/}")" digest=
}

new_tree
e=$root/etc
: >said
printf 'root:$6$salt$VerySecretHashOfRoot:19000:0:99999:7:::\n' >"$e/shadow"
cp "$e/shadow" "$e/shadow-"
mkdir -p "$e/wireguard" "$root/root/.ssh" "$e/app"
printf '[Interface]\nPrivateKey = WireguardPrivateKey=\n' >"$e/wireguard/wg0.conf"
fake_key "$root/root/.ssh/id_rsa"
fake_key "$root/root/.ssh/work"
fake_key "$e/app/notes.txt"
{
	echo 'a certificate and its key in one file'
	cat "$e/app/notes.txt"
} >"$e/app/both.pem"
sed 's/^/    /' "$e/app/notes.txt" >"$e/app/indented.yaml"
iconv -f UTF-8 -t UTF-16 "$e/app/notes.txt" >"$e/app/utf16.reg"
printf 'ssh-ed25519 AAAA-a-public-key alice\n' >"$root/root/.ssh/authorized_keys"
cp "$e/ssh/ssh_host_ed25519_key" "$e/ssh/ssh_host_ed25519_key.bak"
echo 'mine: not for anybody else' >"$e/app/mine"
printf 'user = web\npassword = HunterTwoHundred\n' >"$e/app/app.conf"
printf 'SECRET_TOKEN="TokenTokenTokenToken"\nPORT=80\n' >"$e/default/app"
printf 'user = web\npassword = HunterTwoHundred\n' |
	iconv -f UTF-8 -t UTF-16 >"$e/app/utf16.conf"
printf 'text in UTF-16\n' | iconv -f UTF-8 -t UTF-16 >"$e/app/plain16.txt"
printf 'a\0binary\n' >"$e/app/small.bin"
head -c 70000 /dev/zero >"$e/app/large.bin"
yes 'a line of text' | head -c 1000000 >"$e/app/large.txt"
yes 'a line of text' | head -c 1100000 >"$e/app/huge.txt"
yes 'a line of text' | head -c 200000 >"$e/app/opt.txt"
echo tool >"$root/opt/tool"
conf_for_root '[rule mine]' "match = /etc/app/mine" 'class = secret' \
	'[rule port]' "match = /etc/app/opt.txt" 'class = digest'
secrets="$e/shadow $e/shadow- $e/wireguard/wg0.conf $root/root/.ssh/id_rsa
$root/root/.ssh/work $e/app/notes.txt $e/app/both.pem $e/app/indented.yaml
$e/app/utf16.reg $e/ssh/ssh_host_ed25519_key $e/ssh/ssh_host_ed25519_key.bak
$e/ssl/private/web.key $e/app/mine"

# --- the classes ---------------------------------------------------------------
es_init
ok 'a run' told -v commit
ok 'it is sound' fsck
is_secret 'shadow' /etc/shadow
is_secret 'its backup' /etc/shadow-
is_secret 'a WireGuard configuration' /etc/wireguard/wg0.conf
is_secret 'an ssh key' /root/.ssh/id_rsa
is_secret 'one of another name' /root/.ssh/work
is_secret 'a host key' /etc/ssh/ssh_host_ed25519_key
is_secret 'its backup' /etc/ssh/ssh_host_ed25519_key.bak
is_secret 'a key by its content' /etc/app/notes.txt
is_secret 'a key after other text' /etc/app/both.pem
is_secret 'an indented key' /etc/app/indented.yaml
is_secret 'a key in UTF-16' /etc/app/utf16.reg
is_secret 'a file by rule' /etc/app/mine
is_secret 'UTF-16 with a password' /etc/app/utf16.conf
is_mirror 'the public part' /etc/ssh/ssh_host_ed25519_key.pub
is_mirror 'authorized_keys' /root/.ssh/authorized_keys
is_mirror 'text' /etc/hosts
is_mirror 'text in UTF-16' /etc/app/plain16.txt
is_mirror 'a small binary' /etc/app/small.bin
is_mirror 'text up to max_size' /etc/app/large.txt
is_digest 'a larger binary' /etc/app/large.bin
is_digest 'text by rule' /etc/app/opt.txt
is_digest 'what is in /opt' /opt/tool
# too large to be looked through for passwords
is_secret 'text beyond max_size' /etc/app/huge.txt
# shellcheck disable=SC2086 # a list
ok 'nothing of the secrets is anywhere' leaks $secrets
ok 'the very check finds what is there' must_exit 1 leaks "$e/hosts"

# --- masks ---------------------------------------------------------------------
conf_text=$(git_repo cat-file -p main:files/etc/app/app.conf)
ok 'a password is masked' like "$conf_text" \
	'^password = <masked:[0-9a-f]{8}>$'
ok 'the rest is not' like "$conf_text" '^user = web$'
ok 'in shell files, too' like \
	"$(git_repo cat-file -p main:files/etc/default/app)" \
	'^SECRET_TOKEN="<masked:[0-9a-f]{8}>"$'
ok 'a masked file has no plain digest' unlike "$(line /etc/app app.conf)" digest=
ok 'but a keyed one' like "$(line /etc/app app.conf)" '^#\+ .*hmac='
ok 'nothing of it is anywhere' leaks "$e/default/app"
settle
sed -i 's/HunterTwo/HunterThree/' "$e/app/app.conf"
echo changed >>"$e/app/mine"
echo changed >>"$e/shadow"
fake_key "$e/app/hosts.new"
ok 'secrets change' told -v commit -m "password = HunterThreeHundred"
told show
ok 'a secret is a fact' like "$(es show)" '/etc/app/mine'
ok 'and no text' unlike "$(es show)" '^[-+]changed|Very'
ok 'a masked value has another mask' like "$(es show)" \
	'^ *\+password = <masked:[0-9a-f]{8}>$'
ok 'the message is masked, too' like "$(git_repo log -1 --format=%B)" \
	'password = <masked:'
for args in 'show --json' 'show --format csv' 'diff HEAD~1 HEAD' \
	'show HEAD:/etc/app/mine' 'cat HEAD:/etc/app/mine' 'log --json' \
	'report --json' 'show HEAD:/etc/shadow' 'config explain /etc/shadow'; do
	# shellcheck disable=SC2086 # words
	told $args || :
done
ok 'cat does not give it' must_exit 3 es cat HEAD:/etc/app/mine
ok 'and says why' like "$(es cat HEAD:/etc/app/mine 2>&1)" 'is secret'
# shellcheck disable=SC2086 # a list
ok 'nothing of the secrets is anywhere' leaks $secrets "$e/app/app.conf" \
	"$e/app/hosts.new"

# --- a mask that gives up, one of one's own ------------------------------------
conf_for_root '[rule app]' 'match = /etc/app/own' \
	'mask = ^unlock[ \t]+(\S+)' '[rule slow]' 'match = /etc/app/slow' \
	'mask = ^(a+)+$' '[rule off]' 'match = /etc/app/app.conf' 'mask ='
printf 'unlock TheDoorIsLockedNow\npassword = ShownAsRulesDoNotAdd\n' >"$e/app/own"
# No match, but many ways to try.
printf '%0400d!this is a slow line\n' 0 | tr 0 a >"$e/app/slow"
ok 'a run with other masks' es commit
own=$(git_repo cat-file -p main:files/etc/app/own)
ok 'a mask of the file' like "$own" '^unlock <masked:[0-9a-f]{8}>$'
ok 'replaces the shipped ones' like "$own" '^password = ShownAsRulesDoNotAdd$'
ok 'an empty one turns them off' like \
	"$(git_repo cat-file -p main:files/etc/app/app.conf)" \
	'^password = HunterThreeHundred$'
is_secret 'where a mask takes too long, the file' /etc/app/slow

# --- a tightened rule ----------------------------------------------------------
echo 'was known: OldVisibleSecret' >"$e/app/was"
printf 'open = OldVisibleValue\n' >"$e/app/half"
printf 'stays = one\n' >"$e/app/stays"
conf_for_root
es commit || bail 'no run'
settle
echo 'was known: MidVisibleSecret' >"$e/app/was"
printf 'open = MidVisibleValue\n' >"$e/app/half"
es commit || bail 'no run'
before=$(git_repo rev-parse main)
conf_for_root '[rule tight]' 'match = /etc/app/was' 'class = secret' \
	'[rule half]' 'match = /etc/app/half' 'mask = ^open = (.*)'
for when in before after; do
	for args in diff 'diff --json' 'diff HEAD~1 HEAD' 'diff HEAD~2 HEAD' \
		'show HEAD' 'show HEAD~1' 'show --json' 'show --format csv' \
		'report' 'report --json' 'report HEAD~2..HEAD' 'status' \
		'show HEAD:/etc/app/was' 'cat HEAD:/etc/app/was' \
		'show HEAD:/etc/app/half' 'cat HEAD:/etc/app/half' \
		"cat $before:/etc/app/was" "show $before~1:/etc/app/was" \
		"cat $before~1:/etc/app/half" 'commit --dry-run'; do
		# shellcheck disable=SC2086 # words
		ok "$when the run: nothing old by $args" \
			unlike "$(es $args 2>&1)" '(Old|Mid)Visible'
	done
	[ $when = after ] || ok 'a run under the new rules' es commit
done
is_secret 'the file' /etc/app/was
ok 'the other is masked' like \
	"$(git_repo cat-file -p main:files/etc/app/half)" '^open = <masked:'
ok 'what changed is told' like "$(es show)" '/etc/app/was'
ok 'it is sound' fsck
conf_for_root
ok 'a rule loosened again' es commit
is_mirror 'the file' /etc/app/was
ok 'all is as read' like "$(es -v commit --full)" '^no changes$'
done_testing
