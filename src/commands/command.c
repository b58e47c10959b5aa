/* SPDX-License-Identifier: MIT */
/* command.c - a monitored command as the configuration describes it */
#include "config.h"

#include "commands/commands_priv.h"

#include "etcsnap/quote.h"
#include "etcsnap/words.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_VALUE \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define SHELL_PATH "/bin/sh"

/* Ceiling of a command line, an environment, a path */
#define TEXT_MAX ((size_t)1 << 20)

/* Part of "every" by which a run may come early and still be in time: timers
 * are never exact. */
#define EARLY_PART 20
#define EARLY_MOST 600

static const char *text_of(const struct es_conf *conf, enum es_conf_id id,
			   const char *name)
{
	size_t n;
	const struct es_conf_value *v = es_conf_values(conf, id, name, &n);

	return n ? v[n - 1].text : "";
}

/* Pointers to the strings in a buffer, a NULL after the last. */
static char **list_strings(const struct es_buf *b, struct es_error *err)
{
	size_t n = 0, at = 0;
	char **list;

	for (size_t i = 0; i < b->len; i++)
		n += !b->data[i];
	list = calloc(n + 1, sizeof(*list));
	if (!list) {
		es_fail_oom(err);
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		list[i] = b->data + at;
		at += strlen(list[i]) + 1;
	}
	return list;
}

static void add_var(struct es_buf *b, const char *name, const char *value)
{
	es_buf_addf(b, "%s=%s", name, value);
	es_buf_addc(b, '\0');
}

/* Whether the configuration sets a variable itself. */
static bool is_set(const struct es_conf_value *env, size_t n, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < n; i++) {
		if (!strncmp(env[i].text, name, len) && env[i].text[len] == '=')
			return true;
	}
	return false;
}

/* Nothing is inherited: the same command says the same whoever runs us. Not
 * the time zone either; the system's own holds. */
static int make_env(struct es_command *c, const struct es_conf *conf,
		    const struct passwd *user, struct es_error *err)
{
	const char *vars[][2] = {
		{ "PATH", PATH_VALUE },
		{ "LC_ALL", "C.UTF-8" },
		{ "HOME", user ? user->pw_dir : "/" },
		{ "USER", user ? user->pw_name : NULL },
		{ "LOGNAME", user ? user->pw_name : NULL },
		{ "SHELL", SHELL_PATH },
		{ "TERM", "dumb" },
	};
	size_t n;
	const struct es_conf_value *env =
		es_conf_values(conf, ES_CONF_COMMAND_ENV, c->name, &n);

	for (size_t i = 0; i < sizeof(vars) / sizeof(vars[0]); i++) {
		if (vars[i][1] && !is_set(env, n, vars[i][0]))
			add_var(&c->vars, vars[i][0], vars[i][1]);
	}
	for (size_t i = 0; i < n; i++) {
		const char *name = env[i].text;
		size_t len = strcspn(name, "=") + 1;
		bool again = false;

		for (size_t j = i + 1; j < n; j++)
			again |= !strncmp(env[j].text, name, len);
		if (!again)
			es_buf_add(&c->vars, name, strlen(name) + 1);
	}
	if (es_buf_check(&c->vars, err) < 0)
		return err->code;
	c->envp = list_strings(&c->vars, err);
	return c->envp ? 0 : err->code;
}

static const char *path_var(const struct es_command *c)
{
	for (char **var = c->envp; *var; var++) {
		if (!strncmp(*var, "PATH=", 5))
			return *var + 5;
	}
	return "";
}

/* Whether a file is there; sets @runs when it may be run. */
static bool is_file(const char *path, bool *runs)
{
	struct stat st;

	if (stat(path, &st) < 0 || S_ISDIR(st.st_mode))
		return false;
	*runs = faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
	return true;
}

/* Looks for a name in PATH as a shell would: the first that may be run, else
 * the first that is there. Return: whether there is one, then in @c->path. */
