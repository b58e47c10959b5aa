#!/bin/sh
# SPDX-License-Identifier: MIT
# 7060-restore-user.sh - what somebody without privileges can restore, and that
# nothing gets an owner or rights that it did not have
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3 setpriv

tree=$srcdir/tests/restore.py
user=$(as_user id -u)
chmod 755 "$work"
mkdir -p "$root/etc" state
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$root" state
conf_for_root '[files]' 'include = /etc'
chmod 644 "$conf"

# us ARGUMENT… - the program as the user
us() {
	as_user "$ETCSNAP" -c "$conf" --root "$root" "$@"
}

# restored ARGUMENT… - all of it; else what is not
restored() {
	us restore --json "$@" >said.json && return
	echo "exit status $?"
	json said.json '"\n".join(str(i) for i in d["items"]
		if i["state"] != "done" or i["why"])'
	return 1
}

# --- all that is theirs ----------------------------------------------------------
as_user python3 "$tree" make "$root/etc/t" 300 1 plain ||
	bail 'cannot make the tree'
as_user "$ETCSNAP" -c "$conf" --root "$root" -q init
ok 'a run' us commit
first=$(as_user git --git-dir="$repo" rev-parse main)
as_user python3 "$tree" tell "$root/etc/t" >before
as_user python3 "$tree" change "$root/etc/t" 1 plain || bail 'cannot change it'
as_user python3 "$tree" tell "$root/etc/t" >changed
ok 'much is changed' sh -c '[ "$(diff before changed | grep -c "^[<>]")" -gt 250 ]'
ok 'restored' restored --at "$first" --delete --apply /etc
as_user python3 "$tree" tell "$root/etc/t" >after
ok 'all is as it was' diff before after
ok 'etcsnap sees no difference' us diff "$first"
ok 'forth again' restored --at HEAD~1 --delete --apply /etc
as_user python3 "$tree" tell "$root/etc/t" >after
ok 'as it was' diff changed after

# --- what a run could not read ------------------------------------------------------
printf 'first\n' >"$root/etc/unread" && touch -d 2001-01-01 "$root/etc/unread"
[ "$user" -ne 65534 ] || chown 65534:65534 "$root/etc/unread"
us commit >/dev/null 2>&1
printf 'second\n' >"$root/etc/unread"
as_user touch -d 2002-02-02 "$root/etc/unread"
as_user chmod 0 "$root/etc/unread"
es_run us commit
is "$es_status" 4 'a file that cannot be read'
unread=$(as_user git --git-dir="$repo" rev-parse main)
as_user chmod 644 "$root/etc/unread"
printf 'third\n' >"$root/etc/unread"
us commit >/dev/null 2>&1
us restore --at "$unread" --json --apply /etc/unread >said.json
is "$(json said.json '[(i["action"], i["why"]) for i in d["items"]]')" \
	"[('replace', 'stale')]" 'of it there is what was known before'
is "$(as_user chmod 644 "$root/etc/unread"; cat "$root/etc/unread")" first \
	'which is put back'
not_ok 'but not with the time that it had' like \
	"$(stat -c %y "$root/etc/unread")" '^2002'
us export --format tar "$unread" >unread.tar 2>/dev/null
not_ok 'nor has it that in an archive' like \
	"$(tar -tvf unread.tar 2>/dev/null | grep etc/unread)" 2002

# --- what is not ------------------------------------------------------------------
[ "$(id -u)" -eq 0 ] || skip_all 'only root can make files of others'
mkdir "$root/etc/mixed"
echo theirs >"$root/etc/mixed/theirs"
echo ours >"$root/etc/mixed/ours"
cp /bin/true "$root/etc/mixed/suid"
printf '#!/bin/sh\n' >"$root/etc/mixed/script"
chmod 4755 "$root/etc/mixed/script"
chown 65534:65534 "$root/etc/mixed" "$root/etc/mixed/ours"
ok 'files of others' us commit
second=$(as_user git --git-dir="$repo" rev-parse main)
rm "$root/etc/mixed/theirs"
echo other >"$root/etc/mixed/theirs"
chown 65534:65534 "$root/etc/mixed/theirs"
echo other >"$root/etc/mixed/ours"
echo other >"$root/etc/mixed/script"
es_run us restore --at "$second" --apply /etc/mixed
cp "$es_out" said
is "$es_status" 4 'what cannot get its owner'
is "$(cat "$root/etc/mixed/theirs" "$root/etc/mixed/script")" \
	"$(printf 'other\nother')" 'stays as it is'
ok 'and is told' grep -q '^etcsnap: /etc/mixed/theirs: owner: Operation not permitted' said
ok 'how to try again, too' grep -q \
	"^to try again: etcsnap restore --at $(echo "$second" | cut -c1-7) " said
ok 'since the last run is another by now' like "$(us restore /etc/mixed)" \
	'^all is as in the last run, which was made for a restore; --at '
is "$(cat "$root/etc/mixed/ours")" ours 'what can is restored'
is "$(find "$root" -name '.etcsnap*')" '' 'nothing is left over'
mkdir to && chown 65534 to
es_run us restore --at "$second" --to to --apply /etc/mixed
cp "$es_out" said
is "$es_status" 4 'elsewhere all is written'
is "$(cat to/etc/mixed/theirs)" theirs 'with what it was'
is "$(stat -c '%u %a' to/etc/mixed/script)" "$user 755" \
	'but nobody gets the rights of another'
ok 'which is told' grep -q '^etcsnap: /etc/mixed/script: owner: ' said
chmod 700 "$root/etc/mixed" && chown 0 "$root/etc/mixed"
es_run us restore --at "$second" --apply /etc/mixed
is "$es_status" 4 'a directory that is shut'
chmod 755 "$root/etc/mixed"
done_testing
