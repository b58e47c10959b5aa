/* SPDX-License-Identifier: MIT */
/* test_blame.c - which run each line came with */
#include "config.h"

#include "unit.h"

#include "etcsnap/blame.h"
#include "history_unit.h"

#include <errno.h>

/* Rules under which all is shown, and a key for masks. */
static struct es_rules *rules;

static void setup(void)
{
	es_unit_runs_setup();
	rules = es_unit_rules(WATCH("/etc"));
}

static void teardown(void)
{
	es_rules_free(rules);
	es_unit_runs_teardown();
}

static int try(struct es_blame **out, const struct chain *c, const char *path,
	       struct es_error *err)
{
	const struct es_patch_options o = { .rules = rules,
					    .key = es_unit_key };

	return es_blame_new(out, repo.st, chain_tip(c), path, &o, err);
}

/*
 * Blame as a word a line: the run's number in the chain, "^" before it at the
 * boundary, and behind a colon what the line was there.
 */
static struct es_blame *blame(struct es_buf *out, const struct chain *c,
			      const char *path)
{
	struct es_error err = ES_ERROR_INIT;
	struct es_blame *b = NULL;
	size_t lines = 0;

	ck_assert_msg(try(&b, c, path, &err) == 0, "%s", err.msg);
	for (size_t i = 0; i < es_blame_lines(b); i++) {
		const struct es_blame_line *l = es_blame_line(b, i);
		const struct es_blame_run *r = es_blame_run(b, l->run);

		es_buf_addf(out, "%s%s%zu:%zu", i ? " " : "",
			    r->boundary ? "^" : "", chain_index(c, &r->commit),
			    l->was);
	}
	for (size_t i = 0; i < es_blame_runs(b); i++)
		lines += es_blame_run(b, i)->lines;
	ck_assert_uint_eq(lines, es_blame_lines(b));
	return b;
}

/* What blame says of the last run, in these words. */
static void expect(const struct chain *c, const char *path, const char *want)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 16);
	struct es_blame *b = blame(&out, c, path);

	ck_assert_str_eq(es_buf_str(&out), want);
	es_blame_free(b);
}

/* Texts of a file, run by run; what blame says of the last one. */
static const struct {
	const char *texts[6];
	const char *want;
} edits[] = {
	{ { "a\nb\nc\n" }, "^0:1 ^0:2 ^0:3" },
	{ { "a\nb\nc\n", "a\nX\nc\n" }, "^0:1 1:2 ^0:3" },
	{ { "a\nb\n", "n\na\nb\n", "n\na\nm\nb\n" }, "1:1 ^0:1 2:3 ^0:2" },
	{ { "a\nb\nc\n", "a\nc\n", "a\nb\nc\n" }, "^0:1 2:2 ^0:3" },
	/* nothing of it is left */
	{ { "a\nb\n", "x\ny\n" }, "1:1 1:2" },
	/* a newline at the end is part of the line */
	{ { "a\nb", "a\nb\n" }, "^0:1 1:2" },
	{ { "a\nb", "a\nb\nc" }, "^0:1 1:2 1:3" },
	/* gone for a while: what came back is new */
	{ { "a\n", NULL, "a\nb\n" }, "2:1 2:2" },
	{ { "a\n", "", "a\n" }, "2:1" },
	{ { "a\n", "" }, "" },
	/* lines that move are new where they end up */
	{ { "1\n2\n3\n4\n5\n6\n", "2\n3\n4\n5\n6\n1\n" },
	  "^0:2 ^0:3 ^0:4 ^0:5 ^0:6 1:6" },
	/* lines that look like those of a diff */
	{ { "@@ -1,2 +1,2 @@\n-a\n+b\n", "@@ -1,2 +1,2 @@\n-a\n x\n+b\n" },
	  "^0:1 ^0:2 1:3 ^0:3" },
	{ { "1\n", "1\n2\n", "1\n2\n3\n", "1\n2\n3\n4\n", "1\n2\n3\n4\n5\n" },
	  "^0:1 1:2 2:3 3:4 4:5" },
	/* latin-1: the same letters, other bytes */
	{ { "stra\xdf"
	    "e\ngru\xdf\n",
	    "stra\xdf"
	    "e\nneu\ngru\xdf\n" },
	  "^0:1 1:2 ^0:2" },
	{ { "stra\xdf"
	    "e 1\ngru\xdf 2\n",
	    "stra\xc3\x9f"
	    "e 1\ngru\xc3\x9f 2\n" },
	  "^0:1 ^0:2" },
};

