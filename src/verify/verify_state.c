/* SPDX-License-Identifier: MIT */
/* verify_state.c - the cache beside the repository: does it describe the tip */
#include "config.h"

#include "verify/verify_priv.h"

#include "etcsnap/listing.h"
#include "etcsnap/quote.h"
#include "etcsnap/state.h"
#include "etcsnap/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ADVICE                                                          \
	"remove the file state.db beside the repository: the next run " \
	"reads everything and makes it anew"

struct job {
	struct es_verify *v;
	struct es_oid tree; /* root of the tip */
	struct es_error *err;
};

static void tell(struct es_verify *v, enum es_verify_level level,
		 const char *name, size_t len, const char *problem)
{
	const struct es_verify_about about = { "state", name, len, ADVICE };

	es_verify_tell(v, level, &about, "%s", problem);
}

static void tell_file(struct es_verify *v, enum es_verify_level level,
		      const char *problem)
{
	tell(v, level, v->s->state_path, strlen(v->s->state_path), problem);
}

/* About a directory, or a name in it. */
static void tell_row(struct job *j, const char *path, size_t len,
		     const struct es_entry *e, const char *problem)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);

	es_buf_add(&b, path, len);
	if (e && !(e->name_len == 1 && e->name[0] == '.')) {
		es_buf_addc(&b, '/');
		es_buf_add(&b, e->name, e->name_len);
	} else if (b.len == 0) {
		es_buf_addc(&b, '/');
	}
	tell(j->v, ES_VERIFY_BAD, es_buf_str(&b), b.len, problem);
}

/* ------------------------------------------------------------------- rows */

static bool same_content(const struct es_entry *a, const struct es_entry *b)
{
	const unsigned int kinds =
		ES_HAS_SHA256 | ES_HAS_HMAC | ES_HAS_BLOB | ES_HAS_MASKED;

	if ((a->has & kinds) != (b->has & kinds))
		return false;
	if ((a->has & (ES_HAS_SHA256 | ES_HAS_HMAC)) &&
	    memcmp(a->digest, b->digest, sizeof(a->digest)) != 0)
		return false;
	return !(a->has & ES_HAS_BLOB) ||
	       memcmp(a->oid, b->oid, sizeof(a->oid)) == 0;
}

/* Both are recorded. */
static bool is_same(const struct es_entry *row, const struct es_entry *tip)
{
	if (row->type != tip->type)
		return false;
	/* a directory's own values stand in its own row and manifest */
	if (row->type == ES_TYPE_DIR &&
	    !(row->name_len == 1 && row->name[0] == '.'))
		return true;
	return es_entry_compare(row, tip) == 0 && same_content(row, tip);
}

static bool is_recorded(const struct es_entry *e)
{
	return e->watch == ES_WATCH_YES;
}

/* The next one that is recorded; 1, 0 at the end, or negative. */
static int next_recorded(struct es_listing_reader *r, struct es_entry *e)
{
	int rc;

	do
		rc = es_listing_next(r, e);
	while (rc > 0 && !is_recorded(e));
	return rc;
}

static int compare(struct job *j, const char *path, size_t len,
		   struct es_listing_reader *row, struct es_listing_reader *tip)
{
	struct es_entry a, b;
	int has_a = next_recorded(row, &a);
	int has_b = next_recorded(tip, &b);

	while (has_a > 0 || has_b > 0) {
		int rc = has_a <= 0   ? 1
			 : has_b <= 0 ? -1
				      : es_entry_name_cmp(a.name, a.name_len,
							  b.name, b.name_len);

		if (rc == 0 && !is_same(&a, &b))
			tell_row(j, path, len, &a,
				 "is not as the tip has recorded it");
		if (rc < 0)
			tell_row(j, path, len, &a, "is not in the tip");
		if (rc > 0)
			tell_row(j, path, len, &b,
				 "is in the tip and not in the state");
		if (rc <= 0)
			has_a = next_recorded(row, &a);
		if (rc >= 0)
			has_b = next_recorded(tip, &b);
	}
	return has_a < 0 || has_b < 0 ? -EILSEQ : 0;
}

static int check_row(struct job *j, const char *path, size_t len,
		     const char *row, size_t row_len)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_store *st = j->v->s->store;
	struct es_listing_reader a, b;
	struct es_error why = ES_ERROR_INIT;
	struct es_dir_trees trees;

	if (es_dir_lookup(&trees, st, &j->tree, path, len, &why) < 0 ||
	    es_dir_read(&w, st, &trees, &why) < 0)
		return why.code == -ENOMEM ? es_fail_oom(j->err) : 0;
	if (es_listing_open(&a, row, row_len) < 0 ||
	    es_listing_open(&b, w.buf.data, w.buf.len) < 0 ||
	    compare(j, path, len, &a, &b) < 0)
		tell_row(j, path, len, NULL, "its row is damaged");
	return 0;
}

static int each(void *payload, const char *path, size_t len, const char *row,
		size_t row_len)
{
	struct job *j = payload;

	j->v->totals->rows++;
	if (!row) {
		tell_row(j, path, len, NULL, "its row is damaged");
		return 0;
	}
	/* what is no path is a note of when commands ran */
	if (len && path[0] != '/')
		return 0;
	return check_row(j, path, len, row, row_len);
}

/* --------------------------------------------------------------- the file */

/* Whether the rows describe the tip, so that they can be compared. */
static bool is_of_tip(struct es_verify *v, const struct es_state *state,
		      const struct es_oid *tip)
{
	const struct es_state_basis *basis = es_state_basis(state);

	if (memcmp(basis->commit, tip->id, ES_OID_LEN) != 0) {
		tell_file(v, ES_VERIFY_WARNING,
			  "describes another commit than the tip: a run was "
			  "killed, or the branch was moved; the next run "
			  "reads everything");
		return false;
	}
	return basis->program == es_hash64(VERSION, strlen(VERSION), ES_FORMAT);
}

static int read_all(struct es_verify *v, struct es_state *state,
		    struct es_error *err)
{
	ES_CLEANUP(es_commit_freep) struct es_commit *tip = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(4096);
	struct job j = { .v = v, .err = err };
	struct es_error why = ES_ERROR_INIT;
	struct es_oid id;
	int rc;

	if (es_store_tip(&id, v->s->store, "main", &why) <= 0 ||
	    es_commit_read(&tip, v->s->store, &id, &why) < 0)
		return 0; /* told by others */
	if (!is_of_tip(v, state, &id)) {
		v->totals->state_skipped = true;
		return 0;
	}
	j.tree = *es_commit_tree(tip);
	rc = es_state_audit(state, &said, each, &j, &why);
	if (said.len)
		tell_file(v, ES_VERIFY_BAD, es_buf_str(&said));
	if (rc == -ENOMEM || err->code)
		return es_fail_oom(err);
	if (rc < 0)
		tell_file(v, ES_VERIFY_BAD, why.msg);
	return 0;
}

int es_verify_state(struct es_verify *v, struct es_error *err)
{
	ES_CLEANUP(es_state_freep) struct es_state *state = NULL;

	if (es_state_open(&state, v->s->state_path, 1, err) < 0)
		return err->code;
	if (es_state_problem(state)) {
		tell_file(v, ES_VERIFY_BAD, es_state_problem(state));
		return 0;
	}
	return es_state_basis(state) ? read_all(v, state, err) : 0;
}
