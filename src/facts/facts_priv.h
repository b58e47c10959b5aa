/* SPDX-License-Identifier: MIT */
/* facts_priv.h - what the files of facts share: where to read, how to write */
#ifndef ETCSNAP_FACTS_PRIV_H
#define ETCSNAP_FACTS_PRIV_H

#include "etcsnap/buf.h"
#include "etcsnap/facts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A fact is one function that appends lines in any order; es_fact_sort() then
 * brings them into the order of their bytes, each once. All functions return
 * 0 or a negative errno; ES_FACT_NONE says that there is no such thing here.
 *
 * Text that others control goes through es_fact_word() in the middle of a
 * line and through es_quote_term() at its end, where blanks may stay.
 */

/* Return of a fact that this system does not have. */
#define ES_FACT_NONE 1

/* Ceiling of one text, and of one file that a fact reads, bytes. */
#define ES_FACT_MAX ((size_t)64 << 20)

/*
 * Numbers that systemd gives to services for as long as they run; the user
 * database has them then (DynamicUser=). Source: systemd, UIDS-GIDS.md.
 */
#define ES_DYNAMIC_FIRST 61184
#define ES_DYNAMIC_LAST 65519

/* Where facts are read; tests put directories of their own here. */
struct es_fact_source {
	const struct es_facts_options *options;
	int root; /* descriptor of what stands for "/" */
	int proc; /* of /proc, -1 when not live */
	int sys;  /* of /sys, -1 when not live */
};

typedef int (*es_fact_fn)(const struct es_fact_source *src, struct es_buf *out);

int es_fact_bpf(const struct es_fact_source *src, struct es_buf *out);
int es_fact_groups(const struct es_fact_source *src, struct es_buf *out);
int es_fact_hardware(const struct es_fact_source *src, struct es_buf *out);
int es_fact_kernel(const struct es_fact_source *src, struct es_buf *out);
int es_fact_listening(const struct es_fact_source *src, struct es_buf *out);
int es_fact_modules(const struct es_fact_source *src, struct es_buf *out);
int es_fact_mounts(const struct es_fact_source *src, struct es_buf *out);
int es_fact_network(const struct es_fact_source *src, struct es_buf *out);
int es_fact_os(const struct es_fact_source *src, struct es_buf *out);
int es_fact_packages(const struct es_fact_source *src, struct es_buf *out);
int es_fact_services(const struct es_fact_source *src, struct es_buf *out);
int es_fact_sysctl(const struct es_fact_source *src, struct es_buf *out);
int es_fact_timers(const struct es_fact_source *src, struct es_buf *out);
int es_fact_users(const struct es_fact_source *src, struct es_buf *out);

/* Parts of "hardware" and "network" that have files of their own. */
int es_fact_disks(const struct es_fact_source *src, struct es_buf *out);

/* --- reading: facts_files.c ----------------------------------------------- */

/* The whole of a regular file, appended. */
int es_fact_read(struct es_buf *b, int dir, const char *path);

/*
 * The first line of a file without blanks at its ends, into an array; a
 * longer one is cut. Returns its length, or a negative errno.
 */
int es_fact_line(char *out, size_t room, int dir, const char *path);

/* Names of a directory, each with its NUL, sorted; without "." and "..". */
int es_fact_list(struct es_buf *names, int dir, const char *path);

/*
 * Target of the symbolic link @name right in @dir, NUL-terminated. Returns
 * its length or a negative errno.
 */
int es_fact_link(char *out, size_t room, int dir, const char *name);

/* --- writing: facts_lines.c ----------------------------------------------- */

/* One word: as es_quote_term(), with blanks as \x20; an empty one is "-". */
int es_fact_word(struct es_buf *out, const char *raw, size_t len);

/* "KEY VALUE" and a newline; nothing when the value is empty. */
int es_fact_put(struct es_buf *out, const char *key, const char *raw,
		size_t len);

/* Sort the lines by their bytes and drop repeated ones. */
int es_fact_sort(struct es_buf *out);

/*
 * Cut the next line off a text: *len bytes at the return, without newline.
 * @text is moved behind it. NULL at the end.
 */
const char *es_fact_next(const char **text, const char *end, size_t *len);

/* One of the fields of a line. */
struct es_field {
	const char *at; /* not terminated */
	size_t len;
};

/*
 * Cut a line at a separator; a run of blanks is one separator. Returns how
 * many fields there are, of which no more than @most are set.
 */
size_t es_fact_fields(struct es_field *out, size_t most, const char *line,
		      size_t len, char separator);

/* Whether a field is this string. */
bool es_field_is(const struct es_field *f, const char *s);

/* A decimal number at the start of a string; what follows it is not looked
 * at. Returns 0 where there is none. */
uint64_t es_fact_number(const char *s);

/* A number of bytes in the biggest binary unit that keeps it whole. */
int es_fact_size(struct es_buf *out, uint64_t bytes);

#endif
