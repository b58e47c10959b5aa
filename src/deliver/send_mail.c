/* SPDX-License-Identifier: MIT */
/* send_mail.c - a message as mail, by SMTP or sendmail(1) */
#include "config.h"

#include "deliver/send_priv.h"
#include "deliver/transport_priv.h"

#include "etcsnap/digest.h"
#include "etcsnap/mail.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a mail needs that lives until it is sent. */
struct draft {
	const char **to; /* owned arrays of borrowed texts */
	size_t n_to;
	const char **cc;
	size_t n_cc;
	char **envelope; /* owned, with its strings: bare addresses */
	size_t n_envelope;
	size_t n_chosen; /* the first ones, who are told now */
	struct es_buf from;
	struct es_buf sender; /* bare address of it */
	struct es_buf list_id;
	struct es_buf json;
	struct es_buf patch;
	struct es_buf bytes;
	struct es_buf secret;
};

#define DRAFT_INIT                                                      \
	{                                                               \
		.from = ES_BUF_INIT(4096), .sender = ES_BUF_INIT(4096), \
		.list_id = ES_BUF_INIT(4096),                           \
		.json = ES_BUF_INIT(ES_MAIL_MAX),                       \
		.patch = ES_BUF_INIT(ES_MAIL_MAX),                      \
		.bytes = ES_BUF_INIT(ES_MAIL_MAX),                      \
		.secret = ES_BUF_INIT(1 << 16),                         \
	}

static void dispose(struct draft *d)
{
	for (size_t i = 0; i < d->n_envelope; i++)
		free(d->envelope[i]);
	free(d->envelope);
	free(d->to);
	free(d->cc);
	es_buf_dispose(&d->from);
	es_buf_dispose(&d->sender);
	es_buf_dispose(&d->list_id);
	es_buf_dispose(&d->json);
	es_buf_dispose(&d->patch);
	es_buf_dispose(&d->bytes);
	if (d->secret.data)
		explicit_bzero(d->secret.data, d->secret.len);
	es_buf_dispose(&d->secret);
}

/* --- addresses ------------------------------------------------------------ */

static int add_envelope(struct draft *d, const char *text, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf bare = ES_BUF_INIT(4096);
	char **more =
		reallocarray(d->envelope, d->n_envelope + 1, sizeof(*more));

	if (!more)
		return es_fail_oom(err);
	d->envelope = more;
	if (es_mail_address(&bare, text, err) < 0)
		return err->code;
	d->envelope[d->n_envelope] = strdup(es_buf_str(&bare));
	if (!d->envelope[d->n_envelope])
		return es_fail_oom(err);
	d->n_envelope++;
	return 0;
}

static int add_list(const char ***out, size_t *count, struct draft *d,
		    const struct channel *c, enum es_conf_id id,
		    struct es_error *err)
{
	size_t n;
	const struct es_conf_value *v = es_channel_values(c, id, &n);

	if (out) {
		*out = calloc(n + 1, sizeof(**out));
		if (!*out)
			return es_fail_oom(err);
	}
	for (size_t i = 0; i < n; i++) {
		if (add_envelope(d, v[i].text, err) < 0)
			return err->fault == ES_FAULT_CONFIG
				       ? es_channel_wrong(err, c, id)
				       : err->code;
		if (out)
			(*out)[(*count)++] = v[i].text;
	}
	return 0;
}

static int add_recipients(struct draft *d, const struct channel *c,
			  struct es_error *err)
{
	if (add_list(&d->to, &d->n_to, d, c, ES_CONF_CHANNEL_TO, err) < 0 ||
	    add_list(&d->cc, &d->n_cc, d, c, ES_CONF_CHANNEL_CC, err) < 0 ||
	    add_list(NULL, NULL, d, c, ES_CONF_CHANNEL_BCC, err) < 0)
		return err->code;
	if (d->n_envelope)
		return 0;
	/* the one that nobody configured */
	d->to[d->n_to++] = "root";
	return add_envelope(d, "root", err);
}

