/* SPDX-License-Identifier: MIT */
/* audit.c - every object read and hashed: the table of them */
#include "config.h"

#include "store/audit_priv.h"

#include "store/store_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS_MAX 8
/* Objects between two words about how far it is. */
#define STEP 4096

/* ---------------------------------------------------------------- findings */

void es_audit_tell(struct es_audit *a, const struct es_audit_finding *f)
{
	pthread_mutex_lock(&a->lock);
	a->io->found(a->io->payload, f);
	pthread_mutex_unlock(&a->lock);
}

void es_audit_tell_object(struct es_audit *a, const struct es_oid *id,
			  const char *problem)
{
	char hex[ES_OID_HEX + 1];
	const struct es_audit_finding f = {
		.kind = "object",
		.name = es_oid_text(hex, id),
		.problem = problem,
		.advice = "fetch it from a copy of the repository, or "
			  "'etcsnap init --reset'",
	};

	es_audit_tell(a, &f);
}

/* ---------------------------------------------------------------- contents */

int es_auditor_init(struct es_auditor *w, struct es_audit *a,
		    struct es_error *err)
{
	*w = (struct es_auditor){ .a = a };
	if (es_digest_new(&w->sha1, ES_DIGEST_SHA1, NULL, err) < 0 ||
	    es_digest_new(&w->sha256, ES_DIGEST_SHA256, NULL, err) < 0)
		return err->code;
	return 0;
}

void es_auditor_dispose(struct es_auditor *w)
{
	es_digest_free(w->sha1);
	es_digest_free(w->sha256);
	*w = (struct es_auditor){ 0 };
}

static bool has_id(struct es_auditor *w, const struct es_audit_object *o,
		   const char *data, size_t len)
{
	char head[32];
	struct es_oid is;
	const int n = snprintf(head, sizeof(head), "%s %zu",
			       es_kind_name((enum es_kind)o->kind), len);

	es_digest_begin(w->sha1);
	es_digest_update(w->sha1, head, (size_t)n + 1);
	es_digest_update(w->sha1, data, len);
	es_digest_end(w->sha1, is.id);
	return es_oid_equal(&is, &o->id);
}

static bool is_mode(unsigned int mode)
{
	return mode == ES_MODE_TREE || mode == ES_MODE_FILE ||
	       mode == ES_MODE_EXEC || mode == ES_MODE_LINK;
}

static bool is_name(const struct es_tree_entry *e)
{
	return !(e->len <= 2 && memcmp(e->name, "..", e->len) == 0) &&
	       !(e->len == 4 && strncasecmp(e->name, ".git", 4) == 0);
}

/* What is wrong with a tree, NULL: nothing. */
static const char *judge_tree(const char *data, size_t len)
{
	struct es_tree_reader r = { data, data + len };
	struct es_tree_entry last = { 0 };
	struct es_tree_entry e;
	int rc;

	while ((rc = es_tree_next(&r, &e)) > 0) {
		if (!is_mode(e.mode))
			return "has an entry of a strange mode";
		if (!is_name(&e))
			return "has an entry of a strange name";
		if (es_oid_is_none(&e.oid))
			return "has an entry that points to nothing";
		if (last.name && es_tree_entry_cmp(&last, &e) >= 0)
			return "has entries out of order";
		last = e;
	}
	return rc < 0 ? "is no tree" : NULL;
}

/* What the caller compares files with; the rest is never looked at. */
static uint64_t fingerprint(struct es_auditor *w, const char *data, size_t len)
{
	uint8_t sum[ES_SHA256_LEN];
	uint64_t out;

	es_digest_begin(w->sha256);
	es_digest_update(w->sha256, data, len);
	es_digest_end(w->sha256, sum);
	memcpy(&out, sum, sizeof(out));
	return out;
}