START_TEST(blame_edits)
{
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };
	size_t runs = es_lengthof(edits[_i].texts);

	while (!edits[_i].texts[runs - 1])
		runs--;
	for (size_t i = 0; i < runs; i++) {
		const char *text = edits[_i].texts[i];

		if (text)
			chain_add(&c, ITEMS({ "/etc/a", text },
					    { "/etc/b", "other" }));
		else
			chain_add(&c, ITEMS({ "/etc/b", "other" }));
	}
	expect(&c, "/etc/a", edits[_i].want);
}
END_TEST

/* Runs that change something else cost nothing and take nothing. */
START_TEST(blame_others)
{
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 16);

	chain_add(&c, ITEMS({ "/etc/a/x", "1\n2\n" }, { "/etc/b", "1" }));
	chain_add(&c, ITEMS({ "/etc/a/x", "1\n2\n" }, { "/etc/b", "2" }));
	chain_add(&c, ITEMS({ "/etc/a/x", "1\n3\n" }, { "/etc/b", "2" }));
	chain_add(&c, ITEMS({ "/etc/a/x", "1\n3\n", { .mode = 0600 } },
			    { "/etc/b", "2" }));
	chain_add(&c, ITEMS({ "/etc/a/x", "1\n3\n", { .mode = 0600 } },
			    { "/etc/a/y", "new" }, { "/etc/b", "2" }));
	ES_CLEANUP(es_blame_freep)
	struct es_blame *b = blame(&out, &c, "/etc/a/x");

	ck_assert_str_eq(es_buf_str(&out), "^0:1 2:2");
	ck_assert_str_eq(es_blame_run(b, 0)->author, "etcsnap");
	ck_assert_str_eq(es_blame_run(b, 0)->trigger, "cron");
	ck_assert_int_eq(es_blame_run(b, 0)->when, START + 2 * HOUR);
}
END_TEST

START_TEST(blame_rename)
{
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 16);

	chain_add(&c, ITEMS({ "/etc/a", "1\n2\n3\n" }));
	chain_add(&c, ITEMS({ "/etc/a", "1\nX\n3\n" }));
	chain_add(&c, ITEMS({ "/etc/dir/b", "1\nX\n3\n" }));
	chain_add(&c, ITEMS({ "/etc/dir/b", "1\nX\nY\n" }));
	chain_add(&c, ITEMS({ "/etc/c", "1\nX\nY\n" }));
	ES_CLEANUP(es_blame_freep)
	struct es_blame *b = blame(&out, &c, "/etc/c");

	ck_assert_str_eq(es_buf_str(&out), "^0:1 1:2 3:3");
	ck_assert_uint_eq(es_blame_runs(b), 3);
	ck_assert_str_eq(es_blame_run(b, 0)->path, "/etc/dir/b");
	ck_assert_str_eq(es_blame_run(b, 1)->path, "/etc/a");
	ck_assert_str_eq(es_blame_run(b, 2)->path, "/etc/a");
}
END_TEST

/* A link, a directory and a digest in between are no text. */
START_TEST(blame_retyped)
{
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };

	chain_add(&c, ITEMS({ "/etc/a", "1\n", LINK },
			    { "/etc/b", "1\n", { .class = ES_CLASS_DIGEST } },
			    { "/etc/c/d", "d\n" }));
	chain_add(&c, ITEMS({ "/etc/a", "1\n" }, { "/etc/b", "1\n" },
			    { "/etc/c", "1\n" }));
	expect(&c, "/etc/a", "1:1");
	/* it may have had that line before: its content was not kept */
	expect(&c, "/etc/b", "^1:1");
	expect(&c, "/etc/c", "1:1");
}
END_TEST

