"""Which commit a revision names, and the line that brings one that this clone lacks."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from dscalc.check import git
from dscalc.errors import DscalcError

NAMES = {
    "refs/{}": "",
    "refs/tags/{}": "a tag",
    "refs/heads/{}": "a branch",
    "refs/remotes/{}": "a branch of a remote",
    "refs/remotes/{}/HEAD": "a remote",
}
"""What a short name may stand for, in the order in which git takes the first."""
SHA = re.compile(r"[0-9a-f]{7,64}")
WHOLE_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
PART_OF_SHA = re.compile(r"[0-9a-f]{4,64}")
SUFFIX = re.compile(r"[~^]|@\{")  # where a revision goes on from a name, as in main~2
BRANCHES = "+refs/heads/*:refs/remotes/{remote}/*"


class Entry(NamedTuple):
    """What a tree or the index says of one path."""

    mode: str
    blob: str


class Known(NamedTuple):
    """What has been read of a commit already: paths, None where it has none, and what files hold.

    A process of git takes longer than all that it is asked here.
    """

    entries: dict[str, Entry | None]
    blobs: dict[str, bytes]


class Commit(NamedTuple):
    """A commit of the repository at `root`; `revision` is what the user called it."""

    root: Path
    revision: str
    sha: str
    known: Known


def commit(revision: str, folder: Path) -> Commit:
    """The commit that a revision names, or the place where HEAD left it, if history has that.

    A commit named by all of its digits is taken as it is. HEAD before the first commit stands for
    nothing at all. Raises DscalcError where there is no git, no repository or no such commit here,
    with the line that fetches what is missing, and where the name may mean two things.
    """
    root = git.repository(folder, revision)
    if revision in ("HEAD", "@") and _is_unborn(root):
        empty = git.run(root, "hash-object", "-t", "tree", "--stdin")
        return _commit(root, revision, empty.decode().strip())
    found = exact_commit(revision, folder)
    if WHOLE_SHA.fullmatch(revision):
        return found
    answer = git.ask(root, "merge-base", found.sha, "HEAD")
    if answer.damage:
        raise DscalcError(_damaged(revision, answer.damage))
    base = answer.out.decode().strip()
    if is_shallow(root) and not (base and _is_whole(found, base)):
        raise DscalcError(
            f"where HEAD left '{revision}' is not in this shallow clone; fetch the history with\n"
            f"    {_fetch_line(root, SUFFIX.split(revision)[0], '--unshallow ')}"
        )
    return _commit(root, revision, base) if base else found


def exact_commit(revision: str, folder: Path) -> Commit:
    """The commit that a revision names, whatever HEAD is."""
    root = git.repository(folder, revision)
    if not revision or revision.startswith(("-", "^")):
        raise DscalcError(f"'{revision}' is not a revision")
    names = full_names(root, revision)
    if len(names) > 1:
        raise DscalcError(f"'{revision}' is ambiguous: it may be {', or '.join(names)}")
    sha = _sha(root, revision)
    if sha is None:
        raise DscalcError(_missing(root, revision))
    return _commit(root, revision, sha)


def _commit(root: Path, revision: str, sha: str) -> Commit:
    return Commit(root, revision, sha, Known({}, {}))


def is_revision(text: str, folder: Path) -> bool:
    """Whether a text names a commit, or as REV:path what a commit holds; False without git."""
    revision, colon, _ = text.partition(":")
    if not revision or revision.startswith(("-", "^")):
        return False
    try:
        root = git.repository(folder)
        if not colon:
            return bool(full_names(root, text)) or _sha(root, text) is not None
        return not git.ask(root, "rev-parse", "--verify", "--quiet", "--end-of-options", text).code
    except DscalcError:
        return False


def full_names(root: Path, revision: str) -> list[str]:
    """What the name that a revision begins with may stand for, and how to write each."""
    name = SUFFIX.split(revision)[0]
    if not name or name == "@" or name.startswith("refs/"):
        return []
    patterns = {pattern.format(name): what for pattern, what in NAMES.items()}
    listed = git.ask(root, "for-each-ref", "--format=%(refname)", "--", *patterns).out
    refs = [ref for ref in listed.decode(errors="replace").splitlines() if ref in patterns]
    found = [f"{patterns[ref]} ({ref})".lstrip() for ref in refs]
    if re.fullmatch(r"[A-Z_]*HEAD", name) and _sha(root, name):
        return [f"git's own {name}{' (@)' if name == 'HEAD' else ''}", *found]
    if found and PART_OF_SHA.fullmatch(name):
        objects = git.ask(root, "rev-parse", f"--disambiguate={name}").out.decode().split()
        found += [f"a commit ({sha}^0)" for sha in objects if sha != name]
        found += [f"a commit (HEAD~N, or {name}^0)" for sha in objects if sha == name]
    return found


def _sha(root: Path, revision: str) -> str | None:
    answer = git.ask(root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    if answer.damage:
        raise DscalcError(_damaged(revision, answer.damage))
    return answer.out.decode().strip() if answer.code == 0 else None


def _is_unborn(root: Path) -> bool:
    """Whether HEAD is a branch that has no commit yet, and not one that cannot be read."""
    if git.ask(root, "rev-parse", "--verify", "--quiet", "HEAD").code == 0:
        return False
    branch = git.ask(root, "symbolic-ref", "--quiet", "HEAD")
    if branch.code or branch.complaints:
        return False
    file = git.run(root, "rev-parse", "--git-path", os.fsdecode(branch.out.strip()))
    return not os.path.lexists(root / os.fsdecode(file.rstrip(b"\n")))


# ---------------------------------------------------------------- shallow clones


def is_shallow(root: Path) -> bool:
    """Whether history is cut off somewhere in this clone."""
    return git.ask(root, "rev-parse", "--is-shallow-repository").out.strip() == b"true"


def _is_whole(found: Commit, base: str) -> bool:
    """Whether no history is cut off behind which a later common commit might be hidden."""
    if base == found.sha:
        return True
    path = git.run(found.root, "rev-parse", "--git-path", "shallow").decode().strip()
    try:
        cut = set((found.root / path).read_text(encoding="ascii").split())
    except OSError:
        return False
    between = git.run(found.root, "rev-list", found.sha, "HEAD", f"^{base}").decode().split()
    return cut.isdisjoint(between)


# ---------------------------------------------------------------- what is missing


def _damaged(revision: str, complaint: str) -> str:
    return f"'{revision}' cannot be read, the repository is damaged; git says: {complaint}"


def _missing(root: Path, revision: str) -> str:
    """Why there is no such commit, and the command that brings it into the clone."""
    name = SUFFIX.split(revision)[0]
    shallow = is_shallow(root)
    named = git.ask(root, "rev-parse", "--verify", "--quiet", "--end-of-options", name)
    if name in ("", "@", "HEAD") or _sha(root, name):
        if not shallow:
            walked = git.ask(root, "rev-list", "--count", name or "HEAD", "--")
            if walked.code and not _is_unborn(root):
                return _damaged(revision, next(iter(walked.complaints), "nothing"))
            return f"'{revision}' names no commit: the history does not go back so far"
        line = f"git fetch --unshallow {quoted(remotes(root)[0])}"
    elif git.ask(root, "check-ref-format", f"refs/heads/{name}").code:
        return f"'{revision}' is neither a file nor a revision"
    elif named.code == 0 and not WHOLE_SHA.fullmatch(name):
        sha = named.out.decode().strip()
        return f"'{revision}' is {sha}, which is no commit, or missing from this repository"
    else:
        whole = WHOLE_SHA.fullmatch(revision)
        depth = ("--depth=1 " if whole else "--unshallow ") if shallow else ""
        line = _fetch_line(root, name, depth)
    return (
        f"'{revision}' is no file, and no revision that this clone has; fetch it with\n    {line}"
    )


def _fetch_line(root: Path, name: str, depth: str) -> str:
    """The command that fetches what a name stands for.

    A name without a remote may be a branch or a tag: only below refs/remotes can both stand.
    """
    known = remotes(root)
    remote, _, branch = name.removeprefix("refs/remotes/").partition("/")
    if name in ("", "@", "HEAD"):
        return f"git fetch {depth}{quoted(known[0])}"
    if branch and remote in known:
        refspec = f"+refs/heads/{branch}:refs/remotes/{remote}/{branch}"
    elif SHA.fullmatch(name):
        remote = known[0]
        refspec = name if WHOLE_SHA.fullmatch(name) else BRANCHES.format(remote=remote)
    else:
        remote = known[0]
        refspec = f"{name}:{name if name.startswith('refs/') else f'refs/remotes/{name}'}"
    return f"git fetch {depth}{quoted(remote)} {quoted(refspec)}"


def remotes(root: Path) -> list[str]:
    """The names of the remotes, origin first; it alone where there is none yet."""
    listed = git.ask(root, "remote").out.decode(errors="replace").split()
    return sorted(listed, key=lambda name: name != "origin") or ["origin"]


def quoted(word: str) -> str:
    """A word as a shell takes it."""
    import shlex

    return shlex.quote(word)
