/* SPDX-License-Identifier: MIT */
/* audit_pack.c - a pack: its checksums, and each object made and hashed */
#include "config.h"

#include "store/audit_priv.h"

#include "etcsnap/quote.h"
#include "store/git_delta_priv.h"
#include "store/pack_file_priv.h"
#include "store/store_priv.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Objects that are stored whole are the roots of trees of differences. A
 * thread takes a root and makes all that hangs on it, depth first, so that
 * each object is made once and only what lies on the way down is in memory.
 */

/* No object: end of a list. */
#define NONE UINT32_MAX
/* No zlib stream holds more than this many times its bytes. */
#define RATIO 1032
/* Most differences one after the other that git makes. */
#define DEPTH_MAX 4096

/* An object of the pack, in the order of the file. */
struct node {
	struct es_audit_object object;
	uint32_t child; /* the first that is made from it */
	uint32_t next;	/* another of the same base */
	bool root;
	bool seen;
};

struct job {
	struct es_audit *a;
	struct es_pack_file *file;
	struct node *nodes;
	uint32_t *by_id;
	uint32_t n;
	atomic_uint next;
	atomic_int failed; /* -ENOMEM */
};

/* An object on the way down. */
struct level {
	char *data;
	size_t len;
	uint32_t child; /* to be made next */
	uint8_t kind;
};

static void job_dispose(struct job *j)
{
	es_pack_file_free(j->file);
	free(j->nodes);
	free(j->by_id);
}

static void tell_pack(struct es_audit *a, const char *stem, const char *ending,
		      const char *problem, const char *advice)
{
	char name[PATH_MAX];
	const struct es_audit_finding f = {
		.kind = *ending == '.' && ending[1] == 'i' ? "index" : "pack",
		.name = name,
		.problem = problem,
		.advice = advice,
	};

	snprintf(name, sizeof(name), "objects/pack/%s%s", stem, ending);
	es_audit_tell(a, &f);
}

static void check_sums(struct job *j, const char *stem, struct es_auditor *w)
{
	const unsigned int wrong = es_pack_file_sums(j->file, w->sha1);

	if (wrong & ES_PACK_SUM_PACK)
		tell_pack(j->a, stem, ".pack", "is not what its checksum says",
			  "the objects that are lost are named beside it");
	if (wrong & ES_PACK_SUM_INDEX)
		tell_pack(j->a, stem, ".idx", "is not what its checksum says",
			  "remove it and run 'etcsnap git index-pack' on the "
			  "pack");
	else if (wrong & ES_PACK_SUM_OTHER)
		tell_pack(j->a, stem, ".idx", "is of another pack",
			  "remove it and run 'etcsnap git index-pack' on the "
			  "pack");
}

/* ------------------------------------------------------- who hangs on whom */

static int cmp_id(const void *a, const void *b, void *nodes)
{
	const struct node *n = nodes;

	return memcmp(n[*(const uint32_t *)a].object.id.id,
		      n[*(const uint32_t *)b].object.id.id, ES_OID_LEN);
}