/* What the rules of a run did not watch may be older. */
START_TEST(blame_watched)
{
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };
	ES_CLEANUP(es_freep) char *old = es_unit_rules_text(WATCH("/srv"));
	ES_CLEANUP(es_freep)
	char *new = es_unit_rules_text(WATCH("/srv") "include = /etc\n");

	chain_add(&c, ITEMS({ "/srv/x", "1" }, { "run/rules", old }));
	chain_add(&c, ITEMS({ "/etc/a", "1\n" }, { "/srv/x", "1" },
			    { "run/rules", new }));
	chain_add(&c, ITEMS({ "/etc/a", "1\n2\n" }, { "/srv/x", "1" },
			    { "run/rules", new }));
	expect(&c, "/etc/a", "^1:1 2:2");
}
END_TEST

START_TEST(blame_texts)
{
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };
	struct es_error err = ES_ERROR_INIT;
	struct es_blame *none = NULL;

	chain_add(&c, ITEMS({ "/etc/a", "1" }, { "system/os", "a\nb\n" }));
	chain_add(&c, ITEMS({ "/etc/a", "1" }, { "system/os", "a\nc\n" }));
	expect(&c, "system/os", "^0:1 1:2");
	ck_assert_int_eq(try(&none, &c, "system/none", &err), -ENOENT);
}
END_TEST

START_TEST(blame_utf16)
{
	static const char one[] = "\xff\xfe"
				  "a\0\n\0b\0\n";
	static const char two[] = "\xff\xfe"
				  "a\0\n\0\xe9\0\n\0b\0\n";
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 16);

	chain_add(&c, ITEMS({ "/etc/a", one, { 0 }, sizeof(one) }));
	chain_add(&c, ITEMS({ "/etc/a", two, { 0 }, sizeof(two) }));
	ES_CLEANUP(es_blame_freep)
	struct es_blame *b = blame(&out, &c, "/etc/a");

	ck_assert_str_eq(es_buf_str(&out), "^0:1 1:2 ^0:2");
	ck_assert_uint_eq(es_blame_line(b, 1)->len, 2);
	ck_assert_int_eq(memcmp(es_blame_line(b, 1)->text, "\xc3\xa9", 2), 0);
}
END_TEST

/* Today's masks hold for what was kept without them. */
START_TEST(blame_masked)
{
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 16);

	chain_add(&c, ITEMS({ "/etc/a", "user = x\ntoken: hush1\n" }));
	chain_add(&c, ITEMS({ "/etc/a", "user = y\ntoken: hush1\n" }));
	chain_add(&c, ITEMS({ "/etc/a", "user = y\ntoken: hush2\n" }));
	es_rules_free(rules);
	rules = es_unit_rules(WATCH("/etc") "[rule t]\nmatch = /etc/a\n"
					    "mask = ^token: (.*)$\n");
	ES_CLEANUP(es_blame_freep)
	struct es_blame *b = blame(&out, &c, "/etc/a");
	const struct es_blame_line *l = es_blame_line(b, 1);

	ck_assert_str_eq(es_buf_str(&out), "1:1 2:2");
	ck_assert_uint_eq(l->len, strlen("token: <masked:12345678>"));
	ck_assert_int_eq(memcmp(l->text, "token: <masked:", 15), 0);
}
END_TEST

/* What blame must not show, or has no lines. */
static const struct {
	const char *conf;
	struct es_unit_item item;
	int rc;
} refused[] = {
	{ WATCH("/etc"), { "/etc/b", "x\n" }, -ENOENT },
	{ WATCH("/etc") "[rule t]\nmatch = /etc/a\nclass = secret\n",
	  { "/etc/a", "x\n" },
	  -EACCES },
	{ WATCH("/etc") "[rule t]\nmatch = /etc/a\nclass = digest\n",
	  { "/etc/a", "x\n" },
	  -ENODATA },
	{ WATCH("/etc"),
	  { "/etc/a", "-----BEGIN PRIVATE KEY-----\n" },
	  -EACCES },
	{ WATCH("/etc"),
	  { "/etc/a", "x", { .class = ES_CLASS_SECRET } },
	  -EACCES },
	{ WATCH("/etc"),
	  { "/etc/a", "x", { .class = ES_CLASS_DIGEST } },
	  -ENODATA },
	{ WATCH("/etc"), { "/etc/a", "target", LINK }, -ENODATA },
	{ WATCH("/etc"), { "/etc/a", NULL, DIR }, -ENODATA },
	{ WATCH("/etc"), { "/etc/a", "a\0b\n", { 0 }, 4 }, -ENODATA },
};

