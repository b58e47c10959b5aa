/* SPDX-License-Identifier: MIT */
/* attributes.c - what differs of a path besides its content */
#include "config.h"

#include "report/report_priv.h"

#include <string.h>

#define BIT(attr) (1u << (attr))

/**
 * struct face - one side of a change
 * @e:     entry, or NULL
 * @uname: name of its owner, or NULL
 * @gname: name of its group, or NULL
 */
struct face {
	const struct es_entry *e;
	const char *uname;
	const char *gname;
};

/* What lstat(2) told of it and a rule had recorded. */
static unsigned int stat_of(const struct es_entry *e)
{
	unsigned int attrs = 0;

	if (!(e->has & ES_HAS_STAT))
		return 0;
	if (es_entry_records(e, ES_RECORD_MODE))
		attrs |= BIT(ES_ATTR_MODE);
	if (es_entry_records(e, ES_RECORD_OWNER))
		attrs |= BIT(ES_ATTR_UID);
	if (es_entry_records(e, ES_RECORD_GROUP))
		attrs |= BIT(ES_ATTR_GID);
	if (e->type != ES_TYPE_DIR && es_entry_records(e, ES_RECORD_MTIME))
		attrs |= BIT(ES_ATTR_MTIME);
	return attrs;
}

/* Which attributes an entry has a value of, for what was added or removed. */
static unsigned int attrs_of(const struct es_entry *e)
{
	unsigned int attrs = stat_of(e);

	if (e->type == ES_TYPE_FILE && es_entry_records(e, ES_RECORD_SIZE))
		attrs |= BIT(ES_ATTR_SIZE);
	if (e->type == ES_TYPE_LINK)
		attrs |= BIT(ES_ATTR_TARGET);
	if (e->type == ES_TYPE_CHAR || e->type == ES_TYPE_BLOCK)
		attrs |= BIT(ES_ATTR_DEVICE);
	if (e->xattr_len)
		attrs |= BIT(ES_ATTR_XATTR);
	if (e->extra && e->extra->flags)
		attrs |= BIT(ES_ATTR_FLAGS);
	if (e->extra && e->extra->link_len)
		attrs |= BIT(ES_ATTR_HARDLINK);
	if (e->unread)
		attrs |= BIT(ES_ATTR_UNREAD);
	return attrs;
}

/* Attributes that only one kind of object has. */
static unsigned int special_of(const struct es_entry *e)
{
	return attrs_of(e) & (BIT(ES_ATTR_TARGET) | BIT(ES_ATTR_DEVICE));
}

static unsigned int attrs_to_tell(const struct es_change *c)
{
	/* What the rules alone did is told by its path. */
	if (c->kind == ES_CHANGE_WATCHED || c->kind == ES_CHANGE_UNWATCHED)
		return 0;
	if (!c->old || !c->new)
		return attrs_of(c->old ? c->old : c->new);
	unsigned int attrs = c->attrs & ~BIT(ES_ATTR_CONTENT);
	if (c->kind != ES_CHANGE_RETYPED)
		return attrs;
	/* The mode of a link means nothing. */
	if (c->old->type == ES_TYPE_LINK || c->new->type == ES_TYPE_LINK)
		attrs &= ~BIT(ES_ATTR_MODE);
	return attrs | special_of(c->old) | special_of(c->new);
}

static void set_id(struct es_doc *obj, const char *key, uint32_t id,
		   const char *name)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 16);

	if (name)
		es_buf_addf(&text, "%s (%u)", name, id);
	else
		es_buf_addf(&text, "%u", id);
	es_doc_text(obj, key, es_buf_str(&text), text.len);
}

static void set_class(struct es_doc *obj, const char *key,
		      const struct es_entry *e)
{
	if (e->class == ES_CLASS_NONE)
		es_doc_str(obj, key, NULL);
	else if (e->has & ES_HAS_MASKED)
		es_doc_str(obj, key, "mirror, masked");
	else
		es_doc_str(obj, key, es_class_name(e->class));
}

