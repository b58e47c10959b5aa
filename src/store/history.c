/* SPDX-License-Identifier: MIT */
/* history.c - walk back along first parents, to the shallow boundary */
#include "config.h"

#include "store/commit_priv.h"
#include "store/store_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most bytes of $GIT_DIR/shallow; a branch has one line in it. */
#define SHALLOW_MAX ((size_t)16 << 20)

struct es_history {
	struct es_store *st;
	struct es_shallow shallow;
	struct es_oid next; /* all zero: the end */
	struct es_oid last; /* commit that was handed out before */
};

static int cmp_oid(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct es_oid));
}

void es_shallow_dispose(struct es_shallow *s)
{
	free(es_steal_ptr(&s->ids));
	s->n = 0;
}

bool es_shallow_has(const struct es_shallow *s, const struct es_oid *oid)
{
	return s->n &&
	       bsearch(oid, s->ids, s->n, sizeof(*s->ids), cmp_oid) != NULL;
}

/* One id a line; the last one may lack its newline. */
static int parse_shallow(struct es_shallow *out, const struct es_buf *text)
{
	const size_t line = ES_OID_HEX + 1;
	const size_t n = (text->len + 1) / line;
	struct es_shallow s = { calloc(n + 1, sizeof(*s.ids)), n };

	if (!s.ids)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const char *const at = text->data + i * line;

		if ((at[ES_OID_HEX] != '\n' && at[ES_OID_HEX] != '\0') ||
		    es_unhex(s.ids[i].id, at, ES_OID_LEN) < 0) {
			es_shallow_dispose(&s);
			return -EINVAL;
		}
	}
	if (text->len != n * line && text->len + 1 != n * line) {
		es_shallow_dispose(&s);
		return -EINVAL;
	}
	qsort(s.ids, n, sizeof(*s.ids), cmp_oid);
	es_shallow_dispose(out);
	*out = s;
	return 0;
}

int es_shallow_load(struct es_shallow *out, const struct es_store *st,
		    struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf text = ES_BUF_INIT(SHALLOW_MAX);
	ES_CLEANUP(es_freep) char *path = NULL;
	struct es_error why = ES_ERROR_INIT;

	if (asprintf(&path, "%s/shallow", st->path) < 0) {
		path = NULL;
		return es_fail_oom(err);
	}
	int rc = es_read_file(&text, AT_FDCWD, path, &why);
	if (rc == -ENOENT || (rc == 0 && !text.len)) {
		es_shallow_dispose(out);
		return 0;
	}
	if (rc < 0) {
		*err = why;
		return rc;
	}
	rc = parse_shallow(out, &text);
	if (rc == -ENOMEM)
		return es_fail_oom(err);
	if (rc < 0)
		return es_fail(err, rc,
			       "'%s' is broken; run 'etcsnap git fsck'",
			       ES_Q(path));
	return 0;
}

int es_history_new(struct es_history **out, struct es_store *st,
		   const struct es_oid *from, struct es_error *err)
{
	ES_CLEANUP(es_history_freep)
	struct es_history *h = calloc(1, sizeof(*h));

	if (!h)
		return es_fail_oom(err);
	h->st = st;
	h->next = *from;
	if (es_shallow_load(&h->shallow, st, err) < 0)
		return err->code;
	*out = es_steal_ptr(&h);
	return 0;
}

void es_history_free(struct es_history *h)
{
	if (!h)
		return;
	es_shallow_dispose(&h->shallow);
	free(h);
}

/* Whether the history behind the last commit was pruned during the walk. */
static bool was_pruned(struct es_history *h)
{
	struct es_error ignored = ES_ERROR_INIT;

	return !es_oid_is_none(&h->last) &&
	       es_shallow_load(&h->shallow, h->st, &ignored) == 0 &&
	       es_shallow_has(&h->shallow, &h->last);
}

int es_history_next(struct es_history *h, struct es_commit **out,
		    struct es_error *err)
{
	struct es_error why = ES_ERROR_INIT;
	struct es_commit *c;

	if (es_oid_is_none(&h->next))
		return 0;
	const int rc = es_commit_load(&c, h->st, &h->next, &why);
	if (rc == -ENOENT && was_pruned(h)) {
		memset(&h->next, 0, sizeof(h->next));
		return 0;
	}
	if (rc < 0) {
		*err = why;
		return rc;
	}
	if (es_shallow_has(&h->shallow, &c->id))
		es_commit_cut(c);
	h->next = c->parent;
	h->last = c->id;
	*out = c;
	return 1;
}
