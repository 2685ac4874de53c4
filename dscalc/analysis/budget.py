"""Budgets and their checks: what a network may cost and what may be added, and the answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from dscalc.analysis.terms import Terms
from dscalc.errors import Place
from dscalc.quantities import Exact, Percentage, Quantity

Status: TypeAlias = Literal["pass", "warn", "fail"]
SEVERITY: tuple[Status, ...] = ("pass", "warn", "fail")
TOP1 = "top1"
"""The published accuracy that a budget may ask for, by its key among the limits on figures."""


class Limit(NamedTuple):
    """The most that a figure may be, inclusive; above `warn` it is worth a warning.

    `accept` says why it is higher than it was; `rule` is the one that the figure is by, where that
    is not the one of the terms.
    """

    max: Quantity | None
    warn: Quantity | None = None
    place: Place | None = None
    accept: str = ""
    rule: str = ""

    def terms(self, key: str, terms: Terms) -> Terms:
        """The terms of a figure that has this limit."""
        return terms._replace(**{key: self.rule}) if self.rule else terms  # type: ignore[arg-type]


class Least(NamedTuple):
    """The least that a published accuracy may be, inclusive; below `warn` it is worth a warning.

    `accept` says why it is lower than it was.
    """

    min: Percentage | None
    warn: Percentage | None = None
    place: Place | None = None
    accept: str = ""


class Allowance(NamedTuple):
    """The most that a figure may grow: counts, or percentages of the base version.

    Growth of less than `ignore_below` passes. `accept` says why it is higher than it was.
    """

    max: Quantity | Percent | None
    warn: Quantity | Percent | None = None
    ignore_below: Quantity | None = None
    place: Place | None = None
    accept: str = ""


class Percent(NamedTuple):
    """A share of the base version's figure."""

    value: Exact
    text: str


class LayerRule(NamedTuple):
    """Limits on every layer whose name matches a pattern."""

    match: str
    limits: dict[str, Limit]
    place: Place | None = None


class Budget(NamedTuple):
    """All that is asked of one network, by the keys of the figures.

    `accept` says why it asks less than it did. With `only_worse` what is over a limit and no more
    than it was in the base version is a warning. `top1` is asked of what is published of it.
    """

    limits: dict[str, Limit]
    growth: dict[str, Allowance]
    layers: tuple[LayerRule, ...] = ()
    message: str = ""
    place: Place | None = None
    accept: str = ""
    only_worse: bool = False
    top1: Least | None = None


class Culprit(NamedTuple):
    """A layer that a failure names: its weight in the total, or what it added."""

    name: str
    amount: int
    line: int | None


class Check(NamedTuple):
    """One question to a budget and its answer.

    `limit` is what `actual`, or for growth `delta`, must not exceed, and of a `min` what it must
    reach; `actual` is None where no accuracy is published, else its `source` says where. `base` is
    the figure of the base version, None where there is none. `file` and `line` are those of the
    layer to look at; `place` is that of the budget. The amounts of `culprits` are what they weigh
    or, where they have `grown`, what they added. `rule` is the pattern that asks about a layer,
    numbered where several rules have it. `own` says that the network's own file asks, beside
    another budget. `excused` is what would fail, were it not no worse than it was. `by` is the rule
    that bytes are by, `peak` the layer at which memory is needed most; its culprits are the tensors
    that hold most of it there.
    """

    network: str
    scope: str
    metric: str
    kind: Literal["max", "growth", "min"]
    actual: float | None
    limit: float
    base: float | None
    status: Status
    file: str
    line: int | None
    culprits: tuple[Culprit, ...] = ()
    grown: bool = False
    message: str = ""
    place: Place | None = None
    rule: str = ""
    own: bool = False
    excused: bool = False
    by: str = ""
    peak: Culprit | None = None
    source: str = ""

    @property
    def id(self) -> str:
        """What stays the same of a check while values and lines move, and no other one has."""
        parts = [self.network, self.scope, self.metric, self.kind]
        return ":".join(parts + [self.rule] * bool(self.rule) + ["own"] * self.own)

    @property
    def delta(self) -> float | None:
        """What came to the base version's figure."""
        return difference(self.actual, self.base)

    @property
    def value(self) -> float | None:
        """The figure that the limit is held against."""
        return self.delta or 0 if self.kind == "growth" else self.actual

    @property
    def excess(self) -> float | None:
        """By how much the limit is broken: by what is too much, or of a `min` missing."""
        if self.kind == "min":
            return difference(self.limit, self.actual)
        return difference(self.value, self.limit)


def difference(a: float | None, b: float | None) -> float | None:
    """The difference of two figures; of printed decimals it has no more digits than they have."""
    if a is None or b is None:
        return None
    if isinstance(a, int) and isinstance(b, int):
        return a - b
    from decimal import Decimal

    return float(Decimal(str(a)) - Decimal(str(b)))


def verdict(checks: Sequence[Check]) -> Status:
    """The worst status of all."""
    return max((check.status for check in checks), key=SEVERITY.index, default="pass")


def named_rules(budget: Budget) -> list[tuple[LayerRule, str]]:
    """The rules about layers by their patterns, numbered from the second one of a pattern on."""
    seen: Counter[str] = Counter()
    named = []
    for rule in budget.layers:
        seen[rule.match] += 1
        number = seen[rule.match]
        named.append((rule, rule.match if number == 1 else f"{rule.match} ({number})"))
    return named


def checks_anything(budget: Budget) -> bool:
    """Whether the budget asks a question at all."""
    asked = budget.limits or budget.growth or budget.top1
    return bool(asked or any(rule.limits for rule in budget.layers))
