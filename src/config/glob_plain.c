/* SPDX-License-Identifier: MIT */
/* glob_plain.c - patterns checked, braces and odd ** spelled out */
#include "config.h"

#include "config/glob_priv.h"

#include "etcsnap/buf.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <string.h>

/* Length of the [class] that begins at @p, 0 when it is never closed. As
 * everywhere, a ] right after [, [! or [^ stands for itself. */
static size_t class_len(const char *p)
{
	size_t i = 1;

	if (p[i] == '!' || p[i] == '^')
		i++;
	if (p[i] == ']')
		i++;
	while (p[i] && p[i] != ']') {
		if (p[i] == '\\' && p[i + 1]) {
			i += 2;
		} else if (p[i] == '[' && p[i + 1] == ':') {
			const char *end = strstr(p + i + 2, ":]");

			i = end ? (size_t)(end - p) + 2 : i + 1;
		} else {
			i++;
		}
	}
	return p[i] ? i + 1 : 0;
}

size_t es_glob_token(const char *p)
{
	if (p[0] == '\\' && p[1])
		return 2;
	if (p[0] == '[') {
		size_t n = class_len(p);

		return n ? n : 1;
	}
	return p[0] != '\0';
}

static int bad(const char *pattern, size_t at, const char *what,
	       struct es_error *err)
{
	return es_fail_config(err, "pattern '%s': %s at character %zu",
			      ES_Q(pattern), what, at + 1);
}

/* What pcre2_pattern_convert(3) would take for something else. */
static int check_class(const char *pattern, size_t at, size_t len,
		       struct es_error *err)
{
	static const char *const names[] = {
		"alnum:]", "alpha:]", "ascii:]", "blank:]",  "cntrl:]",
		"digit:]", "graph:]", "lower:]", "print:]",  "punct:]",
		"space:]", "upper:]", "word:]",	 "xdigit:]",
	};
	const char *p = pattern + at;

	if (memchr(p, '/', len))
		return bad(pattern, at, "'/' in a class never matches", err);
	for (size_t i = 1; i + 1 < len; i++) {
		bool known = false;

		if (p[i] == '\\') {
			i++;
			continue;
		}
		if (p[i] != '[' || !strchr(":.=", p[i + 1]))
			continue;
		for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++)
			known |=
				p[i + 1] == ':' &&
				!strncmp(p + i + 2, names[k], strlen(names[k]));
		if (!known)
			return bad(pattern, at + i, "unknown class", err);
		i++;
	}
	return 0;
}

static int check_syntax(const char *pattern, struct es_error *err)
{
	size_t opened[ES_GLOB_GROUPS_MAX];
	size_t depth = 0, groups = 0, n;

	if (strlen(pattern) > ES_GLOB_LEN_MAX)
		return es_fail_config(err,
				      "pattern '%s' has more than %d bytes",
				      ES_Q(pattern), ES_GLOB_LEN_MAX);
	for (size_t i = 0; pattern[i]; i += n) {
		n = es_glob_token(pattern + i);
		switch (pattern[i]) {
		case '\\':
			if (n == 1)
				return bad(pattern, i, "nothing follows '\\'",
					   err);
			break;
		case '[':
			if (n == 1)
				return bad(pattern, i, "'[' is not closed",
					   err);
			if (check_class(pattern, i, n, err) < 0)
				return err->code;
			break;
		case '{':
			if (++groups > ES_GLOB_GROUPS_MAX)
				return bad(pattern, i, "too many '{'", err);
			opened[depth++] = i;
			break;
		case '}':
			if (depth-- == 0)
				return bad(pattern, i,
					   "'}' without '{' (write '\\}')",
					   err);
			break;
		default:
			break;
		}
	}
	if (depth)
		return bad(pattern, opened[depth - 1], "'{' is not closed",
			   err);
	return 0;
}

/* The state of spelling out one pattern. */
struct plain {
	struct es_pool *out;
	size_t first; /* number of strings in @out that others put there */
	const char *pattern;
	struct es_error *err;
};

static int too_many(const struct plain *p, size_t n)
{
	if (n < ES_GLOB_PLAIN_MAX)
		return 0;
	return es_fail_config(p->err,
			      "pattern '%s' stands for more than %d; split it",
			      ES_Q(p->pattern), ES_GLOB_PLAIN_MAX);
}

/*
 * Takes the components of @rest one by one, after @done, which has them in
 * plain form already. "a**b" is split: either ** crosses no slash (a*b), or
 * it does (a*, anything, *b).
 */
static int take_components(const struct plain *p, const struct es_buf *done,
			   const char *rest);

static int split_stars(const struct plain *p, const struct es_buf *done,
		       const char *component, const char *stars)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf same = ES_BUF_INIT(16384);
	ES_CLEANUP(es_buf_dispose) struct es_buf more = ES_BUF_INIT(16384);
	ES_CLEANUP(es_buf_dispose) struct es_buf rest = ES_BUF_INIT(16384);
	size_t before = (size_t)(stars - component);
	const char *after = stars + strspn(stars, "*");

	es_buf_addf(&rest, "*%s", after);
	es_buf_adds(&more, es_buf_str(done));
	if (before) {
		es_buf_add(&same, component, before);
		es_buf_adds(&same, es_buf_str(&rest));
		es_buf_addc(&more, '/');
		es_buf_add(&more, component, before);
		es_buf_addc(&more, '*');
	}
	es_buf_adds(&more, "/**");
	if (es_buf_check(&same, p->err) < 0 ||
	    es_buf_check(&more, p->err) < 0 || es_buf_check(&rest, p->err) < 0)
		return p->err->code;
	if (before && take_components(p, done, es_buf_str(&same)) < 0)
		return p->err->code;
	return take_components(p, &more, es_buf_str(&rest));
}

