/* SPDX-License-Identifier: MIT */
/* shown.h - what a run holds under a path, as far as it may be shown */
#ifndef ETCSNAP_CMD_SHOWN_H
#define ETCSNAP_CMD_SHOWN_H

#include "cmd/cmd.h"

/*
 * Bytes of an absolute path's file, or of a part of the run itself
 * ("run/errors", "commands/NAME/stdout"). 0, or negative with @err filled,
 * which says why there is nothing to show and what would.
 */
int es_shown_read(struct es_buf *out, struct es_call *call,
		  const struct es_commit *c, const char *path,
		  struct es_error *err);

/* The same for a person: attributes first, content quoted for a terminal. */
int es_shown_print(struct es_buf *out, struct es_call *call,
		   const struct es_commit *c, const char *path,
		   struct es_error *err);

#endif
