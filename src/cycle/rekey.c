/* SPDX-License-Identifier: MIT */
/* rekey.c - whether a run and the tip were made with the same key */
#include "config.h"

#include "cycle/rekey_priv.h"

#include "cycle/key_priv.h"
#include "etcsnap/commit.h"
#include "etcsnap/tree.h"

#include <stdlib.h>
#include <string.h>

/* The number that run/summary has in its line "key = …". */
static bool parse_number(uint64_t *out, const char *summary)
{
	static const char key[] = "\nkey = ";
	const char *at = strstr(summary, key);
	char *end;

	if (!at)
		return false;
	at += sizeof(key) - 1;
	*out = strtoull(at, &end, 16);
	return end - at == 16 && *end == '\n';
}

static int read_tip(struct es_rekey *k, struct es_store *st,
		    struct es_error *err)
{
	static const char name[] = "run/summary";
	ES_CLEANUP(es_commit_freep) struct es_commit *tip = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	struct es_oid oid;
	int rc = es_store_tip(&oid, st, "main", err);

	if (rc <= 0)
		return rc;
	if (es_commit_read(&tip, st, &oid, err) < 0)
		return err->code;
	rc = es_tree_lookup(&oid, NULL, st, es_commit_tree(tip), name,
			    sizeof(name) - 1, err);
	if (rc <= 0)
		return rc;
	if (es_store_get(st, &oid, ES_KIND_BLOB, &text, err) < 0)
		return err->code;
	k->known = parse_number(&k->tip, es_buf_str(&text));
	return 0;
}

/* What is left of a rotation is the tip's key, or of no use. */
static int end_rotation(const struct es_rekey *k, struct es_session *s,
			struct es_buf *notice, struct es_error *err)
{
	uint8_t key[ES_KEY_LEN];
	uint64_t number = 0;
	int rc = es_key_pending(key, s, err);

	if (rc > 0 && es_key_number(&number, key, err) < 0)
		rc = err->code;
	explicit_bzero(key, sizeof(key));
	if (rc < 0)
		return rc;
	if (rc == 0 || !k->known || number != k->tip) {
		es_key_drop(s);
		return 0;
	}
	es_buf_adds(notice, "a rotation of the secret key was interrupted "
			    "after its commit; it is complete now");
	return es_key_settle(s, err);
}

int es_rekey_begin(struct es_rekey *out, struct es_session *s,
		   const struct es_cycle_options *options,
		   struct es_buf *notice, struct es_error *err)
{
	*out = (struct es_rekey){ .known = false };
	if (read_tip(out, s->store, err) < 0)
		return err->code;
	if (!options->dry &&
	    (end_rotation(out, s, notice, err) < 0 || es_key_load(s, err) < 0))
		return err->code;
	if (options->rotate && es_key_renew(s, err) < 0)
		return err->code;
	if (es_key_number(&out->ours, s->key, err) < 0)
		return err->code;
	out->other = options->rotate || (out->known && out->tip != out->ours);
	if (out->other && !options->rotate)
		es_buf_addf(notice,
			    "%sthe secret key is not the one of the last run; "
			    "every hidden value looks changed",
			    notice->len ? "; " : "");
	return es_buf_check(notice, err);
}

int es_rekey_end(struct es_session *s, const struct es_cycle_options *options,
		 bool stands, struct es_error *err)
{
	if (!options->rotate)
		return 0;
	if (stands)
		return es_key_settle(s, err);
	es_key_drop(s);
	return 0;
}
