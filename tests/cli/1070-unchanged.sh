#!/bin/sh
# SPDX-License-Identifier: MIT
# 1070-unchanged.sh - nothing changed, nothing is written; a change is never missed
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git strace flock

state=${repo%/*}

# written - all that lies beside and in the repository, with inode, time and
# size; the times of two files are those of the last run and full run
written() {
	find "$state" \( -name etcsnap.lock -o -name etcsnap.full \) \
		-printf '%i %s %p\n' -o -printf '%i %T@ %s %m %p\n' | sort
}

# untouched NAME COMMAND… - it ends well and leaves all as it was
untouched() {
	local name="$1"

	shift
	written >before
	es_run "$@"
	written >after
	[ "$es_status" -ne 0 ] || cmp before after >>"$es_out" || es_status=1
	es_result "$es_status" "$name" "$@"
}

# last - the name-status list of the tip, on one line
last() {
	git_repo log -1 --format=%b | sed '/^Etcsnap-Format/,$d' | grep . |
		tr '\n' '|'
}

es_init
settle
es_run es commit
old=$(tip)
is "$(es -v commit --full)" 'no changes' 'the next finds nothing'
# --- not a byte ----------------------------------------------------------------
untouched 'it writes nothing' es commit
untouched 'a full one neither' es commit --full
untouched 'nor status and diff' eval 'es status && es diff'
untouched 'nor one for a path' es commit /etc/ssh
untouched 'nor a dry run' es commit -n
is "$(tip)" "$old" 'there is one commit'
calls=%file,write,pwrite64,writev,pwritev,pwritev2,ftruncate,fallocate,fchmod
calls=$calls,fchown,copy_file_range,sendfile
strace -f -y -qq -o trace -e "trace=$calls" "$ETCSNAP" -c "$conf" \
	--root "$root" commit >said 2>&1
if grep -q LeakSanitizer said; then
	skip 'the leak sanitizer does not run under strace' 2
else
	ok 'the trace shows that it was there' grep -qF "$repo" trace
	ok 'and no writes' unlike "$(grep -F "$state" trace | grep -vw readlink)" \
		'(write|trunc|fallocate|rename|link|mkdir|mknod|chmod|chown|range|sendfile)[a-z0-9]*\(|O_TRUNC|O_EXCL|O_TMPFILE'
fi
# --- there and back --------------------------------------------------------------
settle
chmod 600 "$root/etc/hosts"
chmod 644 "$root/etc/hosts"
cp -p "$root/etc/fstab" fstab && cp -p fstab "$root/etc/fstab"
mv "$root/etc/crontab" "$root/etc/x" && mv "$root/etc/x" "$root/etc/crontab"
mkdir "$root/etc/y" && rmdir "$root/etc/y"
cp "$root/etc/passwd" p && cat p >"$root/etc/passwd" &&
	touch -d '2026-01-01 00:00:00 UTC' "$root/etc/passwd"
settle
is "$(es -v commit)" 'no changes' 'changed and changed back'
untouched 'and is not looked at again' es commit
strace -f -qq -e trace=openat -o trace "$ETCSNAP" -c "$conf" --root "$root" \
	commit >said 2>&1
ok 'no file is opened that is as it was' unlike "$(cat trace)" \
	'"(hosts|fstab|crontab|hostname)"'
touch "$root/etc/hosts"
es_run es commit
is "$(last)" 'U /etc/hosts|' 'a touch is told as such'
rm "$state/state.db"
is "$(es -v commit)" 'no changes' 'without the cache nothing is new'
settle
touch -r "$root/etc/hosts" ref
printf X | dd of="$root/etc/hosts" conv=notrunc status=none
touch -r ref "$root/etc/hosts"
es_run es commit
is "$(last)" 'M /etc/hosts|' 'same size, same time, and a change'
# --- within one tick of the clock -------------------------------------------------
# same FILE - the tip has it as it is
same() {
	git_repo cat-file -p "main:files$1" | cmp -s - "$root$1"
}
missed=
for i in $(seq 100 149); do
	echo "a$i" >"$root/etc/hostname"
	es commit || missed="$missed status"
	echo "b$i" >"$root/etc/hostname"
	es commit || missed="$missed status"
	same /etc/hostname || missed="$missed $i"
done
is "$missed" '' 'a change right after a run, 50 times'
# A time that is not older than the run is not trusted: the run below begins,
# waits for the lock, and reads what was written after its beginning.
settle
exec 9>>"$repo/etcsnap.lock"
flock 9
: >waits
ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -qq -e trace=flock -o waits \
	"$ETCSNAP" -c "$conf" --root "$root" commit 9>&- &
ok 'a run waits' wait_until grep -q EAGAIN waits
echo tock >"$root/etc/hostname"
sleep 0.1
flock -u 9
wait $!
ok 'what is written while a run goes on' same /etc/hostname
for want in 1 0; do
	strace -f -qq -e trace=openat -o trace "$ETCSNAP" -c "$conf" \
		--root "$root" commit >said 2>&1
	is "$(grep -c '"hostname"' trace)" $want \
		"is read again by the next run: $want"
done
settle
es commit
untouched 'at last nothing changes' es commit
ok 'the repository is sound' fsck
done_testing
