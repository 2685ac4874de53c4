"""The width rule: how α·N becomes a whole number of channels, as the framework would build it."""

from __future__ import annotations

from typing import NamedTuple

from dscalc.errors import DscalcError, Problem


def round_to_multiple(value: float, divisor: int, least: int | None = None) -> int:
    """The nearest multiple of `divisor` that keeps at least 90 % of `value`.

    Source: `_make_divisible` of TensorFlow's models/research/slim/nets/mobilenet and torchvision.
    """
    rounded = max(least or divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


class Width(NamedTuple):
    """How α·N becomes a whole number of channels: the rule of the framework that would build it.

    First `round` ("floor", as in `int(n * alpha)`, "nearest", or neither), then `multiple_of` with
    the 90 % rule, never below `min`. `fixed` says why α makes no sense for the network.
    Source: TensorFlow's research/slim/nets, mobilenet_v1.py and mobilenet/conv_blocks.py.
    """

    round: str | None = None
    min: int | None = None
    multiple_of: int | None = None
    fixed: str | None = None

    def scaled(self, n: int, alpha: float) -> int:
        """The channels that `n` becomes at `alpha`, by default `int(n * alpha)`.

        Raises DscalcError where none is left.
        """
        value: float = n * alpha
        if self.round:
            value = int(value) if self.round == "floor" else round(value)
        if self.multiple_of:
            return round_to_multiple(value, self.multiple_of, self.min)
        channels = max(int(value), self.min or 0)
        if channels < 1:
            raise DscalcError(Problem(f"α = {alpha:g} leaves no channel of {n}", "n"))
        return channels


FLOOR = Width("floor")
