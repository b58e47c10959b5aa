/* SPDX-License-Identifier: MIT */
/* test_package_verdicts.c - unit tests of changed files against packages, and
 * of run/packages */
#include "config.h"

#include "etcsnap/package_ops.h"

#include "package_ops_unit.h"

#define INFO "var/lib/dpkg/info/"
#define LOCAL "var/lib/pacman/local/"
#define GOOD "as it was shipped\n"
#define OTHER "not any more\n"

static char dir[64];

static void dir_setup(void)
{
	es_unit_enter_dir(dir);
	set_zone("Asia/Kathmandu");
}

static void dir_teardown(void)
{
	es_unit_leave_dir(dir);
}

/* --- run/packages --- */

#define OP(words) "op " words " 2026-05-01T12:00:00Z -\n"

/* What is written as it was read. */
static const char *const texts[] = {
	"",
	OP("install dpkg a amd64 - 1"),
	OP("upgrade dpkg a - 1 2") OP("remove rpm b noarch 1:1-1 -")
		OP("purge dpkg c all 1 -"),
	OP("upgrade dpkg a amd64 1 2") OP("upgrade dpkg a i386 1 2"),
	OP("downgrade pacman a - 2-1 1-1") OP("reinstall apk b - 1-r0 1-r0"),
	"missing apk\n",
	"missing dpkg apk\n" OP("install rpm a - - 1"),
	"command 1 anna apt\\040install\\040x\n"
	"command 2 - apt-get\\040upgrade\n"
	"op install dpkg a - - 1 2026-05-01T12:00:00Z 1\n"
	"op install dpkg b - - 1 2026-05-01T12:00:01Z 2\n"
	"op install dpkg c - - 1 2026-05-01T12:00:02Z 1\n"
	"op install dpkg d - - 1 2026-05-01T12:00:03Z -\n",
	"command 1 root -\n"
	"op install dpkg a - - 1 1000-01-01T00:00:00Z 1\n",
	"op install dpkg a - - 1 @253402300800 -\n"
	"op install dpkg b - - 1 @-9223372036854775808 -\n"
	"op install dpkg c - - 1 @-62167219200 -\n",
	/* Names that would be something else. */
	OP("install dpkg \\012op\\040remove \\033\\13331m - \\377\\011")
		OP("install dpkg \\055 - - --"),
	"seen match a 1 - - /etc/x\n",
	"seen differs a 1 md5:0123456789abcdef0123456789abcdef - /usr/a\\040b\n"
	"seen unknown a 1 sha1:0123456789abcdef0123456789abcdef01234567 - "
	"/usr/b\\012\n"
	"seen gone a - sha256:"
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef "
	"fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210 "
	"/usr/c\n",
	"seen conffile-new a 1 - - /1\nseen conffile-kept a 1 - - /2\n"
	"seen conffile-changed a 1 - - /3\nseen conffile-saved a 1 - - /4\n",
};

static void check_text(const struct es_package_ops *ops, const char *wanted)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);

	ck_assert_int_eq(es_package_ops_text(ops, &b), 0);
	ck_assert_str_eq(es_buf_str(&b), wanted);
}

START_TEST(text_round_trip)
{
	struct es_package_ops *ops = parse_text(texts[_i]);

	check_text(ops, texts[_i]);
	es_package_ops_free(ops);
}
END_TEST

/* Raw bytes come back. */
START_TEST(text_bytes)
{
	struct es_package_ops *ops = parse_text(texts[10]);

	ck_assert_uint_eq(ops->n_ops, 2);
	ck_assert_str_eq(ops->ops[0].name, "\nop remove");
	ck_assert_str_eq(ops->ops[0].arch, "\x1b[31m");
	ck_assert_str_eq(ops->ops[0].new, "\xff\t");
	ck_assert_str_eq(ops->ops[1].name, "-");
	ck_assert_str_eq(ops->ops[1].arch, "");
	ck_assert_int_eq(ops->ops[1].when, DAY_START + 12 * 3600);
	es_package_ops_free(ops);
}
END_TEST

/* Order, and what another version of the program may have written. */
static const struct {
	const char *text;
	const char *wanted;
} foreign[] = {
	{ OP("install dpkg b - - 1") OP("install dpkg a - - 1"),
	  OP("install dpkg a - - 1") OP("install dpkg b - - 1") },
	{ "seen match b 1 - - /b\nseen match a 1 - - /a\n"
	  "seen differs b 1 - - /b\n",
	  "seen match a 1 - - /a\nseen match b 1 - - /b\n" },
	{ "\n  \nnews of tomorrow\n", "" },
	{ "op hold dpkg a - 1 1 2026-05-01T12:00:00Z -\n", "" },
	{ "seen signed a 1 - - /a\n", "" },
	{ "seen match a 1 sha512:00 - /a\n", "" },
	{ "seen match a 1 - - /a and more\n", "seen match a 1 - - /a\n" },
	{ "op install dpkg a - - 1 2026-05-01T12:00:00Z - more",
	  OP("install dpkg a - - 1") },
	{ "op install dpkg a - - 1 2026-05-01T14:00:00+0200 -\n",
	  OP("install dpkg a - - 1") },
	{ "missing apk snap apk\n", "missing apk\n" },
};

