/* SPDX-License-Identifier: MIT */
/* clock.h - time: now, as text, from text */
#ifndef ETCSNAP_CLOCK_H
#define ETCSNAP_CLOCK_H

#include <stdint.h>
#include <time.h>

#include "etcsnap/error.h"

/**
 * ES_TIME_LEN - room in bytes of a formatted time, NUL included
 */
#define ES_TIME_LEN 40

/**
 * es_clock_now - the wall clock
 *
 * The environment variable SOURCE_DATE_EPOCH (seconds) replaces it, so that
 * tests and reproducible runs have a fixed time.
 *
 * Return: seconds and nanoseconds since 1970-01-01 UTC.
 * Source: https://reproducible-builds.org/specs/source-date-epoch/
 */
struct timespec es_clock_now(void);

/**
 * es_clock_ms - a clock that nobody sets, for deadlines
 *
 * Return: milliseconds since some time in the past.
 */
int64_t es_clock_ms(void);

/**
 * es_clock_coarse - the clock that file time stamps come from
 *
 * Never replaced: it is compared with ctimes (the "racy" rule of git).
 *
 * Return: CLOCK_REALTIME_COARSE.
 */
struct timespec es_clock_coarse(void);

/**
 * es_clock_iso - a time in the local zone as 2026-05-01 12:00:00 +0200
 * @out: ES_TIME_LEN bytes
 * @sec: seconds since 1970-01-01 UTC
 *
 * Return: @out.
 */
char *es_clock_iso(char out[ES_TIME_LEN], int64_t sec);

/**
 * es_clock_rfc3339 - a time for programs, 2026-05-01T12:00:00+02:00
 * @out: ES_TIME_LEN bytes
 * @sec: seconds since 1970-01-01 UTC
 *
 * Return: @out; "@SECONDS" for a time beyond the calendar.
 */
char *es_clock_rfc3339(char out[ES_TIME_LEN], int64_t sec);

/**
 * es_clock_offset - the local zone's offset at a time
 * @sec: seconds since 1970-01-01 UTC
 *
 * Return: minutes east of UTC, as git writes it into commits.
 */
int es_clock_offset(int64_t sec);

/**
 * es_clock_midnight - where a day begins, whatever the local clock changes
 * @sec:  a moment of it
 * @days: of which day: 0 of that one, 1 of the next, -1 of the one before
 *
 * Return: that moment; @sec where it is out of the calendar's range.
 */
int64_t es_clock_midnight(int64_t sec, int days);

/**
 * es_clock_parse - read a time a person typed
 * @out:  seconds since 1970-01-01 UTC
 * @text: "2026-05-01", "2026-05-01T12:00[:30][Z|+02:00]" (also a blank for
 *        the T), "now", "today", "yesterday", a weekday ("monday", the last
 *        one), "12:00" (today), "3 days ago", "90m", "2h", "7d", "2w" (ago),
 *        "1700000000" (ten digits: seconds)
 * @now:  what relative times count from
 * @err:  filled on failure, names the accepted forms
 *
 * Return: 0 or -EINVAL. Local zone unless one is given.
 */
int es_clock_parse(int64_t *out, const char *text, int64_t now,
		   struct es_error *err);

/**
 * es_clock_duration - read a length of time
 * @out:  seconds
 * @text: number and unit: 30s, 15m, 12h, 90d, 8w, 2y (365 days each)
 * @err:  filled on failure
 *
 * Return: 0 or -EINVAL.
 */
int es_clock_duration(int64_t *out, const char *text, struct es_error *err);

/**
 * es_clock_ago - "3 minutes ago" and the like
 * @out: ES_TIME_LEN bytes
 * @sec: the moment
 * @now: the present
 *
 * Return: @out.
 */
char *es_clock_ago(char out[ES_TIME_LEN], int64_t sec, int64_t now);

#endif
