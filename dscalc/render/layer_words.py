"""What `dscalc layer` calls a convolution, and how it says what the separable form saves."""

from __future__ import annotations

from dscalc.analysis.forms import Question, Variant
from dscalc.law.window import per_axis
from dscalc.render.words import sizes_text


def layer_title(question: Question, standard: Variant) -> str:
    conv, dims = question.conv, question.dims
    kernel = "×".join(map(str, per_axis(conv.k, dims, "k")))
    window = f"{kernel} convolution" if dims > 1 else f"1-D convolution of {kernel}"
    known = question.df is not None
    shapes = (standard.row.input, standard.row.output)
    between = " → ".join(map(str, shapes if known else (s.channels for s in shapes)))
    parts = [f"{window}, {between}{'' if known else ' channels'}"]
    parts.append(f"stride {sizes_text(conv.stride)}")
    parts.append(f"padding {sizes_text(conv.padding)}")
    if conv.dilation != 1:
        parts.append(f"dilation {sizes_text(conv.dilation)}")
    if conv.bias:
        parts.append("with bias")
    return ", ".join(parts)


def reduction_text(question: Question) -> str:
    from dscalc.analysis.formulas import reduction

    kernel = per_axis(question.conv.k, question.dims, "k")
    return reduction(question.conv.n, kernel, question.multiplier)
