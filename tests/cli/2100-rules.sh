#!/bin/sh
# SPDX-License-Identifier: MIT
# 2100-rules.sh - patterns that change are told in one line, not as files gone
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git

host=$(uname -n)
new_tree
mkdir -p "$root/srv/app/conf"
i=0
while [ "$i" -lt 60 ]; do
	i=$((i + 1))
	echo "$i" >"$root/srv/app/conf/file-$i.conf"
done
# rules LINE… - what the configuration says of files
rules() {
	conf_for_root '[files]' "$@"
}

rules 'include = /etc' 'include = /root'
es_init
es commit || bail 'the first run failed'
settle

# subject - of the last commit
subject() {
	git_repo log -1 --format=%s
}

rules 'include = /etc' 'include = /root' 'include = /srv'
ok 'an include is added' es commit
is "$(subject)" "63 now watched on $host: srv, app, conf, file-1.conf, file-10.conf, …" \
	'its subject'
es report >said
is "$(grep -A2 '^In short' said)" 'In short
  63 paths now watched, since the rules changed: /srv, /srv/app, /srv/app/conf, …' \
	'one folded line'
is "$(sed 1q said)" "$host: info: 63 paths now watched, since the rules changed" \
	'and the count'
ok 'the content is in' git_repo cat-file -e main:files/srv/app/conf/file-60.conf

settle
echo changed >"$root/etc/hostname"
echo changed >"$root/srv/app/conf/file-3.conf"
rules 'include = /etc' 'include = /root'
ok 'it is taken away, and a file changed' es commit
is "$(subject)" "1 changed, 63 no longer watched on $host: hostname" \
	'the subject names what is news'
es report >said
ok 'what changed is told' grep -qx '/etc/hostname  changed' said
is "$(sed -n '/^In short/{n;p;n;p;}' said)" \
	'  63 paths no longer watched, since the rules changed: /srv, /srv/app, /srv/app/conf, …' \
	'one folded line'
ok 'nothing is removed' unlike "$(cat said)" '  (removed|added)$'
ok 'the content is out' sh -c '! git --git-dir="$1" cat-file -e main:files/srv' \
	sh "$repo"
ok 'the old is where it was' es cat HEAD~1:/srv/app/conf/file-1.conf

# The same by an exclude, with a file that is really gone.
settle
rm "$root/etc/fstab"
rules 'include = /etc' 'include = /root' 'exclude = /etc/ssh'
ok 'an exclude' es commit
is "$(subject)" "1 removed, 5 no longer watched on $host: fstab" 'its subject'
settle
rules 'include = /etc' 'include = /root' 'exclude = /etc/ssh' \
	'exclude = /etc/nowhere/*.tmp'
ok 'a pattern that means nothing here' prints 'no changes' es -v commit
rules 'include = /{etc,root}' 'exclude = /etc/ssh'
ok 'other words for the same' prints 'no changes' es -v commit

settle
rules 'include = /etc' 'include = /root' 'exclude = /etc/ssh' '[rule x]' \
	'match = /etc/{passwd,group}' 'class = digest'
es_run es -v commit
is "$(sed 's/^[0-9a-f]* //' "$es_out")" '2 changed, 0 added, 0 removed' \
	'a stricter class is a change'
es show >said
ok 'told as one' like "$(cat said)" 'class +mirror +\| digest'
ok 'with a word on what stays' like "$(cat said)" 'stricter'
ok 'the old content is not shown' unlike "$(cat said)" '^ *-root:x:0:0'
ok 'nor ever again' unlike "$(es show HEAD:/etc/passwd; es diff HEAD~1 HEAD)" \
	'root:x:0:0'
es_run es cat HEAD~1:/etc/passwd
ok 'not even of an older run' unlike "$(cat "$es_out")" 'root:x:0:0'
settle
ok 'idle after all that' prints 'no changes' es -v commit
ok 'and sound' fsck

done_testing
