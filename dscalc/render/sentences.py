"""What every format says of a check and where it points: the same words, with exact digits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dscalc.analysis.budget import Check, Culprit, verdict
from dscalc.analysis.figures import FIGURES
from dscalc.check.notices import Notice
from dscalc.check.outcomes import Findings
from dscalc.errors import Place


def all_checks(findings: Findings) -> list[Check]:
    """The checks of all networks, the worst first, else in order."""
    order = {"fail": 0, "warn": 1, "pass": 2}
    return sorted(findings.checks, key=lambda check: order[check.status])


def all_notices(findings: Findings) -> list[Notice]:
    """What else is to be told, warnings first."""
    return sorted(findings.notices, key=lambda notice: notice.status == "pass")


def summary(findings: Findings) -> str:
    """The verdict in one sentence."""
    warnings = sum(notice.status == "warn" for notice in findings.notices)
    besides = f", and {warnings} warning{'s' if warnings > 1 else ''} besides" if warnings else ""
    strict = "; warnings fail, as --strict asks" * (findings.strict and findings.verdict == "warn")
    return f"{_of_checks(findings)}{besides}{strict}."


def _of_checks(findings: Findings) -> str:
    count = len(findings.outcomes) + len(findings.unreadable)
    networks = f"{count} network{'' if count == 1 else 's'}"
    if findings.unreadable:
        return f"no verdict: {len(findings.unreadable)} of {networks} could not be checked"
    worst = [verdict(outcome.checks) for outcome in findings.outcomes]
    checks = findings.checks
    excused = any(check.excused for check in checks)
    mark = (
        "over budget and no worse, or above a warning mark" if excused else "above a warning mark"
    )
    for status, word in (("fail", "over budget"), ("warn", mark)):
        if status in worst:
            found = sum(check.status == status for check in checks)
            detail = f"{found} of {len(checks)} checks {status}"
            return f"{worst.count(status)} of {networks} {word}: {detail}"
    if not count:
        return "nothing was checked: no network is there"
    if not checks:
        return f"{networks} without a check that applies"
    passing = "1 check passes" if len(checks) == 1 else f"{len(checks)} checks pass"
    return f"{networks} within budget: {passing}"


def subject(check: Check) -> str:
    """What is measured: the network, or one layer of it."""
    return check.network if check.scope == "network" else f"{check.network}, {check.scope}"


def finding(check: Check) -> str:
    """What a check found, without the name of its subject."""
    word = FIGURES[check.metric].word
    if check.by and (check.metric == "memory" or check.by != "params"):
        word = f"{word} ({check.by})"
    if check.kind == "growth":
        return _growth(check, word)
    found = f"{check.actual:,} {word}"
    return f"{found}, {over(check) if check.excess > 0 else f'within {check.limit:,}'}"


def over(check: Check) -> str:
    """By how much a figure is above which limit."""
    if check.excused:
        return f"{_over(check)} the limit of {check.limit:,}, but no worse than it was"
    limit = "limit" if check.status == "fail" else "warning mark"
    return f"{_over(check)} the {limit} of {check.limit:,}"


def where(check: Check) -> str:
    """Where the budget stands that a check is of, in brackets."""
    return f" ({check.place.file}:{check.place.line})" if check.place is not None else ""


def _growth(check: Check, word: str) -> str:
    delta = check.delta or 0
    share = f" ({percent(delta, check.base)})" if check.base and delta else ""
    found = f"{word} from {check.base:,} to {check.actual:,}, {delta:+,}{share}"
    if check.excess <= 0 or check.status == "pass":
        return found
    return f"{found}, {_over(check)} the growth of {check.limit:,} that is allowed"


def _over(check: Check) -> str:
    share = f" ({percent(check.excess, check.limit)})" if check.limit else ""
    return f"{check.excess:,}{share} over"


def percent(part: int, whole: int) -> str:
    """A share with two decimals, or as many as it takes to be more than nothing."""
    decimals = 2
    while part and decimals < 30 and abs(part) * 100 * 10**decimals < whole:
        decimals += 1
    return f"{100 * part / whole:,.{decimals}f} %"


def reasons(check: Check) -> list[str]:
    """Where to look: the layers that took the money, the budget's place, its message."""
    lines = [culprits(check)] if check.culprits else []
    if check.place is not None:
        lines.append(f"budget: {check.place.file}:{check.place.line}")
    if check.message:
        lines.append(check.message)
    return lines


def culprits(check: Check) -> str:
    """The layers that a figure comes from, each at its line."""
    heading = "grew most" if check.grown else "weigh most"
    heading = heading if check.peak is None else f"{_peak(check.peak)}; most is held by"
    layers = ", ".join(
        f"{c.name}{f' (line {c.line})' if c.line else ''} {c.amount:,}" for c in check.culprits
    )
    return f"{heading}: {layers}"


def _peak(peak: Culprit) -> str:
    return f"the peak is at {peak.name}{f' (line {peak.line})' if peak.line else ''}"


def description(check: Check) -> str:
    """All of it in one line."""
    return ". ".join([f"{subject(check)}: {finding(check)}", *reasons(check)])


def location(check: Check, root: Path) -> tuple[str, int]:
    """Where a CI service shows a check.

    That is the line of the layer or, where its network is not of the repository, of the budget.
    """
    places = [(check.file, check.line or 1)]
    if check.place is not None:
        places.append((check.place.file, check.place.line))
    return spot(places, root)


def spot(places: Sequence[tuple[str, int]], root: Path) -> tuple[str, int]:
    """The first place that is in the repository, by its path from there; else the first one."""
    for file, line in places:
        path = Path(file).resolve()
        if path.is_file() and path.is_relative_to(root.resolve()):
            return path.relative_to(root.resolve()).as_posix(), line
    return places[0]


def spot_of(place: Place | None, root: Path) -> tuple[str, int] | None:
    """The same for a place, if there is one."""
    return None if place is None else spot([(place.file, place.line)], root)
