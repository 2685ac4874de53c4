"""The largest α that keeps limits, at each resolution, to the last step of channels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from dscalc.analysis.figures import FIGURES
from dscalc.analysis.sweep import Point, measured_point
from dscalc.analysis.terms import USUAL, Terms
from dscalc.errors import DscalcError
from dscalc.law.fields import Sizes
from dscalc.law.layer import Cost
from dscalc.law.network import Network, measure
from dscalc.law.rewrite import scale
from dscalc.law.written import written_channels

LEAST_ALPHA, MOST_ALPHA = 0.001, 4.0  # between which `fit` looks


class Fit(NamedTuple):
    """The largest α at one resolution that keeps every limit, or, if none does, the smallest α.

    `point` is there, with the shortest α that gives its channels; `following` is the next step of
    channels, None where `fit` looks no further. `limits` and `terms` are those asked for.
    """

    network: Network
    point: Point
    following: Point | None
    limits: Mapping[str, int]
    terms: Terms

    @property
    def fits(self) -> bool:
        return self.point.keeps(self.limits, self.terms)

    def used(self) -> dict[str, float]:
        """The share of each limit that the point takes; over 1 where it breaks it."""
        figures = self.point.figures(self.terms)
        return {figure: figures[figure] / limit for figure, limit in self.limits.items()}

    def excess(self) -> dict[str, int]:
        """By how much the point is over each limit that it breaks."""
        return self.point.excess(self.limits, self.terms)

    def binding(self) -> list[str]:
        """The limits that the next step of channels breaks."""
        if not self.fits or self.following is None:
            return []
        return list(self.following.excess(self.limits, self.terms))


def fit(
    network: Network,
    limits: Mapping[str, int],
    resolutions: Sequence[Sizes] = (),
    terms: Terms = USUAL,
) -> tuple[Fit, ...]:
    """For each resolution the largest α that keeps every limit, to the last step of channels.

    Limits are on figures of the table, by their keys: "params", "mult_adds", "memory" (bytes of
    activations alive at once), "size" (bytes of parameters). The α found keeps every limit, and
    the next one that the network takes breaks one; those that it refuses are passed over, and none
    over MOST_ALPHA is looked at.
    No larger α keeps them either, as long as costs grow with α: an inverted residual whose
    `hidden` channels meet its input's only here and there could make them dip.
    Raises DscalcError where the network takes no α, or a resolution is no size of its input.
    """
    _check_limits(limits)
    scale(network, alpha=MOST_ALPHA)  # a network that takes no α says why
    if measure(network).total == Cost():
        raise DscalcError(f"{network.file or network.name}: nothing in it has a cost")
    steps = _Steps(network)
    found = []
    for resolution in resolutions or (network.input.sides,):
        # A resolution that the network refuses at its own α is an error; an α is passed over.
        measure(scale(network, resolution=resolution))
        found.append(_Search(steps, resolution, limits, terms).largest())
    return tuple(found)


def best_first(fits: Iterable[Fit]) -> list[Fit]:
    """Those that fit, the one that computes most first; then the rest, the nearest miss first."""

    def order(found: Fit) -> tuple[bool, float, float]:
        if found.fits:
            return False, -found.point.cost.mult_adds, -found.point.alpha
        return True, max(found.used().values()), 0.0

    return sorted(fits, key=order)


def _check_limits(limits: Mapping[str, int]) -> None:
    if not limits:
        *most, last = (figure.name for figure in FIGURES.values())
        raise DscalcError(f"fit needs a limit: on {', '.join(most)} or {last}")
    for figure, limit in limits.items():
        if figure not in FIGURES:
            raise DscalcError(f"a limit is on one of {', '.join(FIGURES)}, not '{figure}'")
        if limit < 1:
            raise DscalcError(f"the limit on {figure} must be at least 1, not {limit}")


class _Steps:
    """The α of a network, which differ only where some number of channels does."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.written = written_channels(network)
        self.networks: dict[tuple[int, ...], Network] = {}
        self.ends: dict[tuple[int, ...], float] = {}

    def at(self, alpha: float) -> tuple[int, ...]:
        """What all the scaled numbers of channels become: equal where the network is the same."""
        scaling = self.network.scaling._replace(alpha=self.network.alpha * alpha)
        return tuple([one.at(scaling) for one in self.written])

    def scaled(self, alpha: float) -> Network:
        """The network at α, made once for equal channels."""
        here = self.at(alpha)
        if here not in self.networks:
            self.networks[here] = scale(self.network, alpha=alpha)
        return self.networks[here]

    def after(self, alpha: float) -> float | None:
        """The smallest α with more channels; None where there is none up to MOST_ALPHA."""
        here = self.at(alpha)
        if here == self.at(MOST_ALPHA):
            return None
        if here not in self.ends:
            self.ends[here] = _first(alpha, MOST_ALPHA, lambda middle: self.at(middle) != here)
        return self.ends[here]

    def shortest(self, alpha: float) -> float:
        """The α with the fewest decimals at which the channels are those of `alpha`."""
        here, following = self.at(alpha), self.after(alpha)
        last = MOST_ALPHA if following is None else math.nextafter(following, 0)
        start = LEAST_ALPHA
        if self.at(LEAST_ALPHA) != here:
            start = _first(LEAST_ALPHA, alpha, lambda middle: self.at(middle) == here)
        return shortest_decimal(start, last)


