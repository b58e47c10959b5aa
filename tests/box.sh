# SPDX-License-Identifier: MIT
# box.sh - a machine for tests that takes no time to make: this one's programs,
# with an /etc and a /var of its own
# shellcheck shell=sh disable=SC2154 # lib.sh sets them
#
# Sourced after lib.sh by tests of what is installed and switched on, where no
# other packages are needed (chroot.sh has those). /usr is this machine's with
# what "make install" puts over it; what is written to it stays in $box.
#
#	box_new			makes $box; skips the test where it cannot be
#	box COMMAND…		runs in it as root, in mount and process
#				namespaces of its own that end with the command
#	box_file PATH…		where files of it are, as seen from outside;
#				those below /usr as far as they are its own

box=$work/box

# box_new - see above
box_new() {
	local link

	need_root
	need make unshare
	mkdir -p "$box/proc" "$box/dev" "$box/usr" "$work/box.over/usr" \
		"$work/box.work"
	make -C "$builddir" -s install DESTDIR="$work/box.over" \
		>"$work/install.log" 2>&1 || {
		tail -n 20 "$work/install.log" | sed 's/^/# | /'
		bail 'make install failed'
	}
	(cd "$work/box.over" && tar -cf - --exclude=./usr .) |
		(cd "$box" && tar -xpf -) || bail 'cannot make the box'
	for link in bin sbin lib lib32 lib64; do
		[ ! -L "/$link" ] || cp -P "/$link" "$box/$link"
	done
	mkdir -p "$box/etc" "$box/run" "$box/tmp" "$box/root" "$box/var/log"
	cp -L /etc/passwd /etc/group /etc/ld.so.cache /etc/nsswitch.conf \
		"$box/etc"
	rm -rf "$work/box.over/usr/sbin/sendmail"
	box true 2>/dev/null || skip_all 'there can be no overlay of /usr here'
	# The program may be elsewhere than where shells look.
	mkdir -p "$work/box.over/usr/local/sbin"
	[ -e "$work/box.over/usr/local/sbin/etcsnap" ] ||
		ln -s "$(box_installed sbindir)/etcsnap" \
			"$work/box.over/usr/local/sbin/etcsnap"
}

# box - see above
box() {
	# shellcheck disable=SC2016 # the inner shell's
	unshare --mount --pid --fork --kill-child sh -c '
		mount -t overlay overlay "$2/usr" -o \
			"lowerdir=/usr,upperdir=$1.over/usr,workdir=$1.work" &&
			mount -t proc proc "$2/proc" &&
			mount --rbind /dev "$2/dev" || exit 125
		shift
		exec chroot "$@"' box "$work/box" "$box" /usr/bin/env -i \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/root USER=root LOGNAME=root LC_ALL=C.UTF-8 TZ=UTC \
		TERM=dumb GIT_CONFIG_GLOBAL=/dev/null "$@"
}

# box_file - see above
box_file() {
	local path

	for path; do
		case $path in
		/usr/*) echo "$work/box.over$path" ;;
		*) echo "$box$path" ;;
		esac
	done
}

# box_installed NAME - a directory as configure was told it
box_installed() {
	# shellcheck disable=SC2016 # values that name one another
	(
		cd "$builddir" && eval "$(printf '%s="@%s@"\n' \
			prefix prefix exec_prefix exec_prefix sbindir sbindir \
			datarootdir datarootdir datadir datadir \
			sysconfdir sysconfdir localstatedir localstatedir |
			./config.status -q --file=-)" && eval "echo \"\$$1\""
	)
}
