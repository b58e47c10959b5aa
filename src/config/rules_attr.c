/* SPDX-License-Identifier: MIT */
/* rules_attr.c - what a rule says of its paths, and what follows from it */
#include "config.h"

#include "config/conf_priv.h"
#include "config/rules_priv.h"

#include "etcsnap/digest.h"
#include "etcsnap/quote.h"

#include <string.h>

/* Ceiling of the tags of a rule */
#define TAGS_MAX 4096

static const char *const key_names[ES_RULE_KEYS] = {
	[ES_RULE_CLASS] = "class",
	[ES_RULE_MASK] = "mask",
	[ES_RULE_SEVERITY] = "severity",
	[ES_RULE_TAGS] = "tags",
	[ES_RULE_RECORD] = "record",
	[ES_RULE_IGNORE_LINES] = "ignore_lines",
	[ES_RULE_MAX_SIZE] = "max_size",
	[ES_RULE_PARANOID] = "paranoid",
	[ES_RULE_NOINODE] = "noinode",
	[ES_RULE_NOTIME] = "notime",
	[ES_RULE_GROWING] = "growing",
};

const char *es_rule_key_name(enum es_rule_key key)
{
	return (size_t)key < ES_RULE_KEYS ? key_names[key] : "";
}

static void says(struct es_rule *rule, enum es_rule_key key)
{
	rule->sets |= 1u << key;
}

/* ------------------------------------------------------------ filling */

static int add_text(struct es_pool *pool, uint32_t *hash, const char *text,
		    struct es_error *err)
{
	const char *copy = es_pool_add(pool, text, strlen(text));

	if (!copy)
		return es_fail_oom(err);
	*hash = (uint32_t)es_hash64(copy, strlen(copy) + 1, *hash);
	return 0;
}

int es_rule_add_mask(struct es_rule *rule, const char *mask,
		     struct es_error *err)
{
	says(rule, ES_RULE_MASK);
	return add_text(&rule->mask, &rule->mask_hash, mask, err);
}

/* The shipped masks where a rule names them among its own. */
static int add_shipped(struct es_pool *pool, uint32_t *hash,
		       struct es_error *err)
{
	for (size_t i = 0; es_shipped_mask[i]; i++)
		if (add_text(pool, hash, es_shipped_mask[i], err) < 0)
			return err->code;
	return 0;
}

