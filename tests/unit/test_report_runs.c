/* SPDX-License-Identifier: MIT */
/* test_report_runs.c - what history tells: steps, flapping, who was there */
#include "config.h"

#include "unit.h"

#include "model_unit.h"

#include <stdlib.h>

#define CHAIN_MAX 64

/* A chain of runs, oldest first. */
struct chain {
	struct es_commit *runs[CHAIN_MAX];
	size_t n;
};

static void chain_dispose(struct chain *c)
{
	for (size_t i = 0; i < c->n; i++)
		es_commit_free(c->runs[i]);
}

/* A run in which /etc/a has a content. */
static struct es_commit *add(struct chain *c, const char *content, int64_t when,
			     const char *who, const char *list)
{
	struct es_oid tree = es_unit_tree(
		&repo, ITEMS({ "/etc/a", content, { .mtime_sec = when } }));

	ck_assert_uint_lt(c->n, CHAIN_MAX);
	c->runs[c->n] = es_unit_run_at(&tree, c->n ? c->runs[c->n - 1] : NULL,
				       when, who, list);
	return c->runs[c->n++];
}

/* The model of two runs of a chain. */
static struct es_doc *between(const struct chain *c, size_t old, size_t new,
			      struct es_report_input *how)
{
	return es_unit_model(c->runs[old], c->runs[new], how);
}

START_TEST(runs_range)
{
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };
	struct es_report_input how = { 0 };

	add(&c, "0", NOW - 3 * DAY, "root", "A /etc/a\n");
	add(&c, "1", NOW - 2 * DAY, "root", "M /etc/a\nM /etc/b\n");
	add(&c, "2", NOW - DAY, "anna", "M /etc/a\n");
	add(&c, "2", NOW, "bob", "M /etc/b\n… 7 more\n");
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = between(&c, 0, 3, &how);
	const struct es_doc *change = es_unit_change_of(doc, "/etc/a");
	const struct es_doc *runs = es_doc_get(doc, "runs");
	const struct es_doc *days = es_doc_get(doc, "days");

	es_unit_check_json(doc);
	ck_assert_int_eq(es_unit_number(doc, "range", "runs"), 3);
	ck_assert_int_eq(es_unit_number(doc, "range", "from_epoch"),
			 NOW - 3 * DAY);
	ck_assert_int_eq(es_doc_get_number(change, "steps", -1), 2);
	ck_assert_str_eq(es_doc_get_str(es_doc_get(change, "who"), "author"),
			 "anna");
	ck_assert_uint_eq(es_doc_len(runs), 3);
	ck_assert_int_eq(es_doc_get_number(es_doc_at(runs, 0), "changes", -1),
			 8);
	ck_assert_str_eq(es_doc_get_str(es_doc_at(runs, 0), "subject"),
			 "a run on web1");
	ck_assert_uint_eq(es_doc_len(days), 30);
	ck_assert_str_eq(es_doc_get_str(es_doc_at(days, 29), "day"),
			 "2023-11-20");
	ck_assert_int_eq(es_doc_get_number(es_doc_at(days, 29), "changes", -1),
			 8);
	ck_assert_int_eq(es_doc_get_number(es_doc_at(days, 27), "changes", -1),
			 2);
	/* before the range, and yet of these days */
	ck_assert_int_eq(es_doc_get_number(es_doc_at(days, 26), "runs", -1), 1);
	ck_assert_int_eq(es_doc_get_number(es_doc_at(days, 25), "runs", -1), 0);
}
END_TEST

/*
 * A clock that was set back: the run of the wrong time is as good an end of the
 * range as any. Only where the older run is of another line do times count.
 */
static const struct {
	size_t old;
	bool other; /* the older run is the last of a line of its own */
	int runs;
} clocks[] = { { 0, false, 3 },
	       { 1, false, 2 },
	       { 2, false, 1 },
	       { 3, false, 0 },
	       { 0, true, 3 } };

