# SPDX-License-Identifier: MIT
"""peers.py - etcsnap and the programs that it is measured against"""
import os
import shutil
import subprocess

from costs import Bench, bytes_of, shell
from trees import REAL, is_real

# What a scenario asks of a program.
ACTIONS = {"none": "none", "cold": "none", "first": "first", "full": "full",
           "changed": "changed", "changed10": "changed",
           "changed1000": "changed", "changed-all": "changed",
           "flat": "changed", "version": "version", "log": "log",
           "completion": "completion"}


class Program:
    """One contestant. Scenarios that it has no answer to are left out.

    step() runs and measures; settle() brings it to the state "knows the tree
    as it is now", with as little work as it can; reset() forgets everything.
    Programs of one SHARED name have one store.
    """
    name = ""
    shared = None           # name of the store, where it is not the name
    needs = None            # what must be installed
    good = {0}              # exit codes of success
    scenarios = []
    largest = {}            # files up to which it takes part: {scenario: n}
    on_real = {}            # scenarios on the copy of the machine's files
    in_tree = False         # keeps its store in the tree
    updates = False         # "changed" leaves it knowing the tree

    def __init__(self, runner, tree, work, known):
        self.runner = runner
        self.tree = tree
        self.known = known
        self.work = work
        self.store = "%s/%s" % (work, (self.shared or self.name)
                                .replace(" ", "-").replace("+", "-"))
        if not os.path.isdir(self.store):
            os.makedirs(self.store)
        self.setup()

    def setup(self):
        """Configuration files and the like."""

    def before(self):
        """What a first run needs and is not part of what is measured."""

    def command(self, action):
        """The command line that is measured."""
        raise NotImplementedError

    def step(self, scenario):
        """One run; returns what it cost."""
        action = ACTIONS[scenario]
        costs = self.runner.run(self.command(action), self.good)
        if action == "first" or (action == "changed" and self.updates):
            self.known[self.store] = self.tree.generation
        return costs

    def reset(self):
        self.known.pop(self.store, None)
        shutil.rmtree(self.store, ignore_errors=True)
        os.makedirs(self.store)
        self.setup()

    def settle(self):
        known = self.known.get(self.store)
        if known == self.tree.generation:
            return
        if known is None or not self.updates:
            self.reset()
            self.before()
            self.step("first")
        else:
            self.step("changed")

    def kept(self):
        """The files and folders that it needs the next time."""
        return [self.store]

    @classmethod
    def missing(cls):
        """Why it cannot take part, or None."""
        if cls.needs and not shutil.which(cls.needs):
            return "%s is not installed" % cls.needs
        return None

    @classmethod
    def takes_part(cls, tree, files, scenario):
        """Whether it has an answer on the tree TREE of FILES files."""
        if is_real(tree):
            return scenario in cls.on_real.get(tree, ())
        return (scenario in cls.scenarios and
                files <= cls.largest.get(scenario, cls.largest.get("", files)))


class Etcsnap(Program):
    name = "etcsnap"
    program = os.environ.get("ETCSNAP", "etcsnap")
    updates = True
    files_only = None

    def setup(self):
        include = [self.tree.path]
        self.run = [self.program, "-c", self.store + "/conf"]
        if is_real(self.tree.name):
            include = ["/" + p for p in REAL[self.tree.name]]
            self.run += ["--root", self.tree.path]
        with open(self.store + "/conf", "w") as f:
            f.write("[repository]\npath = %s\n[files]\n" % self.repository())
            f.writelines("include = %s\n" % p for p in include)
            if self.takes_parts():
                f.write("[collect]\nparts = files\n")
            # Programs are watched by digest; what AIDE does is no more.
            if self.tree.name == "real":
                f.write("[rule usr]\nmatch = /usr\nclass = digest\n")
        os.makedirs(self.store + "/state", exist_ok=True)

    def takes_parts(self):
        """Whether more than files is recorded, and this can be switched off."""
        if Etcsnap.files_only is None:
            probe = self.runner.work + "/probe.conf"
            with open(probe, "w") as f:
                f.write("[collect]\nparts = files\n")
            done = subprocess.run([self.program, "-c", probe, "config",
                                   "check"], env=self.runner.env,
                                  capture_output=True, check=False)
            Etcsnap.files_only = done.returncode == 0
        return Etcsnap.files_only

    def repository(self):
        return self.store + "/state/repo.git"

    def kept(self):
        return [self.store + "/state"]

    def command(self, action):
        if action == "first":
            return shell('"$@" init && exec "$@" commit --no-notify',
                         *self.run)
        if action == "version":
            return [self.program, "--version"]
        if action == "log":
            return self.run + ["log", "-n", "1"]
        if action == "completion":
            return [self.program, "completion", "bash", "--",
                    " ".join(self.run + ["show "]), ""]
        commit = self.run + ["commit", "--no-notify"]
        return commit + ["--full"] if action == "full" else commit