/* @own is the name of this machine as ids have it: of harmless letters. */
static int add_sender(struct draft *d, const struct channel *c,
		      const char *host, const char *own, struct es_error *err)
{
	struct es_error bad = ES_ERROR_INIT;
	const char *from = es_channel_text(c, ES_CONF_CHANNEL_FROM);

	if (*from)
		es_buf_adds(&d->from, from);
	else
		es_buf_addf(&d->from, "etcsnap@%s", host);
	if (!*from &&
	    es_mail_address(&d->sender, es_buf_str(&d->from), &bad) < 0) {
		es_buf_reset(&d->from);
		es_buf_addf(&d->from, "etcsnap@%s", own);
	}
	es_buf_reset(&d->sender);
	if (es_buf_check(&d->from, err) < 0)
		return err->code;
	return es_mail_address(&d->sender, d->from.data, err) < 0
		       ? es_channel_wrong(err, c, ES_CONF_CHANNEL_FROM)
		       : 0;
}

/* --- recipients that were busy -------------------------------------------- */

/* The last bit stands for all that have none of their own. */
static unsigned int bit_of(size_t i)
{
	return 1u << (i < 23 ? i : 23);
}

/* Eight bits of who they are, above the others; never all zero. */
static unsigned int check_of(char *const *envelope, size_t n)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf all = ES_BUF_INIT(1 << 20);
	uint8_t digest[ES_SHA256_LEN];

	for (size_t i = 0; i < n; i++)
		es_buf_addf(&all, "%s\n", envelope[i]);
	es_sha256(digest, es_buf_str(&all), all.len);
	return (digest[0] | 1u) << 24;
}

/*
 * Leave in the envelope those that are told now; @bits are theirs, in their
 * order. Return: the check of all of them.
 */
static unsigned int select_recipients(struct draft *d, const struct span *sp,
				      unsigned int *bits)
{
	const unsigned int check = check_of(d->envelope, d->n_envelope);
	const bool known = sp->late && (sp->late & 0xff000000) == check;
	size_t n = 0;

	for (size_t i = 0; i < d->n_envelope; i++) {
		const bool is_late = known && (sp->late & bit_of(i));

		if (known && is_late != (sp->kind == LEDGER_LATE))
			continue;
		char *one = d->envelope[n];

		bits[n] = bit_of(i);
		d->envelope[n++] = d->envelope[i];
		d->envelope[i] = one;
	}
	d->n_chosen = n;
	if (n == 0) {
		d->n_chosen = d->n_envelope;
		for (size_t i = 0; i < d->n_envelope; i++)
			bits[i] = bit_of(i);
	}
	return check;
}

/* Those to whom it could not be said now, while others were told. */
static unsigned int busy_ones(const struct es_transport_result *r,
			      const unsigned int *bits, unsigned int check)
{
	unsigned int busy = 0;

	for (size_t i = 0; i < r->n_recipients; i++)
		if (r->outcome == ES_SENT &&
		    (r->recipients[i].outcome == ES_RETRY ||
		     r->recipients[i].outcome == ES_UNSURE))
			busy |= bits[i];
	return busy ? busy | check : 0;
}

/* --- attachments ---------------------------------------------------------- */

static bool is_asked(const struct channel *c, const char *word)
{
	size_t n;
	const struct es_conf_value *v =
		es_channel_values(c, ES_CONF_CHANNEL_ATTACH, &n);

	for (size_t i = 0; i < n; i++)
		if (strstr(v[i].text, word))
			return true;
	return false;
}

static size_t attach(struct es_mail_attachment out[2], struct draft *d,
		     const struct message *msg)
{
	const struct channel *c = msg->span->channel;
	size_t n = 0;

	if (is_asked(c, "json") &&
	    es_doc_write(msg->report, &d->json, true) == 0)
		out[n++] = (struct es_mail_attachment){
			.name = "report.json",
			.type = "application/json",
			.data = d->json.data,
			.len = d->json.len,
		};
	if (is_asked(c, "patch")) {
		es_send_patch(&d->patch, msg->report);
		if (d->patch.len && !d->patch.failed)
			out[n++] = (struct es_mail_attachment){
				.name = "changes.diff",
				.type = "text/x-diff",
				.data = d->patch.data,
				.len = d->patch.len,
			};
	}
	return n;
}

static const char left_out[] =
	"left out: with it this mail would be larger than max_size allows\n";

