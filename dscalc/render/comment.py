"""The verdict as one comment on a pull request: in a screen what changed, the rest folded."""

from __future__ import annotations

from dscalc.analysis.figures import FIGURES
from dscalc.check.outcomes import Findings, Outcome
from dscalc.render.check import block_grids, checks_grid, notice_lines
from dscalc.render.grid import Cell, Column, Grid
from dscalc.render.markdown import as_comment
from dscalc.render.sentences import percent, summary

MARK = "<!-- dscalc check -->\n"
QUIET = "<!-- dscalc check: nothing changed -->\n"
"""What a comment starts with, by which it is found again, and where there is nothing to tell."""
MOST_TOTALS, MOST_BLOCKS = 12, 6  # that are not folded away
BAR = 10  # characters

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
    notices = notice_lines(findings)
    shown = [
        *_totals(totals[:MOST_TOTALS]),
        *failing[:MOST_BLOCKS],
        *([Grid(notes=notices)] if notices else []),
    ]
    checks = checks_grid(findings)
    folded = [
        *_totals(totals[MOST_TOTALS:]),
        *failing[MOST_BLOCKS:],
        *([checks] if checks.columns else []),
    ]
    quiet = not shown and findings.verdict == "pass"
    mark = QUIET if quiet else MARK
    return as_comment(mark, summary(findings), shown, "All checks", folded)


def _totals(rows: list[list[Cell]]) -> list[Grid]:
    return [Grid(COLUMNS, rows)] if rows else []


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
    return f"{sign}{percent(abs(delta), before)}" if before else ""


def _bar(before: int, after: int) -> str:
    """Both as one bar: what is in both, then what came to it or, empty, what is gone."""
    most = max(before, after)
    both = BAR * min(before, after) // most
    return "█" * both + ("▓" if after > before else "░") * (BAR - both)
