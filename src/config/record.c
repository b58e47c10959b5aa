/* SPDX-License-Identifier: MIT */
/* record.c - which attributes the words of a rule stand for */
#include "config.h"

#include "config/conf_priv.h"
#include "config/rules_priv.h"

#include "etcsnap/entry.h"
#include "etcsnap/quote.h"
#include "etcsnap/typo.h"

#include <string.h>

#define PERMISSIONS                                                           \
	(ES_RECORD_MODE | ES_RECORD_OWNER | ES_RECORD_GROUP | ES_RECORD_ACL | \
	 ES_RECORD_CAPS | ES_RECORD_SELINUX | ES_RECORD_FLAGS)

/* Sets that need no [record NAME]. */
static const struct {
	const char *name;
	uint32_t bits;
} shipped[] = {
	{ "default", ES_RECORD_DEFAULT },
	{ "permissions", PERMISSIONS },
	{ "log", PERMISSIONS | ES_RECORD_LINKS | ES_RECORD_XATTR },
	{ "all", ES_RECORD_ALL },
	{ "none", 0 },
};

#define SHIPPED (sizeof(shipped) / sizeof(shipped[0]))

/* What a word does: 0 the first word, '+' or '-'. */
struct word {
	const char *at;
	size_t len;
	char sign;
};

static bool next_word(const char **text, struct word *out)
{
	const char *at = *text + strspn(*text, " \t,");

	out->sign = *at == '+' || *at == '-' ? *at++ : '\0';
	out->at = at;
	out->len = strcspn(at, " \t,");
	*text = at + out->len;
	return out->len > 0 || out->sign;
}

static bool is_name(const struct word *w)
{
	static const char ok[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
				 "abcdefghijklmnopqrstuvwxyz0123456789-";

	return w->len > 0 && w->len <= ES_CONF_HEADER_MAX &&
	       strspn(w->at, ok) >= w->len;
}

int es_record_check(const char *key, const char *text, struct es_error *err)
{
	const char *at = text;
	struct word w;
	size_t n = 0;

	for (; next_word(&at, &w); n++)
		if (!is_name(&w))
			return es_fail_config(err,
					      "%s = '%s' is no list of "
					      "attributes; write names with "
					      "blanks between them, each with "
					      "+ or - before it or neither",
					      key, ES_Q(text));
	if (!n)
		return es_fail_config(err, "%s = '%s' names nothing", key,
				      ES_Q(text));
	return 0;
}

/* Bits of an attribute or shipped set; false when it is neither. */
static bool find_shipped(const struct word *w, uint32_t *out)
{
	*out = es_record_parse(w->at, w->len);
	if (*out)
		return true;
	for (size_t i = 0; i < SHIPPED; i++) {
		if (strlen(shipped[i].name) != w->len ||
		    memcmp(shipped[i].name, w->at, w->len))
			continue;
		*out = shipped[i].bits;
		return true;
	}
	return false;
}

static const struct es_conf_section *find_set(const struct es_conf *conf,
					      const struct word *w)
{
	for (size_t i = 0; conf && i < conf->n; i++) {
		const struct es_conf_section *s = conf->sections[i];

		if (!strcmp(s->section, "record") &&
		    strlen(s->name) == w->len &&
		    !memcmp(s->name, w->at, w->len))
			return s;
	}
	return NULL;
}

/* Says what is meant, if a shipped word is near. */
static int unknown(const struct word *w, struct es_error *err)
{
	const char *names[SHIPPED + ES_RECORD_COUNT];
	char text[ES_CONF_HEADER_MAX + 1];
	size_t n = 0;

	memcpy(text, w->at, w->len);
	text[w->len] = '\0';
	for (size_t i = 0; i < SHIPPED; i++)
		names[n++] = shipped[i].name;
	for (unsigned int i = 0; i < ES_RECORD_COUNT; i++)
		names[n++] = es_record_name(1u << i);

	const char *near = es_typo_nearest(text, names, n);

	if (near)
		return es_fail_config(err,
				      "'%s' is no attribute and no set; did "
				      "you mean %s?",
				      ES_Q(text), near);
	return es_fail_config(err,
			      "'%s' is no attribute, and there is no section "
			      "[record %s]",
			      ES_Q(text), ES_Q(text));
}

static uint32_t apply(uint32_t bits, const struct word *w, uint32_t named)
{
	return w->sign == '-' ? bits & ~named : bits | named;
}

/* The words of a set, which are attributes and shipped sets alone. */
static int resolve_set(uint32_t *out, const struct es_conf_section *s,
		       struct es_error *err)
{
	const struct es_conf_slot *slot = &s->slot[ES_CONF_RECORD_ATTRIBUTES];
	bool first = true;
	uint32_t bits = 0;

	for (size_t i = 0; i < slot->n; i++) {
		const char *at = slot->v[i].text;
		struct word w;
		uint32_t named;

		for (; next_word(&at, &w); first = false) {
			if (!find_shipped(&w, &named))
				return unknown(&w, err);
			if (first && w.sign)
				bits = ES_RECORD_DEFAULT;
			bits = apply(bits, &w, named);
		}
	}
	*out = bits;
	return 0;
}

int es_record_resolve(uint32_t *out, const struct es_conf *conf,
		      const char *text, struct es_error *err)
{
	bool first = true;
	uint32_t bits = 0;
	struct word w;

	for (; next_word(&text, &w); first = false) {
		const struct es_conf_section *set = find_set(conf, &w);
		uint32_t named;

		if (!find_shipped(&w, &named)) {
			if (!set)
				return unknown(&w, err);
			if (resolve_set(&named, set, err) < 0)
				return err->code;
		}
		/* signs alone change what is recorded by default */
		if (first && w.sign)
			bits = ES_RECORD_DEFAULT;
		bits = apply(bits, &w, named);
	}
	*out = bits;
	return 0;
}

int es_record_check_section(const struct es_conf_section *s,
			    struct es_error *err)
{
	const struct es_conf_slot *slot = &s->slot[ES_CONF_RECORD_ATTRIBUTES];
	const struct word w = { s->name, strlen(s->name), '\0' };
	uint32_t bits;

	if (find_shipped(&w, &bits))
		return es_fail_config(err,
				      "%s:%u: [record %s]: the name is taken; "
				      "choose another one",
				      ES_Q(s->file), s->line, s->name);
	if (!slot->n)
		return es_fail_config(err,
				      "%s:%u: [record %s] names nothing; add "
				      "a line: attributes = NAME ...",
				      ES_Q(s->file), s->line, s->name);
	if (resolve_set(&bits, s, err) < 0)
		return es_wrap(err, "%s:%u: [record %s]", ES_Q(s->file),
			       s->line, s->name);
	return 0;
}
