#!/bin/sh
# SPDX-License-Identifier: MIT
# 1050-races.sh - what is read changes under the hands
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
need git perl timeout

# What must never be read: all the links that come and go lead there.
mkdir -p "$work/outside/deep"
for file in outside/a.conf outside/deep/a.conf; do
	echo "OUTSIDE-MARK in $file" >"$work/$file"
done

# spoil KIND PATH - until killed, make trouble with PATH as fast as it goes;
# PATH is as it was at the end
cat >spoil.pl <<'END'
use strict;
my ($kind, $path, $out) = @ARGV;
my $stop = 0;
$SIG{TERM} = sub { $stop = 1 };
sub fill { open(my $f, '>', $_[0]) or die; print $f $_[1]; close($f) }
my %round = (
	vanish => sub { unlink $path; fill($path, "inside\n") },
	grow => sub {
		open(my $f, -s $path > 300000 ? '>' : '>>', $path) or die;
		syswrite($f, "inside\n" x 50);
	},
	link => sub {
		symlink("$out/a.conf", "$path.new"); rename("$path.new", $path);
		fill("$path.new", "inside\n"); rename("$path.new", $path);
	},
	pipe => sub {
		unlink $path; system('mkfifo', $path);
		fill("$path.new", "inside\n"); rename("$path.new", $path);
	},
	swap => sub {
		rename($path, "$path.real"); symlink($out, $path);
		unlink $path; rename("$path.real", $path);
	},
	kind => sub {
		rename($path, "$path.real"); fill($path, "inside\n");
		unlink $path; rename("$path.real", $path);
	},
);
until ($stop) { $round{$kind}->() }
fill($path, "inside\n") unless -d $path;
END

# run - one run that must end well, or with paths that could not be read
run() {
	runs=$((runs + 1))
	timeout 30 "$ETCSNAP" -c "$conf" --root "$root" commit "$@" 2>said
	status=$?
	case $status in
	0) good=$((good + 1)) ;;
	4) torn=$((torn + 1)) ;;
	*) bad="$bad $status: $(head -n 3 said)" ;;
	esac
	[ $((runs % 10)) -ne 0 ] || fsck >said 2>&1 || bad="$bad fsck: $(cat said)"
}

# races KIND… - make all that trouble and take runs for a while
races() {
	local kinds="$*" kind pid pids='' end

	runs=0 good=0 torn=0 bad=''
	for kind; do
		perl spoil.pl "$kind" "$root/etc/race/$kind" "$work/outside" &
		pids="$pids $!"
	done
	end=$(($(date +%s) + 2))
	while [ "$(date +%s)" -lt $end ] || [ $runs -lt 10 ]; do
		run
		rm -f "${repo%/*}/state.db"
		run --full
		[ -z "$bad" ] || break
	done
	for pid in $pids; do
		kill "$pid"
		wait "$pid" || bad="$bad spoil: $?"
	done
	note "$kinds: $runs runs, $torn of them partial"
	is "$bad" '' "$kinds: every run ends with 0 or 4"
	settle
	ok "$kinds: then all is read" es commit
	is "$(git_repo rev-parse -q --verify main:run/errors)" '' \
		"$kinds: nothing is marked unreadable"
	ok "$kinds: the repository is sound" fsck
}

es_init
mkdir -p "$root/etc/race/swap/deep" "$root/etc/race/kind/deep"
for kind in vanish grow link pipe swap/a.conf swap/deep/a.conf kind/a.conf kind/deep/a.conf; do
	echo inside >"$root/etc/race/$kind"
done
ok 'the first run' es commit
races vanish
races grow
races link pipe
races swap kind
races vanish grow link swap

# --- at the end -----------------------------------------------------------------
ok 'what is recorded is what is there' sh -c '
	cd "$1" && find etc/race -type f | while read -r file; do
		git --git-dir="$2" cat-file -p "main:files/$file" |
			cmp - "$file" 2>&1
	done | tee "$3"; test ! -s "$3"' sh "$root" "$repo" "$work/differs"
git_repo cat-file --batch-all-objects --batch >all
not_ok 'no content from outside was read' grep -qa OUTSIDE-MARK all
for file in outside/a.conf outside/deep/a.conf; do
	sum=$(sha256sum <"$work/$file")
	not_ok 'nor its digest taken' grep -qa "${sum%% *}" all
done
done_testing
