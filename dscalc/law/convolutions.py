"""The kinds that have weights: convolutions, linear layers and norms, each with its law."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

from dscalc.errors import DscalcError, Problem
from dscalc.law.fields import (
    RULES,
    NormOf,
    Padding,
    Rule,
    Sizes,
    one_of,
    optional,
    whole_sides,
)
from dscalc.law.layer import INPUT, Apart, Block, Cost, Layer, Node, Shape, Step
from dscalc.law.window import pads, per_axis, placed, require_axes

TRAINABLE = {"": 2, "scale": 1, "shift": 1, "both": 0}
"""Parameters a channel of a norm that goes without these."""


def norm_cost(norm: NormOf, channels: int) -> tuple[int, int]:
    """Trainable scale and shift, and running statistics, of a norm over `channels`."""
    if norm == "none":
        return 0, 0
    if norm == "batch":
        return 2 * channels, 2 * channels
    kind, without = (norm, "") if isinstance(norm, str) else norm
    return TRAINABLE[without] * channels, 2 * channels if kind == "batch" else 0


def convolve(
    x: Shape,
    n: int,
    k: Sizes = 1,
    stride: Sizes = 1,
    padding: Padding = "same",
    dilation: Sizes = 1,
    g: int = 1,
    bias: bool = False,
    norm: NormOf = "none",
) -> Step:
    """The law of every convolution: N · (M / G) · ∏ D_K weights, each used ∏ D_G times.

    `x` is [..., M], the output [..., N]. Raises DscalcError where G divides M or N not, or the
    window does not fit. Source: Howard et al. 2017, equations 2, 4 and 5; PyTorch's Conv2d (G).
    """
    sides, m = x
    if m % g:
        raise DscalcError(Problem(f"g={g} does not divide the {m} input channels", "g"))
    if n % g:
        raise DscalcError(Problem(f"g={g} does not divide n={n}", "g"))
    require_axes("a convolution", x)
    output, positions, numbers, single = placed(sides, k, stride, padding, dilation)
    weights = n * (m // g) * numbers
    norms, statistics = norm_cost(norm, n)
    cost = Cost(weights, n if bias else 0, norms, statistics, 0, weights * positions)
    if g == 1:
        return Step(Shape(output, n), cost, "pointwise" if single else "conv")
    return Step(Shape(output, n), cost, "depthwise" if g == m else "group")


class Widening(Layer):
    """A layer with `n` output channels, which α scales.

    Beside `n`: `multiple_of` is the rule of rounding in place of the network's, `at_least` bounds
    from below after α, `scale: false` keeps `n` from α.
    """

    wide: ClassVar[tuple[str, ...]] = ("n",)
    n: int
    scale: bool = True
    at_least: int = 1
    multiple_of: int | None = None


WINDOW = ("k", "stride", "padding", "dilation")
"""The fields that place a convolution's window on the map."""

SHARED = (*WINDOW, "n", "scale", "at_least", "multiple_of", "bias", "norm",
          "activation")  # fmt: skip
"""The fields that a standard and a separable convolution have in common."""


class Convolution(Layer, kw_only=True):
    """The keys that the wide convolutions share.

    `k`, `stride`, `dilation`: a number, or one for each axis. `padding`: same, valid, causal (one
    axis), numbers, or a pair [before, behind] for each axis. `norm`: a type, or (type, without).
    `activation`: what follows, which costs nothing, but memory where it does not fuse.
    """

    strided: ClassVar[bool] = True
    k: Sizes = 3
    stride: Sizes = 1
    padding: Padding = "same"
    dilation: Sizes = 1
    bias: bool = False
    norm: NormOf = "none"
    activation: str | None = None


class Conv(Widening, Convolution, Apart):
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

    def as_separable(self) -> Layer:
        if self.g > 1 or self.is_pointwise:
            return self
        return Separable(**{key: getattr(self, key) for key in SHARED})

    @property
    def is_pointwise(self) -> bool:
        """Whether the window is a single position."""
        return self.k == 1 if isinstance(self.k, int) else max(self.k) == 1


class Depthwise(Convolution, Apart):
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
        # Of a single channel it is a standard convolution, too.
        return step if step.kind == self.kind else step._replace(kind=self.kind)


class Pointwise(Widening, Apart):
    """A 1×1 convolution to `n` channels."""

    kind: ClassVar[str] = "pointwise"
    strided: ClassVar[bool] = True
    stride: Sizes = 1
    g: int = 1
    bias: bool = False
    norm: NormOf = "none"
    activation: str | None = None

    def step(self, x: Shape, *more: Shape) -> Step:
        return convolve(x, n=self.n, stride=self.stride, g=self.g, bias=self.bias, norm=self.norm)


