/* SPDX-License-Identifier: MIT */
/* cleanup.h - locals that free themselves when their scope ends */
#ifndef ETCSNAP_CLEANUP_H
#define ETCSNAP_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Ownership in this project is visible at the declaration:
 *
 *	ES_CLEANUP(es_closep) int fd = -1;		closed at scope end
 *	ES_CLEANUP(es_freep) char *s = NULL;		freed at scope end
 *	*out = es_steal_ptr(&s);			handed to the caller
 *
 * A function whose name ends in p takes the address of the variable, accepts
 * the empty value (-1, NULL) and is only ever called by the attribute.
 */

/**
 * ES_CLEANUP - call a function when a variable leaves its scope
 * @fn: function that is given the variable's address
 */
#define ES_CLEANUP(fn) __attribute__((cleanup(fn)))

/**
 * ES_DEFINE_CLEANUP - define fn##p for an object that @fn frees
 * @type: struct whose pointers are owned
 * @fn:   function that frees one; never called with NULL
 */
#define ES_DEFINE_CLEANUP(type, fn)        \
	static inline void fn##p(type **p) \
	{                                  \
		if (*p)                    \
			fn(*p);            \
	}

/**
 * es_steal_ptr - take the pointer out of an owned variable, leaving NULL
 * @pp: address of the variable, not NULL; evaluated twice
 *
 * Return: the pointer, now owned by the caller; NULL when there was none.
 */
#define es_steal_ptr(pp)                         \
	({                                       \
		__typeof__(*(pp)) es_p_ = *(pp); \
		*(pp) = NULL;                    \
		es_p_;                           \
	})

/**
 * es_steal_fd - take the descriptor out of an owned variable, leaving -1
 * @fd: address of the variable, not NULL
 *
 * Return: the descriptor, now owned by the caller; -1 when there was none.
 */
static inline int es_steal_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/**
 * es_freep - free() for ES_CLEANUP on any pointer from malloc
 * @p: address of the pointer; what it points to is freed, NULL is nothing
 */
static inline void es_freep(void *p)
{
	free(*(void **)p);
}

/**
 * es_closep - close() for ES_CLEANUP
 * @fd: address of the descriptor; -1 means nothing to close
 *
 * An error of close() is not told.
 */
static inline void es_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/**
 * es_fclosep - fclose() for ES_CLEANUP on streams that were only read
 * @f: address of the stream; NULL means nothing to close
 */
static inline void es_fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}

/**
 * es_closedirp - closedir() for ES_CLEANUP
 * @d: address of the directory stream; NULL means nothing to close
 */
static inline void es_closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

#endif
