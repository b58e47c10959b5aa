/* SPDX-License-Identifier: MIT */
/* glob_priv.h - what the files of the pattern matcher share */
#ifndef ETCSNAP_CONFIG_GLOB_PRIV_H
#define ETCSNAP_CONFIG_GLOB_PRIV_H

#include "etcsnap/glob.h"
#include "etcsnap/strmap.h"

#include "config/glob_word_priv.h"
#include "config/pool_priv.h"

/*
 * All patterns of a set stand in one tree, component by component, so that
 * common beginnings are common nodes and literal names are found in a map. To
 * match a path is to go down the tree with several nodes at once: those that
 * the components so far lead to. The nodes of a directory are kept in the
 * scratch and serve all its entries; patterns that belong elsewhere in the
 * file system cost nothing there.
 */

/* Bytes of a pattern; plain patterns that one may stand for; groups of
 * braces in it. They bound the work that a pattern can ask for. */
#define ES_GLOB_LEN_MAX 4096
#define ES_GLOB_PLAIN_MAX 1000
#define ES_GLOB_GROUPS_MAX 64

/* Nodes that every tree has: that of "/", and the one where patterns that
 * begin with "~/" hang. */
#define ES_GLOB_ROOT 0
#define ES_GLOB_HOME 1

/**
 * struct es_glob_node - a component of one or more patterns
 * @wild:       children whose component is no literal, by number
 * @n_wild:     their number
 * @wild_cap:   room in @wild
 * @any:        child that stands for a ** component, 0 = none
 * @accept:     patterns that end here
 * @n_accept:   their number
 * @accept_cap: room in @accept
 * @word:       the component itself, when it is no literal
 * @literals:   has children in the map
 * @is_any:     stands for a ** component
 * @is_home:    patterns of ES_GLOB_HOME go on from here, too
 */
struct es_glob_node {
	uint32_t *wild;
	size_t n_wild;
	size_t wild_cap;
	uint32_t any;
	uint16_t *accept;
	size_t n_accept;
	size_t accept_cap;
	struct es_glob_word word;
	bool literals;
	bool is_any;
	bool is_home;
};

/**
 * struct es_globset - the tree
 * @nodes:     nodes, children by number
 * @n_nodes:   their number
 * @cap:       room in @nodes
 * @children:  struct es_glob_key to the number of a node
 * @n_accepts: length of all accept lists together
 * @id:        hash of all patterns and homes
 */
struct es_globset {
	struct es_glob_node *nodes;
	size_t n_nodes;
	size_t cap;
	struct es_strmap *children;
	size_t n_accepts;
	uint64_t id;
};

/**
 * enum es_glob_kind - kinds of children in the map
 * @ES_GLOB_LITERAL: name of a component
 * @ES_GLOB_WILD:    text of a component with wildcards; only there to be
 *                   found again when another pattern has the same
 */
enum es_glob_kind {
	ES_GLOB_LITERAL,
	ES_GLOB_WILD,
};

/**
 * struct es_glob_key - key of the map of children
 * @parent: number of the parent
 * @kind:   enum es_glob_kind
 * @name:   its first bytes, as many as the component has
 */
struct es_glob_key {
	uint32_t parent;
	uint8_t kind;
	char name[ES_GLOB_LEN_MAX + 1];
} __attribute__((packed));

/** ES_GLOB_KEY_HEAD - bytes of a key without the name */
#define ES_GLOB_KEY_HEAD offsetof(struct es_glob_key, name)

/* glob_tree.c */

/**
 * es_glob_child - look a child up
 * @set:    tree
 * @key:    its name is set; the rest will be
 * @parent: number of the parent
 * @kind:   literal or wild
 * @len:    bytes of the name
 *
 * Return: number of the child, 0 when there is none.
 */
uint32_t es_glob_child(const struct es_globset *set, struct es_glob_key *key,
		       uint32_t parent, enum es_glob_kind kind, size_t len);

/** es_globset_has_homes - whether a pattern of the set begins with "~/" */
bool es_globset_has_homes(const struct es_globset *set);

/* glob_plain.c */

/**
 * es_glob_token - length of what stands at the beginning of a pattern
 * @p: somewhere in a well-formed pattern, outside of any class
 *
 * Return: bytes of an escaped character, of a [class], else 1; 0 at the end.
 */
size_t es_glob_token(const char *p);

/**
 * es_glob_plain - the plain patterns that a pattern stands for
 * @out:     the plain patterns are added to it
 * @pattern: NUL-terminated
 * @err:     filled on failure: what is wrong at which character
 *
 * A plain pattern has no braces, begins with "/" or "~/", has no empty
 * component, and each of its ** is a component of its own and not the last.
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int es_glob_plain(struct es_pool *out, const char *pattern,
		  struct es_error *err);

#endif
