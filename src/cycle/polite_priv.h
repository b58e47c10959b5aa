/* SPDX-License-Identifier: MIT */
/* polite_priv.h - give way to what else goes on on the machine */
#ifndef ETCSNAP_POLITE_PRIV_H
#define ETCSNAP_POLITE_PRIV_H

#include "etcsnap/conf.h"

/*
 * Give way as far as [collect] nice and io say: the calling thread, and those
 * that it starts from now on. What cannot be done is told in @notice.
 */
void es_polite_begin(const struct es_conf *conf, struct es_buf *notice);

#endif
