/* SPDX-License-Identifier: MIT */
/* test_conf.c - unit tests of the configuration reader */
#include "config.h"

#include "etcsnap/conf.h"

#include "config/conf_priv.h"

#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static int parse_len(struct es_conf **out, const char *text, size_t len,
		     struct es_error *err)
{
	*err = (struct es_error)ES_ERROR_INIT;
	return es_conf_parse(out, text, len, "t.conf", err);
}

static int parse(struct es_conf **out, const char *text, struct es_error *err)
{
	return parse_len(out, text, strlen(text), err);
}

static void put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(defaults)
{
	ES_CLEANUP(es_conf_freep) struct es_conf *conf = NULL;
	struct es_error err;
	size_t n = 7;

	ck_assert_int_eq(parse(&conf, "", &err), 0);
	ck_assert_str_eq(es_conf_text(conf, ES_CONF_REPOSITORY_PATH),
			 ETCSNAP_LOCALSTATEDIR "/lib/etcsnap/repo.git");
	ck_assert_int_eq(es_conf_number(conf, ES_CONF_FILES_MAX_SIZE), 1 << 20);
	ck_assert_int_eq(es_conf_number(conf, ES_CONF_FILES_MIRROR_BINARY_MAX),
			 64 << 10);
	ck_assert_int_eq(es_conf_number(conf, ES_CONF_COLLECT_WAIT), 60);
	ck_assert_int_eq(es_conf_number(conf, ES_CONF_COLLECT_NETWORK), 0);
	ck_assert_int_eq(es_conf_number(conf, ES_CONF_FILES_DEFAULTS), 0);
	ck_assert(!es_conf_is_set(conf, ES_CONF_FILES_DEFAULTS));
	es_conf_values(conf, ES_CONF_FILES_INCLUDE, NULL, &n);
	ck_assert_uint_eq(n, 0);
	ck_assert_str_eq(
		es_conf_values(conf, ES_CONF_COLLECT_WAIT, NULL, &n)->file,
		"default");
	ck_assert_uint_eq(n, 1);
	es_conf_names(conf, "rule", &n);
	ck_assert_uint_eq(n, 0);
	ck_assert_ptr_nonnull(strstr(es_conf_path(), "/etcsnap/etcsnap.conf"));
}
END_TEST

/* Each default is a value that its own key takes. */
START_TEST(table_is_sound)
{
	for (int i = 0; i < ES_CONF_COUNT; i++) {
		const struct es_conf_key *key =
			es_conf_table((enum es_conf_id)i);
		struct es_error err = ES_ERROR_INIT;

		ck_assert_ptr_nonnull(key->section);
		ck_assert_ptr_nonnull(key->key);
		ck_assert_ptr_nonnull(key->help);
		ck_assert_int_ne(key->help[strlen(key->help) - 1], '.');
		if (key->fallback[0])
			ck_assert_int_eq(es_conf_check_value(key, key->fallback,
							     &err),
					 0);
	}
}
END_TEST

