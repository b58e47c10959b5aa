/* SPDX-License-Identifier: MIT */
/* transport_priv.h - what the parts of a transport share */
#ifndef ETCSNAP_DELIVER_TRANSPORT_PRIV_H
#define ETCSNAP_DELIVER_TRANSPORT_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deliver/wire_priv.h"
#include "etcsnap/buf.h"
#include "etcsnap/error.h"
#include "etcsnap/transport.h"

/* Where the child has its request, and where it answers */
#define ES_CHILD_REQUEST 0
#define ES_CHILD_ANSWER 1

/* Seconds that a child gets beyond its total limit to tell of it */
#define ES_CHILD_GRACE 3

/* request.c: what the configuration may ask for */

/**
 * es_request_check - whether a request for the network can be
 * @job: request
 * @err: filled on failure
 *
 * Return: 0 or -EINVAL (fault CONFIG).
 */
int es_request_check(const struct es_net_job *job, struct es_error *err);

/**
 * es_request_limits - the times of a request, the usual where it says nothing
 * @job: request
 *
 * Return: no field is 0.
 */
struct es_transport_limits es_request_limits(const struct es_net_job *job);

/**
 * es_limits_fill - the usual times where nothing was said
 * @limits: times
 *
 * Return: no field is 0.
 */
struct es_transport_limits
es_limits_fill(const struct es_transport_limits *limits);

/**
 * es_envelope_check - whether envelope addresses are any
 * @from:       sender, "" is the null sender
 * @recipients: recipients
 * @n:          their number
 * @err:        filled on failure
 *
 * Return: 0, 1 when one is not ASCII before its @, or -EINVAL.
 */
int es_envelope_check(const char *from, const char *const *recipients, size_t n,
		      struct es_error *err);

/* secrets.c */

/**
 * es_signature_make - the header that signs a body
 * @out: appended to: "X-Hub-Signature-256: sha256=…"
 * @rq:  request with a key
 * @err: filled on failure
 *
 * Return: 0 or a negative errno.
 * Source: RFC 2104; the form of the value is that of GitHub's webhooks.
 */
int es_signature_make(struct es_buf *out, const struct es_http_request *rq,
		      struct es_error *err);

/**
 * es_secrets_hide - put stars over what a result must not tell
 * @r:   result; its texts and body are looked through
 * @job: request, whose passwords, tokens (also in the forms in which they are
 *       sent), and paths of URLs are hidden
 */
void es_secrets_hide(struct es_transport_result *r,
		     const struct es_net_job *job);

/* parent.c */

/**
 * struct es_child - a process that sends
 * @pid:    its number
 * @answer: its answers come here
 */
struct es_child {
	pid_t pid;
	int answer;
};

/**
 * es_child_start - start a process that sends
 * @out:     process; es_child_finish()
 * @program: image to execute, or NULL
 * @request: file in memory with the request, at its beginning
 * @err:     filled on failure
 *
 * Return: 0 or a negative errno.
 */
int es_child_start(struct es_child *out, const char *program, int request,
		   struct es_error *err);

/**
 * es_child_finish - take its answer and bury it
 * @c:       process; closed
 * @answer:  appended to, even when it is cut off or too long
 * @seconds: until it is killed
 *
 * Return: its status as wait(2) gives it; -ETIMEDOUT when it had to be killed.
 */
int es_child_finish(struct es_child *c, struct es_buf *answer,
		    unsigned int seconds);

/* child.c */

/**
 * es_child_whole - tell the parent that the whole message was handed over
 *
 * From now on no failure is a clear one.
 */
void es_child_whole(void);

/* http.c, smtp.c, stream.c: run in the child; fill @r */

/**
 * es_http_send - make one HTTP request
 * @r:   result
 * @job: request
 */
void es_http_send(struct es_transport_result *r, const struct es_net_job *job);

/**
 * es_smtp_send - send one mail by SMTP
 * @r:   result with as many recipients as @job
 * @job: request
 */
void es_smtp_send(struct es_transport_result *r, const struct es_net_job *job);

/**
 * es_stream_send - send records to a log collector
 * @r:   result
 * @job: request
 */
void es_stream_send(struct es_transport_result *r,
		    const struct es_net_job *job);

/* sendmail.c, exec.c: run in the parent */

/**
 * es_sendmail_run - hand a mail to sendmail(1)
 * @r:   result
 * @rq:  request
 * @err: filled on failure
 *
 * Return: as es_transport_run().
 */
int es_sendmail_run(struct es_transport_result *r,
		    const struct es_sendmail_request *rq, struct es_error *err);

/**
 * es_exec_run - run a program
 * @r:   result
 * @rq:  request
 * @err: filled on failure
 *
 * Return: as es_transport_run().
 */
int es_exec_run(struct es_transport_result *r, const struct es_exec_request *rq,
		struct es_error *err);

#endif
