/* SPDX-License-Identifier: MIT */
/* logins_priv.h - between the readers of logs and the excerpt they fill */
#ifndef ETCSNAP_LOGINS_LOGINS_PRIV_H
#define ETCSNAP_LOGINS_LOGINS_PRIV_H

#include "etcsnap/logins.h"

#include "etcsnap/strmap.h"

#include <time.h>

/*
 * Functions here return 0 or a positive number, or -ENOMEM: a log that is
 * missing, torn or unreadable is no failure, so there is nothing to tell.
 */

/** Rows of one kind that an excerpt of one run holds. */
#define LG_SESSIONS_MAX ((size_t)2000)
#define LG_FAILURES_MAX ((size_t)200)
#define LG_SWITCHES_MAX ((size_t)2000)

/** The same of several runs joined. */
#define LG_MERGED_MAX ((size_t)20000)

/** Bytes of one field that are kept. */
#define LG_FIELD_MAX ((size_t)4096)

/** How far before the window a session may have begun that is looked for. */
#define LG_HORIZON ((int64_t)30 * 24 * 3600)

/**
 * struct lg_logs - what is read, and where to
 * @root: directory that stands for "/"
 * @live: it is that of the running system, whose /proc and /dev tell more
 * @boot: when the running system was started; only if it is live
 * @from: start of the window
 * @to:   its end
 * @out:  the excerpt
 * @users: names of users that exist, as keys; lg_users_read()
 */
struct lg_logs {
	int root;
	bool live;
	int64_t boot;
	int64_t from;
	int64_t to;
	struct es_logins *out;
	struct es_strmap *users;
};

/* --- excerpt.c: its rows --- */

/** lg_new - Return: an empty excerpt, es_logins_free(); NULL without memory */
struct es_logins *lg_new(int64_t from, int64_t to);

/**
 * lg_add_session - add a session if it overlaps the window
 * @l: excerpt
 * @s: copied; a boot counts where it begins or ends in the window
 *
 * When there are far too many those that ended first go.
 */
int lg_add_session(struct es_logins *l, const struct es_login *s);

/** lg_append_session - add a session, copied, whatever it is */
int lg_append_session(struct es_logins *l, const struct es_login *s);

/** lg_add_failure - add the failures from one source, copied */
int lg_add_failure(struct es_logins *l, const struct es_login_failure *f);

/** lg_add_switch - add a switch if it is in the window, copied */
int lg_add_switch(struct es_logins *l, const struct es_login_switch *s);

/** lg_append_switch - add a switch, copied, whatever it is */
int lg_append_switch(struct es_logins *l, const struct es_login_switch *s);

/**
 * lg_continue_switch - more of the command that was added last
 * @l:    excerpt
 * @user: whose switch it must be
 * @more: put behind the command after a blank
 */
int lg_continue_switch(struct es_logins *l, const char *user, const char *more);

/** lg_keep_session - make a row's strings copies; false without memory */
bool lg_keep_session(struct es_login *row);

/**
 * lg_room - room for one more row
 * @rows: array that grew by this function alone, one row at a time; taken
 * @n:    rows in use
 * @size: bytes of a row
 *
 * Return: the array, perhaps moved; NULL without memory, then @rows stays.
 */
void *lg_room(void *rows, size_t n, size_t size);

/**
 * lg_cut - leave out what is over the caps, and sort
 * @l:        excerpt
 * @sessions: most sessions; those that ended first go
 * @failures: most failures; the sources with fewest tries go
 * @switches: most switches; the oldest go
 */
void lg_cut(struct es_logins *l, size_t sessions, size_t failures,
	    size_t switches);

/** lg_compare_text - order of sessions by user, line, begin, host */
int lg_compare_text(const void *a, const void *b);

/** lg_compare_switches - order of switches by time, then all else */
int lg_compare_switches(const void *a, const void *b);

/* --- logins_merge.c --- */

/**
 * lg_merge_sessions - add sessions of another source or run
 * @into:  excerpt
 * @from:  borrowed
 * @slack: seconds by which the begins of one session may differ
 *
 * Of a session that is in both the ends of @from count where @from is the
 * later excerpt, or tells more of the end.
 */
int lg_merge_sessions(struct es_logins *into, const struct es_logins *from,
		      int64_t slack);

/* --- log_file.c: files and what rotation makes of them --- */

/**
 * struct lg_file - a log or one of its predecessors
 * @name:    in its directory, owned
 * @mtime:   of the last change
 * @size:    bytes
 * @packed:  compressed
 * @current: it is the log itself
 */
struct lg_file {
	char *name;
	int64_t mtime;
	uint64_t size;
	bool packed;
	bool current;
};

