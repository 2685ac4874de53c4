"""Verdicts as JUnit's XML, which most CI services show as tests."""

from __future__ import annotations

from collections.abc import Sequence

from dscalc.analysis.budget import Check
from dscalc.check.outcomes import Outcome
from dscalc.render.sentences import all_checks, description, finding
from dscalc.render.text import plain


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
                failure.text = plain(description(check))
            else:
                Xml.SubElement(case, "system-out").text = f"{check.status}: {message}"
    Xml.indent(suites)
    # Its own declaration would name the encoding of the locale, but files are written in UTF-8.
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(suites, "unicode")}\n'


def _tally(checks: Sequence[Check]) -> dict[str, str]:
    failures = sum(check.status == "fail" for check in checks)
    return {"tests": str(len(checks)), "failures": str(failures), "errors": "0", "time": "0"}
