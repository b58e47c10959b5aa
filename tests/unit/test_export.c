/* SPDX-License-Identifier: MIT */
/* test_export.c - what of a run goes out, and what must not */
#include "config.h"

#include "etcsnap/export.h"
#include "etcsnap/manifest.h"

#include "runs.h"

#include <errno.h>

#define PEM "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n"

#define ACL                                                        \
	"system.posix_acl_access=0sAgAAAAEABgD/////AgAEAAEAAAAEAA" \
	"QA/////xAABAD/////IAAEAP////8=\n"

/* Rules of today. */
#define TODAY                                             \
	WATCH("/**")                                      \
	"[rule s]\nmatch = /now-secret\nclass = secret\n" \
	"[rule d]\nmatch = /now-digest\nclass = digest\n" \
	"[rule m]\nmatch = /now-masked\nmask = ^word=(.+)$\n"

enum {
	LEFT_NONE = ES_LEFT_KINDS
};

static struct {
	size_t n;
	char path[64];
	enum es_export_left why;
} left;

static void left_out(void *payload, const char *path, enum es_export_left why)
{
	ck_assert_ptr_eq(payload, &left);
	left.n++;
	snprintf(left.path, sizeof(left.path), "%s", path);
	left.why = why;
}

static void export_tree(struct es_buf *out, enum es_export_format format,
			const struct es_oid *tree)
{
	ES_CLEANUP(es_rules_freep)
	struct es_rules *rules = es_unit_rules(TODAY);
	ES_CLEANUP(es_commit_freep)
	struct es_commit *c = es_unit_commit(&repo, tree, NULL, 1700000000);
	struct es_error err = ES_ERROR_INIT;
	struct es_export_options o = {
		.format = format,
		.commit = *es_commit_id(c),
		.rules = rules,
		.key = es_unit_key,
		.payload = &left,
		.left_out = left_out,
	};
	char *data = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&data, &len);

	memset(&left, 0, sizeof(left));
	ck_assert_ptr_nonnull(f);
	ck_assert_msg(es_export(f, repo.st, &o, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(fclose(f), 0);
	es_buf_reset(out);
	ck_assert_int_eq(es_buf_add(out, data, len), 0);
	free(data);
}

/* Archives have NULs between names and contents. */
static bool holds(const struct es_buf *out, const char *text)
{
	return memmem(out->data, out->len, text, strlen(text)) != NULL;
}

/*
 * One object of a run: what a row of CSV holds, what an archive holds, what
 * nothing may hold, why an archive has not got it.
 */
static const struct {
	struct es_unit_item item;
	const char *csv;
	const char *tar;
	const char *hidden;
	unsigned int why;
} objects[] = {
	{ { "/a", "plain\n" }, ",mirror,,", "plain\n", "hmac=", LEFT_NONE },
	{ { "/a", "" }, ",file,0644,0,root,0,root,0,1,", "a", NULL, LEFT_NONE },
	{ { "/=1+1", "=1+1" }, ",'=1+1,", "=1+1", ",=1", LEFT_NONE },
	{ { "/a\nb", "x" }, ",/a\\nb,", "a\nb", NULL, LEFT_NONE },
	{ { "/a", "to\nit", LINK }, ",to\\nit,", "to\nit", NULL, LEFT_NONE },
	{ { "/now-secret", "hunter2\n" },
	  ",secret,",
	  NULL,
	  "hunter2",
	  ES_LEFT_SECRET },
	{ { "/a", "hunter2", { .class = ES_CLASS_SECRET } },
	  ",secret,",
	  NULL,
	  "hunter2",
	  ES_LEFT_SECRET },
	{ { "/a", PEM }, ",secret,", NULL, "MIIE", ES_LEFT_SECRET },
	{ { "/now-digest", "hunter2\n" },
	  ",digest only,",
	  NULL,
	  "hunter2",
	  ES_LEFT_DIGEST },
	{ { "/now-masked", "x\nword=hunter2\n" },
	  ",yes,,",
	  NULL,
	  "hunter2",
	  ES_LEFT_MASKED },
	{ { "/now-masked", "no such line\n" },
	  "no such line",
	  "no such line",
	  NULL,
	  LEFT_NONE },
	{ { "/a", "<masked:01234567>", { .has = ES_HAS_MASKED } },
	  "<masked:01234567>",
	  NULL,
	  NULL,
	  ES_LEFT_MASKED },
	{ { "/a", NULL, { .type = ES_TYPE_SOCKET, .mode = 0600 } },
	  ",socket,0600,",
	  NULL,
	  NULL,
	  ES_LEFT_SOCKET },
	{ { "/a", NULL, { .type = ES_TYPE_FIFO, .mode = 0600 } },
	  ",fifo,0600,",
	  "a",
	  NULL,
	  LEFT_NONE },
	{ { "/a",
	    NULL,
	    { .type = ES_TYPE_BLOCK, .rdev_major = 7, .rdev_minor = 200 } },
	  ",7:200,",
	  "a",
	  NULL,
	  LEFT_NONE },
	{ { "/a", "x", { .mtime_sec = -1, .mtime_nsec = 5 } },
	  ",1969-12-31T23:59:59.000000005Z,",
	  "x",
	  NULL,
	  LEFT_NONE },
	{ { "/a", "x", { .uid = 33, .gid = 4242 } },
	  ",33,www,4242,,",
	  "www",
	  NULL,
	  LEFT_NONE },
	{ { "/a", "x", { .unread = EIO } }, ",EIO,", "x", NULL, LEFT_NONE },
	{ { "/a", "x", { .xattr = ACL, .xattr_len = sizeof(ACL) - 1 } },
	  "system.posix_acl_access=",
	  ",user:1:r--,",
	  NULL,
	  LEFT_NONE },
};

static void digest_of(char out[2 * ES_SHA256_LEN + 1],
		      const struct es_unit_item *item)
{
	const char *content = item->content ? item->content : "";
	uint8_t raw[ES_SHA256_LEN];

	es_sha256(raw, content, strlen(content));
	es_hex(out, raw, sizeof(raw));
}

START_TEST(export_shows_what_may_be_shown)
{
	struct es_oid tree = es_unit_tree(&repo, &objects[_i].item, 1);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 24);
	const unsigned int why = objects[_i].why;
	char sum[2 * ES_SHA256_LEN + 1];

	digest_of(sum, &objects[_i].item);
	for (int f = ES_EXPORT_CSV; f <= ES_EXPORT_TAR; f++) {
		export_tree(&out, (enum es_export_format)f, &tree);
		if (objects[_i].hidden)
			ck_assert(!holds(&out, objects[_i].hidden));
		if (why == ES_LEFT_SECRET || why == ES_LEFT_MASKED)
			ck_assert(!holds(&out, sum));
		if (f == ES_EXPORT_CSV)
			ck_assert_ptr_nonnull(
				strstr(out.data, objects[_i].csv));
		if (f != ES_EXPORT_TAR)
			ck_assert_uint_eq(left.n, 0);
		else if (objects[_i].tar)
			ck_assert(holds(&out, objects[_i].tar));
	}
	ck_assert_uint_eq(left.n, why != LEFT_NONE);
	if (why == LEFT_NONE)
		return;
	ck_assert_str_eq(left.path, objects[_i].item.path);
	ck_assert_uint_eq(left.why, why);
	ck_assert_str_ne(es_export_left_name(left.why), "");
}
END_TEST

