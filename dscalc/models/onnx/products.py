"""Rules of ONNX operators that multiply matrices: linear layers, recurrent ones, attention."""

from __future__ import annotations

from math import prod

from dscalc.errors import DscalcError
from dscalc.models.graph import Shape
from dscalc.models.kinds import Arithmetic, Attention, Linear, Matmul, Opaque, Recurrent
from dscalc.models.onnx.call import Call, Made, Rule, Then
from dscalc.models.products import einstein_product, matrix_product

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


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


def integer_to_float(call: Call) -> Made:
    """onnxruntime's MatMulIntegerToFloat (bias at 6) and DynamicQuantizeMatMul (bias at 4)."""
    made = _matmul(call, 0, 1)
    bias = call.get(6 if call.op.endswith("ToFloat") else 4)
    return made._replace(inputs=(*made.inputs, bias)) if isinstance(made.kind, Linear) else made


def fused_matmul(call: Call) -> Made:
    if call.whole("transA", 0) or call.whole("transB", 0) or call.whole("transBatchA", 0):
        raise DscalcError("a fused product of transposed maps is not read: export it unfused")
    return _matmul(call, 0, 1)


def _matmul(call: Call, a: int, b: int) -> Made:
    left, right = call.value(a), call.value(b)
    stored = (left.constant, right.constant)
    kind, shape, swapped = matrix_product(call.known(a), call.known(b), stored)
    return Made(kind, (shape,), (right, left) if swapped else (left, right))


def einsum(call: Call) -> Made:
    inputs = tuple(call.value(i) for i in range(len(call.inputs)))
    if len(inputs) == 1:
        return _rearranged(call)
    shapes = tuple(call.known(i) for i in range(len(inputs)))
    stored = tuple(value.constant for value in inputs)
    kind, shape, swapped = einstein_product(call.text("equation"), shapes, stored)
    return Made(kind, (shape,), inputs[::-1] if swapped else inputs)


def _rearranged(call: Call) -> Made:
    """An einsum of one: axes in another order, some summed."""
    term, _, result = call.text("equation").replace(" ", "").partition("->")
    shape = call.known(0)
    if len(term) != len(shape) or not set(result) <= set(term) or not (term + "a").isalpha():
        raise DscalcError(f"the equation '{term[:60]}->{result[:60]}' is none that is read here")
    sides = tuple(shape[term.index(letter)] for letter in result)
    return call.made(Opaque("a sum over axes"), sides, 0)


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


def attention(call: Call) -> Made:
    """ONNX's Attention (opset 23): 4 axes with the heads second, or 3 with them in the channels."""
    return _attention(call, call.whole("q_num_heads", 0), call.whole("kv_num_heads", 0), 3, 4)


def multi_head(call: Call) -> Made:
    """onnxruntime's MultiHeadAttention: batch, positions, channels."""
    heads = call.whole("num_heads", 0)
    if not (call.has(1) and call.has(2)) or call.has(3):
        raise DscalcError("packed or biased attention is not read: export it unfused")
    return _attention(call, heads, heads, 5, 6)


def _attention(call: Call, heads: int, kv_heads: int, added: int, past: int) -> Made:
    """`added` is the input with the mask, `past` that by which keys of earlier runs come in."""
    q, k, v = (call.known(i) for i in range(3))
    earlier = call.known(past)[-2] if call.has(past) else 0
    if len(q) == len(k) == len(v) == 3 and heads and kv_heads:
        queries, keys, key, value = q[1], k[1], q[2] // heads, v[2] // kv_heads
        shape: Shape = (q[0], queries, heads * value)
    elif len(q) == len(k) == len(v) == 4:
        (_, heads, queries, key), (_, kv_heads, keys, _), value = q, k, v[3]
        shape = (q[0], heads, queries, value)
    else:
        raise DscalcError(f"queries, keys and values of the shapes {list(q)}, {list(k)}, {list(v)}")
    if min(heads, kv_heads, key, value) < 1:
        raise DscalcError(f"{heads} heads of {key} and {value} channels")
    keys += earlier
    present = [(q[0], kv_heads, keys, width) for width in (key, value)]
    scores = (q[0], heads, queries, keys)
    kind = Attention(heads, kv_heads, queries, keys, key, value)
    return Made(
        kind, (shape, *present, scores)[: call.outputs], (*call.inputs[:3], call.get(added))
    )


RULES: dict[str, Rule] = {
    "Gemm": gemm,
    **dict.fromkeys(("MatMul", "MatMulInteger"), matmul),
    "QLinearMatMul": qlinear_matmul,
    "com.microsoft.FusedMatMul": fused_matmul,
    "com.microsoft.MatMulIntegerToFloat": integer_to_float,
    "com.microsoft.DynamicQuantizeMatMul": integer_to_float,
    "Einsum": einsum,
    **dict.fromkeys(("LSTM", "GRU", "RNN"), recurrent),
    "com.microsoft.DynamicQuantizeLSTM": quantised_lstm,
    "Attention": attention,
    "com.microsoft.MultiHeadAttention": multi_head,
}
