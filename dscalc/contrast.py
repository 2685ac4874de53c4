"""A network beside what it would be with other convolutions: which layers differ, by how much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from dscalc.layers import Cost, Count
from dscalc.network import Network, Report, Row, measure
from dscalc.rewrite import to_standard


class Ratios(NamedTuple):
    """How a cost stands to another: 0.1 is a tenth of it. None where the other is nothing."""

    params: float | None
    mult_adds: float | None


class Contrast(NamedTuple):
    """A report and the report of a rewritten network; `replaced` are the rows that differ."""

    report: Report
    other: Report
    replaced: Mapping[str, Row]

    def ratios(self, row: Row, count: Count) -> Ratios:
        """How a row stands to the one that replaces it; None where none does."""
        other = self.replaced.get(row.name)
        return Ratios(None, None) if other is None else cost_ratios(row.cost, other.cost, count)

    def reduction(self, count: Count) -> Ratios:
        """How the whole network stands to the other; None where no layer differs."""
        if not self.replaced:
            return Ratios(None, None)
        return cost_ratios(self.report.total, self.other.total, count)


def contrast_with_standard(network: Network) -> Contrast:
    """The network beside the same one with standard convolutions in place of separable ones."""
    return contrast(network, to_standard(network))


def contrast(network: Network, rewritten: Network) -> Contrast:
    """Two networks of which one is a rewriting of the other, so that names correspond."""
    report = measure(network)
    if rewritten.nodes == network.nodes:
        return Contrast(report, report, {})
    other = measure(rewritten)
    layers = {node.name: node.layer for node in network.nodes}
    replaced = {
        row.name: row
        for node, row in zip(rewritten.nodes, other.rows, strict=True)
        if layers.get(node.name) != node.layer
    }
    return Contrast(report, other, replaced)


def cost_ratios(cost: Cost, other: Cost, count: Count) -> Ratios:
    """The ratios of two costs."""

    def ratio(value: int, base: int) -> float | None:
        return value / base if base else None

    return Ratios(
        ratio(cost.params(count), other.params(count)), ratio(cost.mult_adds, other.mult_adds)
    )
