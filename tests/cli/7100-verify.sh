#!/bin/sh
# SPDX-License-Identifier: MIT
# 7100-verify.sh - verify finds what is damaged, missing or forged, by its name
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

state=${repo%/*}/state.db
es_init
es commit || bail 'the first run failed'
first=$(tip)
for n in 1 2 3; do
	echo "change $n" >>"$root/etc/hosts"
	cp "$state" "state.$n"
	es commit || bail 'a run failed'
done
cp -a "$repo" good.git
cp "$state" good.db

# again - all as it was before it was damaged
again() {
	rm -rf "$repo"
	cp -a good.git "$repo"
	cp good.db "$state"
}
# finds NAME ERE - verify exits 1 and has a line that matches
finds() {
	ok "$1" must_exit 1 es verify
	ok "$1: by name" like "$(cat "$es_out")" "$2"
	again
}
# warns NAME ERE - verify exits 0 and has a line that matches
warns() {
	ok "$1" es verify
	ok "$1: is told" like "$(cat "$es_out")" "$2"
	again
}

# --- nothing is wrong ----------------------------------------------------------------
ok 'all is good' es verify
ok 'and counted' like "$(cat "$es_out")" \
	'^[0-9]+ objects .*, 4 packs, [0-9]+ manifests, 4 runs on main, .*: all good$'
is "$(es -q verify)" '' 'quiet is quiet'
is "$(es verify --json | tr -d ' \n')" '[]' 'as JSON nothing'
ok 'as CSV only a head' prints 'level,kind,name,problem,advice' \
	sh -c "'$ETCSNAP' -c '$conf' --root '$root' verify --format csv | tr -d '\r'"
ok 'the history alone' like "$(es verify --history)" '^4 runs on main.*: all good$'
ok 'nothing was written' sh -c "diff -r good.git '$repo' && cmp good.db '$state'"
ok 'no operands' must_exit 2 es verify /etc
ok 'where there is no repository' must_exit 3 "$ETCSNAP" --root "$root" \
	--repo "$work/nowhere" verify

# --- objects ---------------------------------------------------------------------------
pack=$(find "$repo/objects/pack" -name '*.pack' | head -n 1)
rm "$pack"
ok 'a pack that is gone' must_exit 1 es verify
cp "$es_out" said
ok 'is told by what it had' like "$(cat said)" '^bad: object [0-9a-f]{40}: is missing'
ok 'its index is a left-over' like "$(es verify -v)" 'note: file objects/pack/.*idx: is the index of no pack'
again
rm "${pack%.pack}.idx"
finds 'an index that is gone' '^bad: object [0-9a-f]{40}: is missing'
: >"$repo/objects/pack/tmp_pack_etcsnap_1"
echo junk | git_repo hash-object -w --stdin >/dev/null
ok 'left-overs and garbage are no damage' like "$(es verify)" \
	', 1 object that nothing refers to: all good'
again
echo /elsewhere >"$repo/objects/info/alternates"
finds 'objects from elsewhere' '^bad: file objects/info/alternates: takes objects'
mkdir -p "$repo/objects/aa"
mkfifo "$repo/objects/aa/fifo"
finds 'a pipe among objects' '^bad: file objects/aa/fifo: is no regular file'
# loose - make a loose object: its id and file
loose() {
	id=$(echo loose | git_repo hash-object -w --stdin)
	path=$repo/objects/$(echo "$id" | cut -c1-2)/$(echo "$id" | cut -c3-)
	chmod 600 "$path"
}
loose
truncate -s 10 "$path"
finds 'a loose object that is cut' "^bad: object $id: cannot be unpacked"
loose
: >"$path"
finds 'an empty loose object' "^bad: object $id: cannot be unpacked"

# --- references --------------------------------------------------------------------------
rm "$repo/refs/heads/main"
finds 'main is gone' '^bad: reference refs/heads/main: is missing'
: >"$repo/refs/heads/main"
finds 'main is empty' '^bad: reference refs/heads/main: is empty'
echo 1234567890123456789012345678901234567890 >"$repo/refs/heads/main"
finds 'main points to nothing' '^bad: object 1234567890.*: is missing'
git_repo update-ref refs/heads/main main~2
warns 'main was moved back' \
	'^warning: state .*state.db: describes another commit'

# a_commit - one that is on no branch
a_commit() {
	git_repo -c user.name=x -c user.email=x@example.org \
		commit-tree -m x 'main^{tree}' </dev/null
}

for mark in delivered/main delivered/urgent delivered/late owed/main \
	owed/urgent sending/main; do
	git_repo update-ref "refs/etcsnap/$mark/ops" "$first"
done
is "$(es verify | grep -c refs/etcsnap)" 0 'marks of channels are on the chain'
git_repo update-ref refs/etcsnap/owed/main/ops \
	"$(a_commit)"
finds 'or one is not' \
	'^bad: reference refs/etcsnap/owed/main/ops: points to .* not on main'
git_repo update-ref refs/etcsnap/delivered/main/ops "$first"
ok 'what a channel was told is on the chain' like "$(es verify)" 'all good'
git_repo update-ref refs/etcsnap/delivered/main/ops \
	"$(a_commit)"
finds 'or it is not' \
	'^bad: reference refs/etcsnap/delivered/main/ops: points to .* not on main'
git_repo update-ref refs/heads/mian main
warns 'a strange branch' '^warning: reference refs/heads/mian: is none of'
git_repo symbolic-ref refs/heads/latest refs/heads/main
warns 'a symbolic one' '^warning: reference refs/heads/latest: is none of'
git_repo symbolic-ref refs/tags/later refs/tags/last
ok 'one that leads nowhere yet' es verify
git_repo symbolic-ref refs/heads/daily refs/heads/loop
git_repo symbolic-ref refs/heads/loop refs/heads/daily
finds 'two that lead to each other' '^bad: reference refs/heads/daily: does not lead'
printf 'ref: ../x\n' >"$repo/refs/heads/daily"
finds 'a broken one' '^bad: reference refs/heads/daily: leads to what'
ln -s main "$repo/refs/heads/daily"
finds 'a link for a branch' '^bad: reference refs/heads/daily: is no regular'
touch "$repo/refs/heads/main.lock"
ok 'a stale lock is told with -v' like "$(es verify -v)" \
	'^note: file refs/heads/main.lock: is left of'
again
echo "$first" >"$repo/shallow"
ok 'a boundary that cuts nothing off is none' es verify
echo 1234567890123456789012345678901234567890 >"$repo/shallow"
finds 'a boundary that is not there' '^bad: boundary 1234567890'
echo junk >"$repo/shallow"
# libgit2 opens no such repository from 1.7 on.
es_run es verify
said=$(cat "$es_out")
ok 'a boundary that is none' like "$es_status" '^[13]$'
ok 'is told' like "$said" \
	"^bad: boundary shallow: has a broken line|/shallow' is broken"
again
echo 'ref: refs/heads/elsewhere' >"$repo/HEAD"
finds 'HEAD elsewhere' '^bad: reference HEAD: names a branch that is not there'

# --- forged commits -------------------------------------------------------------------------
# forge TREE [LINE…] - a commit on main with the message of the tip
forge() {
	git_repo log -1 --format=%B main >message
	forged=$(git_repo commit-tree -p main -F message "$1") &&
		git_repo update-ref refs/heads/main "$forged"
	rm -f "$state"
}
# tree_with PATH BLOB [MODE] - the tree of main with another object at a path
tree_with() {
	export GIT_INDEX_FILE="$work/index"
	rm -f "$GIT_INDEX_FILE"
	git_repo read-tree main
	git_repo update-index --add --cacheinfo "${3:-100644},$2,$1"
	git_repo write-tree
	unset GIT_INDEX_FILE
}
export GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x GIT_COMMITTER_NAME=x \
	GIT_COMMITTER_EMAIL=x
evil=$(echo '127.0.0.1 evil' | git_repo hash-object -w --stdin)
forge "$(tree_with files/etc/hosts "$evil")"
finds 'content that the manifest does not have' \
	'^bad: manifest /etc/hosts: has another content in files/'
evil=$(echo '127.0.0.1 evil' | git_repo hash-object -w --stdin)
forge "$(tree_with files/etc/planted "$evil")"
finds 'a file that the manifest does not have' \
	'^bad: manifest /etc/planted: is in files/ and not in meta/'
forge "$(tree_with files/etc/hosts "$(git_repo rev-parse main:files/etc/hosts)" \
	100755)"
finds 'another mode' '^bad: manifest /etc/hosts: has another type or mode'
evil=$(printf nowhere2 | git_repo hash-object -w --stdin)
forge "$(tree_with files/etc/alternatives/dangling "$evil" 120000)"
finds 'another target' \
	'^bad: manifest /etc/alternatives/dangling: has another target'
evil=$(git_repo cat-file blob main:meta/etc/.mtree | sed 's/type=file/type=fiel/' |
	git_repo hash-object -w --stdin)
forge "$(tree_with meta/etc/.mtree "$evil")"
finds 'a manifest that cannot be read' '^bad: manifest /etc/: manifest in tree'
evil=$(echo x | git_repo hash-object -w --stdin)
forge "$(tree_with meta/etc/other "$evil")"
finds 'something that is no manifest' '^bad: manifest /etc/other: is in meta/'
evil=$(echo x | git_repo hash-object -w --stdin)
forge "$(tree_with run/summary "$evil")"
finds 'another summary' "^bad: commit $forged: is not of the run"
forged=$(git_repo commit-tree -p main -m 'no trailers' 'main^{tree}')
git_repo update-ref refs/heads/main "$forged"
finds 'a commit without trailers' "^bad: commit $forged: on main is none of etcsnap"
git_repo log -1 --format=%B main | sed 's/^Host: .*/Host: other/' >message
forged=$(GIT_COMMITTER_DATE='2020-01-01 00:00:00 +0000' \
	git_repo commit-tree -p main -F message 'main^{tree}')
git_repo update-ref refs/heads/main "$forged"
ok 'a commit of another machine and time' es verify
cp "$es_out" said
ok 'its machine is told' like "$(cat said)" '^warning: commit .*: was made on '
ok 'and its time' like "$(cat said)" '^warning: commit .* the clock was set back'
again
forge "$(git_repo rev-parse 'main^{tree}')"
git_repo cat-file commit main | sed 's/^committer /comitter /' >broken
id=$(git_repo hash-object -t commit --literally -w broken)
git_repo update-ref refs/tags/x "$id"
finds 'a commit that is none' "^bad: commit $id: is no commit that git"
unset GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL

# --- the state -------------------------------------------------------------------------------
# row FROM TO - in the state, the row of /etc of another state, or of a directory
row() {
	python3 - "$1" "$state" "$2" "$3" <<'END'
import sqlite3, sys
take, put, path, at = sys.argv[1:]
row = sqlite3.connect(take).execute("SELECT row FROM dir WHERE path = ?",
                                    (path.encode(),)).fetchone()[0]
db = sqlite3.connect(put)
assert db.execute("UPDATE dir SET row = ? WHERE path = ?",
                  (row, at.encode())).rowcount == 1
db.commit()
END
}
row state.2 /etc /etc || bail 'cannot change the state'
finds 'a row of an earlier time' \
	'^bad: state /etc/hosts: is not as the tip has recorded it'
row "$state" /etc/ssh /etc
finds 'a row of another directory' '^bad: state /etc: its row is damaged'
cp state.2 "$state"
warns 'a whole state of an earlier time' 'describes another commit'
head -c 4096 good.db >"$state"
finds 'half a state' '^bad: state .*state.db: it is damaged'
echo junk >"$state"
finds 'no state' '^bad: state .*state.db: it is not a database'
rm "$state"
ok 'without a state nothing is wrong' like "$(es verify)" 'all good'
again

# --- forms ---------------------------------------------------------------------------------------
echo 1234567890123456789012345678901234567890 >"$repo/refs/heads/daily"
ok 'JSON' must_exit 1 sh -c "'$ETCSNAP' -c '$conf' --root '$root' \
	verify --json >doc"
is "$(json doc '[(r["level"], r["kind"], r["name"][:6]) for r in d]')" \
	"[('bad', 'object', '123456'), ('bad', 'reference', 'refs/h')]" \
	'has every finding'
ok 'CSV' must_exit 1 sh -c "'$ETCSNAP' -c '$conf' --root '$root' \
	verify --format csv >table"
is "$(csv table 'd[0]["problem"][:10]')" 'is missing' 'too'
again
for n in 1 2 3 4 5 6 7 8 9; do
	for m in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do
		printf '%s\n' "$n$m$n$m$n$m$n$m$n$m$n$m$n$m$n$m$n$m$n$m$n$m$n$m$n$m$n$m$n$m$n$m$n$m$n$m$n$m$n$m" \
			>"$repo/refs/tags/t$n$m"
	done
done
is "$(es verify | grep -c '^bad: object')" 100 'a hundred of a kind are told'
ok 'and how many more there are' like "$(es verify)" '^bad: 44 more, of kinds'
is "$(es verify -a | grep -c '^bad: object')" 144 'with -a all of them'
again

# --- days, months, and what was cut away ------------------------------------------------------
rm -rf "$repo" "$state"
printf '[retention]\nmain = 3\ndaily = 5\n' >>"$conf"
es init --sign >/dev/null
for day in 1 2 3 4 5 6 7; do
	SOURCE_DATE_EPOCH=$((1780000000 + day * 86400))
	export SOURCE_DATE_EPOCH
	echo "day $day" >>"$root/etc/hosts"
	es commit || bail 'a run failed'
	[ "$day" -gt 1 ] || git_repo update-ref refs/etcsnap/owed/main/old main
done
es prune >/dev/null || bail 'cannot prune'
unset SOURCE_DATE_EPOCH
old=$(git_repo rev-parse refs/etcsnap/owed/main/old)
git_repo update-ref -d refs/etcsnap/owed/main/old
ok 'a pruned repository is whole' es verify
ok 'and its branches are signed' like "$(cat "$es_out")" \
	' 3 runs on main, 1?[0-9] good signatures.*: all good$'
ok 'as git says' fsck --no-dangling
ok 'its history alone' es verify --history
git_repo update-ref refs/etcsnap/owed/main/ops "$old"
ok 'what was cut away may have been told' es verify --history
ok 'and nobody knows' like "$(cat "$es_out")" \
	'^warning: reference refs/etcsnap/owed/main/ops: .* may be older'
tip=$(tip)
git_repo update-ref refs/etcsnap/owed/main/ops "$tip"
git_repo log -1 --format=%B main >message
git_repo update-ref refs/heads/main "$(
	git_repo -c user.name=x -c user.email=x@example.org \
		commit-tree -p main~1 -F message 'main^{tree}'
)"
ok 'what is kept was not cut away' must_exit 1 es verify --history
ok 'and must be there' like "$(cat "$es_out")" \
	'^bad: reference refs/etcsnap/owed/main/ops: points to .* not on main'
git_repo update-ref refs/heads/main "$tip"
git_repo update-ref -d refs/etcsnap/owed/main/ops
rm "$repo/shallow"
ok 'without its boundary it is not' must_exit 1 es verify
ok 'what is behind it is missing' like "$(cat "$es_out")" \
	'^bad: object [0-9a-f]{40}: is missing \(a parent'
rm -rf "$repo" "$state"
es init >/dev/null && es commit || bail 'a run failed'

# --- a run meanwhile ------------------------------------------------------------------------------
ok 'ends well beside runs' sh -c "
	for i in 1 2 3 4 5 6 7 8; do
		echo \$i >>'$root/etc/hosts'
		'$ETCSNAP' -c '$conf' --root '$root' commit || exit 1
	done &
	for i in 1 2 3 4 5 6; do
		'$ETCSNAP' -c '$conf' --root '$root' verify || exit 1
	done
	wait"
done_testing
