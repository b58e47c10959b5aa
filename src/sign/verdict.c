/* SPDX-License-Identifier: MIT */
/* verdict.c - check SSH signatures by ssh-keygen */
#include "config.h"

#include "etcsnap/sign.h"

#include "etcsnap/base64.h"
#include "etcsnap/quote.h"
#include "etcsnap/spawn.h"
#include "etcsnap/strmap.h"

#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Seconds for one call of ssh-keygen. */
#define DEADLINE 30
/* Where it finds what es_spawn.file holds. */
#define FILE_NAME "/dev/fd/3"

struct es_sign_trust {
	char *allowed;
	char *revoked;
	pthread_mutex_t lock;	 /* guards the map */
	struct es_strmap *names; /* public key -> principals, one a line */
};

/* One signature being checked. */
struct check {
	struct es_sign_trust *t;
	const struct es_signed *s;
	char when[64]; /* option for the time */
	struct es_buf said;
	struct es_error *err;
};

int es_sign_trust_new(struct es_sign_trust **out, const char *allowed,
		      const char *revoked, struct es_error *err)
{
	ES_CLEANUP(es_sign_trust_freep)
	struct es_sign_trust *t = calloc(1, sizeof(*t));

	if (!t)
		return es_fail_oom(err);
	pthread_mutex_init(&t->lock, NULL);
	t->names = es_strmap_new();
	t->allowed = allowed ? strdup(allowed) : NULL;
	t->revoked = revoked ? strdup(revoked) : NULL;
	if (!t->names || (allowed && !t->allowed) || (revoked && !t->revoked))
		return es_fail_oom(err);
	*out = es_steal_ptr(&t);
	return 0;
}

void es_sign_trust_free(struct es_sign_trust *t)
{
	const char *key;
	size_t len, pos = 0;
	void *names;

	if (!t)
		return;
	while (t->names && es_strmap_each(t->names, &pos, &key, &len, &names))
		free(names);
	es_strmap_free(t->names);
	pthread_mutex_destroy(&t->lock);
	free(t->allowed);
	free(t->revoked);
	free(t);
}

/*
 * The public key within a signature: armor off, then "SSHSIG", a version, and
 * the key with its length before it.
 */
static int find_key(struct es_buf *raw, const struct es_signed *s,
		    const char **key, size_t *len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(65536);
	const char *at = memchr(s->signature, '\n', s->signature_len);
	const char *end = s->signature + s->signature_len;
	uint32_t n;

	for (; at && at < end && *at != '-'; at++)
		if (*at != '\n' && *at != '\r')
			es_buf_addc(&text, *at);
	if (es_base64_decode(raw, es_buf_str(&text), text.len) < 0 ||
	    raw->len < 14 || memcmp(raw->data, "SSHSIG", 6) != 0)
		return -EINVAL;
	memcpy(&n, raw->data + 10, sizeof(n));
	*len = be32toh(n);
	*key = raw->data + 14;
	return *len > 0 && *len <= raw->len - 14 ? 0 : -EINVAL;
}

/* Runs ssh-keygen; its exit status, or negative. */
static int keygen(struct check *c, const char *const *argv, bool with_data,
		  struct es_buf *out)
{
	static const char *const zone[] = { "TZ", "TZDIR", NULL };
	const struct es_spawn job = {
		.argv = argv,
		.pass = zone,
		.input = with_data ? c->s->data : NULL,
		.input_len = c->s->data_len,
		.file = c->s->signature,
		.file_len = c->s->signature_len,
		.out = out,
		.complaint = &c->said,
		.seconds = DEADLINE,
	};

	es_buf_reset(&c->said);
	if (out)
		es_buf_reset(out);
	return es_spawn_run(&job, c->err);
}

/* Who the key belongs to at that time: lines. Return: 1, 0 nobody, negative. */
static int ask_names(struct check *c, struct es_buf *out)
{
	const char *const argv[] = {
		"ssh-keygen", "-Y",	 "find-principals", "-f", c->t->allowed,
		"-s",	      FILE_NAME, c->when,	    NULL
	};
	const int rc = keygen(c, argv, false, out);

	if (rc < 0)
		return rc;
	return rc == 0 && out->len > 0;
}

/* Is it signed by this name? The one with whose key it is, says git. */
static int ask_verify(struct check *c, const char *name)
{
	const char *argv[] = { "ssh-keygen", "-Y", "verify",	  "-n",
			       "git",	     "-f", c->t->allowed, "-I",
			       name,	     "-s", FILE_NAME,	  c->when,
			       NULL,	     NULL, NULL };
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(65536);
	size_t n = 12;

	if (c->t->revoked) {
		argv[n++] = "-r";
		argv[n++] = c->t->revoked;
	}
	return keygen(c, argv, true, &out);
}

