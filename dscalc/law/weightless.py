"""Kinds without weights: they pool, reshape or join feature maps, and cost nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

from dscalc.errors import DscalcError, Problem
from dscalc.law.fields import (
    RULES,
    Padding,
    Rule,
    Sizes,
    activation,
    count,
    one_of,
    optional,
    text,
    whole_sides,
)
from dscalc.law.layer import Apart, Cost, Layer, Shape, Step
from dscalc.law.window import output_sides, pads, per_axis, require_axes


class Pool(Apart):
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


class AdaptivePool(Apart):
    """Pooling to sides of `size`, whatever comes in (PyTorch's AdaptiveAvgPool)."""

    kind: ClassVar[str] = "adaptive_pool"
    rules: ClassVar[Mapping[str, Rule]] = {"size": RULES["k"]}
    size: Sizes

    def step(self, x: Shape, *more: Shape) -> Step:
        require_axes("a pool", x)
        return Step(Shape(per_axis(self.size, len(x.sides), "size"), x.channels), Cost(), self.kind)


class GlobalPool(Apart):
    """Every side becomes 1: [H, W, C] → [1, 1, C]."""

    kind: ClassVar[str] = "global_pool"

    def step(self, x: Shape, *more: Shape) -> Step:
        return Step(Shape((1,) * len(x.sides), x.channels), Cost(), self.kind)


class Flatten(Layer):
    """All positions and channels in one row: [H, W, C] → [H · W · C]."""

    kind: ClassVar[str] = "flatten"

    def step(self, x: Shape, *more: Shape) -> Step:
        return Step(Shape((), x.positions * x.channels), Cost(), self.kind)


class Upsample(Apart):
    """Larger sides by repeating or interpolating: `factor` times as long, or of a `size`.

    A file may say `like: NAME` instead: the sides of another layer, read when it is laid out.
    """

    kind: ClassVar[str] = "upsample"
    exclusive: ClassVar[tuple[tuple[str, str], ...]] = (
        *(("factor", "size"), ("factor", "like"), ("size", "like")),
    )
    rules: ClassVar[Mapping[str, Rule]] = {
        "factor": optional(RULES["k"]),
        "size": optional(RULES["k"]),
        "like": optional(text),
    }
    factor: Sizes | None = None
    size: Sizes | None = None
    like: str | None = None

    def step(self, x: Shape, *more: Shape) -> Step:
        require_axes("upsample", x)
        axes = len(x.sides)
        if self.size is not None:
            return Step(Shape(per_axis(self.size, axes, "size"), x.channels), Cost(), self.kind)
        if self.factor is None:
            raise DscalcError("upsample takes one of factor, size and like")
        factors = per_axis(self.factor, axes, "factor")
        sides = tuple(side * factor for side, factor in zip(x.sides, factors, strict=True))
        return Step(Shape(sides, x.channels), Cost(), self.kind)


class PixelShuffle(Apart):
    """Channels become positions: [H, W, C] → [f·H, f·W, C / f²] (Shi et al. 2016)."""

    kind: ClassVar[str] = "pixel_shuffle"
    rules: ClassVar[Mapping[str, Rule]] = {"factor": RULES["k"]}
    factor: Sizes

    def step(self, x: Shape, *more: Shape) -> Step:
        require_axes("pixel_shuffle", x)
        factors = per_axis(self.factor, len(x.sides), "factor")
        if x.channels % math.prod(factors):
            message = f"{math.prod(factors)} does not divide the {x.channels} channels"
            raise DscalcError(Problem(message, "factor"))
        sides = tuple(side * f for side, f in zip(x.sides, factors, strict=True))
        return Step(Shape(sides, x.channels // math.prod(factors)), Cost(), self.kind)


class SpaceToDepth(Apart):
    """Positions become channels: [H, W, C] → [H / f, W / f, f²·C] (TensorFlow's space_to_depth)."""

    kind: ClassVar[str] = "space_to_depth"
    rules: ClassVar[Mapping[str, Rule]] = {"factor": RULES["k"]}
    factor: Sizes

    def step(self, x: Shape, *more: Shape) -> Step:
        require_axes("space_to_depth", x)
        factors = per_axis(self.factor, len(x.sides), "factor")
        pairs = list(zip(x.sides, factors, strict=True))
        if any(side % f for side, f in pairs):
            raise DscalcError(Problem(f"the factor does not divide the sides of {x}", "factor"))
        sides = tuple(side // f for side, f in pairs)
        return Step(Shape(sides, x.channels * math.prod(factors)), Cost(), self.kind)


class Pad(Apart):
    """Zeros around the map: `sides` as a convolution's padding, `channels` before and behind."""

    kind: ClassVar[str] = "pad"
    rules: ClassVar[Mapping[str, Rule]] = {"sides": RULES["padding"], "channels": whole_sides}
    sides: Padding = 0
    channels: Sizes = 0

    def step(self, x: Shape, *more: Shape) -> Step:
        axes = len(x.sides)
        around = pads(self.sides, (1,) * axes, (1,) * axes)
        sides = tuple(side + sum(pair) for side, pair in zip(x.sides, around, strict=True))
        channels = x.channels + sum(per_axis(self.channels, 2, "channels"))
        if isinstance(self.channels, int):
            channels = x.channels + self.channels
        return Step(Shape(sides, channels), Cost(), self.kind)


class Tokens(Layer):
    """All positions in one row: [H, W, C] → [H · W, C], or rows of `channels` each."""

    kind: ClassVar[str] = "tokens"
    rules: ClassVar[Mapping[str, Rule]] = {"channels": optional(RULES["n"])}
    channels: int | None = None

    @property
    def apart(self) -> bool:
        return self.channels is None

    def step(self, x: Shape, *more: Shape) -> Step:
        numbers = x.positions * x.channels
        channels = self.channels or x.channels
        if numbers % channels:
            message = f"the {numbers:,} numbers of {x} make no rows of {channels} channels"
            raise DscalcError(Problem(message, "channels"))
        return Step(Shape((numbers // channels,), channels), Cost(), self.kind)


class Slice(Apart):
    """`n` of the channels, from `offset` on."""

    kind: ClassVar[str] = "slice"
    rules: ClassVar[Mapping[str, Rule]] = {"n": RULES["n"], "offset": count}
    n: int
    offset: int = 0

    def step(self, x: Shape, *more: Shape) -> Step:
        if self.offset + self.n > x.channels:
            end = self.offset + self.n
            message = f"takes {self.n} channels up to the {end}th, of {x.channels}"
            raise DscalcError(Problem(message, "n"))
        return Step(Shape(x.sides, self.n), Cost(), self.kind)


class Shuffle(Apart):
    """The channels of `groups` groups in turn (Zhang et al. 2018, arXiv:1707.01083).

    It costs nothing, and may be left out where no memory is planned.
    """

    kind: ClassVar[str] = "shuffle"
    rules: ClassVar[Mapping[str, Rule]] = {"groups": RULES["g"]}
    groups: int

    def step(self, x: Shape, *more: Shape) -> Step:
        if x.channels % self.groups:
            message = f"{self.groups} groups do not divide the {x.channels} channels"
            raise DscalcError(Problem(message, "groups"))
        return Step(x, Cost(), self.kind)


class Activation(Apart):
    """What becomes of each number by itself, where no layer before can say so in a key.

    As behind a gate, a sum, or one part of a map. It costs nothing; where memory is planned it is
    an operator unless it fuses.
    """

    kind: ClassVar[str] = "activation"
    rules: ClassVar[Mapping[str, Rule]] = {"type": activation}
    type: str

    def step(self, x: Shape, *more: Shape) -> Step:
        return Step(x, Cost(), self.kind)


class Crop(Layer):
    """The map cut to `sides`, as after a window that was padded to tile."""

    kind: ClassVar[str] = "crop"
    rules: ClassVar[Mapping[str, Rule]] = {"sides": RULES["k"]}
    sides: Sizes

    def step(self, x: Shape, *more: Shape) -> Step:
        sides = per_axis(self.sides, len(x.sides), "sides")
        if any(kept > side for kept, side in zip(sides, x.sides, strict=True)):
            raise DscalcError(Problem(f"cannot cut {x} to larger sides", "sides"))
        return Step(Shape(sides, x.channels), Cost(), self.kind)


# ---------------------------------------------------------------- kinds that join


class Add(Apart):
    """The sum of feature maps of one shape, as behind a residual."""

    kind: ClassVar[str] = "add"
    joins: ClassVar[bool] = True

    def step(self, x: Shape, *more: Shape) -> Step:
        if any(other != x for other in more):
            raise DscalcError(f"cannot add shapes that differ: {_listed(x, *more)}")
        return Step(x, Cost(), self.kind)


ADD = Add()


class Concat(Apart):
    """Feature maps of the same sides put together along the channels.

    With `crop` the larger ones are cut to the smallest first (Ronneberger et al. 2015).
    """

    kind: ClassVar[str] = "concat"
    joins: ClassVar[bool] = True
    rules: ClassVar[Mapping[str, Rule]] = {"crop": RULES["bias"]}
    crop: bool = False

    def step(self, x: Shape, *more: Shape) -> Step:
        shapes = x, *more
        channels = sum([shape.channels for shape in shapes])
        if self.crop and len({len(shape.sides) for shape in shapes}) == 1:
            sides = tuple(map(min, zip(*(shape.sides for shape in shapes), strict=True)))
            return Step(Shape(sides, channels), Cost(), self.kind)
        if any(other.sides != x.sides for other in more):
            raise DscalcError(f"cannot concatenate sides that differ: {_listed(*shapes)}")
        return Step(Shape(x.sides, channels), Cost(), self.kind)


class Multiply(Apart):
    """Feature maps multiplied number by number, as a gate does.

    The first one says the shape; the others have it, or one channel, or one position.
    """

    kind: ClassVar[str] = "multiply"
    joins: ClassVar[bool] = True

    def step(self, x: Shape, *more: Shape) -> Step:
        for other in more:
            wide = other.channels in (x.channels, 1)
            if not wide or (other.positions != 1 and other.sides != x.sides):
                raise DscalcError(f"cannot multiply {x} with {other}")
        return Step(x, Cost(), self.kind)


def _listed(*shapes: Shape) -> str:
    return " and ".join(map(str, shapes))
