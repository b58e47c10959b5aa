/* SPDX-License-Identifier: MIT */
/* csv.c - a report as a table: one row for each attribute that differs */
#include "config.h"

#include "etcsnap/cleanup.h"
#include "etcsnap/report.h"
#include "etcsnap/writer.h"

#include <stdio.h>
#include <string.h>

enum column {
	COL_PATH,
	COL_KIND,
	COL_ATTRIBUTE,
	COL_OLD,
	COL_NEW,
	COL_SEVERITY,
	COL_PACKAGE,
	COL_EXPLANATION,
	COLUMNS,
};

static const struct es_column columns[COLUMNS] = {
	[COL_PATH] = { "path", "PATH", false, true },
	[COL_KIND] = { "kind", "KIND", false, false },
	[COL_ATTRIBUTE] = { "attribute", "ATTRIBUTE", false, false },
	[COL_OLD] = { "old", "OLD", false, true },
	[COL_NEW] = { "new", "NEW", false, true },
	[COL_SEVERITY] = { "severity", "SEVERITY", false, false },
	[COL_PACKAGE] = { "package", "PACKAGE", false, true },
	[COL_EXPLANATION] = { "explanation", "EXPLANATION", false, true },
};

static void set_text(struct es_writer *w, size_t column,
		     const struct es_doc *obj, const char *key)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);

	if (es_doc_get_bytes(obj, key, &raw))
		es_writer_text(w, column, es_buf_str(&raw), raw.len);
}

static void begin_row(struct es_writer *w, const struct es_doc *change,
		      const char *attribute)
{
	const struct es_doc *package = es_doc_get(change, "package");
	const struct es_doc *why = es_doc_get(change, "explanation");

	es_writer_row(w);
	set_text(w, COL_SEVERITY, change, "severity");
	if (package)
		set_text(w, COL_PACKAGE, package, "name");
	if (why)
		set_text(w, COL_EXPLANATION, why, "text");
	set_text(w, COL_PATH, change, "path");
	set_text(w, COL_KIND, change, "kind");
	es_writer_str(w, COL_ATTRIBUTE, attribute);
}

static void set_value(struct es_writer *w, size_t column,
		      const struct es_doc *attr, const char *key)
{
	if (es_doc_is_null(attr, key))
		return;
	if (es_doc_is_number(attr, key))
		es_writer_number(w, column, es_doc_get_number(attr, key, 0));
	else if (es_doc_get_str(attr, key))
		set_text(w, column, attr, key);
	else
		es_writer_str(w, column,
			      es_doc_get_bool(attr, key) ? "yes" : "no");
}

/* Of what came or went, content alone says nothing; a digest does. */
static bool tells_content(const struct es_doc *change, const char *state)
{
	const char *kind = es_doc_get_str(change, "kind");

	if (!state || strcmp(state, "none") == 0)
		return false;
	return !es_doc_is_null(change, "old_digest") ||
	       !es_doc_is_null(change, "new_digest") ||
	       (kind && strcmp(kind, "added") != 0 &&
		strcmp(kind, "removed") != 0);
}

/* Names of extended attributes; their values are not told. */
static void set_names(struct es_writer *w, const struct es_doc *change,
		      const struct es_doc *attr, const char *key)
{
	const struct es_doc *names = es_doc_get(attr, key);
	const char *name;

	for (size_t i = 0; names && (name = es_doc_at_str(names, i)); i++) {
		begin_row(w, change, "xattr");
		if (strcmp(key, "added") != 0)
			es_writer_str(w, COL_OLD, name);
		if (strcmp(key, "removed") != 0)
			es_writer_str(w, COL_NEW, name);
	}
}

static void add_attribute(struct es_writer *w, const struct es_doc *change,
			  const struct es_doc *attr)
{
	const char *name = es_doc_get_str(attr, "name");

	if (name && strcmp(name, "xattr") == 0) {
		set_names(w, change, attr, "added");
		set_names(w, change, attr, "removed");
		set_names(w, change, attr, "changed");
		return;
	}
	begin_row(w, change, name);
	set_value(w, COL_OLD, attr, "old");
	set_value(w, COL_NEW, attr, "new");
}

static void add_change(struct es_writer *w, const struct es_doc *change)
{
	const struct es_doc *attrs = es_doc_get(change, "attributes");
	const struct es_doc *content = es_doc_get(change, "content");
	const char *state = content ? es_doc_get_str(content, "state") : NULL;
	const struct es_doc *attr;
	bool any = false;

	if (!es_doc_is_null(change, "from")) {
		begin_row(w, change, "path");
		set_text(w, COL_OLD, change, "from");
		set_text(w, COL_NEW, change, "path");
		any = true;
	}
	for (size_t i = 0; attrs && (attr = es_doc_at(attrs, i)); i++) {
		add_attribute(w, change, attr);
		any = true;
	}
	if (content && !es_doc_is_null(content, "old_encoding")) {
		begin_row(w, change, "encoding");
		set_text(w, COL_OLD, content, "old_encoding");
		set_text(w, COL_NEW, content, "encoding");
		any = true;
	}
	if (tells_content(change, state)) {
		begin_row(w, change, "content");
		set_text(w, COL_OLD, change, "old_digest");
		set_text(w, COL_NEW, change, "new_digest");
		any = true;
	}
	if (!any)
		begin_row(w, change, NULL);
}

static int write_rows(FILE *f, const struct es_doc *doc, struct es_error *err)
{
	ES_CLEANUP(es_writer_freep) struct es_writer *w = NULL;
	const struct es_doc *changes = es_doc_get(doc, "changes");
	const struct es_doc *change;

	if (es_writer_new(&w, ES_FORMAT_CSV, f, columns, COLUMNS, err) < 0)
		return err->code;
	for (size_t i = 0; changes && (change = es_doc_at(changes, i)); i++)
		add_change(w, change);
	return es_writer_finish(w, err);
}

int es_report_csv(struct es_buf *out, const struct es_doc *doc,
		  struct es_error *err)
{
	ES_CLEANUP(es_freep) char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	int rc;

	if (!f)
		return es_fail_oom(err);
	rc = write_rows(f, doc, err);
	if (fclose(f) != 0 && rc == 0)
		return es_fail_oom(err);
	if (rc == 0)
		es_buf_add(out, text, len);
	return rc < 0 ? rc : es_buf_check(out, err);
}
