/* SPDX-License-Identifier: MIT */
/* dpkg_priv.h - between dpkg's packages and their files */
#ifndef ETCSNAP_PACKAGES_DPKG_PRIV_H
#define ETCSNAP_PACKAGES_DPKG_PRIV_H

#include "packages/packages_priv.h"

/** Below the root. */
#define DPKG_DIR "var/lib/dpkg"

/** dpkg_files - lists, conffiles and diversions; see struct manager */
int dpkg_files(struct es_packages *p, struct es_error *err);

/** dpkg_sums - md5sums of a package; see struct manager */
int dpkg_sums(struct es_packages *p, uint32_t package, struct es_error *err);

/** dpkg_sum - md5sum of one file; see struct manager */
int dpkg_sum(struct es_packages *p, uint32_t file, const struct pkg_line *path,
	     struct es_error *err);

#endif
