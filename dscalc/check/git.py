"""What git remembers of files; git is the only program that is ever run, and only to read."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from dscalc.errors import DscalcError
from dscalc.language.files import LARGEST_FILE

# Nothing of the repository's or the user's configuration may run a program or wait for somebody.
# No protocol is allowed since git before 2.44 fetches what a partial clone lacks, whatever
# GIT_NO_LAZY_FETCH says, and asks the configuration what to run for that.
QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_LITERAL_PATHSPECS": "1",
    "LC_ALL": "C",
}
SETTINGS = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.pager=cat")
SHA = re.compile(r"[0-9a-f]{7,64}")
WHOLE_SHA = (40, 64)  # digits
SUFFIX = re.compile(r"[~^]|@\{")  # where a revision goes on from a name, as in main~2
BRANCHES = "+refs/heads/*:refs/remotes/{remote}/*"


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
    found = exact_commit(revision, folder)
    base = _git(found.root, "merge-base", found.sha, "HEAD", may_fail=True)
    return found._replace(sha=base.decode().split()[0]) if base else found


def exact_commit(revision: str, folder: Path) -> Commit:
    """The commit that a revision names, whatever HEAD is."""
    root = repository(folder)
    if not revision or revision.startswith(("-", "^")):
        raise DscalcError(f"'{revision}' is not a revision")
    sha = _sha(root, revision)
    if sha is None:
        raise DscalcError(_missing(root, revision))
    return Commit(root, revision, sha)


def _sha(root: Path, revision: str) -> str | None:
    found = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options",
                 f"{revision}^{{commit}}", may_fail=True)  # fmt: skip
    return None if found is None else found.decode().strip()


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
    if path.startswith("/") or ".." in path.split("/") or not path or "\0" in path:
        raise DscalcError(f"{commit.revision}:{path}: a path outside the repository")
    path = path.removeprefix("./")
    listed = _git(commit.root, "ls-tree", "-z", "--full-tree", commit.sha, "--", path) or b""
    entry, _, name = listed.removesuffix(b"\0").partition(b"\t")
    if name != os.fsencode(path):
        return None
    mode, _, blob = entry.decode().split()
    if not mode.startswith("100"):
        raise DscalcError(f"{commit.revision}:{path}: no file, but a folder or a link")
    size = _git(commit.root, "cat-file", "-s", blob, may_fail=True)
    if size is None:
        raise DscalcError(
            f"{commit.revision}:{path} is not in this partial clone; fetch it with\n"
            f"    git fetch {_quoted(_remotes(commit.root)[0])} {blob}"
        )
    if int(size) > LARGEST_FILE:
        raise DscalcError(f"{commit.revision}:{path}: larger than {LARGEST_FILE // 2**20} MiB")
    return _git(commit.root, "cat-file", "blob", blob)


def earlier_path(commit: Commit, path: str) -> str:
    """What the file was called at the commit, where git sees that it was renamed since.

    The index is compared, since reading the work tree runs the filters of the configuration.
    """
    listed = _git(commit.root, "diff-index", "--cached", "--no-ext-diff", "--no-textconv",
                  "--find-renames", "--diff-filter=R", "--name-status", "-z",
                  commit.sha, "--") or b""  # fmt: skip
    fields = os.fsdecode(listed).split("\0")
    renames = {new: old for _, old, new in zip(fields[::3], fields[1::3], fields[2::3])}  # noqa: B905
    return renames.get(path, path)


# ---------------------------------------------------------------- what is missing


def _missing(root: Path, revision: str) -> str:
    """Why there is no such commit, and the command that brings it into the clone."""
    name = SUFFIX.split(revision)[0]
    shallow = (_git(root, "rev-parse", "--is-shallow-repository") or b"").strip() == b"true"
    if name in ("", "@", "HEAD") or _sha(root, name):
        if not shallow:
            return f"'{revision}' names no commit: the history does not go back so far"
        line = f"git fetch --unshallow {_quoted(_remotes(root)[0])}"
    elif _git(root, "check-ref-format", f"refs/heads/{name}", may_fail=True) is None:
        return f"'{revision}' is neither a file nor a revision"
    else:
        line = _fetch_line(root, name, "" if not shallow else _depth(revision, name))
    return (
        f"'{revision}' is no file, and no revision that this clone has; fetch it with\n    {line}"
    )


def _depth(revision: str, name: str) -> str:
    """How much of a history that was cut off is fetched: one commit, if that says it."""
    abbreviated = SHA.fullmatch(name) and len(name) not in WHOLE_SHA
    return "--unshallow " if abbreviated or name != revision else "--depth=1 "


def _fetch_line(root: Path, name: str, depth: str) -> str:
    """The command that fetches what a name stands for.

    A name without a remote may be a branch or a tag: only below refs/remotes can both stand.
    """
    remotes = _remotes(root)
    remote, _, branch = name.partition("/")
    if branch and remote in remotes:
        refspec = f"+refs/heads/{branch}:refs/remotes/{name}"
    elif SHA.fullmatch(name):
        remote = remotes[0]
        refspec = name if len(name) in WHOLE_SHA else BRANCHES.format(remote=remote)
    else:
        remote = remotes[0]
        refspec = f"{name}:{name if name.startswith('refs/') else f'refs/remotes/{name}'}"
    return f"git fetch {depth}{_quoted(remote)} {_quoted(refspec)}"


def _remotes(root: Path) -> list[str]:
    """The names of the remotes, origin first; it alone where there is none yet."""
    listed = (_git(root, "remote", may_fail=True) or b"").decode(errors="replace").split()
    return sorted(listed, key=lambda name: name != "origin") or ["origin"]


def _quoted(word: str) -> str:
    import shlex

    return shlex.quote(word)


# ---------------------------------------------------------------- git


def _program() -> str:
    """Where git is; one that lies in the current folder is not meant."""
    import shutil

    found = shutil.which("git")
    if found is None or not Path(found).is_absolute():
        raise DscalcError("git was not found; comparing with a revision needs it")
    return found


def _git(folder: Path, *arguments: str, may_fail: bool = False) -> bytes | None:
    """What git prints; None where it may fail and does."""
    import subprocess

    environment = {key: value for key, value in os.environ.items() if key != "GIT_EXTERNAL_DIFF"}
    try:
        done = subprocess.run(
            [_program(), "--no-pager", *SETTINGS, "-C", str(folder), *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env={**environment, **QUIET},
            check=False,
        )
    except OSError as error:
        raise DscalcError(f"git could not be run: {error.strerror}") from None
    if done.returncode == 0:
        return done.stdout
    if may_fail:
        return None
    said = done.stderr.decode(errors="replace").strip().splitlines()
    raise DscalcError(f"git {arguments[0]} failed: {said[0] if said else done.returncode}")