START_TEST(text_foreign)
{
	struct es_package_ops *ops = parse_text(foreign[_i].text);

	check_text(ops, foreign[_i].wanted);
	es_package_ops_free(ops);
}
END_TEST

static const char *const broken[] = {
	"op",
	"op install",
	"op install dpkg a - - 1",
	"op install dpkg a - - 1 2026-05-01T12:00:00Z",
	"op install dpkg a - - 1 yesterday -",
	"op install dpkg a - - 1 2026-05-01 -",
	"op install dpkg a - - 1 @ -",
	"op install dpkg a - - 1 @99999999999999999999 -",
	"op install dpkg a - - 1 @1x -",
	"op install dpkg - - - 1 @1 -",
	"op install - a - - 1 @1 -",
	"op install dpkg a\\ - - 1 @1 -",
	"op install dpkg a\\000 - - 1 @1 -",
	"op install dpkg a - - 1 @1 1",
	"op install dpkg a - - 1 @1 0",
	"op install dpkg a - - 1 @1 -1",
	"command",
	"command 1",
	"command 1 a",
	"command 2 a b",
	"command x a b",
	"command 1 a b\ncommand 1 a b",
	"seen",
	"seen match a 1 - -",
	"seen match a 1 - - relative",
	"seen match a 1 - - -",
	"seen match a 1 md5:00 - /a",
	"seen match a 1 md5:0123456789abcdef0123456789abcdeg - /a",
	"seen match a 1 - 00 /a",
};

START_TEST(text_broken)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);
	struct es_package_ops *ops = NULL;
	struct es_error err = ES_ERROR_INIT;

	es_buf_addf(&b, "%s%s\n", OP("install dpkg a - - 1"), broken[_i]);
	ck_assert_int_eq(es_package_ops_parse(&ops, b.data, b.len, &err),
			 -EINVAL);
	ck_assert_ptr_null(ops);
	ck_assert_ptr_nonnull(strstr(err.msg, "run/packages: line "));
}
END_TEST

/* No bytes, however they come, do harm. */
START_TEST(text_noise)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);
	struct es_package_ops *ops;
	uint64_t state = 99;

	for (int i = 0; i < 3000; i++) {
		struct es_error err = ES_ERROR_INIT;
		const char *text =
			texts[es_unit_random(&state) % es_lengthof(texts)];

		es_buf_reset(&b);
		es_buf_adds(&b, text);
		for (int k = 0; k < 3 && b.len > 0; k++)
			b.data[es_unit_random(&state) % b.len] =
				(char)es_unit_random(&state);
		if (es_package_ops_parse(&ops, b.data, b.len, &err) == 0)
			es_package_ops_free(ops);
		else
			ck_assert_int_eq(err.code, -EINVAL);
	}
}
END_TEST

/* --- merging --- */

