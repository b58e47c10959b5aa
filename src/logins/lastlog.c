/* SPDX-License-Identifier: MIT */
/* lastlog.c - last logins, where nothing else knows of one */
#include "config.h"

#include "logins/login_db_priv.h"
#include "logins/logins_priv.h"

#include "etcsnap/fileio.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <utmp.h>

/*
 * lastlog is an array by user number of: time, terminal, host; the time has
 * the size of that in wtmp.
 * Source: glibc, bits/utmp.h; util-linux, liblastlog2/src/lastlog2.c.
 */
#define LINE_LEN 32
#define HOST_LEN 256
#define NARROW_SIZE (4 + LINE_LEN + HOST_LEN)
#define WIDE_SIZE (8 + LINE_LEN + HOST_LEN)

#define PASSWD_MAX ((size_t)16 << 20)

#define LASTLOG2 "var/lib/lastlog/lastlog2.db"
#define LASTLOG2_SQL                                                 \
	"SELECT Name, Time, TTY, RemoteHost, Service FROM Lastlog2 " \
	"WHERE Time >= ?1 AND Time <= ?2 ORDER BY Time DESC LIMIT 2000"

/* Whether a session of the user that began in the window is known. */
static bool is_known(const struct es_logins *l, const char *user)
{
	for (size_t i = 0; i < l->n_sessions; i++)
		if (l->sessions[i].begin >= l->from &&
		    l->sessions[i].begin <= l->to &&
		    strcmp(l->sessions[i].user, user) == 0)
			return true;
	return false;
}

/* Nobody wrote down when it ended; its terminal may tell that it did not. */
static int tell(struct lg_logs *logs, struct es_login *s)
{
	if (s->begin < logs->from || s->begin > logs->to ||
	    is_known(logs->out, s->user))
		return 0;
	s->end = 0;
	s->how = ES_LOGIN_GONE;
	if (logs->live && s->line[0] &&
	    !lg_is_gone(logs, s->user, s->line, 0, s->begin))
		s->how = ES_LOGIN_OPEN;
	return lg_add_session(logs->out, s);
}

static int read_lastlog2(struct lg_logs *logs)
{
	ES_CLEANUP(lg_db_close) sqlite3 *db = lg_db_open(logs->root, LASTLOG2);
	int rc = 0;

	if (!db)
		return 0;
	ES_CLEANUP(lg_db_finish)
	sqlite3_stmt *stmt =
		lg_db_prepare(db, LASTLOG2_SQL, logs->from, logs->to);
	while (rc == 0 && stmt && sqlite3_step(stmt) == SQLITE_ROW) {
		struct es_login s = {
			.user = lg_db_text(stmt, 0),
			.line = lg_db_text(stmt, 2),
			.host = lg_db_text(stmt, 3),
			.service = lg_db_text(stmt, 4),
			.begin = sqlite3_column_int64(stmt, 1),
		};

		rc = tell(logs, &s);
	}
	return rc;
}

static size_t entry_size(uint64_t size)
{
	const bool narrow = size % NARROW_SIZE == 0;
	const bool wide = size % WIDE_SIZE == 0;

	if (narrow != wide)
		return narrow ? NARROW_SIZE : WIDE_SIZE;
	return sizeof(struct lastlog) == WIDE_SIZE ? WIDE_SIZE : NARROW_SIZE;
}

static int read_entry(struct lg_logs *logs, int fd, size_t size,
		      const char *user, uint32_t uid)
{
	unsigned char raw[WIDE_SIZE];
	char line[LINE_LEN + 1] = { 0 };
	char host[HOST_LEN + 1] = { 0 };
	const size_t time_len = size - LINE_LEN - HOST_LEN;
	struct es_login s = { user, line, host, "", 0, 0, ES_LOGIN_GONE };
	uint32_t narrow;

	if (pread(fd, raw, size, (off_t)((uint64_t)uid * size)) !=
	    (ssize_t)size)
		return 0;
	memcpy(&narrow, raw, sizeof(narrow));
	s.begin = narrow;
	if (time_len == sizeof(s.begin))
		memcpy(&s.begin, raw, sizeof(s.begin));
	memcpy(line, raw + time_len, LINE_LEN);
	memcpy(host, raw + time_len + LINE_LEN, HOST_LEN);
	return tell(logs, &s);
}

/* "name:password:number:..."; cut at its colons. */
static bool split_account(char *line, uint32_t *uid)
{
	char *const password = strchr(line, ':');
	char *const number = password ? strchr(password + 1, ':') : NULL;
	char *end;

	if (!number || number[1] < '0' || number[1] > '9')
		return false;
	errno = 0;
	const unsigned long value = strtoul(number + 1, &end, 10);
	if (errno || *end != ':' || value > UINT32_MAX)
		return false;
	*uid = (uint32_t)value;
	*password = '\0';
	return true;
}

static int read_lastlog(struct lg_logs *logs)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(PASSWD_MAX);
	ES_CLEANUP(es_closep)
	int fd = es_open_in_root(logs->root, "var/log/lastlog", O_RDONLY);
	struct stat st;
	uint32_t uid;
	char *rest;
	int rc = 0;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size == 0 || st.st_mtime < logs->from ||
	    lg_read_all(&b, logs->root, "etc/passwd") <= 0)
		return 0;
	/* It is sparse and may seem huge: only users are looked up. */
	const size_t size = entry_size((uint64_t)st.st_size);
	for (char *line = strtok_r(b.data, "\n", &rest); rc == 0 && line;
	     line = strtok_r(NULL, "\n", &rest))
		if (split_account(line, &uid))
			rc = read_entry(logs, fd, size, line, uid);
	return rc;
}

int lg_lastlog_read(struct lg_logs *logs)
{
	const int rc = read_lastlog2(logs);

	return rc < 0 ? rc : read_lastlog(logs);
}