START_TEST(blame_refused)
{
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };
	struct es_error err = ES_ERROR_INIT;
	struct es_blame *b = NULL;

	es_rules_free(rules);
	rules = es_unit_rules(refused[_i].conf);
	chain_add(&c, &refused[_i].item, 1);
	ck_assert_int_eq(try(&b, &c, "/etc/a", &err), refused[_i].rc);
	ck_assert_ptr_null(b);
	ck_assert_str_ne(err.msg, "");
}
END_TEST

/* What must not be shown of an older run ends the search there. */
START_TEST(blame_secret_once)
{
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };

	chain_add(&c,
		  ITEMS({ "/etc/a", "a\n-----BEGIN PRIVATE KEY-----\nMII\n" }));
	chain_add(&c, ITEMS({ "/etc/a", "a\n" }));
	chain_add(&c, ITEMS({ "/etc/a", "a\nb\n" }));
	expect(&c, "/etc/a", "^1:1 2:2");
}
END_TEST

static char *logins(void)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 16);
	struct es_login sessions[] = {
		{ .user = "anna",
		  .line = "pts/0",
		  .host = "192.0.2.1",
		  .service = "",
		  .begin = START + 10,
		  .end = START + 1000,
		  .how = ES_LOGIN_LOGOUT },
		{ .user = "bob",
		  .line = "pts/1",
		  .host = "",
		  .service = "",
		  .begin = START + 2000,
		  .how = ES_LOGIN_OPEN },
		{ .user = "reboot",
		  .line = "system boot",
		  .host = "6.1",
		  .service = "",
		  .begin = START - 9,
		  .how = ES_LOGIN_OPEN },
	};
	const struct es_logins l = {
		.from = START,
		.to = START + HOUR,
		.sessions = sessions,
		.n_sessions = es_lengthof(sessions),
	};

	ck_assert_int_eq(es_logins_text(&l, &out), 0);
	return strdup(es_buf_str(&out));
}

/* When the file was changed, and who was there then. */
static const struct {
	int64_t mtime;
	int64_t changed;
	const char *users;
} moments[] = {
	{ START + 500, START + 500, "anna " },
	{ START + 1500, START + 1500, "" },
	{ START + 2500, START + 2500, "bob " },
	/* a time that was put back tells nothing */
	{ START - 500, 0, "anna bob " },
	{ START + 9 * HOUR, 0, "anna bob " },
};

START_TEST(blame_sessions)
{
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_buf_dispose) struct es_buf users = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_freep) char *text = logins();

	chain_add(&c, ITEMS({ "/etc/a", "1\n" }, { "run/logins", text }));
	chain_add(&c, ITEMS({ "/etc/a",
			      "1\n2\n",
			      { .mtime_sec = moments[_i].mtime } },
			    { "run/logins", text }));
	ES_CLEANUP(es_blame_freep)
	struct es_blame *b = blame(&out, &c, "/etc/a");
	const struct es_blame_run *r = es_blame_run(b, 0);

	ck_assert_str_eq(es_buf_str(&out), "^0:1 1:2");
	ck_assert_int_eq(r->changed, moments[_i].changed);
	for (size_t i = 0; i < r->n_sessions; i++)
		es_buf_addf(&users, "%s ", r->sessions[i]->user);
	ck_assert_str_eq(es_buf_str(&users), moments[_i].users);
	/* nobody is said to have made what is older */
	ck_assert_uint_eq(es_blame_run(b, 1)->n_sessions, 0);
}
END_TEST

/* Only what is as the package has it came with the package. */
static const struct {
	const char *verdict;
	const char *content;
	const char *package;
} verdicts[] = {
	{ "match", "1\n2\n", "nano" },
	{ "conffile-new", "1\n2\n", "nano" },
	{ "conffile-kept", "1\n2\n", NULL },
	{ "differs", "1\n2\n", NULL },
	/* on another content than the run has */
	{ "match", "1\n2\n3\n", NULL },
};

