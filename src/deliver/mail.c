/* SPDX-License-Identifier: MIT */
/* mail.c - put a mail together */
#include "config.h"

#include "etcsnap/mail.h"

#include "deliver/mail_priv.h"
#include "etcsnap/digest.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define ID_MAX 250

/* Threads grow for years: the first message and so many of the last */
#define REFERENCES 20

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* "=_" is in no part (mail_body.c), and a hash tells mails apart. */
#define BOUNDARY_LEN 40

static char *make_boundary(char out[BOUNDARY_LEN], const struct es_mail *m,
			   char level)
{
	uint8_t hash[ES_SHA256_LEN];

	es_sha256(hash, m->message_id, strlen(m->message_id));
	memcpy(out, "=_", 2);
	out[2] = level;
	out[3] = '_';
	es_hex(out + 4, hash, 16);
	return out;
}

/* --- checks --------------------------------------------------------------- */

static bool is_id(const char *s)
{
	const char *at = s ? strchr(s, '@') : NULL;

	return at && at > s && at[1] && !strchr(at + 1, '@') &&
	       strlen(s) <= ID_MAX &&
	       strspn(s, ALNUM "!#$%&'*+-/=?^_`{|}~.@") == strlen(s);
}

static int check_ids(const struct es_mail *m, struct es_error *err)
{
	if (!is_id(m->message_id))
		return es_fail_config(err, "'%s' is no message id",
				      ES_Q(m->message_id));
	for (size_t i = 0; i < m->n_references; i++) {
		if (!is_id(m->references[i]))
			return es_fail_config(err, "'%s' is no message id",
					      ES_Q(m->references[i]));
	}
	if (m->list_id &&
	    (!*m->list_id || strlen(m->list_id) > ID_MAX ||
	     strspn(m->list_id, ALNUM "-_.") != strlen(m->list_id)))
		return es_fail_config(err, "'%s' is no id of a list",
				      ES_Q(m->list_id));
	return 0;
}

/* Fields that this file makes are not to be there twice. */
static bool is_own_field(const char *name)
{
	static const char *const own[] = {
		"From",		  "To",		 "Cc",		"Bcc",
		"Reply-To",	  "Subject",	 "Date",	"Message-ID",
		"References",	  "In-Reply-To", "List-Id",	"MIME-Version",
		"Auto-Submitted", "Sender",	 "Return-Path",
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
		if (strcasecmp(name, own[i]) == 0)
			return true;
	}
	return strncasecmp(name, "Content-", 8) == 0 ||
	       strncasecmp(name, "Resent-", 7) == 0;
}

static int check_fields(const struct es_mail *m, struct es_error *err)
{
	for (size_t i = 0; i < m->n_fields; i++) {
		const char *name = m->fields[i].name;

		if (!*name || strlen(name) > 60 ||
		    strspn(name, ALNUM "-") != strlen(name) ||
		    is_own_field(name))
			return es_fail_config(err,
					      "'%s' is no name of a "
					      "header field of ours",
					      ES_Q(name));
	}
	for (size_t i = 0; i < m->n_attachments; i++) {
		const char *type = m->attachments[i].type;

		if (!strchr(type, '/') || strlen(type) > 100 ||
		    strspn(type, ALNUM "/-+._") != strlen(type) ||
		    strncasecmp(type, "multipart/", 10) == 0)
			return es_fail_config(err, "'%s' is no media type",
					      ES_Q(type));
	}
	return 0;
}

/* --- header --------------------------------------------------------------- */

static void put_references(struct es_buf *out, const struct es_mail *m)
{
	size_t n = m->n_references;

	if (!n)
		return;
	es_buf_addf(out,
		    "In-Reply-To: <%s>\r\nReferences:", m->references[n - 1]);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || i + REFERENCES >= n)
			es_buf_addf(out, "%s <%s>", i ? "\r\n" : "",
				    m->references[i]);
	}
	es_buf_adds(out, "\r\n");
}

static int put_people(struct es_buf *out, const struct es_mail *m,
		      struct es_error *err)
{
	const char *const hidden = "To: undisclosed-recipients:;\r\n";

	if (es_header_addresses(out, "From", &m->from, 1, err) < 0)
		return err->code;
	if (m->reply_to &&
	    es_header_addresses(out, "Reply-To", &m->reply_to, 1, err) < 0)
		return err->code;
	if (m->n_to && es_header_addresses(out, "To", m->to, m->n_to, err) < 0)
		return err->code;
	if (!m->n_to && !m->n_cc)
		es_buf_adds(out, hidden);
	if (m->n_cc && es_header_addresses(out, "Cc", m->cc, m->n_cc, err) < 0)
		return err->code;
	return 0;
}

