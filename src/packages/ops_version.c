/* SPDX-License-Identifier: MIT */
/* ops_version.c - which of two versions of a package is the newer */
#include "config.h"

#include "packages/ops_priv.h"

#include <string.h>

/*
 * Sources: deb-version(7); the rules of rpm's rpmvercmp(), which pacman has
 * taken over, in rpm-version(7) and vercmp(8); apk-package(5).
 *
 * All of them compare runs of digits as numbers and what stands between by
 * rules of their own.
 */

/**
 * struct part - a part of a version
 * @at:  its bytes
 * @len: their number
 */
struct part {
	const char *at;
	size_t len;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int sign(int n)
{
	return n < 0 ? -1 : n > 0;
}

/* Cuts the digits off the start, without zeros in front. */
static struct part cut_number(struct part *p)
{
	struct part out;

	while (p->len > 0 && *p->at == '0') {
		p->at++;
		p->len--;
	}
	out = (struct part){ p->at, 0 };
	while (out.len < p->len && is_digit(p->at[out.len]))
		out.len++;
	p->at += out.len;
	p->len -= out.len;
	return out;
}

static int compare_numbers(struct part *a, struct part *b)
{
	struct part x = cut_number(a), y = cut_number(b);

	if (x.len != y.len)
		return x.len < y.len ? -1 : 1;
	return sign(memcmp(x.at, y.at, x.len));
}

/* Cuts off "NUMBER:"; without one the epoch is 0. */
static struct part cut_epoch(struct part *p)
{
	size_t n = 0;

	while (n < p->len && is_digit(p->at[n]))
		n++;
	if (n == 0 || n == p->len || p->at[n] != ':')
		return (struct part){ "0", 1 };
	struct part epoch = { p->at, n };
	p->at += n + 1;
	p->len -= n + 1;
	return epoch;
}

/* Cuts off what stands behind the last hyphen. */
static struct part cut_revision(struct part *p)
{
	const char *dash = memrchr(p->at, '-', p->len);

	if (!dash)
		return (struct part){ "", 0 };
	size_t len = (size_t)(dash - p->at);
	struct part revision = { dash + 1, p->len - len - 1 };
	p->len = len;
	return revision;
}

/* --- dpkg --- */

/* Weight of what is no digit; the end of a version weighs 0. */
static int weight(const struct part *p)
{
	if (p->len == 0 || is_digit(*p->at))
		return 0;
	if (*p->at == '~')
		return -1;
	return is_letter(*p->at) ? (unsigned char)*p->at
				 : (unsigned char)*p->at + 256;
}

static int compare_deb(struct part a, struct part b)
{
	while (a.len > 0 || b.len > 0) {
		while ((a.len > 0 && !is_digit(*a.at)) ||
		       (b.len > 0 && !is_digit(*b.at))) {
			int x = weight(&a), y = weight(&b);

			if (x != y)
				return x < y ? -1 : 1;
			/* Equal and not 0: none of both is at its end. */
			a.at++;
			a.len--;
			b.at++;
			b.len--;
		}
		int order = compare_numbers(&a, &b);
		if (order != 0)
			return order;
	}
	return 0;
}

/* --- rpm and pacman --- */

static bool is_mark(char c)
{
	return c == '~' || c == '^';
}

static void skip_separators(struct part *p)
{
	while (p->len > 0 && !is_digit(*p->at) && !is_letter(*p->at) &&
	       !is_mark(*p->at)) {
		p->at++;
		p->len--;
	}
}

/*
 * "~" is older than the end, "^" newer than it and older than anything else.
 * Returns whether there was a mark; @order is set where it decides.
 */
static bool compare_marks(struct part *a, struct part *b, int *order)
{
	char x = '\0', y = '\0';

	if (a->len > 0)
		x = *a->at;
	if (b->len > 0)
		y = *b->at;
	*order = 0;
	if (!is_mark(x) && !is_mark(y))
		return false;
	if (x == y) {
		a->at++;
		a->len--;
		b->at++;
		b->len--;
	} else if (x == '~' || y == '~') {
		*order = x == '~' ? -1 : 1;
	} else if (x == '^') {
		*order = b->len == 0 ? 1 : -1;
	} else {
		*order = a->len == 0 ? -1 : 1;
	}
	return true;
}

static struct part cut_letters(struct part *p)
{
	struct part out = { p->at, 0 };

