/* SPDX-License-Identifier: MIT */
/* test_setup.c - steps of a setup, and the record of them */
#include "config.h"

#include "etcsnap/buf.h"
#include "etcsnap/fileio.h"
#include "etcsnap/setup.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOOKS ETCSNAP_DATADIR "/hooks"
#define RECORD ETCSNAP_LOCALSTATEDIR "/lib/etcsnap/setup"

static char where[64];
static char root[128];
static struct es_setup_options options;

/* "ROOT/PATH"; one at a time. */
static const char *at(const char *path)
{
	static char full[512];

	snprintf(full, sizeof(full), "%s%s", root, path);
	return full;
}

static void put(const char *path, const char *text)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf dir = ES_BUF_INIT(4096);
	struct es_error err = ES_ERROR_INIT;

	es_path_dirname(&dir, at(path));
	ck_assert_int_eq(es_mkdirs(es_buf_str(&dir), 0755, &err), 0);
	ck_assert_int_eq(
		es_write_file(at(path), text, strlen(text), 0644, &err), 0);
}

static bool is_there(const char *path)
{
	return access(at(path), F_OK) == 0;
}

static void is_text(const char *path, const char *want)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_read_file(&b, AT_FDCWD, at(path), &err), 0);
	ck_assert_str_eq(es_buf_str(&b), want);
}

static void setup(void)
{
	es_unit_enter_dir(where);
	ck_assert_ptr_nonnull(getcwd(root, sizeof(root)));
	options = (struct es_setup_options){
		.root = root,
		.timer = ES_SETUP_TIMER_NONE,
	};
	put(HOOKS "/one/a", "hook a\n");
	put(HOOKS "/one/b", "hook b\n");
	put(HOOKS "/places", "# comment\n\n"
			     "one one/a /etc/one/d/a 0644 /usr/bin/one\n"
			     "one\tone/b  /etc/one/b 755 /usr/bin/one # x\n"
			     "two two/c /etc/two/c 0644 /usr/bin/two\n");
	put("/usr/bin/one", "");
}

static void teardown(void)
{
	es_unit_leave_dir(where);
}

static struct es_setup *plan(void)
{
	struct es_error err = ES_ERROR_INIT;
	struct es_setup *s = NULL;

	ck_assert_msg(es_setup_new(&s, &options, &err) == 0, "%s", err.msg);
	return s;
}

static const struct es_setup_step *step_of(const struct es_setup *s,
					   const char *name)
{
	const struct es_setup_step *step;

	for (size_t i = 0; (step = es_setup_step(s, i)); i++)
		if (strcmp(step->name, name) == 0)
			return step;
	return NULL;
}

static void count(void *payload, const struct es_setup_step *step,
		  const char *why)
{
	(void)step;
	ck_assert_ptr_null(why);
	++*(int *)payload;
}

/* All steps done; returns how many were told. */
static int apply(int refused)
{
	ES_CLEANUP(es_setup_freep) struct es_setup *s = plan();
	struct es_error err = ES_ERROR_INIT;
	int told = 0;

	ck_assert_int_eq(es_setup_apply(s, count, &told, &err), refused);
	return told;
}

/* --- steps ---------------------------------------------------------------- */

START_TEST(setup_makes_directories_first)
{
	static const char *const names[] = { "/etc", "/etc/one", "/etc/one/d",
					     "/etc/one/b", "/etc/one/d/a" };
	ES_CLEANUP(es_setup_freep) struct es_setup *s = plan();
	const struct es_setup_step *step;

	for (size_t i = 0; i < 5; i++) {
		step = es_setup_step(s, i);
		ck_assert_ptr_nonnull(step);
		ck_assert_str_eq(step->name, names[i]);
		ck_assert_int_eq(step->act, ES_SETUP_MAKE);
		ck_assert(step->ours);
	}
	ck_assert_ptr_null(es_setup_step(s, 5));
	ck_assert(es_setup_changes(s));
	/* a plan alone does nothing */
	ck_assert(!is_there("/etc"));
	ck_assert(!is_there(RECORD));
}
END_TEST

