/* SPDX-License-Identifier: MIT */
/* template_render.c - a template and a document into bytes */
#include "config.h"

#include "etcsnap/template.h"

#include "etcsnap/quote.h"

#include "template/template_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes of blanks before a line, of all partials in each other. */
#define INDENT_MAX ((size_t)4096)

/* What a partial counts, beside what is in it. */
#define PARTIAL_STEPS 256

/* A value that names are looked up in. */
struct frame {
	struct es_value v;
	size_t i; /* its place in a list of @n; 0 where it is in none */
	size_t n;
};

struct rendering {
	struct es_buf *out;
	struct es_templates *set;
	enum es_template_target target;
	struct frame frames[TEMPLATE_FRAMES_MAX];
	size_t depth;
	int partials; /* that are in each other */
	uint64_t steps;
	struct es_buf indents; /* of the partials, one behind the other */
	size_t indent;	       /* where that of the current one begins */
	struct es_error *err;
};

static int render_ops(struct rendering *r, const struct es_template *t,
		      size_t from, size_t to);

__attribute__((format(printf, 5, 6))) static int
fault(const struct rendering *r, const struct es_template *t,
      const struct op *op, int code, const char *fmt, ...)
{
	char text[500];
	va_list args;

	va_start(args, fmt);
	if (vsnprintf(text, sizeof(text), fmt, args) < 0)
		text[0] = '\0';
	va_end(args);
	es_fail(r->err, code, "%s:%u: %s", ES_Q(t->name), op->line, text);
	r->err->fault = ES_FAULT_CONFIG;
	return code;
}

/*
 * "-first" and "-last" tell of the innermost list whether its first or last
 * element is at hand: without them no separator can be put between elements.
 */
static struct es_value place_in_list(const struct rendering *r,
				     const char *name)
{
	size_t depth = r->depth;

	while (depth && !r->frames[depth - 1].n)
		depth--;
	if (!depth)
		return (struct es_value){ NULL };

	const struct frame *f = &r->frames[depth - 1];

	return es_value_of_bool(strcmp(name, "-first") == 0 ? f->i == 0
							    : f->i + 1 == f->n);
}

/* The value that an op names: the first part where it is found, the rest only
 * in what that is. */
static struct es_value look_up(struct rendering *r, const struct op *op)
{
	const char *name = op->text;
	struct es_value v = { NULL };

	if (!op->parts)
		return r->frames[r->depth - 1].v;
	for (size_t i = r->depth; i-- > 0 && !v.json; r->steps++)
		v = es_value_get(r->frames[i].v, name);
	if (!v.json && name[0] == '-' &&
	    (strcmp(name, "-first") == 0 || strcmp(name, "-last") == 0))
		v = place_in_list(r, name);
	for (uint32_t part = 1; part < op->parts && v.json; part++) {
		name += strlen(name) + 1;
		v = es_value_get(v, name);
		r->steps++;
	}
	return v;
}

static void add_indent(struct rendering *r)
{
	es_buf_add(r->out, es_buf_str(&r->indents) + r->indent,
		   r->indents.len - r->indent);
}

/* Text of a partial that is indented: each line that is not empty. */
static void add_indented(struct rendering *r, const struct op *op)
{
	const char *text = op->text;
	size_t left = op->len;
	bool starts = op->at_line_start;

	do {
		const char *end = left ? memchr(text, '\n', left) : NULL;
		size_t n = end ? (size_t)(end - text) + 1 : left;
		bool empty = end && (n == 1 || (n == 2 && text[0] == '\r'));

		if (starts && !empty)
			add_indent(r);
		es_buf_add(r->out, text, n);
		text += n;
		left -= n;
		starts = true;
	} while (left);
}

static void render_text(struct rendering *r, const struct op *op)
{
	if (r->indents.len > r->indent)
		add_indented(r, op);
	else
		es_buf_add(r->out, op->text, op->len);
}