static const struct {
	const char *first;
	const char *second;
	const char *wanted;
} merges[] = {
	{ "", "", "" },
	{ OP("upgrade dpkg a - 1 2"), "", OP("upgrade dpkg a - 1 2") },
	{ "", OP("upgrade dpkg a - 1 2"), OP("upgrade dpkg a - 1 2") },
	{ OP("upgrade dpkg a - 1 2"), OP("upgrade dpkg a - 2 3"),
	  OP("upgrade dpkg a - 1 3") },
	{ OP("upgrade dpkg a - 1 3"), OP("downgrade dpkg a - 3 2"),
	  OP("upgrade dpkg a - 1 2") },
	{ OP("upgrade dpkg a - 2 3"), OP("downgrade dpkg a - 3 1"),
	  OP("downgrade dpkg a - 2 1") },
	{ OP("upgrade dpkg a - 1 2"), OP("downgrade dpkg a - 2 1"), "" },
	{ OP("install dpkg a - - 1"), OP("remove dpkg a - 1 -"), "" },
	{ OP("install dpkg a - - 1"), OP("upgrade dpkg a - 1 2"),
	  OP("install dpkg a - - 2") },
	{ OP("upgrade dpkg a - 1 2"), OP("remove dpkg a - 2 -"),
	  OP("remove dpkg a - 1 -") },
	{ OP("remove dpkg a - 1 -"), OP("install dpkg a - - 2"),
	  OP("upgrade dpkg a - 1 2") },
	{ OP("remove dpkg a - 1 -"), OP("install dpkg a - - 1"), "" },
	{ OP("remove dpkg a - 1 -"), OP("purge dpkg a - 1 -"),
	  OP("purge dpkg a - 1 -") },
	{ OP("reinstall dpkg a - 1 1"), OP("upgrade dpkg a - 1 2"),
	  OP("upgrade dpkg a - 1 2") },
	{ OP("reinstall dpkg a - 1 1"), OP("reinstall dpkg a - 1 1"),
	  OP("reinstall dpkg a - 1 1") },
	/* The same told twice, as at the border of two runs. */
	{ OP("upgrade dpkg a - 1 2"), OP("upgrade dpkg a - 1 2"),
	  OP("upgrade dpkg a - 1 2") },
	/* Each architecture and manager for itself. */
	{ OP("upgrade dpkg a amd64 1 2"), OP("remove dpkg a i386 1 -"),
	  OP("upgrade dpkg a amd64 1 2") OP("remove dpkg a i386 1 -") },
	{ OP("install dpkg a - - 1"), OP("remove rpm a - 1 -"),
	  OP("install dpkg a - - 1") OP("remove rpm a - 1 -") },
	{ OP("install dpkg b - - 1"), OP("install dpkg a - - 1"),
	  OP("install dpkg a - - 1") OP("install dpkg b - - 1") },
	/* The last command and time count. */
	{ "command 1 - one\nop upgrade dpkg a - 1 2 @10000000000 1\n",
	  "command 1 - two\nop upgrade dpkg a - 2 3 @20000000000 1\n",
	  "command 1 - two\nop upgrade dpkg a - 1 3 2603-10-11T11:33:20Z 1\n" },
	{ "command 1 - one\nop upgrade dpkg a - 1 2 @7 1\n",
	  "op upgrade dpkg a - 2 3 @5 -\n",
	  "command 1 - one\nop upgrade dpkg a - 1 3 1970-01-01T00:00:07Z 1\n" },
	/* Verdicts: the later one on a path. */
	{ "seen match a 1 - - /a\nseen match a 1 - - /c\n",
	  "seen differs a 2 - - /a\nseen match b 1 - - /b\n",
	  "seen differs a 2 - - /a\nseen match b 1 - - /b\n"
	  "seen match a 1 - - /c\n" },
	{ "missing apk\n", "missing dpkg apk\n", "missing apk dpkg\n" },
};

START_TEST(merge)
{
	struct es_package_ops *into = parse_text(merges[_i].first);
	struct es_package_ops *next = parse_text(merges[_i].second);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_package_ops_merge(into, next, &err), 0);
	/* Nothing of it is borrowed. */
	es_package_ops_free(next);
	check_text(into, merges[_i].wanted);
	es_package_ops_free(into);
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(es_package_op_name(ES_PACKAGE_OPS), "");
	ck_assert_str_eq(es_package_verdict_name(ES_PACKAGE_VERDICTS), "");
	es_package_ops_free(NULL);
}
END_TEST

/* --- verdicts --- */

static const char *md5_of(const char *text, char out[33])
{
	ES_CLEANUP(es_digest_freep) struct es_digest *d = NULL;
	struct es_error err = ES_ERROR_INIT;
	uint8_t raw[ES_MD5_LEN];

	ck_assert_int_eq(es_digest_new(&d, ES_DIGEST_MD5, NULL, &err), 0);
	es_digest_begin(d);
	es_digest_update(d, text, strlen(text));
	es_digest_end(d, raw);
	return es_hex(out, raw, sizeof(raw));
}

/* One changed path; @recorded: content that was recorded, NULL for none. */
struct change {
	const char *path;
	const char *recorded;
	bool removed;
	const char *wanted; /* "VERDICT PACKAGE", "-" for nothing */
};

static void list_seen(struct es_buf *out, const struct es_package_ops *ops,
		      const char *path)
{
	es_buf_reset(out);
	for (size_t i = 0; i < ops->n_seen; i++) {
		const struct es_package_seen *s = &ops->seen[i];

		ck_assert_uint_eq(strlen(s->path), s->len);
		if (strcmp(s->path, path) == 0)
			es_buf_addf(out, "%s %s",
				    es_package_verdict_name(s->verdict),
				    s->package);
	}
	if (out->len == 0)
		es_buf_addc(out, '-');
}

