"""The answer of `dscalc check`: the verdict, every check, and what each failure means."""

from __future__ import annotations

from typing import Any

from dscalc.analysis.budget import Check
from dscalc.analysis.figures import FIGURES
from dscalc.check.notices import Notice
from dscalc.check.outcomes import Findings, Outcome
from dscalc.errors import Problem
from dscalc.render.blocks import blocks
from dscalc.render.formats import Answer
from dscalc.render.grid import Cell, Column, Grid, without
from dscalc.render.json import document
from dscalc.render.sentences import all_checks, all_notices, summary

CHECK_KEYS = (
    "id",
    "network",
    "scope",
    "metric",
    "kind",
    "actual",
    "limit",
    "base",
    "delta",
    "status",
    "file",
    "line",
    "message",
    "budget",
    "rule",
    "peak_layer",
)
"""What JSON says of a check, in the order of the columns of CSV."""


def check_answer(findings: Findings) -> Answer:
    """What became of every network."""
    return Answer(
        lambda: check_document(findings),
        lambda: check_grids(findings),
        lambda: check_rows(findings),
        lambda: _comment(findings),
        findings,
    )


def _comment(findings: Findings) -> str:
    from dscalc.render.comment import check_comment

    return check_comment(findings)


def check_document(findings: Findings) -> dict[str, Any]:
    """`dscalc check --format json`."""
    return document(
        "check",
        verdict=findings.verdict,
        checks=list(map(_listed, findings.checks)),
        networks=list(map(_network, findings.outcomes)),
        notices=list(map(_notice, findings.notices)),
        errors=[_error(network, problem) for network, problem in findings.unreadable_problems],
    )


def _network(outcome: Outcome) -> dict[str, Any]:
    """A network, and what it was compared with."""
    return {
        "network": outcome.entry.label,
        "file": outcome.entry.file,
        "compared": outcome.compared,
        "new": outcome.new,
        "base": outcome.base.file if outcome.base else None,
    }


def _notice(notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.id,
        "network": notice.network,
        "kind": notice.kind,
        "status": notice.status,
        "message": notice.sentence,
        "accepted": notice.accepted or None,
        "file": notice.place.file if notice.place else None,
        "line": notice.place.line if notice.place else None,
    }


def _error(network: str, problem: Problem) -> dict[str, Any]:
    place = problem.place
    return {
        "network": network,
        "message": problem.sentence,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
    }


def _listed(check: Check) -> dict[str, Any]:
    return {
        "id": check.id,
        "network": check.network,
        "scope": check.scope,
        "metric": check.metric,
        "kind": check.kind,
        "actual": check.actual,
        "limit": check.limit,
        "base": check.base,
        "delta": check.delta,
        "status": check.status,
        "file": check.file,
        "line": check.line,
        "message": check.message,
        "budget": str(check.place) if check.place else None,
        "rule": check.by or None,
        "peak_layer": check.peak.name if check.peak else None,
    }


def check_rows(findings: Findings) -> Grid:
    """A row for each check with all that JSON says of it, and for what else is told."""
    listed = [_listed(check) for check in all_checks(findings)]
    for notice in all_notices(findings):
        told = _notice(notice)
        listed.append({key: told.get(key) for key in CHECK_KEYS})
    return Grid(
        tuple(Column(key, key) for key in CHECK_KEYS), [list(row.values()) for row in listed]
    )


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
