#!/bin/sh
# SPDX-License-Identifier: MIT
# selftest.sh - each check of this folder finds what it is there to find
#
# A check that cannot fail is a defect, so every kind of violation is planted
# once in a small tree made for it, beside a clean neighbour that must not be
# named.
. "${srcdir:-$(dirname "$0")/../..}/tests/lib.sh"

tree=$work/tree
mkdir -p "$tree/src/base" "$tree/src/store" "$tree/src/cmd" \
	"$tree/include/etcsnap" "$tree/tests"
cp -R "$srcdir/tests/lint" "$tree/tests/"
cp "$srcdir/.clang-format" "$srcdir/.clang-tidy" "$tree/"
chmod -R u+w "$tree"

# put FILE - standard input becomes FILE of the tree, C with its first lines
put() {
	case $1 in
	*.[ch])
		printf '/* SPDX-License-Identifier: MIT */\n'
		printf '/* %s - planted */\n' "${1##*/}"
		;;
	esac >"$tree/$1"
	cat >>"$tree/$1"
}

# check NAME [FILE…] - run one check in the tree
check() {
	local name="$1"

	shift
	(cd "$tree" && "./tests/lint/check-$name.sh" "$@")
}

# need_tool NAME PROGRAM N - 0, or count N tests as skipped
need_tool() {
	command -v "$1" >/dev/null 2>&1 && return 0
	skip "$1 is not installed" "$2"
	return 1
}

# clean NAME [FILE…] - a test: the check has nothing to say
clean() {
	local name="$1"

	ok "$name: nothing to say about a clean tree" check "$@"
}

# finds CHECK FILE:LINE ERE WHAT [FILE…] - a test: the check fails and one of
# its lines names the place and matches
finds() {
	local name="$1" place="$2" pattern="$3" what="$4"

	shift 4
	es_run check "$name" "$@"
	if [ "$es_status" -eq 1 ] && grep -F -- "$place" "$es_out" |
		grep -qE -- "$pattern"; then
		es_result 0 "$name: finds $what"
	else
		es_result 1 "$name: finds $what" "$name" "$@"
	fi
}

# unplant FILE… - take files out again
unplant() {
	for es_file; do
		rm -f "$tree/$es_file"
	done
}

# --- a clean neighbour ---------------------------------------------------------
put include/etcsnap/buf.h <<'END'
#ifndef ETCSNAP_BUF_H
#define ETCSNAP_BUF_H

#include <stddef.h>

/*
 * Bytes.
 */

/**
 * struct es_buf - bytes
 * @data: the bytes
 * @len:  their number
 */
struct es_buf {
	char *data;
	size_t len;
};

/** ES_BUF_MAX - most bytes of one */
#define ES_BUF_MAX 10

/**
 * es_buf_add - append one byte
 * @b: appended to
 * @c: byte
 *
 * Return: 0 or -ENOMEM.
 */
int es_buf_add(struct es_buf *b, char c);

/** es_buf_len - Return: number of bytes */
static inline size_t es_buf_len(const struct es_buf *b)
{
	return b->len;
}

#endif
END
put src/base/buf.c <<'END'
#include "etcsnap/buf.h"

#include <errno.h>
#include <string.h>

/* strcpy() in comments of the kind 'x' confuse nobody. */
int es_buf_add(struct es_buf *b, char c)
{
	const char *text = "not a call: strcpy(a, b)";

	if (b->len >= strlen(text))
		return -ENOMEM;
	b->data[b->len++] = c;
	return 0;
}
END
sed -E -e '/^layer/s/^(layer [a-z_.]+ [0-9]+).*/\1/' \
	-e 's/^layer base 0/& buf/; s/^layer store 3/& store/' \
	-e 's/^layer delta 4/& delta/' \
	"$srcdir/tests/lint/layers.txt" >"$tree/tests/lint/layers.txt"
for name in store delta; do
	sed "s/buf/$name/g; s/BUF/$(echo $name | tr '[:lower:]' '[:upper:]')/g" \
		"$tree/include/etcsnap/buf.h" >"$tree/include/etcsnap/$name.h"
