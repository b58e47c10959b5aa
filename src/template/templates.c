/* SPDX-License-Identifier: MIT */
/* templates.c - templates by name: the user's, and those of the program */
#include "config.h"

#include "etcsnap/template.h"

#include "etcsnap/quote.h"
#include "etcsnap/strmap.h"
#include "etcsnap/typo.h"

#include "template/template_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a name, and of all warnings. */
#define NAME_MAX_LEN 128
#define WARNINGS_MAX ((size_t)64 << 10)

/* What is known of a name; each of both is looked for once. */
struct slot {
	struct es_template *user;
	struct es_template *shipped;
	bool looked_user;
	bool looked_shipped;
	struct es_error wrong; /* with the user's, code 0: nothing */
};

struct es_templates {
	char *dir;
	struct es_strmap *slots;
	struct es_buf warnings;
	bool shipped_only;
	bool used_user; /* since a rendering began */
};

bool es_template_name_is_good(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	size_t n = strspn(name, letters);

	if (n == 0 || name[0] == '.' || strlen(name) > NAME_MAX_LEN)
		return false;
	if (name[n] != '/')
		return name[n] == '\0';
	name += n + 1;
	n = strspn(name, letters);
	return n > 0 && name[0] != '.' && name[n] == '\0';
}

static bool ends_in(const char *name, const char *ending)
{
	size_t n = strlen(name);
	size_t m = strlen(ending);

	return n > m && strcmp(name + n - m, ending) == 0;
}

enum es_template_target es_template_target_of(const char *name)
{
	const char *slash = strrchr(name, '/');

	if (ends_in(name, ".html"))
		return ES_TEMPLATE_HTML;
	if (ends_in(name, ".json") || ends_in(name, ".ndjson"))
		return ES_TEMPLATE_JSON;
	if (strncmp(slash ? slash + 1 : name, "subject", 7) == 0)
		return ES_TEMPLATE_HEADER;
	return ES_TEMPLATE_TEXT;
}

/* Other texts are shipped the same way. */
static bool is_template(const char *name)
{
	return strncmp(name, "channels/", 9) != 0 &&
	       strncmp(name, "completion/", 11) != 0;
}

const char *es_templates_shipped(size_t i)
{
	for (size_t k = 0; es_template_shipped[k].name; k++) {
		if (!is_template(es_template_shipped[k].name))
			continue;
		if (i-- == 0)
			return es_template_shipped[k].name;
	}
	return NULL;
}

int es_templates_source(struct es_buf *out, const char *name,
			struct es_error *err)
{
	for (size_t k = 0; es_template_shipped[k].name; k++)
		if (strcmp(es_template_shipped[k].name, name) == 0) {
			es_buf_add(out, es_template_shipped[k].data,
				   es_template_shipped[k].len);
			return es_buf_check(out, err);
		}
	return es_fail(err, -ENOENT, "there is no shipped file '%s'",
		       ES_Q(name));
}

int es_templates_new(struct es_templates **out, const char *dir,
		     struct es_error *err)
{
	ES_CLEANUP(es_templates_freep)
	struct es_templates *set = calloc(1, sizeof(*set));

	if (!set)
		return es_fail_oom(err);
	set->warnings = (struct es_buf)ES_BUF_INIT(WARNINGS_MAX);
	set->slots = es_strmap_new();
	set->dir = dir ? strdup(dir) : NULL;
	if (!set->slots || (dir && !set->dir))
		return es_fail_oom(err);
	*out = es_steal_ptr(&set);
	return 0;
}

static void free_slot(struct slot *slot)
{
	es_template_free(slot->user);
	es_template_free(slot->shipped);
	free(slot);
}

void es_templates_free(struct es_templates *set)
{
	const char *key;
	void *slot;
	size_t len;
	size_t pos = 0;

	if (!set)
		return;
	while (set->slots &&
	       es_strmap_each(set->slots, &pos, &key, &len, &slot))
		free_slot(slot);
	es_strmap_free(set->slots);
	es_buf_dispose(&set->warnings);
	free(set->dir);
	free(set);
}

const char *es_templates_warning(const struct es_templates *set)
{
	return es_buf_str(&set->warnings);
}

/* Once, however often it is met: a daemon renders for months. */
static void add_warning(struct es_templates *set, const char *name,
			const struct es_error *why)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf line = ES_BUF_INIT(4096);

	es_buf_addf(&line, "%s; the shipped template '%s' is used\n", why->msg,
		    ES_Q(name));
	if (!line.failed && !strstr(es_buf_str(&set->warnings), line.data))
		es_buf_add(&set->warnings, line.data, line.len);
	/* A full buffer has enough warnings; the next still are tried. */
	set->warnings.failed = 0;
}

static struct slot *slot_of(struct es_templates *set, const char *name)
{
	struct slot *slot = es_strmap_get(set->slots, name, strlen(name));

