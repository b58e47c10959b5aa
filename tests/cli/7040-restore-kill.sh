#!/bin/sh
# SPDX-License-Identifier: MIT
# 7040-restore-kill.sh - a restore that is killed leaves each file as it was or
# as it should be, and the next one ends the work
[ -n "${TMPDIR-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git timeout python3

kills=${ETCSNAP_TEST_KILLS:-20}
cat >tree.py <<'END'
"""make DIR: files whose content says how long it is, in two versions;
check DIR: each is one of both, whole, with the mode of its version; prints
how many are of which."""
import os, sys
what, top = sys.argv[1:3]
version = int(sys.argv[3]) if len(sys.argv) > 3 else 0

def content(version, name):
    return ("%d %s\n" % (version, name)) * (200 + 400 * version)

def mode(version):
    return 0o640 + version * 4

names = ["d%d/f%d" % (d, f) for d in range(10) for f in range(40)]
if what == "make":
    for n in names:
        path = os.path.join(top, n)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # some are other things in the other version
        kind = int(n.split("f")[1]) % 10
        if os.path.islink(path):
            os.unlink(path)
        if version and kind == 3:
            if os.path.exists(path):
                os.unlink(path)
            continue
        if version and kind == 4:
            if os.path.exists(path):
                os.unlink(path)
            os.symlink("nowhere", path)
            continue
        with open(path, "w") as f:
            f.write(content(version, n))
        os.chmod(path, mode(version))
    sys.exit()
seen = [0, 0]
left = 0
for n in names:
    path = os.path.join(top, n)
    kind = int(n.split("f")[1]) % 10
    if kind == 4 and os.path.islink(path) or \
            kind == 3 and not os.path.lexists(path):
        seen[1] += 1
        continue
    text = open(path).read()
    for v in (0, 1):
        if text == content(v, n):
            seen[v] += 1
            if os.lstat(path).st_mode & 0o7777 != mode(v):
                print(n, "has mode", oct(os.lstat(path).st_mode))
            break
    else:
        print(n, "has", len(text), "bytes that are of neither version")
for d, _, files in os.walk(top):
    for f in files:
        if f.startswith(".etcsnap-restore-"):
            left += 1
        elif os.path.relpath(os.path.join(d, f), top) not in names:
            print("what is", d, f)
print("#", *seen, left)
END
mkdir -p "$root/etc"
python3 tree.py make "$root/etc" 0
conf_for_root '[files]' 'include = /etc'
es_init
es commit || bail 'no first run'
first=$(tip)

now() {
	local t

	t=$(date +%s%N)
	echo $((t / 1000000))
}

python3 tree.py make "$root/etc" 1
es -q commit
start=$(now)
es -q restore --at "$first" --apply /etc || bail 'the first restore failed'
took=$(($(now) - start))
note "a restore takes $took ms"
ok 'all is of the first version' prints '# 400 0 0' python3 tree.py check "$root/etc"

n=0
killed=0
between=0
left=0
while [ "$n" -lt "$kills" ]; do
	n=$((n + 1))
	python3 tree.py make "$root/etc" 1
	ms=$((took * 11 * (n * 37 % kills) / (kills * 10) + 1))
	timeout -s KILL "$((ms / 1000)).$(printf %03d $((ms % 1000)))" \
		"$ETCSNAP" -c "$conf" --root "$root" -q restore --at "$first" \
		--apply /etc >said 2>&1
	status=$?
	keep_pace $status "$ms"
	[ $status -ne 137 ] || killed=$((killed + 1))
	python3 tree.py check "$root/etc" >found
	grep -v '^#' found >>trouble
	# shellcheck disable=SC2046 # three numbers
	set -- $(sed -n 's/^# //p' found)
	[ "$1" -eq 0 ] || [ "$2" -eq 0 ] || between=$((between + 1))
	left=$((left + $3))
	es_run es -q restore --at "$first" --apply /etc
	[ "$es_status" -eq 0 ] || {
		echo "kill $n at $ms ms: the next one ended with $es_status"
		cat "$es_out"
	} >>trouble
	python3 tree.py check "$root/etc" | grep -v '^# 400 0 0$' >>trouble
	[ ! -s trouble ] || break
done
touch trouble
is "$(cat trouble)" '' "$kills kills, each file whole, the next restore ends well"
note "$killed were killed, $between of them half way; $left temporary files were left"
ok 'most of them hit' test "$killed" -gt $((kills / 2))
is "$(find "$root" -name '.etcsnap*')" '' 'nothing is left over'
ok 'the repository is sound' fsck --no-dangling
ok 'and says that all is as it was' es diff "$first"

# --- what a killed one may leave --------------------------------------------------
echo rest >"$root/etc/d1/.etcsnap-restore-0123456789abcdef"
mkdir "$root/etc/d1/.etcsnap-restore-fedcba9876543210"
echo mine >"$root/etc/d1/.etcsnap-restore-mine"
es -q commit
ok 'a temporary file is recorded as a secret, whatever was in it' \
	like "$(git_repo cat-file -p main:meta/etc/d1/.mtree)" '^#\+ hmac='
is "$(git_repo ls-tree --name-only main:files/etc/d1 | grep -c etcsnap)" 0 \
	'without its content'
echo changed >"$root/etc/d1/f1"
ok 'the next restore in that directory' es -q restore --at "$first" --apply /etc
is "$(find "$root" -name '.etcsnap*' -printf %f)" .etcsnap-restore-mine \
	'removes what is its own'
done_testing
