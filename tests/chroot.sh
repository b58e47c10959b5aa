# SPDX-License-Identifier: MIT
# chroot.sh - a whole Debian for tests: its own packages, scripts and services
# shellcheck shell=sh
#
# Sourced after lib.sh by tests of what happens on a machine: packages with
# maintainer scripts, an installed etcsnap, users of its own. The system is a
# minimal one of the host's release, made by debootstrap from the mirror that
# the host uses. That takes two minutes, once for a build directory: a tar is
# kept in $builddir/tests, which "make clean" removes.
#
#	. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"
#	. "$srcdir/tests/chroot.sh"
#	chroot_new "$work/debian"
#	chroot_install "$work/debian"
#	chroot_run "$work/debian" etcsnap init
#	chroot_apt "$work/debian" install tree
#
#	chroot_new DIR		a fresh system in DIR, with the libraries that
#				etcsnap needs; skips the test where it cannot be
#	chroot_run DIR COMMAND…	runs in it as root, in mount and process
#				namespaces of its own that end with the command
#	chroot_apt DIR ARGUMENT…
#				apt-get there, which may use the network; the
#				lists may be old: "chroot_apt DIR update"
#	chroot_install DIR	"make install" to there; the program is in the
#				PATH then
#	installed NAME		prints a directory as configure was told it:
#				installed sysconfdir, installed pkglibexecdir

# shellcheck disable=SC2154 # lib.sh sets it, and $work
chroot_tar=$builddir/tests/chroot.tar

