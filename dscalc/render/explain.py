"""The answer of `dscalc explain`: layers, their formulas, their shares, what is around one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from dscalc.analysis.formulas import Formula, explain_layer, reduction
from dscalc.analysis.neighbours import Found, Named
from dscalc.analysis.sides import scaled_sides, window_sides
from dscalc.law.convolutions import Separable
from dscalc.law.layer import Cost, Shape
from dscalc.law.network import Network, Report
from dscalc.law.rows import Row
from dscalc.law.window import per_axis
from dscalc.render.formats import Answer
from dscalc.render.grid import Cell, Column, Fact, Grid, Page, count_of, shown
from dscalc.render.json import cost_parts, document
from dscalc.render.words import net_title


class Told(NamedTuple):
    """A layer, and where its numbers come from, in sentences."""

    found: Found
    origins: list[str]


def explain_answer(told: Sequence[Told], report: Report) -> Answer:
    """Layers of a measured network, at least one."""
    return Answer(
        lambda: explain_document(told, report),
        lambda: explain_grids(told, report),
        page=lambda: explain_page(told, report),
    )


def explain_page(told: Sequence[Told], report: Report) -> Page:
    """The costs of the layer, and what they are of the network's; of several, how many they are."""
    if len(told) > 1:
        total = report.total
        return Page(
            [
                count_of(len(told), "layer"),
                Fact(f"{total.params():,}", "parameters of the network"),
                Fact(f"{total.mult_adds:,}", "mult-adds of the network"),
            ]
        )
    own, whole = told[0].found.row.cost, report.total
    return Page(
        [
            _costs(own.params(), whole.params(), "parameters"),
            _costs(own.mult_adds, whole.mult_adds, "mult-adds"),
        ]
    )


def _costs(own: int, whole: int, word: str) -> Fact:
    share = shown(own / (whole or 1), "share")
    return Fact(f"{own:,}", f"{word}, {share} of the network's")


def explain_grids(told: Sequence[Told], report: Report) -> list[Grid]:
    """The layers with their parts, then the costs of each written out.

    Of one alone what stands before and after it, too.
    """
    if len(told) > 1:
        return [_costs_grid(told, report), *(_written(one, report.network) for one in told)]
    (one,) = told
    follows = _follows(one, report.network)
    return [
        _costs_grid(told, report),
        *([Grid(title="What follows", notes=follows)] if follows else []),
        Grid(title="In numbers", notes=_formulas(one.found)),
        _neighbours_grid(one.found, report.network.input),
    ]


def _written(one: Told, network: Network) -> Grid:
    """One layer of several."""
    return Grid(title=one.found.name, notes=[*_follows(one, network), *_formulas(one.found)])


def _follows(one: Told, network: Network) -> list[str]:
    """Where numbers of a layer come from: those written, then the sides of its maps."""
    given = any(before.row is None for before in one.found.before)
    sides = [
        f"{name}: {line}" if name else line
        for name, layer, row in one.found.elementary()
        for line in window_sides(layer, row)
    ]
    return [*one.origins, *(scaled_sides(network) if given else []), *sides]


def _costs_grid(told: Sequence[Told], report: Report) -> Grid:
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

    totals = [cells("of the network", "", "", "", whole)]
    if len(told) > 1:
        rows = [row_cells(one.found.name, one.found.row) for one in told]
        title = f"Layers of {net_title(report, 'trainable')}"
        return Grid(columns, rows, title, totals)
    found = told[0].found
    rows = [row_cells(name or found.name, row) for name, _, row in found.elementary()]
    if found.row.parts:
        totals.insert(0, row_cells(found.name, found.row))
    return Grid(columns, rows, f"{found.name} of {net_title(report, 'trainable')}", totals)


def _formulas(found: Found) -> list[str]:
    written = [
        f"{name}: {formula}" if name else str(formula)
        for name, layer, row in found.elementary()
        for formula in explain_layer(layer, row)
    ]
    if not written:
        return ["No parameters, no mult-adds."]
    legend = "N: weights and biases. B: scales and shifts of the norm. C: mult-adds."
    first = found.row.shared
    shared = [f"The parameters are those of {first}, and counted there."] if first else []
    return [*written, *_sums(found), *_against_standard(found), *shared, legend]


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


def explain_document(told: Sequence[Told], report: Report) -> dict[str, Any]:
    """`dscalc explain --format json`: of one layer its own fields, of several `layers` of them."""
    network = report.network
    layers = [_told(one, report) for one in told]
    return document(
        "explain",
        network=network.name,
        file=network.file,
        alpha=network.alpha,
        rho=network.rho,
        **(layers[0] if len(layers) == 1 else {"layers": layers}),
    )


def _told(one: Told, report: Report) -> dict[str, Any]:
    found, network = one.found, report.network

    def neighbour(one: Named) -> dict[str, Any]:
        shape = network.input if one.row is None else one.row.output
        kind = None if one.row is None else one.row.kind
        return {"name": one.name, "kind": kind, "output": [*shape.sides, shape.channels]}

    return {
        "layer": _layer(found.name, found.row, report),
        "parts": [
            {
                **_layer(f"{found.name}.{name}" if name else found.name, row, report),
                "formulas": [formula._asdict() for formula in explain_layer(layer, row)],
            }
            for name, layer, row in found.elementary()
        ],
        "follows": _follows(one, network),
        "before": [neighbour(one) for one in found.before],
        "after": [neighbour(one) for one in found.after],
    }


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
