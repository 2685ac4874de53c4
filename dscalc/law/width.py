"""The width rule: how α·N becomes a whole number of channels, as the framework would build it."""

from __future__ import annotations

import math
from typing import NamedTuple

from dscalc.errors import DscalcError, Problem


def round_to_multiple(value: float, divisor: int) -> int:
    """The nearest multiple of `divisor` that keeps at least 90 % of `value`, at least one of it.

    Source: `_make_divisible` of TensorFlow's models/research/slim/nets/mobilenet and torchvision.
    """
    rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


def to_multiple(value: float, divisor: int, up: bool = False) -> int:
    """A multiple of `divisor`: the next one with `up`, else by the 90 % rule."""
    return math.ceil(value / divisor) * divisor if up else round_to_multiple(value, divisor)


class Width(NamedTuple):
    """How α·N becomes a whole number of channels: the rule of the framework that would build it.

    First `round` ("floor", as in `int(n * alpha)`, "nearest", or neither), then `multiple_of` with
    the 90 % rule or, with `up`, the next multiple; after all never below `min`. `fixed` says why α
    makes no sense for the network. The rule holds at α = 1 as at any other.
    Source: TensorFlow's research/slim/nets, mobilenet_v1.py and mobilenet/conv_blocks.py; `up`:
    `make_divisible` of YOLOv5 and YOLOv8.
    """

    round: str | None = None
    min: int | None = None
    multiple_of: int | None = None
    up: bool = False
    fixed: str | None = None

    def scaled(self, n: int, alpha: float, least: int = 1) -> int:
        """The channels that `n` becomes at `alpha`, by default `int(n * alpha)`.

        Raises DscalcError where none is left and `least` does not help.
        """
        value: float = n * alpha
        if self.round:
            value = int(value) if self.round == "floor" else round(value)
        if self.multiple_of:
            value = to_multiple(value, self.multiple_of, self.up)
        channels = max(int(value), self.min or 0)
        if channels < 1 and least <= 1:
            raise DscalcError(Problem(f"α = {alpha:g} leaves no channel of {n}", "n"))
        return channels


class Depth(NamedTuple):
    """How depth · repeats becomes a whole number of copies, at least 1.

    Source: EfficientNet (`ceil`, arXiv:1905.11946 and torchvision), YOLOv8 (`nearest`).
    """

    round: str

    def scaled(self, repeats: int, depth: float) -> int:
        """The copies that `repeats` become at `depth`, by the framework's own floats."""
        copies = repeats * depth
        if self.round == "nearest":
            return max(1, round(copies))
        return max(1, math.ceil(copies) if self.round == "ceil" else math.floor(copies))


FLOOR = Width("floor")
