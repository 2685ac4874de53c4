"""Rules of ONNX operators that keep the shape, or reduce axes: arithmetic, activations, norms."""

from __future__ import annotations

from dscalc.errors import DscalcError
from dscalc.models.graph import Shape
from dscalc.models.kinds import Activation, Arithmetic, Norm, Opaque, Reduce, Softmax
from dscalc.models.onnx.call import Call, Made, Rule


def broadcast(call: Call, *shapes: Shape | None) -> Shape | None:
    """The shape of several that meet as in numpy; None if one is not known at all."""
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes):
        return None
    rank = max(map(len, known), default=0)
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in known]
    met: list[int | None] = []
    for sides in zip(*padded, strict=True):
        closed = {side for side in sides if side is not None and side != 1}
        if len(closed) > 1:
            written = " and ".join(str(list(shape)) for shape in known)
            raise DscalcError(f"the shapes {written} do not fit together")
        met.append(closed.pop() if closed else None if None in sides else 1)
    return tuple(met)


def identity(call: Call) -> Made:
    """What changes no number that matters here: the input by another name."""
    extra = (call.value(0).shape,) * (call.outputs - 1)  # a dropout's mask, which nobody computes
    return Made(None, (call.value(0).shape, *extra), (call.value(0),))


def activation(call: Call) -> Made:
    return call.made(Activation(call.op.rpartition(".")[2].lower()), call.value(0).shape, 0)


def softmax(call: Call) -> Made:
    shape = call.shape(0)
    axis = call.whole("axis", -1 if call.opset >= 13 else 1)
    return call.made(Softmax(call.axis(axis, len(shape))), shape, 0)


def arithmetic(call: Call) -> Made:
    if call.opset < 7 and "axis" in call.attributes:
        raise DscalcError("an addition that names its axis (before opset 7): convert it to opset 7")
    shape = broadcast(call, *(call.value(i).shape for i in range(len(call.inputs))))
    kind = Arithmetic(ARITHMETIC[call.op])
    return Made(kind, (shape,), call.inputs)


def prelu(call: Call) -> Made:
    return call.made(Activation("prelu"), call.value(0).shape, 0, 1)


def local_norm(call: Call) -> Made:
    return call.made(Norm("local", 1), call.value(0).shape, 0)


def batch_norm(call: Call) -> Made:
    return call.made(Norm("batch", 1), call.value(0).shape, 0, 1, 2, 3, 4)


def instance_norm(call: Call) -> Made:
    return call.made(Norm("instance", 1), call.value(0).shape, 0, 1, 2)


def group_norm(call: Call) -> Made:
    return call.made(Norm("group", 1, call.whole("num_groups", 1)), call.value(0).shape, 0, 1, 2)


def layer_norm(call: Call) -> Made:
    shape = call.shape(0)
    axis = call.axis(call.whole("axis", -1), len(shape))
    name = "rms" if "RMS" in call.op or "Simplified" in call.op else "layer"
    places = (0, 1) if name == "rms" else (0, 1, 2)
    means: Shape = (*shape[:axis], *(1,) * (len(shape) - axis))
    inputs = tuple(call.get(i) for i in places)
    return Made(Norm(name, axis), (shape, *(means,) * (call.outputs - 1)), inputs)


def plain_norm(call: Call) -> Made:
    """A norm without scale and shift, over one axis or over all positions."""
    shape = call.shape(0)
    if call.op == "LpNormalization":
        return call.made(Norm("l2", call.axis(call.whole("axis", -1), len(shape))), shape, 0)
    return call.made(Norm("instance", 1), shape, 0)


def axes_of(call: Call, index: int, since: int) -> tuple[int, ...] | None:
    """The axes of an operator, which were an attribute before an opset and are an input since."""
    if call.opset < since or "axes" in call.attributes:
        return call.wholes("axes")
    if call.has(index) and call.numbers(index) is None:
        raise DscalcError("its axes depend on numbers that only a run has")
    return call.numbers(index)


def reduce(call: Call) -> Made:
    shape = call.shape(0)
    name = call.op.removeprefix("Reduce").lower()
    axes = axes_of(call, 1, 13 if call.op == "ReduceSum" else 18)
    if not axes and call.whole("noop_with_empty_axes", 0):
        return identity(call)
    gone = {call.axis(axis, len(shape)) for axis in axes} if axes else set(range(len(shape)))
    return _reduced(call, shape, name, gone, bool(call.whole("keepdims", 1)))


def arg_reduce(call: Call) -> Made:
    shape = call.shape(0)
    gone = {call.axis(call.whole("axis", 0), len(shape))}
    return _reduced(call, shape, call.op.lower(), gone, bool(call.whole("keepdims", 1)))