START_TEST(export_mtree_has_every_parent)
{
	struct es_oid tree = es_unit_tree(
		&repo,
		ITEMS({ "/b", NULL, DIR }, { "/b/c", NULL, DIR },
		      { "/b/c/d", "x" }, { "/b/e", "y" }, { "/f", "z" }));
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	static const char *const begins[] = { "#mtree\n",
					      "\n. type=dir\n",
					      "\n./f type=file ",
					      "\n./b type=dir mode=0755 ",
					      "\n./b/e type=file ",
					      "\n./b/c type=dir mode=0755 ",
					      "\n./b/c/d type=file " };
	const char *at;

	export_tree(&out, ES_EXPORT_MTREE, &tree);
	at = out.data;
	for (size_t i = 0; i < es_lengthof(begins); i++) {
		at = strstr(at, begins[i]);
		ck_assert_msg(at != NULL, "%s in %s", begins[i], out.data);
	}
}
END_TEST

/* A tree with one command; the helpers make no parts that deep. */
static struct es_oid with_command(const char *stdout_text)
{
	static const char *const names[] = { "status", "stderr", "stdout" };
	const char *texts[] = { "exit 1\n", "", stdout_text };
	struct es_tree_builder *b = es_tree_builder_new();
	struct es_error err = ES_ERROR_INIT;
	struct es_oid oid;

