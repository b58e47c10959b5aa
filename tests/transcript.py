# SPDX-License-Identifier: MIT
# transcript.py - run the commands that a text shows, compare what they print
#
#	transcript.py TEXT ROOT [-u]
#
# A command stands behind "    web1# ", and below it, indented as well, what it
# prints; other prompts are not for this. All are run in the order of the text,
# each on a terminal of 80 columns, as root of a machine whose files are below
# ROOT. Times, ids and sizes of what is stored differ from run to run and are not
# compared. With -u the text is written anew with what was printed.
import difflib
import fcntl
import os
import pty
import re
import struct
import sys
import termios
import time

PROMPT = "    web1# "

# What differs, and what it is compared as.
MOVING = [
    (r"\b([0-9a-f]{40}|[0-9a-f]{32})\b", "ID"),
    (r"(?<![0-9a-zA-Z-])(?=[0-9a-f]*[0-9])[0-9a-f]{7}\b", "ID"),
    (r"\b[0-9a-f]{4,10}\.\.[0-9a-f]{4,10}\b", "ID..ID"),
    (r"\b20\d\d-\d\d-\d\d", "DAY"),
    (r"\b[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} 20\d\d", "DAY"),
    (r"\b\d\d:\d\d(:\d\d)?(\.\d{9})?\b", "TIME"),
    (r"\b\d+(\.\d+)? (B|KiB|MiB)\b", "SIZE"),
    (r" +", " "),
]


def run(command, root):
    """What a command shows on a terminal; its files are below root."""
    if not command.startswith("etcsnap"):
        command = re.sub(r"(?<![\w./])/(?=etc/)", root + "/", command)
    # A change is told apart from the run that finds it.
    time.sleep(1.1)
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 80, 0, 0))
        os.execvp("sh", ["sh", "-c", command])
    out = b""
    while True:
        try:
            more = os.read(fd, 65536)
        except OSError:
            break
        if not more:
            break
        out += more
    os.waitpid(pid, 0)
    text = out.decode().replace("\r\n", "\n").replace(root, "")
    text = text.replace(os.path.dirname(root) + "/state", "/var/lib/etcsnap")
    return [line.rstrip() for line in text.splitlines()]


def still(lines):
    """The lines as they are compared."""
    text = "\n".join(line.strip() for line in lines).strip()
    for pattern, word in MOVING:
        text = re.sub(pattern, word, text)
    return text.split("\n")


def shown(lines, at):
    """The printed lines below a command: its index of the first one after."""
    end = at
    while end < len(lines):
        line = lines[end]
        if line.startswith(PROMPT) or (line and not line.startswith("    ")):
            break
        end += 1
    while end > at and not lines[end - 1]:
        end -= 1
    return end


def main():
    name, root = sys.argv[1:3]
    update = "-u" in sys.argv[3:]
    with open(name, encoding="utf-8") as f:
        lines = f.read().splitlines()
    new, at, wrong = [], 0, 0
    while at < len(lines):
        new.append(lines[at])
        at += 1
        if not lines[at - 1].startswith(PROMPT):
            continue
        command = lines[at - 1][len(PROMPT):]
        end = shown(lines, at)
        want = [line[4:] for line in lines[at:end]]
        got = run(command, root)
        same = still(want) == still(got)
        if not same and not update:
            wrong += 1
            print("%s%s" % (PROMPT, command),
                  *difflib.unified_diff(still(want), still(got), "text",
                                        "printed", lineterm=""), sep="\n")
        new += ["    " + line if line else "" for line in
                (got if update and not same else want)]
        at = end
    if update:
        with open(name, "w", encoding="utf-8") as f:
            f.write("\n".join(new) + "\n")
    sys.exit(wrong > 0)


main()
