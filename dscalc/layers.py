"""Shape, Cost and the elementary kinds of layer, each with its law.

A layer is a frozen dataclass whose fields are its YAML keys. Its `step` takes the shapes that
come in and returns the shape that goes out together with the cost, so the two cannot disagree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, NamedTuple, Self, TypeAlias

from dscalc.errors import DscalcError, Place, Problem

LARGEST = 10**12  # of any one number that a user writes; no network comes near it
INPUT = "input"  # the name under which a network, or a block, knows what it is given

Sizes: TypeAlias = int | tuple[int, ...]
Padding: TypeAlias = str | Sizes
Rule: TypeAlias = Callable[[object], str]
Count: TypeAlias = Literal["weights", "trainable", "total"]


class Shape(NamedTuple):
    """A feature map of one example: its sides, (H, W) for an image, and its channels."""

    sides: tuple[int, ...]
    channels: int

    @property
    def positions(self) -> int:
        return math.prod(self.sides)

    def __str__(self) -> str:
        return "×".join(map(str, (*self.sides, self.channels)))


class Cost(NamedTuple):
    """What a layer costs, in exact integers; mult-adds are for one example."""

    weights: int = 0
    biases: int = 0
    norms: int = 0
    norm_statistics: int = 0
    other: int = 0
    mult_adds: int = 0

    def params(self, count: Count = "trainable") -> int:
        """Parameters as papers (`weights`), PyTorch (`trainable`) or Keras (`total`) count."""
        if count == "weights":
            return self.weights
        trainable = self.weights + self.biases + self.norms + self.other
        return trainable + self.norm_statistics if count == "total" else trainable


def add_costs(costs: Iterable[Cost]) -> Cost:
    """The sum of costs, part by part."""
    return Cost(*map(sum, zip(*costs, strict=True)))


class Step(NamedTuple):
    """What a layer makes of its input: the output shape, the cost, and the kind by its law."""

    output: Shape
    cost: Cost
    kind: str


class Node(NamedTuple):
    """A layer with a name and the names of the nodes, or INPUT, whose outputs it takes.

    `places` says where in a file the layer ("") and each of its keys stand.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    places: Mapping[str, Place] | None = None

    @property
    def line(self) -> int | None:
        return self.places[""].line if self.places else None


