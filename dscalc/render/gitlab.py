"""Verdicts for GitLab: a code quality report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dscalc.check.entries import CONFIG
from dscalc.check.outcomes import Findings
from dscalc.render.sentences import all_checks, all_notices, description, location, spot_of
from dscalc.render.text import plain


def as_gitlab(findings: Findings, root: Path) -> str:
    """An issue for every failure and warning, and for what else is to be told."""
    import json

    issues = [
        _issue(problem.sentence, "unreadable", f"{network}:{problem.sentence}", "blocker",
               spot_of(problem.place, root))
        for network, problem in findings.unreadable_problems
    ]  # fmt: skip
    issues += [
        _issue(description(check), f"{check.metric}/{check.kind}", check.id,
               "major" if check.status == "fail" else "minor", location(check, root))
        for check in all_checks(findings)
        if check.status != "pass"
    ]  # fmt: skip
    issues += [
        _issue(notice.sentence, notice.kind, notice.id,
               "minor" if notice.status == "warn" else "info", spot_of(notice.place, root))
        for notice in all_notices(findings)
    ]  # fmt: skip
    return json.dumps(issues, indent=2) + "\n"


def _issue(
    text: str, name: str, identity: str, severity: str, place: tuple[str, int] | None
) -> dict[str, Any]:
    import hashlib

    file, line = place or (CONFIG, 1)  # GitLab shows no issue without a place
    return {
        "description": plain(text),
        "check_name": f"dscalc/{name}",
        "fingerprint": hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest(),
        "severity": severity,
        "location": {"path": plain(file), "lines": {"begin": line}},
    }