static void set_stat(struct es_doc *obj, const char *key, enum es_attr attr,
		     const struct face *f)
{
	const struct es_entry *e = f->e;
	char text[REPORT_TIME_LEN];

	if (!(e->has & ES_HAS_STAT)) {
		es_doc_str(obj, key, NULL);
	} else if (attr == ES_ATTR_MODE) {
		snprintf(text, sizeof(text), "%04o", e->mode & 07777u);
		es_doc_str(obj, key, text);
	} else if (attr == ES_ATTR_UID) {
		set_id(obj, key, e->uid, f->uname);
	} else if (attr == ES_ATTR_GID) {
		set_id(obj, key, e->gid, f->gname);
	} else {
		es_doc_str(obj, key,
			   report_time(text, e->mtime_sec,
				       (int32_t)e->mtime_nsec));
	}
}

static void set_device(struct es_doc *obj, const char *key,
		       const struct es_entry *e)
{
	char text[32];

	snprintf(text, sizeof(text), "%u:%u", e->rdev_major, e->rdev_minor);
	es_doc_str(obj, key, special_of(e) & BIT(ES_ATTR_DEVICE) ? text : NULL);
}

static void set_number(struct es_doc *obj, const char *key,
		       const struct es_entry *e, uint64_t v)
{
	if (e->type == ES_TYPE_FILE)
		es_doc_number(obj, key, (int64_t)v);
	else
		es_doc_str(obj, key, NULL);
}

/* What is recorded otherwise than by default: "+ctime -mtime". */
static void set_record(struct es_doc *obj, const char *key,
		       const struct es_extra *x)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 12);

	if (x->has & ES_EXTRA_CTIME)
		es_buf_adds(&text, "+ctime ");
	if (x->has & ES_EXTRA_INODE)
		es_buf_adds(&text, "+inode ");
	for (unsigned int i = 0; i < ES_RECORD_COUNT; i++)
		if (x->without & 1u << i)
			es_buf_addf(&text, "-%s ", es_record_name(1u << i));
	if (text.len)
		es_buf_truncate(&text, text.len - 1);
	else
		es_buf_adds(&text, "default");
	es_doc_text(obj, key, es_buf_str(&text), text.len);
}

/* What few objects have. */
static void set_extra(struct es_doc *obj, const char *key, enum es_attr attr,
		      const struct es_entry *e)
{
	static const struct es_extra none = { .has = 0 };
	const struct es_extra *x = e->extra ? e->extra : &none;
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 12);
	char time[REPORT_TIME_LEN];

	if (attr == ES_ATTR_SPARSE) {
		es_doc_bool(obj, key, (x->has & ES_EXTRA_SPARSE) != 0);
	} else if (attr == ES_ATTR_RECORD) {
		set_record(obj, key, x);
	} else if (attr == ES_ATTR_HARDLINK) {
		es_doc_text(obj, key, es_extra_link(x), x->link_len);
	} else if (attr == ES_ATTR_FLAGS) {
		es_flags_text(&text, x->flags);
		es_doc_str(obj, key, x->flags ? es_buf_str(&text) : NULL);
	} else if (attr == ES_ATTR_CTIME && (x->has & ES_EXTRA_CTIME)) {
		es_doc_str(obj, key,
			   report_time(time, x->ctime_sec,
				       (int32_t)x->ctime_nsec));
	} else if (attr == ES_ATTR_INODE && (x->has & ES_EXTRA_INODE)) {
		es_buf_addf(&text, "%llu", (unsigned long long)x->ino);
		es_doc_str(obj, key, es_buf_str(&text));
	} else {
		es_doc_str(obj, key, NULL);
	}
}

