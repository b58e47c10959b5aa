/* SPDX-License-Identifier: MIT */
/* conf_table.c - the one table of configuration keys */
#include "config.h"

#include "etcsnap/conf.h"

#ifndef ETCSNAP_LOCALSTATEDIR
#define ETCSNAP_LOCALSTATEDIR "/var"
#endif

/*
 * tests/lint/conf_keys.sh reads this table as text and compares it with
 * conf/etcsnap.conf and etcsnap.conf.5: one field a line, please.
 */
static const struct es_conf_key keys[ES_CONF_COUNT] = {
	[ES_CONF_REPOSITORY_PATH] = {
		.section = "repository",
		.key = "path",
		.type = ES_CONF_T_PATH,
		.fallback = ETCSNAP_LOCALSTATEDIR "/lib/etcsnap/repo.git",
		.help = "bare git repository that snapshots go to",
	},
	[ES_CONF_COLLECT_THREADS] = {
		.section = "collect",
		.key = "threads",
		.type = ES_CONF_T_NUMBER,
		.fallback = "0",
		.min = 0,
		.max = 64,
		.help = "threads that walk and read, 0 = one per processor",
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
};

const struct es_conf_key *es_conf_table(enum es_conf_id id)
{
	return &keys[id];
}
