/* SPDX-License-Identifier: MIT */
/* btmp.c - failed logins, counted by where they came from */
#include "config.h"

#include "logins/logins_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

/* Records that are looked at, and sources that are told apart. */
#define AT_MOST 1000000
#define SOURCES_MAX 65536

/* So many in a row that are older than the window end the way back. */
#define AGREEING 1000

/* Failures from one source; @mixed: of several users, or of nobody's. */
struct source {
	uint64_t count;
	int64_t first;
	int64_t last;
	bool mixed;
	char user[33];
};

/**
 * struct count - what was counted
 * @logs:    names of users, and the window
 * @sources: struct source by host
 * @layout:  of the file that is read
 * @seen:    records
 * @old:     how many in a row are older than the window
 */
struct count {
	struct lg_logs *logs;
	struct es_strmap *sources;
	struct lg_layout layout;
	uint64_t seen;
	uint64_t old;
};

static void free_sources(struct es_strmap **map)
{
	size_t pos = 0, len;
	const char *key;
	void *value;

	while (*map && es_strmap_each(*map, &pos, &key, &len, &value))
		free(value);
	es_strmap_free(*map);
}

/* The host, or else its address, or else the terminal. */
static const char *source_name(char room[INET6_ADDRSTRLEN],
			       const struct lg_record *r)
{
	static const unsigned char none[16];

	if (r->host[0])
		return r->host;
	if (memcmp(r->addr, none, 16) == 0)
		return r->line;
	const int family =
		memcmp(r->addr + 4, none, 12) == 0 ? AF_INET : AF_INET6;
	return inet_ntop(family, r->addr, room, INET6_ADDRSTRLEN) ? room : "";
}

static struct source *find(struct count *c, const char *name)
{
	const size_t len = strlen(name);
	struct source *s = es_strmap_get(c->sources, name, len);

	if (s || es_strmap_count(c->sources) >= SOURCES_MAX)
		return s;
	s = calloc(1, sizeof(*s));
	if (s && es_strmap_put(c->sources, name, len, s) < 0) {
		free(s);
		s = NULL;
	}
	return s;
}

static int add(struct count *c, const struct lg_record *r)
{
	char room[INET6_ADDRSTRLEN];

	c->seen++;
	/* More may come in the last second, and counts cannot tell who counted
	   what: all of that second is for the next window. */
	if (r->when < c->logs->from || r->when >= c->logs->to ||
	    (r->user[0] == '\0' && r->line[0] == '\0' && r->host[0] == '\0'))
		return 0;
	struct source *const s = find(c, source_name(room, r));
	if (!s) {
		if (es_strmap_count(c->sources) < SOURCES_MAX)
			return -ENOMEM;
		c->logs->out->dropped++;
		return 0;
	}
	/* A name that nobody has may be a password: not even kept here. */
	if (!lg_user_exists(c->logs, r->user) ||
	    (s->count > 0 && strcmp(s->user, r->user) != 0))
		s->mixed = true;
	else
		memcpy(s->user, r->user, sizeof(s->user));
	if (s->count == 0 || r->when < s->first)
		s->first = r->when;
	if (s->count == 0 || r->when > s->last)
		s->last = r->when;
	s->count++;
	return 0;
}

static int take_forward(void *payload, const struct lg_record *r)
{
	struct count *const c = payload;
	const int rc = add(c, r);

	return rc ? rc : c->seen >= AT_MOST;
}

static int take_back(void *payload, const unsigned char *raw, uint64_t at)
{
	struct count *const c = payload;
	struct lg_record r;
	int rc = 0;

	(void)at;
	c->old = lg_record_time(raw, &c->layout) < c->logs->from ? c->old + 1
								 : 0;
	if (c->old)
		c->seen++;
	else if (lg_record_read(&r, raw, &c->layout))
		rc = add(c, &r);
	return rc ? rc : c->old >= AGREEING || c->seen >= AT_MOST;
}

static int count_file(struct count *c, const struct lg_files *files,
		      const struct lg_file *file)
{
	ES_CLEANUP(es_closep) int fd = lg_open_file(files->dir, file->name);

	if (fd < 0)
		return 0;
	if (file->packed)
		return lg_scan(fd, file, 0, take_forward, c);
	lg_layout_of(&c->layout, fd, file->size);
	return lg_scan_back(fd, &c->layout, file->size, take_back, c);
}

static int tell(struct count *c)
{
	size_t pos = 0, len;
	const char *key;
	void *value;
	int rc = 0;

	while (rc == 0 &&
	       es_strmap_each(c->sources, &pos, &key, &len, &value)) {
		const struct source *const s = value;
		char name[LG_RECORD_MAX] = { 0 };

		memcpy(name, key, len < sizeof(name) ? len : sizeof(name) - 1);
		const struct es_login_failure f = {
			.source = name,
			.user = s->mixed ? "" : s->user,
			.count = s->count,
			.first = s->first,
			.last = s->last,
		};
		rc = lg_add_failure(c->logs->out, &f);
	}
	return rc;
}

int lg_btmp_read(struct lg_logs *logs)
{
	ES_CLEANUP(lg_files_dispose) struct lg_files files = LG_FILES_INIT;
	ES_CLEANUP(free_sources) struct es_strmap *sources = es_strmap_new();
	struct count c = { .logs = logs, .sources = sources };
	int rc = lg_files_find(&files, logs->root, "var/log", "btmp");

	if (!sources)
		return -ENOMEM;
	for (size_t i = 0; rc >= 0 && i < files.n && c.seen < AT_MOST; i++)
		if (files.list[i].mtime >= logs->from)
			rc = count_file(&c, &files, &files.list[i]);
	/* The rest was not looked at. */
	if (c.seen >= AT_MOST)
		logs->out->dropped++;
	return rc < 0 ? rc : tell(&c);
}
