#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""secrets.py - plant secrets in a tree, and look for them where none may be

    secrets.py plant ROOT NUMBER   write all files, with secrets of that number
    secrets.py message NUMBER      print words for a commit that hold secrets
    secrets.py command NUMBER HOW  print (in Latin-1, …) as a command would
    secrets.py names               print the paths of all files
    secrets.py count               print how many kinds of secrets there are
    secrets.py scan ROOT LAST PLACE...
        look for every secret of the numbers up to LAST, also in UTF-16 and in
        base64, and for the plain digests of the files that hold one. A place
        is a bare repository (all its objects are searched) or a file.

A secret is made from the name of its kind and a number; a new number is what
somebody does who changes all passwords.
"""

import base64
import hashlib
import os
import subprocess
import sys
import tempfile

KINDS = {}


def secret(kind, number, alphabet=None, length=22):
    """What nobody may see; each time the same."""
    raw = hashlib.sha512(f"{kind}/{number}".encode()).digest()
    if alphabet is None:
        alphabet = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    text = "".join(alphabet[b % len(alphabet)] for b in raw)
    while len(text) < length:
        text += text
    return text[:length]


HEX = "0123456789abcdef"
B64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
CRYPT = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def pem(kind, number, label="PRIVATE KEY", prefix="", end="\n", dashes="-----"):
    """A private key; put together here, so that none lies in the sources."""
    body = [secret(f"{kind}:{i}", number, B64, 64) for i in range(4)]
    blank = "" if len(dashes) == 5 else " "
    lines = [f"{dashes}{blank}BEGIN {label}{blank}{dashes}", *body,
             f"{dashes}{blank}END {label}{blank}{dashes}"]
    return body, "".join(prefix + line + end for line in lines)


class Tree:
    """Files of one number, and the secrets that are in them."""

    def __init__(self, number):
        self.number = number
        self.files = {}     # path -> bytes
        self.secrets = {}   # kind -> list of texts
        self.hidden = set()  # files whose digest must not be told
        self.fill()

    def new(self, kind, alphabet=None, length=22, tail=""):
        text = secret(kind, self.number, alphabet, length) + tail
        assert kind not in self.secrets, kind
        self.secrets[kind] = [text]
        return text

    def parts(self, kind, count=2):
        """A secret of several words."""
        words = [secret(f"{kind}:{i}", self.number, None, 14)
                 for i in range(count)]
        self.secrets[kind] = words
        return words

    def put(self, path, text, encoding="utf-8"):
        data = text if isinstance(text, bytes) else text.encode(encoding)
        self.files[path] = self.files.get(path, b"") + data

    def key(self, kind, path, before="", after="", encoding="utf-8", **how):
        body, text = pem(kind, self.number, **how)
        self.secrets[kind] = body
        self.put(path, before + text + after, encoding)

    def fill(self):
        self.assignments()
        self.structured()
        self.urls()
        self.hashes()
        self.lines()
        self.keys()
        self.named()
        self.encodings()
        self.tokens()
        self.facts()

    def assignments(self):
        n = self.new
        self.put("etc/app/db.ini", "[db]\nuser = web\n"
                 f"password={n('ini')}\n; the password is above\n"
                 f"admin_password = \"{' '.join(self.parts('ini blank'))}\"\n"
                 f"smtp_pass = {n('ini single')} ; and a comment\n"
                 f"bind-secret : {n('ini colon')}\n")
        self.put("etc/app/two.ini", "passphrase = "
                 f"{' '.join(self.parts('ini words', 3))}\r\npsk={n('psk')}\r\n")
        self.put("etc/default/app", f"export DB_PASS='{n('env')}'\n"
                 f"SECRET_KEY={n('env plain')}\nAPI_TOKEN=\"{n('env double')}\"\n"
                 f"PORT=80\nREDIS_URL=redis://:{n('env url')}@cache/0\n")
        self.put("etc/systemd/system/app.service", "[Service]\n"
                 f"Environment=\"APP_TOKEN={n('unit')}\" DEBUG=1\n"
                 f"ExecStart=/usr/bin/app --password={n('unit option')} -v\n")
        self.put("etc/network/interfaces", "iface wlan0 inet dhcp\n"
                 f"    wpa-psk {n('wpa-psk')}\n")
        self.put("etc/fstab", "//nas/data /mnt cifs username=web,password="
                 f"{n('fstab')},uid=0 0 0\n")

    def structured(self):
        n = self.new
        self.put("etc/app/app.yaml", f"db:\n  password: {n('yaml')}\n"
                 f"  secret: \"{n('yaml quoted')}\"\nlist:\n"
                 f"  - token: {n('yaml list')}\n  - name: x\n"
                 f"    auth_token: '{n('yaml single')}' # yes\n"
                 f"block:\n  password: |\n    {n('yaml block')}\n"
                 f"flow: {{user: web, password: {n('yaml flow')}, port: 1}}\n")
        self.put("etc/app/app.json", "{\n"
                 f"  \"password\": \"{n('json')}\",\n"
                 f"  \"apiKey\": \"{n('json key')}\",\n"
                 f"  \"esc\\\"aped_secret\": \"{n('json escape')}\\\"more\"\n}}\n")
        self.put("etc/app/flat.json", f"{{\"a\":{{\"token\":\"{n('json flat')}\""
                 f"}},\"b\":[{{\"client_secret\":\"{n('json deep')}\"}}]}}")
        self.put("etc/app/app.xml", f"<c><password>{n('xml')}</password>\n"
                 f"<property name=\"password\" value=\"{n('xml pair')}\"/>\n"
                 f"<db user=\"web\" password=\"{n('xml attribute')}\"/></c>\n")
        self.put("etc/app/app.php", "<?php\n"
                 f"define('DB_PASSWORD', '{n('php')}');\n"
                 f"$db['default']['password'] = '{n('php array')}';\n"
                 f"  'auth_token' => '{n('php arrow')}',\n")
        self.put("etc/app/app.toml", f"[x]\napi_key = \"{n('toml')}\"\n"
                 f"master.token = '{n('toml dotted')}'\n")

    def urls(self):
        n = self.new
        self.put("etc/apt/sources.list.d/app.list",
                 f"deb https://web:{n('url')}@repo.example/ x main\n")
        self.put("etc/app/urls.yaml",
                 f"dsn: postgresql://web:{n('url yaml')}@db/x\n"
                 f"mongo: \"mongodb+srv://web:{n('url plus')}@c.example/\"\n")
        self.put("etc/app/urls.json",
                 f"{{\"u\":\"amqp://web:{n('url json')}@mq:5672/%2f\"}}\n")

    def hashes(self):
        n = self.new
        self.put("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
                 f"old:{n('passwd des', CRYPT, 13)}:1001:1001::/home/o:/bin/sh\n"
                 f"mid:$6$salt${n('passwd sha512', CRYPT, 86)}:1002:1002::/:/x\n")
        self.put("etc/app/users", f"a:$apr1$salt${n('apr1', CRYPT, 22)}\n"
                 f"b:{{SHA}}{n('ldap sha', B64, 27, '=')}\n"
                 f"c:$2y$10${n('bcrypt', CRYPT, 53)}\n"
                 f"d:$argon2id$v=19$m=65536,t=3,p=4${n('argon2', B64, 60)}\n"
                 f"e:{n('htpasswd des', CRYPT, 13)}\n"
                 f"f:the realm:{n('htdigest', HEX, 32)}\n")
        self.put("etc/app/slapd.ldif",
                 f"olcRootPW: {{SSHA}}{n('ssha', B64, 32)}\n")
        self.put("etc/grub.d/40_custom", "password_pbkdf2 root "
                 f"grub.pbkdf2.sha512.10000.{n('grub', HEX, 128)}\n")
        # Whole files that are secret by their names, and copies of them
        for path in ("etc/shadow", "etc/shadow-", "etc/shadow.bak",
                     "etc/gshadow.orig", "etc/shadow.save"):
            self.put(path, f"root:{n(path, CRYPT, 13)}:19000:0:9:7:::\n")
        self.put("etc/nginx/.htpasswd", f"web:{n('htpasswd', CRYPT, 13)}\n")
        self.put("etc/nginx/htpasswd.bak", f"web:{n('htpasswd.bak', CRYPT, 13)}\n")

    def lines(self):
        n = self.new
        self.put("etc/cron.d/app",
                 f"1 2 * * * root dump --password={n('cron')} all\n"
                 f"1 3 * * * root mysqldump -uroot -p{n('mysql -p')} all\n"
                 f"1 4 * * * root curl -u web:{n('curl -u')} https://x/\n"
                 f"1 5 * * * root sshpass -p {n('sshpass')} ssh x\n"
                 f"1 6 * * * root api --token {n('option')} x\n")
        self.put("etc/app/headers", f"Authorization: Bearer {n('bearer')}\n"
                 f"  header \"Authorization: Basic {n('basic', B64, 24)}\"\n")
        self.put("etc/app/net.rc", "machine x.example login web password "
                 f"{n('machine')}\n")
        self.put("etc/snmp/snmpd.conf", f"rocommunity {n('snmp')}\n")
        self.put("etc/redis.conf", f"requirepass {n('redis')}\n")
        self.put("etc/sudoers", "web ALL=(ALL) NOPASSWD: ALL, "
                 f"/bin/x --token={n('sudoers')}\n")
        self.put("root/.ssh/authorized_keys",
                 f"environment=\"APP_TOKEN={n('authorized')}\" ssh-ed25519 "
                 "AAAAC3NzaC1lZDI1NTE5AAAAIE web\n")
        self.put("root/.profile", f"umask 000\nexport API_KEY={n('profile')}\n")

    def keys(self):
        k = self.key
        k("pem", "etc/app/notes.txt")
        k("pem rsa", "etc/app/both.crt", label="RSA PRIVATE KEY",
          before="a certificate and its key\n")
        k("pem openssh", "etc/app/old.2", label="OPENSSH PRIVATE KEY")
        k("pem pgp", "etc/app/mail.asc", label="PGP PRIVATE KEY BLOCK")
        k("pem ssh.com", "etc/app/ssh.com", label="SSH2 ENCRYPTED PRIVATE KEY",
          dashes="----")
        k("pem yaml", "etc/app/key.yaml", before="key: |\n", prefix="    ")
        k("pem json", "etc/app/key.json", before="{\"key\": \"", end="\\n",
          after="\"}\n")
        k("pem utf-16", "etc/app/key.reg", encoding="utf-16")
        k("pem bom", "etc/app/key.bom", encoding="utf-8-sig")
        k("pem crlf", "etc/app/key.crlf", end="\r\n")
        body, text = pem("pem base64", self.number)
        packed = base64.b64encode(text.encode()).decode()
        self.secrets["pem base64"] = [*body, packed[60:90]]
        self.put("etc/app/kube.yaml", f"client-key-data: {packed}\n")
        self.put("etc/app/tunnel.conf", "[Interface]\n"
                 f"PrivateKey = {self.new('wireguard', B64, 43, '=')}\n[Peer]\n"
                 f"PresharedKey = {self.new('wireguard psk', B64, 43, '=')}\n")

    def named(self):
        n = self.new
        for path in ("etc/wireguard/wg0.conf.save", "etc/ssh/ssh_host_rsa_key.bak",
                     "etc/ppp/chap-secrets.orig", "etc/postfix/sasl_passwd.bak",
                     "etc/app/server.key.bak", "etc/app/.env",
                     "etc/app/credentials", "root/.ssh/id_work", "root/.pgpass",
                     "root/.netrc", "root/.my.cnf", "root/.aws/credentials",
                     "root/.git-credentials", "etc/krb5.keytab",
                     "etc/NetworkManager/system-connections/x.nmconnection"):
            self.put(path, f"{n(path)}\n")

    def encodings(self):
        n = self.new
        self.put("etc/app/win.reg", f"password={n('utf-16 le')}\r\n", "utf-16")
        self.put("etc/app/big.reg", b"\xfe\xff" +
                 f"password={n('utf-16 be')}\r\n".encode("utf-16-be"))
        self.put("etc/app/nomark.reg",
                 f"password={n('utf-16 without mark')}\r\n", "utf-16-le")
        self.put("etc/app/environ", f"HOME=/\0PASSWORD={n('nul')}\0A=1\0")
        self.put("etc/app/bom.ini", f"password={n('bom')}\n", "utf-8-sig")
        self.put("etc/app/latin1.ini", "# für alle, größer als früher\n"
                 f"password = {n('latin1')}ü\n", "latin-1")
        self.put("etc/app/rule1.ini", "# für alle, größer als früher\n"
                 f"schlüssel = {n('latin1 rule')}\n", "latin-1")
        self.put("etc/app/rule8.ini", f"schlüssel = {n('utf-8 rule')}\n")
        self.put("etc/app/umlaut.ini",
                 f"password = ä{n('umlaut')}\npasswörd_token=x\n")

    def tokens(self):
        n = self.new
        self.put("etc/app/tokens.txt", f"github ghp_{n('github', HEX, 36)}\n"
                 f"gitlab glpat-{n('gitlab', HEX, 20)}\n"
                 f"slack https://hooks.slack.com/services/{n('slack', HEX, 24)}\n"
                 f"aws_secret_access_key = {n('aws', B64, 40)}\n"
                 f"stripe sk_live_{n('stripe', HEX, 24)}\n")

    def facts(self):
        n = self.new
        self.put("etc/os-release", "ID=debian\nNAME=Debian\n"
                 "PRETTY_NAME=\"Debian\"\n"
                 f"HOME_URL=\"https://web:{n('fact')}@os.example/\"\n"
                 f"BUG_REPORT_TOKEN={n('fact token')}\n")

    def message(self):
        n = self.new
        return (f"new passwords\n\npassword={n('message')}\n"
                f"see https://web:{n('message url')}@wiki.example/x\n")

    def command(self, how):
        """(standard output, standard error) as bytes"""
        n = self.new
        if how == "plain":
            return (f"token: {n('stdout')}\nx\n".encode(),
                    f"warning: password={n('stderr')}\n".encode())
        if how == "latin1":
            return (("für größere Geräte\n"
                     f"schlüssel = {n('stdout latin1')}\n").encode("latin-1"),
                    b"")
        if how == "utf16":
            return f"password={n('stdout utf-16')}\n".encode("utf-16"), b""
        if how == "nul":
            return f"A=1\0PASSWORD={n('stdout nul')}\0".encode(), b""
        body, text = pem("stdout pem", self.number)
        self.secrets["stdout pem"] = body
        return b"a key\n" + text.encode(), text.encode("utf-16")


COMMANDS = ("plain", "latin1", "utf16", "nul", "pem")


def everything(number):
    tree = Tree(number)
    tree.message()
    for how in COMMANDS:
        tree.command(how)
    return tree


def plant(root, number):
    for path, data in Tree(number).files.items():
        path = os.path.join(root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        mode = None
        if os.path.lexists(path):
            # A link, or what its owner may not write.
            mode = os.lstat(path).st_mode & 0o7777
            if os.path.islink(path):
                mode = None
            os.unlink(path)
        with open(path, "wb") as f:
            f.write(data)
        if mode is not None:
            os.chmod(path, mode)


def spellings(text):
    """A secret as it could stand somewhere."""
    raw = text.encode()
    yield "plain", raw
    yield "UTF-16LE", text.encode("utf-16-le")
    yield "UTF-16BE", text.encode("utf-16-be")
    yield "hex", raw.hex().encode()
    for shift in range(3):
        # only the characters that no neighbour has a part in
        packed = base64.b64encode(b"\0" * shift + raw)
        skip = (0, 2, 3)[shift]
        keep = (len(raw) + shift) // 3 * 4
        yield f"base64, {shift} bytes on", packed[skip:keep]


def digests(data):
    blob = b"blob %d\0" % len(data) + data
    for what, raw in (("SHA-256", hashlib.sha256(data).digest()),
                      ("blob id", hashlib.sha1(blob).digest()),
                      ("SHA-1", hashlib.sha1(data).digest()),
                      ("MD5", hashlib.md5(data).digest())):
        yield what, raw


def read_place(place):
    if not os.path.isdir(place):
        with open(place, "rb") as f:
            return f.read()
    # --batch tells the ids of all objects, too
    out = subprocess.run(["git", "--git-dir=" + place, "cat-file", "--batch",
                          "--batch-all-objects", "--unordered"],
                         capture_output=True, check=True).stdout
    refs = subprocess.run(["git", "--git-dir=" + place, "for-each-ref"],
                          capture_output=True, check=True).stdout
    return out + refs


def collect_needles(last):
    needles = {}
    binary = {}
    for number in range(1, last + 1):
        tree = everything(number)
        for kind, texts in tree.secrets.items():
            for text in texts:
                for how, raw in spellings(text):
                    needles[raw] = f"{kind} of number {number}, {how}"
        for path, data in tree.files.items():
            for what, raw in digests(data):
                where = f"{what} of {path} of number {number}"
                needles[raw.hex().encode()] = where
                needles[base64.b64encode(raw).rstrip(b"=")] = where
                binary[raw] = where + ", binary"
    return needles, binary


def scan(root, last, places):
    needles, binary = collect_needles(last)
    bad = 0
    with tempfile.TemporaryDirectory() as tmp:
        words = os.path.join(tmp, "needles")
        with open(words, "wb") as f:
            f.write(b"\n".join(needles) + b"\n")
        for place in places:
            data = read_place(place)
            text = os.path.join(tmp, "text")
            with open(text, "wb") as f:
                f.write(data)
            found = subprocess.run(["grep", "-aoFf", words, text],
                                   capture_output=True, check=False,
                                   env={**os.environ, "LC_ALL": "C"})
            assert found.returncode < 2, found.stderr
            hits = [needles[raw] for raw in found.stdout.splitlines()]
            hits += [what for raw, what in binary.items() if raw in data]
            hits = sorted(set(hits))
            bad += len(hits)
            # a secret that leaks does so in every run: a few will do
            for what in hits[:40]:
                print(f"{place}: {what}")
    return bad


def main(args):
    what = args[0]
    if what == "plant":
        plant(args[1], int(args[2]))
    elif what == "message":
        sys.stdout.write(Tree(int(args[1])).message())
    elif what == "command":
        out, err = Tree(int(args[1])).command(args[2])
        sys.stdout.buffer.write(out)
        sys.stderr.buffer.write(err)
    elif what == "names":
        for path in Tree(1).files:
            print("/" + path)
    elif what == "count":
        print(len(everything(1).secrets))
    elif what == "scan":
        return 1 if scan(args[1], int(args[2]), args[3:]) else 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