START_TEST(runs_clock)
{
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };
	ES_CLEANUP(chain_dispose) struct chain other = { .n = 0 };
	struct es_report_input how = { 0 };

	add(&c, "0", NOW - 100, "root", "A /etc/a\n");
	add(&c, "1", NOW + DAY, "root", "M /etc/a\n");
	add(&c, "2", NOW, "root", "M /etc/a\n");
	add(&c, "3", NOW + 60, "root", "M /etc/a\n");
	add(&other, "4", NOW - 50, "root", "A /etc/a\n");
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_model(
		(clocks[_i].other ? &other : &c)->runs[clocks[_i].old],
		c.runs[3], &how);

	ck_assert_int_eq(es_unit_number(doc, "range", "runs"), clocks[_i].runs);
	if (clocks[_i].runs == 0 || clocks[_i].other)
		return;
	ck_assert_int_eq(es_doc_get_number(es_unit_change_of(doc, "/etc/a"),
					   "steps", -1),
			 clocks[_i].runs);
}
END_TEST

START_TEST(runs_first)
{
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };
	struct es_report_input how = { 0 };

	add(&c, "0", NOW, "root", "");
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_model(NULL, c.runs[0], &how);

	es_unit_check_json(doc);
	ck_assert_int_eq(es_unit_number(doc, "range", "runs"), 1);
	ck_assert(es_doc_is_null(es_doc_get(doc, "range"), "from"));
	ck_assert_str_eq(es_doc_get_str(doc, "severity"), "none");
}
END_TEST

/* Runs of 50 are named, the others are counted. */
START_TEST(runs_many)
{
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };
	struct es_report_input how = { .flap_times = 1000 };

	for (int i = 0; i < 60; i++)
		add(&c, i % 2 ? "odd" : "even", NOW - (60 - i) * HOUR, "root",
		    "M /etc/a\n");
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = between(&c, 0, 59, &how);
	const struct es_doc *change = es_unit_change_of(doc, "/etc/a");

	ck_assert_uint_eq(es_doc_len(es_doc_get(doc, "runs")), 50);
	ck_assert_int_eq(es_doc_get_number(doc, "runs_more", -1), 9);
	ck_assert_int_eq(es_doc_get_number(change, "steps", -1), 59);
}
END_TEST

/* How often and when a path changed, and whether that is flapping. */
static const struct {
	int changes;
	int64_t apart;
	unsigned int times;
	unsigned int days;
	const char *why;
} flaps[] = {
	{ 5, HOUR, 0, 0, "flapping" }, { 4, HOUR, 0, 0, "" },
	{ 5, 4 * DAY, 0, 0, "" },      { 5, 4 * DAY, 0, 20, "flapping" },
	{ 3, HOUR, 2, 1, "flapping" }, { 9, DAY, 0, 0, "flapping" },
};

START_TEST(runs_flapping)
{
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };
	struct es_report_input how = { .flap_times = flaps[_i].times,
				       .flap_days = flaps[_i].days };
	char content[32];

	add(&c, "first", NOW - 300 * DAY, "root", "A /etc/a\n");
	for (int i = 0; i < flaps[_i].changes; i++) {
		snprintf(content, sizeof(content), "count %d", i);
		add(&c, content,
		    NOW - (flaps[_i].changes - 1 - i) * flaps[_i].apart, "root",
		    "M /etc/a\n");
	}
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = between(&c, c.n - 2, c.n - 1, &how);

	ck_assert_str_eq(es_unit_why(doc, "/etc/a", "kind"), flaps[_i].why);
	ck_assert_int_eq(es_unit_folded(doc, "/etc/a") >= 0,
			 *flaps[_i].why != 0);
}
END_TEST

/* A path that matters stays in sight, however often it changes. */
START_TEST(runs_flapping_matters)
{
	ES_CLEANUP(es_rules_freep)
	struct es_rules *rules = es_unit_rules(
		WATCH("/etc") "[rule x]\nmatch = /etc/a\nseverity = warning\n");
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };
	struct es_report_input how = { .patch = { .rules = rules } };

	for (int i = 0; i < 8; i++)
		add(&c, i % 2 ? "1" : "2", NOW - (8 - i) * HOUR, "root",
		    "M /etc/a\n");
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = between(&c, 6, 7, &how);

	ck_assert_str_eq(es_unit_why(doc, "/etc/a", "kind"), "flapping");
	ck_assert_int_eq(es_unit_folded(doc, "/etc/a"), -1);
	ck_assert_str_eq(es_unit_why(doc, "/etc/a", "text"),
			 "changed 8 times in 14 days");
}
END_TEST

