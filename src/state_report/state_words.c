/* SPDX-License-Identifier: MIT */
/* state_words.c - sizes, times and counts as people read them */
#include "config.h"

#include "state_report/state_report_priv.h"

#include "etcsnap/quote.h"

#include <inttypes.h>
#include <string.h>

#define MINUTE 60
#define HOUR 3600
#define DAY 86400

void state_bytes(struct es_buf *out, int64_t n)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB",
					     "PiB" };
	double v = (double)n;
	size_t i = 0;

	if (n > -1024 && n < 1024) {
		es_buf_addf(out, "%" PRId64 " bytes", n);
		return;
	}
	for (v /= 1024; (v >= 999.5 || v <= -999.5) && i < 4; i++)
		v /= 1024;
	if (v < 99.95 && v > -99.95)
		es_buf_addf(out, "%.1f %s", v, units[i]);
	else
		es_buf_addf(out, "%.0f %s", v, units[i]);
}

void state_duration(struct es_buf *out, int64_t seconds)
{
	if (seconds < 0)
		seconds = 0;
	if (seconds < 2 * MINUTE)
		state_count(out, seconds, "second");
	else if (seconds < 2 * HOUR)
		state_count(out, seconds / MINUTE, "minute");
	else if (seconds < 2 * DAY)
		state_count(out, seconds / HOUR, "hour");
	else
		state_count(out, seconds / DAY, "day");
}

void state_hundredths(struct es_buf *out, int64_t n)
{
	es_buf_addf(out, "%" PRId64 ".%02" PRId64, n / 100, n % 100);
}

void state_count(struct es_buf *out, int64_t n, const char *word)
{
	es_buf_addf(out, "%" PRId64 " %s%s", n, word, n == 1 ? "" : "s");
}

void state_quoted(struct es_buf *out, const struct es_doc *obj, const char *key)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);

	if (es_doc_get_bytes(obj, key, &raw))
		es_quote_term(out, es_buf_str(&raw), raw.len);
}

void state_time(struct es_buf *out, const char *iso)
{
	size_t date = iso ? strcspn(iso, "T") : 0;

	if (iso && iso[date])
		es_buf_addf(out, "%.*s %.5s", (int)date, iso, iso + date + 1);
	else if (iso)
		es_buf_adds(out, iso);
}

size_t state_length(const struct es_doc *list)
{
	return list ? es_doc_len(list) : 0;
}

int64_t state_number(const struct es_doc *obj, const char *key)
{
	return es_doc_get_number(obj, key, 0);
}

bool state_has(const struct es_doc *obj, const char *key)
{
	const char *text = es_doc_get_str(obj, key);

	return text && *text;
}