static void count(struct es_audit *a, size_t len)
{
	const unsigned long long n = atomic_fetch_add(&a->objects, 1) + 1;
	const unsigned long long bytes = atomic_fetch_add(&a->bytes, len) + len;

	if (n % STEP || !a->io->progress)
		return;
	pthread_mutex_lock(&a->lock);
	a->io->progress(a->io->payload, n, bytes);
	pthread_mutex_unlock(&a->lock);
}

void es_auditor_check(struct es_auditor *w, struct es_audit_object *o,
		      const char *data, size_t len)
{
	const char *problem = NULL;

	count(w->a, len);
	if (!has_id(w, o, data, len))
		problem = "is not what its id says";
	else if (o->kind == ES_KIND_TREE)
		problem = judge_tree(data, len);
	else if (o->kind == ES_KIND_BLOB)
		o->sha256 = fingerprint(w, data, len);
	o->good = !problem;
	if (problem)
		es_audit_tell_object(w->a, &o->id, problem);
}

/* --------------------------------------------------------------- the table */

int es_audit_reserve(struct es_audit *a, size_t more)
{
	struct es_audit_object *items;
	size_t cap = a->cap ? a->cap : 1024;

	if (a->n + more <= a->cap)
		return 0;
	while (cap < a->n + more)
		cap *= 2;
	items = reallocarray(a->items, cap, sizeof(*items));
	if (!items)
		return -ENOMEM;
	a->items = items;
	a->cap = cap;
	return 0;
}

static int cmp(const void *va, const void *vb)
{
	const struct es_audit_object *a = va;
	const struct es_audit_object *b = vb;
	const int rc = memcmp(a->id.id, b->id.id, ES_OID_LEN);

	/* of several copies the sound one comes first */
	return rc ? rc : (int)b->good - (int)a->good;
}

static void sort(struct es_audit *a)
{
	size_t n = 0;

	if (a->n == 0)
		return;
	qsort(a->items, a->n, sizeof(*a->items), cmp);
	for (size_t i = 0; i < a->n; i++)
		if (n == 0 ||
		    !es_oid_equal(&a->items[n - 1].id, &a->items[i].id))
			a->items[n++] = a->items[i];
	a->n = n;
}

static unsigned int thread_count(unsigned int asked)
{
	const long n = asked ? (long)asked : sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : (unsigned int)n;
}

int es_audit_new(struct es_audit **out, struct es_store *st,
		 unsigned int threads, const struct es_audit_io *io,
		 struct es_error *err)
{
	ES_CLEANUP(es_audit_freep)
	struct es_audit *a = calloc(1, sizeof(*a));

	if (!a)
		return es_fail_oom(err);
	pthread_mutex_init(&a->lock, NULL);
	a->st = st;
	a->io = io;
	a->threads = thread_count(threads);
	if (es_audit_files(a, err) < 0)
		return err->code;
	sort(a);
	a->totals.objects = atomic_load(&a->objects);
	a->totals.bytes = atomic_load(&a->bytes);
	a->st = NULL;
	a->io = NULL;
	*out = es_steal_ptr(&a);
	return 0;
}

void es_audit_free(struct es_audit *a)
{
	if (!a)
		return;
	pthread_mutex_destroy(&a->lock);
	free(a->items);
	free(a);
}

const struct es_audit_totals *es_audit_totals(const struct es_audit *a)
{
	return &a->totals;
}

size_t es_audit_count(const struct es_audit *a)
{
	return a->n;
}

struct es_audit_object *es_audit_at(struct es_audit *a, size_t i)
{
	return &a->items[i];
}

struct es_audit_object *es_audit_find(struct es_audit *a,
				      const struct es_oid *id)
{
	size_t from = 0;
	size_t to = a->n;

	while (from < to) {
		const size_t mid = from + (to - from) / 2;
		const int rc = memcmp(id->id, a->items[mid].id.id, ES_OID_LEN);

		if (rc == 0)
			return &a->items[mid];
		if (rc < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return NULL;
}
