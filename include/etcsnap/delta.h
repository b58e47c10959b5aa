/* SPDX-License-Identifier: MIT */
/* delta.h - what differs between the trees of two runs */
#ifndef ETCSNAP_DELTA_H
#define ETCSNAP_DELTA_H

#include "etcsnap/charset.h"
#include "etcsnap/rules.h"
#include "etcsnap/store.h"
#include "etcsnap/tree.h"

/*
 * Two root trees in, a list of changes out. Equal subtrees are skipped by
 * their ids, so the cost follows the number of changed directories. Paths
 * come from meta/ (the manifests are the truth), content from files/. Other
 * parts of a run (commands/, system/, findings/) are compared file by file
 * and have the paths "commands/NAME/stdout" and so on, without leading '/'.
 */

/**
 * enum es_change_kind - what happened to a path
 * @ES_CHANGE_ADDED:     was not there
 * @ES_CHANGE_REMOVED:   is gone
 * @ES_CHANGE_CHANGED:   content or attributes differ
 * @ES_CHANGE_TOUCHED:   only times differ
 * @ES_CHANGE_RETYPED:   another kind of object now
 * @ES_CHANGE_RENAMED:   same content and kind under another path
 * @ES_CHANGE_WATCHED:   newly watched, since the rules changed
 * @ES_CHANGE_UNWATCHED: no longer watched, since the rules changed
 */
enum es_change_kind {
	ES_CHANGE_ADDED,
	ES_CHANGE_REMOVED,
	ES_CHANGE_CHANGED,
	ES_CHANGE_TOUCHED,
	ES_CHANGE_RETYPED,
	ES_CHANGE_RENAMED,
	ES_CHANGE_WATCHED,
	ES_CHANGE_UNWATCHED,
	ES_CHANGE_KINDS,
};

/**
 * es_change_kind_name - word for a kind of change
 * @kind: kind
 *
 * Return: "added", "removed", …, "unwatched"; "" for what is no kind. Borrowed,
 * constant.
 */
const char *es_change_kind_name(enum es_change_kind kind);

/**
 * struct es_change - one path that differs
 * @path:  raw bytes, NUL-terminated; the new one of a rename
 * @len:   bytes of @path
 * @from:  old path of a rename, NUL-terminated, else NULL
 * @kind:  what happened
 * @attrs: bits (1u << enum es_attr) that differ; 0 for added and removed
 * @old:   what was, NULL for added and newly watched
 * @new:   what is, NULL for removed and no longer watched
 * @old_uname: owner names as they were recorded; NULL when there is none
 * @old_gname: likewise
 * @new_uname: likewise
 * @new_gname: likewise
 */
struct es_change {
	const char *path;
	size_t len;
	const char *from;
	enum es_change_kind kind;
	unsigned int attrs;
	const struct es_entry *old;
	const struct es_entry *new;
	const char *old_uname;
	const char *old_gname;
	const char *new_uname;
	const char *new_gname;
};

/** struct es_delta - a computed list of changes, sorted by path bytes */
struct es_delta;

/**
 * es_delta_new - compare two runs
 * @out:   owned; es_delta_free()
 * @st:    repository, outlives the delta
 * @old:   root tree of the older run; all zero: everything is added
 * @new:   root tree of the newer run (may hold objects not yet installed)
 * @paths: only these absolute paths and what is below them; raw bytes
 * @n:     their number, 0 = everything
 * @err:   filled on failure
 *
 * Reads run/rules of both; where they differ, a path that only one of them
 * watches is WATCHED or UNWATCHED instead of added or removed. A removed and
 * an added object with the same digest (or link target), size and class, each
 * the only one of its digest, are a rename; empty files never are.
 *
 * Return: 0, -ENOENT, -EINVAL (broken manifest), -ENOMEM.
 */
int es_delta_new(struct es_delta **out, struct es_store *st,
		 const struct es_oid *old, const struct es_oid *new,
		 const char *const *paths, size_t n, struct es_error *err);

/**
 * es_delta_files - compare the files of a run with those of one in the making
 * @out: owned; es_delta_free()
 * @st:  repository, outlives the delta
 * @old: root tree of the older run; all zero: everything is added
 * @new: trees of the root directory as it is now
 * @err: filled on failure
 *
 * Only pairs: what was added or removed is neither joined to renames, nor
 * told from what is newly watched.
 *
 * Return: as es_delta_new().
 */
int es_delta_files(struct es_delta **out, struct es_store *st,
		   const struct es_oid *old, const struct es_dir_trees *new,
		   struct es_error *err);

/**
 * es_delta_free - free a delta and its changes
 * @d: taken; NULL is allowed
 */
void es_delta_free(struct es_delta *d);
ES_DEFINE_CLEANUP(struct es_delta, es_delta_free)

/**
 * es_delta_count - number of changes
 * @d: delta, borrowed
 *
 * Return: their number, 0 when the runs do not differ.
 */
size_t es_delta_count(const struct es_delta *d);

/**
 * es_delta_at - one change
 * @d: delta, borrowed
 * @i: its number from 0, less than es_delta_count(); not checked
 *
 * Return: change, borrowed from @d.
 */
const struct es_change *es_delta_at(const struct es_delta *d, size_t i);

