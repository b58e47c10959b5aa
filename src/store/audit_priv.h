/* SPDX-License-Identifier: MIT */
/* audit_priv.h - what the files of the audit know of each other */
#ifndef ETCSNAP_STORE_AUDIT_PRIV_H
#define ETCSNAP_STORE_AUDIT_PRIV_H

#include "etcsnap/audit.h"

#include <pthread.h>
#include <stdatomic.h>

/**
 * struct es_audit - the objects of a repository
 * @st:      repository, while it is read
 * @io:      who is told
 * @threads: how many read
 * @lock:    guards calls of @io
 * @items:   sorted by id when all is read, owned
 * @n:       their number
 * @cap:     room for items
 * @totals:  what es_audit_totals() gives
 * @objects: objects read so far
 * @bytes:   bytes of them
 */
struct es_audit {
	struct es_store *st;
	const struct es_audit_io *io;
	unsigned int threads;
	pthread_mutex_t lock;
	struct es_audit_object *items;
	size_t n;
	size_t cap;
	struct es_audit_totals totals;
	atomic_ullong objects;
	atomic_ullong bytes;
};

/**
 * struct es_auditor - one thread's means of checking contents
 * @a:      audit
 * @sha1:   for ids
 * @sha256: for contents
 */
struct es_auditor {
	struct es_audit *a;
	struct es_digest *sha1;
	struct es_digest *sha256;
};

/** es_auditor_init - prepare; es_auditor_dispose(); Return: 0 or an errno */
int es_auditor_init(struct es_auditor *w, struct es_audit *a,
		    struct es_error *err);

/** es_auditor_dispose - free what es_auditor_init() made */
void es_auditor_dispose(struct es_auditor *w);

/**
 * es_auditor_check - judge an object by its whole content
 * @w:    thread
 * @o:    object; @kind is set, @good and @sha256 are to be
 * @data: content
 * @len:  its bytes
 *
 * Tells what is wrong.
 */
void es_auditor_check(struct es_auditor *w, struct es_audit_object *o,
		      const char *data, size_t len);

/** es_audit_tell - hand a finding on; from any thread */
void es_audit_tell(struct es_audit *a, const struct es_audit_finding *f);

/** es_audit_tell_object - an object is damaged; @problem says how */
void es_audit_tell_object(struct es_audit *a, const struct es_oid *id,
			  const char *problem);

/** es_audit_reserve - room for @more objects; Return: 0 or -ENOMEM */
int es_audit_reserve(struct es_audit *a, size_t more);

/**
 * es_audit_pack - check a pack; its objects are added
 * @a:    audit
 * @dir:  objects/pack, absolute
 * @stem: "pack-…" without ending
 * @err:  filled on failure
 *
 * Return: 0 or -ENOMEM; damage is none.
 */
int es_audit_pack(struct es_audit *a, const char *dir, const char *stem,
		  struct es_error *err);

/**
 * es_audit_loose - check a loose object; it is added
 * @w:    thread
 * @path: its file, absolute
 * @id:   what its name says
 * @err:  filled on failure
 *
 * Return: 0 or -ENOMEM; damage is none.
 */
int es_audit_loose(struct es_auditor *w, const char *path,
		   const struct es_oid *id, struct es_error *err);

/**
 * es_audit_derived - check the checksum that ends a file made from packs
 * @w:    thread
 * @path: file, absolute
 * @name: its name within the repository
 */
void es_audit_derived(struct es_auditor *w, const char *path, const char *name);

/**
 * es_audit_files - look at each file below objects/, and check it
 * @a:   audit
 * @err: filled on failure
 *
 * Return: 0 or a negative errno; damage is none.
 */
int es_audit_files(struct es_audit *a, struct es_error *err);

#endif