static int by_path(const void *a, const void *b)
{
	const struct es_package_asked *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static void check_verdicts(struct es_package_ops *ops,
			   const struct change *changes, size_t n)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);
	struct es_package_asked asked[48] = { 0 };
	struct es_packages *p = open_here();
	struct es_error err = ES_ERROR_INIT;

	ck_assert_uint_le(n, es_lengthof(asked));
	for (size_t i = 0; i < n; i++) {
		const struct change *c = &changes[i];

		asked[i] = (struct es_package_asked){
			.path = c->path,
			.len = strlen(c->path),
			.removed = c->removed,
			.plain = c->recorded != NULL,
		};
		if (c->recorded)
			es_sha256(asked[i].recorded, c->recorded,
				  strlen(c->recorded));
	}
	qsort(asked, n, sizeof(*asked), by_path);
	int rc = es_package_ops_judge(ops, p, ".", asked, n, &err);
	ck_assert_msg(rc == 0, "%s", err.msg);
	es_packages_free(p);
	for (size_t i = 0; i < n; i++) {
		list_seen(&b, ops, changes[i].path);
		ck_assert_msg(strcmp(b.data, changes[i].wanted) == 0,
			      "%s: %s, wanted %s", changes[i].path, b.data,
			      changes[i].wanted);
	}
	for (size_t i = 1; i < ops->n_seen; i++)
		ck_assert_int_lt(
			strcmp(ops->seen[i - 1].path, ops->seen[i].path), 0);
}

static void make_dpkg(void)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	char good[33];

	md5_of(GOOD, good);
	es_buf_adds(&b, "Package: a\nStatus: install ok installed\n"
			"Version: 2\nArchitecture: all\nConffiles:\n");
	for (int i = 1; i < 7; i++)
		es_buf_addf(&b, " /etc/c%d %s\n", i, good);
	es_buf_adds(&b, " /etc/new newconffile\n\n"
			"Package: left\nStatus: deinstall ok config-files\n"
			"Version: 1\nConffiles:\n /etc/left ");
	es_buf_addf(&b, "%s\n", good);
	put("var/lib/dpkg/status", b.data);
	put(INFO "a.list",
	    "/.\n/etc\n/usr/bin/ok\n/usr/bin/bad\n/usr/bin/link\n"
	    "/usr/bin/fifo\n/usr/bin/gone\n/usr/bin/dir\n/usr/share/nosum\n"
	    "/usr/share/nolink\n/bin/merged\n/opt/usr/bin/ok\n/usr/bin/okk\n"
	    "/usr/lib\n/usr/lib/a\n/usr/lib/both\n/usr/local/lib/a\n/etc/a.d\n"
	    "/etc/c1\n/etc/c2\n/etc/c3\n/etc/c4\n/etc/c5\n/etc/c6\n/etc/new\n");
	put(INFO "left.list", "/.\n/etc\n/etc/left\n/usr/lib\n"
			      "/usr/lib/both\n");
	es_buf_reset(&b);
	/* The names around the one that is looked for are other files'. */
	es_buf_addf(&b, "%s  opt/usr/bin/ok\n",
		    "00000000000000000000000000000000");
	es_buf_addf(&b, "%s  usr/bin/okk\n",
		    "00000000000000000000000000000000");
	es_buf_addf(&b, "%s  usr/bin/ok\n%s  usr/bin/bad\n", good, good);
	es_buf_addf(&b, "%s  usr/bin/link\n%s  usr/bin/fifo\n", good, good);
	es_buf_addf(&b, "%s  usr/bin/gone\n%s  bin/merged\n", good, good);
	es_buf_addf(&b, "%s  usr/bin/dir", good);
	put(INFO "a.md5sums", b.data);
	put("usr/bin/ok", GOOD);
	put("usr/bin/bad", OTHER);
	put("usr/bin/merged", GOOD);
	put("usr/share/nosum", GOOD);
	put("usr/bin/dir/x", GOOD);
	ck_assert_int_eq(symlink("usr/bin", "bin"), 0);
	ck_assert_int_eq(symlink("ok", "usr/bin/link"), 0);
	ck_assert_int_eq(symlink("nosum", "usr/share/nolink"), 0);
	ck_assert_int_eq(mkfifo("usr/bin/fifo", 0600), 0);
	put("etc/c1", GOOD);
	put("etc/c2", OTHER);
	put("etc/c3", OTHER);
	put("etc/c3.dpkg-dist", GOOD);
	put("etc/c4", GOOD);
	put("etc/c4.dpkg-old", OTHER);
	put("etc/c5", OTHER);
	put("etc/c5.dpkg-new", OTHER);
	put("etc/new", GOOD);
	put("etc/mine", GOOD);
}

