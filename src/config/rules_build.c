/* SPDX-License-Identifier: MIT */
/* rules_build.c - rules from a configuration and what is shipped */
#include "config.h"

#include "config/conf_priv.h"
#include "config/rules_priv.h"

#include "etcsnap/digest.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Ceiling of the rules as text, and of all home directories */
#define TEXT_MAX ((size_t)16 << 20)

static int add_origin(struct es_rules *rules, struct es_origins *list,
		      const struct es_rule_origin *at, struct es_error *err)
{
	struct es_rule_origin copy = *at;

	if (list->n >= UINT16_MAX)
		return es_fail_config(err, "there are over 65535 patterns");
	copy.pattern =
		es_pool_add(&rules->pool, at->pattern, strlen(at->pattern));
	copy.file = es_pool_add(&rules->pool, at->file, strlen(at->file));
	if (!copy.pattern || !copy.file ||
	    es_array_room(&list->v, list->n, &list->cap, sizeof(*list->v)) < 0)
		return es_fail_oom(err);
	list->v[list->n++] = copy;
	return 0;
}

static int add_shipped(struct es_rules *rules, struct es_origins *list,
		       const char *const *patterns, const char *name,
		       struct es_error *err)
{
	struct es_rule_origin at = { .rule = name, .file = "shipped" };

	for (; *patterns; patterns++) {
		at.pattern = *patterns;
		if (add_origin(rules, list, &at, err) < 0)
			return err->code;
	}
	return 0;
}

static int add_values(struct es_rules *rules, struct es_origins *list,
		      const struct es_conf_slot *slot, const char *name,
		      struct es_error *err)
{
	for (size_t i = 0; i < slot->n; i++) {
		struct es_rule_origin at = { slot->v[i].text, name,
					     slot->v[i].file, slot->v[i].line };

		if (add_origin(rules, list, &at, err) < 0)
			return err->code;
	}
	return 0;
}

/* The include or the exclude list: what is shipped comes before all files,
 * so that an empty value in one of them clears it, too. */
static int add_list(struct es_rules *rules, const struct es_conf *conf,
		    enum es_conf_id id, bool shipped, struct es_error *err)
{
	const struct es_conf_slot *slot = &conf->slot[id];
	bool include = id == ES_CONF_FILES_INCLUDE;
	const char *name = include ? "include" : "exclude";
	struct es_origins *list = include ? &rules->include : &rules->exclude;

	if (shipped && !slot->cleared &&
	    add_shipped(rules, list,
			include ? es_shipped_include : es_shipped_exclude, name,
			err) < 0)
		return err->code;
	return add_values(rules, list, slot, name, err);
}

/* Adds a rule that says nothing yet. */
static struct es_rule *new_rule(struct es_rules *rules, const char *name,
				struct es_error *err)
{
	struct es_rule rule = { .first = rules->patterns.n };

	rule.name = es_pool_add(&rules->pool, name, strlen(name));
	if (!rule.name ||
	    es_array_room(&rules->rules, rules->n_rules, &rules->rules_cap,
			  sizeof(*rules->rules)) < 0) {
		es_fail_oom(err);
		return NULL;
	}
	rules->rules[rules->n_rules] = rule;
	return &rules->rules[rules->n_rules++];
}

static int end_rule(struct es_rules *rules, struct es_rule *rule,
		    struct es_error *err)
{
	rule->n = rules->patterns.n - rule->first;
	return es_rule_compile(rule, err);
}

static int add_shipped_rule(struct es_rules *rules,
			    const struct es_shipped_rule *shipped,
			    struct es_error *err)
{
	char name[64] = ES_SHIPPED_PREFIX;

	strncat(name, shipped->name, sizeof(name) - strlen(name) - 1);

	struct es_rule *rule = new_rule(rules, name, err);

	if (!rule || add_shipped(rules, &rules->patterns, shipped->match,
				 rule->name, err) < 0)
		return err->code;
	if (shipped->class != ES_CLASS_NONE)
		rule->sets |= 1u << ES_RULE_CLASS;
	rule->class = shipped->class;
	for (const char *const *m = shipped->mask; m && *m; m++) {
		if (es_rule_add_mask(rule, *m, err) < 0)
			return err->code;
	}
	return end_rule(rules, rule, err);
}