START_TEST(lists_and_origins)
{
	ES_CLEANUP(es_conf_freep) struct es_conf *conf = NULL;
	const struct es_conf_value *v;
	struct es_error err;
	size_t n;

	ck_assert_int_eq(parse(&conf,
			       "\xef\xbb\xbf# comment\r\n"
			       "[files]\n"
			       "include = /a\n"
			       "; include = /no\n"
			       "\t include=/b ; c \n"
			       "\n"
			       "include: /c d\n"
			       "max_size = 1K\n"
			       "max_size = 2k\n",
			       &err),
			 0);
	v = es_conf_values(conf, ES_CONF_FILES_INCLUDE, NULL, &n);
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(v[0].text, "/a");
	ck_assert_uint_eq(v[0].line, 3);
	ck_assert_str_eq(v[0].file, "t.conf");
	ck_assert_str_eq(v[1].text, "/b ; c");
	ck_assert_uint_eq(v[1].line, 5);
	ck_assert_str_eq(v[2].text, "/c d");
	ck_assert_uint_eq(v[2].line, 7);
	ck_assert_int_eq(es_conf_number(conf, ES_CONF_FILES_MAX_SIZE), 2048);
	es_conf_values(conf, ES_CONF_FILES_MAX_SIZE, NULL, &n);
	ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(empty_clears)
{
	ES_CLEANUP(es_conf_freep) struct es_conf *conf = NULL;
	struct es_error err;
	size_t n;

	ck_assert_int_eq(parse(&conf,
			       "[files]\ninclude=/a\ninclude=\ninclude=/b\n"
			       "exclude=/x\nexclude =\n"
			       "[collect]\nwait=5\nwait=\n",
			       &err),
			 0);
	ck_assert_str_eq(
		es_conf_values(conf, ES_CONF_FILES_INCLUDE, NULL, &n)->text,
		"/b");
	ck_assert_uint_eq(n, 1);
	es_conf_values(conf, ES_CONF_FILES_EXCLUDE, NULL, &n);
	ck_assert_uint_eq(n, 0);
	ck_assert(!es_conf_is_set(conf, ES_CONF_FILES_EXCLUDE));
	ck_assert(conf->slot[ES_CONF_FILES_EXCLUDE].cleared);
	ck_assert(!es_conf_is_set(conf, ES_CONF_COLLECT_WAIT));
	ck_assert_int_eq(es_conf_number(conf, ES_CONF_COLLECT_WAIT), 60);
}
END_TEST

START_TEST(named_sections)
{
	ES_CLEANUP(es_conf_freep) struct es_conf *conf = NULL;
	const char *const *names;
	const struct es_conf_value *v;
	struct es_error err;
	size_t n;

	ck_assert_int_eq(parse(&conf,
			       "[rule b]\nmatch=/b\n[ rule \t a-_9 ]\n"
			       "match=/a\n[files]\n[rule b]\nmatch=/b2\n"
			       "class=secret\n",
			       &err),
			 0);
	names = es_conf_names(conf, "rule", &n);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(names[0], "b");
	ck_assert_str_eq(names[1], "a-_9");
	es_conf_names(conf, "channel", &n);
	ck_assert_uint_eq(n, 0);
	v = es_conf_values(conf, ES_CONF_RULE_MATCH, "b", &n);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(v[1].text, "/b2");
	ck_assert_uint_eq(v[1].line, 7);
	es_conf_values(conf, ES_CONF_RULE_CLASS, "a-_9", &n);
	ck_assert_uint_eq(n, 0);
	es_conf_values(conf, ES_CONF_RULE_CLASS, "nobody", &n);
	ck_assert_uint_eq(n, 0);
	v = es_conf_values(conf, ES_CONF_RULE_CLASS, "b", &n);
	ck_assert_str_eq(v->text, "secret");
}
END_TEST

/* What is refused, and with which words; %s stands for the rest. */
static const struct {
	const char *text;
	const char *says[2];
} refused[] = {
	{ "a=1\n", { "t.conf:1: ", "before any [section]" } },
	{ "\n# x\n[fils]\n", { "t.conf:3: ", "did you mean [files]?" } },
	{ "[zzzzzz]\n", { "t.conf:1: ", "unknown section [zzzzzz]" } },
	{ "[files]\n\nexlude = /x\n", { "t.conf:3: ", "mean exclude?" } },
	{ "[files]\nzz = 1\n", { "t.conf:2: ", "'zz' in [files]" } },
	{ "[files]\n = 1\n", { "t.conf:2: ", "unknown key ''" } },
	{ "[files]\npath = /x\n", { "t.conf:2: ", "unknown key 'path'" } },
	{ "[files]\nexclude /x\n", { "t.conf:2: ", "KEY = VALUE" } },
	{ "[files\nmax_size=1\n", { "t.conf:1: ", "no ]" } },
	{ "[files] # x\n", { "t.conf:1: ", "after ]" } },
	{ "[files]]\n", { "t.conf:1: ", "after ]" } },
	{ "[files x]\n", { "t.conf:1: ", "takes no name" } },
	{ "[rule]\n", { "t.conf:1: ", "needs a name: [rule NAME]" } },
	{ "[rule a b]\n", { "t.conf:1: ", "'a b' cannot be a name" } },
	{ "[rule a.b]\n", { "t.conf:1: ", "cannot be a name" } },
	{ "[rule \"a\"]\n", { "t.conf:1: ", "cannot be a name" } },
	{ "[files]\n[rule a]\nclass=digest\n",
	  { "t.conf:2: ", "add a line: match" } },
	{ "[rule a]\nmatch=/x\nmatch=\n", { "t.conf:1: ", "match" } },
	{ "[rule a]\nmatch=/x\nclass=none\n", { "t.conf:3: ", "mirror" } },
	{ "[rule a]\nmatch=/x\nmask=x\n", { "t.conf:3: ", "no group" } },
	{ "[rule a]\nmatch=/x\nmask=(x\n", { "t.conf:3: ", "character" } },
	{ "[files]\ninclude = etc\n", { "t.conf:2: ", "begins neither" } },
	{ "[files]\ninclude = /a[b\n",
	  { "t.conf:2: ", "not closed at character 3" } },
	{ "[files]\nhome = x\n", { "t.conf:2: ", "absolute" } },
	{ "[files]\nmax_size = 1.5M\n", { "t.conf:2: ", "no size" } },
	{ "[files]\nmax_size = M\n", { "t.conf:2: ", "no size" } },
	{ "[files]\nmax_size = 1MB\n", { "t.conf:2: ", "no size" } },
	{ "[files]\nmax_size = -1\n", { "t.conf:2: ", "no size" } },
	{ "[files]\nmax_size = 99G\n", { "t.conf:2: ", "out of range" } },
	{ "[files]\nmax_size = 9999999999G\n",
	  { "t.conf:2: ", "out of range" } },
	{ "[files]\nmax_size = 99999999999999999999\n",
	  { "t.conf:2: ", "no size" } },
	{ "[files]\ndefaults = maybe\n", { "t.conf:2: ", "neither yes" } },
	{ "[collect]\nthreads = 65\n", { "t.conf:2: ", "out of range" } },
	{ "[collect]\nthreads = 2x\n", { "t.conf:2: ", "no number" } },
	{ "[collect]\nthreads = 0x2\n", { "t.conf:2: ", "no number" } },
	{ "[collect]\nwait = soon\n", { "t.conf:2: wait: ", "soon" } },
	{ "[collect]\nwait = 3d\n", { "t.conf:2: ", "out of range" } },
	{ "[rule 1234567890123456789012345678901234567890abc]\n"
	  "match=/x\n[rule 1234567890123456789012345678901234567890abcd]\n",
	  { "t.conf:3: ", "more than 48 bytes" } },
	{ "[files]\n\x1b[31m = 1\n", { "t.conf:2: ", "\\x1b[31m" } },
};

START_TEST(bad_text)
{
	struct es_conf *conf = NULL;
	struct es_error err;

	ck_assert_int_eq(parse(&conf, refused[_i].text, &err), -EINVAL);
	ck_assert_ptr_null(conf);
	ck_assert_int_eq(err.code, -EINVAL);
	ck_assert_int_eq(err.fault, ES_FAULT_CONFIG);
	ck_assert_msg(!strncmp(err.msg, refused[_i].says[0],
			       strlen(refused[_i].says[0])),
		      "%s", err.msg);
	ck_assert_msg(strstr(err.msg, refused[_i].says[1]) != NULL, "%s",
		      err.msg);
}
END_TEST

START_TEST(values)
{
	static const struct {
		const char *text;
		enum es_conf_id id;
		int64_t want;
	} good[] = {
		{ "[files]\ndefaults=on", ES_CONF_FILES_DEFAULTS, 1 },
		{ "[files]\ndefaults=false", ES_CONF_FILES_DEFAULTS, 0 },
		{ "[files]\nmax_size=0", ES_CONF_FILES_MAX_SIZE, 0 },
		{ "[files]\nmax_size=12", ES_CONF_FILES_MAX_SIZE, 12 },
		{ "[files]\nmax_size=3m", ES_CONF_FILES_MAX_SIZE, 3 << 20 },
		{ "[files]\nmax_size=256M", ES_CONF_FILES_MAX_SIZE, 256 << 20 },
		{ "[collect]\nwait=7", ES_CONF_COLLECT_WAIT, 7 },
		{ "[collect]\nwait=2m", ES_CONF_COLLECT_WAIT, 120 },
		{ "[collect]\nthreads=64\r\n", ES_CONF_COLLECT_THREADS, 64 },
	};

	for (size_t i = 0; i < es_lengthof(good); i++) {
		ES_CLEANUP(es_conf_freep) struct es_conf *conf = NULL;
		struct es_error err;

		ck_assert_int_eq(parse(&conf, good[i].text, &err), 0);
		ck_assert_int_eq(es_conf_number(conf, good[i].id),
				 good[i].want);
		ck_assert(es_conf_is_set(conf, good[i].id));
	}
}
END_TEST

START_TEST(long_lines)
{
	static const size_t lengths[] = { 199,	900,  1023, 1024,
					  1025, 4000, 65000 };
	static char text[70000];

	for (size_t i = 0; i < es_lengthof(lengths); i++) {
		ES_CLEANUP(es_conf_freep) struct es_conf *conf = NULL;
		struct es_error err;
		size_t n;

		n = (size_t)snprintf(text, sizeof(text), "[files]\nhome = /");
		memset(text + n, 'x', lengths[i]);
		snprintf(text + n + lengths[i], 100, "\nhome = /b\nfoo = 1\n");
		ck_assert_int_eq(parse(&conf, text, &err), -EINVAL);
		ck_assert_msg(!strncmp(err.msg, "t.conf:4: ", 10), "%s",
			      err.msg);
		text[n + lengths[i] + 11] = '\0';
		ck_assert_int_eq(parse(&conf, text, &err), 0);
		ck_assert_uint_eq(strlen(es_conf_values(conf,
							ES_CONF_FILES_HOME,
							NULL, &n)
						 ->text),
				  lengths[i] + 1);
		ck_assert_uint_eq(n, 2);
	}
	memset(text, ' ', sizeof(text));
	memcpy(text + sizeof(text) - 20, "\n[files]\nmax_size=1", 20);

	struct es_conf *conf = NULL;
	struct es_error err;

	ck_assert_int_eq(parse(&conf, text, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "t.conf:1: "));
	ck_assert_ptr_nonnull(strstr(err.msg, "65536 bytes"));
}
END_TEST

START_TEST(nul_byte)
{
	static const char text[] = "[files]\nmax_size = 1\0 2\n";
	struct es_conf *conf = NULL;
	struct es_error err;

	ck_assert_int_eq(parse_len(&conf, text, sizeof(text) - 1, &err),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "t.conf:2: "));
	ck_assert_ptr_nonnull(strstr(err.msg, "NUL"));
}
END_TEST

