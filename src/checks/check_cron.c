/* SPDX-License-Identifier: MIT */
/* check_cron.c - cron files, and what they call, that others can write */
#include "config.h"

#include "checks/check_table_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* A crontab that is being read. */
struct table {
	struct es_findings *f;
	const char *path;
	const char *user; /* NULL: each line names one */
	int times;	  /* fields that come before it */
};

static const char *const script_dirs[] = {
	"/etc/cron.hourly",  "/etc/cron.daily",	 "/etc/cron.weekly",
	"/etc/cron.monthly", "/etc/cron.yearly",
};

static const char *const interpreters[] = {
	"sh",	"bash", "dash",	  "ksh", "zsh",	 "perl",
	"ruby", "php",	"python", "lua", "node",
};

/* The account of a name in the form of a home that is its own alone. */
static bool find_user(const struct es_checks *c, const char *name, size_t len,
		      struct es_home *out)
{
	for (size_t i = 0; i < c->homes.n; i++) {
		const struct es_account *a = &c->homes.accounts[i];

		if (strlen(a->name) != len || memcmp(a->name, name, len) != 0)
			continue;
		*out = (struct es_home){ .accounts = a, .n = 1, .fd = -1 };
		return true;
	}
	return false;
}

/* Who else can write a path, or put another thing in its place. */
static bool others_reach(struct es_findings *f, const char *path,
			 const struct es_home *user, struct es_buf *why)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf at = ES_BUF_INIT(1 << 16);
	struct stat st;

	es_buf_adds(&at, path);
	for (bool dir = false; at.len > 1 && !at.failed; dir = true) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf up = ES_BUF_INIT(1 << 16);

		if (es_inside_stat(f->checks, at.data, &st) < 0)
			return false;
		/* In a sticky directory only the owner can replace it. */
		if (dir && (st.st_mode & S_ISVTX))
			st.st_mode &= ~(mode_t)(S_IWGRP | S_IWOTH);
		if (es_others_write(f, why, &st, user)) {
			if (dir)
				es_buf_addf(why, " (%s/)", ES_Q(at.data));
			return true;
		}
		es_path_dirname(&up, at.data);
		es_buf_reset(&at);
		es_buf_add(&at, up.data, up.len);
	}
	return false;
}

static bool is_interpreter(const char *word)
{
	const char *slash = strrchr(word, '/');
	const char *name = slash ? slash + 1 : word;

	for (size_t i = 0; i < sizeof(interpreters) / sizeof(interpreters[0]);
	     i++) {
		size_t len = strlen(interpreters[i]);

		if (!strncmp(name, interpreters[i], len) &&
		    !name[len + strspn(name + len, "0123456789.")])
			return true;
	}
	return false;
}

/* Whether a word names a program: executable, or read by an interpreter. */
static bool is_program(const struct es_checks *c, const char *word,
		       bool interpreted)
{
	struct stat st;

	return word[0] == '/' && !strpbrk(word, "$`*?") &&
	       es_inside_stat(c, word, &st) == 0 && S_ISREG(st.st_mode) &&
	       (interpreted || (st.st_mode & 0111));
}

static void check_command(const struct table *t, const char *user,
			  const struct es_home *who, struct es_words *line)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf word = ES_BUF_INIT(1 << 16);
	bool interpreted = false;

	while (es_words_next(line, &word) > 0) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf why = ES_BUF_INIT(1 << 16);
		const char *text = es_buf_str(&word);

		if (line->before != '>' &&
		    is_program(t->f->checks, text, interpreted) &&
		    others_reach(t->f, text, who, &why))
			es_finding(t->f, t->path, strlen(t->path),
				   "%s runs %s: %s", ES_Q(user), ES_Q(text),
				   es_buf_str(&why));
		/* Options come between an interpreter and its script. */
		if (text[0] != '-' || line->before)
			interpreted = is_interpreter(text);
	}
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

static const char *skip_field(const char *p, const char *end)
{
	p = skip_blanks(p, end);
	while (p < end && *p != ' ' && *p != '\t')
		p++;
	return p;
}

