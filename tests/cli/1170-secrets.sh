#!/bin/sh
# SPDX-License-Identifier: MIT
# 1170-secrets.sh - a hundred secrets of every kind, ten commits, and not one
# of them in the repository, the state, a log or a report
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3
python3 -c 'import sys; sys.exit(sys.version_info < (3, 7))' ||
	skip_all 'python3 is too old'
last=10

# secrets ARGUMENT… - tests/secrets.py
secrets() {
	python3 "$srcdir/tests/secrets.py" "$@"
}

# told NAME ARGUMENT… - es; what it says goes to said/NAME
told() {
	local name="$1" status=0

	shift
	es "$@" >>"said/$name" 2>&1 || status=$?
	[ "$status" -le 1 ] || {
		echo "etcsnap $*: exit status $status"
		tail -n 5 "said/$name"
	}
	[ "$status" -le 1 ]
}

# tell_all - everything that can be asked for, of the first run and the last
tell_all() {
	local first file form

	first=$(git_repo rev-list --reverse main | head -n 1)
	for form in text json csv; do
		told report report --format "$form" "$first..main"
		told report report --format "$form" main~1..main
		told diff diff --format "$form" "$first" main
		told diff diff --format "$form" main~1
		told log log --format "$form"
		[ "$form" = csv ] || told status status --format "$form"
	done
	for form in csv json mtree tar; do
		told export export --format "$form" -o - main
		told export export --format "$form" -o - "$first"
	done
	told show show main
	told show show "$first"
	secrets names >paths
	git_repo ls-tree -r --name-only main run commands system findings \
		>>paths
	while read -r file; do
		es cat "main:$file"
		es show "main:$file"
		es cat "$first:$file"
		es show "$first:$file"
	done <paths >>said/each 2>&1
	! grep -iE 'sanitizer|abort' said/each
}

mkdir said
new_tree
secrets plant "$root" 1 || bail 'cannot plant'
parts='files system findings'
conf_for_root '[rule words]' 'match = /' "mask = shipped" \
	"mask = (?i)^schlüssel = (.*)"
es_init
ok 'there are more than 60 kinds' test "$(secrets count)" -gt 60
number=1
while [ "$number" -le "$last" ]; do
	secrets plant "$root" "$number" || bail 'cannot plant'
	echo "$number" >"$root/etc/motd"
	settle
	told commit -v commit -m "$(secrets message "$number")" \
		-t "password=$(secrets message "$number" | sed -n 's/^password=//p')" ||
		bail "run $number failed"
	number=$((number + 1))
