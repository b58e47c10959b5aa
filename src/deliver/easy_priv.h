/* SPDX-License-Identifier: MIT */
/* easy_priv.h - what all transfers by libcurl have in common */
#ifndef ETCSNAP_DELIVER_EASY_PRIV_H
#define ETCSNAP_DELIVER_EASY_PRIV_H

#include "deliver/transport_priv.h"

#include <curl/curl.h>

/**
 * struct es_easy - one transfer
 * @curl:  handle, owned; es_easy_dispose()
 * @lists: lists that options point to, owned
 * @body:  bytes that are sent
 * @len:   their number
 * @given: how many of them libcurl has taken
 * @whole: the parent knows that all were
 * @words: libcurl's own words about a failure
 */
struct es_easy {
	CURL *curl;
	struct curl_slist *lists[3];
	const char *body;
	size_t len;
	size_t given;
	bool whole;
	char words[CURL_ERROR_SIZE];
};

/**
 * es_easy_open - make a transfer and set what holds for all
 * @e:      all zero, or used before
 * @job:    authorities, times
 * @pin:    key that the server must have, NULL: any
 * @scheme: the only ones that are allowed, as curl has them
 *
 * TLS 1.2 at least, certificate and name verified, no redirects, no signals,
 * no configuration of the user's.
 *
 * Return: 0, or -1 when libcurl would not.
 */
int es_easy_open(struct es_easy *e, const struct es_net_job *job,
		 const char *pin, const char *scheme);

/**
 * es_easy_list - an owned list of strings
 * @e:       transfer
 * @which:   0 to 2, which of its lists
 * @strings: to append
 * @n:       their number
 *
 * Return: the list, NULL without memory or when it is empty.
 */
struct curl_slist *es_easy_list(struct es_easy *e, int which,
				const char *const *strings, size_t n);

/**
 * es_easy_upload - send these bytes
 * @e:    opened
 * @body: bytes, borrowed
 * @len:  their number
 *
 * The parent is told when libcurl has taken the last of them.
 *
 * Return: 0 or -1.
 */
int es_easy_upload(struct es_easy *e, const char *body, size_t len);

/**
 * es_easy_judge - what a failure of libcurl's means
 * @r:  gets outcome and text; a transfer whose bytes all went is unsure
 * @e:  performed
 * @rc: not CURLE_OK
 */
void es_easy_judge(struct es_transport_result *r, const struct es_easy *e,
		   CURLcode rc);

/**
 * es_easy_dispose - free a transfer
 * @e: transfer
 */
void es_easy_dispose(struct es_easy *e);

#endif
