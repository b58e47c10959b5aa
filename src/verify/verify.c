/* SPDX-License-Identifier: MIT */
/* verify.c - is the repository whole: what is looked at in which order */
#include "config.h"

#include "verify/verify_priv.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Findings of one kind that are told one by one. */
#define TOLD_MAX 100
/* How often it looks again when the repository changed meanwhile. */
#define TRIES 3

const char *es_verify_level_name(enum es_verify_level level)
{
	switch (level) {
	case ES_VERIFY_NOTE:
		return "note";
	case ES_VERIFY_WARNING:
		return "warning";
	case ES_VERIFY_BAD:
		return "bad";
	case ES_VERIFY_LEVELS:
		break;
	}
	return "";
}

/* ---------------------------------------------------------------- findings */

static void kept_dispose(struct es_verify_kept *k)
{
	free(k->name);
	free(k->problem);
	free(k->advice);
}

static char *copy(const char *text, size_t len)
{
	char *out = malloc(len + 1);

	if (out) {
		memcpy(out, text, len);
		out[len] = '\0';
	}
	return out;
}

static bool grow(struct es_verify *v)
{
	const size_t cap = v->cap_kept ? 2 * v->cap_kept : 64;
	struct es_verify_kept *more;

	if (v->n_kept < v->cap_kept)
		return true;
	more = reallocarray(v->kept, cap, sizeof(*more));
	if (!more)
		return false;
	v->kept = more;
	v->cap_kept = cap;
	return true;
}

/* Of a kind that came too often only the number is kept. */
static bool is_enough(const struct es_verify *v, enum es_verify_level level,
		      const char *kind)
{
	size_t n = 0;

	if (v->o->all)
		return false;
	for (size_t i = 0; i < v->n_kept; i++)
		n += v->kept[i].level == level &&
		     strcmp(v->kept[i].kind, kind) == 0;
	return n >= TOLD_MAX;
}

static void keep(struct es_verify *v, enum es_verify_level level,
		 const struct es_verify_about *about, const char *problem)
{
	struct es_verify_kept *k;

	v->totals->levels[level]++;
	if (is_enough(v, level, about->kind))
		return;
	if (!grow(v)) {
		v->oom = true;
		return;
	}
	k = &v->kept[v->n_kept];
	*k = (struct es_verify_kept){
		.level = level,
		.kind = about->kind,
		.len = about->len,
		.name = copy(about->name, about->len),
		.problem = strdup(problem),
		.advice = about->advice ? strdup(about->advice) : NULL,
	};
	if (k->name && k->problem && (k->advice || !about->advice))
		v->n_kept++;
	else {
		kept_dispose(k);
		v->oom = true;
	}
}

__attribute__((format(printf, 4, 0))) static void
tell(struct es_verify *v, enum es_verify_level level,
     const struct es_verify_about *about, const char *fmt, va_list ap)
{
	char problem[2048];

	vsnprintf(problem, sizeof(problem), fmt, ap);
	pthread_mutex_lock(&v->lock);
	keep(v, level, about, problem);
	pthread_mutex_unlock(&v->lock);
}

void es_verify_tell(struct es_verify *v, enum es_verify_level level,
		    const struct es_verify_about *about, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(v, level, about, fmt, ap);
	va_end(ap);
}

void es_verify_tell_id(struct es_verify *v, enum es_verify_level level,
		       const char *kind, const struct es_oid *id,
		       const char *fmt, ...)
{
	char hex[ES_OID_HEX + 1];
	const struct es_verify_about about = { kind, es_oid_text(hex, id),
					       ES_OID_HEX, NULL };
	va_list ap;

	va_start(ap, fmt);
	tell(v, level, &about, fmt, ap);
	va_end(ap);
}

static void take_finding(void *payload, const struct es_audit_finding *f)
{
	const struct es_verify_about about = { f->kind, f->name,
					       strlen(f->name), f->advice };

	es_verify_tell(payload, f->harmless ? ES_VERIFY_NOTE : ES_VERIFY_BAD,
		       &about, "%s", f->problem);
}

static void progress(void *payload, uint64_t objects, uint64_t bytes)
{
	const struct es_verify *v = payload;

	v->o->progress(v->o->payload, objects, bytes);
}

/* ------------------------------------------------------------------- tools */

bool es_verify_is_boundary(const struct es_verify *v, const struct es_oid *id)
{
	for (size_t i = 0; i < v->n_boundary; i++)
		if (es_oid_equal(&v->boundary[i], id))
			return true;
	return false;
}

const struct es_verify_ref *es_verify_ref(const struct es_verify *v,
					  const char *name)
{
	for (size_t i = 0; i < v->n_refs; i++)
		if (strcmp(v->refs[i].name, name) == 0)
			return &v->refs[i];
	return NULL;
}

int es_verify_read(struct es_verify *v, const struct es_oid *id,
		   enum es_kind kind, struct es_buf *out, struct es_error *err)
{
	struct es_error why = ES_ERROR_INIT;
	const struct es_audit_object *o =
		v->audit ? es_audit_find(v->audit, id) : NULL;

	if (v->audit && (!o || !o->good))
		return 1;
	if (es_store_get(v->s->store, id, kind, out, &why) == 0)
		return 0;
	if (why.code == -ENOMEM)
		return es_fail_oom(err);
	es_verify_tell_id(v, ES_VERIFY_BAD, "object", id, "%s", why.msg);
	return 1;
}

/* --------------------------------------------------------------- all of it */

