/* SPDX-License-Identifier: MIT */
/* check_accounts.c - accounts with too much power or without a password */
#include "config.h"

#include "checks/check_table_priv.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <string.h>

#define PASSWD "/etc/passwd"
#define SHADOW "/etc/shadow"
#define GROUP "/etc/group"

/* Names by the text of a field: "1000" -> "a, b" in a struct es_buf. */
static void names_free(struct es_strmap *by)
{
	const char *key;
	size_t pos = 0, len;
	void *value;

	while (by && es_strmap_each(by, &pos, &key, &len, &value)) {
		es_buf_dispose(value);
		free(value);
	}
	es_strmap_free(by);
}

static int share(struct es_strmap *by, const char *key, size_t key_len,
		 const char *name, size_t name_len)
{
	struct es_buf *names = es_strmap_get(by, key, key_len);

	if (!names) {
		names = calloc(1, sizeof(*names));
		if (!names)
			return -ENOMEM;
		names->max = 512;
		if (es_strmap_put(by, key, key_len, names) < 0) {
			free(names);
			return -ENOMEM;
		}
	} else {
		es_buf_adds(names, ", ");
	}
	es_quote_term(names, name, name_len);
	return 0;
}

/* Tells which field texts several lines have. */
static void tell_shared(struct es_findings *f, const char *path,
			const struct es_strmap *by, const char *what)
{
	const char *key;
	size_t pos = 0, len;
	void *value;

	while (es_strmap_each(by, &pos, &key, &len, &value)) {
		ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(256);
		const struct es_buf *names = value;

		if (!strstr(es_buf_str(names), ", "))
			continue;
		es_quote_term(&b, key, len);
		es_finding(f, path, strlen(path), "%s %s is that of %s", what,
			   es_buf_str(&b), es_buf_str(names));
	}
}

static bool is_text(const struct es_fields *line, size_t i, const char *text)
{
	return line->n > i && line->len[i] == strlen(text) &&
	       !memcmp(line->at[i], text, line->len[i]);
}

static void check_password(struct es_findings *f, const char *path,
			   const struct es_fields *line)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(256);

	es_quote_term(&name, line->at[0], line->len[0]);
	if (line->len[1] == 0)
		es_finding(f, path, strlen(path), "%s has no password",
			   es_buf_str(&name));
	else if (!strcmp(path, PASSWD) && line->len[1] >= 13)
		es_finding(f, path, strlen(path),
			   "the password hash of %s stands where all can read "
			   "it",
			   es_buf_str(&name));
}

static void check_power(struct es_findings *f, const struct es_fields *line)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(256);

	if (!is_text(line, 2, "0") || is_text(line, 0, "root"))
		return;
	es_quote_term(&name, line->at[0], line->len[0]);
	es_finding(f, PASSWD, strlen(PASSWD), "%s has user number 0, as root",
		   es_buf_str(&name));
}

/* Lines of a database; what is no account (NIS markers, comments) is skipped.
 * A number of 0 is told by check_power(). */
static int read_lines(struct es_findings *f, const char *path,
		      struct es_strmap *names, struct es_strmap *ids)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	bool users = !strcmp(path, PASSWD);
	int rc = es_inside_read(f->checks, path, &b, NULL);
	const char *pos = es_buf_str(&b), *end = pos + b.len, *text;
	struct es_fields line;
	size_t len;

	if (rc < 0)
		return rc;
	while (es_lines_next(&pos, end, &text, &len)) {
		es_fields_split(&line, text, len, ':');
		if (line.n < 2 || !line.len[0] || strchr("+-#", text[0]))
			continue;
		if (strcmp(path, GROUP) != 0)
			check_password(f, path, &line);
		if (users)
			check_power(f, &line);
		if (!ids || line.n < 3)
			continue;
		if (share(names, text, line.len[0], text, line.len[0]) < 0)
			return -ENOMEM;
		if (!is_text(&line, 2, users ? "0" : "") &&
		    share(ids, line.at[2], line.len[2], text, line.len[0]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int check_file(struct es_findings *f, const char *path,
		      struct es_error *err)
{
	bool shadow = !strcmp(path, SHADOW), users = !strcmp(path, PASSWD);
	struct es_strmap *names = es_strmap_new();
	struct es_strmap *ids = es_strmap_new();
	int rc = names && ids ? 0 : -ENOMEM;

	if (rc == 0)
		rc = read_lines(f, path, names, shadow ? NULL : ids);
	if (rc < 0 && rc != -ENOMEM && !es_is_absent(rc))
		rc = es_findings_unread(f, path, strlen(path));
	if (rc == 0 && !shadow) {
		tell_shared(f, path, names, users ? "user name" : "group name");
		tell_shared(f, path, ids,
			    users ? "user number" : "group number");
	}
	names_free(names);
	names_free(ids);
	return rc == -ENOMEM ? es_fail_oom(err) : 0;
}

static int run(struct es_findings *f, struct es_error *err)
{
	if (check_file(f, PASSWD, err) < 0 || check_file(f, SHADOW, err) < 0 ||
	    check_file(f, GROUP, err) < 0)
		return err->code;
	return 0;
}

const struct es_check es_check_accounts = {
	.name = "accounts",
	.severity = ES_SEVERITY_CRITICAL,
	.run = run,
};
