"""Networks at many α and resolutions, and the Pareto-best of these points."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, repeat
from operator import attrgetter
from typing import NamedTuple

from dscalc.analysis.accuracy import NOTHING, Top1
from dscalc.analysis.figures import Measured, figures_of, measured
from dscalc.analysis.folding import counted
from dscalc.analysis.many_sizes import ManySizes
from dscalc.analysis.terms import USUAL, Terms
from dscalc.errors import DscalcError
from dscalc.law.fields import Sizes
from dscalc.law.layer import Cost, Count
from dscalc.law.network import Network, Report, measure
from dscalc.law.rewrite import scale
from dscalc.quantities import check_count


class Point(NamedTuple):
    """A network at one α and one size of its input: what it costs, and its peak of activations.

    `peak` is in elements, those alive at once at the worst layer. `planned` and `stored` are the
    bytes of activations and parameters by the rules of the terms that it was measured for, where
    these are not the usual ones.
    """

    alpha: float
    sides: tuple[int, ...]
    cost: Cost
    peak: int
    planned: int | None = None
    stored: int | None = None

    @property
    def positions(self) -> int:
        return math.prod(self.sides)

    @property
    def measured(self) -> Measured:
        """What figures are made of."""
        return Measured(*self[2:])

    def figures(self, terms: Terms = USUAL) -> dict[str, int]:
        """What a limit can be set on, by its key in the table of figures."""
        return figures_of(self.measured, terms)

    def excess(self, limits: Mapping[str, int], terms: Terms = USUAL) -> dict[str, int]:
        """By how much each figure is over its limit, of those that are."""
        figures = self.figures(terms)
        return {f: figures[f] - limit for f, limit in limits.items() if figures[f] > limit}

    def keeps(self, limits: Mapping[str, int], terms: Terms = USUAL) -> bool:
        """Whether no figure is over its limit."""
        return not self.excess(limits, terms)


# ---------------------------------------------------------------- sweeps


def sweep(
    network: Network,
    alphas: Sequence[float],
    resolutions: Sequence[Sizes] = (),
    rhos: Sequence[float] = (),
    terms: Terms = USUAL,
) -> tuple[Point, ...]:
    """The network at every α and every resolution, or every ρ; without these, at its own.

    Raises DscalcError for more than a million points, or where the network refuses one.
    """
    return tuple(points(network, alphas, resolutions, rhos, terms))


def points(
    network: Network,
    alphas: Sequence[float],
    resolutions: Sequence[Sizes] = (),
    rhos: Sequence[float] = (),
    terms: Terms = USUAL,
) -> Iterator[Point]:
    """The points of a sweep, one by one as they are measured."""
    grid_size(1, alphas, resolutions or rhos)
    sized: list[Network] = []
    for alpha in alphas:
        scaled = scale(network, alpha=alpha)
        if not sized:
            sized = at_sizes(scaled, resolutions, rhos)
            sizes = _many(sized, terms)
        report = measure(sized[0]._replace(alpha=scaled.alpha))
        first = point_of(alpha, report, terms)
        yield first
        found = sizes.follow(report)[1:] if sizes else repeat(None)
        for one, followed in zip(sized[1:], found, strict=False):
            if followed is None:
                yield point_of(alpha, measure(one._replace(alpha=scaled.alpha)), terms)
            else:
                mult_adds, peak = followed
                yield Point(alpha, one.input.sides, Cost(*first.cost[:-1], mult_adds), peak)


def _many(sized: Sequence[Network], terms: Terms) -> ManySizes | None:
    """The sizes of the input, where points may follow from one another."""
    several = len(sized) > 1 and all(network.nodes is sized[0].nodes for network in sized)
    usual = (terms.memory, terms.size) == (USUAL.memory, USUAL.size)
    return ManySizes([network.inputs for network in sized]) if several and usual else None


def at_sizes(
    network: Network, resolutions: Sequence[Sizes], rhos: Sequence[float]
) -> list[Network]:
    """The network at each resolution or at each ρ, which are two ways to say one thing.

    Raises DscalcError where both are given, or where the network refuses one.
    """
    if resolutions and rhos:
        raise DscalcError("ρ and resolution both say the size of the input; give one of them")
    if rhos:
        return [scale(network, rho=rho) for rho in rhos]
    return [scale(network, resolution=one) for one in resolutions] or [network]


def grid_size(
    networks: int, alphas: Sequence[float], sizes: Sequence[Sizes] | Sequence[float]
) -> int:
    """How many points each of so many networks has in a sweep.

    Raises DscalcError where all together are too many.
    """
    each = len(alphas) * max(1, len(sizes))
    check_count(networks * each, f"{networks * each:,} points")
    return each


def point_of(alpha: float, report: Report, terms: Terms = USUAL) -> Point:
    """The point of a network that was measured at an α."""
    of = measured(counted(report, terms.count), terms)
    return Point(alpha, report.network.input.sides, *of)


def pareto(points: Iterable[Point], count: Count = "trainable") -> set[Point]:
    """The points of a network that no other one beats.

    One is beaten where another is at least as wide (α) and as fine (input positions) for no more
    parameters and no more mult-adds. Without α and resolution on the other side of the scales the
    smallest point of a sweep would beat all the rest.
    """
    return _unbeaten(points, lambda point: (point.cost.params(count), point.cost.mult_adds))


def largest(points: Iterable[Point]) -> set[Point]:
    """The points of a network beside which no other is as wide and as fine, whatever they cost."""
    return _unbeaten(points, lambda _: (0, 0))


def _unbeaten(points: Iterable[Point], price: Callable[[Point], tuple[int, int]]) -> set[Point]:
    widest_first = sorted(points, key=attrgetter("alpha"), reverse=True)
    areas = sorted({point.positions for point in widest_first}, reverse=True)
    # For each area, the lowest prices of all that is as fine and, so far, as wide.
    lowest: dict[int, list[tuple[int, int]]] = {area: [] for area in areas}
    best = set()
    for _, row in groupby(widest_first, attrgetter("alpha")):
        cells: dict[int, list[Point]] = {}
        for point in row:
            cells.setdefault(point.positions, []).append(point)
        of_finer: list[tuple[int, int]] = []
        for area in areas:
            rivals = [*lowest[area], *of_finer]
            cell = [(point, price(point)) for point in cells.get(area, ())]
            for point, own in cell:
                beside = (other for _, other in cell if other != own)
                if not any(a <= own[0] and b <= own[1] for a, b in (*rivals, *beside)):
                    best.add(point)
            of_finer = lowest[area] = _cheapest([*rivals, *(own for _, own in cell)])
    return best


def _cheapest(prices: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The pairs with no other that is at most as large in both."""
    kept: list[tuple[int, int]] = []
    for price in sorted(prices):
        if not kept or price[1] < kept[-1][1]:
            kept.append(price)
    return kept


