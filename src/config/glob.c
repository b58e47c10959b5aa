/* SPDX-License-Identifier: MIT */
/* glob.c - paths against a set of patterns */
#include "config.h"

#include "etcsnap/glob.h"

#include "config/glob_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * What a scratch knows of one set. The states of the directory that was
 * asked for last are kept. The set is told by its id, a hash of its patterns,
 * since its address may come again for another one.
 */
struct slot {
	uint64_t id;
	uint32_t *dir_states;
	size_t n_dir;
	uint32_t *states; /* of the path itself */
	size_t n_states;
	uint32_t *seen; /* per node: the step in which it was added */
	uint32_t step;
	uint16_t *hits;
	char *dir;
	size_t dir_len;
	size_t dir_cap;
	bool used;
	bool dir_known;
};

/* Two sets of the rules of today and two of those of an earlier run. */
#define SLOTS 4

struct es_glob_scratch {
	struct slot slots[SLOTS];
	unsigned int next; /* slot that is given up next */
	pcre2_match_data *md;
};

static void drop_slot(struct slot *s)
{
	free(s->dir_states);
	free(s->states);
	free(s->seen);
	free(s->hits);
	free(s->dir);
	*s = (struct slot){ 0 };
}

struct es_glob_scratch *es_glob_scratch_new(void)
{
	ES_CLEANUP(es_glob_scratch_freep)
	struct es_glob_scratch *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->md = pcre2_match_data_create(1, NULL);
	return s->md ? es_steal_ptr(&s) : NULL;
}

void es_glob_scratch_free(struct es_glob_scratch *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		drop_slot(&s->slots[i]);
	pcre2_match_data_free(s->md);
	free(s);
}

/* The slot of a set, made if there is none; NULL when memory ran out. */
static struct slot *take_slot(const struct es_globset *set,
			      struct es_glob_scratch *s)
{
	for (size_t i = 0; i < SLOTS; i++) {
		if (s->slots[i].used && s->slots[i].id == set->id)
			return &s->slots[i];
	}

	struct slot *slot = &s->slots[s->next++ % SLOTS];

	drop_slot(slot);
	slot->dir_states = calloc(set->n_nodes, sizeof(*slot->dir_states));
	slot->states = calloc(set->n_nodes, sizeof(*slot->states));
	slot->seen = calloc(set->n_nodes, sizeof(*slot->seen));
	slot->hits = calloc(set->n_accepts + 1, sizeof(*slot->hits));
	if (!slot->dir_states || !slot->states || !slot->seen || !slot->hits) {
		drop_slot(slot);
		return NULL;
	}
	slot->id = set->id;
	slot->used = true;
	return slot;
}

static void begin_step(const struct es_globset *set, struct slot *slot)
{
	slot->n_states = 0;
	if (++slot->step == 0) {
		memset(slot->seen, 0, set->n_nodes * sizeof(*slot->seen));
		slot->step = 1;
	}
}

/* Adds a node to the states, and those that it reaches without a component. */
static void add_state(const struct es_globset *set, struct slot *slot,
		      uint32_t number)
{
	while (slot->seen[number] != slot->step) {
		const struct es_glob_node *n = &set->nodes[number];

		slot->seen[number] = slot->step;
		slot->states[slot->n_states++] = number;
		if (n->any && slot->seen[n->any] != slot->step) {
			slot->seen[n->any] = slot->step;
			slot->states[slot->n_states++] = n->any;
		}
		if (!n->is_home)
			return;
		number = ES_GLOB_HOME;
	}
}

/* Goes from the directory's states to the states of a name in it. */
static void do_step(const struct es_globset *set, struct es_glob_scratch *s,
		    struct slot *slot, const char *name, size_t len)
{
	struct es_glob_key key;
	/* No literal has one byte more than the most. */
	size_t key_len = len <= ES_GLOB_LEN_MAX ? len : ES_GLOB_LEN_MAX + 1;