/**
 * struct lg_files - a log and its predecessors, newest first
 * @dir:  their directory, -1 when there is none
 * @list: files
 * @n:    their number
 */
struct lg_files {
	int dir;
	struct lg_file *list;
	size_t n;
};

/** LG_FILES_INIT - no files */
#define LG_FILES_INIT       \
	{                   \
		-1, NULL, 0 \
	}

/** lg_open_file - Return: descriptor of a regular file in @dir, or -1 */
int lg_open_file(int dir, const char *name);

/**
 * lg_files_find - a log and its predecessors
 * @out:  LG_FILES_INIT; lg_files_dispose()
 * @root: directory that stands for "/"
 * @dir:  below it
 * @base: name of the log
 *
 * Predecessors have a full stop or a hyphen and a digit after the name.
 */
int lg_files_find(struct lg_files *out, int root, const char *dir,
		  const char *base);

/** lg_files_dispose - close and free */
void lg_files_dispose(struct lg_files *f);

/** function that is given bytes in order; not 0 ends the reading */
typedef int (*lg_take)(void *payload, const char *data, size_t len);

/**
 * lg_stream - read a file to its end
 * @fd:      regular file
 * @packed:  compressed
 * @at:      first byte, where it is not compressed
 * @take:    is given the bytes
 * @payload: for @take
 *
 * Return: what @take returned last, or -ENOMEM.
 */
int lg_stream(int fd, bool packed, uint64_t at, lg_take take, void *payload);

/** lg_read_all - a small file below the root; Return: bytes or -1 */
ssize_t lg_read_all(struct es_buf *b, int root, const char *path);

/* --- log_users.c: who exists --- */

/** lg_users_read - set @users to the names in etc/passwd of the root */
int lg_users_read(struct lg_logs *logs);

/** lg_user_exists - Return: whether a name is among them */
bool lg_user_exists(const struct lg_logs *logs, const char *name);

/** lg_boot_time - Return: when the running system was started */
int64_t lg_boot_time(void);

/**
 * lg_is_gone - whether a session that nobody ended is there no more
 * @logs: the running system's
 * @user: of the session
 * @line: its terminal
 * @pid:  its process, 0 when it is not known
 * @when: it began
 *
 * As last(1) finds it out.
 */
bool lg_is_gone(const struct lg_logs *logs, const char *user, const char *line,
		uint32_t pid, int64_t when);

/* --- utmp_record.c: records of wtmp and btmp --- */

/** Largest record in bytes. */
#define LG_RECORD_MAX ((size_t)400)

/**
 * struct lg_layout - how records lie in a file
 * @size:  bytes of a record: 384, or 400 with times of 64 bits
 * @first: offset of the first whole record
 */
struct lg_layout {
	size_t size;
	size_t first;
};

/**
 * struct lg_record - a record, its fields terminated
 * @type: ut_type, as it was written
 * @pid:  process
 * @when: seconds since 1970-01-01 UTC
 * @line: terminal
 * @user: user
 * @host: where from
 * @addr: the same as an address, network byte order
 */
struct lg_record {
	int type;
	uint32_t pid;
	int64_t when;
	char line[33];
	char user[33];
	char host[257];
	unsigned char addr[16];
};

/**
 * lg_layout_guess - find out how records lie
 * @out:    set
 * @sample: bytes of the file
 * @len:    their number
 * @at:     offset of the first of them in the file
 * @size:   of the file, 0 when it is not known
 */
void lg_layout_guess(struct lg_layout *out, const unsigned char *sample,
		     size_t len, uint64_t at, uint64_t size);

/**
 * lg_record_read - read a record
 * @out:    set
 * @raw:    @layout->size bytes
 * @layout: of the file
 *
 * Return: false for what is no record.
 */
bool lg_record_read(struct lg_record *out, const unsigned char *raw,
		    const struct lg_layout *layout);

/** lg_record_time - Return: the time of a record, nothing else being read */
int64_t lg_record_time(const unsigned char *raw,
		       const struct lg_layout *layout);

/** lg_record_line - Return: the first byte of its terminal */
unsigned char lg_record_line(const unsigned char *raw);

/**
 * enum lg_event - what a record says, as last(1) reads it
 * @LG_NOTHING: nothing of interest
 * @LG_BOOT:    the machine was started
 * @LG_DOWN:    it was shut down
 * @LG_LOGIN:   a session began
 * @LG_LOGOUT:  what was on the line ended
 */
enum lg_event {
	LG_NOTHING,
	LG_BOOT,
	LG_DOWN,
	LG_LOGIN,
	LG_LOGOUT,
};

