"""Verdicts for CI services: GitHub workflow commands, GitLab code quality, JUnit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dscalc.budget import Check
from dscalc.checking import Outcome
from dscalc.render.sentences import all_checks, finding, reasons, subject, summary
from dscalc.render.text import plain

MOST = 10  # annotations of a kind that GitHub shows for a step


def _description(check: Check) -> str:
    return ". ".join([f"{subject(check)}: {finding(check)}", *reasons(check)])


def path_from(file: str, root: Path) -> str:
    """The path of a file as a CI service knows it: from the repository's root."""
    try:
        return Path(file).resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return file


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
    properties = {
        "file": path_from(check.file, root),
        "line": str(check.line or 1),
        "title": f"dscalc: {subject(check)}",
    }
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

    issues = [
        {
            "description": plain(_description(check)),
            "check_name": f"dscalc/{check.metric}/{check.kind}",
            "fingerprint": hashlib.sha256(check.id.encode("utf-8", "replace")).hexdigest(),
            "severity": "major" if check.status == "fail" else "minor",
            "location": {
                "path": plain(path_from(check.file, root)),
                "lines": {"begin": check.line or 1},
            },
        }
        for check in all_checks(outcomes)
        if check.status != "pass"
    ]
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
    return Xml.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _tally(checks: Sequence[Check]) -> dict[str, str]:
    failures = sum(check.status == "fail" for check in checks)
    return {"tests": str(len(checks)), "failures": str(failures), "errors": "0", "time": "0"}