def global_pool(call: Call) -> Made:
    name = {"Average": "mean", "Max": "max", "Lp": "l2"}[call.op[len("Global") : -len("Pool")]]
    shape = call.shape(0)
    return _reduced(call, shape, name, set(range(2, len(shape))), True)


def _reduced(call: Call, shape: Shape, name: str, gone: set[int], keep: bool) -> Made:
    kept = tuple(
        1 if axis in gone else side for axis, side in enumerate(shape) if keep or axis not in gone
    )
    return call.made(Reduce(name, tuple(sorted(gone)), keep), kept, 0)


def cumulative(call: Call) -> Made:
    return call.made(Opaque("a running sum"), call.value(0).shape, 0)


def rotary(call: Call) -> Made:
    """RotaryEmbedding: pairs of channels turned by stored angles."""
    return call.made(Arithmetic("rotate"), call.value(0).shape, 0)


def window(call: Call) -> Made:
    """HannWindow and its like: stored numbers but for the name."""
    return call.made(Opaque("a window"), call.numbers(0) or (None,))


def random(call: Call) -> Made:
    """Random numbers, and EyeLike: a tensor that comes in gives its sides alone."""
    like = call.op.endswith("Like") or call.op == "Bernoulli"
    return call.made(
        Opaque("numbers made from nothing"), call.shape(0) if like else call.wholes("shape")
    )


def dynamic_quantise(call: Call) -> Made:
    """The map in whole numbers, its scale and zero point, which stand for what a run measures."""
    return Made(None, (call.value(0).shape, (), ()), (call.value(0),))


IDENTITIES = (
    "Identity",
    "BitCast",
    "Cast",
    "CastLike",
    "Dropout",
    "QuantizeLinear",
    "DequantizeLinear",
)


FUNCTIONS = (
    *("Relu", "Sigmoid", "Tanh", "Exp", "Log", "Sqrt", "Reciprocal", "Abs", "Neg", "Floor", "Ceil"),
    *("Round", "Clip", "LeakyRelu", "Elu", "Selu", "Celu", "ThresholdedRelu", "HardSigmoid"),
    *("HardSwish", "Softplus", "Softsign", "Gelu", "Mish", "Swish", "Erf", "Sign", "Sin", "Cos"),
    *("Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Not", "IsNaN"),
    *("IsInf", "Shrink", "BitwiseNot", "com.microsoft.Gelu", "com.microsoft.FastGelu"),
    "com.microsoft.QuickGelu",
)


ARITHMETIC = {
    "Add": "add",
    "Sub": "subtract",
    "Mul": "multiply",
    "Div": "divide",
    "Sum": "add",
    "Mod": "modulo",
    "Pow": "power",
    "Max": "maximum",
    "Min": "minimum",
    "Mean": "mean",
    **dict.fromkeys(("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"), "compare"),
    **dict.fromkeys(("And", "Or", "Xor", "BitwiseAnd", "BitwiseOr", "BitwiseXor"), "logic"),
    "Where": "where",
    "BitShift": "shift",
}


REDUCTIONS = ("Mean", "Max", "Sum", "Min", "Prod", "L1", "L2", "LogSum", "LogSumExp", "SumSquare")


RULES: dict[str, Rule] = {
    **dict.fromkeys(IDENTITIES, identity),
    **dict.fromkeys(FUNCTIONS, activation),
    **dict.fromkeys(ARITHMETIC, arithmetic),
    **dict.fromkeys((f"Reduce{name}" for name in REDUCTIONS), reduce),
    **dict.fromkeys(("Softmax", "LogSoftmax", "Hardmax"), softmax),
    **dict.fromkeys(("ArgMax", "ArgMin"), arg_reduce),
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"), global_pool),
    **dict.fromkeys(("RandomNormal", "RandomUniform", "Bernoulli"), random),
    **dict.fromkeys(("RandomNormalLike", "RandomUniformLike"), random),
    "PRelu": prelu,
    "LRN": local_norm,
    "BatchNormalization": batch_norm,
    "InstanceNormalization": instance_norm,
    "GroupNormalization": group_norm,
    **dict.fromkeys(("LayerNormalization", "RMSNormalization"), layer_norm),
    "SimplifiedLayerNormalization": layer_norm,
    **dict.fromkeys(("LpNormalization", "MeanVarianceNormalization"), plain_norm),
    **dict.fromkeys(("CumSum", "CumProd"), cumulative),
    "EyeLike": random,
    "RotaryEmbedding": rotary,
    **dict.fromkeys(("HannWindow", "HammingWindow", "BlackmanWindow"), window),
    "DynamicQuantizeLinear": dynamic_quantise,
}
