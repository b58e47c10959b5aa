# SPDX-License-Identifier: MIT
# complete.py - what a person at a shell gets who presses the tabulator
#
#	complete.py SHELL INIT TYPED SAID
#
# Starts the shell on a terminal of its own with the lines of the file INIT,
# types TYPED, whose tabulators are pressed as such, then Enter. Prints the
# words of the command that the shell ran, one a line, newlines as "\x0a": the
# command writes them into the file SAID, each with a NUL.
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


def press(fd, shell, init, typed, said):
    shown = settle(fd, 1)
    # Cut in two, so that the line itself does not show it.
    os.write(fd, b"source %s; echo rea''dy\n" % os.fsencode(init))
    shown += read_until(fd, lambda s: b"ready" in s, 30)
    for i, part in enumerate(typed.split("\t")):
        if i:
            os.write(fd, b"\t")
        shown += settle(fd, 0.4)
        os.write(fd, part.encode())
    shown += settle(fd, 0.4)
    os.write(fd, b"\n")
    return shown + read_until(fd, lambda s: os.path.exists(said), 20)


def main():
    shell, init, typed, said = sys.argv[1:5]
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execvp(COMMANDS[shell][0], COMMANDS[shell])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
    shown = press(fd, shell, init, typed, said)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    if not os.path.exists(said):
        sys.exit("nothing was run; on the terminal: %r" % shown)
    with open(said, "rb") as f:
        for word in f.read().split(b"\0")[:-1]:
            print(os.fsdecode(word).replace("\n", "\\x0a"))


main()
