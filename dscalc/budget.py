"""Budgets and the verdict on them: what a network may cost, and what may be added to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple, TypeAlias

from dscalc.compare import METRICS, Change, LayerFigures, Metric, Version, compare, version
from dscalc.counts import Exact, Quantity, quantity
from dscalc.errors import DscalcError, Place, Problem
from dscalc.memory import USUAL, Terms, bytes_of, peak_memory
from dscalc.network import Report
from dscalc.sizes import size

Status: TypeAlias = Literal["pass", "warn", "fail"]
SEVERITY: tuple[Status, ...] = ("pass", "warn", "fail")
CULPRITS = 3  # layers that a failure names

Bytes: TypeAlias = Literal["memory", "size"]
BYTES: tuple[Bytes, ...] = ("memory", "size")
"""Limited besides the metrics that versions are compared by: activations alive, parameters."""


class Limit(NamedTuple):
    """The most that a figure may be, inclusive; above `warn` it is worth a warning."""

    max: Quantity | None
    warn: Quantity | None = None
    place: Place | None = None


class Allowance(NamedTuple):
    """The most that a figure may grow: counts, or percentages of the base version.

    Growth of less than `ignore_below` passes.
    """

    max: Quantity | Percent | None
    warn: Quantity | Percent | None = None
    ignore_below: Quantity | None = None
    place: Place | None = None


class Percent(NamedTuple):
    """A share of the base version's figure."""

    value: Exact
    text: str


class LayerRule(NamedTuple):
    """Limits on every layer whose name matches a pattern."""

    match: str
    limits: dict[Metric, Limit]
    place: Place | None = None


class Budget(NamedTuple):
    """All that is asked of one network; limits on memory and size are in bytes."""

    limits: dict[Metric | Bytes, Limit]
    growth: dict[Metric, Allowance]
    layers: tuple[LayerRule, ...] = ()
    message: str = ""
    place: Place | None = None


class Culprit(NamedTuple):
    """A layer that a failure names: its weight in the total, or what it added."""

    name: str
    amount: int
    line: int | None


class Check(NamedTuple):
    """One question to a budget and its answer.

    `limit` is what `actual`, or for growth `delta`, must not exceed; `base` is the figure of the
    base version, None where there is none. `file` and `line` are those of the layer to look at;
    `place` is that of the budget. The amounts of `culprits` are what they weigh or, where they
    have `grown`, what they added. `rule` is the pattern that asks about a layer.
    """

    network: str
    scope: str
    metric: Metric | Bytes
    kind: Literal["max", "growth"]
    actual: int
    limit: int
    base: int | None
    status: Status
    file: str
    line: int | None
    culprits: tuple[Culprit, ...] = ()
    grown: bool = False
    message: str = ""
    place: Place | None = None
    rule: str = ""

    @property
    def id(self) -> str:
        """What stays the same of a check while values and lines move."""
        question = f"{self.network}:{self.scope}:{self.metric}:{self.kind}"
        return f"{question}:{self.rule}" if self.rule else question

    @property
    def delta(self) -> int | None:
        return None if self.base is None else self.actual - self.base

    @property
    def value(self) -> int:
        """The figure that the limit is held against."""
        return self.actual if self.kind == "max" else self.delta or 0

    @property
    def excess(self) -> int:
        return self.value - self.limit


def verdict(checks: Sequence[Check]) -> Status:
    """The worst status of all."""
    return max((check.status for check in checks), key=SEVERITY.index, default="pass")


def judge(
    report: Report,
    budget: Budget,
    label: str,
    base: Version | None = None,
    terms: Terms = USUAL,
) -> list[Check]:
    """The answers of one network to its budget; `label` is what the checks call it.

    Without a `base` version growth is not asked. Raises DscalcError where a pattern meets no
    layer: a check that checks nothing must not pass.
    """
    head = version(report, terms.count)
    changes = [] if base is None else compare(base, head)
    checks = list(_absolute(head, base, changes, budget, label))
    checks += _in_bytes(report, budget, label, terms)
    if base is not None:
        checks += _growth(head, base, changes, budget, label)
    for rule in budget.layers:
        checks += _layers(report, rule, budget, label, terms)
    return checks


def _absolute(
    head: Version, base: Version | None, changes: Sequence[Change], budget: Budget, label: str
) -> Iterator[Check]:
    for metric in METRICS:
        if metric not in budget.limits:
            continue
        limit = budget.limits[metric]
        actual = getattr(head.totals, metric)
        before = None if base is None else getattr(base.totals, metric)
        grown = _grown(changes, metric) if before is not None and actual > before else ()
        culprits = grown or _heaviest(head, metric)
        most, status = _judged(actual, _whole(limit.max), _whole(limit.warn))
        yield Check(
            label,
            "network",
            metric,
            "max",
            actual,
            most,
            before,
            status,
            head.file,
            culprits[0].line if culprits else None,
            culprits,
            bool(grown),
            budget.message,
            limit.place,
        )


def _in_bytes(report: Report, budget: Budget, label: str, terms: Terms) -> Iterator[Check]:
    """Peak memory, at the layer where it is reached, and the size of the parameters."""
    for metric in BYTES:
        if metric not in budget.limits:
            continue
        limit = budget.limits[metric]
        actual, culprits = (_memory if metric == "memory" else _size)(report, terms)
        most, status = _judged(actual, _whole(limit.max), _whole(limit.warn))
        yield Check(
            label,
            "network",
            metric,
            "max",
            actual,
            most,
            None,
            status,
            report.network.file,
            culprits[0].line if culprits else None,
            culprits,
            message=budget.message,
            place=limit.place,
        )


