"""The one dict of kinds: every layer that a file can name, and the structures beside them."""

from __future__ import annotations

from dscalc.blocks import Attention, InvertedResidual, SqueezeExcite
from dscalc.costless import AdaptivePool, Flatten, GlobalPool, Pool, Upsample
from dscalc.layers import (
    Conv,
    ConvTranspose,
    Depthwise,
    Layer,
    LayerScale,
    Linear,
    Norm,
    Pointwise,
    Separable,
)

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
