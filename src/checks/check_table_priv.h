/* SPDX-License-Identifier: MIT */
/* check_table_priv.h - the checks, each from a file of its own */
#ifndef ETCSNAP_CHECKS_CHECK_TABLE_PRIV_H
#define ETCSNAP_CHECKS_CHECK_TABLE_PRIV_H

#include "checks/checks_priv.h"

extern const struct es_check es_check_accounts;
extern const struct es_check es_check_authorized_keys;
extern const struct es_check es_check_broken_symlinks;
extern const struct es_check es_check_checksum_lists;
extern const struct es_check es_check_cron;
extern const struct es_check es_check_deleted_binaries;
extern const struct es_check es_check_homes;
extern const struct es_check es_check_package_files;
extern const struct es_check es_check_setuid;
extern const struct es_check es_check_shell_path;
extern const struct es_check es_check_shell_umask;
extern const struct es_check es_check_sudoers;
extern const struct es_check es_check_unknown_owner;
extern const struct es_check es_check_unowned_files;
extern const struct es_check es_check_world_writable;

#endif
