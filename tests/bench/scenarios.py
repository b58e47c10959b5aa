# SPDX-License-Identifier: MIT
"""scenarios.py - what is measured on a tree, and in which order"""
import os
import shutil
import statistics
import time

import trees
from costs import Bench, bytes_of, drop_caches, summary
from peers import ACTIONS, Contest, Etcsnap, Find, Git, GitStatus, History
from peers import stored

# In this order little has to be made known to a peer twice: a first run is
# the baseline of what follows, and nothing changes before "flat".
SCENARIOS = ["first", "none", "full", "cold", "flat", "changed10", "changed",
             "changed1000", "changed-all", "history", "startup"]
CHANGED = {"flat": 1, "changed10": 10, "changed": 100, "changed1000": 1000,
           "changed-all": None}
# How the time grows with what changed: no peer is asked.
ALONE = ["changed10", "changed1000", "changed-all"]
# Trees with scenarios of their own; all others have all but the ONLY ones.
LIMITED = {
    "1k": ["none", "changed"] + ALONE,
    "flat-1500": ["flat"],
    "flat-10000": ["flat"],
    "1m": ["first", "none", "full", "changed"] + ALONE,
    "real": ["first", "none", "full", "cold"],
    "watched": ["first", "none", "full", "cold"],
}
ONLY = {"flat": ["flat-1500", "flat-10000"],
        "history": ["smoke", "10k"],
        "startup": ["smoke", "10k"]}
FEW = {"1k": [Find, GitStatus, Git]}
STARTUP = ["version", "log", "completion"]
HISTORY_CHANGES = 10
# Pairs, where a run takes more than --slow seconds or a round this long.
SLOW_PAIRS = 3
LONG_PAIRS = 2
LONG = 60


def applies(tree, scenario):
    """Whether a scenario is for a tree."""
    if scenario not in LIMITED.get(tree, SCENARIOS):
        return False
    return tree in ONLY.get(scenario, [tree])


def one_round(options, scenario, contestants):
    """Each contestant once; returns their costs."""
    for tree in {id(c.tree): c.tree for c in contestants}.values():
        if scenario in CHANGED:
            tree.change(CHANGED[scenario], options.seed + tree.generation)
    costs = []
    for one in contestants:
        grows = scenario in CHANGED and hasattr(one, "repository")
        if scenario == "first":
            one.reset()
            one.before()
        before = bytes_of(one.repository(), disk=False) if grows else 0
        if scenario == "cold":
            drop_caches()
        elif ACTIONS[scenario] in ("first", "changed"):
            # No one pays for writing back what another one left.
            os.sync()
        cost = one.step(scenario)
        if grows:
            cost["added"] = (bytes_of(one.repository(), disk=False) - before)
        costs.append(cost)
    return costs


def measure(options, scenario, contestants, pairs):
    """Warm-up and rounds; returns the costs of each round."""
    if scenario != "first":
        for one in contestants:
            one.settle()
        # What was written in the same tick as it was read is read again.
        time.sleep(0.05)
    samples = []
    while len(samples) <= pairs:
        start = time.monotonic()
        samples.append(one_round(options, scenario, contestants))
        if time.monotonic() - start > LONG:
            pairs = min(pairs, LONG_PAIRS)
        elif max(cost["wall"] for cost in samples[0]) > options.slow:
            pairs = min(pairs, SLOW_PAIRS)
    return samples[1:]


def summarize(tree, scenario, contestants, samples):
    """One line of the table."""
    own, peer = contestants[0], contestants[-1]
    row = {"tree": tree.name, "scenario": scenario,
           "peer": peer.name if peer is not own else None,
           "pairs": len(samples)}
    for i, who in enumerate(("etcsnap", "against")[:len(contestants)]):
        row[who] = {what: summary([s[i][what] for s in samples])
                    for what in ("wall", "cpu", "rss", "added")
                    if what in samples[0][i]}
        row[who]["store"] = stored(contestants[i])
    row["etcsnap"]["repository"] = bytes_of(own.repository())
    if peer is not own:
        for name, a, b in (("peer_by_etcsnap", 1, 0), ("etcsnap_by_peer", 0, 1)):
            row[name] = {what: summary([s[a][what] / max(s[b][what], 1e-4)
                                        for s in samples])
                         for what in ("wall", "cpu")}
    row["samples"] = samples
    return row


def timed(runner, command):
    """Seconds of one command that must succeed."""
    start = time.monotonic()
    runner.output(command)
    return time.monotonic() - start


