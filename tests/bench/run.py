#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""run.py - etcsnap and its peers, measured in turns on the same trees

    make bench [BENCH=quick]
    tests/bench/run.py [--trees 10k,100k,1m] [--scenarios none,changed,first,full]
        [--peers NAME,...] [--pairs 5] [--format text|json] [--dir DIRECTORY]

For each tree, scenario and peer: one warm-up, then PAIRS times etcsnap and the
peer, A B A B ..., each a whole process with warm caches. What counts is the
ratio peer/etcsnap of each pair, given as least, median and greatest: absolute
times depend on the machine and on what else it does.

Scenarios: "none" nothing changed; "changed" 100 files got a line; "first" the
first run, nothing stored yet; "full" every file is read again.

Peers that are not installed are named as skipped, and so are those that only a
person can set up (tripwire and samhain ask for pass phrases). BENCH=quick takes the 10k
tree, find, git and mtree (under three minutes); BENCH=smoke only shows that
the bench itself works. ETCSNAP is the program, MEASURE the launcher built from
measure.c; without it the peak memory has a floor of about 12 MiB.
"""
import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import gen_tree  # noqa: E402

TREES = {
    # name: files, directories, least and greatest size of a file in bytes
    "smoke": (300, 20, 200, 8192),
    "10k": (10000, 500, 200, 8192),
    "100k": (100000, 5000, 200, 8192),
    "1m": (1000000, 20000, 50, 400),
}
CHANGED_FILES = 100
SCENARIOS = ["none", "changed", "first", "full"]


class Bench(Exception):
    """A failure that is told without a traceback."""


# --- running one command -------------------------------------------------------
def clean_environment(work):
    """What the caller's shell and git settings cannot reach."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("GIT_", "XDG_", "RESTIC_", "BORG_"))}
    env.update(HOME=work + "/home", LC_ALL="C.UTF-8", TZ="UTC",
               GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL="/dev/null",
               RESTIC_PASSWORD="bench", RESTIC_CACHE_DIR=work + "/restic-cache",
               BORG_BASE_DIR=work + "/borg-base",
               BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK="yes")
    for who in ("AUTHOR", "COMMITTER"):
        env["GIT_%s_NAME" % who] = "bench"
        env["GIT_%s_EMAIL" % who] = "bench@localhost"
    os.makedirs(env["HOME"], exist_ok=True)
    return env


class Runner:
    """Runs commands and says what they cost."""

    def __init__(self, work):
        self.work = work
        self.env = clean_environment(work)
        self.launcher = os.environ.get("MEASURE") or None

    def run(self, command, good):
        """One command, its output thrown away; returns its costs."""
        note = self.work + "/measured"
        errors = open(self.work + "/errors", "w+b")
        if self.launcher:
            subprocess.run([self.launcher, note] + command, env=self.env,
                           stdin=subprocess.DEVNULL, cwd=self.work,
                           stdout=subprocess.DEVNULL, stderr=errors,
                           check=True)
            with open(note) as f:
                wall, user, system, peak, status = f.read().split()
        else:
            start = time.monotonic()
            child = subprocess.Popen(command, env=self.env, cwd=self.work,
                                     stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, stderr=errors)
            _, status, used = os.wait4(child.pid, 0)
            wall = time.monotonic() - start
            child.returncode = os.waitstatus_to_exitcode(status)
            user, system, peak = used.ru_utime, used.ru_stime, used.ru_maxrss
            status = child.returncode
        if int(status) not in good:
            errors.seek(0)
            text = errors.read().decode(errors="replace")[-2000:]
            raise Bench("%s ended with %s:\n%s" % (" ".join(command), status,
                                                   text))
        errors.close()
        return {"wall": float(wall), "cpu": float(user) + float(system),
                "rss": int(peak) * 1024}


def shell(script, *words):
    """A command line of several steps as one process tree."""
    return ["sh", "-c", "set -e\n" + script, "sh"] + list(words)


def disk_bytes(path):
    """Bytes that a file or folder occupies on disk."""
    total = 0
    for where, _, files in os.walk(path):
        for name in [where] + [os.path.join(where, f) for f in files]:
            total += os.lstat(name).st_blocks * 512
    if os.path.isfile(path):
        total = os.lstat(path).st_blocks * 512
    return total


