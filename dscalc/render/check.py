"""The answer of `dscalc check`: what JSON and CSV say of every check, and its other forms."""

from __future__ import annotations

from typing import Any

from dscalc.analysis.budget import Check, Status
from dscalc.check.notices import Notice
from dscalc.check.outcomes import Findings, Outcome
from dscalc.errors import Problem
from dscalc.render.formats import Answer
from dscalc.render.grid import Column, Fact, Grid, Page, count_of
from dscalc.render.json import document
from dscalc.render.sentences import all_checks, all_notices
from dscalc.render.verdict import check_grids

STATUSES: dict[Status, str] = {
    "fail": "checks over budget",
    "warn": "checks warned of",
    "pass": "checks within budget",
}
"""What is said of checks of each status."""
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
        lambda: check_page(findings),
    )


def check_page(findings: Findings) -> Page:
    statuses = [check.status for check in findings.checks]
    facts = [Fact(f"{statuses.count(status):,}", word) for status, word in STATUSES.items()]
    if findings.unreadable:
        facts.append(Fact(f"{len(findings.unreadable):,}", "not checked"))
    return Page([count_of(len(findings.outcomes) + len(findings.unreadable), "network"), *facts])


def _comment(findings: Findings) -> str:
    from dscalc.render.comment import check_comment

    return check_comment(findings)


def check_document(findings: Findings) -> dict[str, Any]:
    """`dscalc check --format json`."""
    return document(
        "check",
        verdict=findings.verdict,
        strict=findings.strict,
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
