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

static void put_bool(struct es_buf *out, const struct es_rule *rule,
		     enum es_rule_key key, bool value)
{
	if (rule->sets & 1u << key)
		es_buf_addf(out, "%s = %s\n", es_rule_key_name(key),
			    value ? "yes" : "no");
}

/* "mask =" alone: nothing is masked, whatever came before. */
static void put_texts(struct es_buf *out, const struct es_rule *rule,
		      enum es_rule_key key, const struct es_pool *texts)
{
	const char *name = es_rule_key_name(key);

	if ((rule->sets & 1u << key) && !texts->n)
		es_buf_addf(out, "%s =\n", name);
	for (size_t i = 0; i < texts->n; i++)
		es_buf_addf(out, "%s = %s\n", name, texts->v[i]);
}

/* Sets are told by what is in them, so that no [record NAME] is needed. */
static void put_record(struct es_buf *out, const struct es_rule *rule)
{
	if (!(rule->sets & 1u << ES_RULE_RECORD))
		return;
	es_buf_adds(out, "record = ");
	if (rule->record)
		es_record_text(out, rule->record, ' ');
	else
		es_buf_adds(out, "none");
	es_buf_addc(out, '\n');
}

static void put_words(struct es_buf *out, const struct es_rule *rule)
{
	if (rule->sets & 1u << ES_RULE_SEVERITY)
		es_buf_addf(out, "severity = %s\n",
			    es_severity_name(rule->severity));
	if (rule->sets & 1u << ES_RULE_TAGS)
		es_buf_addf(out, "tags =%s%s\n", *rule->tags ? " " : "",
			    rule->tags);
}

static void put_rule(const struct es_rules *rules, const struct es_rule *rule,
		     struct es_buf *out)
{
	es_buf_addf(out, "\n[rule %s]\n", rule->name);
	put_list(out, "match", rules->patterns.v + rule->first, rule->n);
	if (rule->sets & 1u << ES_RULE_CLASS)
		es_buf_addf(out, "class = %s\n", es_class_name(rule->class));
	put_texts(out, rule, ES_RULE_MASK, &rule->mask);
	put_words(out, rule);
	put_record(out, rule);
	put_texts(out, rule, ES_RULE_IGNORE_LINES, &rule->ignore);
	if (rule->sets & 1u << ES_RULE_MAX_SIZE)
		es_buf_addf(out, "max_size = %" PRIu64 "\n", rule->max_size);
	put_bool(out, rule, ES_RULE_PARANOID, rule->paranoid);
	put_bool(out, rule, ES_RULE_NOINODE, rule->noinode);
	put_bool(out, rule, ES_RULE_NOTIME, rule->notime);
	put_bool(out, rule, ES_RULE_GROWING, rule->growing);
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