static const struct change dpkg_changes[] = {
	{ "/usr/bin/ok", GOOD, false, "match a" },
	{ "/usr/bin/bad", OTHER, false, "differs a" },
	/* A link or a pipe is not what was shipped. */
	{ "/usr/bin/link", NULL, false, "differs a" },
	{ "/usr/bin/fifo", NULL, false, "differs a" },
	{ "/usr/bin/dir", NULL, false, "differs a" },
	{ "/usr/bin/gone", NULL, true, "differs a" },
	{ "/usr/bin/merged", GOOD, false, "match a" },
	{ "/usr/share/nosum", GOOD, false, "unknown a" },
	{ "/usr/share/nolink", NULL, false, "unknown a" },
	{ "/etc", NULL, false, "unknown a" },
	{ "/etc/c1", GOOD, false, "conffile-new a" },
	{ "/etc/c2", OTHER, false, "conffile-changed a" },
	{ "/etc/c3", OTHER, false, "conffile-kept a" },
	{ "/etc/c3.dpkg-dist", GOOD, false, "match a" },
	{ "/etc/c4", GOOD, false, "conffile-saved a" },
	{ "/etc/c4.dpkg-old", OTHER, false, "-" },
	{ "/etc/c5", OTHER, false, "conffile-kept a" },
	{ "/etc/c5.dpkg-new", OTHER, false, "-" },
	{ "/etc/c6", NULL, true, "conffile-changed a" },
	{ "/etc/new", GOOD, false, "unknown a" },
	{ "/etc/left", NULL, true, "gone left" },
	{ "/etc/mine", GOOD, false, "-" },
	{ "/etc/none", NULL, true, "-" },
	{ "/usr/share/doc/old/copyright", NULL, true, "gone old" },
	{ "/usr/share/doc/a/NEWS", NULL, true, "gone a" },
	{ "/usr/share/doc/fresh/NEWS", NULL, true, "-" },
	{ "/usr/share/doc/ol/NEWS", NULL, true, "-" },
	{ "/usr/share/doc/old/there", NULL, false, "-" },
	/* Who has the directory alone had what was in it, */
	{ "/usr/lib/a/old.so", NULL, true, "gone a" },
	{ "/usr/lib/a/sub/old.so", NULL, true, "gone a" },
	{ "/usr/lib/a/mine.so", NULL, false, "-" },
	/* but where others come and go too nobody knows, */
	{ "/usr/lib/old.so", NULL, true, "-" },
	{ "/usr/lib/both/old.so", NULL, true, "-" },
	/* and these are the administrator's. */
	{ "/usr/local/lib/a/old.so", NULL, true, "-" },
	{ "/etc/a.d/old", NULL, true, "-" },
};

#define DPKG_OPS                     \
	OP("upgrade dpkg a all 1 2") \
	OP("install dpkg fresh all - 1") OP("purge dpkg old all 1 -")

START_TEST(dpkg_verdicts)
{
	struct es_package_ops *ops = parse_text(DPKG_OPS);

	make_dpkg();
	check_verdicts(ops, dpkg_changes, es_lengthof(dpkg_changes));
	ck_assert_str_eq(ops->seen[0].version, "2");
	/* Again, alone: what was known stays. */
	check_verdicts(ops, dpkg_changes, 1);
	ck_assert_uint_gt(ops->n_seen, 1);
	es_package_ops_free(ops);
}
END_TEST

/* Each alone: the checksum is looked up without the whole list. */
START_TEST(dpkg_verdict_alone)
{
	struct es_package_ops *ops = parse_text(DPKG_OPS);

	make_dpkg();
	check_verdicts(ops, &dpkg_changes[_i], 1);
	es_package_ops_free(ops);
}
END_TEST

/* Content that is not what was recorded is no ground for a verdict. */
START_TEST(stale_content)
{
	static const struct change changes[] = {
		{ "/etc/c1", OTHER, false, "unknown a" },
		{ "/usr/bin/ok", OTHER, false, "unknown a" },
		{ "/usr/bin/bad", GOOD, false, "unknown a" },
	};
	struct es_package_ops *ops = parse_text("");

	make_dpkg();
	check_verdicts(ops, changes, es_lengthof(changes));
	es_package_ops_free(ops);
}
END_TEST

