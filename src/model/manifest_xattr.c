/* SPDX-License-Identifier: MIT */
/* manifest_xattr.c - .xattr texts, written and read */
#include "config.h"

#include "etcsnap/manifest.h"

#include "etcsnap/base64.h"
#include "model/manifest_priv.h"

#include <errno.h>
#include <string.h>

/* What setfattr(1) looks for at the begin of each object's attributes. */
#define INTRO "# file: "

/*
 * A name as setfattr(1) reads it back: getfattr(1) escapes the line ends and
 * the backslash; we the other control bytes too, as people will page the file.
 */
static void add_name(struct es_buf *out, const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned int c = (unsigned char)name[i];

		if (c < 0x20 || c == 0x7f || c == '\\')
			es_buf_addf(out, "\\%03o", c);
		else
			es_buf_addc(out, name[i]);
	}
}

static void add_stanza(struct es_buf *out, const struct es_entry *e)
{
	if (e->watch != ES_WATCH_YES || !e->xattr_len)
		return;
	es_buf_adds(out, INTRO);
	add_name(out, e->name, e->name_len);
	es_buf_addc(out, '\n');
	es_buf_add(out, e->xattr, e->xattr_len);
	es_buf_addc(out, '\n');
}

int es_manifest_write_xattr(struct es_buf *out, const char *listing, size_t len,
			    struct es_error *err)
{
	struct es_listing_reader r;
	struct es_entry e;
	int rc = es_listing_open(&r, listing, len);

	while (rc >= 0 && (rc = es_listing_next(&r, &e)) > 0)
		add_stanza(out, &e);
	if (rc < 0)
		return es_fail(err, -EILSEQ,
			       "the packed listing of a directory is damaged");
	return es_buf_check(out, err);
}

/*
 * Undo octal escapes; where @others is set, a backslash before any other byte
 * stands for that byte.
 */
static bool unescape(struct es_buf *out, struct es_span s, bool others)
{
	es_buf_reset(out);
	for (size_t i = 0; i < s.len; i++) {
		uint64_t n = (unsigned char)s.at[i];
		struct es_span octal = { s.at + i + 1, 3 };

		if (n == '\\') {
			if (s.len - i >= 4 &&
			    es_span_number(octal, 8, 0377, &n))
				i += 3;
			else if (others && s.len - i >= 2)
				n = (unsigned char)s.at[++i];
			else
				return false;
		}
		if (es_buf_addc(out, (char)n) < 0)
			return false;
	}
	return true;
}

static bool unquote(struct es_buf *out, struct es_span s)
{
	return unescape(out, s, false) && out->len > 0 &&
	       !memchr(out->data, '\0', out->len);
}

static int read_body(struct es_stanza *x, struct es_error *err)
{
	const char *start = x->in.at;
	struct es_span line, name, value;
	int rc;

	x->body = (struct es_span){ start, 0 };
	while ((rc = es_line_next(&x->in, &line, err)) > 0 && line.len > 0) {
		if (*line.at == '#' || *line.at == '=' ||
		    !es_span_split(line, '=', &name, &value))
			return es_line_fail(&x->in, err, "not an attribute");
		x->body.len = (size_t)(x->in.at - start);
	}
	return rc < 0 ? rc : 0;
}

int es_stanza_next(struct es_stanza *x, struct es_error *err)
{
	struct es_span line = { NULL, 0 };
	int rc;

	x->waiting = false;
	do {
		rc = es_line_next(&x->in, &line, err);
	} while (rc > 0 && line.len == 0);
	if (rc <= 0)
		return rc;
	if (!es_span_begins(line, INTRO))
		return es_line_fail(&x->in, err, "not the begin of a stanza");
	line.at += sizeof(INTRO) - 1;
	line.len -= sizeof(INTRO) - 1;
	if (!unquote(&x->name, line))
		return es_line_fail(&x->in, err, "not a name");
	x->waiting = true;
	return read_body(x, err);
}

static bool decode_hex(struct es_buf *out, struct es_span s)
{
	uint8_t byte;

	for (size_t i = 0; i + 1 < s.len; i += 2) {
		if (es_unhex(&byte, s.at + i, 1) < 0)
			return false;
		es_buf_addc(out, (char)byte);
	}
	return s.len % 2 == 0;
}

static bool decode_value(struct es_buf *out, struct es_span v)
{
	es_buf_reset(out);
	if (v.len == 0)
		return true;
	if (es_span_begins(v, "0s"))
		return es_base64_decode(out, v.at + 2, v.len - 2) == 0;
	if (es_span_begins(v, "0x"))
		return decode_hex(out, (struct es_span){ v.at + 2, v.len - 2 });
	if (v.len < 2 || *v.at != '"' || v.at[v.len - 1] != '"')
		return false;
	return unescape(out, (struct es_span){ v.at + 1, v.len - 2 }, true);
}

int es_xattr_next(const char **text, size_t *len, struct es_buf *name,
		  struct es_buf *value)
{
	struct es_error unused = ES_ERROR_INIT;
	struct es_span line, left, right;

	if (*len == 0)
		return 0;
	struct es_lines in = { "", *text, *text + *len, 0 };
	int rc = es_line_next(&in, &line, &unused);
	if (rc <= 0)
		return rc;
	*len -= (size_t)(in.at - *text);
	*text = in.at;
	if (!es_span_split(line, '=', &left, &right) || !unquote(name, left) ||
	    !decode_value(value, right))
		return name->failed || value->failed ? -ENOMEM : -EINVAL;
	return name->failed || value->failed ? -ENOMEM : 1;
}
