/* SPDX-License-Identifier: MIT */
/* state_network.c - packets that networks lost since the last report */
#include "config.h"

#include "state_report/state_report_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const keys[TREND_COUNTS] = {
	[RX_ERRORS] = "rx_errors",
	[RX_DROPPED] = "rx_dropped",
	[TX_ERRORS] = "tx_errors",
	[TX_DROPPED] = "tx_dropped",
};

/*
 * "  eth0: 100 2 0 0 0 0 0 0  200 3 0 0 0 0 0 0": bytes, packets, errors and
 * dropped ones of what was received, then of what was sent. Source: proc(5).
 */
static bool parse(const char *line, const char **name, size_t *len,
		  uint64_t counts[TREND_COUNTS])
{
	const char *colon = memchr(line, ':', strcspn(line, "\n"));

	if (!colon)
		return false;
	*name = line + strspn(line, " ");
	*len = (size_t)(colon - *name);
	return state_column(colon + 1, 2, &counts[RX_ERRORS]) &&
	       state_column(colon + 1, 3, &counts[RX_DROPPED]) &&
	       state_column(colon + 1, 10, &counts[TX_ERRORS]) &&
	       state_column(colon + 1, 11, &counts[TX_DROPPED]);
}

/* What came since; counters of another boot, or reset ones, begin anew. */
static void set_device(struct es_doc *list, const struct trend_net *before,
		       bool same_boot, const char *name,
		       const uint64_t counts[TREND_COUNTS])
{
	struct es_doc *obj = es_doc_push(list);

	struct es_doc *all;

	es_doc_str(obj, "name", name);
	es_doc_bool(obj, "since_report", before && same_boot);
	for (int i = 0; i < TREND_COUNTS; i++) {
		uint64_t n = counts[i];

		if (before && same_boot && before->counts[i] <= n)
			n -= before->counts[i];
		es_doc_number(obj, keys[i], (int64_t)n);
	}
	/* what the next report is compared with */
	all = es_doc_object(obj, "counters");
	for (int i = 0; i < TREND_COUNTS; i++)
		es_doc_number(all, keys[i], (int64_t)counts[i]);
}

/* Counters are those of a boot, which has an id. */
static bool is_same_boot(const struct state_job *job)
{
	const char *boot =
		es_doc_get_str(es_doc_get(job->doc, "system"), "boot_id");

	return boot && strcmp(boot, job->trend.boot) == 0;
}

int state_network(struct state_job *job)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	struct es_doc *list = es_doc_array(job->doc, "network");
	const bool same = is_same_boot(job);
	uint64_t counts[TREND_COUNTS];
	const char *name;
	size_t len;

	if (!state_read(&b, job, "proc/net/dev"))
		return 0;
	for (const char *line = es_buf_str(&b); *line;) {
		if (parse(line, &name, &len, counts)) {
			ES_CLEANUP(es_freep) char *own = strndup(name, len);

			if (!own)
				return -ENOMEM;
			set_device(list, trend_net(&job->trend, own), same, own,
				   counts);
		}
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return 0;
}