START_TEST(blame_package)
{
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 16);
	uint8_t digest[ES_SHA256_LEN];
	char hex[2 * ES_SHA256_LEN + 1];

	es_sha256(digest, verdicts[_i].content, strlen(verdicts[_i].content));
	es_buf_addf(&text,
		    "op upgrade dpkg nano amd64 1.0 2.0 "
		    "2023-11-20T12:30:00Z -\nseen %s nano 2.0 - %s /etc/a\n",
		    verdicts[_i].verdict, es_hex(hex, digest, sizeof(digest)));
	chain_add(&c, ITEMS({ "/etc/a", "1\n" }));
	chain_add(&c, ITEMS({ "/etc/a", "1\n2\n" },
			    { "run/packages", es_buf_str(&text) }));
	ES_CLEANUP(es_blame_freep)
	struct es_blame *b = blame(&out, &c, "/etc/a");
	const struct es_package_op *op = es_blame_run(b, 0)->package;

	if (!verdicts[_i].package) {
		ck_assert_ptr_null(op);
		return;
	}
	ck_assert_ptr_nonnull(op);
	ck_assert_str_eq(op->name, verdicts[_i].package);
	ck_assert_str_eq(op->new, "2.0");
}
END_TEST

/* Parts of a run that make no sense cost nobody the rest. */
START_TEST(blame_garbage)
{
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 16);

	chain_add(&c, ITEMS({ "/etc/a", "1\n" }));
	chain_add(&c, ITEMS({ "/etc/a", "1\n2\n" },
			    { "run/logins", "session x y\n" },
			    { "run/packages", "op upgrade\nseen\n" }));
	ES_CLEANUP(es_blame_freep)
	struct es_blame *b = blame(&out, &c, "/etc/a");

	ck_assert_str_eq(es_buf_str(&out), "^0:1 1:2");
	ck_assert_uint_eq(es_blame_run(b, 0)->n_sessions, 0);
	ck_assert_ptr_null(es_blame_run(b, 0)->package);
}
END_TEST

/* Random edits: every line is blamed on a run in which it newly stood. */
START_TEST(blame_random)
{
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 16);
	char text[CHAIN_MAX][4096] = { "" };
	uint64_t seed = 77 + (uint64_t)_i;
	size_t made[200], n = 0, next = 0;

	for (size_t run = 0; run < 12; run++) {
		size_t used = 0;

		/* lines are never the same, so there is one way to blame */
		for (int k = 0; k < 5; k++) {
			size_t at = es_unit_random(&seed) % (n + 1);

			memmove(&made[at + 1], &made[at],
				(n - at) * sizeof(*made));
			made[at] = run * 1000 + next++;
			n++;
		}
		for (int k = 0; run > 0 && k < 3; k++) {
			size_t at = es_unit_random(&seed) % n;

			memmove(&made[at], &made[at + 1],
				(n - at - 1) * sizeof(*made));
			n--;
		}
		for (size_t i = 0; i < n; i++)
			used += (size_t)snprintf(text[run] + used,
						 sizeof(text[run]) - used,
						 "line %zu\n", made[i]);
		chain_add(&c, ITEMS({ "/etc/a", text[run] }));
	}
	ES_CLEANUP(es_blame_freep)
	struct es_blame *b = blame(&out, &c, "/etc/a");

	ck_assert_uint_eq(es_blame_lines(b), n);
	for (size_t i = 0; i < n; i++) {
		const struct es_blame_line *l = es_blame_line(b, i);
		const struct es_blame_run *r = es_blame_run(b, l->run);

		ck_assert_uint_eq(chain_index(&c, &r->commit), made[i] / 1000);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("blame");
	TCase *t = tcase_create("blame");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, blame_edits, 0, es_lengthof(edits));
	tcase_add_test(t, blame_others);
	tcase_add_test(t, blame_rename);
	tcase_add_test(t, blame_retyped);
	tcase_add_test(t, blame_watched);
	tcase_add_test(t, blame_texts);
	tcase_add_test(t, blame_utf16);
	tcase_add_test(t, blame_masked);
	tcase_add_loop_test(t, blame_refused, 0, es_lengthof(refused));
	tcase_add_test(t, blame_secret_once);
	tcase_add_loop_test(t, blame_sessions, 0, es_lengthof(moments));
	tcase_add_loop_test(t, blame_package, 0, es_lengthof(verdicts));
	tcase_add_test(t, blame_garbage);
	tcase_add_loop_test(t, blame_random, 0, 4);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
