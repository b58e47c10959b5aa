#!/bin/sh
# SPDX-License-Identifier: MIT
# 8310-completion.sh - words completed in bash, zsh and fish
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"

where="-c etcsnap.conf --root root"
odd="odd\$(touch pwned)\`touch pwned\`;&|<>*?#~\\name"
nl='
'

# offers WORD… - for the last word, one a line, with a newline in it as "\n"
offers() {
	# shellcheck disable=SC2086 # options and their values
	"$ETCSNAP" completion fish -- etcsnap $where "$@" 2>&1 |
		tr '\n\0' '\1\n' | sed -e 's/\x01/\\n/g' -e 's/\t.*//'
}

# offered NAME ERE WORD… - a line of the offers is that
offered() {
	local name="$1" ere="$2"

	shift 2
	ok "$name" like "$(offers "$@")" "^($ere)\$"
}

# in_bash LINE - what bash is told; the records one a line
in_bash() {
	"$ETCSNAP" completion bash -- "etcsnap $where $1" " \"'@><=;|&(:" |
		tr '\n\0' '\1\n'
}

new_tree
printf 'one\n' >root/etc/aaa-"two words"
printf 'one\n' >root/etc/aab-"quo'te\"s"
printf 'one\n' >"root/etc/aac-new${nl}line"
printf 'one\n' >root/etc/aad-"$odd"
printf 'one\n' >root/etc/-dash
conf_for_root '[channel ops]' 'type = mail' 'to = root' \
	'[rule net]' 'match = /etc/hosts' 'tags = network, base'
parts='files findings'
sed -i "s/^parts = .*/parts = $parts/" "$conf"
es_init
es commit || bail 'no first run'
git_repo tag before-the-move
git_repo branch side
short=$(tip | cut -c 1-7)

# --- the scripts ---------------------------------------------------------------
for shell in bash zsh fish; do
	ok "the script for $shell" \
		cmp "$srcdir/conf/completion/etcsnap.$shell" - <<-END
		$("$ETCSNAP" completion $shell)
	END
done
ok 'needs no configuration' "$ETCSNAP" -c /nonexistent completion bash
ok 'another shell is wrong usage' must_exit 2 "$ETCSNAP" completion tcsh
ok 'and told which there are' \
	like "$("$ETCSNAP" completion tcsh 2>&1)" "bash, zsh or fish, not 'tcsh'"
ok 'none is as well' must_exit 2 "$ETCSNAP" completion

# --- words from the tables -----------------------------------------------------
"$ETCSNAP" -h | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' | sort >commands
offers '' | grep -v '^words$' | sort >offered
ok 'all commands that help names' diff commands offered
while read -r cmd; do
	[ "$cmd" != git ] || continue
	"$ETCSNAP" "$cmd" -h |
		sed -n 's/^  \(-.,\|   \) \(--[a-z-]*\) .*/\2/p' | sort >options
	offers "$cmd" - | grep -v '^words$' | sort >offered
	ok "all options that help names of $cmd" diff options offered
	# Each form that is offered is one; a template may still be refused
	# for what it is about.
	grep -qx -- --format options || continue
	for form in $(offers "$cmd" --format= |
		sed -n 's/^--format=\([a-z]*\)$/\1/p'); do
		# shellcheck disable=SC2046 # a word or none
		said=$(es "$cmd" --format "$form" \
			$(case $cmd in
			blame | search | restore) echo /etc/hosts ;;
			config) echo show ;;
			esac) 2>&1 >/dev/null)
		ok "$cmd: $form is a form" unlike "$said" 'form|template'
	done
	ok "$cmd: there are forms" like "$(offers "$cmd" --format '')" '^json$'
done <commands
is "$(offers report --level '' | tr '\n' ' ')" 'brief normal full words ' \
	'words of an option whose help lists them'
is "$(offers --color=a | tr '\n' ' ')" '--color=auto --color=always words ' \
	'behind an equals sign'
is "$(offers report --min-severity '' | tr '\n' ' ')" \
	'info notice warning critical words ' 'severities'
is "$(offers config '' | tr '\n' ' ')" 'check show explain rotate-key words ' \
	'what stands in the usage as it is'
is "$(offers config explain '')" files 'and what comes behind it'
is "$(offers config show '')" words 'or does not'
is "$(offers commit '')" files 'files of the machine'
is "$(offers export -o '')" files 'the value of an option by letter'
is "$(offers export -ofo)" files 'glued to it'
is "$(offers --root '')" directories 'directories'
is "$(offers commit -m '')" words 'nothing for a text'
is "$(offers frobnicate '')" words 'nothing for what is no command'
is "$(offers git lo)" words 'nothing for the words of git'
offered 'no options behind two dashes' /etc/-dash log -- /etc/-

# --- from configuration and repository -----------------------------------------
for rev in HEAD main side before-the-move "$short" @yesterday; do
	offered "a revision: $rev" "$rev" show ''
