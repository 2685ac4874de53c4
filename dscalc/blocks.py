"""Kinds whose law is a small network of other layers, and the one dict of all kinds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from dscalc.layers import (
    INPUT,
    Conv,
    Convolution,
    Depthwise,
    Flatten,
    GlobalPool,
    Layer,
    Linear,
    Node,
    Norm,
    Pointwise,
    Pool,
    Shape,
    Widening,
)


class Block(Layer):
    """A layer made of layers."""

    def body(self, x: Shape) -> tuple[Node, ...]:
        """The layers that the block stands for on the input `x`; the last one is its output."""
        raise NotImplementedError(self.kind)


@dataclass(frozen=True)
class Separable(Block, Widening, Convolution):
    """A depthwise separable convolution: depthwise, then pointwise to `n` channels.

    Howard et al. 2017, eq. 5. Norm and bias stand behind both, unless `depthwise_norm` differs.
    """

    kind: ClassVar[str] = "separable"
    multiplier: int = 1
    depthwise_norm: str | None = None

    def body(self, x: Shape) -> tuple[Node, ...]:
        return _separable_body(self)

    def standard(self) -> Conv:
        """The standard convolution of the same window and channels, which it replaces."""
        return Conv(
            self.n,
            k=self.k,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            bias=self.bias,
            norm=self.norm,
            scale=self.scale,
            at_least=self.at_least,
        )


@lru_cache(maxsize=4096)
def _separable_body(layer: Separable) -> tuple[Node, ...]:
    depthwise = Depthwise(
        layer.multiplier,
        k=layer.k,
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
        bias=layer.bias,
        norm=layer.depthwise_norm or layer.norm,
    )
    pointwise = Pointwise(layer.n, bias=layer.bias, norm=layer.norm)
    return Node("depthwise", depthwise, (INPUT,)), Node("pointwise", pointwise, ("depthwise",))


KINDS: dict[str, type[Layer]] = {
    kind.kind: kind
    for kind in (Conv, Depthwise, Pointwise, Separable, Linear, Pool, GlobalPool, Flatten, Norm)
}
"""Every kind that YAML can name."""
