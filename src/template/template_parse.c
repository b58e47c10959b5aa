/* SPDX-License-Identifier: MIT */
/* template_parse.c - the text of a template into texts and tags */
#include "config.h"

#include "etcsnap/template.h"

#include "etcsnap/quote.h"

#include "template/template_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of one delimiter. */
#define DELIMITER_MAX 16

/* Bytes of a name in a message. */
#define SHOWN_MAX 80

struct parser {
	struct es_template *t;
	size_t at;	  /* what is not read yet */
	uint32_t line;	  /* of @at, from 1 */
	const char *open; /* delimiters, in the template's text or static */
	const char *close;
	size_t open_len;
	size_t close_len;
	uint32_t sections[TEMPLATE_SECTIONS_MAX]; /* that are open: their ops */
	size_t depth;
	struct es_error *err;
};

/* A tag as it is found, before it is understood. */
struct tag {
	size_t start; /* offsets in the text: of the delimiter */
	size_t end;   /* past the other one */
	size_t name;  /* of what is between, without blanks around */
	size_t name_end;
	size_t indent; /* of the blanks before it, where it is alone */
	size_t next;   /* where reading goes on */
	uint32_t line;
	char kind;  /* #^/>!=&{ or 0 */
	bool alone; /* nothing else is on its line, which goes with it */
};

__attribute__((format(printf, 3, 4))) static int
fault(const struct parser *p, uint32_t line, const char *fmt, ...)
{
	char text[700];
	va_list args;

	va_start(args, fmt);
	if (vsnprintf(text, sizeof(text), fmt, args) < 0)
		text[0] = '\0';
	va_end(args);
	return es_fail_config(p->err, "%s:%u: %s", ES_Q(p->t->name), line,
			      text);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_space(char c)
{
	return is_blank(c) || c == '\r' || c == '\n';
}

static uint32_t count_lines(const char *text, size_t from, size_t to)
{
	uint32_t lines = 0;

	for (; from < to; from++)
		lines += text[from] == '\n';
	return lines;
}

static struct op *add_op(struct parser *p, enum op_kind kind)
{
	struct es_template *t = p->t;

	if (t->n == TEMPLATE_OPS_MAX) {
		fault(p, p->line, "more than %zu tags and texts",
		      TEMPLATE_OPS_MAX);
		return NULL;
	}
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 64;
		struct op *grown = realloc(t->ops, cap * sizeof(*grown));

		if (!grown) {
			es_fail_oom(p->err);
			return NULL;
		}
		t->ops = grown;
		t->cap = cap;
	}

	struct op *op = &t->ops[t->n++];

	*op = (struct op){ .kind = (uint8_t)kind, .line = p->line };
	return op;
}

static bool is_line_start(const struct parser *p, size_t at)
{
	return at == 0 || p->t->text[at - 1] == '\n';
}

/* The text from p->at to @to. An empty one only marks where a line begins. */
static int add_text(struct parser *p, size_t to, bool mark)
{
	bool starts = is_line_start(p, p->at);

	if (to == p->at && !(mark && starts))
		return 0;

	struct op *op = add_op(p, OP_TEXT);

	if (!op)
		return p->err->code;
	op->text = p->t->text + p->at;
	op->len = (uint32_t)(to - p->at);
	op->at_line_start = starts;
	p->line += count_lines(p->t->text, p->at, to);
	p->at = to;
	/* A tag that begins the next line has its mark of its own. */
	return mark && op->len ? add_text(p, to, mark) : 0;
}

/* Whether the tag and blanks are all of the line; sets where it goes on. */
static bool is_alone(const struct parser *p, struct tag *tag)
{
	const char *text = p->t->text;
	size_t before = tag->start;
	size_t after = tag->end;

	while (before > p->at && is_blank(text[before - 1]))
		before--;
	while (after < p->t->len && is_blank(text[after]))
		after++;
	if (!is_line_start(p, before))
		return false;
	if (after + 1 < p->t->len && text[after] == '\r')
		after++;
	if (after < p->t->len && text[after] != '\n')
		return false;
	tag->indent = before;
	tag->next = after < p->t->len ? after + 1 : after;
	return true;
}

/* Finds the end of the tag that begins at tag->start. */
static int find_end(struct parser *p, struct tag *tag)
{
	const char *text = p->t->text;
	size_t from = tag->start + p->open_len;
	char close[DELIMITER_MAX + 2];
	int n = 0;

	tag->kind = from < p->t->len && strchr("#^/>!=&{$<", text[from])
			    ? text[from]
			    : '\0';
	if (tag->kind)
		from++;
	if (tag->kind == '{' || tag->kind == '=')
		close[n++] = tag->kind == '{' ? '}' : '=';
	memcpy(close + n, p->close, p->close_len);

	size_t close_len = p->close_len + (size_t)n;
	const char *end =
		memmem(text + from, p->t->len - from, close, close_len);

	close[close_len] = '\0';
	if (!end)
		return fault(p, tag->line, "a tag has no end; '%s' is missing",
			     ES_Q(close));
	tag->name = from;
	tag->name_end = (size_t)(end - text);
	tag->end = tag->name_end + close_len;
	while (tag->name < tag->name_end && is_space(text[tag->name]))
		tag->name++;
	while (tag->name_end > tag->name && is_space(text[tag->name_end - 1]))
		tag->name_end--;
	return 0;
}

