/* SPDX-License-Identifier: MIT */
/* state_judge.c - what is out of order, by the limits of the configuration */
#include "config.h"

#include "state_report/state_report_priv.h"

#include <inttypes.h>
#include <string.h>

/* Percent of a disk from which hours count. */
#define DISK_CRITICAL 98

/* What is being judged. */
struct judge {
	const struct state_job *job;
	const struct es_doc *doc;
	struct es_doc *alerts;
	enum es_severity worst;
	struct es_buf text; /* of the alert at hand */
};

static int64_t limit(const struct judge *j, enum es_conf_id id)
{
	return es_conf_number(j->job->in->conf, id);
}

/* Whether a value that is known reaches a limit; 0 is none. */
static bool reaches(const struct es_doc *obj, const char *key, int64_t max)
{
	return max > 0 && es_doc_is_number(obj, key) &&
	       es_doc_get_number(obj, key, 0) >= max;
}

static void add_bytes(struct judge *j, const struct es_doc *obj,
		      const char *key)
{
	es_doc_get_bytes(obj, key, &j->text);
}

/* The text so far is an alert. */
static void alert(struct judge *j, enum es_severity severity, const char *what)
{
	struct es_doc *obj = es_doc_push(j->alerts);

	es_doc_str(obj, "severity", es_severity_name(severity));
	es_doc_str(obj, "what", what);
	es_doc_text(obj, "text", es_buf_str(&j->text), j->text.len);
	if (severity > j->worst)
		j->worst = severity;
	es_buf_reset(&j->text);
}

static void judge_disk(struct judge *j, const struct es_doc *d)
{
	int64_t percent = es_doc_get_number(d, "percent", 0);
	int64_t days = es_doc_get_number(d, "days_to_full", -1);

	if (reaches(d, "percent", limit(j, ES_CONF_STATE_DISK_FULL))) {
		add_bytes(j, d, "mount");
		es_buf_addf(&j->text, " is %" PRId64 "%% full, ", percent);
		state_bytes(&j->text, es_doc_get_number(d, "free", 0));
		es_buf_adds(&j->text, " left");
		alert(j,
		      percent >= DISK_CRITICAL ? ES_SEVERITY_CRITICAL
					       : ES_SEVERITY_WARNING,
		      "disk");
	} else if (days >= 0 && days < limit(j, ES_CONF_STATE_DISK_DAYS)) {
		add_bytes(j, d, "mount");
		es_buf_adds(&j->text, " will be full in ");
		if (days)
			state_count(&j->text, days, "day");
		else
			es_buf_adds(&j->text, "less than a day");
		es_buf_addf(&j->text, ", %" PRId64 "%% now", percent);
		alert(j, ES_SEVERITY_WARNING, "disk");
	}
	if (reaches(d, "inodes_percent", limit(j, ES_CONF_STATE_DISK_FULL))) {
		add_bytes(j, d, "mount");
		es_buf_addf(&j->text, " has used %" PRId64 "%% of its inodes",
			    es_doc_get_number(d, "inodes_percent", 0));
		alert(j, ES_SEVERITY_WARNING, "disk");
	}
}

static void judge_array(struct judge *j, const struct es_doc *r)
{
	if (!es_doc_get_bool(r, "degraded"))
		return;
	add_bytes(j, r, "name");
	es_buf_adds(&j->text, " is ");
	if (es_doc_is_number(r, "disks")) {
		es_buf_addf(&j->text,
			    "degraded: %" PRId64 " of %" PRId64 " disks",
			    es_doc_get_number(r, "active", 0),
			    es_doc_get_number(r, "disks", 0));
	} else {
		add_bytes(j, r, "state");
	}
	if (!es_doc_is_null(r, "action")) {
		es_buf_adds(&j->text, ", ");
		add_bytes(j, r, "action");
	}
	alert(j, ES_SEVERITY_CRITICAL, "raid");
}

static void judge_network(struct judge *j, const struct es_doc *n)
{
	int64_t lost = es_doc_get_number(n, "rx_errors", 0) +
		       es_doc_get_number(n, "tx_errors", 0);
	int64_t max = limit(j, ES_CONF_STATE_NET_ERRORS);

	if (max <= 0 || lost < max)
		return;
	add_bytes(j, n, "name");
	es_buf_addf(&j->text, " had %" PRId64 " errors", lost);
	alert(j, ES_SEVERITY_WARNING, "network");
}

static void judge_command(struct judge *j, const struct es_doc *c)
{
	if (!es_doc_get_bool(c, "failed"))
		return;
	es_buf_adds(&j->text, "command ");
	add_bytes(j, c, "name");
	es_buf_adds(&j->text, ": ");
	add_bytes(j, c, "status");
	alert(j, ES_SEVERITY_WARNING, "command");
}

static void judge_check(struct judge *j, const struct es_doc *c)
{
	const char *word = es_doc_get_str(c, "severity");
	enum es_severity severity = es_severity_parse(word ? word : "");
	enum es_severity min = es_severity_parse(
		es_conf_text(j->job->in->conf, ES_CONF_STATE_FINDINGS));

	if (severity < min)
		return;
	state_count(&j->text, es_doc_get_number(c, "count", 0), "finding");
	es_buf_adds(&j->text, " of ");
	add_bytes(j, c, "check");
	alert(j, severity, "finding");
}

