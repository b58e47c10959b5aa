/* SPDX-License-Identifier: MIT */
/* severities.c - how much a change matters where no rule says it */
#include "config.h"

#include "report/model_priv.h"

#include "etcsnap/checks.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/*
 * etcsnap.conf(5) describes these lists at "severity" of a rule. A name that
 * ends in '/' stands for all below it.
 */
static const char *const warnings[] = {
	"/etc/at.allow",
	"/etc/at.deny",
	"/etc/anacrontab",
	"/etc/cron.allow",
	"/etc/cron.d/",
	"/etc/cron.daily/",
	"/etc/cron.deny",
	"/etc/cron.hourly/",
	"/etc/cron.monthly/",
	"/etc/cron.weekly/",
	"/etc/cron.yearly/",
	"/etc/crontab",
	"/etc/doas.conf",
	"/etc/group",
	"/etc/gshadow",
	"/etc/ld.so.conf",
	"/etc/ld.so.conf.d/",
	"/etc/ld.so.preload",
	"/etc/pam.conf",
	"/etc/pam.d/",
	"/etc/passwd",
	"/etc/polkit-1/rules.d/",
	"/etc/rc.local",
	"/etc/security/",
	"/etc/shadow",
	"/etc/ssh/sshd_config",
	"/etc/ssh/sshd_config.d/",
	"/etc/subgid",
	"/etc/subuid",
	"/etc/sudoers",
	"/etc/sudoers.d/",
	"/var/spool/at/",
	"/var/spool/cron/",
};

/* Where the system's own programs and libraries are. */
static const char *const system_places[] = {
	"/bin/",	"/boot/",      "/lib/",	      "/lib32/",
	"/lib64/",	"/libx32/",    "/sbin/",      "/usr/bin/",
	"/usr/lib/",	"/usr/lib32/", "/usr/lib64/", "/usr/libexec/",
	"/usr/libx32/", "/usr/sbin/",  "/usr/games/",
};

static bool is_listed(const char *const *list, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(list[i]);

		if (list[i][len - 1] == '/' ? strncmp(path, list[i], len) == 0
					    : strcmp(path, list[i]) == 0)
			return true;
	}
	return false;
}

#define IS_LISTED(list, path) \
	is_listed(list, sizeof(list) / sizeof(*(list)), path)

static bool is_authorized_keys(const char *path)
{
	const char *dir = strstr(path, "/.ssh/");

	return dir && strncmp(dir, "/.ssh/authorized_keys", 21) == 0;
}

/* Keys by which users and machines know this one. */
static bool is_host_key(const char *path)
{
	return strncmp(path, "/etc/ssh/ssh_host_", 18) == 0;
}

static const struct es_entry *file_of(const struct es_entry *e)
{
	return e && e->type == ES_TYPE_FILE ? e : NULL;
}

static bool has_capability(const struct es_entry *e)
{
	static const char key[] = "security.capability=";

	return e->xattr && memmem(e->xattr, e->xattr_len, key, sizeof(key) - 1);
}

/* Bits by which a program does what its caller may not. */
static unsigned int privileges(const struct es_entry *e)
{
	if (!e)
		return 0;
	return (e->mode & (S_ISUID | S_ISGID)) | (has_capability(e) ? 1 : 0);
}

static bool gained(const struct es_change *c)
{
	unsigned int was = privileges(file_of(c->old));
	unsigned int is = privileges(file_of(c->new));

	return (is & ~was) != 0;
}

/* A program, a library, or a part of the kernel. */
static bool is_program(const struct es_change *c)
{
	const struct es_entry *e = c->new ? c->new : c->old;
	const char *name = strrchr(c->path, '/');

	if (e->type == ES_TYPE_LINK)
		return true;
	if (e->type != ES_TYPE_FILE)
		return false;
	return (e->mode & 0111) || (name && strstr(name, ".so")) ||
	       strstr(c->path, "/modules/") ||
	       strncmp(c->path, "/boot/", 6) == 0;
}

static bool is_system(const char *path)
{
	return IS_LISTED(system_places, path);
}

/* Differs from what its package has. */
static enum es_severity weigh_differing(const struct report_note *n)
{
	const struct es_change *c = n->change;

	if (strncmp(c->path, "/usr/", 5) == 0 || is_system(c->path) ||
	    is_program(c))
		return ES_SEVERITY_CRITICAL;
	return ES_SEVERITY_WARNING;
}

/*
 * A program that went, and that no package of today misses, most likely was
 * one of an older version of a package.
 */