	begin_step(set, slot);
	memcpy(key.name, name, key_len);
	for (size_t i = 0; i < slot->n_dir; i++) {
		uint32_t number = slot->dir_states[i];
		const struct es_glob_node *n = &set->nodes[number];
		uint32_t child = 0;

		if (n->is_any)
			add_state(set, slot, number);
		if (n->literals)
			child = es_glob_child(set, &key, number,
					      ES_GLOB_LITERAL, key_len);
		if (child)
			add_state(set, slot, child);
		for (size_t k = 0; k < n->n_wild; k++) {
			child = n->wild[k];
			if (es_glob_word_match(&set->nodes[child].word, name,
					       len, s->md))
				add_state(set, slot, child);
		}
	}
}

static void become_dir(struct slot *slot)
{
	uint32_t *spare = slot->dir_states;

	slot->dir_states = slot->states;
	slot->n_dir = slot->n_states;
	slot->states = spare;
	slot->n_states = 0;
}

static void enter_dir(const struct es_globset *set, struct es_glob_scratch *s,
		      struct slot *slot, const char *dir, size_t len)
{
	if (slot->dir_known && slot->dir_len == len &&
	    !memcmp(slot->dir, dir, len))
		return;
	begin_step(set, slot);
	add_state(set, slot, ES_GLOB_ROOT);
	become_dir(slot);
	for (size_t at = 0, n; at < len && slot->n_dir; at += n) {
		const char *slash = memchr(dir + at, '/', len - at);

		n = slash ? (size_t)(slash - dir) - at : len - at;
		if (n) {
			do_step(set, s, slot, dir + at, n);
			become_dir(slot);
		}
		n += slash != NULL;
	}
	slot->dir_known = false;
	if (len >= slot->dir_cap) {
		char *grown = realloc(slot->dir, len + 256);

		/* Without the name the next call only takes longer. */
		if (!grown)
			return;
		slot->dir = grown;
		slot->dir_cap = len + 256;
	}
	memcpy(slot->dir, dir, len);
	slot->dir_len = len;
	slot->dir_known = true;
}

/* Sets the states of a path; NULL when memory ran out. */
static struct slot *locate(const struct es_globset *set,
			   struct es_glob_scratch *s, const char *path,
			   size_t len)
{
	struct slot *slot = take_slot(set, s);

	if (!slot)
		return NULL;
	while (len && path[len - 1] == '/')
		len--;
	if (!len) {
		begin_step(set, slot);
		add_state(set, slot, ES_GLOB_ROOT);
		return slot;
	}

	const char *slash = memrchr(path, '/', len);
	size_t dir_len = slash ? (size_t)(slash - path) : 0;
	size_t name = slash ? dir_len + 1 : 0;

	enter_dir(set, s, slot, path, dir_len);
	do_step(set, s, slot, path + name, len - name);
	return slot;
}

static int by_number(const void *a, const void *b)
{
	const uint16_t *left = a;
	const uint16_t *right = b;

	return *left - *right;
}

size_t es_globset_match(const struct es_globset *set, struct es_glob_scratch *s,
			const char *path, size_t len, const uint16_t **hits)
{
	struct slot *slot = locate(set, s, path, len);
	size_t n = 0, kept = 0;

	if (!slot)
		return SIZE_MAX;
	for (size_t i = 0; i < slot->n_states; i++) {
		const struct es_glob_node *node = &set->nodes[slot->states[i]];

		for (size_t k = 0; k < node->n_accept; k++)
			slot->hits[n++] = node->accept[k];
	}
	if (n > 1)
		qsort(slot->hits, n, sizeof(*slot->hits), by_number);
	for (size_t i = 0; i < n; i++) {
		if (!kept || slot->hits[kept - 1] != slot->hits[i])
			slot->hits[kept++] = slot->hits[i];
	}
	*hits = slot->hits;
	return kept;
}

bool es_globset_leads(const struct es_globset *set, struct es_glob_scratch *s,
		      const char *path, size_t len)
{
	const struct slot *slot = locate(set, s, path, len);

	if (!slot)
		return true;
	for (size_t i = 0; i < slot->n_states; i++) {
		const struct es_glob_node *n = &set->nodes[slot->states[i]];

		if (n->literals || n->n_wild || n->any)
			return true;
	}
	return false;
}