def _memory(report: Report, terms: Terms) -> tuple[int, tuple[Culprit, ...]]:
    """The bytes of activations alive at once at most, and the layer at which they are."""
    found = peak_memory(report)
    peak = bytes_of(found.peak, terms.dtype)
    lines = {part.name: row.line for row in report.rows for part in row.expanded()}
    return peak, (Culprit(found.at, peak, lines.get(found.at)),)


def _size(report: Report, terms: Terms) -> tuple[int, tuple[Culprit, ...]]:
    """The bytes of the parameters, and the layers that have most of them."""

    def weigh(params: int) -> int:
        return bytes_of(params, terms.of_weights)

    heaviest = _heaviest(version(report, terms.count), "params")
    culprits = tuple(culprit._replace(amount=weigh(culprit.amount)) for culprit in heaviest)
    return weigh(report.total.params(terms.count)), culprits


def _growth(
    head: Version, base: Version, changes: Sequence[Change], budget: Budget, label: str
) -> Iterator[Check]:
    for metric, allowance in budget.growth.items():
        actual, before = getattr(head.totals, metric), getattr(base.totals, metric)
        parts = (_allowed(part, before) for part in (allowance.max, allowance.warn))
        most, status = _judged(actual - before, *parts)
        small = allowance.ignore_below is not None and (
            actual - before < allowance.ignore_below.value
        )
        grown = _grown(changes, metric)
        yield Check(
            label,
            "network",
            metric,
            "growth",
            actual,
            most,
            before,
            "pass" if small else status,
            head.file,
            grown[0].line if grown else None,
            grown,
            True,
            budget.message,
            allowance.place,
        )


def _layers(
    report: Report, rule: LayerRule, budget: Budget, label: str, terms: Terms
) -> Iterator[Check]:
    lines = {part: row.line for row in report.rows for part in (row, *row.expanded())}
    matching = [row for row in lines if fnmatchcase(row.name, rule.match)]
    if not matching:
        raise DscalcError(Problem(f"'{rule.match}' matches no layer of {label}", place=rule.place))
    for row in matching:
        figures = {"params": row.cost.params(terms.count), "mult_adds": row.cost.mult_adds}
        for metric, limit in rule.limits.items():
            actual = figures[metric]
            most, status = _judged(actual, _whole(limit.max), _whole(limit.warn))
            yield Check(
                label,
                row.name,
                metric,
                "max",
                actual,
                most,
                None,
                status,
                report.network.file,
                lines[row],
                message=budget.message,
                place=limit.place,
                rule=rule.match,
            )


# ---------------------------------------------------------------- exact comparison


def _whole(limit: Quantity | None) -> int | None:
    """The largest whole number within a limit; for whole figures that is the limit itself."""
    return None if limit is None else int(limit.value // 1)


def _allowed(part: Quantity | Percent | None, base: int) -> int | None:
    """The largest whole growth within an allowance."""
    return int(part.value * base // 100) if isinstance(part, Percent) else _whole(part)


def _judged(value: int, most: int | None, warn: int | None) -> tuple[int, Status]:
    """The limit that decides, and the status."""
    if most is not None and value > most:
        return most, "fail"
    if warn is not None and value > warn:
        return warn, "warn"
    return (most if most is not None else warn or 0), "pass"


# ---------------------------------------------------------------- who took the money


def _heaviest(head: Version, metric: Metric) -> tuple[Culprit, ...]:
    def weight(layer: LayerFigures) -> int:
        return int(getattr(layer.totals, metric))

    layers = sorted(head.layers, key=weight, reverse=True)[:CULPRITS]
    return tuple(Culprit(layer.name, weight(layer), layer.line) for layer in layers)


def _grown(changes: Sequence[Change], metric: Metric) -> tuple[Culprit, ...]:
    grown = sorted(
        (change for change in changes if change.delta(metric) > 0),
        key=lambda change: change.delta(metric),
        reverse=True,
    )
    return tuple(
        Culprit(change.name, change.delta(metric), change.head.line if change.head else None)
        for change in grown[:CULPRITS]
    )


def checks_anything(budget: Budget) -> bool:
    """Whether the budget asks a question at all."""
    return bool(budget.limits or budget.growth or any(rule.limits for rule in budget.layers))


def flag_budget(limits: Mapping[str, str]) -> Budget:
    """The budget that flags describe, such as --max-mult-adds 150M or --max-memory 2MiB.

    Raises DscalcError for a limit that is no count or no size, or nothing.
    """
    found: dict[Metric | Bytes, Limit] = {}
    for metric in (*METRICS, *BYTES):
        if metric in limits:
            flag = f"--max-{metric.replace('_', '-')}"
            try:
                most = (size if metric in BYTES else quantity)(limits[metric])
            except DscalcError as error:
                raise DscalcError(f"{flag} {error}") from None
            if most.value <= 0:
                raise DscalcError(f"{flag} must be more than 0")
            found[metric] = Limit(most)
    return Budget(found, {})