static int add_conf_rule(struct es_rules *rules, const struct es_conf *conf,
			 const struct es_conf_section *s, struct es_error *err)
{
	struct es_rule *rule = new_rule(rules, s->name, err);

	if (!rule ||
	    add_values(rules, &rules->patterns, &s->slot[ES_CONF_RULE_MATCH],
		       rule->name, err) < 0 ||
	    es_rule_fill(rules, rule, conf, s, err) < 0)
		return err->code;
	return end_rule(rules, rule, err);
}

static int add_rules(struct es_rules *rules, const struct es_conf *conf,
		     bool shipped, struct es_error *err)
{
	for (size_t i = 0; shipped && es_shipped_rules[i].name; i++) {
		if (add_shipped_rule(rules, &es_shipped_rules[i], err) < 0)
			return err->code;
	}
	for (size_t i = 0; i < conf->n; i++) {
		const struct es_conf_section *s = conf->sections[i];

		if (strcmp(s->section, "rule"))
			continue;
		if (shipped && !strncmp(s->name, ES_SHIPPED_PREFIX,
					strlen(ES_SHIPPED_PREFIX)))
			return es_fail_config(err,
					      "%s:%u: [rule %s]: names that "
					      "begin with " ES_SHIPPED_PREFIX
					      " are taken; choose another one",
					      ES_Q(s->file), s->line, s->name);
		if (add_conf_rule(rules, conf, s, err) < 0)
			return err->code;
	}

	size_t n = 0;

	rules->rule_of = calloc(rules->patterns.n + 1, sizeof(*rules->rule_of));
	if (!rules->rule_of)
		return es_fail_oom(err);
	for (size_t i = 0; i < rules->n_rules; i++) {
		for (size_t k = 0; k < rules->rules[i].n; k++)
			rules->rule_of[n++] = (uint16_t)i;
	}
	return 0;
}

/* A home that the text of the rules could not tell is left out. */
static bool is_home(const char *path)
{
	size_t len = strlen(path);

	if (path[0] != '/' || path[len - 1] == ' ')
		return false;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)path[i] < ' ')
			return false;
	}
	return true;
}

static int by_bytes(const void *a, const void *b)
{
	const char *const *left = a;
	const char *const *right = b;

	return strcmp(*left, *right);
}

static int set_homes(struct es_rules *rules, struct es_pool *homes,
		     struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(TEXT_MAX);
	const char *last = NULL;

	if (homes->n)
		qsort(homes->v, homes->n, sizeof(*homes->v), by_bytes);
	for (size_t i = 0; i < homes->n; i++) {
		if (!is_home(homes->v[i]) ||
		    (last && !strcmp(last, homes->v[i])))
			continue;
		last = homes->v[i];
		es_buf_add(&b, last, strlen(last) + 1);
	}
	if (es_buf_check(&b, err) < 0)
		return err->code;
	rules->homes = es_pool_add(&rules->pool, es_buf_str(&b), b.len);
	rules->homes_len = b.len;
	return rules->homes ? 0 : es_fail_oom(err);
}

static int list_homes(struct es_pool *list, const char *homes, size_t len)
{
	for (size_t i = 0; i < len; i += strlen(homes + i) + 1)
		if (!es_pool_add(list, homes + i, strlen(homes + i)))
			return -ENOMEM;
	return 0;
}

/* The configuration's homes, else those that were given. */
static int add_homes(struct es_rules *rules, const struct es_conf *conf,
		     const char *homes, size_t homes_len, struct es_error *err)
{
	const struct es_conf_slot *slot = &conf->slot[ES_CONF_FILES_HOME];
	ES_CLEANUP(es_pool_dispose) struct es_pool list = { 0 };

	if (slot->touched)
		homes_len = 0;
	for (size_t i = 0; i < slot->n; i++) {
		const char *text = slot->v[i].text;

		if (!es_pool_add(&list, text, strlen(text)))
			return es_fail_oom(err);
	}
	if (list_homes(&list, homes, homes_len) < 0)
		return es_fail_oom(err);
	return set_homes(rules, &list, err);
}

