/* SPDX-License-Identifier: MIT */
/* report_unit.h - unit tests of reports make one of two runs */
#ifndef ETCSNAP_TESTS_REPORT_UNIT_H
#define ETCSNAP_TESTS_REPORT_UNIT_H

#include "etcsnap/report.h"
#include "etcsnap/report_view.h"

#include "run.h"
#include "runs.h"

#include <time.h>

/** es_unit_report_setup - an empty repository, times in UTC */
static inline void es_unit_report_setup(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
	es_unit_runs_setup();
}

#define SECRET                                         \
	{                                              \
		.class = ES_CLASS_SECRET, .mode = 0600 \
	}
#define DIGEST                                         \
	{                                              \
		.class = ES_CLASS_DIGEST, .mode = 0755 \
	}

/**
 * es_unit_report - the report of two runs
 * @old:  root tree of the older run, all zero: a first run
 * @new:  root tree of the newer run
 * @live: the newer one is no commit but the live system
 */
static inline struct es_doc *es_unit_report(const struct es_oid *old,
					    const struct es_oid *new, bool live)
{
	ES_CLEANUP(es_delta_freep)
	struct es_delta *d = es_unit_compare(old, new);
	ES_CLEANUP(es_commit_freep) struct es_commit *a = NULL;
	ES_CLEANUP(es_commit_freep) struct es_commit *b = NULL;
	struct es_error err = ES_ERROR_INIT;
	struct es_doc *doc = NULL;
	struct es_report_input in = {
		.st = repo.st,
		.delta = d,
		.host = "web1",
		.old = { .tree = *old },
		.new = { .tree = *new, .when = 1700007200 },
		.patch = { .context = 3, .key = es_unit_key, .max = 1 << 16 },
	};

	if (!es_oid_is_none(old))
		a = es_unit_commit(&repo, old, NULL, 1700000000);
	if (!live)
		b = es_unit_commit(&repo, new, NULL, 1700003600);
	in.old.commit = a;
	in.new.commit = b;
	ck_assert_msg(es_report_new(&doc, &in, &err) == 0, "%s", err.msg);
	return doc;
}

/** es_unit_same_text - ck_assert_str_eq() for texts too long for it */
static inline void es_unit_same_text(const char *got, const char *want)
{
	int line = 1;

	while (*want && *got == *want) {
		line += *want == '\n';
		got++;
		want++;
	}
	ck_assert_msg(*got == *want, "line %d: '%.*s' instead of '%.*s'", line,
		      (int)strcspn(got, "\n"), got, (int)strcspn(want, "\n"),
		      want);
}

/** es_unit_render - a report as text; @out is reset first */
static inline void es_unit_render(struct es_buf *out, const struct es_doc *doc,
				  const struct es_report_view_options *o)
{
	ES_CLEANUP(es_templates_freep) struct es_templates *set = NULL;
	struct es_error err = ES_ERROR_INIT;

	es_buf_reset(out);
	ck_assert_int_eq(es_templates_new(&set, NULL, &err), 0);
	ck_assert_msg(es_report_render(out, set, "report.txt", doc, o, &err) ==
			      0,
		      "%s", err.msg);
}

/** AS - how a report is to look */
#define AS(...) (&(const struct es_report_view_options){ __VA_ARGS__ })

/**
 * es_unit_check_json - Python agrees that it is JSON and of our schema
 * @doc: report
 *
 * The schema is looked for where make check says that the sources are.
 */
static inline void es_unit_check_json(const struct es_doc *doc)
{
	static const char program[] = "import json, sys\n"
				      "doc = json.load(open('report.json'))\n"
				      "try:\n"
				      "    import jsonschema\n"
				      "except ImportError:\n"
				      "    sys.exit(0)\n"
				      "if len(sys.argv) < 2:\n"
				      "    sys.exit(0)\n"
				      "schema = json.load(open(sys.argv[1]))\n"
				      "jsonschema.validate(doc, schema)\n";
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 24);
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 16);
	const char *srcdir = getenv("srcdir");
	const char *argv[] = { "python3", "-c", program, NULL, NULL };

	ck_assert_int_eq(es_doc_write(doc, &out, true), 0);
	for (size_t i = 0; i < out.len; i++)
		ck_assert(out.data[i] == '\n' ||
			  (out.data[i] >= ' ' && out.data[i] <= 0x7f));
	es_unit_spill("report.json", out.data, out.len);
	if (srcdir) {
		es_buf_addf(&path, "%s/tests/report.schema.json", srcdir);
		argv[3] = path.data;
	}
	if (es_unit_has("python3"))
		ck_assert_msg(es_unit_run(&out, argv, NULL) == 0, "%s",
			      es_buf_str(&out));
}

#endif
