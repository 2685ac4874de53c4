"""The answer of `dscalc explain`: a layer, its formulas, its share, what stands around it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dscalc.analysis.formulas import Formula, explain_layer, reduction
from dscalc.analysis.neighbours import Found, Named
from dscalc.law.convolutions import Separable
from dscalc.law.layer import Cost, Shape
from dscalc.law.network import Report
from dscalc.law.rows import Row
from dscalc.law.window import per_axis
from dscalc.render.formats import Answer
from dscalc.render.grid import Cell, Column, Fact, Grid, Page, shown
from dscalc.render.json import cost_parts, document
from dscalc.render.words import net_title


def explain_answer(found: Found, report: Report, origins: list[str]) -> Answer:
    """A layer of a measured network; `origins` say where its numbers come from."""
    return Answer(
        lambda: explain_document(found, report, origins),
        lambda: explain_grids(found, report, origins),
        page=lambda: explain_page(found, report),
    )


def explain_page(found: Found, report: Report) -> Page:
    """The costs of the layer, and what they are of the network's."""
    own, whole = found.row.cost, report.total
    return Page(
        [
            _costs(own.params(), whole.params(), "parameters"),
            _costs(own.mult_adds, whole.mult_adds, "mult-adds"),
        ]
    )


def _costs(own: int, whole: int, word: str) -> Fact:
    share = shown(own / (whole or 1), "share")
    return Fact(f"{own:,}", f"{word}, {share} of the network's")


def explain_grids(found: Found, report: Report, origins: list[str]) -> list[Grid]:
    """The layer with its parts, its costs written out, and what stands before and after it."""
    return [
        _costs_grid(found, report),
        *([Grid(title="What follows", notes=origins)] if origins else []),
        _formulas_grid(found),
        _neighbours_grid(found, report.network.input),
    ]


def _costs_grid(found: Found, report: Report) -> Grid:
    columns = (
        Column("name", "Layer", "name"),
        Column("kind", "Kind"),
        Column("input", "Input"),
        Column("output", "Output"),
        Column("params", "Params", "count"),
        Column("params_share", "Share", "share", drop=2),
        Column("mult_adds", "Mult-adds", "count"),
        Column("mult_adds_share", "Share", "share", drop=1),
    )
    whole = report.total

    def cells(name: str, kind: str, input: Cell, output: Cell, cost: Cost) -> list[Cell]:
        params, mult_adds = cost.params(), cost.mult_adds
        shares = params / (whole.params() or 1), mult_adds / (whole.mult_adds or 1)
        return [name, kind, input, output, params, shares[0], mult_adds, shares[1]]

    def row_cells(name: str, row: Row) -> list[Cell]:
        return cells(name, row.kind, str(row.input), str(row.output), row.cost)

    rows = [row_cells(name or found.name, row) for name, _, row in found.elementary()]
    totals = [cells("of the network", "", "", "", whole)]
    if found.row.parts:
        totals.insert(0, row_cells(found.name, found.row))
    return Grid(columns, rows, f"{found.name} of {net_title(report, 'trainable')}", totals)


def _formulas_grid(found: Found) -> Grid:
    written = [
        f"{name}: {formula}" if name else str(formula)
        for name, layer, row in found.elementary()
        for formula in explain_layer(layer, row)
    ]
    if not written:
        return Grid(title="In numbers", notes=["No parameters, no mult-adds."])
    legend = "N: weights and biases. B: scales and shifts of the norm. C: mult-adds."
    first = found.row.shared
    shared = [f"The parameters are those of {first}, and counted there."] if first else []
    notes = [*written, *_sums(found), *_against_standard(found), *shared, legend]
    return Grid(title="In numbers", notes=notes)


def _against_standard(found: Found) -> list[str]:
    """How a separable convolution stands to the standard one in its place."""
    layer = found.layer
    if not isinstance(layer, Separable):
        return []
    kernel = per_axis(layer.k, len(found.row.input.sides), "k")
    return [f"separable / standard = {reduction(layer.n, kernel, layer.multiplier)}"]


def _sums(found: Found) -> list[str]:
    """How the parts of a block, and its norms, add up."""
    formulas = [f for _, layer, row in found.elementary() for f in explain_layer(layer, row)]
    params = [formula for formula in formulas if not formula.name.startswith("C_")]
    mult_adds = [formula for formula in formulas if formula.name.startswith("C_")]
    return [_sum("params", params), _sum("mult-adds", mult_adds)]


def _sum(name: str, parts: Iterable[Formula]) -> str:
    results = [part.result for part in parts]
    written = " + ".join(f"{result:,}" for result in results)
    return (
        f"{name} = {written} = {sum(results):,}" if len(results) > 1 else f"{name} = {written or 0}"
    )


def _neighbours_grid(found: Found, given: Shape) -> Grid:
    columns = (
        Column("side", "Neighbour"),
        Column("name", "Layer", "name"),
        Column("kind", "Kind"),
        Column("output", "Output"),
        Column("params", "Params", "count"),
        Column("mult_adds", "Mult-adds", "count"),
    )

    def cells(side: str, neighbour: Named) -> list[Cell]:
        row = neighbour.row
        if row is None:
            return [side, neighbour.name, "", str(given), None, None]
        return [
            side,
            neighbour.name,
            row.kind,
            str(row.output),
            row.cost.params(),
            row.cost.mult_adds,
        ]

    rows = [cells("before", one) for one in found.before]
    rows += [cells("after", one) for one in found.after]
    last = [] if found.after else ["The last layer: its output is the network's."]
    return Grid(columns, rows, "Around it", notes=last)


def explain_document(found: Found, report: Report, origins: list[str]) -> dict[str, Any]:
    """`dscalc explain --format json`."""
    network = report.network

    def neighbour(one: Named) -> dict[str, Any]:
        shape = network.input if one.row is None else one.row.output
        kind = None if one.row is None else one.row.kind
        return {"name": one.name, "kind": kind, "output": [*shape.sides, shape.channels]}

    return document(
        "explain",
        network=network.name,
        file=network.file,
        alpha=network.alpha,
        rho=network.rho,
        layer=_layer(found.name, found.row, report),
        parts=[
            {
                **_layer(f"{found.name}.{name}" if name else found.name, row, report),
                "formulas": [formula._asdict() for formula in explain_layer(layer, row)],
            }
            for name, layer, row in found.elementary()
        ],
        follows=origins,
        before=[neighbour(one) for one in found.before],
        after=[neighbour(one) for one in found.after],
    )


def _layer(name: str, row: Row, report: Report) -> dict[str, Any]:
    params, mult_adds = row.cost.params(), row.cost.mult_adds
    return {
        "name": name,
        "kind": row.kind,
        "line": row.line,
        "input": [*row.input.sides, row.input.channels],
        "output": [*row.output.sides, row.output.channels],
        **cost_parts(row.cost, "trainable"),
        "params_share": params / (report.total.params() or 1),
        "mult_adds_share": mult_adds / (report.total.mult_adds or 1),
    }