done

# --- layers --------------------------------------------------------------------
clean layers
put src/store/up.c <<'END'
#include "etcsnap/buf.h"
#include "etcsnap/delta.h"
END
finds layers src/store/up.c:4 'delta' 'an include that points upwards'
put src/store/up.c <<'END'
#include "base/buf_priv.h"
END
finds layers src/store/up.c:3 'not this folder' 'a private header of another folder'
put src/store/up.c <<'END'
#include <sqlite3.h>
END
finds layers src/store/up.c:3 'state alone' 'a library outside of its folder'
put src/store/up.c <<'END'
#include <nobody/knows.h>
END
finds layers src/store/up.c:3 'neither' 'an unknown library'
put src/store/up.c <<'END'
#include "etcsnap/nowhere.h"
END
finds layers src/store/up.c:3 'no layer' 'a header without a layer'
unplant src/store/up.c
cp "$tree/include/etcsnap/buf.h" "$work/buf.h"
printf '#include "etcsnap/store.h"\n#include <git2.h>\n' \
	>>"$tree/include/etcsnap/buf.h"
finds layers include/etcsnap/buf.h 'store.* not below' 'a header that includes a higher one'
finds layers include/etcsnap/buf.h 'public header' 'a library in a public header'
cp "$work/buf.h" "$tree/include/etcsnap/buf.h"
mkdir "$tree/src/odd"
put src/odd/odd.c </dev/null
finds layers src/odd/odd.c 'has no layer' 'a folder without a layer'
rm -r "$tree/src/odd"
mv "$tree/include/etcsnap/delta.h" "$work/"
finds layers tests/lint/layers.txt 'there is no .*delta.h' 'a header that is gone'
mv "$work/delta.h" "$tree/include/etcsnap/"

# --- docstrings ----------------------------------------------------------------
clean docstrings
# doc_finds ERE WHAT - plant standard input as a header
doc_finds() {
	put include/etcsnap/planted.h
	finds docstrings include/etcsnap/planted.h "$@"
	unplant include/etcsnap/planted.h
}
doc_finds 'es_none has no docstring' 'a bare function' <<'END'
int es_none(void);
END
doc_finds 'must begin "es_other - "' 'a docstring of something else' <<'END'
/** es_one - text */
int es_other(void);
END
doc_finds 'es_far has no docstring' 'a docstring with a gap below' <<'END'
/** es_far - text */

int es_far(void);
END
doc_finds 'es_plain has no docstring' 'a comment that is no docstring' <<'END'
/* es_plain - text */
int es_plain(void);
END
doc_finds 'does not explain @b' 'a parameter that is not explained' <<'END'
/**
 * es_two - text
 * @a: one
 */
int es_two(int a, int (*b)(int x, void *y));
END
doc_finds 'explains @c, which' 'a parameter that is not there' <<'END'
/**
 * es_two - text
 * @a: one
 * @c: gone
 */
int es_two(int a);
END
doc_finds 'struct es_bare has no' 'a bare struct' <<'END'
struct es_bare {
	int a;
};
END
doc_finds 'struct es_opaque has no' 'a bare opaque struct' <<'END'
struct es_opaque;
END
doc_finds 'does not explain @b' 'a field that is not explained' <<'END'
/**
 * struct es_half - text
 * @a: one
 */
struct es_half {
	int a, b;
};
END
doc_finds 'enum es_kind has no' 'a bare enum' <<'END'
enum es_kind {
	ES_KIND_A,
};
END
doc_finds 'ES_TWICE has no' 'a bare macro' <<'END'
#define ES_TWICE(x) \
	((x) + (x))
END
doc_finds 'es_call has no' 'a bare typedef' <<'END'
typedef int (*es_call)(int);
END
doc_finds 'es_inline has no' 'a bare inline function' <<'END'
static inline int es_inline(void)
{
	return 1;
}
END

