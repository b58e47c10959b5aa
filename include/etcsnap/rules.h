/* SPDX-License-Identifier: MIT */
/* rules.h - what is watched, and how each path is recorded */
#ifndef ETCSNAP_RULES_H
#define ETCSNAP_RULES_H

#include "etcsnap/conf.h"
#include "etcsnap/entry.h"
#include "etcsnap/glob.h"
#include "etcsnap/linefilter.h"
#include "etcsnap/mask.h"
#include "etcsnap/severity.h"

/*
 * A pattern that matches a directory holds for everything below it. A path is
 * watched when an include pattern holds for it and no exclude pattern does.
 * Of the rules that hold for a path, the last one that sets a key (class,
 * mask, severity and so on) decides that key. Order: shipped rules first, then
 * the configuration's in the order they were read, so that the administrator
 * has the last word; explain says which decided.
 */

/** struct es_rules - compiled rules; used by many threads at once */
struct es_rules;

/**
 * enum es_rule_key - what a rule can say of its paths
 * @ES_RULE_CLASS:    how content is kept
 * @ES_RULE_MASK:     what is hidden in it
 * @ES_RULE_SEVERITY: how much a change matters
 * @ES_RULE_TAGS:     words for whoever reads of it
 * @ES_RULE_RECORD:   which attributes are recorded
 * @ES_RULE_IGNORE_LINES: lines whose change counts for nothing
 * @ES_RULE_MAX_SIZE: up to which size content is mirrored
 * @ES_RULE_PARANOID: read in every run
 * @ES_RULE_NOINODE:  inode numbers play no part
 * @ES_RULE_NOTIME:   times alone are no change
 * @ES_RULE_GROWING:  a log: growing is no change
 * @ES_RULE_KEYS:     their number
 */
enum es_rule_key {
	ES_RULE_CLASS,
	ES_RULE_MASK,
	ES_RULE_SEVERITY,
	ES_RULE_TAGS,
	ES_RULE_RECORD,
	ES_RULE_IGNORE_LINES,
	ES_RULE_MAX_SIZE,
	ES_RULE_PARANOID,
	ES_RULE_NOINODE,
	ES_RULE_NOTIME,
	ES_RULE_GROWING,
	ES_RULE_KEYS,
};

/**
 * es_rule_key_name - the key of a [rule NAME]
 * @key: key
 *
 * Return: static "class", "mask", …; "" for a number that is no key.
 */
const char *es_rule_key_name(enum es_rule_key key);

/**
 * struct es_decision - what the rules say of one path
 * @watch:       recorded, only led through, or neither
 * @class:       how a file's content is to be kept (the content may still
 *               raise it: binary, too large, a private key)
 * @fingerprint: changes when anything that decides how this path is recorded
 *               changes; severity and tags do not
 * @record:      attributes to record, bits of enum es_record; noinode and
 *               notime are taken into account
 * @max_size:    bytes up to which text is mirrored
 * @severity:    how much a change matters, NOTICE where no rule says it
 * @paranoid:    read again in every run
 * @noinode:     another inode number is nothing
 * @notime:      times alone are no change (@record is without them)
 * @growing:     growing is no change
 * @include:     index + 1 of the include pattern that holds, 0 = none
 * @exclude:     index + 1 of the exclude pattern that holds, 0 = none
 * @rule:        per enum es_rule_key: index + 1 of the rule pattern that
 *               decided it, 0 = the default
 * @masks:       masks for mirrored text, borrowed from the rules, or NULL
 * @ignore:      leaves only the lines that count, likewise; NULL: all count
 * @tags:        words with blanks between them, borrowed likewise; "" = none
 */
struct es_decision {
	enum es_watch watch;
	enum es_class class;
	uint32_t fingerprint;
	uint32_t record;
	uint64_t max_size;
	enum es_severity severity;
	bool paranoid;
	bool noinode;
	bool notime;
	bool growing;
	uint16_t include;
	uint16_t exclude;
	uint16_t rule[ES_RULE_KEYS];
	const struct es_mask_set *masks;
	const struct es_linefilter *ignore;
	const char *tags;
};

/**
 * es_rules_new - compile the rules of a configuration
 * @out:       owned; es_rules_free()
 * @conf:      configuration; not needed afterwards
 * @homes:     home directories for "~/" where the configuration names none:
 *             absolute paths, each followed by a NUL byte (es_ids_homes())
 * @homes_len: bytes of @homes
 * @err:       filled on failure
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int es_rules_new(struct es_rules **out, const struct es_conf *conf,
		 const char *homes, size_t homes_len, struct es_error *err);

/**
 * es_rules_parse - rules as an earlier run recorded them in run/rules
 * @out:  owned; es_rules_free()
 * @text: what es_rules_text() wrote
 * @len:  its bytes
 * @err:  filled on failure
 *
 * Shipped defaults of this version play no part: the text says all.
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int es_rules_parse(struct es_rules **out, const char *text, size_t len,
		   struct es_error *err);

/**
 * es_rules_add_homes - let "~/" mean the homes of other rules, too
 * @rules: rules; not used by any other thread
 * @from:  the others
 * @err:   filled on failure
 *
 * Return: 0 or -ENOMEM; @rules are then good for es_rules_free() alone.
 */
