/* SPDX-License-Identifier: MIT */
/* test_facts_kernel.c - unit tests of facts that the kernel tells */
#include "config.h"

#include "facts/netlink_priv.h"
#include "facts/sockets_priv.h"

#include "facts_unit.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>

/* --- mounts --------------------------------------------------------------- */

static const struct {
	const char *mountinfo, *text;
} mounts[] = {
	{ "", "" },
	{ "22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw\n",
	  "/proc proc proc rw,relatime\n" },
	/* super options are added, read-only of the mount alone counts */
	{ "1 0 8:1 / / ro,noatime - ext4 /dev/sda1 rw,errors=remount-ro\n",
	  "/ ext4 /dev/sda1 ro,noatime,errors=remount-ro\n" },
	{ "1 0 8:1 /sub /mnt rw master:1 shared:2 - ext4 /dev/sda1 rw\n",
	  "/mnt ext4 /dev/sda1[/sub] rw\n" },
	/* hostile names */
	{ "1 0 8:1 / /a\\040b\\012c\\134d rw - ext4 /dev/x\\011y rw\n",
	  "/a\\x20b\\nc\\\\d ext4 /dev/x\\ty rw\n" },
	/* sessions, containers, namespaces */
	{ "1 0 0:1 / /run/user/1000 rw - tmpfs tmpfs rw,size=1k\n"
	  "2 1 0:1 / /run/user/1000/gvfs rw - fuse.gvfsd-fuse gvfsd rw\n"
	  "3 0 0:1 / /var/lib/docker/overlay2/ab/merged rw - overlay o rw\n"
	  "4 0 0:1 / /home/a/.local/share/containers/storage/overlay/x rw - "
	  "overlay o rw\n"
	  "5 0 0:4 net:[40] /run/netns/x rw - nsfs nsfs rw\n"
	  "6 0 0:1 /netns /run/netns rw - tmpfs tmpfs rw\n"
	  "7 0 0:4 mnt:[40] /srv/ns rw - nsfs nsfs rw\n"
	  "8 0 0:1 / /run/credentials/a.service ro - ramfs ramfs rw\n",
	  "" },
	/* names that only look like those */
	{ "1 0 0:1 / /run/userdata rw - tmpfs tmpfs rw\n"
	  "2 0 0:1 / /var/lib/docker2 rw - tmpfs tmpfs rw\n",
	  "/run/userdata tmpfs tmpfs rw\n/var/lib/docker2 tmpfs tmpfs rw\n" },
	/* an automounter stays, what it mounts does not */
	{ "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
	  "9 1 0:7 / /net rw - autofs systemd-1 rw,fd=29,pgrp=1,timeout=60,"
	  "direct,pipe_ino=123\n"
	  "12 9 0:8 / /net rw - nfs host:/x rw\n"
	  "15 12 0:9 / /net/below rw - tmpfs tmpfs rw\n"
	  "16 1 0:9 / /other rw - tmpfs tmpfs rw\n",
	  "/ ext4 /dev/sda1 rw\n/net autofs systemd-1 rw,timeout=60,direct\n"
	  "/other tmpfs tmpfs rw\n" },
	{ "1 0 0:5 / /dev rw - devtmpfs udev rw,size=1k,nr_inodes=9,mode=755\n"
	  "2 0 0:6 / /t rw - tmpfs tmpfs rw,size=1k\n",
	  "/dev devtmpfs udev rw,mode=755\n/t tmpfs tmpfs rw,size=1k\n" },
	/* a loop device by its file, unknown ones by their name */
	{ "1 0 7:3 / /snap/x ro - squashfs /dev/loop3 ro\n"
	  "2 0 7:4 / /snap/y ro - squashfs /dev/loop4 ro\n"
	  "3 0 7:4 / /snap/z ro - squashfs /dev/loop/../../x ro\n",
	  "/snap/x squashfs loop:/var/lib/x\\x20y.snap ro\n"
	  "/snap/y squashfs /dev/loop4 ro\n"
	  "/snap/z squashfs /dev/loop/../../x ro\n" },
	/* no lines of mountinfo */
	{ "\n1\n1 2 3 4 5 6 7 8 9\n1 0 0:1 / /x rw -\n1 0 0:1 / /x rw - t\n",
	  "" },
};

