/* SPDX-License-Identifier: MIT */
/* check_shell_umask.c - umasks that let everyone write new files */
#include "config.h"

#include "checks/check_table_priv.h"

#include "etcsnap/quote.h"

#include <string.h>
#include <strings.h>

/* One part of a symbolic umask, "o=rwx": what is said is what is allowed. */
static bool part_is_open(const char *part, size_t len)
{
	size_t who = strspn(part, "ugoa");

	if (who >= len || (part[who] != '=' && part[who] != '+'))
		return false;
	if (who && !memchr(part, 'o', who) && !memchr(part, 'a', who))
		return false;
	return memchr(part + who, 'w', len - who) != NULL;
}

static bool is_open(const char *value)
{
	size_t digits = strspn(value, "01234567");

	if (digits && !value[digits])
		return !((value[digits - 1] - '0') & 2);
	/* A symbolic one without any digit; names of variables are unknown. */
	if (value[strspn(value, "ugoarwxXst=+-,")])
		return false;
	for (const char *part = value; *part;) {
		size_t len = strcspn(part, ",");

		if (part_is_open(part, len))
			return true;
		part += len + (part[len] == ',');
	}
	return false;
}

static void each(struct es_findings *f, const char *path, const char *home,
		 struct es_words *line)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf word = ES_BUF_INIT(1 << 16);
	bool after = false;

	(void)home;
	while (es_words_next(line, &word) > 0) {
		const char *text = es_buf_str(&word);

		if (after && line->before)
			after = false;
		/* Options of the shell's command: -S, -p */
		if (after && text[0] == '-' && strlen(text) == 2 &&
		    strchr("Sp", text[1]))
			continue;
		if (after && is_open(text))
			es_finding(f, path, strlen(path),
				   "umask %s lets everyone write new files",
				   ES_Q(text));
		/* login.defs(5) writes it in capitals. */
		after = strcasecmp(text, "umask") == 0;
	}
}

static int run(struct es_findings *f, struct es_error *err)
{
	return es_shell_each_line(f, each, err);
}

const struct es_check es_check_shell_umask = {
	.name = "shell-umask",
	.severity = ES_SEVERITY_WARNING,
	.run = run,
};
