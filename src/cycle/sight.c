/* SPDX-License-Identifier: MIT */
/* sight.c - what a run of this process would not see, and what lets it */
#include "config.h"

#include "etcsnap/sight.h"

#include "etcsnap/cleanup.h"
#include "etcsnap/fstype.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Unreadable paths that are named before the rest is only counted. */
#define NAMED_MAX 5

/* Places that facts, logins and packages come from, whatever is watched. */
static const struct {
	const char *path;
	const char *what;
	const char *group; /* that may read it on Debian, NULL: none */
} places[] = {
	{ "/var/log/btmp", "failed logins", "utmp" },
	{ "/var/log/wtmp", "logins", "utmp" },
	{ "/var/log/auth.log", "use of su and sudo", "adm" },
	{ "/var/log/secure", "use of su and sudo", NULL },
	{ "/var/log/journal", "use of su and sudo", "systemd-journal" },
	{ "/etc/shadow", "accounts without a password", "shadow" },
	{ "/var/spool/cron/crontabs", "crontabs of users", NULL },
	{ "/var/lib/dpkg/status", "packages", NULL },
	{ "/usr/lib/sysimage/rpm", "packages", NULL },
	{ "/var/lib/rpm", "packages", NULL },
	{ "/var/lib/pacman/local", "packages", NULL },
	{ "/lib/apk/db/installed", "packages", NULL },
};

static const struct {
	int cap;
	const char *name;
	const char *what;
} powers[] = {
	{ CAP_SYS_PTRACE, "CAP_SYS_PTRACE",
	  "of other users' processes: deleted programs that still run, and "
	  "which process listens" },
	{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN",
	  "extended attributes of the class trusted, and programs in the "
	  "kernel (BPF)" },
	{ CAP_NET_ADMIN, "CAP_NET_ADMIN",
	  "what commands print that ask the packet filter (nft, "
	  "iptables-save)" },
};

static bool has_cap(int cap)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	return syscall(SYS_capget, &head, data) == 0 &&
	       (data[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap));
}

static bool is_closed(const char *path)
{
	return faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) < 0 &&
	       errno == EACCES;
}

/* --- watched paths -------------------------------------------------------- */

struct walk {
	const struct es_session *session;
	struct es_glob_scratch *scratch;
	struct es_buf named;
	size_t n;
};

static void count(struct walk *w, const char *path)
{
	if (w->n++ >= NAMED_MAX)
		return;
	es_buf_adds(&w->named, w->n > 1 ? ", " : "");
	es_quote_term(&w->named, path, strlen(path));
}

/* Another file system that a run would not enter. */
static bool is_elsewhere(const struct walk *w, const FTSENT *e)
{
	ES_CLEANUP(es_closep) int fd = -1;
	unsigned int kind = 0;

	if (e->fts_info != FTS_D || e->fts_level == FTS_ROOTLEVEL ||
	    e->fts_statp->st_dev == e->fts_parent->fts_statp->st_dev)
		return false;
	fd = open(e->fts_accpath, O_PATH | O_CLOEXEC);
	if (fd < 0 || es_fs_of(fd, &kind) != 0)
		return true;
	return (kind & ES_FS_PSEUDO) ||
	       ((kind & ES_FS_NETWORK) &&
		!es_conf_number(w->session->conf, ES_CONF_COLLECT_NETWORK));
}

/* Return: whether to go on below it. */
static bool look(struct walk *w, const FTSENT *e)
{
	const mode_t mode = e->fts_statp->st_mode;
	const char *path = e->fts_level == FTS_ROOTLEVEL ? "" : e->fts_path;
	struct es_decision d;

	es_rules_decide(w->session->rules, w->scratch, path, strlen(path),
			es_type_from_mode(mode), &d);
	if (d.watch == ES_WATCH_NO || is_elsewhere(w, e))
		return false;
	const bool read = S_ISREG(mode) && d.watch != ES_WATCH_PASS &&
			  d.class != ES_CLASS_NONE;
	if (e->fts_info == FTS_DNR || (read && is_closed(e->fts_accpath)))
		count(w, e->fts_path);
	return true;
}

static int walk(struct walk *w, struct es_error *err)
{
	char top[] = "/";
	char *const tops[] = { top, NULL };
	FTS *fts = fts_open(tops, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *e;

	if (!fts)
		return es_fail_errno(err, "cannot walk the watched paths");
	while ((e = fts_read(fts)))
		if (e->fts_info != FTS_DP && e->fts_info != FTS_NS &&
		    !look(w, e))
			fts_set(fts, e, FTS_SKIP);
	fts_close(fts);
	return 0;
}

static int tell_paths(struct es_buf *out, const struct es_session *s,
		      struct es_error *err)
{
	struct walk w = { .session = s, .named = ES_BUF_INIT(1 << 16) };
	int rc;

	if (has_cap(CAP_DAC_READ_SEARCH) || has_cap(CAP_DAC_OVERRIDE))
		return 0;
	w.scratch = es_glob_scratch_new();
	rc = w.scratch ? walk(&w, err) : es_fail_oom(err);
	if (rc == 0 && w.n)
		es_buf_addf(out,
			    "%zu watched path%s (%s%s): needs "
			    "CAP_DAC_READ_SEARCH, or root\n",
			    w.n, w.n == 1 ? "" : "s", es_buf_str(&w.named),
			    w.n > NAMED_MAX ? ", …" : "");
	es_glob_scratch_free(w.scratch);
	es_buf_dispose(&w.named);
	return rc < 0 ? rc : w.n > 0;
}

/* --- the rest ------------------------------------------------------------- */

static int tell_places(struct es_buf *out)
{
	int n = 0;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (!is_closed(places[i].path))
			continue;
		es_buf_addf(out, "%s (%s): needs CAP_DAC_READ_SEARCH%s%s\n",
			    places[i].what, places[i].path,
			    places[i].group ? " or the group " : "",
			    places[i].group ? places[i].group : "");
		n++;
	}
	return n;
}

static int tell_powers(struct es_buf *out)
{
	int n = 0;

	for (size_t i = 0; i < sizeof(powers) / sizeof(*powers); i++) {
		if (has_cap(powers[i].cap))
			continue;
		es_buf_addf(out, "%s: needs %s\n", powers[i].what,
			    powers[i].name);
		n++;
	}
	return n;
}

/* Commands that are to run as somebody whom this process cannot become. */
static int tell_commands(struct es_buf *out, const struct es_session *s)
{
	size_t n, values;
	const char *const *names = es_conf_names(s->conf, "command", &n);
	int told = 0;

	for (size_t i = 0; i < n && !has_cap(CAP_SETUID); i++) {
		const struct es_conf_value *v = es_conf_values(
			s->conf, ES_CONF_COMMAND_USER, names[i], &values);

		if (values == 0 || !*v[values - 1].text)
			continue;
		es_buf_addf(out,
			    "the output of command '%s' (%s:%u): running it as "
			    "'%s' needs CAP_SETUID and CAP_SETGID\n",
			    ES_Q(names[i]), ES_Q(v[values - 1].file),
			    v[values - 1].line, ES_Q(v[values - 1].text));
		told++;
	}
	return told;
}

int es_sight_tell(struct es_buf *out, const struct es_session *s,
		  struct es_error *err)
{
	int n = tell_paths(out, s, err);

	if (n < 0)
		return n;
	n += tell_places(out) + tell_powers(out) + tell_commands(out, s);
	return es_buf_check(out, err) < 0 ? err->code : n;
}
