"""Points of sweeps and fits: what a row of either, and its JSON, says of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dscalc.analysis.figures import FIGURES
from dscalc.analysis.series import Sweep
from dscalc.analysis.sweep import Point
from dscalc.analysis.terms import MEMORY_RULES, SIZE_RULES, Terms
from dscalc.render.grid import Cell, Column
from dscalc.render.json import cost_parts
from dscalc.render.words import sides_text, terms_text

SHOWN = {"params": 0, "mult_adds": 0, "memory": 0, "size": 3}
"""The figures of a point in a table, and in which order a narrow screen does without them."""
GOT = tuple(FIGURES[key].got for key in SHOWN)
"""What makes each of them."""


TOP1 = Column(
    "top1",
    "Top-1",
    "percent",
    note="Top-1: on ImageNet, as the authors published it; `dscalc choose` has the source.",
)
"""The accuracy that the authors of a network published of a point; empty where they did not."""


def figure_column(key: str, terms: Terms, drop: int) -> Column:
    """A figure of points, with the rule that its bytes are by."""
    notes = {
        "memory": f"Memory: {MEMORY_RULES[terms.memory]}.",
        "size": f"Size: {_sized(terms)}.",
    }
    return Column(key, FIGURES[key].head, "count", drop, notes.get(key, ""))


def _sized(terms: Terms) -> str:
    return "bytes of the parameters" if terms.size == "params" else SIZE_RULES[terms.size]


def point_columns(several: bool, terms: Terms) -> tuple[Column, ...]:
    return (
        *((Column("network", "Network", "name"),) if several else ()),
        Column("resolution", "Input"),
        Column("alpha", "α", "factor"),
        *(figure_column(key, terms, drop) for key, drop in SHOWN.items()),
    )


def point_cells(name: str, point: Point, terms: Terms, several: bool) -> list[Cell]:
    of = point.measured
    return [
        *((name,) if several else ()),
        sides_text(point.sides),
        point.alpha,
        *[got(of, terms) for got in GOT],
    ]


def limits_text(limits: Mapping[str, int], terms: Terms) -> str:
    return ", ".join(f"{FIGURES[f].by(terms)} ≤ {limits[f]:,}" for f in FIGURES if f in limits)


def terms_document(terms: Terms, limits: Mapping[str, int]) -> dict[str, Any]:
    return {
        "count": terms.count,
        "dtype": terms.dtype,
        "weight_dtype": terms.of_weights,
        "memory_rule": terms.memory,
        "size_rule": terms.size,
        "limits": dict(limits),
    }


def point_document(point: Point, terms: Terms) -> dict[str, Any]:
    figures = point.figures(terms)
    return {
        "alpha": point.alpha,
        "resolution": list(point.sides),
        **cost_parts(point.cost, terms.count),
        "peak_elements": point.peak,
        "memory_bytes": figures["memory"],
        "size_bytes": figures["size"],
    }


# ---------------------------------------------------------------- sweeps


def sweep_title(sweep: Sweep) -> str:
    names = ", ".join(series.network.name for series in sweep.series)
    points = f"{sweep.size:,} point{'s' if sweep.size != 1 else ''}"
    parts = [names, points, terms_text(sweep.terms)]
    return " · ".join([*parts, limits_text(sweep.limits, sweep.terms)] if sweep.limits else parts)


def stars_of(sweep: Sweep) -> list[bytes]:
    """A byte for each point of each series: whether it is marked.

    The best points are, or, where all are best, the front over published accuracies, if that
    leaves some out.
    """
    if sweep.telling:
        return [series.best for series in sweep.series]
    fronts = [series.front for series in sweep.series]
    told = sum(len(series.top1) for series in sweep.series)
    marked = sum(map(sum, fronts))
    return fronts if marked < told else [bytes(len(series.points)) for series in sweep.series]
