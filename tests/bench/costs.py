# SPDX-License-Identifier: MIT
"""costs.py - run a command and say what it cost"""
import os
import statistics
import subprocess
import time

DROP_CACHES = "/proc/sys/vm/drop_caches"


class Bench(Exception):
    """A failure that is told without a traceback."""


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

    def output(self, command, good=(0,)):
        """What a command prints; it is not measured."""
        done = subprocess.run(command, env=self.env, cwd=self.work,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, errors="replace", check=False)
        if done.returncode not in good:
            raise Bench("%s ended with %d:\n%s"
                        % (" ".join(command), done.returncode,
                           done.stderr[-2000:]))
        return done.stdout


def no_cold_caches():
    """Why caches cannot be emptied, or None."""
    if os.access(DROP_CACHES, os.W_OK):
        return None
    return "%s cannot be written" % DROP_CACHES


def drop_caches():
    """The next command reads names, attributes and bytes from the disk."""
    os.sync()
    with open(DROP_CACHES, "w") as f:
        f.write("3\n")


def shell(script, *words):
    """A command line of several steps as one process tree."""
    return ["sh", "-c", "set -e\n" + script, "sh"] + list(words)


def bytes_of(*paths, disk=True):
    """Bytes that files and folders occupy on disk, or have as content."""
    total = 0
    for path in paths:
        if not os.path.isdir(path):
            names = [path] if os.path.lexists(path) else []
        else:
            names = [path] if disk else []
            for where, below, files in os.walk(path):
                names.extend(os.path.join(where, f) for f in files)
                if disk:
                    names.extend(os.path.join(where, d) for d in below)
        for name in names:
            about = os.lstat(name)
            total += about.st_blocks * 512 if disk else about.st_size
    return total


def summary(values):
    """Least, median and greatest."""
    return {"min": min(values), "median": statistics.median(values),
            "max": max(values)}
