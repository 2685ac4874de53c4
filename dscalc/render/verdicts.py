"""Views of verdicts and of changes: grids for terminals and pages."""

from __future__ import annotations

from collections.abc import Sequence

from dscalc.analysis.figures import COMPARED, FIGURES
from dscalc.analysis.versions import Change, Difference, Version
from dscalc.check.outcomes import Outcome
from dscalc.render.grid import Cell, Column, Grid
from dscalc.render.sentences import (
    all_checks,
    finding,
    percent,
    reasons,
    subject,
    summary,
)


def check_grids(outcomes: Sequence[Outcome]) -> list[Grid]:
    """The verdict: every check, the worst first, then what each failure means."""
    checks = all_checks(outcomes)
    columns = (
        Column("status", "Status"),
        Column("network", "Network", "name"),
        Column("scope", "Of", "name"),
        Column("metric", "Figure"),
        Column("actual", "Value", "count"),
        Column("kind", "Limit on"),
        Column("limit", "Limit", "count"),
        Column("delta", "Change", "change"),
    )
    rows: list[list[Cell]] = [
        [
            check.status,
            check.network,
            check.scope,
            FIGURES[check.metric].word,
            check.actual,
            "growth" if check.kind == "growth" else "value",
            check.limit,
            check.delta,
        ]
        for check in checks
    ]
    grids = [Grid(columns, rows, summary(outcomes), notes=_new_networks(outcomes))]
    return grids + [
        Grid(title=f"{check.status}: {subject(check)}: {finding(check)}", notes=reasons(check))
        for check in checks
        if check.status != "pass"
    ]


def _new_networks(outcomes: Sequence[Outcome]) -> list[str]:
    return [
        f"{outcome.entry.label} is new: it has no base version to have grown from."
        for outcome in outcomes
        if outcome.new
    ]


def diff_grids(differences: Sequence[Difference]) -> list[Grid]:
    """Every network with the layers that differ, and what each contributed."""
    return [_diff_grid(difference) for difference in differences]


def _diff_grid(difference: Difference) -> Grid:
    columns = (
        Column("status", "Change"),
        Column("name", "Layer", "name"),
        Column("params_base", "Params were", "count", drop=2),
        Column("params", "Params", "count", drop=3),
        Column("params_delta", "by", "change"),
        Column("mult_adds_base", "Mult-adds were", "count", drop=1),
        Column("mult_adds", "Mult-adds", "count", drop=4),
        Column("mult_adds_delta", "by", "change"),
    )
    rows = [_change_cells(change) for change in difference.changes]
    base, head = difference.base, difference.head
    total: list[Cell] = ["total", ""]
    for key in COMPARED:
        was, now = _total(base, key), _total(head, key)
        total += [was, now, (now or 0) - (was or 0)]
    title = f"{difference.network}: {_sentence(difference)}"
    return Grid(columns if rows else (), rows, title, [total] if rows else [])


def _change_cells(change: Change) -> list[Cell]:
    cells: list[Cell] = [change.status, change.name]
    for key in COMPARED:
        was, now = (
            None if layer is None else getattr(layer.totals, key)
            for layer in (change.base, change.head)
        )
        cells += [was, now, change.delta(key)]
    return cells


def _total(version: Version | None, key: str) -> int | None:
    return None if version is None else int(getattr(version.totals, key))


def _sentence(difference: Difference) -> str:
    base, head = difference.base, difference.head
    if base is None:
        return "new"
    if head is None:
        return "removed"
    if not difference.changes:
        return "unchanged"
    parts = []
    for figure in COMPARED.values():
        was, now = getattr(base.totals, figure.key), getattr(head.totals, figure.key)
        share = f" ({percent(now - was, was)})" if was and now != was else ""
        parts.append(f"{now - was:+,} {figure.word}{share}")
    return ", ".join(parts)