class Series(NamedTuple):
    """The points of one network in a sweep, and those of them that are best.

    `top1` has the accuracy that its authors published of a point, for those that have one.
    """

    network: Network
    points: tuple[Point, ...]
    best: set[Point]
    top1: Mapping[Point, float] = {}

    @property
    def front(self) -> set[Point]:
        """The points with an accuracy that no other is as accurate as and computes no more."""
        by_cost = sorted(self.top1, key=lambda point: (point.cost.mult_adds, -self.top1[point]))
        kept: list[Point] = []
        for point in by_cost:
            if not kept or self.top1[point] > self.top1[kept[-1]]:
                kept.append(point)
        return set(kept)


class Sweep(NamedTuple):
    """What a sweep found, the limits that it is held to, and how its figures are counted."""

    series: tuple[Series, ...]
    limits: Mapping[str, int]
    terms: Terms

    @property
    def size(self) -> int:
        return sum(len(series.points) for series in self.series)

    @property
    def telling(self) -> bool:
        """Whether to be best says something; without limits every point may be, being smaller."""
        return bool(self.limits) or any(len(one.best) < len(one.points) for one in self.series)

    def over(self, point: Point) -> dict[str, int]:
        """By how much a point is over each limit that it breaks."""
        return point.excess(self.limits, self.terms)


def series(
    network: Network,
    points: Iterable[Point],
    limits: Mapping[str, int],
    terms: Terms,
    published: Top1 = NOTHING,
) -> Series:
    """The points of a network with the Pareto-best; with limits, the largest that keep them."""
    found = tuple(points)
    if limits:
        best = largest(point for point in found if point.keeps(limits, terms))
    else:
        best = pareto(found, terms.count)
    told = published.alphas
    top1 = {
        point: accuracy.value
        for point in found
        if network.alpha * point.alpha in told
        and (accuracy := published.at(network, point.alpha, point.sides)) is not None
    }
    return Series(network, found, best, top1)
