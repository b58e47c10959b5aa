/* SPDX-License-Identifier: MIT */
/* signatures.c - are the signatures of commits and tags good */
#include "config.h"

#include "verify/verify_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS_MAX 16
/* Where git looks for the files, too. */
#define ALLOWED "gpg.ssh.allowedSignersFile"
#define REVOKED "gpg.ssh.revocationFile"

/* A commit or tag to check. */
struct task {
	const char *kind; /* "commit" or "tag" */
	struct es_oid id;
	struct es_verify_commit text;
};

/* An unsigned commit; it matters only if an older one is signed. */
struct plain {
	struct es_oid id;
	bool said; /* it says itself why */
};

struct work {
	struct es_verify *v;
	struct es_sign_trust *trust;
	bool known;	      /* there is a file of allowed signers */
	bool wanted;	      /* commits are to be signed */
	int64_t began;	      /* when key and list were written last */
	pthread_mutex_t lock; /* guards all below */
	size_t ref;	      /* the next reference to begin with */
	struct es_oid at;     /* the next commit of a branch; all zero = none */
	struct plain *plain;
	size_t n_plain;
	bool any; /* a commit is signed */
	uint64_t good;
	uint64_t strangers; /* good ones of keys that nobody knows */
	int failed;
	struct es_error err;
};

static bool is_branch(const char *name)
{
	static const char *const ours[] = { "main", "daily", "monthly",
					    "logs" };
	const size_t n = strlen("refs/heads/");

	if (strncmp(name, "refs/heads/", n) != 0)
		return false;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcmp(name + n, ours[i]) == 0)
			return true;
	return false;
}

/* ----------------------------------------------------------- what is next */

static void end_branch(struct work *w)
{
	free(es_steal_ptr(&w->plain));
	w->n_plain = 0;
	memset(&w->at, 0, sizeof(w->at));
}

static int note_plain(struct work *w, const struct task *t)
{
	struct plain *more =
		reallocarray(w->plain, w->n_plain + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	w->plain = more;
	more[w->n_plain++] =
		(struct plain){ t->id, strstr(es_buf_str(&t->text.payload),
					      "\nUnsigned: ") };
	return 0;
}

/* An older commit is signed, so these should be. */
static void tell_plain(struct work *w)
{
	for (size_t i = 0; i < w->n_plain; i++) {
		const struct plain *p = &w->plain[i];

		if (p->said)
			es_verify_tell_id(w->v, ES_VERIFY_WARNING, "signature",
					  &p->id,
					  "could not be signed when it was "
					  "made; its trailer Unsigned tells "
					  "why");
		else
			es_verify_tell_id(
				w->v,
				w->wanted ? ES_VERIFY_BAD : ES_VERIFY_WARNING,
				"signature", &p->id,
				"has no signature, and an older commit has");
	}
	free(es_steal_ptr(&w->plain));
	w->n_plain = 0;
}

/* One step along a branch. 1 @t is to be checked, 0 not, negative. */
static int step(struct work *w, struct task *t)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf raw = ES_BUF_INIT(ES_VERIFY_MAX);
	int rc;

	t->kind = "commit";
	t->id = w->at;
	rc = es_verify_read(w->v, &t->id, ES_KIND_COMMIT, &raw, &w->err);
	if (rc < 0)
		return rc;
	if (rc > 0 ||
	    (rc = es_verify_commit_parse(&t->text, &raw, NULL, NULL)) < 0) {
		/* missing or damaged: told by others */
		end_branch(w);
		return rc == -ENOMEM ? rc : 0;
	}
	w->at = t->text.parent;
	if (t->text.signature.len == 0)
		rc = note_plain(w, t);
	else
		tell_plain(w);
	if (es_verify_is_boundary(w->v, &t->id) || es_oid_is_none(&w->at))
		end_branch(w);
	if (rc < 0 || t->text.signature.len == 0)
		return rc;
	w->any = true;
	return t->text.when >= w->v->o->since;
}

static int begin_tag(struct work *w, const struct es_verify_ref *ref,
		     struct task *t)
{
	static const char approved[] = "refs/tags/approved/";
	ES_CLEANUP(es_buf_dispose)
	struct es_buf raw = ES_BUF_INIT(ES_VERIFY_MAX);
	const struct es_verify_about about = { "signature", ref->name,
					       strlen(ref->name), NULL };
	struct es_error ignored = ES_ERROR_INIT;
	int rc;

