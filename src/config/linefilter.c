/* SPDX-License-Identifier: MIT */
/* linefilter.c - drop, rewrite and sort the lines of a text */
#include "config.h"

#include "etcsnap/linefilter.h"

#include "config/pool_priv.h"

#include "etcsnap/quote.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Steps of one attempt at a match, and KiB of memory for backtracking */
#define MATCH_LIMIT 200000
#define HEAP_LIMIT 16384

/* Most that a replacement may make of one line */
#define LINE_MAX_BYTES ((size_t)128 << 20)

#define SUBSTITUTE                                             \
	(PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_EXTENDED | \
	 PCRE2_SUBSTITUTE_UNSET_EMPTY | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH)

/* @text is NULL for one that drops lines. */
struct step {
	pcre2_code *code;
	char *text;
};

struct es_linefilter {
	struct step *drops;
	size_t n_drops;
	size_t drops_cap;
	struct step *changes;
	size_t n_changes;
	size_t changes_cap;
	bool sort;
	pcre2_match_context *context;
};

/* What one call of es_linefilter_apply() works with. */
struct work {
	const struct es_linefilter *f;
	pcre2_match_data *md;
	struct es_buf a;
	struct es_buf b;
};

struct line {
	const char *at;
	size_t len;
};

static int fail_pcre2(struct es_error *err, const char *what, const char *text,
		      int code, size_t at)
{
	PCRE2_UCHAR why[128];

	if (pcre2_get_error_message(code, why, sizeof(why)) < 0)
		why[0] = '\0';
	return es_fail_config(err, "%s '%s': %s at character %zu", what,
			      ES_Q(text), (char *)why, at + 1);
}

static int compile(pcre2_code **out, const char *regex, size_t len,
		   struct es_error *err)
{
	PCRE2_SIZE at;
	int code;
	pcre2_code *re =
		pcre2_compile((PCRE2_SPTR)regex, len,
			      PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C, &code,
			      &at, NULL);

	if (!re)
		return fail_pcre2(err, "expression", regex, code, at);
	*out = re;
	return 0;
}

int es_linefilter_check(const char *regex, struct es_error *err)
{
	pcre2_code *re = NULL;
	int rc = compile(&re, regex, strlen(regex), err);

	pcre2_code_free(re);
	return rc;
}

/* Finds where REGEX ends and TEXT begins. */
static int split(const char *text, size_t *regex_len, const char **replacement,
		 struct es_error *err)
{
	static const char arrow[] = " =>";
	const char *at = text;

	/* The end of a value has no blank: "REGEX =>" leaves nothing. */
	while ((at = strstr(at, arrow)) && at[3] && at[3] != ' ')
		at++;
	if (!at || at == text)
		return es_fail_config(err,
				      "replacement '%s' is not of the form "
				      "REGEX => TEXT",
				      ES_Q(text));
	*regex_len = (size_t)(at - text);
	*replacement = at[3] ? at + 4 : at + 3;
	return 0;
}

/*
 * PCRE2 reads a replacement only when something matches. So it is given an
 * expression with the same groups that matches the empty text; where the
 * added alternative is swallowed by an open \Q, nothing is checked.
 */
static int check_text(const char *text, size_t len, const char *replacement,
		      struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	PCRE2_UCHAR room[16];
	PCRE2_SIZE n = sizeof(room);
	pcre2_code *re = NULL;
	struct es_error ignored = ES_ERROR_INIT;

	es_buf_add(&b, text, len);
	es_buf_addc(&b, '|');
	if (es_buf_check(&b, err) < 0)
		return err->code;
	if (compile(&re, b.data, b.len, &ignored) < 0)
		return 0;

	int rc = pcre2_substitute(re, (PCRE2_SPTR) "", 0, 0, SUBSTITUTE, NULL,
				  NULL, (PCRE2_SPTR)replacement,
				  PCRE2_ZERO_TERMINATED, room, &n);

	pcre2_code_free(re);
	if (rc == PCRE2_ERROR_BADREPLACEMENT ||
	    rc == PCRE2_ERROR_BADREPESCAPE ||
	    rc == PCRE2_ERROR_REPMISSINGBRACE ||
	    rc == PCRE2_ERROR_BADSUBSTITUTION || rc == PCRE2_ERROR_NOSUBSTRING)
		return fail_pcre2(err, "replacement", text, rc,
				  (size_t)(replacement - text) + n);
	return 0;
}

