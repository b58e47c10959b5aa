/* SPDX-License-Identifier: MIT */
/* sandbox_files.c - Landlock: nothing to write, little to read */
#include "config.h"

#include "deliver/sandbox_priv.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The kernel's interface is spelt out here, since headers are older than the
 * kernels that the program meets. Source: the kernel's
 * Documentation/userspace-api/landlock.rst and include/uapi/linux/landlock.h.
 */

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

#define READ_FILE (1ULL << 2)
#define READ_DIR (1ULL << 3)
#define BIND_TCP (1ULL << 0)
#define SCOPE_ABSTRACT_UNIX (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1)
#define ASK_VERSION 1U
#define RULE_PATH_BENEATH 1

struct ruleset {
	uint64_t files;
	uint64_t net;	/* since version 4 */
	uint64_t scope; /* since version 6 */
};

struct path_rule {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

/* What resolving a name, reading certificates and loading the libraries for
 * either may open; links are followed. */
static const char *const readable[] = {
	"/dev/null",
	"/dev/urandom",
	"/etc/ca-certificates",
	"/etc/crypto-policies",
	"/etc/gai.conf",
	"/etc/host.conf",
	"/etc/hosts",
	"/etc/ld.so.cache",
	"/etc/localtime",
	"/etc/nsswitch.conf",
	"/etc/pki/ca-trust",
	"/etc/pki/tls/cert.pem",
	"/etc/pki/tls/certs",
	"/etc/pki/tls/openssl.cnf",
	"/etc/protocols",
	"/etc/resolv.conf",
	"/etc/services",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
	"/etc/ssl/certs",
	"/etc/ssl/openssl.cnf",
	"/lib",
	"/lib64",
	"/run/nscd",
	"/run/systemd/resolve",
	"/usr/lib",
	"/usr/lib64",
	"/usr/local/lib",
	"/usr/local/share/ca-certificates",
	"/usr/share/ca-certificates",
	"/usr/share/crypto-policies",
	"/usr/share/pki",
	"/usr/share/publicsuffix",
	"/usr/share/zoneinfo",
	"/var/lib/sss/mc",
};

/* All rights that a version of Landlock knows about; what is not granted
 * below is gone. */
static uint64_t all_rights(int version)
{
	if (version >= 5)
		return (1ULL << 16) - 1; /* with IOCTL_DEV */
	if (version >= 3)
		return (1ULL << 15) - 1; /* with TRUNCATE */
	if (version == 2)
		return (1ULL << 14) - 1; /* with REFER */
	return (1ULL << 13) - 1;
}

static void allow(int ruleset, const char *path)
{
	struct path_rule rule = { READ_FILE, open(path, O_PATH | O_CLOEXEC) };
	struct stat st;

	if (rule.fd < 0)
		return;
	if (fstat(rule.fd, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			rule.allowed |= READ_DIR;
		syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH,
			&rule, 0);
	}
	close(rule.fd);
}

int es_sandbox_files(void)
{
	int version =
		(int)syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);
	struct ruleset set = { 0 };
	size_t size = sizeof(set.files);
	int fd;

	if (version < 1)
		return 0;
	set.files = all_rights(version);
	if (version >= 4) {
		set.net = BIND_TCP;
		size = offsetof(struct ruleset, scope);
	}
	if (version >= 6) {
		set.scope = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
		size = sizeof(set);
	}
	fd = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
	if (fd < 0)
		return 0;
	for (size_t i = 0; i < sizeof(readable) / sizeof(*readable); i++)
		allow(fd, readable[i]);
	if (syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		version = 0;
	close(fd);
	return version;
}
