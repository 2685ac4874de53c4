"""What the tests of budgets share: small networks, budget files, and scratch git repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from dscalc.analysis.versions import Version, version
from dscalc.check.entries import config_entries
from dscalc.check.outcomes import Outcome
from dscalc.check.runs import outcomes
from dscalc.language.network_file import read_network
from dscalc.law.layer import Count
from dscalc.law.network import Report, measure

GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}
HEAD = "name: Tiny\ninput: [8, 8, 3]\nlayers:\n"
FIRST_LINE = 4  # of the layers


def network(*layers: str) -> str:
    """The YAML of a small network, each layer on a line of its own, on 8×8×3."""
    return HEAD + "".join(f"  - {layer}\n" for layer in layers)


TINY = network("conv: {n: 4}", "conv: {n: 8}")
"""Two convolutions: 108 + 288 = 396 parameters, 6,912 + 18,432 = 25,344 mult-adds."""

WIDER = network("conv: {n: 4}", "conv: {n: 16}")
"""The second one twice as wide: 684 parameters, 43,776 mult-adds."""


def report(text: str, file: str = "nets/tiny.yaml") -> Report:
    """What the network of a YAML text costs."""
    return measure(read_network(text, file).network)


def as_version(text: str, count: Count = "trainable") -> Version:
    """The same as a version to compare with."""
    return version(report(text), count)


def config(*entries: str) -> str:
    """The YAML of a budget file, each entry a flow mapping."""
    return "version: 1\nnetworks:\n" + "".join(f"  - {entry}\n" for entry in entries)


class Repository:
    """The git repository in a folder; a new one, with the branch main, where there is none."""

    def __init__(self, root: Path) -> None:
        self.root = root
        if not root.exists():
            root.mkdir(parents=True)
            self.git("init", "--quiet", "--initial-branch=main", "--template=")

    def git(self, *arguments: str) -> str:
        """What git says; it must not fail."""
        done = self._run(arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def fails(self, *arguments: str) -> str:
        """What git says of its failure; it must fail."""
        done = self._run(arguments)
        assert done.returncode != 0, done.stdout
        return done.stdout + done.stderr

    def _run(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env={**os.environ, **GIT},
            capture_output=True,
            text=True,
            check=False,
        )

    def write(self, files: Mapping[str, str]) -> None:
        """Writes files by their paths in the repository."""
        for path, text in files.items():
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")

    def commit(self, files: Mapping[str, str]) -> str:
        """Writes files and commits all there is; returns the commit's name."""
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=A change")
        return self.git("rev-parse", "HEAD")

    def clone(self, folder: Path, *options: str) -> Repository:
        """A clone of this repository, by a protocol that can cut it off."""
        url = f"file://{self.root.as_posix()}"
        self.git("clone", "--quiet", "--template=", *options, url, str(folder))
        return Repository(folder)

    def copy(self, folder: Path) -> Repository:
        """The same repository once more, in less time than it takes to make one."""
        return Repository(shutil.copytree(self.root, folder))


HOSTILE = (
    "::error::x",
    "::stop-commands::t",
    " ::add-mask::x",
    "##[add-mask]x",
    "##[endgroup]",
    "[/]",
    "[bold red]x",
    "\x1b[31mred",
    "\x1b]8;;http://example.org\x07x",
    "a|b",
    "a\\|b",
    "<img src=x onerror=alert(1)>",
    "</details>",
    "<!--",
    "@user",
    "]]>",
    "a\nb",
    "a\r::error::x",
    "a\n\n# b",
    "a\u2028b",
    "\u202eevil",
    "\u2066x\u2069",
    "zero\u200bwidth",
    "`x`",
    "``|``",
    "**x**",
    "[x](http://example.org)",
    "![x](x)",
    "&lt;&amp;",
    "%0A::error::x",
    "x,line=1::y",
    "\"'><",
    "=1+1",
    "\x07\x08\x7f\x9b31m",
    "\ufffe\uffff\ufeff",
    "$(touch ran)",
    "${{ secrets.X }}",
    "😀é漢",
)
"""Names that want to be more than a name."""


def quoted(text: str) -> str:
    """Any text as a YAML scalar."""
    escaped = (c if c.isalnum() and c.isascii() else f"\\U{ord(c):08x}" for c in text)
    return f'"{"".join(escaped)}"'


def judged(folder: Path, budgets: str, files: Mapping[str, str]) -> list[Outcome]:
    """The outcomes of a budget file in a folder of network files."""
    for path, text in {**files, "dscalc.yaml": budgets}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return outcomes(config_entries(str(folder / "dscalc.yaml")), None)
