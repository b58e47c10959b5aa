/* SPDX-License-Identifier: MIT */
/* fstype.h - which file systems are not to be entered, or not to be trusted */
#ifndef ETCSNAP_FSTYPE_H
#define ETCSNAP_FSTYPE_H

#include <stdint.h>

/**
 * enum es_fs - how a file system differs from an ordinary local one, as bits
 * @ES_FS_PSEUDO:  made up by the kernel: never entered
 * @ES_FS_NETWORK: entered only when told to
 * @ES_FS_NO_INO:  inode numbers change between mounts
 * @ES_FS_COARSE:  times in steps of two seconds
 */
enum es_fs {
	ES_FS_PSEUDO = 1 << 0,
	ES_FS_NETWORK = 1 << 1,
	ES_FS_NO_INO = 1 << 2,
	ES_FS_COARSE = 1 << 3,
};

/**
 * es_fs_kind - what is known of a file system
 * @magic: f_type of statfs(2), the low 32 bits
 *
 * Return: bits of enum es_fs; 0 for an ordinary one and an unknown one.
 */
unsigned int es_fs_kind(uint64_t magic);

/**
 * es_fs_of - what is known of the file system of an open object
 * @fd:   descriptor; O_PATH is enough
 * @kind: set to bits of enum es_fs
 *
 * Return: 0, or a positive errno.
 */
int es_fs_of(int fd, unsigned int *kind);

#endif
