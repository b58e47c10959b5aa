/* SPDX-License-Identifier: MIT */
/* status.h - between the forms of etcsnap status */
#ifndef ETCSNAP_CMD_STATUS_H
#define ETCSNAP_CMD_STATUS_H

#include "cmd/cmd.h"
#include "etcsnap/doc.h"

/*
 * What is known without a look at the live system: arrays "channels" and
 * "findings" ({"check","severity","open"}) of @out. Number of channels that
 * are refused, or negative.
 */
int es_status_facts(struct es_doc *out, struct es_session *s,
		    const struct es_commit *tip, struct es_error *err);

/* Metrics in Prometheus' text format, of the last run and of deliveries. */
int es_status_prometheus(struct es_buf *out, struct es_session *s,
			 const struct es_commit *tip, struct es_error *err);

#endif
