"""The words of items, and those that people bring from other places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from dscalc.errors import nearest
from dscalc.law.fields import ACTIVATIONS, FUSED

ITEM_KEYS = ("name", "from", "repeat", "each", "if", "shared")

VALUES_ALONE = ("upsample", "pool", "adaptive_pool", "pixel_shuffle", "space_to_depth", "pad")
"""The kinds whose first key may stand alone as a list, too."""

KINDS_ELSEWHERE = {
    "conv": "convolution normalconv vanillaconv convbn",
    "pointwise": "pointwiseconv pwconv convpw projection",
    "depthwise": "depthwiseconv dwconv convdw",
    "separable": "separableconv sepconv dsconv depthwiseseparable depthwiseseparableconv convds",
    "conv_transpose": "deconv transposedconv transposeconv convolutiontranspose upconv "
    "deconvolution",
    "inverted_residual": "mbconv invertedbottleneck invertedresidualblock irblock",
    "linear": "dense fc fullyconnected innerproduct classifier",
    "squeeze_excite": "se seblock selayer semodule squeezeandexcitation squeezeexcitation "
    "squeezeandexcite",
    "attention": "mha mhsa selfattention multiheadattention multiheadselfattention",
    "norm": "batchnorm layernorm groupnorm instancenorm batchnormalization layernormalization "
    "bn ln gn",
    "pool": "maxpool avgpool averagepool maxpooling averagepooling pooling",
    "adaptive_pool": "adaptiveavgpool adaptivemaxpool adaptiveaveragepool",
    "global_pool": "gap globalavgpool globalaveragepool globalmaxpool globalaveragepooling "
    "globalmaxpooling",
    "upsample": "resize interpolate upsampling",
    "pixel_shuffle": "depthtospace subpixel",
    "shuffle": "channelshuffle",
    "space_to_depth": "pixelunshuffle",
    "pad": "zeropad zeropadding padding",
    "tokens": "patches totokens",
    "class_token": "clstoken",
    "position_embedding": "posembed positionalembedding positionembeddings posembedding",
    "layer_scale": "gamma layerscale",
    "residual": "skip skipconnection shortcut residualblock resblock",
    "split": "chunk",
    "multiply": "mul product",
    "activation": "act nonlinearity",
    "add": "sum",
    "concat": "cat concatenate",
    "sequence": "sequential",
    "matmul": "bmm einsum",
}
"""Kinds by the words of papers and frameworks, without case, underscores and axes (`2d`)."""

HINTS = {
    "prelu": "; PReLU is parameters: {n: in}",
    "bottleneck": "; write a block, or residual: [pointwise, conv, pointwise]",
    "basicblock": "; write a block, or residual: [conv, conv]",
    "fusedmbconv": "; write a block, or residual: [conv, pointwise]",
    "mlp": "; write it out: residual: [norm: layer, linear: {n: 4 * in}, linear: {n: in / 4}]",
    "ffn": "; write it out: residual: [norm: layer, linear: {n: 4 * in}, linear: {n: in / 4}]",
    "transformer": "; write a block of two residuals, of attention and of two linear layers",
    "groupconv": "; a group convolution is conv: {n: …, g: …}",
    "bilstm": "; did you mean 'lstm' with bidirectional: true?",
    "bigru": "; did you mean 'gru' with bidirectional: true?",
    "rnn": "; there are lstm and gru",
    "rmsnorm": "; RMS norm is norm: {type: layer, without: shift}",
    "reshape": "; there are tokens and flatten",
    "view": "; there are tokens and flatten",
    "outputs": "; it stands beside layers",
}
FREE = """relu relu6 leakyrelu elu selu celu mish swish silu hardswish hswish sigmoid hardsigmoid
hsigmoid tanh softmax logsoftmax gelu softplus
dropout droppath stochasticdepth identity lrn localresponsenorm"""
"""What costs nothing and is left out."""
UNFUSED = {activation.replace("_", ""): activation for activation in ACTIVATIONS[len(FUSED) :]}
"""The activations that cost memory of their own."""
MOVED = ("permute", "transpose")
"""What only moves numbers about."""


def unknown_kind(kind: str, known: Sequence[str], others: Mapping[str, Iterable[str]]) -> str:
    """What to say of a word that is no kind; `others` are kinds beside it, with their keys."""
    inside = [other for other, keys in others.items() if kind in keys]
    hint = "" if inside else _from_elsewhere(kind) or _nearest_kind(kind, known)
    if others and not hint:
        (other, *_) = inside or others
        hint = f"; keys of {other} stand inside it: {other}: {{{kind}: …}}"
    if kind[:1].isupper() and not hint:
        return f"unknown block '{kind}': a block is written, under blocks, before it is used"
    return f"unknown kind '{kind}'{hint}"


def _nearest_kind(kind: str, known: Sequence[str]) -> str:
    same = [name for name in known if name.lower() == kind.lower()]
    return f"; did you mean '{same[0]}'?" if same else nearest(kind, known)


def _from_elsewhere(kind: str) -> str:
    """What a word of papers and frameworks is called here; nothing for any other word."""
    word = re.sub(r"[123]d(?=$|[a-z])|[-_]", "", kind.lower()[:60])
    if side := re.fullmatch(r"conv(\d)x?(\d)?", word):
        if side[1] == "1":
            return "; did you mean 'pointwise'?"
        return f"; did you mean 'conv'? It has k: {side[1]}"
    if word in UNFUSED:
        own = UNFUSED[word]
        return (
            f"; an activation costs memory alone: {{conv: {{n: …, activation: {own}}}}}, "
            f"or a layer by itself, - activation: {own}"
        )
    if word in FREE.split():
        return "; activations and dropout cost nothing and are left out"
    if word in MOVED:
        return f"; a {word} costs nothing and is left out"
    if word in HINTS:
        return HINTS[word]
    for name, words in KINDS_ELSEWHERE.items():
        if word in words.split() or word == name.replace("_", ""):
            return "" if kind == name else f"; did you mean '{name}'?"
    return ""