/* "NAME = value" instead of a command */
static bool is_setting(const char *p, const char *end)
{
	const char *name = p;

	while (p < end && (isalnum((unsigned char)*p) || *p == '_'))
		p++;
	if (p == name)
		return false;
	p = skip_blanks(p, end);
	return p < end && *p == '=';
}

static void check_line(const struct table *t, const char *p, const char *end)
{
	struct es_home who = { .fd = -1 };
	const char *user = t->user;
	size_t len = user ? strlen(user) : 0;

	p = skip_blanks(p, end);
	if (p == end || *p == '#' || is_setting(p, end))
		return;
	for (int i = *p == '@' ? 4 : 5 - t->times; i < 5; i++)
		p = skip_field(p, end);
	if (!user) {
		user = skip_blanks(p, end);
		p = skip_field(p, end);
		len = (size_t)(p - user);
	}

	ES_CLEANUP(es_freep) char *name = strndup(user, len);
	struct es_words words = { .pos = p, .end = end };
	/* A percent sign ends the command; what follows is its input. */
	const char *percent = memchr(p, '%', (size_t)(end - p));

	if (percent && (percent == p || percent[-1] != '\\'))
		words.end = percent;
	if (name && len && find_user(t->f->checks, user, len, &who))
		check_command(t, name, &who, &words);
}

static int unread(struct es_findings *f, const char *path, int rc,
		  struct es_error *err)
{
	if (es_is_absent(rc) || es_findings_unread(f, path, strlen(path)) == 0)
		return 0;
	return es_fail_oom(err);
}

static int check_table(struct es_findings *f, const char *path,
		       const char *user, int times, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_SMALL_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf why = ES_BUF_INIT(1024);
	struct table table = { f, path, user, times };
	struct es_home who = { .fd = -1 };
	struct stat st;
	int rc = es_inside_read(f->checks, path, &b, &st);
	const char *pos = es_buf_str(&b), *end = pos + b.len, *line;
	size_t len;

	if (rc < 0)
		return unread(f, path, rc, err);
	if (user)
		find_user(f->checks, user, strlen(user), &who);
	if (es_others_write(f, &why, &st, &who))
		es_finding(f, path, strlen(path), "%s", es_buf_str(&why));
	while (es_lines_next(&pos, end, &line, &len))
		check_line(&table, line, line + len);
	return 0;
}

static int system_table(struct es_findings *f, const char *path,
			struct es_error *err)
{
	return check_table(f, path, NULL, 5, err);
}

static int user_table(struct es_findings *f, const char *path,
		      struct es_error *err)
{
	return check_table(f, path, strrchr(path, '/') + 1, 5, err);
}

/* A script that cron runs as root, or a directory of them. */
static int check_script(struct es_findings *f, const char *path,
			struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf why = ES_BUF_INIT(1024);
	struct stat st;
	int rc = es_inside_stat(f->checks, path, &st);

	if (rc < 0)
		return unread(f, path, rc, err);
	if (es_others_write(f, &why, &st, NULL))
		es_finding(f, path, strlen(path), "%s", es_buf_str(&why));
	return 0;
}

static int run(struct es_findings *f, struct es_error *err)
{
	if (es_homes_load(f->checks, err) < 0 ||
	    system_table(f, "/etc/crontab", err) < 0 ||
	    /* Period, delay and a name; all of it is root's. */
	    check_table(f, "/etc/anacrontab", "root", 3, err) < 0 ||
	    check_script(f, "/etc/cron.d", err) < 0 ||
	    es_inside_each(f, "/etc/cron.d", system_table, err) < 0 ||
	    es_inside_each(f, "/var/spool/cron/crontabs", user_table, err) <
		    0 ||
	    es_inside_each(f, "/var/spool/cron", user_table, err) < 0)
		return err->code;
	for (size_t i = 0; i < sizeof(script_dirs) / sizeof(script_dirs[0]);
	     i++)
		if (check_script(f, script_dirs[i], err) < 0 ||
		    es_inside_each(f, script_dirs[i], check_script, err) < 0)
			return err->code;
	return 0;
}

const struct es_check es_check_cron = {
	.name = "cron",
	.severity = ES_SEVERITY_CRITICAL,
	.run = run,
};
