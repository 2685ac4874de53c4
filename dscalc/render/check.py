"""The answer of `dscalc check`: the verdict, every check, and what each failure means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dscalc.analysis.budget import Check, verdict
from dscalc.analysis.figures import FIGURES
from dscalc.check.outcomes import Outcome
from dscalc.render.formats import Answer
from dscalc.render.grid import Cell, Column, Grid
from dscalc.render.json import document
from dscalc.render.sentences import all_checks, finding, reasons, subject, summary


def check_answer(outcomes: Sequence[Outcome]) -> Answer:
    """What became of every network."""
    return Answer(
        lambda: check_document(outcomes),
        lambda: check_grids(outcomes),
        lambda: check_rows(outcomes),
        lambda: check_comment(outcomes),
        outcomes,
    )


def check_document(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """`dscalc check --format json`."""
    checks = [check for outcome in outcomes for check in outcome.checks]
    return document("check", verdict=verdict(checks), checks=list(map(_listed, checks)))


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
    }


def check_rows(outcomes: Sequence[Outcome]) -> Grid:
    """A row for each check with all that JSON says of it."""
    listed = [_listed(check) for check in all_checks(outcomes)]
    keys = listed[0] if listed else {}
    return Grid(tuple(Column(key, key) for key in keys), [list(check.values()) for check in listed])


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


def check_comment(outcomes: Sequence[Outcome]) -> str:
    """The verdict as Markdown; networks that pass and did not change are folded away."""
    from dscalc.render.markdown import as_comment

    quiet = [outcome for outcome in outcomes if _is_quiet(outcome)]
    loud = [outcome for outcome in outcomes if not _is_quiet(outcome)]
    if not loud and not any(outcome.compared for outcome in outcomes):
        quiet, loud = [], list(outcomes)
    shown = check_grids(loud) if loud else []
    folded = check_grids(quiet) if quiet else []
    untitled = [grid._replace(title="") if n == 0 else grid for n, grid in enumerate(shown)]
    heading = "Unchanged" if any(outcome.compared for outcome in outcomes) else "Within budget"
    return as_comment(summary(outcomes), untitled, heading, folded)


def _is_quiet(outcome: Outcome) -> bool:
    return not outcome.new and all(
        check.status == "pass" and not check.delta for check in outcome.checks
    )
