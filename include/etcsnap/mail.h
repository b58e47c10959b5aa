/* SPDX-License-Identifier: MIT */
/* mail.h - the bytes of a mail, which no header, name or content can upset */
#ifndef ETCSNAP_MAIL_H
#define ETCSNAP_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/buf.h"
#include "etcsnap/error.h"

/*
 * curl's MIME interface gives its bytes to a transfer alone, so a mail that
 * also goes to sendmail(1), to gpg or into a file is built here, once, for all
 * of them: CRLF line ends, no line over 998 bytes, pure ASCII (but for
 * addresses that are not), every part encoded so that no boundary can occur in
 * it.
 *
 * Whatever may hold hostile bytes (subject, field values, names of recipients
 * and attachments, contents) is quoted and encoded; what is syntax (addresses,
 * message ids, field names) is checked and refused with fault CONFIG.
 */

/**
 * ES_MAIL_MAX - most bytes of a built mail, 64 MiB
 */
#define ES_MAIL_MAX ((size_t)64 << 20)

/**
 * struct es_mail_field - a header field of ours
 * @name:  "X-Etcsnap-Host" and the like; letters, digits and hyphens
 * @value: any bytes, NUL-terminated; those that are not printable are shown
 *         as \xHH, those that are not ASCII encoded by RFC 2047
 */
struct es_mail_field {
	const char *name;
	const char *value;
};

/**
 * struct es_mail_attachment - a file that goes with a mail
 * @name: its name, any bytes; a path is cut to its last part
 * @type: "application/json", "text/x-diff" and the like; text is taken as
 *        UTF-8
 * @data: bytes
 * @len:  their number
 */
struct es_mail_attachment {
	const char *name;
	const char *type;
	const char *data;
	size_t len;
};

/**
 * enum es_mail_sign_kind - kind of signature
 * @ES_MAIL_SIGN_PGP:   OpenPGP, by gpg; RFC 3156
 * @ES_MAIL_SIGN_SMIME: S/MIME, by gpgsm; RFC 8551
 */
enum es_mail_sign_kind {
	ES_MAIL_SIGN_PGP,
	ES_MAIL_SIGN_SMIME,
};

/**
 * struct es_mail_sign - how to sign; all borrowed
 * @kind:    which
 * @key:     key id, fingerprint or address that gpg knows
 * @program: absolute path; NULL: /usr/bin/gpg, /usr/bin/gpgsm
 * @home:    GNUPGHOME; NULL: that of the user
 * @timeout: seconds; 0: 30
 */
struct es_mail_sign {
	enum es_mail_sign_kind kind;
	const char *key;
	const char *program;
	const char *home;
	unsigned int timeout;
};

/**
 * struct es_mail - what a mail is made of; all borrowed
 * @from:          "Name <address>" or an address; must be there
 * @to:            likewise, each one recipient
 * @n_to:          their number
 * @cc:            likewise
 * @n_cc:          their number
 * @reply_to:      likewise, NULL without
 * @subject:       any bytes, NUL-terminated
 * @date:          seconds since 1970-01-01 UTC; shown in the local zone
 * @message_id:    "LEFT@RIGHT" without the angle brackets; must be there
 * @references:    message ids of the thread, oldest first; the last is what
 *                 this one answers
 * @n_references:  their number
 * @list_id:       "LABEL.DOMAIN" of List-Id, NULL without
 * @fields:        more header fields
 * @n_fields:      their number
 * @text:          plain text, UTF-8; bytes that are not are replaced
 * @text_len:      its bytes
 * @html:          the same as HTML, NULL without
 * @html_len:      its bytes
 * @attachments:   files
 * @n_attachments: their number
 * @sign:          signature, NULL without
 *
 * Bcc has no place here: those recipients stand in the envelope alone.
 */
struct es_mail {
	const char *from;
	const char *const *to;
	size_t n_to;
	const char *const *cc;
	size_t n_cc;
	const char *reply_to;
	const char *subject;
	int64_t date;
	const char *message_id;
	const char *const *references;
	size_t n_references;
	const char *list_id;
	const struct es_mail_field *fields;
	size_t n_fields;
	const char *text;
	size_t text_len;
	const char *html;
	size_t html_len;
	const struct es_mail_attachment *attachments;
	size_t n_attachments;
	const struct es_mail_sign *sign;
};

/**
 * es_mail_build - make the bytes of a mail
 * @out: appended to; its ceiling counts
 * @m:   what it is made of
 * @err: filled on failure
 *
 * The same @m gives the same bytes, but for a signature: a mail that is sent
 * again is the same mail. Date, Message-ID, MIME-Version and "Auto-Submitted:
 * auto-generated" are always there.
 *
 * Return: 0, -EINVAL (fault CONFIG; names the value), -EFBIG, -ENOMEM, or the
 * negative errno of a signature that failed.
 * Blocking: until gpg has signed.
 * Source: RFC 5322, RFC 2045 to 2049, RFC 2231, RFC 3834, RFC 6532.
 */
int es_mail_build(struct es_buf *out, const struct es_mail *m,
		  struct es_error *err);

/**
 * es_mail_address - the bare address of a recipient, for the envelope
 * @out:  appended to: "user@host"
 * @text: "Name <user@host>", "<user@host>" or "user@host"; "user" alone, for
 *        a local mailer
 * @err:  filled on failure
 *
 * Takes what RFC 5321 calls a mailbox (dot-atom or quoted local part, a host
 * name or [address literal], at most 254 bytes), and UTF-8 as RFC 6531 has it.
 *
 * Return: 0 for plain ASCII, 1 when the server must know SMTPUTF8, -EINVAL
 * (fault CONFIG) for anything else.
 */
int es_mail_address(struct es_buf *out, const char *text, struct es_error *err);

#endif
