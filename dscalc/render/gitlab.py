"""Verdicts for GitLab: a code quality report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dscalc.analysis.budget import Check
from dscalc.check.outcomes import Outcome
from dscalc.render.sentences import all_checks, description, location
from dscalc.render.text import plain


def as_gitlab(outcomes: Sequence[Outcome], root: Path) -> str:
    """An issue for every failure and warning."""
    import hashlib
    import json

    def issue(check: Check) -> dict[str, Any]:
        file, line = location(check, root)
        return {
            "description": plain(description(check)),
            "check_name": f"dscalc/{check.metric}/{check.kind}",
            "fingerprint": hashlib.sha256(check.id.encode("utf-8", "replace")).hexdigest(),
            "severity": "major" if check.status == "fail" else "minor",
            "location": {"path": plain(file), "lines": {"begin": line}},
        }

    issues = [issue(check) for check in all_checks(outcomes) if check.status != "pass"]
    return json.dumps(issues, indent=2) + "\n"
