/* SPDX-License-Identifier: MIT */
/* fuzz_logins.c - hostile records, log lines and excerpts */
#include "config.h"

#include "logins/logins_priv.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * The first byte of the input says what follows: 'w' records of wtmp, 'l'
 * lines of a text log, all else an excerpt. Whatever comes out of it must be
 * the same again after it was written and read.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ALWAYS INT64_C(4102444800)

static void demand(bool holds)
{
	if (!holds)
		abort();
}

static void check_text(const struct es_logins *l)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf one = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf two = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_logins_freep) struct es_logins *again = NULL;
	struct es_error err = ES_ERROR_INIT;

	demand(es_logins_text(l, &one) == 0);
	demand(es_logins_parse(&again, es_buf_str(&one), one.len, &err) == 0);
	demand(es_logins_text(again, &two) == 0);
	demand(strcmp(es_buf_str(&one), es_buf_str(&two)) == 0);
}

static void read_records(struct lg_logs *logs, const unsigned char *raw,
			 size_t len)
{
	ES_CLEANUP(lg_pairing_dispose) struct lg_pairing p = { 0 };
	struct lg_layout layout;
	struct lg_record r;

	lg_layout_guess(&layout, raw, len, 0, len);
	demand(layout.size > 0 && layout.size <= LG_RECORD_MAX);
	demand(layout.first < layout.size);
	demand(lg_pairing_init(&p, logs) == 0);
	for (size_t at = layout.first; at + layout.size <= len;
	     at += layout.size)
		if (lg_record_read(&r, raw + at, &layout))
			demand(lg_pairing_push(&p, &r) == 0);
	demand(lg_pairing_end(&p) == 0);
}

static void read_lines(struct lg_logs *logs, char *text)
{
	struct lg_years years = { 2026, -1 };
	char *rest;

	for (char *line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		const char *tool = NULL;
		int64_t when = 0;

		lg_line_stamp(line, ALWAYS);
		char *const message = lg_line_split(&when, &tool, line, &years);
		if (!message)
			continue;
		demand(tool != NULL);
		demand(lg_switch_message(logs, when, tool, message) == 0);
	}
}

static void read_excerpt(const char *text, size_t len)
{
	ES_CLEANUP(es_logins_freep) struct es_logins *l = NULL;
	ES_CLEANUP(es_logins_freep) struct es_logins *same = NULL;
	struct es_error err = ES_ERROR_INIT;

	if (es_logins_parse(&l, text, len, &err) < 0) {
		demand(!l && err.msg[0]);
		return;
	}
	check_text(l);
	demand(es_logins_parse(&same, text, len, &err) == 0);
	const size_t sessions = l->n_sessions;
	const size_t switches = l->n_switches;
	demand(es_logins_merge(l, same, &err) == 0);
	/* What was there already is not there twice. */
	demand(l->n_sessions == sessions && l->n_switches == switches);
	check_text(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lg_logs logs = { .root = -1, .from = 0, .to = ALWAYS };

	if (size < 2)
		return 0;
	/* Exactly as long as it is, so that a step beyond is seen. */
	char *copy = malloc(size);
	logs.out = lg_new(0, ALWAYS);
	if (!copy || !logs.out)
		goto out;
	memcpy(copy, data + 1, size - 1);
	copy[size - 1] = '\0';
	if (data[0] == 'w') {
		char *const exact = malloc(size - 1);

		if (!exact)
			goto out;
		memcpy(exact, data + 1, size - 1);
		read_records(&logs, (const unsigned char *)exact, size - 1);
		free(exact);
	} else if (data[0] == 'l') {
		read_lines(&logs, copy);
	} else {
		read_excerpt(copy, size - 1);
	}
	lg_cut(logs.out, LG_SESSIONS_MAX, LG_FAILURES_MAX, LG_SWITCHES_MAX);
	check_text(logs.out);
out:
	es_logins_free(logs.out);
	free(copy);
	return 0;
}
