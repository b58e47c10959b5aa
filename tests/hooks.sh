# SPDX-License-Identifier: MIT
# hooks.sh - package managers with hooks, in a whole Debian
# shellcheck shell=sh
#
# Sourced after chroot.sh by tests of the hooks. The system is in $debian, with
# etcsnap installed and a first snapshot taken.
#
#	hooks_new		make it
#	hooks_on MANAGER…	put hook files into place, by the installed
#				table "places"; those that are not at home are
#				left out
#	in_it COMMAND…		run a command in it
#	deb NAME VERSION [SCRIPT=TEXT]…
#				build a package there, /NAME_VERSION.deb, with
#				/etc/NAME.conf and maintainer scripts
#	$hook, $data		package-hook, and where the table is
#	runs [N]		commits of the last N runs (2), oldest first:
#				"TRIGGER: SUBJECT"
#	changed [REV]		paths that a commit changed, sorted

# shellcheck disable=SC2154 # lib.sh sets it
debian=$work/debian

hooks_new() {
	chroot_new "$debian"
	chroot_install "$debian"
	# shellcheck disable=SC2034 # lib.sh and tests use them
	repo=$debian$(installed localstatedir)/lib/etcsnap/repo.git
	# shellcheck disable=SC2034
	hook=$(installed pkglibexecdir)/package-hook
	data=$(installed pkgdatadir)
	in_it sh -c 'etcsnap init && etcsnap commit' >"$work/first.log" 2>&1 ||
		bail "no first snapshot: $(cat "$work/first.log")"
}

in_it() {
	chroot_run "$debian" "$@"
}

hooks_on() {
	local name manager from to mode needs

	for name; do
		while read -r manager from to mode needs; do
			[ "$manager" = "$name" ] && [ -e "$debian$needs" ] ||
				continue
			install -D -m "$mode" "$debian$data/hooks/$from" \
				"$debian$to" || bail "cannot install $to"
		done <"$debian$data/hooks/places"
	done
}

deb() {
	local name="$1" version="$2" tree="$work/deb" script

	shift 2
	rm -rf "$tree"
	mkdir -p "$tree/DEBIAN" "$tree/etc"
	chmod -R 755 "$tree"
	echo "version = $version" >"$tree/etc/$name.conf"
	echo "/etc/$name.conf" >"$tree/DEBIAN/conffiles"
	for script; do
		printf '#!/bin/sh\n%s\n' "${script#*=}" \
			>"$tree/DEBIAN/${script%%=*}"
		chmod 755 "$tree/DEBIAN/${script%%=*}"
	done
	printf '%s: %s\n' Package "$name" Version "$version" \
		Architecture all Maintainer 'A Tester <tester@example.org>' \
		Description 'made by a test' >"$tree/DEBIAN/control"
	dpkg-deb --root-owner-group -Znone --build "$tree" \
		"$debian/${name}_$version.deb" >"$work/deb.log" 2>&1 ||
		bail "cannot build $name: $(cat "$work/deb.log")"
}

runs() {
	git_repo log --reverse -n "${1:-2}" \
		--format='%(trailers:key=Trigger,valueonly,separator=%x2c): %s' main
}

changed() {
	git_repo log -1 --format=%b "${1:-main}" |
		sed -n 's/^[ADMTUR] //p' | LC_ALL=C sort
}
