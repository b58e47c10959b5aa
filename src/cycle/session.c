/* SPDX-License-Identifier: MIT */
/* session.c - configuration, rules, key and repository of one invocation */
#include "config.h"

#include "etcsnap/session.h"

#include "cycle/key_priv.h"
#include "cycle/parts_priv.h"
#include "cycle/signing_priv.h"
#include "etcsnap/clock.h"
#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An ordinary user's repository when neither option nor file says. */
static int user_repo(struct es_buf *b)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (state && state[0] == '/')
		return es_buf_addf(b, "%s/etcsnap/repo.git", state);
	return es_buf_addf(b, "%s/.local/state/etcsnap/repo.git",
			   home && home[0] == '/' ? home : "/");
}

static char *detach(struct es_buf *b, struct es_error *err)
{
	char *s = NULL;

	if (es_buf_check(b, err) == 0) {
		s = strdup(es_buf_str(b));
		if (!s)
			es_fail_oom(err);
	}
	es_buf_dispose(b);
	return s;
}

const char *const *es_session_beside(size_t *n)
{
	/* Source: etcsnap(8) "FILES". */
	static const char *const names[] = {
		"allowed_signers",
		"delivery",
		"key",
		("key" ES_KEY_NEW),
		"reports",
		"setup",
		"setup.lock",
		"sign_key",
		"sign_key.pub",
		"state.db",
		"state.db-journal",
		"state.db-shm",
		"state.db-wal",
		"trend",
	};

	*n = sizeof(names) / sizeof(*names);
	return names;
}

/* state.db and key: beside the repository, whatever it is called. */
static char *beside(const struct es_session *s, const char *name,
		    struct es_error *err)
{
	struct es_buf b = ES_BUF_INIT(1 << 16);

	es_path_dirname(&b, s->repo_path);
	es_buf_addf(&b, "/%s", name);
	return detach(&b, err);
}

/* Who owns the directory of the machine's repository is who makes its runs. */
static bool is_keeper(const char *repo)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf dir = ES_BUF_INIT(1 << 16);
	struct stat st;

	es_path_dirname(&dir, repo);
	return stat(es_buf_str(&dir), &st) == 0 && st.st_uid == geteuid();
}

/* The configuration's value becomes that of --repo; its default is root's. */
static int find_repo(struct es_session *s, const struct es_session_options *o,
		     struct es_error *err)
{
	const enum es_conf_id id = ES_CONF_REPOSITORY_PATH;
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);
	bool said = es_conf_is_set(s->conf, id);
	const char *repo = o->repo ? o->repo : es_conf_text(s->conf, id);

	/* The machine's own repository must never take in another tree. */
	if (strcmp(s->root, "/") != 0 && !o->repo && !(o->conf_file && said))
		return es_fail_config(err,
				      "--root %s needs a repository of its "
				      "own; name one with --repo DIR",
				      ES_Q(s->root));
	if (!o->repo && !said && geteuid() != 0 && !is_keeper(repo))
		user_repo(&b);
	else if (es_path_absolute(&b, repo, err) < 0)
		return err->code;
	if (o->repo && es_conf_set(s->conf, id, b.data, "--repo", err) < 0)
		return err->code;
	s->repo_path = detach(&b, err);
	return s->repo_path ? 0 : err->code;
}

static int find_paths(struct es_session *s, const struct es_session_options *o,
		      struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);

	if (es_path_absolute(&b, o->root ? o->root : "/", err) < 0)
		return err->code;
	s->root = detach(&b, err);
	if (!s->root || find_repo(s, o, err) < 0)
		return err->code;
	s->state_path = beside(s, "state.db", err);
	s->key_path = beside(s, "key", err);
	return s->state_path && s->key_path ? 0 : err->code;
}

static int find_host(struct es_session *s, struct es_error *err)
{
	char name[256] = "";

	if (gethostname(name, sizeof(name) - 1) < 0 || !name[0])
		snprintf(name, sizeof(name), "localhost");
	s->host = strdup(name);
	return s->host ? 0 : es_fail_oom(err);
}

