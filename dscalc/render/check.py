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
    "fail": "checks outside budget",
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
    "source",
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
        **_told(outcome),
        "base_top1": outcome.base_top1.value if outcome.base_top1 else None,
    }


def _told(outcome: Outcome) -> dict[str, Any]:
    """The accuracy that the authors of a network published of it, and where."""
    told = outcome.top1
    return {
        "top1": told.value if told else None,
        "top1_source": told.source if told else None,
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
        "source": check.source or None,
    }


def check_rows(findings: Findings) -> Grid:
    """A row for each check with all that JSON says of it, and for what else is told.

    Behind each check stands what is published of its network.
    """
    of_networks = {outcome.entry.label: _told(outcome) for outcome in findings.outcomes}
    listed = [
        {**_listed(check), **of_networks.get(check.network, {})} for check in all_checks(findings)
    ]
    listed += map(_notice, all_notices(findings))
    keys = (*CHECK_KEYS, "top1", "top1_source")
    columns = tuple(Column(key, key) for key in keys)
    return Grid(columns, [[row.get(key) for key in keys] for row in listed])