/*
 * Put a word instead of the largest attachment, then leave out the HTML, since
 * the text says it all. Return: whether there was such a thing.
 */
static bool shrink(struct es_mail *mail, struct es_mail_attachment files[2])
{
	struct es_mail_attachment *most = NULL;

	for (size_t i = 0; i < mail->n_attachments; i++)
		if (files[i].data != left_out &&
		    (!most || files[i].len > most->len))
			most = &files[i];
	if (!most) {
		const bool had = mail->html != NULL;

		mail->html = NULL;
		return had;
	}
	*most = (struct es_mail_attachment){
		.name = strcmp(most->name, "changes.diff") == 0
				? "changes.diff.left-out.txt"
				: "report.json.left-out.txt",
		.type = "text/plain",
		.data = left_out,
		.len = sizeof(left_out) - 1,
	};
	return true;
}

/* As much of it as stays in the size that the channel allows. */
static int build_small(struct draft *d, struct es_mail *mail,
		       struct es_mail_attachment files[2], size_t max,
		       struct es_error *err)
{
	for (;;) {
		int rc = es_mail_build(&d->bytes, mail, err);

		if ((rc < 0 && rc != -EFBIG) ||
		    (rc == 0 && d->bytes.len <= max) || !shrink(mail, files))
			return rc;
		es_buf_reset(&d->bytes);
		*err = (struct es_error)ES_ERROR_INIT;
	}
}

/* --- the mail ------------------------------------------------------------- */

static int build(struct draft *d, struct maker *m, const struct message *msg,
		 struct es_error *err)
{
	const struct channel *c = msg->span->channel;
	const char *key = es_channel_text(c, ES_CONF_CHANNEL_SIGN);
	const char *list = es_channel_text(c, ES_CONF_CHANNEL_LIST_ID);
	const char *reply = es_channel_text(c, ES_CONF_CHANNEL_REPLY_TO);
	const size_t max =
		(size_t)es_channel_number(c, ES_CONF_CHANNEL_MAX_SIZE);
	const char *thread = msg->thread;
	struct es_mail_attachment files[2];
	char old[ES_OID_HEX + 1], new[ES_OID_HEX + 1];
	/* one id a line: two would be encoded, and mail filters read bytes */
	const struct es_mail_field fields[] = {
		{ "X-Etcsnap-Host", m->session->host },
		{ "X-Etcsnap-Commit", es_oid_text(new, &msg->span->new) },
		{ "X-Etcsnap-Severity", msg->severity },
		{ "X-Etcsnap-Channel", c->name },
		{ "X-Etcsnap-Old-Commit", es_oid_text(old, &msg->span->old) },
	};
	const struct es_mail_sign sign = {
		.kind = strcmp(es_channel_text(c, ES_CONF_CHANNEL_SIGN_TYPE),
			       "smime") == 0
				? ES_MAIL_SIGN_SMIME
				: ES_MAIL_SIGN_PGP,
		.key = key,
	};

	if (*list)
		es_buf_adds(&d->list_id, list);
	else
		es_buf_addf(&d->list_id, "%s.%s", c->name,
			    strchr(msg->thread, '@') + 1);
	struct es_mail mail = {
		.from = es_buf_str(&d->from),
		.to = d->to,
		.n_to = d->n_to,
		.cc = d->cc,
		.n_cc = d->n_cc,
		.reply_to = *reply ? reply : NULL,
		.subject = es_buf_str(&msg->subject),
		.date = msg->date,
		.message_id = msg->id,
		.references = &thread,
		.n_references = 1,
		.list_id = es_buf_str(&d->list_id),
		.fields = fields,
		/* the first word has no older one */
		.n_fields = sizeof(fields) / sizeof(*fields) -
			    es_oid_is_none(&msg->span->old),
		.text = es_buf_str(&msg->text),
		.text_len = msg->text.len,
		.html = msg->html.len ? msg->html.data : NULL,
		.html_len = msg->html.len,
		.attachments = files,
		.n_attachments = attach(files, d, msg),
		.sign = *key ? &sign : NULL,
	};
	return build_small(d, &mail, files, max, err);
}

static int prepare(struct draft *d, struct maker *m, const struct message *msg,
		   struct es_error *err)
{
	const struct channel *c = msg->span->channel;

