/* SPDX-License-Identifier: MIT */
/* fact_sysctl.c - kernel settings that matter for security and behaviour */
#include "config.h"

#include "facts/facts_priv.h"

#include "etcsnap/cleanup.h"
#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>

/*
 * Settings, not counters. Of the settings of interfaces only those that new
 * ones get and those for all, as interfaces come and go. None that the kernel
 * computes from the memory that it finds, as that differs between kernels.
 */
static const char *const keys[] = {
	"dev/tty/ldisc_autoload",
	"dev/tty/legacy_tiocsti",
	"fs/binfmt_misc/status",
	"fs/inotify/max_user_instances",
	"fs/mount-max",
	"fs/protected_fifos",
	"fs/protected_hardlinks",
	"fs/protected_regular",
	"fs/protected_symlinks",
	"fs/suid_dumpable",
	"kernel/apparmor_restrict_unprivileged_unconfined",
	"kernel/apparmor_restrict_unprivileged_userns",
	"kernel/core_pattern",
	"kernel/core_pipe_limit",
	"kernel/core_uses_pid",
	"kernel/ctrl-alt-del",
	"kernel/dmesg_restrict",
	"kernel/ftrace_enabled",
	"kernel/hotplug",
	"kernel/io_uring_disabled",
	"kernel/io_uring_group",
	"kernel/kexec_load_disabled",
	"kernel/kptr_restrict",
	"kernel/modprobe",
	"kernel/modules_disabled",
	"kernel/oops_limit",
	"kernel/panic",
	"kernel/panic_on_oops",
	"kernel/panic_on_warn",
	"kernel/perf_event_paranoid",
	"kernel/pid_max",
	"kernel/poweroff_cmd",
	"kernel/printk",
	"kernel/randomize_va_space",
	"kernel/sched_autogroup_enabled",
	"kernel/seccomp/actions_logged",
	"kernel/sysrq",
	"kernel/unprivileged_bpf_disabled",
	"kernel/unprivileged_userns_clone",
	"kernel/usermodehelper/bset",
	"kernel/usermodehelper/inheritable",
	"kernel/warn_limit",
	"kernel/yama/ptrace_scope",
	"net/bridge/bridge-nf-call-arptables",
	"net/bridge/bridge-nf-call-ip6tables",
	"net/bridge/bridge-nf-call-iptables",
	"net/core/bpf_jit_enable",
	"net/core/bpf_jit_harden",
	"net/core/bpf_jit_kallsyms",
	"net/core/default_qdisc",
	"net/core/rmem_max",
	"net/core/somaxconn",
	"net/core/wmem_max",
	"net/ipv4/conf/all/accept_local",
	"net/ipv4/conf/all/accept_redirects",
	"net/ipv4/conf/all/accept_source_route",
	"net/ipv4/conf/all/arp_filter",
	"net/ipv4/conf/all/arp_ignore",
	"net/ipv4/conf/all/forwarding",
	"net/ipv4/conf/all/log_martians",
	"net/ipv4/conf/all/proxy_arp",
	"net/ipv4/conf/all/route_localnet",
	"net/ipv4/conf/all/rp_filter",
	"net/ipv4/conf/all/secure_redirects",
	"net/ipv4/conf/all/send_redirects",
	"net/ipv4/conf/default/accept_redirects",
	"net/ipv4/conf/default/accept_source_route",
	"net/ipv4/conf/default/forwarding",
	"net/ipv4/conf/default/log_martians",
	"net/ipv4/conf/default/rp_filter",
	"net/ipv4/conf/default/secure_redirects",
	"net/ipv4/conf/default/send_redirects",
	"net/ipv4/icmp_echo_ignore_all",
	"net/ipv4/icmp_echo_ignore_broadcasts",
	"net/ipv4/icmp_ignore_bogus_error_responses",
	"net/ipv4/ip_forward",
	"net/ipv4/ip_local_port_range",
	"net/ipv4/ip_local_reserved_ports",
	"net/ipv4/ip_nonlocal_bind",
	"net/ipv4/ip_unprivileged_port_start",
	"net/ipv4/ping_group_range",
	"net/ipv4/tcp_congestion_control",
	"net/ipv4/tcp_fastopen",
	"net/ipv4/tcp_max_syn_backlog",
	"net/ipv4/tcp_rfc1337",
	"net/ipv4/tcp_sack",
	"net/ipv4/tcp_syncookies",
	"net/ipv4/tcp_timestamps",
	"net/ipv6/conf/all/accept_ra",
	"net/ipv6/conf/all/accept_redirects",
	"net/ipv6/conf/all/accept_source_route",
	"net/ipv6/conf/all/disable_ipv6",
	"net/ipv6/conf/all/forwarding",
	"net/ipv6/conf/all/use_tempaddr",
	"net/ipv6/conf/default/accept_ra",
	"net/ipv6/conf/default/accept_redirects",
	"net/ipv6/conf/default/accept_source_route",
	"net/ipv6/conf/default/disable_ipv6",
	"net/ipv6/conf/default/forwarding",
	"net/ipv6/conf/default/use_tempaddr",
	"net/netfilter/nf_conntrack_max",
	"vm/dirty_background_ratio",
	"vm/dirty_ratio",
	"vm/max_map_count",
	"vm/memfd_noexec",
	"vm/mmap_min_addr",
	"vm/mmap_rnd_bits",
	"vm/mmap_rnd_compat_bits",
	"vm/nr_hugepages",
	"vm/oom_kill_allocating_task",
	"vm/overcommit_memory",
	"vm/overcommit_ratio",
	"vm/panic_on_oom",
	"vm/swappiness",
	"vm/unprivileged_userfaultfd",
	"vm/vfs_cache_pressure",
};

/* Computed from the memory, too, but switching it off is a decision. */
static const char *const when_zero[] = { "user/max_user_namespaces" };

/* In the notation of sysctl.conf(5), numbers of a line by one blank. */
static void put_setting(struct es_buf *out, const char *key, char *value)
{
	for (const char *p = key; *p; p++)
		es_buf_addc(out, *p == '/' ? '.' : *p);
	for (char *p = value; *p; p++)
		if (*p == '\t')
			*p = ' ';
	es_buf_adds(out, " = ");
	es_quote_term(out, value, strlen(value));
	es_buf_addc(out, '\n');
}

int es_fact_sysctl(const struct es_fact_source *src, struct es_buf *out)
{
	ES_CLEANUP(es_closep)
	int dir = es_open_in_root(src->proc, "sys", O_RDONLY | O_DIRECTORY);
	char value[1024];

	if (dir < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		/* What this kernel lacks, or hides from us, has no line. */
		if (es_fact_line(value, sizeof(value), dir, keys[i]) >= 0)
			put_setting(out, keys[i], value);
	}
	for (size_t i = 0; i < sizeof(when_zero) / sizeof(when_zero[0]); i++) {
		if (es_fact_line(value, sizeof(value), dir, when_zero[i]) > 0 &&
		    strcmp(value, "0") == 0)
			put_setting(out, when_zero[i], value);
	}
	return out->failed;
}
