/* SPDX-License-Identifier: MIT */
/* smtp_talk.c - follow a conversation by SMTP by its replies */
#include "config.h"

#include "deliver/smtp_talk_priv.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const step_names[] = {
	[ES_TALK_GREETING] = "the connection",
	[ES_TALK_EHLO] = "EHLO",
	[ES_TALK_STARTTLS] = "STARTTLS",
	[ES_TALK_AUTH] = "AUTH",
	[ES_TALK_MAIL] = "MAIL",
	[ES_TALK_RCPT] = "RCPT",
	[ES_TALK_DATA] = "DATA",
	[ES_TALK_DOT] = "the message",
	[ES_TALK_OVER] = "QUIT",
};

/* Whether a line "AUTH PLAIN LOGIN" or "AUTH=PLAIN" has a mechanism. */
static bool offers(const char *rest, const char *mechanism)
{
	size_t len = strlen(mechanism);

	while (*rest) {
		size_t n;

		rest += strspn(rest, " =");
		n = strcspn(rest, " =");
		if (n == len && strncasecmp(rest, mechanism, len) == 0)
			return true;
		rest += n;
	}
	return false;
}

static void note_extension(struct es_talk *t)
{
	if (strncasecmp(t->words, "SMTPUTF8", 8) == 0)
		t->can_utf8 = true;
	if (t->mechanism && strncasecmp(t->words, "AUTH", 4) == 0 &&
	    offers(t->words + 4, t->mechanism))
		t->can_auth = true;
}

/* What comes after the replies to EHLO are complete. */
static int after_ehlo(struct es_talk *t)
{
	if (t->starttls && !t->protected_) {
		t->step = ES_TALK_STARTTLS;
		return 0;
	}
	/* libcurl would go on without. */
	if (t->mechanism && !t->can_auth)
		t->lacking = t->mechanism;
	else if (t->utf8 && !t->can_utf8)
		t->lacking = "SMTPUTF8";
	t->step = t->mechanism ? ES_TALK_AUTH : ES_TALK_MAIL;
	return t->lacking ? -1 : 0;
}

static void note_failure(struct es_talk *t)
{
	t->failed = t->step;
	t->fail_code = t->code;
	memcpy(t->fail_words, t->words, sizeof(t->words));
}

static void note_recipient(struct es_talk *t, bool good)
{
	struct es_transport_recipient *to;

	if (t->rcpt >= t->r->n_recipients)
		return;
	to = &t->r->recipients[t->rcpt++];
	to->code = t->code;
	if (good) {
		t->accepted++;
	} else {
		to->outcome = t->code >= 500 ? ES_REFUSED : ES_RETRY;
		free(to->text);
		to->text = strdup(t->words);
	}
	if (t->rcpt == t->r->n_recipients)
		t->step = t->accepted ? ES_TALK_DATA : ES_TALK_OVER;
}

/* A reply came to its end and was a yes. */
static int advance(struct es_talk *t)
{
	switch (t->step) {
	case ES_TALK_GREETING:
		t->step = ES_TALK_EHLO;
		return 0;
	case ES_TALK_EHLO:
		return after_ehlo(t);
	case ES_TALK_STARTTLS:
		t->protected_ = true;
		/* What was said without protection does not count. */
		t->can_auth = t->can_utf8 = false;
		t->step = ES_TALK_EHLO;
		return 0;
	case ES_TALK_AUTH:
		if (t->code == 235)
			t->step = ES_TALK_MAIL;
		return 0;
	case ES_TALK_MAIL:
		t->step = ES_TALK_RCPT;
		return 0;
	case ES_TALK_RCPT:
		note_recipient(t, true);
		return 0;
	case ES_TALK_DATA:
		t->step = ES_TALK_DOT;
		return 0;
	case ES_TALK_DOT:
	case ES_TALK_OVER:
		t->step = ES_TALK_OVER;
		return 0;
	}
	return 0;
}

/* A server that knows no EHLO is greeted by HELO, but then it can neither
 * protect nor log in. */