	while (out.len < p->len && is_letter(p->at[out.len]))
		out.len++;
	p->at += out.len;
	p->len -= out.len;
	return out;
}

static int compare_words(struct part *a, struct part *b)
{
	struct part x = cut_letters(a), y = cut_letters(b);
	size_t len = x.len < y.len ? x.len : y.len;
	int order = memcmp(x.at, y.at, len);

	if (order == 0 && x.len != y.len)
		order = x.len < y.len ? -1 : 1;
	return sign(order);
}

static int compare_rpm(struct part a, struct part b)
{
	for (;;) {
		int order;

		skip_separators(&a);
		skip_separators(&b);
		if (compare_marks(&a, &b, &order)) {
			if (order != 0)
				return order;
			continue;
		}
		if (a.len == 0 || b.len == 0)
			return a.len == b.len ? 0 : a.len == 0 ? -1 : 1;
		/* A number is newer than a word. */
		if (is_digit(*a.at) != is_digit(*b.at))
			return is_digit(*a.at) ? 1 : -1;
		order = is_digit(*a.at) ? compare_numbers(&a, &b)
					: compare_words(&a, &b);
		if (order != 0)
			return order;
	}
}

/* --- apk --- */

/*
 * Suffixes in ascending order, those before the empty one being older than
 * the version without any.
 */
static const char *const suffixes[] = {
	"_alpha", "_beta", "_pre", "_rc", "",
	"_cvs",	  "_svn",  "_git", "_hg", "_p",
};

#define N_SUFFIXES (sizeof(suffixes) / sizeof(suffixes[0]))
#define NO_SUFFIX 4

static size_t cut_suffix(struct part *p)
{
	/* The last one first: "_p" is the start of "_pre". */
	for (size_t i = 0; i < N_SUFFIXES; i++) {
		size_t len = strlen(suffixes[i]);

		if (i == NO_SUFFIX || p->len < len ||
		    memcmp(p->at, suffixes[i], len) != 0)
			continue;
		p->at += len;
		p->len -= len;
		return i;
	}
	return NO_SUFFIX;
}

/* A letter or a point; the end is the oldest. 0 when both had the same one. */
static int compare_bytes(struct part *a, struct part *b)
{
	if (a->len == 0 || b->len == 0)
		return (a->len > 0) - (b->len > 0);
	int order = sign((unsigned char)*a->at - (unsigned char)*b->at);
	a->at++;
	a->len--;
	b->at++;
	b->len--;
	return order;
}

static int compare_apk(struct part a, struct part b)
{
	while (a.len > 0 || b.len > 0) {
		int order = (int)cut_suffix(&a) - (int)cut_suffix(&b);

		if (order != 0)
			return sign(order);
		bool has_a = a.len > 0 && is_digit(*a.at);
		bool has_b = b.len > 0 && is_digit(*b.at);
		if (has_a != has_b)
			return has_a ? 1 : -1;
		order = has_a ? compare_numbers(&a, &b) : compare_bytes(&a, &b);
		if (order != 0)
			return order;
	}
	return 0;
}

int ops_version_compare(const char *manager, const char *a, const char *b)
{
	struct part x = { a, strlen(a) }, y = { b, strlen(b) };
	int (*compare)(struct part a, struct part b) = compare_rpm;

	if (strcmp(manager, "dpkg") == 0)
		compare = compare_deb;
	else if (strcmp(manager, "apk") == 0)
		compare = compare_apk;
	struct part p = cut_epoch(&x), q = cut_epoch(&y);
	int order = compare_numbers(&p, &q);
	if (order != 0)
		return order;
	p = cut_revision(&x);
	q = cut_revision(&y);
	order = compare(x, y);
	return order ? order : compare(p, q);
}

int es_package_version_compare(const char *manager, const char *a,
			       const char *b)
{
	return ops_version_compare(manager, a, b);
}