START_TEST(mounts_of_a_text)
{
	unit_put("sys/block/loop3/loop/backing_file", "/var/lib/x y.snap\n");
	unit_put("proc/1/mountinfo", mounts[_i].mountinfo);
	unit_fact(es_fact_mounts, 0, mounts[_i].text);
}
END_TEST

START_TEST(mounts_of_ourselves_otherwise)
{
	unit_fact(es_fact_mounts, -ENOENT, "");
	unit_put("proc/self/mountinfo", mounts[1].mountinfo);
	unit_fact(es_fact_mounts, 0, mounts[1].text);
}
END_TEST

/* --- modules, kernel, sysctl ---------------------------------------------- */

START_TEST(modules_of_a_text)
{
	unit_fact(es_fact_modules, ES_FACT_NONE, "");
	unit_put("proc/modules",
		 "zfs 4000 1 - Live 0x0000000000000000 (POE)\n"
		 "ext4 999 2 mbcache,jbd2, Live 0xffffffffc0000000\n"
		 "tcp_diag 16384 0 - Live 0x0\n"
		 "inet_diag 16384 1 tcp_diag, Live 0x0\n"
		 "my_diag 1 0 - Live 0x0\n"
		 "new 1 1 - Loading 0x0 (O+)\n"
		 "short 1\n");
	unit_fact(es_fact_modules, 0,
		  "ext4\nmy_diag\nnew out-of-tree\n"
		  "zfs proprietary out-of-tree unsigned\n");
}
END_TEST

START_TEST(kernel_without_a_version)
{
	unit_put("proc/sys/kernel/ostype", "Linux\n");
	unit_put("proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
	unit_fact(es_fact_kernel, -ENOENT,
		  "release 6.1.0-18-amd64\ntype Linux\n");
}
END_TEST

static const struct {
	const char *cmdline, *lines;
} command_lines[] = {
	{ "quiet ro root=/dev/sda1\n",
	  "command-line quiet ro root=/dev/sda1\nparameter quiet\n"
	  "parameter ro\nparameter root=/dev/sda1\n" },
	{ "a=\"b c\"  d\n",
	  "command-line a=\"b c\"  d\nparameter a=\"b c\"\nparameter d\n" },
	{ "one -- --token secret\n",
	  "command-line one -- --token secret\nparameter one\n" },
	{ "open=\"end\n", "command-line open=\"end\nparameter open=\"end\n" },
	{ "\n", "" },
};

START_TEST(kernel_command_lines)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	const char *p, *end, *line;
	size_t len;

	unit_put("proc/sys/kernel/ostype", "Linux\n");
	unit_put("proc/sys/kernel/osrelease", "6.1.0\n");
	unit_put("proc/sys/kernel/version", "#1 SMP\n");
	unit_put("proc/cmdline", command_lines[_i].cmdline);
	ck_assert_int_eq(es_fact_kernel(&unit.src, &b), 0);
	ES_CLEANUP(es_buf_dispose) struct es_buf some = ES_BUF_INIT(1 << 20);
	p = es_buf_str(&b);
	end = p + b.len;
	while ((line = es_fact_next(&p, end, &len)))
		if (strncmp(line, "command-line ", 13) == 0 ||
		    strncmp(line, "parameter ", 10) == 0) {
			es_buf_add(&some, line, len);
			es_buf_addc(&some, '\n');
		}
	ck_assert_str_eq(es_buf_str(&some), command_lines[_i].lines);
}
END_TEST

