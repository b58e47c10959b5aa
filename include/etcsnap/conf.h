/* SPDX-License-Identifier: MIT */
/* conf.h - the configuration: one table of keys, values with their origin */
#ifndef ETCSNAP_CONF_H
#define ETCSNAP_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/buf.h"
#include "etcsnap/error.h"

/*
 * One row of the table in conf_table.c says all there is to know of a key;
 * the reader, "config check", "config show", the shipped etcsnap.conf and the
 * key section of etcsnap.conf(5) are made from it or checked against it.
 *
 * Reading order: the main file, then conf.d/[*].conf beside it in byte order;
 * with an explicit file (-c) that file alone. A repeated key is a list; later
 * files add; an empty value clears what came before. Everything has a
 * default, so no file at all is a valid configuration.
 */

/**
 * enum es_conf_id - keys of the table, by section
 *
 * Keys of named sections ([rule NAME]) stand in the table once and have
 * values per section name.
 */
enum es_conf_id {
	ES_CONF_REPOSITORY_PATH,
	ES_CONF_REPOSITORY_SIGN_KEY,
	ES_CONF_REPOSITORY_SIGN,
	ES_CONF_RETENTION_MAIN,
	ES_CONF_RETENTION_DAILY,
	ES_CONF_RETENTION_MONTHLY,
	ES_CONF_RETENTION_PRUNE,
	ES_CONF_RETENTION_MAX_BACKLOG,
	ES_CONF_RETENTION_MAX_REPO_SIZE,
	ES_CONF_RETENTION_SHORTEN,
	ES_CONF_COLLECT_PARTS,
	ES_CONF_COLLECT_THREADS,
	ES_CONF_COLLECT_NETWORK,
	ES_CONF_COLLECT_WAIT,
	ES_CONF_COLLECT_NICE,
	ES_CONF_COLLECT_IO,
	ES_CONF_COLLECT_RATE,
	ES_CONF_HOOKS_DIR,
	ES_CONF_HOOKS_TIMEOUT,
	ES_CONF_FILES_DEFAULTS,
	ES_CONF_FILES_INCLUDE,
	ES_CONF_FILES_EXCLUDE,
	ES_CONF_FILES_HOME,
	ES_CONF_FILES_MAX_SIZE,
	ES_CONF_FILES_MIRROR_BINARY_MAX,
	ES_CONF_RULE_MATCH,
	ES_CONF_RULE_CLASS,
	ES_CONF_RULE_MASK,
	ES_CONF_RULE_SEVERITY,
	ES_CONF_RULE_TAGS,
	ES_CONF_RULE_RECORD,
	ES_CONF_RULE_IGNORE_LINES,
	ES_CONF_RULE_MAX_SIZE,
	ES_CONF_RULE_PARANOID,
	ES_CONF_RULE_NOINODE,
	ES_CONF_RULE_NOTIME,
	ES_CONF_RULE_GROWING,
	ES_CONF_RECORD_ATTRIBUTES,
	ES_CONF_CHECK_ENABLED,
	ES_CONF_CHECK_SEVERITY,
	ES_CONF_CHECK_LIST,
	ES_CONF_COMMAND_RUN,
	ES_CONF_COMMAND_SHELL,
	ES_CONF_COMMAND_USER,
	ES_CONF_COMMAND_TIMEOUT,
	ES_CONF_COMMAND_MAX_OUTPUT,
	ES_CONF_COMMAND_CWD,
	ES_CONF_COMMAND_ENV,
	ES_CONF_COMMAND_DROP,
	ES_CONF_COMMAND_REPLACE,
	ES_CONF_COMMAND_SORT,
	ES_CONF_COMMAND_EVERY,
	ES_CONF_COMMAND_VOLATILE,
	ES_CONF_COMMAND_OPTIONAL,
	ES_CONF_REPORT_URL,
	ES_CONF_REPORT_FLAP_TIMES,
	ES_CONF_REPORT_FLAP_DAYS,
	ES_CONF_REPORT_TEMPLATES,
	ES_CONF_STATE_DISK_FULL,
	ES_CONF_STATE_DISK_DAYS,
	ES_CONF_STATE_LOAD,
	ES_CONF_STATE_MEMORY,
	ES_CONF_STATE_NET_ERRORS,
	ES_CONF_STATE_FAILED_LOGINS,
	ES_CONF_STATE_UPDATES,
	ES_CONF_STATE_FINDINGS,
	ES_CONF_STATE_RUN_AGE,
	ES_CONF_STATE_FULL_AGE,
	ES_CONF_CHANNEL_TYPE,
	ES_CONF_CHANNEL_SERVICE,
	ES_CONF_CHANNEL_WHEN,
	ES_CONF_CHANNEL_MIN_SEVERITY,
	ES_CONF_CHANNEL_URGENT,
	ES_CONF_CHANNEL_PATHS,
	ES_CONF_CHANNEL_TAGS,
	ES_CONF_CHANNEL_HOSTS,
	ES_CONF_CHANNEL_HOLD_OFF,
	ES_CONF_CHANNEL_QUIET,
	ES_CONF_CHANNEL_SKIP_EMPTY,
	ES_CONF_CHANNEL_CONTENT,
	ES_CONF_CHANNEL_LEVEL,
	ES_CONF_CHANNEL_TEMPLATE,
	ES_CONF_CHANNEL_HTML,
	ES_CONF_CHANNEL_SUBJECT,
	ES_CONF_CHANNEL_PREFIX,
	ES_CONF_CHANNEL_MAX_LINES,
	ES_CONF_CHANNEL_MAX_SIZE,
	ES_CONF_CHANNEL_ATTACH,
	ES_CONF_CHANNEL_ONE_PER,
	ES_CONF_CHANNEL_TO,
	ES_CONF_CHANNEL_CC,
	ES_CONF_CHANNEL_BCC,
	ES_CONF_CHANNEL_FROM,
	ES_CONF_CHANNEL_REPLY_TO,
	ES_CONF_CHANNEL_URL,
	ES_CONF_CHANNEL_URL_FILE,
	ES_CONF_CHANNEL_TLS,
	ES_CONF_CHANNEL_AUTH,
	ES_CONF_CHANNEL_USER,
	ES_CONF_CHANNEL_PASSWORD_FILE,
	ES_CONF_CHANNEL_TOKEN_FILE,
	ES_CONF_CHANNEL_TOKEN_HEADER,
	ES_CONF_CHANNEL_CA_FILE,
	ES_CONF_CHANNEL_PIN,
	ES_CONF_CHANNEL_LIST_ID,
	ES_CONF_CHANNEL_SIGN,
	ES_CONF_CHANNEL_SIGN_TYPE,
	ES_CONF_CHANNEL_METHOD,
	ES_CONF_CHANNEL_HEADER,
	ES_CONF_CHANNEL_HEADER_FILE,
	ES_CONF_CHANNEL_EXPECT,
	ES_CONF_CHANNEL_HMAC_FILE,
	ES_CONF_CHANNEL_HMAC_HEADER,
	ES_CONF_CHANNEL_PROXY,
	ES_CONF_CHANNEL_TIMEOUT,
	ES_CONF_CHANNEL_SET,
	ES_CONF_CHANNEL_FAIL_POINTER,
	ES_CONF_CHANNEL_FIND_URL,
	ES_CONF_CHANNEL_FIND_POINTER,
	ES_CONF_CHANNEL_COMMENT_URL,
	ES_CONF_CHANNEL_COMMENT_METHOD,
	ES_CONF_CHANNEL_COMMENT_TEMPLATE,
	ES_CONF_CHANNEL_FORMAT,
	ES_CONF_CHANNEL_FACILITY,
	ES_CONF_CHANNEL_DIR,
	ES_CONF_CHANNEL_KEEP,
	ES_CONF_CHANNEL_RUN,
	ES_CONF_COUNT,
};

