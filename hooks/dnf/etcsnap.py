# SPDX-License-Identifier: MIT
"""A snapshot before and after what dnf 4 does; see etcsnap-hooks(5)."""

import os
import subprocess

import dnf

HOOK = "/usr/libexec/etcsnap/package-hook"


class Etcsnap(dnf.Plugin):
    name = "etcsnap"

    def _hook(self, when):
        """Another root is not ours; whatever goes wrong stays here."""
        if self.base.conf.installroot != "/" or not os.access(HOOK, os.X_OK):
            return
        try:
            subprocess.call([HOOK, "dnf", when], stdin=subprocess.DEVNULL)
        except OSError:
            pass

    def pre_transaction(self):
        self._hook("pre")

    def transaction(self):
        self._hook("post")
