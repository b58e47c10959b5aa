/* SPDX-License-Identifier: MIT */
/* smtp_talk_priv.h - where a conversation by SMTP stands, by its replies */
#ifndef ETCSNAP_DELIVER_SMTP_TALK_PRIV_H
#define ETCSNAP_DELIVER_SMTP_TALK_PRIV_H

#include "deliver/transport_priv.h"

/*
 * libcurl speaks, and shows every line that comes back. Since it waits for
 * each reply before it goes on, the replies alone say where it stands.
 */

/**
 * enum es_talk_step - what the next reply answers
 * @ES_TALK_GREETING: the connection
 * @ES_TALK_EHLO:     EHLO, or the HELO that follows its refusal
 * @ES_TALK_STARTTLS: STARTTLS
 * @ES_TALK_AUTH:     AUTH, or a line of its dialogue
 * @ES_TALK_MAIL:     MAIL
 * @ES_TALK_RCPT:     one of the RCPT
 * @ES_TALK_DATA:     DATA
 * @ES_TALK_DOT:      the whole message
 * @ES_TALK_OVER:     QUIT, or nothing
 */
enum es_talk_step {
	ES_TALK_GREETING,
	ES_TALK_EHLO,
	ES_TALK_STARTTLS,
	ES_TALK_AUTH,
	ES_TALK_MAIL,
	ES_TALK_RCPT,
	ES_TALK_DATA,
	ES_TALK_DOT,
	ES_TALK_OVER,
};

/**
 * struct es_talk - a conversation; all zero, then the first five
 * @r:         result whose recipients are filled
 * @starttls:  STARTTLS will be said
 * @mechanism: way to log in, "PLAIN" and the like; NULL: none
 * @utf8:      an address needs SMTPUTF8
 * @step:      what the next reply answers
 * @protected_: TLS was begun by STARTTLS
 * @can_auth:  the server offers @mechanism
 * @can_utf8:  it knows SMTPUTF8
 * @rcpt:      recipients that were answered
 * @accepted:  recipients that were taken
 * @code:      status of the last reply
 * @failed:    step at which a reply was a no; ES_TALK_GREETING and @code 0:
 *             none was
 * @fail_code: status of that reply, 0: there was none
 * @lacking:   what the server was found not to offer, NULL: nothing
 * @words:     text of the last reply
 * @fail_words: text of the reply that was a no
 */
struct es_talk {
	struct es_transport_result *r;
	bool starttls;
	const char *mechanism;
	bool utf8;
	enum es_talk_step step;
	bool protected_;
	bool can_auth;
	bool can_utf8;
	size_t rcpt;
	size_t accepted;
	int code;
	enum es_talk_step failed;
	int fail_code;
	const char *lacking;
	char words[ES_ANSWER_WORDS];
	char fail_words[ES_ANSWER_WORDS];
};

/**
 * es_talk_line - one line that the server said
 * @t:    conversation
 * @line: bytes, with or without the line end
 * @len:  their number
 *
 * Return: 0, or -1 when nothing more may be said to this server (@lacking).
 */
int es_talk_line(struct es_talk *t, const char *line, size_t len);

/**
 * es_talk_judge - what became of the mail, as far as replies tell
 * @t: conversation
 *
 * Fills outcome, code and text of the result, and its recipients.
 *
 * Return: true when a reply decided; false when the connection failed.
 */
bool es_talk_judge(struct es_talk *t);

#endif