def round_to_multiple(value: float, divisor: int, least: int | None = None) -> int:
    """The nearest multiple of `divisor` that keeps at least 90 % of `value`.

    Source: `_make_divisible` of TensorFlow's models/research/slim/nets/mobilenet and torchvision.
    """
    rounded = max(least or divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


# ---------------------------------------------------------------- rules of the single fields


def _shown(value: object) -> str:
    """The value as an error quotes it, never longer than a line."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _whole(value: object, least: int) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        return f"must be a whole number, not {_shown(value)}"
    if value < least:
        return f"must be at least {least}, not {value}"
    return f"must be at most {LARGEST:,}" if value > LARGEST else ""


def _size(value: object) -> str:
    return _whole(value, 1)


def _sizes(value: object, least: int = 1) -> str:
    if not isinstance(value, tuple):
        return _whole(value, least)
    if not 1 <= len(value) <= 3:
        return f"must be a number, or one for each of 1 to 3 axes, not {len(value)} of them"
    return next(filter(None, (_whole(item, least) for item in value)), "")


def _padding(value: object) -> str:
    if not isinstance(value, str):
        return _sizes(value, least=0)
    return (
        "" if value in ("same", "valid") else f"must be same, valid or numbers, not {_shown(value)}"
    )


def _flag(value: object) -> str:
    return "" if isinstance(value, bool) else f"must be true or false, not {_shown(value)}"


def _optional(rule: Rule) -> Rule:
    return lambda value: "" if value is None else rule(value)


def one_of(*words: str) -> Rule:
    """A rule: the value must be one of these words."""
    return lambda value: (
        "" if value in words else f"must be {' or '.join(words)}, not {_shown(value)}"
    )


NORMS = ("batch", "layer", "none")

RULES: dict[str, Rule] = {
    "n": _size,
    "k": _sizes,
    "stride": _sizes,
    "padding": _padding,
    "dilation": _sizes,
    "g": _size,
    "multiplier": _size,
    "bias": _flag,
    "norm": one_of(*NORMS),
    "depthwise_norm": _optional(one_of(*NORMS)),
    "scale": _flag,
    "at_least": _size,
    "type": one_of(*NORMS[:2]),
}
"""One rule for each word of the vocabulary, which means the same in every kind."""


class Layer:
    """What every kind shares: its name in YAML, and fields that are checked when it is made."""

    kind: ClassVar[str]
    joins: ClassVar[bool] = False
    rules: ClassVar[Mapping[str, Rule]] = RULES

    def __post_init__(self) -> None:
        for key, value in vars(self).items():
            if self.rules[key](value):
                raise DscalcError(*self._problems())

    def _problems(self) -> list[Problem]:
        found = ((key, self.rules[key](value)) for key, value in vars(self).items())
        return [Problem(f"{key} {message}", key) for key, message in found if message]

    def step(self, x: Shape, *more: Shape) -> Step:
        """The output shape and the cost on the input `x`; kinds that join take `more`."""
        raise NotImplementedError(self.kind)

    def widened(self, scaled: Callable[[int], int]) -> Layer:
        """This layer at a width multiplier; `scaled` maps its channels to α times as many."""
        return self

    def repeated(self) -> Layer:
        """What every copy but the first is: a stride belongs to the first of equal layers."""
        return self


# ---------------------------------------------------------------- the law of the window


def per_axis(value: Sizes, axes: int, key: str) -> tuple[int, ...]:
    """One number for each axis, from one for all or one for each."""
    if isinstance(value, int):
        return (value,) * axes
    if len(value) != axes:
        message = f"{key} has {len(value)} numbers, the feature map {axes} axes"
        raise DscalcError(Problem(message, key))
    return value


def slide(
    side: int, k: int, stride: int, padding: int, dilation: int = 1, ceil: bool = False
) -> int:
    """How many positions a window of side `k` takes along a padded side.

    D_G = floor((D_F + 2p − d·(D_K − 1) − 1) / s) + 1. With `ceil` a window may hang over the
    end as long as it starts inside (PyTorch's ceil_mode).
    """
    room = side + 2 * padding - dilation * (k - 1) - 1
    if room < 0:
        raise DscalcError(
            Problem(
                f"a kernel of {dilation * (k - 1) + 1} is larger than its padded input "
                f"of {side + 2 * padding}",
                "k",
            )
        )
    if not ceil:
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - 1 if (count - 1) * stride >= side + padding else count


def output_sides(
    sides: tuple[int, ...],
    k: tuple[int, ...],
    stride: Sizes,
    padding: Padding,
    dilation: Sizes = 1,
    ceil: bool = False,
) -> tuple[int, ...]:
    """D_G along every axis; ceil(D_F / s) with padding "same"."""
    axes = len(sides)
    strides = per_axis(stride, axes, "stride")
    if padding == "same":
        return tuple(-(-side // s) for side, s in zip(sides, strides, strict=True))
    pads = (0,) * axes if isinstance(padding, str) else per_axis(padding, axes, "padding")
    dilations = per_axis(dilation, axes, "dilation")
    windows = zip(sides, k, strides, pads, dilations, strict=True)
    return tuple(slide(*window, ceil=ceil) for window in windows)


def _norm_cost(norm: str, channels: int) -> tuple[int, int]:
    """Trainable scale and shift, and running statistics, of a norm over `channels`."""
    if norm == "none":
        return 0, 0
    return 2 * channels, 2 * channels if norm == "batch" else 0


def _require_axes(kind: str, x: Shape) -> None:
    if not x.sides:
        raise DscalcError(f"{kind} needs a feature map with sides, and gets {x.channels} values")


def _convolution_kind(k: tuple[int, ...], g: int, m: int) -> str:
    if g > 1:
        return "depthwise" if g == m else "group"
    return "pointwise" if max(k) == 1 else "conv"


def convolve(
    x: Shape,
    n: int,
    k: Sizes = 1,
    stride: Sizes = 1,
    padding: Padding = "same",
    dilation: Sizes = 1,
    g: int = 1,
    bias: bool = False,
    norm: str = "none",
) -> Step:
    """The law of every convolution: N · (M / G) · ∏ D_K weights, each used ∏ D_G times."""
    _require_axes("a convolution", x)
    m = x.channels
    if m % g:
        raise DscalcError(Problem(f"g={g} does not divide the {m} input channels", "g"))
    if n % g:
        raise DscalcError(Problem(f"g={g} does not divide n={n}", "g"))
    kernel = per_axis(k, len(x.sides), "k")
    output = Shape(output_sides(x.sides, kernel, stride, padding, dilation), n)
    weights = n * (m // g) * math.prod(kernel)
    norms, statistics = _norm_cost(norm, n)
    mult_adds = weights * output.positions
    cost = Cost(weights, n if bias else 0, norms, statistics, 0, mult_adds)
    return Step(output, cost, _convolution_kind(kernel, g, m))


# ---------------------------------------------------------------- kinds with weights


@dataclass(frozen=True)
class Widening(Layer):
    """A layer with `n` output channels, which α scales.

    `scale: false` keeps `n` from α, `at_least` bounds it from below after α.
    """

    n: int
    scale: bool = True
    at_least: int = 1

    def widened(self, scaled: Callable[[int], int]) -> Layer:
        return replace(self, n=max(scaled(self.n), self.at_least)) if self.scale else self


@dataclass(frozen=True, kw_only=True)
class Convolution(Layer):
    """The keys that the wide convolutions share.

    `k`, `stride`, `dilation`: a number, or one for each axis. `padding`: same, valid or numbers.
    """

    k: Sizes = 3
    stride: Sizes = 1
    padding: Padding = "same"
    dilation: Sizes = 1
    bias: bool = False
    norm: str = "none"

    def repeated(self) -> Self:
        return replace(self, stride=1)


@dataclass(frozen=True)
class Conv(Widening, Convolution):
    """A standard convolution to `n` channels, or a group convolution with `g` > 1.

    [..., M] → [..., N]; N · (M / G) · ∏ D_K weights (Howard et al. 2017, eq. 2).
    """

    kind: ClassVar[str] = "conv"
    g: int = 1

    def step(self, x: Shape, *more: Shape) -> Step:
        return convolve(
            x,
            n=self.n,
            k=self.k,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            g=self.g,
            bias=self.bias,
            norm=self.norm,
        )


@dataclass(frozen=True)
class Depthwise(Convolution):
    """One filter for each input channel, or `multiplier` of them (G = M, N = multiplier · M).

    Howard et al. 2017, eq. 4.
    """

    kind: ClassVar[str] = "depthwise"
    multiplier: int = 1

    def step(self, x: Shape, *more: Shape) -> Step:
        step = convolve(
            x,
            n=self.multiplier * x.channels,
            k=self.k,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            g=x.channels,
            bias=self.bias,
            norm=self.norm,
        )
        return step._replace(kind=self.kind)


@dataclass(frozen=True)
class Pointwise(Widening):
    """A 1×1 convolution to `n` channels."""

    kind: ClassVar[str] = "pointwise"
    stride: Sizes = 1
    g: int = 1
    bias: bool = False
    norm: str = "none"

    def repeated(self) -> Self:
        return replace(self, stride=1)

    def step(self, x: Shape, *more: Shape) -> Step:
        return convolve(x, n=self.n, stride=self.stride, g=self.g, bias=self.bias, norm=self.norm)


@dataclass(frozen=True)
class Linear(Widening):
    """A fully connected layer on the channels of every position: [..., M] → [..., N].

    M · N weights, each used once a position. α leaves it alone unless `scale` is true.
    """

    kind: ClassVar[str] = "linear"
    scale: bool = False
    bias: bool = False

    def step(self, x: Shape, *more: Shape) -> Step:
        weights = x.channels * self.n
        mult_adds = weights * x.positions
        cost = Cost(weights, self.n if self.bias else 0, mult_adds=mult_adds)
        return Step(Shape(x.sides, self.n), cost, self.kind)


@dataclass(frozen=True)
class Norm(Layer):
    """Batch or layer norm: 2 trainable parameters a channel; batch norm has 2 statistics more."""

    kind: ClassVar[str] = "norm"
    type: str = "batch"

    def step(self, x: Shape, *more: Shape) -> Step:
        norms, statistics = _norm_cost(self.type, x.channels)
        return Step(x, Cost(norms=norms, norm_statistics=statistics), self.kind)


# ---------------------------------------------------------------- kinds that cost nothing


@dataclass(frozen=True)
class Pool(Layer):
    """Max or average pooling over windows of `k`; the stride is `k` unless given.

    Unlike a convolution it does not pad unless told to, as in every framework.
    """

    kind: ClassVar[str] = "pool"
    k: Sizes
    stride: Sizes | None = None
    padding: Padding = "valid"

    rules: ClassVar[Mapping[str, Rule]] = {**RULES, "stride": _optional(_sizes)}

    def step(self, x: Shape, *more: Shape) -> Step:
        _require_axes("a pool", x)
        kernel = per_axis(self.k, len(x.sides), "k")
        stride = kernel if self.stride is None else self.stride
        sides = output_sides(x.sides, kernel, stride, self.padding)
        return Step(Shape(sides, x.channels), Cost(), self.kind)


@dataclass(frozen=True)
class GlobalPool(Layer):
    """Every side becomes 1: [H, W, C] → [1, 1, C]."""

    kind: ClassVar[str] = "global_pool"

    def step(self, x: Shape, *more: Shape) -> Step:
        return Step(Shape((1,) * len(x.sides), x.channels), Cost(), self.kind)


@dataclass(frozen=True)
class Flatten(Layer):
    """All positions and channels in one row: [H, W, C] → [H · W · C]."""

    kind: ClassVar[str] = "flatten"

    def step(self, x: Shape, *more: Shape) -> Step:
        return Step(Shape((), x.positions * x.channels), Cost(), self.kind)