static enum es_severity weigh_program(const struct report_note *n,
				      bool upgrades)
{
	return upgrades && !n->change->new && !n->seen ? ES_SEVERITY_NOTICE
						       : ES_SEVERITY_WARNING;
}

static enum es_severity weigh_file(const struct report_note *n, bool upgrades)
{
	const struct es_change *c = n->change;
	const bool installed = n->why == WHY_PACKAGE;

	if (c->kind == ES_CHANGE_TOUCHED || c->kind == ES_CHANGE_WATCHED ||
	    c->kind == ES_CHANGE_UNWATCHED)
		return ES_SEVERITY_INFO;
	/* a package that brings such a program is told, and that is enough */
	if (n->privileged)
		return installed && c->kind == ES_CHANGE_ADDED
			       ? ES_SEVERITY_WARNING
			       : ES_SEVERITY_CRITICAL;
	if (n->why == WHY_DIFFERS)
		return weigh_differing(n);
	if (installed)
		return ES_SEVERITY_INFO;
	if (is_system(c->path) && is_program(c))
		return weigh_program(n, upgrades);
	if (IS_LISTED(warnings, c->path) || is_authorized_keys(c->path) ||
	    is_host_key(c->path))
		return ES_SEVERITY_WARNING;
	return ES_SEVERITY_NOTICE;
}

/* A finding that goes is good news. */
static enum es_severity weigh_finding(const struct report_note *n,
				      const struct es_conf *conf)
{
	const struct es_change *c = n->change;
	enum es_severity severity = ES_SEVERITY_NONE;

	if (c->kind == ES_CHANGE_REMOVED || c->kind == ES_CHANGE_WATCHED ||
	    c->kind == ES_CHANGE_UNWATCHED)
		return ES_SEVERITY_INFO;
	if (conf)
		severity =
			es_checks_severity(conf, c->path + strlen("findings/"));
	return severity ? severity : ES_SEVERITY_NOTICE;
}

static enum es_severity weigh(const struct report_job *job,
			      const struct report_note *n)
{
	if (n->part == PART_FILES)
		return weigh_file(n, job->ops && job->ops->n_ops > 0);
	if (n->part == PART_FINDINGS)
		return weigh_finding(n, job->in->conf);
	return n->why == WHY_PACKAGE || n->why == WHY_RULES
		       ? ES_SEVERITY_INFO
		       : ES_SEVERITY_NOTICE;
}

static void apply_rules(struct report_note *n, const struct es_rules *rules,
			struct es_glob_scratch *scratch)
{
	const struct es_change *c = n->change;
	const struct es_entry *e = c->new ? c->new : c->old;
	struct es_decision d;

	es_rules_decide(rules, scratch, c->path, c->len, e->type, &d);
	n->tags = d.tags;
	n->lines = d.ignore != NULL;
	n->rule = d.rule[ES_RULE_SEVERITY];
	if (n->rule) {
		n->ruled = true;
		n->severity = d.severity;
	} else {
		n->rule = d.rule[ES_RULE_CLASS];
	}
}

static void weigh_note(const struct report_job *job, struct report_note *n,
		       struct es_glob_scratch *scratch)
{
	const struct es_rules *rules = job->in->patch.rules;

	n->privileged = n->part == PART_FILES && gained(n->change);
	if (rules && n->part == PART_FILES)
		apply_rules(n, rules, scratch);
	if (!n->ruled)
		n->severity = weigh(job, n);
}

/* What was moved away matters where it was as if it had been removed. */
static void weigh_former(const struct report_job *job, struct report_note *n,
			 struct es_glob_scratch *scratch)
{
	const struct es_change *c = n->change;
	const struct es_change gone = {
		.path = c->from,
		.len = c->from ? strlen(c->from) : 0,
		.kind = ES_CHANGE_REMOVED,
		.old = c->old,
	};
	struct report_note was = {
		.change = &gone,
		.part = n->part,
		.why = n->why == WHY_PACKAGE ? WHY_PACKAGE : WHY_NOTHING,
	};

	if (!c->from || !c->old)
		return;
	weigh_note(job, &was, scratch);
	n->gone_tags = was.tags;
	if (was.severity > n->severity) {
		n->severity = was.severity;
		n->rule = was.rule;
	}
}

int report_weigh(struct report_job *job, struct es_error *err)
{
	ES_CLEANUP(es_glob_scratch_freep)
	struct es_glob_scratch *scratch = es_glob_scratch_new();

	if (!scratch)
		return es_fail_oom(err);
	for (size_t i = 0; i < job->n; i++) {
		struct report_note *n = &job->notes[i];

		weigh_note(job, n, scratch);
		weigh_former(job, n, scratch);
	}
	return 0;
}
