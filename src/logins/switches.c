/* SPDX-License-Identifier: MIT */
/* switches.c - what sudo, su, doas and pkexec say when they are used */
#include "config.h"

#include "logins/logins_priv.h"

#include <string.h>

/*
 * Any user can write such lines into most logs, and sudo's can be misled by
 * the name of a directory; they say what was logged, not what is proved.
 */

const char *lg_tool(const char *tag, size_t len)
{
	static const char *const tools[] = { "sudo", "su", "doas", "pkexec" };

	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
		if (strlen(tools[i]) == len && memcmp(tag, tools[i], len) == 0)
			return tools[i];
	return NULL;
}

/* Cuts @s before @mark. Returns what is behind it, NULL if it is not there. */
static char *cut(char *s, const char *mark)
{
	char *const at = strstr(s, mark);

	if (!at)
		return NULL;
	*at = '\0';
	return at + strlen(mark);
}

/* The same at the last one that there is. */
static char *cut_last(char *s, const char *mark)
{
	char *last = NULL;

	for (char *at = s; (at = strstr(at, mark)); at++)
		last = at;
	return last ? cut(last, mark) : NULL;
}

static char *behind(char *s, const char *mark)
{
	const size_t len = strlen(mark);

	return strncmp(s, mark, len) == 0 ? s + len : NULL;
}

static const char *terminal(char *name)
{
	static const char *const none[] = { "unknown", "none", "?" };
	const char *const short_name = behind(name, "/dev/");

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (strcmp(name, none[i]) == 0)
			return "";
	return short_name ? short_name : name;
}

/* "TTY=pts/0", "USER=root" and others, of which COMMAND is the last. */
static bool sudo_field(struct es_login_switch *s, char *field)
{
	char *value = behind(field, "TTY=");

	if (value) {
		s->line = terminal(value);
		return true;
	}
	value = behind(field, "USER=");
	if (value) {
		s->as = value;
		return true;
	}
	const size_t key = strspn(field, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	return key > 0 && field[key] == '=';
}

/* Troubles that sudo tells of, and then does what it was told. */
static bool is_remark(const char *reason)
{
	return strncmp(reason, "unable to ", 10) == 0 ||
	       strncmp(reason, "problem with ", 13) == 0;
}

/*
 *	bob : TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/bin/ls
 *	bob : command not allowed ; TTY=pts/0 ; PWD=... ; COMMAND=/bin/ls
 *	bob : (command continued) more of a long one
 */
static int sudo_said(struct lg_logs *logs, struct es_login_switch *s,
		     char *message)
{
	char *field = cut(message, " : ");

	if (!field || strpbrk(message, " ("))
		return 0;
	s->user = message;
	char *const more = behind(field, "(command continued) ");
	if (more)
		return lg_continue_switch(logs->out, s->user, more);
	for (bool first = true; field; first = false) {
		char *const command = behind(field, "COMMAND=");

		if (command) {
			s->command = command;
			return lg_add_switch(logs->out, s);
		}
		char *const next = cut(field, " ; ");
		if (!sudo_field(s, field) && first) {
			if (is_remark(field))
				return 0;
			s->failed = true;
		}
		field = next;
	}
	return 0;
}

/* A name that nobody has may be a password, as with failed logins. */
static int su_done(struct lg_logs *logs, struct es_login_switch *s)
{
	if (s->failed && !lg_user_exists(logs, s->as))
		s->as = "";
	return lg_add_switch(logs->out, s);
}

/*
 *	(to root) bob on pts/0			of util-linux
 *	FAILED SU (to root) bob on pts/0
 *	Successful su for root by bob		of shadow
 *	FAILED su for root by bob
 */
static int su_said(struct lg_logs *logs, struct es_login_switch *s,
		   char *message)
{
	char *rest = behind(message, "FAILED SU ");

	s->failed = rest != NULL;
	if (!rest)
		rest = message;
	char *const as = behind(rest, "(to ");
	if (as) {
		char *const user = cut(as, ") ");
		char *const line = user ? cut_last(user, " on ") : NULL;

		if (!line)
			return 0;
		s->as = as;
		s->user = user;
		s->line = terminal(line);
		return su_done(logs, s);
	}
	rest = behind(message, "Successful su for ");
	if (!rest) {
		rest = behind(message, "FAILED su for ");
		s->failed = rest != NULL;
	}
	char *const by = rest ? cut_last(rest, " by ") : NULL;
	if (!by)
		return 0;
	s->as = rest;
	s->user = by;
	return su_done(logs, s);
}

/*
 *	bob ran command apk add x as root from /home/bob
 *	command not permitted for bob: apk add x
 *	failed auth for bob
 */
static int doas_said(struct lg_logs *logs, struct es_login_switch *s,
		     char *message)
{
	char *rest = behind(message, "failed auth for ");

	if (rest) {
		s->failed = true;
		s->user = rest;
		return lg_add_switch(logs->out, s);
	}
	rest = behind(message, "command not permitted for ");
	if (rest) {
		char *const command = cut(rest, ": ");

		s->failed = true;
		s->user = rest;
		s->command = command ? command : "";
		return lg_add_switch(logs->out, s);
	}
	char *const command = cut(message, " ran command ");
	if (!command || !cut_last(command, " from "))
		return 0;
	char *const as = cut_last(command, " as ");
	if (!as)
		return 0;
	s->user = message;
	s->as = as;
	s->command = command;
	return lg_add_switch(logs->out, s);
}

/*
 *	bob: Executing command [USER=root] [TTY=/dev/pts/0] [CWD=/] [COMMAND=id]
 *	bob: Error executing command as another user: Not authorized [USER=...
 */
static int pkexec_said(struct lg_logs *logs, struct es_login_switch *s,
		       char *message)
{
	char *const what = cut(message, ": ");
	char *const as = what ? cut(what, " [USER=") : NULL;
	char *const line = as ? cut(as, "] [TTY=") : NULL;
	char *const rest = line ? cut(line, "] ") : NULL;
	char *const command = rest ? strstr(rest, "[COMMAND=") : NULL;

	if (!command)
		return 0;
	const size_t len = strlen(command);
	if (len > 0 && command[len - 1] == ']')
		command[len - 1] = '\0';
	s->user = message;
	s->as = as;
	s->line = terminal(line);
	s->command = command + strlen("[COMMAND=");
	s->failed = strcmp(what, "Executing command") != 0;
	return lg_add_switch(logs->out, s);
}

int lg_switch_message(struct lg_logs *logs, int64_t when, const char *tool,
		      char *message)
{
	struct es_login_switch s = {
		.when = when,
		.tool = tool,
		.user = "",
		.as = "",
		.line = "",
		.command = "",
	};

	if (when < logs->from || when > logs->to)
		return 0;
	message += strspn(message, " ");
	switch (tool[0]) {
	case 'd':
		return doas_said(logs, &s, message);
	case 'p':
		return pkexec_said(logs, &s, message);
	default:
		return tool[2] == 'd' ? sudo_said(logs, &s, message)
				      : su_said(logs, &s, message);
	}
}