class _Search:
    """Looks for α at one resolution, and measures no channels twice."""

    def __init__(
        self, steps: _Steps, resolution: Sizes, limits: Mapping[str, int], terms: Terms
    ) -> None:
        self.steps = steps
        self.resolution = resolution
        self.limits = limits
        self.terms = terms
        self.points: dict[tuple[int, ...], Point | None] = {}

    def largest(self) -> Fit:
        """The largest α within the limits, or the smallest one, and the step that follows it."""
        network = self.steps.network
        beyond = math.nextafter(MOST_ALPHA, math.inf)
        found = self.first(LEAST_ALPHA, beyond)
        if found is None:
            raise DscalcError(f"{network.name} takes no α from {LEAST_ALPHA:g} to {MOST_ALPHA:g}")
        broken = beyond if self.kept(found) else LEAST_ALPHA
        while (step := self.steps.after(found.alpha)) is not None and step < broken:
            middle = max(step, (found.alpha + broken) / 2)
            point = self.first(middle, broken)
            if point is not None and self.kept(point):
                found = point
            else:
                broken = middle
        following = None if step is None else self.first(step, beyond)
        return Fit(
            network,
            self.shortened(found),
            None if following is None else self.shortened(following),
            self.limits,
            self.terms,
        )

    def kept(self, point: Point) -> bool:
        return point.keeps(self.limits, self.terms)

    def shortened(self, point: Point) -> Point:
        return point._replace(alpha=self.steps.shortest(point.alpha))

    def first(self, alpha: float, end: float) -> Point | None:
        """The point of the first α from `alpha` on, and before `end`, that is not refused."""
        step: float | None = alpha
        while step is not None and step < end:
            point = self.point(step)
            if point is not None:
                return point._replace(alpha=step)
            step = self.steps.after(step)
        return None

    def point(self, alpha: float) -> Point | None:
        """The point of an α; None where the network refuses it."""
        here = self.steps.at(alpha)
        if here not in self.points:
            try:
                sized = scale(self.steps.scaled(alpha), resolution=self.resolution)
                self.points[here] = measured_point(alpha, sized)
            except DscalcError:
                self.points[here] = None
        return self.points[here]


def _first(low: float, high: float, there: Callable[[float], bool]) -> float:
    """The first number up to `high` from which on something is there; at `low` it is not."""
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if there(middle) else (middle, high)
    return high


def shortest_decimal(low: float, high: float) -> float:
    """The number with the fewest decimals between two, both included; the largest of those."""
    from fractions import Fraction

    top = Fraction(high)
    for digits in range(400):
        power: int = 10**digits
        below = int(top * power)
        for value in ((below + 1) / power, below / power):  # 0.7 is a little less than 7/10
            if low <= value <= high:
                return value
    raise ValueError(f"{low} is above {high}")
