"""Which law stands for which of TensorFlow's operators; one that no law covers is an error."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from dscalc.errors import DscalcError, nearest
from dscalc.models.kinds import Activation, Opaque
from dscalc.models.tensorflow import layers, moves, numbers, products, recurrent, slices
from dscalc.models.tensorflow.run import Call, Run, take

Law = Callable[[Run, Call], None]

ACTIVATIONS = {
    "Relu": "relu", "Relu6": "relu6", "ReluN1To1": "relu_n1_to_1", "Relu0To1": "relu_0_to_1",
    "LeakyRelu": "leaky_relu", "Elu": "elu", "Selu": "selu", "Sigmoid": "sigmoid",
    "Tanh": "tanh", "HardSwish": "hard_swish", "Softplus": "softplus", "Softsign": "softsign",
    "Gelu": "gelu", "Exp": "exp", "Expm1": "expm1", "Log": "log", "Log1p": "log1p",
    "Sqrt": "sqrt", "Rsqrt": "rsqrt", "Square": "square", "Neg": "negate", "Abs": "abs",
    "Sign": "sign", "Sin": "sin", "Cos": "cos", "Tan": "tan", "Asin": "asin", "Acos": "acos",
    "Atan": "atan", "Sinh": "sinh", "Cosh": "cosh", "Asinh": "asinh", "Acosh": "acosh",
    "Atanh": "atanh", "Floor": "floor", "Ceil": "ceil", "Round": "round", "Rint": "round",
    "Reciprocal": "reciprocal", "Inv": "reciprocal", "Erf": "erf", "LogicalNot": "not",
    "ClipByValue": "clip", "IsNan": "is_nan", "IsInf": "is_inf", "IsFinite": "is_finite",
    "SignBit": "sign_bit", "Mish": "mish", "Bucketize": "bucketize", "Real": "real",
    "Imag": "imaginary", "ComplexAbs": "abs", "Angle": "angle", "Conj": "conjugate",
}  # fmt: skip

ARITHMETIC = {
    "Add": "add", "AddV2": "add", "AddN": "add", "Sub": "subtract", "Mul": "multiply",
    "Div": "divide", "RealDiv": "divide", "DivNoNan": "divide", "FloorDiv": "floor_divide",
    "FloorMod": "remainder", "Mod": "remainder", "Pow": "power", "Maximum": "maximum",
    "Minimum": "minimum", "SquaredDifference": "squared_difference", "Atan2": "atan2",
    "Less": "compare", "LessEqual": "compare", "Greater": "compare", "GreaterEqual": "compare",
    "Equal": "compare", "NotEqual": "compare", "LogicalAnd": "and", "LogicalOr": "or",
    "LogicalXor": "xor", "BitwiseXor": "xor", "BitwiseAnd": "and", "BitwiseOr": "or",
    "RightShift": "shift", "Select": "where", "SelectV2": "where", "Complex": "complex",
    "Xlogy": "multiply", "Xdivy": "divide",
}  # fmt: skip

REDUCTIONS = {
    "Mean": "mean", "Sum": "sum", "Max": "max", "Min": "min", "Prod": "product", "Any": "any",
    "All": "all", "EuclideanNorm": "l2",
}  # fmt: skip

IDENTITIES = (
    "Identity", "IdentityN", "StopGradient", "PreventGradient", "Cast", "Quantize", "Dequantize",
    "Densify", "FakeQuant", "FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel",
    "CheckNumerics", "Snapshot", "PlaceholderWithDefault", "Bitcast", "Enter", "Exit",
)  # fmt: skip

# Costs nothing, and the output has the first input's shape.
SAME_SHAPE = {
    "Cumsum": "a cumulative sum", "Cumprod": "a cumulative product",
    "ReverseV2": "a reversal",
    "ReverseSequence": "a reversal", "Reverse": "a reversal", "Roll": "a roll",
    "MatrixSetDiag": "a diagonal set", "DynamicUpdateSlice": "a slice set",
    "TensorScatterUpdate": "entries set",
}  # fmt: skip

# Costs nothing, and the shape is what the file says, or open.
COSTLESS = {
    "NonMaxSuppression": "a non-maximum suppression", "Where": "places of what is true",
    "Unique": "what is there, once", "SegmentSum": "a sum by groups",
    "MatrixDiag": "a diagonal", "ScatterNd": "entries put",
    "SparseToDense": "entries put", "DetectionPostprocess": "boxes decoded and chosen",
    "RandomUniform": "random numbers", "RandomStandardNormal": "random numbers",
    "Multinomial": "random numbers", "MaxUnpooling": "an unpooling", "Rfft": "a Fourier transform",
    "Hashtable": "a table of words", "HashtableFind": "a table of words",
    "HashtableImport": "a table of words", "HashtableSize": "a table of words",
    "TransformTensor": "a crop and resize",
}  # fmt: skip

LAWS: dict[str, Law] = {
    "Conv": layers.conv, "DepthwiseConv": layers.depthwise,
    "ConvTranspose": layers.conv_transpose, "ConvTransposeBias": layers.conv_transpose_bias,
    "MaxPoolArgmax": partial(layers.pool, kind="max"),
    "MaxPool": partial(layers.pool, kind="max"), "AvgPool": partial(layers.pool, kind="average"),
    "L2Pool": partial(layers.pool, kind="lp"),
    "FullyConnected": products.fully_connected, "MatMul": products.matmul,
    "Einsum": products.einsum,
    "BiasAdd": layers.bias_add, "FusedBatchNorm": layers.batch_norm,
    "L2Normalization": partial(layers.norm, kind="l2"),
    "LRN": partial(layers.norm, kind="local"), "Prelu": layers.prelu, "Softmax": layers.softmax,
    "LogSoftmax": layers.softmax, "ResizeBilinear": partial(layers.resize, kind="linear"),
    "ResizeNearestNeighbor": partial(layers.resize, kind="nearest"),
    "DepthToSpace": layers.depth_to_space, "SpaceToDepth": layers.space_to_depth,
    "SpaceToBatch": layers.space_to_batch, "BatchToSpace": layers.batch_to_space,
    "Gather": products.rows, "EmbeddingLookup": products.lookup,
    "CropAndResize": layers.crop_and_resize,
    "LSTM": recurrent.lstm, "SequenceLSTM": recurrent.lstm, "RNN": recurrent.rnn,
    "SequenceRNN": recurrent.rnn, "BidirectionalLSTM": recurrent.bidirectional_lstm,
    "BidirectionalRNN": recurrent.bidirectional_rnn, "SVDF": recurrent.svdf,
    "Reshape": moves.reshape, "Squeeze": moves.squeeze, "ExpandDims": moves.expand_dims,
    "Concat": moves.concat, "Pack": moves.pack, "Unpack": moves.unpack,
    "Split": moves.split, "SplitV": moves.split_v, "Slice": slices.slice_,
    "StridedSlice": slices.strided_slice, "GatherNd": slices.gather_nd, "Pad": moves.pad,
    "Tile": moves.tile, "BroadcastTo": moves.broadcast_to,
    "BroadcastArgs": numbers.broadcast_args, "Transpose": moves.transpose,
    "Shape": numbers.shape_of, "Rank": numbers.rank_of, "Size": numbers.size_of,
    "Fill": numbers.fill, "ZerosLike": numbers.zeros_like, "OnesLike": numbers.zeros_like,
    "Range": numbers.range_, "OneHot": slices.one_hot, "TopK": slices.top_k,
    "ArgMax": partial(numbers.reduce, kind="argmax"),
    "ArgMin": partial(numbers.reduce, kind="argmin"),
}  # fmt: skip

CONTROL = (
    *("If", "While", "StatelessIf", "StatelessWhile", "Switch", "Merge", "NextIteration"),
    *("LoopCond", "TensorList", "TensorArray"),
)


def perform(run: Run, call: Call) -> None:
    """What a call makes, and the operators that it is; an error tells which call is at fault."""
    run.count(1 + len(call.inputs) + len(call.outputs))
    named = call._replace(inputs=tuple(run.names.get(name, name) for name in call.inputs))
    try:
        if call.attributes.get("activation"):
            _activated(run, named, str(call.attributes["activation"]))
        else:
            law(call.op)(run, named)
    except DscalcError as error:
        raise DscalcError(*(f"{call}: {problem.message}" for problem in error.problems)) from None


def law(op: str) -> Law:
    """The law of an operator; DscalcError where there is none."""
    if op in ACTIVATIONS:
        return partial(layers.activation, kind=ACTIVATIONS[op])
    if op in ARITHMETIC:
        return partial(numbers.arithmetic, kind=ARITHMETIC[op])
    if op in REDUCTIONS:
        return partial(numbers.reduce, kind=REDUCTIONS[op])
    if op in LAWS:
        return LAWS[op]
    if op in IDENTITIES:
        return _identity
    if op in SAME_SHAPE:
        return _same_shape
    if op in COSTLESS:
        return _told
    if op.startswith(CONTROL):
        raise DscalcError(
            "control flow is not read, since the cost depends on the data;"
            " export the network without it, or the part before it"
        )
    raise DscalcError(
        f"it is not known what this operator costs{nearest(op, known())};"
        " export the network without it, or write the layer by hand in YAML"
    )


def known() -> Iterable[str]:
    """The names of all operators that have a law."""
    for names in (ACTIVATIONS, ARITHMETIC, REDUCTIONS, LAWS, IDENTITIES, SAME_SHAPE, COSTLESS):
        yield from names


def _activated(run: Run, call: Call, kind: str) -> None:
    """A call with a function of each number behind it, in one operator of the file."""
    output = run.output(call)
    inner = f"{output}→before"
    law(call.op)(run, call._replace(outputs=(inner,)))
    inner = run.names.get(inner, inner)
    slope = call.attributes.get("slope")
    inputs = (inner, slope) if isinstance(slope, str) else (inner,)
    run.emit(call, Activation(kind), inputs, (run.open_shape(inner),))


def _identity(run: Run, call: Call) -> None:
    """Numbers in another type, or as they are."""
    for source, output in zip(call.inputs, call.outputs, strict=False):
        if source:
            run.same(call._replace(outputs=(output,)), source)


def _same_shape(run: Run, call: Call) -> None:
    shape = run.open_shape(take(call, 0))
    run.emit(call, Opaque(SAME_SHAPE[call.op]), call.inputs, (shape,))


def _told(run: Run, call: Call) -> None:
    """A costless operator, whose output has the shape that the file tells, or an open one."""
    tellings = [run.told.get(output) for output in call.outputs]
    run.emit(call, Opaque(COSTLESS[call.op]), call.inputs, tellings)