# chroot_skip - skip the test where there cannot be such a system
chroot_skip() {
	need_root
	need debootstrap flock unshare apt-get dpkg ldd
	# What is linked to a sanitizer needs its library and /proc as it is.
	# shellcheck disable=SC2154 # lib.sh sets it
	! grep -qE '__(asan|tsan|msan)_init|__ubsan_handle' "$ETCSNAP" ||
		skip_all 'the program is built with a sanitizer'
	unshare --mount --pid --fork true 2>/dev/null ||
		skip_all 'there can be no namespaces here'
	chroot_suite=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
	chroot_sources=$(apt-get indextargets --format \
		'$(REPO_URI) $(CODENAME) $(COMPONENT)' \
		'Created-By: Packages' 2>/dev/null |
		awk -v suite="$chroot_suite" '$3 == "main" &&
			($2 == suite || index($2, suite "-") == 1) &&
			!seen[$0]++ { print "deb", $1, $2, $3 }')
	chroot_mirror=$(printf '%s\n' "$chroot_sources" |
		awk -v suite="$chroot_suite" '$3 == suite { print $2; exit }')
	[ -n "$chroot_mirror" ] ||
		skip_all 'apt knows no mirror of this release'
}

# chroot_libraries - the packages of the libraries that etcsnap is linked to
chroot_libraries() {
	ldd "$ETCSNAP" "$builddir/etcsnap-send" |
		awk '$2 == "=>" { print $3; print "/usr" $3 }' | sort -u |
		xargs dpkg -S 2>/dev/null | sed 's/:.*//' | sort -u | tr '\n' ' '
}

# chroot_make DIR LIBRARY… - a system from nothing
chroot_make() {
	local dir="$1"

	shift
	# What it mounts is nobody else's business.
	unshare --mount debootstrap --variant=minbase "$chroot_suite" "$dir" \
		"$chroot_mirror" &&
		printf '%s\n' "$chroot_sources" >"$dir/etc/apt/sources.list" &&
		printf '#!/bin/sh\nexit 101\n' >"$dir/usr/sbin/policy-rc.d" &&
		chmod 755 "$dir/usr/sbin/policy-rc.d" &&
		echo force-unsafe-io >"$dir/etc/dpkg/dpkg.cfg.d/unsafe-io" &&
		chroot_apt "$dir" update &&
		chroot_apt "$dir" install "$@" &&
		chroot_run "$dir" apt-get clean
}

# chroot_keep - make the tar unless there is one for the same libraries
chroot_keep() {
	local libraries status=0

	libraries=$(chroot_libraries)
	mkdir -p "$builddir/tests" || return 1
	exec 9>"$chroot_tar.lock" || return 1
	flock 9 || return 1
	if ! [ -e "$chroot_tar" ] || ! [ "$libraries" = \
		"$(cat "$chroot_tar.for" 2>/dev/null)" ]; then
		rm -rf "$chroot_tar" "$chroot_tar.new"
		# shellcheck disable=SC2086 # a list of packages
		chroot_make "$chroot_tar.new" $libraries \
			>"$chroot_tar.log" 2>&1 9>&- &&
			tar -C "$chroot_tar.new" --xattrs --acls -cf \
				"$chroot_tar.part" . >>"$chroot_tar.log" 2>&1 &&
			printf '%s\n' "$libraries" >"$chroot_tar.for" &&
			mv "$chroot_tar.part" "$chroot_tar" || status=1
		rm -rf "$chroot_tar.new" "$chroot_tar.part"
	fi
	exec 9>&-
	return "$status"
}

# chroot_new - see above
chroot_new() {
	chroot_skip
	if ! chroot_keep; then
		tail -n 5 "$chroot_tar.log" | sed 's/^/# | /'
		skip_all "debootstrap cannot make a system here"
	fi
	mkdir -p "$1" && chmod 755 "$1" &&
		tar -C "$1" --xattrs --acls -xpf "$chroot_tar" ||
		bail "cannot unpack $chroot_tar"
	cp /etc/resolv.conf "$1/etc/resolv.conf"
	chroot_run "$1" sh -c ': </dev/null' 2>/dev/null ||
		skip_all "no devices work below ${1%/*}"
}

# chroot_run - see above
chroot_run() {
	local dir="$1"

	shift
	# shellcheck disable=SC2016 # the inner shell's
	unshare --mount --pid --fork --kill-child sh -c '
		mount -t proc proc "$1/proc" &&
			mount -t devpts -o newinstance,ptmxmode=666 \
				devpts "$1/dev/pts" || exit 125
		exec chroot "$@"' chroot_run "$dir" /usr/bin/env -i -C / \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/root USER=root LOGNAME=root LC_ALL=C.UTF-8 TZ=UTC \
		TERM=dumb DEBIAN_FRONTEND=noninteractive "$@"
}

# chroot_apt - see above
chroot_apt() {
	local dir="$1"

	shift
	chroot_run "$dir" apt-get -q -y -o Dpkg::Use-Pty=0 \
		-o APT::Install-Recommends=0 -o Acquire::Languages=none \
		-o Dpkg::Options::=--force-confdef \
		-o Dpkg::Options::=--force-confold "$@" </dev/null
}

# installed - see above
installed() {
	case $1 in
	pkglibexecdir) set -- libexecdir /etcsnap ;;
	pkgdatadir) set -- datadir /etcsnap ;;
	esac
	# Values that name one another, in this order.
	(
		eval "$(printf '%s="@%s@"\n' prefix prefix \
			exec_prefix exec_prefix sbindir sbindir \
			libexecdir libexecdir datarootdir datarootdir \
			datadir datadir sysconfdir sysconfdir \
			localstatedir localstatedir |
			(cd "$builddir" && ./config.status -q --file=-))"
		eval "echo \"\$$1\$2\""
	)
}

# chroot_install - see above
# shellcheck disable=SC2154 # lib.sh sets $work
chroot_install() {
	local place

	need make
	make -C "$builddir" -s install DESTDIR="$1" >"$work/install.log" 2>&1 || {
		tail -n 20 "$work/install.log" | sed 's/^/# | /'
		bail 'make install failed'
	}
	place=$(installed sbindir)/etcsnap
	[ -e "$1/usr/local/sbin/etcsnap" ] ||
		ln -s "$place" "$1/usr/local/sbin/etcsnap"
}