	t->kind = "tag";
	t->id = ref->oid;
	if (es_store_get(w->v->s->store, &t->id, ES_KIND_TAG, &raw, &ignored) ==
	    0) {
		rc = es_verify_tag_parse(&t->text, &raw);
		if (rc == -ENOMEM)
			return rc;
		if (rc == 0 && t->text.signature.len > 0)
			return t->text.when >= w->v->o->since;
	}
	if (w->wanted && strncmp(ref->name, approved, strlen(approved)) == 0)
		es_verify_tell(w->v, ES_VERIFY_WARNING, &about,
			       "is an approval without a signature");
	return 0;
}

/* 1 @t is to be checked, 0 there is nothing more, negative. Lock held. */
static int next(struct work *w, struct task *t)
{
	int rc = 0;

	while (rc == 0) {
		es_verify_commit_dispose(&t->text);
		t->text = (struct es_verify_commit)ES_VERIFY_COMMIT_INIT;
		if (!es_oid_is_none(&w->at)) {
			rc = step(w, t);
			continue;
		}
		if (w->ref == w->v->n_refs)
			return 0;

		const struct es_verify_ref *ref = &w->v->refs[w->ref++];

		if (is_branch(ref->name))
			w->at = ref->oid;
		else if (strncmp(ref->name, "refs/tags/", 10) == 0)
			rc = begin_tag(w, ref, t);
	}
	return rc;
}

/* ----------------------------------------------------------------- verdict */

static void tell_verdict(struct work *w, const struct task *t,
			 enum es_sign_verdict verdict, const struct es_buf *who)
{
	const char *said = who->len ? es_buf_str(who) : "ssh-keygen: no reason";
	char when[ES_TIME_LEN];

	switch (verdict) {
	case ES_SIGN_GOOD:
		w->good++;
		return;
	case ES_SIGN_UNKNOWN:
		w->strangers++;
		if (w->known)
			es_verify_tell_id(w->v, ES_VERIFY_BAD, "signature",
					  &t->id,
					  "is a %s signed by a key that was no "
					  "allowed signer's at %s",
					  t->kind,
					  es_clock_iso(when, t->text.when));
		return;
	case ES_SIGN_REFUSED:
		es_verify_tell_id(w->v, ES_VERIFY_BAD, "signature", &t->id,
				  "is a %s signed by a key that is revoked, "
				  "or was not valid at %s: %s",
				  t->kind, es_clock_iso(when, t->text.when),
				  said);
		return;
	case ES_SIGN_BAD:
		es_verify_tell_id(w->v, ES_VERIFY_BAD, "signature", &t->id,
				  "is a %s with a signature of something "
				  "else: %s",
				  t->kind, said);
	}
}

static void check(struct work *w, const struct task *t)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf who = ES_BUF_INIT(65536);
	const struct es_signed s = {
		.data = t->text.payload.data,
		.data_len = t->text.payload.len,
		.signature = t->text.signature.data,
		.signature_len = t->text.signature.len,
		.when = t->text.when,
	};
	struct es_error err = ES_ERROR_INIT;
	const int rc = es_sign_verify(w->trust, &s, &who, &err);

	pthread_mutex_lock(&w->lock);
	if (rc >= 0) {
		tell_verdict(w, t, (enum es_sign_verdict)rc, &who);
	} else if (w->failed == 0) {
		w->failed = rc;
		w->err = err;
	}
	pthread_mutex_unlock(&w->lock);
}

static void *run(void *payload)
{
	struct work *w = payload;
	struct task t = { .text = ES_VERIFY_COMMIT_INIT };
	int rc;

	for (;;) {
		pthread_mutex_lock(&w->lock);
		rc = w->failed ? 0 : next(w, &t);
		if (rc < 0)
			w->failed = rc;
		pthread_mutex_unlock(&w->lock);
		if (rc <= 0)
			break;
		check(w, &t);
	}
	es_verify_commit_dispose(&t.text);
	return NULL;
}

