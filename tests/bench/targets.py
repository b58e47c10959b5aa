# SPDX-License-Identifier: MIT
"""targets.py - what etcsnap wants to reach, and what it reached"""

# Most that etcsnap may take of the peer's wall time, median of the pairs.
RATIOS = [
    # scenario, trees, peer, limit
    ("none", ("100k", "1m"), "find -printf", 0.45),
    ("none", ("100k", "1m"), "git status", 0.65),
    ("none", ("100k", "1m"), "git add+commit", 1 / 3),
    ("none", ("100k",), "restic", 1 / 25),
    ("none", ("100k",), "etckeeper", 1 / 50),
    ("none", ("100k",), "aide metadata", 1 / 100),
    ("changed", ("100k",), "git add+commit", 0.40),
    ("first", ("100k",), "git add+commit", 0.20),
    ("first", ("100k",), "git fast-import", 0.45),
    ("first", ("100k",), "git fast-import -1", 0.45),
    ("first", ("100k",), "aide sha256", 0.70),
    ("first", ("real", "watched"), "bare read 2", 1 / 0.85),
    ("first", ("real",), "aide sha256", 1 / 15),
    ("full", ("real", "watched"), "bare read 2", 1.2),
    ("full", ("real",), "aide sha256", 1 / 25),
    ("full", ("real",), "mtree sha256", 1 / 7),
    ("cold", ("100k", "real"), "find -printf", 0.45),
]
COLD_BARE = ("bare walk 2", "bare walk 8")
COLD_LIMIT = 1.1
MIB = 1 << 20
# Peak memory in bytes, the greatest of all runs.
MEMORY = [("none", "100k", 32 * MIB), ("none", "1m", 128 * MIB),
          ("first", "1m", 256 * MIB)]
CHANGED_ABOVE_NONE = 0.100      # seconds, 100 changed files
STORE_BY_CONTENT = 0.50
HISTORY_BY_GC = 2.0
HISTORY_PACKS = 20
HISTORY_GROWTH = 1.2
STARTUP = [("version", "--version", 0.010), ("log", "log -n 1", 0.030),
           ("completion", "completion of show", 0.030)]


def wall(row):
    return row["etcsnap"]["wall"]["median"]


def plain(number):
    return "%.3g" % number


def line(what, limit, reached, form=plain):
    """One target as it is printed and written."""
    return {"target": what, "limit": limit, "reached": reached,
            "ok": reached <= limit,
            "text": "%s (at most %s)" % (form(reached), form(limit))}


def megabytes(count):
    return "%.1f MiB" % (count / MIB)


def milliseconds(seconds):
    return "%.1f ms" % (seconds * 1000)


def of_ratios(rows):
    for scenario, trees, peer, limit in RATIOS:
        for r in rows:
            if (r["scenario"] == scenario and r["tree"] in trees and
                    r["peer"] == peer):
                yield line("%s, %s, etcsnap/%s" % (r["tree"], scenario, peer),
                           limit, r["etcsnap_by_peer"]["wall"]["median"])


def of_cold(rows):
    for tree in ("100k", "real"):
        bare = [r for r in rows if r["scenario"] == "cold" and
                r["tree"] == tree and r["peer"] in COLD_BARE]
        if bare:
            best = min(bare, key=lambda r: r["against"]["wall"]["median"])
            yield line("%s, cold, etcsnap/%s" % (tree, best["peer"]),
                       COLD_LIMIT, best["etcsnap_by_peer"]["wall"]["median"])


def of_memory(rows):
    for scenario, tree, limit in MEMORY:
        peaks = [r["etcsnap"]["rss"]["max"] for r in rows
                 if r["scenario"] == scenario and r["tree"] == tree]
        if peaks:
            yield line("%s, %s, peak memory" % (tree, scenario), limit,
                       max(peaks), megabytes)


def of_store(rows, trees):
    for r in rows:
        if r["scenario"] == "first" and r["tree"] == "100k":
            yield line("100k, repository on disk/content", STORE_BY_CONTENT,
                       r["etcsnap"]["repository"] / trees["100k"]["bytes"])
            return


def of_changes(rows):
    found = {}
    for r in rows:
        # Both beside the same peer, or the one it was beside does it.
        if r["tree"] == "100k" and r["scenario"] in ("none", "changed"):
            if r["scenario"] not in found or r["peer"] == "git add+commit":
                found[r["scenario"]] = wall(r)
    if len(found) == 2:
        yield line("100k, 100 changed, above an unchanged run",
                   CHANGED_ABOVE_NONE, found["changed"] - found["none"],
                   milliseconds)


def of_history(history):
    for h in history:
        name = "%s, %d runs with %d changes, " % (h["tree"], h["runs"],
                                                  h["changes"])
        yield line(name + "repository/after git gc", HISTORY_BY_GC,
                   h["repository"] / h["after_gc"])
        yield line(name + "packs", HISTORY_PACKS, h["packs"])
        if "growth" in h:
            yield line(name + "last run/run 10", HISTORY_GROWTH, h["growth"])


def of_startup(rows):
    for scenario, what, limit in STARTUP:
        for r in rows:
            if r["scenario"] == scenario:
                yield line("start-up, " + what, limit, wall(r), milliseconds)
                break


def reached(document):
    """All targets that the results say something about."""
    rows = document["results"]
    found = []
    for part in (of_ratios(rows), of_cold(rows), of_changes(rows),
                 of_memory(rows), of_store(rows, document["trees"]),
                 of_history(document["history"]), of_startup(rows)):
        found.extend(part)
    return found
