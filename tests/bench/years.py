#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""years.py - years of hourly runs with an injected clock, and what they cost

    tests/bench/years.py [--days 1096] [--each 3600] [--files 2000]
        [--changes 10] [--keep DIRECTORY] [--dir DIRECTORY] [--seed N]

Every run is a real one: the program named by ETCSNAP, or ./etcsnap, commits to
a repository of its own in DIRECTORY (/dev/shm by default, so that what is
measured is the program and not the disk) while SOURCE_DATE_EPOCH goes on by
--each seconds. Before each run --changes files of a made up /etc are changed at
random; now and then one comes or goes. Retention is the default, 90d of runs,
2y of days, months for ever, and prunes by itself.

Prints one row for each 90 days and one at the end: bytes of the repository
(without and with what waits a day to be removed), packs, commits by branch,
and times in milliseconds: the median of the last 50 runs, the slowest run since
the row before (which pruned or joined packs), a run without changes, log -n 20,
log of all runs, log of one file, blame of that file by git, a clone by git, and
prune by hand. With
--keep the repository is left in DIRECTORY.
"""
import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

START = 1767225600  # 2026-01-01
COLUMNS = ("day", "runs", "KB", "KB all", "packs", "main", "daily", "monthly",
           "run", "slowest", "idle", "log 20", "log", "path", "blame", "clone",
           "prune")
WORDS = "alpha beta gamma delta kappa lambda sigma omega".split()


def line(rng, number):
    """A line as configuration files have them."""
    return "%s_%d = %s %d\n" % (rng.choice(WORDS), number, rng.choice(WORDS),
                                rng.randrange(10 ** 6))


class Machine:
    """A tree that changes, and the program that records it."""

    def __init__(self, work, options):
        self.work = work
        self.rng = random.Random(options.seed)
        self.root = work + "/root"
        self.repo = work + "/state/repo.git"
        self.now = START
        self.names = []
        self.program = os.environ.get("ETCSNAP", "./etcsnap")
        with open(work + "/etcsnap.conf", "w", encoding="ascii") as conf:
            conf.write("[collect]\nparts = files\n[files]\ninclude = /etc\n")
        for i in range(options.files):
            self.add("etc/app%02d/%03d.conf" % (i % 40, i // 40))
        os.makedirs(work + "/state")
        self.etcsnap("init")

    def add(self, name):
        """A file of 5 to 200 lines."""
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        lines = [line(self.rng, i) for i in range(self.rng.randrange(5, 200))]
        with open(path, "w", encoding="ascii") as out:
            out.writelines(lines)
        self.names.append(name)

    def change(self, count):
        """Some lines of some files."""
        for name in self.rng.sample(self.names, count):
            path = os.path.join(self.root, name)
            with open(path, encoding="ascii") as old:
                lines = old.readlines()
            at = self.rng.randrange(len(lines))
            if self.rng.random() < 0.1 and len(lines) < 400:
                lines.insert(at, line(self.rng, len(lines)))
            else:
                lines[at] = line(self.rng, at)
            with open(path, "w", encoding="ascii") as out:
                out.writelines(lines)
        if self.rng.random() < 0.02:
            gone = self.names.pop(self.rng.randrange(len(self.names)))
            os.unlink(os.path.join(self.root, gone))
            self.add("etc/app%02d/new%d.conf" % (self.rng.randrange(40),
                                                 self.now // 3600))

    def etcsnap(self, *words):
        """Run the program; returns milliseconds."""
        return self.timed([self.program, "-c", self.work + "/etcsnap.conf",
                           "--root", self.root, "--repo", self.repo]
                          + list(words))

    def git(self, *words):
        """Run git on the repository; returns milliseconds."""
        return self.timed(["git", "--git-dir", self.repo] + list(words))

    def timed(self, command):
        """Milliseconds of a command, whose output is thrown away."""
        env = dict(os.environ, SOURCE_DATE_EPOCH=str(self.now), TZ="UTC",
                   GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL="/dev/null")
        began = time.monotonic()
        subprocess.run(command, env=env, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, check=True)
        return (time.monotonic() - began) * 1000

    def count(self, branch):
        """Commits of a branch that are kept."""
        done = subprocess.run(["git", "--git-dir", self.repo, "rev-list",
                               "--count", branch], capture_output=True,
                              check=False, text=True)
        return int(done.stdout or 0)

    def size(self):
        """Kilobytes of live packs, and of all, and the number of live ones."""
        doomed = set()
        try:
            with open(self.repo + "/etcsnap-prune", encoding="ascii") as state:
                doomed = {row.split()[2] for row in state
                          if row.startswith("doomed")}
        except FileNotFoundError:
            pass
        live = total = packs = 0
        for entry in os.scandir(self.repo + "/objects/pack"):
            size = entry.stat().st_size
            total += size
            if entry.name.split(".")[0] not in doomed:
                live += size
                packs += entry.name.endswith(".pack")
        return live // 1024, total // 1024, packs


def measure(machine, runs, times):
    """One row of the table."""
    live, total, packs = machine.size()
    path = "/" + machine.names[0]
    clone = machine.work + "/clone.git"
    row = [(machine.now - START) // 86400, runs, live, total, packs,
           machine.count("main"), machine.count("daily"),
           machine.count("monthly"), statistics.median(times[-50:]),
           max(times)]
    row.append(statistics.median(machine.etcsnap("commit")
                                 for _ in range(5)))
    row.append(machine.etcsnap("log", "-n", "20"))
    row.append(machine.etcsnap("log"))
    row.append(machine.etcsnap("log", path))
    row.append(machine.git("blame", "main", "--", "files" + path))
    row.append(machine.git("clone", "-q", "--bare", "--no-local",
                           machine.repo, clone))
    shutil.rmtree(clone)
    row.append(machine.etcsnap("prune"))
    print(" ".join("%8.1f" % v if isinstance(v, float) else "%7d" % v
                   for v in row), flush=True)


def simulate(machine, options):
    """All the runs."""
    print(" ".join("%*s" % (8 if i > 7 else 7, name)
                   for i, name in enumerate(COLUMNS)), flush=True)
    times = []
    runs = options.days * 86400 // options.each
    each_row = 90 * 86400 // options.each
    for run in range(1, runs + 1):
        machine.now = START + run * options.each
        machine.change(options.changes)
        times.append(machine.etcsnap("commit"))
        if run % each_row == 0 or run == runs or run == 100:
            measure(machine, run, times)
            times.clear()
    machine.git("fsck", "--strict", "--full", "--no-dangling")
    print("sound")


def main():
    """Read the options, make a directory, simulate."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--days", type=int, default=1096)
    parser.add_argument("--each", type=int, default=3600)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--changes", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dir", default="/dev/shm")
    parser.add_argument("--keep", metavar="DIRECTORY")
    options = parser.parse_args()
    work = tempfile.mkdtemp(prefix="etcsnap-years.", dir=options.dir)
    try:
        machine = Machine(work, options)
        simulate(machine, options)
        if options.keep:
            shutil.copytree(machine.repo, options.keep)
    finally:
        shutil.rmtree(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
