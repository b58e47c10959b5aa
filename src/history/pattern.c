/* SPDX-License-Identifier: MIT */
/* pattern.c - the expression that is looked for */
#include "config.h"

#include "history/history_priv.h"

#include "etcsnap/quote.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Steps of one attempt at a match, and KiB of memory for backtracking */
#define MATCH_LIMIT 200000
#define HEAP_LIMIT 16384

struct pattern {
	pcre2_code *code;
	pcre2_code *quick; /* for whole texts, or NULL */
	pcre2_match_data *data;
	pcre2_match_context *context;
};

static int fail_compile(struct es_error *err, const char *regex, int code,
			size_t at)
{
	PCRE2_UCHAR why[128];

	if (pcre2_get_error_message(code, why, sizeof(why)) < 0)
		why[0] = '\0';
	return es_fail_config(err, "expression '%s': %s at character %zu",
			      ES_Q(regex), (char *)why, at + 1);
}

/*
 * Content is UTF-8 or, where its encoding is not known, any bytes; so is what
 * a person types in a strange locale.
 */
static uint32_t options_of(const char *regex, unsigned int flags)
{
	uint32_t options = 0;

	if (es_utf8_valid(regex, strlen(regex)))
		options |= PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
	if (flags & ES_SEARCH_IGNORE_CASE)
		options |= PCRE2_CASELESS;
	if (flags & ES_SEARCH_LITERAL)
		options |= PCRE2_LITERAL;
	else
		options |= PCRE2_NEVER_BACKSLASH_C;
	return options;
}

/* Of what stands after a backslash: a sign, or what stands for a character. */
static bool is_simple_escape(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9'))
		return strchr("dDwWsSbBt", c) != NULL;
	return c != '\0';
}

/*
 * Lines are matched one by one. Where a match in a line is a match in the text
 * around it, too, one look at the whole text tells of most that there is none.
 * That holds for what can be found in a line, but not for what looks around or
 * refuses to go back.
 */
static bool is_simple(const char *regex, unsigned int flags)
{
	if (flags & ES_SEARCH_LITERAL)
		return true;
	for (const char *p = regex; *p; p++) {
		if (*p == '\\') {
			if (!is_simple_escape(*++p))
				return false;
		} else if ((*p == '(' && (p[1] == '?' || p[1] == '*')) ||
			   (*p == '+' && p > regex && strchr("*+?}", p[-1]))) {
			return false;
		}
	}
	return true;
}

static pcre2_code *compile(const char *regex, uint32_t options, int *code,
			   PCRE2_SIZE *at)
{
	pcre2_code *re = pcre2_compile((PCRE2_SPTR)regex, strlen(regex),
				       options, code, at, NULL);

	/* without it matching is slower, and no less right */
	if (re)
		pcre2_jit_compile(re, PCRE2_JIT_COMPLETE);
	return re;
}

int pattern_new(struct pattern **out, const char *regex, unsigned int flags,
		struct es_error *err)
{
	ES_CLEANUP(pattern_freep) struct pattern *p = calloc(1, sizeof(*p));
	uint32_t options = options_of(regex, flags);
	PCRE2_SIZE at;
	int code;

	if (!p)
		return es_fail_oom(err);
	p->code = compile(regex, options, &code, &at);
	if (!p->code)
		return fail_compile(err, regex, code, at);
	if (!(flags & ES_SEARCH_LITERAL))
		options |= PCRE2_MULTILINE;
	if (is_simple(regex, flags))
		p->quick = compile(regex, options, &code, &at);
	p->data = pcre2_match_data_create(1, NULL);
	p->context = pcre2_match_context_create(NULL);
	if (!p->data || !p->context)
		return es_fail_oom(err);
	pcre2_set_match_limit(p->context, MATCH_LIMIT);
	pcre2_set_heap_limit(p->context, HEAP_LIMIT);
	*out = es_steal_ptr(&p);
	return 0;
}

void pattern_free(struct pattern *p)
{
	if (!p)
		return;
	pcre2_match_context_free(p->context);
	pcre2_match_data_free(p->data);
	pcre2_code_free(p->quick);
	pcre2_code_free(p->code);
	free(p);
}

int pattern_match(const struct pattern *p, const char *text, size_t len)
{
	int rc = pcre2_match(p->code, (PCRE2_SPTR)text, len, 0, 0, p->data,
			     p->context);

	if (rc >= 0)
		return 1;
	return rc == PCRE2_ERROR_NOMATCH ? 0 : -ELOOP;
}

bool pattern_may_match(const struct pattern *p, const char *text, size_t len)
{
	/* over a limit: the lines tell */
	return !p->quick ||
	       pcre2_match(p->quick, (PCRE2_SPTR)text, len, 0, 0, p->data,
			   p->context) != PCRE2_ERROR_NOMATCH;
}