	if (slot)
		return slot;
	slot = calloc(1, sizeof(*slot));
	if (!slot || es_strmap_put(set->slots, name, strlen(name), slot) < 0) {
		free(slot);
		return NULL;
	}
	return slot;
}

/* Looks for the user's; what is wrong with it stays in the slot. */
static int look_for_user(const struct es_templates *set, struct slot *slot,
			 const char *name)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf text = ES_BUF_INIT(TEMPLATE_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(8192);

	if (slot->looked_user || !set->dir)
		return 0;
	slot->looked_user = true;

	int rc = es_template_read(&text, set->dir, name, &slot->wrong);

	if (rc == 0)
		return 0;
	es_buf_addf(&path, "%s/%s", set->dir, name);
	if (rc > 0 && es_buf_check(&path, &slot->wrong) == 0)
		es_template_parse(&slot->user, path.data, es_buf_str(&text),
				  text.len, es_template_target_of(name),
				  &slot->wrong);
	/* Without memory it is not known: another call may have more. */
	if (slot->wrong.code == -ENOMEM)
		slot->looked_user = false;
	return slot->wrong.code == -ENOMEM ? -ENOMEM : 0;
}

static int look_for_shipped(struct slot *slot, const char *name,
			    struct es_error *err)
{
	const struct shipped *s = es_template_shipped;

	if (slot->looked_shipped)
		return 0;
	while (s->name && strcmp(s->name, name) != 0)
		s++;
	if (s->name &&
	    es_template_parse(&slot->shipped, name, (const char *)s->data,
			      s->len, es_template_target_of(name), err) < 0)
		return err->code;
	slot->looked_shipped = true;
	return 0;
}

static int not_there(const char *name, struct es_error *err)
{
	ES_CLEANUP(es_freep) const char **names = NULL;
	size_t n = 0;

	while (es_templates_shipped(n))
		n++;
	names = calloc(n + 1, sizeof(*names));
	if (!names)
		return es_fail_oom(err);
	for (size_t i = 0; i < n; i++)
		names[i] = es_templates_shipped(i);

	const char *near = es_typo_nearest(name, names, n);

	if (near)
		es_fail(err, -ENOENT,
			"there is no template '%s'; did you mean %s?",
			ES_Q(name), near);
	else
		es_fail(err, -ENOENT,
			"there is no template '%s'; see etcsnap-templates(5)",
			ES_Q(name));
	err->fault = ES_FAULT_CONFIG;
	return -ENOENT;
}

/* Neither is good. */
static int refuse(const struct es_templates *set, const struct slot *slot,
		  const char *name, struct es_error *err)
{
	if (!slot->wrong.code || set->shipped_only)
		return not_there(name, err);
	*err = slot->wrong;
	err->fault = ES_FAULT_CONFIG;
	err->code = err->code == -EIO ? -EIO : -EINVAL;
	return err->code;
}

int es_templates_get(const struct es_template **out, struct es_templates *set,
		     const char *name, struct es_error *err)
{
	if (!es_template_name_is_good(name))
		return not_there(name, err);

	struct slot *slot = slot_of(set, name);

	if (!slot)
		return es_fail_oom(err);
	if (!set->shipped_only) {
		if (look_for_user(set, slot, name) < 0)
			return es_fail_oom(err);
		if (slot->user) {
			set->used_user = true;
			*out = slot->user;
			return 0;
		}
	}
	if (look_for_shipped(slot, name, err) < 0)
		return err->code;
	if (!slot->shipped)
		return refuse(set, slot, name, err);
	if (slot->wrong.code && !set->shipped_only)
		add_warning(set, name, &slot->wrong);
	*out = slot->shipped;
	return 0;
}

static int render_once(struct es_buf *out, struct es_templates *set,
		       const char *name, const struct es_doc *doc,
		       struct es_error *err)
{
	const struct es_template *t = NULL;

	set->used_user = false;
	if (es_templates_get(&t, set, name, err) < 0)
		return err->code;
	return es_template_render(out, t, set, doc, err);
}

int es_templates_render(struct es_buf *out, struct es_templates *set,
			const char *name, const struct es_doc *doc,
			struct es_error *err)
{
	struct es_error first = ES_ERROR_INIT;
	struct es_error second = ES_ERROR_INIT;
	int failed = out->failed;
	int rc = render_once(out, set, name, doc, &first);

	if (rc == 0)
		return 0;
	if (rc == -ENOMEM || failed || !set->used_user) {
		*err = first;
		return rc;
	}
	/* A partial of the user's may be at fault as well: none is used. */
	out->failed = 0;
	set->shipped_only = true;
	rc = render_once(out, set, name, doc, &second);
	set->shipped_only = false;
	if (rc < 0)
		*err = rc == -ENOENT ? first : second;
	else
		add_warning(set, name, &first);
	return rc < 0 ? err->code : 0;
}