START_TEST(kernel_that_is_tainted)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);

	unit_put("proc/sys/kernel/ostype", "Linux\n");
	unit_put("proc/sys/kernel/osrelease", "6.1.0\n");
	unit_put("proc/sys/kernel/version", "#1 SMP\n");
	unit_put("proc/cmdline", "quiet\n");
	/* bits 0, 12, 13 and one that is not known yet */
	unit_put("proc/sys/kernel/tainted", "1099511640065\n");
	unit_put("sys/kernel/security/lsm", "lockdown,yama,apparmor");
	unit_put("sys/kernel/security/lockdown",
		 "none [integrity] confidentiality\n");
	unit_put_bytes("sys/firmware/efi/efivars/SecureBoot-"
		       "8be4df61-93ca-11d2-aa0d-00e098032b8c",
		       "\6\0\0\0\1", 5);
	unit_put("sys/devices/system/cpu/vulnerabilities/meltdown",
		 "Mitigation: PTI\n");
	ck_assert_int_eq(es_fact_kernel(&unit.src, &b), 0);
	ck_assert_int_eq(es_fact_sort(&b), 0);
	const char *rest = strchr(es_buf_str(&b), '\n') + 1;
	ck_assert_str_eq(rest, "command-line quiet\n"
			       "firmware efi\n"
			       "lockdown integrity\n"
			       "parameter quiet\n"
			       "release 6.1.0\n"
			       "secure-boot on\n"
			       "security-modules lockdown,yama,apparmor\n"
			       "taint bit-40\n"
			       "taint out-of-tree-module\n"
			       "taint proprietary-module\n"
			       "taint unsigned-module\n"
			       "type Linux\n"
			       "version #1 SMP\n"
			       "vulnerability meltdown Mitigation: PTI\n");
}
END_TEST