/**
 * enum es_conf_type - how a value is read and checked
 * @ES_CONF_T_BOOL:    yes|no|true|false|on|off
 * @ES_CONF_T_NUMBER:  decimal, between min and max
 * @ES_CONF_T_BYTES:   number with optional K, M, G (1024)
 * @ES_CONF_T_SECONDS: duration as es_clock_duration(); a plain number is
 *                     seconds
 * @ES_CONF_T_IO:      normal|low|idle
 * @ES_CONF_T_SIGN:    require|allow|no
 * @ES_CONF_T_PATH:    absolute path
 * @ES_CONF_T_GLOB:    path pattern, see glob.h
 * @ES_CONF_T_REGEX:   PCRE2 regular expression with one group
 * @ES_CONF_T_CLASS:   mirror|digest|secret
 * @ES_CONF_T_WORDS:   words of letters, digits and _ - . : with blanks between
 * @ES_CONF_T_RECORD:  attributes and sets of them, each with + or - before it
 *                     or neither
 * @ES_CONF_T_SEVERITY: info|notice|warning|critical
 * @ES_CONF_T_TEXT:    any text
 * @ES_CONF_T_ENV:     NAME=VALUE of an environment
 * @ES_CONF_T_LINE:    PCRE2 regular expression for lines, see linefilter.h
 * @ES_CONF_T_REPLACE: "REGEX => TEXT", likewise
 * @ES_CONF_T_KEEP:    how much of a branch is kept, see keep.h
 * @ES_CONF_T_PRUNE:   daily|never
 */
