"""Rules of ONNX operators that give an image other sides, or other places to its numbers."""

from __future__ import annotations

from math import prod

from dscalc.errors import DscalcError
from dscalc.models.kinds import DepthToSpace, Opaque, Rearrange, Resize, SpaceToDepth
from dscalc.models.onnx.call import Call, Made, Rule


def resize(call: Call) -> Made:
    """Resize and Upsample: to sizes, or by factors and rounded down, as onnxruntime does."""
    shape = call.known(0)
    old = call.op == "Upsample" or call.opset < 11
    sides = list(shape)
    axes = [call.axis(a, len(shape)) for a in call.wholes("axes", tuple(range(len(shape)))) or ()]
    sizes = None if old else call.numbers(3)
    factors = call.reals(1 if old else 2) or _written_factors(call)
    if sizes:
        wanted = dict(zip(axes, sizes, strict=False))
        policy = call.text("keep_aspect_ratio_policy", "stretch")
        if policy != "stretch":
            choose = min if policy == "not_larger" else max
            ratio = choose(size / max(1, shape[axis]) for axis, size in wanted.items())
            wanted = {axis: int(shape[axis] * ratio + 0.5) for axis in wanted}
        for axis, size in wanted.items():
            sides[axis] = size
    elif factors:
        for axis, factor in zip(axes, factors, strict=False):
            if not 0 < factor < 2**31:
                raise DscalcError(f"a factor of {factor}")
            sides[axis] = int(shape[axis] * factor)
    else:
        raise DscalcError("how large it makes the map depends on numbers that only a run has")
    return call.made(Resize(call.text("mode", "nearest")), tuple(sides), 0)


def _written_factors(call: Call) -> tuple[float, ...]:
    """The factors of an Upsample before opset 9, which are an attribute."""
    value = call.attributes.get("scales")
    numbers = value if isinstance(value, tuple) else ()
    return tuple(number for number in numbers if isinstance(number, float))


def grid_sample(call: Call) -> Made:
    source, grid = call.shape(0), call.shape(1)
    return call.made(Resize("grid"), (*source[:2], *grid[1:-1]), 0, 1)


def affine_grid(call: Call) -> Made:
    """A 2×3 or 3×4 matrix for each example, times each position of the grid."""
    theta, size = call.known(0), call.numbers(1)
    if not size or len(theta) != 3:
        raise DscalcError("the sides of its grid depend on numbers that only a run has")
    shape = (size[0], *size[2:], len(size) - 2)
    return call.made(Opaque("a grid of positions", prod(shape) * theta[2]), shape, 0)


def roi_align(call: Call) -> Made:
    source, rois = call.shape(0), call.shape(1)
    sides = (call.whole("output_height", 1), call.whole("output_width", 1))
    return call.made(Resize("rois"), (rois[0], source[1], *sides), 0, 1)


def depth_to_space(call: Call) -> Made:
    n, c, *sides = call.known(0)
    factor = call.whole("blocksize", 1)
    if factor < 1 or len(sides) != 2 or c % factor**2:
        raise DscalcError(f"{c} channels do not become {factor}×{factor} positions")
    shape = (n, c // factor**2, *(side * factor for side in sides))
    return call.made(DepthToSpace(factor, 1), shape, 0)


def space_to_depth(call: Call) -> Made:
    n, c, *sides = call.known(0)
    factor = call.whole("blocksize", 1)
    if factor < 1 or len(sides) != 2 or any(side % factor for side in sides):
        raise DscalcError(f"{sides} does not divide into blocks of {factor}×{factor}")
    shape = (n, c * factor**2, *(side // factor for side in sides))
    return call.made(SpaceToDepth(factor, 1), shape, 0)


def unfolded(call: Call) -> Made:
    """Col2Im: blocks laid over each other, to the sides that its second input says."""
    sides, block = call.numbers(1), call.numbers(2)
    n, c, *_ = call.known(0)
    if not sides or not block or prod(block) < 1:
        raise DscalcError("the sides of its image depend on numbers that only a run has")
    return call.made(Rearrange("col2im"), (n, c // prod(block), *sides), 0)


def center_crop_pad(call: Call) -> Made:
    shape = list(call.shape(0))
    sides = call.numbers(1)
    axes = call.wholes("axes", tuple(range(len(shape)))) or ()
    if sides is None or len(sides) != len(axes):
        raise DscalcError("the sides that it cuts to depend on numbers that only a run has")
    for axis, side in zip(axes, sides, strict=True):
        shape[call.axis(axis, len(shape))] = side
    return call.made(Rearrange("crop or pad"), tuple(shape), 0)


RULES: dict[str, Rule] = {
    **dict.fromkeys(("Resize", "Upsample"), resize),
    "GridSample": grid_sample,
    "RoiAlign": roi_align,
    "DepthToSpace": depth_to_space,
    "SpaceToDepth": space_to_depth,
    "Col2Im": unfolded,
    "CenterCropPad": center_crop_pad,
    "AffineGrid": affine_grid,
}
