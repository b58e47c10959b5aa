/* SPDX-License-Identifier: MIT */
/* audit.h - every byte of the repository read and checked */
#ifndef ETCSNAP_AUDIT_H
#define ETCSNAP_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/store.h"

/*
 * What git fsck does below the level of commits, and more of it: every object
 * of every pack and every loose one is inflated and hashed, every checksum of
 * packs, indexes and what is derived from them is computed, trees are in
 * order, references and boundary are read strictly. What belongs to what (the
 * closure) is the caller's: es_audit_find() tells which objects are there and
 * sound.
 *
 * Nothing is written and no lock is taken. Memory: 32 bytes an object, and for
 * each thread a few of the largest objects.
 */

/**
 * struct es_audit_finding - something that is not as it must be
 * @kind:    "object", "pack", "index", "file", "reference" or "boundary";
 *           static
 * @name:    object id, or path within the repository; bytes, NUL-terminated,
 *           not quoted
 * @problem: what is wrong; quoted for a terminal
 * @advice:  what to do, or NULL
 * @harmless: it costs at most room
 */
struct es_audit_finding {
	const char *kind;
	const char *name;
	const char *problem;
	const char *advice;
	bool harmless;
};

/**
 * struct es_audit_io - who is told; calls never overlap
 * @payload:  the caller's
 * @found:    called for each finding; its strings are valid during the call
 * @progress: called now and then with objects and bytes so far, or NULL
 */
struct es_audit_io {
	void *payload;
	void (*found)(void *payload, const struct es_audit_finding *f);
	void (*progress)(void *payload, uint64_t objects, uint64_t bytes);
};

/**
 * struct es_audit_object - an object that is stored
 * @id:      its id
 * @kind:    an es_kind, 0 when that is damaged
 * @good:    at least one copy of it is sound
 * @reached: for the caller: something refers to it
 * @mark:    for the caller
 * @sha256:  first eight bytes of the SHA-256 of a blob's content, as a number
 *           of the machine's order
 */
struct es_audit_object {
	struct es_oid id;
	uint8_t kind;
	bool good;
	bool reached;
	uint8_t mark;
	uint64_t sha256;
};

/**
 * struct es_audit_totals - how much was read
 * @objects: stored objects, copies counted
 * @bytes:   bytes of their content
 * @stored:  bytes of packs, indexes and loose objects on the disk
 * @packs:   packs
 * @loose:   loose objects
 */
struct es_audit_totals {
	uint64_t objects;
	uint64_t bytes;
	uint64_t stored;
	uint64_t packs;
	uint64_t loose;
};

/** struct es_audit - the objects of a repository, read and checked */
struct es_audit;

/**
 * es_audit_new - read and check all objects
 * @out:     owned; es_audit_free()
 * @st:      repository
 * @threads: how many read, 0 = as many as there are processors, at most 8
 * @io:      who is told
 * @err:     filled on failure; damage is none
 *
 * Return: 0, -ENOMEM, or a negative errno when the directory of objects cannot
 * be read.
 */
int es_audit_new(struct es_audit **out, struct es_store *st,
		 unsigned int threads, const struct es_audit_io *io,
		 struct es_error *err);

/**
 * es_audit_free - free the table of objects
 * @a: taken; NULL is allowed
 */
void es_audit_free(struct es_audit *a);
ES_DEFINE_CLEANUP(struct es_audit, es_audit_free)

/**
 * es_audit_totals - how much was read
 * @a: audit
 *
 * Return: borrowed from @a.
 */
const struct es_audit_totals *es_audit_totals(const struct es_audit *a);

/**
 * es_audit_count - number of different objects
 * @a: audit
 *
 * Return: how many es_audit_at() gives.
 */
size_t es_audit_count(const struct es_audit *a);

/**
 * es_audit_at - an object, in the order of ids
 * @a: audit
 * @i: its number from 0, less than es_audit_count()
 *
 * Return: borrowed; @reached and @mark are the caller's to set.
 */
struct es_audit_object *es_audit_at(struct es_audit *a, size_t i);

/**
 * es_audit_find - an object of an id
 * @a:  audit
 * @id: its id
 *
 * Return: borrowed; @reached and @mark are the caller's to set; NULL when
 * there is none.
 */
struct es_audit_object *es_audit_find(struct es_audit *a,
				      const struct es_oid *id);

/**
 * struct es_audit_ref - a reference
 * @name:   "refs/heads/main", bytes, NUL-terminated, not quoted
 * @oid:    what it points to
 * @peeled: what packed-refs says that a tag points to, all zero = nothing
 */
struct es_audit_ref {
	const char *name;
	struct es_oid oid;
	struct es_oid peeled;
};

/**
 * es_audit_refs - read all references
 * @st:      repository
 * @io:      is told of what is broken
 * @each:    called with each sound reference, in no order; a return below 0
 *           ends the reading
 * @payload: handed to @each
 * @err:     filled on failure; damage is none
 *
 * Symbolic references other than HEAD are findings, except for those of
 * remotes.
 *
 * Return: 0, what @each returned, or a negative errno.
 */
int es_audit_refs(struct es_store *st, const struct es_audit_io *io,
		  int (*each)(void *payload, const struct es_audit_ref *ref),
		  void *payload, struct es_error *err);

/**
 * es_audit_boundary - read the shallow boundary
 * @out: array, owned, free(); NULL when there is none
 * @n:   set to the number of ids
 * @st:  repository
 * @io:  is told when the file is broken; then what could be read counts
 * @err: filled on failure; damage is none
 *
 * Return: 0, -ENOMEM, or a negative errno of reading.
 */
int es_audit_boundary(struct es_oid **out, size_t *n, struct es_store *st,
		      const struct es_audit_io *io, struct es_error *err);

/**
 * es_audit_stamp - a number that changes when the repository does
 * @st: repository
 *
 * Of names, sizes and times of packs, references and boundary: what an audit
 * found while it changed may be no damage.
 *
 * Return: the number.
 */
uint64_t es_audit_stamp(const struct es_store *st);

#endif
