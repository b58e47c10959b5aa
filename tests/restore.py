# SPDX-License-Identifier: MIT
"""Trees for the tests of restore: made, changed and told apart.

	restore.py make DIR COUNT SEED [plain]	objects of every kind below DIR
	restore.py change DIR SEED [plain]	change, remove, add at random
	restore.py tell DIR			one line an object, for diff(1)
	restore.py loosen DIR			nothing below it is immutable

"plain" leaves out what only root may do. Sockets and files whose content is
not in the repository (large ones) are changed in their attributes alone.
"""
import array
import fcntl
import os
import random
import socket
import stat
import struct
import sys

GETFLAGS, SETFLAGS = 0x80086601, 0x40086602
IMMUTABLE, APPEND, NODUMP, NOATIME = 0x10, 0x20, 0x40, 0x80
KNOWN = IMMUTABLE | APPEND | NODUMP | NOATIME
LARGE = 70000

ODD = [b'a\nb', b'\n', b'tab\there', b' ', b'a=b', b'#x', b'"', b"'", b'$(id)',
       b'a\\b', b'\\012', b'*', b'[x]', b'-rf', b'--', b'\x1b[31mred', b'\x7f',
       b'\xff', b'\xc3', b'latin1-\xe4', 'gr\u00fc\u00dfe'.encode(),
       'rtl-\u202egpj'.encode(), b'.git', b'.GIT', b'.gitmodules', b'.mtree',
       b'.xattr', b'%', b'%2egit', b'a\\.git', '.g\u200cit'.encode(), b'...',
       b'..a', b'\n' * 100, b'%' * 80, b'a' + b'%' * 200, b'HEAD']


def flags(path, value=None):
    mode = os.lstat(path).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return 0
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        buf = array.array('i', [0])
        fcntl.ioctl(fd, GETFLAGS, buf)
        if value is not None:
            buf[0] = buf[0] & ~KNOWN | value
            fcntl.ioctl(fd, SETFLAGS, buf)
        return buf[0] & KNOWN
    except OSError:
        return 0
    finally:
        os.close(fd)


def acl(rng, uids=True):
    """An access ACL, as the kernel has it."""
    entries = [(1, 7, 0xffffffff)]
    if uids:
        entries += [(2, rng.choice((4, 6)), rng.choice((1, 2, 1234)))]
    entries += [(4, 4, 0xffffffff), (0x10, 6, 0xffffffff),
                (0x20, 0, 0xffffffff)]
    return struct.pack('<I', 2) + b''.join(
        struct.pack('<HHI', *e) for e in entries)


