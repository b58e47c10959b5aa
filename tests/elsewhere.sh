#!/bin/sh
# SPDX-License-Identifier: MIT
# elsewhere.sh - etcsnap built and tested on another release of Debian
#
#	tests/elsewhere.sh SUITE [TEST]...
#
# A minimal system of that release is made by debootstrap, from the mirror that
# this one uses, with what the tests want of packages; contrib/quickstart adds
# what building needs, and quickstart check runs the tests, or those that are
# named. For root, and not part of "make check": it takes ten minutes and 3 GB
# of $TMPDIR. Tests that want a kernel or a whole machine skip there.
# DEBOOTSTRAP holds more arguments for debootstrap, KEEP=1 keeps the system.
set -eu

suite=${1:?which release? "trixie" is one}
shift
top=$(cd "$(dirname "$0")/.." && pwd)
mirror=$(apt-get indextargets --format '$(REPO_URI)' \
	'Created-By: Packages' 'Component: main' | head -n 1)
dir=$(mktemp -d "${TMPDIR:-/tmp}/etcsnap-$suite.XXXXXX")
chmod 755 "$dir" # an ordinary user must be able to come in
[ "${KEEP-}" ] || trap 'rm -rf "$dir"' EXIT

echo "== $suite in $dir, from $mirror"
# What is mounted in it goes with its namespace.
# shellcheck disable=SC2086,SC2016 # a list of words; expanded there
unshare --mount --pid --fork sh -eu -c '
	dir=$1 suite=$2 mirror=$3 top=$4
	shift 4
	debootstrap --variant=minbase ${DEBOOTSTRAP-} "$suite" "$dir" \
		"$mirror" >"$dir.log" 2>&1 || {
		tail -n 5 "$dir.log"
		exit 1
	}
	mv "$dir.log" "$dir/root/debootstrap.log"
	mount -t proc proc "$dir/proc"
	mount --rbind /dev "$dir/dev"
	cp /etc/resolv.conf /etc/hosts "$dir/etc/"
	echo force-unsafe-io >"$dir/etc/dpkg/dpkg.cfg.d/unsafe-io"
	mkdir -p "$dir/srv/etcsnap" "$dir/srv/home"
	(cd "$top" && git ls-files -z | tar -cf - --null -T -) |
		tar -xf - -C "$dir/srv/etcsnap"
	run() {
		chroot "$dir" env -i HOME=/srv/home LC_ALL=C.UTF-8 TERM=dumb \
			PATH=/usr/sbin:/usr/bin:/sbin:/bin \
			DEBIAN_FRONTEND=noninteractive "$@"
	}
	run apt-get -q update
	for package in acl attr bzip2 debsums e2fsprogs exim4-daemon-light \
		gawk gnupg gpgsm iproute2 jq kmod libarchive-tools \
		libcap2-bin librpm-dev libsystemd-dev locales mtree-netbsd \
		openssh-client openssl patch perl procps python3 \
		python3-aiosmtpd python3-jsonschema rpm rsyslog \
		rsyslog-gnutls sqlite3 strace tidy util-linux-extra w3m \
		wtmpdb zstd; do
		run apt-get -q install -y --no-install-recommends "$package" ||
			echo "no $package there"
	done
	run /srv/etcsnap/contrib/quickstart
	if [ $# -eq 0 ]; then
		run /srv/etcsnap/contrib/quickstart check
	else
		run make -C /srv/home/.cache/etcsnap/quickstart/build check \
			TESTS="$*"
	fi' sh "$dir" "$suite" "$mirror" "$top" "$@"