	if (add_recipients(d, c, err) < 0 ||
	    add_sender(d, c, m->session->host, strchr(msg->id, '@') + 1, err) <
		    0 ||
	    build(d, m, msg, err) < 0)
		return err->code;
	return 0;
}

static int smtp_auth(enum es_smtp_auth *out, const struct channel *c,
		     struct es_error *err)
{
	static const struct {
		const char *word;
		enum es_smtp_auth auth;
	} words[] = {
		{ "none", ES_SMTP_AUTH_NONE },
		{ "plain", ES_SMTP_AUTH_PLAIN },
		{ "login", ES_SMTP_AUTH_LOGIN },
		{ "xoauth2", ES_SMTP_AUTH_XOAUTH2 },
	};
	const char *auth = es_channel_auth(c);

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(auth, words[i].word) == 0) {
			*out = words[i].auth;
			return 0;
		}
	es_fail_config(err,
		       "auth = '%s' is none of plain, login, xoauth2 or none",
		       ES_Q(auth));
	return es_channel_wrong(err, c, ES_CONF_CHANNEL_AUTH);
}

static int smtp_tls(enum es_smtp_tls *out, const struct channel *c,
		    struct es_error *err)
{
	const char *tls = es_channel_text(c, ES_CONF_CHANNEL_TLS);

	*out = ES_SMTP_STARTTLS;
	if (strcmp(tls, "tls") == 0)
		*out = ES_SMTP_TLS;
	else if (strcmp(tls, "none") == 0)
		*out = ES_SMTP_PLAIN;
	else if (*tls && strcmp(tls, "starttls") != 0) {
		es_fail_config(err,
			       "tls = '%s' is none of starttls, tls or none",
			       ES_Q(tls));
		return es_channel_wrong(err, c, ES_CONF_CHANNEL_TLS);
	}
	return 0;
}

static int by_smtp(struct es_transport_result *out, struct draft *d,
		   const struct channel *c, const char *url,
		   struct es_error *err)
{
	const char *user = es_channel_text(c, ES_CONF_CHANNEL_USER);
	const char *ca = es_channel_text(c, ES_CONF_CHANNEL_CA_FILE);
	const char *pin = es_channel_text(c, ES_CONF_CHANNEL_PIN);
	struct es_smtp_request smtp = {
		.url = url,
		.from = es_buf_str(&d->sender),
		.recipients = (const char *const *)d->envelope,
		.n_recipients = d->n_chosen,
		.message = d->bytes.data,
		.len = d->bytes.len,
		.user = *user ? user : NULL,
		.ca_file = *ca ? ca : NULL,
		.pin = *pin ? pin : NULL,
		.limits = es_send_limits(c),
	};
	const struct es_transport_request rq = {
		.kind = ES_TRANSPORT_SMTP,
		.smtp = &smtp,
	};
	bool token;

	if (smtp_auth(&smtp.auth, c, err) < 0 ||
	    smtp_tls(&smtp.tls, c, err) < 0)
		return err->code;
	token = smtp.auth == ES_SMTP_AUTH_XOAUTH2;
	if (smtp.auth != ES_SMTP_AUTH_NONE &&
	    es_channel_secret(&d->secret, c,
			      token ? ES_CONF_CHANNEL_TOKEN_FILE
				    : ES_CONF_CHANNEL_PASSWORD_FILE,
			      token ? "token" : "password", err) < 0)
		return err->code;
	smtp.secret = d->secret.len ? d->secret.data : NULL;
	return es_transport_run(out, &rq, err);
}

static int by_sendmail(struct es_transport_result *out, struct draft *d,
		       const struct channel *c, const char *program,
		       struct es_error *err)
{
	const struct es_sendmail_request mail = {
		.program = *program ? program : NULL,
		.from = es_buf_str(&d->sender),
		.recipients = (const char *const *)d->envelope,
		.n_recipients = d->n_chosen,
		.message = d->bytes.data,
		.len = d->bytes.len,
		.limits = es_send_limits(c),
	};
	const struct es_transport_request rq = {
		.kind = ES_TRANSPORT_SENDMAIL,
		.sendmail = &mail,
	};

