#!/bin/sh
# SPDX-License-Identifier: MIT
# 7120-sign.sh - signed commits: git believes them, and verify finds the others
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git ssh-keygen ssh-agent ssh-add

state=${repo%/*}
# ssh-keygen asks the user database who it is.
id -un >/dev/null 2>&1 || skip_all 'this user has no name'

# change - something to commit
n=0
change() {
	n=$((n + 1))
	echo "change $n" >>"$root/etc/hosts"
}
# trust - how git judges the tip's signature: G good, U unknown, N none, B bad
trust() {
	git_repo log -1 --format='%G?' main
}
# signer REV - who git says has signed
signer() {
	git_repo log -1 --format=%GS "$1"
}

# --- init --sign -----------------------------------------------------------------
new_tree
conf_for_root
ok 'init makes key and list' es init --sign
ok 'and names the key' like "$(cat "$es_out")" "^made the key $state/sign_key\$"
is "$(stat -c %a "$state/sign_key")" 600 'the key is private'
ok 'the list is for git alone' like "$(cat "$state/allowed_signers")" \
	'^etcsnap@[A-Za-z0-9._-]+ namespaces="git" ssh-ed25519 AAAA'
cp "$state/sign_key" key.before
ok 'once more' es init --sign
ok 'the key stays' cmp "$state/sign_key" key.before
is "$(wc -l <"$state/allowed_signers")" 1 'and stands in the list once'
es commit || bail 'the first run failed'
ok 'git verifies the first commit' git_repo verify-commit main
is "$(trust)" G 'and shows it as good'
ok 'log --show-signature' like "$(git_repo log -1 --show-signature main)" \
	'Good "git" signature for etcsnap@'
ok 'its message is as ever' unlike "$(git_repo log -1 main)" 'SIGNATURE'
ok 'log works' like "$(es log)" 'unattended'
change
es commit || bail 'a run failed'
ok 'fsck' fsck
ok 'verify counts them' like "$(es verify)" '2 good signatures.*: all good$'
ok 'as an approval by git would be' git_repo -c user.name=t -c user.email=t@t \
	-c user.signingkey="$state/sign_key" tag -s -m yes approved/1 main
ok 'verify counts that, too' like "$(es verify)" '3 good signatures.*: all good$'

git_repo tag -d approved/1 >/dev/null
# git expands it
# shellcheck disable=SC2088
git_repo config gpg.ssh.allowedSignersFile '~/list'
mkdir -p home && cp "$state/allowed_signers" home/list
ok 'a list in a home' env HOME="$work/home" git --git-dir="$repo" \
	verify-commit main
ok 'is found as git finds it' env HOME="$work/home" "$ETCSNAP" -c "$conf" \
	--root "$root" verify
git_repo config gpg.ssh.allowedSignersFile "$state/allowed_signers"

# --- all signatures taken away ---------------------------------------------------
before=$(tip)
parent=
for commit in $(git_repo rev-list --reverse main); do
	git_repo log -1 --format=%B "$commit" >message
	parent=$(git_repo -c user.name=t -c user.email=t@t commit-tree \
		${parent:+-p $parent} -F message "$commit^{tree}")
done
git_repo update-ref refs/heads/main "$parent"
none='signature signatures: are missing: no commit has one'
touch -d '2 days' "$state/allowed_signers"
ok 'a key that came after the last run' like "$(es verify --history)" \
	"^warning: $none"
touch -d '2 days ago' "$state/sign_key" "$state/allowed_signers"
ok 'an older one has signed it' must_exit 1 es verify --history
ok 'so the signatures are gone' like "$(cat "$es_out")" "^bad: $none"
git_repo update-ref refs/heads/main "$before"

# --- the key fails -----------------------------------------------------------------
before=$(tip)
mv "$state/sign_key" away
mv "$state/sign_key.pub" away.pub
change
ok 'without the key there is no run' must_exit 3 es commit
ok 'and it says so' like "$(cat "$es_out")" \
	"cannot sign with $state/sign_key: .*nothing was written"
is "$(tip)" "$before" 'nothing is recorded'
ok 'nor left behind' like "$(es verify)" 'all good$'
ok 'a dry run does not sign' es commit -n
echo 'sign = allow' >sign
sed '/^path/r sign' "$conf" >"$conf.new" && mv "$conf.new" "$conf"
ok 'allowed, it is recorded' es commit
ok 'and it is told' like "$(cat "$es_out")" 'cannot sign .*has no signature'
is "$(trust)" N 'git sees no signature'
ok 'the commit tells why' like \
	"$(git_repo log -1 --format='%(trailers:key=Unsigned)' main)" \
	'^Unsigned: cannot sign with '
mv away "$state/sign_key"
mv away.pub "$state/sign_key.pub"
change
es commit || bail 'a run failed'
ok 'verify warns' like "$(es verify)" "^warning: signature $(
	git_repo rev-parse main~1): could not be signed when it was made"
chmod 644 "$state/sign_key"
change
es_run es commit
ok 'a key that others can read is none' like "$(cat "$es_out")" \
	'cannot sign .*too open'
chmod 600 "$state/sign_key"
sed 's/^sign = .*/sign = no/' "$conf" >"$conf.new" && mv "$conf.new" "$conf"
change
ok 'with sign = no' prints '' es commit
is "$(trust)" N 'there is no signature'
is "$(git_repo log -1 --format='%(trailers:key=Unsigned)' main)" '' \
	'and no excuse'
sed 's/^sign = .*/sign = require/' "$conf" >"$conf.new" && mv "$conf.new" "$conf"
change
es commit || bail 'a run failed'
ok 'verify tells of a commit between that has none' must_exit 1 es verify
ok 'by its name' like "$(cat "$es_out")" \
	"^bad: signature $(git_repo rev-parse main~1): has no signature"

# --- whose signature -----------------------------------------------------------------
es init --reset --sign >/dev/null || bail 'cannot start over'
es commit || bail 'a run failed'
ssh-keygen -q -t ed25519 -N '' -C mallory -f mallory
sed "s,^sign = .*,sign_key = $work/mallory," "$conf" >other.conf
change
ok 'somebody else signs' "$ETCSNAP" -c other.conf --root "$root" commit
is "$(trust)" U 'git does not know who'
ok 'verify neither' must_exit 1 es verify
ok 'and says so' like "$(cat "$es_out")" \
	"^bad: signature $(tip): is a commit signed by a key that was no allowed"
echo "mallory $(cat mallory.pub)" >>"$state/allowed_signers"
is "$(trust)" G 'in the list it is good'
is "$(signer main)" mallory 'by name'
ok 'for verify, too' like "$(es verify)" '2 good signatures.*: all good$'
sed 's/^mallory /mallory valid-before="20200101" /' "$state/allowed_signers" \
	>list && cp list "$state/allowed_signers"
ok 'a key that was not valid then' must_exit 1 es verify
ok 'is not allowed' like "$(cat "$es_out")" "bad: signature $(tip): .*allowed"
sed 's/valid-before="20200101"/valid-after="20200101"/' list \
	>"$state/allowed_signers"
ok 'one that was is' es verify
ssh-keygen -q -k -f revoked mallory.pub
git_repo config gpg.ssh.revocationFile "$work/revoked"
ok 'a revoked key' must_exit 1 es verify
ok 'is refused by its name' like "$(cat "$es_out")" \
	"bad: signature $(tip): .*revoked"
git_repo config --unset gpg.ssh.revocationFile
ok 'a list that is gone is told' sh -c "mv '$state/allowed_signers' gone
	! '$ETCSNAP' -c '$conf' --root '$root' verify"
ok 'once' like "$(cat "$es_out")" '^bad: signature signatures: cannot be checked'
mv gone "$state/allowed_signers"
# A signature moved to other content.
git_repo cat-file commit main | sed 's/^first run\|^1 changed/2 changed/' >forged
forged=$(git_repo hash-object -t commit -w forged)
git_repo update-ref refs/heads/main "$forged"
rm "$state/state.db"
ok 'a signature of something else' must_exit 1 es verify
ok 'is bad' like "$(cat "$es_out")" "^bad: signature $forged: .*something else"
is "$(trust)" B 'as for git'

# --- agent, passphrase, rotation, an ordinary path -----------------------------------
es init --reset >/dev/null || bail 'cannot start over'
ssh-keygen -q -t ed25519 -N 'pass phrase' -C agent -f locked
sed "s,^sign_key = .*,sign_key = $work/locked.pub," other.conf >agent.conf
esa() {
	"$ETCSNAP" -c agent.conf --root "$root" "$@"
}
ok 'a key that is held elsewhere' esa init --sign
ok 'nobody is asked for its passphrase' must_exit 3 esa commit
eval "$(ssh-agent -s)" >/dev/null
at_end "kill $SSH_AGENT_PID 2>/dev/null"
printf '#!/bin/sh\necho "pass phrase"\n' >askpass
chmod 700 askpass
SSH_ASKPASS="$work/askpass" SSH_ASKPASS_REQUIRE=force DISPLAY=:9 \
	ssh-add -q locked </dev/null || bail 'cannot add the key'
ok 'the agent has it' esa commit
is "$(trust)" G 'and its signature is good'
ok 'verify' like "$(esa verify)" '1 good signature.*: all good$'
ssh-add -q -D 2>/dev/null
change
ok 'without it there is no run' must_exit 3 esa commit
unset SSH_AUTH_SOCK SSH_AGENT_PID

mkdir 'with blank' && ssh-keygen -q -t rsa -b 2048 -N '' -C rsa -f 'with blank/k'
sed "s,^sign_key = .*,sign_key = $work/with blank/k," other.conf >agent.conf
ok 'an RSA key in a directory with a blank' esa init --sign
ok 'signs' esa commit
is "$(trust)" G 'well'
ok 'and both are good' like "$(esa verify)" '2 good signatures.*: all good$'

# --- no key at all ---------------------------------------------------------------------
ok 'what is no public key cannot be allowed' must_exit 3 sh -c "
	echo junk >'$work/junk'; chmod 600 '$work/junk'
	sed 's,^sign_key = .*,sign_key = $work/junk,' other.conf >junk.conf
	'$ETCSNAP' -c junk.conf --root '$root' init --sign"
ok 'and it says what to do' like "$(cat "$es_out")" "cannot read a public key"
done_testing
