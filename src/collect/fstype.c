/* SPDX-License-Identifier: MIT */
/* fstype.c - which file systems are not to be entered, or not to be trusted */
#include "config.h"

#include "etcsnap/fstype.h"

#include <errno.h>
#include <stddef.h>
#include <sys/statfs.h>

/*
 * Numbers, not the names of linux/magic.h: older headers lack many of them.
 * Source: statfs(2); linux/magic.h and the file systems' own sources.
 */
static const struct {
	uint32_t magic;
	unsigned int kind;
} kinds[] = {
	{ 0x00009fa0, ES_FS_PSEUDO },		      /* proc */
	{ 0x00009fa1, ES_FS_PSEUDO },		      /* openprom */
	{ 0x00009fa2, ES_FS_PSEUDO },		      /* usbdevfs */
	{ 0x62656572, ES_FS_PSEUDO },		      /* sysfs */
	{ 0x0027e0eb, ES_FS_PSEUDO },		      /* cgroup */
	{ 0x63677270, ES_FS_PSEUDO },		      /* cgroup2 */
	{ 0x07655821, ES_FS_PSEUDO },		      /* resctrl */
	{ 0x00001cd1, ES_FS_PSEUDO },		      /* devpts */
	{ 0x64626720, ES_FS_PSEUDO },		      /* debugfs */
	{ 0x74726163, ES_FS_PSEUDO },		      /* tracefs */
	{ 0xcafe4a11, ES_FS_PSEUDO },		      /* bpf */
	{ 0x62656570, ES_FS_PSEUDO },		      /* configfs */
	{ 0x73636673, ES_FS_PSEUDO },		      /* securityfs */
	{ 0x6165676c, ES_FS_PSEUDO },		      /* pstore */
	{ 0x00000187, ES_FS_PSEUDO },		      /* autofs */
	{ 0x19800202, ES_FS_PSEUDO },		      /* mqueue */
	{ 0x958458f6, ES_FS_PSEUDO },		      /* hugetlbfs */
	{ 0x65735543, ES_FS_PSEUDO },		      /* fusectl */
	{ 0x42494e4d, ES_FS_PSEUDO },		      /* binfmt_misc */
	{ 0x6c6f6f70, ES_FS_PSEUDO },		      /* binderfs */
	{ 0xf97cff8c, ES_FS_PSEUDO },		      /* selinuxfs */
	{ 0x43415d53, ES_FS_PSEUDO },		      /* smackfs */
	{ 0x5a3c69f0, ES_FS_PSEUDO },		      /* apparmorfs */
	{ 0xde5e81e4, ES_FS_PSEUDO },		      /* efivarfs */
	{ 0x67596969, ES_FS_PSEUDO },		      /* rpc_pipefs */
	{ 0x6e667364, ES_FS_PSEUDO },		      /* nfsd */
	{ 0xabba1974, ES_FS_PSEUDO },		      /* xenfs */
	{ 0x6e736673, ES_FS_PSEUDO },		      /* nsfs */
	{ 0x00006969, ES_FS_NETWORK | ES_FS_NO_INO }, /* nfs */
	{ 0x0000517b, ES_FS_NETWORK | ES_FS_NO_INO }, /* smbfs */
	{ 0xff534d42, ES_FS_NETWORK | ES_FS_NO_INO }, /* cifs */
	{ 0xfe534d42, ES_FS_NETWORK | ES_FS_NO_INO }, /* smb2 */
	{ 0x00c36400, ES_FS_NETWORK | ES_FS_NO_INO }, /* ceph */
	{ 0x5346414f, ES_FS_NETWORK | ES_FS_NO_INO }, /* openafs */
	{ 0x6b414653, ES_FS_NETWORK | ES_FS_NO_INO }, /* kafs */
	{ 0x01021997, ES_FS_NETWORK | ES_FS_NO_INO }, /* 9p */
	{ 0x65735546, ES_FS_NETWORK | ES_FS_NO_INO }, /* fuse, virtiofs */
	{ 0x73757245, ES_FS_NETWORK | ES_FS_NO_INO }, /* coda */
	{ 0x0000564c, ES_FS_NETWORK | ES_FS_NO_INO }, /* ncp */
	{ 0x0bd00bd0, ES_FS_NETWORK | ES_FS_NO_INO }, /* lustre */
	{ 0x01161970, ES_FS_NETWORK },		      /* gfs2 */
	{ 0x7461636f, ES_FS_NETWORK },		      /* ocfs2 */
	{ 0x47504653, ES_FS_NETWORK | ES_FS_NO_INO }, /* gpfs */
	{ 0xaad7aaea, ES_FS_NETWORK | ES_FS_NO_INO }, /* panfs */
	{ 0x20030528, ES_FS_NETWORK | ES_FS_NO_INO }, /* orangefs */
	{ 0x786f4256, ES_FS_NETWORK | ES_FS_NO_INO }, /* vboxsf */
	{ 0xbacbacbc, ES_FS_NETWORK | ES_FS_NO_INO }, /* vmhgfs */
	{ 0x7c7c6673, ES_FS_NETWORK | ES_FS_NO_INO }, /* prl_fs */
	{ 0x00004d44, ES_FS_NO_INO | ES_FS_COARSE },  /* vfat */
	{ 0x2011bab0, ES_FS_NO_INO | ES_FS_COARSE },  /* exfat */
};

unsigned int es_fs_kind(uint64_t magic)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].magic == magic)
			return kinds[i].kind;
	return 0;
}

/* Return: 0, or a positive errno. */
int es_fs_of(int fd, unsigned int *kind)
{
	struct statfs fs;

	while (fstatfs(fd, &fs) < 0)
		if (errno != EINTR)
			return errno;
	/* f_type is signed, and of 32 bits on some machines */
	*kind = es_fs_kind((uint32_t)fs.f_type);
	return 0;
}
