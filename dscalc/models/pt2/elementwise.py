"""Rules of ATen operators that keep the shape, reduce axes, or make numbers from nothing."""

from __future__ import annotations

from dscalc.models.kinds import Activation, Arithmetic, Opaque, Reduce, Softmax, Split
from dscalc.models.pt2.call import Call, Rule, words


def activation(call: Call) -> None:
    call.write(Activation(call.op.rstrip("_")), [call.first()])


def prelu(call: Call) -> None:
    call.write(Activation("prelu"), [call.first(), call.tensor("weight")])


def softmax(call: Call) -> None:
    call.write(Softmax(call.axis(call.whole("dim", -1))), [call.first()])


def arithmetic(call: Call) -> None:
    call.write(Arithmetic(ARITHMETIC[call.op.rstrip("_")]), call.every())


def glu(call: Call) -> None:
    """Half of the channels gate the other half."""
    x = call.first()
    axis = call.axis(call.whole("dim", -1))
    half = call.made()
    parts = [call.temporary(half) for _ in range(3)]
    call.write(Split(axis, (half[axis],) * 2), [x], parts[:2])
    call.write(Activation("sigmoid"), [parts[1]], [parts[2]])
    call.write(Arithmetic("multiply"), [parts[0], parts[2]])


def constant(call: Call) -> None:
    """What is filled with numbers: the tensor that it takes gives sides alone."""
    call.write(Opaque("numbers that are the same in every run"), [])


def opaque(call: Call) -> None:
    call.write(Opaque(OPAQUE[call.op]), call.every())


def reduce(call: Call) -> None:
    rank = len(call.shape(call.first()))
    axes = tuple(sorted({call.axis(axis) for axis in call.wholes("dim")}))
    keep = bool(call.whole("keepdim", 0))
    call.write(Reduce(REDUCTIONS[call.op], axes or tuple(range(rank)), keep), [call.first()])


def same(call: Call) -> None:
    call.same()


def nothing(call: Call) -> None:
    """A check that PyTorch makes while it runs."""


FUNCTIONS = words(
    """
    relu relu6 hardtanh silu hardswish hardsigmoid sigmoid tanh gelu leaky_relu elu selu celu mish
    softplus softsign log_sigmoid log_sigmoid_forward exp exp2 log log2 log10 log1p expm1 sqrt rsqrt
    reciprocal abs neg floor ceil round trunc frac sign sin cos tan asin acos atan sinh cosh erf
    square clamp clamp_min clamp_max threshold rrelu hardshrink softshrink logit logical_not
    bitwise_not isnan isinf nan_to_num
    """
)


ARITHMETIC = {
    **dict.fromkeys(words("add addcmul addcdiv lerp"), "add"),
    **dict.fromkeys(words("sub rsub"), "subtract"),
    **dict.fromkeys(words("mul _weight_norm"), "multiply"),
    **dict.fromkeys(words("div floor_divide true_divide"), "divide"),
    **dict.fromkeys(words("remainder fmod"), "modulo"),
    **dict.fromkeys(words("pow"), "power"),
    **dict.fromkeys(words("maximum"), "maximum"),
    **dict.fromkeys(words("minimum"), "minimum"),
    **dict.fromkeys(words("where masked_fill"), "where"),
    **dict.fromkeys(words("eq ne lt le gt ge"), "compare"),
    **dict.fromkeys(words("logical_and logical_or logical_xor __and__ __or__"), "logic"),
    **dict.fromkeys(words("bitwise_and bitwise_or bitwise_xor"), "logic"),
}


REDUCTIONS = {
    **dict.fromkeys(words("mean"), "mean"),
    **dict.fromkeys(words("amax max"), "max"),
    **dict.fromkeys(words("amin min"), "min"),
    **dict.fromkeys(words("var var_mean"), "variance"),
    **dict.fromkeys(words("std std_mean"), "deviation"),
    **dict.fromkeys(words("linalg_vector_norm norm"), "l2"),
    **{name: name for name in words("sum prod argmax argmin logsumexp all any median")},
}


OPAQUE = {
    **dict.fromkeys(words("topk"), "the largest are chosen"),
    **dict.fromkeys(words("sort argsort"), "numbers in order"),
    **dict.fromkeys(words("cumsum cumprod"), "running sums or products"),
    **dict.fromkeys(words("nonzero"), "places of what is not zero"),
    **dict.fromkeys(words("one_hot bucketize"), "numbers in classes"),
    **dict.fromkeys(words("nms"), "boxes are chosen"),
    **dict.fromkeys(words("multinomial bernoulli"), "random choices"),
}


CONSTANTS = words(
    """
    arange zeros ones full empty eye linspace zeros_like ones_like full_like empty_like new_zeros
    new_ones new_full new_empty scalar_tensor rand randn rand_like randn_like tril_indices
    triu_indices
    """
)


IDENTITIES = words(
    """
    dropout feature_dropout alpha_dropout native_dropout contiguous clone detach alias to _to_copy
    lift_fresh lift_fresh_copy type_as float half double int long bool positive resolve_conj
    resolve_neg quantize_per_tensor quantize_per_channel dequantize_per_tensor
    dequantize_per_channel fake_quantize_per_tensor_affine fake_quantize_per_channel_affine
    """
)


SOFTMAXES = words("softmax _softmax log_softmax _log_softmax _safe_softmax")


CHECKS = words(
    """
    _assert_tensor_metadata _assert_scalar _assert_async sym_size sym_constrain_range
    sym_constrain_range_for_size
    """
)


RULES: dict[str, Rule] = {
    **dict.fromkeys(FUNCTIONS, activation),
    **dict.fromkeys(ARITHMETIC, arithmetic),
    **dict.fromkeys(REDUCTIONS, reduce),
    **dict.fromkeys(OPAQUE, opaque),
    **dict.fromkeys(CONSTANTS, constant),
    **dict.fromkeys(IDENTITIES, same),
    **dict.fromkeys(SOFTMAXES, softmax),
    **dict.fromkeys(CHECKS, nothing),
    "prelu": prelu,
    "glu": glu,
}
