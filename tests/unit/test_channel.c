/* SPDX-License-Identifier: MIT */
/* test_channel.c - unit tests of what the configuration says of channels */
#include "config.h"

#include "deliver/channel_priv.h"

#include "unit.h"

#include "etcsnap/fileio.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static struct es_error err;
static struct es_session session;
static struct channels all;
static char dir[64];
static char repo[] = "/srv/repo.git";
static char state[] = "/x/state.db";
static char host[] = "web1.example";

static void setup(void)
{
	es_unit_enter_dir(dir);
	err = (struct es_error)ES_ERROR_INIT;
	session = (struct es_session){ .repo_path = repo,
				       .state_path = state,
				       .host = host };
	all = (struct channels){ 0 };
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void teardown(void)
{
	es_channels_dispose(&all);
	es_conf_free(session.conf);
	es_unit_leave_dir(dir);
}

static int load(const char *text)
{
	es_channels_dispose(&all);
	es_conf_free(session.conf);
	session.conf = NULL;
	err = (struct es_error)ES_ERROR_INIT;
	if (es_conf_parse(&session.conf, text, strlen(text), "x.conf", &err) <
	    0)
		return err.code;
	return es_channels_load(&all, &session, &err);
}

static void must_load(const char *text)
{
	ck_assert_msg(load(text) == 0, "%s: %s", text, err.msg);
}

START_TEST(none_elsewhere)
{
	must_load("");
	ck_assert_uint_eq(all.n, 0);
}
END_TEST

START_TEST(default_ones)
{
	static char usual[] = "/var/lib/etcsnap/repo.git";

	session.repo_path = usual;
	must_load("");
	ck_assert_uint_ge(all.n, 1);
	ck_assert_str_eq(all.list[0].name, "file");
	ck_assert_int_eq(all.list[0].type, CHANNEL_FILE);
	ck_assert_int_eq(all.list[0].content, ES_REPORT_CONTENT_FULL);
	ck_assert(all.list[0].when.each_run);
	/* one of one's own is all there is */
	must_load("[channel x]\ntype = journal\n");
	ck_assert_uint_eq(all.n, 1);
	ck_assert_str_eq(all.list[0].name, "x");
}
END_TEST

START_TEST(everything_set)
{
	const struct channel *c;

	must_load("[channel a]\ntype = file\n"
		  "[channel ops]\ntype = mail\nto = root\n"
		  "when = daily 07:00, 19:00\nwhen = weekly mon 06:00\n"
		  "urgent = critical\nmin_severity = warning\n"
		  "quiet = 22:00-07:00\nquiet = 12:00-13:00\n"
		  "hold_off = 90m\nskip_empty = no\n"
		  "paths = /etc/ssh/**\npaths = /boot\n"
		  "tags = pci  auth\ntags = web\n"
		  "hosts = web*\ncontent = counts\nlevel = brief\n");
	ck_assert_uint_eq(all.n, 2);
	c = &all.list[1];
	ck_assert_str_eq(c->name, "ops");
	ck_assert_int_eq(c->type, CHANNEL_MAIL);
	ck_assert(!c->when.each_run);
	ck_assert_uint_eq(c->when.n, 3);
	ck_assert_int_eq(c->urgent, ES_SEVERITY_CRITICAL);
	ck_assert_int_eq(c->filter.min, ES_SEVERITY_WARNING);
	ck_assert_uint_eq(c->n_quiet, 2);
	ck_assert_uint_eq(c->quiet[1].from, 720);
	ck_assert_int_eq(c->hold_off, 5400);
	ck_assert(!c->skip_empty);
	ck_assert_uint_eq(c->filter.n_paths, 2);
	ck_assert_str_eq(c->filter.paths[1], "/boot");
	ck_assert_uint_eq(c->filter.n_tags, 3);
	ck_assert_str_eq(c->filter.tags[1], "auth");
	ck_assert_str_eq(c->filter.tags[2], "web");
	ck_assert_int_eq(c->content, ES_REPORT_CONTENT_COUNTS);
	ck_assert(es_channel_is_here(c, "web1"));
	ck_assert(!es_channel_is_here(c, "db1"));
	ck_assert(es_channel_is_here(&all.list[0], "db1"));
}
END_TEST

START_TEST(what_leaves_by_default)
{
	must_load("[channel a]\ntype = webhook\nservice = generic\n"
		  "url = https://x/\n"
		  "[channel b]\ntype = webhook\nservice = generic\n"
		  "url = https://x/\ncontent = full\n"
		  "[channel c]\ntype = syslog\n");
	ck_assert_int_eq(all.list[0].content, ES_REPORT_CONTENT_NAMES);
	ck_assert_int_eq(all.list[1].content, ES_REPORT_CONTENT_FULL);
	ck_assert_int_eq(all.list[2].content, ES_REPORT_CONTENT_FULL);
}
END_TEST

/* Where something waits, urgent means something; else all goes at once. */
static const struct {
	const char *keys;
	enum es_severity urgent;
} urgents[] = {
	{ "urgent = warning\n", ES_SEVERITY_NONE },
	{ "when = each-run\nurgent = warning\n", ES_SEVERITY_NONE },
	{ "when = immediate\nurgent = warning\n", ES_SEVERITY_NONE },
	{ "when = hourly\nurgent = warning\n", ES_SEVERITY_WARNING },
	{ "quiet = 1:00-2:00\nurgent = warning\n", ES_SEVERITY_WARNING },
	{ "hold_off = 1h\nurgent = critical\n", ES_SEVERITY_CRITICAL },
	{ "when = hourly\n", ES_SEVERITY_NONE },
};

START_TEST(urgent_where_it_waits)
{
	char text[256];

	snprintf(text, sizeof(text), "[channel a]\ntype = file\n%s",
		 urgents[_i].keys);
	must_load(text);
	ck_assert_int_eq(all.list[0].urgent, urgents[_i].urgent);
}
END_TEST

/* Whatever is wrong is told with its place. */
static const struct {
	const char *keys;
	const char *said;
} wrong[] = {
	{ "", "channel 'ops': type is missing" },
	{ "type = pigeon\n", "x.conf:2: channel 'ops': type = 'pigeon' is "
			     "none of mail, webhook" },
	{ "type = mail\n", "x.conf:2: channel 'ops': a channel of type mail "
			   "needs a line: to = " },
	{ "type = exec\n", "x.conf:2: channel 'ops': a channel of type exec "
			   "needs a line: run = " },
	{ "type = exec\nrun = 'a\n", "x.conf:3: channel 'ops': " },
	{ "type = webhook\nurl = https://x/\n",
	  "x.conf:2: channel 'ops': a webhook needs a line service" },
	{ "type = webhook\nservice = nosuch\n",
	  "x.conf:3: channel 'ops': there is no service 'nosuch'" },
	{ "type = file\nwhen = sometimes\n",
	  "x.conf:3: channel 'ops': 'sometimes' is no time" },
	{ "type = file\nquiet = night\n",
	  "x.conf:3: channel 'ops': 'night' is no part of a day" },
	{ "type = file\ncontent = some\n",
	  "x.conf:3: channel 'ops': content = 'some' is none of full, names "
	  "or counts" },
	{ "type = file\nlevel = loud\n", "x.conf:3: channel 'ops': " },
	{ "type = file\none_per = day\n", "x.conf:3: channel 'ops': one_per" },
	{ "type = file\nkeep = never\n", "x.conf:3: channel 'ops': " },
	{ "type = file\nsign_type = wax\n",
	  "x.conf:3: channel 'ops': sign_type" },
	{ "type = syslog\nformat = binary\n",
	  "x.conf:3: channel 'ops': format = 'binary'" },
	{ "type = syslog\nfacility = mail9\n",
	  "x.conf:3: channel 'ops': facility = 'mail9'" },
	{ "type = file\nmin_severity = high\n", "x.conf:3: " },
	{ "type = file\nurgent = yes\n", "x.conf:3: " },
	{ "type = file\nhold_off = soon\n", "x.conf:3: " },
	{ "type = file\npassword = x\n", "x.conf:3: " },
	{ "type = file\nkeep = 5\n[channel two]\ntype = file\nkeep = 9\n",
	  "channels 'ops' and 'two' write into the same folder" },
	{ "type = file\n[channel two]\ntype = file\ndir = /x/reports\n",
	  "channels 'ops' and 'two' write into the same folder" },
	{ "type = file\ndir = /y//z/\n[channel two]\ntype = file\n"
	  "dir = /y/./z\n",
	  "channels 'ops' and 'two' write into the same folder" },
};

START_TEST(wrong_is_told)
{
	char text[512];

	snprintf(text, sizeof(text), "[channel ops]\n%s", wrong[_i].keys);
	ck_assert_int_eq(load(text), -EINVAL);
	ck_assert_int_eq(err.fault, ES_FAULT_CONFIG);
	ck_assert_msg(strstr(err.msg, wrong[_i].said), "%s: %s", text, err.msg);
}
END_TEST

/* --- secrets -------------------------------------------------------------- */

#define KEYS "[channel web-1]\ntype = mail\nto = root\n"

static int secret(struct es_buf *out, const char *keys)
{
	char text[512];

	es_buf_reset(out);
	snprintf(text, sizeof(text), KEYS "%s", keys);
	must_load(text);
	return es_channel_secret(out, &all.list[0],
				 ES_CONF_CHANNEL_PASSWORD_FILE, "password",
				 &err);
}

static void put(const char *path, const char *text, mode_t mode)
{
	ck_assert_int_eq(es_write_file(path, text, strlen(text), 0600, &err),
			 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

START_TEST(secret_of_a_file)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(4096);
	char keys[200];

	snprintf(keys, sizeof(keys), "password_file = %s/pw\n", dir);
	ck_assert_int_lt(secret(&out, keys), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "channel 'web-1'"));
	put("pw", " with blanks \r\n\n", 0600);
	ck_assert_int_eq(secret(&out, keys), 1);
	ck_assert_str_eq(es_buf_str(&out), " with blanks ");
	for (unsigned int mode = 0; mode < 0100; mode++) {
		const bool open = mode & 027;

		chmod("pw", 0600 | mode);
		ck_assert_int_eq(secret(&out, keys), open ? -EINVAL : 1);
		if (open)
			ck_assert_ptr_nonnull(strstr(err.msg, "chmod 600"));
	}
	put("pw", "\n", 0600);
	ck_assert_int_eq(secret(&out, keys), -EINVAL);
	ck_assert_int_eq(es_write_file("pw", "a\0b", 3, 0600, &err), 0);
	ck_assert_int_eq(secret(&out, keys), -EINVAL);
	unlink("pw");
	ck_assert_int_eq(mkfifo("pw", 0600), 0);
	ck_assert_int_eq(secret(&out, keys), -EINVAL);
	unlink("pw");
	ck_assert_int_eq(mkdir("pw", 0700), 0);
	ck_assert_int_eq(secret(&out, keys), -EINVAL);
	rmdir("pw");
}
END_TEST

START_TEST(secret_of_a_unit)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(4096);

	ck_assert_int_eq(secret(&out, ""), 0);
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	ck_assert_int_eq(secret(&out, ""), 0);
	put("web-1.password", "credential\n", 0400);
	ck_assert_int_eq(secret(&out, ""), 1);
	ck_assert_str_eq(es_buf_str(&out), "credential");
	chmod("web-1.password", 0444);
	ck_assert_int_eq(secret(&out, ""), -EINVAL);
	chmod("web-1.password", 0400);
	/* it wins over the environment, and a file over it */
	setenv("ETCSNAP_WEB_1_PASSWORD", "environment", 1);
	ck_assert_int_eq(secret(&out, ""), 1);
	ck_assert_str_eq(es_buf_str(&out), "credential");
	char keys[200];
	snprintf(keys, sizeof(keys), "password_file = %s/pw\n", dir);
	put("pw", "file", 0600);
	ck_assert_int_eq(secret(&out, keys), 1);
	ck_assert_str_eq(es_buf_str(&out), "file");
	unlink("web-1.password");
	ck_assert_int_eq(secret(&out, ""), 1);
	ck_assert_str_eq(es_buf_str(&out), "environment");
	setenv("ETCSNAP_WEB_1_PASSWORD", "", 1);
	ck_assert_int_eq(secret(&out, ""), 0);
	unsetenv("ETCSNAP_WEB_1_PASSWORD");
	setenv("CREDENTIALS_DIRECTORY", "relative", 1);
	ck_assert_int_eq(secret(&out, ""), 0);
}
END_TEST

