"""Sides and channels written out: what ρ makes of the input, what a window makes of a map."""

from __future__ import annotations

from collections.abc import Sequence

from dscalc.analysis.forms import Question
from dscalc.law.convolutions import ConvTranspose
from dscalc.law.layer import Layer, Shape
from dscalc.law.network import Network
from dscalc.law.rows import Row
from dscalc.law.weightless import Pool
from dscalc.law.window import pads, per_axis


def scaled_sides(network: Network) -> list[str]:
    """What ρ made of each side of a network's input, where it is known what that was."""
    rho, before = network.rho, [round(side / network.rho) for side in network.input.sides]
    after = network.input.sides
    if rho == 1.0 or [round(side * rho) for side in before] != [*after]:
        return []
    return _each("D_F", [f"round({rho:.4g} · {one})" for one in before], after)


def window_sides(layer: Layer, row: Row) -> list[str]:
    """What a window makes of each side of its map, where that is another number."""
    own = vars(layer)
    if row.input.sides == row.output.sides or isinstance(layer, ConvTranspose):
        return []
    if "k" not in own or "padding" not in own or (isinstance(layer, Pool) and layer.ceil):
        return []
    axes = len(row.input.sides)
    kernel = per_axis(own["k"], axes, "k")
    stride = per_axis(own["stride"] or own["k"], axes, "stride")
    if own["padding"] == "same":
        written = [f"⌈{side} / {s}⌉" for side, s in zip(row.input.sides, stride, strict=True)]
        return _each("D_G", written, row.output.sides, "⌈D_F / s⌉ = ")
    dilations = per_axis(own.get("dilation", 1), axes, "dilation")
    around = pads(own["padding"], kernel, dilations)
    windows = zip(row.input.sides, kernel, stride, around, dilations, strict=True)
    written = [f"⌊({side} + {p} + {q} − {d} · ({k} − 1) − 1) / {s}⌋ + 1"
               for side, k, s, (p, q), d in windows]  # fmt: skip
    symbols = "⌊(D_F + p₁ + p₂ − d · (D_K − 1) − 1) / s⌋ + 1 = "
    return _each("D_G", written, row.output.sides, symbols)


def scaled_question(question: Question, alpha: float, rho: float, x: Shape, n: int) -> list[str]:
    """What α and ρ made of the numbers of one convolution on the map `x`, which makes `n`."""
    told = []
    if alpha != 1.0:
        for name, before, after in (("M", question.m, x.channels), ("N", question.conv.n, n)):
            exact = alpha * before
            rule = "" if exact == after else f" = {exact:g}, floor"
            told.append(f"{name} = {alpha:g} · {before}{rule} = {after}")
    if rho != 1.0 and question.df is not None:
        told += _each("D_F", [f"round({rho:g} · {one})" for one in question.df], x.sides)
    return told


def _each(
    name: str, written: Sequence[str], results: Sequence[int], symbols: str = ""
) -> list[str]:
    """A line for each side, or one for all where these are alike."""
    lines = [f"{name} = {symbols}{one} = {result}"
             for one, result in zip(written, results, strict=True)]  # fmt: skip
    return list(dict.fromkeys(lines))
