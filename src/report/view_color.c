/* SPDX-License-Identifier: MIT */
/* view_color.c - colours of plain text */
#include "config.h"

#include "report/view_priv.h"

#include <string.h>

/*
 * A template quotes control bytes, whoever they come from. So what is to be
 * coloured is marked by characters of a private plane, which become escape
 * codes when the template is done. A file that has such characters in it can
 * colour a line of a terminal, and no more than that.
 */
static const char plane[] = "\xf4\x8f\xb0"; /* U+10FC00 to U+10FC3F */

static const char *const codes[] = {
	[COLOR_NONE] = "\033[m",	[COLOR_TITLE] = "\033[1m",
	[COLOR_OLD] = "\033[31m",	[COLOR_NEW] = "\033[32m",
	[COLOR_OLD_WORD] = "\033[1;7m", [COLOR_NEW_WORD] = "\033[1;7m",
	[COLOR_HUNK] = "\033[36m",	[COLOR_WARN] = "\033[1;33m",
	[COLOR_ALARM] = "\033[1;31m",
};

#define FIRST 0x80

void view_color(struct es_buf *out, const struct view *v, enum view_color c)
{
	if (!v->o->color)
		return;
	es_buf_adds(out, plane);
	es_buf_addc(out, (char)(FIRST + (int)c));
}

void view_colors(struct view *v)
{
	static const struct {
		const char *name;
		enum view_color color;
	} names[] = {
		{ "none", COLOR_NONE }, { "title", COLOR_TITLE },
		{ "old", COLOR_OLD },	{ "new", COLOR_NEW },
		{ "warn", COLOR_WARN }, { "alarm", COLOR_ALARM },
	};
	struct es_doc *obj = es_doc_object(v->root, "color");

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(16);

		view_color(&b, v, names[i].color);
		es_doc_str(obj, names[i].name, es_buf_str(&b));
	}
}

int view_paint(struct es_buf *out, size_t start)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf plain = ES_BUF_INIT(out->max);
	const char *at, *end, *mark;

	if (out->failed)
		return out->failed;
	es_buf_add(&plain, es_buf_str(out) + start, out->len - start);
	if (plain.failed) {
		out->failed = plain.failed;
		return out->failed;
	}
	es_buf_truncate(out, start);
	at = es_buf_str(&plain);
	end = at + plain.len;
	while ((mark = memmem(at, (size_t)(end - at), plane, 3)) != NULL &&
	       end - mark > 3) {
		unsigned int n = (unsigned char)mark[3] - FIRST;

		es_buf_add(out, at, (size_t)(mark - at));
		if (n < COLOR_COUNT)
			es_buf_adds(out, codes[n]);
		else
			es_buf_add(out, mark, 4);
		at = mark + 4;
	}
	es_buf_add(out, at, (size_t)(end - at));
	return out->failed;
}