class Tree:
    def __init__(self, top, seed, plain):
        self.top = os.fsencode(top)
        self.rng = random.Random(seed)
        self.plain = plain
        self.serial = 0

    def name(self):
        self.serial += 1
        if self.rng.random() < .3:
            base = self.rng.choice(ODD)
        else:
            base = bytes(self.rng.choice(range(1, 256))
                         for _ in range(self.rng.randrange(1, 20)))
            base = base.replace(b'/', b'_')
        return base + b'%d' % self.serial

    def paths(self, kind=None):
        out = []
        for top, dirs, files in os.walk(self.top):
            out += [os.path.join(top, n) for n in dirs + files]
        out.sort()
        if kind:
            out = [p for p in out if kind(os.lstat(p).st_mode)]
        return out

    # --- content and objects -------------------------------------------------
    def text(self):
        lines = ['%d %x' % (i, self.rng.getrandbits(80))
                 for i in range(self.rng.randrange(0, 20))]
        return ''.join(l + '\n' for l in lines)

    def content(self):
        kind = self.rng.randrange(8)
        if kind == 0:
            return b''
        if kind == 1:
            return self.rng.randbytes(self.rng.randrange(1, 3000)) + b'\0'
        if kind == 2:
            return b'\xff\xfe' + self.text().encode('utf-16-le')
        if kind == 3:
            return b'a = \xe4\xf6\xfc\r\n' + self.text().encode()
        return self.text().encode()

    def file(self, path, data=None):
        with open(path, 'wb') as f:
            f.write(self.content() if data is None else data)

    def make(self, path):
        kind = self.rng.randrange(14 if not self.plain else 9)
        if kind <= 4:
            self.file(path)
        elif kind == 5:
            os.symlink(self.name(), path)
        elif kind == 6:
            os.mkfifo(path)
        elif kind == 7:
            os.mkdir(path)
        elif kind == 8:
            others = [p for p in self.paths(stat.S_ISREG)
                      if not self.keeps_content(p)]
            if others:
                os.link(self.rng.choice(others), path)
            else:
                self.file(path)
        elif kind == 9:
            os.mknod(path, stat.S_IFCHR | 0o600,
                     os.makedev(1, self.rng.randrange(3, 9)))
        elif kind == 10:
            os.mknod(path, stat.S_IFBLK | 0o600,
                     os.makedev(259, self.rng.randrange(70000)))
        else:
            self.file(path)

    def attributes(self, path, fixed=True):
        mode = os.lstat(path).st_mode
        link = stat.S_ISLNK(mode)
        if flags(path) & (IMMUTABLE | APPEND):
            return
        r = self.rng
        if not self.plain and r.random() < .4:
            os.chown(path, r.choice((0, 1, 4294967290)), r.choice((0, 2, 99)),
                     follow_symlinks=False)
        if not link and r.random() < .5:
            bits = r.choice((0o600, 0o644, 0o755, 0o4755, 0o2640, 0o1777, 0))
            if self.plain:
                bits = r.choice((0o600, 0o644, 0o755, 0o700, 0o500)
                                if stat.S_ISDIR(mode)
                                else (0o600, 0o644, 0o755, 0o400))
            if self.plain and stat.S_ISDIR(mode):
                bits |= 0o500
            os.chmod(path, bits)
        if not stat.S_ISDIR(mode) and r.random() < .5:
            # no two alike: of names in several directories only their
            # likeness tells which are one file
            ns = r.choice((1, -10**9 + 1, 2**31 * 10**9 + 1,
                           r.getrandbits(60))) + r.getrandbits(28)
            os.utime(path, ns=(ns, ns), follow_symlinks=False)
        self.xattrs(path, mode)
        if fixed and not self.plain and r.random() < .1:
            flags(path, r.choice((IMMUTABLE, APPEND, NODUMP, NOATIME,
                                  NODUMP | IMMUTABLE)))

    def xattrs(self, path, mode):
        r = self.rng

        def put(chance, name, value):
            if r.random() >= chance:
                return
            try:
                os.setxattr(path, name, value, follow_symlinks=False)
            except OSError:
                pass
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            put(.1, 'user.text', b'some "text" \\ %d' % r.randrange(9))
            put(.1, 'user.bin', r.randbytes(r.randrange(0, 200)))
            put(.1, 'system.posix_acl_access', acl(r, not self.plain))
        if stat.S_ISDIR(mode):
            put(.1, 'system.posix_acl_default', acl(r, not self.plain))
        if self.plain:
            return
        put(.1, 'trusted.odd', b'\0\1\2%d' % r.randrange(9))
        put(.05, 'security.selinux', b'system_u:object_r:t%d:s0'
            % r.randrange(9))
        if stat.S_ISREG(mode):
            put(.1, 'security.capability', struct.pack(
                '<IIIII', 0x02000001, 1 << r.randrange(20), 0, 0, 0))

    def build(self, count):
        os.mkdir(self.top)
        dirs = [self.top]
        for i in range(40):
            d = self.rng.choice(dirs) + b'/' + self.name()
            if len(d) > 900:
                continue
            os.mkdir(d)
            dirs.append(d)
        for i in range(count - 40):
            self.make(self.rng.choice(dirs) + b'/' + self.name())
        for i in range(10):
            self.file(self.top + b'/large%d' % i, self.rng.randbytes(LARGE))
            self.file(self.top + b'/masked%d' % i,
                      b'user = %d\npassword = geheim%d\n%s' %
                      (i, i, self.text().encode()))
            s = socket.socket(socket.AF_UNIX)
            here = os.getcwd()
            os.chdir(self.top)
            s.bind(b'socket%d' % i)
            os.chdir(here)
        for p in reversed(self.paths()):
            self.attributes(p)

    # --- changes ---------------------------------------------------------------
    def loosen(self):
        for p in self.paths():
            if flags(p) & (IMMUTABLE | APPEND):
                if self.rng.random() < .8:
                    flags(p, 0)
        if self.plain:
            for p in [self.top] + self.paths(stat.S_ISDIR):
                os.chmod(p, os.lstat(p).st_mode & 0o7777 | 0o700)

    def keeps_content(self, path):
        name = os.path.basename(path)
        return name.startswith((b'large', b'masked', b'socket'))

    def remove(self, path):
        if stat.S_ISDIR(os.lstat(path).st_mode):
            for n in os.listdir(path):
                self.remove(os.path.join(path, n))
            os.rmdir(path)
        else:
            os.unlink(path)

    def change_one(self, p):
        r = self.rng
        mode = os.lstat(p).st_mode
        what = r.randrange(10)
        if self.keeps_content(p):
            if os.path.basename(p).startswith(b'masked') and what < 5:
                data = open(p, 'rb').read()
                self.file(p, data + b'more\n')
            self.attributes(p, False)
        elif what <= 2 and stat.S_ISREG(mode):
            self.file(p)
        elif what <= 4:
            self.attributes(p)
        elif what == 5 and not stat.S_ISDIR(mode):
            self.remove(p)
        elif what == 6 and not stat.S_ISDIR(mode):
            self.remove(p)
            self.make(p)
        elif what == 7:
            os.rename(p, p + b'renamed') if not stat.S_ISDIR(mode) else 0
        elif what == 8 and stat.S_ISREG(mode):
            data = open(p, 'rb').read()
            os.unlink(p)
            self.file(p, data)
        elif what == 9 and not stat.S_ISDIR(mode):
            self.make(p + b'new')

    def change(self):
        self.loosen()
        top = [p for p in self.paths(stat.S_ISDIR)]
        self.rng.shuffle(top)
        for p in top[:6]:
            if not os.path.lexists(p):
                continue
            try:
                self.remove(p)
            except OSError:
                continue
            what = self.rng.randrange(4)
            if what == 0:
                os.symlink('/nowhere', p)
            elif what == 1:
                self.file(p)
        for p in self.paths():
            if not os.path.lexists(p) or self.rng.random() < .4:
                continue
            try:
                self.change_one(p)
            except PermissionError:
                pass

    # --- looking ---------------------------------------------------------------
    def tell(self):
        inodes = {}
        for p in [self.top] + self.paths():
            st = os.lstat(p)
            name = os.path.relpath(p, self.top)
            line = [repr(name), oct(st.st_mode), st.st_uid, st.st_gid]
            if not stat.S_ISDIR(st.st_mode):
                line += [st.st_mtime_ns, st.st_nlink,
                         inodes.setdefault(st.st_ino, repr(name))]
            if stat.S_ISREG(st.st_mode):
                line.append(hash_of(p))
            elif stat.S_ISLNK(st.st_mode):
                line.append(repr(os.readlink(p)))
            elif stat.S_ISCHR(st.st_mode) or stat.S_ISBLK(st.st_mode):
                line.append(st.st_rdev)
            line += sorted((n, os.getxattr(p, n, follow_symlinks=False))
                           for n in os.listxattr(p, follow_symlinks=False))
            line.append(flags(p))
            print(*line)


def hash_of(path):
    import hashlib
    with open(path, 'rb') as f:
        return hashlib.sha256(f.read()).hexdigest()


def main():
    what, top = sys.argv[1:3]
    rest = sys.argv[3:]
    plain = 'plain' in rest
    if what == 'make':
        Tree(top, rest[1], plain).build(int(rest[0]))
    elif what == 'loosen':
        tree = Tree(top, 0, plain)
        for p in [tree.top] + tree.paths():
            if flags(p):
                flags(p, 0)
    elif what == 'change':
        Tree(top, rest[0], plain).change()
    else:
        Tree(top, 0, plain).tell()


main()
