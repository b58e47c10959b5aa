/* SPDX-License-Identifier: MIT */
/* events_ecs.c - an event as JSON of the Elastic Common Schema */
#include "config.h"

#include "deliver/events_priv.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ECS_VERSION "8.11.0"

/* Bytes as text that every receiver takes; quoted where they are none. */
static void set_text(struct es_doc *obj, const char *key, const char *raw,
		     size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	if (len == 0)
		return;
	if (es_utf8_valid(raw, len) && !memchr(raw, '\0', len)) {
		es_doc_text(obj, key, raw, len);
		return;
	}
	es_quote_term(&b, raw, len);
	es_doc_str(obj, key, es_buf_str(&b));
}

static void set_value(struct es_doc *obj, const char *key,
		      const struct event *e, enum event_field f)
{
	set_text(obj, key, es_buf_str(&e->values[f]), e->values[f].len);
}

static bool is(const struct event *e, enum event_field f, const char *word)
{
	return strcmp(es_buf_str(&e->values[f]), word) == 0;
}

/* --- what kind of event it is --------------------------------------------- */

static void push(struct es_doc *list, const char *word)
{
	es_doc_push_text(list, word, strlen(word));
}

/* Files that say who may do what. */
static bool is_iam(const char *path)
{
	static const char *const paths[] = {
		"/etc/passwd",	   "/etc/shadow",    "/etc/group",
		"/etc/gshadow",	   "/etc/subuid",    "/etc/subgid",
		"/etc/sudoers",	   "/etc/sudoers.d", "/etc/pam.d",
		"/etc/security",   "/etc/doas.conf", "system/users",
		"/etc/pam.conf",   "/etc/polkit-1",  "system/groups",
		"/etc/login.defs",
	};
	const char *slash = strrchr(path, '/');

	if (slash && strcmp(slash, "/authorized_keys") == 0)
		return true;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		size_t len = strlen(paths[i]);

		if (strncmp(path, paths[i], len) == 0 &&
		    strchr("/-", path[len]))
			return true;
	}
	return false;
}

static void set_category(struct es_doc *event, const struct event *e)
{
	struct es_doc *list = es_doc_array(event, "category");
	const char *path = es_buf_str(&e->values[FIELD_PATH]);

	if (is_iam(path))
		push(list, "iam");
	if (is(e, FIELD_PART, "files") && *path)
		push(list, "file");
	if (e->values[FIELD_PACKAGE].len ||
	    strcmp(path, "system/packages") == 0)
		push(list, "package");
	if (!is(e, FIELD_PART, "files") || strncmp(path, "/etc/", 5) == 0)
		push(list, "configuration");
}

static void set_event(struct es_doc *doc, const struct event *e,
		      const char *stamp)
{
	static const struct {
		const char *kind;
		const char *type;
	} types[] = {
		{ "added", "creation" },      { "removed", "deletion" },
		{ "report", "info" },	      { "notice", "info" },
		{ "watched", "info" },	      { "unwatched", "info" },
		{ "finding-opened", "info" }, { "finding-closed", "info" },
	};
	struct es_doc *event = es_doc_object(doc, "event");
	const char *type = "change";
	ES_CLEANUP(es_buf_dispose) struct es_buf id = ES_BUF_INIT(1024);

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (is(e, FIELD_KIND, types[i].kind))
			type = types[i].type;
	es_doc_str(event, "kind", e->kind == EVENT_OPENED ? "alert" : "event");
	set_category(event, e);
	push(es_doc_array(event, "type"), type);
	set_value(event, "action", e, FIELD_KIND);
	es_doc_str(event, "module", "etcsnap");
	es_doc_str(event, "dataset", "etcsnap.events");
	es_doc_str(event, "created", stamp);
	es_doc_number(event, "severity", es_event_level(e));
	es_buf_addf(&id, "%s/%s", es_buf_str(&e->values[FIELD_ID]),
		    es_buf_str(&e->values[FIELD_EVENT]));
	es_doc_str(event, "id", es_buf_str(&id));
	set_value(event, "reason", e, FIELD_EXPLANATION);
}

/* --- what it is about ----------------------------------------------------- */

/* "root (0)" is a name and a number. */
static void set_owner(struct es_doc *file, const char *name_key,
		      const char *id_key, const struct es_buf *v)
{
	const char *text = es_buf_str(v);
	const char *open = strstr(text, " (");
	size_t digits = open ? strspn(open + 2, "0123456789") : 0;

	if (open && digits && strcmp(open + 2 + digits, ")") == 0) {
		char number[24] = "";

		if (digits < sizeof(number))
			memcpy(number, open + 2, digits);
		set_text(file, name_key, text, (size_t)(open - text));
		es_doc_str(file, id_key, number);
		return;
	}
	set_text(file, strspn(text, "0123456789") == v->len ? id_key : name_key,
		 text, v->len);
}