/* A name that was split, or is about to be, as it is shown. */
static const char *shown(char out[SHOWN_MAX], const char *name, size_t len)
{
	size_t n = len < SHOWN_MAX - 1 ? len : SHOWN_MAX - 1;

	for (size_t i = 0; i < n; i++)
		out[i] = name[i];
	for (size_t i = 0; i < n; i++) {
		if (out[i] == '\0')
			out[i] = '.';
	}
	out[n] = '\0';
	return out;
}

/* Split the name of a tag into its parts, in place. */
static int take_name(struct parser *p, const struct tag *tag, struct op *op)
{
	char *name = p->t->text + tag->name;
	size_t len = tag->name_end - tag->name;
	char seen[SHOWN_MAX];

	shown(seen, name, len);
	if (len == 0)
		return fault(p, tag->line, "a tag has no name");
	if (len > TEMPLATE_NAME_MAX)
		return fault(p, tag->line,
			     "the name '%s...' has more than %d bytes",
			     ES_Q(seen), TEMPLATE_NAME_MAX);
	op->text = name;
	op->len = (uint32_t)len;
	for (size_t i = 0; i < len; i++) {
		if (is_space(name[i]))
			return fault(p, tag->line,
				     "the name '%s' has a blank in it",
				     ES_Q(seen));
	}
	/* Behind the name stands a blank or a delimiter, read already. */
	name[len] = '\0';
	if (op->kind == OP_PARTIAL || (len == 1 && name[0] == '.'))
		return 0;
	op->parts = 1;
	for (size_t i = 0; i < len; i++) {
		if (name[i] != '.')
			continue;
		name[i] = '\0';
		op->parts++;
		if (i == 0 || i + 1 == len || name[i + 1] == '.')
			return fault(p, tag->line,
				     "the name '%s' has an empty part; names "
				     "are joined by single dots",
				     ES_Q(seen));
	}
	return 0;
}

/* The section that is open ends. */
static int close_section(struct parser *p, const struct tag *tag,
			 const struct op *end)
{
	uint32_t last = (uint32_t)p->t->n - 1;
	char a[SHOWN_MAX], b[SHOWN_MAX];

	shown(a, end->text, end->len);
	if (p->depth == 0)
		return fault(p, tag->line,
			     "the section '%s' ends that was not begun",
			     ES_Q(a));

	struct op *begin = &p->t->ops[p->sections[p->depth - 1]];

	shown(b, begin->text, begin->len);
	if (begin->len != end->len ||
	    memcmp(begin->text, end->text, end->len) != 0)
		return fault(p, tag->line,
			     "'%s' ends here, but the section '%s' of line %u "
			     "comes first",
			     ES_Q(a), ES_Q(b), begin->line);
	begin->end = last;
	p->depth--;
	return 0;
}

static int add_named(struct parser *p, const struct tag *tag, enum op_kind kind)
{
	struct op *op = add_op(p, kind);

	if (!op)
		return p->err->code;
	op->line = tag->line;
	if (take_name(p, tag, op) < 0)
		return p->err->code;
	if (kind == OP_END)
		return close_section(p, tag, op);
	if (kind == OP_PARTIAL && tag->alone) {
		op->indent = p->t->text + tag->indent;
		op->indent_len = (uint32_t)(tag->start - tag->indent);
	}
	if (kind == OP_PARTIAL && !es_template_name_is_good(op->text))
		return fault(p, tag->line,
			     "'%s' is no name of a template; letters, digits, "
			     "'.', '_', '-', and one '/' are",
			     ES_Q(op->text));
	if (kind != OP_SECTION && kind != OP_INVERTED)
		return 0;
	if (p->depth == TEMPLATE_SECTIONS_MAX)
		return fault(p, tag->line,
			     "more than %d sections in each other",
			     TEMPLATE_SECTIONS_MAX);
	p->sections[p->depth++] = (uint32_t)p->t->n - 1;
	return 0;
}

/* "{{=<% %>=}}" */
static int set_delimiters(struct parser *p, const struct tag *tag)
{
	const char *text = p->t->text;
	size_t gap = tag->name;

	while (gap < tag->name_end && !is_space(text[gap]))
		gap++;

	size_t second = gap;

	while (second < tag->name_end && is_space(text[second]))
		second++;

	size_t open_len = gap - tag->name;
	size_t close_len = tag->name_end - second;

	for (size_t i = tag->name; i < tag->name_end; i++) {
		if (text[i] == '=' || (i >= second && is_space(text[i])))
			close_len = 0;
	}
	if (!open_len || !close_len || open_len > DELIMITER_MAX ||
	    close_len > DELIMITER_MAX)
		return fault(p, tag->line,
			     "delimiters are two words of at most %d bytes "
			     "without '=', as in {{=<%% %%>=}}",
			     DELIMITER_MAX);
	p->open = text + tag->name;
	p->open_len = open_len;
	p->close = text + second;
	p->close_len = close_len;
	return 0;
}

