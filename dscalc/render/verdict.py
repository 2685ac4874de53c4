"""The verdict as people read it: what fails, then every check."""

from __future__ import annotations

from dscalc.analysis.budget import Check
from dscalc.analysis.figures import FIGURES
from dscalc.check.notices import Notice
from dscalc.check.outcomes import Findings
from dscalc.render.blocks import blocks
from dscalc.render.grid import Cell, Column, Grid, without
from dscalc.render.sentences import all_checks, all_notices, summary

COLUMNS = (
    Column("status", "Status", "status"),
    Column("network", "Network", "name"),
    Column("scope", "Of", "name"),
    Column("metric", "Figure"),
    Column("actual", "Value", "count"),
    Column("limit", "Limit", "count"),
    Column("excess", "Over", "change", drop=2),
    Column("delta", "Change", "change", drop=1),
)
USUAL = {"scope": "network", "excess": None, "delta": None}
"""What says nothing where it is the same in all rows."""


def check_grids(findings: Findings) -> list[Grid]:
    """The verdict: what fails or is warned of, the worst first, then every check."""
    failing = block_grids(findings)
    table = checks_grid(findings)
    table = table._replace(notes=notice_lines(findings))
    if not failing:
        return [table._replace(title=summary(findings))]
    return [Grid(title=summary(findings)), *failing, table]


def block_grids(findings: Findings) -> list[Grid]:
    """What fails or is warned of, one block for each network and figure."""
    return [
        Grid(title=f"{block.status}: {block.title}", notes=block.notes, mark=block.status)
        for block in blocks(findings)
    ]


def notice_lines(findings: Findings) -> list[str]:
    """What else is to be told, warnings first."""
    return [f"{_mark(notice)}{notice.sentence}." for notice in all_notices(findings)]


def _mark(notice: Notice) -> str:
    return "warn: " if notice.status == "warn" else ""


def checks_grid(findings: Findings) -> Grid:
    """Every check, those of a network together, the worst first; figures in full."""
    by_network: dict[str, list[Check]] = {}
    for check in all_checks(findings):
        by_network.setdefault(check.network, []).append(check)
    rows = [
        _cells(check, number == 0)
        for checks in by_network.values()
        for number, check in enumerate(checks)
    ]
    keys = [column.key for column in COLUMNS]
    same = [
        key for key, value in USUAL.items() if all(row[keys.index(key)] == value for row in rows)
    ]
    return without(Grid(COLUMNS, rows), *same) if rows else Grid()


def _cells(check: Check, first: bool) -> list[Cell]:
    figure = FIGURES[check.metric]
    name = figure.name if figure.unit == "count" else f"{figure.name} (B)"
    name = f"{name}, own" if check.own else name
    grows = check.kind == "growth"
    return [
        check.status,
        check.network if first else "",
        check.scope,
        f"growth of {name}" if grows else name,
        f"{check.delta or 0:+,}" if grows else check.actual,
        f"{check.limit:+,}" if grows else check.limit,
        check.excess if check.status != "pass" else None,
        None if grows else check.delta,
    ]
