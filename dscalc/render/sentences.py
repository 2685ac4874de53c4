"""What every format says of a check and where it points: the same words, with exact digits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dscalc.analysis.budget import Check, Culprit, difference, verdict
from dscalc.analysis.figures import FIGURES
from dscalc.analysis.published import IMAGENET, METRICS
from dscalc.check.notices import Notice
from dscalc.check.outcomes import Findings
from dscalc.errors import Place
from dscalc.render.grid import shown


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
    below = any(check.kind == "min" and check.status != "pass" for check in checks)
    over, above = ("outside budget", "past") if below else ("over budget", "above")
    mark = f"{f'{over} and no worse, or ' * excused}{above} a warning mark"
    for status, word in (("fail", over), ("warn", mark)):
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
    if check.kind == "growth":
        return _growth(check)
    found = amount(check) if check.kind == "min" else f"{check.actual:,} {_word(check)}"
    within = "at least" if check.kind == "min" else "within"
    return f"{found}, {f'{within} {_limit(check)}' if check.status == 'pass' else over(check)}"


def amount(check: Check) -> str:
    """What the network costs, or what was published of it."""
    if check.kind != "min":
        return f"{check.actual:,} {FIGURES[check.metric].word}"
    name = METRICS[check.metric].lower()
    return f"no published {name}" if check.actual is None else f"{name} of {accuracy(check.actual)}"


def _word(check: Check) -> str:
    """What a figure is a number of, with the rule that it is by where that says something."""
    word = FIGURES[check.metric].word
    said = check.by and (check.metric == "memory" or check.by != "params")
    return f"{word} ({check.by})" if said else word


def over(check: Check) -> str:
    """By how much a figure is above which limit, or below which least."""
    limit = "limit" if check.status == "fail" or check.excused else "warning mark"
    no_worse = ", but no worse than it was" * check.excused
    if check.actual is None:
        where = f"on {IMAGENET} at this α, depth, input and parameters"
        return f"none by its authors {where}; the {limit} is {_limit(check)}"
    return f"{_over(check)} the {limit} of {_limit(check)}{no_worse}"


def _limit(check: Check) -> str:
    return accuracy(check.limit) if check.kind == "min" else f"{check.limit:,}"


def accuracy(value: float | None) -> str:
    """An accuracy as tables have it; nothing where none is published."""
    return shown(value, "percent")


def step(was: float | None, now: float | None) -> str:
    """From one accuracy to another: the sign is no mark of what is worse, as it is of costs."""
    change = difference(now, was)
    return "" if change is None else f"{change:+,}"


def since(check: Check, version: str) -> str:
    """How far a figure is from that of the version that the network is compared with."""
    was = accuracy(check.base or 0) if check.kind == "min" else f"{check.base:,}"
    if check.delta == 0:
        return f"the same since {version}"
    by = "" if check.delta is None else f"{check.delta:+,} since {version}, where "
    return f"{by}it was {was}{f' at {version}' * (not by)}"


def where(check: Check) -> str:
    """Where the budget stands that a check is of, in brackets."""
    return f" ({check.place.file}:{check.place.line})" if check.place is not None else ""


def _growth(check: Check) -> str:
    delta = check.delta or 0
    share = f" ({percent(delta, check.base)})" if check.base and delta else ""
    found = f"{_word(check)} from {check.base:,} to {check.actual:,}, {delta:+,}{share}"
    if check.status == "pass":
        return found
    return f"{found}, {_over(check)} the growth of {check.limit:,} that is allowed"


def _over(check: Check) -> str:
    excess = check.excess or 0
    if check.kind == "min":
        return f"{excess:,} below"
    share = f" ({percent(excess, check.limit)})" if check.limit else ""
    return f"{excess:,}{share} over"


def percent(part: float, whole: float) -> str:
    """A share with two decimals, or as many as it takes to be more than nothing."""
    decimals = 2
    while part and decimals < 30 and abs(part) * 100 * 10**decimals < whole:
        decimals += 1
    return f"{100 * part / whole:,.{decimals}f} %"


def reasons(check: Check) -> list[str]:
    """Where to look: the layers that took the money, the budget's place, its message."""
    lines = [culprits(check)] if check.culprits else []
    if check.source:
        lines.append(published(check))
    if check.place is not None:
        lines.append(f"budget: {check.place.file}:{check.place.line}")
    if check.message:
        lines.append(check.message)
    return lines


def published(check: Check) -> str:
    """Where an accuracy is published."""
    return f"published: {check.source}"


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
