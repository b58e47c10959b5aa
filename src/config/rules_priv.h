/* SPDX-License-Identifier: MIT */
/* rules_priv.h - what the files of the rules share */
#ifndef ETCSNAP_CONFIG_RULES_PRIV_H
#define ETCSNAP_CONFIG_RULES_PRIV_H

#include "etcsnap/rules.h"

#include "config/pool_priv.h"

/** ES_SHIPPED_PREFIX - how the names of shipped rules begin */
#define ES_SHIPPED_PREFIX "shipped-"

/**
 * struct es_shipped_rule - a [rule] that comes with the program
 * @name:  without ES_SHIPPED_PREFIX
 * @class: class, or NONE
 * @match: patterns, ended by NULL
 * @mask:  masks, ended by NULL; NULL = sets none
 */
struct es_shipped_rule {
	const char *name;
	enum es_class class;
	const char *const *match;
	const char *const *mask;
};

/** es_shipped_include - patterns, ended by NULL */
extern const char *const es_shipped_include[];

/** es_shipped_exclude - patterns, ended by NULL */
extern const char *const es_shipped_exclude[];

/** es_shipped_rules - in the order in which they hold; ended by no name */
extern const struct es_shipped_rule es_shipped_rules[];

/** es_shipped_secret - patterns of the secret rule, ended by NULL */
extern const char *const es_shipped_secret[];

/** es_shipped_mask - masks that hold everywhere, ended by NULL */
extern const char *const es_shipped_mask[];

/**
 * struct es_origins - a growing list of patterns
 * @v:   patterns and where they stand
 * @n:   their number
 * @cap: room in @v
 */
struct es_origins {
	struct es_rule_origin *v;
	size_t n;
	size_t cap;
};

/**
 * struct es_rule - a [rule NAME]
 * @name:       in the pool
 * @class:      class, NONE where it sets none
 * @sets_mask:  says something of masks
 * @mask:       masks as text, in the pool
 * @n_mask:     their number
 * @mask_cap:   room in @mask
 * @masks:      compiled, NULL when there are none
 * @mask_hash:  of their texts
 * @first:      index of its first pattern
 * @n:          number of its patterns
 */
struct es_rule {
	const char *name;
	enum es_class class;
	bool sets_mask;
	const char **mask;
	size_t n_mask;
	size_t mask_cap;
	struct es_mask_set *masks;
	uint32_t mask_hash;
	size_t first;
	size_t n;
};

/**
 * struct es_rules - compiled rules
 * @pool:       owns every string
 * @include:    include patterns
 * @exclude:    exclude patterns
 * @patterns:   patterns of all rules, in force order
 * @rule_of:    per pattern of @patterns: index into @rules
 * @rules:      rules in force order
 * @n_rules:    their number
 * @rules_cap:  room in @rules
 * @includes:   the include patterns compiled
 * @others:     exclude patterns, then those of rules, compiled
 * @homes:      home directories, each once, sorted, in the pool
 * @homes_len:  bytes of @homes
 * @max_size:   bytes of text that is mirrored
 * @binary_max: bytes of binaries that are mirrored
 * @hash:       es_rules_hash()
 */
struct es_rules {
	struct es_pool pool;
	struct es_origins include;
	struct es_origins exclude;
	struct es_origins patterns;
	uint16_t *rule_of;
	struct es_rule *rules;
	size_t n_rules;
	size_t rules_cap;
	struct es_globset *includes;
	struct es_globset *others;
	const char *homes;
	size_t homes_len;
	uint64_t max_size;
	uint64_t binary_max;
	uint64_t hash;
};

#endif
