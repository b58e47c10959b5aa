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

/** es_stanza_next - read on; Return: 0, -EINVAL on what is no stanza */
int es_stanza_next(struct es_stanza *x, struct es_error *err);

#endif