/**
 * es_delta_kinds - number of changes of one kind
 * @d:    delta, borrowed
 * @kind: kind
 *
 * Return: their number; 0 for what is no kind.
 */
size_t es_delta_kinds(const struct es_delta *d, enum es_change_kind kind);

/**
 * es_delta_tightened - whether old content is kept looser than rules now ask
 * @d: delta
 *
 * Return: number of changed paths for which the newer run's rules are stricter
 * than the older run's were (class or masks): what was recorded before is
 * still in old commits.
 */
size_t es_delta_tightened(const struct es_delta *d);

/**
 * es_delta_key_changed - whether hidden values were made with two keys
 * @d: delta
 *
 * Return: true when the runs say so of themselves (run/summary).
 */
bool es_delta_key_changed(const struct es_delta *d);

/**
 * es_delta_rekeyed - hidden values that differ by their key alone
 * @d: delta
 *
 * Secret files whose size and time are the same, and texts that are the same
 * but for the marks of masked values, are no changes when the key is another
 * one; only their number is told.
 *
 * Return: number of paths, 0 when the key is the same.
 */
size_t es_delta_rekeyed(const struct es_delta *d);

/**
 * enum es_patch_result - why a content diff is there or not
 * @ES_PATCH_TEXT:   hunks were written
 * @ES_PATCH_NONE:   content does not differ (or is none: directories)
 * @ES_PATCH_SECRET: content must not be shown
 * @ES_PATCH_DIGEST: only a digest is kept of one side or both
 * @ES_PATCH_BINARY: mirrored, but not text
 * @ES_PATCH_LARGE:  over the limit of lines or bytes
 */
enum es_patch_result {
	ES_PATCH_TEXT,
	ES_PATCH_NONE,
	ES_PATCH_SECRET,
	ES_PATCH_DIGEST,
	ES_PATCH_BINARY,
	ES_PATCH_LARGE,
};

/**
 * struct es_patch_charsets - encodings of both sides of a diff
 * @old: as the older side is kept; NONE where there is no text
 * @new: as the newer side is kept, likewise
 */
struct es_patch_charsets {
	enum es_charset old;
	enum es_charset new;
};

/**
 * struct es_patch_options - how content may be shown
 * @rules:   today's rules: the stricter class of them and of both sides
 *           decides, and their masks run over old content too
 * @key:     ES_KEY_LEN bytes for masked values; NULL: text that a mask
 *           matches is treated as secret
 * @context: lines around each change
 * @max:     most bytes of hunks, 0 = no limit
 * @charsets: set by es_delta_patch() when not NULL; both NONE unless text was
 *           compared
 */
struct es_patch_options {
	const struct es_rules *rules;
	const uint8_t *key;
	unsigned int context;
	size_t max;
	struct es_patch_charsets *charsets;
};

/**
 * es_patch_masks - what hides secrets in text that is no file
 * @masks:   set; borrowed from the rules, NULL = there are none
 * @hmac:    owned; for es_hide_text() and the like. Without a key the tokens
 *           that it makes tell nothing
 * @options: rules and key count
 * @err:     filled on failure
 *
 * Return: 0 or a negative errno.
 */
int es_patch_masks(const struct es_mask_set **masks, struct es_digest **hmac,
		   const struct es_patch_options *options,
		   struct es_error *err);

/**
 * es_delta_patch - unified diff of a change's content
 * @out:     appended to: hunks without file headers, decoded to UTF-8 but
 *           not quoted; for an added or removed text all its lines
 * @st:      repository
 * @c:       change
 * @options: how
 * @err:     filled on failure
 *
 * Texts that differ only in their encoding are ES_PATCH_NONE; @options says
 * where to tell that.
 *
 * Return: an enum es_patch_result, or a negative errno.
 */
int es_delta_patch(struct es_buf *out, struct es_store *st,
		   const struct es_change *c,
		   const struct es_patch_options *options,
		   struct es_error *err);

/**
 * es_delta_content - content of a path in a run, as far as it may be shown
 * @out:     reset and filled
 * @st:      repository
 * @path:    absolute path
 * @e:       entry from es_dir_read()
 * @options: rules and key count
 * @err:     filled on failure
 *
 * The bytes are those of the file, in whatever encoding, but for masked
 * values; text that shows them only when it is decoded is then UTF-8.
 *
 * Return: ES_PATCH_TEXT (also for mirrored binaries), ES_PATCH_SECRET,
 * ES_PATCH_DIGEST, ES_PATCH_NONE, or a negative errno.
 */
int es_delta_content(struct es_buf *out, struct es_store *st, const char *path,
		     const struct es_entry *e,
		     const struct es_patch_options *options,
		     struct es_error *err);

/**
 * es_delta_entry - entry of one path in a run
 * @w:    writer that then holds the entry's directory (keeps it alive)
 * @out:  set; strings point into @w
 * @st:   repository
 * @root: root tree of the run
 * @path: absolute path
 * @err:  filled on failure
 *
 * Return: 1 found, 0 not recorded, negative errno.
 */
int es_delta_entry(struct es_listing_writer *w, struct es_entry *out,
		   struct es_store *st, const struct es_oid *root,
		   const char *path, struct es_error *err);

#endif
