/* SPDX-License-Identifier: MIT */
/* setup_purge.c - remove a repository with what lies beside it */
#include "config.h"

#include "setup/setup_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"
#include "etcsnap/spawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Seconds for which rm(1) is waited for. */
#define DEADLINE 3600

/* What is looked at of a file, to tell whether it is ours. */
#define HEAD_MAX 1024

/* --- whose it is ---------------------------------------------------------- */

/* Where in a file @text stands */
#define ANYWHERE ((size_t)-1)

/* Files of ours, by what stands in them or in another of the same origin.
 * Source: ledger.c, state_trend.c, state_priv.h (application_id of SQLite),
 * signing.c */
static const struct sign {
	const char *name;
	const char *of;
	const char *text;
	size_t at;
} signs[] = {
	{ "allowed_signers", "allowed_signers", "etcsnap@", 0 },
	{ "delivery", "delivery", "etcsnap delivery ", 0 },
	{ "sign_key", "sign_key.pub", " etcsnap@", ANYWHERE },
	{ "sign_key.pub", "sign_key.pub", " etcsnap@", ANYWHERE },
	{ "state.db", "state.db", "etcs", 68 },
	{ "state.db-journal", "state.db", "etcs", 68 },
	{ "state.db-shm", "state.db", "etcs", 68 },
	{ "state.db-wal", "state.db", "etcs", 68 },
	{ "trend", "trend", "etcsnap-trend ", 0 },
};

/* The first bytes of a plain file. Return: their number, 0 also without. */
static size_t read_head(char head[HEAD_MAX], const char *dir, const char *name)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(8192);
	ES_CLEANUP(es_closep) int fd = -1;
	struct stat st;
	ssize_t n;

	es_buf_addf(&path, "%s/%s", dir, name);
	fd = open(es_buf_str(&path),
		  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	n = read(fd, head, HEAD_MAX);
	return n > 0 ? (size_t)n : 0;
}

static bool has_sign(const char *dir, const struct sign *sign)
{
	char head[HEAD_MAX];
	size_t n = read_head(head, dir, sign->of);
	size_t len = strlen(sign->text);

	if (sign->at == ANYWHERE)
		return memmem(head, n, sign->text, len) != NULL;
	return n >= sign->at + len &&
	       memcmp(head + sign->at, sign->text, len) == 0;
}

/* The secret key is a line of so many hexadecimal digits. */
static bool is_key(const char *dir, const char *name)
{
	char head[HEAD_MAX];
	uint8_t key[ES_KEY_LEN];
	size_t n = read_head(head, dir, name);
	const size_t digits = sizeof(key) * 2;
	const bool is = n == digits + 1 && head[digits] == '\n' &&
			es_unhex(key, head, sizeof(key)) == 0;

	explicit_bzero(head, sizeof(head));
	explicit_bzero(key, sizeof(key));
	return is;
}

/* A folder in which there is nothing but reports of ours. Source: send.c */
static bool is_reports(const char *dir, const char *name)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(8192);
	ES_CLEANUP(es_closedirp) DIR *d = NULL;
	const struct dirent *e;
	int fd;

	es_buf_addf(&path, "%s/%s", dir, name);
	fd = open(es_buf_str(&path),
		  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		return false;
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0 &&
		    fnmatch("20[0-9][0-9][0-9][0-9][0-9][0-9]T[0-9]*Z-*.[hjt]*",
			    e->d_name, 0) != 0)
			return false;
	return true;
}

/* Elsewhere others may have a "setup" or "reports", too. */
static bool is_ours(const char *dir, const char *name)
{
	if (strcmp(dir, SETUP_STATE_DIR) == 0)
		return true;
	if (strcmp(name, "reports") == 0)
		return is_reports(dir, name);
	if (strcmp(name, "key") == 0 || strcmp(name, "key.new") == 0)
		return is_key(dir, name);
	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
		if (strcmp(signs[i].name, name) == 0)
			return has_sign(dir, &signs[i]);
	return false;
}

/* --- removing it ---------------------------------------------------------- */

/* @argv: "rm", options, "--" and paths. */
static int run_rm(const char *const *argv, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_buf_dispose) struct es_buf reason = ES_BUF_INIT(4096);
	const struct es_spawn rm = {
		.argv = argv,
		.out = &said,
		.complaint = &said,
		.seconds = DEADLINE,
	};
	int rc = es_spawn_run(&rm, err);

	if (rc <= 0)
		return rc;
	es_spawn_reason(&reason, &said);
	return es_fail(err, -EIO, "cannot remove the repository: %s",
		       es_buf_str(&reason));
}

int es_setup_clean(struct es_setup *s, struct es_error *err)
{
	const char *making = es_doc_get_str(s->done, "making");
	const char *argv[] = { "rm", "-rf",  "--one-file-system",
			       "--", making, NULL };
	ES_CLEANUP(es_store_freep) struct es_store *st = NULL;
	struct es_error why = ES_ERROR_INIT;

	if (!making || *making != '/' ||
	    es_store_open(&st, making, &why) == 0 || why.code == -ENOENT)
		return 0;
	return run_rm(argv, err);
}

/* Takes "DIR/NAME", where there is one. */
static int find(struct es_setup_purge *p, const char *dir, const char *name,
		bool ours, struct es_error *err)
{
	struct stat st;
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return es_fail_oom(err);
	if (lstat(path, &st) < 0) {
		free(path);
		return 0;
	}
	p->v[p->n].path = path;
	p->v[p->n++].ours = ours;
	return 0;
}

int es_setup_purge_find(struct es_setup_purge *out, const struct es_setup *s,
			const char *repo, struct es_error *err)
{
	const char *making = es_doc_get_str(s->done, "making");
	ES_CLEANUP(es_buf_dispose) struct es_buf dir = ES_BUF_INIT(8192);
	ES_CLEANUP(es_store_freep) struct es_store *st = NULL;
	struct es_error why = ES_ERROR_INIT;
	size_t n;
	const char *const *names = es_session_beside(&n);

	/* what is there and no repository of ours is nothing to remove, but
	 * for one that we were killed over */
	if (es_store_open(&st, repo, &why) < 0 && why.code != -ENOENT &&
	    !(making && strcmp(making, repo) == 0)) {
		*err = why;
		return err->code;
	}
	es_path_dirname(&dir, repo);
	if (es_buf_check(&dir, err) < 0)
		return err->code;
	if (find(out, dir.data, strrchr(repo, '/') + 1, true, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++)
		if (find(out, dir.data, names[i], is_ours(dir.data, names[i]),
			 err) < 0)
			return err->code;
	return 0;
}

void es_setup_purge_dispose(struct es_setup_purge *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].path);
	*p = (struct es_setup_purge){ 0 };
}

int es_setup_purge(const struct es_setup_purge *p, const char *repo,
		   struct es_error *err)
{
	const char *argv[4 + ES_SESSION_BESIDE_MAX + 2] = { "rm", "-rf",
							    "--one-file-system",
							    "--" };
	size_t n = 4;
	int rc;

	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].ours)
			argv[n++] = p->v[i].path;
	rc = n > 4 ? run_rm(argv, err) : 0;
	es_setup_sweep(repo);
	return rc;
}
