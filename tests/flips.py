#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""flips.py - one byte of a repository or of its state is changed: is it found?

    flips.py [-n TIMES] [-s SEED] [-k KIND]… REPOSITORY STATE COMMAND...

COMMAND is etcsnap with its global options. Each time one byte of one file is
replaced (one bit flipped, a random byte, or a zero), "verify" must tell
something about it, or all that git and etcsnap read must be as it was. The
file is put back. Ends with a table; exit status 1 when something was neither,
or a program crashed.
"""
import argparse
import collections
import hashlib
import json
import os
import random
import subprocess
import sys


def kind_of(name):
    base = os.path.basename(name)
    if base == "state.db":
        return "state"
    if base.endswith(".idx"):
        return "idx"
    if base.endswith(".pack"):
        return "pack"
    if name.startswith("refs/"):
        return "ref"
    if base in ("packed-refs", "HEAD", "shallow"):
        return base
    if name.startswith("objects/pack/") or name.startswith("objects/info/"):
        return "derived"
    if name.startswith("objects/"):
        return "loose"
    return None


def files_of(repo, state):
    found = collections.defaultdict(list)
    for top, _, names in os.walk(repo):
        for name in names:
            path = os.path.join(top, name)
            kind = kind_of(os.path.relpath(path, repo))
            if kind and os.path.getsize(path):
                found[kind].append(path)
    found["state"].append(state)
    return found


class Judge:
    def __init__(self, repo, command):
        self.repo = repo
        self.command = command
        self.what = "nothing changed"

    def run(self, *args):
        """What a program prints; None when it fails; a crash is fatal."""
        p = subprocess.run(args, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, timeout=120, check=False)
        # git, too, ends with 128 when it will not go on
        if p.returncode < 0 or (p.returncode >= 99 and args[0] != "git"):
            raise SystemExit("crashed (%d, %s): %s\n%s" % (
                p.returncode, self.what, " ".join(args),
                p.stderr.decode()[-3000:]))
        return p

    def verify(self):
        p = self.run(*self.command, "verify", "--json")
        if p.returncode not in (0, 1, 3):
            raise SystemExit("verify: exit status %d" % p.returncode)
        rows = json.loads(p.stdout) if p.stdout.strip() else []
        told = [r for r in rows if r["level"] != "note"]
        if p.returncode == 3:
            return "refused", p.stderr.decode()
        if p.returncode == 1:
            return "found", told
        return ("warned" if told else "silent"), told

    def everything(self):
        """A digest of all that can be read of the repository."""
        git = ["git", "--git-dir", self.repo]
        out = hashlib.sha256()
        for args in (git + ["for-each-ref"], git + ["log", "-p", "--all"],
                     git + ["fsck", "--full", "--strict"],
                     git + ["rev-list", "--objects", "--all"],
                     self.command + ["log", "--json"],
                     self.command + ["status", "--json"],
                     self.command + ["commit", "-n"]):
            p = self.run(*args)
            text = p.stdout
            if "status" in args and text.strip():
                doc = json.loads(text)
                doc.pop("age", None)
                text = json.dumps(doc, sort_keys=True).encode()
            out.update(b"%d %d " % (p.returncode, len(text)) + text)
        return out.hexdigest()


def flip(path, rng):
    with open(path, "rb") as f:
        data = bytearray(f.read())
    at = rng.randrange(len(data))
    old = data[at]
    while data[at] == old:
        data[at] = rng.choice((old ^ 1 << rng.randrange(8),
                               rng.randrange(256), 0))
    mode = os.stat(path).st_mode
    times = os.stat(path)
    os.chmod(path, 0o600)
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode & 0o7777)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    return at, old, data[at]


def put_back(path, content, mode):
    os.chmod(path, 0o600)
    with open(path, "wb") as f:
        f.write(content)
    os.chmod(path, mode & 0o7777)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=40)
    parser.add_argument("-s", type=int, default=1)
    parser.add_argument("-k", action="append", help="only files of this kind")
    parser.add_argument("repository")
    parser.add_argument("state")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    rng = random.Random(args.s)
    judge = Judge(args.repository, args.command)
    verdict, told = judge.verify()
    if verdict != "silent":
        raise SystemExit("before anything is changed: %s %s" % (verdict, told))
    before = judge.everything()
    table = collections.Counter()
    missed = 0
    for _ in range(args.n):
        found = files_of(args.repository, args.state)
        kind = rng.choice(sorted(args.k or found))
        path = rng.choice(sorted(found[kind]))
        with open(path, "rb") as f:
            content = f.read()
        mode = os.stat(path).st_mode
        judge.what = "%s at %d: %02x -> %02x" % (path, *flip(path, rng))
        verdict, told = judge.verify()
        if verdict == "silent":
            verdict = "harmless" if judge.everything() == before else "MISSED"
        if verdict == "MISSED":
            missed += 1
            print("missed:", judge.what)
        put_back(path, content, mode)
        table[kind, verdict] += 1
    verdicts = ("found", "refused", "warned", "harmless", "MISSED")
    print("%-12s" % "" + "".join("%9s" % v for v in verdicts))
    for kind in sorted({k for k, _ in table}):
        print("%-12s" % kind +
              "".join("%9d" % table[kind, v] for v in verdicts))
    print("%-12s" % "all" + "".join(
        "%9d" % sum(n for (_, v), n in table.items() if v == w)
        for w in verdicts))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