START_TEST(settings_of_files)
{
	unit_fact(es_fact_sysctl, -ENOENT, "");
	unit_put("proc/sys/kernel/randomize_va_space", "2\n");
	unit_put("proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
	unit_put("proc/sys/kernel/core_pattern", "|/bin/x %P\x1b\n");
	unit_put("proc/sys/kernel/modprobe", "\n");
	unit_put("proc/sys/kernel/random/boot_id", "volatile\n");
	unit_put("proc/sys/user/max_user_namespaces", "12345\n");
	unit_fact(es_fact_sysctl, 0,
		  "kernel.core_pattern = |/bin/x %P\\x1b\n"
		  "kernel.modprobe = \n"
		  "kernel.randomize_va_space = 2\n"
		  "net.ipv4.ip_local_port_range = 32768 60999\n");
	unit_put("proc/sys/user/max_user_namespaces", "0\n");
	unit_put("proc/sys/kernel/core_pattern", "core");
	unit_fact(es_fact_sysctl, 0,
		  "kernel.core_pattern = core\n"
		  "kernel.modprobe = \n"
		  "kernel.randomize_va_space = 2\n"
		  "net.ipv4.ip_local_port_range = 32768 60999\n"
		  "user.max_user_namespaces = 0\n");
}
END_TEST

/* --- hardware ------------------------------------------------------------- */

START_TEST(hardware_of_files)
{
	unit_fact(es_fact_hardware, -ENOENT, "");
	unit_put("proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineX\n"
				 "model name\t: X(R) Z @ 2GHz\n"
				 "cpu MHz\t\t: 2596.124\nmicrocode\t: 0x1\n\n"
				 "processor\t: 1\nvendor_id\t: GenuineX\n"
				 "model name\t: X(R) Z @ 2GHz\n"
				 "cpu MHz\t\t: 1000.000\nmicrocode\t: 0x1\n\n"
				 "model name\t: cut o");
	unit_put("sys/devices/system/cpu/present", "0-3,8,10-11\n");
	unit_put("sys/devices/system/memory/block_size_bytes", "8000000\n");
	unit_put("sys/devices/system/memory/memory0/state", "online\n");
	unit_put("sys/devices/system/memory/memory32/state", "online\n");
	unit_put("sys/devices/system/memory/power/x", "");
	unit_put("sys/class/dmi/id/product_name", "Box 1\n");
	unit_put("sys/class/dmi/id/product_serial", " \n");
	unit_put("sys/block/sda/device/model", "DISK 1  \n");
	unit_put("sys/block/sda/device/vendor", "ATA     \n");
	unit_put("sys/block/sda/size", "2048\n");
	unit_put("sys/block/sda/removable", "0\n");
	unit_put_bytes("sys/block/sda/device/vpd_pg80", "\0\x80\0\5 AB1 ", 9);
	unit_put("sys/block/sdb/device/model", "PLAIN\n");
	unit_put("sys/block/sdb/size", "1\n");
	unit_put("sys/block/sr0/device/model", "DVD\n");
	unit_put("sys/block/sr0/size", "123\n");
	unit_put("sys/block/sr0/removable", "1\n");
	unit_put("sys/block/loop0/size", "8\n");
	unit_put("sys/block/nvme0n1/device/serial", "S1\n");
	unit_put("sys/block/nvme0n1/wwid", "eui.0\n");
	unit_put("sys/block/nvme0n1/size", "4\n");
	unit_fact(es_fact_hardware, 0,
		  "cpu-count 7\ncpu-microcode 0x1\ncpu-model X(R) Z @ 2GHz\n"
		  "cpu-vendor GenuineX\n"
		  "disk model=DVD removable name=sr0\n"
		  "disk model=PLAIN size=512B name=sdb\n"
		  "disk size=2KiB serial=S1 wwid=eui.0\n"
		  "disk vendor=ATA model=DISK\\x201 size=1MiB serial=AB1\n"
		  "memory 256MiB\nproduct_name Box 1\n");
}
END_TEST

static const struct {
	const char *meminfo, *text;
} memories[] = {
	{ "MemTotal:       16303428 kB\n", "memory 16GiB\n" },
	{ "MemTotal:       16303400 kB\n", "memory 16GiB\n" },
	{ "MemTotal:        8041232 kB\n", "memory 8GiB\n" },
	{ "MemTotal:       16777216 kB\n", "memory 16GiB\n" },
	{ "MemTotal:              3 kB\n", "memory 3KiB\n" },
	{ "MemTotal:              0 kB\n", "" },
	{ "Other:              3 kB\n", "" },
};

START_TEST(memory_is_rounded)
{
	unit_put("proc/cpuinfo", "");
	unit_put("proc/meminfo", memories[_i].meminfo);
	unit_fact(es_fact_hardware, 0, memories[_i].text);
}
END_TEST

/* --- listening sockets ---------------------------------------------------- */

#define TCP_HEAD "  sl  local_address rem_address   st tx_queue rx_queue tr\n"
#define REST " 00000000:00000000 00:00000000 00000000 "

static const struct es_links no_links = { NULL, 0 };

static void ck_sockets(struct es_sockets *s, const char *want)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);

	es_sockets_sort(s);
	ck_assert_int_eq(es_sockets_owners(s, &unit.src), 0);
	ck_assert_int_eq(es_sockets_put(&b, s, &no_links, &unit.src), 0);
	ck_assert_int_eq(es_fact_sort(&b), 0);
	ck_assert_str_eq(es_buf_str(&b), want);
}

