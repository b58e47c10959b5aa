#!/bin/sh
# SPDX-License-Identifier: MIT
# 2020-git.sh - the repository is one that plain git works with
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git

es_init
is "$(stat -c %a "$repo")" 700 'the repository is private'
is "$(stat -c %a "$work/state/key")" 600 'so is the key'
is "$(git_repo symbolic-ref HEAD)" refs/heads/main 'its branch is main'
ok 'it is bare' prints true git_repo rev-parse --is-bare-repository
ok 'a new one is sound' git_repo fsck --strict --full --no-progress

ok 'the first run' es commit
is "$(find "$repo/objects" -name '*.pack' | wc -l)" 1 'makes one pack'
is "$(find "$repo/objects" -type f ! -path '*/pack/*' ! -path '*/info/*' | wc -l)" 0 \
	'and no loose object'
ok 'is sound' fsck
ok 'and connected' git_repo rev-list --objects --quiet main

# lacks REV:PATH - nothing is stored there
lacks() {
	! git_repo cat-file -e "$1" 2>/dev/null
}

# --- layout --------------------------------------------------------------------
is "$(git_repo ls-tree --name-only main | tr '\n' ' ')" 'files meta run ' \
	'three trees at the top'
is "$(git_repo ls-tree -r --name-only main meta |
	sed 's,.*/,,' | sort -u | tr '\n' ' ')" '.mtree ' \
	'meta holds manifests alone'
is "$(git_repo ls-tree -r --name-only main run | tr '\n' ' ')" \
	'run/parts run/rules run/summary ' 'run tells parts, rules and summary'
git_repo ls-tree -r -d --name-only main meta/etc | sed -n 's,^meta/,,p' | sort >said
(cd "$root" && find etc -type d | sort) >wanted
ok 'every directory has its manifest' diff wanted said

# same_files REV - every mirrored path is what the tree has, mode and bytes
same_files() {
	git_repo ls-tree -r -z "$1" files | tr '\0' '\n' >listed
	[ -s listed ] || return 1
	while read -r mode _ blob path; do
		live=$root/${path#files/}
		if [ -h "$live" ]; then
			want=120000
			got=$(readlink -n "$live" | git hash-object --stdin)
		else
			want=100644
			[ ! -x "$live" ] || want=100755
			got=$(git hash-object --no-filters "$live")
		fi
		[ "$mode $blob" = "$want $got" ] && continue
		echo "$path: $mode $blob, wanted $want $got"
		return 1
	done <listed
}
chmod 711 "$root/etc/skel/two words"
es commit
ok 'content, links and executable bits are those of the tree' same_files main
ok 'a name is what it is' git_repo cat-file -e 'main:files/etc/skel/grüße'
for path in etc/shadow etc/gshadow etc/ssh/ssh_host_ed25519_key \
	etc/ssl/private/web.key usr/bin/true; do
	ok "nothing of $path" lacks "main:files/$path"
	dir=${path%/*}
	ok 'but an entry' like "$(git_repo cat-file -p "main:meta/$dir/.mtree")" \
		"^\\./${path##*/} type=file "
done
while read -r key; do
	case $key in -----*) continue ;; esac
	git_repo grep -qF -e "$key" main && echo "$key"
done <"$root/etc/ssl/private/web.key" >said
is "$(cat said)" '' 'no line of a key is anywhere'

# --- names that git reads as its own -------------------------------------------
mkdir "$root/etc/odd"
(
	cd "$root/etc/odd" && mkdir .git .GIT 'git~1' && echo a >.git/config &&
		for name in .gitmodules .gitattributes .gitignore .mailmap \
			.mtree .xattr '%' '%2egit' '%25' 'a\.git' \
			'a\b' 'x.git' .gitx 'two
lines' '"quoted"' "$(printf 'invalid\377utf8')" "$(printf 'esc\033')" \
			' ' '~' '*' '#' "$(printf '.g\342\200\214it')" \
			"$(printf '%0255d' 0)"; do
			printf '%s\n' "$name" >"$name" || exit 1
		done
) || bail 'cannot make odd names'
ok 'odd names are taken' es commit
ok 'and are sound' fsck
for name in %2Egit %2EGIT; do
	ok "stored: $name" git_repo cat-file -e "main:meta/etc/odd/$name"
done
for name in %2Emailmap %2Egitmodules %25 %252egit '"quoted"' %2Emtree; do
	ok "stored: $name" git_repo cat-file -e "main:files/etc/odd/$name"
done
settle
ok 'they come out as they went in' prints 'no changes' es -v commit --full
for name in .gitmodules %2egit 'a\b' "$(printf 'invalid\377utf8')" 'two
lines' .mtree; do
	ok "cat of an odd name" prints "$name" es cat "HEAD:/etc/odd/$name"
done

# --- work with it --------------------------------------------------------------
echo '192.0.2.9 later' >>"$root/etc/hosts"
es commit
ok 'git log -p of a path' like "$(git_repo log -p -- files/etc/hosts)" \
	'^\+192.0.2.9 later$'
is "$(git_repo log --oneline -- files/etc/hosts | wc -l)" 2 'its two runs'
ok 'git log -p of a directory' like "$(git_repo log -p -- files/etc)" \
	'^\+192.0.2.9 later$'
ok 'git blame' like "$(git_repo blame main -- files/etc/hosts)" \
	"$(git_repo rev-parse --short=8 main).*later"
ok 'git clone' git clone -q "$repo" clone
ok 'has the same files' cmp clone/files/etc/hosts "$root/etc/hosts"
is "$(git -C clone status --porcelain)" '' 'and is clean'
ok 'a bare mirror' git clone -q --mirror "$repo" mirror
ok 'is sound' git --git-dir=mirror fsck --strict --full --no-progress
ok 'git archive' sh -c 'git --git-dir="$1" archive main files/etc | tar -tf - >/dev/null' \
	sh "$repo"
ok 'git gc' git_repo gc -q --prune=now
ok 'leaves it sound' fsck
echo more >>"$root/etc/hosts"
ok 'and the next run goes on' es commit
ok 'soundly' fsck
ok 'git repack -ad' git_repo repack -adq
ok 'the state still holds' prints 'no changes' es -v commit

# --- etcsnap git ---------------------------------------------------------------
ok 'etcsnap git' prints "$(git_repo rev-parse main)" es git rev-parse main
ok 'takes options for git' like "$(es git log --oneline -n 1)" ' on '
ok 'and -h' like "$(es git log -h 2>&1)" '^usage: git log'
ok 'alone, -h is ours' like "$("$ETCSNAP" --repo /nowhere git -h)" \
	'^usage: etcsnap git'
ok 'exits as git does' must_exit 128 es git show nowhere
ok 'git by the environment of another git' env GIT_DIR=/nowhere \
	GIT_OBJECT_DIRECTORY=/nowhere GIT_INDEX_FILE=/nowhere GIT_NAMESPACE=x \
	"$ETCSNAP" -c "$conf" --root "$root" git rev-parse main
es_run env PATH=/nowhere "$ETCSNAP" -c "$conf" --root "$root" git log
is "$es_status" 3 'without git: exit 3'
ok 'and a message' like "$(cat "$es_out")" 'is it installed'

done_testing