/** lg_record_event - Return: what a record says */
enum lg_event lg_record_event(const struct lg_record *r);

/* --- utmp_file.c: files of records --- */

/**
 * function that is given a record on the way back from the end; @at is its
 * offset; not 0 ends the way
 */
typedef int (*lg_visit)(void *payload, const unsigned char *raw, uint64_t at);

/** lg_layout_of - the layout of an open file that is not compressed */
void lg_layout_of(struct lg_layout *out, int fd, uint64_t size);

/**
 * lg_scan_back - the records of a file, last first
 * @fd:      file, not compressed
 * @layout:  its layout
 * @size:    its size
 * @visit:   is given each
 * @payload: for @visit
 *
 * Return: what @visit returned last, or -ENOMEM.
 */
int lg_scan_back(int fd, const struct lg_layout *layout, uint64_t size,
		 lg_visit visit, void *payload);

/** function that is given a record; not 0 ends the reading */
typedef int (*lg_take_record)(void *payload, const struct lg_record *r);

/**
 * lg_scan - the records of a file, first one first
 * @fd:      file
 * @file:    what it is
 * @at:      offset of the first one, where it is not compressed
 * @take:    is given each
 * @payload: for @take
 *
 * Return: what @take returned last, or -ENOMEM.
 */
int lg_scan(int fd, const struct lg_file *file, uint64_t at,
	    lg_take_record take, void *payload);

/* --- pairing.c: sessions out of records --- */

/**
 * struct lg_pairing - sessions that are open at a point of the records
 * @logs:    where those that ended go
 * @open:    records of those that are open, by line
 * @unnamed: number of records without a line, which nothing ends but a boot
 * @booted:  there is a boot that did not end
 * @boot:    it
 */
struct lg_pairing {
	struct lg_logs *logs;
	struct es_strmap *open;
	uint64_t unnamed;
	bool booted;
	struct lg_record boot;
};

/** lg_pairing_init - begin with nobody logged in */
int lg_pairing_init(struct lg_pairing *p, struct lg_logs *logs);

/** lg_pairing_push - the next record; of type lg_take_record */
int lg_pairing_push(void *pairing, const struct lg_record *r);

/** lg_pairing_end - no more records: those that are left are still open */
int lg_pairing_end(struct lg_pairing *p);

/** lg_pairing_dispose - free */
void lg_pairing_dispose(struct lg_pairing *p);

/* --- the sources --- */

/** lg_wtmp_read - wtmp; Return: 1, or 0 when there is none */
int lg_wtmp_read(struct lg_logs *logs);

/** lg_btmp_read - btmp */
int lg_btmp_read(struct lg_logs *logs);

/** lg_wtmpdb_read - wtmpdb's database; Return: 1, or 0 when there is none */
int lg_wtmpdb_read(struct lg_logs *logs);

/** lg_lastlog_read - lastlog and lastlog2, for whom the others do not know */
int lg_lastlog_read(struct lg_logs *logs);

/** lg_journal_read - switches; Return: 1 when it covers the window, else 0 */
int lg_journal_read(struct lg_logs *logs);

/** lg_auth_read - switches of text logs; Return: 1 when one was there */
int lg_auth_read(struct lg_logs *logs);

/** function that is given a line, terminated, to be cut at will */
typedef int (*lg_take_line)(void *payload, char *line);

/**
 * struct lg_years - years for time stamps that have none
 * @year: of the last stamp
 * @day:  month times 31 plus day of the last stamp, -1 before the first
 */
struct lg_years {
	int year;
	int day;
};

/**
 * lg_line_split - take a line of a text log apart
 * @when:  set, seconds since 1970-01-01 UTC
 * @tool:  set to "sudo", "su", "doas" or "pkexec"
 * @line:  terminated; cut
 * @years: that of the line before; those of all lines are to be asked for
 *
 * Return: the message, NULL for a line that is of no interest.
 */
char *lg_line_split(int64_t *when, const char **tool, char *line,
		    struct lg_years *years);

/** lg_read_date - whether a text begins with "2026-05-01T12:00:00" */
bool lg_read_date(struct tm *tm, const char *s);

/** lg_line_stamp - Return: a line's time, @latest bounds it; -1 for none */
int64_t lg_line_stamp(const char *line, int64_t latest);

/** lg_tool - Return: the name of a tool that switches users, or NULL */
const char *lg_tool(const char *tag, size_t len);

/**
 * lg_switch_message - what a tool said
 * @logs:    switches go to its excerpt
 * @when:    it said so
 * @tool:    from lg_tool()
 * @message: terminated; cut
 */
int lg_switch_message(struct lg_logs *logs, int64_t when, const char *tool,
		      char *message);

#endif
