/* SPDX-License-Identifier: MIT */
/* commands_unit.h - what the tests of monitored commands share */
#ifndef ETCSNAP_TESTS_COMMANDS_UNIT_H
#define ETCSNAP_TESTS_COMMANDS_UNIT_H

#include "etcsnap/commands.h"

#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

/** struct es_unit_commands - commands, and what they printed once they ran */
struct es_unit_commands {
	struct es_conf *conf;
	struct es_commands *commands;
	struct es_texts *texts;
	struct es_commands_options options;
};

/** es_unit_commands_start - start the commands of a configuration's text */
static inline void es_unit_commands_start(struct es_unit_commands *u,
					  const char *conf)
{
	struct es_error err = ES_ERROR_INIT;
	int rc = es_conf_parse(&u->conf, conf, strlen(conf), "conf", &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	u->options.conf = u->conf;
	if (!u->options.now)
		u->options.now = 1700000000;
	rc = es_commands_start(&u->commands, &u->options, &err);
	ck_assert_msg(rc == 0, "%s", err.msg);
}

/** es_unit_commands_finish - wait for them */
static inline void es_unit_commands_finish(struct es_unit_commands *u)
{
	struct es_error err = ES_ERROR_INIT;

	u->texts = es_texts_new();
	ck_assert_ptr_nonnull(u->texts);
	ck_assert_int_eq(es_commands_finish(u->commands, u->texts, &err), 0);
}

/** es_unit_commands_run - both */
static inline void es_unit_commands_run(struct es_unit_commands *u,
					const char *conf)
{
	es_unit_commands_start(u, conf);
	es_unit_commands_finish(u);
}

/** es_unit_commands_dispose - free all */
static inline void es_unit_commands_dispose(struct es_unit_commands *u)
{
	es_commands_free(u->commands);
	es_texts_free(u->texts);
	es_conf_free(u->conf);
}

/** es_unit_text - a text by "NAME/stdout" and the like; false: there is none */
static inline bool es_unit_text(struct es_unit_commands *u, const char *name,
				struct es_text *out)
{
	size_t skip = strlen("commands/");

	for (size_t i = 0; i < es_texts_count(u->texts); i++) {
		es_texts_at(u->texts, i, out);
		if (!strcmp(out->name + skip, name))
			return true;
	}
	return false;
}

/** es_unit_says - demand that a text is there and is exactly this */
#define es_unit_says(u, name, want)                                      \
	do {                                                             \
		struct es_text es_t = { 0 };                             \
                                                                         \
		ck_assert_msg(es_unit_text((u), (name), &es_t), "no %s", \
			      (name));                                   \
		ck_assert_msg(es_t.data != NULL, "%s is kept", (name));  \
		ck_assert_str_eq(es_t.data, (want));                     \
		ck_assert_uint_eq(es_t.len, strlen(want));               \
	} while (0)

/** es_unit_keeps - demand that the tip's text of a name is kept */
#define es_unit_keeps(u, name, why)                                      \
	do {                                                             \
		struct es_text es_t = { 0 };                             \
                                                                         \
		ck_assert_msg(es_unit_text((u), (name), &es_t), "no %s", \
			      (name));                                   \
		ck_assert_msg(!es_t.data, "%s is not kept: %s", (name),  \
			      es_t.data ? es_t.data : "");               \
		ck_assert_uint_eq(es_t.unread, (why));                   \
	} while (0)

/** es_unit_seconds - a clock that only runs forward */
static inline double es_unit_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/** es_unit_pid - the process id that a program wrote into a file, waited for */
static inline pid_t es_unit_pid(const char *file)
{
	for (int i = 0; i < 1000; i++) {
		FILE *f = fopen(file, "r");
		int pid = 0;
		char text[32] = "";
		char end = 0;

		if (f && fgets(text, sizeof(text), f)) {
			pid = (int)strtol(text, NULL, 10);
			end = text[strlen(text) - 1];
		}
		if (f)
			fclose(f);
		if (pid > 0 && end == '\n')
			return pid;
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	}
	ck_abort_msg("nobody wrote %s", file);
}

/** es_unit_is_gone - whether a process ends within ten seconds */
static inline bool es_unit_is_gone(pid_t pid)
{
	for (int i = 0; i < 1000; i++) {
		char path[64], line[256] = "";
		FILE *f;

		if (kill(pid, 0) < 0 && errno == ESRCH)
			return true;
		/* Where nobody buries orphans a zombie is gone, too. */
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		f = fopen(path, "r");
		if (f && fgets(line, sizeof(line), f) && strstr(line, ") Z")) {
			fclose(f);
			return true;
		}
		if (f)
			fclose(f);
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	}
	return false;
}

#endif
