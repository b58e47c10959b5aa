/* SPDX-License-Identifier: MIT */
/* conf_read.c - configuration files into values, by inih */
#include "config.h"

#include "config/conf_priv.h"

#include "etcsnap/quote.h"
#include "etcsnap/typo.h"

#include <ini.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/*
 * inih numbers no lines, cuts long ones, takes an indented line for more of
 * the last value and " ;" for a comment. So this reader sits between the
 * file and inih: it deals with lines, comments and section headers, names
 * the line of every fault, and leaves to inih what is then unambiguous.
 */
struct reader {
	struct es_conf *conf;
	const char *file; /* name for messages and origins */
	const char *text; /* what is not read yet */
	size_t len;
	unsigned int line;
	const char *part; /* rest of the line that inih is being given */
	size_t part_len;
	const char *section; /* word from the table; NULL before the first */
	struct es_conf_section *named; /* of a [section NAME], else NULL */
	struct es_error *err;
	int rc;
};

__attribute__((format(printf, 2, 3))) static int fault(struct reader *r,
						       const char *fmt, ...)
{
	char text[900];
	va_list args;

	va_start(args, fmt);
	if (vsnprintf(text, sizeof(text), fmt, args) < 0)
		text[0] = '\0';
	va_end(args);
	r->rc = es_fail_config(r->err, "%s:%u: %s", ES_Q(r->file), r->line,
			       text);
	return r->rc;
}

/* Takes the next line without its end and blanks around it. Return: 1, 0 at
 * the end of the text, negative on a fault. */
static int next_line(struct reader *r, const char **line, size_t *len)
{
	if (!r->len)
		return 0;
	r->line++;

	const char *end = memchr(r->text, '\n', r->len);
	const char *p = r->text;
	size_t n = end ? (size_t)(end - r->text) : r->len;

	r->text += n + (end != NULL);
	r->len -= n + (end != NULL);
	if (memchr(p, '\0', n))
		return fault(r, "the line has a NUL byte; this is no text");
	if (n > ES_CONF_LINE_MAX)
		return fault(r, "the line has more than %d bytes",
			     ES_CONF_LINE_MAX);
	if (r->line == 1 && n >= 3 && !memcmp(p, "\xef\xbb\xbf", 3)) {
		p += 3;
		n -= 3;
	}
	for (; n && strchr(" \t\r\v\f", *p); n--)
		p++;
	while (n && strchr(" \t\r\v\f", p[n - 1]))
		n--;
	*line = p;
	*len = n;
	return 1;
}

static int unknown_section(struct reader *r, const char *word)
{
	const char *names[ES_CONF_COUNT];
	size_t n = 0;

	for (size_t i = 0; i < ES_CONF_COUNT; i++)
		names[n++] = es_conf_table((enum es_conf_id)i)->section;

	const char *near = es_typo_nearest(word, names, n);

	if (near)
		return fault(r, "unknown section [%s]; did you mean [%s]?",
			     ES_Q(word), near);
	return fault(r, "unknown section [%s]", ES_Q(word));
}

static int enter_section(struct reader *r, char *word, const char *name)
{
	const struct es_conf_key *key = NULL;

	for (size_t i = 0; i < ES_CONF_COUNT && !key; i++) {
		key = es_conf_table((enum es_conf_id)i);
		if (strcmp(key->section, word))
			key = NULL;
	}
	if (!key)
		return unknown_section(r, word);
	if (!key->named && name[0])
		return fault(r, "section [%s] takes no name", word);
	if (key->named && !name[0])
		return fault(r, "section [%s] needs a name: [%s NAME]", word,
			     word);
	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")])
		return fault(r,
			     "'%s' cannot be a name; use letters, digits, _ "
			     "and -",
			     ES_Q(name));
	r->section = key->section;
	r->named = NULL;
	if (!key->named)
		return 0;

	struct es_conf_value at = { .file = r->file, .line = r->line };

	r->named = es_conf_section_get(r->conf, key->section, name, &at);
	if (!r->named)
		r->rc = es_fail_oom(r->err);
	return r->rc;
}

/* Reads "[word]" or "[word name]". */
static int read_header(struct reader *r, const char *line, size_t len)
{
	char head[ES_CONF_HEADER_MAX + 1];
	const char *end = memchr(line, ']', len);

	if (!end)
		return fault(r, "the section has no ]");

	size_t n = (size_t)(end - line) - 1;

	if (n + 2 < len)
		return fault(r, "there is text after ]; comments stand on "
				"lines of their own");
	if (n > ES_CONF_HEADER_MAX)
		return fault(r, "the section has more than %d bytes",
			     ES_CONF_HEADER_MAX);
	memcpy(head, line + 1, n);
	head[n] = '\0';

	char *word = head + strspn(head, " \t");
	char *name = word + strcspn(word, " \t");

	if (*name)
		*name++ = '\0';
	name += strspn(name, " \t");

	char *stop = name + strlen(name);

	while (stop > name && strchr(" \t", stop[-1]))
		*--stop = '\0';
	return enter_section(r, word, name);
}

/* Without Debian's run-time settings inih has 200 bytes for a line and takes
 * " ;" for a comment; then such lines are refused instead of cut. */