START_TEST(setting)
{
	ES_CLEANUP(es_conf_freep) struct es_conf *conf = NULL;
	struct es_error err;
	const struct es_conf_value *v;
	size_t n;

	ck_assert_int_eq(parse(&conf, "[repository]\npath=/a\n", &err), 0);
	ck_assert_int_eq(es_conf_set(conf, ES_CONF_REPOSITORY_PATH, "b",
				     "--repo", &err),
			 -EINVAL);
	ck_assert_ptr_eq(strstr(err.msg, "--repo: path = 'b'"), err.msg);
	ck_assert_str_eq(es_conf_text(conf, ES_CONF_REPOSITORY_PATH), "/a");
	err = (struct es_error)ES_ERROR_INIT;
	ck_assert_int_eq(es_conf_set(conf, ES_CONF_REPOSITORY_PATH, "/b",
				     "--repo", &err),
			 0);
	v = es_conf_values(conf, ES_CONF_REPOSITORY_PATH, NULL, &n);
	ck_assert_str_eq(v->text, "/b");
	ck_assert_str_eq(v->file, "--repo");
	ck_assert_uint_eq(v->line, 0);
}
END_TEST

START_TEST(drop_ins)
{
	ES_CLEANUP(es_conf_freep) struct es_conf *conf = NULL;
	struct es_error err = ES_ERROR_INIT;
	const struct es_conf_value *v;
	char dir[64];
	size_t n;

	es_unit_enter_dir(dir);
	/* Nothing there is no error. */
	ck_assert_int_eq(es_conf_load_tree(&conf, "etcsnap.conf", &err), 0);
	es_conf_free(es_steal_ptr(&conf));

	put_file("etcsnap.conf", "[files]\ninclude=/m\n[rule r]\nmatch=/m\n");
	ck_assert_int_eq(mkdir("conf.d", 0755), 0);
	ck_assert_int_eq(mkdir("conf.d/40.conf", 0755), 0);
	put_file("conf.d/9.conf", "[files]\ninclude=/9\n");
	put_file("conf.d/10.conf", "[files]\ninclude=/10\n");
	put_file("conf.d/B.conf", "[rule r]\nmatch=/B\n");
	put_file("conf.d/.hidden.conf", "junk");
	put_file("conf.d/a.conf.bak", "junk");
	put_file("conf.d/.conf", "junk");
	ck_assert_int_eq(symlink("/dev/null", "conf.d/null.conf"), 0);
	ck_assert_int_eq(es_conf_load_tree(&conf, "etcsnap.conf", &err), 0);
	v = es_conf_values(conf, ES_CONF_FILES_INCLUDE, NULL, &n);
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(v[0].text, "/m");
	ck_assert_str_eq(v[1].text, "/10");
	ck_assert_str_eq(v[1].file, "./conf.d/10.conf");
	ck_assert_str_eq(v[2].text, "/9");
	v = es_conf_values(conf, ES_CONF_RULE_MATCH, "r", &n);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(v[1].text, "/B");
	es_conf_free(es_steal_ptr(&conf));

	/* An explicit file is read alone. */
	ck_assert_int_eq(es_conf_load(&conf, "etcsnap.conf", &err), 0);
	es_conf_values(conf, ES_CONF_FILES_INCLUDE, NULL, &n);
	ck_assert_uint_eq(n, 1);
	es_unit_leave_dir(dir);
}
END_TEST

