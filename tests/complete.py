# SPDX-License-Identifier: MIT
# complete.py - what a person at a shell gets who presses the tabulator
#
#	complete.py SHELL INIT SAID TYPED...
#
# Starts the shell on a terminal of its own with the lines of the file INIT, and
# types each TYPED, with the tabulator for each "\t" in it, and Enter. Prints the
# last word of each command that the shell ran, one a line, newlines as "\x0a":
# the command writes its words, each with a NUL, into a new file in the folder
# SAID.
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

COMMANDS = {
    "bash": ["bash", "--noprofile", "--norc", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--private", "--no-config", "-i"],
}


def read_until(fd, done, seconds):
    """What the shell shows until done(of all that) or time is over."""
    shown = b""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not done(shown):
        if select.select([fd], [], [], 0.05)[0]:
            shown += os.read(fd, 65536)
    return shown


def settle(fd, seconds):
    """What it shows until it was still for so long."""
    shown = b""
    while select.select([fd], [], [], seconds)[0]:
        shown += os.read(fd, 65536)
    return shown


def press(fd, typed, said):
    """Type a line; the last word of the command that was run."""
    before = set(os.listdir(said))
    shown = b""
    for i, part in enumerate(typed.split("\\t")):
        if i:
            os.write(fd, b"\t")
        shown += settle(fd, 0.15)
        os.write(fd, part.encode())
    shown += settle(fd, 0.15)
    os.write(fd, b"\n")
    shown += read_until(fd, lambda s: set(os.listdir(said)) - before, 20)
    new = set(os.listdir(said)) - before
    if not new:
        # what is left of the line must not be part of the next one
        os.write(fd, b"\x03")
        return "nothing was run; on the terminal: %r" % shown
    with open(os.path.join(said, new.pop()), "rb") as f:
        word = f.read().split(b"\0")[-2]
    return os.fsdecode(word).replace("\n", "\\x0a")


def main():
    shell, init, said = sys.argv[1:4]
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execvp(COMMANDS[shell][0], COMMANDS[shell])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
    # Shells forget what was typed before they were there.
    settle(fd, 1)
    # Cut in two, so that the line itself does not show it.
    os.write(fd, b"source %s; echo rea''dy\n" % os.fsencode(init))
    read_until(fd, lambda s: b"ready" in s, 30)
    for typed in sys.argv[4:]:
        settle(fd, 0.15)
        print(press(fd, typed, said), flush=True)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


main()