static void run_all(struct work *w)
{
	pthread_t threads[THREADS_MAX];
	long n = w->v->o->threads ? (long)w->v->o->threads
				  : sysconf(_SC_NPROCESSORS_ONLN);
	int started = 0;

	if (n > THREADS_MAX)
		n = THREADS_MAX;
	while (started + 1 < n &&
	       pthread_create(&threads[started], NULL, run, w) == 0)
		started++;
	run(w);
	while (started > 0)
		pthread_join(threads[--started], NULL);
}

/* -------------------------------------------------------------- all of them */

/* A path as git reads it from its configuration. */
static int path_setting(struct es_buf *out, const struct es_store *st,
			const char *key, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf value = ES_BUF_INIT(65536);
	const char *home = getenv("HOME"), *path;

	if (es_store_setting(&value, st, key, err) < 0)
		return err->code;
	path = es_buf_str(&value);
	if (home && strncmp(path, "~/", 2) == 0)
		es_buf_addf(out, "%s%s", home, path + 1);
	else
		es_buf_adds(out, path);
	return es_buf_check(out, err);
}

static void note_began(struct work *w, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && st.st_mtime > w->began)
		w->began = st.st_mtime;
}

static int open_trust(struct work *w, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf allowed = ES_BUF_INIT(65536);
	ES_CLEANUP(es_buf_dispose) struct es_buf revoked = ES_BUF_INIT(65536);
	const struct es_session *s = w->v->s;

	if (path_setting(&allowed, s->store, ALLOWED, err) < 0 ||
	    path_setting(&revoked, s->store, REVOKED, err) < 0)
		return err->code;
	w->known = allowed.len > 0;
	note_began(w, es_buf_str(&allowed));
	note_began(w, es_conf_text(s->conf, ES_CONF_REPOSITORY_SIGN_KEY));
	w->wanted = es_conf_is_set(s->conf, ES_CONF_REPOSITORY_SIGN_KEY) &&
		    es_conf_number(s->conf, ES_CONF_REPOSITORY_SIGN) !=
			    ES_CONF_SIGN_NO;
	return es_sign_trust_new(&w->trust, w->known ? allowed.data : NULL,
				 revoked.len ? revoked.data : NULL, err);
}

/* No commit is signed. Where no run may be without, that is right only until
 * the first one after the key was made. */
static enum es_verify_level unsigned_level(const struct work *w)
{
	const struct es_verify *v = w->v;

	return es_conf_number(v->s->conf, ES_CONF_REPOSITORY_SIGN) ==
				       ES_CONF_SIGN_REQUIRE &&
			       v->chain[0].when > w->began
		       ? ES_VERIFY_BAD
		       : ES_VERIFY_WARNING;
}

static void tell_result(struct work *w)
{
	const struct es_verify_about keygen = { "signature", "signatures", 10,
						NULL };
	const struct es_verify_about strangers = {
		"signature", "signatures", 10,
		"'etcsnap init --sign', or name the file in " ALLOWED
		" of the repository"
	};

	w->v->totals->signed_good = w->good;
	if (w->failed)
		es_verify_tell(w->v, ES_VERIFY_BAD, &keygen,
			       "cannot be checked: %s", w->err.msg);
	if (w->strangers && !w->known)
		es_verify_tell(w->v, ES_VERIFY_WARNING, &strangers,
			       "%llu are whole, but nothing says whose keys "
			       "are trusted",
			       (unsigned long long)w->strangers);
	if (w->wanted && !w->any && w->v->n_chain)
		es_verify_tell(w->v, unsigned_level(w), &keygen,
			       "are missing: no commit has one, though "
			       "sign_key is set");
}

int es_verify_signatures(struct es_verify *v, struct es_error *err)
{
	struct work w = { .v = v, .err = ES_ERROR_INIT };
	int rc = open_trust(&w, err);

	if (rc < 0)
		return rc;
	pthread_mutex_init(&w.lock, NULL);
	run_all(&w);
	end_branch(&w);
	pthread_mutex_destroy(&w.lock);
	es_sign_trust_free(w.trust);
	if (w.failed == -ENOMEM)
		return es_fail_oom(err);
	tell_result(&w);
	return 0;
}
