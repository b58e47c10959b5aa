/* SPDX-License-Identifier: MIT */
/* rules_shipped.c - what is watched, left out and only digested by default */
#include "config.h"

#include "config/rules_priv.h"

/*
 * etcsnap.conf(5) describes these lists in its section SHIPPED LISTS;
 * etcsnap config explain PATH shows the entry that decides.
 */
const char *const es_shipped_include[] = {
	"/etc",
	"/boot",
	/* Symbolic links on a merged /usr; then they are recorded as links. */
	"/{bin,sbin,lib,lib32,lib64,libx32}",
	"/usr/{bin,sbin,lib,lib32,lib64,libx32,libexec}",
	"/usr/local",
	"/opt",
	"/var/spool/{cron,at}",
	/* What shells, ssh, mail and the desktop run or trust on log-in. Not
	 * whole directories of dot files: most of those are caches. */
	"~/.{profile,login,logout,environment,pam_environment,hushlogin}",
	"~/.{bashrc,bash_profile,bash_login,bash_logout,bash_aliases}",
	"~/.{zshrc,zshenv,zprofile,zlogin,zlogout,kshrc,mkshrc,shrc}",
	"~/.{cshrc,tcshrc,inputrc,dircolors,Xresources,xinitrc}",
	"~/.{xprofile,xsession,xsessionrc,xserverrc}",
	"~/.config/{fish,autostart,environment.d,systemd,plasma-workspace/env}",
	"~/.config/{git,tmux,nvim/init.vim,nvim/init.lua,pip}",
	"~/.{ssh,rhosts,shosts,k5login,k5users,netrc}",
	"~/.{forward,procmailrc,mailrc,muttrc,fetchmailrc,msmtprc,mailfilter}",
	"~/.{gitconfig,vimrc,exrc,nanorc,emacs,screenrc,tmux.conf,gdbinit}",
	"~/.{curlrc,wgetrc,ldaprc,lynxrc,toprc,pythonrc,sqliterc,psqlrc}",
	"~/.{pgpass,my.cnf,mylogin.cnf,npmrc,pypirc,gemrc,git-credentials}",
	"~/.gnupg/{*.conf,trustdb.gpg,private-keys-v1.d}",
	"~/.{aws,docker,kube}/{config,config.json,credentials}",
	"~/.cargo/{config,config.toml,credentials,credentials.toml}",
	NULL,
};

const char *const es_shipped_exclude[] = {
	/* Rewritten by the system itself, again and again */
	"/etc/{mtab,mtab.fuselock,adjtime,nologin,printcap}",
	"/etc/{ld.so.cache,prelink.cache,blkid.tab,blkid.tab.old,blkid}",
	"/etc/{.pwd.lock,.initctl,initctl,ioctl.save,fake-hwclock.data}",
	"/etc/udev/hwdb.bin",
	"/etc/lvm/{cache,archive,devices/backup}",
	"/etc/zfs/zpool.cache",
	"/etc/network/run",
	"/etc/resolvconf/run",
	"/etc/X11/xdm/authdir",
	"/etc/{ntp.conf.dhcp,ntp/drift,ntp.drift}",
	"/etc/apparmor.d/cache",
	"/etc/apparmor/{cache,earlypolicy}",
	"/etc/init.d/.depend.*",
	"/etc/{sv,service,runit/runsvdir}/**/supervise",
	"/etc/cups/{subscriptions.conf*,*.O}",
	"/etc/openvpn/**/{openvpn-status.log,ipp.txt}",
	"/etc/openvpn/openvpn-status.log",
	"/etc/check_mk/{logwatch.state,*.state}",
	"/etc/webmin/{*.status,*/*.status,webmin/oscache,**/*.lock}",
	"/etc/pve/.{clusterlog,debug,members,rrd,version,vmlist}",
	"/etc/pacman.d/gnupg/{.#*,*.lock,S.*,random_seed}",
	"/etc/**/*.{lock,LOCK,pid}",
	"/boot/{grub,grub2}/grubenv",
	"/boot/{loader,efi/loader}/random-seed",
	"~/.config/fish/fish_variables",
	"~/.ssh/{agent,ssh_auth_sock,control-*,cm-*,S.*,*.sock}",
	/* The records of other tools that watch /etc; they change whenever
	 * anything does */
	"/etc/{.git,.hg,.bzr,_darcs,.etckeeper}",
	/* Copies that package managers leave or write on their way */
	"/etc/**/*.{dpkg-*,ucf-*,rpmnew,rpmorig,rpmsave,rpmmoved}",
	"/etc/**/*.{pacnew,pacorig,pacsave,apk-new,apk-old}",
	"/etc/**/{._cfg[0-9][0-9][0-9][0-9]_*,*.old}",
	/* Editors */
	"**/{*~,.*.sw[a-p],#*#,.#*,DEADJOE}",
	/* Compiled at run time */
	"**/__pycache__",
	"**/*.py[co]",
	"/etc/**/*.elc",
	/* What programs below /opt write while they run */
	"/opt/**/{log,logs,tmp,cache,.cache}",
	"/opt/**/*.{log,pid,lock}",
	"/var/spool/cron/{.lastrun,lastrun,cron.*/.lock}",
	"/var/spool/at/{.SEQ,.lockfile}",
	"/var/spool/cron/atjobs/{.SEQ,.lockfile}",
	NULL,
};

static const char *const digest[] = {
	"/boot",
	"/{bin,sbin,lib,lib32,lib64,libx32}",
	"/usr/{bin,sbin,lib,lib32,lib64,libx32,libexec}",
	"/opt",
	NULL,
};

/* Public parts of places that are secret as a whole */
static const char *const public[] = {
	"/etc/ssh/ssh_host_*_key{,-cert}.pub",
	"/etc/dropbear/*.pub",
	"/etc/apt/{trusted.gpg.d,keyrings}",
	"/etc/netctl/{examples,hooks,interfaces}",
	"~/.ssh/{*.pub,config,config.d,known_hosts,known_hosts2}",
	"~/.ssh/{authorized_keys,authorized_keys2,allowed_signers,rc}",
	NULL,
};

static const char *const everything[] = {
	"/",
	NULL,
};

const struct es_shipped_rule es_shipped_rules[] = {
	{ "mask", ES_CLASS_NONE, everything, es_shipped_mask },
	{ "digest", ES_CLASS_DIGEST, digest, NULL },
	{ "secret", ES_CLASS_SECRET, es_shipped_secret, NULL },
	{ "public", ES_CLASS_MIRROR, public, NULL },
	{ NULL, ES_CLASS_NONE, NULL, NULL },
};