class ConvTranspose(Widening, Convolution, Apart):
    """A transposed convolution to `n` channels, which enlarges by its stride.

    [..., M] → [..., N]; every input position is used once by each weight, so mult-adds are
    weights · ∏ D_F. The sides become s·D_F with padding same, else
    (D_F − 1)·s − p₁ − p₂ + d·(D_K − 1) + 1 + `output_padding`, or the `size` out of those that the
    convolution the other way would take to D_F. Copies keep their stride.
    Source: PyTorch's torch.nn.ConvTranspose2d.
    """

    kind: ClassVar[str] = "conv_transpose"
    strided: ClassVar[bool] = False
    exclusive: ClassVar[tuple[tuple[str, str], ...]] = (("output_padding", "size"),)
    rules: ClassVar[Mapping[str, Rule]] = {
        **RULES,
        "output_padding": whole_sides,
        "size": optional(RULES["k"]),
    }
    g: int = 1
    output_padding: Sizes = 0
    size: Sizes | None = None

    def step(self, x: Shape, *more: Shape) -> Step:
        enlarged = Shape(self._sides(x), self.n)
        # Its weights are those of the convolution that goes the other way, over D_F positions.
        cost = convolve(x, self.n, g=self.g, bias=self.bias, norm=self.norm, k=self.k).cost
        return Step(enlarged, cost, self.kind)

    def _sides(self, x: Shape) -> tuple[int, ...]:
        require_axes("a transposed convolution", x)
        axes = len(x.sides)
        strides = per_axis(self.stride, axes, "stride")
        least = self._least_sides(x, strides)
        if self.size is None:
            added = per_axis(self.output_padding, axes, "output_padding")
            sides = tuple(side + more for side, more in zip(least, added, strict=True))
        else:
            sides = per_axis(self.size, axes, "size")
        if min(sides) < 1:
            raise DscalcError(Problem(f"padding leaves no output of the input {x}", "padding"))
        if self.size is not None:
            for side, low, s in zip(sides, least, strides, strict=True):
                if not low <= side < low + s:
                    message = f"size must be from {low} to {low + s - 1} here, not {side}"
                    raise DscalcError(Problem(message, "size"))
        return sides

    def _least_sides(self, x: Shape, strides: tuple[int, ...]) -> tuple[int, ...]:
        """The smallest sides that the convolution the other way would take to those of `x`."""
        axes = len(x.sides)
        if self.padding == "same":
            least = 0 if self.size is None else 1  # ceil(size / s) is D_F for s sizes
            return tuple(
                side * s - least * (s - 1) for side, s in zip(x.sides, strides, strict=True)
            )
        kernel = per_axis(self.k, axes, "k")
        dilations = per_axis(self.dilation, axes, "dilation")
        around = pads(self.padding, kernel, dilations)
        windows = zip(x.sides, strides, around, kernel, dilations, strict=True)
        return tuple((d - 1) * s - sum(p) + dil * (k - 1) + 1 for d, s, p, k, dil in windows)


class Linear(Widening):
    """A fully connected layer on the channels of every position: [..., M] → [..., N].

    M · N weights, each used once a position. With `over: positions` it mixes the positions of
    every channel instead, L → N of them (Tolstikhin et al. 2021, arXiv:2105.01601); the sides stay
    where N = L. α leaves it alone unless `scale` is true.
    """

    kind: ClassVar[str] = "linear"
    rules: ClassVar[Mapping[str, Rule]] = {**RULES, "over": one_of("channels", "positions")}
    scale: bool = False
    bias: bool = False
    norm: NormOf = "none"
    over: str = "channels"
    activation: str | None = None

    @property
    def apart(self) -> bool:
        return self.over == "channels"

    def step(self, x: Shape, *more: Shape) -> Step:
        across, used, output = x.channels, x.positions, Shape(x.sides, self.n)
        if self.over == "positions":
            across, used = x.positions, x.channels
            output = x if self.n == x.positions else Shape((self.n,), x.channels)
        weights = across * self.n
        norms, statistics = norm_cost(self.norm, output.channels)
        cost = Cost(weights, self.n if self.bias else 0, norms, statistics, 0, weights * used)
        return Step(output, cost, self.kind)


class Norm(Apart):
    """Batch, layer, group or instance norm over the channels: 2 trainable parameters each.

    Batch norm has 2 statistics more. `without: scale`, `shift` or `both` has none of those.
    """

    kind: ClassVar[str] = "norm"
    type: str = "batch"
    without: str | None = None
    activation: str | None = None

    def step(self, x: Shape, *more: Shape) -> Step:
        of = (self.type, self.without) if self.without else self.type
        norms, statistics = norm_cost(of, x.channels)
        return Step(x, Cost(0, 0, norms, statistics), self.kind)


class Separable(Block, Widening, Convolution, Apart):
    """A depthwise separable convolution: depthwise, then pointwise to `n` channels.

    Howard et al. 2017, eq. 5. Bias, norm and activation stand behind both, unless `depthwise_norm`,
    `depthwise_bias` and `depthwise_activation` differ (Keras' SeparableConv2D has one bias and one
    activation, behind both).
    """

    kind: ClassVar[str] = "separable"
    multiplier: int = 1
    depthwise_norm: NormOf | None = None
    depthwise_bias: bool | None = None
    depthwise_activation: str | None = None

    def as_standard(self) -> Layer:
        return Conv(**{key: getattr(self, key) for key in SHARED})

    def body(self, x: Shape, *more: Shape) -> tuple[Node, ...]:
        bias = self.bias if self.depthwise_bias is None else self.depthwise_bias
        window = self.k, self.stride, self.padding, self.dilation
        norm = self.depthwise_norm or self.norm
        activation = self.depthwise_activation or self.activation
        first = depthwise(*window, bias, norm, self.multiplier, activation)
        second = pointwise(self.n, self.bias, self.norm, self.activation)
        return Node("depthwise", first, (INPUT,)), Node("pointwise", second, ("depthwise",))


# Blocks are full of equal parts, which are made and checked once.


@lru_cache(maxsize=4096)
def depthwise(
    k: Sizes,
    stride: Sizes,
    padding: Padding,
    dilation: Sizes,
    bias: bool,
    norm: NormOf,
    multiplier: int = 1,
    activation: str | None = None,
) -> Depthwise:
    """A depthwise convolution as a part of a block."""
    return Depthwise(
        k=k,
        stride=stride,
        padding=padding,
        dilation=dilation,
        bias=bias,
        norm=norm,
        multiplier=multiplier,
        activation=activation,
    )


@lru_cache(maxsize=4096)
def pointwise(
    n: int, bias: bool, norm: NormOf = "none", activation: str | None = None
) -> Pointwise:
    """A pointwise convolution as a part of a block."""
    return Pointwise(n, bias=bias, norm=norm, activation=activation)
