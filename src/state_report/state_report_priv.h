/* SPDX-License-Identifier: MIT */
/* state_report_priv.h - between the parts of a state report */
#ifndef ETCSNAP_STATE_REPORT_STATE_REPORT_PRIV_H
#define ETCSNAP_STATE_REPORT_STATE_REPORT_PRIV_H

#include "etcsnap/severity.h"
#include "etcsnap/state_report.h"

/* --- state_trend.c -------------------------------------------------------- */

/* Days that are kept of a disk, and disks at all. */
#define TREND_DAYS 400
#define TREND_DISKS 64
/* Days that tell how fast a disk grows. */
#define TREND_WINDOW 30
/* "2026-11-20" and its NUL. */
#define TREND_DAY_LEN 11

/* A disk on a day. */
struct trend_disk {
	char *mount;
	char day[TREND_DAY_LEN];
	int64_t size; /* bytes */
	int64_t used;
};

enum trend_count {
	RX_ERRORS,
	RX_DROPPED,
	TX_ERRORS,
	TX_DROPPED,
	TREND_COUNTS,
};

/* Counters of a network device. */
struct trend_net {
	char *name;
	uint64_t counts[TREND_COUNTS];
};

/* What is kept from report to report. */
struct trend {
	int64_t report; /* when the last one was, 0 = never */
	char boot[64];	/* counters are those of this boot */
	struct trend_disk *disks;
	size_t n_disks;
	size_t cap_disks;
	struct trend_net *nets;
	size_t n_nets;
	size_t cap_nets;
};

/* What the days of a disk say of the days to come. */
struct trend_forecast {
	size_t days; /* how many it is made of; less than 2: nothing is known */
	int64_t per_day; /* bytes */
	int64_t left;	 /* days until it is full, -1 = never or unknown */
};

/* A file that is missing or makes no sense is empty. Return: 0 or -ENOMEM. */
int trend_read(struct trend *t, const char *path);
void trend_dispose(struct trend *t);
int trend_write(const struct trend *t, const char *path, struct es_error *err);
/* Calendar day of a moment in the local zone. */
void trend_day(char out[TREND_DAY_LEN], int64_t when);
/* Puts a disk's values of a day in the place of older ones of that day. */
int trend_put_disk(struct trend *t, const char *mount, const char *day,
		   int64_t size, int64_t used);
int trend_put_net(struct trend *t, const char *name,
		  const uint64_t counts[TREND_COUNTS]);
const struct trend_net *trend_net(const struct trend *t, const char *name);
/* Leaves out what is too old, and disks over the limit. */
void trend_trim(struct trend *t, const char *today);
/* Of the days of @mount that had this size, with today's value. */
struct trend_forecast trend_forecast(const struct trend *t, const char *mount,
				     const char *today, int64_t size,
				     int64_t used, int64_t free);
/* Percent used on each of the last days, oldest first, into an array. */
void trend_history(struct es_doc *list, const struct trend *t,
		   const char *mount);

/* --- the parts, each of which fills its keys ------------------------------ */

struct state_job {
	const struct es_state_input *in;
	struct es_doc *doc;
	struct trend trend;
	int64_t since;
	char today[TREND_DAY_LEN];
	int root; /* descriptor of the root, proc and all */
};

/* A small file below the root; empty when it cannot be read. */
bool state_read(struct es_buf *out, const struct state_job *job,
		const char *path);
/* A line of the document's "notes". */
void state_note(const struct state_job *job, const char *text);
/* Number behind a word at the beginning of a line, "MemTotal:"; -1: none. */
int64_t state_value(const struct es_buf *text, const char *word);
/* Number in the column @n, from 0, of a line; false: none is there. */
bool state_column(const char *line, unsigned int n, uint64_t *out);

void state_system(struct state_job *job);   /* state_system.c */
int state_processes(struct state_job *job); /* state_processes.c */
int state_disks(struct state_job *job);	    /* state_disks.c */
void state_raid(struct state_job *job);	    /* state_raid.c */
int state_network(struct state_job *job);   /* state_network.c */
int state_updates(struct state_job *job);   /* state_updates.c */
int state_commands(struct state_job *job, struct es_error *err);
int state_logins(struct state_job *job, struct es_error *err);
int state_records(struct state_job *job, struct es_error *err);

/* --- state_lists.c -------------------------------------------------------- */

/* What a list of packages says of one; NUL-terminated, owned. */
struct state_stanza {
	char *name;
	char *arch;
	char *version;
};

/*
 * Read a list, compressed or not. @each may take the texts of a stanza, leaving
 * NULL. Return: 0, -EINVAL when it is broken, or what @each returned below 0.
 */
int state_list_read(int fd, int (*each)(void *payload, struct state_stanza *s),
		    void *payload);

/* --- state_judge.c -------------------------------------------------------- */

/* What is out of order, under "alerts" and "severity". */
void state_judge(struct state_job *job);

/* --- state_words.c -------------------------------------------------------- */

/* "1.5 GiB" */
void state_bytes(struct es_buf *out, int64_t n);
/* "3 days", "2 hours": what is about as long */
void state_duration(struct es_buf *out, int64_t seconds);
/* "0.42" of hundredths */
void state_hundredths(struct es_buf *out, int64_t n);
/* "1 file", "12 files" */
void state_count(struct es_buf *out, int64_t n, const char *word);
/* A text of the document, quoted for a terminal. */
void state_quoted(struct es_buf *out, const struct es_doc *obj,
		  const char *key);
/* "2026-11-20 12:00" of an RFC 3339 time */
void state_time(struct es_buf *out, const char *iso);
/* Elements of an array that may be missing. */
size_t state_length(const struct es_doc *list);
/* A number under a key, 0 where there is none. */
int64_t state_number(const struct es_doc *obj, const char *key);
/* Whether there is a text under a key, not an empty one. */
bool state_has(const struct es_doc *obj, const char *key);

/* --- state_view.c --------------------------------------------------------- */

/* A view that is being made: sections of rows, laid out at the end. */
struct state_view {
	const struct es_doc *doc;
	struct es_doc *root;
	struct es_doc *sections;
	bool html;
	bool color;
};

/* A section; rows are pushed to it, and cut at @max. */
struct state_section {
	struct es_doc *obj;
	struct es_doc *rows;
	size_t n;
	size_t max;
	size_t left;
};

struct state_section state_section(const struct state_view *v,
				   const char *title, size_t max);

/* Two cells of a row that is being made, quoted already. */
struct state_cells {
	struct es_buf text;
	struct es_buf note;
};

struct state_cells state_cells(void);
/* The row is done, the next one begins; NONE shows no severity. */
void state_push(struct state_section *s, enum es_severity severity,
		struct state_cells *c);
/* The section is done, and the cells with it; @more rows are not in it. */
void state_finish(struct state_section *s, struct state_cells *c, int64_t more);

/* state_sections.c: all of them, in order. */
void state_sections(const struct state_view *v);
/* state_sections_people.c: logins, findings and commands; channels. */
void state_sections_people(const struct state_view *v);
void state_sections_channels(const struct state_view *v);

#endif
