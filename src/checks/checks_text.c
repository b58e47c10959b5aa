/* SPDX-License-Identifier: MIT */
/* checks_text.c - findings as lines, and which old lines still hold */
#include "config.h"

#include "checks/checks_priv.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void es_finding(struct es_findings *f, const char *path, size_t len,
		const char *fmt, ...)
{
	char detail[2048];
	va_list args;

	va_start(args, fmt);
	int n = vsnprintf(detail, sizeof(detail), fmt, args);
	va_end(args);
	if (n < 0)
		detail[0] = '\0';
	else if ((size_t)n >= sizeof(detail))
		memcpy(detail + sizeof(detail) - 4, "...", 4);
	es_quote_mtree(&f->lines, path, len);
	es_buf_addf(&f->lines, " %s\n", detail);
}

int es_findings_unread(struct es_findings *f, const char *path, size_t len)
{
	if (!f->unread)
		f->unread = es_strmap_new();
	while (len > 0 && path[len - 1] == '/')
		len--;
	return f->unread ? es_strmap_put(f->unread, path, len, f) : -ENOMEM;
}

int es_findings_line(const char **pos, const char *end, struct es_buf *path,
		     const char **detail, size_t *detail_len)
{
	const char *line;
	size_t len;

	while (es_lines_next(pos, end, &line, &len)) {
		const char *blank = memchr(line, ' ', len);

		es_buf_reset(path);
		if (!blank ||
		    es_unquote_mtree(path, line, (size_t)(blank - line)) < 0 ||
		    !path->len || path->data[0] != '/')
			continue;
		*detail = blank + 1;
		*detail_len = len - (size_t)(*detail - line);
		return 1;
	}
	return path->failed == -ENOMEM ? -ENOMEM : 0;
}

/* Index of the first line of each path. */
static int index_old(struct es_findings *f)
{
	const char *pos = es_buf_str(&f->old), *end = pos + f->old.len;
	const char *line;
	size_t len;

	f->known = es_strmap_new();
	if (!f->known)
		return -ENOMEM;
	while (es_lines_next(&pos, end, &line, &len)) {
		const char *blank = memchr(line, ' ', len);
		size_t key_len = blank ? (size_t)(blank - line) : len;
		char *value = f->old.data + (line - f->old.data);

		if (es_strmap_get(f->known, line, key_len))
			continue;
		if (es_strmap_put(f->known, line, key_len, value) < 0)
			return -ENOMEM;
	}
	return 0;
}

int es_findings_load(struct es_findings *f, struct es_error *err)
{
	const struct es_checks_options *o = &f->checks->options;
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(128);

	es_buf_reset(&f->old);
	if (!o->old)
		return 0;
	es_buf_addf(&name, "findings/%s", f->check->name);
	if (es_buf_check(&name, err) < 0)
		return err->code;
	int rc = o->old(o->payload, name.data, &f->old, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		es_buf_reset(&f->old);
	if (f->check->remembers && index_old(f) < 0)
		return es_fail_oom(err);
	return 0;
}

const char *es_findings_known(struct es_findings *f, const char *path,
			      size_t len, size_t *line_len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf quoted = ES_BUF_INIT(1 << 20);

	if (!f->known || es_strmap_count(f->known) == 0)
		return NULL;
	if (es_quote_mtree(&quoted, path, len) < 0 || !quoted.len)
		return NULL;
	const char *line = es_strmap_get(f->known, quoted.data, quoted.len);
	if (line)
		*line_len = strcspn(line, "\n");
	return line;
}

int es_findings_repeat(struct es_findings *f, const char *path, size_t len)
{
	size_t line_len;
	const char *line = es_findings_known(f, path, len, &line_len);

	if (!line)
		return 0;
	es_buf_add(&f->lines, line, line_len);
	es_buf_addc(&f->lines, '\n');
	return 1;
}

/* Whether a path or a directory above it is in a set. */
static bool is_at_or_below(const struct es_strmap *set, const char *path,
			   size_t len)
{
	if (!set || es_strmap_count(set) == 0)
		return false;
	for (;;) {
		if (es_strmap_get(set, path, len))
			return true;
		if (len == 0)
			return false;
		do
			len--;
		while (len > 0 && path[len] != '/');
	}
}

bool es_checks_is_gone(const struct es_checks *c, const char *dir, size_t len)
{
	return is_at_or_below(c->gone, dir, len);
}

/* Whether a line of the tip still holds though nobody put it again. */
static bool still_holds(const struct es_findings *f, const char *path,
			size_t len)
{
	const struct es_checks *c = f->checks;
	size_t dir_len = len - 1;

	if (is_at_or_below(f->unread, path,
			   path[len - 1] == '/' ? len - 1 : len))
		return true;
	if ((!f->check->entry && !f->check->dir) || c->fresh)
		return false;
	/* The directory that the line belongs to: a directory's own line ends
	 * in a slash. */
	while (path[dir_len] != '/')
		dir_len--;
	return !es_strmap_get(c->fed, path, dir_len) &&
	       !es_checks_is_gone(c, path, dir_len);
}

static int take_over(struct es_findings *f)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 20);
	const char *pos = es_buf_str(&f->old), *end = pos + f->old.len;
	const char *detail;
	size_t len;
	int rc;

	while ((rc = es_findings_line(&pos, end, &path, &detail, &len)) > 0) {
		if (!still_holds(f, path.data, path.len))
			continue;
		es_quote_mtree(&f->lines, path.data, path.len);
		es_buf_addc(&f->lines, ' ');
		es_buf_add(&f->lines, detail, len);
		es_buf_addc(&f->lines, '\n');
	}
	return rc;
}

struct piece {
	const char *line;
	size_t len;
};

static int by_bytes(const void *a, const void *b)
{
	const struct piece *left = a, *right = b;

	return es_entry_name_cmp(left->line, left->len, right->line,
				 right->len);
}

/* Puts the lines in order, each once. */
static int sort_lines(const struct es_buf *lines, struct es_buf *out)
{
	const char *pos = es_buf_str(lines), *end = pos + lines->len;
	size_t n = 0, cap = 0;
	struct piece piece;

	for (const char *p = pos; p < end; p++)
		cap += *p == '\n';
	ES_CLEANUP(es_freep) struct piece *all = calloc(cap + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	while (n <= cap && es_lines_next(&pos, end, &piece.line, &piece.len))
		all[n++] = piece;
	qsort(all, n, sizeof(*all), by_bytes);
	for (size_t i = 0; i < n; i++) {
		if (i && by_bytes(&all[i], &all[i - 1]) == 0)
			continue;
		es_buf_add(out, all[i].line, all[i].len);
		es_buf_addc(out, '\n');
	}
	return out->failed;
}

int es_findings_finish(struct es_findings *f, struct es_texts *out,
		       struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf sorted = ES_BUF_INIT(ES_FINDINGS_MAX + 1);
	bool is_tree = f->check->entry || f->check->dir;

	if ((f->unread || (is_tree && !f->checks->fresh)) &&
	    !f->check->remembers && es_findings_load(f, err) < 0)
		return err->code;
	if (take_over(f) < 0)
		return es_fail_oom(err);
	if (es_buf_check(&f->lines, err) < 0)
		return es_wrap(err, "findings of %s", f->check->name);
	if (!f->lines.len)
		return 0;

	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(128);

	es_buf_addf(&name, "findings/%s", f->check->name);
	if (sort_lines(&f->lines, &sorted) < 0 ||
	    es_buf_check(&name, err) < 0 ||
	    es_texts_put(out, name.data, sorted.data, sorted.len) < 0)
		return es_fail_oom(err);
	return 0;
}
