/* SPDX-License-Identifier: MIT */
/* state_system.c - since when it runs, how much it has to do, and memory */
#include "config.h"

#include "state_report/state_report_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/fileio.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

bool state_read(struct es_buf *out, const struct state_job *job,
		const char *path)
{
	ES_CLEANUP(es_closep)
	int fd = openat(job->root, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	es_buf_reset(out);
	return fd >= 0 && es_read_fd(out, fd) == 0;
}

void state_note(const struct state_job *job, const char *text)
{
	es_doc_push_text(es_doc_edit(job->doc, "notes"), text, strlen(text));
}

int64_t state_value(const struct es_buf *text, const char *word)
{
	const char *line = es_buf_str(text);
	size_t len = strlen(word);

	for (; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, word, len) == 0)
			return strtoll(line + len, NULL, 10);
	}
	return -1;
}

bool state_column(const char *line, unsigned int n, uint64_t *out)
{
	line += strspn(line, " ");
	for (; n > 0; n--) {
		line += strcspn(line, " \n");
		line += strspn(line, " ");
	}
	if (*line < '0' || *line > '9')
		return false;
	*out = strtoull(line, NULL, 10);
	return true;
}

/* Digits behind the point as hundredths; @at is moved behind the number. */
static int64_t take_hundredths(const char **at)
{
	char *end;
	int64_t n = strtoll(*at, &end, 10) * 100;

	if (*end == '.') {
		int64_t unit = 10;

		for (end++; *end >= '0' && *end <= '9'; end++) {
			n += unit * (*end - '0');
			unit /= 10;
		}
	}
	*at = end;
	return n;
}

/* Processors that are at work, by the lines "cpuN" of proc/stat. */
static int64_t count_cpus(const struct es_buf *stat)
{
	const char *at = es_buf_str(stat);
	int64_t n = 0;

	while ((at = strstr(at, "cpu")) != NULL) {
		n += (at == stat->data || at[-1] == '\n') && at[3] >= '0' &&
		     at[3] <= '9';
		at += 3;
	}
	return n ? n : 1;
}

static void set_load(struct es_doc *obj, const struct es_buf *text,
		     int64_t cpus)
{
	static const char *const keys[] = { "load1", "load5", "load15" };
	const char *at = es_buf_str(text);
	int64_t load = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		load = take_hundredths(&at);
		es_doc_number(obj, keys[i], load);
	}
	es_doc_number(obj, "cpus", cpus);
	es_doc_number(obj, "load_percent", load / cpus);
}

static void set_line(struct es_doc *obj, const char *key, struct es_buf *text)
{
	size_t len = text->len ? strcspn(es_buf_str(text), "\n") : 0;

	if (len)
		es_doc_text(obj, key, text->data, len);
}

/* PRETTY_NAME="Debian GNU/Linux 12 (bookworm)" */
static void set_os(struct es_doc *obj, const struct es_buf *text)
{
	static const char key[] = "PRETTY_NAME=";
	const char *at = strstr(es_buf_str(text), key);
	size_t len;

	if (!at || (at != text->data && at[-1] != '\n'))
		return;
	at += sizeof(key) - 1;
	at += *at == '"';
	len = strcspn(at, "\"\n");
	es_doc_text(obj, "os", at, len);
}

static void set_memory(const struct state_job *job, const struct es_buf *text)
{
	static const struct {
		const char *key;
		const char *word;
	} values[] = {
		{ "total", "MemTotal:" },
		{ "available", "MemAvailable:" },
		{ "swap_total", "SwapTotal:" },
		{ "swap_free", "SwapFree:" },
	};
	struct es_doc *obj = es_doc_object(job->doc, "memory");
	int64_t total = state_value(text, "MemTotal:");
	int64_t available = state_value(text, "MemAvailable:");

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		int64_t kib = state_value(text, values[i].word);

		if (kib >= 0)
			es_doc_number(obj, values[i].key, kib * 1024);
	}
	if (total > 0 && available >= 0)
		es_doc_number(obj, "percent",
			      100 * (total - available) / total);
}

void state_system(struct state_job *job)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	struct es_doc *obj = es_doc_object(job->doc, "system");
	char when[ES_TIME_LEN];
	int64_t cpus = 1;

	if (state_read(&b, job, "etc/os-release"))
		set_os(obj, &b);
	if (state_read(&b, job, "proc/sys/kernel/osrelease"))
		set_line(obj, "kernel", &b);
	if (state_read(&b, job, "proc/sys/kernel/random/boot_id"))
		set_line(obj, "boot_id", &b);
	if (state_read(&b, job, "proc/uptime")) {
		int64_t up = strtoll(es_buf_str(&b), NULL, 10);

		es_doc_number(obj, "uptime", up);
		es_doc_str(obj, "boot",
			   es_clock_rfc3339(when, job->in->now - up));
	}
	if (state_read(&b, job, "proc/stat"))
		cpus = count_cpus(&b);
	if (state_read(&b, job, "proc/loadavg"))
		set_load(obj, &b, cpus);
	es_doc_bool(obj, "reboot_required",
		    faccessat(job->root, "run/reboot-required", F_OK, 0) == 0);
	if (state_read(&b, job, "proc/meminfo"))
		set_memory(job, &b);
}
