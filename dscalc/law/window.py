"""The law of the window: how many positions a kernel takes along the sides of a map."""

from __future__ import annotations

from dscalc.errors import DscalcError, Problem
from dscalc.law.fields import Padding, Sizes
from dscalc.law.layer import Shape


def per_axis(value: Sizes, axes: int, key: str) -> tuple[int, ...]:
    """One number for each axis, from one for all or one for each."""
    if isinstance(value, int):
        return (value,) * axes
    if len(value) != axes:
        message = f"{key} has {len(value)} numbers, the number of axes is {axes}"
        raise DscalcError(Problem(message, key))
    return value


def slide(
    side: int, k: int, stride: int, padding: int, dilation: int = 1, ceil: bool = False
) -> int:
    """How many positions a window of side `k` takes along a padded side.

    D_G = floor((D_F + 2p − d·(D_K − 1) − 1) / s) + 1. With `ceil` a window may hang over the
    end as long as it starts inside (PyTorch's ceil_mode).
    """
    room = side + 2 * padding - dilation * (k - 1) - 1
    if room < 0:
        raise DscalcError(
            Problem(
                f"a kernel of {dilation * (k - 1) + 1} is larger than its padded input "
                f"of {side + 2 * padding}",
                "k",
            )
        )
    if not ceil:
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - 1 if (count - 1) * stride >= side + padding else count


def output_sides(
    sides: tuple[int, ...],
    k: tuple[int, ...],
    stride: Sizes,
    padding: Padding,
    dilation: Sizes = 1,
    ceil: bool = False,
) -> tuple[int, ...]:
    """D_G along every axis; ceil(D_F / s) with padding "same"."""
    axes = len(sides)
    strides = per_axis(stride, axes, "stride")
    dilations = per_axis(dilation, axes, "dilation")
    if padding == "same":
        return tuple([-(-side // s) for side, s in zip(sides, strides, strict=True)])
    pads = (0,) * axes if isinstance(padding, str) else per_axis(padding, axes, "padding")
    windows = zip(sides, k, strides, pads, dilations, strict=True)
    return tuple([slide(*window, ceil=ceil) for window in windows])


def require_axes(kind: str, x: Shape) -> None:
    """Raises DscalcError where a window has no feature map to slide over."""
    if not x.sides:
        raise DscalcError(f"{kind} needs a feature map with sides, and gets {x.channels} values")
