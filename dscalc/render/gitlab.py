"""Verdicts for GitLab: a code quality report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from dscalc.check.entries import CONFIG
from dscalc.check.outcomes import Findings
from dscalc.render.sentences import all_checks, all_notices, description, location, spot_of
from dscalc.render.text import plain


class Issue(NamedTuple):
    """What GitLab shows at a place; `identity` stays the same while values and lines move."""

    identity: str
    name: str
    severity: str
    text: str
    place: tuple[str, int] | None


def as_gitlab(findings: Findings, root: Path) -> str:
    """An issue for every failure and warning, and for what else is to be told."""
    import json

    seen: Counter[str] = Counter()
    listed = []
    for issue in _issues(findings, root):
        seen[issue.identity] += 1
        listed.append(_listed(issue, seen[issue.identity]))
    return json.dumps(listed, indent=2) + "\n"


def _issues(findings: Findings, root: Path) -> Iterator[Issue]:
    for network, problem in findings.unreadable_problems:
        text, place = problem.sentence, spot_of(problem.place, root)
        yield Issue(f"{network}:{text}", "unreadable", "blocker", text, place)
    for check in all_checks(findings):
        if check.status != "pass":
            severity = "major" if check.status == "fail" else "minor"
            name, place = f"{check.metric}/{check.kind}", location(check, root)
            yield Issue(check.id, name, severity, description(check), place)
    for notice in all_notices(findings):
        severity = "minor" if notice.status == "warn" else "info"
        place = spot_of(notice.place, root)
        yield Issue(notice.id, notice.kind, severity, notice.sentence, place)


def _listed(issue: Issue, number: int) -> dict[str, Any]:
    """The issue as JSON; two alike, such as one mistake at two lines, are told apart by number."""
    import hashlib

    identity = issue.identity if number == 1 else f"{issue.identity} ({number})"
    file, line = issue.place or (CONFIG, 1)  # GitLab shows no issue without a place
    return {
        "description": plain(issue.text),
        "check_name": f"dscalc/{issue.name}",
        "fingerprint": hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest(),
        "severity": issue.severity,
        "location": {"path": plain(file), "lines": {"begin": line}},
    }