static void make_pacman(void)
{
	static const char *const argv[] = { "sh", "-c", "gzip -nc text >\"$0\"",
					    LOCAL "a-1-1/mtree", NULL };
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);
	uint8_t raw[ES_SHA256_LEN];
	char hex[65], md5[33];

	es_sha256(raw, GOOD, strlen(GOOD));
	es_hex(hex, raw, sizeof(raw));
	put(LOCAL "a-1-1/desc", "%NAME%\na\n\n%VERSION%\n1-1\n");
	es_buf_addf(&b,
		    "%%FILES%%\nusr/bin/ok\nusr/bin/unread\nusr/bin/bad\n"
		    "etc/kept\netc/saved\n\n%%BACKUP%%\netc/kept\t%s\n"
		    "etc/saved\t%s\n",
		    md5_of(GOOD, md5), md5);
	put(LOCAL "a-1-1/files", b.data);
	es_buf_reset(&b);
	es_buf_addf(&b, "#mtree\n./usr/bin/ok sha256digest=%s\n", hex);
	es_buf_addf(&b, "./usr/bin/unread sha256digest=%s\n", hex);
	es_buf_addf(&b, "./usr/bin/bad sha256digest=%s\n", hex);
	put("text", b.data);
	ck_assert_int_eq(es_unit_run(&b, argv, NULL), 0);
	put("usr/bin/ok", GOOD);
	put("usr/bin/bad", OTHER);
	put("etc/kept", OTHER);
	put("etc/kept.pacnew", GOOD);
	put("etc/saved", GOOD);
	put("etc/saved.pacsave", OTHER);
}

/* A recorded SHA-256 that is the package's needs no file. */
START_TEST(pacman_verdicts)
{
	static const struct change changes[] = {
		{ "/usr/bin/ok", NULL, false, "match a" },
		{ "/usr/bin/unread", GOOD, false, "match a" },
		{ "/usr/bin/bad", OTHER, false, "differs a" },
		{ "/etc/kept", OTHER, false, "conffile-kept a" },
		{ "/etc/kept.pacnew", GOOD, false, "match a" },
		{ "/etc/saved", GOOD, false, "conffile-saved a" },
	};
	struct es_package_ops *ops = parse_text("");

	make_pacman();
	check_verdicts(ops, changes, es_lengthof(changes));
	es_package_ops_free(ops);
}
END_TEST

/* An HMAC says nothing: the file is read. One that is away is unknown. */
START_TEST(hidden_digests)
{
	struct es_package_asked asked[] = {
		{ .path = "/usr/bin/bad", .len = 12, .recorded = { 1 } },
		{ .path = "/usr/bin/ok", .len = 11, .recorded = { 2 } },
		{ .path = "/usr/bin/unread", .len = 15, .recorded = { 3 } },
	};
	struct es_package_ops *ops = parse_text("");
	struct es_error err = ES_ERROR_INIT;

	make_pacman();
	struct es_packages *p = open_here();
	ck_assert_int_eq(es_package_ops_judge(ops, p, ".", asked, 3, &err), 0);
	ck_assert_uint_eq(ops->n_seen, 3);
	ck_assert_int_eq(ops->seen[0].verdict, ES_PACKAGE_DIFFERS);
	ck_assert_int_eq(ops->seen[0].recorded[0], 1);
	ck_assert_int_eq(ops->seen[0].kind, ES_PACKAGE_SHA256);
	ck_assert_int_eq(ops->seen[1].verdict, ES_PACKAGE_MATCH);
	ck_assert_int_eq(ops->seen[2].verdict, ES_PACKAGE_UNKNOWN);
	es_packages_free(p);
	es_package_ops_free(ops);
}
END_TEST

/* apk: Q1 of "hello\n", and of the text of a link to it. */
START_TEST(apk_verdicts)
{
	static const struct change changes[] = {
		{ "/bin/file", "hello\n", false, "match a" },
		{ "/bin/link", NULL, false, "match a" },
		{ "/bin/other", NULL, false, "differs a" },
		{ "/etc/conf", OTHER, false, "conffile-kept a" },
		{ "/etc/conf.apk-new", "hello\n", false, "match a" },
	};
	struct es_package_ops *ops = parse_text("");

	put("lib/apk/db/installed",
	    "P:a\nV:1\nF:bin\nR:file\nZ:Q19XLTlvrpIGYocU+yzgD3LpTyJY8=\n"
	    "R:link\nZ:Q1lxxBndYJMxND3uEF//0PRgjcC/I=\n"
	    "R:other\nZ:Q1lxxBndYJMxND3uEF//0PRgjcC/I=\n"
	    "F:etc\nR:conf\nZ:Q19XLTlvrpIGYocU+yzgD3LpTyJY8=\n");
	put("bin/file", "hello\n");
	ck_assert_int_eq(symlink("file", "bin/link"), 0);
	ck_assert_int_eq(symlink("elsewhere", "bin/other"), 0);
	put("etc/conf", OTHER);
	put("etc/conf.apk-new", "hello\n");
	check_verdicts(ops, changes, es_lengthof(changes));
	es_package_ops_free(ops);
}
END_TEST

#define MANY 600

