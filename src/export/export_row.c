/* SPDX-License-Identifier: MIT */
/* export_row.c - the same rows as CSV or as JSON, one object a line */
#include "config.h"

#include "etcsnap/base64.h"
#include "etcsnap/doc.h"
#include "etcsnap/manifest.h"
#include "etcsnap/writer.h"

#include "export/export_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* etcsnap(8) describes them. */
static const struct es_column columns[FIELDS] = {
	[FIELD_ID] = { .key = "id" },
	[FIELD_HOST] = { .key = "host" },
	[FIELD_RUN] = { .key = "run" },
	[FIELD_COMMIT] = { .key = "commit" },
	[FIELD_TIME] = { .key = "time" },
	[FIELD_KIND] = { .key = "kind" },
	[FIELD_PATH] = { .key = "path" },
	[FIELD_TYPE] = { .key = "type" },
	[FIELD_MODE] = { .key = "mode" },
	[FIELD_UID] = { .key = "uid" },
	[FIELD_OWNER] = { .key = "owner" },
	[FIELD_GID] = { .key = "gid" },
	[FIELD_GROUP] = { .key = "group" },
	[FIELD_SIZE] = { .key = "size" },
	[FIELD_NLINK] = { .key = "links" },
	[FIELD_MTIME] = { .key = "mtime" },
	[FIELD_CTIME] = { .key = "ctime" },
	[FIELD_ATIME] = { .key = "atime" },
	[FIELD_INODE] = { .key = "inode" },
	[FIELD_DEVICE] = { .key = "device" },
	[FIELD_TARGET] = { .key = "target" },
	[FIELD_HARDLINK] = { .key = "hardlink" },
	[FIELD_XATTR] = { .key = "xattr" },
	[FIELD_FLAGS] = { .key = "flags" },
	[FIELD_SPARSE] = { .key = "sparse" },
	[FIELD_MOUNT] = { .key = "mount" },
	[FIELD_CLASS] = { .key = "class" },
	[FIELD_MASKED] = { .key = "masked" },
	[FIELD_SHA256] = { .key = "sha256" },
	[FIELD_HMAC] = { .key = "hmac" },
	[FIELD_UNREAD] = { .key = "unread" },
	[FIELD_ASSUMED] = { .key = "assumed" },
	[FIELD_STAT_ERROR] = { .key = "stat_error" },
	[FIELD_HASH_ERROR] = { .key = "hash_error" },
	[FIELD_CONTENT_ERROR] = { .key = "content_error" },
	[FIELD_CHARSET] = { .key = "charset" },
	[FIELD_CONTENT] = { .key = "content" },
	[FIELD_STDOUT] = { .key = "stdout" },
	[FIELD_STDERR] = { .key = "stderr" },
	[FIELD_STATUS] = { .key = "status" },
	[FIELD_PLATFORM] = { .key = "platform" },
	[FIELD_SYSTEM] = { .key = "system" },
	[FIELD_NODE] = { .key = "node" },
	[FIELD_RELEASE] = { .key = "release" },
	[FIELD_VERSION] = { .key = "version" },
	[FIELD_MACHINE] = { .key = "machine" },
	[FIELD_PROCESSOR] = { .key = "processor" },
	[FIELD_OS_NAME] = { .key = "os_name" },
	[FIELD_OS_VERSION] = { .key = "os_version" },
	[FIELD_OS_ID] = { .key = "os_id" },
};

/**
 * struct export_rows - rows being written
 * @job:    where to
 * @csv:    writer of CSV, NULL for JSON
 * @doc:    the row of JSON, NULL without memory
 * @line:   its text
 * @failed: 0, or the negative errno of what cannot be told at once
 */
struct export_rows {
	const struct export_job *job;
	struct es_writer *csv;
	struct es_doc *doc;
	struct es_buf line;
	int failed;
};

int export_rows_new(struct export_rows **out, const struct export_job *job,
		    struct es_error *err)
{
	struct export_rows *rows = calloc(1, sizeof(*rows));

