/* SPDX-License-Identifier: MIT */
/* fuzz_answer.c - what a process that sends says, and a mail server to it */
#include "config.h"

#include "deliver/smtp_talk_priv.h"
#include "deliver/wire_priv.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECIPIENTS 3

static void make_result(struct es_transport_result *r)
{
	*r = (struct es_transport_result){
		.body = ES_BUF_INIT(ES_TRANSPORT_BODY_MAX),
		.recipients = calloc(RECIPIENTS, sizeof(*r->recipients)),
		.n_recipients = RECIPIENTS,
	};
	if (!r->recipients)
		abort();
}

/* What goes on to people is on one line, and an outcome is one. */
static void check_result(const struct es_transport_result *r)
{
	if (r->outcome > ES_DENIED || r->code < 0 || r->code > 999 ||
	    r->retry_after < 0 || r->retry_after > 604800)
		abort();
	if (r->text && (strlen(r->text) > ES_TRANSPORT_TEXT_MAX ||
			strpbrk(r->text, "\r\n\033")))
		abort();
	if (r->sandbox && strpbrk(r->sandbox, "\r\n\033"))
		abort();
	for (size_t i = 0; i < RECIPIENTS; i++) {
		if (r->recipients[i].outcome > ES_DENIED)
			abort();
	}
}

static void fuzz_answer(const char *data, size_t size)
{
	struct es_transport_result r;
	bool whole = false;

	make_result(&r);
	if (es_answer_take(&r, &whole, data, size) == 0)
		check_result(&r);
	es_transport_dispose(&r);
}

static void fuzz_talk(const char *data, size_t size)
{
	struct es_transport_result r;
	struct es_talk t = { .r = &r,
			     .starttls = size & 1,
			     .utf8 = size & 2,
			     .mechanism = size & 4 ? "PLAIN" : NULL };

	make_result(&r);
	while (size) {
		const char *end = memchr(data, '\n', size);
		size_t len = end ? (size_t)(end - data) + 1 : size;

		if (es_talk_line(&t, data, len) < 0)
			break;
		data += len;
		size -= len;
	}
	if (es_talk_judge(&t))
		check_result(&r);
	es_transport_dispose(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_answer((const char *)data, size);
	fuzz_talk((const char *)data, size);
	return 0;
}
