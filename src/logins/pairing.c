/* SPDX-License-Identifier: MIT */
/* pairing.c - who logged in on a line until when, as last(1) tells it */
#include "config.h"

#include "logins/logins_priv.h"

#include <errno.h>
#include <string.h>

/*
 * last(1) goes backwards and looks for what ended a session: the next record
 * of the same line, a login or a logout, or else the next shutdown or boot.
 * Forwards that is: a record of a line ends what is open on it, a shutdown or
 * boot all that is open. Times play no part in it, so that a clock that was
 * set does no harm.
 *
 * There is one difference. Of a boot that nothing shut down last(1) says that
 * it went on, or that it ended with a later one; here it ended with a crash.
 */

/*
 * Sessions that are open at a time. There are more lines than that only where
 * a program makes up new ones and never says that they are done.
 */
#define OPEN_MAX ((size_t)16384)

/* Key of a session without a line; a line has no NUL. */
#define KEY_MAX 33

static void free_open(struct es_strmap **map)
{
	size_t pos = 0, len;
	const char *key;
	void *value;

	while (*map && es_strmap_each(*map, &pos, &key, &len, &value))
		free(value);
	es_strmap_free(*map);
	*map = NULL;
}

int lg_pairing_init(struct lg_pairing *p, struct lg_logs *logs)
{
	*p = (struct lg_pairing){ .logs = logs, .open = es_strmap_new() };
	return p->open ? 0 : -ENOMEM;
}

void lg_pairing_dispose(struct lg_pairing *p)
{
	free_open(&p->open);
}

static int tell(struct lg_pairing *p, const struct lg_record *r, int64_t end,
		enum es_login_end how)
{
	const struct es_login session = {
		.user = r->user,
		.line = r->line,
		.host = r->host,
		.service = "",
		.begin = r->when,
		.end = end,
		.how = how,
	};

	return lg_add_session(p->logs->out, &session);
}

static int tell_boot(struct lg_pairing *p, int64_t end, enum es_login_end how)
{
	if (!p->booted)
		return 0;
	const struct es_login session = {
		.user = "reboot",
		.line = "system boot",
		.host = p->boot.host,
		.service = "",
		.begin = p->boot.when,
		.end = end,
		.how = how,
	};
	p->booted = false;
	return lg_add_session(p->logs->out, &session);
}

/* Everything that is open ended at once, or, with @how open, did not. */
static int end_all(struct lg_pairing *p, int64_t end, enum es_login_end how)
{
	size_t pos = 0, len;
	const char *key;
	void *value;
	int rc = tell_boot(p, end, how);

	while (rc == 0 && es_strmap_each(p->open, &pos, &key, &len, &value)) {
		const struct lg_record *const r = value;
		enum es_login_end with = how;

		if (how == ES_LOGIN_OPEN && p->logs->live &&
		    lg_is_gone(p->logs, r->user, r->line, r->pid, r->when))
			with = ES_LOGIN_GONE;
		rc = tell(p, r, end, with);
	}
	if (rc < 0)
		return rc;
	free_open(&p->open);
	p->open = es_strmap_new();
	return p->open ? 0 : -ENOMEM;
}

/* Forgets what began before the window, as there is far too much open. */
static int forget_old(struct lg_pairing *p)
{
	ES_CLEANUP(free_open) struct es_strmap *all = p->open;
	size_t pos = 0, len;
	const char *key;
	void *value;

	p->open = es_strmap_new();
	if (!p->open)
		return -ENOMEM;
	while (es_strmap_each(all, &pos, &key, &len, &value)) {
		const struct lg_record *const r = value;

		if (r->when < p->logs->from)
			continue;
		struct lg_record *const copy = malloc(sizeof(*copy));
		if (!copy || es_strmap_put(p->open, key, len, copy) < 0) {
			free(copy);
			return -ENOMEM;
		}
		*copy = *r;
	}
	p->logs->out->dropped +=
		es_strmap_count(all) - es_strmap_count(p->open);
	return 0;
}

static int login(struct lg_pairing *p, const struct lg_record *r)
{
	char key[KEY_MAX] = { 0 };
	size_t len = strlen(r->line);

	memcpy(key, r->line, len);
	if (len == 0) {
		p->unnamed++;
		memcpy(key + 1, &p->unnamed, sizeof(p->unnamed));
		len = 1 + sizeof(p->unnamed);
	}
	if (es_strmap_count(p->open) >= OPEN_MAX) {
		const int rc = forget_old(p);

		if (rc < 0)
			return rc;
	}
	if (es_strmap_count(p->open) >= OPEN_MAX) {
		p->logs->out->dropped++;
		return 0;
	}
	struct lg_record *const copy = malloc(sizeof(*copy));
	if (!copy || es_strmap_put(p->open, key, len, copy) < 0) {
		free(copy);
		return -ENOMEM;
	}
	*copy = *r;
	return 0;
}

static int logout(struct lg_pairing *p, const struct lg_record *r)
{
	const size_t len = strlen(r->line);

	if (len == 0)
		return 0;
	ES_CLEANUP(es_freep)
	struct lg_record *was = es_strmap_take(p->open, r->line, len);
	return was ? tell(p, was, r->when, ES_LOGIN_LOGOUT) : 0;
}

int lg_pairing_push(void *pairing, const struct lg_record *r)
{
	struct lg_pairing *const p = pairing;
	int rc = 0;

	switch (lg_record_event(r)) {
	case LG_BOOT:
		rc = end_all(p, r->when, ES_LOGIN_CRASH);
		p->booted = true;
		p->boot = *r;
		break;
	case LG_DOWN:
		rc = end_all(p, r->when, ES_LOGIN_DOWN);
		break;
	case LG_LOGIN:
		rc = logout(p, r);
		if (rc == 0)
			rc = login(p, r);
		break;
	case LG_LOGOUT:
		rc = logout(p, r);
		break;
	case LG_NOTHING:
		break;
	}
	return rc;
}

int lg_pairing_end(struct lg_pairing *p)
{
	return end_all(p, 0, ES_LOGIN_OPEN);
}
