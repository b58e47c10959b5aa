/* SPDX-License-Identifier: MIT */
/* hunks.c - what differs in content: hunks, or why there are none */
#include "config.h"

#include "report/report_priv.h"

#include <string.h>

static const char *const states[] = {
	[ES_PATCH_TEXT] = "text",     [ES_PATCH_NONE] = "none",
	[ES_PATCH_SECRET] = "secret", [ES_PATCH_DIGEST] = "digest",
	[ES_PATCH_BINARY] = "binary", [ES_PATCH_LARGE] = "large",
};

/* A digest may be told where the class is digest, and no value was masked. */
static void set_digest(struct es_doc *change, const char *key,
		       const struct es_entry *e)
{
	char text[8 + 2 * ES_SHA256_LEN] = "sha256:";

	if (!e || !(e->has & ES_HAS_SHA256) || (e->has & ES_HAS_MASKED) ||
	    e->class == ES_CLASS_SECRET)
		return;
	es_hex(text + strlen(text), e->digest, sizeof(e->digest));
	es_doc_str(change, key, text);
}

/* Unified diff text, hunk by hunk and line by line. */
static void set_hunks(struct es_doc *content, const struct es_buf *patch)
{
	struct es_doc *hunks = es_doc_array(content, "hunks");
	struct es_doc *lines = NULL, *line = NULL;
	const char *end = es_buf_str(patch) + patch->len;

	for (const char *at = es_buf_str(patch); at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop ? stop : end) - at);
		char op[2] = { len ? *at : ' ', '\0' };

		if (*op == '@') {
			struct es_doc *hunk = es_doc_push(hunks);

			es_doc_text(hunk, "header", at, len);
			lines = es_doc_array(hunk, "lines");
		} else if (*op == '\\' && line) {
			es_doc_bool(line, "no_newline", true);
		} else if (lines) {
			line = es_doc_push(lines);
			es_doc_str(line, "op", op);
			es_doc_text(line, "text", len ? at + 1 : at,
				    len ? len - 1 : 0);
		}
		at += len + 1;
	}
}

/*
 * The encoding of text that is kept otherwise than it is shown, and the one
 * that it had before.
 */
static void set_encoding(struct es_doc *content,
			 const struct es_patch_charsets *cs)
{
	enum es_charset now = cs->new;

	if (es_charset_differs(cs->old, cs->new)) {
		es_doc_str(content, "encoding", es_charset_name(cs->new));
		es_doc_str(content, "old_encoding", es_charset_name(cs->old));
		return;
	}
	/* ASCII is text in the other one, too. */
	if (now == ES_CHARSET_NONE || now == ES_CHARSET_ASCII)
		now = cs->old;
	if (!es_charset_is_plain(now))
		es_doc_str(content, "encoding", es_charset_name(now));
}

static bool is_file(const struct es_entry *e)
{
	return e && e->type == ES_TYPE_FILE;
}

int report_content(struct es_doc *change, const struct es_report_input *in,
		   const struct es_change *c, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf patch = ES_BUF_INIT(ES_BUF_MAX);
	struct es_patch_options options = in->patch;
	struct es_patch_charsets charsets = { 0 };

	if (!is_file(c->old) && !is_file(c->new))
		return 0;
	if (c->kind == ES_CHANGE_WATCHED || c->kind == ES_CHANGE_UNWATCHED ||
	    c->kind == ES_CHANGE_TOUCHED)
		return 0;
	options.charsets = &charsets;
	int rc = es_delta_patch(&patch, in->st, c, &options, err);
	if (rc < 0)
		return es_wrap(err, "content of a change");
	struct es_doc *content = es_doc_object(change, "content");
	es_doc_str(content, "state", states[rc]);
	set_encoding(content, &charsets);
	if (rc == ES_PATCH_TEXT)
		set_hunks(content, &patch);
	if (rc == ES_PATCH_DIGEST) {
		set_digest(change, "old_digest", c->old);
		set_digest(change, "new_digest", c->new);
	}
	return es_buf_check(&patch, err);
}
