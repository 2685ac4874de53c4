"""The one dict of kinds: every layer that a file can name, and the structures beside them."""

from __future__ import annotations

from dscalc.law.attention import Attention, MatMul
from dscalc.law.blocks import InvertedResidual, SqueezeExcite
from dscalc.law.convolutions import (
    Conv,
    ConvTranspose,
    Depthwise,
    Linear,
    Norm,
    Pointwise,
    Separable,
)
from dscalc.law.layer import Layer
from dscalc.law.recurrent import Gru, Lstm
from dscalc.law.stored import (
    ClassToken,
    Embedding,
    LayerScale,
    Opaque,
    Parameters,
    PositionEmbedding,
)
from dscalc.law.weightless import (
    Activation,
    AdaptivePool,
    Flatten,
    GlobalPool,
    Pad,
    PixelShuffle,
    Pool,
    Shuffle,
    Slice,
    SpaceToDepth,
    Tokens,
    Upsample,
)

KINDS: dict[str, type[Layer]] = {
    kind.kind: kind
    for kind in (
        *(Conv, Depthwise, Pointwise, Separable, InvertedResidual, ConvTranspose, Linear),
        *(Norm, SqueezeExcite, Attention, MatMul, Lstm, Gru),
        *(LayerScale, Parameters, Embedding, ClassToken, PositionEmbedding),
        *(Pool, AdaptivePool, GlobalPool, Upsample, PixelShuffle, SpaceToDepth, Pad),
        *(Flatten, Tokens, Slice, Shuffle, Activation, Opaque),
    )
}

STRUCTURES = ("sequence", "residual", "concat", "split", "add", "multiply")
"""What a file can name besides: the items that are made of other items."""
