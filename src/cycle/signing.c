/* SPDX-License-Identifier: MIT */
/* signing.c - who signs the commits of a session */
#include "config.h"

#include "cycle/signing_priv.h"
#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Names the key in the repository's configuration, as "init --sign" sets it. */
#define SETTING "etcsnap.signKey"
/* Most bytes of a list of signers. */
#define ALLOWED_MAX ((size_t)16 << 20)

/* ------------------------------------------------------------ in every run */

/* The configuration's key; where it has none, that of the repository. */
static int find_key(struct es_session *s, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf key = ES_BUF_INIT(1 << 16);
	int rc;

	if (es_conf_is_set(s->conf, ES_CONF_REPOSITORY_SIGN_KEY))
		return 1;
	rc = es_store_setting(&key, s->store, SETTING, err);
	if (rc <= 0 || key.len == 0)
		return rc < 0 ? rc : 0;
	rc = es_conf_set(s->conf, ES_CONF_REPOSITORY_SIGN_KEY, es_buf_str(&key),
			 SETTING " of the repository", err);
	return rc < 0 ? rc : 1;
}

int es_signing_load(struct es_session *s, struct es_error *err)
{
	const int64_t mode = es_conf_number(s->conf, ES_CONF_REPOSITORY_SIGN);
	struct es_signer_options o = {
		.required = mode == ES_CONF_SIGN_REQUIRE,
	};
	const int rc = find_key(s, err);

	if (rc <= 0 || mode == ES_CONF_SIGN_NO)
		return rc < 0 ? rc : 0;
	o.key = es_conf_text(s->conf, ES_CONF_REPOSITORY_SIGN_KEY);
	return es_signer_new(&s->signer, &o, err);
}

void es_signing_note(const struct es_session *s, struct es_buf *notice)
{
	const char *problem = es_signer_problem(s->signer);

	if (problem)
		es_buf_addf(notice, "%s%s; the commit has no signature",
			    notice->len ? "; " : "", problem);
}

/* --------------------------------------------------------- "init --sign" */

void es_signing_dispose(struct es_signing *g)
{
	free(g->key);
	free(g->allowed);
	*g = (struct es_signing){ 0 };
}

static char *beside(const struct es_session *s, const char *name,
		    struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);
	char *path = NULL;

	es_path_dirname(&b, s->repo_path);
	es_buf_addf(&b, "/%s", name);
	if (es_buf_check(&b, err) == 0) {
		path = strdup(es_buf_str(&b));
		if (!path)
			es_fail_oom(err);
	}
	return path;
}

/* "etcsnap@web1": a name that neither file nor command line misreads. */
static void add_principal(struct es_buf *out, const struct es_session *s)
{
	es_buf_adds(out, "etcsnap@");
	for (const char *p = s->host; *p; p++)
		es_buf_addc(out, isalnum((unsigned char)*p) || strchr(".-", *p)
					 ? *p
					 : '_');
}

/* The list has a line more, unless the key stands in it already. */
static int allow(const struct es_session *s, const struct es_signing *g,
		 struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf key = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_buf_dispose)
	struct es_buf list = ES_BUF_INIT(ALLOWED_MAX);
	struct es_error why = ES_ERROR_INIT;

	if (es_sign_public_key(&key, g->key, err) < 0)
		return err->code;
	if (es_read_file(&list, AT_FDCWD, g->allowed, &why) < 0 &&
	    why.code != -ENOENT) {
		*err = why;
		return err->code;
	}
	if (strstr(es_buf_str(&list), es_buf_str(&key)))
		return 0;
	if (list.len && list.data[list.len - 1] != '\n')
		es_buf_addc(&list, '\n');
	add_principal(&list, s);
	es_buf_addf(&list, " namespaces=\"git\" %s\n", es_buf_str(&key));
	if (es_buf_check(&list, err) < 0)
		return err->code;
	return es_write_file(g->allowed, list.data, list.len, 0644, err);
}

static int configure(const struct es_session *s, const struct es_signing *g,
		     struct es_error *err)
{
	const char *const settings[][2] = {
		{ "gpg.format", "ssh" },
		{ "gpg.ssh.allowedSignersFile", g->allowed },
		{ SETTING, g->key },
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (es_store_configure(s->repo_path, settings[i][0],
				       settings[i][1], err) < 0)
			return err->code;
	return 0;
}

int es_session_init_signing(struct es_signing *out, const struct es_session *s,
			    struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf who = ES_BUF_INIT(1 << 16);
	const char *said = es_conf_text(s->conf, ES_CONF_REPOSITORY_SIGN_KEY);
	const size_t len = strlen(said);
	int rc = 0;

	out->key = len ? strdup(said) : beside(s, "sign_key", err);
	out->allowed = beside(s, "allowed_signers", err);
	if (!out->key || !out->allowed)
		return es_fail_oom(err);
	add_principal(&who, s);
	/* a public key's private half lies where we can make none */
	if (len < 4 || strcmp(said + len - 4, ".pub") != 0)
		rc = es_sign_make_key(out->key, es_buf_str(&who), err);
	if (rc < 0 || allow(s, out, err) < 0 || configure(s, out, err) < 0)
		return err->code;
	out->made = rc > 0;
	return 0;
}