class History(Etcsnap):
    """Another repository of the same tree, for many runs."""
    name = "etcsnap history"


class Find(Program):
    name = "find -printf"
    needs = "find"
    scenarios = ["none", "cold"]
    on_real = {"real": ["none", "cold"], "watched": ["none", "cold"]}

    def settle(self):
        """It remembers nothing."""

    def command(self, action):
        return ["find", self.tree.path, "-printf",
                "%p %s %T@ %C@ %i %m %U %G\\n"]


class Bare(Program):
    """bare.c: the least work that answers."""
    program = os.environ.get("BARE")
    words = []

    def settle(self):
        """It remembers nothing."""

    def command(self, action):
        return [self.program] + self.words + [self.tree.path]

    @classmethod
    def missing(cls):
        return None if cls.program else "set BARE to the program of bare.c"


class BareWalk2(Bare):
    name = "bare walk 2"
    words = ["walk", "2"]
    scenarios = ["none", "cold"]
    on_real = {"real": ["none", "cold"], "watched": ["none", "cold"]}


class BareWalk8(Bare):
    name = "bare walk 8"
    words = ["walk", "8"]
    scenarios = ["cold"]
    on_real = {"real": ["cold"], "watched": ["cold"]}


class BareRead2(Bare):
    name = "bare read 2"
    words = ["read", "2"]
    scenarios = ["first", "full"]
    on_real = {"real": ["first", "full"], "watched": ["first", "full"]}


class Git(Program):
    """Plain git with the repository outside of the tree."""
    name = "git add+commit"
    needs = "git"
    scenarios = ["none", "changed", "first", "flat", "version", "log",
                 "completion"]
    largest = {"first": 100000, "changed": 100000}
    on_real = {"real": ["none"]}
    updates = True

    def setup(self):
        self.git = ["git", "-c", "gc.auto=0", "--git-dir=" + self.store +
                    "/git", "--work-tree=" + self.tree.path]

    def repository(self):
        return self.store + "/git"

    def command(self, action):
        if action == "first":
            return shell('"$@" init -q && "$@" add -A && "$@" commit -q -m x',
                         *self.git)
        if action == "version":
            return ["git", "--version"]
        if action == "log":
            return self.git + ["log", "-n", "1"]
        if action == "completion":
            # what git's own completion asks for
            return self.git + ["for-each-ref",
                               "--format=%(refname:strip=2)"]
        return shell('"$@" add -A && { "$@" commit -q -m x || :; }', *self.git)


class GitStatus(Git):
    name = "git status"
    shared = Git.name
    scenarios = ["none", "cold"]
    on_real = {"real": ["none", "cold"]}

    def command(self, action):
        if action != "none":
            return super().command(action)
        return self.git + ["-c", "core.untrackedCache=false", "status",
                           "--porcelain"]


class FastImport(Program):
    """Git's way for much at once; the stream is there before."""
    name = "git fast-import"
    needs = "git"
    scenarios = ["first"]
    largest = {"": 100000}
    settings = []
    flags = []

    def stream(self):
        return self.work + "/fast-import.stream"

    def before(self):
        made = self.known.get(self.stream())
        if made == self.tree.generation:
            return
        with open(self.stream(), "wb") as out:
            out.write(b"commit refs/heads/main\n"
                      b"committer bench <bench@localhost> 1000000000 +0000\n"
                      b"data 1\nx\n")
            for where, _, files in os.walk(self.tree.path):
                for name in files:
                    path = os.path.join(where, name)
                    with open(path, "rb") as f:
                        data = f.read()
                    inside = os.path.relpath(path, self.tree.path)
                    out.write(b"M 100644 inline %s\ndata %d\n%s\n"
                              % (os.fsencode(inside), len(data), data))
        self.known[self.stream()] = self.tree.generation

    def command(self, action):
        return shell('repo=$1 stream=$2; shift 2\n'
                     'git init -q --bare "$repo"\n'
                     'exec git --git-dir="$repo" "$@" <"$stream"',
                     self.store + "/git", self.stream(), *self.settings,
                     "fast-import", "--quiet", *self.flags)


class FastImport1(FastImport):
    """Compression level 1 and no search for deltas: the quickest there is."""
    name = "git fast-import -1"
    settings = ["-c", "core.compression=1"]
    flags = ["--depth=0"]


