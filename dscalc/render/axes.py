"""Axes of pictures: where a value stands, which values are written, short names of numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from dscalc.render.measure import ASCENT, width_of
from dscalc.render.scene import SIZE, Drawn, Path, Text

MOST = 10.0**250  # what is beyond is drawn as this
MOST_TICKS = 7
LETTERS = ((12, "T"), (9, "G"), (6, "M"), (3, "k"))
GAP = 6.0  # points between the words of two ticks
ROOM = 1.15  # how much of a logarithmic axis, as a factor, goes on beyond its values


class Scale(NamedTuple):
    """An axis from `low`, which stands at `start`, to `high`, at `end`, in points."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Where a value stands; one that is beyond the axis, at its end."""
        value = min(max(value, self.low), self.high)
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """The round values that are written, few enough to be read."""
        return _log_ticks(self.low, self.high) if self.log else _ticks(self.low, self.high)


def real(value: int) -> float:
    """A count as a number that can be drawn."""
    return float(min(value, int(MOST)))


def from_zero(values: Iterable[float], start: float, end: float, room: float = 1.0) -> Scale:
    """An axis from nothing to the largest value, or so many times as far."""
    return Scale(0.0, min(MOST, room * max([*values, 0.0])) or 1.0, start, end)


def around(values: Iterable[float], start: float, end: float) -> Scale:
    """An axis with a little room on both sides of the values."""
    every = list(values)
    low, high = min(every), max(every)
    room = 0.08 * (high - low) or max(abs(high) * 0.1, 0.5)
    return Scale(low - room, high + room, start, end)


def logarithmic(values: Iterable[float], start: float, end: float) -> Scale:
    """A logarithmic axis around values of at least 1, with room on both sides."""
    every = [max(1.0, value) for value in values]
    low, high = min(every), max(every)
    spread = max(ROOM, (high / low) ** 0.06)
    scale = Scale(low / spread, high * spread, start, end, log=True)
    while len(_round_values(scale.low, scale.high)) < 2:
        scale = scale._replace(low=scale.low / spread, high=scale.high * spread)
    return scale


def _ticks(low: float, high: float) -> list[float]:
    rough = (high - low) / (MOST_TICKS - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    return [count * step for count in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    """Round values between, or of many powers of ten every so many of them."""
    found = _round_values(low, high)
    if len(found) > MOST_TICKS + 2:
        found = [10.0**power for power in _powers(low, high) if low <= 10.0**power <= high]
    return found[:: -(-len(found) // MOST_TICKS)] if len(found) > MOST_TICKS + 2 else found


def _round_values(low: float, high: float) -> list[float]:
    values = [factor * 10.0**power for power in _powers(low, high) for factor in (1, 2, 5)]
    return [value for value in values if low <= value <= high]


def _powers(low: float, high: float) -> range:
    return range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)


def short(value: float) -> str:
    """A number in few characters: 4.21M."""
    if abs(value) >= 10**15:
        return f"{value:.0e}".replace("e+", "e")
    for power, letter in LETTERS:
        if abs(value) >= 10**power:
            return f"{_digits(value / 10**power)}{letter}"
    return _digits(value)


def _digits(value: float) -> str:
    """Three digits, or all before the point."""
    places = 2 - max(0, min(2, math.floor(math.log10(abs(value))))) if value else 0
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def across(scale: Scale, bottom: float, top: float, words: str, every: bool = True) -> list[Drawn]:
    """A horizontal axis below a panel: lines of a grid, numbers, and what they are of."""
    drawn: list[Drawn] = [Path([(scale.start, bottom), (scale.end, bottom)], "soft", 0.6)]
    for tick in written(scale):
        x = scale.at(tick)
        drawn.append(Path([(x, bottom), (x, top)], "line", 0.4))
        if every:
            drawn.append(Text(x, bottom + 10.5, short(tick), "middle", colour="soft"))
    if words:
        drawn.append(Text((scale.start + scale.end) / 2, bottom + 20.5, words, "middle"))
    return drawn


def upwards(scale: Scale, left: float, right: float, words: str) -> list[Drawn]:
    """A vertical axis at the left of a panel."""
    drawn: list[Drawn] = [Path([(left, scale.start), (left, scale.end)], "soft", 0.6)]
    widest = 0.0
    for tick in scale.ticks():
        y = scale.at(tick)
        drawn.append(Path([(left, y), (right, y)], "line", 0.4))
        drawn.append(Text(left - 4, y + SIZE * ASCENT / 2, short(tick), "end", colour="soft"))
        widest = max(widest, width_of(short(tick)))
    if words:
        middle = (scale.start + scale.end) / 2
        drawn.append(Text(left - widest - 9, middle, words, "middle", turned=True))
    return drawn


def written(scale: Scale) -> Sequence[float]:
    """The ticks of a horizontal axis whose numbers have room beside each other."""
    ticks = scale.ticks()
    for step in range(1, len(ticks) + 1):
        kept = ticks[::step]
        if all(_apart(scale, a, b) for a, b in pairwise(kept)):
            return kept
    return ticks[:1]


def _apart(scale: Scale, one: float, two: float) -> bool:
    room = (width_of(short(one)) + width_of(short(two))) / 2 + GAP
    return abs(scale.at(two) - scale.at(one)) >= room
