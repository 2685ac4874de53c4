"""A network beside what it would be with other convolutions: which layers differ, by how much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from dscalc.law.layer import Cost, Count, add_costs
from dscalc.law.network import Network, Report, Row, measure
from dscalc.law.rewrite import to_standard


class Ratios(NamedTuple):
    """How a cost stands to another: 0.1 is a tenth of it. None where the other is nothing."""

    params: float | None
    mult_adds: float | None


class Contrast(NamedTuple):
    """The report of a network and that of its rewriting.

    `replaced` are the rewriting's rows whose layer differs from the network's layer of that name
    and input; `absorbed` are the network's rows that the rewriting has put into another one.
    """

    report: Report
    other: Report
    replaced: Mapping[str, Row]
    absorbed: Mapping[str, tuple[Row, ...]]

    def ratios(self, row: Row, count: Count) -> Ratios:
        """How a row stands to the one that replaces it; None where none does."""
        other = self.replaced.get(row.name)
        return Ratios(None, None) if other is None else cost_ratios(row.cost, other.cost, count)

    def reduction(self, count: Count) -> Ratios:
        """How the whole network stands to the other; None where no layer differs."""
        if self.report is self.other:
            return Ratios(None, None)
        return cost_ratios(self.report.total, self.other.total, count)

    def before(self, row: Row) -> Cost:
        """What a row of the rewriting cost before it, with the layers that went into it."""
        return add_costs([was.cost for was in self.absorbed[row.name]])


def contrast_with_standard(network: Network) -> Contrast:
    """The network beside the same one with standard convolutions in place of separable ones."""
    return contrast(network, to_standard(network))


def contrast(network: Network, rewritten: Network) -> Contrast:
    """A network beside its rewriting, which keeps names and may put two layers into one."""
    report = measure(network)
    other = report if rewritten.nodes == network.nodes else measure(rewritten)
    before = {node.name: node for node in network.nodes}
    rows = {row.name: row for row in report.rows}
    gone = before.keys() - {node.name for node in rewritten.nodes}
    replaced, absorbed = {}, {}
    for node, row in zip(rewritten.nodes, other.rows, strict=True):
        original = before[node.name]
        sources = [rows[name] for name in original.inputs if name in gone]
        absorbed[node.name] = (rows[node.name], *sources)
        if not sources and original.layer != node.layer:
            replaced[node.name] = row
    return Contrast(report, other, replaced, absorbed)


def cost_ratios(cost: Cost, other: Cost, count: Count) -> Ratios:
    """The ratios of two costs."""

    def ratio(value: int, base: int) -> float | None:
        return value / base if base else None

    return Ratios(
        ratio(cost.params(count), other.params(count)), ratio(cost.mult_adds, other.mult_adds)
    )
