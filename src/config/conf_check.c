/* SPDX-License-Identifier: MIT */
/* conf_check.c - whether values are what their keys ask for */
#include "config.h"

#include "config/conf_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/entry.h"
#include "etcsnap/glob.h"
#include "etcsnap/mask.h"
#include "etcsnap/quote.h"

#include <string.h>

static int check_bool(const struct es_conf_key *key, const char *text,
		      int64_t *out, struct es_error *err)
{
	static const struct {
		const char *word;
		int64_t value;
	} words[] = {
		{ "yes", 1 },	{ "no", 0 }, { "true", 1 },
		{ "false", 0 }, { "on", 1 }, { "off", 0 },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i].word))
			continue;
		*out = words[i].value;
		return 0;
	}
	return es_fail_config(err, "%s = '%s' is neither yes nor no", key->key,
			      ES_Q(text));
}

/* Reads decimal digits; *end is what follows. -1 when there are none or they
 * say more than an int64_t holds. */
static int64_t read_digits(const char *text, const char **end)
{
	int64_t n = 0;

	for (*end = text; **end >= '0' && **end <= '9'; (*end)++) {
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, **end - '0', &n))
			return -1;
	}
	return *end == text ? -1 : n;
}

static int check_range(const struct es_conf_key *key, const char *text,
		       int64_t n, struct es_error *err)
{
	if (n >= key->min && n <= key->max)
		return 0;
	return es_fail_config(err,
			      "%s = '%s' is out of range; it goes from %lld "
			      "to %lld",
			      key->key, ES_Q(text), (long long)key->min,
			      (long long)key->max);
}

static int check_decimal(const struct es_conf_key *key, const char *text,
			 int64_t *out, struct es_error *err)
{
	const char *end;
	int64_t n = read_digits(text, &end);

	if (n < 0 || *end)
		return es_fail_config(err,
				      "%s = '%s' is no number from %lld to "
				      "%lld",
				      key->key, ES_Q(text), (long long)key->min,
				      (long long)key->max);
	if (check_range(key, text, n, err) < 0)
		return err->code;
	*out = n;
	return 0;
}

static int check_bytes(const struct es_conf_key *key, const char *text,
		       int64_t *out, struct es_error *err)
{
	static const char units[] = "KMG";
	const char *end;
	int64_t n = read_digits(text, &end);

	if (n >= 0 && *end) {
		char upper = (char)(*end & ~0x20);
		const char *unit = end[1] ? NULL : strchr(units, upper);

		if (!unit || !*unit)
			n = -1;
		for (; n >= 0 && unit >= units; unit--) {
			if (__builtin_mul_overflow(n, 1024, &n))
				n = INT64_MAX;
		}
	}
	if (n < 0)
		return es_fail_config(err,
				      "%s = '%s' is no size; write bytes, or "
				      "64K, 1M, 1G",
				      key->key, ES_Q(text));
	if (check_range(key, text, n, err) < 0)
		return err->code;
	*out = n;
	return 0;
}

static int check_seconds(const struct es_conf_key *key, const char *text,
			 int64_t *out, struct es_error *err)
{
	const char *end;
	int64_t n = read_digits(text, &end);

	if (n < 0 || *end) {
		if (es_clock_duration(&n, text, err) < 0)
			return es_wrap(err, "%s", key->key);
	}
	if (check_range(key, text, n, err) < 0)
		return err->code;
	*out = n;
	return 0;
}

int es_conf_check_number(const struct es_conf_key *key, const char *text,
			 int64_t *out, struct es_error *err)
{
	switch (key->type) {
	case ES_CONF_T_BOOL:
		return check_bool(key, text, out, err);
	case ES_CONF_T_BYTES:
		return check_bytes(key, text, out, err);
	case ES_CONF_T_SECONDS:
		return check_seconds(key, text, out, err);
	case ES_CONF_T_NUMBER:
	case ES_CONF_T_PATH:
	case ES_CONF_T_GLOB:
	case ES_CONF_T_REGEX:
	case ES_CONF_T_CLASS:
		break;
	}
	return check_decimal(key, text, out, err);
}

int es_conf_check_value(const struct es_conf_key *key, const char *text,
			struct es_error *err)
{
	int64_t n;

	switch (key->type) {
	case ES_CONF_T_BOOL:
	case ES_CONF_T_NUMBER:
	case ES_CONF_T_BYTES:
	case ES_CONF_T_SECONDS:
		return es_conf_check_number(key, text, &n, err);
	case ES_CONF_T_PATH:
		if (text[0] == '/')
			return 0;
		return es_fail_config(err,
				      "%s = '%s' is no absolute path; begin "
				      "it with /",
				      key->key, ES_Q(text));
	case ES_CONF_T_GLOB:
		return es_glob_check(text, err);
	case ES_CONF_T_REGEX:
		return es_mask_check(text, err);
	case ES_CONF_T_CLASS:
		break;
	}
	if (es_class_parse(text) != ES_CLASS_NONE)
		return 0;
	return es_fail_config(err,
			      "%s = '%s' is unknown; it is mirror, digest or "
			      "secret",
			      key->key, ES_Q(text));
}

int es_conf_check_all(const struct es_conf *conf, struct es_error *err)
{
	for (size_t i = 0; i < conf->n; i++) {
		const struct es_conf_section *s = conf->sections[i];

		if (strcmp(s->section, "rule"))
			continue;
		if (s->slot[ES_CONF_RULE_MATCH].n)
			continue;
		return es_fail_config(err,
				      "%s:%u: [rule %s] matches nothing; add "
				      "a line: match = PATTERN",
				      ES_Q(s->file), s->line, s->name);
	}
	return 0;
}
