/* SPDX-License-Identifier: MIT */
/* restore_words.c - reasons, commands and attributes in words */
#include "config.h"

#include "restore/restore_words_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/manifest.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <string.h>

#define BIT(attr) (1u << (attr))

/* Those of two lines, which in the table look like a missing comma. */
static const char why_values[] =
	"only masked values differ, and of those only marks are "
	"recorded; the live ones are kept";
static const char why_key[] = "values were masked with another secret key, and "
			      "have no counterpart in the live file";
static const char why_unwatched[] =
	"what is there is not watched today, so that no snapshot has "
	"it; move it away first";

static const char why_stale[] =
	"it could not be read in that run; this is the content that was known "
	"before";

static const char *const whys[ES_RESTORE_WHYS] = {
	[ES_RESTORE_WELL] = "",
	[ES_RESTORE_SECRET] =
		"the content is secret: only a keyed digest is recorded",
	[ES_RESTORE_DIGEST] = "of the content only a digest is recorded",
	[ES_RESTORE_UNKNOWN] = "the content is not recorded",
	[ES_RESTORE_MASKED] =
		"a masked value has no counterpart in the live file",
	[ES_RESTORE_VALUES] = why_values,
	[ES_RESTORE_KEY] = why_key,
	[ES_RESTORE_SOCKET] = "only the program that listens can make a socket",
	[ES_RESTORE_UNWATCHED] = why_unwatched,
	[ES_RESTORE_UNREAD] =
		"what is there cannot be read, so that no snapshot has it",
	[ES_RESTORE_CHANGED] =
		"it changed since it was looked at; restore again",
	[ES_RESTORE_EXISTS] = "something is there already",
	[ES_RESTORE_SYMLINK] =
		"its directory is behind a symbolic link, or is none",
	[ES_RESTORE_FULL] =
		"a directory is in its place; --delete removes what is in it",
	[ES_RESTORE_PARTNER] =
		"the file that it was another name of is not restored",
	[ES_RESTORE_UNTOLD] = "whether it was there then is not known",
	[ES_RESTORE_STALE] = why_stale,
};

const char *restore_why_text(const struct es_restore_item *it)
{
	return it->why < ES_RESTORE_WHYS ? whys[it->why] : "";
}

const char *restore_lost_text(const struct es_restore_item *it)
{
	if (!(it->was->has & ES_HAS_BLOB))
		return "of the content that is there now only a digest is "
		       "recorded: it cannot come back";
	if (it->was->has & ES_HAS_MASKED)
		return "masked values of what is there now are not recorded: "
		       "they cannot come back";
	return "what is there now changed in a way that is not recorded: "
	       "that cannot come back";
}

/* ----------------------------------------------------------------- commands */

static const struct {
	const char *manager;
	const char *command;
} commands[] = {
	{ "dpkg", "apt-get install --reinstall " },
	{ "rpm", "dnf reinstall " },
	{ "pacman", "pacman -S " },
	{ "apk", "apk fix --reinstall " },
};

void restore_command(struct es_buf *out, const struct es_restore_item *it)
{
	for (size_t i = 0; it->package && it->manager &&
			   i < sizeof(commands) / sizeof(*commands);
	     i++) {
		if (strcmp(commands[i].manager, it->manager) != 0)
			continue;
		es_buf_adds(out, commands[i].command);
		/* dpkg leaves a configuration file as it is, or gone */
		if (it->conffile && i == 0)
			es_buf_addf(out, "-o Dpkg::Options::=--force-%s ",
				    it->was ? "confask" : "confmiss");
		es_quote_term(out, it->package, strlen(it->package));
	}
}

/* --------------------------------------------------------------- attributes */

void restore_value_dispose(struct restore_value *v)
{
	es_buf_dispose(&v->old);
	es_buf_dispose(&v->new);
}

static void add_id(struct es_buf *out, uint32_t id, const char *name)
{
	if (name)
		es_buf_addf(out, "%s (%u)", name, id);
	else
		es_buf_addf(out, "%u", id);
}