enum es_conf_type {
	ES_CONF_T_BOOL,
	ES_CONF_T_NUMBER,
	ES_CONF_T_BYTES,
	ES_CONF_T_SECONDS,
	ES_CONF_T_IO,
	ES_CONF_T_SIGN,
	ES_CONF_T_PATH,
	ES_CONF_T_GLOB,
	ES_CONF_T_REGEX,
	ES_CONF_T_CLASS,
	ES_CONF_T_WORDS,
	ES_CONF_T_RECORD,
	ES_CONF_T_SEVERITY,
	ES_CONF_T_TEXT,
	ES_CONF_T_ENV,
	ES_CONF_T_LINE,
	ES_CONF_T_REPLACE,
	ES_CONF_T_KEEP,
	ES_CONF_T_PRUNE,
};

/**
 * enum es_conf_sign - number of a SIGN value
 * @ES_CONF_SIGN_REQUIRE: what cannot be signed is not recorded
 * @ES_CONF_SIGN_ALLOW:   it is recorded without a signature, and that is told
 * @ES_CONF_SIGN_NO:      nothing is signed
 */
enum es_conf_sign {
	ES_CONF_SIGN_REQUIRE,
	ES_CONF_SIGN_ALLOW,
	ES_CONF_SIGN_NO,
};

/**
 * enum es_conf_io - number of an IO value
 * @ES_CONF_IO_NORMAL: as the process was started
 * @ES_CONF_IO_LOW:    behind all others
 * @ES_CONF_IO_IDLE:   only when there are no others
 */
enum es_conf_io {
	ES_CONF_IO_NORMAL,
	ES_CONF_IO_LOW,
	ES_CONF_IO_IDLE,
};

/**
 * struct es_conf_key - one row of the table
 * @section:  "repository", …; of a named section the word before the name
 * @key:      name of the key
 * @type:     how its value is read
 * @list:     a repeated key adds instead of replacing
 * @named:    belongs to a [section NAME]
 * @fallback: default as text, "" = none
 * @min:      least value of numbers, sizes and durations
 * @max:      greatest
 * @help:     one sentence, lower case, no full stop
 */
struct es_conf_key {
	const char *section;
	const char *key;
	enum es_conf_type type;
	bool list;
	bool named;
	const char *fallback;
	int64_t min;
	int64_t max;
	const char *help;
};

/**
 * es_conf_table - row of a key
 * @id: key, less than ES_CONF_COUNT
 *
 * Return: borrowed, constant for the life of the process.
 * Locking: none needed; from any thread.
 */
const struct es_conf_key *es_conf_table(enum es_conf_id id);

/**
 * struct es_conf_value - one value and where it came from
 * @text: as written, NUL-terminated
 * @file: file name, "default" for a default, "command line" for an option
 * @line: line in @file, 1 is the first, 0 where there are no lines
 */
struct es_conf_value {
	const char *text;
	const char *file;
	unsigned int line;
};

/** struct es_conf - a read and checked configuration */
struct es_conf;

/**
 * es_conf_load - read the configuration
 * @out:  owned; es_conf_free()
 * @file: explicit file, read alone, that must exist; or NULL for the
 *        installed one and its conf.d, where missing ones are no error
 * @err:  filled on failure: "FILE:LINE: what; what to do"
 *
 * Every value is checked (type, range, pattern compiles).
 *
 * Return: 0, -EINVAL (fault CONFIG), -ENOENT or another errno.
 */
