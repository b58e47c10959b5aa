/* SPDX-License-Identifier: MIT */
/* hunks.c - what differs in content: hunks, or why there are none */
#include "config.h"

#include "report/model_priv.h"

#include <errno.h>
#include <stdlib.h>
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

/* Where a hunk stands, as its header says it: "@@ -1,3 +1,4 @@ context". */
struct place {
	unsigned long start[2];
	unsigned long count[2];
	const char *context;
	size_t context_len;
};

static bool read_span(const char **at, char mark, unsigned long *start,
		      unsigned long *count)
{
	char *end;

	if (**at != mark)
		return false;
	*start = strtoul(*at + 1, &end, 10);
	*count = 1;
	if (*end == ',')
		*count = strtoul(end + 1, &end, 10);
	*at = end + (*end == ' ');
	return true;
}

static void read_place(struct place *out, const char *line, size_t len)
{
	const char *at = line + 3;
	const char *end = line + len;

	memset(out, 0, sizeof(*out));
	if (len < 4 || !read_span(&at, '-', &out->start[0], &out->count[0]) ||
	    !read_span(&at, '+', &out->start[1], &out->count[1]))
		return;
	if (end - at < 3 || memcmp(at, "@@ ", 3) != 0)
		return;
	out->context = at + 3;
	out->context_len = (size_t)(end - out->context);
}

/* Lines of the hunk that is being put down, for the marks. */
struct lines {
	struct report_line *items;
	size_t n;
	size_t cap;
};

static int add_line(struct lines *l, const struct report_line *line)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		struct report_line *grown =
			reallocarray(l->items, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		l->items = grown;
		l->cap = cap;
	}
	l->items[l->n++] = *line;
	return 0;
}

/* What a patch is put down with, line by line. */
struct hunks {
	struct es_doc *content;
	struct es_doc *list; /* NULL until the first line */
	struct es_doc *lines;
	struct es_doc *last;
	struct place place;
	const char *header;
	size_t header_len;
	struct lines marks;
	struct report_room *room;
	size_t left; /* lines of this change */
	size_t dropped;
};

/* A hunk is put down with its first line: there is none without. */
static void begin_hunk(struct hunks *h)
{
	struct es_doc *hunk;

	if (!h->list)
		h->list = es_doc_array(h->content, "hunks");
	hunk = es_doc_push(h->list);
	es_doc_text(hunk, "header", h->header, h->header_len);
	es_doc_number(hunk, "old_start", (int64_t)h->place.start[0]);
	es_doc_number(hunk, "old_count", (int64_t)h->place.count[0]);
	es_doc_number(hunk, "new_start", (int64_t)h->place.start[1]);
	es_doc_number(hunk, "new_count", (int64_t)h->place.count[1]);
	if (h->place.context_len > 0)
		es_doc_text(hunk, "context", h->place.context,
			    h->place.context_len);
	h->lines = es_doc_array(hunk, "lines");
}

static void end_hunk(struct hunks *h)
{
	report_marks(h->marks.items, h->marks.n, h->room);
	h->marks.n = 0;
	h->lines = NULL;
	h->last = NULL;
}

static int put_line(struct hunks *h, const char *at, size_t len)
{
	struct report_line line = { at + 1, len ? len - 1 : 0, ' ', NULL };
	char op[2] = { len ? *at : ' ', '\0' };
	struct report_room *room = h->room;

	if (h->left == 0 || room->lines == 0 || room->bytes < line.len) {
		h->dropped++;
		room->lines_dropped++;
		room->bytes_dropped += line.len;
		/* what comes later must not stand where this should */
		h->left = 0;
		return 0;
	}
	if (!h->lines)
		begin_hunk(h);
	h->left--;
	room->lines--;
	room->bytes -= line.len;
	h->last = line.doc = es_doc_push(h->lines);
	line.op = *op;
	es_doc_str(line.doc, "op", op);
	es_doc_text(line.doc, "text", len ? line.text : at, line.len);
	if (*op != '+')
		es_doc_number(line.doc, "old", (int64_t)h->place.start[0]++);
	if (*op != '-')
		es_doc_number(line.doc, "new", (int64_t)h->place.start[1]++);
	return add_line(&h->marks, &line);
}

/* Unified diff text, hunk by hunk and line by line. */
static int put_hunks(struct hunks *h, const struct es_buf *patch)
{
	const char *end = es_buf_str(patch) + patch->len;

	for (const char *at = es_buf_str(patch); at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop ? stop : end) - at);
		int rc = 0;

		if (len && *at == '@') {
			end_hunk(h);
			h->header = at;
			h->header_len = len;
			read_place(&h->place, at, len);
		} else if (len && *at == '\\') {
			if (h->last)
				es_doc_bool(h->last, "no_newline", true);
		} else if (h->header) {
			rc = put_line(h, at, len);
		}
		if (rc < 0)
			return rc;
		at += len + 1;
	}
	end_hunk(h);
	return 0;
}

static int set_hunks(struct es_doc *content, const struct es_buf *patch,
		     struct report_room *room)
{
	struct hunks h = { .content = content,
			   .room = room,
			   .left = room->each };
	int rc = put_hunks(&h, patch);

	free(h.marks.items);
	if (!h.list)
		es_doc_str(content, "state", states[ES_PATCH_LARGE]);
	if (h.dropped > 0)
		es_doc_number(content, "dropped", (int64_t)h.dropped);
	return rc;
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
		   const struct es_change *c, struct report_room *room,
		   struct es_error *err)
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
	if (rc == ES_PATCH_TEXT && set_hunks(content, &patch, room) < 0)
		return es_fail_oom(err);
	if (rc == ES_PATCH_DIGEST) {
		set_digest(change, "old_digest", c->old);
		set_digest(change, "new_digest", c->new);
	}
	return es_buf_check(&patch, err);
}
