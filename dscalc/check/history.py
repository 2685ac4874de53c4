"""The history of one network in git: what it cost at every commit that touched its file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dscalc.analysis.figures import FIGURES
from dscalc.check import git, revisions, tree
from dscalc.check.entries import comes_with_us
from dscalc.errors import DscalcError
from dscalc.law.network import measure
from dscalc.law.setting import apply
from dscalc.models.source import Content, file_in

if TYPE_CHECKING:
    from dscalc.language.budget_file import Entry

SHOWN = ("params", "mult_adds", "memory")
"""The figures that a history is of."""
LOG = (
    *("-c", "diff.renameLimit=0", "log", "--follow", "--raw", "--no-abbrev", "-z"),
    *("--no-ext-diff", "--no-textconv", "--no-show-signature", "--no-color", "--no-notes"),
    *("--no-decorate", "--ignore-submodules=all", "--format=%H%x00%cs"),
)


class Moment(NamedTuple):
    """A network at a commit: its figures, None where it was taken away or cannot be read.

    `problem` says why it cannot be; `earlier` is its path before a commit that renamed it.
    """

    sha: str
    date: str
    path: str
    figures: dict[str, int] | None
    problem: str = ""
    earlier: str = ""


class History(NamedTuple):
    """The moments of a network, the oldest first; `cut` says that older ones may be missing."""

    network: str
    moments: tuple[Moment, ...]
    cut: bool


class _Touch(NamedTuple):
    """What a commit did to the file: the letter of its state, and what it was then."""

    sha: str
    date: str
    mode: str
    blob: str
    state: str
    path: str
    earlier: str


def history(span: str, asked: Entry) -> History:
    """The network at every commit of a span, REV..REV or all up to REV, that touched its file.

    Raises DscalcError where git cannot know, and where no commit of the span did.
    """
    if asked.file == "-" or comes_with_us(asked):
        raise DscalcError(f"{asked.file}: a history is that of a file in a repository")
    folder = Path(asked.file).parent if Path(asked.file).parent.is_dir() else Path()
    first, dots, last = span.partition("..")
    if dots and last.startswith("."):
        raise DscalcError(f"'{span}' is no span; write it with two dots, as v1.0..HEAD")
    end = revisions.exact_commit((last if dots else first) or "HEAD", folder)
    start = revisions.exact_commit(first or "HEAD", folder) if dots else None
    path = tree.path_in(end, Path(asked.file))
    if path is None:
        raise DscalcError(f"{asked.file} is outside the repository")
    commits = [end.sha, *([f"^{start.sha}"] if start else [])]
    touches = list(_touches(git.run(end.root, *LOG, *commits, "--", path)))
    if not touches:
        raise DscalcError(f"{asked.file}: no commit of {span} touched it")
    moments = tuple(_moment(touch, end, asked) for touch in reversed(touches))
    return History(asked.label, moments, start is None and revisions.is_shallow(end.root))


def _touches(out: bytes) -> Iterator[_Touch]:
    """The commits that git lists; of a merge it says nothing but the name."""
    words = iter(out.split(b"\0")[:-1])
    sha, date = "", ""
    for word in words:
        if not word.startswith((b"\n:", b":")):
            sha, date = word.decode(), next(words).decode()
            continue
        _, mode, _, blob, state = word.strip(b"\n:").decode().split()
        path = earlier = os.fsdecode(next(words))
        if state[0] in "RC":
            path = os.fsdecode(next(words))
        yield _Touch(sha, date, mode, blob, state[0], path, earlier if earlier != path else "")


def _moment(touch: _Touch, end: revisions.Commit, asked: Entry) -> Moment:
    figures, problem = None, ""
    if touch.state != "D":
        try:
            figures = _figures(touch, end, asked)
        except DscalcError as error:
            first = error.problems[0]
            place = f"{first.place}: " if first.place else ""
            problem = f"{place}{first.sentence}"
    return Moment(touch.sha, touch.date, touch.path, figures, problem, touch.earlier)


def _figures(touch: _Touch, end: revisions.Commit, asked: Entry) -> dict[str, int]:
    name = f"{touch.sha[:12]}:{touch.path}"
    if touch.mode == tree.LINK:
        raise DscalcError(f"{name}: a link")
    data = tree.blob_of(end, touch.blob, name)
    file = file_in(Content(name, data), dict(asked.setting.inputs))
    report = measure(apply(file.network, asked.setting))
    return {key: FIGURES[key].of_report(report, asked.terms) for key in SHOWN}


def steps(moments: Sequence[Moment]) -> list[dict[str, int] | None]:
    """By how much each moment differs from the last one before it whose figures are known."""
    found: list[dict[str, int] | None] = []
    before: dict[str, int] | None = None
    for moment in moments:
        now = moment.figures
        known = now is not None and before is not None
        found.append({k: now[k] - before[k] for k in SHOWN} if known and now and before else None)
        before = now or before
    return found
