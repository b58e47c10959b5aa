/* SPDX-License-Identifier: MIT */
/* check_shell_path.c - search paths by which others could slip in programs */
#include "config.h"

#include "checks/check_table_priv.h"

#include "etcsnap/quote.h"

#include <string.h>

/* Where the entries that are looked at stand. */
struct place {
	struct es_findings *f;
	const char *path;
	const char *home; /* of the user whose file it is, or NULL */
};

/* Replaces a leading ~ or $HOME; false for what only a shell knows. */
static bool expand(const struct place *at, struct es_buf *out,
		   const char *entry, size_t len)
{
	static const char *const homes[] = { "~/", "$HOME/", "${HOME}/" };

	for (size_t i = 0; i < sizeof(homes) / sizeof(homes[0]); i++) {
		size_t n = strlen(homes[i]);

		if (!at->home || len < n || memcmp(entry, homes[i], n) != 0)
			continue;
		es_buf_adds(out, at->home);
		entry += n - 1;
		len -= n - 1;
		break;
	}
	es_buf_add(out, entry, len);
	return !out->failed && !memchr(entry, '$', len) &&
	       !memchr(entry, '`', len) && entry[0] != '~';
}

static void check_entry(const struct place *at, const char *entry, size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf dir = ES_BUF_INIT(1 << 16);
	size_t path_len = strlen(at->path);
	struct stat st;

	if (len == 0) {
		es_finding(at->f, at->path, path_len,
			   "PATH has an empty entry, which is the current "
			   "directory");
		return;
	}
	if (!expand(at, &dir, entry, len))
		return;
	if (dir.data[0] != '/') {
		es_finding(at->f, at->path, path_len,
			   "PATH has the relative entry %s", ES_Q(dir.data));
		return;
	}
	if (es_inside_stat(at->f->checks, dir.data, &st) == 0 &&
	    S_ISDIR(st.st_mode) && (st.st_mode & S_IWOTH))
		es_finding(at->f, at->path, path_len,
			   "PATH has %s, which everyone can write",
			   ES_Q(dir.data));
}

/* Bytes up to the next colon that is not within an expansion. */
static size_t entry_len(const char *text)
{
	size_t depth = 0, i;
	bool ticks = false;

	for (i = 0; text[i] && (text[i] != ':' || depth || ticks); i++) {
		if (text[i] == '`')
			ticks = !ticks;
		else if (strchr("{(", text[i]))
			depth++;
		else if (strchr("})", text[i]) && depth)
			depth--;
	}
	return i;
}

static void check_value(const struct place *at, const char *value)
{
	/* Cleared, to be filled piece by piece. */
	if (!*value)
		return;
	for (;;) {
		size_t len = entry_len(value);

		check_entry(at, value, len);
		if (!value[len])
			return;
		value += len + 1;
	}
}

/* Entries of "path = (a b c)" of csh and zsh. */
static void check_list(const struct place *at, const char *p, const char *end)
{
	const char *open = memchr(p, '(', (size_t)(end - p));
	const char *close =
		open ? memchr(open, ')', (size_t)(end - open)) : NULL;

	while (close && ++open < close) {
		size_t len = 0;

		while (open + len < close && !strchr(" \t\"", open[len]))
			len++;
		if (len)
			check_entry(at, open, len);
		open += len;
	}
}

static const char *after_prefix(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

static void each(struct es_findings *f, const char *path, const char *home,
		 struct es_words *line)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf word = ES_BUF_INIT(1 << 16);
	struct place at = { f, path, home };
	bool set = false, setenv = false;

	while (es_words_next(line, &word) > 0) {
		const char *text = es_buf_str(&word);
		const char *value = after_prefix(text, "PATH=");
		const char *more = after_prefix(text, "PATH+=:");

		if (!value)
			value = more;
		if (value)
			check_value(&at, value);
		else if (setenv)
			check_value(&at, text);
		else if (!strcmp(text, "path=") || !strcmp(text, "path+=") ||
			 (set && !strcmp(text, "path")))
			check_list(&at, line->pos, line->end);
		setenv = line->before == 0 && set && !strcmp(text, "PATH");
		set = !strcmp(text, "set") || !strcmp(text, "setenv");
	}
}

static int run(struct es_findings *f, struct es_error *err)
{
	return es_shell_each_line(f, each, err);
}

const struct es_check es_check_shell_path = {
	.name = "shell-path",
	.severity = ES_SEVERITY_WARNING,
	.run = run,
};
