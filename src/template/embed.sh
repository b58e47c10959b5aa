#!/bin/sh
# SPDX-License-Identifier: MIT
# embed.sh - the shipped templates as a table in C, on standard output
#
#	embed.sh SOURCE-FOLDER conf/templates/FILE…
#
# The same files give the same bytes, in whatever order they are named. As
# numbers, since a string of C is of 4095 bytes for sure and no more.
set -eu
export LC_ALL=C

srcdir=$1
shift
names=$(printf '%s\n' "$@" | sort -u)

cat <<'END'
/* SPDX-License-Identifier: MIT */
/* shipped_templates.c - made by embed.sh from conf/templates */
#include "config.h"

#include "template/template_priv.h"

END
n=0
for name in $names; do
	n=$((n + 1))
	printf '/* %s */\nstatic const unsigned char text%d[] = {\n' "$name" $n
	od -An -v -tu1 "$srcdir/$name" | sed -e 's/[^0-9]*\([0-9]\{1,\}\)/\1,/g'
	printf '0\n};\n\n'
done
printf 'const struct shipped es_template_shipped[] = {\n'
n=0
for name in $names; do
	n=$((n + 1))
	short=${name#conf/}
	printf '{ "%s", text%d, sizeof(text%d) - 1 },\n' \
		"${short#templates/}" $n $n
done
printf '{ NULL, NULL, 0 },\n};\n'
