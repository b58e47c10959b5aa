/* SPDX-License-Identifier: MIT */
/* ledger.c - how delivery went so far: the file "delivery" beside the state */
#include "config.h"

#include "deliver/channel_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MAX_BYTES ((size_t)1 << 20)
/* The year 9999. */
#define TIME_MAX INT64_C(253402300799)
#define HEADER "etcsnap delivery 1\n"

const char *es_ledger_kind_name(enum ledger_kind kind)
{
	static const char *const names[] = {
		[LEDGER_MAIN] = "main",
		[LEDGER_URGENT] = "urgent",
		[LEDGER_LATE] = "late",
	};

	return names[kind];
}

/* The numbers of a line, in their order. */
enum number {
	ATTEMPTS,
	CONTENT_TRIES,
	DONE,
	REFUSED,
	NEXT_TRY,
	LAST_SUCCESS,
	LAST_ERROR_TIME,
	TOLD,
	NUMBERS,
};

/* Cut a word off a line. */
static char *take_word(char **line)
{
	char *word = *line;

	*line += strcspn(word, " ");
	if (**line)
		*(*line)++ = '\0';
	return word;
}

/* None is below 0, and the counts go into 32 bits. */
static bool take_numbers(int64_t out[NUMBERS], char **line)
{
	char *end;

	for (int i = 0; i < NUMBERS; i++) {
		errno = 0;
		out[i] = strtoll(*line, &end, 10);
		if (errno || end == *line || out[i] < 0 ||
		    (i < NEXT_TRY && out[i] > UINT32_MAX))
			return false;
		*line = end;
	}
	*line += strspn(*line, " ");
	return true;
}

/* A line is CHANNEL KIND, eight numbers, and the last error, quoted. */
static bool parse_line(struct ledger *l, char *line)
{
	const char *channel = take_word(&line);
	const char *kind = take_word(&line);
	int64_t numbers[NUMBERS];
	struct ledger_row *r;

	/* no time is before 1970, nor too late to be reckoned with */
	if (!*channel || !take_numbers(numbers, &line) ||
	    numbers[NEXT_TRY] > TIME_MAX || numbers[LAST_SUCCESS] > TIME_MAX)
		return false;
	r = es_ledger_row(l, channel,
			  strcmp(kind, "urgent") == 0 ? LEDGER_URGENT
			  : strcmp(kind, "late") == 0 ? LEDGER_LATE
						      : LEDGER_MAIN);
	if (!r)
		return false;
	r->attempts = (unsigned int)numbers[ATTEMPTS];
	r->content_tries = (unsigned int)numbers[CONTENT_TRIES];
	r->done = (unsigned int)numbers[DONE];
	r->refused = numbers[REFUSED] != 0;
	r->next_try = numbers[NEXT_TRY];
	r->last_success = numbers[LAST_SUCCESS];
	r->last_error_time = numbers[LAST_ERROR_TIME];
	r->told = numbers[TOLD];
	free(r->last_error);
	r->last_error = *line ? strdup(line) : NULL;
	return true;
}

int es_ledger_load(struct ledger *out, const struct es_session *s,
		   struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf text = ES_BUF_INIT(SIZE_MAX_BYTES);
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 16);
	struct es_error why = ES_ERROR_INIT;
	char *line, *end;

	*out = (struct ledger){ 0 };
	es_path_dirname(&path, s->state_path);
	es_buf_adds(&path, "/delivery");
	if (es_buf_check(&path, err) < 0)
		return err->code;
	out->path = strdup(path.data);
	if (!out->path)
		return es_fail_oom(err);
	if (es_read_file(&text, AT_FDCWD, out->path, &why) < 0 ||
	    text.len == 0 || memchr(text.data, '\0', text.len) ||
	    strncmp(text.data, HEADER, strlen(HEADER)) != 0)
		return 0;
	for (line = text.data + strlen(HEADER); *line; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		if (!parse_line(out, line))
			break;
	}
	out->dirty = false;
	return 0;
}

struct ledger_row *es_ledger_find(struct ledger *l, const char *channel,
				  enum ledger_kind kind)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->rows[i].kind == kind &&
		    strcmp(l->rows[i].channel, channel) == 0)
			return &l->rows[i];
	return NULL;
}

struct ledger_row *es_ledger_row(struct ledger *l, const char *channel,
				 enum ledger_kind kind)
{
	struct ledger_row *rows = es_ledger_find(l, channel, kind);

	if (rows)
		return rows;
	rows = reallocarray(l->rows, l->n + 1, sizeof(*rows));
	if (!rows)
		return NULL;
	l->rows = rows;
	rows[l->n] = (struct ledger_row){ .kind = kind };
	rows[l->n].channel = strdup(channel);
	return rows[l->n].channel ? &rows[l->n++] : NULL;
}

int es_ledger_save(struct ledger *l, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf text = ES_BUF_INIT(SIZE_MAX_BYTES);

	if (!l->dirty)
		return 0;
	es_buf_adds(&text, HEADER);
	for (size_t i = 0; i < l->n; i++) {
		const struct ledger_row *r = &l->rows[i];

		es_buf_addf(&text,
			    "%s %s %u %u %u %d %" PRId64 " %" PRId64 " %" PRId64
			    " %" PRId64 " %s\n",
			    r->channel, es_ledger_kind_name(r->kind),
			    r->attempts, r->content_tries, r->done, r->refused,
			    r->next_try, r->last_success, r->last_error_time,
			    r->told, r->last_error ? r->last_error : "");
	}
	if (es_buf_check(&text, err) < 0 ||
	    es_write_file(l->path, text.data, text.len, 0600, err) < 0)
		return err->code;
	l->dirty = false;
	return 0;
}

void es_ledger_dispose(struct ledger *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->rows[i].channel);
		free(l->rows[i].last_error);
	}
	free(l->rows);
	free(l->path);
	*l = (struct ledger){ 0 };
}
