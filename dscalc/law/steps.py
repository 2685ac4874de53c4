"""The steps of α: the stretches in which all of a network's numbers of channels stay the same."""

from __future__ import annotations

import math
from collections.abc import Callable

from dscalc.law.network import Network
from dscalc.law.scaling import Scaling
from dscalc.law.written import Written, written_channels

Key = tuple[int, bool]
"""What a written number rises by with α: see `Steps.key`."""


class Steps:
    """What α makes of a network's written channels, from the `least` α to the `most`.

    Where the numbers are the same, so is the network.
    """

    def __init__(self, network: Network, least: float, most: float) -> None:
        self.least, self.most = least, most
        self.scaling = network.scaling
        self.numbers = written_channels(network)
        self._firsts: dict[tuple[Written, Key], float] = {}
        self._lasts: dict[tuple[Written, Key], float] = {}

    def at(self, alpha: float) -> tuple[int, ...] | None:
        """What all the written numbers become; None where one of them is refused by itself.

        So it is where no channel is left of it, or where groups or a quotient do not divide it.
        """
        found = tuple([self._built(number, alpha) for number in self.numbers])
        pairs = zip(found, self.numbers, strict=True)
        return None if any(number.refuses(channels) for channels, number in pairs) else found

    def stretch(self, alpha: float) -> tuple[float, float]:
        """The first and the last α around this one with the same numbers, or where all refuse."""
        refused, keys = self._keys(alpha)
        firsts = [self._first(*key, alpha) for key in keys]
        lasts = [self._last(*key, alpha) for key in keys]
        if refused:
            return min(firsts), max(lasts)
        return max(firsts, default=self.least), min(lasts, default=self.most)

    def after(self, alpha: float) -> float | None:
        """The first α beyond the stretch of this one; None where there is none."""
        refused, keys = self._keys(alpha)
        lasts = [self._last(*key, alpha) for key in keys]
        last = max(lasts) if refused else min(lasts, default=self.most)
        return math.nextafter(last, math.inf) if last < self.most else None

    def _built(self, number: Written, alpha: float) -> int:
        width, own, depth, depth_rule = self.scaling
        return number.at(Scaling(width, own * alpha, depth, depth_rule))

    def _key(self, number: Written, alpha: float) -> Key:
        """What rises with α, as every width rule does, and is one for all refused in a row."""
        channels = self._built(number, alpha)
        return channels // number.divisor, channels % number.divisor != 0

    def _keys(self, alpha: float) -> tuple[bool, list[tuple[Written, Key]]]:
        """Whether numbers are refused, and the keys of those that are, else of all."""
        keys = [(number, self._key(number, alpha)) for number in self.numbers]
        refused = [(n, key) for n, key in keys if n.needed and (key[0] == 0 or key[1])]
        return bool(refused), refused or keys

    def _first(self, number: Written, key: Key, alpha: float) -> float:
        if (number, key) not in self._firsts:
            low, high, near = self.least, alpha, alpha - 2 / number.n
            if near > low:  # most are within two channels
                low, high = (near, high) if self._key(number, near) < key else (low, near)
            if self._key(number, low) != key:
                low = _bisected(low, high, lambda other: self._key(number, other) >= key)
            self._firsts[number, key] = low
        return self._firsts[number, key]

    def _last(self, number: Written, key: Key, alpha: float) -> float:
        if (number, key) not in self._lasts:
            low, high, near = alpha, self.most, alpha + 2 / number.n
            if near < high:
                low, high = (low, near) if self._key(number, near) > key else (near, high)
            if self._key(number, high) != key:
                beyond = _bisected(low, high, lambda other: self._key(number, other) > key)
                high = math.nextafter(beyond, 0)
            self._lasts[number, key] = high
        return self._lasts[number, key]


def _bisected(low: float, high: float, there: Callable[[float], bool]) -> float:
    """The first number up to `high` from which on something is there; at `low` it is not."""
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if there(middle) else (middle, high)
    return high