static int add_tag(struct parser *p, const struct tag *tag)
{
	switch (tag->kind) {
	case '!':
		return 0;
	case '=':
		return set_delimiters(p, tag);
	case '#':
		return add_named(p, tag, OP_SECTION);
	case '^':
		return add_named(p, tag, OP_INVERTED);
	case '/':
		return add_named(p, tag, OP_END);
	case '>':
		return add_named(p, tag, OP_PARTIAL);
	case '&':
	case '{':
		return add_named(p, tag, OP_BARE);
	case '$':
	case '<':
		return fault(p, tag->line,
			     "blocks and parents are no part of these "
			     "templates; use a partial, {{> name}}");
	default:
		return add_named(p, tag, OP_VALUE);
	}
}

static int parse_tag(struct parser *p, size_t start)
{
	struct tag tag = { .start = start };

	tag.line = p->line + count_lines(p->t->text, p->at, start);
	if (find_end(p, &tag) < 0)
		return p->err->code;
	tag.alone = tag.kind && tag.kind != '&' && tag.kind != '{' &&
		    is_alone(p, &tag);
	if (!tag.alone)
		tag.next = tag.end;
	if (add_text(p, tag.alone ? tag.indent : start, !tag.alone) < 0)
		return p->err->code;

	/* Before the end of a name, which may be a newline, becomes a NUL. */
	uint32_t lines = count_lines(p->t->text, start, tag.next);

	if (add_tag(p, &tag) < 0)
		return p->err->code;
	p->at = tag.next;
	p->line = tag.line + lines;
	return 0;
}

static int parse_all(struct parser *p)
{
	const struct es_template *t = p->t;
	int rc = 0;

	while (rc == 0 && p->at < t->len) {
		const char *tag = memmem(t->text + p->at, t->len - p->at,
					 p->open, p->open_len);

		rc = tag ? parse_tag(p, (size_t)(tag - t->text))
			 : add_text(p, t->len, false);
	}
	if (rc == 0 && p->depth) {
		const struct op *op = &t->ops[p->sections[p->depth - 1]];
		char name[SHOWN_MAX];

		shown(name, op->text, op->len);
		rc = fault(p, op->line, "the section '%s' has no end",
			   ES_Q(name));
	}
	return rc;
}

/* Whether this is text at all; the first line that is none is told. */
static int check_text(const struct parser *p)
{
	const struct es_template *t = p->t;
	const char *nul = t->len ? memchr(t->text, '\0', t->len) : NULL;
	uint32_t line = 1;

	if (nul)
		return fault(
			p, 1 + count_lines(t->text, 0, (size_t)(nul - t->text)),
			"a NUL byte; a template is text");
	if (es_utf8_valid(t->text, t->len))
		return 0;
	for (size_t at = 0; at < t->len; line++) {
		const char *end = memchr(t->text + at, '\n', t->len - at);
		size_t n = end ? (size_t)(end - t->text) - at : t->len - at;

		if (!es_utf8_valid(t->text + at, n))
			break;
		at += n + 1;
	}
	return fault(p, line, "the text is not UTF-8; save it as that");
}

/* Copies of what the caller keeps. */
static struct es_template *new_template(const char *name, const char *text,
					size_t len)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct es_template *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	if (len >= 3 && memcmp(text, mark, 3) == 0) {
		text += 3;
		len -= 3;
	}
	t->name = strdup(name);
	t->text = malloc(len + 1);
	if (!t->name || !t->text) {
		es_template_free(t);
		return NULL;
	}
	if (len)
		memcpy(t->text, text, len);
	t->text[len] = '\0';
	t->len = len;
	return t;
}

int es_template_parse(struct es_template **out, const char *name,
		      const char *text, size_t len,
		      enum es_template_target target, struct es_error *err)
{
	struct parser p = { .line = 1,
			    .open = "{{",
			    .close = "}}",
			    .open_len = 2,
			    .close_len = 2,
			    .err = err };

	if (len > TEMPLATE_MAX)
		return es_fail_config(err, "%s:1: more than %zu bytes",
				      ES_Q(name), TEMPLATE_MAX);

	ES_CLEANUP(es_template_freep)
	struct es_template *t = new_template(name, text, len);

	if (!t)
		return es_fail_oom(err);
	t->target = target;
	p.t = t;
	if (check_text(&p) < 0 || parse_all(&p) < 0)
		return err->code;
	*out = es_steal_ptr(&t);
	return 0;
}

void es_template_free(struct es_template *t)
{
	if (!t)
		return;
	free(t->name);
	free(t->text);
	free(t->ops);
	free(t);
}
