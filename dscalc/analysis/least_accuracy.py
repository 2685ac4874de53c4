"""A published accuracy before the least that a budget asks of it: more is better here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dscalc.analysis.budget import TOP1, Budget, Check, Least, Status

if TYPE_CHECKING:
    from dscalc.analysis.accuracy import Accuracy


def judge_accuracy(
    file: str, budget: Budget, label: str, told: Accuracy | None, base: Accuracy | None = None
) -> list[Check]:
    """The answer of what is `told` of a network in a `file`, and of its `base` version, if asked.

    `label` is what the check calls it. Where nothing is told the least is not met: what nobody
    published must not pass, and is never excused as no worse than it was.
    """
    least = budget.top1
    if least is None:
        return []
    actual = None if told is None else told.value
    limit, status = _judged(actual, least)
    no_worse = told is not None and base is not None and told.value >= base.value
    excused = status == "fail" and budget.only_worse and no_worse
    place = None if told is None else told.place
    return [
        Check(
            network=label,
            scope="network",
            metric=TOP1,
            kind="min",
            actual=actual,
            limit=limit,
            base=None if base is None else base.value,
            status="warn" if excused else status,
            file=file,
            line=None if place is None else place.line,
            message=budget.message,
            place=least.place,
            excused=excused,
            source="" if told is None else told.source,
        )
    ]


def _judged(actual: float | None, least: Least) -> tuple[float, Status]:
    """The limit that decides, and the status."""
    marks: list[tuple[float, Status]] = []
    if least.min is not None:
        marks.append((least.min.value, "fail"))
    if least.warn is not None:
        marks.append((least.warn.value, "warn"))
    for limit, status in marks:
        if actual is None or actual < limit:
            return limit, status
    return marks[0][0], "pass"
