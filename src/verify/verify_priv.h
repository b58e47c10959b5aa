/* SPDX-License-Identifier: MIT */
/* verify_priv.h - what the parts of verify know of each other */
#ifndef ETCSNAP_VERIFY_PRIV_H
#define ETCSNAP_VERIFY_PRIV_H

#include "etcsnap/audit.h"
#include "etcsnap/commit.h"
#include "etcsnap/strmap.h"
#include "etcsnap/verify.h"

#include <pthread.h>

/* Most bytes of one object that is read here. */
#define ES_VERIFY_MAX ((size_t)1 << 30)

/* A finding that waits until it is known to be no race with a run. */
struct es_verify_kept {
	enum es_verify_level level;
	const char *kind;
	size_t len;
	char *name; /* owned, as all below */
	char *problem;
	char *advice;
};

/* A commit of the branch main, oldest last. */
struct es_verify_link {
	struct es_oid id;
	int64_t when;
};

struct es_verify_ref {
	char *name; /* owned */
	struct es_oid oid;
	struct es_oid peeled;
};

struct es_verify {
	struct es_session *s;
	const struct es_verify_options *o;
	struct es_verify_totals *totals;
	pthread_mutex_t lock; /* guards findings and totals->levels */
	struct es_verify_kept *kept;
	size_t n_kept;
	size_t cap_kept;
	bool oom;		 /* a finding could not be kept */
	struct es_audit *audit;	 /* NULL where objects are not checked */
	struct es_strmap *pairs; /* trees of directories that were compared */
	struct es_verify_ref *refs;
	size_t n_refs;
	struct es_oid *boundary;
	size_t n_boundary;
	struct es_verify_link *chain; /* of main, newest first */
	size_t n_chain;
	struct es_oid behind; /* parent of the last one, if it was cut off */
	bool cut;
};

/* -------- verify.c */

/* What a finding is about. */
struct es_verify_about {
	const char *kind;
	const char *name;
	size_t len;
	const char *advice;
};

/* Tell a finding; from any thread. The format makes the problem. */
void es_verify_tell(struct es_verify *v, enum es_verify_level level,
		    const struct es_verify_about *about, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The same for what has an id. */
void es_verify_tell_id(struct es_verify *v, enum es_verify_level level,
		       const char *kind, const struct es_oid *id,
		       const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

bool es_verify_is_boundary(const struct es_verify *v, const struct es_oid *id);
const struct es_verify_ref *es_verify_ref(const struct es_verify *v,
					  const char *name);

/* Bytes of an object of a kind. 0; 1 it cannot be read, which is told, unless
 * the audit has told already; negative when memory ran out. */
int es_verify_read(struct es_verify *v, const struct es_oid *id,
		   enum es_kind kind, struct es_buf *out, struct es_error *err);

/* -------- commit_text.c */

/* The fields of a commit or tag that matter here. */
struct es_verify_commit {
	struct es_oid tree;   /* of a tag: the object it is of */
	enum es_kind kind;    /* of a tag: of that object */
	struct es_oid parent; /* the first, all zero = none */
	size_t parents;
	int64_t when;	  /* committer or tagger */
	const char *name; /* of a tag: its own, in the raw bytes */
	size_t name_len;
	struct es_buf payload; /* what a signature is over */
	struct es_buf signature;
};

#define ES_VERIFY_COMMIT_INIT                            \
	{                                                \
		.payload = ES_BUF_INIT(ES_VERIFY_MAX),   \
		.signature = ES_BUF_INIT(ES_VERIFY_MAX), \
	}

void es_verify_commit_dispose(struct es_verify_commit *c);
/* 0, -EILSEQ, or -ENOMEM. @each is called with every parent, if not NULL. */
int es_verify_commit_parse(struct es_verify_commit *c, const struct es_buf *raw,
			   int (*each)(void *payload, const struct es_oid *id),
			   void *payload);
int es_verify_tag_parse(struct es_verify_commit *c, const struct es_buf *raw);

/* -------- closure.c: from all references down to every blob */
int es_verify_closure(struct es_verify *v, struct es_error *err);

/* -------- manifests.c: a run's manifests against its trees */
int es_verify_manifests(struct es_verify *v, const struct es_oid *root,
			const struct es_oid *commit, struct es_error *err);

/* -------- chain.c: first parents, trailers, what channels were told */
int es_verify_chain(struct es_verify *v, struct es_error *err);
/* Place in the chain from the tip, SIZE_MAX when it is not on it. */
size_t es_verify_place(const struct es_verify *v, const struct es_oid *id);

/* -------- signatures.c */
int es_verify_signatures(struct es_verify *v, struct es_error *err);

/* -------- anchors.c: ids in mails and lists */
int es_verify_anchors(struct es_verify *v, struct es_error *err);

/* -------- anchor_text.c: what a line of a mail or list says */

/* A commit id somebody wrote down. */
struct es_anchor {
	char hex[ES_OID_HEX + 1];
	size_t digits;
	bool old;     /* first of OLD..NEW */
	int64_t when; /* when it was written, 0 = unknown */
	size_t line;
};

struct es_anchor_reader {
	void *payload;
	/* 0, or negative to end */
	int (*each)(void *payload, const struct es_anchor *a);
	int64_t when; /* of the mail */
	size_t line;
	bool mail;  /* the file has mails */
	bool head;  /* within the header of one */
	bool own;   /* within our header field, which may be folded */
	bool ours;  /* this mail has that field */
	bool dated; /* likewise within Date */
};

/* One line without its newline; the reader is all zero at first. */
int es_anchor_line(struct es_anchor_reader *r, const char *line, size_t len);
/* "Tue, 5 May 2026 12:00:00 +0200"; false when it is no such date. */
bool es_anchor_date(int64_t *out, const char *text, size_t len);

/* -------- verify_state.c: the cache against the tip */
int es_verify_state(struct es_verify *v, struct es_error *err);

/* -------- live.c, verify_packages.c: the machine */
int es_verify_live(struct es_verify *v, struct es_error *err);
int es_verify_packages(struct es_verify *v, struct es_error *err);

/* -------- excluded.c: what dpkg was told not to unpack */
struct es_excluded;
int es_excluded_new(struct es_excluded **out, const char *root,
		    struct es_error *err);
void es_excluded_free(struct es_excluded *x);
ES_DEFINE_CLEANUP(struct es_excluded, es_excluded_free)
bool es_excluded_has(const struct es_excluded *x, const char *path);

#endif