/* Contents of /etc/a run by run, and which run the last one returned to. */
static const struct {
	const char *contents[6];
	int run;
} states[] = {
	{ { "one", "two", "one" }, 0 },
	{ { "one", "two", "three", "one" }, 0 },
	{ { "one", "two", "three", "two" }, 1 },
	{ { "one", "two", "three", "four" }, -1 },
	{ { "one", "two", "one", "two", "one" }, 2 },
	{ { "one", "one", "two" }, -1 },
};

START_TEST(runs_returned)
{
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };
	struct es_report_input how = { .flap_times = 1000 };
	char hex[ES_OID_HEX + 1];

	for (size_t i = 0; i < 6 && states[_i].contents[i]; i++) {
		const char *content = states[_i].contents[i];
		bool same = i && !strcmp(content, states[_i].contents[i - 1]);

		add(&c, content, NOW - (int64_t)(6 - i) * DAY, "root",
		    same ? "M /etc/other\n" : "M /etc/a\n");
	}
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = between(&c, c.n - 2, c.n - 1, &how);
	if (states[_i].run < 0) {
		ck_assert_str_eq(es_unit_why(doc, "/etc/a", "kind"), "");
		return;
	}
	const struct es_commit *was = c.runs[states[_i].run];
	ck_assert_str_eq(es_unit_why(doc, "/etc/a", "kind"), "returned");
	ck_assert_str_eq(es_unit_why(doc, "/etc/a", "commit"),
			 es_oid_text(hex, es_commit_id(was)));
}
END_TEST

/* Other owners or modes are another state. */
START_TEST(runs_returned_mode)
{
	static const struct {
		const char *content;
		uint32_t mode;
	} runs[] = { { "one", 0600 }, { "two", 0644 }, { "one", 0644 } };
	ES_CLEANUP(chain_dispose) struct chain c = { .n = 0 };
	struct es_report_input how = { 0 };

	for (size_t i = 0; i < 3; i++) {
		struct es_oid tree = es_unit_tree(
			&repo, ITEMS({ "/etc/a",
				       runs[i].content,
				       { .mode = runs[i].mode } }));

		c.runs[c.n] =
			es_unit_run_at(&tree, c.n ? c.runs[c.n - 1] : NULL,
				       NOW - (int64_t)(3 - i) * DAY, "root",
				       "M /etc/a\n");
		c.n++;
	}
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = between(&c, 1, 2, &how);
	ck_assert_str_eq(es_unit_why(doc, "/etc/a", "kind"), "");
}
END_TEST

/* Sessions of the tests below; the first is the machine's own being up. */
static struct es_login sessions[] = {
	{ "reboot", "system boot", "6.1", "", NOW - DAY, 0, ES_LOGIN_OPEN },
	{ "anna", "pts/0", "192.0.2.7", "sshd", NOW - 2 * HOUR, NOW - HOUR,
	  ES_LOGIN_LOGOUT },
	{ "bob\xff", "tty1", "", "login", NOW - 90 * 60, 0, ES_LOGIN_OPEN },
	{ "eve", "pts/1", "", "", NOW - 60, 0, ES_LOGIN_OPEN },
};

static struct es_login_failure failures[] = {
	{ "203.0.113.9", "", 500, NOW - HOUR, NOW - 60 },
	{ "198.51.100.1", "anna", 12, NOW - HOUR, NOW - 60 },
};

static struct es_login_switch switches[] = {
	{ NOW - 3000, "sudo", "anna", "root", "pts/0", "vi /etc/a", false },
	{ NOW - 2000, "su", "bob", "root", "tty1", "", true },
};

