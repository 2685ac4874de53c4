"""The verdict as one comment on a pull request: in a screen what changed, the rest folded."""

from __future__ import annotations

from dscalc.analysis.budget import TOP1
from dscalc.analysis.figures import FIGURES
from dscalc.analysis.published import METRICS
from dscalc.check.outcomes import Findings, Outcome
from dscalc.render.grid import Cell, Column, Grid
from dscalc.render.markdown import as_comment
from dscalc.render.sentences import accuracy, all_notices, percent, step, summary
from dscalc.render.verdict import TOP1_COLUMN, block_grids, checks_grid, notice_lines

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
OF_TOP1 = (
    Column("network", "Network", "name"),
    TOP1_COLUMN._replace(note=""),
    Column("source", "Source"),
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
        *_sources(findings),
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


def _sources(findings: Findings) -> list[Grid]:
    """What is published of each network, and where."""
    told = [(outcome.entry.label, outcome.top1) for outcome in findings.outcomes]
    rows: list[list[Cell]] = [[label, one.value, one.source] for label, one in told if one]
    return [Grid(OF_TOP1, rows, "Accuracy")] if rows else []


def _changed(outcome: Outcome) -> list[list[Cell]]:
    """The figures of a network that are not what they were, each once, with its accuracy."""
    found: dict[str, list[Cell]] = {}
    for check in outcome.checks:
        before, delta = check.base, check.delta
        costs = check.scope == "network" and check.kind != "min"
        if costs and before is not None and check.actual is not None and delta:
            found[check.metric] = [
                check.network,
                FIGURES[check.metric].word,
                before,
                check.actual,
                delta,
                _share(delta, before),
                _bar(before, check.actual),
            ]
    return [*found.values(), *_told(outcome, bool(found))]


def _told(outcome: Outcome, changed: bool) -> list[list[Cell]]:
    """What was and is published of a network that `changed`, or of which another is now."""
    was, now = (one.value if one else None for one in (outcome.base_top1, outcome.top1))
    told_with_costs = changed and now is not None
    if outcome.base is None or (was == now and not told_with_costs):
        return []
    label, name = outcome.entry.label, METRICS[TOP1].lower()
    return [[label, name, accuracy(was), accuracy(now), step(was, now), "", ""]]


def _share(delta: float, before: float) -> str:
    sign = "+" if delta > 0 else "-"
    share = percent(abs(delta), before).replace(" ", "\u00a0")  # in one line
    return f"{sign}{share}" if before else ""


def _bar(before: float, after: float) -> str:
    """Both as one bar: what is in both, then what came to it or, empty, what is gone."""
    most = max(before, after)
    both = int(BAR * min(before, after) // most)
    return "█" * both + ("▓" if after > before else "░") * (BAR - both)
