/* SPDX-License-Identifier: MIT */
/* urls_priv.h - libcurl's URL parser for a process that has no libcurl */
#ifndef ETCSNAP_DELIVER_URLS_PRIV_H
#define ETCSNAP_DELIVER_URLS_PRIV_H

#include <curl/curl.h>
#include <stdbool.h>

/*
 * libcurl and the forty libraries behind it double the time that a start
 * takes, and most runs have nothing to send. So the program that sends is
 * another one (etcsnap-send), and here only what checks an address is loaded,
 * when there is one to check.
 */
struct urls {
	__typeof__(&curl_url) make;
	__typeof__(&curl_url_cleanup) cleanup;
	__typeof__(&curl_url_set) set;
	__typeof__(&curl_url_get) get;
	__typeof__(&curl_free) free;
};

/* Whether the library could be loaded. */
bool es_urls_load(struct urls *out);

#endif