	for (size_t i = 0; i < es_lengthof(names); i++) {
		oid = es_unit_blob(&repo, texts[i], strlen(texts[i]));
		es_tree_builder_add(b, names[i], 6, ES_MODE_FILE, &oid);
	}
	ck_assert_int_eq(es_tree_builder_write(&oid, b, repo.lane, &err), 0);
	es_tree_builder_add(b, "ip", 2, ES_MODE_TREE, &oid);
	ck_assert_int_eq(es_tree_builder_write(&oid, b, repo.lane, &err), 0);
	es_tree_builder_add(b, "commands", 8, ES_MODE_TREE, &oid);
	ck_assert_int_eq(es_tree_builder_write(&oid, b, repo.lane, &err), 0);
	es_tree_builder_free(b);
	return oid;
}

START_TEST(export_has_a_row_a_command)
{
	struct es_oid tree = with_command("a\nb\n");
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	export_tree(&out, ES_EXPORT_CSV, &tree);
	ck_assert_ptr_nonnull(strstr(out.data, ",command,commands/ip,"));
	ck_assert_ptr_nonnull(strstr(out.data, ",a\\nb\\n,,exit 1,"));
	export_tree(&out, ES_EXPORT_JSON, &tree);
	ck_assert_ptr_nonnull(strstr(out.data, "\"a\\nb\\n\""));
	tree = with_command("password = hunter2hunter2\n");
	export_tree(&out, ES_EXPORT_JSON, &tree);
	ck_assert_ptr_nonnull(strstr(out.data, "<masked:"));
	ck_assert_ptr_null(strstr(out.data, "hunter2"));
	tree = with_command(PEM);
	export_tree(&out, ES_EXPORT_JSON, &tree);
	ck_assert_ptr_null(strstr(out.data, "MIIE"));
	ck_assert_ptr_nonnull(strstr(out.data, "\"content_error\""));
}
END_TEST

START_TEST(export_has_facts_and_each_finding)
{
	struct es_oid tree = es_unit_tree(
		&repo,
		ITEMS({ "system/os", "hostname web1\nos-release ID debian\n"
				     "os-release NAME Debian GNU/Linux\n" },
		      { "system/kernel", "release 6.1\ntype Linux\n" },
		      { "system/hardware", "cpu-model Z80\n" },
		      { "findings/homes", "/home/a\n/home/b" },
		      { "run/rules", "not for sale\n" }));
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	export_tree(&out, ES_EXPORT_CSV, &tree);
	ck_assert_ptr_nonnull(strstr(out.data, ",machine,"));
	ck_assert_ptr_nonnull(strstr(
		out.data, ",Linux,web1,6.1,,,Z80,Debian GNU/Linux,,debian"));
	ck_assert_ptr_nonnull(strstr(out.data, ",fact,system/os,"));
	ck_assert_ptr_nonnull(strstr(out.data, ",finding,findings/homes,"));
	ck_assert_ptr_nonnull(strstr(out.data, ",/home/a,"));
	ck_assert_ptr_nonnull(strstr(out.data, ",/home/b,"));
	ck_assert_ptr_null(strstr(out.data, "not for sale"));
}
END_TEST

START_TEST(export_of_nothing_is_well_formed)
{
	struct es_oid tree = es_unit_tree(&repo, ITEMS({ "system/os", "" }));
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	export_tree(&out, ES_EXPORT_MTREE, &tree);
	ck_assert_str_eq(out.data, "#mtree\n. type=dir\n");
	export_tree(&out, ES_EXPORT_TAR, &tree);
	ck_assert_uint_eq(out.len % 512, 0);
}
END_TEST

START_TEST(export_tells_of_a_full_disk)
{
	struct es_oid tree = es_unit_tree(&repo, ITEMS({ "/a", "x" }));
	ES_CLEANUP(es_commit_freep)
	struct es_commit *c = es_unit_commit(&repo, &tree, NULL, 1700000000);
	struct es_export_options o = {
		.format = (enum es_export_format)_i,
		.commit = *es_commit_id(c),
		.key = es_unit_key,
	};
	struct es_error err = ES_ERROR_INIT;
	FILE *f = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_lt(es_export(f, repo.st, &o, &err), 0);
	ck_assert_int_lt(err.code, 0);
	fclose(f);
}
END_TEST

