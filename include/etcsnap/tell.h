/* SPDX-License-Identifier: MIT */
/* tell.h - the report on two runs, with all that a session knows */
#ifndef ETCSNAP_TELL_H
#define ETCSNAP_TELL_H

#include "etcsnap/report.h"
#include "etcsnap/session.h"

/**
 * struct es_tell - what to report on
 * @old:      older run; NULL: the newer one is told as a beginning
 * @new:      newer run; NULL: the live system
 * @live:     its tree, where @new is NULL
 * @packages: who owns what today; NULL: read when it is needed
 * @filter:   which changes
 * @level:    how much of them
 * @limits:   how large it may get
 * @context:  lines around each change of content, 0 = 3
 */
struct es_tell {
	const struct es_commit *old;
	const struct es_commit *new;
	struct es_oid live;
	struct es_packages *packages;
	struct es_report_filter filter;
	enum es_report_level level;
	struct es_report_limits limits;
	unsigned int context;
};

/**
 * es_tell_report - make the report
 * @out: owned; es_doc_free()
 * @s:   session with rules and store; without a key what masks hide is secret
 * @t:   what to report on
 * @err: filled on failure
 *
 * Return: 0 or a negative errno.
 */
int es_tell_report(struct es_doc **out, struct es_session *s,
		   const struct es_tell *t, struct es_error *err);

#endif
