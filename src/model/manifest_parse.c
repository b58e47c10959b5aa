/* SPDX-License-Identifier: MIT */
/* manifest_parse.c - .mtree and .xattr texts to entries */
#include "config.h"

#include "etcsnap/manifest.h"

#include <errno.h>
#include <string.h>

#include "model/manifest_priv.h"

/*
 * Manifests come from a repository that may have been written by a newer
 * version, pushed to by somebody else, or made up. Only what format 1 holds
 * is accepted, and whatever is accepted keeps the promises of struct es_entry:
 * names are names, and values stand only where a type has them.
 */

/*
 * struct parser - the entry being read and what is needed to judge it
 * @entry_line: line of its name
 * @prev:       name of the entry before it
 */
struct parser {
	struct es_lines in;
	struct es_stanza xattr;
	struct es_values v;
	unsigned int entry_line;
	size_t entries;
	struct es_buf name;
	struct es_buf prev;
	es_manifest_each each;
	void *payload;
	struct es_error *err;
};

static int parse_keywords(struct parser *p, struct es_span rest)
{
	struct es_span word, name, value;

	while (es_span_word(&rest, &word)) {
		int rc = 0;

		if (es_span_split(word, '=', &name, &value))
			rc = es_values_add(&p->v, false, name, value, &p->in,
					   p->err);
		if (rc == 0)
			return es_line_fail(&p->in, p->err,
					    "not a keyword of format 1");
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* What a later version says here in other words is no concern of ours. */
static int parse_comment(struct parser *p, struct es_span rest)
{
	static const char what[] = "not a comment of format 1";
	struct es_span word, name, value;

	if (!p->entries || (rest.len && *rest.at != ' '))
		return es_line_fail(&p->in, p->err, what);
	while (es_span_word(&rest, &word)) {
		int rc;

		if (!es_span_split(word, '=', &name, &value) || !name.len)
			return es_line_fail(&p->in, p->err, what);
		rc = es_values_add(&p->v, true, name, value, &p->in, p->err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ------------------------------------------------------------ entries */

/* Both files are in the same order, so one stanza waits at a time. */
static int take_xattr(struct parser *p)
{
	struct es_stanza *x = &p->xattr;

	if (!x->waiting)
		return 0;
	if (es_entry_name_cmp(x->name.data, x->name.len, p->v.e.name,
			      p->v.e.name_len) != 0)
		return 0;
	if (x->body.len) {
		p->v.e.xattr = x->body.at;
		p->v.e.xattr_len = x->body.len;
	}
	return es_stanza_next(x, p->err);
}

/* Hands out the entry that was read last. */
static int finish_entry(struct parser *p)
{
	struct es_entry *e = &p->v.e;
	struct es_lines at = p->in;
	int rc;

	if (!p->entries)
		return 0;
	at.number = p->entry_line;
	rc = es_values_finish(&p->v, &at, p->err);
	if (rc < 0)
		return rc;
	e->name = p->name.data;
	e->name_len = p->name.len;
	/* Others are only named if they are watched, also directories. */
	e->watch = p->entries == 1 && !(e->has & ES_HAS_STAT) ? ES_WATCH_PASS
							      : ES_WATCH_YES;
	rc = take_xattr(p);
	if (rc < 0)
		return rc;
	rc = p->each(p->payload, e, es_values_user(&p->v),
		     es_values_group(&p->v));
	return rc < 0 ? rc : 0;
}

/* "." comes first, then "./name" in the order of bytes. */
static int read_name(struct parser *p, struct es_span word)
{
	struct es_buf swap = p->prev;

	if (!p->entries) {
		if (!es_span_is(word, "."))
			return es_line_fail(&p->in, p->err,
					    "the first entry is not .");
		return es_buf_addc(&p->name, '.') < 0 ? es_fail_oom(p->err) : 0;
	}
	p->prev = p->name;
	p->name = swap;
	if (!es_span_begins(word, "./"))
		return es_line_fail(&p->in, p->err,
				    "not a name of this directory");
	word.at += 2;
	word.len -= 2;
	if (!es_span_unquote(&p->name, word) ||
	    memchr(p->name.data, '/', p->name.len) ||
	    strcmp(p->name.data, ".") == 0 || strcmp(p->name.data, "..") == 0)
		return es_line_fail(&p->in, p->err,
				    "not a name of this directory");
	if (p->entries > 1 && es_entry_name_cmp(p->prev.data, p->prev.len,
						p->name.data, p->name.len) >= 0)
		return es_line_fail(&p->in, p->err, "entries are not in order");
	return 0;
}

static int parse_entry(struct parser *p, struct es_span line)
{
	struct es_span word;
	int rc = finish_entry(p);

	if (rc < 0)
		return rc;
	if (!es_span_word(&line, &word))
		return es_line_fail(&p->in, p->err, "blanks and nothing else");
	rc = read_name(p, word);
	if (rc < 0)
		return rc;
	es_values_reset(&p->v);
	p->entry_line = p->in.number;
	p->entries++;
	rc = parse_keywords(p, line);
	if (rc < 0)
		return rc;
	if (p->entries == 1 && p->v.e.type != ES_TYPE_DIR)
		return es_line_fail(&p->in, p->err,
				    "the first entry is no directory");
	return 0;
}

static int parse_lines(struct parser *p)
{
	struct es_span line;
	int rc = es_line_next(&p->in, &line, p->err);

	if (rc < 0)
		return rc;
	if (rc == 0 || !es_span_is(line, "#mtree"))
		return es_fail(p->err, -EINVAL,
			       "%s does not begin with the line #mtree",
			       p->in.file);
	while ((rc = es_line_next(&p->in, &line, p->err)) > 0) {
		if (es_span_begins(line, "#+"))
			rc = parse_comment(p, (struct es_span){ line.at + 2,
								line.len - 2 });
		else if (line.len && *line.at != '#')
			rc = parse_entry(p, line);
		if (rc < 0)
			return rc;
	}
	if (rc < 0)
		return rc;
	if (!p->entries)
		return es_line_fail(&p->in, p->err, "no entry up to here");
	rc = finish_entry(p);
	if (rc < 0)
		return rc;
	if (p->xattr.waiting)
		return es_line_fail(&p->xattr.in, p->err,
				    "the stanza before it is of no entry");
	return 0;
}

static void dispose(struct parser *p)
{
	es_buf_dispose(&p->xattr.name);
	es_buf_dispose(&p->name);
	es_buf_dispose(&p->prev);
	es_values_dispose(&p->v);
}

int es_manifest_parse(const char *mtree, size_t mtree_len, const char *xattr,
		      size_t xattr_len, es_manifest_each each, void *payload,
		      struct es_error *err)
{
	ES_CLEANUP(dispose)
	struct parser p = {
		.in = { ".mtree", mtree, mtree + mtree_len, 0 },
		.xattr = { .in = { ".xattr", xattr, xattr, 0 },
			   .name = ES_BUF_INIT(ES_BUF_MAX) },
		.name = ES_BUF_INIT(ES_BUF_MAX),
		.prev = ES_BUF_INIT(ES_BUF_MAX),
		.v = ES_VALUES_INIT,
		.each = each,
		.payload = payload,
		.err = err,
	};
	int rc;

	if (xattr) {
		p.xattr.in.end = xattr + xattr_len;
		rc = es_stanza_next(&p.xattr, err);
		if (rc < 0)
			return rc;
	}
	return parse_lines(&p);
}