# --- sizes ---------------------------------------------------------------------
if need_tool pmccabe 8; then
	clean sizes
	seq 1 600 | sed 's,.*,/* & */,' | put src/base/long.c
	finds sizes src/base/long.c:600 'more than 600' 'a long file'
	seq 1 1000 | sed 's,.*,/* & */,' | put tests/long.c
	finds sizes tests/long.c:1000 'more than 1000' 'a long test'
	unplant tests/long.c
	{
		printf 'int f(void)\n{\n'
		seq 1 90 | sed 's/.*/\tg(&);/'
		printf '\treturn 0;\n}\n'
	} | put src/base/long.c
	finds sizes src/base/long.c:3 'f has 9. lines' 'a long function'
	{
		printf 'int f(int a)\n{\n'
		seq 1 16 | sed 's/.*/\tif (a == &) a++;/'
		printf '\treturn a;\n}\n'
	} | put src/base/long.c
	finds sizes src/base/long.c 'McCabe' 'a function of many ways'
	printf 'void f(void)\n{\n\tif (a)\n\t\tif (b)\n\t\t\tif (c)\n\t\t\t\tif (d)\n\t\t\t\t\tg();\n}\n' |
		put src/base/long.c
	finds sizes src/base/long.c:8 'nested' 'deep nesting'
	unplant src/base/long.c
	seq 1 30 | sed 's/.*/int es_f&(void);/' | put include/etcsnap/mute.h
	finds sizes include/etcsnap/mute.h 'comments are' 'a header that says nothing'
	seq 1 300 | sed 's/.*/int es_f&(void);/' | put include/etcsnap/mute.h
	finds sizes include:1 'comments are .* less than 50' 'headers that say too little'
	unplant include/etcsnap/mute.h
fi

# --- banned --------------------------------------------------------------------
clean banned
for call in 'strcpy(a, b)' 'strcat (a, b)' 'sprintf(a, "x")' 'strtok(a, b)' \
	'localtime(&t)' 'gmtime(&t)' 'system(a)' 'popen(a, b)' 'mktemp(a)' \
	'atoi(a)' 'alloca(3)' 'printf("x")' 'exit(1)' 'fputs(a, stderr)'; do
	printf 'void f(void)\n{\n\t%s;\n}\n' "$call" | put src/base/bad.c
	finds banned src/base/bad.c:5 'banned|outside' "$call"
done
printf 'void f(void)\n{\n\tlocaltime_r(a, b);\n\tes_exit(1);\n\tmy_system(2);\n}\n' |
	put src/base/bad.c
printf 'void f(void)\n{\n\tprintf("x");\n\texit(1);\n}\n' | put src/cmd/fine.c
clean banned
unplant src/base/bad.c src/cmd/fine.c

# --- options -------------------------------------------------------------------
put src/main.c <<'END'
static const struct es_opt globals[] = {
	{ 'q', "quiet", NULL, "say nothing" },
};
END
put src/cmd/cmd_go.c <<'END'
static const struct es_opt go_opts[] = {
	{ 'n', "dry-run", NULL,
	  "write nothing, whatever the configuration and the caller say" },
	{ 0, "wait", "SECONDS", "how long" },
};
const struct es_cmd es_cmd_go = {
	.name = "go",
};
const struct es_cmd es_cmd_come = {
	.name = "come",
};
END
cat >"$work/page" <<'END'
.\" SPDX-License-Identifier: MIT
.Dd November 22, 2026
.Dt ETCSNAP 8
.Os
.Sh NAME
.Nm etcsnap
.Nd test
.Sh OPTIONS
.Bl -tag -width Ds
.It Fl q , Fl -quiet
Say nothing, as does
.Op Fl qn .
.El
.Sh COMMANDS
.Bl -tag -width Ds
.It Cm go Oo Fl n | Fl -dry-run Oc Op Fl -wait Ar SECONDS
Go.
.It Xo
.Cm come
.Op Fl n
.Xc
Come.
.Bl -tag -width Ds
.It Cm far
No command of its own.
.El
.El
END
page=src/etcsnap.8
cp "$work/page" "$tree/$page"
clean options
sed 's/ Op Fl -wait Ar SECONDS//' "$work/page" >"$tree/$page"
finds options "$page" 'nothing of option -wait' 'an option that the manual lacks'
sed 's/Fl n |/Fl x |/; s/^\.Op Fl q*n/.Op Fl q/' "$work/page" >"$tree/$page"
finds options "$page" 'nothing of option n' 'a letter that the manual lacks'
finds options "$page" 'tells option x' 'an option that the code lacks'
sed 's/^\.It Cm go/.It Cm gone/' "$work/page" >"$tree/$page"
finds options "$page" 'nothing of command go' 'a command that the manual lacks'
finds options "$page" 'tells command gone' 'a command that the code lacks'
cp "$work/page" "$tree/$page"