	if (!rows)
		return es_fail_oom(err);
	rows->job = job;
	rows->line = (struct es_buf)ES_BUF_INIT(ES_BUF_MAX);
	if (job->options->format == ES_EXPORT_CSV &&
	    es_writer_new(&rows->csv, ES_FORMAT_CSV, job->out, columns, FIELDS,
			  err) < 0) {
		free(rows);
		return err->code;
	}
	*out = rows;
	return 0;
}

void export_rows_free(struct export_rows *rows)
{
	if (!rows)
		return;
	es_writer_free(rows->csv);
	es_doc_free(rows->doc);
	es_buf_dispose(&rows->line);
	free(rows);
}

bool export_rows_csv(const struct export_rows *rows)
{
	return rows->csv != NULL;
}

void export_row_begin(struct export_rows *rows)
{
	if (rows->csv) {
		es_writer_row(rows->csv);
		return;
	}
	es_doc_free(rows->doc);
	rows->doc = es_doc_new();
	if (!rows->doc)
		rows->failed = -ENOMEM;
}

void export_row_text(struct export_rows *rows, enum export_field field,
		     const char *raw, size_t len)
{
	if (!raw)
		return;
	if (rows->csv)
		es_writer_text(rows->csv, field, raw, len);
	else if (rows->doc)
		es_doc_text(rows->doc, columns[field].key, raw, len);
}

void export_row_str(struct export_rows *rows, enum export_field field,
		    const char *s)
{
	export_row_text(rows, field, s, s ? strlen(s) : 0);
}

void export_row_exact(struct export_rows *rows, enum export_field field,
		      const char *raw, size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf code = ES_BUF_INIT(ES_BUF_MAX);
	char key[64];

	if (!rows->doc)
		return;
	snprintf(key, sizeof(key), "%s_b64", columns[field].key);
	if (es_base64_encode(&code, raw, len) < 0)
		rows->failed = code.failed;
	else
		es_doc_text(rows->doc, key, es_buf_str(&code), code.len);
}

void export_row_number(struct export_rows *rows, enum export_field field,
		       uint64_t v)
{
	int64_t n = v <= INT64_MAX ? (int64_t)v : INT64_MAX;

	if (rows->csv)
		es_writer_number(rows->csv, field, n);
	else if (rows->doc)
		es_doc_number(rows->doc, columns[field].key, n);
}

void export_row_flag(struct export_rows *rows, enum export_field field)
{
	if (rows->csv)
		es_writer_str(rows->csv, field, "yes");
	else if (rows->doc)
		es_doc_bool(rows->doc, columns[field].key, true);
}

void export_row_xattr(struct export_rows *rows, const char *text, size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose)
	struct es_buf value = ES_BUF_INIT(ES_BUF_MAX);
	struct es_doc *list, *x;
	int rc;

	if (len == 0 || (!rows->csv && !rows->doc))
		return;
	if (rows->csv) {
		/* without the last line end */
		es_writer_text(rows->csv, FIELD_XATTR, text, len - 1);
		return;
	}
	list = es_doc_array(rows->doc, columns[FIELD_XATTR].key);
	while ((rc = es_xattr_next(&text, &len, &name, &value)) > 0) {
		x = es_doc_push(list);
		es_doc_text(x, "name", es_buf_str(&name), name.len);
		es_doc_text(x, "value", es_buf_str(&value), value.len);
	}
	if (rc < 0)
		rows->failed = rc;
}

static int fail_row(int code, struct es_error *err)
{
	return code == -EINVAL
		       ? es_fail(err, code, "damaged extended attributes")
		       : es_fail_oom(err);
}

int export_row_end(struct export_rows *rows, struct es_error *err)
{
	if (rows->failed)
		return fail_row(rows->failed, err);
	if (rows->csv) {
		if (ferror(rows->job->out))
			return es_writer_finish(rows->csv, err);
		return 0;
	}
	es_buf_reset(&rows->line);
	es_doc_write(rows->doc, &rows->line, false);
	if (es_doc_check(rows->doc, err) < 0 ||
	    es_buf_check(&rows->line, err) < 0)
		return err->code;
	return export_put(rows->job, rows->line.data, rows->line.len, err);
}

int export_rows_finish(struct export_rows *rows, struct es_error *err)
{
	return rows->csv ? es_writer_finish(rows->csv, err) : 0;
}