static bool ends_in_any(const struct es_buf *b)
{
	return b->len >= 3 && !strcmp(b->data + b->len - 3, "/**");
}

static int put_plain(const struct plain *p, struct es_buf *done)
{
	if (ends_in_any(done))
		es_buf_adds(done, "/*");
	if (done->len < 2)
		es_buf_addc(done, '/');
	if (es_buf_check(done, p->err) < 0)
		return p->err->code;
	if (too_many(p, p->out->n - p->first) < 0)
		return p->err->code;
	if (!es_pool_add(p->out, es_buf_str(done), done->len))
		return es_fail_oom(p->err);
	return 0;
}

/* The end of the component that begins at @p; @stars is set to its first **,
 * or NULL. */
static const char *component_end(const char *p, const char **stars)
{
	*stars = NULL;
	for (; *p && *p != '/'; p += es_glob_token(p)) {
		if (!*stars && p[0] == '*' && p[1] == '*')
			*stars = p;
	}
	return p;
}

/* Appends a component that needs no splitting. */
static int put_component(const struct plain *p, struct es_buf *b,
			 const char *text, size_t len)
{
	if (len <= 2 && !strncmp(text, "..", len))
		return es_fail_config(p->err,
				      "pattern '%s': '%.*s' as a part of it "
				      "never matches",
				      ES_Q(p->pattern), (int)len, text);
	es_buf_addc(b, '/');
	es_buf_add(b, text, len);
	return es_buf_check(b, p->err);
}

static int take_components(const struct plain *p, const struct es_buf *done,
			   const char *rest)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(16384);

	es_buf_add(&b, es_buf_str(done), done->len);
	for (;;) {
		const char *stars;

		rest += strspn(rest, "/");
		if (!*rest)
			return put_plain(p, &b);

		const char *end = component_end(rest, &stars);
		size_t len = (size_t)(end - rest);

		if (stars && strspn(rest, "*") < len)
			return split_stars(p, &b, rest, stars);
		if (!stars && put_component(p, &b, rest, len) < 0)
			return p->err->code;
		/* Two ** in a row say no more than one. */
		if (stars && !ends_in_any(&b))
			es_buf_adds(&b, "/**");
		rest = end;
	}
}

/* Takes a pattern whose braces are gone. */
static int take_path(const struct plain *p, const char *path)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(16384);
	ES_CLEANUP(es_buf_dispose) struct es_buf done = ES_BUF_INIT(16384);
	bool home = path[0] == '~' && path[1] == '/';

	if (path[0] != '/' && !home && strncmp(path, "**", 2))
		return es_fail_config(p->err,
				      "pattern '%s' begins neither with '/' "
				      "nor with '~/' nor with '**'",
				      ES_Q(p->pattern));
	/* A slash is a slash, escaped or not. */
	for (const char *s = path + home; *s;) {
		size_t n = es_glob_token(s);

		if (n == 2 && s[0] == '\\' && s[1] == '/')
			es_buf_addc(&b, '/');
		else
			es_buf_add(&b, s, n);
		s += n;
	}
	es_buf_adds(&done, home ? "~" : "");
	if (es_buf_check(&b, p->err) < 0 || es_buf_check(&done, p->err) < 0)
		return p->err->code;
	return take_components(p, &done, es_buf_str(&b));
}

/* Where the alternative that begins at @s ends: at its , or }. */
static const char *alternative_end(const char *s)
{
	for (size_t depth = 0; *s; s += es_glob_token(s)) {
		if (*s == '{')
			depth++;
		else if (depth == 0 && (*s == ',' || *s == '}'))
			break;
		else if (*s == '}')
			depth--;
	}
	return s;
}

/* Puts each alternative of the first group in its place, and goes on with
 * what that gives until there are no braces. */
static int expand(const struct plain *p, const char *s)
{
	const char *brace = s;

	while (*brace && *brace != '{')
		brace += es_glob_token(brace);
	if (!*brace)
		return take_path(p, s);

	const char *last = brace + 1;

	while (*(last = alternative_end(last)) == ',')
		last++;
	for (const char *from = brace + 1;;) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(16384);
		const char *to = alternative_end(from);

		es_buf_add(&b, s, (size_t)(brace - s));
		es_buf_add(&b, from, (size_t)(to - from));
		es_buf_adds(&b, last + 1);
		if (es_buf_check(&b, p->err) < 0 ||
		    expand(p, es_buf_str(&b)) < 0)
			return p->err->code;
		if (*to == '}')
			return 0;
		from = to + 1;
	}
}

int es_glob_plain(struct es_pool *out, const char *pattern,
		  struct es_error *err)
{
	struct plain p = { out, out->n, pattern, err };

	if (check_syntax(pattern, err) < 0)
		return err->code;
	return expand(&p, pattern);
}
