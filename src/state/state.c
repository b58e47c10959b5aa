/* SPDX-License-Identifier: MIT */
/* state.c - open and close the cache, gather what changes */
#include "config.h"

#include "state/state_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct es_state *make(const char *path, unsigned int lanes)
{
	struct es_state *st = calloc(1, sizeof(*st));

	if (!st)
		return NULL;
	pthread_mutex_init(&st->lock, NULL);
	es_spool_init(&st->puts);
	es_spool_init(&st->drops);
	st->n_lanes = lanes ? lanes : 1;
	st->lanes = aligned_alloc(_Alignof(struct es_state_lane),
				  st->n_lanes * sizeof(*st->lanes));
	st->path = strdup(path);
	if (!st->lanes || !st->path) {
		free(es_steal_ptr(&st->lanes));
		st->n_lanes = 0;
		es_state_free(st);
		return NULL;
	}
	memset(st->lanes, 0, st->n_lanes * sizeof(*st->lanes));
	return st;
}

int es_state_open(struct es_state **out, const char *path, unsigned int lanes,
		  struct es_error *err)
{
	struct es_state *st = make(path, lanes);

	if (!st)
		return es_fail_oom(err);
	es_state_probe(st);
	*out = st;
	return 0;
}

void es_state_free(struct es_state *st)
{
	if (!st)
		return;
	es_state_close_lanes(st);
	es_spool_reset(&st->puts);
	es_spool_reset(&st->drops);
	pthread_mutex_destroy(&st->lock);
	free(st->lanes);
	free(st->path);
	free(st);
}

void es_state_set_problem(struct es_state *st, enum es_state_file file,
			  const char *text)
{
	pthread_mutex_lock(&st->lock);
	if (!st->problem[0]) {
		st->file = file;
		es_quote_tmp(st->problem, sizeof(st->problem), text);
	}
	pthread_mutex_unlock(&st->lock);
}

const char *es_state_problem(const struct es_state *st)
{
	return st->problem[0] ? st->problem : NULL;
}

const struct es_state_basis *es_state_basis(const struct es_state *st)
{
	return st->has_basis && !st->reset ? &st->basis : NULL;
}

void es_state_reset(struct es_state *st)
{
	st->reset = true;
	es_state_close_lanes(st);
}

static int spool(struct es_state *st, struct es_spool *to,
		 const struct es_spool_record *r, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf dir = ES_BUF_INIT(ES_BUF_MAX);
	int rc = es_path_dirname(&dir, st->path);

	if (rc == 0) {
		pthread_mutex_lock(&st->lock);
		rc = es_spool_add(to, r, es_buf_str(&dir));
		pthread_mutex_unlock(&st->lock);
	}
	return rc < 0 ? es_fail_oom(err) : 0;
}

int es_state_put(struct es_state *st, const char *path, size_t len,
		 const char *row, size_t row_len, struct es_error *err)
{
	const struct es_spool_record r = { path, len, row, row_len };

	return spool(st, &st->puts, &r, err);
}

int es_state_drop(struct es_state *st, const char *path, size_t len,
		  struct es_error *err)
{
	const struct es_spool_record r = { path, len, NULL, 0 };

	return spool(st, &st->drops, &r, err);
}

bool es_state_is_dirty(const struct es_state *st)
{
	return st->reset || !es_spool_is_empty(&st->puts) ||
	       !es_spool_is_empty(&st->drops) || st->problem[0];
}