int es_linefilter_check_replace(const char *text, struct es_error *err)
{
	const char *replacement = "";
	pcre2_code *re = NULL;
	size_t len = 0;

	if (split(text, &len, &replacement, err) < 0 ||
	    compile(&re, text, len, err) < 0)
		return err->code;
	pcre2_code_free(re);
	return check_text(text, len, replacement, err);
}

int es_linefilter_new(struct es_linefilter **out, struct es_error *err)
{
	ES_CLEANUP(es_linefilter_freep)
	struct es_linefilter *f = calloc(1, sizeof(*f));

	if (!f)
		return es_fail_oom(err);
	f->context = pcre2_match_context_create(NULL);
	if (!f->context)
		return es_fail_oom(err);
	pcre2_set_match_limit(f->context, MATCH_LIMIT);
	pcre2_set_heap_limit(f->context, HEAP_LIMIT);
	*out = es_steal_ptr(&f);
	return 0;
}

static void free_steps(struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		pcre2_code_free(steps[i].code);
		free(steps[i].text);
	}
	free(steps);
}

void es_linefilter_free(struct es_linefilter *f)
{
	if (!f)
		return;
	free_steps(f->drops, f->n_drops);
	free_steps(f->changes, f->n_changes);
	pcre2_match_context_free(f->context);
	free(f);
}

int es_linefilter_drop(struct es_linefilter *f, const char *regex,
		       struct es_error *err)
{
	struct step step = { 0 };

	if (compile(&step.code, regex, strlen(regex), err) < 0)
		return err->code;
	if (es_array_room(&f->drops, f->n_drops, &f->drops_cap, sizeof(step)) <
	    0) {
		pcre2_code_free(step.code);
		return es_fail_oom(err);
	}
	/* Without a JIT for this machine all is only slower. */
	pcre2_jit_compile(step.code, PCRE2_JIT_COMPLETE);
	f->drops[f->n_drops++] = step;
	return 0;
}

int es_linefilter_replace(struct es_linefilter *f, const char *text,
			  struct es_error *err)
{
	struct step step = { 0 };
	const char *replacement = "";
	size_t len = 0;

	if (split(text, &len, &replacement, err) < 0 ||
	    check_text(text, len, replacement, err) < 0 ||
	    compile(&step.code, text, len, err) < 0)
		return err->code;
	step.text = strdup(replacement);
	if (!step.text || es_array_room(&f->changes, f->n_changes,
					&f->changes_cap, sizeof(step)) < 0) {
		pcre2_code_free(step.code);
		free(step.text);
		return es_fail_oom(err);
	}
	pcre2_jit_compile(step.code, PCRE2_JIT_COMPLETE);
	f->changes[f->n_changes++] = step;
	return 0;
}

void es_linefilter_sort(struct es_linefilter *f)
{
	f->sort = true;
}

/* Return: 1 when it matches, 0 when not, -1 when it took too long. */
static int matches(struct work *w, const struct step *step, struct line line)
{
	int rc = pcre2_match(step->code, (PCRE2_SPTR)line.at, line.len, 0, 0,
			     w->md, w->f->context);

	/* The JIT has a small stack of its own; the interpreter has not. */
	if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
		rc = pcre2_match(step->code, (PCRE2_SPTR)line.at, line.len, 0,
				 PCRE2_NO_JIT, w->md, w->f->context);
	if (rc == PCRE2_ERROR_NOMATCH)
		return 0;
	return rc < 0 ? -1 : 1;
}

/* Sets @out to the line after one change. Return: 0 or -1, gave up. */
static int substitute(struct work *w, const struct step *step,
		      struct es_buf *out, struct line line)
{
	uint32_t options = SUBSTITUTE;
	size_t room = line.len + 64;

