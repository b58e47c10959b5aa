#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""digests.py - what a report costs by the number of its changes

    tests/bench/digests.py [--changes 100,1000,10000] [--times 5]
        [--dir DIRECTORY] [--keep]

For each number a repository of its own is made in DIRECTORY (/dev/shm by
default) by the program named by ETCSNAP, or ./etcsnap: a run over so many
files of twenty lines in directories of fifty, and one in which all of them are
changed: one line differs in each, every tenth is gone and every tenth is new.
Then every form of the report on the second run is made --times times by
tests/bench/measure (or the program that MEASURE names), which tells what time
and memory the process took.

Prints one row for each number and form: median milliseconds, those of the
processor, the same for each 1,000 changes, peak memory in MiB, and bytes of the
report. Ends with 1 when a target is missed: 10,000 changed paths in a second
and 100 MiB, HTML of 5 MB at most.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

FORMS = ("text", "html", "json", "csv")
SECONDS, MEMORY, BYTES = 1.0, 100 << 10, 5 << 20


def write(root, n, run):
    """The files of a run; in each of the second one line is another."""
    for i in range(n):
        path = "%s/etc/app%04d/%02d.conf" % (root, i // 50, i % 50)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if i % 10 == 7 and run == 1:
            continue
        if i % 10 == 3 and run == 2:
            os.unlink(path)
            continue
        with open(path, "w", encoding="ascii") as out:
            out.writelines("option%d = %d # %d\n" % (k, i * k, i)
                           for k in range(20))
            out.write("state = %d\n" % (run * 1000 + i))
        if run == 2:
            os.utime(path, (1777690000, 1777690000))


class Bench:
    """A repository with two runs that differ in @n paths."""

    def __init__(self, where, n, program, measure):
        self.n, self.where = n, where
        self.measure = measure
        self.conf = where + "/etcsnap.conf"
        self.base = [program, "-c", self.conf, "--root", where + "/root"]
        with open(self.conf, "w", encoding="ascii") as out:
            out.write("[repository]\npath = %s/repo.git\n"
                      "[collect]\nparts = files\n"
                      "[files]\ndefaults = no\ninclude = /etc\n" % where)
        os.mkdir(where + "/root")
        self.run("init")
        for run in (1, 2):
            write(where + "/root", n, run)
            self.run("commit", SOURCE_DATE_EPOCH=str(1777600000 +
                                                     run * 86400))

    def run(self, *words, **env):
        subprocess.run(self.base + list(words), check=True,
                       env=dict(os.environ, **env),
                       stdout=subprocess.DEVNULL)

    def cost(self, form):
        """Seconds, those of the processor, peak KiB and bytes of a report."""
        told, out = self.where + "/told", self.where + "/out"
        with open(out, "wb") as f:
            subprocess.run([self.measure, told] + self.base +
                           ["report", "--format", form], check=True, stdout=f)
        with open(told, encoding="ascii") as f:
            words = f.read().split()
        return (float(words[0]), float(words[1]) + float(words[2]),
                int(words[3]), os.path.getsize(out))


def rows(args, program, measure):
    """Prints as it goes; the number of missed targets."""
    missed = 0
    print("%8s  %-5s %9s %9s %9s %9s %11s" %
          ("changes", "form", "ms", "CPU ms", "CPU/1,000", "MiB", "bytes"))
    for n in map(int, args.changes.split(",")):
        where = tempfile.mkdtemp(prefix="etcsnap-digests-", dir=args.dir)
        try:
            bench = Bench(where, n, program, measure)
            for form in FORMS:
                all_of = [bench.cost(form) for _ in range(args.times)]
                wall = statistics.median(c[0] for c in all_of)
                cpu = statistics.median(c[1] for c in all_of)
                memory = max(c[2] for c in all_of)
                size = all_of[0][3]
                late = n <= 10000 and (wall > SECONDS or memory > MEMORY or
                                       (form == "html" and size > BYTES))
                missed += late
                print("%8d  %-5s %9.1f %9.1f %9.1f %9.1f %11d%s" %
                      (n, form, wall * 1000, cpu * 1000, cpu * 1e6 / n,
                       memory / 1024, size, "  MISSED" if late else ""),
                      flush=True)
        finally:
            if args.keep:
                print("kept: " + where)
            else:
                shutil.rmtree(where)
    return missed


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--changes", default="100,1000,10000")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--dir", default="/dev/shm")
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    program = os.path.abspath(os.environ.get("ETCSNAP", "etcsnap"))
    measure = os.path.abspath(os.environ.get("MEASURE", "tests/bench/measure"))
    for name in (program, measure):
        if not os.access(name, os.X_OK):
            sys.exit("digests.py: no program at %s; make it first" % name)
    sys.exit(1 if rows(args, program, measure) else 0)


if __name__ == "__main__":
    main()
