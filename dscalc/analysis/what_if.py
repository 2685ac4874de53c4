"""A network beside what it would be with other convolutions: which layers differ, by how much."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from dscalc.analysis.folding import counted
from dscalc.law.layer import Cost, Count, add_costs
from dscalc.law.network import Network, Report, measure
from dscalc.law.rewrite import to_standard
from dscalc.law.rows import Row


class Ratios(NamedTuple):
    """How a cost stands to another: 0.1 is a tenth of it. None where the other is nothing."""

    params: float | None
    mult_adds: float | None


class Contrast(NamedTuple):
    """The report of a network and that of its rewriting.

    `replaced` are the rewriting's rows whose layer differs from the network's layer of that name;
    `absorbed` are the network's rows that the rewriting has put into one.
    """

    report: Report
    other: Report
    replaced: Mapping[str, Row]
    absorbed: Mapping[str, tuple[Row, ...]]

    def ratios(self, row: Row, count: Count) -> Ratios:
        """How a row, with those that went into one with it, stands to what replaces them.

        None where nothing does.
        """
        other = self.replaced.get(row.name)
        if other is None:
            return Ratios(None, None)
        return cost_ratios(self.before(other), other.cost, count)

    def reduction(self, count: Count) -> Ratios:
        """How the whole network stands to the other; None where no layer differs."""
        if self.report is self.other:
            return Ratios(None, None)
        return cost_ratios(self.report.total, self.other.total, count)

    def before(self, row: Row) -> Cost:
        """What a row of the rewriting cost before it, with the layers that went into it."""
        return add_costs([was.cost for was in self.absorbed[row.name]])


def contrast_with_standard(network: Network, count: Count = "trainable") -> Contrast:
    """The network beside the same one with standard convolutions in place of separable ones."""
    return contrast(network, to_standard(network), count)


def contrast(network: Network, rewritten: Network, count: Count = "trainable") -> Contrast:
    """A network beside its rewriting, which keeps names and may put several layers into one.

    `count` is what parameters will be counted of.
    """
    report, other = counted(measure(network), count), counted(measure(rewritten), count)
    if other.nodes == report.nodes:
        other = report
    rows = {row.name: row for row in report.rows}
    gone = rows.keys() - {row.name for row in other.rows}
    replaced, absorbed = {}, {}
    for row in other.rows:
        original = rows[row.name]
        sources = _gone_before(original, rows, gone)
        absorbed[row.name] = (original, *sources)
        if original.layer != row.layer:
            replaced[row.name] = row
    return Contrast(report, other, replaced, absorbed)


def _gone_before(row: Row, rows: Mapping[str, Row], gone: AbstractSet[str]) -> list[Row]:
    """The rows without a counterpart that lead to a row, the nearest first."""
    sources = [rows[name] for name in row.inputs if name in gone]
    return sources + [before for one in sources for before in _gone_before(one, rows, gone)]


def cost_ratios(cost: Cost, other: Cost, count: Count) -> Ratios:
    """The ratios of two costs."""

    def ratio(value: int, base: int) -> float | None:
        return value / base if base else None

    return Ratios(
        ratio(cost.params(count), other.params(count)), ratio(cost.mult_adds, other.mult_adds)
    )
