/* SPDX-License-Identifier: MIT */
/* export_priv.h - between the walk through a run and the forms of it */
#ifndef ETCSNAP_EXPORT_EXPORT_PRIV_H
#define ETCSNAP_EXPORT_EXPORT_PRIV_H

#include "etcsnap/commit.h"
#include "etcsnap/delta.h"
#include "etcsnap/export.h"

/*
 * export_walk() and export_texts() go through the run and hand what is there,
 * as far as it may be shown, to the operations of the form.
 */

/** struct export_job - one export */
struct export_job {
	FILE *out;
	struct es_store *st;
	const struct es_export_options *options;
	struct es_patch_options patch; /* how content may be shown */
	const struct es_commit *commit;
	const struct export_ops *ops;
	void *state; /* of the form */
};

/**
 * struct export_item - one object
 * @path:  absolute, NUL-terminated raw bytes; the root is "/"
 * @len:   its bytes
 * @e:     entry; has no digest that must not be told, and the stricter class
 * @uname: recorded name of the owner, or NULL
 * @gname: recorded name of the group, or NULL
 * @state: of a file: TEXT when @data is its content, else why there is none
 * @data:  content, masked where it must be
 */
struct export_item {
	const char *path;
	size_t len;
	struct es_entry e;
	const char *uname;
	const char *gname;
	enum es_patch_result state;
	const struct es_buf *data;
};

/** enum export_part - texts of an export_text */
enum export_part {
	PART_CONTENT,
	PART_STDOUT,
	PART_STDERR,
	PART_STATUS,
	PARTS,
};

/**
 * struct export_text - a command, a fact or what a check found
 * @kind:   "command", "fact", "finding"
 * @path:   "commands/NAME", "system/os", …; NUL-terminated raw bytes
 * @data:   its texts
 * @there:  which of them there are
 * @secret: one of them must not be shown, and is not there
 */
struct export_text {
	const char *kind;
	const char *path;
	struct es_buf data[PARTS];
	bool there[PARTS];
	bool secret;
};

/** struct export_ops - a form; all return 0 or a negative errno */
struct export_ops {
	int (*begin)(struct export_job *job, struct es_error *err);
	/* Also directories that only lead to watched ones. */
	int (*item)(struct export_job *job, const struct export_item *item,
		    struct es_error *err);
	/* NULL where a form has only objects. */
	int (*text)(struct export_job *job, const struct export_text *text,
		    struct es_error *err);
	int (*end)(struct export_job *job, struct es_error *err);
	/* After a begin, also one that failed. */
	void (*dispose)(struct export_job *job);
};

extern const struct export_ops export_listing_ops;
extern const struct export_ops export_mtree_ops;
extern const struct export_ops export_tar_ops;

/** export_walk - hand out every object; Return: 0 or a negative errno */
int export_walk(struct export_job *job, struct es_error *err);

/** export_texts - hand out all else; Return: 0 or a negative errno */
int export_texts(struct export_job *job, struct es_error *err);

/**
 * export_text_read - one text, as far as it may be shown
 * @out:  reset and filled
 * @job:  job
 * @path: "system/os", …
 * @err:  filled on failure
 *
 * Return: 1, 0 when there is none, -EACCES with @err untouched when it must
 * not be shown, or another negative errno.
 */
int export_text_read(struct es_buf *out, const struct export_job *job,
		     const char *path, struct es_error *err);

/**
 * export_hardlink - path of the first name of the same file
 * @out: reset and filled: absolute path
 * @i:   object
 *
 * Return: whether there is one; not for want of memory.
 */
bool export_hardlink(struct es_buf *out, const struct export_item *i);

/** export_put - write to the stream; Return: 0 or a negative errno */
int export_put(const struct export_job *job, const void *data, size_t len,
	       struct es_error *err);

/* ---------------------------------------------------------------- rows */

/** enum export_field - columns of CSV, keys of JSON; see export_row.c */
enum export_field {
	FIELD_ID,
	FIELD_HOST,
	FIELD_RUN,
	FIELD_COMMIT,
	FIELD_TIME,
	FIELD_KIND,
	FIELD_PATH,
	FIELD_TYPE,
	FIELD_MODE,
	FIELD_UID,
	FIELD_OWNER,
	FIELD_GID,
	FIELD_GROUP,
	FIELD_SIZE,
	FIELD_NLINK,
	FIELD_MTIME,
	FIELD_CTIME,
	FIELD_ATIME,
	FIELD_INODE,
	FIELD_DEVICE,
	FIELD_TARGET,
	FIELD_HARDLINK,
	FIELD_XATTR,
	FIELD_FLAGS,
	FIELD_SPARSE,
	FIELD_MOUNT,
	FIELD_CLASS,
	FIELD_MASKED,
	FIELD_SHA256,
	FIELD_HMAC,
	FIELD_UNREAD,
	FIELD_ASSUMED,
	FIELD_STAT_ERROR,
	FIELD_HASH_ERROR,
	FIELD_CONTENT_ERROR,
	FIELD_CHARSET,
	FIELD_CONTENT,
	FIELD_STDOUT,
	FIELD_STDERR,
	FIELD_STATUS,
	FIELD_PLATFORM,
	FIELD_SYSTEM,
	FIELD_NODE,
	FIELD_RELEASE,
	FIELD_VERSION,
	FIELD_MACHINE,
	FIELD_PROCESSOR,
	FIELD_OS_NAME,
	FIELD_OS_VERSION,
	FIELD_OS_ID,
	FIELDS,
};

/** struct export_rows - rows being written */
struct export_rows;

/** export_rows_new - begin; Return: 0 or -ENOMEM */
int export_rows_new(struct export_rows **out, const struct export_job *job,
		    struct es_error *err);

/** export_rows_free - free; NULL is allowed */
void export_rows_free(struct export_rows *rows);

/** export_rows_csv - whether the rows are for people and spreadsheets */
bool export_rows_csv(const struct export_rows *rows);

/** export_row_begin - begin the next row; failures are told by the end */
void export_row_begin(struct export_rows *rows);

/** export_row_text - set a field to bytes; none of it for NULL */
void export_row_text(struct export_rows *rows, enum export_field field,
		     const char *raw, size_t len);

/** export_row_str - set a field to a C string; none of it for NULL */
void export_row_str(struct export_rows *rows, enum export_field field,
		    const char *s);

/**
 * export_row_exact - add the exact bytes to a field that has them decoded
 *
 * In JSON, under the key with "_b64"; CSV has no such thing.
 */
void export_row_exact(struct export_rows *rows, enum export_field field,
		      const char *raw, size_t len);

/** export_row_number - set a field to a number */
void export_row_number(struct export_rows *rows, enum export_field field,
		       uint64_t v);

/** export_row_flag - set a field to true */
void export_row_flag(struct export_rows *rows, enum export_field field);

/** export_row_xattr - set the field of extended attributes */
void export_row_xattr(struct export_rows *rows, const char *text, size_t len);

/** export_row_end - write the row; Return: 0 or a negative errno */
int export_row_end(struct export_rows *rows, struct es_error *err);

/** export_rows_finish - after the last row; Return: as export_row_end() */
int export_rows_finish(struct export_rows *rows, struct es_error *err);

#endif