static int take_ref(void *payload, const struct es_audit_ref *ref)
{
	struct es_verify *v = payload;
	struct es_verify_ref *more =
		reallocarray(v->refs, v->n_refs + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	v->refs = more;
	more[v->n_refs] = (struct es_verify_ref){
		.name = strdup(ref->name),
		.oid = ref->oid,
		.peeled = ref->peeled,
	};
	return more[v->n_refs].name ? (v->n_refs++, 0) : -ENOMEM;
}

/* References before objects: what a run adds meanwhile is not missed. */
static int check_repository(struct es_verify *v, struct es_error *err)
{
	const struct es_audit_io io = {
		.payload = v,
		.found = take_finding,
		.progress = v->o->progress ? progress : NULL,
	};
	int rc;

	rc = es_audit_refs(v->s->store, &io, take_ref, v, err);
	if (rc == -ENOMEM)
		return es_fail_oom(err);
	if (rc < 0 || es_audit_boundary(&v->boundary, &v->n_boundary,
					v->s->store, &io, err) < 0)
		return err->code;
	if ((v->o->what & ES_VERIFY_OBJECTS) &&
	    (es_audit_new(&v->audit, v->s->store, v->o->threads, &io, err) <
		     0 ||
	     es_verify_closure(v, err) < 0))
		return err->code;
	if (es_verify_chain(v, err) < 0 || es_verify_signatures(v, err) < 0 ||
	    es_verify_anchors(v, err) < 0)
		return err->code;
	if (v->o->what & ES_VERIFY_OBJECTS)
		return es_verify_state(v, err);
	return 0;
}

static void verify_dispose(struct es_verify *v)
{
	for (size_t i = 0; i < v->n_kept; i++)
		kept_dispose(&v->kept[i]);
	for (size_t i = 0; i < v->n_refs; i++)
		free(v->refs[i].name);
	free(v->kept);
	free(v->refs);
	free(v->boundary);
	free(v->chain);
	es_strmap_free(v->pairs);
	es_audit_free(v->audit);
	pthread_mutex_destroy(&v->lock);
}

/* Those that were only counted, as one more line of their kind. */
static void tell_rest(const struct es_verify *v)
{
	uint64_t told[ES_VERIFY_LEVELS] = { 0 };
	char text[128];
	struct es_verify_finding f = { .kind = "more",
				       .name = "",
				       .problem = text };

	for (size_t i = 0; i < v->n_kept; i++)
		told[v->kept[i].level]++;
	for (int level = ES_VERIFY_LEVELS - 1; level >= 0; level--) {
		const uint64_t more = v->totals->levels[level] - told[level];

		if (more == 0)
			continue;
		snprintf(text, sizeof(text),
			 "%llu more, of kinds of which many are named above",
			 (unsigned long long)more);
		f.level = (enum es_verify_level)level;
		v->o->found(v->o->payload, &f);
	}
}

static void tell_level(const struct es_verify *v, enum es_verify_level level)
{
	for (size_t i = 0; i < v->n_kept; i++) {
		const struct es_verify_kept *k = &v->kept[i];
		const struct es_verify_finding f = {
			.level = k->level,
			.kind = k->kind,
			.name = k->name,
			.len = k->len,
			.problem = k->problem,
			.advice = k->advice,
		};

		if (k->level == level)
			v->o->found(v->o->payload, &f);
	}
}

/* What counts most is read first; else they stay in order. */
static void tell_all(const struct es_verify *v)
{
	tell_level(v, ES_VERIFY_BAD);
	tell_level(v, ES_VERIFY_WARNING);
	tell_level(v, ES_VERIFY_NOTE);
	tell_rest(v);
}

static int check_machine(struct es_verify *v, struct es_error *err)
{
	if ((v->o->what & ES_VERIFY_LIVE) && es_verify_live(v, err) < 0)
		return err->code;
	if ((v->o->what & ES_VERIFY_PACKAGES) && es_verify_packages(v, err) < 0)
		return err->code;
	return 0;
}

/*
 * A run, a prune or a push may have changed things between two looks; what was
 * found then is not believed while there are tries left. Return: 1 again.
 */
static int run_once(struct es_verify *v, bool last, struct es_error *err)
{
	const unsigned int inside = ES_VERIFY_OBJECTS | ES_VERIFY_HISTORY;
	const uint64_t before = es_audit_stamp(v->s->store);
	struct es_error why = ES_ERROR_INIT;
	int rc = 0;

	pthread_mutex_init(&v->lock, NULL);
	v->pairs = es_strmap_new();
	if (!v->pairs)
		return es_fail_oom(err);
	if (v->o->what & inside)
		rc = check_repository(v, &why);
	if ((rc < 0 || v->totals->levels[ES_VERIFY_BAD] ||
	     v->totals->levels[ES_VERIFY_WARNING]) &&
	    !last && es_audit_stamp(v->s->store) != before)
		return 1;
	if (rc == 0)
		rc = check_machine(v, &why);
	if (rc == 0 && v->oom)
		rc = es_fail_oom(&why);
	if (rc < 0)
		*err = why;
	else
		tell_all(v);
	return rc;
}

int es_verify_run(struct es_verify_totals *out, struct es_session *s,
		  const struct es_verify_options *options, struct es_error *err)
{
	int rc = 1;

	for (int i = 0; i < TRIES && rc == 1; i++) {
		ES_CLEANUP(verify_dispose)
		struct es_verify v = { .s = s, .o = options, .totals = out };

		*out = (struct es_verify_totals){ 0 };
		rc = run_once(&v, i + 1 == TRIES, err);
	}
	return rc;
}