static int compile(struct es_rules *rules, struct es_error *err)
{
	size_t n = rules->exclude.n + rules->patterns.n;
	size_t most = n > rules->include.n ? n : rules->include.n;
	ES_CLEANUP(es_freep)
	const char **list = calloc(most + 1, sizeof(*list));

	if (!list)
		return es_fail_oom(err);
	for (size_t i = 0; i < rules->include.n; i++)
		list[i] = rules->include.v[i].pattern;
	if (es_globset_new(&rules->includes, list, rules->include.n,
			   rules->homes, rules->homes_len, err) < 0)
		return err->code;
	for (size_t i = 0; i < rules->exclude.n; i++)
		list[i] = rules->exclude.v[i].pattern;
	for (size_t i = 0; i < rules->patterns.n; i++)
		list[rules->exclude.n + i] = rules->patterns.v[i].pattern;
	return es_globset_new(&rules->others, list, n, rules->homes,
			      rules->homes_len, err);
}

static int set_hash(struct es_rules *rules, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(TEXT_MAX);

	es_rules_text(rules, &b);
	if (es_buf_check(&b, err) < 0)
		return err->code;
	rules->hash = es_hash64(es_buf_str(&b), b.len, 0);
	return 0;
}

int es_rules_add_homes(struct es_rules *rules, const struct es_rules *from,
		       struct es_error *err)
{
	ES_CLEANUP(es_pool_dispose) struct es_pool list = { 0 };

	if (list_homes(&list, rules->homes, rules->homes_len) < 0 ||
	    list_homes(&list, from->homes, from->homes_len) < 0)
		return es_fail_oom(err);
	es_globset_free(rules->includes);
	es_globset_free(rules->others);
	rules->includes = rules->others = NULL;
	if (set_homes(rules, &list, err) < 0 || compile(rules, err) < 0)
		return err->code;
	return set_hash(rules, err);
}

void es_rules_free(struct es_rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->n_rules; i++)
		es_rule_dispose(&rules->rules[i]);
	free(rules->rules);
	free(rules->rule_of);
	free(rules->include.v);
	free(rules->exclude.v);
	free(rules->patterns.v);
	es_globset_free(rules->includes);
	es_globset_free(rules->others);
	es_pool_dispose(&rules->pool);
	free(rules);
}

/* Fills rules that have their homes. */
static int build(struct es_rules *rules, const struct es_conf *conf,
		 bool shipped, struct es_error *err)
{
	bool lists = shipped;

	if (es_conf_is_set(conf, ES_CONF_FILES_DEFAULTS))
		lists &= es_conf_number(conf, ES_CONF_FILES_DEFAULTS) != 0;
	else
		lists &= !conf->slot[ES_CONF_FILES_INCLUDE].touched;
	rules->max_size =
		(uint64_t)es_conf_number(conf, ES_CONF_FILES_MAX_SIZE);
	rules->binary_max =
		(uint64_t)es_conf_number(conf, ES_CONF_FILES_MIRROR_BINARY_MAX);
	if (add_list(rules, conf, ES_CONF_FILES_INCLUDE, lists, err) < 0 ||
	    add_list(rules, conf, ES_CONF_FILES_EXCLUDE, lists, err) < 0 ||
	    add_rules(rules, conf, shipped, err) < 0 || compile(rules, err) < 0)
		return err->code;
	return set_hash(rules, err);
}

int es_rules_new(struct es_rules **out, const struct es_conf *conf,
		 const char *homes, size_t homes_len, struct es_error *err)
{
	ES_CLEANUP(es_rules_freep)
	struct es_rules *rules = calloc(1, sizeof(*rules));

	if (!rules)
		return es_fail_oom(err);
	if (add_homes(rules, conf, homes, homes_len, err) < 0 ||
	    build(rules, conf, true, err) < 0)
		return err->code;
	*out = es_steal_ptr(&rules);
	return 0;
}

int es_rules_parse(struct es_rules **out, const char *text, size_t len,
		   struct es_error *err)
{
	ES_CLEANUP(es_conf_freep) struct es_conf *conf = NULL;
	ES_CLEANUP(es_rules_freep)
	struct es_rules *rules = calloc(1, sizeof(*rules));

	if (!rules)
		return es_fail_oom(err);
	if (es_conf_parse(&conf, text, len, "run/rules", err) < 0 ||
	    add_homes(rules, conf, "", 0, err) < 0 ||
	    build(rules, conf, false, err) < 0)
		return err->code;
	*out = es_steal_ptr(&rules);
	return 0;
}
