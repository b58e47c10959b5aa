/* SPDX-License-Identifier: MIT */
/* sign.c - make SSH signatures and keys by ssh-keygen */
#include "config.h"

#include "etcsnap/sign.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"
#include "etcsnap/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Seconds that ssh-keygen gets, alone and with a person to answer it. */
#define ALONE 30
#define ASKED 120

#define BEGIN "-----BEGIN SSH SIGNATURE-----\n"
#define END "-----END SSH SIGNATURE-----\n"

/* Longest of a public key; RSA of 16384 bits has 2.8 thousand. */
#define PUBLIC_MAX ((size_t)16384)

struct es_signer {
	char *key;
	bool required;
	bool ask;
	struct es_buf problem;
};

static const char *const agent[] = { "SSH_AUTH_SOCK", NULL };
static const char *const agent_and_person[] = {
	"SSH_AUTH_SOCK",
	"SSH_ASKPASS",
	"SSH_ASKPASS_REQUIRE",
	"DISPLAY",
	"WAYLAND_DISPLAY",
	"XAUTHORITY",
	"HOME",
	"TERM",
	NULL,
};

int es_signer_new(struct es_signer **out,
		  const struct es_signer_options *options, struct es_error *err)
{
	ES_CLEANUP(es_signer_freep)
	struct es_signer *s = calloc(1, sizeof(*s));

	if (!s)
		return es_fail_oom(err);
	s->problem = (struct es_buf)ES_BUF_INIT(4096);
	s->required = options->required;
	s->ask = options->ask;
	s->key = strdup(options->key);
	if (!s->key)
		return es_fail_oom(err);
	*out = es_steal_ptr(&s);
	return 0;
}

void es_signer_free(struct es_signer *s)
{
	if (!s)
		return;
	es_buf_dispose(&s->problem);
	free(s->key);
	free(s);
}

const char *es_signer_problem(const struct es_signer *s)
{
	return s && s->problem.len ? s->problem.data : NULL;
}

static bool is_armored(const struct es_buf *b)
{
	return b->len > strlen(BEGIN END) && strlen(b->data) == b->len &&
	       strncmp(b->data, BEGIN, strlen(BEGIN)) == 0 &&
	       strcmp(b->data + b->len - strlen(END), END) == 0;
}

/* Fills @out; 0, or negative with @err saying why. */
static int make(const struct es_signer *s, struct es_buf *out, const void *data,
		size_t len, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(65536);
	ES_CLEANUP(es_buf_dispose) struct es_buf why = ES_BUF_INIT(65536);
	const char *const argv[] = { "ssh-keygen", "-q", "-Y",	 "sign", "-n",
				     "git",	   "-f", s->key, NULL };
	const struct es_spawn job = {
		.argv = argv,
		.pass = s->ask ? agent_and_person : agent,
		.input = data,
		.input_len = len,
		.out = out,
		.complaint = &said,
		.seconds = s->ask ? ASKED : ALONE,
		.ask = s->ask,
	};
	const int rc = es_spawn_run(&job, err);

	if (rc < 0)
		return rc;
	if (rc == 0 && is_armored(out))
		return 0;
	es_spawn_reason(&why, &said);
	return es_fail(err, -EKEYREJECTED, "%s",
		       why.len ? why.data : "ssh-keygen said no reason");
}

int es_signer_sign(struct es_signer *s, struct es_buf *out, const void *data,
		   size_t len, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(65536);
	struct es_error why = ES_ERROR_INIT;

	es_buf_reset(&s->problem);
	if (make(s, &text, data, len, &why) == 0) {
		es_buf_add(out, text.data, text.len);
		return es_buf_check(out, err) < 0 ? err->code : 1;
	}
	if (s->required)
		return es_fail(err, why.code,
			       "cannot sign with %s: %s; nothing was written, "
			       "see sign_key in etcsnap.conf(5)",
			       ES_Q(s->key), why.msg);
	es_buf_addf(&s->problem, "cannot sign with %s: %s", ES_Q(s->key),
		    why.msg);
	return 0;
}

/* ------------------------------------------------------------------- keys */

int es_sign_make_key(const char *path, const char *comment,
		     struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(65536);
	ES_CLEANUP(es_buf_dispose) struct es_buf why = ES_BUF_INIT(65536);
	const char *const argv[] = { "ssh-keygen", "-q", "-t", "ed25519",
				     "-N",	   "",	 "-C", comment,
				     "-f",	   path, NULL };
	const struct es_spawn job = {
		.argv = argv,
		.complaint = &said,
		.out = &said,
		.seconds = ALONE,
	};
	struct stat st;
	int rc;

	if (lstat(path, &st) == 0)
		return 0;
	rc = es_spawn_run(&job, err);
	if (rc < 0)
		return es_wrap(err, "cannot make the key %s", ES_Q(path));
	if (rc == 0 && lstat(path, &st) == 0)
		return 1;
	es_spawn_reason(&why, &said);
	return es_fail(err, -EIO, "cannot make the key %s: %s", ES_Q(path),
		       es_buf_str(&why));
}

/* "TYPE BASE64" of the first line that is a public key. */
static int take_public(struct es_buf *out, const char *line)
{
	const size_t type = strcspn(line, " \n");
	const size_t key =
		line[type] == ' ' ? strcspn(line + type + 1, " \r\n") : 0;

	if (type == 0 || key < 16 || type + key > PUBLIC_MAX ||
	    strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789-@.") != type)
		return -EINVAL;
	return es_buf_add(out, line, type + 1 + key);
}

/* Of a private key without ".pub" beside it. */
static int derive(struct es_buf *out, const char *path, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(65536);
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(65536);
	ES_CLEANUP(es_buf_dispose) struct es_buf why = ES_BUF_INIT(65536);
	const char *const argv[] = { "ssh-keygen", "-y", "-P", "",
				     "-f",	   path, NULL };
	const struct es_spawn job = {
		.argv = argv,
		.out = &text,
		.complaint = &said,
		.seconds = ALONE,
	};
	const int rc = es_spawn_run(&job, err);

	if (rc < 0)
		return rc;
	if (rc == 0 && take_public(out, es_buf_str(&text)) == 0)
		return 0;
	es_spawn_reason(&why, &said);
	return es_fail(err, -EINVAL,
		       "cannot read a public key from %s: %s; put it into "
		       "that name with '.pub' behind it",
		       ES_Q(path), es_buf_str(&why));
}

int es_sign_public_key(struct es_buf *out, const char *path,
		       struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(65536);
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(1 << 16);
	struct es_error why = ES_ERROR_INIT;
	const size_t len = strlen(path);

	es_buf_adds(&name, path);
	if (len < 4 || strcmp(path + len - 4, ".pub") != 0)
		es_buf_adds(&name, ".pub");
	if (es_read_file(&text, AT_FDCWD, es_buf_str(&name), &why) == 0 &&
	    take_public(out, es_buf_str(&text)) == 0)
		return es_buf_check(out, err);
	return derive(out, path, err);
}
