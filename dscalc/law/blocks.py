"""Kinds whose law is a small network: inverted residual, squeeze-and-excitation, attention."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from dscalc.errors import DscalcError, Problem
from dscalc.law.convolutions import (
    WINDOW,
    Conv,
    Convolution,
    Depthwise,
    Linear,
    Pointwise,
    Widening,
)
from dscalc.law.fields import RULES, Rule, factor, one_of, optional
from dscalc.law.layer import INPUT, Block, Cost, Layer, Node, Shape, Step
from dscalc.law.weightless import Add, Gate, GlobalPool
from dscalc.law.width import round_to_multiple


def _squeezed(channels: float, multiple_of: int | None) -> int:
    """Squeezed channels: by the 90 % rule, else cut to a whole number of at least 1."""
    return round_to_multiple(channels, multiple_of) if multiple_of else max(1, int(channels))


def _expanded(channels: float, multiple_of: int | None) -> int:
    """Expanded channels: by the 90 % rule, else the nearest whole number of at least 1."""
    return round_to_multiple(channels, multiple_of) if multiple_of else max(1, round(channels))


class SqueezeExcite(Block):
    """Squeeze-and-excitation: each channel times a factor that the whole map decides.

    Global pooling, a pointwise convolution to C / `reduction` channels (or `n`), one back to C.
    `multiple_of` rounds the squeezed channels as in MobileNet V3.
    Source: Hu et al. 2018, arXiv:1709.01507.
    """

    kind: ClassVar[str] = "squeeze_excite"
    rules: ClassVar[Mapping[str, Rule]] = {
        "reduction": factor,
        "n": optional(RULES["n"]),
        "multiple_of": optional(RULES["n"]),
        "bias": RULES["bias"],
    }
    reduction: float = 4
    n: int | None = None
    multiple_of: int | None = None
    bias: bool = True

    def body(self, x: Shape) -> tuple[Node, ...]:
        squeezed = self.n or _squeezed(x.channels / self.reduction, self.multiple_of)
        return (
            Node("squeeze", GlobalPool(), (INPUT,)),
            Node("reduce", Pointwise(squeezed, bias=self.bias), ("squeeze",)),
            Node("expand", Pointwise(x.channels, bias=self.bias), ("reduce",)),
            Node("gate", Gate(), (INPUT, "expand")),
        )


class InvertedResidual(Block, Widening, Convolution):
    """Expand, depthwise, project: 1×1 to `expand` times the input channels, k×k, 1×1 to `n`.

    Where the hidden channels equal the input's there is no expansion; where stride is 1 and N = M
    the input is added, unless `residual` is false. `hidden` says the hidden channels outright
    (and α scales them); else they follow from the input, rounded to `multiple_of` if given.
    `se` is the reduction of a squeeze-and-excitation before the projection, taken of the hidden
    channels or, with `se_of: input`, of the block's input. With `standard` the depthwise and the
    projecting convolution are one standard convolution, the gate before it.
    Source: Sandler et al. 2018, arXiv:1801.04381; `se`: Howard et al. 2019, arXiv:1905.02244, and
    of the input: Tan & Le 2019, arXiv:1905.11946.
    """

    kind: ClassVar[str] = "inverted_residual"
    rules: ClassVar[Mapping[str, Rule]] = {
        **RULES,
        "expand": factor,
        "hidden": optional(RULES["n"]),
        "multiple_of": optional(RULES["n"]),
        "se": optional(factor),
        "se_of": one_of("hidden", "input"),
        "residual": RULES["bias"],
        "standard": RULES["bias"],
    }
    expand: float = 6
    hidden: int | None = None
    multiple_of: int | None = None
    se: float | None = None
    se_of: str = "hidden"
    residual: bool = True
    standard: bool = False

    def widened(self, scaled: Callable[[int], int]) -> Layer:
        wide = super().widened(scaled)
        return wide.replaced(hidden=scaled(self.hidden)) if self.hidden and self.scale else wide

    def as_standard(self) -> Layer:
        return self.replaced(standard=True)

    def body(self, x: Shape) -> tuple[Node, ...]:
        nodes: list[Node] = []
        for name, layer in self._layers(x):
            nodes.append(Node(name, layer, (nodes[-1].name if nodes else INPUT,)))
        unit_stride = self.stride == 1 or self.stride == (1,) * len(x.sides)
        if self.residual and unit_stride and self.n == x.channels:
            nodes.append(Node("add", Add(), (nodes[-1].name, INPUT)))
        return tuple(nodes)

    def _layers(self, x: Shape) -> Iterator[tuple[str, Layer]]:
        narrow: dict[str, Any] = {"bias": self.bias, "norm": self.norm}
        window: dict[str, Any] = {key: getattr(self, key) for key in WINDOW}
        hidden = self.hidden or _expanded(x.channels * self.expand, self.multiple_of)
        if hidden != x.channels:
            yield "expand", Pointwise(hidden, **narrow)
        gate = self._gate(x, hidden)
        if self.standard:
            yield from gate
            yield "conv", Conv(self.n, **window, **narrow)
        else:
            yield "depthwise", Depthwise(**window, **narrow)
            yield from gate
            yield "project", Pointwise(self.n, **narrow)

    def _gate(self, x: Shape, hidden: int) -> list[tuple[str, Layer]]:
        if self.se is None:
            return []
        base = hidden if self.se_of == "hidden" else x.channels
        return [("se", SqueezeExcite(n=_squeezed(base / self.se, self.multiple_of)))]


class AttentionProduct(Layer):
    """Every position's query with every key, then the values weighed: 2 · L² · C mult-adds.

    Takes queries, keys and values beside each other, [..., 3 · C], and gives [..., C].
    """

    kind: ClassVar[str] = "attention"

    def step(self, x: Shape, *more: Shape) -> Step:
        channels = x.channels // 3
        cost = Cost(mult_adds=2 * x.positions**2 * channels)
        return Step(Shape(x.sides, channels), cost, self.kind)


class Attention(Block):
    """Multi-head self-attention over all positions, the channels as they come in.

    Queries, keys and values, the product, and the output projection; the number of `heads`
    changes no cost but must divide the channels. Source: Vaswani et al. 2017, arXiv:1706.03762.
    """

    kind: ClassVar[str] = "attention"
    rules: ClassVar[Mapping[str, Rule]] = {"heads": RULES["n"], "bias": RULES["bias"]}
    heads: int = 1
    bias: bool = False

    def body(self, x: Shape) -> tuple[Node, ...]:
        if x.channels % self.heads:
            message = f"{self.heads} heads do not divide the {x.channels} channels"
            raise DscalcError(Problem(message, "heads"))
        return (
            Node("qkv", Linear(3 * x.channels, bias=self.bias), (INPUT,)),
            Node("product", AttentionProduct(), ("qkv",)),
            Node("output", Linear(x.channels, bias=self.bias), ("product",)),
        )
