/* SPDX-License-Identifier: MIT */
/* export_listing.c - everything a run recorded, one row each */
#include "config.h"

#include "etcsnap/charset.h"
#include "etcsnap/clock.h"
#include "etcsnap/digest.h"
#include "etcsnap/sniff.h"

#include "export/export_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/**
 * struct listing - a listing being written
 * @rows: the rows
 * @id:   number of the row written last
 */
struct listing {
	struct export_rows *rows;
	uint64_t id;
};

/* ------------------------------------------------------------- all rows */

/* What every row says of the run, so that rows of many may be mixed. */
static void begin_row(struct export_job *job, const char *kind,
		      const char *path)
{
	struct listing *l = job->state;
	struct export_rows *rows = l->rows;
	char hex[ES_OID_HEX + 1];
	char when[ES_TIME_LEN];

	export_row_begin(rows);
	export_row_number(rows, FIELD_ID, ++l->id);
	export_row_str(rows, FIELD_HOST,
		       es_commit_trailer(job->commit, "Host", 0));
	export_row_str(rows, FIELD_RUN,
		       es_commit_trailer(job->commit, "Run", 0));
	export_row_str(rows, FIELD_COMMIT,
		       es_oid_text(hex, es_commit_id(job->commit)));
	export_row_str(rows, FIELD_TIME,
		       es_clock_iso(when, es_commit_time(job->commit)));
	export_row_str(rows, FIELD_KIND, kind);
	export_row_str(rows, FIELD_PATH, path);
}

/* ------------------------------------------------- the machine, one row */

/* The rest of a fact's first line that begins with @key and a blank. */
static void set_fact(struct export_rows *rows, enum export_field field,
		     const struct es_buf *text, const char *key)
{
	size_t len = strlen(key);

	for (const char *at = es_buf_str(text); *at;) {
		size_t line = strcspn(at, "\n");

		if (line > len && strncmp(at, key, len) == 0 &&
		    at[len] == ' ') {
			export_row_text(rows, field, at + len + 1,
					line - len - 1);
			return;
		}
		at += line + (at[line] == '\n');
	}
}

static const struct {
	const char *path;
	const char *key;
	enum export_field field;
} machine_facts[] = {
	{ "system/os", "hostname", FIELD_NODE },
	{ "system/os", "os-release NAME", FIELD_OS_NAME },
	{ "system/os", "os-release VERSION_ID", FIELD_OS_VERSION },
	{ "system/os", "os-release ID", FIELD_OS_ID },
	{ "system/os", "os-release PRETTY_NAME", FIELD_PLATFORM },
	{ "system/kernel", "type", FIELD_SYSTEM },
	{ "system/kernel", "release", FIELD_RELEASE },
	{ "system/kernel", "version", FIELD_VERSION },
	{ "system/kernel", "architecture", FIELD_MACHINE },
	{ "system/hardware", "cpu-model", FIELD_PROCESSOR },
};

static int put_machine(struct export_job *job, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	struct listing *l = job->state;
	const char *read = "";

	begin_row(job, "machine", NULL);
	for (size_t i = 0; i < sizeof(machine_facts) / sizeof(*machine_facts);
	     i++) {
		const char *path = machine_facts[i].path;

		if (strcmp(read, path) != 0) {
			int rc;

			es_buf_reset(&text);
			rc = export_text_read(&text, job, path, err);
			if (rc < 0 && err->code)
				return rc;
			read = path;
		}
		set_fact(l->rows, machine_facts[i].field, &text,
			 machine_facts[i].key);
	}
	return export_row_end(l->rows, err);
}

/* -------------------------------------------------------------- objects */

/* UTC with nanoseconds; a year beyond any calendar is left as seconds. */
static void set_time(struct export_rows *rows, enum export_field field,
		     int64_t sec, uint32_t nsec)
{
	char day[64], text[96];
	time_t t = (time_t)sec;
	struct tm tm;

	if (gmtime_r(&t, &tm) &&
	    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm) > 0)
		snprintf(text, sizeof(text), "%s.%09uZ", day, nsec);
	else
		snprintf(text, sizeof(text), "@%lld.%09u", (long long)sec,
			 nsec);
	export_row_str(rows, field, text);
}