static uint32_t find(const struct job *j, const struct es_oid *id)
{
	uint32_t from = 0;
	uint32_t to = j->n;

	while (from < to) {
		const uint32_t mid = from + (to - from) / 2;
		const uint32_t i = j->by_id[mid];
		const int rc =
			memcmp(id->id, j->nodes[i].object.id.id, ES_OID_LEN);

		if (rc == 0)
			return i;
		if (rc < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return NONE;
}

static void link_node(struct job *j, uint32_t i, const struct es_pack_entry *e)
{
	struct node *node = &j->nodes[i];
	uint32_t base;

	if (e->type < ES_PACK_OFS_DELTA) {
		node->root = true;
		node->object.kind = (uint8_t)e->type;
		return;
	}
	base = find(j, &e->base);
	if (base == NONE) {
		node->seen = true;
		es_audit_tell_object(j->a, &e->id,
				     "lacks what it was made from");
		return;
	}
	node->next = j->nodes[base].child;
	j->nodes[base].child = i;
}

static int make_nodes(struct job *j)
{
	struct es_error ignored = ES_ERROR_INIT;
	struct es_pack_entry e;

	j->nodes = calloc((size_t)j->n + 1, sizeof(*j->nodes));
	j->by_id = calloc((size_t)j->n + 1, sizeof(*j->by_id));
	if (!j->nodes || !j->by_id)
		return -ENOMEM;
	for (uint32_t i = 0; i < j->n; i++) {
		struct node *node = &j->nodes[i];

		node->child = node->next = NONE;
		j->by_id[i] = i;
		node->seen = es_pack_file_entry(j->file, i, &e, &ignored) < 0;
		/* of one that is damaged the index still knows the id */
		es_pack_file_id(j->file, i, &node->object.id);
		if (node->seen)
			es_audit_tell_object(j->a, &node->object.id,
					     "is damaged in its pack");
	}
	qsort_r(j->by_id, j->n, sizeof(*j->by_id), cmp_id, j->nodes);
	for (uint32_t i = 0; i < j->n; i++)
		if (!j->nodes[i].seen &&
		    es_pack_file_entry(j->file, i, &e, &ignored) == 0)
			link_node(j, i, &e);
	return 0;
}

/* ---------------------------------------------------------- making objects */

/* The bytes of an entry, inflated. 0, -EIO or -ENOMEM. */
static int inflate_entry(const struct job *j, uint32_t i, char **out,
			 size_t *len)
{
	struct es_error ignored = ES_ERROR_INIT;
	struct es_pack_entry e;
	ES_CLEANUP(es_freep) char *data = NULL;
	int rc;

	if (es_pack_file_entry(j->file, i, &e, &ignored) < 0 ||
	    e.size / RATIO > e.data_len)
		return -EIO;
	data = malloc((size_t)e.size + 1);
	if (!data)
		return -ENOMEM;
	rc = es_inflate(data, (size_t)e.size, e.data, e.data_len);
	if (rc < 0)
		return rc;
	data[e.size] = '\0';
	*len = (size_t)e.size;
	*out = es_steal_ptr(&data);
	return 0;
}

static int make_object(const struct job *j, uint32_t i,
		       const struct level *base, struct level *out)
{
	ES_CLEANUP(es_freep) char *delta = NULL;
	size_t len;
	int rc;

	if (!base) {
		out->kind = j->nodes[i].object.kind;
		return inflate_entry(j, i, &out->data, &out->len);
	}
	out->kind = base->kind;
	rc = inflate_entry(j, i, &delta, &len);
	if (rc < 0)
		return rc;
	return es_git_delta_apply(&out->data, &out->len, base->data, base->len,
				  delta, len);
}

static int visit(struct job *j, struct es_auditor *w, uint32_t i,
		 const struct level *base, struct level *out)
{
	struct node *node = &j->nodes[i];
	int rc;

	*out = (struct level){ .child = NONE };
	node->seen = true;
	rc = make_object(j, i, base, out);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0) {
		es_audit_tell_object(j->a, &node->object.id,
				     "cannot be unpacked");
		return 0;
	}
	node->object.kind = out->kind;
	es_auditor_check(w, &node->object, out->data, out->len);
	out->child = node->child;
	return 0;
}

/* What hangs on an object that could not be made is lost with it. */
static int descend(struct job *j, struct es_auditor *w, struct level *stack,
		   uint32_t root)
{
	size_t depth = 1;
	int rc = visit(j, w, root, NULL, &stack[0]);

	while (depth > 0) {
		struct level *at = &stack[depth - 1];
		const uint32_t i = at->child;

		if (rc < 0 || i == NONE || depth == DEPTH_MAX) {
			free(es_steal_ptr(&at->data));
			depth--;
			continue;
		}
		at->child = j->nodes[i].next;
		rc = visit(j, w, i, at, &stack[depth++]);
	}
	return rc;
}

static void *work(void *payload)
{
	struct job *j = payload;
	ES_CLEANUP(es_auditor_dispose) struct es_auditor w = { 0 };
	struct es_error err = ES_ERROR_INIT;
	ES_CLEANUP(es_freep)
	struct level *stack = calloc(DEPTH_MAX, sizeof(*stack));

	if (!stack || es_auditor_init(&w, j->a, &err) < 0) {
		atomic_store(&j->failed, -ENOMEM);
		return NULL;
	}
	while (atomic_load(&j->failed) == 0) {
		const uint32_t i = atomic_fetch_add(&j->next, 1);

		if (i >= j->n)
			break;
		if (j->nodes[i].root && !j->nodes[i].seen &&
		    descend(j, &w, stack, i) < 0)
			atomic_store(&j->failed, -ENOMEM);
	}
	return NULL;
}

static void work_all(struct job *j)
{
	pthread_t threads[16];
	unsigned int started = 0;

	while (j->n > 64 && started + 1 < j->a->threads &&
	       pthread_create(&threads[started], NULL, work, j) == 0)
		started++;
	work(j);
	while (started > 0)
		pthread_join(threads[--started], NULL);
}

static void take_objects(struct job *j)
{
	for (uint32_t i = 0; i < j->n; i++) {
		const struct node *node = &j->nodes[i];

		if (!node->seen)
			es_audit_tell_object(j->a, &node->object.id,
					     "is made from what is lost");
		j->a->items[j->a->n++] = node->object;
	}
}

int es_audit_pack(struct es_audit *a, const char *dir, const char *stem,
		  struct es_error *err)
{
	ES_CLEANUP(job_dispose) struct job j = { .a = a };
	ES_CLEANUP(es_auditor_dispose) struct es_auditor w = { 0 };
	struct es_error why = ES_ERROR_INIT;

	if (es_auditor_init(&w, a, err) < 0)
		return err->code;
	if (es_pack_file_open(&j.file, dir, stem, &why) < 0) {
		if (why.code == -ENOMEM)
			return es_fail_oom(err);
		/* joined with others since the directory was read */
		if (why.code != -ENOENT)
			tell_pack(a, stem, ".idx",
				  "it or its pack cannot be read",
				  "if the pack is whole, remove it and run "
				  "'etcsnap git index-pack' on the pack");
		return 0;
	}
	a->totals.packs++;
	a->totals.stored += es_pack_file_size(j.file);
	j.n = (uint32_t)es_pack_file_count(j.file);
	check_sums(&j, stem, &w);
	if (make_nodes(&j) < 0 || es_audit_reserve(a, j.n) < 0)
		return es_fail_oom(err);
	work_all(&j);
	if (atomic_load(&j.failed) < 0)
		return es_fail_oom(err);
	take_objects(&j);
	return 0;
}
