/* SPDX-License-Identifier: MIT */
/* wire_priv.h - how a request goes to the child process, and an answer back */
#ifndef ETCSNAP_DELIVER_WIRE_PRIV_H
#define ETCSNAP_DELIVER_WIRE_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/buf.h"
#include "etcsnap/transport.h"

/*
 * Both ways it is a sequence of items: a tag and a length of four bytes each
 * in this machine's order, then the bytes. A request is the child's to trust,
 * an answer is not the parent's.
 */

/**
 * struct es_wire_item - one item
 * @tag:  what it is
 * @data: bytes, borrowed
 * @len:  their number
 */
struct es_wire_item {
	uint32_t tag;
	const char *data;
	size_t len;
};

/**
 * es_wire_put - append an item
 * @out:  appended to
 * @tag:  what it is
 * @data: bytes; NULL is allowed when @len is 0
 * @len:  their number
 */
void es_wire_put(struct es_buf *out, uint32_t tag, const void *data,
		 size_t len);

/**
 * es_wire_next - take the first item off
 * @out:  the item
 * @data: bytes; moved behind the item
 * @len:  their number; lessened
 *
 * Return: 1, 0 at the end, -EBADMSG when what is left is no item.
 */
int es_wire_next(struct es_wire_item *out, const char **data, size_t *len);

/* --- requests ------------------------------------------------------------- */

/**
 * struct es_net_job - a request as the child sees it
 * @kind:      which of the following is set
 * @smtp:      for ES_TRANSPORT_SMTP
 * @http:      for ES_TRANSPORT_HTTP
 * @stream:    for ES_TRANSPORT_STREAM
 * @ca:        authorities to trust as PEM text, NULL: the system's
 * @ca_len:    its bytes
 * @signature: header with the signature of the body, NULL without
 */
struct es_net_job {
	enum es_transport_kind kind;
	struct es_smtp_request smtp;
	struct es_http_request http;
	struct es_stream_request stream;
	const char *ca;
	size_t ca_len;
	const char *signature;
};

/**
 * es_net_job_put - write a request
 * @out: appended to
 * @job: request; file names and the key of a signature are not written
 */
void es_net_job_put(struct es_buf *out, const struct es_net_job *job);

/**
 * es_net_job_take - read a request
 * @out:  request; points into @data, and has lists that are never freed
 * @data: bytes that es_net_job_put() wrote
 * @len:  their number
 *
 * Return: 0, -EBADMSG or -ENOMEM.
 */
int es_net_job_take(struct es_net_job *out, const char *data, size_t len);

/* --- answers -------------------------------------------------------------- */

/**
 * enum es_answer_tag - items of an answer
 * @ES_ANSWER_SANDBOX:     protections in force
 * @ES_ANSWER_WHOLE:       the whole message was handed over
 * @ES_ANSWER_OUTCOME:     number
 * @ES_ANSWER_CODE:        number
 * @ES_ANSWER_RETRY_AFTER: number, seconds
 * @ES_ANSWER_TEXT:        bytes
 * @ES_ANSWER_BODY:        bytes
 * @ES_ANSWER_RECIPIENT:   three numbers (which, outcome, code) and bytes
 * @ES_ANSWER_END:         nothing follows
 */
enum es_answer_tag {
	ES_ANSWER_SANDBOX = 1,
	ES_ANSWER_WHOLE,
	ES_ANSWER_OUTCOME,
	ES_ANSWER_CODE,
	ES_ANSWER_RETRY_AFTER,
	ES_ANSWER_TEXT,
	ES_ANSWER_BODY,
	ES_ANSWER_RECIPIENT,
	ES_ANSWER_END,
};

/**
 * ES_ANSWER_MAX - most bytes of an answer that are read
 */
#define ES_ANSWER_MAX ((size_t)1 << 20)

/**
 * ES_ANSWER_WORDS - most bytes of a server's words about one recipient
 */
#define ES_ANSWER_WORDS 256

/**
 * es_answer_put - write all of a result
 * @out: appended to
 * @r:   result
 */
void es_answer_put(struct es_buf *out, const struct es_transport_result *r);

/**
 * es_answer_take - read an answer, with suspicion
 * @r:     result with as many recipients as were asked for; @text, @body,
 *         @sandbox and what is in @recipients are filled as far as @data goes
 * @whole: set when the child has said that the whole message went
 * @data:  bytes of the child
 * @len:   their number
 *
 * Return: 0 for an answer that came to its end, -EBADMSG for any other, or
 * -ENOMEM. Only after 0 do @outcome, @code and @retry_after count.
 */
int es_answer_take(struct es_transport_result *r, bool *whole, const char *data,
		   size_t len);

/**
 * es_result_say - put a text into a result in place of what was there
 * @r:    result
 * @text: bytes, copied: control bytes become blanks, the end may be cut
 * @len:  their number
 */
void es_result_say(struct es_transport_result *r, const char *text, size_t len);

/**
 * es_result_sayf - put a text into a result, printf-style
 * @r:   result
 * @fmt: printf(3) format
 */
void es_result_sayf(struct es_transport_result *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