START_TEST(sockets_of_files)
{
	ES_CLEANUP(es_sockets_dispose) struct es_sockets s = { 0 };

	if (htonl(1) == 1)
		return; /* the addresses below are those of little-endian */
	unit_put("proc/self/net/tcp", TCP_HEAD
		 "   0: 00000000:0016 00000000:0000 0A" REST "0 0 11 1 x 1\n"
		 "   1: 0100007F:1538 00000000:0000 0A" REST "101 0 12 1 x\n"
		 "   2: 0100007F:1538 0100007F:9999 01" REST "101 0 13 1 x\n"
		 "   3: 00000000:XXXX 00000000:0000 0A" REST "0 0 14 1 x 1\n"
		 "   4: 0000:0016 00000000:0000 0A" REST "0 0 14 1 x 1\n");
	unit_put("proc/self/net/tcp6",
		 TCP_HEAD "   0: 00000000000000000000000001000000:0277 "
			  "00000000000000000000000000000000:0000 0A" REST
			  "0 0 15 1 x 1\n"
			  "   1: 000080FE00000000FF00FC0200010000:0050 "
			  "00000000000000000000000000000000:0000 0A" REST
			  "0 0 16 1 x 1\n");
	unit_put("proc/self/net/udp", TCP_HEAD
		 "   0: 00000000:0044 00000000:0000 07" REST "0 0 17 2 x 0\n"
		 "   1: 0100007F:0044 0100007F:0035 01" REST "0 0 18 2 x 0\n");
	unit_put("proc/self/net/raw", TCP_HEAD
		 "  89: 00000000:0059 00000000:0000 07" REST "0 0 19 2 x 0\n");
	unit_link("socket:[11]", "proc/5/fd/3");
	unit_link("/usr/sbin/sshd (deleted)", "proc/5/exe");
	unit_link("socket:[11]", "proc/7/fd/3");
	unit_link("socket:[12]", "proc/7/fd/4");
	unit_link("pipe:[15]", "proc/7/fd/5");
	unit_put("proc/7/comm", "post\tgres\n");
	unit_link("socket:[19]", "proc/900/fd/1");
	unit_link("/opt/my router/bird", "proc/900/exe");
	unit_put("proc/not/fd/1", "");
	for (size_t i = 0; i < 4; i++) {
		static const char *const names[] = { "tcp", "tcp6", "udp",
						     "raw" };

		ck_assert_int_eq(es_sockets_read(&s, &unit.src, names[i]), 0);
	}
	ck_assert_int_eq(es_sockets_read(&s, &unit.src, "udp6"), 0);
	ck_sockets(&s, "raw 0.0.0.0:89 uid=0 /opt/my\\x20router/bird\n"
		       "tcp 0.0.0.0:22 uid=0 /usr/sbin/sshd\n"
		       "tcp 127.0.0.1:5432 uid=101 post\\tgres\n"
		       "tcp [::1]:631 uid=0 -\n"
		       "tcp [fe80::]:80 uid=0 -\n"
		       "udp 0.0.0.0:68 uid=0 -\n");
}
END_TEST

