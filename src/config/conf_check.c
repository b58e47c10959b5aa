/* SPDX-License-Identifier: MIT */
/* conf_check.c - whether values are what their keys ask for */
#include "config.h"

#include "config/conf_priv.h"
#include "config/rules_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/entry.h"
#include "etcsnap/glob.h"
#include "etcsnap/keep.h"
#include "etcsnap/linefilter.h"
#include "etcsnap/mask.h"
#include "etcsnap/quote.h"
#include "etcsnap/severity.h"
#include "etcsnap/words.h"

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

static int check_io(const struct es_conf_key *key, const char *text,
		    int64_t *out, struct es_error *err)
{
	static const char *const words[] = {
		[ES_CONF_IO_NORMAL] = "normal",
		[ES_CONF_IO_LOW] = "low",
		[ES_CONF_IO_IDLE] = "idle",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]))
			continue;
		*out = (int64_t)i;
		return 0;
	}
	return es_fail_config(err,
			      "%s = '%s' is unknown; it is normal, low or idle",
			      key->key, ES_Q(text));
}

static int check_prune(const struct es_conf_key *key, const char *text,
		       int64_t *out, struct es_error *err)
{
	*out = strcmp(text, "daily") == 0;
	if (*out || strcmp(text, "never") == 0)
		return 0;
	return es_fail_config(err, "%s = '%s' is unknown; it is daily or never",
			      key->key, ES_Q(text));
}

static int check_keep(const struct es_conf_key *key, const char *text,
		      struct es_error *err)
{
	struct es_keep keep;

	if (es_keep_parse(&keep, text, err) < 0)
		return es_wrap(err, "%s", key->key);
	return 0;
}

static int check_sign(const struct es_conf_key *key, const char *text,
		      int64_t *out, struct es_error *err)
{
	static const char *const words[] = {
		[ES_CONF_SIGN_REQUIRE] = "require",
		[ES_CONF_SIGN_ALLOW] = "allow",
		[ES_CONF_SIGN_NO] = "no",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]))
			continue;
		*out = (int64_t)i;
		return 0;
	}
	return es_fail_config(err,
			      "%s = '%s' is unknown; it is require, allow or "
			      "no",
			      key->key, ES_Q(text));
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
	case ES_CONF_T_IO:
		return check_io(key, text, out, err);
	case ES_CONF_T_SIGN:
		return check_sign(key, text, out, err);
	case ES_CONF_T_PRUNE:
		return check_prune(key, text, out, err);
	case ES_CONF_T_NUMBER:
	case ES_CONF_T_PATH:
	case ES_CONF_T_GLOB:
	case ES_CONF_T_REGEX:
	case ES_CONF_T_CLASS:
	case ES_CONF_T_WORDS:
	case ES_CONF_T_RECORD:
	case ES_CONF_T_SEVERITY:
	case ES_CONF_T_TEXT:
	case ES_CONF_T_ENV:
	case ES_CONF_T_LINE:
	case ES_CONF_T_REPLACE:
	case ES_CONF_T_KEEP:
		break;
	}
	return check_decimal(key, text, out, err);
}

static int check_words(const struct es_conf_key *key, const char *text,
		       struct es_error *err)
{
	size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-.: \t,"
				  "abcdefghijklmnopqrstuvwxyz0123456789");

	if (!text[len] && text[strspn(text, " \t,")])
		return 0;
	return es_fail_config(err,
			      "%s = '%s' is no list of words; they are of "
			      "letters, digits, '_', '-', '.' and ':'",
			      key->key, ES_Q(text));
}

static int check_env(const struct es_conf_key *key, const char *text,
		     struct es_error *err)
{
	size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
				  "abcdefghijklmnopqrstuvwxyz0123456789");

	if (len && text[len] == '=' && !(text[0] >= '0' && text[0] <= '9'))
		return 0;
	return es_fail_config(err, "%s = '%s' is no variable; write NAME=VALUE",
			      key->key, ES_Q(text));
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
	case ES_CONF_T_IO:
	case ES_CONF_T_SIGN:
	case ES_CONF_T_PRUNE:
		return es_conf_check_number(key, text, &n, err);
	case ES_CONF_T_KEEP:
		return check_keep(key, text, err);
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
		if (strcmp(text, ES_MASK_SHIPPED) == 0)
			return 0;
		return es_mask_check(text, err);
	case ES_CONF_T_WORDS:
		return check_words(key, text, err);
	case ES_CONF_T_RECORD:
		return es_record_check(key->key, text, err);
	case ES_CONF_T_TEXT:
		return 0;
	case ES_CONF_T_ENV:
		return check_env(key, text, err);
	case ES_CONF_T_LINE:
		return es_linefilter_check(text, err);
	case ES_CONF_T_REPLACE:
		return es_linefilter_check_replace(text, err);
	case ES_CONF_T_SEVERITY:
		if (es_severity_parse(text) != ES_SEVERITY_NONE)
			return 0;
		return es_fail_config(err,
				      "%s = '%s' is unknown; it is info, "
				      "notice, warning or critical",
				      key->key, ES_Q(text));
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

/* The last "run" counts; whether it is words depends on "shell". */
static int check_command(const struct es_conf *conf,
			 const struct es_conf_section *s, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	const struct es_conf_slot *run = &s->slot[ES_CONF_COMMAND_RUN];
	size_t n;

	if (!run->n)
		return es_fail_config(err,
				      "%s:%u: [command %s] runs nothing; add "
				      "a line: run = PROGRAM ARGUMENT ...",
				      ES_Q(s->file), s->line, s->name);
	if (es_conf_number_of(conf, ES_CONF_COMMAND_SHELL, s->name))
		return 0;
	if (es_words_split(&b, &n, run->v[0].text, err) < 0)
		return es_wrap(err, "%s:%u: run", ES_Q(run->v[0].file),
			       run->v[0].line);
	return 0;
}

/* Sets are known when all is read. */
static int check_rule(const struct es_conf *conf,
		      const struct es_conf_section *s, struct es_error *err)
{
	const struct es_conf_slot *record = &s->slot[ES_CONF_RULE_RECORD];
	uint32_t bits;

	if (!s->slot[ES_CONF_RULE_MATCH].n)
		return es_fail_config(err,
				      "%s:%u: [rule %s] matches nothing; add "
				      "a line: match = PATTERN",
				      ES_Q(s->file), s->line, s->name);
	if (record->n &&
	    es_record_resolve(&bits, conf, record->v[0].text, err) < 0)
		return es_wrap(err, "%s:%u: record", ES_Q(record->v[0].file),
			       record->v[0].line);
	return 0;
}

int es_conf_check_all(const struct es_conf *conf, struct es_error *err)
{
	for (size_t i = 0; i < conf->n; i++) {
		const struct es_conf_section *s = conf->sections[i];

		if (!strcmp(s->section, "command") &&
		    check_command(conf, s, err) < 0)
			return err->code;
		if (!strcmp(s->section, "record") &&
		    es_record_check_section(s, err) < 0)
			return err->code;
		if (!strcmp(s->section, "rule") && check_rule(conf, s, err) < 0)
			return err->code;
	}
	return 0;
}
