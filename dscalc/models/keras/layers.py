"""Which law stands for which of Keras's layers; one that no law covers is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dscalc.errors import DscalcError, nearest
from dscalc.models.keras import attention, maps, norms, recurrent, weights
from dscalc.models.keras.layer import Layer, layer_config
from dscalc.models.tensorflow.moves import put_shape
from dscalc.models.tensorflow.numbers import arithmetic
from dscalc.models.tensorflow.run import Run

Law = Callable[[Run, Layer], None]

IDENTITIES = (
    "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout",
    "GaussianDropout", "GaussianNoise", "ActivityRegularization", "Masking", "Identity",
    "StochasticDepth", "RandomBrightness", "RandomContrast", "RandomFlip", "RandomRotation",
    "RandomTranslation", "RandomZoom", "RandomShear", "RandomHue", "RandomSaturation",
    "RandomSharpness", "RandomColorJitter", "RandomColorDegeneration", "RandomGrayscale",
    "RandomInvert", "RandomPosterization", "RandomPerspective", "RandomErasing",
    "RandomGaussianBlur", "RandomElasticTransform", "AugMix", "CutMix", "MixUp", "RandAugment",
    "AutoContrast", "Equalization", "Solarization",
)  # fmt: skip

ELEMENTWISE = {
    "LeakyReLU": "leaky_relu", "ELU": "elu", "ThresholdedReLU": "relu",
    "Rescaling": "rescale",
}  # fmt: skip

JOINS = {
    "Add": "add", "Subtract": "subtract", "Multiply": "multiply", "Average": "add",
    "Maximum": "maximum", "Minimum": "minimum",
}  # fmt: skip

LAWS: dict[str, Law] = {
    "Activation": maps.activation, "ReLU": maps.relu, "Softmax": maps.softmax,
    "PReLU": weights.prelu,
    "Dense": weights.dense, "EinsumDense": weights.einsum_dense,
    "Embedding": weights.embedding, "BatchNormalization": norms.batch_norm,
    "SyncBatchNormalization": norms.batch_norm,
    "LayerNormalization": norms.layer_norm, "RMSNormalization": norms.rms_norm,
    "GroupNormalization": norms.group_norm, "UnitNormalization": norms.unit_norm,
    "Normalization": norms.normalization, "LayerScale": weights.layer_scale,
    "MultiHeadAttention": attention.multi_head, "GroupQueryAttention": attention.multi_head,
    "GroupedQueryAttention": attention.multi_head, "Attention": attention.attention,
    "LSTM": recurrent.recurrent, "GRU": recurrent.recurrent, "SimpleRNN": recurrent.recurrent,
    "CuDNNLSTM": recurrent.recurrent, "CuDNNGRU": recurrent.recurrent, "RNN": recurrent.rnn,
    "Bidirectional": recurrent.bidirectional, "Concatenate": maps.concat, "Dot": maps.dot,
    "Reshape": maps.reshape, "Flatten": maps.flatten, "Permute": maps.permute,
    "RepeatVector": maps.repeat_vector, "Resizing": maps.resizing,
    "CenterCrop": maps.resizing, "RandomCrop": maps.resizing,
    "CustomScaleLayer": maps.scaled_sum,
}  # fmt: skip

# Layers for 1, 2 and 3 spatial axes, whose names end in 1D, 2D and 3D.
SPATIAL: dict[str, Callable[[Run, Layer, int], None]] = {
    "Conv": weights.conv, "Convolution": weights.conv, "DepthwiseConv": weights.depthwise,
    "SeparableConv": weights.separable, "SeparableConvolution": weights.separable,
    "ConvLSTM": weights.conv_lstm, "UpSampling": maps.upsample,
    "ZeroPadding": maps.zero_padding, "Cropping": maps.cropping,
    "MaxPooling": partial(maps.pool, kind="max"), "MaxPool": partial(maps.pool, kind="max"),
    "AveragePooling": partial(maps.pool, kind="average"),
    "AvgPool": partial(maps.pool, kind="average"),
    "GlobalAveragePooling": partial(maps.global_pool, kind="mean"),
    "GlobalAvgPool": partial(maps.global_pool, kind="mean"),
    "GlobalMaxPooling": partial(maps.global_pool, kind="max"),
    "GlobalMaxPool": partial(maps.global_pool, kind="max"),
    "AdaptiveAveragePooling": partial(maps.adaptive_pool, kind="average"),
    "AdaptiveMaxPooling": partial(maps.adaptive_pool, kind="max"),
}  # fmt: skip

# Operations on tensors that a network was written with, by the last part of their names.
OPERATIONS = {
    **{name: name for name in ("add", "subtract", "multiply", "divide", "power")},
    **{name: name for name in ("maximum", "minimum", "relu", "relu6", "sigmoid", "tanh")},
    **{name: name for name in ("gelu", "elu", "selu", "softplus", "silu", "hard_sigmoid")},
    **{name: name for name in ("hard_silu", "exp", "log", "sqrt", "rsqrt", "square", "abs")},
    "truediv": "divide", "true_divide": "divide", "pow": "power", "mul": "multiply",
    "sub": "subtract", "addv2": "add", "realdiv": "divide", "swish": "silu",
    "negative": "negate", "absolute": "abs", "leaky_relu": "leaky_relu",
    "clip_by_value": "clip", "clip": "clip",
}  # fmt: skip
# Layers for which it matters by what name an input is given; for others that is one more input.
BY_NAME = ("MultiHeadAttention", "GroupQueryAttention", "GroupedQueryAttention", "Attention")

OPERATION = "operation "
CODE = ("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")


def perform(run: Run, layer: Layer) -> None:
    """What a layer makes, and the operators that it is; an error tells which layer is at fault."""
    run.count(1 + len(layer.inputs) + len(layer.outputs))
    if layer.kind not in BY_NAME:
        given = [name for key, name in layer.named.items() if "mask" not in key]
        layer = layer._replace(inputs=(*layer.inputs, *given), named={})
    try:
        law(layer.kind)(run, layer)
    except DscalcError as error:
        raise DscalcError(*(f"{layer}: {problem.message}" for problem in error.problems)) from None


def operation(run: Run, layer: Layer, name: str) -> None:
    """An operation of a tensor and perhaps numbers, or of tensors."""
    if name not in OPERATIONS:
        raise DscalcError(f"it is not known what the operation '{name[:80]}' costs")
    if len(layer.inputs) == 1:
        maps.elementwise(run, layer, OPERATIONS[name])
    else:
        arithmetic(run, layer.call("", layer.inputs, layer.output), OPERATIONS[name])


def law(kind: str) -> Law:
    """The law of a layer by the name of its class; DscalcError where there is none.

    An operation on tensors has a name that begins with `OPERATION`.
    """
    if kind.startswith(OPERATION):
        return partial(operation, name=kind.removeprefix(OPERATION))
    if kind in LAWS:
        return LAWS[kind]
    if kind in IDENTITIES:
        return maps.identity
    if kind in ELEMENTWISE:
        return partial(maps.elementwise, kind=ELEMENTWISE[kind])
    if kind in JOINS:
        return partial(maps.join, kind=JOINS[kind])
    if kind == "TimeDistributed":
        return time_distributed
    transposed = kind.removesuffix("Transpose")
    stem, dims = transposed[:-2], transposed[-2:]
    if dims in ("1D", "2D", "3D"):
        count = int(dims[0])
        if transposed != kind and stem in ("Conv", "Convolution"):
            return lambda run, layer: weights.conv_transpose(run, layer, count)
        if transposed == kind and stem in SPATIAL:
            return lambda run, layer: SPATIAL[stem](run, layer, count)
    if kind in CODE:
        raise DscalcError("it runs code that is not in the file, so its cost is not known")
    known = {name: name for name in (*LAWS, *IDENTITIES, *ELEMENTWISE, *JOINS)}
    small = {name.lower(): name for name in known}
    raise DscalcError(
        f"it is no layer of Keras whose cost is known{nearest(kind, known, small)}; where it is"
        " your own, build the network without it, or write the layer by hand in YAML"
    )


def time_distributed(run: Run, layer: Layer) -> None:
    """A layer at each step: the steps become examples, and are steps again behind it."""
    kind, config = layer_config(layer.config.get("layer"), "its layer")
    if kind in ("TimeDistributed", "Sequential", "Functional", "Model"):
        raise DscalcError(f"a {kind} at each step is not read")
    shape = run.shape(layer.x)
    if len(shape) < 3:
        raise DscalcError(f"it takes {list(shape)}, where steps and features are expected")
    if kind == "Dense":
        weights.dense(run, layer._replace(config=config))
        return
    one, made = layer.inner("examples"), layer.inner("made")
    put_shape(run, layer.call("", (layer.x,), one), layer.x, maps.folded(shape))
    law(kind)(run, Layer(kind, layer.path, config, (one,), {}, (made,)))
    made = run.names.get(made, made)
    out = run.shape(made)
    call = layer.call("", (made,), layer.output)
    put_shape(run, call, made, (*shape[:2], *out[1:]))