# --- the programs --------------------------------------------------------------
class Program:
    """One contestant. Scenarios that it has no answer to are left out.

    prepare() brings it to the state "knows the tree as it is now"; command()
    returns what is measured; reset() forgets everything before a first run.
    """
    name = ""
    needs = None
    good = {0}
    scenarios = SCENARIOS
    largest = 10 ** 9
    in_tree = False

    def __init__(self, runner, tree, work):
        self.runner = runner
        self.tree = tree
        self.store = "%s/%s" % (work, self.name.replace(" ", "-")
                                .replace("+", "-"))
        os.makedirs(self.store, exist_ok=True)
        self.setup()

    def setup(self):
        """Configuration files and the like."""

    def command(self, scenario):
        raise NotImplementedError

    def step(self, scenario):
        return self.runner.run(self.command(scenario), self.good)

    def reset(self):
        shutil.rmtree(self.store, ignore_errors=True)
        os.makedirs(self.store)
        self.setup()

    def prepare(self):
        self.reset()
        self.step("first")

    @classmethod
    def missing(cls):
        """Why it cannot take part, or None."""
        if cls.needs and not shutil.which(cls.needs):
            return "%s is not installed" % cls.needs
        return None


class Etcsnap(Program):
    name = "etcsnap"
    program = os.environ.get("ETCSNAP", "etcsnap")

    def setup(self):
        with open(self.store + "/conf", "w") as f:
            f.write("[repository]\npath = %s/state/repo.git\n"
                    "[files]\ninclude = %s\n" % (self.store, self.tree))
        os.makedirs(self.store + "/state", exist_ok=True)

    def command(self, scenario):
        run = [self.program, "-c", self.store + "/conf"]
        if scenario == "first":
            return shell('"$1" "$2" "$3" init && exec "$1" "$2" "$3" commit',
                         *run)
        if scenario == "full":
            return run + ["commit", "--full"]
        return run + ["commit"]


class Find(Program):
    name = "find -printf"
    needs = "find"
    scenarios = ["none"]

    def command(self, scenario):
        return ["find", self.tree, "-printf",
                "%p %s %T@ %C@ %i %m %U %G\\n"]


class Git(Program):
    """Plain git with the repository outside of the tree."""
    name = "git add+commit"
    needs = "git"
    scenarios = ["none", "changed", "first"]

    def setup(self):
        self.git = ["git", "-c", "gc.auto=0", "--git-dir=" + self.store +
                    "/git", "--work-tree=" + self.tree]

    def command(self, scenario):
        if scenario == "first":
            return shell('"$@" init -q && "$@" add -A && "$@" commit -q -m x',
                         *self.git)
        return shell('"$@" add -A && { "$@" commit -q -m x || :; }', *self.git)


class GitStatus(Git):
    name = "git status"
    scenarios = ["none"]

    def command(self, scenario):
        if scenario == "first":
            return super().command(scenario)
        return self.git + ["-c", "core.untrackedCache=false", "status",
                           "--porcelain"]


class Mtree(Program):
    name = "mtree"
    needs = "mtree"
    scenarios = ["none"]
    good = {0, 2}
    keywords = []

    def command(self, scenario):
        if scenario == "first":
            return shell('spec=$1 tree=$2; shift 2\n'
                         'mtree -c "$@" -p "$tree" >"$spec"',
                         self.store + "/spec", self.tree, *self.keywords)
        return ["mtree", "-p", self.tree, "-f", self.store + "/spec"]


class MtreeSha256(Mtree):
    name = "mtree sha256"
    scenarios = ["first", "full"]
    keywords = ["-K", "sha256"]


class Aide(Program):
    name = "aide metadata"
    needs = "aide"
    scenarios = ["none", "changed"]
    largest = 100000
    good = set(range(8))
    group = "p+i+n+u+g+s+m+c+ftype"

    def setup(self):
        self.conf = self.store + "/conf"
        with open(self.conf, "w") as f:
            f.write("database_in=file:{0}/db\ndatabase_out=file:{0}/db.new\n"
                    "database_new=file:{0}/db.new\ngzip_dbout=no\n"
                    "report_url=file:{0}/report\n"
                    "{1} {2}\n".format(self.store, self.tree, self.group))

    def command(self, scenario):
        if scenario == "first":
            return shell('aide --init -c "$1/conf"; mv "$1/db.new" "$1/db"',
                         self.store)
        if scenario == "changed":
            return shell('aide --update -c "$1/conf" || [ $? -lt 8 ]\n'
                         'mv "$1/db.new" "$1/db"', self.store)
        return ["aide", "--check", "-c", self.conf]


class AideSha256(Aide):
    name = "aide sha256"
    scenarios = ["first", "full"]
    group = Aide.group + "+sha256"