static void refuse(struct es_talk *t)
{
	if (t->step == ES_TALK_EHLO && !t->starttls && !t->mechanism &&
	    !t->utf8)
		return;
	if (t->step != ES_TALK_OVER)
		note_failure(t);
	if (t->step == ES_TALK_RCPT)
		note_recipient(t, false);
	else
		t->step = ES_TALK_OVER;
}

static bool is_reply(const char *line, size_t len)
{
	return len >= 3 && isdigit((unsigned char)line[0]) &&
	       isdigit((unsigned char)line[1]) &&
	       isdigit((unsigned char)line[2]) &&
	       (len == 3 || strchr(" -\r\n", line[3]));
}

int es_talk_line(struct es_talk *t, const char *line, size_t len)
{
	size_t n = 0;
	bool last;

	if (!is_reply(line, len) || t->step == ES_TALK_OVER)
		return 0;
	t->code =
		(line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
	last = len == 3 || line[3] != '-';
	for (size_t i = 4; i < len && n < sizeof(t->words) - 1; i++) {
		if (line[i] != '\r' && line[i] != '\n' && line[i] != '\0')
			t->words[n++] = line[i];
	}
	t->words[n] = '\0';
	if (t->step == ES_TALK_EHLO && t->code == 250)
		note_extension(t);
	if (!last)
		return 0;
	if (t->code >= 200 && t->code <= 399)
		return advance(t);
	refuse(t);
	return 0;
}

/* --- judging -------------------------------------------------------------- */

static enum es_transport_outcome outcome_of(const struct es_talk *t)
{
	if (t->fail_code < 500)
		return ES_RETRY;
	/* 530 to 538 ask for credentials, better ones, or for TLS. */
	if (t->failed < ES_TALK_MAIL ||
	    (t->fail_code >= 530 && t->fail_code <= 538))
		return ES_DENIED;
	return ES_REFUSED;
}

/* None of the recipients was taken: later, if that helps one of them. */
static enum es_transport_outcome worst_of_all(const struct es_talk *t)
{
	enum es_transport_outcome outcome = outcome_of(t);

	for (size_t i = 0; i < t->r->n_recipients; i++) {
		if (t->r->recipients[i].outcome == ES_RETRY)
			return ES_RETRY;
	}
	return outcome;
}

/* Those who were not refused one by one have the fate of the whole. */
static void share_outcome(struct es_talk *t)
{
	for (size_t i = 0; i < t->r->n_recipients; i++) {
		struct es_transport_recipient *to = &t->r->recipients[i];

		if (i >= t->rcpt || to->code < 400)
			to->outcome = t->r->outcome;
	}
}

static void say_failure(const struct es_talk *t)
{
	es_result_sayf(t->r, "the answer to %s was %d %s",
		       step_names[t->failed], t->fail_code, t->fail_words);
}

bool es_talk_judge(struct es_talk *t)
{
	struct es_transport_result *r = t->r;

	r->code = 0;
	if (t->lacking) {
		r->outcome = strcmp(t->lacking, "SMTPUTF8") == 0 ? ES_REFUSED
								 : ES_DENIED;
		es_result_sayf(r, "the server does not offer %s%s",
			       r->outcome == ES_DENIED ? "AUTH " : "",
			       t->lacking);
	} else if (t->failed == ES_TALK_RCPT && !t->accepted &&
		   t->rcpt == r->n_recipients) {
		r->code = t->fail_code;
		r->outcome = worst_of_all(t);
		say_failure(t);
	} else if (t->fail_code && t->failed != ES_TALK_RCPT) {
		r->code = t->fail_code;
		r->outcome = outcome_of(t);
		say_failure(t);
	} else if (t->step == ES_TALK_OVER) {
		r->code = t->code;
		r->outcome = ES_SENT;
		es_result_sayf(r, "%d %s", t->code, t->words);
	} else {
		return false;
	}
	share_outcome(t);
	return true;
}
