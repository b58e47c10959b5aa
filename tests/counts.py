# SPDX-License-Identifier: MIT
"""counts.py - what a run cost, out of what callgrind and strace wrote

    counts.py profile FILE      instructions, how many of them are inside
                                git_libgit2_init(), and calls of the functions
                                that allocate
    counts.py trace FILE...     how often each system call was made, and how
                                many bytes were written but to stdout and
                                stderr
    counts.py slope LESS MORE N what MORE has over LESS for each of N, where
                                that is not nothing

Each writes lines of a name, a blank and a number, and that is what "slope"
reads. Profiles come from callgrind --compress-strings=no, traces from
strace -ff -y.
"""
import collections
import itertools
import re
import sys

ALLOCATE = {"malloc", "calloc", "realloc", "aligned_alloc", "memalign",
            "posix_memalign"}
WRITE = {"write", "pwrite64", "writev", "pwritev", "pwritev2", "sendfile",
         "copy_file_range"}
# write(4</a/file>, "x"..., 512) = 512
CALL = re.compile(r"(\w+)\((?:(\d+)(?:<.*?>)?, )?.* = (-?\d+)")


def profile(files):
    """Costs of one run under callgrind."""
    found = dict.fromkeys(("instructions", "libgit2", "allocations"), 0)
    callee, called = "", False
    for line in itertools.chain(*files):
        if called and callee == "git_libgit2_init":
            found["libgit2"] += int(line.split()[1])
        called = line.startswith("calls=")
        if line.startswith("cfn="):
            callee = line[4:].strip()
        elif called and callee in ALLOCATE:
            found["allocations"] += int(line[6:].split()[0])
        elif line.startswith(("summary:", "totals:")):
            found["instructions"] = int(line.split()[1])
    return found


def trace(files):
    """System calls of one run under strace."""
    found = collections.Counter({"written": 0})
    for line in itertools.chain(*files):
        call = CALL.match(line)
        if not call:
            continue
        name, fd, result = call.groups()
        found[name] += 1
        if name in WRITE and fd not in ("1", "2"):
            found["written"] += max(0, int(result))
    return found


def numbers(path):
    """What profile() or trace() wrote."""
    with open(path, encoding="ascii") as file:
        return {k: int(v) for k, v in (line.split() for line in file)}


def main():
    """See above."""
    if sys.argv[1] == "slope":
        less, more = numbers(sys.argv[2]), numbers(sys.argv[3])
        found = {k: (more.get(k, 0) - less.get(k, 0)) / int(sys.argv[4])
                 for k in set(less) | set(more)}
        found = {k: "%.4f" % v for k, v in found.items() if v}
    else:
        files = (open(path, encoding="utf-8", errors="replace")
                 for path in sys.argv[2:])
        found = {"profile": profile, "trace": trace}[sys.argv[1]](files)
    for name in sorted(found):
        print(name, found[name])


main()
