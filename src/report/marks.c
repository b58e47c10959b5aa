/* SPDX-License-Identifier: MIT */
/* marks.c - which words differ in two lines that are alike */
#include "config.h"

#include "report/model_priv.h"

#include "etcsnap/quote.h"

#include <stdlib.h>
#include <string.h>

/*
 * A line that went is compared with one that came in its place. Words are runs
 * of letters, digits, '_' and bytes beyond ASCII; runs of blanks and single
 * other characters are words of their own. What is common is their longest
 * common subsequence, so cost is words times words: lines are cut off at
 * LINE_MAX_MARKED bytes and TOKENS_MAX words, and the caller gives a budget,
 * of pairs too, since marks take much memory.
 */
#define LINE_MAX_MARKED ((size_t)2000)
#define TOKENS_MAX 300

/* Lines of one block that are compared with each other. */
#define BLOCK_MAX ((size_t)64)

/* Lines ahead in which a partner is looked for where the numbers differ. */
#define AHEAD_MAX ((size_t)8)

/* Share of common bytes, in percent, from which marks help. */
#define ALIKE 40

struct token {
	const char *at;
	uint16_t len;
	bool common;
};

struct words {
	struct token items[TOKENS_MAX];
	size_t n;
};

struct pair {
	struct words old;
	struct words new;
	uint16_t *table; /* (TOKENS_MAX + 1) squared */
};

static int class_of(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 0x80)
		return 1;
	return c == ' ' || c == '\t' ? 2 : 0;
}

/* False when the line is not to be marked. */
static bool split(struct words *out, const struct report_line *l)
{
	out->n = 0;
	if (l->len == 0 || l->len > LINE_MAX_MARKED ||
	    !es_utf8_valid(l->text, l->len) || memchr(l->text, '\0', l->len))
		return false;
	for (size_t i = 0; i < l->len;) {
		int class = class_of(l->text[i]);
		size_t end = i + 1;

		while (class && end < l->len && class_of(l->text[end]) == class)
			end++;
		if (out->n == TOKENS_MAX)
			return false;
		out->items[out->n++] =
			(struct token){ l->text + i, (uint16_t)(end - i),
					false };
		i = end;
	}
	return true;
}

static bool same(const struct token *a, const struct token *b)
{
	return a->len == b->len && memcmp(a->at, b->at, a->len) == 0;
}

/* Marks what is common between a range of both, by the table of lengths. */
static void mark_common(struct pair *p, size_t from, size_t n, size_t m)
{
	struct token *a = p->old.items + from;
	struct token *b = p->new.items + from;
	const size_t wide = m + 1;
	uint16_t *t = p->table;

	memset(t + n * wide, 0, wide * sizeof(*t));
	for (size_t i = n; i-- > 0;) {
		t[i * wide + m] = 0;
		for (size_t j = m; j-- > 0;) {
			uint16_t down = t[(i + 1) * wide + j];
			uint16_t right = t[i * wide + j + 1];

			if (same(&a[i], &b[j]))
				t[i * wide + j] =
					(uint16_t)(t[(i + 1) * wide + j + 1] +
						   1);
			else
				t[i * wide + j] = down > right ? down : right;
		}
	}
	for (size_t i = 0, j = 0; i < n && j < m;) {
		if (same(&a[i], &b[j])) {
			a[i++].common = true;
			b[j++].common = true;
		} else if (t[(i + 1) * wide + j] >= t[i * wide + j + 1]) {
			i++;
		} else {
			j++;
		}
	}
}

