/* SPDX-License-Identifier: MIT */
/* journal.c - what sudo, su, doas and pkexec told the journal */
#include "config.h"

#include "logins/logins_priv.h"

#include "etcsnap/fileio.h"

#ifdef HAVE_SYSTEMD

#include <systemd/sd-journal.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Entries that are looked at. */
#define ENTRIES_MAX 200000

/* Bytes of a message. */
#define MESSAGE_MAX ((size_t)8 << 10)

#define MICROS UINT64_C(1000000)

static const char *const places[] = { "var/log/journal", "run/log/journal" };

static const char *const tools[] = {
	"SYSLOG_IDENTIFIER=sudo",
	"SYSLOG_IDENTIFIER=su",
	"SYSLOG_IDENTIFIER=doas",
	"SYSLOG_IDENTIFIER=pkexec",
};

/*
 * The library and what it needs are a fifth of the time that a start takes,
 * and few runs look into a journal: so it is loaded by those.
 */
struct journal {
	void *library;
	sd_journal *j;
	__typeof__(&sd_journal_open_directory_fd) open_directory_fd;
	__typeof__(&sd_journal_close) close;
	__typeof__(&sd_journal_add_match) add_match;
	__typeof__(&sd_journal_get_data) get_data;
	__typeof__(&sd_journal_seek_realtime_usec) seek_realtime_usec;
	__typeof__(&sd_journal_seek_head) seek_head;
	__typeof__(&sd_journal_next) next;
	__typeof__(&sd_journal_get_realtime_usec) get_realtime_usec;
};

static bool load(struct journal *j)
{
	const struct {
		const char *name;
		void *slot;
	} calls[] = {
		{ "sd_journal_open_directory_fd", &j->open_directory_fd },
		{ "sd_journal_close", &j->close },
		{ "sd_journal_add_match", &j->add_match },
		{ "sd_journal_get_data", &j->get_data },
		{ "sd_journal_seek_realtime_usec", &j->seek_realtime_usec },
		{ "sd_journal_seek_head", &j->seek_head },
		{ "sd_journal_next", &j->next },
		{ "sd_journal_get_realtime_usec", &j->get_realtime_usec },
	};

	j->library = dlopen("libsystemd.so.0", RTLD_LAZY | RTLD_LOCAL);
	if (!j->library)
		return false;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		void *call = dlsym(j->library, calls[i].name);

		if (!call) {
			dlclose(j->library);
			j->library = NULL;
			return false;
		}
		memcpy(calls[i].slot, &call, sizeof(call));
	}
	return true;
}

static void close_journal(struct journal *j)
{
	if (j->j)
		j->close(j->j);
	j->j = NULL;
}

static void unload(struct journal *j)
{
	if (j->library)
		dlclose(j->library);
}

/* A machine's folder may have the journals of its containers beside it. */
static int match_machine(struct journal *j, int root)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(256);
	char match[64];

	if (lg_read_all(&b, root, "etc/machine-id") < 32 ||
	    strspn(b.data, "0123456789abcdef") != 32)
		return 0;
	snprintf(match, sizeof(match), "_MACHINE_ID=%.32s", b.data);
	return j->add_match(j->j, match, 0);
}

static int match_tools(struct journal *j)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < sizeof(tools) / sizeof(tools[0]); i++)
		rc = j->add_match(j->j, tools[i], 0);
	return rc;
}

/* A field of the entry, terminated. Returns its length, -1 without it. */
static ssize_t field(struct journal *j, const char *name, char *out,
		     size_t room)
{
	const size_t key = strlen(name) + 1;
	const void *data;
	size_t len;

	if (j->get_data(j->j, name, &data, &len) < 0 || len < key)
		return -1;
	len -= key;
	if (len >= room)
		len = room - 1;
	memcpy(out, (const char *)data + key, len);
	out[len] = '\0';
	return (ssize_t)len;
}

static int take_entry(struct lg_logs *logs, struct journal *j, int64_t when)
{
	char tag[16];
	char message[MESSAGE_MAX];
	const ssize_t len = field(j, "SYSLOG_IDENTIFIER", tag, sizeof(tag));
	const char *const tool = len > 0 ? lg_tool(tag, (size_t)len) : NULL;

	if (!tool || field(j, "MESSAGE", message, sizeof(message)) <= 0)
		return 0;
	return lg_switch_message(logs, when, tool, message);
}

static int read_entries(struct lg_logs *logs, struct journal *j)
{
	int rc = 0;

	if (j->seek_realtime_usec(j->j, (uint64_t)logs->from * MICROS) < 0)
		return 0;
	for (int i = 0; rc == 0 && i < ENTRIES_MAX && j->next(j->j) > 0; i++) {
		uint64_t usec;

		if (j->get_realtime_usec(j->j, &usec) < 0)
			continue;
		const int64_t when = (int64_t)(usec / MICROS);
		/* By the order of the journal; a clock may have been set. */
		if (when > logs->to)
			continue;
		rc = take_entry(logs, j, when);
	}
	return rc;
}

/* Whether the oldest entry is older than the window. */
static bool covers(struct journal *j, int64_t from)
{
	uint64_t usec;

	return j->seek_head(j->j) >= 0 && j->next(j->j) > 0 &&
	       j->get_realtime_usec(j->j, &usec) >= 0 &&
	       (int64_t)(usec / MICROS) <= from;
}

static int read_place(struct lg_logs *logs, struct journal *j,
		      const char *place, bool *covered)
{
	ES_CLEANUP(es_closep)
	int fd = es_open_in_root(logs->root, place, O_RDONLY | O_DIRECTORY);
	int rc = 0;

	if (fd < 0 || (!j->library && !load(j)) ||
	    j->open_directory_fd(&j->j, fd, 0) < 0)
		return 0;
	if (match_machine(j, logs->root) >= 0) {
		*covered = *covered || covers(j, logs->from);
		if (match_tools(j) >= 0)
			rc = read_entries(logs, j);
	}
	close_journal(j);
	return rc;
}

int lg_journal_read(struct lg_logs *logs)
{
	ES_CLEANUP(unload) struct journal j = { 0 };
	bool covered = false;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(places) / sizeof(places[0]);
	     i++)
		rc = read_place(logs, &j, places[i], &covered);
	return rc < 0 ? rc : covered;
}

#else

int lg_journal_read(struct lg_logs *logs)
{
	(void)logs;
	return 0;
}

#endif
