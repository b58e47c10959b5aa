/* SPDX-License-Identifier: MIT */
/* send_priv.h - what the ways of sending share */
#ifndef ETCSNAP_DELIVER_SEND_PRIV_H
#define ETCSNAP_DELIVER_SEND_PRIV_H

#include "deliver/channel_priv.h"

/* The channel's url, or that in its url_file; 1, 0 when it has none. */
int es_send_url(struct es_buf *out, const struct channel *c,
		struct es_error *err);
struct es_transport_limits es_send_limits(const struct channel *c);
/* Where a channel of type file keeps reports, as an absolute path. */
int es_send_folder(struct es_buf *out, const struct es_session *s,
		   const struct channel *c, struct es_error *err);
/* All content that differs as one unified diff. */
void es_send_patch(struct es_buf *out, const struct es_doc *report);
/* Whether what a channel says can be sent, before there is anything to send. */
int es_send_check_mail(const struct channel *c, struct es_error *err);
int es_send_check_webhook(const struct channel *c, struct es_error *err);
int es_send_show_mail(struct es_buf *out, struct maker *m,
		      const struct message *msg, struct es_error *err);
int es_send_show_webhook(struct es_buf *out, struct maker *m,
			 const struct message *msg, struct es_error *err);

#endif
