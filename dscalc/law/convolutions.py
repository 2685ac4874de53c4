"""The kinds that have weights: convolutions, linear layers and norms, each with its law."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import ClassVar, Self

from dscalc.errors import DscalcError, Problem
from dscalc.law.fields import Padding, Sizes
from dscalc.law.layer import INPUT, Block, Cost, Layer, Node, Shape, Step
from dscalc.law.window import output_sides, per_axis, require_axes


def _norm_cost(norm: str, channels: int) -> tuple[int, int]:
    """Trainable scale and shift, and running statistics, of a norm over `channels`."""
    if norm == "none":
        return 0, 0
    return 2 * channels, 2 * channels if norm == "batch" else 0


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
    sides, m = x
    if m % g:
        raise DscalcError(Problem(f"g={g} does not divide the {m} input channels", "g"))
    if n % g:
        raise DscalcError(Problem(f"g={g} does not divide n={n}", "g"))
    require_axes("a convolution", x)
    kernel = per_axis(k, len(sides), "k")
    output = output_sides(sides, kernel, stride, padding, dilation)
    weights = n * (m // g) * math.prod(kernel)
    norms, statistics = _norm_cost(norm, n)
    mult_adds = weights * math.prod(output)
    cost = Cost(weights, n if bias else 0, norms, statistics, 0, mult_adds)
    return Step(Shape(output, n), cost, _convolution_kind(kernel, g, m))


class Widening(Layer):
    """A layer with `n` output channels, which α scales.

    `scale: false` keeps `n` from α, `at_least` bounds it from below after α.
    """

    n: int
    scale: bool = True
    at_least: int = 1

    def widened(self, scaled: Callable[[int], int]) -> Layer:
        return self.replaced(n=max(scaled(self.n), self.at_least)) if self.scale else self


WINDOW = ("k", "stride", "padding", "dilation")
"""The fields that place a convolution's window on the map."""

SHARED = (*WINDOW, "n", "scale", "at_least", "bias", "norm")
"""The fields that a standard and a separable convolution have in common."""


class Convolution(Layer, kw_only=True):
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
        return self.replaced(stride=1)


class Remaining(Widening):
    """A layer whose `n` counts `less` channels that stand beside its own in a concat.

    Both scale with α by themselves, as where a framework computes "out − in" channels.
    """

    less: int = 0

    @property
    def channels(self) -> int:
        """The channels that the layer itself puts out."""
        if self.less >= self.n:
            raise DscalcError(Problem(f"less={self.less} leaves no channel of n={self.n}", "less"))
        return self.n - self.less

    def widened(self, scaled: Callable[[int], int]) -> Layer:
        wide = super().widened(scaled)
        return wide.replaced(less=scaled(self.less)) if self.less and self.scale else wide