/* A socket of a program, and what is said of it. */
static const struct {
	uint8_t protocol;
	const char *address; /* with a colon: IPv6 */
	uint16_t port;
	uint32_t uid;
	const char *program; /* NULL: nobody has it open */
	const char *line;    /* NULL: left out */
} sockets[] = {
	{ IPPROTO_TCP, "0.0.0.0", 22, 0, "/usr/sbin/sshd",
	  "tcp 0.0.0.0:22 uid=0 /usr/sbin/sshd\n" },
	/* the range that the kernel gives out */
	{ IPPROTO_TCP, "0.0.0.0", 32767, 0, "/x",
	  "tcp 0.0.0.0:32767 uid=0 /x\n" },
	{ IPPROTO_TCP, "0.0.0.0", 32768, 0, "/x",
	  "tcp 0.0.0.0:ephemeral uid=0 /x\n" },
	{ IPPROTO_TCP, "0.0.0.0", 60999, 0, "/x",
	  "tcp 0.0.0.0:ephemeral uid=0 /x\n" },
	{ IPPROTO_TCP, "0.0.0.0", 61000, 0, "/x",
	  "tcp 0.0.0.0:61000 uid=0 /x\n" },
	{ IPPROTO_TCP, "127.0.0.1", 40000, 0, "/x", NULL },
	{ IPPROTO_TCP, "::1", 40000, 0, "/x", NULL },
	{ IPPROTO_TCP, "127.0.0.1", 8080, 0, "/x",
	  "tcp 127.0.0.1:8080 uid=0 /x\n" },
	/* what the administrator reserved has its number */
	{ IPPROTO_TCP, "0.0.0.0", 50000, 0, "/x",
	  "tcp 0.0.0.0:50000 uid=0 /x\n" },
	{ IPPROTO_UDP, "0.0.0.0", 50102, 0, "/x",
	  "udp 0.0.0.0:50102 uid=0 /x\n" },
	{ IPPROTO_TCP, "127.0.0.1", 50103, 0, "/x", NULL },
	{ IPPROTO_UDP, "0.0.0.0", 40000, 0, "/x", NULL },
	{ IPPROTO_UDP, "::", 51820, 0, NULL, "udp [::]:ephemeral uid=0 -\n" },
	{ IPPROTO_UDP, "0.0.0.0", 53, 0, "/x", "udp 0.0.0.0:53 uid=0 /x\n" },
	/* a raw socket has no port */
	{ IPPROTO_RAW, "0.0.0.0", 255, 0, "/x", "raw 0.0.0.0:255 uid=0 /x\n" },
	{ IPPROTO_RAW, "0.0.0.0", 1, 0, "/usr/bin/ping", NULL },
	{ IPPROTO_RAW, "0.0.0.0", 1, 0, "/tmp/ping",
	  "raw 0.0.0.0:1 uid=0 /tmp/ping\n" },
	{ IPPROTO_TCP, "0.0.0.0", 1, 0, "/usr/bin/ping",
	  "tcp 0.0.0.0:1 uid=0 /usr/bin/ping\n" },
	/* forwardings of logins */
	{ IPPROTO_TCP, "127.0.0.1", 6010, 0, "/usr/sbin/sshd", NULL },
	{ IPPROTO_TCP, "::1", 6011, 0, "/usr/sbin/sshd", NULL },
	{ IPPROTO_TCP, "0.0.0.0", 6010, 0, "/usr/sbin/sshd",
	  "tcp 0.0.0.0:6010 uid=0 /usr/sbin/sshd\n" },
	{ IPPROTO_TCP, "127.0.0.1", 8000, 1000, "/usr/sbin/sshd", NULL },
	{ IPPROTO_TCP, "0.0.0.0", 8000, 0, "/usr/lib/openssh/sshd-session",
	  NULL },
	{ IPPROTO_TCP, "0.0.0.0", 8000, 1000, "/home/x/sshd",
	  "tcp 0.0.0.0:8000 uid=1000 /home/x/sshd\n" },
	{ IPPROTO_UDP, "fe80::1:2:3:4", 546, 0, "/x",
	  "udp [fe80::]:546 uid=0 /x\n" },
};

START_TEST(sockets_that_stay)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);
	struct es_socket one = {
		.protocol = sockets[_i].protocol,
		.family = strchr(sockets[_i].address, ':') ? AF_INET6 : AF_INET,
		.port = sockets[_i].port,
		.uid = sockets[_i].uid,
	};
	const struct es_sockets all = { &one, 1, 1, true };

	unit_put("proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
	unit_put("proc/sys/net/ipv4/ip_local_reserved_ports",
		 "50000,50100-50102\n");
	ck_assert_int_eq(
		inet_pton(one.family, sockets[_i].address, one.address), 1);
	if (sockets[_i].program)
		one.program = strdup(sockets[_i].program);
	ck_assert_int_eq(es_sockets_put(&b, &all, &no_links, &unit.src), 0);
	free(one.program);
	ck_assert_str_eq(es_buf_str(&b),
			 sockets[_i].line ? sockets[_i].line : "");
}
END_TEST

START_TEST(a_range_of_nearly_all_ports)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);
	struct es_socket two[] = {
		{ .protocol = IPPROTO_TCP, .family = AF_INET, .port = 3306 },
		{ .protocol = IPPROTO_TCP, .family = AF_INET, .port = 65000 },
	};
	struct es_sockets all = { two, 2, 2, true };

	unit_put("proc/sys/net/ipv4/ip_local_port_range", "1024\t65535\n");
	ck_assert_int_eq(es_sockets_put(&b, &all, &no_links, &unit.src), 0);
	ck_assert_str_eq(es_buf_str(&b), "tcp 0.0.0.0:3306 uid=0 -\n"
					 "tcp 0.0.0.0:ephemeral uid=0 -\n");
	/* Who may not see all programs cannot tell whose a socket is. */
	es_buf_reset(&b);
	two[0].protocol = IPPROTO_UDP;
	two[1].protocol = IPPROTO_UDP;
	all.complete = false;
	ck_assert_int_eq(es_sockets_put(&b, &all, &no_links, &unit.src), 0);
	ck_assert_str_eq(es_buf_str(&b), "udp 0.0.0.0:3306 uid=0 -\n");
}
END_TEST

