#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""gen_tree.py - make a tree of files that look like configuration

    gen_tree.py DIRECTORY FILES DIRECTORIES MIN MAX [SEED]

The same arguments make the same names and bytes on every machine. Directories
form a tree in which each has up to eight below it; files are spread over them
evenly with a little jitter; sizes are log-uniform between MIN and MAX bytes.
"""
import os
import random
import stat
import sys

KEYS = """accept address alias allow auth backend bind cache cert chain cipher
cluster debug default deny device domain enable expire filter forward group
header host include interval key level limit listen log mask match max mode
name network option owner path pattern peer policy pool port prefix protocol
proxy queue realm relay retry route rule schema secure server session socket
source state suffix table target thread timeout token trace user value verify
version vhost weight zone""".split()
ENDINGS = ["conf", "cfg", "ini", "list", "rules", "service", "sh", "yaml"]
POOL_BYTES = 1 << 21
LARGE = 200000


def make_pool(rng):
    """Configuration text to cut files from."""
    lines = []
    size = 0
    while size < POOL_BYTES:
        key = rng.choice(KEYS)
        kind = rng.randrange(10)
        if kind < 4:
            line = "%s_%s = %s\n" % (key, rng.choice(KEYS), rng.choice(KEYS))
        elif kind < 6:
            words = [rng.choice(KEYS) for _ in range(rng.randrange(3, 9))]
            line = "# %s %s\n" % (key, " ".join(words))
        elif kind < 7:
            line = "\n[%s %s]\n" % (key, rng.choice(KEYS))
        elif kind < 9:
            line = "%s 10.%d.%d.%d:%d;\n" % (
                key, rng.randrange(256), rng.randrange(256),
                rng.randrange(256), rng.randrange(1024, 65536))
        else:
            line = "\t%s \"%016x\"\n" % (key, rng.getrandbits(64))
        lines.append(line)
        size += len(line)
    return "".join(lines).encode()


def make_directories(top, count, rng):
    """COUNT directories, the first is TOP; returns their paths."""
    paths = [top]
    os.makedirs(top, exist_ok=True)
    for i in range(1, count):
        path = "%s/%s%d" % (paths[(i - 1) // 8], rng.choice(KEYS), i)
        os.mkdir(path)
        paths.append(path)
    return paths


def make_file(path, number, size, pool, rng):
    """One file of SIZE bytes; its first line is its own."""
    head = b"# file %d, %016x\n" % (number, rng.getrandbits(64))
    text = head[:size]
    while len(text) < size:
        want = size - len(text)
        start = rng.randrange(len(pool))
        piece = pool[start:start + min(want, 600)]
        text += piece
    mode = 0o640 if rng.randrange(10) == 0 else 0o644
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        os.write(fd, text)
    finally:
        os.close(fd)


def make_tree(top, files, directories, low, high, seed=1):
    """Make it all; returns the number of bytes."""
    rng = random.Random(seed)
    pool = make_pool(rng)
    paths = make_directories(top, directories, rng)
    total = 0
    for i in range(files):
        where = paths[(i + rng.randrange(-3, 4)) % directories]
        size = int(low * (high / low) ** rng.random())
        name = "%s/%s-%d.%s" % (where, rng.choice(KEYS), i,
                                rng.choice(ENDINGS))
        make_file(name, i, size, pool, rng)
        total += size
    return total


def list_files(top):
    """The regular files of a tree that a test may write to, in a fixed order.

    Not those of other tools, not large ones, and never through a link: in the
    copy of a machine's files a link may lead to the machine's own.
    """
    names = []
    for where, below, files in os.walk(top):
        below[:] = sorted(d for d in below if d != ".git")
        for name in sorted(files):
            path = os.path.join(where, name)
            about = os.lstat(path)
            if (stat.S_ISREG(about.st_mode) and about.st_nlink == 1 and
                    about.st_size < LARGE and
                    name not in (".etckeeper", ".gitignore")):
                names.append(path)
    return names


def change_files(top, count, seed, names=None):
    """Append a line to COUNT files chosen by SEED; returns their number."""
    if names is None:
        names = list_files(top)
    chosen = random.Random(seed).sample(names, min(count, len(names)))
    line = b"changed = %d\n" % seed
    for name in chosen:
        fd = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)
        try:
            os.write(fd, line)
        finally:
            os.close(fd)
    return len(chosen)


def main(argv):
    if len(argv) not in (6, 7):
        sys.exit(__doc__)
    numbers = [int(a) for a in argv[2:]]
    total = make_tree(argv[1], *numbers)
    print("%d files, %d directories, %d bytes" % (numbers[0], numbers[1],
                                                  total))


if __name__ == "__main__":
    main(sys.argv)
