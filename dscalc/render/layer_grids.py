"""The forms of one convolution beside each other: their tables, their formulas, their page."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

from dscalc.analysis.forms import Question, Variant
from dscalc.law.layer import Block
from dscalc.render.grid import Cell, Column, Fact, Grid, Page, shown
from dscalc.render.layer_words import layer_title, reduction_text

if TYPE_CHECKING:
    from dscalc.analysis.formulas import Formula
    from dscalc.render.scene import Scene


def layer_grids(question: Question, variants: Sequence[Variant]) -> list[Grid]:
    """The forms of one convolution beside each other."""
    scaled = len({(v.alpha, v.rho) for v in variants}) > 1
    known = question.df is not None
    columns = (
        Column("kind", "Convolution"),
        *((Column("alpha", "α", "factor"), Column("rho", "ρ", "factor")) if scaled else ()),
        *((Column("output", "Output"),) if known else ()),
        Column("params", "Params", "count"),
        Column("params_ratio", "ratio", "ratio", drop=2),
        Column("mult_adds" if known else "mult_adds_per_position",
               "Mult-adds" if known else "Mult-adds/position", "count"),
        Column("mult_adds_ratio", "ratio", "ratio"),
        Column("", "vs standard", "fewer", drop=1),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [
            v.kind,
            *((v.alpha, v.rho) if scaled else ()),
            *((str(v.row.output),) if known else ()),
            v.row.cost.params(),
            v.params_ratio,
            v.row.cost.mult_adds,
            v.mult_adds_ratio,
            None if v is variants[0] else v.mult_adds_ratio,
        ]
        for v in variants
    ]
    notes = [f"separable / standard = {reduction_text(question)}"]
    if not known:
        notes.append(
            "Without a feature map, mult-adds are per output position; "
            "say its side with --df to see them in all."
        )
    return [Grid(columns, rows, layer_title(question, variants[0]), notes=notes)]


def explanation_grids(question: Question, variants: Sequence[Variant]) -> list[Grid]:
    """Every cost of the forms as its formula, the formula with numbers, and the result."""
    from dscalc.analysis.sides import scaled_question

    known = question.df is not None
    grids = []
    for stage in dict.fromkeys((v.alpha, v.rho) for v in variants):
        alpha, rho = (shown(factor, "factor") for factor in stage)
        title = f"α = {alpha}, ρ = {rho}" if stage != (1.0, 1.0) else "In numbers"
        forms = [v for v in variants if (v.alpha, v.rho) == stage]
        formulas = [formula for form in forms for formula in _formulas(form)]
        first = forms[0].row
        scaled = scaled_question(question, *stage, first.input, first.output.channels)
        notes = [*scaled, *(str(f) for f in formulas if known or f.name.startswith("N"))]
        grids.append(Grid(title=title, notes=notes))
    return grids


def _formulas(form: Variant) -> Sequence[Formula]:
    """The formulas of a form; the parts of a separable one come with it, not by themselves."""
    from dscalc.analysis.formulas import explain, total

    row, layer = form.row, form.layer
    if form.kind in ("depthwise", "pointwise"):
        return []
    if not isinstance(layer, Block):
        return explain(form.kind, layer, row)
    parts = [explain(part.kind, part.layer, part) for part in row.parts]
    params, mult_adds = zip(*parts, strict=True)
    return [*chain(*parts), total("N_sep", params), total("C_sep", mult_adds)]


def layer_page(question: Question, variants: Sequence[Variant]) -> Page:
    """The standard form, the first, and the separable one of each α and ρ."""

    def scene() -> Scene:
        from dscalc.render.plot_layer import layer_scene

        return layer_scene(question, variants)

    what = "mult-adds" if question.df else "mult-adds a position"
    facts = [Fact(f"{variants[0].row.cost.mult_adds:,}", f"{what}, standard")]
    for form in variants:
        if form.kind == "separable":
            facts.append(Fact(f"{form.row.cost.mult_adds:,}", f"{what}, separable{_at(form)}"))
    fewer = shown(variants[-1].mult_adds_ratio, "fewer")
    return Page([*facts, Fact(fewer, f"{what} than standard")], scene=scene)


def _at(form: Variant) -> str:
    """The α and ρ of a form where there are any."""
    factors = {"α": form.alpha, "ρ": form.rho}
    given = [f"{name} {shown(value, 'factor')}" for name, value in factors.items() if value != 1]
    return f", {', '.join(given)}" if given else ""