static bool search_path(struct es_command *c, const char *name)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(TEXT_MAX);
	const char *dirs = path_var(c);

	while (*dirs) {
		size_t len = strcspn(dirs, ":");
		bool runs = false;

		es_buf_reset(&b);
		es_buf_add(&b, dirs, len);
		es_buf_addf(&b, "/%s", name);
		if (dirs[0] == '/' && is_file(es_buf_str(&b), &runs) &&
		    (runs || !c->path.len)) {
			es_buf_reset(&c->path);
			es_buf_adds(&c->path, b.data);
		}
		if (runs)
			break;
		dirs += len + (dirs[len] == ':');
	}
	return c->path.len != 0;
}

static bool find_program(struct es_command *c)
{
	const char *name = c->shell ? SHELL_PATH : c->argv[0];
	bool runs;

	if (!strchr(name, '/'))
		return search_path(c, name);
	if (name[0] != '/')
		es_buf_addf(&c->path, "%s/", c->cwd);
	es_buf_adds(&c->path, name);
	return is_file(es_buf_str(&c->path), &runs);
}

static int make_argv(struct es_command *c, const char *run,
		     struct es_error *err)
{
	size_t n;

	if (c->shell) {
		static const char begin[] = "sh\0-c";

		es_buf_add(&c->words, begin, sizeof(begin));
		es_buf_add(&c->words, run, strlen(run) + 1);
		if (es_buf_check(&c->words, err) < 0)
			return err->code;
	} else if (es_words_split(&c->words, &n, run, err) < 0) {
		return es_wrap(err, "[command %s]: run", c->name);
	}
	c->argv = list_strings(&c->words, err);
	return c->argv ? 0 : err->code;
}

static int make_filter(struct es_command *c, const struct es_conf *conf,
		       struct es_error *err)
{
	const struct es_conf_value *v;
	size_t n;

	if (es_linefilter_new(&c->filter, err) < 0)
		return err->code;
	v = es_conf_values(conf, ES_CONF_COMMAND_DROP, c->name, &n);
	for (size_t i = 0; i < n; i++) {
		if (es_linefilter_drop(c->filter, v[i].text, err) < 0)
			return err->code;
	}
	v = es_conf_values(conf, ES_CONF_COMMAND_REPLACE, c->name, &n);
	for (size_t i = 0; i < n; i++) {
		if (es_linefilter_replace(c->filter, v[i].text, err) < 0)
			return err->code;
	}
	if (es_conf_number_of(conf, ES_CONF_COMMAND_SORT, c->name))
		es_linefilter_sort(c->filter);
	return 0;
}

/* Return: 1, 0 when there is no such user, negative on failure. */
static int find_user(struct passwd *user, struct es_buf *room, const char *name)
{
	struct passwd *found = NULL;
	int rc = ERANGE;

	for (size_t size = 4096; rc == ERANGE && size <= TEXT_MAX; size *= 2) {
		es_buf_reset(room);

		char *to = es_buf_reserve(room, size);

		if (!to)
			return -ENOMEM;
		rc = name[0] ? getpwnam_r(name, user, to, size, &found)
			     : getpwuid_r(geteuid(), user, to, size, &found);
	}
	return found != NULL;
}

/* Asked now, as the keeper must not: all groups of the user. */
static int list_groups(struct es_command *c, const struct passwd *user,
		       struct es_error *err)
{
	int n = 64;

	for (int tries = 0; tries < 8; tries++) {
		gid_t *more = reallocarray(c->groups, (size_t)n, sizeof(gid_t));

		if (!more)
			return es_fail_oom(err);
		c->groups = more;
		if (getgrouplist(user->pw_name, user->pw_gid, c->groups, &n) >=
		    0)
			break;
		n = n > 0 ? n * 2 : 64;
	}
	c->n_groups = (size_t)n;
	return 0;
}