int es_rules_add_homes(struct es_rules *rules, const struct es_rules *from,
		       struct es_error *err);

/**
 * es_rules_free - free rules
 * @rules: taken; NULL is allowed
 *
 * The mask sets and strings borrowed from them are gone, too.
 *
 * Locking: none; no thread may be using the rules.
 */
void es_rules_free(struct es_rules *rules);
ES_DEFINE_CLEANUP(struct es_rules, es_rules_free)

/**
 * es_rules_text - the effective rules as a configuration text
 * @rules: rules
 * @out:   appended to: [files] with include, exclude, home and limits, then
 *         [rule NAME] sections, shipped ones included, in force order
 *
 * Two rules objects decide alike exactly when their texts are equal.
 *
 * Return: 0 or the buffer's sticky failure.
 */
int es_rules_text(const struct es_rules *rules, struct es_buf *out);

/**
 * es_rules_hash - number that changes when the effective rules change
 * @rules: rules
 *
 * Return: es_hash64() of es_rules_text(), computed when they were made.
 * Locking: none; from any thread.
 */
uint64_t es_rules_hash(const struct es_rules *rules);

/**
 * es_rules_max_size - ceiling of mirrored text files
 * @rules: rules
 *
 * Return: bytes up to which text is mirrored where no rule says otherwise.
 * Locking: none; from any thread.
 */
uint64_t es_rules_max_size(const struct es_rules *rules);

/**
 * es_rules_binary_max - ceiling of mirrored binary files
 * @rules: rules
 *
 * Return: bytes up to which binaries are mirrored.
 * Locking: none; from any thread.
 */
uint64_t es_rules_binary_max(const struct es_rules *rules);

/**
 * es_rules_masks - masks for text that is no file (messages, outputs)
 * @rules: rules
 *
 * Return: the masks of the last rule that has any and a pattern "/", which is
 * the shipped one unless the configuration has such a rule; where there is
 * none those of the first rule; borrowed, NULL when there are none.
 */
const struct es_mask_set *es_rules_masks(const struct es_rules *rules);

/**
 * es_rules_root - decision for the root directory
 * @rules: rules
 * @s:     this thread's scratch
 * @out:   set
 */
void es_rules_root(const struct es_rules *rules, struct es_glob_scratch *s,
		   struct es_decision *out);

/**
 * es_rules_child - decision for an entry of a directory
 * @rules: rules
 * @s:     this thread's scratch
 * @dir:   decision for the directory
 * @path:  path of the entry, absolute
 * @len:   its bytes
 * @type:  kind of object; only directories can be led through
 * @out:   set
 *
 * Should memory run out, what is watched is decided to be secret.
 */
void es_rules_child(const struct es_rules *rules, struct es_glob_scratch *s,
		    const struct es_decision *dir, const char *path, size_t len,
		    enum es_type type, struct es_decision *out);

/**
 * es_rules_decide - decision for any path, from the root down
 * @rules: rules
 * @s:     this thread's scratch
 * @path:  absolute path; the root is ""
 * @len:   its bytes
 * @type:  kind of the object itself
 * @out:   set
 */
void es_rules_decide(const struct es_rules *rules, struct es_glob_scratch *s,
		     const char *path, size_t len, enum es_type type,
		     struct es_decision *out);

/**
 * struct es_rule_origin - a pattern and where it stands
 * @pattern: as written, NUL-terminated
 * @rule:    name of its rule, or "include", "exclude"
 * @file:    file name, "shipped" for a default
 * @line:    line, 0 where there are no lines
 */
struct es_rule_origin {
	const char *pattern;
	const char *rule;
	const char *file;
	unsigned int line;
};

/** enum es_rule_kind - which list an index of es_decision refers to */
enum es_rule_kind {
	ES_RULE_INCLUDE,
	ES_RULE_EXCLUDE,
	ES_RULE_RULE,
};

/**
 * es_rules_count - how many patterns of a list are in force
 * @rules: rules
 * @kind:  list
 *
 * Return: their number, the greatest index for es_rules_origin().
 * Locking: none; from any thread.
 */
size_t es_rules_count(const struct es_rules *rules, enum es_rule_kind kind);

/**
 * es_rules_origin - the pattern behind an index of a decision
 * @rules: rules
 * @kind:  list
 * @index: es_decision.include, .exclude or one of .rule, or any other from 1
 *         to es_rules_count()
 * @out:   set; strings borrowed from the rules
 */
void es_rules_origin(const struct es_rules *rules, enum es_rule_kind kind,
		     unsigned int index, struct es_rule_origin *out);

#endif
