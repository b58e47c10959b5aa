# SPDX-License-Identifier: MIT
# packages.sh - the archive and the packages that "make" builds, for tests
# shellcheck shell=sh disable=SC2034,SC2154
#
# Sourced after lib.sh. They are built in the build directory, once for the same
# sources: "make dist" gives the same bytes each time, so that the archive tells
# whether a package is of today.
#
#	make_archive	makes $archive
#	build_deb	builds the Debian package, $deb, unless it is there;
#			skips the test where it cannot be built
#	build_rpm	the same for the rpm, $rpm
#	depends FILE	prints what a Debian package needs, as "apt-get satisfy"
#			takes it

# make_here TARGET ARGUMENT… - make in the build directory; its end if it fails
make_here() {
	make -C "$builddir" -s "$@" >"$work/make.log" 2>&1 8>&- && return 0
	tail -n 20 "$work/make.log" | sed 's/^/# | /'
	bail "make $1 failed"
}

# locked COMMAND… - one test at a time may make anything
locked() {
	mkdir -p "$builddir/tests" &&
		exec 8>"$builddir/tests/packages.lock" && flock 8 ||
		bail "cannot lock $builddir"
	"$@"
	exec 8>&-
}

make_archive() {
	make_here dist
	archive=$(find "$builddir" -maxdepth 1 -name 'etcsnap-*.tar.xz')
}

# build KIND ARGUMENT… - "make KIND" unless that was done with this archive
build() {
	local kind="$1" sum

	make_archive
	sum=$(sha256sum <"$archive")
	[ "$(cat "$builddir/$kind/made-from" 2>/dev/null)" = "$sum" ] && return
	make_here "$@"
	printf '%s\n' "$sum" >"$builddir/$kind/made-from"
}

# can_build - skip where it would be for nothing: other users and the memory of
# sanitizers change nothing in a package
can_build() {
	need_root
	need flock xz
	! grep -qE '__(asan|tsan|msan)_init|__ubsan_handle' "$ETCSNAP" ||
		skip_all 'the program is built with a sanitizer'
}

build_deb() {
	local missing

	can_build
	need dpkg-buildpackage dpkg-checkbuilddeps
	missing=$(dpkg-checkbuilddeps -P nocheck \
		"$srcdir/contrib/debian/control" 2>&1) ||
		skip_all "${missing#*error: }"
	locked build deb
	deb=$(find "$builddir/deb" -maxdepth 1 -name 'etcsnap_*.deb')
}

# What the compiler makes faster takes it longer.
build_rpm() {
	can_build
	need rpmbuild
	locked build rpm RPM_FLAGS="--define 'optflags -O0'"
	rpm=$(find "$builddir/rpm/RPMS" -name 'etcsnap-[0-9]*.rpm')
}

depends() {
	dpkg-deb --field "$1" Depends
}