static int render_section(struct rendering *r, const struct es_template *t,
			  size_t at)
{
	const struct op *op = &t->ops[at];
	struct es_value v = look_up(r, op);
	bool is_list = es_value_kind(v) == ES_VALUE_ARRAY;
	size_t n = is_list ? es_value_len(v) : 1;
	int rc = 0;

	if (!es_value_is_true(v))
		return 0;
	if (r->depth == TEMPLATE_FRAMES_MAX)
		return fault(r, t, op, -ELOOP,
			     "more than %d sections in each other",
			     TEMPLATE_FRAMES_MAX);
	r->depth++;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		r->frames[r->depth - 1] = (struct frame){
			.v = is_list ? es_value_at(v, i) : v,
			.i = i,
			.n = is_list ? n : 0,
		};
		rc = render_ops(r, t, at + 1, op->end);
		r->steps++;
	}
	r->depth--;
	return rc;
}

/* A partial that is nowhere is empty. */
static int render_partial(struct rendering *r, const struct es_template *t,
			  const struct op *op)
{
	const struct es_template *part = NULL;
	struct es_error why = ES_ERROR_INIT;
	int rc = -ENOENT;

	if (r->partials == TEMPLATE_PARTIALS_MAX)
		return fault(r, t, op, -ELOOP,
			     "more than %d partials in each other, the last "
			     "is '%s'",
			     TEMPLATE_PARTIALS_MAX, ES_Q(op->text));
	/* to look for one by its name takes as long as many tags */
	r->steps += PARTIAL_STEPS;
	if (r->set)
		rc = es_templates_get(&part, r->set, op->text, &why);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0) {
		*r->err = why;
		return es_wrap(r->err, "%s:%u", ES_Q(t->name), op->line);
	}

	size_t indent = r->indent;
	size_t end = r->indents.len;

	if (!op->indent)
		r->indent = end;
	else if (es_buf_add(&r->indents, op->indent, op->indent_len) < 0)
		return fault(r, t, op, r->indents.failed,
			     "blanks before partials are more than %zu bytes",
			     INDENT_MAX);
	r->partials++;
	r->steps += TEMPLATE_PARTIAL_STEPS;
	rc = render_ops(r, part, 0, part->n);
	r->partials--;
	es_buf_truncate(&r->indents, end);
	r->indent = indent;
	return rc;
}

static int check_limits(const struct rendering *r, const struct es_template *t,
			const struct op *op)
{
	if (r->out->failed == -EFBIG)
		return fault(r, t, op, -EFBIG,
			     "the output has more than %zu bytes", r->out->max);
	if (r->out->failed)
		return es_fail_oom(r->err);
	if (r->steps > TEMPLATE_STEPS_MAX)
		return fault(r, t, op, -ELOOP,
			     "rendering takes too long; sections or partials "
			     "repeat each other");
	return 0;
}

static int render_ops(struct rendering *r, const struct es_template *t,
		      size_t from, size_t to)
{
	int rc = 0;

	for (size_t i = from; rc == 0 && i < to; i++) {
		const struct op *op = &t->ops[i];

		r->steps++;
		switch ((enum op_kind)op->kind) {
		case OP_TEXT:
			render_text(r, op);
			break;
		case OP_VALUE:
		case OP_BARE:
			es_template_value(r->out, r->target, look_up(r, op),
					  op->kind == OP_BARE);
			break;
		case OP_SECTION:
			rc = render_section(r, t, i);
			i = op->end;
			break;
		case OP_INVERTED:
			if (es_value_is_true(look_up(r, op)))
				i = op->end;
			break;
		case OP_PARTIAL:
			rc = render_partial(r, t, op);
			break;
		case OP_END:
		default:
			break;
		}
		if (rc == 0)
			rc = check_limits(r, t, op);
	}
	return rc;
}

int es_template_render(struct es_buf *out, const struct es_template *t,
		       struct es_templates *set, const struct es_doc *doc,
		       struct es_error *err)
{
	size_t start = out->len;

	if (es_buf_check(out, err) < 0)
		return err->code;

	ES_CLEANUP(es_freep) struct rendering *r = calloc(1, sizeof(*r));

	if (!r)
		return es_fail_oom(err);
	r->out = out;
	r->set = set;
	r->target = t->target;
	r->frames[0].v = es_value_of(doc);
	r->depth = 1;
	r->indents = (struct es_buf)ES_BUF_INIT(INDENT_MAX);
	r->err = err;

	int rc = render_ops(r, t, 0, t->n);

	es_buf_dispose(&r->indents);
	if (rc < 0) {
		es_buf_truncate(out, start);
		return rc;
	}
	if (t->target == ES_TEMPLATE_HEADER)
		es_template_one_line(out, start);
	return 0;
}
