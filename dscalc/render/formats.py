"""The table of formats: the ways from an answer to text, each loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

    from dscalc.check.outcomes import Findings
    from dscalc.render.grid import Grid, Page
    from dscalc.render.table import Screen


class Answer(NamedTuple):
    """What a command has found, in the shapes that formats take; each is made when one does.

    The first grid is the one that the answer is about. `rows` is the grid that CSV writes, where
    that is another one; `comment` is the Markdown of an answer that has its own. A verdict has
    `findings`. `page` is what stands above the tables where there is room for it.
    """

    document: Callable[[], dict[str, Any]]
    grids: Callable[[], Sequence[Grid]]
    rows: Callable[[], Grid] | None = None
    comment: Callable[[], str] | None = None
    findings: Findings | None = None
    page: Callable[[], Page] | None = None


Write: TypeAlias = "Callable[[Answer, Callable[[], Screen]], str | Iterator[str]]"
"""What makes the text of an answer, whole or part by part."""


def _table(answer: Answer, screen: Callable[[], Screen]) -> str:
    from dscalc.render.table import as_table

    return as_table(answer.grids(), screen())


def _json(answer: Answer, screen: Callable[[], Screen]) -> Iterator[str]:
    from dscalc.render.json import as_json

    return as_json(answer.document())


def _csv(answer: Answer, screen: Callable[[], Screen]) -> Iterator[str]:
    from dscalc.render.csv import as_csv

    return as_csv(answer.grids()[0] if answer.rows is None else answer.rows())


def _markdown(answer: Answer, screen: Callable[[], Screen]) -> str:
    from dscalc.render.markdown import as_markdown

    return as_markdown(answer.grids()) if answer.comment is None else answer.comment()


def _latex(answer: Answer, screen: Callable[[], Screen]) -> str:
    from dscalc.render.latex import as_latex

    return as_latex(answer.grids())


def _html(answer: Answer, screen: Callable[[], Screen]) -> str:
    from dscalc.render.html import as_html

    return as_html(answer.grids(), answer.page() if answer.page else None)


def _github(answer: Answer, screen: Callable[[], Screen]) -> str:
    from dscalc.render.github import as_github

    return as_github(_findings(answer), _root())


def _gitlab(answer: Answer, screen: Callable[[], Screen]) -> str:
    from dscalc.render.gitlab import as_gitlab

    return as_gitlab(_findings(answer), _root())


def _junit(answer: Answer, screen: Callable[[], Screen]) -> str:
    from dscalc.render.junit import as_junit

    return as_junit(_findings(answer), _root())


def _findings(answer: Answer) -> Findings:
    if answer.findings is None:
        raise ValueError("no verdict to write")
    return answer.findings


def _root() -> Path:
    """The root of the repository, from which CI services count paths."""
    from pathlib import Path

    from dscalc.check.entries import root_of

    return root_of(Path.cwd())


FORMATS: dict[str, Write] = {
    "table": _table,
    "text": _table,
    "json": _json,
    "csv": _csv,
    "markdown": _markdown,
    "latex": _latex,
    "html": _html,
}
"""What every answer can be written as; `text` is another name of `table`."""
FORMATS_OF_VERDICTS: dict[str, Write] = {
    **FORMATS,
    "github": _github,
    "gitlab": _gitlab,
    "junit": _junit,
}
"""What a verdict can be written as."""
FORMATS_OF_PROBLEMS = ("json", "github", "gitlab", "junit")
"""Those that tell of a network that could not be read, too, since a machine looks there alone."""
