"""Verdicts for CI services: GitHub workflow commands, GitLab code quality, JUnit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dscalc.analysis.budget import Check
from dscalc.check.outcomes import Outcome
from dscalc.render.sentences import all_checks, finding, reasons, subject, summary
from dscalc.render.text import plain

MOST = 10  # annotations of a kind that GitHub shows for a step


def _description(check: Check) -> str:
    return ". ".join([f"{subject(check)}: {finding(check)}", *reasons(check)])


def _location(check: Check, root: Path) -> tuple[str, int]:
    """Where a CI service shows a check, by the path from the repository's root.

    That is the line of the layer or, where its network is not of the repository, of the budget.
    """
    places = [(check.file, check.line or 1)]
    if check.place is not None:
        places.append((check.place.file, check.place.line))
    for file, line in places:
        path = Path(file).resolve()
        if path.is_file() and path.is_relative_to(root.resolve()):
            return path.relative_to(root.resolve()).as_posix(), line
    return places[0]


# ---------------------------------------------------------------- GitHub


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
    file, line = _location(check, root)
    properties = {"file": file, "line": str(line), "title": f"dscalc: {subject(check)}"}
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{command} {listed}::{_data(_description(check))}"


def _data(text: str) -> str:
    return plain(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# ---------------------------------------------------------------- GitLab


def as_gitlab(outcomes: Sequence[Outcome], root: Path) -> str:
    """A code quality report: an issue for every failure and warning."""
    import hashlib
    import json

    def issue(check: Check) -> dict[str, Any]:
        file, line = _location(check, root)
        return {
            "description": plain(_description(check)),
            "check_name": f"dscalc/{check.metric}/{check.kind}",
            "fingerprint": hashlib.sha256(check.id.encode("utf-8", "replace")).hexdigest(),
            "severity": "major" if check.status == "fail" else "minor",
            "location": {"path": plain(file), "lines": {"begin": line}},
        }

    issues = [issue(check) for check in all_checks(outcomes) if check.status != "pass"]
    return json.dumps(issues, indent=2) + "\n"


# ---------------------------------------------------------------- JUnit


def as_junit(outcomes: Sequence[Outcome]) -> str:
    """A test case for every check, a test suite for every network."""
    from xml.etree import ElementTree as Xml

    checks = all_checks(outcomes)
    suites = Xml.Element("testsuites", {"name": "dscalc", **_tally(checks)})
    for outcome in outcomes:
        name = plain(outcome.entry.label)
        suite = Xml.SubElement(suites, "testsuite", {"name": name, **_tally(outcome.checks)})
        for check in outcome.checks:
            title = plain(f"{check.scope} {check.metric} {check.kind}")
            case = Xml.SubElement(suite, "testcase", classname=name, name=title, time="0")
            message = plain(finding(check))
            if check.status == "fail":
                failure = Xml.SubElement(case, "failure", message=message, type=check.kind)
                failure.text = plain(_description(check))
            else:
                Xml.SubElement(case, "system-out").text = f"{check.status}: {message}"
    Xml.indent(suites)
    # Its own declaration would name the encoding of the locale, but files are written in UTF-8.
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(suites, "unicode")}\n'


def _tally(checks: Sequence[Check]) -> dict[str, str]:
    failures = sum(check.status == "fail" for check in checks)
    return {"tests": str(len(checks)), "failures": str(failures), "errors": "0", "time": "0"}