/* Common words at both ends cost nothing. */
static bool compare(struct pair *p, struct report_room *room)
{
	struct words *a = &p->old, *b = &p->new;
	size_t head = 0, tail = 0;
	size_t least = a->n < b->n ? a->n : b->n;

	while (head < least && same(&a->items[head], &b->items[head]))
		head++;
	while (tail < least - head &&
	       same(&a->items[a->n - 1 - tail], &b->items[b->n - 1 - tail]))
		tail++;
	size_t n = a->n - head - tail, m = b->n - head - tail;
	if ((n + 1) * (m + 1) > room->words)
		return false;
	room->words -= (n + 1) * (m + 1);
	for (size_t i = 0; i < head; i++)
		a->items[i].common = b->items[i].common = true;
	for (size_t i = 1; i <= tail; i++)
		a->items[a->n - i].common = b->items[b->n - i].common = true;
	mark_common(p, head, n, m);
	return true;
}

static size_t common_bytes(const struct words *w, bool all)
{
	size_t bytes = 0;

	for (size_t i = 0; i < w->n; i++)
		if ((all || w->items[i].common) &&
		    class_of(*w->items[i].at) != 2)
			bytes += w->items[i].len;
	return bytes;
}

/* Share of what both have, in percent; -1 when they were not compared. */
static int alike(struct pair *p, const struct report_line *old,
		 const struct report_line *new, struct report_room *room)
{
	size_t both;

	if (!split(&p->old, old) || !split(&p->new, new) || !compare(p, room))
		return -1;
	both = common_bytes(&p->old, true) + common_bytes(&p->new, true);
	if (both == 0)
		return 0;
	return (int)(200 * common_bytes(&p->old, false) / both);
}

/* Neighbours of one kind are put down as one. */
static void set_words(struct es_doc *line, const struct words *w)
{
	struct es_doc *list = es_doc_array(line, "words");

	for (size_t i = 0; i < w->n;) {
		const struct token *first = &w->items[i];
		const char *end = first->at;
		struct es_doc *obj = es_doc_push(list);

		for (; i < w->n && w->items[i].common == first->common; i++)
			end = w->items[i].at + w->items[i].len;
		es_doc_text(obj, "text", first->at, (size_t)(end - first->at));
		es_doc_bool(obj, "changed", !first->common);
	}
}

static bool mark_pair(struct pair *p, const struct report_line *old,
		      const struct report_line *new, struct report_room *room)
{
	if (room->pairs == 0 || alike(p, old, new, room) < ALIKE)
		return false;
	room->pairs--;
	set_words(old->doc, &p->old);
	set_words(new->doc, &p->new);
	return true;
}

/*
 * Lines that went, and those that came right behind them. Of the same number
 * each has its counterpart; else each takes the next that is alike.
 */
static void mark_block(struct pair *p, const struct report_line *lines,
		       size_t gone, size_t come, struct report_room *room)
{
	const struct report_line *new = lines + gone;
	size_t next = 0;

	if (gone == come) {
		for (size_t i = 0; i < gone && i < BLOCK_MAX; i++)
			mark_pair(p, &lines[i], &new[i], room);
		return;
	}
	for (size_t i = 0; i < gone && i < BLOCK_MAX; i++) {
		for (size_t j = next; j < come && j < next + AHEAD_MAX; j++) {
			if (!mark_pair(p, &lines[i], &new[j], room))
				continue;
			next = j + 1;
			break;
		}
	}
}

void report_marks(const struct report_line *lines, size_t n,
		  struct report_room *room)
{
	struct pair *p = NULL;

	for (size_t i = 0; i < n && room->words > 0;) {
		size_t gone = 0, come = 0;

		while (i + gone < n && lines[i + gone].op == '-')
			gone++;
		while (i + gone + come < n && lines[i + gone + come].op == '+')
			come++;
		if (gone && come && !p) {
			const size_t wide = TOKENS_MAX + 1;

			/* marks are not worth failing for */
			p = malloc(sizeof(*p) + wide * wide * sizeof(uint16_t));
			if (!p)
				return;
			p->table = (uint16_t *)(void *)(p + 1);
		}
		if (gone && come)
			mark_block(p, lines + i, gone, come, room);
		i += gone + come ? gone + come : 1;
	}
	free(p);
}