START_TEST(setup_twice_is_once)
{
	struct stat st;

	ck_assert_int_eq(apply(0), 5);
	is_text("/etc/one/d/a", "hook a\n");
	ck_assert_int_eq(stat(at("/etc/one/b"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0755);
	ck_assert_int_eq(apply(0), 0);
	options.remove = true;
	ck_assert_int_eq(apply(0), 5);
	ck_assert(!is_there("/etc"));
	ck_assert(!is_there(RECORD));
	ck_assert_int_eq(apply(0), 0);
}
END_TEST

START_TEST(setup_keeps_out_of_what_others_made)
{
	put("/etc/one/b", "somebody's\n");
	ck_assert_int_eq(apply(1), 3);
	is_text("/etc/one/b", "somebody's\n");
	options.force = true;
	ck_assert_int_eq(apply(0), 1);
	is_text("/etc/one/b", "hook b\n");
	options.remove = true;
	apply(0);
	ck_assert(!is_there("/etc/one/b"));
	/* this was there before */
	ck_assert(is_there("/etc/one"));
}
END_TEST

START_TEST(setup_takes_nothing_over_that_is_alike)
{
	put("/etc/one/b", "hook b\n");
	apply(0);
	options.remove = true;
	apply(0);
	is_text("/etc/one/b", "hook b\n");
}
END_TEST

START_TEST(setup_leaves_what_was_changed)
{
	apply(0);
	put("/etc/one/b", "changed\n");
	ES_CLEANUP(es_setup_freep) struct es_setup *s = plan();
	const struct es_setup_step *step = step_of(s, "/etc/one/b");
	ck_assert(step && step->act == ES_SETUP_KEEP && *step->why);
	ck_assert(!es_setup_in_place(s));
	es_setup_free(es_steal_ptr(&s));
	/* it is told, and refused only when it is to be another one */
	ck_assert_int_eq(apply(0), 1);
	put(HOOKS "/one/b", "hook b, newer\n");
	ck_assert_int_eq(apply(1), 1);
	ck_assert_int_eq(apply(1), 1);
	is_text("/etc/one/b", "changed\n");
	options.remove = true;
	apply(0);
	is_text("/etc/one/b", "changed\n");
	ck_assert(!is_there("/etc/one/d"));
	ck_assert(!is_there(RECORD));
}
END_TEST

START_TEST(setup_brings_newer_files)
{
	apply(0);
	put(HOOKS "/one/b", "hook b, newer\n");
	ck_assert_int_eq(apply(0), 1);
	is_text("/etc/one/b", "hook b, newer\n");
	/* as if it had been killed before it wrote the file */
	put("/etc/one/b", "hook b\n");
	ck_assert_int_eq(apply(0), 1);
	is_text("/etc/one/b", "hook b, newer\n");
}
END_TEST

START_TEST(setup_undoes_what_is_not_wanted_any_more)
{
	apply(0);
	options.hooks = ES_SETUP_HOOKS_NO;
	apply(0);
	ck_assert(!is_there("/etc"));
	/* and remembers it */
	options.hooks = ES_SETUP_HOOKS_AUTO;
	ck_assert_int_eq(apply(0), 0);
	options.hooks = ES_SETUP_HOOKS_YES;
	ck_assert_int_eq(apply(0), 5);
}
END_TEST

static void is_in_the_way(void *payload, const struct es_setup_step *step,
			  const char *why)
{
	if (strcmp(step->name, "/etc/one/d/a") == 0)
		ck_assert_ptr_nonnull(why);
	else
		ck_assert_ptr_null(why);
	++*(int *)payload;
}

START_TEST(setup_tells_what_fails_and_goes_on)
{
	ES_CLEANUP(es_setup_freep) struct es_setup *s = NULL;
	struct es_error err = ES_ERROR_INIT;
	int told = 0;

	put("/etc/one/d", "a file in the place of a directory\n");
	s = plan();
	ck_assert_int_eq(es_setup_apply(s, is_in_the_way, &told, &err), 1);
	ck_assert_int_eq(told, 2);
	is_text("/etc/one/b", "hook b\n");
}
END_TEST

/* --- what cannot be ------------------------------------------------------- */

static void fails(enum es_fault fault, const char *text)
{
	struct es_error err = ES_ERROR_INIT;
	struct es_setup *s = NULL;

	ck_assert_int_lt(es_setup_new(&s, &options, &err), 0);
	ck_assert_ptr_null(s);
	ck_assert_int_eq(err.fault, fault);
	ck_assert_msg(strstr(err.msg, text), "%s", err.msg);
}

static const char *const wrong_places[] = {
	"one one/a /etc/one/a 0644\n",
	"one one/a /etc/one/a 0644 /usr/bin/one more\n",
	"one one/a etc/one/a 0644 /usr/bin/one\n",
	"one one/a /etc/one/a 0648 /usr/bin/one\n",
	"one one/a /etc/one/a 0644 usr/bin/one\n",
};

START_TEST(setup_refuses_a_wrong_table)
{
	put(HOOKS "/places", wrong_places[_i]);
	fails(ES_FAULT_CONFIG, "places:1: ");
}
END_TEST

static const struct {
	const char *mail;
	const char *smtp;
	const char *says;
} wrong_mails[] = {
	{ "a b@c", NULL, "--mail" },
	{ "a@b\nrun = x", NULL, "--mail" },
	{ "a@b", "smtp://b c", "--smtp" },
	{ "a@b", "smtp://b\n", "--smtp" },
	{ "a@b", "file:///etc", "--smtp" },
	{ NULL, "smtp://b", "needs --mail" },
};

START_TEST(setup_refuses_wrong_addresses)
{
	options.mail = wrong_mails[_i].mail;
	options.smtp = wrong_mails[_i].smtp;
	fails(ES_FAULT_CONFIG, wrong_mails[_i].says);
}
END_TEST

static const char *const wrong_records[] = {
	"", "{", "[]", "{\"schema\": 2}", "{\"items\": []}",
};

START_TEST(setup_touches_nothing_without_its_record)
{
	apply(0);
	put(RECORD, wrong_records[_i]);
	options.remove = true;
	fails(ES_FAULT_FAILED, "cannot be understood");
	is_text("/etc/one/b", "hook b\n");
	is_text(RECORD, wrong_records[_i]);
}
END_TEST

START_TEST(setup_reads_over_odd_rows)
{
	put(RECORD, "{\"schema\": 1, \"timer\": 5, \"tested\": 7, \"items\": ["
		    "3, {\"kind\": \"file\"}, {\"kind\": \"what\", "
		    "\"what\": \"\", \"name\": \"/x\", \"sha256\": \"\", "
		    "\"was\": \"\"}]}");
	ck_assert_int_eq(apply(0), 5);
}
END_TEST

START_TEST(setup_knows_timers_by_name)
{
	enum es_setup_timer timer = ES_SETUP_TIMER_AUTO;

	ck_assert_int_eq(es_setup_timer_parse(&timer, "cron"), 0);
	ck_assert_int_eq(timer, ES_SETUP_TIMER_CRON);
	ck_assert_str_eq(es_setup_timer_name(timer), "cron");
	ck_assert_int_eq(es_setup_timer_parse(&timer, "daily"), -EINVAL);
	ck_assert_int_eq(timer, ES_SETUP_TIMER_CRON);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("setup");
	TCase *t = tcase_create("setup");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, setup_makes_directories_first);
	tcase_add_test(t, setup_twice_is_once);
	tcase_add_test(t, setup_keeps_out_of_what_others_made);
	tcase_add_test(t, setup_takes_nothing_over_that_is_alike);
	tcase_add_test(t, setup_leaves_what_was_changed);
	tcase_add_test(t, setup_brings_newer_files);
	tcase_add_test(t, setup_undoes_what_is_not_wanted_any_more);
	tcase_add_test(t, setup_tells_what_fails_and_goes_on);
	tcase_add_loop_test(t, setup_refuses_a_wrong_table, 0,
			    es_lengthof(wrong_places));
	tcase_add_loop_test(t, setup_refuses_wrong_addresses, 0,
			    es_lengthof(wrong_mails));
	tcase_add_loop_test(t, setup_touches_nothing_without_its_record, 0,
			    es_lengthof(wrong_records));
	tcase_add_test(t, setup_reads_over_odd_rows);
	tcase_add_test(t, setup_knows_timers_by_name);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