done
is "$(git_repo rev-list --count main)" "$last" 'ten commits with new secrets'
told dry commit -n -m "$(secrets message 1)" -f
ok 'everything can be asked for' tell_all
ok 'not one secret is anywhere' \
	secrets scan "$root" "$last" "$repo" "${repo%/*}/state.db" said/*
secrets names | sed "s,^,$root," >controls
chmod -R u+rX "$root"
# shellcheck disable=SC2046 # one name a line, without blanks
ok 'the very search finds them where they are' sh -c '! python3 "$@" >found &&
	test "$(grep -c "number 10, plain" found)" -gt 100 &&
	test "$(grep -c "number 10, UTF-16" found)" -ge 4' sh \
	"$srcdir/tests/secrets.py" scan "$root" "$last" \
	$(cat controls)
ok 'all is sound' fsck

# --- outputs of commands ----------------------------------------------------------
# They run on this very machine alone, so there is no root here.
cat >say <<END
#!/bin/sh
exec python3 "$srcdir/tests/secrets.py" command "\$(cat "$work/number")" "\$1"
END
chmod +x say
{
	printf '[repository]\npath = %s\n' "$work/outputs/repo.git"
	printf '[collect]\nparts = commands\n'
	printf '[rule words]\nmatch = /\nmask = shipped\n'
	printf 'mask = (?i)^schlüssel = (.*)\n'
	for how in plain latin1 utf16 nul pem; do
		printf '[command %s]\nrun = %s/say %s\n' $how "$work" $how
	done
	printf '[command fails]\nshell = yes\n'
	printf 'run = %s/say plain; exit 3\n' "$work"
} >outputs.conf
mkdir outputs
outputs() {
	"$ETCSNAP" -c outputs.conf "$@" >>said/outputs 2>&1
}
ok 'a repository of commands' outputs init
for number in 1 2 3; do
	echo "$number" >number
	outputs commit || bail "run $number of the commands failed"
done
is "$(git --git-dir=outputs/repo.git rev-list --count main)" 3 'three commits'
is "$(git --git-dir=outputs/repo.git ls-tree -r --name-only main commands |
	grep -c stdout)" 6 'of all commands'
for form in text json csv; do
	outputs report --format $form main~2..main
	outputs diff --format $form main~1 main
done
outputs export --format json -o -
for name in $(git --git-dir=outputs/repo.git ls-tree -r --name-only main); do
	outputs cat "main:$name"
	outputs show "main~1:$name"
done
ok 'no secret that a command printed is anywhere' secrets scan "$root" 3 \
	outputs/repo.git outputs/state.db said/outputs

# --- rules that become stricter ----------------------------------------------------
# What was mirrored stays in old blobs; nothing that etcsnap prints has it.
repo=$work/third/repo.git
new_tree
conf_for_root
echo 'the combination is NineTailedFox' >"$root/etc/vault"
echo 'opening hours and code LeftRightLeft' >"$root/etc/doors"
printf 'code: \0\0 BinaryBadger\n' >"$root/etc/blob"
es_init
es commit >/dev/null
settle
sed -i s/Nine/Ten/ "$root/etc/vault"
sed -i s/Left/Right/ "$root/etc/doors"
sed -i s/Badger/Beaver/ "$root/etc/blob"
es commit >/dev/null
settle
es diff main~1 main >before || :
ok 'mirrored it is shown' grep -q NineTailedFox before
conf_for_root '[rule vault]' 'match = /etc/vault' 'class = secret' \
	'[rule doors]' 'match = /etc/doors' 'match = /etc/blob' 'mask = shipped' \
	'mask = code:? (.*)'
: >said/stricter
rm -rf said/export said/report said/diff said/show said/each said/log said/status
for step in before after; do
	first=$(git_repo rev-list --reverse main | head -n 1)
	second=$(git_repo rev-list --reverse main | sed -n 2p)
	for form in text json csv; do
		told report report --format $form "$first..main"
		told report report --format $form "$first..$second"
		told diff diff --format $form "$first" "$second"
		told diff diff --format $form "$first"
		told log log --format $form
		[ $form = csv ] || told status status --format $form
	done
	for form in csv json mtree tar; do
		told export export --format $form -o "said/export.$form" "$first"
		told export export --format $form -o - "$second"
	done
	for path in vault doors blob; do
		for rev in "$first" "$second" main; do
			es show "$rev:/etc/$path"
			es cat "$rev:/etc/$path"
			es log "/etc/$path"
		done
		es show "$first"
		es show "$second"
	done >>said/each 2>&1
	old() {
		cat said/each said/report said/diff said/export* said/log \
			said/status | grep -aE "TailedFox|RightLeft|BinaryB|$1"
	}
	sums=$(for text in 'the combination is NineTailedFox' \
		'the combination is TenTailedFox' \
		'opening hours and code LeftRightLeft' \
		'opening hours and code RightRightLeft'; do
		echo "$text" | sha256sum | cut -c -64
		echo "$text" | git hash-object --stdin
	done | tr '\n' '|')
	not_ok "nothing of it is shown $step the next run" old "${sums%|}"
	ok 'but what else there is' grep -q 'opening hours and code <masked:' said/each
	es commit >/dev/null
done
ok 'the report of the run says that old commits have it' like \
	"$(es report main~1..main)" 'stricter now for 3 of these paths'

# --- what was typed at a package manager -------------------------------------------
# Masks see the words themselves, not as run/packages writes them.
repo=$work/typed/repo.git
new_tree
conf_for_root
es_init
SOURCE_DATE_EPOCH=$(date -d '2026-05-01 11:59:59' +%s)
export SOURCE_DATE_EPOCH
es commit || bail 'the first run failed'
mkdir -p "$root/var/log/apt"
cat >"$root/var/log/apt/history.log" <<'END'

Start-Date: 2026-05-01  12:00:00
Commandline: apt-get -o Acquire::http::Proxy=http://bob:TypedOne@proxy:3128 install good
Install: good:amd64 (1.0)
End-Date: 2026-05-01  12:00:01

Start-Date: 2026-05-01  12:00:02
Commandline: apt install --password=TypedTwo other
Install: other:amd64 (1.0)
End-Date: 2026-05-01  12:00:03
END
cat >"$root/var/log/dpkg.log" <<'END'
2026-05-01 12:00:01 install good:amd64 <none> 1.0
2026-05-01 12:00:01 status installed good:amd64 1.0
2026-05-01 12:00:03 install other:amd64 <none> 1.0
2026-05-01 12:00:03 status installed other:amd64 1.0
END
echo '2026-05-01T12:00:04+00:00 m sudo: anna : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/door --pin=TypedThree' \
	>"$root/var/log/auth.log"
sed -i 's/^Commandline: apt install/& --pin=TypedFour/' \
	"$root/var/log/apt/history.log"
echo typed >"$root/etc/motd"
SOURCE_DATE_EPOCH=$((SOURCE_DATE_EPOCH + 60))
es commit -m 'the new pin=TypedFive' || bail 'a run failed'
unset SOURCE_DATE_EPOCH
# typed - all that is told of the run
typed() {
	es cat main:run/packages
	es cat main:run/logins
	for form in text json html; do
		es report --level full --format $form main~1..main
		es report --state --format $form --since 2026-05-01
	done
	es blame --json /etc/motd
}
typed >said/typed
not_ok 'no word of a command that a mask hides' grep -e TypedOne -e TypedTwo said/typed
ok 'but what else there is' grep -q 'http://bob:<masked:[0-9a-f]*>@proxy:3128 install' \
	said/typed
is "$(grep -oe 'Typed[TF][hoi][a-z]*' said/typed | sort -u | tr '\n' ' ')" \
	'TypedFive TypedFour TypedThree ' 'what no mask was for is told'
conf_for_root '[rule doors]' 'match = /' 'mask = shipped' 'mask = pin=(\S+)'
typed >said/typed
not_ok 'by the masks of today it is not' grep -e TypedThree -e TypedFour \
	-e TypedFive said/typed
ok 'nor is more hidden than it' grep -q 'the new pin=<masked:' said/typed
done_testing
