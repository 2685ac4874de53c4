"""Parameters as they are deployed: norms that become part of the layer before them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from dscalc.analysis.memory import tensors
from dscalc.law.convolutions import Conv, ConvTranspose, Depthwise, Linear, Norm, Pointwise
from dscalc.law.layer import Cost, Count, add_costs
from dscalc.law.network import Report
from dscalc.law.rows import Row

WEIGHTED = (Conv, Depthwise, Pointwise, ConvTranspose, Linear)
"""The layers whose weights a batch norm behind them can be multiplied into."""


def counted(report: Report, count: Count) -> Report:
    """The report with the costs that parameters are counted of."""
    return folded(report) if count == "folded" else report


def folded(report: Report) -> Report:
    """The report with costs in which batch norms are folded.

    Behind a convolution or a linear layer, in its `norm` or as the only layer to take its map, the
    norm's scale goes into the weights and the rest into one bias a channel. Others stay, as a scale
    and a shift a channel; statistics are in these. Mult-adds are as before.
    """
    rows = report.expanded()
    _, takes, outputs = tensors(report)
    folds = folding_norms(rows, takes, outputs, len(report.network.inputs))
    costs = [_deployed(row) for row in rows]
    for norm, layer in folds.items():
        own = rows[layer].cost
        biased = bool(rows[norm].cost.norm_statistics) and not rows[layer].shared
        costs[layer] = own._replace(biases=rows[layer].output.channels if biased else own.biases)
        costs[norm] = Cost(mult_adds=costs[norm].mult_adds)
    found = iter(costs)
    made = tuple([_with_costs(row, found) for row in report.rows])
    return report._replace(rows=made, total=add_costs([row.cost for row in made]))


def norms_at_run_time(report: Report) -> int:
    """How many norms take their statistics from the map itself, so that nothing of them folds."""
    return sum(norm_of(row) not in ("none", "batch") for row in report.expanded())


def norm_of(row: Row) -> str:
    """The type of norm that a layer is, or has behind it."""
    if isinstance(row.layer, Norm):
        return row.layer.type
    norm = vars(row.layer).get("norm", "none")
    return norm if isinstance(norm, str) else str(norm[0])


def folding_norms(
    rows: Sequence[Row], takes: Sequence[Sequence[int]], outputs: set[int], inputs: int
) -> dict[int, int]:
    """The batch norms that fold, each with the layer that it folds into, by their places.

    `rows` are elementary layers, `takes` and `outputs` the tensors that they take and that go out,
    as `memory.tensors` numbers them, the `inputs` of the network first.
    """
    takers = Counter(source for sources in takes for source in sources)
    takers.update(outputs)
    found = {}
    for place, (row, sources) in enumerate(zip(rows, takes, strict=True)):
        before = sources[0] - inputs
        batch = isinstance(row.layer, Norm) and row.layer.type == "batch"
        if batch and before >= 0 and takers[sources[0]] == 1 and _is_bare(rows[before]):
            found[place] = before
    return found


def _is_bare(row: Row) -> bool:
    """Whether a norm can follow a layer directly: it has weights, and nothing behind them."""
    own = vars(row.layer)
    bare = own.get("norm") == "none" and own["activation"] in (None, "none")
    return isinstance(row.layer, WEIGHTED) and bare


def _deployed(row: Row) -> Cost:
    """The cost of an elementary layer whose own batch norm, if it has one, is folded."""
    cost = row.cost
    if not cost.norm_statistics:
        return cost
    if isinstance(row.layer, WEIGHTED):
        return cost._replace(biases=row.output.channels, norms=0, norm_statistics=0)
    return cost._replace(norms=2 * row.output.channels, norm_statistics=0)


def _with_costs(row: Row, costs: Iterator[Cost]) -> Row:
    """The row, or that of a block with its parts, with the costs of its elementary layers."""
    if not row.parts:
        return row._replace(cost=next(costs))
    parts = tuple([_with_costs(part, costs) for part in row.parts])
    return row._replace(parts=parts, cost=add_costs([part.cost for part in parts]))
