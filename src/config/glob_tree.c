/* SPDX-License-Identifier: MIT */
/* glob_tree.c - patterns become a tree of components */
#include "config.h"

#include "config/glob_priv.h"

#include "etcsnap/digest.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Adds a node. Return: its number, 0 when memory ran out. */
static uint32_t new_node(struct es_globset *set)
{
	if (set->n_nodes >= UINT32_MAX ||
	    es_array_room(&set->nodes, set->n_nodes, &set->cap,
			  sizeof(*set->nodes)) < 0)
		return 0;
	set->nodes[set->n_nodes] = (struct es_glob_node){ 0 };
	return (uint32_t)set->n_nodes++;
}

uint32_t es_glob_child(const struct es_globset *set, struct es_glob_key *key,
		       uint32_t parent, enum es_glob_kind kind, size_t len)
{
	key->parent = parent;
	key->kind = (uint8_t)kind;
	return (uint32_t)(uintptr_t)es_strmap_get(
		set->children, (const char *)key, ES_GLOB_KEY_HEAD + len);
}

/* The child of a literal or wild kind, made if it is new; 0: no memory. */
static uint32_t need_child(struct es_globset *set, uint32_t parent,
			   enum es_glob_kind kind, const char *name, size_t len)
{
	struct es_glob_key key;

	memcpy(key.name, name, len);

	uint32_t child = es_glob_child(set, &key, parent, kind, len);

	if (child)
		return child;
	child = new_node(set);
	if (!child ||
	    es_strmap_put(set->children, (const char *)&key,
			  ES_GLOB_KEY_HEAD + len, (void *)(uintptr_t)child) < 0)
		return 0;

	struct es_glob_node *n = &set->nodes[parent];

	if (kind == ES_GLOB_LITERAL) {
		n->literals = true;
		return child;
	}
	if (es_array_room(&n->wild, n->n_wild, &n->wild_cap, sizeof(*n->wild)) <
	    0)
		return 0;
	n->wild[n->n_wild++] = child;
	return child;
}

static uint32_t need_any(struct es_globset *set, uint32_t parent)
{
	if (!set->nodes[parent].any) {
		uint32_t child = new_node(set);

		if (!child)
			return 0;
		set->nodes[child].is_any = true;
		set->nodes[parent].any = child;
	}
	return set->nodes[parent].any;
}

/* Goes down by one component; *at becomes the child. */
static int add_component(struct es_globset *set, uint32_t *at, const char *text,
			 struct es_error *err)
{
	struct es_glob_word word;
	uint32_t child;

	if (!strcmp(text, "**")) {
		*at = need_any(set, *at);
		return *at ? 0 : es_fail_oom(err);
	}
	if (strlen(text) > ES_GLOB_LEN_MAX)
		return es_fail_config(err, "pattern: '%s' is too long",
				      ES_Q(text));
	if (es_glob_word_init(&word, text, err) < 0)
		return err->code;
	if (word.literal)
		child = need_child(set, *at, ES_GLOB_LITERAL, word.prefix,
				   word.prefix_len);
	else
		child = need_child(set, *at, ES_GLOB_WILD, text, strlen(text));
	if (child && !word.literal && !set->nodes[child].word.prefix)
		set->nodes[child].word = word;
	else
		es_glob_word_dispose(&word);
	*at = child;
	return child ? 0 : es_fail_oom(err);
}

static int add_accept(struct es_globset *set, uint32_t at, uint16_t index,
		      struct es_error *err)
{
	struct es_glob_node *n = &set->nodes[at];

	if (n->n_accept && n->accept[n->n_accept - 1] == index)
		return 0;
	if (es_array_room(&n->accept, n->n_accept, &n->accept_cap,
			  sizeof(*n->accept)) < 0)
		return es_fail_oom(err);
	n->accept[n->n_accept++] = index;
	set->n_accepts++;
	return 0;
}

static int add_plain(struct es_globset *set, const char *plain, uint16_t index,
		     struct es_error *err)
{
	char component[ES_GLOB_LEN_MAX * 4];
	uint32_t at = plain[0] == '~' ? ES_GLOB_HOME : ES_GLOB_ROOT;

	for (const char *p = plain + (at == ES_GLOB_HOME); *p;) {
		size_t len;

		p += strspn(p, "/");
		len = strcspn(p, "/");
		if (len >= sizeof(component))
			return es_fail_config(err, "pattern '%s' is too long",
					      ES_Q(plain));
		if (!len)
			break;
		memcpy(component, p, len);
		component[len] = '\0';
		if (add_component(set, &at, component, err) < 0)
			return err->code;
		p += len;
	}
	return add_accept(set, at, index, err);
}

static int add_home(struct es_globset *set, const char *home,
		    struct es_error *err)
{
	uint32_t at = ES_GLOB_ROOT;

	for (const char *p = home; *p;) {
		size_t len;

		p += strspn(p, "/");
		len = strcspn(p, "/");
		if (len > ES_GLOB_LEN_MAX)
			return 0;
		if (!len)
			break;
		at = need_child(set, at, ES_GLOB_LITERAL, p, len);
		if (!at)
			return es_fail_oom(err);
		p += len;
	}
	set->nodes[at].is_home = true;
	return 0;
}

bool es_globset_has_homes(const struct es_globset *set)
{
	const struct es_glob_node *home = &set->nodes[ES_GLOB_HOME];

	return home->n_accept || home->literals || home->n_wild || home->any;
}

int es_globset_new(struct es_globset **out, const char *const *patterns,
		   size_t n, const char *homes, size_t homes_len,
		   struct es_error *err)
{
	ES_CLEANUP(es_globset_freep)
	struct es_globset *set = calloc(1, sizeof(*set));

	if (n > UINT16_MAX)
		return es_fail_config(err, "there are over 65535 patterns");
	if (set)
		set->children = es_strmap_new();
	if (!set || !set->children)
		return es_fail_oom(err);
	new_node(set);
	if (new_node(set) != ES_GLOB_HOME)
		return es_fail_oom(err);
	for (size_t i = 0; i < n; i++) {
		ES_CLEANUP(es_pool_dispose) struct es_pool plain = { 0 };

		if (es_glob_plain(&plain, patterns[i], err) < 0)
			return err->code;
		for (size_t k = 0; k < plain.n; k++) {
			if (add_plain(set, plain.v[k], (uint16_t)i, err) < 0)
				return err->code;
		}
		set->id = es_hash64(patterns[i], strlen(patterns[i]) + 1,
				    set->id);
	}
	if (es_globset_has_homes(set)) {
		for (size_t i = 0; i < homes_len; i += strlen(homes + i) + 1) {
			if (add_home(set, homes + i, err) < 0)
				return err->code;
		}
		set->id = es_hash64(homes, homes_len, set->id);
	}
	*out = es_steal_ptr(&set);
	return 0;
}

int es_glob_check(const char *pattern, struct es_error *err)
{
	ES_CLEANUP(es_globset_freep) struct es_globset *set = NULL;

	return es_globset_new(&set, &pattern, 1, "", 0, err);
}

void es_globset_free(struct es_globset *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->n_nodes; i++) {
		free(set->nodes[i].wild);
		free(set->nodes[i].accept);
		es_glob_word_dispose(&set->nodes[i].word);
	}
	free(set->nodes);
	es_strmap_free(set->children);
	free(set);
}
