"""Rules of ONNX operators with windows: convolutions and pools."""

from __future__ import annotations

from math import prod

from dscalc.errors import DscalcError
from dscalc.law.window import same_pad
from dscalc.models.graph import Shape
from dscalc.models.kinds import (
    Activation,
    Arithmetic,
    Conv,
    ConvTranspose,
    Opaque,
    Pads,
    Pool,
    Rearrange,
)
from dscalc.models.onnx.call import Call, Made, Rule, Then


def _spatial(call: Call, name: str, axes: int, default: int = 1) -> tuple[int, ...]:
    numbers = call.wholes(name) or (default,) * axes
    if len(numbers) != axes or min(numbers) < 1:
        raise DscalcError(f"{name} {list(numbers)} for {axes} spatial axes")
    return numbers


def _same_pads(sides: tuple[int, ...], reach: list[int], stride: tuple[int, ...], up: bool) -> Pads:
    pads = []
    for side, width, step in zip(sides, reach, stride, strict=True):
        total = same_pad(side, width, step)
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
    out = out if target is None else target[-len(sides) :]
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


def unpool(call: Call) -> Made:
    """MaxUnpool: numbers put back to where a pool found them."""
    batch, channels, *rest = call.known(0)
    kernel = _spatial(call, "kernel_shape", len(rest))
    stride = _spatial(call, "strides", len(rest))
    pads, _ = _pads(call, tuple(rest), [], ())
    sides = [
        (side - 1) * s + k - sum(p)
        for side, s, k, p in zip(rest, stride, kernel, pads, strict=True)
    ]
    shape = call.numbers(2) or (batch, channels, *sides)
    return call.made(Rearrange("unpool"), shape, 0, 1)


RULES: dict[str, Rule] = {
    "Conv": conv,
    "ConvInteger": conv_integer,
    "QLinearConv": qlinear_conv,
    "com.microsoft.FusedConv": fused_conv,
    "ConvTranspose": conv_transpose,
    "DeformConv": deform_conv,
    **dict.fromkeys(("MaxPool", "AveragePool", "LpPool"), pool),
    "MaxUnpool": unpool,
}
