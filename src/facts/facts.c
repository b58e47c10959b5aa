/* SPDX-License-Identifier: MIT */
/* facts.c - what the system says of itself, as stable texts */
#include "config.h"

#include "etcsnap/facts.h"

#include "facts/facts_priv.h"

#include "etcsnap/cleanup.h"

#include <errno.h>
#include <fcntl.h>

/* A fact: its text, whether it asks the kernel, and who reads it. */
struct fact {
	const char *name;
	bool live_only;
	es_fact_fn read;
};

static const struct fact facts[] = {
	{ "system/bpf", true, es_fact_bpf },
	{ "system/groups", false, es_fact_groups },
	{ "system/hardware", true, es_fact_hardware },
	{ "system/kernel", true, es_fact_kernel },
	{ "system/listening", true, es_fact_listening },
	{ "system/modules", true, es_fact_modules },
	{ "system/mounts", true, es_fact_mounts },
	{ "system/network", true, es_fact_network },
	{ "system/os", false, es_fact_os },
	{ "system/packages", false, es_fact_packages },
	{ "system/services", false, es_fact_services },
	{ "system/sysctl", true, es_fact_sysctl },
	{ "system/timers", false, es_fact_timers },
	{ "system/users", false, es_fact_users },
};

/*
 * Put one text. A fact without a line is put as none: what there was is then
 * told as gone, and no empty files lie about.
 */
static int collect_one(struct es_texts *out, const struct fact *fact,
		       const struct es_fact_source *src)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_FACT_MAX);
	int rc = fact->read(src, &b);

	if (rc == 0)
		rc = es_fact_sort(&b);
	if (rc == -ENOMEM)
		return rc;
	/* What the kernel tells only to others is no news in every run. */
	if (fact->live_only && (rc == -EPERM || rc == -EACCES))
		return es_texts_keep(out, fact->name, 0);
	if (rc < 0)
		return es_texts_keep(out, fact->name, (unsigned int)-rc);
	if (rc == ES_FACT_NONE || b.len == 0)
		return 0;
	return es_texts_put(out, fact->name, b.data, b.len);
}

/* Keep every fact of the kernel, or those of the root. */
static int keep_all(struct es_texts *out, bool live_only, int error)
{
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		if (facts[i].live_only == live_only &&
		    es_texts_keep(out, facts[i].name, (unsigned int)error) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int collect_some(struct es_texts *out, bool live_only,
			const struct es_fact_source *src)
{
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		if (facts[i].live_only == live_only &&
		    collect_one(out, &facts[i], src) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int open_dir(const char *path)
{
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int collect_live(struct es_texts *out, struct es_fact_source *src)
{
	ES_CLEANUP(es_closep) int proc = open_dir("/proc");
	ES_CLEANUP(es_closep) int sys = open_dir("/sys");
	char version[256];
	int rc = proc < 0 ? -errno : 0;

	/* Without procfs nothing of the kernel is gone, only hidden. */
	if (rc == 0)
		rc = es_fact_line(version, sizeof(version), proc, "version");
	if (rc < 0)
		return keep_all(out, true, -rc);
	src->proc = proc;
	src->sys = sys;
	return collect_some(out, true, src);
}

int es_facts_collect(struct es_texts *out,
		     const struct es_facts_options *options,
		     struct es_error *err)
{
	ES_CLEANUP(es_closep) int root = open_dir(options->root);
	struct es_fact_source src = {
		.options = options,
		.root = root,
		.proc = -1,
		.sys = -1,
	};
	int rc = root < 0 ? keep_all(out, false, errno)
			  : collect_some(out, false, &src);

	if (rc == 0 && options->live)
		rc = collect_live(out, &src);
	return rc < 0 ? es_fail_oom(err) : 0;
}
