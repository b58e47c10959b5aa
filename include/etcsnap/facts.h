/* SPDX-License-Identifier: MIT */
/* facts.h - what the system says of itself, as stable texts */
#ifndef ETCSNAP_FACTS_H
#define ETCSNAP_FACTS_H

#include <stdbool.h>

#include "etcsnap/ids.h"
#include "etcsnap/packages.h"
#include "etcsnap/texts.h"

/*
 * One text a fact under system/, read from files and the kernel without
 * external programs; one statement a line, sorted, and nothing that moves
 * from run to run by itself. A fact that does not exist here (no package
 * database, no eBPF) puts no text; one that cannot be read keeps the tip's.
 */

/**
 * struct es_facts_options - where to look
 * @root:     directory that stands for "/"
 * @live:     @root is the running system: ask the kernel, too
 * @ids:      user database of the root
 * @packages: package databases of the root; NULL where they are there and
 *            could not be opened, which keeps the tip's list
 * @packages_error: then the negative errno
 */
struct es_facts_options {
	const char *root;
	bool live;
	struct es_ids *ids;
	struct es_packages *packages;
	int packages_error;
};

/**
 * es_facts_collect - put every fact
 * @out:     gets texts named "system/…"
 * @options: where to look
 * @err:     filled on failure
 *
 * Return: 0 or -ENOMEM; a fact that cannot be read is no failure.
 */
int es_facts_collect(struct es_texts *out,
		     const struct es_facts_options *options,
		     struct es_error *err);

#endif
