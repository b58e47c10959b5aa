/* SPDX-License-Identifier: MIT */
/* rekey_priv.h - whether a run and the tip were made with the same key */
#ifndef ETCSNAP_REKEY_PRIV_H
#define ETCSNAP_REKEY_PRIV_H

#include "etcsnap/cycle.h"

/* The keys of a run and of the tip, by their numbers. */
struct es_rekey {
	bool known;    /* the tip says by which key it was made */
	bool other;    /* it was another one */
	uint64_t tip;  /* number of the tip's key, where it is known */
	uint64_t ours; /* number of the session's key */
};

/*
 * Before a run: end what a killed rotation left, take the key as it is now
 * (another run may have replaced it while this one waited for the lock), and
 * make a new one when the options ask for it. What there is to say goes to
 * @notice. Needs the lock, unless the run is dry.
 */
int es_rekey_begin(struct es_rekey *out, struct es_session *s,
		   const struct es_cycle_options *options,
		   struct es_buf *notice, struct es_error *err);

/* After it: the new key stays if its commit stands, else the old one does. */
int es_rekey_end(struct es_session *s, const struct es_cycle_options *options,
		 bool stands, struct es_error *err);

#endif