START_TEST(sockets_of_a_container)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);
	struct es_link two_links[] = {
		{ .index = 2, .name = "eth0" },
		{ .index = 3, .name = "veth1", .transient = true },
	};
	const struct es_links links = { two_links, 2 };
	struct es_socket two[] = {
		{ .protocol = IPPROTO_UDP,
		  .family = AF_INET,
		  .port = 123,
		  .index = 2 },
		{ .protocol = IPPROTO_UDP,
		  .family = AF_INET,
		  .port = 123,
		  .index = 3 },
	};
	const struct es_sockets all = { two, 2, 2, true };

	ck_assert_int_eq(es_sockets_put(&b, &all, &links, &unit.src), 0);
	ck_assert_str_eq(es_buf_str(&b), "udp 0.0.0.0%eth0:123 uid=0 -\n");
}
END_TEST

/* --- netlink -------------------------------------------------------------- */

/* Attributes: length and type in two bytes each, then the value, padded. */
static const struct {
	const char *bytes;
	size_t len;
	uint32_t first, second;
} attributes[] = {
	{ "\10\0\1\0\7\0\0\0\10\0\2\0\11\0\0\0", 16, 7, 9 },
	{ "\10\0\1\x80\7\0\0\0", 8, 7, 99 },		     /* nested flag */
	{ "\10\0\x63\0\7\0\0\0", 8, 99, 99 },		     /* unknown type */
	{ "\6\0\1\0\7\0\0\0\10\0\2\0\11\0\0\0", 16, 99, 9 }, /* short value */
	{ "\0\0\1\0\7\0\0\0", 8, 99, 99 },		     /* length 0 */
	{ "\3\0\1\0\7\0\0\0", 8, 99, 99 },
	{ "\x40\0\1\0\7\0\0\0", 8, 99, 99 }, /* beyond the end */
	{ "\10\0\1", 3, 99, 99 },
	{ "", 0, 99, 99 },
};

START_TEST(attributes_are_bounded)
{
	struct es_attr part[3];

	if (htonl(1) == 1)
		return;
	es_attr_parse(part, 3, attributes[_i].bytes, attributes[_i].len);
	ck_assert_uint_eq(es_attr_u32(&part[1], 99), attributes[_i].first);
	ck_assert_uint_eq(es_attr_u32(&part[2], 99), attributes[_i].second);
}
END_TEST

START_TEST(strings_of_attributes_are_cut)
{
	static const struct es_attr text = { "eth0\0\0", 6 };
	static const struct es_attr open = { "eth0", 4 };
	static const struct es_attr none = { NULL, 0 };
	char out[4];

	es_attr_string(out, sizeof(out), &text);
	ck_assert_str_eq(out, "eth");
	es_attr_string(out, sizeof(out), &open);
	ck_assert_str_eq(out, "eth");
	es_attr_string(out, sizeof(out), &none);
	ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(the_loopback_interface_is_there)
{
	ES_CLEANUP(es_links_dispose) struct es_links links = { NULL, 0 };
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);

	ck_assert_int_eq(es_links_load(&links), 0);
	ck_assert_ptr_nonnull(es_links_find(&links, 1));
	ck_assert(es_links_lasting(&links, 1));
	ck_assert(!es_links_lasting(&links, UINT32_MAX));
	es_links_name(&b, &links, 1);
	es_buf_addc(&b, ' ');
	es_links_name(&b, &links, UINT32_MAX);
	ck_assert_str_eq(es_buf_str(&b), "lo if4294967295");
}
END_TEST