START_TEST(export_parse_knows_four_words)
{
	static const char *const words[] = { "csv", "json", "mtree", "tar" };
	enum es_export_format format = ES_EXPORT_CSV;

	for (size_t i = 0; i < es_lengthof(words); i++) {
		ck_assert_int_eq(es_export_parse(&format, words[i]), 0);
		ck_assert_uint_eq(format, i);
	}
	ck_assert_int_eq(es_export_parse(&format, ""), -EINVAL);
	ck_assert_int_eq(es_export_parse(&format, "CSV"), -EINVAL);
	ck_assert_int_eq(es_export_parse(&format, "tarx"), -EINVAL);
	ck_assert_uint_eq(format, ES_EXPORT_TAR);
	ck_assert_str_eq(es_export_left_name(ES_LEFT_KINDS), "");
}
END_TEST

static const struct {
	const char *text;
	const char *name;
	const char *value;
	size_t len;
	int rc;
} xattrs[] = {
	{ "user.a=\"b\"\n", "user.a", "b", 1, 1 },
	{ "user.a=\"\"\n", "user.a", "", 0, 1 },
	{ "user.a=\n", "user.a", "", 0, 1 },
	{ "user.a=\"x\\000y\\012\\\"\\\\\"\n", "user.a", "x\0y\n\"\\", 6, 1 },
	{ "user.a\\075b=\"c=d\"\n", "user.a=b", "c=d", 3, 1 },
	{ "user.a=0sAAH/\n", "user.a", "\0\1\xff", 3, 1 },
	{ "user.a=0x0001FF\n", "user.a", "\0\1\xff", 3, 1 },
	{ "", NULL, NULL, 0, 0 },
	{ "user.a\n", NULL, NULL, 0, -EINVAL },
	{ "=\"b\"\n", NULL, NULL, 0, -EINVAL },
	{ "user.a=b\n", NULL, NULL, 0, -EINVAL },
	{ "user.a=\"b\n", NULL, NULL, 0, -EINVAL },
	{ "user.a=0s!\n", NULL, NULL, 0, -EINVAL },
	{ "user.a=0x0\n", NULL, NULL, 0, -EINVAL },
	{ "user.a=0xzz\n", NULL, NULL, 0, -EINVAL },
	{ "user.a=\"b\\\"\n", NULL, NULL, 0, -EINVAL },
	{ "user.a=\"b\"", NULL, NULL, 0, -EINVAL },
};

START_TEST(xattr_next_reads_what_getfattr_prints)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(64);
	ES_CLEANUP(es_buf_dispose) struct es_buf value = ES_BUF_INIT(64);
	const char *text = xattrs[_i].text;
	size_t len = strlen(text);

	ck_assert_int_eq(es_xattr_next(&text, &len, &name, &value),
			 xattrs[_i].rc);
	if (xattrs[_i].rc <= 0)
		return;
	ck_assert_str_eq(es_buf_str(&name), xattrs[_i].name);
	ck_assert_uint_eq(value.len, xattrs[_i].len);
	ck_assert_mem_eq(es_buf_str(&value), xattrs[_i].value, value.len);
	ck_assert_uint_eq(len, 0);
	ck_assert_int_eq(es_xattr_next(&text, &len, &name, &value), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("export");
	TCase *t = tcase_create("export");

	tcase_add_checked_fixture(t, es_unit_runs_setup, es_unit_runs_teardown);
	tcase_add_loop_test(t, export_shows_what_may_be_shown, 0,
			    es_lengthof(objects));
	tcase_add_test(t, export_mtree_has_every_parent);
	tcase_add_test(t, export_has_a_row_a_command);
	tcase_add_test(t, export_has_facts_and_each_finding);
	tcase_add_test(t, export_of_nothing_is_well_formed);
	tcase_add_loop_test(t, export_tells_of_a_full_disk, 0, 4);
	suite_add_tcase(s, t);
	t = tcase_create("words");
	tcase_add_test(t, export_parse_knows_four_words);
	tcase_add_loop_test(t, xattr_next_reads_what_getfattr_prints, 0,
			    es_lengthof(xattrs));
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
