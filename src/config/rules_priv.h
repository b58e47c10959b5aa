/* SPDX-License-Identifier: MIT */
/* rules_priv.h - what the files of the rules share */
#ifndef ETCSNAP_CONFIG_RULES_PRIV_H
#define ETCSNAP_CONFIG_RULES_PRIV_H

#include "etcsnap/rules.h"

#include "config/pool_priv.h"

struct es_conf_section;

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

/** ES_MASK_SHIPPED - stands in a rule's list of masks for all shipped ones */
#define ES_MASK_SHIPPED "shipped"

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
 * @name:        in the pool
 * @sets:        keys that it says something of, bits (1u << enum es_rule_key)
 * @class:       class, NONE where it sets none
 * @severity:    severity, NONE where it sets none
 * @tags:        words with blanks between them, in the pool
 * @record:      bits of enum es_record
 * @max_size:    bytes
 * @paranoid:    value of the key
 * @noinode:     likewise
 * @notime:      likewise
 * @growing:     likewise
 * @mask:        masks as text
 * @masks:       compiled, NULL when there are none
 * @ignore:      expressions for lines as text
 * @filter:      compiled, NULL when there are none
 * @mask_hash:   of the masks' texts
 * @ignore_hash: of the expressions' texts
 * @first:       index of its first pattern
 * @n:           number of its patterns
 */
struct es_rule {
	const char *name;
	unsigned int sets;
	enum es_class class;
	enum es_severity severity;
	const char *tags;
	uint32_t record;
	uint64_t max_size;
	bool paranoid;
	bool noinode;
	bool notime;
	bool growing;
	struct es_pool mask;
	struct es_mask_set *masks;
	struct es_pool ignore;
	struct es_linefilter *filter;
	uint32_t mask_hash;
	uint32_t ignore_hash;
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

/* rules_attr.c */

/**
 * es_rule_fill - set what a section says but for its patterns
 * @rules: pool for strings
 * @rule:  rule, named
 * @conf:  configuration with the [record NAME] sections
 * @s:     section of the rule
 * @err:   filled on failure
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int es_rule_fill(struct es_rules *rules, struct es_rule *rule,
		 const struct es_conf *conf, const struct es_conf_section *s,
		 struct es_error *err);

/** es_rule_add_mask - add a mask; Return: 0 or -ENOMEM */
int es_rule_add_mask(struct es_rule *rule, const char *mask,
		     struct es_error *err);

/** es_rule_compile - compile masks and expressions; Return: as _fill() */
int es_rule_compile(struct es_rule *rule, struct es_error *err);

/** es_rule_dispose - free all that is the rule's own */
void es_rule_dispose(struct es_rule *rule);

/** es_rule_settle - set all that follows from d->rule, and the fingerprint */
void es_rule_settle(const struct es_rules *rules, struct es_decision *d);

/* record.c */

/**
 * es_record_check - whether a text can name attributes
 * @key:  name of the key, for the message
 * @text: words
 * @err:  filled on failure
 *
 * Names of sets are only known when the whole configuration is read.
 *
 * Return: 0 or -EINVAL.
 */
int es_record_check(const char *key, const char *text, struct es_error *err);

/**
 * es_record_resolve - the attributes that words stand for
 * @out:  set to bits of enum es_record
 * @conf: configuration with the [record NAME] sections; NULL: only shipped
 *        sets are known
 * @text: words: NAME, +NAME or -NAME of an attribute or set
 * @err:  filled when a word is unknown
 *
 * Return: 0 or -EINVAL.
 */
int es_record_resolve(uint32_t *out, const struct es_conf *conf,
		      const char *text, struct es_error *err);

/**
 * es_record_check_section - whether a [record NAME] is one
 * @s:   section
 * @err: filled on failure, with FILE:LINE
 *
 * Return: 0 or -EINVAL.
 */
int es_record_check_section(const struct es_conf_section *s,
			    struct es_error *err);

#endif
