#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""run.py - etcsnap and its peers, measured in turns on the same trees

    make bench [BENCH=quick|smoke] [BENCH_FLAGS=...]
    tests/bench/run.py [--trees 10k,100k,1m,...] [--scenarios none,first,...]
        [--peers NAME,...] [--pairs 5] [--runs 1000] [--format text|json]
        [--plot FILE.svg] [--keep NAME] [--dir DIRECTORY]

For each tree, scenario and peer: one warm-up, then PAIRS times etcsnap and the
peer, A B A B ..., each a whole process with warm caches. What counts is the
ratio peer/etcsnap of each pair, given as least, median and greatest: absolute
times depend on the machine and on what else it does. Where a run takes more
than --slow seconds there are three pairs, where a pair takes more than a minute
two; the table says how many there were.

Trees: made up ones of 1k to 1m small files; one flat directory; "real", a copy
of this machine's /etc and /usr of at most 5 GB, watched as if it were / with
all of /usr by digest, and "watched", what of it is watched by default.

Scenarios: "none" nothing changed; "changed" 100 files got a line, likewise
changed10, changed1000 and changed-all; "first" the first run, nothing stored
yet; "full" every file is read again; "cold" nothing changed and caches emptied
before each run; "flat" one file of one large directory; "history" many runs
with ten changes each; "startup" --version, log -n 1 and the completion of a
revision.

Peers that cannot take part are named as skipped. "bare" is bare.c: threads
that only walk, or only read and digest, and so the bound of what can be
reached; "git fast-import -1" is with compression level 1 and no deltas.
etcsnap records files only and delivers nothing (--no-notify).

BENCH=quick takes the 10k tree and the quick peers (under three minutes);
BENCH=smoke only shows that the bench itself works. ETCSNAP is the program,
MEASURE the launcher built from measure.c, without which the peak memory has a
floor of about 12 MiB, and BARE the program built from bare.c. The exit code is
1 when a program failed, but not when a target was missed.
"""
import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import plot  # noqa: E402
import report  # noqa: E402
import targets  # noqa: E402
import trees  # noqa: E402
from costs import Bench, Runner, no_cold_caches  # noqa: E402
from peers import PEERS, QUICK, SMOKE, Etcsnap, versions  # noqa: E402
from scenarios import ALONE, SCENARIOS, Bout  # noqa: E402

TREES = list(trees.TREES) + list(trees.REAL)
MODES = {
    # trees, scenarios, peers, pairs, runs of "history"
    "all": (["10k", "100k", "1m", "1k", "flat-1500", "flat-10000", "real",
             "watched"], SCENARIOS, PEERS, 5, 1000),
    "quick": (["10k", "flat-1500"], [s for s in SCENARIOS if s != "cold"],
              QUICK, 5, 50),
    "smoke": (["smoke"], [s for s in SCENARIOS
                          if s not in ["cold"] + ALONE[:2]], SMOKE, 1, 3),
}


def machine():
    """What the numbers were taken on."""
    about = {"kernel": platform.release(), "cores": os.cpu_count(),
             "date": time.strftime("%Y-%m-%d")}
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                about["cpu"] = line.split(":", 1)[1].strip()
                break
    with open("/proc/meminfo") as f:
        about["memory"] = int(f.readline().split()[1]) * 1024
    about["etcsnap"] = subprocess.run(
        [Etcsnap.program, "--version"], capture_output=True, text=True,
        check=True).stdout.splitlines()[0]
    return about


def words(text, known, what):
    chosen = [w for w in text.split(",") if w]
    for w in chosen:
        if w not in known:
            raise Bench("unknown %s '%s'; known: %s"
                        % (what, w, ", ".join(known)))
    return chosen


def parse(argv):
    mode = os.environ.get("BENCH") or "all"
    if mode not in MODES:
        raise Bench("BENCH is '%s'; it may be quick, smoke or empty" % mode)
    some_trees, scenarios, peers, pairs, runs = MODES[mode]
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--trees", default=",".join(some_trees))
    p.add_argument("--scenarios", default=",".join(scenarios))
    p.add_argument("--peers", default=",".join(k.name for k in peers))
    p.add_argument("--pairs", type=int, default=pairs)
    p.add_argument("--slow", type=float, default=10, metavar="SECONDS",
                   help="where a run takes longer there are three pairs")
    p.add_argument("--runs", type=int, default=runs, help="of 'history'")
    p.add_argument("--seed", type=int, default=1000)
    p.add_argument("--format", choices=("text", "json"), default="text")
    p.add_argument("--plot", metavar="FILE", help="time over paths, as SVG")
    p.add_argument("--keep", metavar="NAME",
                   help="also write NAME.txt, NAME.json and NAME.svg")
    p.add_argument("--dir", default=None, help="where the trees are made")
    options = p.parse_args(argv)
    by_name = {c.name: c for c in PEERS}
    options.trees = words(options.trees, TREES, "tree")
    # In the order that spares baselines, whatever was asked for.
    chosen = words(options.scenarios, SCENARIOS, "scenario")
    options.scenarios = [s for s in SCENARIOS if s in chosen]
    options.peers = [by_name[n] for n in
                     words(options.peers, list(by_name), "peer")]
    if options.pairs < 1 or options.runs < 1:
        raise Bench("--pairs and --runs must be 1 or more")
    return options


def leave_out(options):
    """What cannot be measured here: {name: why}; it is taken away."""
    skipped = {c.name: c.missing() for c in options.peers if c.missing()}
    options.peers = [c for c in options.peers if c.name not in skipped]
    if "cold" in options.scenarios and no_cold_caches():
        skipped["cold"] = no_cold_caches()
        options.scenarios.remove("cold")
    return skipped


def write(name, text):
    with open(name, "w", encoding="utf-8") as f:
        f.write(text)


def give(options, document):
    """Print the results and write the files that were asked for."""
    as_json = json.dumps(document, indent=1) + "\n"
    as_text = report.text(document)
    sys.stdout.write(as_json if options.format == "json" else as_text)
    if options.keep:
        write(options.keep + ".txt", as_text)
        write(options.keep + ".json", as_json)
    picture = options.plot or (options.keep and options.keep + ".svg")
    if picture:
        write(picture, plot.draw(document))


def main(argv):
    options = parse(argv)
    if not shutil.which(Etcsnap.program):
        raise Bench("no program '%s'; set ETCSNAP" % Etcsnap.program)
    document = {"machine": machine(), "trees": {}, "results": [],
                "history": [], "failed": [], "skipped": leave_out(options)}
    work = tempfile.mkdtemp(prefix="etcsnap-bench.", dir=options.dir)
    start = time.monotonic()

    def told(text):
        print("bench: %4d s: %s" % (time.monotonic() - start, text),
              file=sys.stderr, flush=True)

    try:
        runner = Runner(work)
        document["versions"] = versions(runner, options.peers)
        bout = Bout(options, runner, told, document)
        for name in options.trees:
            bout.run(name)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    document["machine"]["files_only"] = bool(Etcsnap.files_only)
    document["targets"] = targets.reached(document)
    give(options, document)
    return 1 if document["failed"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Bench as failure:
        sys.exit("bench: %s" % failure)