/* A list that was named: its values, or none at all. */
static int fill_list(struct es_rule *rule, enum es_rule_key key,
		     struct es_pool *pool, uint32_t *hash,
		     const struct es_conf_slot *slot, struct es_error *err)
{
	if (slot->touched)
		says(rule, key);
	for (size_t i = 0; i < slot->n; i++) {
		const char *text = slot->v[i].text;
		int rc;

		if (key == ES_RULE_MASK && strcmp(text, ES_MASK_SHIPPED) == 0)
			rc = add_shipped(pool, hash, err);
		else
			rc = add_text(pool, hash, text, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static void add_words(struct es_buf *out, const char *text)
{
	while (*(text += strspn(text, " \t,"))) {
		size_t len = strcspn(text, " \t,");

		if (out->len)
			es_buf_addc(out, ' ');
		es_buf_add(out, text, len);
		text += len;
	}
}

static int fill_tags(struct es_rules *rules, struct es_rule *rule,
		     const struct es_conf_slot *slot, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(TAGS_MAX);

	if (!slot->touched)
		return 0;
	says(rule, ES_RULE_TAGS);
	for (size_t i = 0; i < slot->n; i++)
		add_words(&b, slot->v[i].text);
	if (es_buf_check(&b, err) < 0)
		return es_wrap(err, "tags");
	rule->tags = es_pool_add(&rules->pool, es_buf_str(&b), b.len);
	return rule->tags ? 0 : es_fail_oom(err);
}

/* Return: whether the section has a value, which is then in *@out. */
static bool number(const struct es_conf_section *s, enum es_conf_id id,
		   int64_t *out)
{
	const struct es_conf_slot *slot = &s->slot[id];
	struct es_error err = ES_ERROR_INIT;

	/* values were checked when they were stored */
	return slot->n && es_conf_check_number(es_conf_table(id),
					       slot->v[0].text, out, &err) == 0;
}

static void fill_numbers(struct es_rule *rule, const struct es_conf_section *s)
{
	const struct {
		enum es_conf_id id;
		enum es_rule_key key;
		bool *value;
	} rows[] = {
		{ ES_CONF_RULE_PARANOID, ES_RULE_PARANOID, &rule->paranoid },
		{ ES_CONF_RULE_NOINODE, ES_RULE_NOINODE, &rule->noinode },
		{ ES_CONF_RULE_NOTIME, ES_RULE_NOTIME, &rule->notime },
		{ ES_CONF_RULE_GROWING, ES_RULE_GROWING, &rule->growing },
	};
	int64_t n;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!number(s, rows[i].id, &n))
			continue;
		*rows[i].value = n != 0;
		says(rule, rows[i].key);
	}
	if (number(s, ES_CONF_RULE_MAX_SIZE, &n)) {
		rule->max_size = (uint64_t)n;
		says(rule, ES_RULE_MAX_SIZE);
	}
}

int es_rule_fill(struct es_rules *rules, struct es_rule *rule,
		 const struct es_conf *conf, const struct es_conf_section *s,
		 struct es_error *err)
{
	const struct es_conf_slot *class = &s->slot[ES_CONF_RULE_CLASS];
	const struct es_conf_slot *severity = &s->slot[ES_CONF_RULE_SEVERITY];
	const struct es_conf_slot *record = &s->slot[ES_CONF_RULE_RECORD];

	if (class->n) {
		rule->class = es_class_parse(class->v[0].text);
		says(rule, ES_RULE_CLASS);
	}
	if (severity->n) {
		rule->severity = es_severity_parse(severity->v[0].text);
		says(rule, ES_RULE_SEVERITY);
	}
	fill_numbers(rule, s);
	if (fill_tags(rules, rule, &s->slot[ES_CONF_RULE_TAGS], err) < 0 ||
	    fill_list(rule, ES_RULE_MASK, &rule->mask, &rule->mask_hash,
		      &s->slot[ES_CONF_RULE_MASK], err) < 0 ||
	    fill_list(rule, ES_RULE_IGNORE_LINES, &rule->ignore,
		      &rule->ignore_hash, &s->slot[ES_CONF_RULE_IGNORE_LINES],
		      err) < 0)
		return err->code;
	if (!record->n)
		return 0;
	says(rule, ES_RULE_RECORD);
	if (es_record_resolve(&rule->record, conf, record->v[0].text, err) < 0)
		return es_wrap(err, "%s:%u: record", ES_Q(record->v[0].file),
			       record->v[0].line);
	return 0;
}

int es_rule_compile(struct es_rule *rule, struct es_error *err)
{
	const char *const *masks = (const char *const *)rule->mask.v;

	if (rule->mask.n &&
	    es_mask_set_new(&rule->masks, masks, rule->mask.n, err) < 0)
		return es_wrap(err, "[rule %s]", rule->name);
	if (rule->ignore.n && es_linefilter_new(&rule->filter, err) < 0)
		return err->code;
	for (size_t i = 0; i < rule->ignore.n; i++)
		if (es_linefilter_drop(rule->filter, rule->ignore.v[i], err) <
		    0)
			return es_wrap(err, "[rule %s]", rule->name);
	return 0;
}

void es_rule_dispose(struct es_rule *rule)
{
	es_pool_dispose(&rule->mask);
	es_pool_dispose(&rule->ignore);
	es_mask_set_free(rule->masks);
	es_linefilter_free(rule->filter);
}

/* ----------------------------------------------------------- deciding */

/* What stands for a key that no rule sets. */
static const struct es_rule nothing = {
	.class = ES_CLASS_MIRROR,
	.severity = ES_SEVERITY_NOTICE,
	.tags = "",
	.record = ES_RECORD_DEFAULT,
};

static const struct es_rule *rule_for(const struct es_rules *rules,
				      const struct es_decision *d,
				      enum es_rule_key key)
{
	const unsigned int index = d->rule[key];

	return index ? &rules->rules[rules->rule_of[index - 1]] : &nothing;
}

static uint32_t fingerprint(const struct es_rules *rules,
			    const struct es_decision *d)
{
	const uint32_t ignore =
		rule_for(rules, d, ES_RULE_IGNORE_LINES)->ignore_hash;
	uint64_t words[4] = { (uint64_t)d->class, 0, 0, 0 };
	uint64_t more[3];

	/* Limits and masks are nothing to what is never mirrored. */
	if (d->class == ES_CLASS_MIRROR) {
		words[1] = d->max_size;
		words[2] = rules->binary_max;
		words[3] = rule_for(rules, d, ES_RULE_MASK)->mask_hash;
	}
	more[0] = d->record;
	more[1] = (d->paranoid ? 1u : 0u) | (d->noinode ? 2u : 0u) |
		  (d->growing ? 4u : 0u);
	more[2] = ignore;

	uint64_t hash = es_hash64(words, sizeof(words), 0);

	return (uint32_t)es_hash64(more, sizeof(more), hash);
}

void es_rule_settle(const struct es_rules *rules, struct es_decision *d)
{
	const struct es_rule *limit = rule_for(rules, d, ES_RULE_MAX_SIZE);

	d->class = rule_for(rules, d, ES_RULE_CLASS)->class;
	d->masks = rule_for(rules, d, ES_RULE_MASK)->masks;
	d->severity = rule_for(rules, d, ES_RULE_SEVERITY)->severity;
	d->tags = rule_for(rules, d, ES_RULE_TAGS)->tags;
	d->record = rule_for(rules, d, ES_RULE_RECORD)->record;
	d->ignore = rule_for(rules, d, ES_RULE_IGNORE_LINES)->filter;
	d->max_size = limit == &nothing ? rules->max_size : limit->max_size;
	d->paranoid = rule_for(rules, d, ES_RULE_PARANOID)->paranoid;
	d->noinode = rule_for(rules, d, ES_RULE_NOINODE)->noinode;
	d->notime = rule_for(rules, d, ES_RULE_NOTIME)->notime;
	d->growing = rule_for(rules, d, ES_RULE_GROWING)->growing;
	if (d->noinode)
		d->record &= ~(uint32_t)ES_RECORD_INODE;
	if (d->notime)
		d->record &= ~(uint32_t)(ES_RECORD_MTIME | ES_RECORD_CTIME);
	d->fingerprint = fingerprint(rules, d);
}