static int check_key_line(struct reader *r, const char *line, size_t len,
			  size_t room)
{
	if (!memchr(line, '=', len) && !memchr(line, ':', len))
		return fault(r, "the line is neither [section], KEY = VALUE "
				"nor a # comment");
#if !HAVE_DECL_INI_MAX_LINE
	if (len + 2 > room || memmem(line, len, " ;", 2) ||
	    memmem(line, len, "\t;", 2))
		return fault(r,
			     "the inih library of this system takes no "
			     "lines over %zu bytes and no \" ;\" in a value",
			     room - 2);
#else
	(void)room;
#endif
	return 0;
}

/* Hands inih the next piece of the current line; as fgets(3). */
static char *give_part(struct reader *r, char *str, int num)
{
	size_t room = num > 1 ? (size_t)num - 1 : 0;
	size_t n = r->part_len < room ? r->part_len : room;

	if (!n)
		return NULL;
	memcpy(str, r->part, n);
	r->part += n;
	r->part_len -= n;
	if (!r->part_len && n < room) {
		str[n++] = '\n';
		r->part = NULL;
	}
	str[n] = '\0';
	return str;
}

/* The reader that inih calls. */
static char *read_line(char *str, int num, void *stream)
{
	struct reader *r = stream;
	const char *line = "";
	size_t len = 0;

	if (r->rc < 0)
		return NULL;
	if (r->part_len)
		return give_part(r, str, num);
	while (next_line(r, &line, &len) > 0) {
		int rc = 0;

		if (!len || line[0] == '#' || line[0] == ';')
			continue;
		if (line[0] == '[') {
			rc = read_header(r, line, len);
		} else if (!r->section) {
			rc = fault(r, "a key stands before any [section]");
		} else {
			rc = check_key_line(r, line, len, (size_t)num);
			if (rc == 0) {
				r->part = line;
				r->part_len = len;
				return give_part(r, str, num);
			}
		}
		if (rc < 0)
			break;
	}
	return NULL;
}

static int unknown_key(struct reader *r, const char *name)
{
	const char *names[ES_CONF_COUNT];
	size_t n = 0;

	for (size_t i = 0; i < ES_CONF_COUNT; i++) {
		const struct es_conf_key *key =
			es_conf_table((enum es_conf_id)i);

		if (!strcmp(key->section, r->section))
			names[n++] = key->key;
	}

	const char *near = es_typo_nearest(name, names, n);

	if (near)
		return fault(r, "unknown key '%s' in [%s]; did you mean %s?",
			     ES_Q(name), r->section, near);
	return fault(r, "unknown key '%s' in [%s]", ES_Q(name), r->section);
}

/* inih's handler: 1 to go on, 0 to stop. */
static int take_key(void *user, const char *section, const char *name,
		    const char *text)
{
	struct reader *r = user;
	struct es_conf_value value = { text, r->file, r->line };

	/* Headers never reach inih; the reader knows the section. */
	(void)section;
	if (r->rc < 0)
		return 0;
	for (size_t i = 0; i < ES_CONF_COUNT; i++) {
		enum es_conf_id id = (enum es_conf_id)i;
		const struct es_conf_key *key = es_conf_table(id);

		if (strcmp(key->section, r->section) || strcmp(key->key, name))
			continue;

		struct es_conf_slot *slot =
			r->named ? &r->named->slot[id] : &r->conf->slot[id];

		r->rc = es_conf_put(r->conf, slot, id, &value, r->err);
		if (r->rc < 0)
			es_wrap(r->err, "%s:%u", ES_Q(r->file), r->line);
		return r->rc == 0;
	}
	unknown_key(r, name);
	return 0;
}

int es_conf_read(struct es_conf *conf, const char *text, size_t len,
		 const char *file, struct es_error *err)
{
	struct reader r = {
		.conf = conf, .text = text, .len = len, .err = err
	};

	r.file = es_pool_add(&conf->pool, file, strlen(file));
	if (!r.file)
		return es_fail_oom(err);
#if HAVE_DECL_INI_MAX_LINE
	/* Debian's inih is set at run time; every call sets the same. */
	ini_use_stack = false;
	ini_allow_realloc = true;
	ini_initial_alloc = 1024;
	ini_max_line = ES_CONF_LINE_MAX + 16;
	ini_allow_inline_comments = false;
	ini_allow_multiline = false;
	ini_allow_no_value = false;
	ini_stop_on_first_error = true;
#endif
	int rc = ini_parse_stream(read_line, &r, take_key, &r);

	if (r.rc < 0)
		return r.rc;
	if (rc == -2)
		return es_fail_oom(err);
	if (rc != 0)
		return fault(&r, "the line is not understood");
	return 0;
}

int es_conf_parse(struct es_conf **out, const char *text, size_t len,
		  const char *name, struct es_error *err)
{
	ES_CLEANUP(es_conf_freep) struct es_conf *conf = es_conf_new();

	if (!conf)
		return es_fail_oom(err);
	if (es_conf_read(conf, text, len, name, err) < 0 ||
	    es_conf_check_all(conf, err) < 0)
		return err->code;
	*out = es_steal_ptr(&conf);
	return 0;
}