static char *logins_text(void)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	const struct es_logins l = {
		.from = NOW - DAY,
		.to = NOW,
		.sessions = sessions,
		.n_sessions = es_lengthof(sessions),
		.failures = failures,
		.n_failures = es_lengthof(failures),
		.switches = switches,
		.n_switches = es_lengthof(switches),
	};

	ck_assert_int_eq(es_logins_text(&l, &out), 0);
	return strdup(es_buf_str(&out));
}

/* Sessions open at a change, by what its times tell. */
static const struct {
	int64_t mtime;
	int64_t ctime;
	const char *users;
} moments[] = {
	{ NOW - 100 * 60, 0, "anna " },
	{ NOW - 70 * 60, 0, "anna bob " },
	{ NOW - HOUR, 0, "anna bob " },
	{ NOW - 30 * 60, 0, "bob " },
	{ NOW, 0, "bob eve " },
	{ NOW - 100 * 60, NOW - 30, "bob eve " },
	/* a time of its own making says nothing */
	{ NOW - 2 * DAY, 0, NULL },
	{ NOW + DAY, 0, NULL },
};

static void add_users(struct es_buf *out, const struct es_doc *doc,
		      const struct es_doc *who)
{
	const struct es_doc *list =
		es_doc_get(es_doc_get(doc, "logins"), "sessions");
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 16);

	/* numbers in an array have no getter of their own */
	es_doc_write(es_doc_get(who, "sessions"), &text, false);
	for (const char *at = es_buf_str(&text); *at; at++) {
		if (*at < '0' || *at > '9')
			continue;
		const char *user = es_doc_get_str(
			es_doc_at(list, (size_t)(*at - '0')), "user");
		es_buf_add(out, user,
			   strspn(user, "abcdefghijklmnopqrstuvwxyz"));
		es_buf_addc(out, ' ');
	}
}

START_TEST(runs_who)
{
	ES_CLEANUP(es_freep) char *text = logins_text();
	ES_CLEANUP(es_buf_dispose) struct es_buf users = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_buf_dispose) struct es_buf room = ES_BUF_INIT(1 << 16);
	const struct es_extra ctime = { .has = ES_EXTRA_CTIME,
					.ctime_sec = moments[_i].ctime };
	struct es_oid old = es_unit_tree(&repo, ITEMS({ "/etc/a", "1" }));
	struct es_oid new = es_unit_tree(
		&repo, ITEMS({ "/etc/a",
			       "2",
			       { .mtime_sec = moments[_i].mtime,
				 .extra = moments[_i].ctime
						  ? es_extra_make(&room, &ctime,
								  NULL, 0)
						  : NULL } },
			     { "run/logins", text }));
	ES_CLEANUP(es_commit_freep)
	struct es_commit *a = es_unit_run_at(&old, NULL, NOW - DAY, "root", "");
	ES_CLEANUP(es_commit_freep)
	struct es_commit *b =
		es_unit_run_at(&new, a, NOW, "root", "M /etc/a\n");
	struct es_report_input how = { 0 };
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_unit_model(a, b, &how);
	const struct es_doc *c = es_unit_change_of(doc, "/etc/a");
	const struct es_doc *who = es_doc_get(c, "who");

	ck_assert_int_eq(es_doc_is_null(c, "when"), !moments[_i].users);
	if (!moments[_i].users) {
		ck_assert_ptr_null(es_doc_get(who, "sessions"));
		return;
	}
	add_users(&users, doc, who);
	ck_assert_str_eq(es_buf_str(&users), moments[_i].users);
}
END_TEST