/* Return: as find_user(). */
static int take_user(struct es_command *c, const char *name,
		     const struct es_conf *conf, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf room = ES_BUF_INIT(TEXT_MAX);
	struct passwd user;
	int rc = find_user(&user, &room, name);

	if (rc < 0)
		return es_fail_oom(err);
	if (rc == 0 && name[0])
		return 0;
	if (make_env(c, conf, rc ? &user : NULL, err) < 0)
		return err->code;
	if (!rc || user.pw_uid == geteuid())
		return 1;
	c->switch_ids = true;
	c->uid = user.pw_uid;
	c->gid = user.pw_gid;
	return list_groups(c, &user, err) < 0 ? err->code : 1;
}

static bool is_due(const struct es_command *c,
		   const struct es_commands_options *o)
{
	int64_t every =
		es_conf_number_of(o->conf, ES_CONF_COMMAND_EVERY, c->name);
	int64_t last = o->last ? o->last(o->payload, c->name) : 0;
	int64_t early = every / EARLY_PART;

	if (early > EARLY_MOST)
		early = EARLY_MOST;
	/* A clock that was put back makes everything due. */
	return !every || !last || last > o->now ||
	       o->now - last >= every - early;
}

static enum es_command_fate fate_of(struct es_command *c,
				    const struct es_commands_options *o)
{
	if (!find_program(c)) {
		c->why = "not found";
		return c->optional ? ES_COMMAND_ABSENT : ES_COMMAND_CANNOT;
	}
	return is_due(c, o) ? ES_COMMAND_RUN : ES_COMMAND_REST;
}

int es_command_init(struct es_command *c, const char *name,
		    const struct es_commands_options *options,
		    struct es_error *err)
{
	const struct es_conf *conf = options->conf;

	c->name = name;
	c->path.max = c->words.max = c->vars.max = TEXT_MAX;
	c->shell = es_conf_number_of(conf, ES_CONF_COMMAND_SHELL, name);
	c->optional = es_conf_number_of(conf, ES_CONF_COMMAND_OPTIONAL, name);
	c->timeout = es_conf_number_of(conf, ES_CONF_COMMAND_TIMEOUT, name);
	c->max_output = (uint64_t)es_conf_number_of(
		conf, ES_CONF_COMMAND_MAX_OUTPUT, name);
	c->cwd = text_of(conf, ES_CONF_COMMAND_CWD, name);
	if (es_conf_number_of(conf, ES_CONF_COMMAND_VOLATILE, name) !=
	    options->volatiles)
		return 0;
	if (make_argv(c, text_of(conf, ES_CONF_COMMAND_RUN, name), err) < 0 ||
	    make_filter(c, conf, err) < 0)
		return err->code;

	int rc = take_user(c, text_of(conf, ES_CONF_COMMAND_USER, name), conf,
			   err);

	if (rc < 0)
		return rc;
	if (rc == 0) {
		c->why = "no such user";
		c->fate = ES_COMMAND_CANNOT;
		return 0;
	}
	c->fate = fate_of(c, options);
	return es_buf_check(&c->path, err);
}

void es_command_dispose(struct es_command *c)
{
	es_buf_dispose(&c->path);
	es_buf_dispose(&c->words);
	es_buf_dispose(&c->vars);
	free(c->argv);
	free(c->envp);
	free(c->groups);
	es_linefilter_free(c->filter);
}

int es_commands_check(const struct es_conf *conf, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf room = ES_BUF_INIT(TEXT_MAX);
	size_t n, many;
	const char *const *names = es_conf_names(conf, "command", &n);

	for (size_t i = 0; i < n; i++) {
		const struct es_conf_value *v = es_conf_values(
			conf, ES_CONF_COMMAND_USER, names[i], &many);
		struct passwd user;
		int rc = many ? find_user(&user, &room, v->text) : 1;

		if (rc < 0)
			return es_fail_oom(err);
		if (rc == 0)
			return es_fail_config(err,
					      "%s:%u: there is no user '%s' on "
					      "this machine",
					      ES_Q(v->file), v->line,
					      ES_Q(v->text));
	}
	return 0;
}
