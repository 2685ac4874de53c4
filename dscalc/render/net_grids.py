"""A network layer by layer, as every format but JSON has it, and the columns that there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from dscalc.analysis.figures import COMPARED, COUNTS, FIGURES, Figure
from dscalc.analysis.memory import Memory, Traffic, peak_memory, planned_as, traffic
from dscalc.analysis.receptive import Sight, Window, sights, window_of
from dscalc.analysis.terms import MEMORY_RULES, Terms
from dscalc.analysis.what_if import Contrast
from dscalc.errors import DscalcError, nearest
from dscalc.law.layer import Cost, Count
from dscalc.law.network import Network, Report
from dscalc.law.rows import Row
from dscalc.law.tally import at_lines, told
from dscalc.render.grid import Cell, Column, Grid
from dscalc.render.grid import shown as cell_text
from dscalc.render.words import arena_notes, capital, net_title, sides_text, size_note

if TYPE_CHECKING:
    from dscalc.analysis.accuracy import Accuracy


class _Shown:
    """The layers that are shown; what few columns ask for is found when one does."""

    def __init__(self, contrast: Contrast, terms: Terms, expand: bool) -> None:
        self.contrast, self.report, self.terms = contrast, contrast.report, terms
        self.rows = self.report.expanded() if expand else self.report.rows
        self.largest = max((row.cost.mult_adds for row in self.rows), default=0)

    @cached_property
    def memory(self) -> Memory:
        return peak_memory(self.report, self.terms.memory == "in-place")

    @cached_property
    def sights(self) -> dict[str, Sight | None]:
        return sights(self.report)

    @cached_property
    def traffic(self) -> dict[str, Traffic]:
        rows = traffic(self.memory, self.rows, self.terms)
        return {row.name: moved for row, moved in zip(self.rows, rows, strict=True)}

    def params(self, cost: Cost) -> int:
        return cost.params(self.terms.count)

    def share(self, row: Row) -> float:
        return row.cost.mult_adds / (self.report.total.mult_adds or 1)

    def ratio(self, row: Row) -> float | None:
        return self.contrast.ratios(row, self.terms.count).mult_adds

    def peak(self) -> int:
        return FIGURES["memory"].of_report(self.report, self.terms)

    def weights(self) -> int:
        return FIGURES["size"].of_report(self.report, self.terms)


class LayerColumn(NamedTuple):
    """A column, and its cells: of a layer, of the whole network, and of its standard form."""

    column: Column
    cell: Callable[[_Shown, Row], Cell]
    total: Callable[[_Shown], Cell] = lambda _: None
    standard: Callable[[_Shown], Cell] = lambda _: None


def _column_of(figure: Figure) -> LayerColumn:
    """What is counted of every layer."""
    return LayerColumn(
        Column(figure.key, figure.head, "count", note=figure.note),
        lambda shown, row: figure.of_cost(row.cost, shown.terms),
        lambda shown: figure.of_cost(shown.report.total, shown.terms),
        lambda shown: figure.of_cost(shown.contrast.other.total, shown.terms),
    )


_USUAL = (
    LayerColumn(
        Column("name", "Layer", "name"),
        lambda _, row: row.name,
        lambda _: "total",
        lambda _: "as standard",
    ),
    LayerColumn(Column("kind", "Kind"), lambda _, row: row.kind),
    LayerColumn(Column("input", "Input", drop=2), lambda _, row: str(row.input)),
    LayerColumn(Column("output", "Output"), lambda _, row: str(row.output)),
    *map(_column_of, COMPARED.values()),
    LayerColumn(Column("share", "Share", "share", drop=3), lambda shown, row: shown.share(row)),
    LayerColumn(
        Column("", "of total", "bar", drop=1),
        lambda shown, row: row.cost.mult_adds / (shown.largest or 1),
    ),
    LayerColumn(
        Column("mult_adds_ratio", "vs standard", "fewer"),
        lambda shown, row: shown.ratio(row),
        lambda shown: shown.contrast.reduction(shown.terms.count).mult_adds,
    ),
)
_OF_MEMORY = (
    LayerColumn(
        Column("memory_in", "Bytes in", "count"),
        lambda shown, row: shown.traffic[row.name].taken,
    ),
    LayerColumn(
        Column("memory_out", "Bytes out", "count"),
        lambda shown, row: shown.traffic[row.name].made,
    ),
    LayerColumn(
        Column("peak", "Bytes alive", "count"),
        lambda shown, row: shown.traffic[row.name].peak,
        lambda shown: shown.peak(),
    ),
    LayerColumn(
        Column("weight_bytes", "Weight bytes", "count"),
        lambda shown, row: shown.traffic[row.name].weights,
        lambda shown: shown.weights(),
    ),
    LayerColumn(
        Column(
            "intensity",
            "Mult-adds/byte",
            "ratio",
            note="Mult-adds/byte: of activations in and out and parameters; a layer with few waits "
            "for memory, however little it computes.",
        ),
        lambda shown, row: shown.traffic[row.name].intensity,
    ),
)


def _axes(found: Window | Sight | None, which: int) -> str:
    """The sides or the strides of what a layer looks at; nothing where it is no window."""
    return sides_text(found[which]) if found and found[which] else ""


_OF_WINDOWS = (
    LayerColumn(Column("k", "k"), lambda _, row: _axes(window_of(row), 0)),
    LayerColumn(Column("stride", "Stride"), lambda _, row: _axes(window_of(row), 1)),
    LayerColumn(
        Column(
            "receptive_field",
            "Sees",
            note="Sees: the side of the input that one position of the output follows from, "
            "through convolutions and pools; every so many positions of the input there is one.",
        ),
        lambda shown, row: _axes(shown.sights[row.name], 0),
    ),
    LayerColumn(
        Column("receptive_stride", "Every"), lambda shown, row: _axes(shown.sights[row.name], 1)
    ),
)
_MORE = tuple(_column_of(figure) for key, figure in COUNTS.items() if key not in COMPARED)
COLUMNS = {
    known.column.key or "bar": known for known in (*_USUAL, *_MORE, *_OF_WINDOWS, *_OF_MEMORY)
}
"""Every column that `--columns` can name."""
TOGETHER = {"receptive_field": ("receptive_field", "receptive_stride")}
"""Columns that are named by the first of them."""


def net_grids(
    contrast: Contrast,
    terms: Terms,
    expand: bool,
    columns: str | None = None,
    told: Accuracy | None = None,
) -> list[Grid]:
    """A network layer by layer with its totals, then the same by kind of convolution."""
    shown = _Shown(contrast, terms, expand)
    chosen = _chosen(columns, shown)
    grid = Grid(
        tuple(one.column for one in chosen),
        [[one.cell(shown, row) for one in chosen] for row in shown.rows],
        net_title(shown.report, terms.count),
        _totals(chosen, shown),
        [
            *_nothing_notes(contrast.report),
            *_expanded_notes(shown, expand),
            *_rebuilt_notes(contrast.report),
            *_reduction_notes(contrast, terms.count),
            *memory_notes(shown.report, terms, shown.memory),
            *_accuracy_notes(told),
            *file_notes(contrast.report.network),
        ],
    )
    return [grid, kinds_grid(shown.report, terms.count)]


def check_columns(text: str) -> None:
    """Raises DscalcError where `--columns` names one that there is not."""
    for key in text.split(","):
        name = key.strip().removeprefix("+")
        if name not in COLUMNS:
            hint = nearest(name, COLUMNS) or f"; there are {', '.join(COLUMNS)}"
            raise DscalcError(f"--columns: there is no '{name}'{hint}")


def _chosen(text: str | None, shown: _Shown) -> Sequence[LayerColumn]:
    """The columns named; those with a plus come after the usual ones."""
    usual = _USUAL if shown.contrast.replaced else _USUAL[:-1]
    keys = [] if text is None else [key.strip() for key in text.split(",")]
    bare = [key.removeprefix("+") for key in keys]
    named = [COLUMNS[one] for key in bare for one in TOGETHER.get(key, (key,))]
    added = [one for one in named if one not in usual]
    return [*usual, *added] if all(key.startswith("+") for key in keys) else named


def _totals(chosen: Sequence[LayerColumn], shown: _Shown) -> list[list[Cell]]:
    totals = [one.total(shown) for one in chosen]
    standard = [one.standard(shown) for one in chosen]
    compared = shown.contrast.replaced and any(isinstance(cell, int) for cell in standard)
    return [totals, standard] if compared else [totals]


def _nothing_notes(report: Report) -> list[str]:
    return ["Nothing in it has a cost."] if report.total == Cost() else []


def _expanded_notes(shown: _Shown, expand: bool) -> list[str]:
    """That --expand shows what is shown without it, where that is so."""
    same = expand and len(shown.rows) == len(shown.report.rows)
    return ["--expand changes nothing: no layer has parts."] if same else []


def _rebuilt_notes(report: Report) -> list[str]:
    """The written numbers that are built as others."""
    return [f"{at_lines(*one)}." for one in told(report.rebuilt).items()]


def _reduction_notes(contrast: Contrast, count: Count) -> list[str]:
    ratios = contrast.reduction(count)
    if ratios.params is None or ratios.mult_adds is None:
        return []
    return [
        f"Of the network with standard convolutions: {ratios.params:.3f} of the parameters, "
        f"{ratios.mult_adds:.3f} of the mult-adds."
    ]


def _accuracy_notes(told: Accuracy | None) -> list[str]:
    """What the authors of the network published of it at this setting, and where."""
    if told is None:
        return []
    value = cell_text(told.value, "percent")
    return [f"Top-1 on {told.dataset}, as published: {value} ({told.source})."]


def file_notes(network: Network) -> list[str]:
    """What was found in a model file, and cannot be, as sentences."""
    return [f"{capital(note)}." for note in network.notes]


def memory_notes(report: Report, terms: Terms, memory: Memory | None = None) -> list[str]:
    """What memory and storage the network needs, by the rules and types asked for, and where."""
    peak = FIGURES["memory"].of_report(report, terms)
    memory = memory or peak_memory(report, terms.memory == "in-place")
    at = "" if terms.memory == "arena" else f", at {memory.at}"
    dtype = planned_as(report.network, terms)
    needed = f"Memory in {dtype}: {peak:,} {MEMORY_RULES[terms.memory]}{at}."
    return [needed, *arena_notes(report, terms), size_note(report, terms)]


def kinds_grid(report: Report, count: Count) -> Grid:
    """A network by kind of convolution, dearest first."""
    params, all_mult_adds = report.total.params(count), report.total.mult_adds
    columns = (
        Column("kind", "Kind"),
        Column("params", "Params", "count"),
        Column("params_share", "Share", "share"),
        Column("mult_adds", "Mult-adds", "count"),
        Column("mult_adds_share", "Share", "share"),
    )
    rows: list[list[Cell]] = [
        [
            kind,
            cost.params(count),
            cost.params(count) / (params or 1),
            cost.mult_adds,
            cost.mult_adds / (all_mult_adds or 1),
        ]
        for kind, cost in report.by_kind().items()
    ]
    return Grid(columns, rows, "By kind of convolution")
