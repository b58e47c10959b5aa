/* SPDX-License-Identifier: MIT */
/* rules.c - what the rules say of a path */
#include "config.h"

#include "config/rules_priv.h"

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

static bool holds_everywhere(const struct es_rules *rules,
			     const struct es_rule *rule)
{
	for (size_t i = 0; i < rule->n; i++)
		if (strcmp(rules->patterns.v[rule->first + i].pattern, "/") ==
		    0)
			return true;
	return false;
}

const struct es_mask_set *es_rules_masks(const struct es_rules *rules)
{
	const struct es_mask_set *first = NULL;

	for (size_t i = rules->n_rules; i-- > 0;) {
		const struct es_rule *rule = &rules->rules[i];

		if (!rule->masks)
			continue;
		if (holds_everywhere(rules, rule))
			return rule->masks;
		first = rule->masks;
	}
	return first;
}

/* Turns the hits of one path into exclude and the deciding rules, over what
 * holds for its directory: the later pattern decides, whichever of the two it
 * matches. Return: whether another rule decides anything now. */
static bool apply_hits(const struct es_rules *rules, struct es_decision *d,
		       const uint16_t *hits, size_t n)
{
	size_t n_exclude = rules->exclude.n;
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (hits[i] < n_exclude) {
			d->exclude = (uint16_t)(hits[i] + 1);
			continue;
		}

		uint16_t index = (uint16_t)(hits[i] - n_exclude + 1);
		unsigned int sets =
			rules->rules[rules->rule_of[index - 1]].sets;

		for (; sets; sets &= sets - 1) {
			uint16_t *now = &d->rule[__builtin_ctz(sets)];

			if (index <= *now)
				continue;
			*now = index;
			any = true;
		}
	}
	return any;
}

/* When memory ran out nothing may be given away: what is watched is so as a
 * secret. */
static void fail_safe(const struct es_rules *rules, enum es_type type,
		      struct es_decision *d)
{
	d->watch = type == ES_TYPE_DIR ? ES_WATCH_PASS : ES_WATCH_NO;
	if (d->include)
		d->watch = ES_WATCH_YES;
	es_rule_settle(rules, d);
	d->class = ES_CLASS_SECRET;
	d->masks = NULL;
	d->ignore = NULL;
	d->fingerprint = 0;
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
	int leads = d->include ? 1 : find_include(rules, s, path, len, d);
	const uint16_t *hits;
	size_t n = es_globset_match(rules->others, s, path, len, &hits);

	if (leads < 0 || n == SIZE_MAX) {
		fail_safe(rules, type, d);
		return;
	}
	if (apply_hits(rules, d, hits, n))
		es_rule_settle(rules, d);
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
	es_rule_settle(rules, out);
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