class Mtree(Program):
    name = "mtree"
    needs = "mtree"
    scenarios = ["none"]
    on_real = {"real": ["none"]}
    good = {0, 2}
    keywords = []

    def command(self, action):
        if action == "first":
            return shell('spec=$1 tree=$2; shift 2\n'
                         'mtree -c "$@" -p "$tree" >"$spec"',
                         self.store + "/spec", self.tree.path, *self.keywords)
        return ["mtree", "-p", self.tree.path, "-f", self.store + "/spec"]


class MtreeSha256(Mtree):
    name = "mtree sha256"
    scenarios = ["first", "full"]
    largest = {"": 100000}
    on_real = {"real": ["full"]}
    keywords = ["-K", "sha256"]


class Aide(Program):
    name = "aide metadata"
    needs = "aide"
    scenarios = ["none", "changed"]
    largest = {"": 100000}
    good = set(range(8))
    group = "p+i+n+u+g+s+m+c+ftype"
    updates = True

    def setup(self):
        self.conf = self.store + "/conf"
        with open(self.conf, "w") as f:
            f.write("database_in=file:{0}/db\ndatabase_out=file:{0}/db.new\n"
                    "database_new=file:{0}/db.new\ngzip_dbout=no\n"
                    "report_url=file:{0}/report\n"
                    "{1} {2}\n".format(self.store, self.tree.path, self.group))

    def command(self, action):
        if action == "first":
            return shell('aide --init -c "$1/conf"; mv "$1/db.new" "$1/db"',
                         self.store)
        if action == "changed":
            return shell('aide --update -c "$1/conf" || [ $? -lt 8 ]\n'
                         'mv "$1/db.new" "$1/db"', self.store)
        return ["aide", "--check", "-c", self.conf]


class AideSha256(Aide):
    name = "aide sha256"
    scenarios = ["first", "full"]
    on_real = {"real": ["first", "full"]}
    group = Aide.group + "+sha256"


class Integrit(Program):
    name = "integrit"
    needs = "integrit"
    scenarios = ["first", "full"]
    largest = {"": 100000}

    def setup(self):
        with open(self.store + "/conf", "w") as f:
            f.write("root=%s\nknown=%s/known.cdb\ncurrent=%s/current.cdb\n"
                    % (self.tree.path, self.store, self.store))

    def command(self, action):
        conf = self.store + "/conf"
        if action == "first":
            return shell('integrit -C "$1" -u && mv "$2/current.cdb" '
                         '"$2/known.cdb"', conf, self.store)
        return ["integrit", "-C", conf, "-c"]


class Tripwire(Program):
    """Metadata only, keys and policy of its own."""
    name = "tripwire metadata"
    needs = "tripwire"
    scenarios = ["none"]
    largest = {"": 100000}
    good = set(range(8))

    def setup(self):
        if os.path.exists(self.store + "/tw.pol"):
            return
        with open(self.store + "/twcfg.txt", "w") as f:
            f.write("""ROOT=/usr/sbin
POLFILE={store}/tw.pol
DBFILE={store}/tree.twd
REPORTFILE={store}/report.twr
SITEKEYFILE={store}/site.key
LOCALKEYFILE={store}/local.key
EDITOR=/bin/false
MAILMETHOD=SENDMAIL
MAILPROGRAM=/bin/false
SYSLOGREPORTING=false
REPORTLEVEL=0
""".format(store=self.store))
        with open(self.store + "/twpol.txt", "w") as f:
            f.write("%s -> +pinugsmctS ;\n" % self.tree.path)
        keys = self.keys()
        for key in ("site.key", "local.key"):
            shutil.copy("%s/%s" % (keys, key), self.store)
        for words in ("--create-cfgfile -c tw.cfg -S site.key -Q bench "
                      "twcfg.txt",
                      "--create-polfile -c tw.cfg -p tw.pol -S site.key "
                      "-Q bench twpol.txt"):
            self.admin(self.store, words)

    def admin(self, where, words):
        mode, *rest = words.split()
        self.runner.output(["env", "--chdir=" + where, "twadmin", mode, "-s"] +
                           rest)

    def keys(self):
        """Made once: it takes seconds, and how many is up to chance."""
        where = self.runner.work + "/tripwire-keys"
        if not os.path.isdir(where):
            os.mkdir(where)
            self.admin(where, "--generate-keys -K 1024 -S site.key -Q bench")
            self.admin(where, "--generate-keys -K 1024 -L local.key -P bench")
        return where

    def command(self, action):
        run = ["-s", "-c", self.store + "/tw.cfg"]
        if action == "first":
            return ["tripwire", "--init"] + run + ["-P", "bench"]
        return ["tripwire", "--check"] + run


