/* SPDX-License-Identifier: MIT */
/* fuzz_conf.c - any bytes as a configuration, and its rules there and back */
#include "config.h"

#include "etcsnap/conf.h"
#include "etcsnap/rules.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int holds)
{
	if (!holds)
		abort();
}

/* A refused text says where, and how it is the configuration's fault. */
static void check_refusal(const struct es_error *err)
{
	demand(err->code < 0);
	demand(err->code == -12 || err->fault == ES_FAULT_CONFIG);
	demand(strchr(err->msg, ':') != NULL);
	demand(!memchr(err->msg, '\n', strlen(err->msg)));
}

/* The text of the rules reads back to the same text. */
static void check_rules(const struct es_conf *conf)
{
	static const char homes[] = "/root\0/home/a";
	ES_CLEANUP(es_buf_dispose) struct es_buf a = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_rules_freep) struct es_rules *rules = NULL;
	ES_CLEANUP(es_rules_freep) struct es_rules *again = NULL;
	struct es_error err = ES_ERROR_INIT;

	if (es_rules_new(&rules, conf, homes, sizeof(homes), &err) < 0) {
		check_refusal(&err);
		return;
	}
	demand(es_rules_text(rules, &a) == 0);
	demand(es_rules_parse(&again, a.data, a.len, &err) == 0);
	demand(es_rules_hash(rules) == es_rules_hash(again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ES_CLEANUP(es_conf_freep) struct es_conf *conf = NULL;
	struct es_error err = ES_ERROR_INIT;

	if (es_conf_parse(&conf, (const char *)data, size, "f", &err) < 0) {
		demand(!conf);
		check_refusal(&err);
		return 0;
	}
	demand(err.code == 0);
	for (int i = 0; i < ES_CONF_COUNT; i++) {
		enum es_conf_id id = (enum es_conf_id)i;
		const struct es_conf_key *key = es_conf_table(id);
		int64_t n;

		if (key->named)
			continue;
		n = es_conf_number(conf, id);
		if (key->type == ES_CONF_T_BYTES ||
		    key->type == ES_CONF_T_SECONDS)
			demand(n >= key->min && n <= key->max);
	}
	check_rules(conf);
	return 0;
}
