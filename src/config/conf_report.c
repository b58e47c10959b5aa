/* SPDX-License-Identifier: MIT */
/* conf_report.c - the keys of the sections [report] and [state] */
#include "config.h"

#include "config/conf_priv.h"

/*
 * Part of the table in conf_table.c, and read as text by the same lint: one
 * field a line, please.
 */
#define AT(id) [(id)-ES_CONF_REPORT_URL]

#define KEYS (ES_CONF_CHANNEL_TYPE - ES_CONF_REPORT_URL)

static const struct es_conf_key keys[KEYS] = {
	AT(ES_CONF_REPORT_URL) = {
		.section = "report",
		.key = "url",
		.type = ES_CONF_T_TEXT,
		.fallback = "",
		.help = "address of a page about a commit: %H stands for the "
			"commit, %h for the host",
	},
	AT(ES_CONF_REPORT_FLAP_TIMES) = {
		.section = "report",
		.key = "flap_times",
		.type = ES_CONF_T_NUMBER,
		.fallback = "4",
		.min = 1,
		.max = 1000,
		.help = "a path that changed more often than that is flapping",
	},
	AT(ES_CONF_REPORT_FLAP_DAYS) = {
		.section = "report",
		.key = "flap_days",
		.type = ES_CONF_T_NUMBER,
		.fallback = "14",
		.min = 1,
		.max = 365,
		.help = "days within which flap_times counts",
	},
	AT(ES_CONF_REPORT_TEMPLATES) = {
		.section = "report",
		.key = "templates",
		.type = ES_CONF_T_PATH,
		.fallback = ETCSNAP_SYSCONFDIR "/etcsnap/templates",
		.help = "folder of templates instead of shipped ones",
	},
	AT(ES_CONF_STATE_DISK_FULL) = {
		.section = "state",
		.key = "disk_full",
		.type = ES_CONF_T_NUMBER,
		.fallback = "90",
		.max = 100,
		.help = "percent of a disk, and of its inodes, from "
			"which it is out of order; 0: never",
	},
	AT(ES_CONF_STATE_DISK_DAYS) = {
		.section = "state",
		.key = "disk_days",
		.type = ES_CONF_T_NUMBER,
		.fallback = "7",
		.max = 3650,
		.help = "a disk that will be full in fewer days is out "
			"of order; 0: never",
	},
	AT(ES_CONF_STATE_LOAD) = {
		.section = "state",
		.key = "load",
		.type = ES_CONF_T_NUMBER,
		.fallback = "4",
		.max = 10000,
		.help = "load of 15 minutes on each processor from which "
			"it is out of order; 0: never",
	},
	AT(ES_CONF_STATE_MEMORY) = {
		.section = "state",
		.key = "memory",
		.type = ES_CONF_T_NUMBER,
		.fallback = "95",
		.max = 100,
		.help = "percent of memory from which it is out of "
			"order; 0: never",
	},
	AT(ES_CONF_STATE_NET_ERRORS) = {
		.section = "state",
		.key = "net_errors",
		.type = ES_CONF_T_NUMBER,
		.fallback = "1000",
		.max = 1000000000,
		.help = "packets with errors since the last report from "
			"which a network is out of order; 0: never",
	},
	AT(ES_CONF_STATE_FAILED_LOGINS) = {
		.section = "state",
		.key = "failed_logins",
		.type = ES_CONF_T_NUMBER,
		.fallback = "1000",
		.max = 1000000000,
		.help = "failed logins since the last report from which "
			"they are out of order; 0: never",
	},
	AT(ES_CONF_STATE_UPDATES) = {
		.section = "state",
		.key = "updates",
		.type = ES_CONF_T_NUMBER,
		.fallback = "100",
		.max = 1000000000,
		.help = "pending updates from which they are out of "
			"order, security updates always are; 0: only "
			"these",
	},
	AT(ES_CONF_STATE_FINDINGS) = {
		.section = "state",
		.key = "findings",
		.type = ES_CONF_T_SEVERITY,
		.fallback = "warning",
		.help = "severity from which open findings are out of "
			"order",
	},
	AT(ES_CONF_STATE_RUN_AGE) = {
		.section = "state",
		.key = "run_age",
		.type = ES_CONF_T_SECONDS,
		.fallback = "26h",
		.max = (int64_t)3660 * 86400,
		.help = "age of the last run from which it is out of "
			"order; 0: never",
	},
	AT(ES_CONF_STATE_FULL_AGE) = {
		.section = "state",
		.key = "full_age",
		.type = ES_CONF_T_SECONDS,
		.fallback = "0",
		.max = (int64_t)3660 * 86400,
		.help = "age of the last run that read everything from "
			"which it is out of order; 0: never",
	},
};

const struct es_conf_key *es_conf_report_key(enum es_conf_id id)
{
	return &keys[id - ES_CONF_REPORT_URL];
}
