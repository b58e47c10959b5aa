/* SPDX-License-Identifier: MIT */
/* ops_doc.c - package operations in documents, the same in all of them */
#include "config.h"

#include "etcsnap/clock.h"
#include "etcsnap/package_ops.h"

void es_package_op_doc(struct es_doc *obj, const struct es_package_op *op)
{
	char when[ES_TIME_LEN];

	es_doc_str(obj, "op", es_package_op_name(op->kind));
	es_doc_str(obj, "name", op->name);
	es_doc_str(obj, "arch", op->arch);
	es_doc_str(obj, "old", op->old);
	es_doc_str(obj, "new", op->new);
	es_doc_str(obj, "manager", op->manager);
	es_doc_str(obj, "time", es_clock_rfc3339(when, op->when));
	es_doc_number(obj, "epoch", op->when);
	if (*op->command)
		es_doc_str(obj, "command", op->command);
	if (*op->user)
		es_doc_str(obj, "user", op->user);
}
