"""Verdicts for GitHub: workflow commands, which it shows as annotations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dscalc.analysis.budget import Check
from dscalc.check.outcomes import Outcome
from dscalc.render.sentences import all_checks, description, location, subject, summary
from dscalc.render.text import plain

MOST = 10  # annotations of a kind that GitHub shows for a step


def as_github(outcomes: Sequence[Outcome], root: Path) -> str:
    """A workflow command for every failure and warning, ten of each; then the verdict."""
    lines: list[str] = []
    for status, command in (("fail", "error"), ("warn", "warning")):
        checks = [check for check in all_checks(outcomes) if check.status == status]
        single = checks if len(checks) <= MOST else checks[: MOST - 1]
        lines += [_command(command, check, root) for check in single]
        if len(checks) > len(single):
            rest = len(checks) - len(single)
            lines.append(f"::{command} title=dscalc::and {rest} more; see the log for all of them")
    return "\n".join([*lines, plain(summary(outcomes))]) + "\n"


def _command(command: str, check: Check, root: Path) -> str:
    file, line = location(check, root)
    properties = {"file": file, "line": str(line), "title": f"dscalc: {subject(check)}"}
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{command} {listed}::{_data(description(check))}"


def _data(text: str) -> str:
    return plain(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