	for (int tries = 0; tries < 4 && room <= LINE_MAX_BYTES; tries++) {
		es_buf_reset(out);

		char *to = es_buf_reserve(out, room);
		PCRE2_SIZE n = room + 1;

		if (!to)
			return -1;

		int rc = pcre2_substitute(step->code, (PCRE2_SPTR)line.at,
					  line.len, 0, options, w->md,
					  w->f->context, (PCRE2_SPTR)step->text,
					  PCRE2_ZERO_TERMINATED,
					  (PCRE2_UCHAR *)to, &n);

		if (rc >= 0) {
			out->len = n;
			out->data[n] = '\0';
			return 0;
		}
		if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
			options |= PCRE2_NO_JIT;
		else if (rc == PCRE2_ERROR_NOMEMORY && n > room)
			room = n;
		else
			return -1;
	}
	return -1;
}

/* Appends what becomes of one line, and its @newline as it was. Return: 0, or
 * 1 when it was too hard. */
static int add_line(struct work *w, struct es_buf *out, struct line line,
		    struct line newline)
{
	struct es_buf *next = &w->a;
	struct line now = line;
	bool hard = false;

	for (size_t i = 0; i < w->f->n_drops; i++) {
		int rc = matches(w, &w->f->drops[i], line);

		if (rc > 0)
			return 0;
		hard |= rc < 0;
	}
	for (size_t i = 0; !hard && i < w->f->n_changes; i++) {
		int rc = matches(w, &w->f->changes[i], now);

		if (rc == 0)
			continue;
		hard = rc < 0 ||
		       substitute(w, &w->f->changes[i], next, now) < 0;
		if (hard)
			break;
		now = (struct line){ next->data, next->len };
		next = next == &w->a ? &w->b : &w->a;
	}
	if (hard)
		now = line;
	es_buf_add(out, now.at, now.len);
	es_buf_add(out, newline.at, newline.len);
	if (!newline.len && w->f->sort)
		es_buf_addc(out, '\n');
	return hard;
}

static int by_bytes(const void *a, const void *b)
{
	const struct line *left = a;
	const struct line *right = b;
	size_t len = left->len < right->len ? left->len : right->len;
	int order = memcmp(left->at, right->at, len);

	return order ? order
		     : (left->len > right->len) - (left->len < right->len);
}

/* Sorts the lines of a text in which each one ends in a newline. */
static int sort_lines(struct es_buf *text)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf sorted = ES_BUF_INIT(0);
	ES_CLEANUP(es_freep) struct line *lines = NULL;
	const char *end = es_buf_str(text) + text->len;
	size_t n = 0, at = 0;

	if (!text->len)
		return 0;
	for (const char *p = text->data; p < end; n++)
		p = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;
	lines = calloc(n + 1, sizeof(*lines));
	if (!lines)
		return -ENOMEM;
	for (const char *p = text->data; p < end; at++) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));

		lines[at] = (struct line){ p, (size_t)(stop - p) };
		p = stop + 1;
	}
	qsort(lines, n, sizeof(*lines), by_bytes);
	sorted.max = text->max;
	for (size_t i = 0; i < n; i++)
		es_buf_add(&sorted, lines[i].at, lines[i].len + 1);
	if (sorted.failed)
		return sorted.failed;

	struct es_buf old = *text;

	*text = sorted;
	sorted = old;
	return 0;
}

int es_linefilter_apply(const struct es_linefilter *f, struct es_buf *out,
			const char *text, size_t len)
{
	struct work w = { .f = f,
			  .a = ES_BUF_INIT(LINE_MAX_BYTES),
			  .b = ES_BUF_INIT(LINE_MAX_BYTES) };
	const char *end = text + len;
	int hard = 0;

	es_buf_reset(out);
	w.md = pcre2_match_data_create(32, NULL);
	if (!w.md)
		return -ENOMEM;
	for (const char *p = text; p < end;) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		const char *next = stop ? stop + 1 : end;

		stop = stop ? stop : end;
		if (stop > p && stop < end && stop[-1] == '\r')
			stop--;
		hard += add_line(&w, out,
				 (struct line){ p, (size_t)(stop - p) },
				 (struct line){ stop, (size_t)(next - stop) });
		p = next;
	}
	pcre2_match_data_free(w.md);
	es_buf_dispose(&w.a);
	es_buf_dispose(&w.b);
	if (out->failed)
		return out->failed;
	if (f->sort && sort_lines(out) < 0)
		return -ENOMEM;
	return hard;
}
