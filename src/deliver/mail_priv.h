/* SPDX-License-Identifier: MIT */
/* mail_priv.h - the parts that a mail is built of */
#ifndef ETCSNAP_DELIVER_MAIL_PRIV_H
#define ETCSNAP_DELIVER_MAIL_PRIV_H

#include <stddef.h>
#include <stdint.h>

#include "etcsnap/buf.h"
#include "etcsnap/error.h"
#include "etcsnap/mail.h"

/* mail_header.c */

/**
 * es_header_text - a field whose value is free text
 * @out:   appended to, with its line end
 * @name:  of the field; checked by the caller
 * @value: any bytes
 *
 * Folded to 78 columns; RFC 2047 where it must be.
 */
void es_header_text(struct es_buf *out, const char *name, const char *value);

/**
 * es_header_addresses - a field that is a list of mailboxes
 * @out:  appended to, with its line end
 * @name: of the field
 * @list: mailboxes as people write them
 * @n:    their number, not 0
 * @err:  filled on failure
 *
 * Return: 0 or -EINVAL (fault CONFIG).
 */
int es_header_addresses(struct es_buf *out, const char *name,
			const char *const *list, size_t n,
			struct es_error *err);

/**
 * es_header_date - the Date field
 * @out: appended to, with its line end
 * @sec: seconds since 1970-01-01 UTC
 */
void es_header_date(struct es_buf *out, int64_t sec);

/**
 * es_header_parameter - a parameter of a MIME field, on lines of its own
 * @out:   appended to: ";", line end, " NAME=…"
 * @name:  of the parameter
 * @value: any bytes; RFC 2231 where it must be
 */
void es_header_parameter(struct es_buf *out, const char *name,
			 const char *value);

/* mail_address.c */

/**
 * es_address_split - the two parts of a mailbox
 * @name:    appended to: what it is called, unquoted; nothing where it has
 *           no name
 * @address: appended to: the bare address
 * @text:    mailbox as people write it
 * @err:     filled on failure
 *
 * Return: as es_mail_address().
 */
int es_address_split(struct es_buf *name, struct es_buf *address,
		     const char *text, struct es_error *err);

/* mail_body.c */

/**
 * es_body_text - a part that is text
 * @out:  appended to: its fields, an empty line, its lines
 * @type: "text/plain" and the like
 * @text: UTF-8; what is not becomes U+FFFD
 * @len:  its bytes
 *
 * As it is where every mailer lets that pass, else quoted-printable. No line
 * has "=_" in it.
 */
void es_body_text(struct es_buf *out, const char *type, const char *text,
		  size_t len);

/**
 * es_body_file - a part that is an attachment
 * @out: appended to: its fields, an empty line, base64
 * @a:   file; its type was checked
 */
void es_body_file(struct es_buf *out, const struct es_mail_attachment *a);

/**
 * es_body_base64 - bytes as lines of base64
 * @out: appended to
 * @raw: bytes
 * @len: their number
 */
void es_body_base64(struct es_buf *out, const char *raw, size_t len);

/* mail_sign.c */

/**
 * es_mail_sign_part - have gpg or gpgsm sign a part
 * @out:    appended to: the signature, for OpenPGP armoured, else binary
 * @micalg: appended to: the algorithm as multipart/signed names it
 * @sign:   how
 * @part:   bytes as they stand in the mail
 * @err:    filled on failure
 *
 * Return: 0 or a negative errno.
 * Source: RFC 3156 section 5, RFC 8551 section 3.5.3.
 */
int es_mail_sign_part(struct es_buf *out, struct es_buf *micalg,
		      const struct es_mail_sign *sign,
		      const struct es_buf *part, struct es_error *err);

#endif