static void set_names(struct es_doc *file, const struct event *e)
{
	const struct es_buf *path = &e->values[FIELD_PATH];
	const char *slash =
		path->len ? memrchr(path->data, '/', path->len) : NULL;
	const char *name, *dot;
	size_t len;

	set_value(file, "path", e, FIELD_PATH);
	if (!slash)
		return;
	name = slash + 1;
	len = path->len - (size_t)(name - path->data);
	set_text(file, "directory", path->data,
		 slash == path->data ? 1 : (size_t)(slash - path->data));
	set_text(file, "name", name, len);
	dot = len ? memrchr(name, '.', len) : NULL;
	if (dot && dot > name)
		set_text(file, "extension", dot + 1,
			 len - (size_t)(dot + 1 - name));
}

static void set_file(struct es_doc *doc, const struct event *e)
{
	struct es_doc *file;

	if (!is(e, FIELD_PART, "files") || !e->values[FIELD_PATH].len)
		return;
	file = es_doc_object(doc, "file");
	set_names(file, e);
	set_value(file, "type", e, FIELD_TYPE);
	set_value(file, "mode", e, FIELD_MODE);
	set_owner(file, "owner", "uid", &e->values[FIELD_OWNER]);
	set_owner(file, "group", "gid", &e->values[FIELD_GROUP]);
	if (e->values[FIELD_SIZE].len)
		es_doc_number(file, "size",
			      strtoll(es_buf_str(&e->values[FIELD_SIZE]), NULL,
				      10));
	if (e->values[FIELD_SHA256].len)
		set_value(es_doc_object(file, "hash"), "sha256", e,
			  FIELD_SHA256);
}

static void set_tags(struct es_doc *doc, const struct event *e)
{
	const char *at = es_buf_str(&e->values[FIELD_TAGS]);
	struct es_doc *list;

	if (!*at)
		return;
	list = es_doc_array(doc, "tags");
	while (*at) {
		size_t len = strcspn(at, " ");

		es_doc_push_text(list, at, len);
		at += len;
		at += strspn(at, " ");
	}
}

static void set_others(struct es_doc *doc, const struct event *e)
{
	struct es_doc *obj;

	set_tags(doc, e);
	if (e->values[FIELD_PACKAGE].len) {
		obj = es_doc_object(doc, "package");
		set_value(obj, "name", e, FIELD_PACKAGE);
		set_value(obj, "version", e, FIELD_VERSION);
	}
	if (e->values[FIELD_RULE].len || e->values[FIELD_CHECK].len)
		set_value(es_doc_object(doc, "rule"), "name", e,
			  e->values[FIELD_CHECK].len ? FIELD_CHECK
						     : FIELD_RULE);
	if (e->values[FIELD_AUTHOR].len)
		set_value(es_doc_object(doc, "user"), "name", e, FIELD_AUTHOR);
	/* what the schema has no field for, and what was before */
	obj = es_doc_object(doc, "etcsnap");
	for (int i = 0; i < FIELDS; i++)
		if (e->values[i].len && i != FIELD_TAGS &&
		    i != FIELD_EXPLANATION && i != FIELD_RULE)
			set_value(obj, es_event_fields[i].name, e,
				  (enum event_field)i);
	/* the exact bytes, where they are no text */
	es_doc_text(obj, "path", es_buf_str(&e->values[FIELD_PATH]),
		    e->values[FIELD_PATH].len);
	if (!e->values[FIELD_PATH].len)
		es_doc_remove(obj, "path");
}

void es_event_ecs(struct es_buf *out, const struct event *e)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	const time_t when = e->time;
	char stamp[40];
	struct es_doc *obj;
	struct tm tm;

	if (!doc) {
		out->failed = -ENOMEM;
		return;
	}
	gmtime_r(&when, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S.000Z", &tm);
	es_doc_str(doc, "@timestamp", stamp);
	es_doc_str(es_doc_object(doc, "ecs"), "version", ECS_VERSION);
	set_text(doc, "message", es_buf_str(&e->text), e->text.len);
	es_doc_str(es_doc_object(doc, "log"), "level", e->severity);
	set_event(doc, e, stamp);
	obj = es_doc_object(doc, "host");
	set_text(obj, "name", e->host, strlen(e->host));
	set_text(obj, "hostname", e->host, strlen(e->host));
	obj = es_doc_object(doc, "observer");
	es_doc_str(obj, "vendor", "etcsnap");
	es_doc_str(obj, "product", "etcsnap");
	es_doc_str(obj, "version", PACKAGE_VERSION);
	set_file(doc, e);
	set_others(doc, e);
	/* only memory can be lacking; the buffer says so like for all else */
	es_doc_write(doc, out, false);
	if (out->len && out->data[out->len - 1] == '\n')
		es_buf_truncate(out, out->len - 1);
}
