#!/bin/sh
# SPDX-License-Identifier: MIT
# 3080-noise.sh - nothing changed, nothing written
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git

es_init
es commit || bail 'the first run failed'
es commit || bail 'the second run failed'
first=$(tip)
settle

# written - all files of repository and state with what they are, but for the
# lock, whose time tells when the last run was
written() {
	(cd "$work/state" && find . ! -name etcsnap.lock ! -name repo.git \
		-printf '%p %s %T@ %i\n' | sort)
}
es commit
written >before

# A run each after what an idle machine does.
i=0
loud=0
while [ "$i" -lt 50 ]; do
	i=$((i + 1))
	case $((i % 10)) in
	1) cat "$root/etc/hosts" >/dev/null ;;
	2) ls -lR "$root" >/dev/null ;;
	3) touch -a "$root/etc/passwd" ;;
	4) : >"$root/etc/.tmp" && rm "$root/etc/.tmp" ;;
	5) touch "$root/tmp/x" ;;
	esac
	said=$(es commit 2>&1) && [ -z "$said" ] || loud=$((loud + 1))
done
is "$loud" 0 'fifty idle runs say nothing'
is "$(tip)" "$first" 'and make no commit'
is "$(git_repo rev-list --count main)" 1 'there is one'
is "$(find "$repo/objects" -name '*.pack' | wc -l)" 1 'and one pack'
not_ok 'nor loose objects' sh -c 'find "$1/objects" -type f ! -path "*/pack/*" |
	grep .' sh "$repo"
settle
es commit
written >after
es commit
written >again
ok 'an idle run writes nothing at all' cmp after again

# --- there and back ------------------------------------------------------------
# silent NAME COMMAND - what leaves all as it was is no change
silent() {
	settle
	(cd "$root/etc" && eval "$2") || bail "cannot $2"
	is "$(es -v commit 2>&1)" 'no changes' "$1"
}
silent 'chmod and back' 'chmod 600 hosts && chmod 644 hosts'
silent 'moved away and back' 'mv hosts h && mv h hosts'
silent 'a copy with its times in its place' 'cp -p hosts h && mv h hosts'
silent 'written with the same, time put back' \
	'cp -p hosts ../tmp/h && cat ../tmp/h >hosts && touch -r ../tmp/h hosts'
silent 'a hard link made and removed' 'ln hosts ../tmp/l && rm ../tmp/l'
silent 'a link made anew with its time' \
	'cp -a localtime ../tmp/l && rm localtime && cp -a ../tmp/l localtime'
silent 'a directory made anew' \
	'cp -a skel ../tmp/skel && rm -r skel && cp -a ../tmp/skel skel'
silent 'a file touched inside a directory that is not watched' 'touch ../proc/x'
settle
es commit
written >before
es commit
written >after
ok 'and after all that an idle run is idle again' cmp before after
is "$(tip)" "$first" 'still one commit'

# --- a changed user database ---------------------------------------------------
ok 'a file of other users changes their names alone' sh -c 'sed -i \
	"s/^daemon:/demon:/" "$1/etc/passwd"' sh "$root"
settle
ok 'which is the change of one file' like "$(es -v commit)" \
	'^[0-9a-f]{7} 1 changed, 0 added, 0 removed$'
ok 'once' prints 'no changes' es -v commit
ok 'sound to the end' fsck

done_testing
