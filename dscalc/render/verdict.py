"""The verdict as people read it: what fails, then every check."""

from __future__ import annotations

from dscalc.analysis.budget import Check
from dscalc.analysis.figures import FIGURES
from dscalc.analysis.published import METRICS
from dscalc.check.notices import Notice
from dscalc.check.outcomes import Findings
from dscalc.render.blocks import blocks
from dscalc.render.grid import Cell, Column, Grid, without
from dscalc.render.sentences import accuracy, all_checks, all_notices, step, summary

TOP1_COLUMN = Column(
    "top1",
    "Top-1",
    "percent",
    drop=1,
    note="Top-1: on ImageNet, as the authors published it; `--format json` has the source.",
)
COLUMNS = (
    Column("status", "Status", "status"),
    Column("network", "Network", "name"),
    Column("scope", "Of", "name"),
    Column("metric", "Figure"),
    Column("actual", "Value", "count"),
    Column("limit", "Limit", "count"),
    Column("excess", "Over", "change", drop=3),
    Column("delta", "Change", "change", drop=2),
    TOP1_COLUMN,
)
USUAL = {"scope": "network", "excess": None, "delta": None, "top1": None}
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
    told = _told_besides(findings)
    rows = [
        [*_cells(check, number == 0), told.get(network) if number == 0 else None]
        for network, checks in by_network.items()
        for number, check in enumerate(checks)
    ]
    keys = [column.key for column in COLUMNS]
    same = [
        key for key, value in USUAL.items() if all(row[keys.index(key)] == value for row in rows)
    ]
    return without(Grid(COLUMNS, rows), *same) if rows else Grid()


def _told_besides(findings: Findings) -> dict[str, float]:
    """The accuracies of networks, if checks do not tell all of them."""
    told = [(outcome, outcome.top1.value) for outcome in findings.outcomes if outcome.top1]
    judged = [any(check.kind == "min" for check in outcome.checks) for outcome, _ in told]
    return {} if all(judged) else {outcome.entry.label: value for outcome, value in told}


def _cells(check: Check, first: bool) -> list[Cell]:
    """What a check says, but for what is published of its network."""
    if check.kind == "min":
        return [
            check.status,
            check.network if first else "",
            check.scope,
            METRICS[check.metric].lower() + ", own" * check.own,
            accuracy(check.actual),
            f"≥ {accuracy(check.limit)}",
            step(check.limit, check.actual) if check.status != "pass" else None,
            step(check.base, check.actual) or None,
        ]
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
