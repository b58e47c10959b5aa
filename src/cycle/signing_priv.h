/* SPDX-License-Identifier: MIT */
/* signing_priv.h - who signs the commits of a session */
#ifndef ETCSNAP_SIGNING_PRIV_H
#define ETCSNAP_SIGNING_PRIV_H

#include "etcsnap/session.h"

/* Set the signer of a session whose repository is open. */
int es_signing_load(struct es_session *s, struct es_error *err);

/* Tell in @notice that a commit went without its signature, if it did. */
void es_signing_note(const struct es_session *s, struct es_buf *notice);

#endif
