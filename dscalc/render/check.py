"""The answer of `dscalc check`: the verdict, every check, and what each failure means."""

from __future__ import annotations

from typing import Any

from dscalc.analysis.budget import Check
from dscalc.analysis.figures import FIGURES
from dscalc.check.notices import Notice
from dscalc.check.outcomes import Findings, Outcome
from dscalc.errors import Problem
from dscalc.render.formats import Answer
from dscalc.render.grid import Cell, Column, Grid
from dscalc.render.json import document
from dscalc.render.sentences import (
    all_checks,
    all_notices,
    finding,
    reasons,
    subject,
    summary,
)

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
        lambda: check_comment(findings),
        findings,
    )


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
    """The verdict: every check, the worst first, then what each failure means."""
    checks = all_checks(findings)
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
    notes = [f"{_mark(notice)}{notice.sentence}." for notice in all_notices(findings)]
    grids = [Grid(columns if rows else (), rows, summary(findings), notes=notes)]
    return grids + [
        Grid(title=f"{check.status}: {subject(check)}: {finding(check)}", notes=reasons(check))
        for check in checks
        if check.status != "pass"
    ]


def _mark(notice: Notice) -> str:
    return "warn: " if notice.status == "warn" else ""


def check_comment(findings: Findings) -> str:
    """The verdict as Markdown; networks that pass and did not change are folded away."""
    from dscalc.render.markdown import as_comment

    quiet = tuple(outcome for outcome in findings.outcomes if _is_quiet(outcome))
    loud = tuple(outcome for outcome in findings.outcomes if not _is_quiet(outcome))
    compared = any(outcome.compared for outcome in findings.outcomes)
    if not loud and not compared:
        quiet, loud = (), findings.outcomes
    shown = check_grids(Findings(loud, findings.of_config)) if loud or findings.of_config else []
    folded = check_grids(Findings(quiet)) if quiet else []
    untitled = [grid._replace(title="") if n == 0 else grid for n, grid in enumerate(shown)]
    heading = "Unchanged" if compared else "Within budget"
    return as_comment(summary(findings), untitled, heading, folded)


def _is_quiet(outcome: Outcome) -> bool:
    return not outcome.notices and all(
        check.status == "pass" and not check.delta for check in outcome.checks
    )
