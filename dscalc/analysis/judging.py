"""A network before its budget: every question of the budget answered, and who is to blame."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial

from dscalc.analysis.budget import (
    Budget,
    Check,
    Culprit,
    LayerRule,
    Limit,
    Percent,
    Status,
    named_rules,
)
from dscalc.analysis.figures import COMPARED, FIGURES, Figure
from dscalc.analysis.folding import counted
from dscalc.analysis.patterns import Names
from dscalc.analysis.terms import USUAL, Terms
from dscalc.analysis.versions import Version, compare, version
from dscalc.errors import DscalcError, Problem
from dscalc.law.network import Report
from dscalc.law.rows import Row
from dscalc.quantities import Quantity

CULPRITS = 3  # layers that a failure names


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
        *judging.limits(),
        *judging.growth(),
        *(check for rule, name in named_rules(budget) for check in judging.layers(rule, name)),
    ]


class _Judge:
    """One network before its budget."""

    def __init__(
        self, report: Report, budget: Budget, label: str, base: Version | None, terms: Terms
    ) -> None:
        self.report, self.budget = counted(report, terms.count), budget
        self.label, self.terms = label, terms
        self.head, self.base = version(report, terms.count), base
        self.changes = [] if base is None else compare(base, self.head)
        self.check = partial(
            Check,
            network=label,
            scope="network",
            file=self.head.file,
            message=budget.message,
        )

    @cached_property
    def parts(self) -> list[tuple[Row, int | None]]:
        """Every layer, a block followed by its parts, with the line in the file."""
        return [
            (part, row.line)
            for row in self.report.rows
            for part in (row, *(row.expanded() if row.parts else ()))
        ]

    @cached_property
    def earlier(self) -> dict[str, dict[str, int]]:
        """The figures in the base version of every layer that it had, by the name it has now."""
        return {
            change.head.name: change.base.totals._asdict()
            for change in self.changes
            if change.head is not None and change.base is not None
        }

    @cached_property
    def names(self) -> Names:
        """What the patterns of rules are held against."""
        return Names([row.name for row, _ in self.parts])

    def limits(self) -> Iterator[Check]:
        """What the whole network costs."""
        for key, figure in FIGURES.items():
            if key in self.budget.limits:
                yield self.limited(figure, self.budget.limits[key])

    def limited(self, figure: Figure, limit: Limit) -> Check:
        """The answer of a figure of the whole network to its limit."""
        terms = limit.terms(figure.key, self.terms)
        actual = figure.of_report(self.report, terms)
        before = None if self.base is None else self.base.figure(figure, terms)
        grown = self.grown(figure) if before is not None and actual > before else ()
        peak, holders = (None, ()) if figure.of_layers else self.at_the_peak(actual, terms)
        culprits = grown or holders or self.heaviest(figure, terms)
        most, status, excused = self.judged(actual, limit, before)
        return self.check(
            metric=figure.key,
            kind="max",
            actual=actual,
            limit=most,
            base=before,
            status=status,
            line=peak.line if peak else culprits[0].line if culprits else None,
            culprits=culprits,
            grown=bool(grown),
            place=limit.place,
            excused=excused,
            by=figure.rule(terms),
            peak=peak,
        )

    def judged(self, actual: int, limit: Limit, before: int | None) -> tuple[int, Status, bool]:
        """The limit that decides, the status, and whether that would be worse."""
        most, status = _judged(actual, _whole(limit.max), _whole(limit.warn))
        no_worse = self.budget.only_worse and before is not None and actual <= before
        return (most, "warn", True) if status == "fail" and no_worse else (most, status, False)

    def grown(self, figure: Figure) -> tuple[Culprit, ...]:
        """The layers of which a figure grew most; none, where no layer has it."""
        if not figure.of_layers:
            return ()
        amounts = [(change, change.grown(figure, self.terms)) for change in self.changes]
        most_first = sorted((pair for pair in amounts if pair[1] > 0), key=lambda pair: -pair[1])
        return tuple(
            Culprit(change.name, amount, change.head.line if change.head else None)
            for change, amount in most_first[:CULPRITS]
        )

    def at_the_peak(self, actual: int, terms: Terms) -> tuple[Culprit, tuple[Culprit, ...]]:
        """The layer at which memory is needed most, and the tensors that hold most of it there."""
        from dscalc.analysis.planned import memory_map

        found = memory_map(self.report, terms)
        lines = {part.name: row.line for row in self.report.rows for part in row.expanded()}
        holders = [Culprit(name, size, lines.get(name)) for name, size in found.holders()]
        return Culprit(found.layer, actual, lines.get(found.layer)), tuple(holders)

    def heaviest(self, figure: Figure, terms: Terms) -> tuple[Culprit, ...]:
        """The layers that have most of a figure."""
        weighed = [
            Culprit(row.name, figure.of_cost(row.cost, terms), row.line) for row in self.report.rows
        ]
        heaviest_first = sorted(weighed, key=lambda culprit: culprit.amount, reverse=True)
        return tuple(heaviest_first[:CULPRITS])

    def growth(self) -> Iterator[Check]:
        """What has been added to the base version, if there is one."""
        if self.base is None:
            return
        for key, allowance in self.budget.growth.items():
            figure = FIGURES[key]
            actual = figure.of_report(self.report, self.terms)
            before = self.base.figure(figure, self.terms)
            if before is None:
                message = f"{self.base.file} does not say how many {figure.word} there were"
                raise DscalcError(Problem(message, place=allowance.place))
            parts = (_allowed(part, before) for part in (allowance.max, allowance.warn))
            most, status = _judged(actual - before, *parts)
            ignored = allowance.ignore_below
            small = ignored is not None and actual - before < ignored.value
            culprits = self.grown(figure)
            if not figure.of_layers and actual > before:
                peak, holders = self.at_the_peak(actual, self.terms)
                culprits = (peak, *holders)
            yield self.check(
                metric=key,
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

    def layers(self, rule: LayerRule, name: str) -> Iterator[Check]:
        """Every layer, or part of one, whose name matches."""
        try:
            matching = self.names.matching(rule.match)
        except DscalcError as error:
            raise DscalcError(*(p._replace(place=rule.place) for p in error.problems)) from None
        if not matching:
            message = f"'{rule.match}' matches no layer of {self.label}"
            raise DscalcError(Problem(message, place=rule.place))
        for row, line in map(self.parts.__getitem__, matching):
            for key, limit in rule.limits.items():
                actual = COMPARED[key].of_cost(row.cost, self.terms)
                before = self.earlier.get(row.name, {}).get(key) if self.budget.only_worse else None
                most, status, excused = self.judged(actual, limit, before)
                yield self.check(
                    scope=row.name,
                    metric=key,
                    kind="max",
                    actual=actual,
                    limit=most,
                    base=before,
                    status=status,
                    line=line,
                    place=limit.place,
                    rule=name,
                    excused=excused,
                )


# ---------------------------------------------------------------- exact comparison


def _whole(limit: Quantity | None) -> int | None:
    """The largest whole figure within a limit."""
    return None if limit is None else limit.whole


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
