/* SPDX-License-Identifier: MIT */
/* conf_priv.h - what the files of the configuration reader share */
#ifndef ETCSNAP_CONFIG_CONF_PRIV_H
#define ETCSNAP_CONFIG_CONF_PRIV_H

#include "etcsnap/conf.h"

#include "config/pool_priv.h"

/* Where files are by default; configure says. */
#ifndef ETCSNAP_SYSCONFDIR
#define ETCSNAP_SYSCONFDIR "/etc"
#endif
#ifndef ETCSNAP_LOCALSTATEDIR
#define ETCSNAP_LOCALSTATEDIR "/var"
#endif

/* Bytes of a line, and of what stands between [ and ]. inih would cut the
 * latter at 49 without a word. */
#define ES_CONF_LINE_MAX 65536
#define ES_CONF_HEADER_MAX 48

/* Row of a key of [report] or [state], ES_CONF_REPORT_URL or after it. */
const struct es_conf_key *es_conf_report_key(enum es_conf_id id);

/* Row of a key of [channel NAME], ES_CONF_CHANNEL_TYPE or after it. */
const struct es_conf_key *es_conf_channel_key(enum es_conf_id id);

/**
 * struct es_conf_slot - values of one key
 * @v:       values, strings in the pool of the configuration
 * @n:       their number
 * @cap:     room in @v
 * @touched: a file or option named the key
 * @cleared: an empty value cleared it (values may have come after)
 */
struct es_conf_slot {
	struct es_conf_value *v;
	size_t n;
	size_t cap;
	bool touched;
	bool cleared;
};

/**
 * struct es_conf_section - a [section NAME]
 * @section: word before the name, from the table
 * @name:    in the pool
 * @file:    where it appeared first
 * @line:    likewise
 * @slot:    values of its keys
 */
struct es_conf_section {
	const char *section;
	const char *name;
	const char *file;
	unsigned int line;
	struct es_conf_slot slot[ES_CONF_COUNT];
};

/**
 * struct es_conf - a configuration
 * @pool:     owns every string
 * @slot:     values of keys of unnamed sections
 * @fallback: defaults in the form of values
 * @sections: named sections in order of appearance, owned
 * @n:        their number
 * @cap:      room in @sections
 * @names:    their names, kind by kind as the table orders the kinds
 */
struct es_conf {
	struct es_pool pool;
	struct es_conf_slot slot[ES_CONF_COUNT];
	struct es_conf_value fallback[ES_CONF_COUNT];
	struct es_conf_section **sections;
	size_t n;
	size_t cap;
	const char **names;
};

/* conf.c */

/** es_conf_new - Return: owned, without values; NULL when memory ran out */
struct es_conf *es_conf_new(void);

/**
 * es_conf_slot - values of a key
 * @conf: configuration
 * @id:   key
 * @name: name of the section for keys of named ones, else NULL
 *
 * Return: borrowed; NULL where no section has that name.
 */
const struct es_conf_slot *es_conf_slot(const struct es_conf *conf,
					enum es_conf_id id, const char *name);

/**
 * es_conf_section_get - the named section, made if it is new
 * @conf:    configuration
 * @section: word before the name, from the table
 * @name:    name
 * @at:      origin, for a new one; @at->text is not used
 *
 * Return: borrowed, NULL when memory ran out.
 */
struct es_conf_section *es_conf_section_get(struct es_conf *conf,
					    const char *section,
					    const char *name,
					    const struct es_conf_value *at);

/**
 * es_conf_put - check a value and store it
 * @conf:  configuration
 * @slot:  values of the key
 * @id:    key
 * @value: value and origin; copied, but @value->file is kept as it is
 * @err:   filled on failure, without the origin
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int es_conf_put(struct es_conf *conf, struct es_conf_slot *slot,
		enum es_conf_id id, const struct es_conf_value *value,
		struct es_error *err);

/* conf_read.c */

/**
 * es_conf_read - read one file's text into a configuration
 * @conf: configuration
 * @text: bytes
 * @len:  their number
 * @file: name of the file, kept as it is
 * @err:  filled on failure, with FILE:LINE
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int es_conf_read(struct es_conf *conf, const char *text, size_t len,
		 const char *file, struct es_error *err);

/**
 * es_conf_load_tree - read a main file and the conf.d beside it
 * @out:  owned
 * @main: main file; it and conf.d may be missing
 * @err:  filled on failure
 *
 * Return: as es_conf_load().
 */
int es_conf_load_tree(struct es_conf **out, const char *main,
		      struct es_error *err);

/* conf_check.c */

/**
 * es_conf_check_value - whether a text is a value of a key
 * @key:  row of the table
 * @text: not empty
 * @err:  filled on failure, without the origin
 *
 * Return: 0 or -EINVAL.
 */
int es_conf_check_value(const struct es_conf_key *key, const char *text,
			struct es_error *err);

/**
 * es_conf_check_number - value of a BOOL, NUMBER, BYTES or SECONDS key
 * @key:  row of the table
 * @text: not empty
 * @out:  set to the number
 * @err:  filled on failure, without the origin
 *
 * Return: 0 or -EINVAL.
 */
int es_conf_check_number(const struct es_conf_key *key, const char *text,
			 int64_t *out, struct es_error *err);

/**
 * es_conf_check_all - what only the whole configuration can tell
 * @conf: configuration, completely read
 * @err:  filled on failure, with FILE:LINE
 *
 * Return: 0 or -EINVAL.
 */
int es_conf_check_all(const struct es_conf *conf, struct es_error *err);

#endif
