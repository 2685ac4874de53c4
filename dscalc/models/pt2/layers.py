"""Rules of ATen operators that have weights, multiply two maps, pool, or norm."""

from __future__ import annotations

from math import prod

from dscalc.errors import DscalcError
from dscalc.models.kinds import (
    AdaptivePool,
    Arithmetic,
    Attention,
    Conv,
    ConvTranspose,
    Linear,
    Norm,
    Opaque,
    Pads,
    Pool,
    Recurrent,
    Reduce,
)
from dscalc.models.products import einstein_product, matrix_product
from dscalc.models.pt2.call import Call, Rule, Sides

GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}


def conv(call: Call) -> None:
    """conv1d to conv3d, and convolution, which is transposed if it says so."""
    if call.whole("transposed", 0):
        conv_transpose(call)
        return
    x, w, b = call.tensor("input"), call.tensor("weight"), call.tensor("bias")
    weights = call.shape(w)
    kernel = weights[2:]
    count = len(kernel)
    _batched(call, x, count)
    stride, dilation = call.each("stride", count, 1), call.each("dilation", count, 1)
    groups = call.whole("groups", 1)
    if weights[1] * groups != call.shape(x)[1] or weights[0] != call.made()[1]:
        raise DscalcError(f"weights of the shape {list(weights)} on {list(call.shape(x))}")
    same = call.text("padding") == "same"
    if call.text("padding"):
        reach = [d * (k - 1) if same else 0 for d, k in zip(dilation, kernel, strict=True)]
        pads: Pads = tuple((r // 2, r - r // 2) for r in reach)
    else:
        pads = tuple((p, p) for p in call.each("padding", count, 0))
    if not call.stored(w):
        cost = prod(call.made()) * weights[1] * prod(kernel)
        call.write(Opaque("a convolution with computed weights", cost), [x, w, b])
        return
    call.write(Conv(kernel, stride, pads, dilation, groups, 1, same), [x, w, b])


def conv_transpose(call: Call) -> None:
    x, w, b = call.tensor("input"), call.tensor("weight"), call.tensor("bias")
    weights = call.shape(w)
    kernel = weights[2:]
    count = len(kernel)
    _batched(call, x, count)
    pads: Pads = tuple((p, p) for p in call.each("padding", count, 0))
    if not call.stored(w):
        cost = prod(call.shape(x)) * weights[1] * prod(kernel)
        call.write(Opaque("a convolution with computed weights", cost), [x, w, b])
        return
    kind = ConvTranspose(
        kernel,
        call.each("stride", count, 1),
        pads,
        call.each("dilation", count, 1),
        call.whole("groups", 1),
        1,
        call.each("output_padding", count, 0),
    )
    call.write(kind, [x, w, b])


def _batched(call: Call, x: str, spatial: int) -> None:
    if len(call.shape(x)) != spatial + 2:
        raise DscalcError(f"a map of the shape {list(call.shape(x))} has no axis for the batch")


def deform_conv(call: Call) -> None:
    x, w = call.tensor("input"), call.tensor("weight")
    cost = prod(call.made()) * prod(call.shape(w)[1:])
    kind = Opaque("a deformable convolution", cost, weights=True)
    call.write(kind, [x, w, call.tensor("offset"), call.tensor("mask"), call.tensor("bias")])


def linear(call: Call) -> None:
    x, w, b = call.tensor("input"), call.tensor("weight"), call.tensor("bias")
    left, right = call.shape(x), call.shape(w)[::-1]
    kind, shape, _ = matrix_product(left, right, (False, call.stored(w)))
    if shape != call.made():
        raise DscalcError(f"{list(left)} through {list(right)} does not make {list(call.made())}")
    if isinstance(kind, Linear) or not b:
        call.write(kind, [x, w, b])
        return
    middle = call.temporary(shape)
    call.write(kind, [x, w], [middle])
    call.write(Arithmetic("add"), [middle, b])


def product(call: Call) -> None:
    """matmul, mm, bmm: a and b; addmm, baddbmm: what is added first."""
    added = call.tensor("self") if call.op in ("addmm", "baddbmm", "addbmm") else ""
    a, b = [name for name in call.every() if name != added or not added][:2]
    kind, shape, swapped = matrix_product(
        call.shape(a), call.shape(b), (call.stored(a), call.stored(b))
    )
    pair = [b, a] if swapped else [a, b]
    if not added:
        call.write(kind, pair)
    elif isinstance(kind, Linear) and call.stored(added):
        call.write(kind, [*pair, added])
    else:
        middle = call.temporary(shape)
        call.write(kind, pair, [middle])
        call.write(Arithmetic("add"), [middle, added])


def einsum(call: Call) -> None:
    names = call.tensors("tensors")
    stored = tuple(call.stored(name) for name in names)
    shapes = tuple(call.shape(name) for name in names)
    kind, _, swapped = einstein_product(call.text("equation"), shapes, stored)
    call.write(kind, names[::-1] if swapped else names)


def attention(call: Call) -> None:
    q, k, v = (call.tensor(name) for name in ("query", "key", "value"))
    queries, keys, values = call.shape(q), call.shape(k), call.shape(v)
    if min(map(len, (queries, keys, values))) < 2:
        raise DscalcError(f"attention of the shape {list(queries)}")
    heads = queries[-3] if len(queries) > 3 else 1
    kv_heads = keys[-3] if len(keys) > 3 else 1
    kind = Attention(heads, kv_heads, queries[-2], keys[-2], queries[-1], values[-1])
    call.write(kind, [q, k, v, call.tensor("attn_mask")])


def recurrent(call: Call) -> None:
    """lstm, gru, rnn of several layers: one operator a layer, as they run."""
    if "data" in call.arguments:
        raise DscalcError("packed sequences are not read: export it on padded ones")
    weights = call.tensors("params")
    layers, both = call.whole("num_layers", 1), call.whole("bidirectional", 0)
    directions = 2 if both else 1
    each = len(weights) // max(1, layers * directions)
    if each not in (2, 4) or each * layers * directions != len(weights):
        raise DscalcError(f"{len(weights)} weights for {layers} layers: projections have no law")
    x = call.tensor("input")
    shape = call.shape(x)
    if len(shape) != 3:
        raise DscalcError(f"a map of the shape {list(shape)} has no axis for the batch")
    steps = shape[1] if call.whole("batch_first", 0) else shape[0]
    for layer in range(layers):
        own = weights[layer * each * directions : (layer + 1) * each * directions]
        features, hidden = call.shape(x)[-1], call.shape(own[1])[-1]
        if call.shape(own[0]) != (GATES[call.op] * hidden, features):
            raise DscalcError(f"{features} numbers come in, its weights are {call.shape(own[0])}")
        kind = Recurrent(call.op.partition("_")[0], features, hidden, directions, steps)
        last = layer == layers - 1
        out = call.outputs[0] if last else call.temporary((*shape[:2], hidden * directions))
        call.write(kind, [x, *own], call.outputs if last else [out])
        x = out


def batch_norm(call: Call) -> None:
    names = ("weight", "bias", "running_mean", "running_var")
    kind = Norm("instance" if call.op == "instance_norm" else "batch", 1)
    call.write(kind, [call.tensor("input"), *(call.tensor(name) for name in names)], call.outputs)


def layer_norm(call: Call) -> None:
    axis = len(call.shape(call.tensor("input"))) - len(call.wholes("normalized_shape"))
    kind = Norm("rms" if "rms" in call.op else "layer", axis)
    call.write(kind, [call.tensor("input"), call.tensor("weight"), call.tensor("bias")])


def group_norm(call: Call) -> None:
    groups = call.whole("num_groups", call.whole("group", 1))
    names = [call.tensor("input"), call.tensor("weight"), call.tensor("bias")]
    call.write(Norm("group", 1, groups), names)


def local_norm(call: Call) -> None:
    call.write(Norm("local", 1), [call.first()])


def pool(call: Call) -> None:
    kernel = call.wholes("kernel_size")
    count = len(call.shape(call.first())) - 2
    kernel = kernel * count if len(kernel) == 1 else kernel
    stride = call.each("stride", count, 0) if call.wholes("stride") else kernel
    pads: Pads = tuple((p, p) for p in call.each("padding", count, 0))
    name = "max" if call.op.startswith("max") else "average"
    dilation = call.each("dilation", count, 1)
    ceil = bool(call.whole("ceil_mode", 0))
    call.write(Pool(name, kernel, stride, pads, 1, dilation, ceil), [call.first()])


def adaptive_pool(call: Call) -> None:
    """To one position it is a reduction."""
    count = len(call.shape(call.first())) - 2
    size: Sides = call.made()[2:]
    maximum = "max" in call.op
    if prod(size) == 1:
        kind = Reduce("max" if maximum else "mean", tuple(range(2, 2 + count)), True)
        call.write(kind, [call.first()])
    else:
        call.write(AdaptivePool("max" if maximum else "average", size, 1), [call.first()])


RULES: dict[str, Rule] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "convolution", "_convolution"), conv),
    **dict.fromkeys((f"conv_transpose{d}d" for d in (1, 2, 3)), conv_transpose),
    "deform_conv2d": deform_conv,
    "linear": linear,
    **dict.fromkeys(("matmul", "mm", "bmm", "addmm", "baddbmm", "mv", "dot", "vdot"), product),
    "einsum": einsum,
    "scaled_dot_product_attention": attention,
    **dict.fromkeys(GATES, recurrent),
    **dict.fromkeys(("batch_norm", "_native_batch_norm_legit_no_training"), batch_norm),
    "instance_norm": batch_norm,
    **dict.fromkeys(("layer_norm", "native_layer_norm", "rms_norm", "_fused_rms_norm"), layer_norm),
    **dict.fromkeys(("group_norm", "native_group_norm"), group_norm),
    "local_response_norm": local_norm,
    **dict.fromkeys((f"{m}_pool{d}d" for m in ("max", "avg") for d in (1, 2, 3)), pool),
    **dict.fromkeys((f"max_pool{d}d_with_indices" for d in (2, 3)), pool),
    **dict.fromkeys(
        (f"{p}adaptive_{m}_pool{d}d" for p in ("", "_") for m in ("max", "avg") for d in (1, 2, 3)),
        adaptive_pool,
    ),
}
