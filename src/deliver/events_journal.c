/* SPDX-License-Identifier: MIT */
/* events_journal.c - an event in the native protocol of systemd's journal */
#include "config.h"

#include "deliver/events_priv.h"

#include <ctype.h>
#include <string.h>

/*
 * Fixed for ever: 'journalctl MESSAGE_ID=…' finds all of one kind.
 */
static const char *const message_ids[EVENT_KINDS] = {
	[EVENT_CHANGE] = "ebb651e4870a401d9f59535bf7c06956",
	[EVENT_OPENED] = "ce3e2c6ddfff40068a2856982dbad3c5",
	[EVENT_CLOSED] = "a48d73e9e5b3448ebc9721d555d38e0f",
	[EVENT_REPORT] = "f376d33352334ff3a5ccd03f301f1c2d",
	[EVENT_NOTICE] = "1fa8ede275a34649816f726bf031cee9",
};

/*
 * "NAME=value", or NAME, the length in 64 bits, little-endian, and the value
 * where it holds a control byte: so no value can begin another field, and a
 * path is found by the bytes that it has.
 */
static void add_field(struct es_buf *out, const char *name, const char *value,
		      size_t len)
{
	bool plain = true;

	for (size_t i = 0; plain && i < len; i++)
		plain = (unsigned char)value[i] >= ' ' || value[i] == '\t';
	es_buf_adds(out, name);
	if (plain) {
		es_buf_addc(out, '=');
	} else {
		es_buf_addc(out, '\n');
		for (unsigned int i = 0; i < 8; i++)
			es_buf_addc(out, (char)((uint64_t)len >> (8 * i)));
	}
	es_buf_add(out, value, len);
	es_buf_addc(out, '\n');
}

void es_event_journal(struct es_buf *out, const struct event *e, int facility)
{
	add_field(out, "MESSAGE", es_buf_str(&e->text), e->text.len);
	es_buf_addf(out, "MESSAGE_ID=%s\nPRIORITY=%d\nSYSLOG_FACILITY=%d\n",
		    message_ids[e->kind], es_event_priority(e), facility);
	es_buf_adds(out, "SYSLOG_IDENTIFIER=etcsnap\n");
	add_field(out, "ETCSNAP_HOST", e->host, strlen(e->host));
	es_buf_addf(out, "ETCSNAP_TIME=%lld\n", (long long)e->time);
	for (int i = 0; i < FIELDS; i++) {
		char name[64] = "ETCSNAP_";
		size_t n = strlen(name);

		if (!e->values[i].len)
			continue;
		for (const char *at = es_event_fields[i].name;
		     *at && n + 1 < sizeof(name); at++)
			name[n++] = (char)toupper((unsigned char)*at);
		add_field(out, name, es_buf_str(&e->values[i]),
			  e->values[i].len);
	}
}
