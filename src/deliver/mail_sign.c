/* SPDX-License-Identifier: MIT */
/* mail_sign.c - signatures by gpg and gpgsm */
#include "config.h"

#include "deliver/mail_priv.h"
#include "etcsnap/quote.h"
#include "etcsnap/spawn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT 30

/* Bytes of a signature with its certificates */
#define SIGNATURE_MAX 65536

/* What gpg tells on its status lines, and people */
#define SAID_MAX 16384

#define ARGS 20

/* RFC 4880 section 9.4; the names are those of multipart/signed. */
static const struct {
	long number;
	const char *pgp;
	const char *smime;
} algorithms[] = {
	{ 2, "pgp-sha1", "sha-1" },	 { 8, "pgp-sha256", "sha-256" },
	{ 9, "pgp-sha384", "sha-384" },	 { 10, "pgp-sha512", "sha-512" },
	{ 11, "pgp-sha224", "sha-224" },
};

/* "[GNUPG:] SIG_CREATED D <public key algorithm> <hash> …" */
static const char *find_algorithm(const char *said, enum es_mail_sign_kind kind)
{
	const char *at = strstr(said, "[GNUPG:] SIG_CREATED D ");
	char *end;
	long number;

	if (!at)
		return NULL;
	at += strlen("[GNUPG:] SIG_CREATED D ");
	at += strcspn(at, " \n");
	number = strtol(at, &end, 10);
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++) {
		if (algorithms[i].number == number)
			return kind == ES_MAIL_SIGN_PGP ? algorithms[i].pgp
							: algorithms[i].smime;
	}
	return NULL;
}

static void make_argv(const char *argv[ARGS], const struct es_mail_sign *s)
{
	bool pgp = s->kind == ES_MAIL_SIGN_PGP;
	size_t n = 0;

	argv[n++] = s->program ? s->program
			       : (pgp ? "/usr/bin/gpg" : "/usr/bin/gpgsm");
	argv[n++] = "--batch";
	argv[n++] = "--no-tty";
	argv[n++] = "--status-fd=2";
	/* Nobody is there to type one; the agent may have it. */
	argv[n++] = "--pinentry-mode=error";
	if (s->home) {
		argv[n++] = "--homedir";
		argv[n++] = s->home;
	}
	if (pgp)
		argv[n++] = "--armor";
	else
		argv[n++] = "--disable-crl-checks";
	argv[n++] = "--local-user";
	argv[n++] = s->key;
	argv[n++] = "--detach-sign";
	argv[n] = NULL;
}

/* What gpg said to people, not on its status lines */
static int fail_sign(const struct es_buf *said, const char *program,
		     struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf words = ES_BUF_INIT(SAID_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf why = ES_BUF_INIT(SAID_MAX);
	const char *line = es_buf_str(said);

	while (*line) {
		size_t len = strcspn(line, "\n");

		len += line[len] == '\n';
		if (strncmp(line, "[GNUPG:]", 8) != 0)
			es_buf_add(&words, line, len);
		line += len;
	}
	es_spawn_reason(&why, &words);
	return es_fail(err, -EIO, "'%s' did not sign the mail: %s",
		       ES_Q(program), es_buf_str(&why));
}

/* An armoured signature becomes part of the mail. */
static void add_lines(struct es_buf *out, const struct es_buf *text)
{
	for (size_t i = 0; i < text->len; i++) {
		if (text->data[i] == '\n')
			es_buf_addc(out, '\r');
		if (text->data[i] != '\r')
			es_buf_addc(out, text->data[i]);
	}
}

int es_mail_sign_part(struct es_buf *out, struct es_buf *micalg,
		      const struct es_mail_sign *sign,
		      const struct es_buf *part, struct es_error *err)
{
	static const char *const pass[] = { "HOME", "GNUPGHOME", NULL };
	ES_CLEANUP(es_buf_dispose)
	struct es_buf made = ES_BUF_INIT(SIGNATURE_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(SAID_MAX);
	const char *argv[ARGS];
	struct es_spawn gpg = {
		.argv = argv,
		.pass = pass,
		.input = part->data,
		.input_len = part->len,
		.out = &made,
		.complaint = &said,
		.seconds = sign->timeout ? sign->timeout : TIMEOUT,
	};
	const char *name;
	int r;

	make_argv(argv, sign);
	r = es_spawn_run(&gpg, err);
	if (r < 0)
		return es_wrap(err, "cannot sign the mail");
	name = find_algorithm(es_buf_str(&said), sign->kind);
	if (r != 0 || !made.len || !name)
		return fail_sign(&said, argv[0], err);
	es_buf_adds(micalg, name);
	if (sign->kind == ES_MAIL_SIGN_PGP)
		add_lines(out, &made);
	else
		es_buf_add(out, made.data, made.len);
	return es_buf_check(out, err);
}