class Conv(Remaining, Convolution):
    """A standard convolution to `n` channels, or a group convolution with `g` > 1.

    [..., M] → [..., N]; N · (M / G) · ∏ D_K weights (Howard et al. 2017, eq. 2).
    """

    kind: ClassVar[str] = "conv"
    g: int = 1

    def step(self, x: Shape, *more: Shape) -> Step:
        return convolve(
            x,
            n=self.channels,
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
        return Separable(**{key: getattr(self, key) for key in SHARED} | {"n": self.channels})

    @property
    def is_pointwise(self) -> bool:
        """Whether the window is a single position."""
        return self.k == 1 if isinstance(self.k, int) else max(self.k) == 1


class Depthwise(Convolution):
    """One filter for each input channel, or `multiplier` of them (G = M, N = multiplier · M).

    Howard et al. 2017, eq. 4.
    """

    kind: ClassVar[str] = "depthwise"
    multiplier: int = 1

    def step(self, x: Shape, *more: Shape) -> Step:
        output, cost, _ = convolve(
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
        return Step(output, cost, self.kind)


class Pointwise(Remaining):
    """A 1×1 convolution to `n` channels."""

    kind: ClassVar[str] = "pointwise"
    stride: Sizes = 1
    g: int = 1
    bias: bool = False
    norm: str = "none"

    def repeated(self) -> Self:
        return self.replaced(stride=1)

    def step(self, x: Shape, *more: Shape) -> Step:
        return convolve(
            x, n=self.channels, stride=self.stride, g=self.g, bias=self.bias, norm=self.norm
        )


class ConvTranspose(Widening, Convolution):
    """A transposed convolution to `n` channels, which enlarges by its stride.

    Every input position is used once by each weight, so mult-adds are weights · ∏ D_F. The sides
    become s·D_F with padding same, else (D_F − 1)·s − 2p + d·(D_K − 1) + 1 (PyTorch).
    """

    kind: ClassVar[str] = "conv_transpose"
    g: int = 1

    def step(self, x: Shape, *more: Shape) -> Step:
        enlarged = Shape(self._sides(x), self.n)
        # Its weights are those of the convolution that goes the other way, over D_F positions.
        cost = convolve(x, self.n, self.k, g=self.g, bias=self.bias, norm=self.norm).cost
        return Step(enlarged, cost, self.kind)

    def _sides(self, x: Shape) -> tuple[int, ...]:
        require_axes("a transposed convolution", x)
        axes = len(x.sides)
        strides = per_axis(self.stride, axes, "stride")
        kernel = per_axis(self.k, axes, "k")
        dilations = per_axis(self.dilation, axes, "dilation")
        if self.padding == "same":
            return tuple(side * s for side, s in zip(x.sides, strides, strict=True))
        valid = isinstance(self.padding, str)
        pads = per_axis(0 if valid else self.padding, axes, "padding")  # type: ignore[arg-type]
        windows = zip(x.sides, strides, pads, kernel, dilations, strict=True)
        sides = tuple((d - 1) * s - 2 * p + dil * (k - 1) + 1 for d, s, p, k, dil in windows)
        if min(sides) < 1:
            raise DscalcError(Problem(f"padding leaves no output of the input {x}", "padding"))
        return sides


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


class Norm(Layer):
    """Batch or layer norm: 2 trainable parameters a channel; batch norm has 2 statistics more."""

    kind: ClassVar[str] = "norm"
    type: str = "batch"

    def step(self, x: Shape, *more: Shape) -> Step:
        norms, statistics = _norm_cost(self.type, x.channels)
        return Step(x, Cost(norms=norms, norm_statistics=statistics), self.kind)


class LayerScale(Layer):
    """One learned factor a channel, which counts as neither weight, bias nor norm (`other`).

    Liu et al. 2022 (ConvNeXt), arXiv:2201.03545.
    """

    kind: ClassVar[str] = "layer_scale"

    def step(self, x: Shape, *more: Shape) -> Step:
        return Step(x, Cost(other=x.channels), self.kind)


class Separable(Block, Widening, Convolution):
    """A depthwise separable convolution: depthwise, then pointwise to `n` channels.

    Howard et al. 2017, eq. 5. Bias and norm stand behind both, unless `depthwise_norm` differs.
    """

    kind: ClassVar[str] = "separable"
    multiplier: int = 1
    depthwise_norm: str | None = None

    def as_standard(self) -> Layer:
        return Conv(**{key: getattr(self, key) for key in SHARED})

    def body(self, x: Shape) -> tuple[Node, ...]:
        return _separable_body(self)


@lru_cache(maxsize=4096)
def _separable_body(layer: Separable) -> tuple[Node, ...]:
    depthwise = Depthwise(
        multiplier=layer.multiplier,
        k=layer.k,
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
        bias=layer.bias,
        norm=layer.depthwise_norm or layer.norm,
    )
    pointwise = Pointwise(layer.n, bias=layer.bias, norm=layer.norm)
    return Node("depthwise", depthwise, (INPUT,)), Node("pointwise", pointwise, ("depthwise",))
