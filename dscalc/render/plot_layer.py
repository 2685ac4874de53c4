"""The picture of `dscalc layer`: the kernels of its forms to scale, with what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dscalc.analysis.forms import Question, Variant
from dscalc.errors import DscalcError
from dscalc.law.window import per_axis
from dscalc.render.axes import Scale, from_zero, real
from dscalc.render.heading import MARGIN, notes, title
from dscalc.render.layer_words import layer_title, reduction_text
from dscalc.render.measure import wrapped
from dscalc.render.palette import KINDS
from dscalc.render.scene import PAPER, SIZE, Drawn, Fill, Path, Rect, Scene, Text

LONGEST, HIGHEST, THINNEST = 190.0, 26.0, 0.8  # points: of a side that is drawn
CELL = 8.0  # points: of a weight, at most
DEEP = 0.45  # of its length is seen of a side that goes back
SLICES, COPIES = 8, 3  # kernels that are drawn of many, side by side or one behind the other
WORDS = 240.0  # points: where the words begin
BAR = 6.0  # points: of a bar's height
BETWEEN = 16.0  # points, between forms


class _Cell(NamedTuple):
    """How long a weight is drawn, in points: across a window, and from channel to channel."""

    side: float
    channel: float


class _Kernels(NamedTuple):
    """All kernels of a convolution: how many, and each one's sides and channels."""

    kind: str
    number: int
    height: int
    width: int
    channels: int
    variant: Variant

    @property
    def words(self) -> str:
        many = "kernel" if self.number == 1 else "kernels"
        return f"{self.number:,} {many} of {self.height}×{self.width}×{self.channels:,}"

    @property
    def product(self) -> str:
        """How many weights they have, as a product."""
        factors = self.height, self.width, self.channels, self.number
        return f"{' · '.join(f'{one:,}' for one in factors)} = {self.weights:,} weights"

    @property
    def weights(self) -> int:
        return self.number * self.height * self.width * self.channels


def layer_scene(question: Question, variants: Sequence[Variant]) -> Scene:
    """The kernels of a standard, a depthwise and a pointwise convolution, to one scale.

    Where α or ρ scale it, those that are scaled. Raises DscalcError for more than two axes.
    """
    if question.dims > 2:
        raise DscalcError("--plot draws kernels of one and of two axes")
    every = list(_kernels(question, variants))
    cell = min(CELL, *(HIGHEST / max(one.height, one.width) for one in every))
    channel = min(cell, *(LONGEST / one.channels for one in every))
    words = layer_title(question, variants[0])
    head = title(words)
    costs = [real(_mult_adds(one.variant)) for one in every]
    scale = from_zero(costs, WORDS, PAPER - MARGIN)
    drawn: list[Drawn] = [*head.drawn]
    bottom = head.bottom + 4
    for one in every:
        form, bottom = _form(one, _Cell(cell, channel), scale, bottom, question)
        drawn += form
    below = notes(_notes(question, variants, channel / cell), bottom)
    return Scene(PAPER, below.bottom + MARGIN, [*drawn, *below.drawn], words, head.bottom)


def _kernels(question: Question, variants: Sequence[Variant]) -> Iterator[_Kernels]:
    """What is drawn, of the forms at the α and ρ that were asked for."""
    scaled = variants[-1].alpha, variants[-1].rho
    sides = per_axis(question.conv.k, question.dims, "k")
    height, width = (1, *sides) if len(sides) == 1 else sides
    for one in variants:
        m, n = one.row.input.channels, one.row.output.channels
        if (one.alpha, one.rho) != scaled:
            continue
        if one.kind == "standard":
            yield _Kernels("conv", n, height, width, m, one)
        elif one.kind == "group":
            channels = one.row.cost.weights // (n * height * width)
            yield _Kernels("group", n, height, width, channels, one)
        elif one.kind == "depthwise":
            yield _Kernels("depthwise", n, height, width, 1, one)
        elif one.kind == "pointwise":
            yield _Kernels("pointwise", n, 1, 1, m, one)


def _mult_adds(variant: Variant) -> int:
    return variant.row.cost.mult_adds


def _form(
    one: _Kernels, cell: _Cell, scale: Scale, top: float, question: Question
) -> tuple[list[Drawn], float]:
    """One form: its name and kernels at the left, its numbers at the right."""
    name = "standard" if one.kind == "conv" else one.kind
    drawn: list[Drawn] = [Text(MARGIN, top + SIZE, name, bold=True)]
    boxes, bottom = _boxes(one, cell, top + 14)
    drawn += boxes
    what = "mult-adds" if question.df else "mult-adds a position"
    lines = [one.words, one.product, f"{_mult_adds(one.variant):,} {what}"]
    y = top + SIZE
    for line in (part for one in lines for part in wrapped(one, PAPER - MARGIN - WORDS)):
        drawn.append(Text(WORDS, y, line))
        y += 1.4 * SIZE
    end = max(scale.at(real(_mult_adds(one.variant))), WORDS + THINNEST)
    told = f"{name}: {_mult_adds(one.variant):,} {what}"
    drawn.append(Rect(WORDS, y - SIZE * 0.7, end - WORDS, BAR, KINDS[one.kind], told))
    return drawn, max(bottom, y + BAR) + BETWEEN


def _boxes(one: _Kernels, cell: _Cell, top: float) -> tuple[list[Drawn], float]:
    """Some of the kernels: long ones one before the other, flat ones side by side."""
    long = max(one.channels * cell.channel, THINNEST)
    high, back = one.height * cell.side, one.width * cell.side * DEEP
    beside = one.channels == 1 and one.height * one.width > 1
    step = (long + back + 4, 0.0) if beside else (0.0, high + back + 3)
    seen = min(one.number, SLICES if beside else COPIES)
    drawn: list[Drawn] = []
    for number in range(seen):
        x, y = MARGIN + number * step[0], top + back + number * step[1]
        drawn += _cuboid(x, y, (long, high, back), KINDS[one.kind])
    right = MARGIN + (seen - 1) * step[0] + long + back
    bottom = top + back + (seen - 1) * step[1] + high
    if seen < one.number:
        drawn.append(Text(right + 4, bottom, "…"))
    return drawn, bottom


def _cuboid(x: float, y: float, sides: tuple[float, float, float], fill: Fill) -> Iterator[Drawn]:
    """A kernel: channels to the right, rows downwards, columns to the back."""
    long, high, back = sides
    top = [(x, y), (x + back, y - back), (x + long + back, y - back), (x + long, y)]
    side = [(x + long, y), (x + long + back, y - back), (x + long + back, y - back + high),
            (x + long, y + high)]  # fmt: skip
    yield Rect(x, y, long, high, fill)
    yield Path(top, "page", 0.4, fill=fill.colour, opacity=0.65)
    yield Path(side, "page", 0.4, fill=fill.colour, opacity=0.8)


def _notes(question: Question, variants: Sequence[Variant], share: float) -> Iterator[str]:
    """How the two stand to each other, and to what scale the kernels are."""
    yield f"separable / standard = {reduction_text(question)}"
    alpha, rho = variants[-1].alpha, variants[-1].rho
    if (alpha, rho) != (1.0, 1.0):
        yield f"Drawn at α = {alpha:g}, ρ = {rho:g}; the reduction is that of α = ρ = 1."
    shorter = "" if share > 0.99 else f" {1 / share:,.3g} times shorter"
    yield f"Kernels are to one scale, channels{shorter} to the right; bars are mult-adds."
