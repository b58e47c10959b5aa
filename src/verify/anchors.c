/* SPDX-License-Identifier: MIT */
/* anchors.c - commit ids that mails or lists name: are they on the chain */
#include "config.h"

#include "verify/verify_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct search {
	struct es_verify *v;
	const char *file;
	size_t *by_id; /* places of the chain, in the order of ids */
	bool missed;   /* the old one of OLD..NEW was not found */
	struct es_anchor old;
	size_t old_place; /* of OLD, SIZE_MAX = there is none */
};

static void search_dispose(struct search *s)
{
	free(s->by_id);
}

static int cmp_place(const void *a, const void *b, void *chain)
{
	const struct es_verify_link *c = chain;

	return memcmp(c[*(const size_t *)a].id.id, c[*(const size_t *)b].id.id,
		      ES_OID_LEN);
}

static int sort(struct search *s, struct es_error *err)
{
	const struct es_verify *v = s->v;

	s->by_id = calloc(v->n_chain + 1, sizeof(*s->by_id));
	if (!s->by_id)
		return es_fail_oom(err);
	for (size_t i = 0; i < v->n_chain; i++)
		s->by_id[i] = i;
	qsort_r(s->by_id, v->n_chain, sizeof(*s->by_id), cmp_place, v->chain);
	return 0;
}

static int cmp_hex(const struct es_oid *id, const char *digits, size_t n)
{
	char hex[ES_OID_HEX + 1];

	return memcmp(es_oid_text(hex, id), digits, n);
}

/* Place in the chain; SIZE_MAX when it is not on it. */
static size_t find(const struct search *s, const struct es_anchor *a)
{
	const struct es_verify *v = s->v;
	size_t from = 0;
	size_t to = v->n_chain;

	while (from < to) {
		const size_t mid = from + (to - from) / 2;
		const int rc =
			cmp_hex(&v->chain[s->by_id[mid]].id, a->hex, a->digits);

		if (rc == 0)
			return s->by_id[mid];
		if (rc < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return SIZE_MAX;
}

/* Older than what is kept: written down before the oldest commit was made, or
 * the very one behind it. */
static bool is_cut(const struct search *s, const struct es_anchor *a)
{
	const struct es_verify *v = s->v;

	if (!v->cut || v->n_chain == 0)
		return false;
	return cmp_hex(&v->behind, a->hex, a->digits) == 0 ||
	       (a->when && a->when < v->chain[v->n_chain - 1].when);
}

static void tell(const struct search *s, const struct es_anchor *a,
		 const char *problem)
{
	const struct es_verify_about about = {
		"anchor", a->hex, a->digits,
		"compare with the mail: the history may have been rewritten"
	};

	es_verify_tell(s->v, ES_VERIFY_BAD, &about, "%s (%s:%zu)", problem,
		       ES_Q(s->file), a->line);
}

static void judge(const struct search *s, const struct es_anchor *a)
{
	if (is_cut(s, a))
		s->v->totals->cut++;
	else
		tell(s, a, "is not on main");
}

/*
 * The old one of OLD..NEW whose NEW is on the chain may lie behind the
 * boundary although the mail is younger than that.
 */
static void settle_old(struct search *s, const struct es_anchor *new,
		       size_t place)
{
	if (s->missed) {
		s->missed = false;
		if (new &&place != SIZE_MAX && s->v->cut)
			s->v->totals->cut++;
		else
			judge(s, &s->old);
	} else if (new && s->old_place != SIZE_MAX && place != SIZE_MAX &&
		   s->old_place < place) {
		tell(s, new,
		     "is older on main than the one that was told "
		     "before it");
	}
	s->old_place = SIZE_MAX;
}

static int each(void *payload, const struct es_anchor *a)
{
	struct search *s = payload;
	const size_t place = find(s, a);
	const bool none = strspn(a->hex, "0") == a->digits;

	if (none) /* "from nothing": of a first run */
		return 0;
	s->v->totals->anchors++;
	settle_old(s, a->old ? NULL : a, place);
	if (place != SIZE_MAX) {
		s->old_place = a->old ? place : SIZE_MAX;
		return 0;
	}
	if (a->old) {
		s->missed = true;
		s->old = *a;
		return 0;
	}
	judge(s, a);
	return 0;
}

static int read_file(struct search *s, struct es_error *err)
{
	struct es_anchor_reader r = { .payload = s, .each = each };
	ES_CLEANUP(es_fclosep) FILE *f = fopen(s->file, "re");
	ES_CLEANUP(es_freep) char *line = NULL;
	size_t room = 0;
	ssize_t len;

	if (!f)
		return es_fail_errno(err, "cannot read %s", ES_Q(s->file));
	while ((len = getline(&line, &room, f)) >= 0) {
		if (len && line[len - 1] == '\n')
			len--;
		es_anchor_line(&r, line, (size_t)len);
	}
	settle_old(s, NULL, SIZE_MAX);
	if (ferror(f))
		return es_fail_errno(err, "cannot read %s", ES_Q(s->file));
	return 0;
}

int es_verify_anchors(struct es_verify *v, struct es_error *err)
{
	ES_CLEANUP(search_dispose)
	struct search s = { .v = v, .old_place = SIZE_MAX };

	if (v->o->n_anchors == 0)
		return 0;
	if (sort(&s, err) < 0)
		return err->code;
	for (size_t i = 0; i < v->o->n_anchors; i++) {
		s.file = v->o->anchors[i];
		if (read_file(&s, err) < 0)
			return err->code;
	}
	return 0;
}
