/* SPDX-License-Identifier: MIT */
/* fact_bpf.c - eBPF programs that are loaded into the kernel */
#include "config.h"

#include "facts/facts_priv.h"

#include "etcsnap/cleanup.h"
#include "etcsnap/digest.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <sys/syscall.h>

/* Source: enum bpf_prog_type of linux/bpf.h, as bpftool-prog(8) names it. */
static const char *const types[] = {
	"unspec",
	"socket_filter",
	"kprobe",
	"sched_cls",
	"sched_act",
	"tracepoint",
	"xdp",
	"perf_event",
	"cgroup_skb",
	"cgroup_sock",
	"lwt_in",
	"lwt_out",
	"lwt_xmit",
	"sock_ops",
	"sk_skb",
	"cgroup_device",
	"sk_msg",
	"raw_tracepoint",
	"cgroup_sock_addr",
	"lwt_seg6local",
	"lirc_mode2",
	"sk_reuseport",
	"flow_dissector",
	"cgroup_sysctl",
	"raw_tracepoint_writable",
	"cgroup_sockopt",
	"tracing",
	"struct_ops",
	"ext",
	"lsm",
	"sk_lookup",
	"syscall",
	"netfilter",
};

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/*
 * What systemd and container runtimes load for each service or container
 * that starts: by systemd's prefix, and the nameless ones of older versions.
 */
static bool is_transient(const struct bpf_prog_info *info)
{
	if (strncmp(info->name, "sd_", 3) == 0)
		return true;
	return info->name[0] == '\0' &&
	       (info->type == BPF_PROG_TYPE_CGROUP_DEVICE ||
		info->type == BPF_PROG_TYPE_CGROUP_SKB);
}

static void put_program(struct es_buf *out, const struct bpf_prog_info *info)
{
	char tag[2 * BPF_TAG_SIZE + 1];

	if (info->type < sizeof(types) / sizeof(types[0]))
		es_buf_adds(out, types[info->type]);
	else
		es_buf_addf(out, "type-%" PRIu32, info->type);
	es_buf_addc(out, ' ');
	es_fact_word(out, info->name, strnlen(info->name, BPF_OBJ_NAME_LEN));
	es_buf_addf(out, " tag=%s uid=%" PRIu32 "\n",
		    es_hex(tag, info->tag, BPF_TAG_SIZE), info->created_by_uid);
}

/* A program that is unloaded meanwhile is gone, and no trouble. */
static int read_program(struct es_buf *out, uint32_t id)
{
	union bpf_attr by_id = { .prog_id = id };
	ES_CLEANUP(es_closep) int fd = (int)bpf(BPF_PROG_GET_FD_BY_ID, &by_id);
	struct bpf_prog_info info = { 0 };
	union bpf_attr ask;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	memset(&ask, 0, sizeof(ask));
	ask.info.bpf_fd = (uint32_t)fd;
	ask.info.info_len = sizeof(info);
	ask.info.info = (uint64_t)(uintptr_t)&info;
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &ask) < 0)
		return -errno;
	if (!is_transient(&info))
		put_program(out, &info);
	return 0;
}

int es_fact_bpf(const struct es_fact_source *src, struct es_buf *out)
{
	uint32_t id = 0;
	int rc = 0;

	(void)src;
	while (rc == 0) {
		union bpf_attr next = { .start_id = id };

		if (bpf(BPF_PROG_GET_NEXT_ID, &next) < 0) {
			/* ENOENT is the end; old kernels lack the call. */
			if (errno == ENOENT || errno == ENOSYS ||
			    errno == EINVAL)
				break;
			return -errno;
		}
		id = next.next_id;
		rc = read_program(out, id);
	}
	return rc < 0 ? rc : out->failed;
}
