/* SPDX-License-Identifier: MIT */
/* channel_secret.c - passwords and tokens: from files, never from argv */
#include "config.h"

#include "deliver/channel_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_secret(struct es_buf *out, const char *path,
		       struct es_error *err)
{
	ES_CLEANUP(es_closep)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int rc;

	if (fd < 0 || fstat(fd, &st) < 0)
		return es_fail_errno(err, "cannot read the secret in '%s'",
				     ES_Q(path));
	if (!S_ISREG(st.st_mode))
		return es_fail_config(err,
				      "'%s' is no file; a secret is read "
				      "from a file alone",
				      ES_Q(path));
	if (st.st_mode & (S_IRWXO | S_IWGRP))
		return es_fail_config(
			err,
			"'%s' holds a secret, and others can read "
			"or change it; chmod 600 it",
			ES_Q(path));
	rc = es_read_fd(out, fd);
	if (rc < 0)
		return es_fail(err, rc, "cannot read the secret in '%s': %s",
			       ES_Q(path), strerror(-rc));
	while (out->len && (out->data[out->len - 1] == '\n' ||
			    out->data[out->len - 1] == '\r'))
		es_buf_truncate(out, out->len - 1);
	if (out->len == 0 || memchr(out->data, '\0', out->len))
		return es_fail_config(err,
				      "'%s' should hold a secret, and is "
				      "empty or no text",
				      ES_Q(path));
	return 1;
}

/* LoadCredential=ops.password: in a unit */
static int from_credential(struct es_buf *out, const struct channel *c,
			   const char *word, struct es_error *err)
{
	const char *dir = secure_getenv("CREDENTIALS_DIRECTORY");
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(4096);

	if (!dir || *dir != '/')
		return 0;
	es_buf_addf(&path, "%s/%s.%s", dir, c->name, word);
	if (es_buf_check(&path, err) < 0)
		return err->code;
	return access(path.data, F_OK) < 0 ? 0
					   : read_secret(out, path.data, err);
}

static int from_environment(struct es_buf *out, const struct channel *c,
			    const char *word)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(4096);
	const char *value;

	es_buf_addf(&name, "ETCSNAP_%s_%s", c->name, word);
	for (size_t i = 0; i < name.len; i++) {
		char l = (char)toupper((unsigned char)name.data[i]);

		name.data[i] = l == '-' ? '_' : l;
	}
	value = secure_getenv(es_buf_str(&name));
	if (!value || !*value)
		return 0;
	es_buf_adds(out, value);
	return 1;
}

int es_channel_secret(struct es_buf *out, const struct channel *c,
		      enum es_conf_id file_key, const char *word,
		      struct es_error *err)
{
	const char *path = es_channel_text(c, file_key);
	int rc;

	if (*path)
		rc = read_secret(out, path, err);
	else
		rc = from_credential(out, c, word, err);
	if (rc == 0)
		rc = from_environment(out, c, word);
	if (rc < 0)
		return es_wrap(err, "channel '%s'", c->name);
	return es_buf_check(out, err) < 0 ? err->code : rc;
}

const char *es_channel_auth(const struct channel *c)
{
	const char *auth = es_channel_text(c, ES_CONF_CHANNEL_AUTH);

	if (*auth)
		return auth;
	return *es_channel_text(c, ES_CONF_CHANNEL_USER) ? "plain" : "none";
}

/* Whether it is nowhere; one that is there and wrong is told when it is read */
static bool is_nowhere(struct es_buf *out, const struct channel *c,
		       enum es_conf_id file_key, const char *word)
{
	struct es_error wrong = ES_ERROR_INIT;

	return es_channel_secret(out, c, file_key, word, &wrong) == 0;
}

static const char *lacks(struct es_buf *secret, const struct channel *c)
{
	const char *url = es_channel_url(c);
	const char *auth = es_channel_auth(c);
	bool token = strcmp(auth, "xoauth2") == 0;
	const char *word = token ? "token" : "password";

	if (!*url && (c->type == CHANNEL_WEBHOOK || c->type == CHANNEL_MAIL) &&
	    is_nowhere(secret, c, ES_CONF_CHANNEL_URL_FILE, "url"))
		return c->type == CHANNEL_WEBHOOK ? "url" : NULL;
	if (!*url)
		url = es_buf_str(secret);
	if (c->type != CHANNEL_MAIL || strncmp(url, "sendmail:", 9) == 0 ||
	    strcmp(auth, "none") == 0)
		return NULL;
	return is_nowhere(secret, c,
			  token ? ES_CONF_CHANNEL_TOKEN_FILE
				: ES_CONF_CHANNEL_PASSWORD_FILE,
			  word)
		       ? word
		       : NULL;
}

const char *es_channel_lacks(const struct channel *c)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf secret = ES_BUF_INIT(1 << 17);
	const char *word = lacks(&secret, c);

	if (secret.data)
		explicit_bzero(secret.data, secret.len);
	return word;
}
