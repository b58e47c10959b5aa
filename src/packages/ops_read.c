/* SPDX-License-Identifier: MIT */
/* ops_read.c - what all package managers of a root did in a window of time */
#include "config.h"

#include "packages/ops_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static int (*const readers[])(struct ops_reader *r) = {
	ops_dpkg,
	ops_rpm,
	ops_pacman,
	ops_apk,
};

/* Whether a run at the second of a step recorded it. */
static bool is_told(struct es_package_ops *const *told,
		    const struct es_package_op *step)
{
	for (; *told; told++) {
		for (size_t i = 0; i < (*told)->n_ops; i++) {
			const struct es_package_op *op = &(*told)->ops[i];

			if (op->when == step->when &&
			    strcmp(op->name, step->name) == 0 &&
			    strcmp(op->arch, step->arch) == 0 &&
			    strcmp(op->manager, step->manager) == 0 &&
			    strcmp(op->new, step->new) == 0)
				return true;
		}
	}
	return false;
}

/* Leave out steps of the second @from that were told. */
static void drop_told(struct ops_steps *steps, int64_t from,
		      struct es_package_ops *const *told)
{
	size_t n = 0;

	for (size_t i = 0; i < steps->n; i++)
		if (steps->all[i].op.when > from ||
		    !is_told(told, &steps->all[i].op))
			steps->all[n++] = steps->all[i];
	steps->n = n;
}

int es_package_ops_read(struct es_package_ops **out, const char *root,
			int64_t from, int64_t to,
			struct es_package_ops *const *told,
			struct es_error *err)
{
	ES_CLEANUP(es_closep)
	int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct ops_reader r = {
		.ops = ops_new(),
		.root = fd,
		.slash = root,
		.from = told ? from - 1 : from,
		.to = to,
	};
	int rc = r.ops ? 0 : -ENOMEM;

	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (rc == 0 && fd >= 0 && r.from < to)
			rc = readers[i](&r);
	if (told)
		drop_told(&r.steps, from, told);
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
