#!/bin/sh
# SPDX-License-Identifier: MIT
# 3150-blame.sh - which run each line came with, as git blame has it; the log of
# one path
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

: "${ES_BLAME_RUNS:=25}"
new_tree
conf_for_root '[retention]' 'main = 1000' 'prune = never'
es_init
etc=$root/etc

# run COMMAND… - a change, and a run an hour after the one before
now=1777636800
run() {
	now=$((now + 3600))
	settle
	(cd "$etc" && eval "$*") || bail "cannot $*"
	SOURCE_DATE_EPOCH=$now es commit -q --no-notify --trigger "${trigger:-cron}" ||
		bail 'a run failed'
}

# Edits of lines that are never the same, so that there is one way to blame.
cat >"$work/edit.py" <<'END'
import random, sys
random.seed(int(sys.argv[2]))
with open(sys.argv[1]) as f:
    lines = f.read().splitlines()
for k in range(3):
    lines.insert(random.randrange(len(lines) + 1), "run %s line %d" % (sys.argv[2], k))
for k in range(2):
    del lines[random.randrange(len(lines))]
with open(sys.argv[1], "w") as f:
    f.write("\n".join(lines) + "\n")
END
seq 1 40 >"$etc/edited.conf"
run 'printf "one\ntwo\n" >moved.conf; printf "a\n" >other'
i=0
while [ "$i" -lt "$ES_BLAME_RUNS" ]; do
	i=$((i + 1))
	if [ $((i % 5)) -eq 0 ]; then
		run 'date >>other; chmod 600 edited.conf; chmod 644 edited.conf'
	else
		run "python3 '$work/edit.py' edited.conf $i"
	fi
done

# ours PATH [OPTION…] - "^id line" for each line, as both tell it
ours() {
	es blame --format csv "$@" >"$work/blame.csv" || return 1
	csv "$work/blame.csv" '"\n".join(("^" if r["boundary"] == "yes" else "")
		+ r["commit"] + " " + r["text"] for r in d)'
}
theirs() {
	git_repo blame -l --first-parent "${2:-main}" -- "files$1" |
		sed -E 's/^(\^?)([0-9a-f]+) [^)]*[0-9]+\) /\1\2 /' >"$work/theirs"
	# with a mark git shows a digit less
	python3 - "$work/theirs" "$work/ours" <<'END'
import sys
a, b = (open(n).read().splitlines() for n in sys.argv[1:3])
assert len(a) == len(b), (len(a), len(b))
for x, y in zip(a, b):
    i, t = x.split(" ", 1)
    j, u = y.split(" ", 1)
    assert t == u and j.startswith(i) and len(i) >= 40, (x, y)
END
}
agrees() {
	ours "$1" >"$work/ours" && theirs "$1"
}
ok 'every line is blamed as git blame does it' agrees "/etc/edited.conf"
ok 'a file that never changed is older than all' like \
	"$(es blame /etc/hosts | sed 1d)" '^\^[0-9a-f]{7}  '
ok 'and of an older run' sh -c "
	'$ETCSNAP' -c '$conf' --root '$root' blame --at HEAD~9 /etc/edited.conf |
		sed 1d | sed 's/^.[^ ]*  *[^ ]* [^ ]*  *[^ ]*  *[0-9]*  //' >a
	git --git-dir='$repo' cat-file -p main~9:files/etc/edited.conf | diff a -"

# --- cut histories -------------------------------------------------------------
old=$(git_repo rev-list --first-parent main | tail -n 1)
cut=$(git_repo rev-parse main~4)
printf '%s\n' "$cut" >"$repo/shallow"
# git loses what is older at the boundary, too
ok 'at the shallow boundary as git has it' agrees "/etc/edited.conf"
is "$(es blame /etc/edited.conf | grep -c "$(printf %.7s "$old")")" 0 \
	'and nothing older is named'
rm "$repo/shallow"

# --- renames, people, forms ----------------------------------------------------
run 'mkdir sub; mv moved.conf sub/new.conf'
run 'echo three >>sub/new.conf'
is "$(es blame --json /etc/sub/new.conf >b.json; json b.json \
	'[(d["runs"][l["run"]]["path"], l["text"], l["was"]) for l in d["lines"]]')" \
	"[('/etc/moved.conf', 'one', 1), ('/etc/moved.conf', 'two', 2), ('/etc/sub/new.conf', 'three', 3)]" \
	'a rename is followed'
es log --json >l.json
who=$(json l.json 'd[0]["author"].split(" <")[0]')
is "$(es blame /etc/sub/new.conf | sed -E '1d;s/[0-9a-f]{7}/<id>/;s/ +/ /g')" \
	"^<id> 2026-05-01 13:00 $who 1 one
^<id> 2026-05-01 13:00 $who 2 two
<id> $(date -u -d @$now '+%Y-%m-%d %H:%M') $who 3 three" 'text'
run 'printf "x\tback\\slash\033[31m\n" >odd.conf'
ok 'what would harm a terminal is shown' like "$(es blame /etc/odd.conf)" \
	'x	back\\slash\\x1b\[31m$'
run 'printf "\377\376a\0\n\0" >wide.txt'
run 'printf "\377\376a\0\n\0b\0\n\0" >wide.txt'
is "$(es blame /etc/wide.txt | sed '1d;s/.*  //' | tr '\n' ' ')" 'a b ' 'UTF-16'
run 'printf "user = x\npassword = hush-hush\n" >app.conf'
ok 'a masked value stays masked' like "$(es blame /etc/app.conf)" \
	'password = <masked:[0-9a-f]{8}>$'

# --- the log of one path -------------------------------------------------------
what() {
	es log "$@" | sed -E '1d;s/^[^ ]+ [^ ]+ [^ ]+ [^ ]+ +//' | tr '\n' ';'
}
run 'chmod 600 hosts'
is "$(what -n 1 /etc/hosts)" 'changed: mode;' 'log: permissions alone'
is "$(what /etc/moved.conf)" 'renamed to /etc/sub/new.conf;added;' \
	'log: where a path went'
is "$(what /etc/sub/new.conf)" \
	'changed: size, mtime, content;renamed from /etc/moved.conf;' \
	'log: and where it came from'
run 'rm odd.conf'
is "$(what /etc/odd.conf)" 'removed;added;' 'log: of what is gone'
is "$(what --json /etc/none)" '' 'log: of what never was'

# --- refusals ------------------------------------------------------------------
ok 'what is gone says how to go on' like "$(es blame /etc/odd.conf 2>&1)" \
	"not recorded in that run; 'etcsnap log"
ok 'and fails' must_exit 3 es blame /etc/odd.conf
ok 'a secret has no lines to show' like "$(es blame /etc/shadow 2>&1)" secret
ok 'a directory has none' must_exit 3 es blame /etc
ok 'one path' must_exit 2 es blame
ok 'and not two' must_exit 2 es blame /etc/hosts /etc/passwd
ok 'the path is no part of --at' must_exit 2 es blame --at HEAD:/etc/hosts /etc/hosts
ok 'the repository is as it was' fsck
done_testing