static int load_rules(struct es_session *s, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf homes = ES_BUF_INIT(1 << 26);

	if (es_ids_new(&s->ids, s->root, err) < 0)
		return err->code;
	if (es_ids_homes(s->ids, &homes, err) < 0)
		return err->code;
	if (es_parts_of(s->conf, err) < 0 || es_checks_conf(s->conf, err) < 0)
		return err->code;
	return es_rules_new(&s->rules, s->conf, homes.data, homes.len, err);
}

static int open_store(struct es_session *s, struct es_error *err)
{
	if (es_store_open(&s->store, s->repo_path, err) < 0)
		return err->code;
	const char *root = es_store_root(s->store);

	if (strcmp(root, s->root) != 0)
		return es_fail_config(
			err,
			"repository %s records the root %s, not %s; use "
			"--root %s or another --repo",
			ES_Q(s->repo_path), ES_Q(root), ES_Q(s->root),
			ES_Q(root));
	return 0;
}

int es_session_new(struct es_session **out, const struct es_session_options *o,
		   unsigned int need, struct es_error *err)
{
	ES_CLEANUP(es_session_freep)
	struct es_session *s = calloc(1, sizeof(*s));

	if (!s)
		return es_fail_oom(err);
	if (es_conf_load(&s->conf, o->conf_file, err) < 0 ||
	    find_paths(s, o, err) < 0 || find_host(s, err) < 0)
		return err->code;
	if ((need & ES_NEED_STORE) &&
	    (open_store(s, err) < 0 || es_signing_load(s, err) < 0))
		return err->code;
	if ((need & ES_NEED_RULES) && load_rules(s, err) < 0)
		return err->code;
	if ((need & ES_NEED_KEY) && es_key_load(s, err) < 0)
		return err->code;
	*out = es_steal_ptr(&s);
	return 0;
}

void es_session_free(struct es_session *s)
{
	if (!s)
		return;
	es_store_free(s->store);
	es_signer_free(s->signer);
	es_rules_free(s->rules);
	es_ids_free(s->ids);
	es_conf_free(s->conf);
	free(s->repo_path);
	free(s->state_path);
	free(s->key_path);
	free(s->root);
	free(s->host);
	explicit_bzero(s->key, sizeof(s->key));
	free(s);
}

/* The old repository is kept under a name that says when it was left. */
static int set_aside(const struct es_session *s, char **old,
		     struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(1 << 16);
	int rc = es_store_set_aside(s->repo_path, &name, err);

	if (rc <= 0)
		return rc;
	*old = strdup(name.data);
	if (unlink(s->state_path) < 0 && errno != ENOENT)
		return es_fail_errno(err, "cannot remove %s",
				     ES_Q(s->state_path));
	return *old ? 0 : es_fail_oom(err);
}

int es_session_init(struct es_session *s, bool reset, char **old,
		    struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf dir = ES_BUF_INIT(1 << 16);
	struct stat st;
	int made;

	*old = NULL;
	/* the repository would refuse the root that was meant for ever after */
	if (stat(s->root, &st) < 0)
		return es_fail_errno(err, "cannot stat %s", ES_Q(s->root));
	if (!S_ISDIR(st.st_mode))
		return es_fail(err, -ENOTDIR, "%s is no directory",
			       ES_Q(s->root));
	es_path_dirname(&dir, s->repo_path);
	if (es_buf_check(&dir, err) < 0 || es_mkdirs(dir.data, 0700, err) < 0)
		return err->code;
	if (reset && set_aside(s, old, err) < 0)
		return err->code;
	made = es_key_make(s, err);
	if (made < 0)
		return made;
	if (es_store_init(s->repo_path, s->root, err) == 0)
		return 0;
	/* a key without a repository was seen by nobody */
	if (made > 0)
		unlink(s->key_path);
	return err->code;
}
