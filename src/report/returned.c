/* SPDX-License-Identifier: MIT */
/* returned.c - states that were there before */
#include "config.h"

#include "report/model_priv.h"

#include <errno.h>
#include <string.h>

/* Look-ups of a path in an earlier run; each reads a manifest. */
#define LOOKS_MAX 300

/* What may differ in a state that came back. */
#define MOVED                                                                  \
	(1u << ES_ATTR_MTIME | 1u << ES_ATTR_CTIME | 1u << ES_ATTR_INODE |     \
	 1u << ES_ATTR_NLINK | 1u << ES_ATTR_HARDLINK | 1u << ES_ATTR_SPARSE | \
	 1u << ES_ATTR_RECORD)

/* Whether values that tell of content are there and agree. */
static bool same_content(const struct es_entry *a, const struct es_entry *b)
{
	const unsigned int digests = ES_HAS_SHA256 | ES_HAS_HMAC;

	if (a->has & b->has & digests)
		return memcmp(a->digest, b->digest, sizeof(a->digest)) == 0;
	if (a->has & b->has & ES_HAS_BLOB)
		return memcmp(a->oid, b->oid, sizeof(a->oid)) == 0;
	return false;
}

static bool same_state(const struct es_entry *a, const struct es_entry *b)
{
	if (a->type != b->type || (es_entry_compare(a, b) & ~MOVED))
		return false;
	return a->type != ES_TYPE_FILE || same_content(a, b);
}

/* Return: 1 when a run had the state that is there now, 0, or negative. */
static int had(const struct report_job *job, const struct report_note *n,
	       const struct report_run *run, struct es_error *err)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_entry e;
	int rc = es_delta_entry(&w, &e, job->in->st, &run->tree,
				n->change->path, err);

	return rc <= 0 ? rc : same_state(&e, n->change->new);
}

/*
 * The runs that changed the path, from the second to last on: the last one
 * left what the older run has. Behind the first of them the path was as it is
 * in the run before.
 */
static int look(const struct report_job *job, struct report_note *n,
		unsigned int *looks, struct es_error *err)
{
	const struct report_runs *r = &job->runs;

	for (unsigned int i = 1; i <= n->n_touches; i++) {
		size_t at = i < n->n_touches ? n->touches[i]
					     : (size_t)n->touches[i - 1] + 1;

		if (at >= r->n_back || ++*looks > LOOKS_MAX ||
		    r->back[at].when < r->back[0].when - REPORT_BACK_TIME)
			return 0;
		int rc = had(job, n, &r->back[at], err);
		if (rc < 0)
			return rc;
		if (rc == 0)
			continue;
		n->why = WHY_RETURNED;
		n->commit = r->back[at].id;
		n->time = r->back[at].when;
		return 0;
	}
	return 0;
}

static bool may_return(const struct report_note *n)
{
	const struct es_change *c = n->change;

	return n->why == WHY_NOTHING && c->new && n->n_touches > 0 &&
	       c->kind != ES_CHANGE_TOUCHED;
}

/* What matters more is looked at first. */
int report_returned(struct report_job *job, struct es_error *err)
{
	unsigned int looks = 0;

	for (int s = ES_SEVERITY_CRITICAL; s >= ES_SEVERITY_NONE; s--)
		for (size_t i = 0; i < job->n && looks < LOOKS_MAX; i++) {
			struct report_note *n = &job->notes[i];

			if ((int)n->severity == s && may_return(n) &&
			    look(job, n, &looks, err) < 0)
				return err->code;
		}
	return 0;
}
