/* SPDX-License-Identifier: MIT */
/* rules_secret.c - files that are secrets as a whole */
#include "config.h"

#include "config/rules_priv.h"

/*
 * The real paths of Debian, Fedora, Arch and Alpine. Copies of a secret are
 * secret: name- (shadow), name~, name.bak, .old, .orig, .save, .dpkg-*,
 * .rpm*, and the .name.swp of an editor; hence SECRET around most names.
 */
#define SECRET(name) "{,.}" name "{,-,~,.*}"

const char *const es_shipped_secret[] = {
	/* Accounts */
	"/etc/" SECRET("{shadow,gshadow}"),
	"/etc/tcb/*/" SECRET("shadow"),
	"/etc/security/" SECRET("opasswd"),
	"/etc/samba/{private,*smbpasswd*,*passdb.tdb*,*secrets.tdb*}",
	"/etc/ppp/" SECRET("{chap,pap,srp,eap}-secrets"),
	"/etc/xl2tpd/" SECRET("l2tp-secrets"),
	"/etc/ocserv/" SECRET("ocpasswd"),
	"/etc/**/*htpasswd*",
	"/etc/**/*htdigest*",
	"/etc/dovecot/" SECRET("{users,passwd,private}"),
	/* ssh */
	"/etc/ssh/" SECRET("ssh_host_*_key"),
	"/etc/ssh/" SECRET("ssh_host_key"),
	"/etc/dropbear/*",
	/* TLS: private keys by place and by name */
	"/etc/ssl/private",
	"/etc/pki/tls/private",
	"/etc/pki/**/private",
	"/etc/pki/entitlement/*-key.pem*",
	"/etc/letsencrypt/{archive,live}/**/privkey*",
	"/etc/letsencrypt/keys",
	"/etc/letsencrypt/accounts/**/private_key.json*",
	"/etc/{letsencrypt,dehydrated,acme,acme.sh}/**/*{secret,credential}*",
	"{/etc,/opt,/usr/local}/**/*.{key,keytab,p12,pfx,kdbx,jks}"
	"{,-,~,.*}",
	"{/etc,/opt,/usr/local}/**/*.{secret,secrets,cred,creds,pgpass}"
	"{,-,~,.*}",
	"{/etc,/opt,/usr/local}/**/{privkey,private-key,private_key}*.pem*",
	"{/etc,/opt,/usr/local}/**/*credentials*",
	"{/etc,/opt,/usr/local}/**/.env{,.*}",
	/* Kerberos, directory services */
	"/etc/" SECRET("krb5.keytab"),
	"/etc/krb5kdc/{stash,.k5.*}*",
	"/etc/sssd/" SECRET("sssd.conf"),
	"/etc/sssd/conf.d",
	"/etc/" SECRET("{libnss-ldap,pam_ldap,ldap}.secret"),
	/* Networks */
	"/etc/wireguard",
	"/etc/amnezia",
	"/etc/NetworkManager/system-connections",
	"/etc/wpa_supplicant*/*.conf*",
	"/etc/" SECRET("wpa_supplicant*.conf"),
	"/etc/hostapd/*psk*",
	"/etc/netctl/*",
	"/var/lib/iwd",
	"/etc/{,strongswan/}" SECRET("ipsec.secrets"),
	"/etc/{,strongswan/}ipsec.d/{private,*.secrets}",
	"/etc/{,strongswan/}swanctl/{private,rsa,ecdsa,pkcs8,pkcs12,bliss}",
	"/etc/racoon/psk*",
	"/etc/openvpn/**/*{auth,pass,cred,login}*",
	"/etc/openvpn/**/*.{auth,pass,tlsauth,ta}",
	"/etc/{bind,named,namedb}/" SECRET("*.key"),
	"/etc/" SECRET("rndc.key"),
	"/etc/{chrony/,}" SECRET("chrony.keys"),
	"/etc/{ntp/,ntpsec/,}" SECRET("{ntp.,}keys"),
	"/etc/tor/**/*secret*",
	/* Mail */
	"/etc/{exim,exim4}/" SECRET("passwd.client"),
	"/etc/postfix/**/*sasl*pass*",
	"/etc/postfix/*sasl*pass*",
	"/etc/mail/" SECRET("authinfo"),
	"/etc/" SECRET("{fetchmailrc,msmtprc,isync.conf,mbsyncrc}"),
	/* Databases */
	"/etc/mysql/" SECRET("debian.cnf"),
	"**/" SECRET(".my.cnf"),
	"**/.mylogin.cnf*",
	"**/" SECRET(".pgpass"),
	/* Disks */
	"/etc/{cryptsetup-keys.d,luks-keys,luks,keys,crypttab.d}",
	"/etc/**/*.{keyfile,luks,lek}",
	"{/,/etc/,/boot/}" SECRET("crypto_keyfile.bin"),
	"/etc/zfs/keys",
	"/etc/zfs/**/*.key*",
	"/boot/{grub,grub2}/" SECRET("user.cfg"),
	/* Clusters, containers, clouds */
	"/etc/munge/*.key*",
	"/etc/{corosync,pacemaker,booth}/authkey*",
	"/etc/ceph/*.keyring*",
	"/etc/pve/{priv,nodes/*/priv,local/priv}",
	"/etc/proxmox-backup/*{key,shadow,token}*",
	"/etc/docker/" SECRET("key.json"),
	"/etc/containers/" SECRET("auth.json"),
	"/etc/kubernetes/" SECRET("{admin,super-admin,kubelet}.conf"),
	"/etc/kubernetes/" SECRET("{controller-manager,scheduler}.conf"),
	"/etc/kubernetes/**/*.kubeconfig*",
	"/etc/rancher/**/{*.yaml,*token*,password}",
	"/etc/cloudflared/*.json*",
	"/etc/" SECRET("{rclone.conf,s3cfg,boto.cfg,passwd-s3fs,netrc}"),
	"/etc/davfs2/" SECRET("secrets"),
	"/etc/zypp/credentials.d",
	"/etc/apt/" SECRET("auth.conf"),
	"/etc/apt/auth.conf.d",
	"/etc/pacman.d/gnupg/{private-keys-v1.d,secring.gpg*}",
	"/etc/pacman.d/gnupg/openpgp-revocs.d",
	"/etc/{credstore,credstore.encrypted,systemd/credstore}",
	"/etc/" SECRET("{brlapi.key,tlp-secret,machine.key}"),
	/* People */
	"~/.ssh/*",
	"**/" SECRET(".netrc"),
	"**/.authinfo*",
	"~/.gnupg/{private-keys-v1.d,openpgp-revocs.d,secring.gpg*}",
	"~/.gnupg/random_seed",
	"~/.{password-store,local/share/keyrings,local/share/kwalletd}",
	"~/.{aws/credentials,azure,config/gcloud,config/doctl,oci}",
	"~/.aws/{sso,cli}/cache",
	"~/.{docker/config.json,kube,config/containers/auth.json}",
	"~/.{vault-token,terraform.d,terraformrc,boto,s3cfg,passwd-s3fs}",
	"~/.{git-credentials,config/git/credentials,config/gh,config/hub}",
	"~/.{npmrc,yarnrc.yml,pypirc,gem/credentials,config/pip}",
	"~/.cargo/credentials{,.toml}",
	"~/.{m2/settings*.xml,composer/auth.json,config/composer/auth.json}",
	"~/.{config/rclone,fetchmailrc,msmtprc,mbsyncrc,muttrc,mailrc}",
	"~/.{smbcredentials,cifs*,davfs2/secrets,ldaprc,curlrc,wgetrc}",
	"~/.ssh/environment",
	/* What somebody typed may be a password */
	"~/.*_history{,.*}",
	"~/.{history,histfile,lesshst,viminfo,sh_history,zhistory}",
	"~/.local/share/fish/fish_history",
	"~/.{python_history,local/state/python_history}",
	/* Left by a restore that was killed: a copy of any file */
	"**/.etcsnap-restore-*",
	NULL,
};