int es_conf_load(struct es_conf **out, const char *file, struct es_error *err);

/**
 * es_conf_parse - read a configuration from memory (run/rules, tests, fuzz)
 * @out:  owned; es_conf_free()
 * @text: bytes
 * @len:  their number
 * @name: stands for the file name in messages
 * @err:  filled on failure
 *
 * Return: 0 or -EINVAL.
 */
int es_conf_parse(struct es_conf **out, const char *text, size_t len,
		  const char *name, struct es_error *err);

/**
 * es_conf_free - free a configuration and all that was borrowed from it
 * @conf: taken; NULL is allowed
 */
void es_conf_free(struct es_conf *conf);
ES_DEFINE_CLEANUP(struct es_conf, es_conf_free)

/**
 * es_conf_set - override a value as if a last file said so (options, tests)
 * @conf: configuration
 * @id:   key of an unnamed section
 * @text: value; checked
 * @file: origin shown for it, e.g. "--repo"
 * @err:  filled on failure
 *
 * Return: 0 or -EINVAL.
 */
int es_conf_set(struct es_conf *conf, enum es_conf_id id, const char *text,
		const char *file, struct es_error *err);

/**
 * es_conf_values - all values of a key
 * @conf: configuration
 * @id:   key
 * @name: section name for keys of named sections, else NULL
 * @n:    set to their number
 *
 * Return: borrowed array; the default where no file sets the key (for lists
 * with no default, zero values).
 */
const struct es_conf_value *es_conf_values(const struct es_conf *conf,
					   enum es_conf_id id, const char *name,
					   size_t *n);

/**
 * es_conf_is_set - whether a file or es_conf_set() gave a key a value
 * @conf: configuration, borrowed
 * @id:   key of an unnamed section
 *
 * Return: false when the default holds, and when an empty value cleared it.
 * Locking: none; from any thread unless another is in es_conf_set().
 */
bool es_conf_is_set(const struct es_conf *conf, enum es_conf_id id);

/**
 * es_conf_is_set_in - whether a named section says anything of a key
 * @conf: configuration, borrowed
 * @id:   key of a named section
 * @name: name of the section; it need not exist
 *
 * Return: true also when an empty value cleared it.
 */
bool es_conf_is_set_in(const struct es_conf *conf, enum es_conf_id id,
		       const char *name);

/**
 * es_conf_text - the last value of a key as text
 * @conf: configuration, borrowed
 * @id:   key of an unnamed section
 *
 * Return: NUL-terminated, borrowed from @conf; the default where nothing sets
 * the key, "" where there is none or a list was cleared; never NULL.
 * Locking: none; from any thread unless another is in es_conf_set().
 */
const char *es_conf_text(const struct es_conf *conf, enum es_conf_id id);

/**
 * es_conf_number - value of a NUMBER, BYTES, SECONDS, BOOL, IO, SIGN or PRUNE
 * @conf: configuration
 * @id:   key
 *
 * Return: the number; 1 or 0 for a BOOL; enum es_conf_io for an IO, enum
 * es_conf_sign for a SIGN; 1 for "daily" and 0 for "never"; 0 where there is
 * neither a value nor a default.
 */
int64_t es_conf_number(const struct es_conf *conf, enum es_conf_id id);

/**
 * es_conf_number_of - as es_conf_number() for a key of a named section
 * @conf: configuration, borrowed
 * @id:   key
 * @name: name of the section; it need not exist
 *
 * Return: the number; 1 or 0 for a BOOL; the default where the section does
 * not set it, 0 where there is neither.
 */
int64_t es_conf_number_of(const struct es_conf *conf, enum es_conf_id id,
			  const char *name);

/**
 * es_conf_names - names of the sections of one kind in order of appearance
 * @conf:    configuration
 * @section: "rule", "command", "channel"
 * @n:       set to their number
 *
 * Return: borrowed array of borrowed names.
 */
const char *const *es_conf_names(const struct es_conf *conf,
				 const char *section, size_t *n);

/**
 * es_conf_path - the main file's name that is read without -c
 *
 * Return: absolute path as configured at build time; borrowed, constant.
 */
const char *es_conf_path(void);

#endif
