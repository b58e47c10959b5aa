# SPDX-License-Identifier: MIT
# aptworld.sh - a small Debian of its own for tests: real apt, real dpkg
# shellcheck shell=sh
#
# Sourced after lib.sh by tests that need packages to be installed, upgraded
# and removed. Nothing of the machine is touched and no network is used: the
# packages are made by the test, an apt repository in $work offers them, and
# apt-get and dpkg of the machine work on $root with a state of its own there.
#
#	. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
#	. "$srcdir/tests/aptworld.sh"
#	world_new
#	world_package tool 1.0 /usr/bin/tool='one' /etc/tool.conf='key = 1'
#	world_apt install tool
#	world_package tool 1.1 /usr/bin/tool='two' /etc/tool.conf='key = 2'
#	world_apt upgrade
#
# What there is:
#
#	world_new		the empty system in $root and the repository in
#				$world/repo; skips the test where it cannot be
#	world_package NAME VERSION [PATH=TEXT | PATH@TARGET]…
#				builds a package and offers it; files below
#				/etc are conffiles, those in a bin or sbin
#				directory are executable; PATH@TARGET is a
#				symlink
#	world_apt ARGUMENT…	apt-get -y on $root; reads the repository again
#				first, when packages were added
#	world_dpkg ARGUMENT…	dpkg on $root, as somebody does by hand
#	world_deb NAME VERSION	prints where that package's file is
#	world_verify		prints what "dpkg --verify" has to say, sorted
#
# Settings for world_package, variables: world_arch (all), world_depends
# (none), world_fields (further lines of the control file).
#
# Packages have no maintainer scripts: dpkg would run them in a chroot, where
# there is no shell. Logs are where a Debian has them below $root:
# var/log/dpkg.log and var/log/apt/history.log, times in the zone of $TZ.

# shellcheck disable=SC2154 # lib.sh sets it
world=$work/world
world_arch=all
world_depends=
world_fields=
world_stale=

# world_new - see above
world_new() {
	need apt-get dpkg dpkg-deb
	need_root
	# shellcheck disable=SC2154 # so it does with this
	mkdir -p "$world/repo" "$world/build" \
		"$root/etc/apt/apt.conf.d" "$root/etc/apt/preferences.d" \
		"$root/etc/apt/sources.list.d" "$root/etc/apt/trusted.gpg.d" \
		"$root/var/cache/apt/archives/partial" \
		"$root/var/lib/apt/lists/partial" \
		"$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" \
		"$root/var/lib/dpkg/triggers" "$root/var/log/apt" \
		"$root/tmp" "$root/usr/bin" "$root/usr/lib" ||
		bail 'cannot make the root'
	: >"$root/var/lib/dpkg/status"
	: >"$root/var/lib/dpkg/available"
	printf 'deb [trusted=yes] file:%s ./\n' "$world/repo" \
		>"$root/etc/apt/sources.list"
	# Read before anything else: so apt never sees the machine's settings.
	cat >"$world/apt.conf" <<-END
		Dir "$root";
		Dir::State::status "$root/var/lib/dpkg/status";
		Dir::Bin::dpkg "/usr/bin/dpkg";
		APT::Sandbox::User "root";
		APT::Architecture "$(dpkg --print-architecture)";
		APT::Architectures { "$(dpkg --print-architecture)"; };
		APT::Install-Recommends "false";
		Acquire::Languages "none";
		DPkg::Options { "--root=$root"; "--log=$root/var/log/dpkg.log";
			"--force-unsafe-io"; };
		DPkg::Use-Pty "false";
	END
	world_dpkg --audit >/dev/null 2>&1 ||
		skip_all 'dpkg cannot work on another root here'
}

# world_file ROOT WORD - one file of a package that is being built
world_file() {
	local path mode=644

	case $1$2 in
	*=*) path=${2%%=*} ;;
	*) path=${2%%@*} ;;
	esac
	mkdir -p "$1${path%/*}"
	case $2 in
	*=*)
		printf '%s\n' "${2#*=}" >"$1$path"
		case $path in
		*/bin/* | */sbin/*) mode=755 ;;
		/etc/*) echo "$path" >>"$1/DEBIAN/conffiles" ;;
		esac
		chmod "$mode" "$1$path"
		;;
	*) ln -s "${2#*@}" "$1$path" ;;
	esac
}

# world_package NAME VERSION [FILE]… - see above
world_package() {
	local name="$1" version="$2" tree="$world/build/$1" word

	shift 2
	rm -rf "$tree"
	mkdir -p "$tree/DEBIAN"
	chmod 755 "$tree" "$tree/DEBIAN"
	for word; do
		world_file "$tree" "$word"
	done
	(
		cd "$tree" &&
			find . -type f ! -path './DEBIAN/*' -printf '%P\0' |
			LC_ALL=C sort -z | xargs -0r md5sum -- >DEBIAN/md5sums
	)
	{
		printf 'Package: %s\nVersion: %s\n' "$name" "$version"
		printf 'Architecture: %s\n' "$world_arch"
		printf 'Maintainer: A Tester <tester@example.org>\n'
		[ -z "$world_depends" ] || printf 'Depends: %s\n' "$world_depends"
		[ -z "$world_fields" ] || printf '%s\n' "$world_fields"
		printf 'Description: made by a test\n'
	} >"$tree/DEBIAN/control"
	dpkg-deb --root-owner-group -Znone --build "$tree" \
		"$(world_deb "$name" "$version")" >"$world/build.log" 2>&1 || {
		note <"$world/build.log"
		bail "cannot build $name $version"
	}
	world_index "$(world_deb "$name" "$version")"
	world_stale=1
}

# world_deb NAME VERSION - see above
world_deb() {
	printf '%s/repo/%s_%s_%s.deb' "$world" "$1" \
		"$(printf '%s' "$2" | tr ':' '_')" "$world_arch"
}

# world_index DEB - add a package to the list that apt reads
world_index() {
	{
		dpkg-deb -f "$1"
		printf 'Filename: ./%s\n' "${1##*/}"
		printf 'Size: %s\n' "$(stat -c %s "$1")"
		printf 'SHA256: %s\n\n' "$(sha256sum "$1" | cut -d ' ' -f 1)"
	} >>"$world/repo/Packages"
}

# world_apt ARGUMENT… - see above
world_apt() {
	if [ -n "$world_stale" ]; then
		world_stale=
		APT_CONFIG="$world/apt.conf" apt-get -q update \
			>"$world/apt.log" 2>&1 || {
			cat "$world/apt.log"
			return 1
		}
	fi
	# Without a terminal dpkg cannot ask what to do with conffiles: it
	# keeps those that were changed, unless the caller says otherwise.
	APT_CONFIG="$world/apt.conf" DEBIAN_FRONTEND=noninteractive \
		apt-get -q -y -o Dpkg::Options::=--force-confdef \
		-o Dpkg::Options::=--force-confold "$@" </dev/null
}

# world_dpkg ARGUMENT… - see above
world_dpkg() {
	dpkg --root="$root" --log="$root/var/log/dpkg.log" \
		--force-unsafe-io "$@" </dev/null
}

# world_verify - see above
world_verify() {
	world_dpkg --verify | LC_ALL=C sort
}