	return es_transport_run(out, &rq, err);
}

static bool is_sendmail(const struct es_buf *url)
{
	return url->len == 0 || strncmp(url->data, "sendmail:", 9) == 0;
}

/* As far as that can be known without a password and a message. */
static int check_smtp(const struct draft *d, const struct channel *c,
		      const char *url, struct es_error *err)
{
	const char *pin = es_channel_text(c, ES_CONF_CHANNEL_PIN);
	const struct es_net_job job = {
		.kind = ES_TRANSPORT_SMTP,
		.smtp = {
			.url = url,
			.from = es_buf_str(&d->sender),
			.recipients = (const char *const *)d->envelope,
			.n_recipients = d->n_envelope,
			.pin = *pin ? pin : NULL,
		},
	};
	enum es_smtp_auth auth;
	enum es_smtp_tls tls;

	if (smtp_auth(&auth, c, err) < 0 || smtp_tls(&tls, c, err) < 0)
		return err->code;
	return es_request_check(&job, err) < 0
		       ? es_channel_wrong(err, c, ES_CONF_CHANNEL_URL)
		       : 0;
}

int es_send_check_mail(const struct channel *c, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf url = ES_BUF_INIT(4096);
	ES_CLEANUP(es_buf_dispose) struct es_buf bare = ES_BUF_INIT(4096);
	const char *reply = es_channel_text(c, ES_CONF_CHANNEL_REPLY_TO);
	struct draft d = DRAFT_INIT;
	int rc = es_send_url(&url, c, err);

	if (rc >= 0)
		rc = add_recipients(&d, c, err);
	if (rc >= 0)
		rc = add_sender(&d, c, "localhost", "localhost", err);
	if (rc >= 0 && *reply && es_mail_address(&bare, reply, err) < 0)
		rc = es_channel_wrong(err, c, ES_CONF_CHANNEL_REPLY_TO);
	if (rc >= 0 && !is_sendmail(&url))
		rc = check_smtp(&d, c, url.data, err);
	dispose(&d);
	return rc < 0 ? rc : 0;
}

int es_send_mail(struct es_transport_result *out, struct maker *m,
		 const struct message *msg, unsigned int *done,
		 struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf url = ES_BUF_INIT(4096);
	const struct channel *c = msg->span->channel;
	struct draft d = DRAFT_INIT;
	unsigned int *bits = NULL, check = 0;
	int rc;

	rc = es_send_url(&url, c, err);
	if (rc >= 0)
		rc = prepare(&d, m, msg, err);
	if (rc >= 0) {
		bits = calloc(d.n_envelope, sizeof(*bits));
		rc = bits ? 0 : es_fail_oom(err);
	}
	if (rc >= 0 && bits)
		check = select_recipients(&d, msg->span, bits);
	if (rc >= 0 && is_sendmail(&url))
		rc = by_sendmail(out, &d, c, url.len ? url.data + 9 : "", err);
	else if (rc >= 0)
		rc = by_smtp(out, &d, c, url.data, err);
	*done = rc >= 0 && bits ? busy_ones(out, bits, check) : 0;
	free(bits);
	dispose(&d);
	return rc;
}

int es_send_show_mail(struct es_buf *out, struct maker *m,
		      const struct message *msg, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf url = ES_BUF_INIT(4096);
	struct draft d = DRAFT_INIT;
	int rc = es_send_url(&url, msg->span->channel, err);

	if (rc >= 0)
		rc = prepare(&d, m, msg, err);
	if (rc >= 0) {
		es_buf_addf(out, "by %s\nfrom <%s>\n",
			    url.len == 0			  ? "sendmail"
			    : *es_channel_url(msg->span->channel) ? url.data
								  : "***",
			    es_buf_str(&d.sender));
		for (size_t i = 0; i < d.n_envelope; i++)
			es_buf_addf(out, "to <%s>\n", d.envelope[i]);
		es_buf_addc(out, '\n');
		/* as it goes, but for the line ends */
		for (size_t i = 0; i < d.bytes.len; i++)
			if (d.bytes.data[i] != '\r')
				es_buf_addc(out, d.bytes.data[i]);
	}
	dispose(&d);
	return rc < 0 ? rc : 0;
}
