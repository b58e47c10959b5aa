/* SPDX-License-Identifier: MIT */
/* doc_read.c - documents from JSON text */
#include "config.h"

#include "etcsnap/doc.h"

#include "etcsnap/quote.h"

#include "output/doc_priv.h"

#include <errno.h>
#include <stdbool.h>

/**
 * struct place - where in the text
 * @line:   from 1
 * @column: bytes from 1
 */
struct place {
	size_t line;
	size_t column;
};

/*
 * Whether the brackets nest at most ES_DOC_DEPTH_MAX deep; @at is where they
 * are deeper. The library descends by calling itself and so does the making
 * of nodes; what is no JSON at all is left for the library to tell.
 */
static bool is_shallow(const char *text, size_t len, struct place *at)
{
	size_t depth = 0;
	bool quoted = false;

	*at = (struct place){ 1, 0 };
	for (size_t i = 0; i < len; i++) {
		at->column++;
		if (text[i] == '\n') {
			at->line++;
			at->column = 0;
		} else if (quoted && text[i] == '\\') {
			i++;
			at->column++;
		} else if (text[i] == '"') {
			quoted = !quoted;
		} else if (quoted) {
			continue;
		} else if (text[i] == '[' || text[i] == '{') {
			if (++depth > ES_DOC_DEPTH_MAX)
				return false;
		} else if ((text[i] == ']' || text[i] == '}') && depth) {
			depth--;
		}
	}
	return true;
}

int es_doc_read(struct es_doc **out, const char *name, const char *text,
		size_t len, struct es_error *err)
{
	json_error_t why;
	struct place at;

	if (len > ES_DOC_TEXT_MAX)
		return es_fail(err, -EFBIG, "%s: more than %zu bytes",
			       ES_Q(name), ES_DOC_TEXT_MAX);
	if (!is_shallow(text, len, &at))
		return es_fail(err, -EINVAL,
			       "%s:%zu:%zu: brackets more than %d deep",
			       ES_Q(name), at.line, at.column,
			       ES_DOC_DEPTH_MAX);

	json_t *json = json_loadb(text ? text : "", len, JSON_DECODE_ANY, &why);

	if (!json && json_error_code(&why) == json_error_out_of_memory)
		return es_fail_oom(err);
	if (!json)
		return es_fail(err, -EINVAL, "%s:%d:%d: no JSON: %s",
			       ES_Q(name), why.line, why.column,
			       ES_Q(why.text));

	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new_of(json);

	if (!doc || es_doc_make_nodes(doc) < 0)
		return es_fail_oom(err);
	*out = es_steal_ptr(&doc);
	return 0;
}
