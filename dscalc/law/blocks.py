"""Kinds whose law is a small network: inverted residual, squeeze-and-excitation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from dscalc.law.convolutions import (
    WINDOW,
    Conv,
    Convolution,
    Widening,
    depthwise,
    pointwise,
)
from dscalc.law.fields import RULES, Rule, divisor, factor, one_of, optional
from dscalc.law.layer import INPUT, Apart, Block, Layer, Node, Shape
from dscalc.law.weightless import ADD, GlobalPool, Multiply
from dscalc.law.width import round_to_multiple


def _squeezed(channels: float, multiple_of: int | None) -> int:
    """Squeezed channels: by the 90 % rule, else cut to a whole number of at least 1."""
    return round_to_multiple(channels, multiple_of) if multiple_of else max(1, int(channels))


def _expanded(channels: float, multiple_of: int | None) -> int:
    """Expanded channels: by the 90 % rule, else the nearest whole number of at least 1."""
    return round_to_multiple(channels, multiple_of) if multiple_of else max(1, round(channels))


class SqueezeExcite(Block, Apart):
    """Squeeze-and-excitation: each channel times a factor that the whole map decides.

    Global pooling, a pointwise convolution to C / `reduction` channels (or `n`), one back to C.
    `multiple_of` rounds the squeezed channels as in MobileNet V3. `activation` stands behind the
    first convolution, a sigmoid behind the second.
    Source: Hu et al. 2018, arXiv:1709.01507.
    """

    kind: ClassVar[str] = "squeeze_excite"
    exclusive: ClassVar[tuple[tuple[str, str], ...]] = (("reduction", "n"),)
    rules: ClassVar[Mapping[str, Rule]] = {
        "reduction": divisor,
        "n": optional(RULES["n"]),
        "multiple_of": optional(RULES["n"]),
        "bias": RULES["bias"],
        "activation": RULES["activation"],
    }
    reduction: float = 4
    n: int | None = None
    multiple_of: int | None = None
    bias: bool = True
    activation: str | None = None

    def body(self, x: Shape, *more: Shape) -> tuple[Node, ...]:
        gate = pointwise(x.channels, self.bias, activation="sigmoid")
        squeezed = self.n or _squeezed(x.channels / self.reduction, self.multiple_of)
        return (
            Node("squeeze", GlobalPool(), (INPUT,)),
            Node(
                "reduce", pointwise(squeezed, self.bias, activation=self.activation), ("squeeze",)
            ),
            Node("expand", gate, ("reduce",)),
            Node("gate", Multiply(), (INPUT, "expand")),
        )


class InvertedResidual(Block, Widening, Convolution, Apart):
    """Expand, depthwise, project: 1×1 to `expand` times the input channels, k×k, 1×1 to `n`.

    Where the hidden channels equal the input's there is no expansion; where stride is 1 and N = M
    the input is added, unless `residual` is false. `hidden` says the hidden channels outright
    (and α scales them); else they follow from the input, rounded to `multiple_of` if given.
    `se` is the reduction of a squeeze-and-excitation before the projection, taken of the hidden
    channels or, with `se_of: input`, of the block's input; `se_activation` is the activation in
    it. The projection has no `activation`.
    Source: Sandler et al. 2018, arXiv:1801.04381; `se`: Howard et al. 2019, arXiv:1905.02244, and
    of the input: Tan & Le 2019, arXiv:1905.11946.
    """

    kind: ClassVar[str] = "inverted_residual"
    wide: ClassVar[tuple[str, ...]] = ("n", "hidden")
    exclusive: ClassVar[tuple[tuple[str, str], ...]] = (("expand", "hidden"),)
    rules: ClassVar[Mapping[str, Rule]] = {
        **RULES,
        "expand": factor,
        "hidden": optional(RULES["n"]),
        "se": optional(divisor),
        "se_of": one_of("hidden", "input"),
        "se_activation": RULES["activation"],
        "residual": RULES["bias"],
    }
    expand: float = 6
    hidden: int | None = None
    se: float | None = None
    se_of: str = "hidden"
    se_activation: str | None = None
    residual: bool = True

    def as_standard(self) -> Layer:
        standard = object.__new__(StandardResidual)
        vars(standard).update(vars(self))
        return standard

    def body(self, x: Shape, *more: Shape) -> tuple[Node, ...]:
        nodes: list[Node] = []
        source = INPUT
        for name, layer in self._layers(x):
            nodes.append(Node(name, layer, (source,)))
            source = name
        unit_stride = self.stride == 1 or self.stride == (1,) * len(x.sides)
        if self.residual and unit_stride and self.n == x.channels:
            nodes.append(Node("add", ADD, (source, INPUT)))
        return tuple(nodes)

    def _layers(self, x: Shape) -> list[tuple[str, Layer]]:
        hidden = self.hidden or _expanded(x.channels * self.expand, self.multiple_of)
        filters = self._filters(self._gate(x, hidden))
        if hidden == x.channels:
            return filters
        first = pointwise(hidden, self.bias, self.norm, self.activation)
        return [("expand", first), *filters]

    def _filters(self, gate: list[tuple[str, Layer]]) -> list[tuple[str, Layer]]:
        window = self.k, self.stride, self.padding, self.dilation
        filtered = depthwise(*window, self.bias, self.norm, activation=self.activation)
        return [
            ("depthwise", filtered),
            *gate,
            ("project", pointwise(self.n, self.bias, self.norm)),
        ]

    def _gate(self, x: Shape, hidden: int) -> list[tuple[str, Layer]]:
        if self.se is None:
            return []
        base = hidden if self.se_of == "hidden" else x.channels
        squeezed = _squeezed(base / self.se, self.multiple_of)
        return [("se", SqueezeExcite(n=squeezed, activation=self.se_activation))]


class StandardResidual(InvertedResidual):
    """An inverted residual whose depthwise and projecting convolution are one standard one.

    What --as standard makes of it; the gate stands before the convolution.
    """

    kind: ClassVar[str] = "inverted_residual"

    def as_standard(self) -> Layer:
        return self

    def _filters(self, gate: list[tuple[str, Layer]]) -> list[tuple[str, Layer]]:
        window = {key: getattr(self, key) for key in WINDOW}
        return [*gate, ("conv", Conv(self.n, **window, bias=self.bias, norm=self.norm))]
