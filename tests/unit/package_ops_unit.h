/* SPDX-License-Identifier: MIT */
/* package_ops_unit.h - what the tests of package operations share */
#ifndef ETCSNAP_TESTS_PACKAGE_OPS_UNIT_H
#define ETCSNAP_TESTS_PACKAGE_OPS_UNIT_H

#include "etcsnap/package_ops.h"

#include "packages_unit.h"

#include <time.h>

/** DAY_START, DAY_END - 2026-05-01 in UTC, the window of most tests */
#define DAY_START INT64_C(1777593600)
#define DAY_END (DAY_START + 86400)

/** set_zone - the local zone of this test */
static inline void set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

/** read_window - operations of the working directory, after @from until @to */
static inline struct es_package_ops *read_window(int64_t from, int64_t to)
{
	struct es_package_ops *ops = NULL;
	struct es_error err = ES_ERROR_INIT;
	int rc = es_package_ops_read(&ops, ".", from, to, NULL, &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	return ops;
}

/** read_day - those of 2026-05-01 */
static inline struct es_package_ops *read_day(void)
{
	return read_window(DAY_START, DAY_END);
}

/** parse_text - what run/packages says */
static inline struct es_package_ops *parse_text(const char *text)
{
	struct es_package_ops *ops = NULL;
	struct es_error err = ES_ERROR_INIT;
	int rc = es_package_ops_parse(&ops, text, strlen(text), &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	return ops;
}

/** list_ops - "KIND NAME ARCH OLD NEW", a line each; "-" for nothing */
static inline void list_ops(struct es_buf *out, const struct es_package_ops *o)
{
	es_buf_reset(out);
	for (size_t i = 0; i < o->n_ops; i++) {
		const struct es_package_op *op = &o->ops[i];

		es_buf_addf(out, "%s %s %s %s %s\n",
			    es_package_op_name(op->kind), op->name,
			    *op->arch ? op->arch : "-",
			    *op->old ? op->old : "-", *op->new ? op->new : "-");
	}
}

/** check_ops - they are those of list_ops(); freed */
static inline void check_ops(struct es_package_ops *ops, const char *wanted)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);

	list_ops(&b, ops);
	ck_assert_str_eq(es_buf_str(&b), wanted);
	es_package_ops_free(ops);
}

/** set_mtime - when a file was changed last */
static inline void set_mtime(const char *path, int64_t when)
{
	const struct timespec times[2] = { { .tv_sec = when },
					   { .tv_sec = when } };

	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

#endif
