/* SPDX-License-Identifier: MIT */
/* state_report.c - how the machine is doing, part by part */
#include "config.h"

#include "etcsnap/state_report.h"

#include "state_report/state_report_priv.h"

#include "etcsnap/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define DAY 86400

static void job_dispose(struct state_job *job)
{
	trend_dispose(&job->trend);
	es_closep(&job->root);
}

static void set_time(struct es_doc *doc, const char *key, const char *epoch,
		     int64_t when)
{
	char text[ES_TIME_LEN];

	es_doc_str(doc, key, es_clock_rfc3339(text, when));
	es_doc_number(doc, epoch, when);
}

/* Who is asked, when, and since when things count. */
static void set_head(struct state_job *job)
{
	const struct es_state_input *in = job->in;
	struct es_doc *doc = job->doc, *by;

	es_doc_str(doc, "kind", "state");
	es_doc_number(doc, "schema", ES_STATE_SCHEMA);
	by = es_doc_object(doc, "generator");
	es_doc_str(by, "name", "etcsnap");
	es_doc_str(by, "version", VERSION);
	es_doc_str(doc, "host", in->host);
	set_time(doc, "time", "epoch", in->now);
	set_time(doc, "since", "since_epoch", job->since);
	es_doc_str(doc, "severity", "none");
	es_doc_array(doc, "alerts");
	es_doc_array(doc, "notes");
}

static int open_root(struct state_job *job, struct es_error *err)
{
	job->root = open(job->in->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (job->root < 0)
		return es_fail_errno(err, "cannot open the root directory");
	return 0;
}

static int64_t since_of(const struct state_job *job)
{
	const struct es_state_input *in = job->in;

	if (in->since)
		return in->since;
	/* a clock that was ahead must not hide what came then */
	if (job->trend.report > 0 && job->trend.report < in->now)
		return job->trend.report;
	return in->now - DAY;
}

static int look(struct state_job *job, struct es_error *err)
{
	state_system(job);
	if (state_processes(job) < 0 || state_disks(job) < 0)
		return es_fail_oom(err);
	state_raid(job);
	if (state_network(job) < 0 || state_updates(job) < 0)
		return es_fail_oom(err);
	if (state_commands(job, err) < 0 || state_logins(job, err) < 0)
		return err->code;
	return state_records(job, err);
}

int es_state_report_new(struct es_doc **out, const struct es_state_input *in,
			struct es_error *err)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	ES_CLEANUP(job_dispose)
	struct state_job job = { .in = in, .doc = doc, .root = -1 };

	if (!doc || trend_read(&job.trend, in->trend) < 0)
		return es_fail_oom(err);
	if (open_root(&job, err) < 0)
		return err->code;
	trend_day(job.today, in->now);
	trend_trim(&job.trend, job.today);
	job.since = since_of(&job);
	set_head(&job);
	if (look(&job, err) < 0)
		return err->code;
	if (in->channels && es_doc_get(in->channels, "channels"))
		es_doc_set(doc, "channels",
			   es_doc_get(in->channels, "channels"));
	state_judge(&job);
	if (es_doc_check(doc, err) < 0)
		return err->code;
	*out = es_steal_ptr(&doc);
	return 0;
}

bool es_state_report_is_fine(const struct es_doc *doc)
{
	const struct es_doc *alerts = es_doc_get(doc, "alerts");

	return !alerts || es_doc_len(alerts) == 0;
}

/* --- what the next report is compared with -------------------------------- */

static int remember_disks(struct trend *t, const struct es_doc *doc,
			  const char *today)
{
	const struct es_doc *list = es_doc_get(doc, "disks"), *d;

	for (size_t i = 0; list && (d = es_doc_at(list, i)) != NULL; i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf mount = ES_BUF_INIT(1 << 16);

		es_doc_get_bytes(d, "mount", &mount);
		if (mount.failed ||
		    trend_put_disk(t, es_buf_str(&mount), today,
				   es_doc_get_number(d, "size", 0),
				   es_doc_get_number(d, "used", 0)) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* "counters" of a device, in the order in which they were put. */
static int remember_net(struct trend *t, const struct es_doc *n)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(1 << 16);
	const struct es_doc *c = es_doc_get(n, "counters");
	uint64_t counts[TREND_COUNTS];

	counts[RX_ERRORS] = (uint64_t)es_doc_get_number(c, "rx_errors", 0);
	counts[RX_DROPPED] = (uint64_t)es_doc_get_number(c, "rx_dropped", 0);
	counts[TX_ERRORS] = (uint64_t)es_doc_get_number(c, "tx_errors", 0);
	counts[TX_DROPPED] = (uint64_t)es_doc_get_number(c, "tx_dropped", 0);
	es_doc_get_bytes(n, "name", &name);
	return name.failed ? -ENOMEM
			   : trend_put_net(t, es_buf_str(&name), counts);
}

static int remember_nets(struct trend *t, const struct es_doc *doc)
{
	const struct es_doc *list = es_doc_get(doc, "network"), *n;
	const char *boot = es_doc_get_str(es_doc_get(doc, "system"), "boot_id");

	for (size_t i = 0; i < t->n_nets; i++)
		free(t->nets[i].name);
	t->n_nets = 0;
	snprintf(t->boot, sizeof(t->boot), "%s", boot ? boot : "");
	for (size_t i = 0; list && (n = es_doc_at(list, i)) != NULL; i++)
		if (remember_net(t, n) < 0)
			return -ENOMEM;
	return 0;
}

int es_state_report_remember(const struct es_state_input *in,
			     const struct es_doc *doc, struct es_error *err)
{
	ES_CLEANUP(trend_dispose) struct trend t = { 0 };
	char today[TREND_DAY_LEN];

	if (!in->trend)
		return 0;
	trend_day(today, in->now);
	if (trend_read(&t, in->trend) < 0 ||
	    remember_disks(&t, doc, today) < 0 || remember_nets(&t, doc) < 0)
		return es_fail_oom(err);
	trend_trim(&t, today);
	t.report = in->now;
	return trend_write(&t, in->trend, err);
}
