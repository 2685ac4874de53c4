"""Budgets and the verdict on them: what a network may cost, and what may be added to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import Literal, NamedTuple, TypeAlias

from dscalc.analysis.memory import USUAL, Terms, bytes_of, peak_memory
from dscalc.analysis.versions import (
    METRICS,
    Change,
    LayerFigures,
    Metric,
    Version,
    compare,
    version,
)
from dscalc.errors import DscalcError, Place, Problem
from dscalc.law.network import Report
from dscalc.quantities import Exact, Quantity, quantity, size

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
    judging = _Judge(report, budget, label, base, terms)
    return [
        *judging.totals(),
        *judging.in_bytes(),
        *judging.growth(),
        *(check for rule in budget.layers for check in judging.layers(rule)),
    ]


class _Judge:
    """One network before its budget."""

    def __init__(
        self, report: Report, budget: Budget, label: str, base: Version | None, terms: Terms
    ) -> None:
        self.report, self.budget, self.label, self.terms = report, budget, label, terms
        self.head, self.base = version(report, terms.count), base
        self.changes = [] if base is None else compare(base, self.head)
        self.check = partial(
            Check, network=label, file=self.head.file, message=budget.message, scope="network"
        )

    def totals(self) -> Iterator[Check]:
        for metric in METRICS:
            if metric in self.budget.limits:
                actual = getattr(self.head.totals, metric)
                before = None if self.base is None else getattr(self.base.totals, metric)
                did_grow = before is not None and actual > before
                grown = _grown(self.changes, metric) if did_grow else ()
                culprits = grown or _heaviest(self.head, metric)
                yield self.held(metric, actual, culprits, base=before, grown=bool(grown))

    def in_bytes(self) -> Iterator[Check]:
        """Peak memory, at the layer where it is reached, and the size of the parameters."""
        for metric in BYTES:
            if metric in self.budget.limits:
                yield self.held(metric, *(self.memory() if metric == "memory" else self.size()))

    def memory(self) -> tuple[int, tuple[Culprit, ...]]:
        """The bytes of activations alive at once at most, and the layer at which they are."""
        found = peak_memory(self.report)
        peak = bytes_of(found.peak, self.terms.dtype)
        lines = {part.name: row.line for row in self.report.rows for part in row.expanded()}
        return peak, (Culprit(found.at, peak, lines.get(found.at)),)

    def size(self) -> tuple[int, tuple[Culprit, ...]]:
        """The bytes of the parameters, and the layers that have most of them."""

        def weigh(params: int) -> int:
            return bytes_of(params, self.terms.of_weights)

        heaviest = _heaviest(self.head, "params")
        culprits = tuple(culprit._replace(amount=weigh(culprit.amount)) for culprit in heaviest)
        return weigh(self.head.totals.params), culprits

    def held(
        self,
        metric: Metric | Bytes,
        actual: int,
        culprits: tuple[Culprit, ...],
        base: int | None = None,
        grown: bool = False,
    ) -> Check:
        """The answer of a figure of the whole network to its limit."""
        limit = self.budget.limits[metric]
        most, status = _judged(actual, _whole(limit.max), _whole(limit.warn))
        return self.check(
            metric=metric,
            kind="max",
            actual=actual,
            limit=most,
            base=base,
            status=status,
            line=culprits[0].line if culprits else None,
            culprits=culprits,
            grown=grown,
            place=limit.place,
        )

    def growth(self) -> Iterator[Check]:
        """What has been added to the base version, if there is one."""
        if self.base is None:
            return
        for metric, allowance in self.budget.growth.items():
            actual, before = getattr(self.head.totals, metric), getattr(self.base.totals, metric)
            parts = (_allowed(part, before) for part in (allowance.max, allowance.warn))
            most, status = _judged(actual - before, *parts)
            ignored = allowance.ignore_below
            small = ignored is not None and actual - before < ignored.value
            culprits = _grown(self.changes, metric)
            yield self.check(
                metric=metric,
                kind="growth",
                actual=actual,
                limit=most,
                base=before,
                status="pass" if small else status,
                line=culprits[0].line if culprits else None,
                culprits=culprits,
                grown=True,
                place=allowance.place,
            )

    def layers(self, rule: LayerRule) -> Iterator[Check]:
        """Every layer, or part of one, whose name matches."""
        lines = {part: row.line for row in self.report.rows for part in (row, *row.expanded())}
        matching = [row for row in lines if fnmatchcase(row.name, rule.match)]
        if not matching:
            message = f"'{rule.match}' matches no layer of {self.label}"
            raise DscalcError(Problem(message, place=rule.place))
        for row in matching:
            params = row.cost.params(self.terms.count)
            figures = {"params": params, "mult_adds": row.cost.mult_adds}
            for metric, limit in rule.limits.items():
                actual = figures[metric]
                most, status = _judged(actual, _whole(limit.max), _whole(limit.warn))
                yield self.check(
                    scope=row.name,
                    metric=metric,
                    kind="max",
                    actual=actual,
                    limit=most,
                    base=None,
                    status=status,
                    line=lines[row],
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
            if most.value < 1:
                raise DscalcError(f"{flag} must be at least 1")
            found[metric] = Limit(most)
    return Budget(found, {})
