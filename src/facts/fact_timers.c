/* SPDX-License-Identifier: MIT */
/* fact_timers.c - enabled timers of systemd, and when they go off */
#include "config.h"

#include "facts/units_priv.h"

#include "etcsnap/cleanup.h"
#include "etcsnap/quote.h"

#include <stdio.h>

/* Where unit files are, the first wins. Source: systemd.unit(5). */
static const char *const places[] = {
	"etc/systemd",
	"usr/local/lib/systemd",
	"usr/lib/systemd",
	"lib/systemd",
};

#define N_PLACES (sizeof(places) / sizeof(places[0]))

/* Longest path that is made of a place, a scope and two names, bytes. */
#define PATH_ROOM 1024

/* A timer whose unit file is being read. */
struct timer {
	const struct es_fact_source *src;
	struct es_buf *out;
	const struct es_unit *unit;
	struct es_buf values; /* "KEY=VALUE\n" of what holds so far */
};

static const char *scope_dir(const struct es_unit *unit)
{
	return strcmp(unit->scope, "systemd") == 0 ? "system" : "user";
}

/* "OnCalendar=daily" and the like add up; an empty one forgets them all. */
static void take_line(struct timer *t, const char *line, size_t len)
{
	const char *equals = memchr(line, '=', len);

	if (!equals || len < 3 || line[0] != 'O' || line[1] != 'n')
		return;
	const char *value = equals + 1;
	size_t key = (size_t)(equals - line);
	while (key > 0 && line[key - 1] == ' ')
		key--;
	while (value < line + len && (*value == ' ' || *value == '\t'))
		value++;
	if (value == line + len) {
		es_buf_reset(&t->values);
		return;
	}
	es_buf_add(&t->values, line, key);
	es_buf_addc(&t->values, '=');
	es_buf_add(&t->values, value, (size_t)(line + len - value));
	es_buf_addc(&t->values, '\n');
}

/* Returns 0, or a negative errno; -ENOENT where there is no such file. */
static int read_unit(struct timer *t, const char *path)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	int rc = es_fact_read(&b, t->src->root, path);
	bool inside = false;
	const char *line;
	size_t len;

	if (rc < 0)
		return rc;
	const char *p = es_buf_str(&b);
	const char *end = p + b.len;
	while ((line = es_fact_next(&p, end, &len))) {
		while (len > 0 && strchr(" \t\r", line[len - 1]))
			len--;
		const struct es_field f = { line, len };
		if (len > 0 && *line == '[')
			inside = es_field_is(&f, "[Timer]");
		else if (inside)
			take_line(t, line, len);
	}
	return 0;
}

/* The unit file itself; of "a@b.timer" it may be "a@.timer". */
static void read_fragment(struct timer *t, const char *name)
{
	const char *at = strchr(name, '@');
	char path[PATH_ROOM];

	for (size_t i = 0; i < N_PLACES; i++) {
		snprintf(path, sizeof(path), "%s/%s/%s", places[i],
			 scope_dir(t->unit), name);
		if (read_unit(t, path) == 0)
			return;
	}
	for (size_t i = 0; at && i < N_PLACES; i++) {
		snprintf(path, sizeof(path), "%s/%s/%.*s@.timer", places[i],
			 scope_dir(t->unit), (int)(at - name), name);
		if (read_unit(t, path) == 0)
			return;
	}
}

/* Additions to the unit file, the administrator's last. */
static void read_additions(struct timer *t, const char *name)
{
	char dir[PATH_ROOM], path[PATH_ROOM];
	char target[64];

	for (size_t i = N_PLACES; i-- > 0;) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf names = ES_BUF_INIT(1 << 20);

		/* With a merged /usr the last place is the one before it. */
		if (i == N_PLACES - 1 && es_fact_link(target, sizeof(target),
						      t->src->root, "lib") > 0)
			continue;
		snprintf(dir, sizeof(dir), "%s/%s/%s.d", places[i],
			 scope_dir(t->unit), name);
		if (es_fact_list(&names, t->src->root, dir) < 0)
			continue;
		const char *p = es_buf_str(&names), *end = p + names.len;
		for (size_t n; p < end; p += n + 1) {
			n = strlen(p);
			if (n < 6 || strcmp(p + n - 5, ".conf") != 0)
				continue;
			int len = snprintf(path, sizeof(path), "%s/%s", dir, p);
			if (len > 0 && (size_t)len < sizeof(path))
				(void)read_unit(t, path);
		}
	}
}

static int put_timer(void *payload, const struct es_unit *unit)
{
	const struct timer *common = payload;
	struct timer t = *common;
	const char *line;
	size_t len;

	if (!es_unit_is_timer(unit))
		return 0;
	es_unit_put(t.out, unit);
	if (strcmp(unit->relation, "masked") == 0)
		return t.out->failed;
	t.unit = unit;
	t.values = (struct es_buf)ES_BUF_INIT(1 << 20);
	read_fragment(&t, unit->name);
	read_additions(&t, unit->name);
	const char *p = es_buf_str(&t.values);
	const char *end = p + t.values.len;
	while ((line = es_fact_next(&p, end, &len))) {
		es_buf_addf(t.out, "%s ", unit->scope);
		es_fact_word(t.out, unit->name, strlen(unit->name));
		es_buf_addc(t.out, ' ');
		es_quote_term(t.out, line, len);
		es_buf_addc(t.out, '\n');
	}
	int rc = t.values.failed;
	es_buf_dispose(&t.values);
	return rc < 0 ? rc : t.out->failed;
}

int es_fact_timers(const struct es_fact_source *src, struct es_buf *out)
{
	struct timer common = { .src = src, .out = out };

	return es_units_each(src, put_timer, &common);
}