class Integrit(Program):
    name = "integrit"
    needs = "integrit"
    scenarios = ["first", "full"]

    def setup(self):
        with open(self.store + "/conf", "w") as f:
            f.write("root=%s\nknown=%s/known.cdb\ncurrent=%s/current.cdb\n"
                    % (self.tree, self.store, self.store))

    def command(self, scenario):
        conf = self.store + "/conf"
        if scenario == "first":
            return shell('integrit -C "$1" -u && mv "$2/current.cdb" '
                         '"$2/known.cdb"', conf, self.store)
        return ["integrit", "-C", conf, "-c"]


class Etckeeper(Program):
    """Keeps its repository in the tree, so it has a tree of its own."""
    name = "etckeeper"
    needs = "etckeeper"
    scenarios = ["none", "changed"]
    largest = 100000
    in_tree = True

    def command(self, scenario):
        if scenario == "first":
            return shell('etckeeper init -d "$1"\ngit -C "$1" config gc.auto 0\n'
                         'etckeeper commit -d "$1" x', self.tree)
        return shell('etckeeper commit -d "$1" x || :', self.tree)

    def reset(self):
        for name in (".git", ".etckeeper", ".gitignore"):
            path = "%s/%s" % (self.tree, name)
            if os.path.isdir(path):
                shutil.rmtree(path)
            elif os.path.exists(path):
                os.unlink(path)


class Restic(Program):
    name = "restic"
    needs = "restic"
    scenarios = ["none", "changed", "first"]
    largest = 100000

    def command(self, scenario):
        repo = self.store + "/repo"
        if scenario == "first":
            return shell('restic -q -r "$1" init && restic -q -r "$1" '
                         'backup "$2"', repo, self.tree)
        return ["restic", "-q", "-r", repo, "backup", self.tree]


class Borg(Program):
    name = "borg"
    needs = "borg"
    scenarios = ["none", "changed", "first"]
    largest = 100000

    def command(self, scenario):
        repo = self.store + "/repo"
        create = 'borg create "$1::{now:%Y-%m-%dT%H:%M:%S.%f}" "$2"'
        if scenario == "first":
            create = 'borg init -e none "$1" && ' + create
        return shell(create, repo, self.tree)


PEERS = [Find, GitStatus, Git, Mtree, MtreeSha256, Integrit, Etckeeper, Aide,
         AideSha256, Restic, Borg]
BY_HAND = {"tripwire": "asks for pass phrases", "samhain": "asks for a baseline "
           "under its own system paths"}
QUICK = [Find, GitStatus, Git, Mtree, MtreeSha256]


# --- the measurement -----------------------------------------------------------
def measure_pair(options, scenario, own, peer):
    """Warm-up and pairs of one scenario; returns samples of both."""
    samples = []
    if scenario != "first":
        for one in (own, peer):
            one.prepare()
            # What lies in the same tick as the first run is read again once.
            time.sleep(0.1)
            one.step("none")
    for number in range(options.pairs + 1):
        pair = []
        if scenario == "changed":
            for tree in {own.tree, peer.tree}:
                gen_tree.change_files(tree, CHANGED_FILES,
                                      options.seed + number)
        for one in (own, peer):
            if scenario == "first":
                one.reset()
            pair.append(one.step(scenario))
        if number > 0:
            samples.append(pair)
    return samples


def summary(values):
    return {"min": min(values), "median": statistics.median(values),
            "max": max(values)}


def summarize(tree, scenario, own, peer, samples):
    """One line of the table."""
    row = {"tree": tree, "scenario": scenario, "peer": peer.name,
           "pairs": len(samples)}
    for i, who in enumerate(("etcsnap", "against")):
        row[who] = {what: summary([s[i][what] for s in samples])
                    for what in ("wall", "cpu", "rss")}
    row["etcsnap"]["store"] = disk_bytes(own.store)
    store = peer.tree + "/.git" if peer.in_tree else peer.store
    row["against"]["store"] = disk_bytes(store)
    row["ratio_wall"] = summary([b["wall"] / a["wall"] for a, b in samples])
    row["ratio_cpu"] = summary([b["cpu"] / max(a["cpu"], 1e-4)
                                for a, b in samples])
    row["samples"] = samples
    return row


def bench_tree(options, runner, name, told):
    """All scenarios and peers on one tree."""
    files, directories, low, high = TREES[name]
    work = "%s/%s" % (runner.work, name)
    os.mkdir(work)
    trees = {}

    def tree(kind):
        if kind not in trees:
            path = "%s/tree-%s" % (work, kind)
            told("making %s" % path)
            gen_tree.make_tree(path, files, directories, low, high)
            trees[kind] = path
        return trees[kind]

    rows = []
    for scenario in options.scenarios:
        for kind in options.peers:
            if scenario not in kind.scenarios or files > kind.largest:
                continue
            told("%s, %s, %s" % (name, scenario, kind.name))
            own = Etcsnap(runner, tree("own"), work)
            peer = kind(runner, tree("peer" if kind.in_tree else "own"), work)
            samples = measure_pair(options, scenario, own, peer)
            rows.append(summarize(name, scenario, own, peer, samples))
            for one in (own, peer):
                one.reset()
    shutil.rmtree(work)
    return rows


