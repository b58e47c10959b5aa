/* SPDX-License-Identifier: MIT */
/* check_table.c - every check there is, in the byte order of their names */
#include "config.h"

#include "checks/check_table_priv.h"

static const struct es_check *const table[] = {
	&es_check_accounts,
	&es_check_authorized_keys,
	&es_check_broken_symlinks,
	&es_check_checksum_lists,
	&es_check_cron,
	&es_check_deleted_binaries,
	&es_check_homes,
	&es_check_package_files,
	&es_check_setuid,
	&es_check_shell_path,
	&es_check_shell_umask,
	&es_check_sudoers,
	&es_check_unknown_owner,
	&es_check_unowned_files,
	&es_check_world_writable,
};

_Static_assert(sizeof(table) / sizeof(table[0]) <= ES_CHECKS_MAX,
	       "no room for all checks");

const struct es_check *const *es_check_table(size_t *n)
{
	*n = sizeof(table) / sizeof(table[0]);
	return table;
}
