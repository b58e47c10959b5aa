/* SPDX-License-Identifier: MIT */
/* checks_priv.h - what the checks share: table row, findings, looking inside */
#ifndef ETCSNAP_CHECKS_CHECKS_PRIV_H
#define ETCSNAP_CHECKS_CHECKS_PRIV_H

#include "etcsnap/checks.h"
#include "etcsnap/entry.h"
#include "etcsnap/severity.h"
#include "etcsnap/strmap.h"

#include <pthread.h>
#include <sys/stat.h>

/*
 * A check is a row of the table in check_table.c and a file check_NAME.c. It
 * is called, always by one thread at a time:
 *
 *	begin	when the run begins: read what it needs to know
 *	entry	for each watched entry of a directory that was fed
 *	dir	after the entries of such a directory
 *	run	after the walk: look at the system itself
 *	end	free what begin made
 *
 * Each puts lines by es_finding(). Lines that an earlier run put about a
 * directory that was not fed are taken over by checks_text.c, and so are
 * those about what could not be read (es_findings_unread()).
 */

struct es_findings;

/* What a tree check is shown: an entry now and in the run before. */
struct es_seen {
	const char *path; /* absolute; of the directory itself with a '/' */
	size_t len;
	const struct es_entry *now; /* NULL: gone */
	const struct es_entry *was; /* NULL: not there, or not known */
	bool was_listed;	    /* the directory was known */
};

/* One check. */
struct es_check {
	const char *name;
	enum es_severity severity; /* where the configuration says nothing */
	bool packages;		   /* depends on what packages there are */
	bool remembers;		   /* asks es_findings_known() */
	int (*begin)(struct es_findings *f, struct es_error *err);
	int (*entry)(struct es_findings *f, const struct es_seen *seen,
		     struct es_error *err);
	int (*dir)(struct es_findings *f, const char *path, size_t len,
		   struct es_error *err);
	int (*run)(struct es_findings *f, struct es_error *err);
	void (*end)(struct es_findings *f);
};

/* The checks of one run and what one of them found. */
struct es_findings {
	struct es_checks *checks;
	const struct es_check *check;
	bool on;
	struct es_buf lines;	  /* found in this run */
	struct es_buf old;	  /* the tip's text */
	struct es_strmap *known;  /* quoted path -> its line in @old */
	struct es_strmap *unread; /* raw paths that keep their lines */
	uint64_t depends;	  /* what begin wants in the stamp */
	void *payload;		  /* begin's */
};

/* A home directory with its accounts; see checks_homes.c. */
struct es_home {
	const char *path;
	const struct es_account *accounts; /* all of this home */
	size_t n;
	int fd; /* O_PATH */
	struct stat st;
};

/* Home directories, each with its accounts. */
struct es_homes {
	struct es_account *accounts; /* sorted by home; homes in @paths */
	bool *absent;		     /* first account of a home: not there */
	size_t n;
	struct es_buf paths; /* the one spelling of each home */
	struct es_buf group; /* text of etc/group */
	bool loaded;
};

#define ES_CHECKS_MAX 20

struct es_checks {
	struct es_checks_options options;
	pthread_mutex_t lock;
	int root_fd; /* O_PATH */
	bool root_is_slash;
	bool fresh;
	bool same_stamp; /* nothing of what matters changed */
	uint64_t stamp;
	struct es_findings findings[ES_CHECKS_MAX];
	size_t n;
	struct es_strmap *fed;	/* directories -> the checks if watched */
	struct es_strmap *gone; /* directories, with all below */
	struct es_homes homes;
};

/* Room for the findings of one check, bytes. */
#define ES_FINDINGS_MAX ((size_t)64 << 20)

/* Ceiling of a small file that is read whole, bytes. */
#define ES_SMALL_MAX ((size_t)4 << 20)

/* check_table.c */
const struct es_check *const *es_check_table(size_t *n);

/* checks_text.c */
__attribute__((format(printf, 4, 5))) void es_finding(struct es_findings *f,
						      const char *path,
						      size_t len,
						      const char *fmt, ...);
int es_findings_unread(struct es_findings *f, const char *path, size_t len);
const char *es_findings_known(struct es_findings *f, const char *path,
			      size_t len, size_t *line_len);
int es_findings_repeat(struct es_findings *f, const char *path, size_t len);
int es_findings_load(struct es_findings *f, struct es_error *err);
int es_findings_finish(struct es_findings *f, struct es_texts *out,
		       struct es_error *err);
int es_findings_line(const char **pos, const char *end, struct es_buf *path,
		     const char **detail, size_t *detail_len);
bool es_checks_is_gone(const struct es_checks *c, const char *dir, size_t len);

/* checks_inside.c: files below the root; negative errnos, no es_error */
int es_inside_open(const struct es_checks *c, const char *path, int flags);
int es_inside_stat(const struct es_checks *c, const char *path,
		   struct stat *st);
int es_inside_read(const struct es_checks *c, const char *path,
		   struct es_buf *out, struct stat *st);
int es_inside_each(struct es_findings *f, const char *dir,
		   int (*each)(struct es_findings *f, const char *path,
			       struct es_error *err),
		   struct es_error *err);
int es_beneath_open(int dirfd, const char *path, int flags);
int es_beneath_read(int dirfd, const char *path, struct es_buf *out,
		    struct stat *st);
bool es_is_absent(int code);

/* checks_homes.c */
int es_homes_each(struct es_findings *f,
		  int (*each)(struct es_findings *f, const struct es_home *home,
			      struct es_error *err),
		  struct es_error *err);
void es_homes_dispose(struct es_homes *h);
bool es_home_has_uid(const struct es_home *home, uint32_t uid);
void es_user_text(struct es_findings *f, struct es_buf *out, uint32_t uid);
void es_group_text(struct es_findings *f, struct es_buf *out, uint32_t gid);
bool es_others_write(struct es_findings *f, struct es_buf *why,
		     const struct stat *st, const struct es_home *home);
int es_homes_load(struct es_checks *c, struct es_error *err);

/* checks_words.c: the words of shell lines, crontabs and the like */

/* Where a line is being read, and what stood before the word. */
struct es_words {
	const char *pos;
	const char *end;
	char before; /* separator that is no blank: one of ;&|()<>{} or 0 */
};

int es_words_next(struct es_words *w, struct es_buf *out);
bool es_lines_next(const char **pos, const char *end, const char **line,
		   size_t *len);
/* The same with those lines that it is continued by, after a backslash. */
bool es_lines_next_whole(const char **pos, const char *end, struct es_buf *out);

/* A line of colon separated fields: passwd, shadow, group. */
struct es_fields {
	const char *at[9];
	size_t len[9];
	size_t n;
};

void es_fields_split(struct es_fields *out, const char *line, size_t len,
		     char separator);

/* check_shell.c: start files, for two checks */
int es_shell_each_line(struct es_findings *f,
		       void (*each)(struct es_findings *f, const char *path,
				    const char *home, struct es_words *line),
		       struct es_error *err);

#endif
