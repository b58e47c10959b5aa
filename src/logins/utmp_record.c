/* SPDX-License-Identifier: MIT */
/* utmp_record.c - one record of wtmp or btmp: where its fields are */
#include "config.h"

#include "logins/logins_priv.h"

#include <stddef.h>
#include <string.h>
#include <utmpx.h>

/*
 * struct utmpx of Linux, by offsets, as a file may come from a machine that
 * has the other one: of 384 bytes with times of 32 bits, which x86-64 has too,
 * and of 400 with times of 64. They are the same up to ut_exit.
 * Source: utmp(5); glibc, bits/utmpx.h and __WORDSIZE_TIME64_COMPAT32.
 */
#define AT_TYPE 0
#define AT_PID 4
#define AT_LINE 8
#define AT_USER 44
#define AT_HOST 76
#define NARROW_SIZE 384
#define NARROW_TIME 340
#define NARROW_USEC 344
#define NARROW_ADDR 348
#define WIDE_SIZE 400
#define WIDE_TIME 344
#define WIDE_USEC 352
#define WIDE_ADDR 360
#define NATIVE_SIZE \
	(sizeof(struct utmpx) == WIDE_SIZE ? WIDE_SIZE : NARROW_SIZE)

_Static_assert(offsetof(struct utmpx, ut_host) == AT_HOST, "another utmpx");

/* ACCOUNTING, the last of the types, which only glibc names. */
#define TYPE_LAST 9
/* Of a shutdown, in records of old programs. */
#define TYPE_SHUTDOWN 254

/* Before, no Linux wrote a log; and after these nobody is going to. */
#define TIME_FIRST INT64_C(631152000) /* 1990 */
#define TIME_LAST INT64_C(7258118400) /* 2200 */

static bool is_wide(const struct lg_layout *layout)
{
	return layout->size == WIDE_SIZE;
}

static int type_of(const unsigned char *raw)
{
	int16_t type;

	memcpy(&type, raw + AT_TYPE, sizeof(type));
	return type;
}

static bool is_type(int type)
{
	return (type >= EMPTY && type <= TYPE_LAST) || type == TYPE_SHUTDOWN;
}

int64_t lg_record_time(const unsigned char *raw, const struct lg_layout *layout)
{
	int64_t wide;
	uint32_t narrow;

	if (is_wide(layout)) {
		memcpy(&wide, raw + WIDE_TIME, sizeof(wide));
		return wide;
	}
	/* Without a sign it lasts until 2106; nobody logged in before 1970. */
	memcpy(&narrow, raw + NARROW_TIME, sizeof(narrow));
	return narrow;
}

static int64_t micros(const unsigned char *raw, const struct lg_layout *layout)
{
	int64_t wide;
	int32_t narrow;

	if (is_wide(layout)) {
		memcpy(&wide, raw + WIDE_USEC, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, raw + NARROW_USEC, sizeof(narrow));
	return narrow;
}

/* 1 where a record seems to be, -1 where none can be, 0 for no hint. */
static int judge(const unsigned char *raw, const struct lg_layout *layout)
{
	const int64_t when = lg_record_time(raw, layout);
	const int64_t usec = micros(raw, layout);

	if (!is_type(type_of(raw)) || when < 0 || when > TIME_LAST ||
	    usec < 0 || usec > 999999)
		return -1;
	/* All zero, or the clock was not set. */
	return when >= TIME_FIRST;
}

static int score(const unsigned char *sample, size_t len, uint64_t at,
		 const struct lg_layout *layout)
{
	const uint64_t past = (at - layout->first) % layout->size;
	int sum = 0;

	if (at < layout->first)
		return score(sample + layout->first, len - layout->first,
			     layout->first, layout);
	for (size_t i = past ? layout->size - (size_t)past : 0;
	     i + layout->size <= len; i += layout->size)
		sum += judge(sample + i, layout);
	return sum;
}

void lg_layout_guess(struct lg_layout *out, const unsigned char *sample,
		     size_t len, uint64_t at, uint64_t size)
{
	const size_t other = NATIVE_SIZE == WIDE_SIZE ? NARROW_SIZE : WIDE_SIZE;
	/*
	 * Whole records from the begin, as glibc sees to it; else, where the
	 * begin was cut off or one in the middle is torn, up to the end.
	 */
	const struct lg_layout guesses[] = {
		{ NATIVE_SIZE, 0 },
		{ other, 0 },
		{ NATIVE_SIZE, size % NATIVE_SIZE },
		{ other, size % other },
	};
	int best = 0;

	*out = guesses[size % NATIVE_SIZE != 0 && size && size % other == 0];
	for (size_t i = 0; i < sizeof(guesses) / sizeof(guesses[0]); i++) {
		if (at < guesses[i].first && guesses[i].first - at > len)
			continue;
		const int found = score(sample, len, at, &guesses[i]);
		if (found > best) {
			best = found;
			*out = guesses[i];
		}
	}
}

/* A field ends at its first NUL, or where the next one begins. */
static void field(char *out, const unsigned char *raw, size_t len)
{
	memcpy(out, raw, len);
	out[len] = '\0';
}

bool lg_record_read(struct lg_record *out, const unsigned char *raw,
		    const struct lg_layout *layout)
{
	out->type = type_of(raw);
	if (!is_type(out->type))
		return false;
	memcpy(&out->pid, raw + AT_PID, sizeof(out->pid));
	out->when = lg_record_time(raw, layout);
	field(out->line, raw + AT_LINE, sizeof(out->line) - 1);
	field(out->user, raw + AT_USER, sizeof(out->user) - 1);
	field(out->host, raw + AT_HOST, sizeof(out->host) - 1);
	memcpy(out->addr, raw + (is_wide(layout) ? WIDE_ADDR : NARROW_ADDR),
	       sizeof(out->addr));
	return true;
}

unsigned char lg_record_line(const unsigned char *raw)
{
	return raw[AT_LINE];
}

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static enum lg_event by_type(int type, uint32_t pid)
{
	const unsigned int level = pid & 0xff;

	switch (type) {
	case TYPE_SHUTDOWN:
		return LG_DOWN;
	case BOOT_TIME:
		return LG_BOOT;
	case RUN_LVL:
		/* 0 halts, 6 starts again. */
		return level == '0' || level == '6' ? LG_DOWN : LG_NOTHING;
	case USER_PROCESS:
		return LG_LOGIN;
	case DEAD_PROCESS:
		return LG_LOGOUT;
	default:
		return LG_NOTHING;
	}
}

/*
 * Programs are careless with ut_type, so that last(1) goes by user and line;
 * it is followed here to the letter, except for types that nobody defined.
 */
enum lg_event lg_record_event(const struct lg_record *r)
{
	int type = r->type;

	if (r->line[0] == '~') {
		/* Of init(8). */
		if (begins(r->user, "shutdown"))
			type = TYPE_SHUTDOWN;
		else if (begins(r->user, "reboot"))
			type = BOOT_TIME;
		else if (begins(r->user, "runlevel"))
			type = RUN_LVL;
	} else if (begins(r->user, "date") &&
		   (r->line[0] == '|' || r->line[0] == '{')) {
		/* The clock before and after it was set. */
		return LG_NOTHING;
	} else if (r->user[0] == '\0') {
		type = DEAD_PROCESS;
	} else if (type != DEAD_PROCESS && r->line[0] &&
		   !begins(r->user, "LOGIN")) {
		type = USER_PROCESS;
	}
	return by_type(type, r->pid);
}