static void set_owner(struct export_rows *rows, const struct export_item *i)
{
	const struct es_entry *e = &i->e;
	char text[32];

	if (es_entry_records(e, ES_RECORD_MODE)) {
		snprintf(text, sizeof(text), "%04o", e->mode & 07777u);
		export_row_str(rows, FIELD_MODE, text);
	}
	if (es_entry_records(e, ES_RECORD_OWNER)) {
		export_row_number(rows, FIELD_UID, e->uid);
		export_row_str(rows, FIELD_OWNER, i->uname);
	}
	if (es_entry_records(e, ES_RECORD_GROUP)) {
		export_row_number(rows, FIELD_GID, e->gid);
		export_row_str(rows, FIELD_GROUP, i->gname);
	}
}

static void set_stat(struct export_rows *rows, const struct export_item *i)
{
	const struct es_entry *e = &i->e;
	const bool file = e->type == ES_TYPE_FILE;
	char text[32];

	if (!(e->has & ES_HAS_STAT))
		return;
	set_owner(rows, i);
	if (file && es_entry_records(e, ES_RECORD_SIZE))
		export_row_number(rows, FIELD_SIZE, e->size);
	if (file && es_entry_records(e, ES_RECORD_LINKS))
		export_row_number(rows, FIELD_NLINK, e->nlink);
	if (e->type != ES_TYPE_DIR && es_entry_records(e, ES_RECORD_MTIME))
		set_time(rows, FIELD_MTIME, e->mtime_sec, e->mtime_nsec);
	if (e->type == ES_TYPE_CHAR || e->type == ES_TYPE_BLOCK) {
		snprintf(text, sizeof(text), "%u:%u", e->rdev_major,
			 e->rdev_minor);
		export_row_str(rows, FIELD_DEVICE, text);
	}
}

/* What only few objects have, or what a rule asks for. */
static int set_extra(struct export_rows *rows, const struct export_item *i,
		     struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	const struct es_extra *x = i->e.extra;

	if (!x)
		return 0;
	if (x->has & ES_EXTRA_CTIME)
		set_time(rows, FIELD_CTIME, x->ctime_sec, x->ctime_nsec);
	if (x->has & ES_EXTRA_INODE)
		export_row_number(rows, FIELD_INODE, x->ino);
	if (x->has & ES_EXTRA_SPARSE)
		export_row_flag(rows, FIELD_SPARSE);
	if (x->flags & es_flags_known()) {
		es_flags_text(&text, x->flags);
		export_row_text(rows, FIELD_FLAGS, es_buf_str(&text), text.len);
	}
	if (export_hardlink(&text, i))
		export_row_text(rows, FIELD_HARDLINK, text.data, text.len);
	return es_buf_check(&text, err);
}

static void set_digest(struct export_rows *rows, const struct es_entry *e)
{
	char hex[2 * ES_SHA256_LEN + 1];

	if (e->type != ES_TYPE_FILE)
		return;
	es_hex(hex, e->digest, ES_SHA256_LEN);
	if (e->has & ES_HAS_HMAC)
		export_row_str(rows, FIELD_HMAC, hex);
	else if (e->has & ES_HAS_SHA256)
		export_row_str(rows, FIELD_SHA256, hex);
}

/* What could not be had, in the place of what it is missed from. */
static void set_unread(struct export_rows *rows, const struct es_entry *e)
{
	if (!e->unread)
		return;
	const char *why = es_unread_name(e->unread);

	export_row_str(rows, FIELD_UNREAD, why);
	if (!(e->has & ES_HAS_STAT))
		export_row_str(rows, FIELD_STAT_ERROR, why);
	else if (e->type == ES_TYPE_FILE &&
		 !(e->has & (ES_HAS_SHA256 | ES_HAS_HMAC)))
		export_row_str(rows, FIELD_HASH_ERROR, why);
}

/*
 * Text is told as UTF-8. JSON has the exact bytes beside it where they are
 * others, and binaries; CSV, which is for people, has not.
 */
static int set_content(struct export_rows *rows, const struct es_buf *data,
		       struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	const char *raw = es_buf_str(data);

	if (es_sniff_binary(raw, data->len)) {
		if (export_rows_csv(rows))
			export_row_str(rows, FIELD_CONTENT_ERROR, "binary");
		else
			export_row_text(rows, FIELD_CONTENT, raw, data->len);
		return 0;
	}
	enum es_charset cs = es_charset_detect(raw, data->len);
	if (cs != ES_CHARSET_UNKNOWN)
		export_row_str(rows, FIELD_CHARSET, es_charset_name(cs));
	es_charset_decode(&text, cs, raw, data->len);
	export_row_text(rows, FIELD_CONTENT, es_buf_str(&text), text.len);
	if (!es_charset_is_plain(cs))
		export_row_exact(rows, FIELD_CONTENT, raw, data->len);
	return es_buf_check(&text, err);
}

