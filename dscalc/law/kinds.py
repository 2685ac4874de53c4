"""The one dict of kinds: every layer that a file can name, and the structures beside them."""

from __future__ import annotations

from dscalc.law.blocks import Attention, InvertedResidual, SqueezeExcite
from dscalc.law.convolutions import (
    Conv,
    ConvTranspose,
    Depthwise,
    LayerScale,
    Linear,
    Norm,
    Pointwise,
    Separable,
)
from dscalc.law.layer import Layer
from dscalc.law.weightless import AdaptivePool, Flatten, GlobalPool, Pool, Upsample

KINDS: dict[str, type[Layer]] = {
    kind.kind: kind
    for kind in (
        *(Conv, Depthwise, Pointwise, Separable, InvertedResidual, ConvTranspose, Linear),
        *(Pool, AdaptivePool, GlobalPool, Flatten, Upsample),
        *(Norm, LayerScale, SqueezeExcite, Attention),
    )
}

STRUCTURES = ("sequence", "residual", "concat", "split", "add")
"""What a file can name besides: the items that are made of other items."""
