"""Verdicts as JUnit's XML, which most CI services show as tests."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from dscalc.analysis.budget import Check, Status
from dscalc.check.notices import Notice
from dscalc.check.outcomes import Findings
from dscalc.render.sentences import description, finding, spot_of
from dscalc.render.text import plain

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


NOT_CHECKED = ("new", "unread", "absent")
"""The kinds of notices of what could not be checked."""


def as_junit(findings: Findings, root: Path) -> str:
    """A test case for every check, a test suite for every network.

    A network that could not be read is an error, what could not be asked is skipped with the
    reason, and what else is to be told passes; where warnings fail they are failures here too.
    """
    from xml.etree import ElementTree as Xml

    suites = Xml.Element("testsuites", name="dscalc")
    for outcome in findings.outcomes:
        suite = _suite(suites, outcome.entry.label)
        for check in outcome.checks:
            _check(suite, check, findings.failing)
        for notice in outcome.notices:
            _notice(suite, notice, findings.failing)
        if outcome.unasked:
            skipped = _case(suite, "growth", "skipped")
            skipped.attrib["message"] = "growth is not checked without a base version"
    for notice in findings.of_config:
        _notice(_suite(suites, notice.network), notice, findings.failing)
    for network, problem in findings.unreadable_problems:
        suite = _suite(suites, network or "dscalc")
        error = _case(suite, "read", "error")
        error.attrib.update(message=plain(problem.sentence), type="unreadable")
        if place := spot_of(problem.place, root):  # for a test case the schema has none
            suite.attrib["file"] = plain(place[0])
            error.text = plain(f"{place[0]}:{place[1]}: {problem.sentence}")
    for element in (suites, *suites):
        element.attrib.update(_tally(element))
    Xml.indent(suites)
    # Its own declaration would name the encoding of the locale, but files are written in UTF-8.
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(suites, "unicode")}\n'


def _suite(suites: Element, network: str) -> Element:
    from xml.etree import ElementTree as Xml

    return Xml.SubElement(suites, "testsuite", name=plain(network))


def _case(suite: Element, title: str, tag: str) -> Element:
    """A test case and in it one element, which says what became of it."""
    from xml.etree import ElementTree as Xml

    names = {"classname": suite.attrib["name"], "name": plain(title), "time": "0"}
    return Xml.SubElement(Xml.SubElement(suite, "testcase", names), tag)


def _check(suite: Element, check: Check, failing: Collection[Status]) -> None:
    message = plain(finding(check))
    title = f"{check.scope} {check.metric} {check.kind}"
    if check.status in failing:
        failure = _case(suite, title, "failure")
        failure.attrib.update(message=message, type=check.kind)
        failure.text = plain(description(check))
    else:
        _case(suite, title, "system-out").text = f"{check.status}: {message}"


def _notice(suite: Element, notice: Notice, failing: Collection[Status]) -> None:
    """What is told; where it means that something was not checked, that is skipped."""
    if notice.status in failing:
        failure = _case(suite, notice.kind, "failure")
        failure.attrib.update(message=plain(notice.sentence), type=notice.kind)
    elif notice.kind in NOT_CHECKED:
        _case(suite, notice.kind, "skipped").attrib["message"] = plain(notice.sentence)
    else:
        text = plain(f"{notice.status}: {notice.sentence}")
        _case(suite, notice.kind, "system-out").text = text


def _tally(element: Element) -> dict[str, str]:
    tags = {"tests": "testcase", "failures": "failure", "errors": "error"}
    if element.tag == "testsuite":  # the schema of Jenkins knows it there alone
        tags["skipped"] = "skipped"
    return {**{key: str(len(list(element.iter(tag)))) for key, tag in tags.items()}, "time": "0"}