START_TEST(unreadable)
{
	struct es_conf *conf = NULL;
	struct es_error err = ES_ERROR_INIT;
	char dir[64];

	es_unit_enter_dir(dir);
	ck_assert_int_eq(es_conf_load(&conf, "none.conf", &err), -ENOENT);
	ck_assert_int_eq(err.fault, ES_FAULT_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.msg, "none.conf"));
	ck_assert_int_eq(es_conf_load(&conf, dir, &err), -EISDIR);
	ck_assert_ptr_nonnull(strstr(err.msg, dir));
	/* A dangling drop-in is told, not skipped. */
	ck_assert_int_eq(mkdir("conf.d", 0755), 0);
	ck_assert_int_eq(symlink("nowhere", "conf.d/a.conf"), 0);
	ck_assert_int_eq(es_conf_load_tree(&conf, "./etcsnap.conf", &err),
			 -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.msg, "conf.d/a.conf"));
	ck_assert_int_eq(unlink("conf.d/a.conf"), 0);
	put_file("conf.d/b.conf", "[files]\n\nx=1\n");
	ck_assert_int_eq(es_conf_load_tree(&conf, "./etcsnap.conf", &err),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "conf.d/b.conf:3: "));
	ck_assert_int_eq(unlink("conf.d/b.conf"), 0);
	ck_assert_int_eq(rmdir("conf.d"), 0);
	put_file("conf.d", "");
	ck_assert_int_eq(es_conf_load_tree(&conf, "./etcsnap.conf", &err),
			 -ENOTDIR);
	ck_assert_int_eq(err.fault, ES_FAULT_CONFIG);
	ck_assert_ptr_null(conf);
	es_unit_leave_dir(dir);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conf");
	TCase *t = tcase_create("conf");

	tcase_add_test(t, defaults);
	tcase_add_test(t, table_is_sound);
	tcase_add_test(t, lists_and_origins);
	tcase_add_test(t, empty_clears);
	tcase_add_test(t, named_sections);
	tcase_add_loop_test(t, bad_text, 0, (int)es_lengthof(refused));
	tcase_add_test(t, values);
	tcase_add_test(t, long_lines);
	tcase_add_test(t, nul_byte);
	tcase_add_test(t, setting);
	tcase_add_test(t, drop_ins);
	tcase_add_test(t, unreadable);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