static void set_value(struct es_doc *obj, const char *key, enum es_attr attr,
		      const struct face *f)
{
	const struct es_entry *e = f->e;

	if (!e) {
		es_doc_str(obj, key, NULL);
		return;
	}
	switch (attr) {
	case ES_ATTR_TYPE:
		es_doc_str(obj, key, es_type_name(e->type));
		break;
	case ES_ATTR_SIZE:
		set_number(obj, key, e, e->size);
		break;
	case ES_ATTR_NLINK:
		set_number(obj, key, e, e->nlink);
		break;
	case ES_ATTR_TARGET:
		es_doc_text(obj, key, e->target, e->target_len);
		break;
	case ES_ATTR_DEVICE:
		set_device(obj, key, e);
		break;
	case ES_ATTR_CLASS:
		set_class(obj, key, e);
		break;
	case ES_ATTR_UNREAD:
		es_doc_str(obj, key,
			   e->unread ? es_unread_name(e->unread) : NULL);
		break;
	case ES_ATTR_MOUNT:
		es_doc_bool(obj, key, (e->has & ES_HAS_MOUNT) != 0);
		break;
	case ES_ATTR_MODE:
	case ES_ATTR_UID:
	case ES_ATTR_GID:
	case ES_ATTR_MTIME:
		set_stat(obj, key, attr, f);
		break;
	case ES_ATTR_CTIME:
	case ES_ATTR_INODE:
	case ES_ATTR_FLAGS:
	case ES_ATTR_HARDLINK:
	case ES_ATTR_SPARSE:
	case ES_ATTR_RECORD:
		set_extra(obj, key, attr, e);
		break;
	case ES_ATTR_CONTENT:
	case ES_ATTR_XATTR:
	case ES_ATTR_COUNT:
	default:
		break;
	}
}

/**
 * struct line - one NAME=VALUE line of extended attributes
 * @at:       its first byte
 * @len:      its bytes without the newline
 * @name_len: bytes of the name
 */
struct line {
	const char *at;
	size_t len;
	size_t name_len;
};

static bool next_line(const struct es_entry *e, size_t *pos, struct line *out)
{
	if (!e || !e->xattr || *pos >= e->xattr_len)
		return false;
	const char *at = e->xattr + *pos;
	size_t room = e->xattr_len - *pos;
	const char *end = memchr(at, '\n', room);
	size_t len = end ? (size_t)(end - at) : room;
	const char *equals = memchr(at, '=', len);

	*out = (struct line){ at, len, equals ? (size_t)(equals - at) : len };
	*pos += len + 1;
	return true;
}

static bool has_line(const struct es_entry *e, const struct line *want,
		     bool name_only)
{
	struct line l;
	size_t pos = 0;

	while (next_line(e, &pos, &l)) {
		size_t a = name_only ? l.name_len : l.len;
		size_t b = name_only ? want->name_len : want->len;

		if (es_entry_name_cmp(l.at, a, want->at, b) == 0)
			return true;
	}
	return false;
}

/* Names of extended attributes of @e that @other lacks, or has otherwise. */
static void set_names(struct es_doc *obj, const char *key,
		      const struct es_entry *e, const struct es_entry *other,
		      bool common)
{
	struct es_doc *names = es_doc_array(obj, key);
	struct line l;
	size_t pos = 0;

	while (next_line(e, &pos, &l)) {
		if (has_line(other, &l, true) == common &&
		    !(common && has_line(other, &l, false)))
			es_doc_push_text(names, l.at, l.name_len);
	}
}

void report_attributes(struct es_doc *change, const struct es_change *c)
{
	struct es_doc *list = es_doc_array(change, "attributes");
	const struct face was = { c->old, c->old_uname, c->old_gname };
	const struct face is = { c->new, c->new_uname, c->new_gname };
	unsigned int attrs = attrs_to_tell(c);

	for (unsigned int i = 0; i < ES_ATTR_COUNT; i++) {
		enum es_attr attr = (enum es_attr)i;

		if (!(attrs & BIT(attr)))
			continue;
		struct es_doc *obj = es_doc_push(list);
		es_doc_str(obj, "name", es_attr_name(attr));
		if (attr == ES_ATTR_XATTR) {
			set_names(obj, "added", c->new, c->old, false);
			set_names(obj, "removed", c->old, c->new, false);
			set_names(obj, "changed", c->new, c->old, true);
			continue;
		}
		set_value(obj, "old", attr, &was);
		set_value(obj, "new", attr, &is);
	}
}
