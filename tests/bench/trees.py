# SPDX-License-Identifier: MIT
"""trees.py - the trees that are looked at: made up ones and a real one"""
import os
import shutil
import subprocess

import gen_tree
from costs import Bench, bytes_of

TREES = {
    # name: files, directories, least and greatest size of a file in bytes
    "smoke": (300, 20, 200, 8192),
    "1k": (1000, 50, 200, 8192),
    "10k": (10000, 500, 200, 8192),
    "100k": (100000, 5000, 200, 8192),
    "1m": (1000000, 20000, 50, 400),
    "flat-1500": (1500, 1, 200, 8192),
    "flat-10000": (10000, 1, 200, 8192),
}
# Copies of the machine's own files: "real" is /etc and /usr, "watched" those
# parts of them that etcsnap watches when it is not told otherwise.
REAL = {
    "real": ["etc", "usr"],
    "watched": ["etc", "usr/bin", "usr/sbin", "usr/lib", "usr/lib32",
                "usr/lib64", "usr/libx32", "usr/libexec", "usr/local"],
}
REAL_BYTES = 5 * 10 ** 9


def is_real(name):
    """Whether a tree is a copy of the machine's own files."""
    return name in REAL


class Tree:
    """A tree and how often it was changed since it was made."""

    def __init__(self, name, path):
        self.name = name
        self.path = path
        self.generation = 0
        self.left_out = []
        self.files = None
        self.about = None

    def change(self, count, seed):
        """COUNT files get another line; None is all of them."""
        if self.files is None:
            self.files = gen_tree.list_files(self.path)
        if count is None:
            count = len(self.files)
        gen_tree.change_files(self.path, count, seed, self.files)
        self.generation += 1

    def facts(self):
        """Number of paths and bytes of content, counted once."""
        if self.about is None:
            paths = 1
            for _, below, files in os.walk(self.path):
                paths += len(below) + len(files)
            self.about = {"paths": paths,
                          "bytes": bytes_of(self.path, disk=False)}
            if self.left_out:
                self.about["left_out"] = self.left_out
        return self.about


def make(name, path):
    """A made up tree."""
    shape = TREES[name]
    tree = Tree(name, path)
    tree.about = {"paths": shape[0] + shape[1],
                  "bytes": gen_tree.make_tree(path, *shape)}
    return tree


def two_below(top):
    """/usr/A/B for all A and B, no links followed."""
    for a in sorted(os.scandir(top), key=lambda e: e.name):
        if not a.is_dir(follow_symlinks=False):
            continue
        for b in sorted(os.scandir(a.path), key=lambda e: e.name):
            if b.is_dir(follow_symlinks=False):
                yield b.path


def too_large(limit):
    """The largest /usr/A/B, until the rest is below LIMIT bytes."""
    total = bytes_of("/usr", "/etc")
    left_out = []
    if total > limit:
        sizes = sorted(((bytes_of(d), d) for d in two_below("/usr")),
                       reverse=True)
        for count, directory in sizes:
            if total <= limit:
                break
            left_out.append(directory)
            total -= count
    if total > limit:
        raise Bench("/etc and /usr do not fit into %d bytes" % limit)
    return left_out


def copy_real(name, path):
    """A copy of the machine's own files, of a bounded size."""
    left_out = too_large(REAL_BYTES)
    os.mkdir(path)
    parts = [p for p in REAL[name] if os.path.lexists("/" + p)]
    pack = ["tar", "-C", "/", "--one-file-system", "--anchored",
            "--warning=none"]
    pack += ["--exclude=" + d[1:] for d in left_out]
    reader = subprocess.Popen(pack + ["-cf", "-"] + parts,
                              stdout=subprocess.PIPE)
    unpack = subprocess.run(["tar", "-C", path, "-xpf", "-"],
                            stdin=reader.stdout, check=False)
    reader.stdout.close()
    # 2 tells of files that one may not read: they are simply not there.
    if reader.wait() not in (0, 1, 2) or unpack.returncode not in (0, 2):
        raise Bench("cannot copy /etc and /usr to %s" % path)
    tree = Tree(name, path)
    tree.left_out = left_out
    return tree


def narrow(tree):
    """Make "watched" of "real" by removing what is not watched."""
    keep = {p.split("/")[1] for p in REAL["watched"] if "/" in p}
    for entry in list(os.scandir(tree.path + "/usr")):
        if entry.name in keep:
            continue
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)
    narrowed = Tree("watched", tree.path)
    narrowed.left_out = tree.left_out
    return narrowed
