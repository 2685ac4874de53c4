"""How git is run, the only program that ever is: only to read, and at the right repository."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from dscalc.errors import DscalcError

# Nothing of the repository's or the user's configuration may run a program or wait for somebody.
# No protocol is allowed since git before 2.44 fetches what a partial clone lacks, whatever
# GIT_NO_LAZY_FETCH says, and asks the configuration what to run for that. Replaced objects and
# grafts would show another history than the one that is shared.
QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "LC_ALL": "C",
}
LOUD = ("GIT_EXTERNAL_DIFF", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS")
"""Variables that would run a program, or that GIT_LITERAL_PATHSPECS does not bear beside it."""
SETTINGS = (
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.pager=cat"),
    *("-c", "core.commitGraph=false"),
)


class Answer(NamedTuple):
    """What git said: its exit code, standard output, and the lines of standard error."""

    code: int
    out: bytes
    complaints: tuple[str, ...]

    @property
    def damage(self) -> str:
        """The complaint about an object that is there but cannot be read, if there is one."""
        return next((line for line in self.complaints if _is_damage(line)), "")


def _is_damage(line: str) -> bool:
    return line.startswith("error: ") or "corrupt" in line or "unable to read" in line


def run(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    """What git prints when it is `given` something; raises DscalcError where it fails."""
    answer = ask(folder, *arguments, given=given)
    if answer.code:
        said = answer.complaints[0] if answer.complaints else str(answer.code)
        raise DscalcError(f"git {arguments[0]} failed: {said}")
    return answer.out


def ask(folder: Path, *arguments: str, given: bytes = b"") -> Answer:
    """What git says, whatever that is; raises DscalcError where it cannot be run."""
    import subprocess

    try:
        done = subprocess.run(
            [_program(), "--no-pager", *SETTINGS, "-C", str(folder), *arguments],
            capture_output=True,
            input=given,
            env=_environment(),
            check=False,
        )
    except OSError as error:
        raise DscalcError(f"git could not be run: {error.strerror}") from None
    complaints = done.stderr.decode(errors="replace").strip().splitlines()
    return Answer(done.returncode, done.stdout, tuple(complaints))


def _program() -> str:
    """Where git is; one that lies in the current folder is not meant."""
    import shutil

    found = shutil.which("git")
    if found is None or not Path(found).is_absolute():
        raise DscalcError("git was not found; comparing with a revision needs it")
    return found


def _environment() -> dict[str, str]:
    """The variables that git gets.

    GIT_DIR alone, which git sets in the hooks of a worktree, makes whatever folder git is run in
    the root of the work tree. So it goes, and the repository is looked for from the folder.
    """
    given = {key: value for key, value in os.environ.items() if key not in LOUD}
    if not given.get("GIT_WORK_TREE"):
        given.pop("GIT_DIR", None)
    for key in ("GIT_DIR", "GIT_WORK_TREE"):
        if given.get(key):  # relative to this folder, not to the one that git is told to go to
            given[key] = str(Path.cwd() / given[key])
    return {**given, **QUIET}


def repository(folder: Path, revision: str = "") -> Path:
    """The root of the work tree that `folder` is in, in which a `revision` is looked for.

    Raises DscalcError outside any repository, and where GIT_DIR means another one.
    """
    answer = ask(folder, "rev-parse", "--show-toplevel", "--absolute-git-dir")
    if answer.code:
        said = answer.complaints[0] if answer.complaints else str(answer.code)
        if not said.startswith("fatal: not a git repository"):
            raise DscalcError(f"git rev-parse failed: {said}")
        hint = "; GIT_DIR needs GIT_WORK_TREE beside it" if os.environ.get("GIT_DIR") else ""
        asked = f"'{revision}' is no file, and " if revision else ""
        raise DscalcError(f"{asked}{_shown(folder)} is in no git repository{hint}")
    root, git_dir = map(Path, os.fsdecode(answer.out).splitlines())
    meant = os.environ.get("GIT_DIR")
    if meant and not any(_same(base / meant, git_dir) for base in (Path.cwd(), root)):
        raise DscalcError(
            f"GIT_DIR is {meant}, but {_shown(folder)} is in the repository of {git_dir}; "
            "unset it, or set GIT_WORK_TREE too"
        )
    return root


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _shown(folder: Path) -> str:
    return "this folder" if folder == Path() else str(folder)