done
offered 'as the value of an option' side restore --at s
offered 'as a part of a range' 'HEAD\.\.side' report HEAD..s
offered 'a channel' ops notify --channel ''
offered 'a tag of a rule' network report --tag n
offered 'a folder of the run' /etc/ssh/ log /etc/ss
offered 'a file of it' /etc/ssh/sshd_config log /etc/ssh/
offered 'a secret has a name, too' /etc/shadow log /etc/sh
offered 'a text of the run' findings/ log f
offered 'behind a revision' 'HEAD:/etc/hosts' cat HEAD:/etc/ho
offered 'what tells of the run' 'side:run/summary' show side:run/
offered 'a name with a newline' '/etc/aac-new\\nline' log /etc/aac
rm -f root/etc/hosts
offered 'what is gone from the machine' /etc/hosts restore /etc/ho
is "$(offers show nothing:/etc/)" words 'nothing of a revision that is none'
is "$(in_bash 'show HEAD:/etc/ssh/sshd' | head -n 1)" /etc/ssh/sshd_config \
	'bash: what stands before a colon is not repeated'
is "$(in_bash 'log "/etc/aaa-two w' | head -n 1)" '/etc/aaa-two words' \
	'bash: in open quotes'
is "$(in_bash 'log /etc/aaa-two\ w' | head -n 1)" '/etc/aaa-two words' \
	'bash: behind a backslash'
is "$(in_bash "log '/etc/aaa-two' " | head -n 1)" / \
	'bash: a word that is over'
ok 'bash: nothing is run that is typed' \
	in_bash 'log $(touch pwned) `touch pwned` "$(touch pwned)" /etc/'
ok 'of none of it' test ! -e pwned

# --- silent whatever is wrong --------------------------------------------------
# quiet_with NAME OPTION… - an offer that is none, and no word about it
quiet_with() {
	local name="$1"

	shift
	is "$("$ETCSNAP" completion fish -- etcsnap "$@" show x 2>&1 |
		tr '\0' ' ')" 'words ' "silent: $name"
}
quiet_with 'no repository' --repo "$work/none"
quiet_with 'no configuration' -c "$work/none"
echo 'nonsense' >broken.conf
quiet_with 'a wrong one' -c "$work/broken.conf"
quiet_with 'another root' -c "$conf" --root /tmp

# --- in the shells themselves --------------------------------------------------
# The program answers what it is asked; run by the shell it writes its words.
mkdir bin said
cat >bin/etcsnap <<EOF
#!/bin/sh
[ "\$1" != completion ] || exec "$ETCSNAP" "\$@"
printf '%s\\0' "\$@" >"$work/new.\$\$" && mv "$work/new.\$\$" "$work/said/\$\$"
#!/bin/sh
[ "\$1" != completion ] || exec "$ETCSNAP" "\$@"
printf '%s\\0' "\$@" >"$work/said.new" && mv "$work/said.new" "$work/said"
EOF
chmod 755 bin/etcsnap
scripts=$srcdir/conf/completion
printf '%s\n' "PATH=$work/bin:\$PATH" "cd $work" ". $scripts/etcsnap.bash" \
	>init.bash
printf '%s\n' "PATH=$work/bin:\$PATH" "cd $work" 'autoload -Uz compinit' \
	'compinit -u -D' ". $scripts/etcsnap.zsh" >init.zsh
printf '%s\n' "set -x PATH $work/bin \$PATH" "cd $work" \
	". $scripts/etcsnap.fish" >init.fish

# What is typed, and what the last word becomes.
cat >typed <<'END'
rest\t|restore
notify --sk\t|--skip-empty
report --format=ht\t|--format=html
show bef\t|before-the-move
show HEAD:/etc/ssh\tsshd_c\t|HEAD:/etc/ssh/sshd_config
log /etc/aaa\t|/etc/aaa-two words
log "/etc/aaa\t|/etc/aaa-two words
log /etc/aac\t|/etc/aac-new\x0aline
END
printf '%s|%s\n' 'log /etc/aad\t' "/etc/aad-$odd" >>typed
for shell in bash zsh fish; do
	cp typed lines
	# It would put it in as it is.
	[ "$shell" != bash ] || printf '%s\n' 'log "/etc/aad\t"|/etc/aad' >>lines
	if ! command -v "$shell" >/dev/null; then
		skip "$shell is not installed" "$(wc -l <lines)"
		continue
	fi
	set --
	while read -r line; do
		set -- "$@" "etcsnap $where ${line%%|*}"
	done <lines
	python3 "$srcdir/tests/complete.py" "$shell" "$work/init.$shell" \
		"$work/said" "$@" >became 2>&1
	n=0
	while read -r line; do
		n=$((n + 1))
		is "$(sed -n "${n}p" became)" "${line#*|}" "$shell: ${line%%|*}"
	done <lines
done
ok 'no shell ran a name' test ! -e pwned
done_testing