static void add_time(struct es_buf *out, const struct es_entry *e)
{
	char when[ES_TIME_LEN];
	const char *text = es_clock_iso(when, e->mtime_sec);
	const char *zone = strrchr(text, ' ');

	if (zone)
		es_buf_addf(out, "%.*s.%09u%s", (int)(zone - text), text,
			    e->mtime_nsec, zone);
	else
		es_buf_adds(out, text);
}

/* Names of extended attributes alone: values may be long, and secret. */
static void add_xattrs(struct es_buf *out, const struct es_entry *e)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(65536);
	ES_CLEANUP(es_buf_dispose) struct es_buf value = ES_BUF_INIT(1 << 24);
	const char *text = e->xattr;
	size_t len = e->xattr_len;

	while (text && es_xattr_next(&text, &len, &name, &value) > 0) {
		es_buf_adds(out, out->len ? ", " : "");
		es_buf_add(out, es_buf_str(&name), name.len);
	}
}

static void add_special(struct es_buf *out, const struct es_entry *e,
			enum es_attr attr)
{
	if (attr == ES_ATTR_TARGET && e->target)
		es_buf_add(out, e->target, e->target_len);
	else if (attr == ES_ATTR_DEVICE &&
		 (e->type == ES_TYPE_CHAR || e->type == ES_TYPE_BLOCK))
		es_buf_addf(out, "%u:%u", e->rdev_major, e->rdev_minor);
	else if (attr == ES_ATTR_FLAGS && e->extra && e->extra->flags)
		es_flags_text(out, e->extra->flags);
	else if (attr == ES_ATTR_XATTR)
		add_xattrs(out, e);
}

static void add_value(struct es_buf *out, const struct es_entry *e,
		      enum es_attr attr, unsigned int less, struct es_ids *ids)
{
	if (!e)
		return;
	if (attr == ES_ATTR_TYPE)
		es_buf_adds(out, es_type_text(e->type));
	else if (attr == ES_ATTR_MODE)
		es_buf_addf(out, "%04o", e->mode & ~less);
	else if (attr == ES_ATTR_UID)
		add_id(out, e->uid, es_ids_user(ids, e->uid));
	else if (attr == ES_ATTR_GID)
		add_id(out, e->gid, es_ids_group(ids, e->gid));
	else if (attr == ES_ATTR_SIZE && e->type == ES_TYPE_FILE)
		es_buf_addf(out, "%llu", (unsigned long long)e->size);
	else if (attr == ES_ATTR_MTIME && e->type != ES_TYPE_DIR)
		add_time(out, e);
	else
		add_special(out, e, attr);
}

/* What is told of an item: what differs, or all that it will have. */
static unsigned int told(const struct es_restore_item *it)
{
	const unsigned int shown = BIT(ES_ATTR_TYPE) | BIT(ES_ATTR_MODE) |
				   BIT(ES_ATTR_UID) | BIT(ES_ATTR_GID) |
				   BIT(ES_ATTR_SIZE) | BIT(ES_ATTR_MTIME) |
				   BIT(ES_ATTR_TARGET) | BIT(ES_ATTR_DEVICE) |
				   BIT(ES_ATTR_XATTR) | BIT(ES_ATTR_FLAGS);

	unsigned int attrs = it->was ? it->attrs & shown : shown;

	if (!it->then || it->action == ES_RESTORE_CANNOT ||
	    it->action == ES_RESTORE_LINK)
		return 0;
	if (!restore_is_whole(it))
		attrs &= ~(BIT(ES_ATTR_SIZE) | BIT(ES_ATTR_MTIME));
	return attrs & ~es_entry_lacks(it->then);
}

int restore_value_next(struct restore_value *v, unsigned int *pos,
		       const struct es_restore_item *it, struct es_ids *ids)
{
	while (*pos < ES_ATTR_COUNT) {
		enum es_attr attr = (enum es_attr)(*pos)++;

		if (!(told(it) & BIT(attr)))
			continue;
		es_buf_reset(&v->old);
		es_buf_reset(&v->new);
		v->name = es_attr_name(attr);
		add_value(&v->old, it->was, attr, 0, ids);
		add_value(&v->new, it->then, attr, it->less, ids);
		if (v->old.failed || v->new.failed)
			return -ENOMEM;
		/* a new object without such a thing */
		if (v->new.len || v->old.len)
			return 1;
	}
	return 0;
}