def measure_history(options, runner, own):
    """Many runs with few changes: do they grow slow, and what is stored?"""
    own.settle()
    walls = []
    for _ in range(options.runs):
        own.tree.change(HISTORY_CHANGES, options.seed + own.tree.generation)
        walls.append(own.step("changed")["wall"])
    repository = own.repository()
    names = os.listdir(repository + "/objects/pack")
    copy = runner.work + "/after-gc.git"
    shutil.copytree(repository, copy, symlinks=True)
    row = {"tree": own.tree.name, "runs": options.runs,
           "changes": HISTORY_CHANGES,
           "packs": sum(n.endswith(".pack") for n in names),
           "repository": bytes_of(repository),
           "state": stored(own) - bytes_of(repository),
           "fsck_seconds": timed(runner, ["git", "--git-dir=" + repository,
                                          "fsck", "--strict"]),
           "gc_seconds": timed(runner, ["git", "--git-dir=" + copy, "gc",
                                        "--quiet", "--prune=now"]),
           "after_gc": bytes_of(copy), "samples": walls}
    shutil.rmtree(copy)
    # The time of one run is noise, so ten around it.
    if len(walls) >= 25:
        row["run_10"] = statistics.median(walls[5:15])
        row["last_run"] = statistics.median(walls[-10:])
        row["growth"] = row["last_run"] / row["run_10"]
    return row


class Bout:
    """All scenarios and peers on one tree."""

    def __init__(self, options, runner, told, document):
        self.options = options
        self.runner = runner
        self.told = told
        self.document = document
        self.before = None      # the tree of the last bout, where of use

    def tree(self, name, kind):
        path = "%s/%s/tree-%s" % (self.runner.work, name, kind)
        if name == "watched" and self.before:
            self.told("making %s of %s" % (path, self.before.path))
            os.rename(self.before.path, path)
            self.before.path = path
            return trees.narrow(self.before)
        self.told("making %s" % path)
        if trees.is_real(name):
            return trees.copy_real(name, path)
        return trees.make(name, path)

    def attempt(self, what, action, *words):
        """What fails is told in the end, and the rest goes on."""
        self.told(what)
        try:
            return action(*words)
        except (Bench, OSError) as failure:
            self.told("failed: %s" % failure)
            self.document["failed"].append({"what": what,
                                            "why": str(failure)})
            return None

    def row(self, scenario, contest, kind, pairs):
        own = contest.program(Etcsnap)
        if scenario in STARTUP:
            own = contest.program(History)
        contestants = [own] + ([contest.program(kind)] if kind else [])
        samples = measure(self.options, scenario, contestants, pairs)
        return summarize(own.tree, scenario, contestants, samples)

    def kinds(self, name, scenario):
        """The peers of a scenario; None is none."""
        if scenario in ALONE:
            return [None]
        files = trees.TREES.get(name, (0,))[0]
        few = FEW.get(name, self.options.peers)
        kinds = [k for k in self.options.peers
                 if k in few and k.takes_part(name, files, scenario)]
        # How the time grows with the changes is of interest without a peer.
        return kinds or ([None] if scenario == "changed" else [])

    def scenario(self, name, scenario, contest):
        if scenario == "history":
            row = self.attempt("%s, history" % name, measure_history,
                               self.options, self.runner,
                               contest.program(History))
            if row:
                self.document["history"].append(row)
            return
        parts, pairs = [scenario], self.options.pairs
        if scenario == "startup":
            parts, pairs = STARTUP, 4 * pairs
        for part in parts:
            for kind in self.kinds(name, part):
                what = ", ".join([name, part] + [k.name for k in [kind] if k])
                row = self.attempt(what, self.row, part, contest, kind, pairs)
                if row:
                    self.document["results"].append(row)

    def run(self, name):
        """All scenarios on the tree of that name."""
        work = "%s/%s" % (self.runner.work, name)
        made = {}

        def tree_for(kind):
            if kind not in made:
                made[kind] = self.tree(name, kind)
            return made[kind]

        os.mkdir(work)
        contest = Contest(self.runner, work, tree_for)
        start = time.monotonic()
        self.document["trees"][name] = tree_for("own").facts()
        for scenario in self.options.scenarios:
            if applies(name, scenario):
                self.scenario(name, scenario, contest)
        self.document["trees"][name]["seconds"] = time.monotonic() - start
        self.before = None
        if name == "real" and "watched" in self.options.trees:
            self.before = made["own"]
            kept = self.runner.work + "/real-tree"
            os.rename(self.before.path, kept)
            self.before.path = kept
        shutil.rmtree(work)
