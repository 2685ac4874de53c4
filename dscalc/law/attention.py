"""Attention, as the block of its layers, and the products of two maps that it is made of."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import ClassVar

from dscalc.errors import DscalcError, Problem
from dscalc.law.convolutions import Linear
from dscalc.law.fields import RULES, Rule, Sizes, optional
from dscalc.law.layer import INPUT, Block, Cost, Layer, Node, Shape, Step
from dscalc.law.weightless import Crop, Pad
from dscalc.law.window import per_axis


class MatMul(Layer):
    """The product of two maps, [..., L, K] · [..., K, N] → [..., L, N].

    With `transposed` the second is [..., N, K]. Every number of the result takes K mult-adds.
    """

    kind: ClassVar[str] = "matmul"
    joins: ClassVar[bool] = True
    rules: ClassVar[Mapping[str, Rule]] = {"transposed": RULES["bias"]}
    transposed: bool = False

    def step(self, x: Shape, *more: Shape) -> Step:
        if len(more) != 1:
            raise DscalcError(f"takes two maps, not {1 + len(more)}")
        (other,) = more
        if not x.sides or not other.sides:
            raise DscalcError(f"cannot multiply {x} and {other}: each needs a side")
        inner, n = other.sides[-1], other.channels
        if self.transposed:
            inner, n = n, inner
        if inner != x.channels or x.sides[:-1] != other.sides[:-1]:
            raise DscalcError(f"cannot multiply {x} and {other}")
        cost = Cost(mult_adds=x.positions * x.channels * n)
        return Step(Shape(x.sides, n), cost, self.kind)


class Scores(Layer):
    """Every query with the keys of its window, head by head: [L_q, H·d], [L_k, …] → [H·L_q, L_k].

    Positions attend within `parts` equal parts. L_q · L_k / parts · H · d mult-adds.
    """

    kind: ClassVar[str] = "attention"
    joins: ClassVar[bool] = True
    rules: ClassVar[Mapping[str, Rule]] = {"heads": RULES["n"], "parts": RULES["n"]}
    heads: int = 1
    parts: int = 1

    def step(self, x: Shape, *more: Shape) -> Step:
        (keys,) = more
        seen = keys.positions // self.parts
        output = Shape((self.heads * x.positions,), seen)
        return Step(output, Cost(mult_adds=x.positions * seen * x.channels), self.kind)


class Weighing(Layer):
    """The values that every query sees, weighed by its scores, for each of the heads.

    Scores [H·L_q, L_k] and values → [L_q, H·d_v] on the sides of the queries.
    """

    kind: ClassVar[str] = "attention"
    joins: ClassVar[bool] = True
    rules: ClassVar[Mapping[str, Rule]] = {"n": RULES["n"], "sides": RULES["k"]}
    n: int
    sides: Sizes

    def step(self, x: Shape, *more: Shape) -> Step:
        sides = self.sides if isinstance(self.sides, tuple) else (self.sides,)
        positions = math.prod(sides)
        cost = Cost(mult_adds=positions * x.channels * self.n)
        return Step(Shape(sides, self.n), cost, self.kind)


def require_positions(x: Shape) -> None:
    """Raises DscalcError where nothing is left that could attend to anything."""
    if not x.sides:
        raise DscalcError(f"attention needs positions, and gets {x.channels} values without sides")


class Attention(Block):
    """Multi-head attention: projections to queries, keys and values, scores, weighing, projection.

    Takes a map for all three, or queries and another map for keys and values, or all three apart.
    `key` and `value` are the widths of a head (M / heads; key); `kv_heads` fewer heads of keys and
    values. Positions attend within windows of `window` (what does not tile is padded up), or
    within `parts` equal parts of them. `project: false` leaves out the last projection.
    Source: Vaswani et al. 2017, arXiv:1706.03762; windows: Liu et al. 2021, arXiv:2103.14030;
    `kv_heads`: Shazeer 2019, arXiv:1911.02150.
    """

    kind: ClassVar[str] = "attention"
    joins: ClassVar[bool] = True
    exclusive: ClassVar[tuple[tuple[str, str], ...]] = (("window", "parts"),)
    rules: ClassVar[Mapping[str, Rule]] = {
        **dict.fromkeys(("heads", "parts"), RULES["n"]),
        **dict.fromkeys(("key", "value", "kv_heads"), optional(RULES["n"])),
        "window": optional(RULES["k"]),
        **dict.fromkeys(("project", "bias"), RULES["bias"]),
    }
    heads: int = 1
    bias: bool = False
    key: int | None = None
    value: int | None = None
    kv_heads: int | None = None
    window: Sizes | None = None
    parts: int = 1
    project: bool = True

    def body(self, x: Shape, *more: Shape) -> tuple[Node, ...]:
        return tuple(self._nodes(x, more))

    @property
    def given(self) -> tuple[str, ...]:
        return (INPUT, "keys", "values")

    def _nodes(self, x: Shape, more: tuple[Shape, ...]) -> Iterator[Node]:
        if len(more) > 2:
            raise DscalcError(f"takes queries, keys and values, not {1 + len(more)} maps")
        for shape in (x, *more):
            require_positions(shape)
        keys, values = self._sources(more)
        key, value, kv_heads = self._widths(x)
        padded, parts = self._tiled(x, more)
        queries = INPUT
        if padded != x.sides:
            around = tuple((0, side - own) for side, own in zip(padded, x.sides, strict=True))
            yield Node("pad", Pad(sides=around), (INPUT,))
            queries = "pad"
            keys, values = (queries if name == INPUT else name for name in (keys, values))
        yield Node("query", Linear(self.heads * key, bias=self.bias), (queries,))
        yield Node("key", Linear(kv_heads * key, bias=self.bias), (keys,))
        yield Node("value", Linear(kv_heads * value, bias=self.bias), (values,))
        yield Node("scores", Scores(self.heads, parts), ("query", "key"))
        yield Node("weighing", Weighing(self.heads * value, padded), ("scores", "value"))
        last = "weighing"
        if self.project:
            yield Node("output", Linear(x.channels, bias=self.bias), (last,))
            last = "output"
        if padded != x.sides:
            yield Node("crop", Crop(x.sides), (last,))

    def _sources(self, more: tuple[Shape, ...]) -> tuple[str, str]:
        """Under which names keys and values come in: as the queries, together, or apart."""
        if not more:
            return INPUT, INPUT
        return "keys", "values" if len(more) == 2 else "keys"

    def _widths(self, x: Shape) -> tuple[int, int, int]:
        """The widths of a head of keys and of values, and how many heads these have."""
        if self.key is None and x.channels % self.heads:
            message = f"{self.heads} heads do not divide the {x.channels} channels"
            raise DscalcError(Problem(message, "heads"))
        key = self.key or x.channels // self.heads
        kv_heads = self.kv_heads or self.heads
        if self.heads % kv_heads:
            message = f"{kv_heads} heads of keys do not divide {self.heads} heads"
            raise DscalcError(Problem(message, "kv_heads"))
        return key, self.value or key, kv_heads

    def _tiled(self, x: Shape, more: tuple[Shape, ...]) -> tuple[tuple[int, ...], int]:
        """The sides padded up to whole windows, and into how many parts the positions fall."""
        if self.window is None:
            for shape in (x, *more):
                if shape.positions % self.parts:
                    message = f"{self.parts} parts do not divide the positions of {shape}"
                    raise DscalcError(Problem(message, "parts"))
            return x.sides, self.parts
        if more:
            raise DscalcError(Problem("windows are of one map, not of several", "window"))
        window = per_axis(self.window, len(x.sides), "window")
        counts = [-(-side // w) for side, w in zip(x.sides, window, strict=True)]
        padded = tuple(count * w for count, w in zip(counts, window, strict=True))
        return padded, math.prod(counts)
