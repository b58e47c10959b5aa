/* SPDX-License-Identifier: MIT */
/* sign.h - SSH signatures as git has them, made and checked by ssh-keygen */
#ifndef ETCSNAP_SIGN_H
#define ETCSNAP_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/buf.h"

/*
 * A signature is the armored text that "ssh-keygen -Y sign -n git" writes:
 * the header "gpgsig" of a commit, the end of a tag. The program reads what is
 * signed from memory and gets no secret but the name of the key's file; the
 * key may also lie in an agent (SSH_AUTH_SOCK) or in a FIDO token.
 *
 * Source: ssh-keygen(1), OpenSSH's PROTOCOL.sshsig, gitformat-signature(5).
 */

/** struct es_signer - a key, and what to do when it fails */
struct es_signer;

/**
 * struct es_signer_options - how a signer works
 * @key:      file of the private key; of the public one (.pub) when the
 *            private one is in the agent or beside it; copied
 * @required: what cannot be signed is not written
 * @ask:      ssh-keygen may use the terminal, to ask for a passphrase or for
 *            a finger on a token; for what a person does by hand
 */
struct es_signer_options {
	const char *key;
	bool required;
	bool ask;
};

/**
 * es_signer_new - make a signer; the key is looked at when it is first used
 * @out:     owned; es_signer_free()
 * @options: how
 * @err:     filled on failure
 *
 * Return: 0 or -ENOMEM.
 */
int es_signer_new(struct es_signer **out,
		  const struct es_signer_options *options,
		  struct es_error *err);

/**
 * es_signer_free - free a signer
 * @s: taken; NULL is allowed
 */
void es_signer_free(struct es_signer *s);
ES_DEFINE_CLEANUP(struct es_signer, es_signer_free)

/**
 * es_signer_sign - sign bytes
 * @s:    signer
 * @out:  appended with the armored signature, a newline at its end
 * @data: what is signed
 * @len:  its bytes
 * @err:  filled on failure
 *
 * Return: 1 signed; 0 it could not be, which is allowed, and
 * es_signer_problem() tells why; a negative errno when it is not allowed.
 * Locking: none; not for use by two threads at once.
 * Blocking: up to 30 seconds, where it may ask 120.
 */
int es_signer_sign(struct es_signer *s, struct es_buf *out, const void *data,
		   size_t len, struct es_error *err);

/**
 * es_signer_problem - why something went without a signature
 * @s: signer; NULL is allowed
 *
 * Return: one line, quoted for a terminal, borrowed until the next
 * es_signer_sign(); NULL when there was no problem.
 */
const char *es_signer_problem(const struct es_signer *s);

/**
 * es_sign_make_key - make an Ed25519 key pair without passphrase
 * @path:    file of the private key, made with mode 0600; ".pub" is beside it
 * @comment: who it is for, NUL-terminated
 * @err:     filled on failure
 *
 * Return: 1 made, 0 a key was there and stays, or a negative errno.
 */
int es_sign_make_key(const char *path, const char *comment,
		     struct es_error *err);

/**
 * es_sign_public_key - the public half of a key as one line of text
 * @out:  appended to: "TYPE BASE64", without comment and newline
 * @path: file of the private or the public key
 * @err:  filled on failure
 *
 * Return: 0 or a negative errno.
 */
int es_sign_public_key(struct es_buf *out, const char *path,
		       struct es_error *err);

/** struct es_sign_trust - whose signatures are good */
struct es_sign_trust;

/**
 * es_sign_trust_new - prepare to check signatures
 * @out:     owned; es_sign_trust_free()
 * @allowed: file of allowed signers (ssh-keygen(1)), or NULL: nobody is known
 * @revoked: file of revoked keys (a KRL or public keys), or NULL
 * @err:     filled on failure
 *
 * Return: 0 or -ENOMEM.
 */
int es_sign_trust_new(struct es_sign_trust **out, const char *allowed,
		      const char *revoked, struct es_error *err);

/**
 * es_sign_trust_free - free what es_sign_trust_new() made
 * @t: taken; NULL is allowed
 *
 * Locking: none; no other thread may be using it.
 */
void es_sign_trust_free(struct es_sign_trust *t);
ES_DEFINE_CLEANUP(struct es_sign_trust, es_sign_trust_free)

/**
 * enum es_sign_verdict - what a signature is worth
 * @ES_SIGN_GOOD:    made by an allowed signer over these very bytes
 * @ES_SIGN_UNKNOWN: made over these bytes by a key that nobody knows
 * @ES_SIGN_REFUSED: made by a known key that was not valid then, or is revoked
 * @ES_SIGN_BAD:     not over these bytes, or no signature at all
 */
enum es_sign_verdict {
	ES_SIGN_GOOD,
	ES_SIGN_UNKNOWN,
	ES_SIGN_REFUSED,
	ES_SIGN_BAD,
};

/**
 * struct es_signed - bytes and their signature; all borrowed
 * @data:          what is signed
 * @data_len:      its bytes
 * @signature:     armored
 * @signature_len: its bytes
 * @when:          time at which the key must have been valid, seconds since
 *                 1970-01-01 UTC
 */
struct es_signed {
	const void *data;
	size_t data_len;
	const char *signature;
	size_t signature_len;
	int64_t when;
};

/**
 * es_sign_verify - check a signature
 * @t:   whose signatures are good
 * @s:   bytes and signature
 * @who: reset and filled: the signer's name where it is GOOD, else what
 *       ssh-keygen said, quoted for a terminal
 * @err: filled on failure
 *
 * Return: enum es_sign_verdict, or a negative errno when ssh-keygen could not
 * be run, or a list of @t not be read.
 * Locking: from any thread.
 * Blocking: up to 90 seconds; commonly 5 milliseconds.
 */
int es_sign_verify(struct es_sign_trust *t, const struct es_signed *s,
		   struct es_buf *who, struct es_error *err);

#endif