/* Many files: by threads, each verdict on its own path. */
START_TEST(many_files)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf list = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf sums = ES_BUF_INIT(1 << 20);
	static struct es_package_asked asked[MANY];
	static char paths[MANY][32];
	struct es_package_ops *ops = parse_text("");
	struct es_error err = ES_ERROR_INIT;
	char text[32], hex[33];

	put("var/lib/dpkg/status", "Package: a\nVersion: 1\n"
				   "Status: install ok installed\n");
	put("usr/lib/x", "");
	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "content %d\n", i);
		snprintf(paths[i], sizeof(paths[i]), "/usr/lib/f%04d", i);
		/* Every seventh is another one's. */
		put(paths[i] + 1, i % 7 ? text : GOOD);
		es_buf_addf(&list, "%s\n", paths[i]);
		es_buf_addf(&sums, "%s  %s\n", md5_of(text, hex), paths[i] + 1);
		asked[i].path = paths[i];
		asked[i].len = strlen(paths[i]);
		asked[i].plain = true;
		es_sha256(asked[i].recorded, i % 7 ? text : GOOD,
			  strlen(i % 7 ? text : GOOD));
	}
	put(INFO "a.list", list.data);
	put(INFO "a.md5sums", sums.data);
	struct es_packages *p = open_here();
	ck_assert_int_eq(es_package_ops_judge(ops, p, ".", asked, MANY, &err),
			 0);
	es_packages_free(p);
	ck_assert_uint_eq(ops->n_seen, MANY);
	for (int i = 0; i < MANY; i++) {
		ck_assert_str_eq(ops->seen[i].path, paths[i]);
		ck_assert_int_eq(ops->seen[i].verdict,
				 i % 7 ? ES_PACKAGE_MATCH : ES_PACKAGE_DIFFERS);
	}
	es_package_ops_free(ops);
}
END_TEST

/* Links in an image lead nowhere else. */
START_TEST(image_stays_inside)
{
	static const struct change changes[] = {
		{ "/etc/c1", NULL, false, "unknown a" },
	};
	struct es_package_ops *ops;

	ops = parse_text("");
	make_dpkg();
	put("outside/c1", GOOD);
	ck_assert_int_eq(rename("etc", "was"), 0);
	char target[128];
	snprintf(target, sizeof(target), "%s/outside", dir);
	ck_assert_int_eq(symlink(target, "etc"), 0);
	check_verdicts(ops, changes, es_lengthof(changes));
	es_package_ops_free(ops);
}
END_TEST

/* --- the real dpkg --- */

/*
 * Two versions of two packages: of "a" the administrator keeps a configuration
 * file, of "b" it is replaced; one program is damaged.
 */
static const char dpkg_script[] =
	"set -e\nmkdir -p root/var/lib/dpkg/info root/var/lib/dpkg/updates "
	"root/var/log\n"
	": >root/var/lib/dpkg/status\n: >root/var/lib/dpkg/available\n"
	"d() { dpkg --root=$PWD/root --log=$PWD/root/var/log/dpkg.log "
	"--force-unsafe-io \"$@\"; }\n"
	"make() {\n"
	"  rm -rf p; mkdir -p p/DEBIAN p/usr/bin p/etc\n"
	"  printf 'Package: %s\\nVersion: %s\\nArchitecture: all\\n"
	"Maintainer: x <x@y>\\nDescription: x\\n' $1 $2 >p/DEBIAN/control\n"
	"  for i in 1 2; do\n"
	"    echo $i $2 >p/usr/bin/$1$i; echo $i $2 >p/etc/$1$i\n"
	"    echo /etc/$1$i >>p/DEBIAN/conffiles; done\n"
	"  (cd p && md5sum usr/bin/* >DEBIAN/md5sums)\n"
	"  dpkg-deb --root-owner-group -Znone --build p $1_$2.deb >&2; }\n"
	"for v in 1:1.0-1 1:1.0-2; do make a $v; make b $v; done\n"
	"d -i a_1:1.0-1.deb b_1:1.0-1.deb\n"
	"echo mine >root/etc/a1; echo mine >root/etc/b1\n"
	"d --force-confold -i a_1:1.0-2.deb\nd --force-confnew -i "
	"b_1:1.0-2.deb\n"
	"echo bad >root/usr/bin/b2\n";

static const char real_list[] =
	"/etc/a1 conffile-kept\n/etc/a1.dpkg-dist match\n"
	"/etc/a2 conffile-new\n/etc/b1 conffile-saved\n"
	"/etc/b2 conffile-new\n/usr/bin unknown\n"
	"/usr/bin/a1 match\n/usr/bin/a2 match\n"
	"/usr/bin/b1 match\n/usr/bin/b2 differs\n";

