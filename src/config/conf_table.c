/* SPDX-License-Identifier: MIT */
/* conf_table.c - the table of configuration keys: what is recorded, and how */
#include "config.h"

#include "config/conf_priv.h"

#ifndef ETCSNAP_SYSCONFDIR
#define ETCSNAP_SYSCONFDIR "/etc"
#endif
#ifndef ETCSNAP_LOCALSTATEDIR
#define ETCSNAP_LOCALSTATEDIR "/var"
#endif

/*
 * The rest of the table is in conf_report.c and conf_channel.c.
 * tests/lint/conf_keys.sh reads it as text and compares it with
 * conf/etcsnap.conf and etcsnap.conf.5: one field a line, please.
 */
static const struct es_conf_key keys[ES_CONF_REPORT_URL] = {
	[ES_CONF_REPOSITORY_PATH] = {
		.section = "repository",
		.key = "path",
		.type = ES_CONF_T_PATH,
		.fallback = ETCSNAP_LOCALSTATEDIR "/lib/etcsnap/repo.git",
		.help = "bare git repository that snapshots go to",
	},
	[ES_CONF_REPOSITORY_SIGN_KEY] = {
		.section = "repository",
		.key = "sign_key",
		.type = ES_CONF_T_PATH,
		.fallback = "",
		.help = "SSH key that commits are signed with",
	},
	[ES_CONF_REPOSITORY_SIGN] = {
		.section = "repository",
		.key = "sign",
		.type = ES_CONF_T_SIGN,
		.fallback = "require",
		.help = "what becomes of a run that cannot be signed: "
			"require, allow or no",
	},
	[ES_CONF_RETENTION_MAIN] = {
		.section = "retention",
		.key = "main",
		.type = ES_CONF_T_KEEP,
		.fallback = "90d",
		.help = "how far back every run is kept: an age, a number of "
			"commits, both, or forever",
	},
	[ES_CONF_RETENTION_DAILY] = {
		.section = "retention",
		.key = "daily",
		.type = ES_CONF_T_KEEP,
		.fallback = "2y",
		.help = "how far back the state at each day's end is kept",
	},
	[ES_CONF_RETENTION_MONTHLY] = {
		.section = "retention",
		.key = "monthly",
		.type = ES_CONF_T_KEEP,
		.fallback = "forever",
		.help = "how far back the state at each month's end is kept",
	},
	[ES_CONF_RETENTION_PRUNE] = {
		.section = "retention",
		.key = "prune",
		.type = ES_CONF_T_PRUNE,
		.fallback = "daily",
		.help = "when what is older goes by itself: daily, after the "
			"day's first commit, or never",
	},
	[ES_CONF_RETENTION_MAX_BACKLOG] = {
		.section = "retention",
		.key = "max_backlog",
		.type = ES_CONF_T_SECONDS,
		.fallback = "30d",
		.max = (int64_t)100 * 365 * 86400,
		.help = "how long runs that a channel awaits are kept for it",
	},
	[ES_CONF_RETENTION_MAX_REPO_SIZE] = {
		.section = "retention",
		.key = "max_repo_size",
		.type = ES_CONF_T_BYTES,
		.fallback = "0",
		.max = (int64_t)1 << 50,
		.help = "bytes of the repository beyond which prune warns, "
			"0 = no limit",
	},
	[ES_CONF_RETENTION_SHORTEN] = {
		.section = "retention",
		.key = "shorten",
		.type = ES_CONF_T_BOOL,
		.fallback = "no",
		.help = "beyond max_repo_size the oldest commits of any branch "
			"go as well",
	},
	[ES_CONF_COLLECT_PARTS] = {
		.section = "collect",
		.key = "parts",
		.type = ES_CONF_T_WORDS,
		.fallback = "files commands system findings",
		.help = "what is recorded: files, commands, system, findings",
	},
	[ES_CONF_COLLECT_THREADS] = {
		.section = "collect",
		.key = "threads",
		.type = ES_CONF_T_NUMBER,
		.fallback = "0",
		.max = 64,
		.help = "threads that walk and read, 0 = as many as processors "
			"and storage call for",
	},
	[ES_CONF_COLLECT_NETWORK] = {
		.section = "collect",
		.key = "network",
		.type = ES_CONF_T_BOOL,
		.fallback = "no",
		.help = "also enter file systems that live on other machines",
	},
	[ES_CONF_COLLECT_WAIT] = {
		.section = "collect",
		.key = "wait",
		.type = ES_CONF_T_SECONDS,
		.fallback = "60",
		.max = 86400,
		.help = "how long a run waits for another one to end",
	},
	[ES_CONF_COLLECT_NICE] = {
		.section = "collect",
		.key = "nice",
		.type = ES_CONF_T_NUMBER,
		.fallback = "0",
		.max = 19,
		.help = "how far a run gives way to others on the processors",
	},
	[ES_CONF_COLLECT_IO] = {
		.section = "collect",
		.key = "io",
		.type = ES_CONF_T_IO,
		.fallback = "normal",
		.help = "how far a run gives way to others on the disks: "
			"normal, low or idle",
	},
	[ES_CONF_COLLECT_RATE] = {
		.section = "collect",
		.key = "rate",
		.type = ES_CONF_T_BYTES,
		.fallback = "0",
		.max = (int64_t)1 << 40,
		.help = "bytes of content to read a second, 0 = no limit",
	},
	[ES_CONF_HOOKS_DIR] = {
		.section = "hooks",
		.key = "dir",
		.type = ES_CONF_T_PATH,
		.fallback = ETCSNAP_SYSCONFDIR "/etcsnap/hooks.d",
		.help = "folder of programs around a commit and a report",
	},
	[ES_CONF_HOOKS_TIMEOUT] = {
		.section = "hooks",
		.key = "timeout",
		.type = ES_CONF_T_SECONDS,
		.fallback = "30",
		.min = 1,
		.max = 3600,
		.help = "how long each of them may run before it is ended",
	},
	[ES_CONF_FILES_DEFAULTS] = {
		.section = "files",
		.key = "defaults",
		.type = ES_CONF_T_BOOL,
		.fallback = "",
		.help = "use the shipped include and exclude lists; where it "
			"is not said they are used unless include is set",
	},
	[ES_CONF_FILES_INCLUDE] = {
		.section = "files",
		.key = "include",
		.type = ES_CONF_T_GLOB,
		.list = true,
		.fallback = "",
		.help = "paths to watch, with all that lies below them",
	},
	[ES_CONF_FILES_EXCLUDE] = {
		.section = "files",
		.key = "exclude",
		.type = ES_CONF_T_GLOB,
		.list = true,
		.fallback = "",
		.help = "paths not to watch, even where include says so",
	},
	[ES_CONF_FILES_HOME] = {
		.section = "files",
		.key = "home",
		.type = ES_CONF_T_PATH,
		.list = true,
		.fallback = "",
		.help = "home directories that ~/ in a pattern stands for, "
			"instead of those of the user database",
	},
	[ES_CONF_FILES_MAX_SIZE] = {
		.section = "files",
		.key = "max_size",
		.type = ES_CONF_T_BYTES,
		.fallback = "1M",
		.max = (int64_t)256 << 20,
		.help = "largest text file whose content is kept",
	},
	[ES_CONF_FILES_MIRROR_BINARY_MAX] = {
		.section = "files",
		.key = "mirror_binary_max",
		.type = ES_CONF_T_BYTES,
		.fallback = "64K",
		.max = (int64_t)256 << 20,
		.help = "largest binary file whose content is kept",
	},
	[ES_CONF_RULE_MATCH] = {
		.section = "rule",
		.key = "match",
		.type = ES_CONF_T_GLOB,
		.list = true,
		.named = true,
		.fallback = "",
		.help = "paths that the rule holds for, with all below them",
	},
	[ES_CONF_RULE_CLASS] = {
		.section = "rule",
		.key = "class",
		.type = ES_CONF_T_CLASS,
		.named = true,
		.fallback = "",
		.help = "how content is kept: mirror, digest or secret",
	},
	[ES_CONF_RULE_MASK] = {
		.section = "rule",
		.key = "mask",
		.type = ES_CONF_T_REGEX,
		.list = true,
		.named = true,
		.fallback = "",
		.help = "regular expression whose first group is hidden in "
			"the content that is kept",
	},
	[ES_CONF_RULE_SEVERITY] = {
		.section = "rule",
		.key = "severity",
		.type = ES_CONF_T_SEVERITY,
		.named = true,
		.fallback = "",
		.help = "how much a change matters: info, notice, warning or "
			"critical",
	},
	[ES_CONF_RULE_TAGS] = {
		.section = "rule",
		.key = "tags",
		.type = ES_CONF_T_WORDS,
		.list = true,
		.named = true,
		.fallback = "",
		.help = "words that go with every change in reports",
	},
	[ES_CONF_RULE_RECORD] = {
		.section = "rule",
		.key = "record",
		.type = ES_CONF_T_RECORD,
		.named = true,
		.fallback = "",
		.help = "attributes to record, or +NAME and -NAME to change the "
			"default",
	},
	[ES_CONF_RULE_IGNORE_LINES] = {
		.section = "rule",
		.key = "ignore_lines",
		.type = ES_CONF_T_LINE,
		.list = true,
		.named = true,
		.fallback = "",
		.help = "regular expression for lines whose change is no change",
	},
	[ES_CONF_RULE_MAX_SIZE] = {
		.section = "rule",
		.key = "max_size",
		.type = ES_CONF_T_BYTES,
		.named = true,
		.fallback = "",
		.max = (int64_t)256 << 20,
		.help = "largest text file whose content is kept",
	},
	[ES_CONF_RULE_PARANOID] = {
		.section = "rule",
		.key = "paranoid",
		.type = ES_CONF_T_BOOL,
		.named = true,
		.fallback = "",
		.help = "read the files in every run, whatever their times say",
	},
	[ES_CONF_RULE_NOINODE] = {
		.section = "rule",
		.key = "noinode",
		.type = ES_CONF_T_BOOL,
		.named = true,
		.fallback = "",
		.help = "inode numbers play no part",
	},
	[ES_CONF_RULE_NOTIME] = {
		.section = "rule",
		.key = "notime",
		.type = ES_CONF_T_BOOL,
		.named = true,
		.fallback = "",
		.help = "times that change alone are no change",
	},
	[ES_CONF_RULE_GROWING] = {
		.section = "rule",
		.key = "growing",
		.type = ES_CONF_T_BOOL,
		.named = true,
		.fallback = "",
		.help = "growing is no change, as of a log",
	},
	[ES_CONF_RECORD_ATTRIBUTES] = {
		.section = "record",
		.key = "attributes",
		.type = ES_CONF_T_RECORD,
		.list = true,
		.named = true,
		.fallback = "",
		.help = "attributes that the name of the section stands for in "
			"record = NAME",
	},
	[ES_CONF_CHECK_ENABLED] = {
		.section = "check",
		.key = "enabled",
		.type = ES_CONF_T_BOOL,
		.named = true,
		.fallback = "yes",
		.help = "whether the check is made",
	},
	[ES_CONF_CHECK_SEVERITY] = {
		.section = "check",
		.key = "severity",
		.type = ES_CONF_T_SEVERITY,
		.named = true,
		.fallback = "",
		.help = "how much its findings matter: info, notice, warning "
			"or critical; each check has a default of its own",
	},
	[ES_CONF_CHECK_LIST] = {
		.section = "check",
		.key = "list",
		.type = ES_CONF_T_PATH,
		.list = true,
		.named = true,
		.fallback = "",
		.help = "files in the format of sha256sum(1) that "
			"checksum-lists verifies",
	},
	[ES_CONF_COMMAND_RUN] = {
		.section = "command",
		.key = "run",
		.type = ES_CONF_T_TEXT,
		.named = true,
		.fallback = "",
		.help = "program with its arguments, or with shell = yes a "
			"line of shell",
	},
	[ES_CONF_COMMAND_SHELL] = {
		.section = "command",
		.key = "shell",
		.type = ES_CONF_T_BOOL,
		.named = true,
		.fallback = "no",
		.help = "give run to /bin/sh, not split it into words",
	},
	[ES_CONF_COMMAND_USER] = {
		.section = "command",
		.key = "user",
		.type = ES_CONF_T_TEXT,
		.named = true,
		.fallback = "",
		.help = "user to run it as, if not etcsnap's own",
	},
	[ES_CONF_COMMAND_TIMEOUT] = {
		.section = "command",
		.key = "timeout",
		.type = ES_CONF_T_SECONDS,
		.named = true,
		.fallback = "30",
		.min = 1,
		.max = 86400,
		.help = "how long it may run before it is ended",
	},
	[ES_CONF_COMMAND_MAX_OUTPUT] = {
		.section = "command",
		.key = "max_output",
		.type = ES_CONF_T_BYTES,
		.named = true,
		.fallback = "1M",
		.min = 1,
		.max = (int64_t)64 << 20,
		.help = "how much is kept of what it prints",
	},
	[ES_CONF_COMMAND_CWD] = {
		.section = "command",
		.key = "cwd",
		.type = ES_CONF_T_PATH,
		.named = true,
		.fallback = "/",
		.help = "directory to run it in",
	},
	[ES_CONF_COMMAND_ENV] = {
		.section = "command",
		.key = "env",
		.type = ES_CONF_T_ENV,
		.list = true,
		.named = true,
		.fallback = "",
		.help = "variable of its environment, NAME=VALUE",
	},
	[ES_CONF_COMMAND_DROP] = {
		.section = "command",
		.key = "drop",
		.type = ES_CONF_T_LINE,
		.list = true,
		.named = true,
		.fallback = "",
		.help = "regular expression; lines in which it matches are "
			"left out",
	},
	[ES_CONF_COMMAND_REPLACE] = {
		.section = "command",
		.key = "replace",
		.type = ES_CONF_T_REPLACE,
		.list = true,
		.named = true,
		.fallback = "",
		.help = "REGEX => TEXT: every match in a line becomes the text",
	},
	[ES_CONF_COMMAND_SORT] = {
		.section = "command",
		.key = "sort",
		.type = ES_CONF_T_BOOL,
		.named = true,
		.fallback = "no",
		.help = "sort the lines of what it prints",
	},
	[ES_CONF_COMMAND_EVERY] = {
		.section = "command",
		.key = "every",
		.type = ES_CONF_T_SECONDS,
		.named = true,
		.fallback = "0",
		.max = (int64_t)366 * 86400,
		.help = "how much time is to pass before it runs again",
	},
	[ES_CONF_COMMAND_VOLATILE] = {
		.section = "command",
		.key = "volatile",
		.type = ES_CONF_T_BOOL,
		.named = true,
		.fallback = "no",
		.help = "only for the daily state mail, never recorded",
	},
	[ES_CONF_COMMAND_OPTIONAL] = {
		.section = "command",
		.key = "optional",
		.type = ES_CONF_T_BOOL,
		.named = true,
		.fallback = "no",
		.help = "say nothing where the program does not exist",
	},
};

const struct es_conf_key *es_conf_table(enum es_conf_id id)
{
	if (id < ES_CONF_REPORT_URL)
		return &keys[id];
	return id < ES_CONF_CHANNEL_TYPE ? es_conf_report_key(id)
					 : es_conf_channel_key(id);
}
