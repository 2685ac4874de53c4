"""The verdict as one comment on a pull request: in a screen what changed, the rest folded."""

from __future__ import annotations

from dscalc.analysis.figures import FIGURES
from dscalc.check.outcomes import Findings, Outcome
from dscalc.render.grid import Cell, Column, Grid
from dscalc.render.markdown import as_comment
from dscalc.render.sentences import all_notices, percent, summary
from dscalc.render.verdict import block_grids, checks_grid, notice_lines

MARK = "<!-- dscalc check -->\n"
QUIET = "<!-- dscalc check: nothing changed -->\n"
"""What a comment starts with, by which it is found again, and where there is nothing to tell."""
MOST_TOTALS, MOST_BLOCKS, MOST_NOTICES = 12, 6, 8  # that are not folded away
BAR = 10  # characters
STANDING = ("absent", "rebuilt", "renamed", "unread")
"""The kinds of notices that say nothing of what a network costs now and did not before."""

COLUMNS = (
    Column("network", "Network", "name"),
    Column("metric", "Figure"),
    Column("before", "Before", "count"),
    Column("after", "After", "count"),
    Column("delta", "Change", "change"),
    Column("share", "", "count"),
    Column("drawn", ""),
)


def check_comment(findings: Findings) -> str:
    """The verdict as Markdown: totals that changed, what fails or is warned of, and all checks."""
    totals = [row for outcome in findings.outcomes for row in _changed(outcome)]
    failing = block_grids(findings)
    changes, standing = _notices(findings)
    shown = [
        *_totals(totals[:MOST_TOTALS]),
        *failing[:MOST_BLOCKS],
        *_besides(changes[:MOST_NOTICES]),
    ]
    checks = checks_grid(findings)
    folded = [
        *_totals(totals[MOST_TOTALS:]),
        *failing[MOST_BLOCKS:],
        *([checks] if checks.columns else []),
        *_besides([*changes[MOST_NOTICES:], *standing]),
    ]
    quiet = not shown and findings.verdict == "pass"
    mark = QUIET if quiet else MARK
    return as_comment(mark, summary(findings), shown, "All checks", folded)


def _notices(findings: Findings) -> tuple[list[str], list[str]]:
    """What a change brings, and what is told whether or not anything changed."""
    notices = all_notices(findings)
    stands = [notice.kind in STANDING and notice.status == "pass" for notice in notices]
    lines = list(zip(notice_lines(findings), stands, strict=True))
    return [line for line, stays in lines if not stays], [line for line, stays in lines if stays]


def _besides(notes: list[str]) -> list[Grid]:
    return [Grid(title="Besides", notes=notes)] if notes else []


def _totals(rows: list[list[Cell]]) -> list[Grid]:
    """The figures of networks, each of which is named once."""
    names = [None, *(row[0] for row in rows)]
    once = [["" if row[0] == before else row[0], *row[1:]]
            for before, row in zip(names, rows, strict=False)]  # fmt: skip
    return [Grid(COLUMNS, once)] if once else []


def _changed(outcome: Outcome) -> list[list[Cell]]:
    """The figures of a network that are not what they were, each once."""
    found: dict[str, list[Cell]] = {}
    for check in outcome.checks:
        if check.scope == "network" and check.base is not None and check.delta:
            found[check.metric] = [
                check.network,
                FIGURES[check.metric].word,
                check.base,
                check.actual,
                check.delta,
                _share(check.delta, check.base),
                _bar(check.base, check.actual),
            ]
    return list(found.values())


def _share(delta: int, before: int) -> str:
    sign = "+" if delta > 0 else "-"
    share = percent(abs(delta), before).replace(" ", "\u00a0")  # in one line
    return f"{sign}{share}" if before else ""


def _bar(before: int, after: int) -> str:
    """Both as one bar: what is in both, then what came to it or, empty, what is gone."""
    most = max(before, after)
    both = BAR * min(before, after) // most
    return "█" * both + ("▓" if after > before else "░") * (BAR - both)
