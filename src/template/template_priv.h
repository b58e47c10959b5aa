/* SPDX-License-Identifier: MIT */
/* template_priv.h - what a compiled template is, for this folder */
#ifndef ETCSNAP_TEMPLATE_PRIV_H
#define ETCSNAP_TEMPLATE_PRIV_H

#include "etcsnap/template.h"
#include "etcsnap/value.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes of a template, and tags and texts in one; far above any real one. */
#define TEMPLATE_MAX ((size_t)4 << 20)
#define TEMPLATE_OPS_MAX ((size_t)1 << 18)

/* How deep sections nest in one template. */
#define TEMPLATE_SECTIONS_MAX 64

/* How deep sections nest in all partials that are in each other. */
#define TEMPLATE_FRAMES_MAX 256

/* How deep partials nest. */
#define TEMPLATE_PARTIALS_MAX 32

/*
 * Lookups and tags that one rendering may take: what a template that repeats
 * sections in sections, or partials in partials, can use up without writing a
 * byte. A report of 10,000 changes takes a hundredth of it, and all of it is a
 * matter of seconds.
 */
#define TEMPLATE_STEPS_MAX ((uint64_t)1 << 26)

/* Steps of a partial, whose name is looked for among the templates. */
#define TEMPLATE_PARTIAL_STEPS 32

/* Bytes of a name; looking it up takes time by its length. */
#define TEMPLATE_NAME_MAX 255

enum op_kind {
	OP_TEXT,
	OP_VALUE,
	OP_BARE,
	OP_SECTION,
	OP_INVERTED,
	OP_END,
	OP_PARTIAL,
};

/*
 * One text or tag. A name is kept as its parts, each with a NUL: "a.b" is
 * "a\0b\0"; "." has no part.
 */
struct op {
	const char *text;   /* the text, or the name of the tag */
	const char *indent; /* of a partial alone on its line, else NULL */
	uint32_t len;	    /* bytes of text; of a name without the last NUL */
	uint32_t indent_len;
	uint32_t parts;	    /* of the name */
	uint32_t line;	    /* where it stands, from 1 */
	uint32_t end;	    /* of a section: its OP_END */
	uint8_t kind;	    /* enum op_kind */
	bool at_line_start; /* of a text: a partial's indent goes before it */
};

struct es_template {
	char *name;
	char *text; /* copy of the source, in which the ops point */
	size_t len;
	struct op *ops;
	size_t n;
	size_t cap;
	enum es_template_target target;
};

/* The shipped templates, sorted by name; a NULL name ends them. The table is
 * made by embed.sh from the files in conf/templates. */
struct shipped {
	const char *name;
	const unsigned char *data;
	size_t len;
};

extern const struct shipped es_template_shipped[];

/* Append text as the target has to have it. */
int es_template_escape(struct es_buf *out, enum es_template_target target,
		       const char *text, size_t len);

/* Append a value as {{x}} or, @bare, as {{{x}}} does. */
int es_template_value(struct es_buf *out, enum es_template_target target,
		      struct es_value v, bool bare);

/* Make what was appended from @start on one line without blanks around. */
void es_template_one_line(struct es_buf *out, size_t start);

/* Whether a text is a template's name: no way out of the folder. */
bool es_template_name_is_good(const char *name);

/*
 * Read a user's template. Return: 1, 0 when there is none, or a negative errno
 * with what is wrong in @err.
 */
int es_template_read(struct es_buf *out, const char *dir, const char *name,
		     struct es_error *err);

#endif
