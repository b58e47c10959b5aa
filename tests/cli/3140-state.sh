#!/bin/sh
# SPDX-License-Identifier: MIT
# 3140-state.sh - how the machine is doing, as text, HTML and JSON
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git python3

es_init
es commit -q --no-notify || bail 'the first run failed'
fine='[state]
disk_full = 0
disk_days = 0
load = 0
memory = 0
net_errors = 0
failed_logins = 0
updates = 0
run_age = 0
findings = critical'
printf '%s\n' "$fine" >>"$conf"

# --- a made-up machine ---------------------------------------------------------
mkdir -p "$root/proc/net" "$root/proc/1" "$root/proc/sys/kernel/random" \
	"$root/var/lib/apt/lists" "$root/var/lib/dpkg"
echo '0.10 0.20 0.30 1/99 1' >"$root/proc/loadavg"
echo '7200.5 1.0' >"$root/proc/uptime"
echo boot-one >"$root/proc/sys/kernel/random/boot_id"
printf 'MemTotal: 4000 kB\nMemAvailable: 1000 kB\n' >"$root/proc/meminfo"
echo '1 0 8:1 / / rw - ext4 /dev/sda1 rw' >"$root/proc/1/mountinfo"
printf '  eth0: 1 1 10 0 0 0 0 0 1 1 0 0 0 0 0 0\n' >"$root/proc/net/dev"

state() {
	es report --state "$@"
}
settled() {
	state --json >s.json && valid_state s.json
}
if has_module jsonschema; then
	ok 'the document is valid' settled
else
	skip 'no jsonschema'
	state --json >s.json
fi
is "$(json s.json 'd["kind"], d["schema"], d["severity"], d["alerts"]')" \
	"('state', 1, 'none', [])" 'nothing is out of order'
is "$(state --skip-empty)" '' 'then nothing is printed, if asked for'
ok 'with exit status 0' must_exit 0 state --skip-empty
ok 'text says so' like "$(state)" ': nothing is out of order$'
ok 'with load' like "$(state)" '^  load +0\.10, 0\.20, 0\.30 on 1 processor'
ok 'and disks' like "$(state)" '^  /  +[0-9 ]+%, .* left'
ok 'and the age of the last run' like "$(state)" '^  last run .* seconds? ago$'
ok 'the first run was a full one' like "$(state)" '^  last full run .* ago$'

# --- from report to report -----------------------------------------------------
trend=${repo%/*}/trend
ok 'what the next one needs is kept' like "$(cat "$trend")" '^disk [0-9-]+ / '
is "$(stat -c %a "$trend")" 600 'for nobody else'
printf '  eth0: 1 1 17 0 0 0 0 0 1 1 0 0 0 0 0 0\n' >"$root/proc/net/dev"
before=$(cksum <"$trend")
state --since 1d --json >s.json
is "$(cksum <"$trend")" "$before" 'a look back by hand is not remembered'
is "$(json s.json 'd["network"][0]["rx_errors"]')" 7 'errors since the last one'
state --json >s.json
state --json >s.json
is "$(json s.json 'd["network"][0]["rx_errors"]')" 0 'and none since then'
# a disk that fills up
size=$(json s.json 'd["disks"][0]["size"]')
used=$(json s.json 'd["disks"][0]["used"]')
free=$(json s.json 'd["disks"][0]["free"]')
for day in 3 2 1; do
	printf 'disk %s / %s %s\n' "$(date -d "-$day day" +%Y-%m-%d)" "$size" \
		$((used - day * free / 4))
done >>"$trend"
sed -i 's/^disk_days = 0/disk_days = 7/' "$conf"
ok 'a disk that will be full' must_exit 1 state --since 1d
ok 'is foretold' like "$(state --skip-empty)" \
	'WARNING +/ will be full in [345] days'
echo garbage >"$trend"
ok 'a file that makes no sense is made anew' sh -c "
	'$ETCSNAP' -c '$conf' --root '$root' report --state >/dev/null 2>err
	[ ! -s err ] && grep -q '^etcsnap-trend 1' '$trend'"

# --- out of order --------------------------------------------------------------
printf 'md0 : active raid1 sdb1[1](F) sda1[0]\n      1 blocks super 1.2 [2/1] [U_]\n' \
	>"$root/proc/mdstat"
touch "$root/run/reboot-required" 2>/dev/null ||
	{ mkdir -p "$root/run" && touch "$root/run/reboot-required"; }
ok 'the worst is the headline' like "$(state --skip-empty | head -n 1)" \
	': CRITICAL: md0 is degraded: 1 of 2 disks; 1 more$'
state --json >s.json
is "$(json s.json '[(a["severity"], a["what"]) for a in d["alerts"]]')" \
	"[('critical', 'raid'), ('notice', 'reboot')]" 'alerts'
ok 'HTML is a file of its own' must_exit 1 state --format html -o state.html
ok 'which says the same' grep -q 'md0 is degraded: 1 of 2 disks; 1 more</h1>' \
	state.html
if command -v tidy >/dev/null; then
	ok 'and has no errors' sh -c 'tidy -e -q state.html 2>&1 | sed -n "/Error/p" |
		{ ! grep .; }'
else
	skip 'no tidy'
fi
ok 'nothing is fetched for it' sh -c '! grep -E "src=|https?://|<script" state.html'

# --- usage ---------------------------------------------------------------------
ok 'it is about now' must_exit 2 state HEAD~1..HEAD
ok 'not about a day' must_exit 2 state --day today
ok 'an unknown form' must_exit 2 state --format xml
ok 'there is no table of it' must_exit 2 state --format csv
ok 'the repository is as it was' fsck

# --- the real machine ----------------------------------------------------------
cat >real.conf <<END
[repository]
path = $work/real/repo.git
[files]
include = $root/etc/hosts
[command good]
run = printf 'volatile output\npassword = hush-hush\n'
shell = yes
volatile = yes
END
real() {
	"$ETCSNAP" -c real.conf "$@"
}
mkdir real
real init -q || bail 'init failed'
real commit -q --no-notify || bail 'a run failed'
ok 'of this machine, too' sh -c "'$ETCSNAP' -c real.conf report --state >real.txt
	[ \$? -le 1 ]"
ok 'with the volatile commands' grep -q '^  volatile output$' real.txt
ok 'whose secrets are masked' grep -q '^  password = <masked:' real.txt
ok 'no line is longer than 100 columns' sh -c \
	"! grep -nE '^.{101}' real.txt"
real report --state --json >real.json
if has_module jsonschema; then
	ok 'and a valid document' valid_state real.json
else
	skip 'no jsonschema'
fi
is "$(git --git-dir=real/repo.git ls-tree -r --name-only main | grep -c good)" 0 \
	'volatile commands are not recorded'
done_testing