/* What waits for a secret, and what does without. */
static const struct {
	const char *keys;
	const char *word;
} lacking[] = {
	{ "type = webhook\nservice = slack\n", "url" },
	{ "type = webhook\nservice = slack\nurl = https://x/\n", NULL },
	{ "type = webhook\nservice = slack\nurl_file = /nowhere\n", NULL },
	{ "type = mail\nto = x\nuser = me\n", NULL },
	{ "type = mail\nto = x\nurl = smtp://x\n", NULL },
	{ "type = mail\nto = x\nuser = me\nurl = smtp://x\n", "password" },
	{ "type = mail\nto = x\nuser = me\nurl = smtp://x\n"
	  "password_file = /nowhere\n",
	  NULL },
	{ "type = mail\nto = x\nauth = xoauth2\nurl = smtp://x\n", "token" },
	{ "type = mail\nto = x\nuser = me\nauth = none\nurl = smtp://x\n",
	  NULL },
	{ "type = mail\nto = x\nuser = me\nurl = sendmail:/bin/true\n", NULL },
	{ "type = exec\nuser = me\nrun = /bin/true\n", NULL },
};

START_TEST(lacks_a_secret)
{
	const char *word = lacking[_i].word;
	char text[512], credential[64];

	snprintf(text, sizeof(text), "[channel ops]\n%s", lacking[_i].keys);
	must_load(text);
	ck_assert_pstr_eq(es_channel_lacks(&all.list[0]), word);
	if (!word)
		return;
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	snprintf(credential, sizeof(credential), "ops.%s", word);
	put(credential, "https://x/\n", 0400);
	ck_assert_ptr_null(es_channel_lacks(&all.list[0]));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("channel");
	TCase *t = tcase_create("channel");

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, none_elsewhere);
	tcase_add_test(t, default_ones);
	tcase_add_test(t, everything_set);
	tcase_add_test(t, what_leaves_by_default);
	tcase_add_loop_test(t, urgent_where_it_waits, 0, es_lengthof(urgents));
	tcase_add_loop_test(t, wrong_is_told, 0, es_lengthof(wrong));
	tcase_add_test(t, secret_of_a_file);
	tcase_add_test(t, secret_of_a_unit);
	tcase_add_loop_test(t, lacks_a_secret, 0, es_lengthof(lacking));
	return es_unit_main(s);
}
