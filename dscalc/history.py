"""What git remembers of files; git is the only program that is ever run, and only to read."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from dscalc.errors import DscalcError
from dscalc.files import LARGEST_FILE

# Nothing of the repository's or the user's configuration may run a program or wait for somebody.
QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "LC_ALL": "C",
}
SETTINGS = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.pager=cat")
SHA = re.compile(r"[0-9a-f]{7,64}")


class Commit(NamedTuple):
    """A commit of the repository at `root`; `revision` is what the user called it."""

    root: Path
    revision: str
    sha: str


def commit(revision: str, folder: Path) -> Commit:
    """The commit that a revision names, or the place where HEAD left it, if history has that.

    Raises DscalcError where there is no git, no repository or no such commit here; a missing one
    comes with the line that fetches it.
    """
    root = repository(folder)
    if not revision or revision.startswith("-"):
        raise DscalcError(f"'{revision}' is not a revision")
    found = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options",
                 f"{revision}^{{commit}}", may_fail=True)  # fmt: skip
    if found is None:
        raise DscalcError(
            f"the revision '{revision}' is not in this clone; fetch it with\n"
            f"    {_fetch_line(root, revision)}"
        )
    sha = found.decode().strip()
    base = _git(root, "merge-base", sha, "HEAD", may_fail=True)
    return Commit(root, revision, base.decode().split()[0] if base else sha)


def exact_commit(revision: str, folder: Path) -> Commit:
    """The commit that a revision names, whatever HEAD is."""
    found = commit(revision, folder)
    sha = _git(found.root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    return found._replace(sha=(sha or b"").decode().strip())


def repository(folder: Path) -> Path:
    """The root of the repository that `folder` is in."""
    found = _git(folder, "rev-parse", "--show-toplevel") or b""
    return Path(os.fsdecode(found.rstrip(b"\n")))


def path_in(commit: Commit, file: Path) -> str | None:
    """The path of a file of the work tree inside the repository; None where it is outside."""
    try:
        return file.resolve().relative_to(commit.root.resolve()).as_posix()
    except ValueError:
        return None


def content(commit: Commit, path: str) -> bytes | None:
    """What the file held at the commit; None where it did not exist.

    Raises DscalcError for a path outside the repository or what is no file.
    """
    parts = path.split("/")
    if path.startswith("/") or ".." in parts or not path or "\0" in path:
        raise DscalcError(f"{commit.revision}:{path}: a path outside the repository")
    name = f"{commit.sha}:{path.removeprefix('./')}"
    size = _git(commit.root, "cat-file", "-s", name, may_fail=True)
    if size is None:
        return None
    if int(size) > LARGEST_FILE:
        raise DscalcError(f"{commit.revision}:{path}: larger than {LARGEST_FILE // 2**20} MiB")
    return _git(commit.root, "cat-file", "blob", name)


def earlier_path(commit: Commit, path: str) -> str:
    """What the file was called at the commit, where git sees that it was renamed since."""
    listed = _git(commit.root, "diff", "--no-ext-diff", "--no-textconv", "--find-renames",
                  "--diff-filter=R", "--name-status", "-z", commit.sha, "--")  # fmt: skip
    fields = os.fsdecode(listed or b"").split("\0")
    renames = {new: old for _, old, new in zip(fields[::3], fields[1::3], fields[2::3])}  # noqa: B905
    return renames.get(path, path)


def _fetch_line(root: Path, revision: str) -> str:
    """The command that brings a missing revision into the clone."""
    import shlex

    remotes = (_git(root, "remote", may_fail=True) or b"").decode(errors="replace").split()
    remote, _, branch = revision.partition("/")
    if branch and remote in (*remotes, "origin"):
        refspec = f"+refs/heads/{branch}:refs/remotes/{remote}/{branch}"
        return f"git fetch --depth=1 {shlex.quote(remote)} {shlex.quote(refspec)}"
    origin = remotes[0] if remotes else "origin"
    if SHA.fullmatch(revision):
        return f"git fetch --depth=1 {shlex.quote(origin)} {revision}"
    if re.match(r"(HEAD|@)\b", revision):
        return f"git fetch --unshallow {shlex.quote(origin)}"
    refspec = f"{revision}:{revision}"
    return f"git fetch {shlex.quote(origin)} {shlex.quote(refspec)}"


def _git(folder: Path, *arguments: str, may_fail: bool = False) -> bytes | None:
    """What git prints; None where it may fail and does."""
    import subprocess

    environment = {key: value for key, value in os.environ.items() if key != "GIT_EXTERNAL_DIFF"}
    try:
        done = subprocess.run(
            ["git", "--no-pager", *SETTINGS, "-C", str(folder), *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env={**environment, **QUIET},
            check=False,
        )
    except FileNotFoundError:
        raise DscalcError("git was not found; comparing with a revision needs it") from None
    except OSError as error:
        raise DscalcError(f"git could not be run: {error.strerror}") from None
    if done.returncode == 0:
        return done.stdout
    if may_fail:
        return None
    said = done.stderr.decode(errors="replace").strip().splitlines()
    raise DscalcError(f"git {arguments[0]} failed: {said[0] if said else done.returncode}")
