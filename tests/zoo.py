"""What the tests of the shipped networks share: reference tables read, reports made comparable."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import dscalc
from dscalc.law.layer import Block
from dscalc.law.network import Report
from dscalc.law.rows import Row
from dscalc.law.window import per_axis

DATA = Path(__file__).parent / "data"

KINDS = {
    "conv": "conv",
    "depthwise_conv": "depthwise",
    "pointwise_conv": "pointwise",
    "grouped_conv": "group",
    "linear": "linear",
}
"""The convolution-like kinds of the layer tables, and what dscalc calls them."""


class Truth(NamedTuple):
    """One row of truth.csv: what a real module of a framework has and does."""

    weights: int
    biases: int
    norms: int
    other: int
    params: int
    mult_adds: int


class Line(NamedTuple):
    """One convolution, linear layer or pool; sides of a vector are empty. `params` has no norms."""

    kind: str
    m: int
    n: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    groups: int
    input: tuple[int, ...]
    output: tuple[int, ...]
    params: int
    mult_adds: int


class PoolLine(NamedTuple):
    """One pool, of whatever type: what comes in and what goes out."""

    channels: int
    input: tuple[int, ...]
    output: tuple[int, ...]


def table(file: str) -> list[dict[str, str]]:
    """The rows of one reference table."""
    with (DATA / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def truth(case: str) -> Truth:
    """The row of truth.csv that is called `case`."""
    (row,) = (row for row in table("truth.csv") if row["case"] == case)
    return Truth(**{key: int(row[key]) for key in Truth._fields})


def told(report: Report) -> Truth:
    """What dscalc says of the same."""
    cost = report.total
    return Truth(cost.weights, cost.biases, cost.norms, cost.other, cost.params(), cost.mult_adds)


def measured(name: str, alpha: float = 1.0, resolution: int | None = None) -> Report:
    """A shipped network at α and a resolution."""
    return dscalc.measure(dscalc.scale(dscalc.load(name), alpha=alpha, resolution=resolution))


# ---------------------------------------------------------------- layers of a reference table


def listed_lines(name: str) -> list[Line]:
    """The convolutions and linear layers of layers/NAME.csv, in order."""
    return [_listed(row) for row in table(f"layers/{name}.csv") if row["kind"] in KINDS]


def listed_pools(name: str) -> list[PoolLine]:
    """The pools of layers/NAME.csv, in order."""
    return [
        PoolLine(int(row["in_channels"]), _numbers(row["in_size"]), _numbers(row["out_size"]))
        for row in table(f"layers/{name}.csv")
        if "pool" in row["kind"]
    ]


def _listed(row: dict[str, str]) -> Line:
    return Line(
        kind=KINDS[row["kind"]],
        m=int(row["in_channels"]),
        n=int(row["out_channels"]),
        kernel=_numbers(row["kernel"]),
        stride=_numbers(row["stride"]),
        groups=int(row["groups"] or 1),
        input=_numbers(row["in_size"]),
        output=_numbers(row["out_size"]),
        params=int(row["params"]),
        mult_adds=int(row["mult_adds"]),
    )


def _numbers(text: str) -> tuple[int, ...]:
    """ "3x5" as (3, 5), and nothing as ()."""
    return tuple(int(number) for number in text.split("x")) if text else ()


# ---------------------------------------------------------------- layers of a report


def lines(report: Report) -> list[Line]:
    """The elementary convolutions and linear layers of a report, in order."""
    kinds = KINDS.values()
    return [_line(layer, row) for layer, row in _elementary(report) if row.kind in kinds]


def pools(report: Report) -> list[PoolLine]:
    """The pools of a report, those of squeeze-and-excitations among them, in order."""
    return [
        PoolLine(row.input.channels, row.input.sides, row.output.sides)
        for layer, row in _elementary(report)
        if row.kind in ("pool", "adaptive_pool", "global_pool")
    ]


def _elementary(report: Report) -> Iterator[tuple[dscalc.Layer, Row]]:
    return _paired(report.nodes, report.rows)


def _paired(
    nodes: Iterable[dscalc.Node], rows: Iterable[Row]
) -> Iterator[tuple[dscalc.Layer, Row]]:
    """Every elementary layer with its row; blocks are taken apart."""
    for node, row in zip(nodes, rows, strict=True):
        if isinstance(node.layer, Block):
            yield from _paired(node.layer.body(row.input), row.parts)
        else:
            yield node.layer, row


def _line(layer: dscalc.Layer, row: Row) -> Line:
    m, n = row.input.channels, row.output.channels
    sides, axes = row.input.sides, len(row.input.sides)
    cost = row.cost
    if row.kind == "linear":
        # The tables name no size where a linear layer acts on a vector.
        positions = sides if math.prod(sides) > 1 else ()
        window: tuple[tuple[int, ...], tuple[int, ...], int] = ((), (), 1)
        sizes = positions, positions
    else:
        groups = m if row.kind == "depthwise" else getattr(layer, "g", 1)
        kernel = per_axis(getattr(layer, "k", 1), axes, "k")
        window = (kernel, per_axis(getattr(layer, "stride", 1), axes, "stride"), groups)
        sizes = sides, row.output.sides
    return Line(row.kind, m, n, *window, *sizes, cost.weights + cost.biases, cost.mult_adds)