static bool run_script(const char *script)
{
	static const char *const argv[] = { "sh", "make.sh", NULL };
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);

	if (lacks("dpkg") || lacks("dpkg-deb"))
		return false;
	if (geteuid() != 0) {
		printf("# skipped: dpkg --root needs root\n");
		fflush(stdout);
		return false;
	}
	put("make.sh", script);
	int rc = es_unit_run(&b, argv, NULL);
	ck_assert_msg(rc == 0, "%s", es_buf_str(&b));
	return true;
}

/* Paths that a tool prints at the ends of lines are those that differ. */
static void check_tool(const struct es_package_ops *ops,
		       const char *const *argv, bool conffiles)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	char end[64];

	if (lacks(argv[0]))
		return;
	ck_assert_int_ge(es_unit_run(&b, argv, NULL), 0);
	for (size_t i = 0; i < ops->n_seen; i++) {
		const struct es_package_seen *s = &ops->seen[i];
		bool differs =
			s->verdict == ES_PACKAGE_DIFFERS ||
			(conffiles && (s->verdict == ES_PACKAGE_CONF_KEPT ||
				       s->verdict == ES_PACKAGE_CONF_CHANGED));

		snprintf(end, sizeof(end), "%s\n", s->path);
		ck_assert_msg(!strstr(es_buf_str(&b), end) == !differs,
			      "%s: %s", s->path, es_buf_str(&b));
	}
}

START_TEST(real_dpkg)
{
	static const char *const paths[] = {
		"/etc/a1",     "/etc/a1.dpkg-dist", "/etc/a2",
		"/etc/b1",     "/etc/b1.dpkg-old",  "/etc/b2",
		"/usr/bin",    "/usr/bin/a1",	    "/usr/bin/a2",
		"/usr/bin/b1", "/usr/bin/b2",
	};
	static const char *const verify[] = { "dpkg", "--root=root", "--verify",
					      NULL };
	static const char *const debsums[] = { "debsums", "-c", "-r", "root",
					       NULL };
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);
	struct es_package_asked asked[es_lengthof(paths)] = { 0 };
	struct es_package_ops *ops = NULL;
	struct es_packages *p = NULL;
	struct es_error err = ES_ERROR_INIT;
	int64_t before = time(NULL) - 1;

	set_zone("UTC");
	if (!run_script(dpkg_script))
		return;
	ck_assert_int_eq(es_package_ops_read(&ops, "root", before, time(NULL),
					     NULL, &err),
			 0);
	list_ops(&b, ops);
	ck_assert_str_eq(b.data, "install a all - 1:1.0-2\n"
				 "install b all - 1:1.0-2\n");
	for (size_t i = 0; i < es_lengthof(paths); i++) {
		asked[i].path = paths[i];
		asked[i].len = strlen(paths[i]);
	}
	ck_assert_int_eq(es_packages_open(&p, "root", &err), 0);
	ck_assert_int_eq(es_package_ops_judge(ops, p, "root", asked,
					      es_lengthof(paths), &err),
			 0);
	es_buf_reset(&b);
	for (size_t i = 0; i < ops->n_seen; i++)
		es_buf_addf(&b, "%s %s\n", ops->seen[i].path,
			    es_package_verdict_name(ops->seen[i].verdict));
	ck_assert_str_eq(b.data, real_list);
	check_tool(ops, verify, true);
	check_tool(ops, debsums, false);
	es_packages_free(p);
	es_package_ops_free(ops);
}
END_TEST

static Suite *package_verdicts_suite(void)
{
	Suite *s = suite_create("package_verdicts");
	TCase *t = tcase_create("text"), *v = tcase_create("verdicts");

	tcase_add_checked_fixture(t, dir_setup, dir_teardown);
	tcase_add_loop_test(t, text_round_trip, 0, es_lengthof(texts));
	tcase_add_test(t, text_bytes);
	tcase_add_loop_test(t, text_foreign, 0, es_lengthof(foreign));
	tcase_add_loop_test(t, text_broken, 0, es_lengthof(broken));
	tcase_add_test(t, text_noise);
	tcase_add_loop_test(t, merge, 0, es_lengthof(merges));
	tcase_add_test(t, names);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(v, dir_setup, dir_teardown);
	tcase_add_test(v, dpkg_verdicts);
	tcase_add_loop_test(v, dpkg_verdict_alone, 0,
			    es_lengthof(dpkg_changes));
	tcase_add_test(v, stale_content);
	tcase_add_test(v, pacman_verdicts);
	tcase_add_test(v, hidden_digests);
	tcase_add_test(v, apk_verdicts);
	tcase_add_test(v, many_files);
	tcase_add_test(v, image_stays_inside);
	tcase_add_test(v, real_dpkg);
	suite_add_tcase(s, v);
	return s;
}

int main(void)
{
	return es_unit_main(package_verdicts_suite());
}
