"""Rules of ONNX operators that have weights, or multiply two maps, and of pools and norms."""

from __future__ import annotations

from math import prod

from dscalc.errors import DscalcError
from dscalc.models.graph import (
    Activation,
    Arithmetic,
    Attention,
    Conv,
    ConvTranspose,
    Linear,
    Matmul,
    Norm,
    Opaque,
    Pads,
    Pool,
    Recurrent,
    Reduce,
    Shape,
)
from dscalc.models.onnx.call import Call, Made, Then, Value
from dscalc.models.onnx.shapes import Rule, broadcast

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def _spatial(call: Call, name: str, axes: int, default: int = 1) -> tuple[int, ...]:
    numbers = call.wholes(name) or (default,) * axes
    if len(numbers) != axes or min(numbers) < 1:
        raise DscalcError(f"{name} {list(numbers)} for {axes} spatial axes")
    return numbers


def _same_pads(sides: tuple[int, ...], reach: list[int], stride: tuple[int, ...], up: bool) -> Pads:
    pads = []
    for side, width, step in zip(sides, reach, stride, strict=True):
        total = max(0, (-(-side // step) - 1) * step + width - side)
        pads.append((total // 2, total - total // 2) if up else (total - total // 2, total // 2))
    return tuple(pads)


def _pads(
    call: Call, sides: tuple[int, ...], reach: list[int], stride: tuple[int, ...]
) -> tuple[Pads, bool]:
    """Positions before and behind, and whether the file says SAME."""
    auto = call.text("auto_pad", "NOTSET")
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        return _same_pads(sides, reach, stride, auto == "SAME_UPPER"), True
    numbers = call.wholes("pads") if auto == "NOTSET" else None
    numbers = numbers or (0,) * 2 * len(sides)
    if len(numbers) != 2 * len(sides) or min(numbers) < 0:
        raise DscalcError(f"pads {list(numbers)} for {len(sides)} spatial axes")
    return tuple(zip(numbers[: len(sides)], numbers[len(sides) :], strict=True)), False


def _positions(
    sides: tuple[int, ...],
    pads: Pads,
    reach: list[int],
    stride: tuple[int, ...],
    ceil: bool = False,
) -> tuple[int, ...]:
    """How many places a window has on each axis; the last one of `ceil` begins inside."""
    found = []
    for side, (before, behind), width, step in zip(sides, pads, reach, stride, strict=True):
        room = side + before + behind - width
        if room < 0:
            raise DscalcError(f"a window of {width} positions on {side + before + behind}")
        count = (-(-room // step) if ceil else room // step) + 1
        found.append(count - 1 if ceil and (count - 1) * step >= side + before else count)
    return tuple(found)


def _reach(kernel: tuple[int, ...], dilation: tuple[int, ...]) -> list[int]:
    return [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]


def conv(call: Call) -> Made:
    return _conv(call, 0, 1, 2)


def conv_integer(call: Call) -> Made:
    return _conv(call, 0, 1, 9)  # inputs 2 and 3 are zero points, there is no bias


def qlinear_conv(call: Call) -> Made:
    return _conv(call, 0, 3, 8)


def fused_conv(call: Call) -> Made:
    """onnxruntime's: a convolution, an added map if there is one, an activation."""
    made = _conv(call, 0, 1, 2)
    then = [Then(Arithmetic("add"), (call.value(3),))] if call.has(3) else []
    if call.text("activation"):
        then.append(Then(Activation(call.text("activation").lower())))
    return made._replace(then=tuple(then))


def _conv(call: Call, x: int, w: int, b: int) -> Made:
    batch, channels, *rest = call.known(x)
    sides, weights = tuple(rest), call.known(w)
    kernel = weights[2:]
    groups = call.whole("group", 1)
    if len(weights) != len(sides) + 2 or not sides:
        raise DscalcError(f"weights of the shape {list(weights)} on {list(call.known(x))}")
    if groups < 1 or weights[1] * groups != channels or weights[0] % groups:
        raise DscalcError(
            f"weights of the shape {list(weights)} in {groups} groups on {channels} channels"
        )
    stride, dilation = (_spatial(call, name, len(sides)) for name in ("strides", "dilations"))
    reach = _reach(kernel, dilation)
    pads, same = _pads(call, sides, reach, stride)
    shape = (batch, weights[0], *_positions(sides, pads, reach, stride))
    if not call.value(w).constant:
        cost = prod(shape) * weights[1] * prod(kernel)
        return Made(Opaque("a convolution with computed weights", cost), (shape,), call.inputs)
    return call.made(Conv(kernel, stride, pads, dilation, groups, 1, same), shape, x, w, b)


def conv_transpose(call: Call) -> Made:
    batch, channels, *rest = call.known(0)
    sides, weights = tuple(rest), call.known(1)
    kernel, groups = weights[2:], call.whole("group", 1)
    if len(weights) != len(sides) + 2 or weights[0] != channels or groups < 1:
        raise DscalcError(f"weights of the shape {list(weights)} on {list(call.known(0))}")
    stride, dilation = (_spatial(call, name, len(sides)) for name in ("strides", "dilations"))
    extra = call.wholes("output_padding") or (0,) * len(sides)
    full = [
        (side - 1) * s + r + e
        for side, s, r, e in zip(sides, stride, _reach(kernel, dilation), extra, strict=True)
    ]
    target = call.wholes("output_shape")
    if target is None and call.text("auto_pad", "NOTSET").startswith("SAME"):
        target = tuple(side * s for side, s in zip(sides, stride, strict=True))
    if target is not None:
        cut = [max(0, f - t) for f, t in zip(full, target[-len(sides) :], strict=True)]
        pads: Pads = tuple((c // 2, c - c // 2) for c in cut)
    else:
        pads, _ = _pads(call, sides, [], ())
    out = tuple(f - sum(p) for f, p in zip(full, pads, strict=True))
    if min(out) < 1:
        raise DscalcError(f"pads {list(pads)} leave nothing of {full}")
    if not call.value(1).constant:
        cost = batch * channels * prod(sides) * weights[1] * prod(kernel)
        shape: Shape = (batch, weights[1] * groups, *out)
        return Made(Opaque("a convolution with computed weights", cost), (shape,), call.inputs)
    kind = ConvTranspose(kernel, stride, pads, dilation, groups, 1, extra)
    return call.made(kind, (batch, weights[1] * groups, *out), 0, 1, 2)


def deform_conv(call: Call) -> Made:
    batch, _, *_ = call.known(0)
    weights, offsets = call.known(1), call.known(2)
    shape = (batch, weights[0], *offsets[2:])
    kind = Opaque("a deformable convolution", prod(shape) * prod(weights[1:]), weights=True)
    return call.made(kind, shape, 0, 1, 3)


def pool(call: Call) -> Made:
    batch, channels, *rest = call.known(0)
    sides = tuple(rest)
    kernel = _spatial(call, "kernel_shape", len(sides))
    stride, dilation = (_spatial(call, name, len(sides)) for name in ("strides", "dilations"))
    reach = _reach(kernel, dilation)
    pads, same = _pads(call, sides, reach, stride)
    ceil = bool(call.whole("ceil_mode", 0))
    name = {"Max": "max", "Average": "average", "Lp": "lp"}[call.op.removesuffix("Pool")]
    shape = (batch, channels, *_positions(sides, pads, reach, stride, ceil))
    kind = Pool(name, kernel, stride, pads, 1, dilation, ceil, same)
    return Made(kind, (shape,) * call.outputs, (call.value(0),))


def gemm(call: Call) -> Made:
    left, right = call.known(0), call.known(1)
    if len(left) != 2 or len(right) != 2:
        raise DscalcError(f"a product of the shapes {list(left)} and {list(right)}")
    rows, inner = left[::-1] if call.whole("transA", 0) else left
    other, columns = right[::-1] if call.whole("transB", 0) else right
    if inner != other:
        raise DscalcError(f"{inner} numbers come in and its weights take {other}")
    shape = (rows, columns)
    added = call.get(2)
    if not call.value(1).constant or call.whole("transA", 0):
        then = (Then(Arithmetic("add"), (added,)),) if added else ()
        return Made(Matmul(inner), (shape,), (call.value(0), call.value(1)), then)
    if added and not added.constant:
        then = (Then(Arithmetic("add"), (added,)),)
        return Made(Linear(1), (shape,), (call.value(0), call.value(1)), then)
    return call.made(Linear(1), shape, 0, 1, 2)


def matmul(call: Call) -> Made:
    return _matmul(call, 0, 1)


def qlinear_matmul(call: Call) -> Made:
    return _matmul(call, 0, 3)


def _matmul(call: Call, a: int, b: int) -> Made:
    left, right = call.known(a), call.known(b)
    if not left or not right:
        raise DscalcError("a product with a single number")
    rows, columns = left[-2:-1], right[-1:] if len(right) > 1 else ()
    inner, other = left[-1], right[-2] if len(right) > 1 else right[0]
    if inner != other:
        raise DscalcError(f"{inner} numbers come in and its weights take {other}")
    shape = (*(broadcast(call, left[:-2], right[:-2]) or ()), *rows, *columns)
    inputs = (call.value(a), call.value(b))
    if call.value(b).constant and len(right) >= 2 and prod(right[:-2]) == 1 and rows:
        return Made(Linear(len(shape) - 1), (shape,), inputs)
    if call.value(a).constant and len(left) >= 2 and prod(left[:-2]) == 1 and columns:
        return Made(Linear(len(shape) - 2), (shape,), inputs[::-1])
    return Made(Matmul(inner), (shape,), inputs)


def einsum(call: Call) -> Made:
    """A product of two: what is summed follows from the letters that the output leaves out."""
    terms, _, result = call.text("equation").replace(" ", "").partition("->")
    letters = terms.split(",")
    shapes = [call.known(i) for i in range(len(call.inputs))]
    if "." in terms or not result or len(letters) != len(shapes) or len(shapes) > 2:
        raise DscalcError(f"the equation '{terms}->{result}' is none that is read here")
    sides: dict[str, int] = {}
    for term, shape in zip(letters, shapes, strict=True):
        for letter, side in zip(term, shape, strict=True):
            if sides.setdefault(letter, side) != side and 1 not in (side, sides[letter]):
                raise DscalcError(f"'{letter}' is {sides[letter]} and {side}")
            sides[letter] = max(side, sides[letter])
    summed = [letter for letter in sides if letter not in result]
    shape = tuple(sides[letter] for letter in result)
    if len(shapes) == 1:
        return call.made(Reduce("sum", (), False), shape, 0)
    return call.made(_product(call, letters, result, summed, sides), shape, 0, 1)


def _product(
    call: Call, letters: list[str], result: str, summed: list[str], sides: dict[str, int]
) -> Linear | Matmul:
    x, w = letters
    if len(summed) == 1 and len(w) == 2 and call.value(1).constant and summed[0] in w:
        (new,) = (letter for letter in w if letter != summed[0])
        if x.replace(summed[0], new) == result:
            return Linear(result.index(new))
    return Matmul(prod(sides[letter] for letter in summed))


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


def recurrent(call: Call) -> Made:
    """X [steps, batch, M], W [directions, gates·N, M], R [directions, gates·N, N]."""
    return _recurrent(call, call.op, call.known(1)[-1], call.known(2)[-1])


def quantised_lstm(call: Call) -> Made:
    """onnxruntime's: W [directions, M, 4·N] and R [directions, N, 4·N] in whole numbers."""
    return _recurrent(call, "LSTM", call.known(1)[-2], call.known(2)[-2])


def _recurrent(call: Call, op: str, features: int, hidden: int) -> Made:
    first, second, incoming = call.known(0)
    directions = 2 if call.text("direction", "forward") == "bidirectional" else 1
    weights = (directions * GATES[op] * hidden * features, directions * GATES[op] * hidden**2)
    if incoming != features or (prod(call.known(1)), prod(call.known(2))) != weights:
        raise DscalcError(
            f"{incoming} numbers come in, {hidden} go out, and its weights have the shapes "
            f"{list(call.known(1))} and {list(call.known(2))}"
        )
    if call.has(7):
        raise DscalcError("an LSTM with peepholes has no law here: export it without them")
    if not (call.value(1).constant and call.value(2).constant):
        raise DscalcError("recurrent weights that a run computes have no law here")
    early = bool(call.whole("layout", 0))
    steps, batch = (second, first) if early else (first, second)
    outputs = (batch, steps, directions, hidden) if early else (steps, directions, batch, hidden)
    last = (batch, directions, hidden) if early else (directions, batch, hidden)
    kind = Recurrent(op.lower(), features, hidden, directions, steps)
    return Made(
        kind, (outputs, last, last)[: call.outputs], tuple(call.get(i) for i in (0, 1, 2, 3))
    )


def prelu(call: Call) -> Made:
    return call.made(Activation("prelu"), call.value(0).shape, 0, 1)


def attention(call: Call) -> Made:
    """ONNX's Attention (opset 23): 4 axes with the heads second, or 3 with them in the channels."""
    return _attention(call, call.whole("q_num_heads", 0), call.whole("kv_num_heads", 0), 4)


def multi_head(call: Call) -> Made:
    """onnxruntime's MultiHeadAttention: batch, positions, channels; biases of the projections."""
    heads = call.whole("num_heads", 0)
    if not (call.has(1) and call.has(2)) or call.has(3) or call.has(6):
        raise DscalcError("packed, biased or cached attention is not read: export it unfused")
    return _attention(call, heads, heads, 99)


def _attention(call: Call, heads: int, kv_heads: int, past: int) -> Made:
    q, k, v = (call.known(i) for i in range(3))
    if call.has(past):
        raise DscalcError("attention with a cache is not read: export it without")
    if len(q) == len(k) == len(v) == 3 and heads and kv_heads:
        queries, keys, key, value = q[1], k[1], q[2] // heads, v[2] // kv_heads
        shape: Shape = (q[0], queries, heads * value)
    elif len(q) == len(k) == len(v) == 4:
        (_, heads, queries, key), (_, kv_heads, keys, _), value = q, k, v[3]
        shape = (q[0], heads, queries, value)
    else:
        raise DscalcError(f"queries, keys and values of the shapes {list(q)}, {list(k)}, {list(v)}")
    return call.made(Attention(heads, kv_heads, queries, keys, key, value), shape, 0, 1, 2)


def dynamic_quantise(call: Call) -> Made:
    """The map in whole numbers, its scale and zero point, which stand for what a run measures."""
    return Made(None, (call.value(0).shape, (), ()), (call.value(0),))


def integer_to_float(call: Call) -> Made:
    """onnxruntime's MatMulIntegerToFloat (bias at 6) and DynamicQuantizeMatMul (bias at 4)."""
    made = _matmul(call, 0, 1)
    bias: Value | None = call.get(6 if call.op.endswith("ToFloat") else 4)
    return made._replace(inputs=(*made.inputs, bias)) if isinstance(made.kind, Linear) else made


def fused_matmul(call: Call) -> Made:
    if call.whole("transA", 0) or call.whole("transB", 0) or call.whole("transBatchA", 0):
        raise DscalcError("a fused product of transposed maps is not read: export it unfused")
    return _matmul(call, 0, 1)


RULES: dict[str, Rule] = {
    "Conv": conv,
    "ConvInteger": conv_integer,
    "QLinearConv": qlinear_conv,
    "com.microsoft.FusedConv": fused_conv,
    "ConvTranspose": conv_transpose,
    "DeformConv": deform_conv,
    **dict.fromkeys(("MaxPool", "AveragePool", "LpPool"), pool),
    "Gemm": gemm,
    **dict.fromkeys(("MatMul", "MatMulInteger"), matmul),
    "QLinearMatMul": qlinear_matmul,
    "com.microsoft.FusedMatMul": fused_matmul,
    "com.microsoft.MatMulIntegerToFloat": integer_to_float,
    "com.microsoft.DynamicQuantizeMatMul": integer_to_float,
    "Einsum": einsum,
    "BatchNormalization": batch_norm,
    "InstanceNormalization": instance_norm,
    "GroupNormalization": group_norm,
    **dict.fromkeys(("LayerNormalization", "RMSNormalization"), layer_norm),
    "SimplifiedLayerNormalization": layer_norm,
    **dict.fromkeys(("LpNormalization", "MeanVarianceNormalization"), plain_norm),
    **dict.fromkeys(("LSTM", "GRU", "RNN"), recurrent),
    "com.microsoft.DynamicQuantizeLSTM": quantised_lstm,
    "PRelu": prelu,
    "Attention": attention,
    "com.microsoft.MultiHeadAttention": multi_head,
    "DynamicQuantizeLinear": dynamic_quantise,
}
