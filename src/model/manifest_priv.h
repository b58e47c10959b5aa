/* SPDX-License-Identifier: MIT */
/* manifest_priv.h - what the readers of .mtree and .xattr share */
#ifndef ETCSNAP_MANIFEST_PRIV_H
#define ETCSNAP_MANIFEST_PRIV_H

#include "etcsnap/manifest.h"

/**
 * struct es_span - a piece of a text; not NUL-terminated
 * @at:  its first byte
 * @len: bytes
 */
struct es_span {
	const char *at;
	size_t len;
};

/**
 * struct es_lines - reads a text line by line
 * @file:   name for messages
 * @at:     next line
 * @end:    end of the text
 * @number: of the line read last, 1 is the first
 */
struct es_lines {
	const char *file;
	const char *at;
	const char *end;
	unsigned int number;
};

/**
 * struct es_stanza - position in a .xattr, at one object's attributes
 * @in:      the text
 * @name:    of the object, decoded
 * @body:    its attribute lines
 * @waiting: there is a stanza; else the text is at its end
 */
struct es_stanza {
	struct es_lines in;
	struct es_buf name;
	struct es_span body;
	bool waiting;
};

/**
 * struct es_values - what the lines of one object say
 * @e:      entry; its name and extended attributes are the parser's business
 * @seen:   keywords and words that were there, as bits
 * @target: of a link
 * @uname:  names of its owner
 * @gname:  likewise
 * @extra:  what few objects have, but for the link
 * @link:   first partner of a hard link
 * @made:   both as the entry points to them
 */
struct es_values {
	struct es_entry e;
	unsigned int seen;
	struct es_buf target;
	struct es_buf uname;
	struct es_buf gname;
	struct es_extra extra;
	struct es_buf link;
	struct es_buf made;
};

/** ES_VALUES_INIT - values of nothing */
#define ES_VALUES_INIT                             \
	{                                          \
		.target = ES_BUF_INIT(ES_BUF_MAX), \
		.uname = ES_BUF_INIT(ES_BUF_MAX),  \
		.gname = ES_BUF_INIT(ES_BUF_MAX),  \
		.link = ES_BUF_INIT(ES_BUF_MAX),   \
		.made = ES_BUF_INIT(ES_BUF_MAX)    \
	}

/** es_values_dispose - free what values point to */
void es_values_dispose(struct es_values *v);

/** es_values_reset - begin with the next object */
void es_values_reset(struct es_values *v);

/**
 * es_values_add - take one NAME=VALUE
 * @v:       values
 * @comment: it stands in a "#+" comment
 * @name:    keyword or word
 * @value:   value as written
 * @in:      where it stands
 * @err:     filled when the value is bad, or the second of its name
 *
 * Return: 1, 0 when the name is unknown, -EINVAL.
 */
int es_values_add(struct es_values *v, bool comment, struct es_span name,
		  struct es_span value, const struct es_lines *in,
		  struct es_error *err);

/**
 * es_values_finish - complete the entry when all is read
 * @v:   values
 * @at:  where the object stands
 * @err: filled when values do not go together
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int es_values_finish(struct es_values *v, const struct es_lines *at,
		     struct es_error *err);

/** es_values_user - Return: name of the owner, NULL when there was none */
const char *es_values_user(const struct es_values *v);

/** es_values_group - Return: name of the group, NULL when there was none */
const char *es_values_group(const struct es_values *v);

/** es_line_fail - say what is wrong with a line; Return: -EINVAL */
int es_line_fail(const struct es_lines *in, struct es_error *err,
		 const char *what);

/**
 * es_line_next - the next line
 * @in:   text
 * @line: set, without the line end
 * @err:  filled when the last line has no end
 *
 * Return: 1, 0 at the end of the text, -EINVAL.
 */
int es_line_next(struct es_lines *in, struct es_span *line,
		 struct es_error *err);

/** es_span_word - take the next word; Return: whether there was one */
bool es_span_word(struct es_span *rest, struct es_span *word);

/** es_span_is - whether a span is a text */
bool es_span_is(struct es_span s, const char *text);

/** es_span_begins - whether a span begins with a text */
bool es_span_begins(struct es_span s, const char *text);

/** es_span_split - cut at the first @c; Return: whether there is one */
bool es_span_split(struct es_span s, char c, struct es_span *left,
		   struct es_span *right);

/** es_span_number - Return: whether all is digits of @base, up to @max */
bool es_span_number(struct es_span s, unsigned int base, uint64_t max,
		    uint64_t *out);

/**
 * es_span_unquote - decode a quoted value
 * @out: reset and filled
 * @s:   as written
 *
 * Return: whether it is one, of at least one byte and without NULs.
 */
bool es_span_unquote(struct es_buf *out, struct es_span s);

/** es_stanza_next - read on; Return: 0, -EINVAL on what is no stanza */
int es_stanza_next(struct es_stanza *x, struct es_error *err);

#endif
