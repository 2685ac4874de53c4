"""The largest α that keeps limits, at each resolution, to the last step of channels."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dscalc.analysis.accuracy import Top1
from dscalc.analysis.figures import FIGURES, Measured, measured
from dscalc.analysis.folding import counted
from dscalc.analysis.sweep import Point, at_sizes, point_of
from dscalc.analysis.terms import USUAL, Terms
from dscalc.errors import DscalcError
from dscalc.law.fields import Sizes
from dscalc.law.growth import growth
from dscalc.law.least import least_between
from dscalc.law.network import Network, Report, measure, measured_or_none
from dscalc.law.rewrite import scale
from dscalc.law.steps import Steps

if TYPE_CHECKING:
    from dscalc.analysis.planned import MemoryMap

LEAST_ALPHA, MOST_ALPHA = 0.001, 4.0  # between which `fit` looks
MOST_MEASURED = 200_000  # layers at one resolution, where each network counts for ten more
LEAST_TRIED = 100  # steps of α at one resolution, however many layers they have; bisection takes 60


class Fit(NamedTuple):
    """The largest α at one resolution that keeps every limit, or, if none does, the smallest α.

    `point` is there, with the shortest α that gives its channels; `following` is the next step of
    channels, None where `fit` looks no further. `limits` and `terms` are those asked for. Every α
    of the `stretch`, from its first to its last, builds the same network; `top1` is what its
    authors published of that, if they did.
    """

    network: Network
    point: Point
    following: Point | None
    limits: Mapping[str, int]
    terms: Terms
    stretch: tuple[float, float]
    top1: float | None = None

    def published(self, top1: Top1) -> float | None:
        """The accuracy of the network that was found, among those of its file."""
        found = top1.between(self.network, *self.stretch, self.point.sides)
        return None if found is None else found.value

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

    def memory_map(self) -> MemoryMap:
        """Where every tensor of the α found stands in memory, by the rule of the terms."""
        from dscalc.analysis.planned import memory_map

        found = scale(scale(self.network, alpha=self.point.alpha), resolution=self.point.sides)
        return memory_map(measure(found), self.terms)

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
    rhos: Sequence[float] = (),
) -> tuple[Fit, ...]:
    """For each resolution, or ρ, the largest α that keeps every limit, to the last channel step.

    Limits are on "mult_adds", "params", "memory" (bytes of activations alive at once) and "size"
    (bytes of parameters). The α found keeps every limit, and no larger one up to MOST_ALPHA does;
    those that the network refuses are passed over.

    Costs need not grow with α: an inverted residual has no expansion where its hidden channels
    meet its input's, and a residual no projection where its body keeps the shape, so they dip
    there. A stretch of α is passed over only where what costs at
    most as much as any network in it breaks a limit (`least_between` has the argument); where
    there is no such bound every step is tried. A planner's arena may shrink where maps grow, but
    not below what one layer takes and makes, which is its bound. A chain of convolutions at its
    smallest α is its own bound, so that this is bisection.
    Raises DscalcError where the network takes no α or costs nothing, where a resolution is no
    size of its input, or takes more than MOST_MEASURED layers to measure (each network counted
    for ten more; LEAST_TRIED networks are always tried), as where most steps are refused.
    """
    _check_limits(limits)
    if network.width.fixed:
        scale(network, alpha=MOST_ALPHA)  # which says why it takes no α
    steps = Steps(network, LEAST_ALPHA, MOST_ALPHA)
    found = []
    for sized in at_sizes(network, resolutions, rhos):
        # A resolution that the network refuses at its own α is an error; an α is passed over.
        report = measure(sized)
        if not any(report.total):
            raise DscalcError(f"{network.file or network.name}: nothing in it has a cost")
        search = _Search(network, sized, steps, limits, terms)
        search.most_tried = max(LEAST_TRIED, MOST_MEASURED // (10 + len(report.rows)))
        found.append(search.largest())
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
        raise DscalcError("fit needs a limit: on mult-adds, params, memory or size")
    for figure, limit in limits.items():
        if figure not in FIGURES:
            raise DscalcError(f"a limit is on one of {', '.join(FIGURES)}, not '{figure}'")
        if limit < 1:
            raise DscalcError(f"the limit on {figure} must be at least 1, not {limit}")


class _Tried(NamedTuple):
    """A step of α that the network takes, and what it costs there."""

    alpha: float
    report: Report


class _Search:
    """Looks for α at one resolution, and measures no step twice."""

    def __init__(
        self,
        network: Network,
        sized: Network,
        steps: Steps,
        limits: Mapping[str, int],
        terms: Terms,
    ) -> None:
        self.network = network
        self.steps = steps
        self.growth = growth(network)
        self.sized = sized
        self.limits = limits
        self.terms = terms
        self.most_tried = LEAST_TRIED
        self.tried = 0
        self.refused: set[float] = set()

    def largest(self) -> Fit:
        """The largest α within the limits, or the smallest one, and the step that follows it."""
        beyond = math.nextafter(MOST_ALPHA, math.inf)
        lowest = self.first(LEAST_ALPHA, beyond)
        if lowest is None:
            raise DscalcError(
                f"{self.network.name} takes no α from {LEAST_ALPHA:g} to {MOST_ALPHA:g}"
            )
        found = self.largest_kept(lowest, beyond, self.at(MOST_ALPHA)) or lowest
        step = self.steps.after(found.alpha)
        following = None if step is None else self.first(step, beyond)
        return Fit(
            self.network,
            self.shortened(found),
            None if following is None else self.shortened(following),
            self.limits,
            self.terms,
            self.steps.stretch(found.alpha),
        )

    def largest_kept(self, low: _Tried, end: float, high: _Tried | None) -> _Tried | None:
        """The largest α from `low` on and before `end` that keeps the limits.

        Halves the stretch until it is a single step, and passes over those in which even the
        least network that could be there breaks a limit. Where costs grow that is bisection.
        `high` is a step at which numbers are at least those of all steps before `end`.
        """
        while self.may_keep(low, high):
            step = self.steps.after(low.alpha)
            if step is None or step >= end:
                return low if self.keeps(low.report) else None
            middle = max(step, self.steps.stretch((low.alpha + end) / 2)[0])
            upper = self.first(middle, end)
            found = self.largest_kept(upper, end, high) if upper else None
            if found is not None:
                return found
            end, high = middle, upper or high
        return None

    def may_keep(self, low: _Tried, high: _Tried | None) -> bool:
        """Whether some step from one on and before another one could keep the limits."""
        if self.growth is None or self.keeps(low.report):
            return True
        least = least_between(low.report, high.report if high else None, self.growth)
        return least is None or self.keeps_least(least)

    def keeps(self, report: Report) -> bool:
        """Whether no limit is broken; what is no limit's is not asked for."""
        of = measured(counted(report, self.terms.count), self.terms, self.limits)
        return self.within(of)

    def keeps_least(self, least: Report) -> bool:
        """Whether what costs at most as much as networks with these layers breaks no limit."""
        return self.within(_least(least, self.terms, self.limits))

    def within(self, of: Measured) -> bool:
        return all(
            FIGURES[figure].got(of, self.terms) <= limit for figure, limit in self.limits.items()
        )

    def shortened(self, found: _Tried) -> Point:
        alpha = shortest_decimal(*self.steps.stretch(found.alpha))
        return point_of(alpha, found.report, self.terms)

    def first(self, alpha: float, end: float) -> _Tried | None:
        """The first step from `alpha` on, and before `end`, that is not refused."""
        step: float | None = alpha
        while step is not None and step < end:
            found = self.at(step)
            if found is not None:
                return found
            step = self.steps.after(step)
        return None

    def at(self, alpha: float) -> _Tried | None:
        """The network at an α; None where it refuses it.

        Raises DscalcError where so many were tried that the search would not end.
        """
        if alpha in self.refused or self.steps.at(alpha) is None:
            return None
        self.tried += 1
        if self.tried > self.most_tried:
            raise DscalcError(self.too_many())
        report = measured_or_none(scale(self.sized, alpha=alpha))
        if report is None:
            self.refused.add(alpha)
            return None
        return _Tried(alpha, report)

    def too_many(self) -> str:
        reason = (
            f"α is often refused ({self.refusal(min(self.refused))})"
            if self.refused
            else "costs can fall where α grows, so that each has to be tried"
        )
        return (
            f"{self.network.name} has too many steps of α: no answer after {self.most_tried:,} "
            f"of them, since {reason}"
        )

    def refusal(self, alpha: float) -> str:
        """Why the network refuses an α."""
        try:
            measure(scale(self.sized, alpha=alpha))
        except DscalcError as error:
            return error.problems[0].message
        raise ValueError(f"{alpha:g} is not refused")


def _least(least: Report, terms: Terms, of: Collection[str]) -> Measured:
    """What costs at most as much as a network with at least these layers, by any rule."""
    usual = terms._replace(memory="alive", size="params")
    found = measured(counted(least, terms.count), usual, of)
    if "memory" in of and terms.memory != "alive":
        from dscalc.analysis.planned import least_planned

        found = found._replace(planned=least_planned(least, terms))
    if "size" in of and terms.size != "params":
        from dscalc.analysis.storage import least_stored

        found = found._replace(stored=least_stored(least, terms))
    return found


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
