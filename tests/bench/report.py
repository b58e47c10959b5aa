# SPDX-License-Identifier: MIT
"""report.py - the results as tables"""
from trees import is_real

# Columns of the scaling table.
SCALE = [("none", "0"), ("changed10", "10"), ("changed", "100"),
         ("changed1000", "1000"), ("changed-all", "all")]


def size(count):
    for unit in ("B", "KiB", "MiB"):
        if abs(count) < 1000:
            return "%.3g %s" % (count, unit)
        count /= 1024.0
    return "%.3g GiB" % count


def seconds(count):
    return "%.3f" % count if count < 10 else "%.1f" % count


def columns(table):
    """Lines of a table; the first row is its head."""
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    return ["  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip()
            for row in table]


def both(row, what, form):
    """etcsnap's median and, where there is one, the peer's."""
    told = []
    for who in ("etcsnap", "against"):
        if who in row:
            value = row[who].get(what, "-")
            if isinstance(value, dict):
                value = value["median"]
            told.append(value if value == "-" else form(value))
    return " / ".join(told)


def ratio_text(row, what):
    return "%(min).2f  %(median).2f  %(max).2f" % row["peer_by_etcsnap"][what]


def about_machine(document):
    about = document["machine"]
    yield ("%s; %s, %s cores, %s memory, kernel %s, %s"
           % (about["etcsnap"], about.get("cpu", "unknown processor"),
              about["cores"], size(about["memory"]), about["kernel"],
              about["date"]))
    yield ("whole processes in turns, one warm-up; medians, etcsnap / peer; "
           "warm caches but for 'cold'")
    yield ("etcsnap %s" % ("with [collect] parts = files" if
                           about["files_only"] else "as it is by default"))
    for peer in sorted(document["versions"]):
        yield "peer: " + document["versions"][peer]


def about_trees(document):
    table = [["tree", "paths", "content"]]
    for name, about in document["trees"].items():
        table.append([name, str(about["paths"]), size(about["bytes"])])
    yield from columns(table)
    for name, about in document["trees"].items():
        if is_real(name):
            yield ("%s: a copy of this machine's %s; left out for their size: "
                   "%s" % (name, "/etc and /usr" if name == "real" else
                           "/etc and what is watched of /usr by default",
                           " ".join(about.get("left_out", [])) or "nothing"))


def results(document):
    table = [["tree", "scenario", "peer", "pairs", "wall s", "CPU s",
              "peak memory", "store on disk",
              "peer/etcsnap wall (min median max)", "CPU"]]
    for r in document["results"]:
        table.append([
            r["tree"], r["scenario"], r["peer"] or "-", str(r["pairs"]),
            both(r, "wall", seconds), both(r, "cpu", seconds),
            both(r, "rss", size), both(r, "store", size),
            ratio_text(r, "wall") if r["peer"] else "-",
            "%.2f" % r["peer_by_etcsnap"]["cpu"]["median"] if r["peer"]
            else "-"])
    return columns(table)


def scaling(document):
    """etcsnap's wall and CPU seconds and what it wrote, by paths and changes."""
    best = {}
    for r in document["results"]:
        key = (r["tree"], r["scenario"])
        # Of several rows the one with the most pairs, then the first.
        if key not in best or best[key]["pairs"] < r["pairs"]:
            best[key] = r
    table = [["paths"] + ["%s changed" % text for _, text in SCALE]]
    for name, about in document["trees"].items():
        line = [str(about["paths"])]
        for scenario, _ in SCALE:
            r = best.get((name, scenario))
            if not r:
                line.append("-")
                continue
            own = r["etcsnap"]
            line.append("%s s, CPU %s" % (seconds(own["wall"]["median"]),
                                          seconds(own["cpu"]["median"])))
            if "added" in own:
                line[-1] += ", +" + size(own["added"]["median"])
        if len(set(line[2:])) > 1 and not is_real(name):
            table.append(line)
    return columns(table) if len(table) > 1 else []


def flat(document):
    for r in document["results"]:
        if r["scenario"] == "flat":
            yield ("%s: one changed file of one directory: wall %s s, bytes "
                   "added to the repository %s (%s)"
                   % (r["tree"], both(r, "wall", seconds),
                      both(r, "added", size), r["peer"]))


def history(document):
    for h in document["history"]:
        yield ("%s: %d runs with %d changes: %d packs, repository %s, after "
               "git gc of a copy %s (%.2f x; gc took %s s), state %s"
               % (h["tree"], h["runs"], h["changes"], h["packs"],
                  size(h["repository"]), size(h["after_gc"]),
                  h["repository"] / h["after_gc"], seconds(h["gc_seconds"]),
                  size(h["state"])))
        yield ("%s: git fsck --strict passed in %s s"
               % (h["tree"], seconds(h["fsck_seconds"])))
        if "growth" in h:
            yield ("%s: run 10 took %s s, the last %s s: %.2f x (medians of "
                   "ten runs)" % (h["tree"], seconds(h["run_10"]),
                                  seconds(h["last_run"]), h["growth"]))


def targets(document):
    table = [["target", "reached", ""]]
    for t in document["targets"]:
        table.append([t["target"], t["text"], "ok" if t["ok"] else "MISSED"])
    return columns(table) if len(table) > 1 else []


def left_out(document):
    for name, why in document["skipped"].items():
        yield "skipped: %s (%s)" % (name, why)
    for failure in document["failed"]:
        yield "failed: %s: %s" % (failure["what"], failure["why"].strip())


def text(document):
    """All of it, parts apart by an empty line."""
    parts = []
    for title, part in ((None, about_machine), (None, about_trees),
                        (None, results),
                        ("Time by paths and changed files", scaling),
                        ("Flat directories", flat),
                        ("Many runs", history), ("Targets", targets),
                        (None, left_out)):
        lines = list(part(document))
        if lines:
            parts.append("\n".join(([title] if title else []) + lines))
    return "\n\n".join(parts) + "\n"
