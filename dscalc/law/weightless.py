"""Kinds without weights: they reshape, pool or join feature maps, and cost nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

from dscalc.errors import DscalcError
from dscalc.law.fields import RULES, Padding, Rule, Sizes, one_of, optional
from dscalc.law.layer import Cost, Layer, Shape, Step
from dscalc.law.window import output_sides, per_axis, require_axes


class Pool(Layer):
    """Max or average pooling over windows of `k`; the stride is `k` unless given.

    Unlike a convolution it does not pad unless told to, as in every framework. With `ceil` the
    last window may hang over the edge (PyTorch's ceil_mode).
    """

    kind: ClassVar[str] = "pool"
    rules: ClassVar[Mapping[str, Rule]] = {
        **RULES,
        "stride": optional(RULES["stride"]),
        "ceil": RULES["bias"],
        "type": one_of("max", "avg"),
    }
    k: Sizes
    stride: Sizes | None = None
    padding: Padding = "valid"
    ceil: bool = False
    type: str = "max"

    def step(self, x: Shape, *more: Shape) -> Step:
        require_axes("a pool", x)
        kernel = per_axis(self.k, len(x.sides), "k")
        stride = kernel if self.stride is None else self.stride
        sides = output_sides(x.sides, kernel, stride, self.padding, ceil=self.ceil)
        return Step(Shape(sides, x.channels), Cost(), self.kind)


class AdaptivePool(Layer):
    """Pooling to sides of `size`, whatever comes in (PyTorch's AdaptiveAvgPool)."""

    kind: ClassVar[str] = "adaptive_pool"
    rules: ClassVar[Mapping[str, Rule]] = {"size": RULES["k"]}
    size: Sizes

    def step(self, x: Shape, *more: Shape) -> Step:
        require_axes("a pool", x)
        return Step(Shape(per_axis(self.size, len(x.sides), "size"), x.channels), Cost(), self.kind)


class GlobalPool(Layer):
    """Every side becomes 1: [H, W, C] → [1, 1, C]."""

    kind: ClassVar[str] = "global_pool"

    def step(self, x: Shape, *more: Shape) -> Step:
        return Step(Shape((1,) * len(x.sides), x.channels), Cost(), self.kind)


class Flatten(Layer):
    """All positions and channels in one row: [H, W, C] → [H · W · C]."""

    kind: ClassVar[str] = "flatten"

    def step(self, x: Shape, *more: Shape) -> Step:
        return Step(Shape((), x.positions * x.channels), Cost(), self.kind)


class Upsample(Layer):
    """Every side becomes `factor` times as long, by repeating or interpolating."""

    kind: ClassVar[str] = "upsample"
    rules: ClassVar[Mapping[str, Rule]] = {"factor": RULES["k"]}
    factor: Sizes

    def step(self, x: Shape, *more: Shape) -> Step:
        require_axes("upsample", x)
        factors = per_axis(self.factor, len(x.sides), "factor")
        sides = tuple(side * factor for side, factor in zip(x.sides, factors, strict=True))
        return Step(Shape(sides, x.channels), Cost(), self.kind)


# ---------------------------------------------------------------- kinds that join or part


class Add(Layer):
    """The sum of feature maps of one shape, as behind a residual."""

    kind: ClassVar[str] = "add"
    joins: ClassVar[bool] = True

    def step(self, x: Shape, *more: Shape) -> Step:
        if any(other != x for other in more):
            raise DscalcError(f"cannot add shapes that differ: {_listed(x, *more)}")
        return Step(x, Cost(), self.kind)


class Concat(Layer):
    """Feature maps of the same sides put together along the channels.

    With `crop` the larger ones are cut to the smallest first (Ronneberger et al. 2015).
    """

    kind: ClassVar[str] = "concat"
    joins: ClassVar[bool] = True
    rules: ClassVar[Mapping[str, Rule]] = {"crop": RULES["bias"]}
    crop: bool = False

    def step(self, x: Shape, *more: Shape) -> Step:
        shapes = x, *more
        channels = sum(shape.channels for shape in shapes)
        if self.crop and len({len(shape.sides) for shape in shapes}) == 1:
            sides = tuple(map(min, zip(*(shape.sides for shape in shapes), strict=True)))
            return Step(Shape(sides, channels), Cost(), self.kind)
        if any(other.sides != x.sides for other in more):
            raise DscalcError(f"cannot concatenate sides that differ: {_listed(*shapes)}")
        return Step(Shape(x.sides, channels), Cost(), self.kind)


class Part(Layer):
    """One of `of` equal parts of the channels."""

    kind: ClassVar[str] = "part"
    rules: ClassVar[Mapping[str, Rule]] = {"of": RULES["n"]}
    of: int

    def step(self, x: Shape, *more: Shape) -> Step:
        if x.channels % self.of:
            raise DscalcError(f"cannot split {x.channels} channels into {self.of} equal parts")
        return Step(Shape(x.sides, x.channels // self.of), Cost(), self.kind)


class Gate(Layer):
    """A feature map times one factor a channel, as behind a squeeze-and-excitation."""

    kind: ClassVar[str] = "gate"
    joins: ClassVar[bool] = True

    def step(self, x: Shape, *more: Shape) -> Step:
        if len(more) != 1:
            raise DscalcError(f"takes a map and its factors, not {1 + len(more)} inputs")
        (factors,) = more
        if factors.channels != x.channels or math.prod(factors.sides) != 1:
            raise DscalcError(f"cannot gate {x} with {factors}")
        return Step(x, Cost(), self.kind)


def _listed(*shapes: Shape) -> str:
    return " and ".join(map(str, shapes))