class Samhain(Program):
    """Its configuration has one place, so it gets a mount namespace."""
    name = "samhain"
    needs = "samhain"
    scenarios = ["first", "full"]
    largest = {"": 100000}
    place = "/etc/samhain/samhainrc"

    def setup(self):
        with open(self.store + "/samhainrc", "w") as f:
            f.write("""[ReadOnly]
dir=99{tree}
[Log]
MailSeverity=none
PrintSeverity=none
LogSeverity=none
SyslogSeverity=none
ExportSeverity=none
[SuidCheck]
SuidCheckActive=no
[PortCheck]
PortCheckActive=no
[ProcessCheck]
ProcessCheckActive=no
[Misc]
Daemon=no
ChecksumTest=check
SetDatabasePath={store}/db
SetLogfilePath={store}/log
SetLockfilePath={store}/pid
SetNiceLevel=0
[EOF]
""".format(store=self.store, tree=self.tree.path))

    def command(self, action):
        return ["unshare", "-m", "sh", "-c",
                'mount --bind "$1/samhainrc" "$2" && '
                'exec samhain -t "$3" --foreground', "sh", self.store,
                self.place, "init" if action == "first" else "check"]

    @classmethod
    def missing(cls):
        why = super().missing()
        if why:
            return why
        if not os.path.exists(cls.place):
            return "%s is not there to be mounted over" % cls.place
        done = subprocess.run(
            ["unshare", "-m", "mount", "--bind", cls.place, cls.place],
            capture_output=True, check=False)
        if done.returncode != 0:
            return "cannot mount over %s in a namespace" % cls.place
        return None


class Etckeeper(Program):
    """Keeps its repository in the tree, so it has a tree of its own."""
    name = "etckeeper"
    needs = "etckeeper"
    scenarios = ["none", "changed"]
    largest = {"": 100000}
    in_tree = True
    updates = True

    def command(self, action):
        if action == "first":
            return shell('etckeeper init -d "$1"\ngit -C "$1" config gc.auto 0\n'
                         'etckeeper commit -d "$1" x', self.tree.path)
        return shell('etckeeper commit -d "$1" x || :', self.tree.path)

    def reset(self):
        self.known.pop(self.store, None)
        for name in (".git", ".etckeeper", ".gitignore"):
            path = "%s/%s" % (self.tree.path, name)
            if os.path.isdir(path):
                shutil.rmtree(path)
            elif os.path.exists(path):
                os.unlink(path)

    def kept(self):
        return [self.tree.path + "/.git", self.tree.path + "/.etckeeper"]


class Restic(Program):
    name = "restic"
    needs = "restic"
    scenarios = ["none", "changed", "first"]
    largest = {"": 100000}
    updates = True

    def command(self, action):
        repo = self.store + "/repo"
        if action == "first":
            return shell('restic -q -r "$1" init && restic -q -r "$1" '
                         'backup "$2"', repo, self.tree.path)
        return ["restic", "-q", "-r", repo, "backup", self.tree.path]


class Borg(Program):
    name = "borg"
    needs = "borg"
    scenarios = ["none", "changed", "first"]
    largest = {"": 100000}
    updates = True

    def command(self, action):
        repo = self.store + "/repo"
        create = 'borg create "$1::{now:%Y-%m-%dT%H:%M:%S.%f}" "$2"'
        if action == "first":
            create = 'borg init -e none "$1" && ' + create
        return shell(create, repo, self.tree.path)


PEERS = [Find, GitStatus, Git, FastImport, FastImport1, Mtree, MtreeSha256,
         Integrit, Etckeeper, Aide, AideSha256, Tripwire, Samhain, Restic,
         Borg, BareWalk2, BareWalk8, BareRead2]
# Those of which one run does not take long, whatever the tree.
SMOKE = [k for k in PEERS if k is not Tripwire]
QUICK = [Find, GitStatus, Git, FastImport1, Mtree, MtreeSha256, BareWalk2,
         BareRead2]


class Contest:
    """The programs of one tree, each made once."""

    def __init__(self, runner, work, tree_for):
        self.runner = runner
        self.work = work
        self.tree_for = tree_for
        self.known = {}
        self.programs = {}

    def program(self, kind):
        if kind not in self.programs:
            tree = self.tree_for("peer" if kind.in_tree else "own")
            self.programs[kind] = kind(self.runner, tree, self.work,
                                       self.known)
        return self.programs[kind]


def versions(runner, kinds):
    """What the peers say about themselves, where they do."""
    told = {}
    for needs in sorted({k.needs for k in kinds if k.needs}):
        try:
            text = runner.output([needs, "--version"], range(128))
        except (Bench, OSError):
            continue
        lines = [x.strip() for x in text.splitlines()
                 if any(c.isdigit() for c in x)]
        if lines and needs in lines[0].lower():
            told[needs] = lines[0]
    return told


def stored(program):
    """Bytes on disk of what a program keeps."""
    return bytes_of(*program.kept())