static int put_header(struct es_buf *out, const struct es_mail *m,
		      struct es_error *err)
{
	es_header_date(out, m->date);
	if (put_people(out, m, err) < 0)
		return err->code;
	es_header_text(out, "Subject", m->subject ? m->subject : "");
	/* Ids are not folded: some filters would not know them again. */
	es_buf_addf(out, "Message-ID: <%s>\r\n", m->message_id);
	put_references(out, m);
	if (m->list_id)
		es_buf_addf(out, "List-Id: <%s>\r\n", m->list_id);
	es_buf_adds(out, "Auto-Submitted: auto-generated\r\n");
	for (size_t i = 0; i < m->n_fields; i++)
		es_header_text(out, m->fields[i].name, m->fields[i].value);
	es_buf_adds(out, "MIME-Version: 1.0\r\n");
	return 0;
}

/* --- parts ---------------------------------------------------------------- */

static void open_multipart(struct es_buf *out, const char *subtype,
			   const char *boundary)
{
	es_buf_addf(out,
		    "Content-Type: multipart/%s;\r\n boundary=\"%s\"\r\n\r\n",
		    subtype, boundary);
}

static void put_words(struct es_buf *out, const struct es_mail *m)
{
	char boundary[BOUNDARY_LEN];

	if (!m->html) {
		es_body_text(out, "text/plain", m->text, m->text_len);
		return;
	}
	make_boundary(boundary, m, 'a');
	open_multipart(out, "alternative", boundary);
	es_buf_addf(out, "--%s\r\n", boundary);
	es_body_text(out, "text/plain", m->text, m->text_len);
	es_buf_addf(out, "\r\n--%s\r\n", boundary);
	es_body_text(out, "text/html", m->html, m->html_len);
	es_buf_addf(out, "\r\n--%s--\r\n", boundary);
}

static void put_parts(struct es_buf *out, const struct es_mail *m)
{
	char boundary[BOUNDARY_LEN];

	if (!m->n_attachments) {
		put_words(out, m);
		return;
	}
	make_boundary(boundary, m, 'm');
	open_multipart(out, "mixed", boundary);
	es_buf_addf(out, "--%s\r\n", boundary);
	put_words(out, m);
	for (size_t i = 0; i < m->n_attachments; i++) {
		es_buf_addf(out, "\r\n--%s\r\n", boundary);
		es_body_file(out, &m->attachments[i]);
	}
	es_buf_addf(out, "\r\n--%s--\r\n", boundary);
}

static void put_signature(struct es_buf *out, const struct es_mail *m,
			  const struct es_buf *signature)
{
	if (m->sign->kind == ES_MAIL_SIGN_PGP) {
		es_buf_adds(out, "Content-Type: application/pgp-signature;\r\n"
				 " name=\"signature.asc\"\r\n\r\n");
		es_buf_add(out, signature->data, signature->len);
		return;
	}
	es_buf_adds(out, "Content-Type: application/pkcs7-signature;\r\n"
			 " name=\"smime.p7s\"\r\n"
			 "Content-Transfer-Encoding: base64\r\n"
			 "Content-Disposition: attachment;\r\n"
			 " filename=\"smime.p7s\"\r\n\r\n");
	es_body_base64(out, signature->data, signature->len);
}

static int put_signed(struct es_buf *out, const struct es_mail *m,
		      struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf part = ES_BUF_INIT(out->max);
	ES_CLEANUP(es_buf_dispose) struct es_buf sign = ES_BUF_INIT(65536);
	ES_CLEANUP(es_buf_dispose) struct es_buf micalg = ES_BUF_INIT(64);
	bool pgp = m->sign->kind == ES_MAIL_SIGN_PGP;
	char boundary[BOUNDARY_LEN];

	put_parts(&part, m);
	if (es_buf_check(&part, err) < 0 ||
	    es_mail_sign_part(&sign, &micalg, m->sign, &part, err) < 0)
		return err->code;
	make_boundary(boundary, m, 's');
	es_buf_addf(out,
		    "Content-Type: multipart/signed; micalg=%s;\r\n"
		    " protocol=\"application/%s-signature\";\r\n"
		    " boundary=\"%s\"\r\n\r\n--%s\r\n",
		    es_buf_str(&micalg), pgp ? "pgp" : "pkcs7", boundary,
		    boundary);
	es_buf_add(out, part.data, part.len);
	es_buf_addf(out, "\r\n--%s\r\n", boundary);
	put_signature(out, m, &sign);
	es_buf_addf(out, "\r\n--%s--\r\n", boundary);
	return 0;
}

int es_mail_build(struct es_buf *out, const struct es_mail *m,
		  struct es_error *err)
{
	if (check_ids(m, err) < 0 || check_fields(m, err) < 0 ||
	    put_header(out, m, err) < 0)
		return err->code;
	if (m->sign) {
		if (put_signed(out, m, err) < 0)
			return err->code;
	} else {
		put_parts(out, m);
	}
	return es_buf_check(out, err);
}
