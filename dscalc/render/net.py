"""The answer of `dscalc net`, and what it says as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dscalc.analysis.figures import FIGURES
from dscalc.analysis.memory import Memory, Traffic, peak_memory, traffic
from dscalc.analysis.receptive import Sight, Window, sights, window_of
from dscalc.analysis.terms import Terms, bytes_of
from dscalc.analysis.what_if import Contrast
from dscalc.law.layer import Shape
from dscalc.law.network import Report
from dscalc.law.rows import Row
from dscalc.law.tally import at_lines, told
from dscalc.render.formats import Answer
from dscalc.render.json import cost_figures, cost_parts, document, shape_list

if TYPE_CHECKING:
    from dscalc.analysis.accuracy import Accuracy
    from dscalc.render.grid import Grid, Page


def net_answer(
    contrast: Contrast,
    terms: Terms,
    told: Callable[[], Accuracy | None],
    expand: bool = False,
    columns: str | None = None,
) -> Answer:
    """A network beside its standard form, and what is `told` of its accuracy.

    That is asked for in tables alone: JSON, which scripts wait for, need not search for it.
    """

    def grids() -> list[Grid]:
        from dscalc.render.net_grids import net_grids

        return net_grids(contrast, terms, expand, columns, told())

    def page() -> Page:
        from dscalc.render.net_page import net_page

        return net_page(contrast, terms, expand)

    return Answer(lambda: net_document(contrast, terms, expand), grids, page=page)


def net_document(contrast: Contrast, terms: Terms, expand: bool, **more: Any) -> dict[str, Any]:
    """`dscalc net --format json`, with `more` at its end."""
    report, network, count = contrast.report, contrast.report.network, terms.count
    memory = peak_memory(report, terms.memory == "in-place")
    rows = report.expanded() if expand else report.rows

    seen = sights(report)

    def layer(row: Row, moved: Traffic) -> dict[str, Any]:
        return {
            "name": row.name,
            "kind": row.kind,
            "line": row.line,
            **_windows(window_of(row), seen[row.name]),
            "input": shape_list(row.input),
            "output": shape_list(row.output),
            **cost_figures(row.cost, count),
            "params_ratio": contrast.ratios(row, count).params,
            "mult_adds_ratio": contrast.ratios(row, count).mult_adds,
            "memory": _traffic(moved),
        }

    return document(
        "net",
        network=network.name,
        file=network.file,
        alpha=network.alpha,
        rho=network.rho,
        depth=network.depth,
        parameters=dict(network.parameters),
        **_maps("input", "inputs", dict(network.inputs)),
        **_maps("output", "outputs", report.output_maps()),
        count=count,
        layers=[layer(*pair) for pair in zip(rows, traffic(memory, rows, terms), strict=True)],
        by_kind={k: cost_figures(cost, count) for k, cost in report.by_kind().items()},
        total=cost_parts(report.total, count),
        standard=cost_figures(contrast.other.total, count),
        reduction=contrast.reduction(count)._asdict(),
        memory=_memory(report, memory, terms),
        notes=[*network.notes, *(at_lines(*one) for one in told(report.rebuilt).items())],
        **more,
    )


def _windows(window: Window | None, sight: Sight | None) -> dict[str, Any]:
    """The window of a layer, and what it sees of the input; null where there is none."""
    return {
        "k": None if window is None else list(window.k),
        "stride": None if window is None else list(window.stride),
        "receptive_field": None if sight is None else list(sight.sides),
        "receptive_stride": None if sight is None else list(sight.stride),
    }


def _maps(one: str, several: str, shapes: Mapping[str, Shape]) -> dict[str, Any]:
    """Maps that come in or go out by name; where there is a single one, that by itself too."""
    single = shape_list(next(iter(shapes.values()))) if len(shapes) == 1 else None
    return {one: single, several: {name: shape_list(shape) for name, shape in shapes.items()}}


def _traffic(moved: Traffic) -> dict[str, Any]:
    return {
        "in_bytes": moved.taken,
        "out_bytes": moved.made,
        "peak_bytes": moved.peak,
        "weight_bytes": moved.weights,
        "mult_adds_per_byte": moved.intensity,
    }


def _memory(report: Report, memory: Memory, terms: Terms) -> dict[str, Any]:
    return {
        "dtype": terms.dtype,
        "weight_dtype": terms.of_weights,
        "peak_elements": memory.peak,
        "peak_bytes": bytes_of(memory.peak, terms.dtype),
        "peak_layer": memory.at,
        "memory_rule": terms.memory,
        "memory_bytes": FIGURES["memory"].of_report(report, terms),
        "size_rule": terms.size,
        "size_bytes": FIGURES["size"].of_report(report, terms),
        "weight_bytes": bytes_of(report.total.params(terms.count), terms.of_weights),
    }