# --- configuration keys --------------------------------------------------------
mkdir -p "$tree/src/config" "$tree/src/deliver" "$tree/conf"
for f in src/config/conf_table.c src/config/conf_report.c \
	src/config/conf_channel.c \
	src/config/etcsnap.conf.5 src/deliver/etcsnap-channels.5 \
	conf/etcsnap.conf; do
	cp "$srcdir/$f" "$tree/$f"
done
chmod -R u+w "$tree/src" "$tree/conf"
# keys - the check, by its own name
keys() {
	(cd "$tree" && ./tests/lint/conf_keys.sh)
}
ok 'conf_keys: nothing to say about a clean tree' keys
sed -i 's/^\(#*\)max_size = .*/\1max_size = 7K/' "$tree/conf/etcsnap.conf"
not_ok 'conf_keys: finds another default in etcsnap.conf' keys
ok 'conf_keys: and names the key' like "$(keys)" 'max_size'
cp "$srcdir/conf/etcsnap.conf" "$tree/conf/"
sed -i 's/"max_size"/"most_size"/' "$tree/src/config/conf_table.c"
not_ok 'conf_keys: finds a key that the lists lack' keys
ok 'conf_keys: and names it, too' like "$(keys)" 'most_size'
cp "$srcdir/src/config/conf_table.c" "$tree/src/config/"
sed -i 's/"find_url"/"search_url"/' "$tree/src/config/conf_channel.c"
not_ok 'conf_keys: finds such a key of channels' keys
ok 'conf_keys: and where it is missing' like "$(keys)" \
	'^src/deliver/etcsnap-channels.5:.*search_url'
rm -r "$tree/src/config" "$tree/src/deliver" "$tree/conf"

# --- manual pages --------------------------------------------------------------
if need_tool mandoc 2; then
	clean man
	printf '.Xx what\n.Sh\n' >>"$tree/$page"
	finds man "$page" 'ERROR|WARNING' 'a bad macro'
	cp "$work/page" "$tree/$page"
fi

# --- text, names, lists --------------------------------------------------------
clean text
printf 'int a; \n' | put src/base/bad.c
finds text src/base/bad.c:3 'blanks' 'blanks at a line end'
printf '/* TO%s: later */\n' DO | put src/base/bad.c
finds text src/base/bad.c:3 'unfinished' 'a mark of unfinished work'
printf '/* see /wo%s/place */\n' rk | put src/base/bad.c
finds text src/base/bad.c:3 'one machine' 'a path of one machine'
printf '/* %090d */\n' 0 | put src/base/bad.c
finds text src/base/bad.c:3 '80 columns' 'a long line'
printf 'int a;\n' >"$tree/src/base/bad.c"
finds text src/base/bad.c:1 'SPDX' 'a source without its first line'
printf '/* SPDX-License-Identifier: MIT */\nint a;\n' >"$tree/src/base/bad.c"
finds text src/base/bad.c:2 'bad.c - purpose' 'a source without a purpose'
printf '#!/bin/sh\n:\n' >"$tree/src/base/bad.sh"
finds text src/base/bad.sh:1 'SPDX' 'a script without its SPDX line'
unplant src/base/bad.sh

clean names
put src/store/bad.c </dev/null
finds names src/store/bad.c 'src/base/bad.c already' 'two files of one name'
unplant src/store/bad.c

mkdir "$tree/tests/unit"
cat >"$tree/src/Makefile.inc" <<'END'
x = %D%/base/buf.c %D%/cmd/cmd_go.c \
	$(srcdir)/include/etcsnap/buf.h include/etcsnap/store.h \
	include/etcsnap/delta.h %D%/main.c %D%/etcsnap.8
