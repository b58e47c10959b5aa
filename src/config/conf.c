/* SPDX-License-Identifier: MIT */
/* conf.c - the configuration in memory: values, sections, origins */
#include "config.h"

#include "config/conf_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *es_conf_path(void)
{
	return ETCSNAP_SYSCONFDIR "/etcsnap/etcsnap.conf";
}

struct es_conf *es_conf_new(void)
{
	struct es_conf *conf = calloc(1, sizeof(*conf));

	if (!conf)
		return NULL;
	for (size_t i = 0; i < ES_CONF_COUNT; i++) {
		conf->fallback[i].text =
			es_conf_table((enum es_conf_id)i)->fallback;
		conf->fallback[i].file = "default";
	}
	return conf;
}

void es_conf_free(struct es_conf *conf)
{
	if (!conf)
		return;
	for (size_t i = 0; i < conf->n; i++) {
		for (size_t k = 0; k < ES_CONF_COUNT; k++)
			free(conf->sections[i]->slot[k].v);
		free(conf->sections[i]);
	}
	for (size_t k = 0; k < ES_CONF_COUNT; k++)
		free(conf->slot[k].v);
	free(conf->sections);
	free(conf->names);
	es_pool_dispose(&conf->pool);
	free(conf);
}

static struct es_conf_section *
find_section(const struct es_conf *conf, const char *section, const char *name)
{
	for (size_t i = 0; i < conf->n; i++) {
		struct es_conf_section *s = conf->sections[i];

		if (!strcmp(s->section, section) && !strcmp(s->name, name))
			return s;
	}
	return NULL;
}

/* Lists the names of all sections so that those of one kind stand together. */
static int list_names(struct es_conf *conf)
{
	const char **names = calloc(conf->n, sizeof(*names));
	const char *done = "";
	size_t n = 0;

	if (!names)
		return -ENOMEM;
	for (size_t k = 0; k < ES_CONF_COUNT; k++) {
		const struct es_conf_key *key =
			es_conf_table((enum es_conf_id)k);

		if (!key->named || !strcmp(key->section, done))
			continue;
		done = key->section;
		for (size_t i = 0; i < conf->n; i++) {
			if (!strcmp(conf->sections[i]->section, done))
				names[n++] = conf->sections[i]->name;
		}
	}
	free(conf->names);
	conf->names = names;
	return 0;
}

struct es_conf_section *es_conf_section_get(struct es_conf *conf,
					    const char *section,
					    const char *name,
					    const struct es_conf_value *at)
{
	struct es_conf_section *s = find_section(conf, section, name);

	if (s)
		return s;
	if (es_array_room(&conf->sections, conf->n, &conf->cap,
			  sizeof(*conf->sections)) < 0)
		return NULL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->section = section;
	s->file = at->file;
	s->line = at->line;
	s->name = es_pool_add(&conf->pool, name, strlen(name));
	if (!s->name) {
		free(s);
		return NULL;
	}
	conf->sections[conf->n++] = s;
	return list_names(conf) < 0 ? NULL : s;
}

int es_conf_put(struct es_conf *conf, struct es_conf_slot *slot,
		enum es_conf_id id, const struct es_conf_value *value,
		struct es_error *err)
{
	const struct es_conf_key *key = es_conf_table(id);

	if (!value->text[0]) {
		slot->n = 0;
		slot->touched = true;
		slot->cleared = true;
		return 0;
	}
	if (es_conf_check_value(key, value->text, err) < 0)
		return err->code;

	const char *text =
		es_pool_add(&conf->pool, value->text, strlen(value->text));

	if (!text ||
	    es_array_room(&slot->v, slot->n, &slot->cap, sizeof(*slot->v)) < 0)
		return es_fail_oom(err);
	if (!key->list)
		slot->n = 0;
	slot->v[slot->n] = *value;
	slot->v[slot->n].text = text;
	slot->n++;
	slot->touched = true;
	return 0;
}

int es_conf_set(struct es_conf *conf, enum es_conf_id id, const char *text,
		const char *file, struct es_error *err)
{
	struct es_conf_value value = { .text = text };

	value.file = es_pool_add(&conf->pool, file, strlen(file));
	if (!value.file)
		return es_fail_oom(err);
	if (es_conf_put(conf, &conf->slot[id], id, &value, err) < 0)
		return es_wrap(err, "%s", file);
	return 0;
}

const struct es_conf_slot *es_conf_slot(const struct es_conf *conf,
					enum es_conf_id id, const char *name)
{
	const struct es_conf_key *key = es_conf_table(id);

	if (!key->named)
		return &conf->slot[id];

	const struct es_conf_section *s =
		name ? find_section(conf, key->section, name) : NULL;

	return s ? &s->slot[id] : NULL;
}

const struct es_conf_value *es_conf_values(const struct es_conf *conf,
					   enum es_conf_id id, const char *name,
					   size_t *n)
{
	const struct es_conf_slot *slot = es_conf_slot(conf, id, name);
	const struct es_conf_value *fallback = &conf->fallback[id];

	if (slot && (slot->n || (slot->cleared && es_conf_table(id)->list))) {
		*n = slot->n;
		return slot->v;
	}
	*n = fallback->text[0] != '\0';
	return fallback;
}

bool es_conf_is_set(const struct es_conf *conf, enum es_conf_id id)
{
	return conf->slot[id].n != 0;
}

bool es_conf_is_set_in(const struct es_conf *conf, enum es_conf_id id,
		       const char *name)
{
	const struct es_conf_slot *slot = es_conf_slot(conf, id, name);

	return slot && (slot->n || slot->cleared);
}

const char *es_conf_text(const struct es_conf *conf, enum es_conf_id id)
{
	size_t n;
	const struct es_conf_value *v = es_conf_values(conf, id, NULL, &n);

	return n ? v[n - 1].text : "";
}

int64_t es_conf_number_of(const struct es_conf *conf, enum es_conf_id id,
			  const char *name)
{
	size_t n;
	const struct es_conf_value *v = es_conf_values(conf, id, name, &n);
	struct es_error err = ES_ERROR_INIT;
	int64_t number = 0;

	/* Values were checked when they were stored, so only a key that has
	 * neither value nor default is left to give 0. */
	if (n && es_conf_check_number(es_conf_table(id), v[n - 1].text, &number,
				      &err) < 0)
		return 0;
	return number;
}

int64_t es_conf_number(const struct es_conf *conf, enum es_conf_id id)
{
	return es_conf_number_of(conf, id, NULL);
}

const char *const *es_conf_names(const struct es_conf *conf,
				 const char *section, size_t *n)
{
	size_t before = 0;
	const char *done = "";

	*n = 0;
	for (size_t i = 0; i < conf->n; i++)
		*n += !strcmp(conf->sections[i]->section, section);
	for (size_t k = 0; k < ES_CONF_COUNT && *n; k++) {
		const struct es_conf_key *key =
			es_conf_table((enum es_conf_id)k);

		if (!key->named || !strcmp(key->section, done))
			continue;
		done = key->section;
		if (!strcmp(done, section))
			break;
		for (size_t i = 0; i < conf->n; i++)
			before += !strcmp(conf->sections[i]->section, done);
	}
	return *n ? conf->names + before : conf->names;
}
