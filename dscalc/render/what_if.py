"""The answer of `dscalc net --as`: a rewritten network beside what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dscalc.analysis.terms import Terms
from dscalc.analysis.what_if import Contrast, cost_ratios
from dscalc.law.layer import Cost, Count
from dscalc.render.formats import Answer
from dscalc.render.grid import Cell, Column, Grid
from dscalc.render.json import cost_figures
from dscalc.render.net import net_document
from dscalc.render.net_grids import file_notes, kinds_grid, memory_notes
from dscalc.render.words import net_title

if TYPE_CHECKING:
    from dscalc.render.grid import Page


def what_if_answer(
    contrast: Contrast, standard: Contrast, terms: Terms, expand: bool, form: str
) -> Answer:
    """The rewriting of a network, itself beside its standard form in JSON."""
    count = terms.count

    def page() -> Page:
        from dscalc.render.net_page import what_if_page

        return what_if_page(contrast, terms, form)

    return Answer(
        lambda: net_document(standard, terms, expand, original=_original(contrast, count)),
        lambda: what_if_grids(contrast, terms, form),
        page=page,
    )


def _original(original: Contrast, count: Count) -> dict[str, Any]:
    """What the network and each of its layers were before they were rewritten."""
    layers = [
        {"name": row.name, **cost_figures(original.before(row), count)}
        for row in original.other.rows
    ]
    total = cost_figures(original.report.total, count)
    return {**total, "layers": layers}


def what_if_grids(contrast: Contrast, terms: Terms, form: str) -> list[Grid]:
    """A rewritten network layer by layer, beside what each layer was."""
    report, before, count = contrast.other, contrast.report, terms.count
    columns = (
        Column("name", "Layer", "name"),
        Column("kind", "Kind"),
        Column("output", "Output", drop=1),
        Column("params_before", "Params were", "count"),
        Column("params", "Params", "count"),
        Column("mult_adds_before", "Mult-adds were", "count"),
        Column("mult_adds", "Mult-adds", "count"),
        Column("change", "Change", "fewer"),
    )

    def cells(name: str, kind: str, output: str, was: Cost, now: Cost) -> list[Cell]:
        change = cost_ratios(now, was, count).mult_adds if now != was else None
        params = was.params(count), now.params(count)
        return [name, kind, output, *params, was.mult_adds, now.mult_adds, change]

    rows = [
        cells(row.name, row.kind, str(row.output), contrast.before(row), row.cost)
        for row in report.rows
    ]
    total = cells("total", "", "", before.total, report.total)
    title = f"{net_title(before, count)} · as {form}"
    notes = [*memory_notes(report, terms), *file_notes(report.network)]
    return [Grid(columns, rows, title, [total], notes), kinds_grid(report, count)]