/* Refused, or tried in vain. */
static void judge_channel(struct judge *j, const struct es_doc *c)
{
	bool refused = es_doc_get_bool(c, "refused");
	int64_t tries = es_doc_get_number(c, "attempts", 0);

	if (!refused && tries == 0)
		return;
	es_buf_adds(&j->text, "channel ");
	add_bytes(j, c, "name");
	es_buf_addf(&j->text, " %s, ", refused ? "is refused" : "fails");
	state_count(&j->text, es_doc_get_number(c, "backlog", 0), "run");
	es_buf_adds(&j->text, " not told");
	if (!es_doc_is_null(c, "last_error")) {
		es_buf_adds(&j->text, ": ");
		add_bytes(j, c, "last_error");
	}
	alert(j, ES_SEVERITY_WARNING, "channel");
}

static void each(struct judge *j, const struct es_doc *list,
		 void (*judge)(struct judge *j, const struct es_doc *item))
{
	const struct es_doc *item;

	for (size_t i = 0; list && (item = es_doc_at(list, i)) != NULL; i++)
		judge(j, item);
}

static void judge_system(struct judge *j)
{
	const struct es_doc *s = es_doc_get(j->doc, "system");
	const struct es_doc *m = es_doc_get(j->doc, "memory");

	if (reaches(s, "load_percent", 100 * limit(j, ES_CONF_STATE_LOAD))) {
		es_buf_adds(&j->text, "load is ");
		state_hundredths(&j->text, es_doc_get_number(s, "load15", 0));
		es_buf_adds(&j->text, " on ");
		state_count(&j->text, es_doc_get_number(s, "cpus", 1),
			    "processor");
		alert(j, ES_SEVERITY_WARNING, "load");
	}
	if (m && reaches(m, "percent", limit(j, ES_CONF_STATE_MEMORY))) {
		es_buf_addf(&j->text, "%" PRId64 "%% of memory is used",
			    es_doc_get_number(m, "percent", 0));
		alert(j, ES_SEVERITY_WARNING, "memory");
	}
	if (es_doc_get_bool(s, "reboot_required")) {
		es_buf_adds(&j->text, "a restart of the machine is asked for");
		alert(j, ES_SEVERITY_NOTICE, "reboot");
	}
}

static void judge_logins(struct judge *j)
{
	const struct es_doc *l = es_doc_get(j->doc, "logins");

	if (!l || !reaches(l, "failed", limit(j, ES_CONF_STATE_FAILED_LOGINS)))
		return;
	state_count(&j->text, es_doc_get_number(l, "failed", 0),
		    "failed login");
	alert(j, ES_SEVERITY_NOTICE, "logins");
}

static void judge_updates(struct judge *j)
{
	const struct es_doc *u = es_doc_get(j->doc, "updates");
	int64_t security = es_doc_get_number(u, "security", 0);
	bool many = reaches(u, "pending", limit(j, ES_CONF_STATE_UPDATES));

	if (security == 0 && !many)
		return;
	if (security) {
		state_count(&j->text, security, "security update");
	} else {
		state_count(&j->text, es_doc_get_number(u, "pending", 0),
			    "update");
	}
	es_buf_adds(&j->text, " pending");
	alert(j, security ? ES_SEVERITY_WARNING : ES_SEVERITY_NOTICE,
	      "updates");
}

/* @what "last": that there was none is worse than an old one. */
static void judge_run(struct judge *j, const struct es_doc *r, const char *key,
		      const char *age, int64_t max, const char *words)
{
	if (max <= 0 || (es_doc_is_number(r, age) && !reaches(r, age, max)))
		return;
	es_buf_addf(&j->text, "the last %s ", words);
	if (es_doc_is_null(r, key)) {
		es_buf_adds(&j->text, "is not known");
	} else {
		es_buf_adds(&j->text, "was ");
		state_duration(&j->text, es_doc_get_number(r, age, 0));
		es_buf_adds(&j->text, " ago");
	}
	alert(j, ES_SEVERITY_WARNING, "run");
}

static void judge_runs(struct judge *j)
{
	const struct es_doc *r = es_doc_get(j->doc, "runs");

	if (!r)
		return;
	judge_run(j, r, "last", "last_age", limit(j, ES_CONF_STATE_RUN_AGE),
		  "run");
	judge_run(j, r, "full", "full_age", limit(j, ES_CONF_STATE_FULL_AGE),
		  "full run");
}

void state_judge(struct state_job *job)
{
	struct judge j = {
		.job = job,
		.doc = job->doc,
		.alerts = es_doc_array(job->doc, "alerts"),
		.text = ES_BUF_INIT(1 << 16),
	};

	each(&j, es_doc_get(job->doc, "raid"), judge_array);
	each(&j, es_doc_get(job->doc, "disks"), judge_disk);
	judge_system(&j);
	each(&j, es_doc_get(job->doc, "network"), judge_network);
	each(&j, es_doc_get(job->doc, "commands"), judge_command);
	if (es_doc_get(job->doc, "findings"))
		each(&j, es_doc_get(es_doc_get(job->doc, "findings"), "checks"),
		     judge_check);
	judge_updates(&j);
	judge_logins(&j);
	judge_runs(&j);
	each(&j, es_doc_get(job->doc, "channels"), judge_channel);
	es_doc_str(job->doc, "severity", es_severity_name(j.worst));
	es_buf_dispose(&j.text);
}
