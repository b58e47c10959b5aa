/* SPDX-License-Identifier: MIT */
/* in_root_priv.h - opening inside a root on kernels without openat2(2) */
#ifndef ETCSNAP_BASE_IN_ROOT_PRIV_H
#define ETCSNAP_BASE_IN_ROOT_PRIV_H

/**
 * in_root_by_parts - es_open_in_root() name by name
 * @root:  descriptor of the directory
 * @path:  below it
 * @flags: of openat(2), complete
 *
 * Return: a descriptor, or -1 with errno set.
 */
int in_root_by_parts(int root, const char *path, int flags);

#endif
