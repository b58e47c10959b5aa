/* SPDX-License-Identifier: MIT */
/* errors.c - paths that a run could not read, when their set is news */
#include "config.h"

#include "etcsnap/tree.h"

#include "report/report_priv.h"

#include <errno.h>
#include <string.h>

/* Text of a run's run/errors; empty where there is none. */
static int load(struct es_buf *out, struct es_store *st,
		const struct es_oid *root, struct es_error *err)
{
	static const char name[] = "run/errors";
	struct es_oid oid;
	int rc = es_tree_lookup(&oid, NULL, st, root, name, sizeof(name) - 1,
				err);

	if (rc <= 0)
		return rc;
	return es_store_get(st, &oid, ES_KIND_BLOB, out, err);
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Undo es_quote_term(), by which paths stand in run/errors. */
static void unquote(struct es_buf *out, const char *s, size_t len)
{
	static const char letters[] = "nt\\";
	static const char values[] = "\n\t\\";

	for (size_t i = 0; i < len; i++) {
		const char *at = NULL;

		if (s[i] != '\\' || i + 1 == len) {
			es_buf_addc(out, s[i]);
			continue;
		}
		if (s[i + 1] == 'x' && i + 3 < len &&
		    hex_digit(s[i + 2]) >= 0 && hex_digit(s[i + 3]) >= 0) {
			es_buf_addc(out, (char)(hex_digit(s[i + 2]) << 4 |
						hex_digit(s[i + 3])));
			i += 3;
			continue;
		}
		at = s[i + 1] ? strchr(letters, s[i + 1]) : NULL;
		es_buf_addc(out, at ? values[at - letters] : s[i]);
		i += at != NULL;
	}
}

/* One line: "REASON PATH". */
static void add_error(struct es_doc *list, const char *line, size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 20);
	const char *blank = memchr(line, ' ', len);

	if (!blank)
		return;
	size_t word = (size_t)(blank - line);
	unquote(&path, blank + 1, len - word - 1);
	struct es_doc *obj = es_doc_push(list);
	es_doc_text(obj, "path", es_buf_str(&path), path.len);
	es_doc_text(obj, "reason", line, word);
}

int report_errors(struct es_doc *doc, const struct es_report_input *in,
		  struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf was = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf is = ES_BUF_INIT(ES_BUF_MAX);
	struct es_doc *list = es_doc_array(doc, "errors");

	if (load(&was, in->st, &in->old.tree, err) < 0 ||
	    load(&is, in->st, &in->new.tree, err) < 0)
		return err->code;
	if (was.len == is.len && strcmp(es_buf_str(&was), es_buf_str(&is)) == 0)
		return 0;
	for (const char *at = es_buf_str(&is); *at;) {
		size_t len = strcspn(at, "\n");

		add_error(list, at, len);
		at += len + (at[len] == '\n');
	}
	return 0;
}
