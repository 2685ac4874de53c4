"""The law of the window: how many positions a kernel takes along the sides of a map."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from dscalc.errors import DscalcError, Problem
from dscalc.law.fields import Padding, Pairs, Sizes
from dscalc.law.layer import Shape


def per_axis(value: Sizes, axes: int, key: str) -> tuple[int, ...]:
    """One number for each axis, from one for all or one for each.

    Raises DscalcError where there are more or fewer numbers than axes.
    """
    if isinstance(value, int):
        return (value,) * axes
    if len(value) != axes:
        message = f"{key} has {len(value)} numbers, the number of axes is {axes}"
        raise DscalcError(Problem(message, key))
    return value


def pads(padding: Padding, kernel: tuple[int, ...], dilations: tuple[int, ...]) -> Pairs:
    """Before and behind on every axis, of any padding but "same".

    "causal" puts all of it before, so that no position sees a later one (van den Oord et al. 2016,
    arXiv:1609.03499). Raises DscalcError where the padding does not fit the axes.
    """
    axes = len(kernel)
    if padding == "causal":
        if axes != 1:
            message = f"causal padding is for one axis, and the map has {axes}"
            raise DscalcError(Problem(message, "padding"))
        return ((dilations[0] * (kernel[0] - 1), 0),)
    if isinstance(padding, str):  # valid
        return ((0, 0),) * axes
    if isinstance(padding, int):
        return ((padding, padding),) * axes
    if len(padding) != axes:
        message = f"padding has {len(padding)} numbers, the number of axes is {axes}"
        raise DscalcError(Problem(message, "padding"))
    return tuple([(one, one) if isinstance(one, int) else one for one in padding])


def same_pad(side: int, k: int, stride: int, dilation: int = 1) -> int:
    """What "same" puts around a side in all, so that ceil(D_F / s) positions of the window fit.

    Source: TensorFlow's padding SAME.
    """
    return max(0, (-(-side // stride) - 1) * stride + dilation * (k - 1) + 1 - side)


def slide(
    side: int, k: int, stride: int, pad: tuple[int, int], dilation: int = 1, ceil: bool = False
) -> int:
    """How many positions a window of side `k` takes along a padded side.

    D_G = floor((D_F + p₁ + p₂ − d·(D_K − 1) − 1) / s) + 1. With `ceil` a window may hang over the
    end as long as it starts inside (PyTorch's ceil_mode).
    Raises DscalcError where the window is larger than its padded input.
    Source: PyTorch's torch.nn.Conv2d and MaxPool2d.
    """
    before, behind = pad
    room = side + before + behind - dilation * (k - 1) - 1
    if room < 0:
        raise DscalcError(
            Problem(
                f"a kernel of {dilation * (k - 1) + 1} is larger than its padded input "
                f"of {side + before + behind}",
                "k",
            )
        )
    if not ceil:
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - 1 if (count - 1) * stride >= side + before else count


def output_sides(
    sides: tuple[int, ...],
    k: tuple[int, ...],
    stride: Sizes,
    padding: Padding,
    dilation: Sizes = 1,
    ceil: bool = False,
) -> tuple[int, ...]:
    """D_G along every axis; ceil(D_F / s) with padding "same".

    Raises DscalcError where numbers do not match the axes, or a window does not fit.
    Source: Howard et al. 2017, section 3.1 (same); PyTorch's torch.nn.Conv2d (all others).
    """
    axes = len(sides)
    if padding == "same" and isinstance(stride, int) and isinstance(dilation, int):
        return sides if stride == 1 else tuple([-(-side // stride) for side in sides])
    strides = per_axis(stride, axes, "stride")
    dilations = per_axis(dilation, axes, "dilation")
    if padding == "same":
        return tuple([-(-side // s) for side, s in zip(sides, strides, strict=True)])
    around = pads(padding, k, dilations)
    windows = zip(sides, k, strides, around, dilations, strict=True)
    return tuple([slide(*window, ceil=ceil) for window in windows])


class Placed(NamedTuple):
    """A kernel on a map: the sides it gives, how many positions these are, its own numbers."""

    output: tuple[int, ...]
    positions: int
    numbers: int
    single: bool


@lru_cache(maxsize=4096)
def placed(
    sides: tuple[int, ...], k: Sizes, stride: Sizes, padding: Padding, dilation: Sizes
) -> Placed:
    """A kernel `k` on a map of these sides, which no α changes; raises DscalcError as above."""
    kernel = per_axis(k, len(sides), "k")
    output = output_sides(sides, kernel, stride, padding, dilation)
    return Placed(output, math.prod(output), math.prod(kernel), max(kernel) == 1)


def require_axes(kind: str, x: Shape) -> None:
    """Raises DscalcError where a window has no feature map to slide over."""
    if not x.sides:
        raise DscalcError(f"{kind} needs a feature map with sides, and gets {x.channels} values")