START_TEST(runs_logins)
{
	ES_CLEANUP(es_freep) char *text = logins_text();
	struct es_oid old = es_unit_tree(&repo, ITEMS({ "/etc/a", "1" }));
	struct es_oid new = es_unit_tree(
		&repo, ITEMS({ "/etc/a", "2", { .mtime_sec = NOW - 4000 } },
			     { "run/logins", text }));
	ES_CLEANUP(es_commit_freep)
	struct es_commit *a = es_unit_run_at(&old, NULL, NOW - DAY, "root", "");
	ES_CLEANUP(es_commit_freep)
	struct es_commit *b = es_unit_run_at(&new, a, NOW, "root", "");
	struct es_report_input how = { 0 };
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_unit_model(a, b, &how);
	const struct es_doc *l = es_doc_get(doc, "logins");
	const struct es_doc *list = es_doc_get(l, "sessions");

	es_unit_check_json(doc);
	ck_assert(!es_doc_get_bool(l, "missing"));
	ck_assert_uint_eq(es_doc_len(list), 4);
	ck_assert_int_eq(es_doc_get_number(es_doc_at(list, 0), "changes", -1),
			 0);
	ck_assert_int_eq(es_doc_get_number(es_doc_at(list, 1), "changes", -1),
			 1);
	ck_assert_int_eq(es_doc_get_number(es_doc_at(list, 1), "duration", -1),
			 HOUR);
	ck_assert(es_doc_is_null(es_doc_at(list, 2), "end"));
	ck_assert_str_eq(es_doc_get_str(es_doc_at(list, 2), "user_b64"),
			 "Ym9i/w==");
	ck_assert_int_eq(es_unit_number(doc, "counts", "failures"), 512);
	ck_assert_uint_eq(es_doc_len(es_doc_get(l, "switches")), 2);
}
END_TEST

/* A path that holds an arrow, or a line break, is found in the lists. */
START_TEST(runs_names)
{
	static const char *const names[] = { "/etc/a -> b", "/etc/a\nb",
					     "/etc/R x" };
	static const char list[] = "R /etc/old -> c -> /etc/a -> b\n"
				   "M /etc/a\\nb\nM /etc/R x\n";
	struct es_oid old = es_unit_tree(&repo, ITEMS({ "/etc/R x", "1" },
						      { "/etc/a\nb", "1" },
						      { "/etc/a -> b", "1" }));
	struct es_oid new = es_unit_tree(&repo, ITEMS({ "/etc/R x", "2" },
						      { "/etc/a\nb", "2" },
						      { "/etc/a -> b", "2" }));
	ES_CLEANUP(es_commit_freep)
	struct es_commit *a = es_unit_run_at(&old, NULL, NOW - DAY, "x", "");
	ES_CLEANUP(es_commit_freep)
	struct es_commit *b = es_unit_run_at(&new, a, NOW - HOUR, "x", list);
	ES_CLEANUP(es_commit_freep)
	struct es_commit *c = es_unit_run_at(&new, b, NOW, "x", list);
	struct es_report_input how = { 0 };
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_unit_model(a, c, &how);
	const struct es_doc *changes = es_doc_get(doc, "changes"), *item;
	size_t found = 0;

	for (size_t i = 0; (item = es_doc_at(changes, i)); i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf path = ES_BUF_INIT(4096);

		es_doc_get_bytes(item, "path", &path);
		found += strcmp(es_buf_str(&path), names[_i]) == 0 &&
			 es_doc_get_number(item, "steps", -1) == 2;
	}
	ck_assert_uint_eq(found, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("report_runs");
	TCase *tc = tcase_create("report_runs");

	tcase_add_checked_fixture(tc, es_unit_report_setup,
				  es_unit_runs_teardown);
	tcase_add_test(tc, runs_range);
	tcase_add_loop_test(tc, runs_clock, 0, es_lengthof(clocks));
	tcase_add_test(tc, runs_first);
	tcase_add_test(tc, runs_many);
	tcase_add_loop_test(tc, runs_flapping, 0, es_lengthof(flaps));
	tcase_add_test(tc, runs_flapping_matters);
	tcase_add_loop_test(tc, runs_returned, 0, es_lengthof(states));
	tcase_add_test(tc, runs_returned_mode);
	tcase_add_loop_test(tc, runs_who, 0, es_lengthof(moments));
	tcase_add_test(tc, runs_logins);
	tcase_add_loop_test(tc, runs_names, 0, 3);
	suite_add_tcase(s, tc);
	return es_unit_main(s);
}
