/* SPDX-License-Identifier: MIT */
/* webhook_priv.h - one HTTP request of a channel */
#ifndef ETCSNAP_DELIVER_WEBHOOK_PRIV_H
#define ETCSNAP_DELIVER_WEBHOOK_PRIV_H

#include "deliver/payload_priv.h"

#define EXPECTED_MAX 8

/* One request, and what it borrows. */
struct call {
	struct maker *m;
	const struct channel *c;
	const struct message *msg;
	struct es_doc *ctx; /* owned */
	struct es_buf url;
	struct es_buf body;
	struct es_buf headers; /* each ends in a NUL byte */
	const char **header;   /* owned; into @headers */
	size_t n_headers;
	size_t n_open; /* of them no secrets */
	bool in_body;  /* the token is a part of the payload */
	bool shown;    /* to people, not sent */
	struct es_buf password;
	struct es_buf token;
	struct es_buf hmac;
	struct es_http_statuses expected[EXPECTED_MAX];
	size_t n_expected;
};

#define CALL_INIT                                                            \
	{                                                                    \
		.url = ES_BUF_INIT(65536), .body = ES_BUF_INIT(64 << 20),    \
		.headers = ES_BUF_INIT(1 << 16),                             \
		.password = ES_BUF_INIT(1 << 16),                            \
		.token = ES_BUF_INIT(1 << 16), .hmac = ES_BUF_INIT(1 << 16), \
	}

/*
 * Fill a call whose maker, channel, message and context are set: its address
 * (the channel's where @url is NULL), headers, secrets and, of a template
 * unless that is NULL, payload.
 */
int es_call_prepare(struct call *call, const char *url, const char *template,
		    struct es_error *err);
int es_call_run(struct es_transport_result *out, struct call *call,
		const char *method, struct es_error *err);
void es_call_dispose(struct call *call);

#endif
