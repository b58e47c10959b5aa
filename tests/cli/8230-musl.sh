#!/bin/sh
# SPDX-License-Identifier: MIT
# 8230-musl.sh - the sources need no C library but what musl has, too
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"

# Debian's libraries are for glibc, so nothing is linked. Their headers are
# offered without those of glibc, by links to what is beside them.
need musl-gcc gcc dpkg pkg-config
dpkg --listfiles libc6-dev >libc || skip_all 'libc6-dev is not installed'
! grep -qE '__(asan|tsan|msan)_init|__ubsan_handle' "$ETCSNAP" ||
	skip_all 'once is enough, and sanitizers see nothing here'

mkdir headers headers-arch
# others FROM TO - links in TO to what is in FROM and not the C library's
others() {
	for header in "$1"/*; do
		grep -qxF "$header" libc || ln -s "$header" "$2/"
	done
}
others /usr/include headers
others "/usr/include/$(gcc -print-multiarch)" headers-arch

# What configure would not find: libraries of others, and functions of glibc.
absent='RPM SYSTEMD'
for function in renameat2 sigabbrev_np strerrordesc_np; do
	echo "char $function(void); int main(void) { return $function(); }" \
		>function.c
	musl-gcc -o function -fno-builtin function.c 2>/dev/null ||
		absent="$absent $(echo "$function" | tr '[:lower:]' '[:upper:]')"
done
# shellcheck disable=SC2086 # a list of words
printf '#define HAVE_%s 1\n' $absent |
	grep -vxF -f - "$builddir/config.h" >config.h

# musl 1.2.5 is the first that has statx(2).
old=
printf '#include <sys/stat.h>\nstruct statx s;\n' >has-statx.c
musl-gcc -D_GNU_SOURCE -fsyntax-only has-statx.c 2>/dev/null ||
	old='collect/walk.c'

# compiles FILE…
compiles() {
	# shellcheck disable=SC2046 # several flags
	musl-gcc -std=gnu17 -Wall -Wextra -Werror -fsyntax-only \
		-DETCSNAP_SYSCONFDIR='"/etc"' -DETCSNAP_LOCALSTATEDIR='"/var"' \
		-DETCSNAP_LIBEXECDIR='"/usr/libexec"' -I. \
		-I"$srcdir/include" -I"$srcdir/src" -I"$builddir/src" \
		$(pkg-config --cflags smartcols) \
		-isystem headers -isystem headers-arch "$@"
}

folders=$(cd "$srcdir/src" && find . -name '*.c' | cut -d / -f 2 | sort -u)
# shellcheck disable=SC2086 # a list of words
set -- $folders
plan $#
for folder; do
	sources=$(find "$srcdir/src/$folder" -name '*.c' |
		grep -v -e "${old:-no such file}")
	# shellcheck disable=SC2086 # names in the tree have no blanks
	ok "$folder${old:+, what this musl can compile of it}" compiles $sources
done
