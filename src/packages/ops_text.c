/* SPDX-License-Identifier: MIT */
/* ops_text.c - operations and verdicts written as run/packages has them */
#include "config.h"

#include "packages/ops_text_priv.h"

#include "etcsnap/quote.h"
#include "etcsnap/strmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct ops_digest ops_digests[OPS_DIGESTS] = {
	[ES_PACKAGE_NONE] = { "-", 0 },
	[ES_PACKAGE_MD5] = { "md5:", ES_MD5_LEN },
	[ES_PACKAGE_SHA1] = { "sha1:", ES_SHA1_LEN },
	[ES_PACKAGE_SHA256] = { "sha256:", ES_SHA256_LEN },
};

static void add_word(struct es_buf *out, const char *word)
{
	es_buf_addc(out, ' ');
	if (!*word)
		es_buf_addc(out, '-');
	else if (strcmp(word, "-") == 0)
		es_buf_adds(out, "\\055");
	else
		es_quote_mtree(out, word, strlen(word));
}

/* "2026-05-01T12:00:00Z" whatever the zone, or "@" and seconds. */
static void add_time(struct es_buf *out, int64_t when)
{
	time_t t = (time_t)when;
	char text[32];
	struct tm tm;

	if (gmtime_r(&t, &tm) && tm.tm_year >= -1900 && tm.tm_year <= 8099 &&
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 20)
		es_buf_addf(out, " %s", text);
	else
		es_buf_addf(out, " @%lld", (long long)when);
}

static void add_hex(struct es_buf *out, const uint8_t *raw, size_t len)
{
	char hex[2 * ES_SHA256_LEN + 1];

	es_buf_adds(out, es_hex(hex, raw, len));
}

/* Commands that were written: their numbers, by user, NUL and command. */
struct commands {
	struct es_strmap *numbers;
	struct es_buf key;
};

/* The number of an operation's command, or NULL. */
static const char *command_of(struct commands *c,
			      const struct es_package_op *op)
{
	es_buf_reset(&c->key);
	es_buf_add(&c->key, op->user, strlen(op->user) + 1);
	if (es_buf_adds(&c->key, op->command) < 0)
		return NULL;
	return es_strmap_get(c->numbers, c->key.data, c->key.len);
}

static int add_command(struct es_buf *out, struct commands *c,
		       const struct es_package_op *op)
{
	char number[24];

	if ((!*op->user && !*op->command) || command_of(c, op))
		return 0;
	snprintf(number, sizeof(number), "%zu",
		 es_strmap_count(c->numbers) + 1);
	char *kept = strdup(number);
	if (!kept || c->key.failed ||
	    es_strmap_put(c->numbers, c->key.data, c->key.len, kept) < 0) {
		free(kept);
		return -ENOMEM;
	}
	es_buf_addf(out, OPS_COMMAND " %s", number);
	add_word(out, op->user);
	add_word(out, op->command);
	return es_buf_addc(out, '\n');
}

static void commands_dispose(struct commands *c)
{
	const char *key;
	size_t pos = 0, len;
	void *value;

	while (c->numbers &&
	       es_strmap_each(c->numbers, &pos, &key, &len, &value))
		free(value);
	es_strmap_free(c->numbers);
	es_buf_dispose(&c->key);
}

static void add_op(struct es_buf *out, struct commands *c,
		   const struct es_package_op *op)
{
	const char *number = NULL;

	if (*op->user || *op->command)
		number = command_of(c, op);
	es_buf_adds(out, OPS_OP);
	add_word(out, es_package_op_name(op->kind));
	add_word(out, op->manager);
	add_word(out, op->name);
	add_word(out, op->arch);
	add_word(out, op->old);
	add_word(out, op->new);
	add_time(out, op->when);
	add_word(out, number ? number : "");
	es_buf_addc(out, '\n');
}

static int add_ops(struct es_buf *out, const struct es_package_ops *ops)
{
	struct commands c = { es_strmap_new(), ES_BUF_INIT(ES_BUF_MAX) };
	int rc = c.numbers ? 0 : -ENOMEM;

	for (size_t i = 0; i < ops->n_ops && rc == 0; i++)
		rc = add_command(out, &c, &ops->ops[i]);
	for (size_t i = 0; i < ops->n_ops && rc == 0; i++)
		add_op(out, &c, &ops->ops[i]);
	commands_dispose(&c);
	if (rc < 0 && out->failed == 0)
		out->failed = rc;
	return out->failed;
}

static void add_seen(struct es_buf *out, const struct es_package_seen *seen)
{
	static const uint8_t none[ES_SHA256_LEN];

	es_buf_adds(out, OPS_SEEN);
	add_word(out, es_package_verdict_name(seen->verdict));
	add_word(out, seen->package);
	add_word(out, seen->version);
	es_buf_addf(out, " %s", ops_digests[seen->kind].name);
	add_hex(out, seen->want, ops_digests[seen->kind].len);
	es_buf_addc(out, ' ');
	if (memcmp(seen->recorded, none, sizeof(none)) == 0)
		es_buf_addc(out, '-');
	else
		add_hex(out, seen->recorded, sizeof(seen->recorded));
	add_word(out, seen->path);
	es_buf_addc(out, '\n');
}

int es_package_ops_text(const struct es_package_ops *ops, struct es_buf *out)
{
	if (*ops->missing)
		es_buf_addf(out, OPS_MISSING " %s\n", ops->missing);
	if (ops->n_ops > 0)
		add_ops(out, ops);
	for (size_t i = 0; i < ops->n_seen; i++)
		add_seen(out, &ops->seen[i]);
	return out->failed;
}
