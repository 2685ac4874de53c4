"""Kinds that store parameters without multiplying: tables, slopes, factors, tokens (`other`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from dscalc.errors import DscalcError
from dscalc.law.fields import RULES, Rule, count, text, whole_sides
from dscalc.law.layer import Apart, Cost, Layer, Shape, Step


class LayerScale(Apart):
    """One learned factor a channel, which counts as neither weight, bias nor norm (`other`).

    Liu et al. 2022 (ConvNeXt), arXiv:2201.03545.
    """

    kind: ClassVar[str] = "layer_scale"

    def step(self, x: Shape, *more: Shape) -> Step:
        return Step(x, Cost(other=x.channels), self.kind)


class Parameters(Apart):
    """`n` learned numbers beside the map, which passes unchanged: slopes, tables, weights of sums.

    PReLU is `n: in` (He et al. 2015); α leaves `n` alone.
    """

    kind: ClassVar[str] = "parameters"
    n: int

    def step(self, x: Shape, *more: Shape) -> Step:
        return Step(x, Cost(other=self.n), self.kind)


class Embedding(Apart):
    """A row of `n` numbers for each of `words` words: [..., 1] → [..., N]; α leaves `n` alone.

    Source: PyTorch's torch.nn.Embedding.
    """

    kind: ClassVar[str] = "embedding"
    rules: ClassVar[Mapping[str, Rule]] = {"n": RULES["n"], "words": RULES["n"]}
    n: int
    words: int

    def step(self, x: Shape, *more: Shape) -> Step:
        if x.channels != 1:
            raise DscalcError(f"takes the numbers of words in one channel, not {x.channels}")
        return Step(Shape(x.sides, self.n), Cost(other=self.n * self.words), self.kind)


class ClassToken(Apart):
    """One learned token in front of the others: [L, C] → [L + 1, C] (Dosovitskiy et al. 2021)."""

    kind: ClassVar[str] = "class_token"

    def step(self, x: Shape, *more: Shape) -> Step:
        if len(x.sides) != 1:
            raise DscalcError(f"takes tokens in one row, not {x}; put tokens before it")
        return Step(Shape((x.sides[0] + 1,), x.channels), Cost(other=x.channels), self.kind)


class PositionEmbedding(Layer):
    """A learned vector for every position, added to it (Dosovitskiy et al. 2021)."""

    kind: ClassVar[str] = "position_embedding"

    def step(self, x: Shape, *more: Shape) -> Step:
        return Step(x, Cost(other=x.positions * x.channels), self.kind)


class Opaque(Layer):
    """What no law covers, as numbers with a reason; model files write it.

    `output` is what comes out, channels last; α and ρ cannot be applied to it.
    """

    kind: ClassVar[str] = "opaque"
    joins: ClassVar[bool] = True
    rules: ClassVar[Mapping[str, Rule]] = {
        "output": whole_sides,
        "why": text,
        **dict.fromkeys(("weights", "biases", "other", "mult_adds"), count),
    }
    output: tuple[int, ...]
    why: str
    weights: int = 0
    biases: int = 0
    other: int = 0
    mult_adds: int = 0

    def step(self, x: Shape, *more: Shape) -> Step:
        cost = Cost(self.weights, self.biases, 0, 0, self.other, self.mult_adds)
        output = self.output if isinstance(self.output, tuple) else (self.output,)
        return Step(Shape(output[:-1], output[-1]), cost, self.kind)