static int refuse(void *payload, const char *body, size_t len)
{
	(void)body;
	(void)len;
	++*(int *)payload;
	return -ECANCELED;
}

START_TEST(a_dump_can_be_ended)
{
	const struct ifinfomsg want = { .ifi_family = AF_UNSPEC };
	int called = 0;
	struct es_dump dump = {
		.protocol = NETLINK_ROUTE,
		.type = RTM_GETLINK,
		.body = &want,
		.len = sizeof(want),
		.each = refuse,
		.payload = &called,
	};

	ck_assert_int_eq(es_netlink_dump(&dump), -ECANCELED);
	ck_assert_int_eq(called, 1);
	dump.type = 0x7fff;
	ck_assert_int_lt(es_netlink_dump(&dump), 0);
	ck_assert_int_eq(called, 1);
}
END_TEST

/* Find a line of a text. */
static bool has_line(const struct es_buf *b, const char *start)
{
	const char *p = es_buf_str(b), *end = p + b->len, *line;
	size_t len, n = strlen(start);

	while ((line = es_fact_next(&p, end, &len)))
		if (len >= n && memcmp(line, start, n) == 0)
			return true;
	return false;
}

START_TEST(a_real_socket_is_found)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_closep)
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	char want[4096 + 64], self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	in_port_t port = 20000;

	ck_assert_int_gt(n, 0);
	self[n] = '\0';
	do {
		at.sin_port = htons(++port);
	} while (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 &&
		 port < 20100);
	ck_assert_int_eq(listen(fd, 1), 0);
	close(unit.src.proc);
	unit.src.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(es_fact_listening(&unit.src, &b), 0);
	snprintf(want, sizeof(want), "tcp 127.0.0.1:%u uid=%u %s",
		 (unsigned int)port, (unsigned int)geteuid(), self);
	ck_assert_msg(has_line(&b, want), "no '%s' in:\n%s", want,
		      es_buf_str(&b));
	/* The file of the kernel says the same. */
	ES_CLEANUP(es_sockets_dispose) struct es_sockets s = { 0 };
	ck_assert_int_eq(es_sockets_read(&s, &unit.src, "tcp"), 0);
	es_sockets_sort(&s);
	ck_assert_int_eq(es_sockets_owners(&s, &unit.src), 0);
	es_buf_reset(&b);
	ck_assert_int_eq(es_sockets_put(&b, &s, &no_links, &unit.src), 0);
	ck_assert(has_line(&b, want));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("facts_kernel");
	TCase *t = tcase_create("kernel");

	tcase_add_checked_fixture(t, unit_enter, unit_leave);
	tcase_add_loop_test(t, mounts_of_a_text, 0, es_lengthof(mounts));
	tcase_add_test(t, mounts_of_ourselves_otherwise);
	tcase_add_test(t, modules_of_a_text);
	tcase_add_test(t, kernel_without_a_version);
	tcase_add_loop_test(t, kernel_command_lines, 0,
			    es_lengthof(command_lines));
	tcase_add_test(t, kernel_that_is_tainted);
	tcase_add_test(t, settings_of_files);
	tcase_add_test(t, hardware_of_files);
	tcase_add_loop_test(t, memory_is_rounded, 0, es_lengthof(memories));
	tcase_add_test(t, sockets_of_files);
	tcase_add_loop_test(t, sockets_that_stay, 0, es_lengthof(sockets));
	tcase_add_test(t, a_range_of_nearly_all_ports);
	tcase_add_test(t, sockets_of_a_container);
	tcase_add_loop_test(t, attributes_are_bounded, 0,
			    es_lengthof(attributes));
	tcase_add_test(t, strings_of_attributes_are_cut);
	tcase_add_test(t, the_loopback_interface_is_there);
	tcase_add_test(t, a_dump_can_be_ended);
	tcase_add_test(t, a_real_socket_is_found);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return es_unit_main(suite());
}
