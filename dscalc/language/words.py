"""The words of items, and those that people bring from other places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dscalc.errors import nearest
from dscalc.law.fields import ACTIVATIONS as KNOWN
from dscalc.law.fields import FUSED

ITEM_KEYS = ("name", "from", "repeat", "each", "if", "shared")

VALUES_ALONE = ("upsample", "pool", "adaptive_pool", "pixel_shuffle", "space_to_depth", "pad")
"""The kinds whose first key may stand alone as a list, too."""

KIND_SYNONYMS = {
    "conv2d": "conv",
    "conv1d": "conv",
    "conv3d": "conv",
    "convolution": "conv",
    "conv1x1": "pointwise",
    "conv2d_transpose": "conv_transpose",
    "deconv": "conv_transpose",
    "separable_conv": "separable",
    "depthwise_conv": "depthwise",
    "dwconv": "depthwise",
    "mbconv": "inverted_residual",
    "se": "squeeze_excite",
    "dense": "linear",
    "fc": "linear",
    "fully_connected": "linear",
    "max_pool": "pool",
    "avg_pool": "pool",
    "maxpool": "pool",
    "avgpool": "pool",
    "batch_norm": "norm",
    "layer_norm": "norm",
    "batchnorm": "norm",
    "mha": "attention",
    "self_attention": "attention",
    "mul": "multiply",
    "cat": "concat",
    "resize": "upsample",
    "interpolate": "upsample",
    "channel_shuffle": "shuffle",
}
ACTIVATIONS = (
    *("relu", "relu6", "swish", "silu", "hard_swish", "sigmoid", "tanh", "softmax", "gelu"),
    *("activation", "dropout", "identity"),
)
UNFUSED = set(KNOWN) - {*FUSED}
HINTS = {
    "prelu": "; PReLU is parameters: {n: in}",
    "bottleneck": "; write a block, or residual: [pointwise, conv, pointwise]",
    "outputs": "; it stands beside layers",
}


def unknown_kind(kind: str, known: Iterable[str], others: Sequence[str]) -> str:
    """What to say of a word that is no kind; `others` are kinds that stand beside it."""
    lower = kind.lower()
    if lower in ACTIVATIONS:
        hint = "; activations and dropout cost nothing and are left out"
        if lower in UNFUSED:
            hint = f"; an activation costs memory alone: {{conv: {{n: …, activation: {lower}}}}}"
    elif lower in HINTS:
        hint = HINTS[lower]
    else:
        synonyms = KIND_SYNONYMS if lower not in KIND_SYNONYMS else {lower: KIND_SYNONYMS[lower]}
        hint = nearest(lower if lower in KIND_SYNONYMS else kind, known, synonyms)
        if others and not hint:
            hint = f"; keys of {others[0]} stand inside it: {others[0]}: {{{kind}: …}}"
    if kind[:1].isupper() and not hint:
        return f"unknown block '{kind}': a block is written, under blocks, before it is used"
    return f"unknown kind '{kind}'{hint}"