# --- output --------------------------------------------------------------------
def machine(options):
    """What the numbers were taken on."""
    about = {"kernel": platform.release(), "cores": os.cpu_count(),
             "pairs": options.pairs, "date": time.strftime("%Y-%m-%d")}
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


def size(count):
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return "%.3g %s" % (count, unit)
        count /= 1024.0
    return "%.3g GiB" % count


def print_text(document):
    about = document["machine"]
    print("%s; %s, %s cores, %s memory, kernel %s, %s"
          % (about["etcsnap"], about.get("cpu", "unknown processor"),
             about["cores"], size(about["memory"]), about["kernel"],
             about["date"]))
    print("medians of %d interleaved pairs; etcsnap / peer"
          % about["pairs"])
    head = ["tree", "scenario", "peer", "wall s", "CPU s", "peak memory",
            "store on disk", "peer/etcsnap wall (min median max)", "CPU"]
    table = [head]
    for r in document["results"]:
        def both(what, form):
            return "%s / %s" % (form(r["etcsnap"][what]["median"]),
                                form(r["against"][what]["median"]))
        table.append([
            r["tree"], r["scenario"], r["peer"],
            both("wall", "{:.3f}".format), both("cpu", "{:.3f}".format),
            both("rss", size),
            "%s / %s" % (size(r["etcsnap"]["store"]), size(r["against"]["store"])),
            "%(min).2f  %(median).2f  %(max).2f" % r["ratio_wall"],
            "%(median).2f" % r["ratio_cpu"]])
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    for row in table:
        print("  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip())
    for name, why in document["skipped"].items():
        print("skipped: %s (%s)" % (name, why))


def words(text, known, what):
    chosen = [w for w in text.split(",") if w]
    for w in chosen:
        if w not in known:
            raise Bench("unknown %s '%s'; known: %s"
                        % (what, w, ", ".join(known)))
    return chosen


def parse(argv):
    mode = os.environ.get("BENCH") or "all"
    if mode not in ("all", "quick", "smoke"):
        raise Bench("BENCH is '%s'; it may be quick, smoke or empty" % mode)
    trees = {"all": "10k,100k,1m", "quick": "10k", "smoke": "smoke"}[mode]
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--trees", default=trees)
    p.add_argument("--scenarios", default=",".join(SCENARIOS))
    p.add_argument("--peers", default="")
    p.add_argument("--pairs", type=int, default=2 if mode == "smoke" else 5)
    p.add_argument("--seed", type=int, default=1000)
    p.add_argument("--format", choices=("text", "json"), default="text")
    p.add_argument("--dir", default=None, help="where the trees are made")
    options = p.parse_args(argv)
    by_name = {c.name: c for c in PEERS}
    options.trees = words(options.trees, list(TREES), "tree")
    options.scenarios = words(options.scenarios, SCENARIOS, "scenario")
    if options.peers:
        options.peers = [by_name[n] for n in
                         words(options.peers, list(by_name), "peer")]
    else:
        options.peers = QUICK if mode != "all" else PEERS
    if options.pairs < 1:
        raise Bench("--pairs must be 1 or more")
    return options


def main(argv):
    options = parse(argv)
    if not shutil.which(Etcsnap.program):
        raise Bench("no program '%s'; set ETCSNAP" % Etcsnap.program)
    skipped = {c.name: c.missing() for c in options.peers if c.missing()}
    if len(options.peers) == len(PEERS):
        skipped.update(BY_HAND)
    options.peers = [c for c in options.peers if c.name not in skipped]
    work = tempfile.mkdtemp(prefix="etcsnap-bench.", dir=options.dir)

    def told(text):
        print("bench: " + text, file=sys.stderr, flush=True)

    try:
        runner = Runner(work)
        results = []
        for name in options.trees:
            results.extend(bench_tree(options, runner, name, told))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    document = {"machine": machine(options), "results": results,
                "skipped": skipped}
    if options.format == "json":
        json.dump(document, sys.stdout, indent=1)
        print()
    else:
        print_text(document)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Bench as failure:
        sys.exit("bench: %s" % failure)
