/* SPDX-License-Identifier: MIT */
/* rules_text.c - the effective rules as a configuration text */
#include "config.h"

#include "config/glob_priv.h"
#include "config/rules_priv.h"

#include <inttypes.h>
#include <string.h>

static void put_list(struct es_buf *out, const char *key,
		     const struct es_rule_origin *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		es_buf_addf(out, "%s = %s\n", key, v[i].pattern);
}

static void put_rule(const struct es_rules *rules, const struct es_rule *rule,
		     struct es_buf *out)
{
	es_buf_addf(out, "\n[rule %s]\n", rule->name);
	put_list(out, "match", rules->patterns.v + rule->first, rule->n);
	if (rule->class != ES_CLASS_NONE)
		es_buf_addf(out, "class = %s\n", es_class_name(rule->class));
	/* "mask =" alone: nothing is masked, whatever came before */
	if (rule->sets_mask && !rule->n_mask)
		es_buf_adds(out, "mask =\n");
	for (size_t i = 0; i < rule->n_mask; i++)
		es_buf_addf(out, "mask = %s\n", rule->mask[i]);
}

int es_rules_text(const struct es_rules *rules, struct es_buf *out)
{
	bool homes = es_globset_has_homes(rules->includes) ||
		     es_globset_has_homes(rules->others);

	es_buf_addf(out, "[files]\nmax_size = %" PRIu64 "\n", rules->max_size);
	es_buf_addf(out, "mirror_binary_max = %" PRIu64 "\n",
		    rules->binary_max);
	/* Where no pattern begins with ~/ the homes decide nothing. */
	for (size_t i = 0; homes && i < rules->homes_len;
	     i += strlen(rules->homes + i) + 1)
		es_buf_addf(out, "home = %s\n", rules->homes + i);
	put_list(out, "include", rules->include.v, rules->include.n);
	put_list(out, "exclude", rules->exclude.v, rules->exclude.n);
	for (size_t i = 0; i < rules->n_rules; i++)
		put_rule(rules, &rules->rules[i], out);
	return out->failed;
}
