/* SPDX-License-Identifier: MIT */
/* rules.c - what the rules say of a path */
#include "config.h"

#include "config/rules_priv.h"

#include "etcsnap/digest.h"

#include <errno.h>
#include <string.h>

uint64_t es_rules_hash(const struct es_rules *rules)
{
	return rules->hash;
}

uint64_t es_rules_max_size(const struct es_rules *rules)
{
	return rules->max_size;
}

uint64_t es_rules_binary_max(const struct es_rules *rules)
{
	return rules->binary_max;
}

const struct es_mask_set *es_rules_masks(const struct es_rules *rules)
{
	for (size_t i = 0; i < rules->n_rules; i++)
		if (rules->rules[i].masks)
			return rules->rules[i].masks;
	return NULL;
}

static const struct es_rule *rule_of(const struct es_rules *rules,
				     unsigned int index)
{
	return &rules->rules[rules->rule_of[index - 1]];
}

/* Turns the hits of one path into exclude, class_rule and mask_rule, over
 * what holds for its directory: the later pattern decides, whichever of the
 * two it matches. */
static void apply_hits(const struct es_rules *rules, struct es_decision *d,
		       const uint16_t *hits, size_t n)
{
	size_t n_exclude = rules->exclude.n;

	for (size_t i = 0; i < n; i++) {
		if (hits[i] < n_exclude) {
			d->exclude = (uint16_t)(hits[i] + 1);
			continue;
		}

		uint16_t index = (uint16_t)(hits[i] - n_exclude + 1);
		const struct es_rule *rule = rule_of(rules, index);

		if (rule->class != ES_CLASS_NONE && index > d->class_rule)
			d->class_rule = index;
		if (rule->sets_mask && index > d->mask_rule)
			d->mask_rule = index;
	}
}

static uint32_t fingerprint(const struct es_rules *rules,
			    const struct es_decision *d)
{
	uint64_t words[4] = { (uint64_t)d->class, 0, 0, 0 };

	/* Limits and masks are nothing to what is never mirrored. */
	if (d->class == ES_CLASS_MIRROR) {
		words[1] = rules->max_size;
		words[2] = rules->binary_max;
		if (d->mask_rule)
			words[3] = rule_of(rules, d->mask_rule)->mask_hash;
	}
	return (uint32_t)es_hash64(words, sizeof(words), 0);
}

/* Sets class, masks and fingerprint from the deciding patterns. */
static void settle(const struct es_rules *rules, struct es_decision *d)
{
	d->class = d->class_rule ? rule_of(rules, d->class_rule)->class
				 : ES_CLASS_MIRROR;
	d->masks = d->mask_rule ? rule_of(rules, d->mask_rule)->masks : NULL;
	d->fingerprint = fingerprint(rules, d);
}

/* When memory ran out nothing may be given away: what is watched is so as a
 * secret. */
static void fail_safe(const struct es_rules *rules, enum es_type type,
		      struct es_decision *d)
{
	d->watch = type == ES_TYPE_DIR ? ES_WATCH_PASS : ES_WATCH_NO;
	if (d->include)
		d->watch = ES_WATCH_YES;
	d->class = ES_CLASS_SECRET;
	d->masks = NULL;
	d->fingerprint = fingerprint(rules, d);
}

/* Finds the include pattern of a path that its directory has none of.
 * Return: whether something below it may have one, negative: no memory. */
static int find_include(const struct es_rules *rules, struct es_glob_scratch *s,
			const char *path, size_t len, struct es_decision *d)
{
	const uint16_t *hits;
	size_t n = es_globset_match(rules->includes, s, path, len, &hits);

	if (n == SIZE_MAX)
		return -ENOMEM;
	if (n)
		d->include = (uint16_t)(hits[n - 1] + 1);
	return n || es_globset_leads(rules->includes, s, path, len);
}

/* Class and masks are decided for what is not watched, too: a report asks for
 * them when it shows what was watched once. */
static void decide(const struct es_rules *rules, struct es_glob_scratch *s,
		   const char *path, size_t len, enum es_type type,
		   struct es_decision *d)
{
	uint16_t class_rule = d->class_rule, mask_rule = d->mask_rule;
	int leads = d->include ? 1 : find_include(rules, s, path, len, d);
	const uint16_t *hits;
	size_t n = es_globset_match(rules->others, s, path, len, &hits);

	if (leads < 0 || n == SIZE_MAX) {
		fail_safe(rules, type, d);
		return;
	}
	apply_hits(rules, d, hits, n);
	if (d->class_rule != class_rule || d->mask_rule != mask_rule)
		settle(rules, d);
	/* Nothing undoes an exclude pattern further down. */
	if (d->exclude)
		d->watch = ES_WATCH_NO;
	else if (d->include)
		d->watch = ES_WATCH_YES;
	else
		d->watch = leads && type == ES_TYPE_DIR ? ES_WATCH_PASS
							: ES_WATCH_NO;
}

void es_rules_root(const struct es_rules *rules, struct es_glob_scratch *s,
		   struct es_decision *out)
{
	*out = (struct es_decision){ 0 };
	settle(rules, out);
	decide(rules, s, "", 0, ES_TYPE_DIR, out);
}

void es_rules_child(const struct es_rules *rules, struct es_glob_scratch *s,
		    const struct es_decision *dir, const char *path, size_t len,
		    enum es_type type, struct es_decision *out)
{
	*out = *dir;
	decide(rules, s, path, len, type, out);
}

void es_rules_decide(const struct es_rules *rules, struct es_glob_scratch *s,
		     const char *path, size_t len, enum es_type type,
		     struct es_decision *out)
{
	es_rules_root(rules, s, out);
	while (len && path[len - 1] == '/')
		len--;
	for (size_t at = 1; at < len; at++) {
		struct es_decision dir = *out;

		if (path[at] == '/' && path[at - 1] != '/')
			es_rules_child(rules, s, &dir, path, at, ES_TYPE_DIR,
				       out);
	}
	if (len) {
		struct es_decision dir = *out;

		es_rules_child(rules, s, &dir, path, len, type, out);
	}
}

static const struct es_origins *list_of(const struct es_rules *rules,
					enum es_rule_kind kind)
{
	switch (kind) {
	case ES_RULE_INCLUDE:
		return &rules->include;
	case ES_RULE_EXCLUDE:
		return &rules->exclude;
	default:
		return &rules->patterns;
	}
}

size_t es_rules_count(const struct es_rules *rules, enum es_rule_kind kind)
{
	return list_of(rules, kind)->n;
}

void es_rules_origin(const struct es_rules *rules, enum es_rule_kind kind,
		     unsigned int index, struct es_rule_origin *out)
{
	*out = list_of(rules, kind)->v[index - 1];
}
