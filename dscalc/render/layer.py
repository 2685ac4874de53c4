"""The answer of `dscalc layer`, and what it says as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dscalc.analysis.forms import Question, Variant
from dscalc.law.fields import Padding, Sizes
from dscalc.law.window import per_axis
from dscalc.render.formats import Answer
from dscalc.render.json import cost_figures, document, shape_list

if TYPE_CHECKING:
    from dscalc.render.grid import Grid, Page


def layer_answer(
    question: Question, variants: Sequence[Variant], alpha: float, rho: float, explained: bool
) -> Answer:
    """The forms, with their formulas where they are to be explained."""

    def grids() -> list[Grid]:
        from dscalc.render.layer_grids import explanation_grids, layer_grids

        costs = layer_grids(question, variants)
        return costs + explanation_grids(question, variants) if explained else costs

    def page() -> Page:
        from dscalc.render.layer_grids import layer_page

        return layer_page(question, variants)

    return Answer(lambda: layer_document(question, variants, alpha, rho), grids, page=page)


def layer_document(
    question: Question, variants: Sequence[Variant], alpha: float, rho: float
) -> dict[str, Any]:
    """`dscalc layer --format json`."""
    conv, known = question.conv, question.df is not None

    def sizes(value: Sizes) -> list[int]:
        return list(per_axis(value, question.dims, ""))

    inputs = {
        "df": list(question.df) if question.df else None,
        "k": sizes(conv.k),
        "m": question.m,
        "n": conv.n,
        "g": conv.g,
        "stride": sizes(conv.stride),
        "padding": _padding(conv.padding, question.dims),
        "dilation": sizes(conv.dilation),
        "bias": conv.bias,
        "multiplier": question.multiplier,
        "alpha": alpha,
        "rho": rho,
    }

    def figures(variant: Variant) -> dict[str, int | None]:
        found = cost_figures(variant.row.cost, "trainable")
        return {key: value if known or key == "params" else None for key, value in found.items()}

    costs = [
        {
            "kind": v.kind,
            "alpha": v.alpha,
            "rho": v.rho,
            "output": shape_list(v.row.output) if known else None,
            **figures(v),
            "mult_adds_per_position": v.row.cost.mult_adds // v.row.output.positions,
            "params_ratio": v.params_ratio,
            "mult_adds_ratio": v.mult_adds_ratio,
        }
        for v in variants
    ]
    return document("layer", inputs=inputs, costs=costs)


def _padding(value: Padding, dims: int) -> Any:
    """The padding as a document has it: a word, a number for each axis, or pairs."""
    if isinstance(value, str):
        return value
    return [value] * dims if isinstance(value, int) else [*value]