static int ask_integrity(struct check *c)
{
	static const char *const argv[] = {
		"ssh-keygen", "-Y", "check-novalidate", "-n",
		"git",	      "-s", FILE_NAME,		NULL
	};
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(65536);

	return keygen(c, argv, true, &out);
}

/* Whether one of the names has signed; sets @who. 1, 0, or negative. */
static int try_names(struct check *c, const char *names, struct es_buf *who)
{
	while (*names) {
		const size_t len = strcspn(names, "\n");
		ES_CLEANUP(es_freep) char *name = strndup(names, len);
		int rc;

		if (!name)
			return es_fail_oom(c->err);
		rc = len ? ask_verify(c, name) : 1;
		if (rc < 0)
			return rc;
		if (rc == 0) {
			es_buf_reset(who);
			es_quote_term(who, name, len);
			return 1;
		}
		names += len + (names[len] == '\n');
	}
	return 0;
}

static char *known_names(struct es_sign_trust *t, const char *key, size_t len)
{
	const char *names;
	char *copy = NULL;

	pthread_mutex_lock(&t->lock);
	names = es_strmap_get(t->names, key, len);
	if (names)
		copy = strdup(names);
	pthread_mutex_unlock(&t->lock);
	return copy;
}

/* Most commits have one signer: asked once, then only verified. */
static void keep_names(struct es_sign_trust *t, const char *key, size_t len,
		       const char *names)
{
	char *copy = strdup(names);

	pthread_mutex_lock(&t->lock);
	if (copy && !es_strmap_get(t->names, key, len) &&
	    es_strmap_put(t->names, key, len, copy) == 0)
		copy = NULL;
	pthread_mutex_unlock(&t->lock);
	free(copy);
}

static int find_signer(struct check *c, struct es_buf *who, bool *known)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(65536);
	ES_CLEANUP(es_buf_dispose) struct es_buf names = ES_BUF_INIT(65536);
	ES_CLEANUP(es_freep) char *cached = NULL;
	const char *key = NULL;
	size_t len = 0;
	int rc = 0;

	*known = false;
	if (!c->t->allowed)
		return 0;
	if (find_key(&raw, c->s, &key, &len) == 0)
		cached = known_names(c->t, key, len);
	if (cached)
		rc = try_names(c, cached, who);
	*known = cached;
	if (rc != 0)
		return rc;
	/* the names may have been those of another time */
	rc = ask_names(c, &names);
	if (rc <= 0)
		return rc;
	*known = true;
	rc = try_names(c, es_buf_str(&names), who);
	if (rc > 0 && key)
		keep_names(c->t, key, len, es_buf_str(&names));
	return rc;
}

/* The time in the local zone, as git hands it over. */
static void set_when(struct check *c)
{
	const time_t when = (time_t)c->s->when;
	struct tm tm;

	if (!localtime_r(&when, &tm) ||
	    !strftime(c->when, sizeof(c->when), "-Overify-time=%Y%m%d%H%M%S",
		      &tm))
		snprintf(c->when, sizeof(c->when), "-q");
}

static int judge(struct check *c, struct es_buf *who)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(65536);
	bool known;
	int rc = find_signer(c, who, &known);

	if (rc != 0)
		return rc < 0 ? rc : ES_SIGN_GOOD;
	es_spawn_reason(&said, &c->said);
	rc = ask_integrity(c);
	if (rc < 0)
		return rc;
	es_buf_reset(who);
	if (rc == 0) {
		es_buf_add(who, said.data, said.len);
		return known ? ES_SIGN_REFUSED : ES_SIGN_UNKNOWN;
	}
	es_spawn_reason(who, &c->said);
	return ES_SIGN_BAD;
}

int es_sign_verify(struct es_sign_trust *t, const struct es_signed *s,
		   struct es_buf *who, struct es_error *err)
{
	struct check c = {
		.t = t, .s = s, .said = ES_BUF_INIT(65536), .err = err
	};
	int rc;

	if (t->allowed && access(t->allowed, R_OK) < 0)
		return es_fail_errno(err, "cannot read %s", ES_Q(t->allowed));
	if (t->revoked && access(t->revoked, R_OK) < 0)
		return es_fail_errno(err, "cannot read %s", ES_Q(t->revoked));
	set_when(&c);
	es_buf_reset(who);
	rc = judge(&c, who);
	es_buf_dispose(&c.said);
	return rc;
}
