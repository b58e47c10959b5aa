/* SPDX-License-Identifier: MIT */
/* ops_read.c - what all package managers of a root did in a window of time */
#include "config.h"

#include "packages/ops_priv.h"

#include <errno.h>
#include <fcntl.h>

static int (*const readers[])(struct ops_reader *r) = {
	ops_dpkg,
	ops_rpm,
	ops_pacman,
	ops_apk,
};

int es_package_ops_read(struct es_package_ops **out, const char *root,
			int64_t from, int64_t to, struct es_error *err)
{
	ES_CLEANUP(es_closep)
	int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct ops_reader r = {
		.ops = ops_new(),
		.root = fd,
		.slash = root,
		.from = from,
		.to = to,
	};
	int rc = r.ops ? 0 : -ENOMEM;

	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (rc == 0 && fd >= 0 && from < to)
			rc = readers[i](&r);
	if (rc == 0)
		rc = ops_net(r.ops, &r.steps);
	ops_apt_free(r.apt);
	ops_steps_dispose(&r.steps);
	if (rc < 0) {
		es_package_ops_free(r.ops ? &r.ops->pub : NULL);
		return es_fail_oom(err);
	}
	*out = &r.ops->pub;
	return 0;
}