static int set_file(struct export_rows *rows, const struct export_item *i,
		    struct es_error *err)
{
	const char *none = i->state == ES_PATCH_SECRET	 ? "secret"
			   : i->state == ES_PATCH_DIGEST ? "digest only"
							 : NULL;

	if (i->e.type != ES_TYPE_FILE)
		return 0;
	if (i->e.class != ES_CLASS_NONE)
		export_row_str(rows, FIELD_CLASS, es_class_name(i->e.class));
	if (i->e.has & ES_HAS_MASKED)
		export_row_flag(rows, FIELD_MASKED);
	if (i->state == ES_PATCH_TEXT)
		return set_content(rows, i->data, err);
	export_row_str(rows, FIELD_CONTENT_ERROR, none);
	return 0;
}

static int item(struct export_job *job, const struct export_item *i,
		struct es_error *err)
{
	struct listing *l = job->state;

	if (i->e.watch != ES_WATCH_YES)
		return 0;
	begin_row(job, "object", i->path);
	if (i->e.type != ES_TYPE_NONE)
		export_row_str(l->rows, FIELD_TYPE, es_type_name(i->e.type));
	set_stat(l->rows, i);
	if (i->e.type == ES_TYPE_LINK)
		export_row_text(l->rows, FIELD_TARGET, i->e.target,
				i->e.target_len);
	export_row_xattr(l->rows, i->e.xattr, i->e.xattr_len);
	if (i->e.has & ES_HAS_MOUNT)
		export_row_flag(l->rows, FIELD_MOUNT);
	set_digest(l->rows, &i->e);
	set_unread(l->rows, &i->e);
	if (set_extra(l->rows, i, err) < 0 || set_file(l->rows, i, err) < 0)
		return err->code;
	return export_row_end(l->rows, err);
}

/* --------------------------------------- commands, facts and findings */

static const enum export_field part_fields[PARTS] = {
	[PART_CONTENT] = FIELD_CONTENT,
	[PART_STDOUT] = FIELD_STDOUT,
	[PART_STDERR] = FIELD_STDERR,
	[PART_STATUS] = FIELD_STATUS,
};

static int put_text(struct export_job *job, const struct export_text *t,
		    struct es_error *err)
{
	struct listing *l = job->state;

	begin_row(job, t->kind, t->path);
	if (t->secret)
		export_row_str(l->rows, FIELD_CONTENT_ERROR, "secret");
	for (int i = 0; i < PARTS; i++) {
		const struct es_buf *data = &t->data[i];
		size_t len = data->len;

		if (!t->there[i])
			continue;
		/* a status is one word, not a line */
		if (i == PART_STATUS && len && data->data[len - 1] == '\n')
			len--;
		export_row_text(l->rows, part_fields[i], es_buf_str(data), len);
	}
	return export_row_end(l->rows, err);
}

/* One row a finding, not one a check. */
static int put_findings(struct export_job *job, const struct export_text *t,
			struct es_error *err)
{
	struct listing *l = job->state;
	const struct es_buf *data = &t->data[PART_CONTENT];

	for (size_t at = 0; at < data->len;) {
		const char *line = data->data + at;
		const char *nl = memchr(line, '\n', data->len - at);
		size_t len = nl ? (size_t)(nl - line) : data->len - at;

		begin_row(job, t->kind, t->path);
		export_row_text(l->rows, FIELD_CONTENT, line, len);
		if (export_row_end(l->rows, err) < 0)
			return err->code;
		at += len + 1;
	}
	return 0;
}

static int text(struct export_job *job, const struct export_text *t,
		struct es_error *err)
{
	if (strcmp(t->kind, "finding") == 0 && t->there[PART_CONTENT])
		return put_findings(job, t, err);
	return put_text(job, t, err);
}

/* --------------------------------------------------------------- the form */

static int begin(struct export_job *job, struct es_error *err)
{
	struct listing *l = calloc(1, sizeof(*l));

	if (!l)
		return es_fail_oom(err);
	job->state = l;
	if (export_rows_new(&l->rows, job, err) < 0)
		return err->code;
	return put_machine(job, err);
}

static int end(struct export_job *job, struct es_error *err)
{
	struct listing *l = job->state;

	return export_rows_finish(l->rows, err);
}

static void dispose(struct export_job *job)
{
	struct listing *l = job->state;

	if (!l)
		return;
	export_rows_free(l->rows);
	free(l);
	job->state = NULL;
}

const struct export_ops export_listing_ops = {
	.begin = begin,
	.item = item,
	.text = text,
	.end = end,
	.dispose = dispose,
};