END
(cd "$tree" && echo "x = $(echo tests/lint/*)") >"$tree/tests/Makefile.inc"
: >"$tree/Makefile.am"
put tests/unit/test_new.c </dev/null
finds lists src/base/bad.c 'in none of' 'a source that is not built'
finds lists tests/unit/test_new.c 'in none of' 'a test that is not run'
mkdir -p "$tree/conf/templates"
put conf/templates/new.json </dev/null
finds lists conf/templates/new.json 'in none of' 'a template that is not shipped'
unplant src/base/bad.c tests/unit/test_new.c conf/templates/new.json
clean lists
rm -r "$tree/tests/unit"
printf '# src/base/bad.c\n' >>"$tree/Makefile.am"
put src/base/bad.c </dev/null
finds lists src/base/bad.c 'in none of' 'a source named in a comment only'
unplant src/base/bad.c

# --- other people's tools ------------------------------------------------------
if need_tool clang-format 2; then
	clean format
	printf 'int  f( void ){return 1 ;}\n' | put src/base/bad.c
	finds format src/base/bad.c:3 'clang-format' 'another format'
	unplant src/base/bad.c
fi
if need_tool shellcheck 2; then
	cat >"$tree/src/good.sh" <<'END'
#!/bin/sh
printf '%s\n' "$1"
END
	clean shell src/good.sh
	cat >"$tree/src/bad" <<'END'
#!/bin/sh
rm $1
END
	finds shell src/bad:2 'SC2086' 'an unquoted word in a script'
	unplant src/bad src/good.sh
fi
bad='#include <stddef.h>

int es_bad(int a);
int es_bad(int a)
{
	int table[2] = { 0, 1 };
	int *none = NULL;

	if (a == 3)
		return table[5];
	return *none;
}'
if need_tool cppcheck 2; then
	clean cppcheck src/base/buf.c
	printf '%s\n' "$bad" | put src/base/bad.c
	finds cppcheck src/base/bad.c:12 'OutOfBounds' 'an index out of bounds' src/base/bad.c
	unplant src/base/bad.c
fi
if [ ! -e "$builddir/config.h" ]; then
	skip 'no configured build directory' 2
elif need_tool clang-tidy 2; then
	export builddir
	clean tidy src/base/buf.c
	printf '%s\n' "$bad" | put src/base/bad.c
	finds tidy src/base/bad.c:13 'clang-analyzer' 'a null pointer' src/base/bad.c
	unplant src/base/bad.c
fi

# --- run.sh --------------------------------------------------------------------
# Its own verdicts, with checks that are scripts of one line.
rm "$tree"/tests/lint/check-*.sh
printf '#!/bin/sh\nexit 0\n' >"$tree/tests/lint/check-a.sh"
printf '#!/bin/sh\necho x.c:1: why; exit 1\n' >"$tree/tests/lint/check-b.sh"
printf '#!/bin/sh\necho no tool; exit 77\n' >"$tree/tests/lint/check-c.sh"
printf '#!/bin/sh\nexit 0\n' >"$tree/tests/lint/conf_keys.sh"
chmod +x "$tree"/tests/lint/*.sh
lint() {
	(cd / && LINT_STRICT="${strict-}" "$tree/tests/lint/run.sh" "$@")
}
not_ok 'run.sh: a finding is a failure' lint
said=$(lint)
ok 'run.sh: a clean check is ok' like "$said" '^ok +a '
ok 'run.sh: others are told' like "$said" '^FAIL +b '
ok 'run.sh: with what they found' like "$said" '^ +x\.c:1: why$'
ok 'run.sh: a missing tool is skipped' like "$said" '^skip +c$'
ok 'run.sh: what comes after a failure is run' like "$said" '^ok +conf_keys '
ok 'run.sh: one check by name' lint a
ok 'run.sh: skipping is no failure' lint a c
strict=1
not_ok 'run.sh: but is with LINT_STRICT=1' lint a c
not_ok 'run.sh: no such check' lint nonsense

done_testing
