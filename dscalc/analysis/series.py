"""The points of networks in a sweep, and which of them are best: Pareto, or the largest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple, TypeAlias, TypeVar

from dscalc.analysis.accuracy import NOTHING, Top1
from dscalc.analysis.sweep import Point
from dscalc.analysis.terms import Terms
from dscalc.law.layer import Count
from dscalc.law.network import Network

MOST_KEPT = 100_000  # points of a sweep, which take 40 MB

Price: TypeAlias = tuple[int, int]
T = TypeVar("T")


def pareto(points: Iterable[Point], count: Count = "trainable") -> set[Point]:
    """The points of a network that no other one beats.

    One is beaten where another is at least as wide (α) and as fine (input positions) for no more
    parameters and no more mult-adds. Without α and resolution on the other side of the scales the
    smallest point of a sweep would beat all the rest.
    """
    return set(_unbeaten(_widest_first(points), _price_by(count)))


def largest(points: Iterable[Point]) -> set[Point]:
    """The points of a network beside which no other is as wide and as fine, whatever they cost."""
    return set(_unbeaten(_widest_first(points), lambda _: (0, 0)))


def _widest_first(points: Iterable[Point]) -> list[tuple[Point, Point]]:
    return [(one, one) for one in sorted(points, key=lambda point: point.alpha, reverse=True)]


def _price_by(count: Count) -> Callable[[Point], Price]:
    return lambda point: (point.cost.params(count), point.cost.mult_adds)


def _unbeaten(points: Iterable[tuple[T, Point]], price: Callable[[Point], Price]) -> Iterator[T]:
    """What stands beside the points that no other one beats; of all, the widest come first."""
    # For each area, the lowest prices of all that is as fine and, so far, as wide.
    lowest: dict[int, list[Price]] = {}
    for _, row in groupby(points, lambda pair: pair[1].alpha):
        cells: dict[int, list[tuple[T, Price]]] = {}
        for name, point in row:
            cells.setdefault(point.positions, []).append((name, price(point)))
        of_finer: list[Price] = []
        for area in sorted({*lowest, *cells}, reverse=True):
            rivals = [*lowest.get(area, ()), *of_finer]
            cell = cells.get(area, [])
            prices = [own for _, own in cell]
            for name, own in cell:
                beside = [other for other in prices if other != own]
                if not any(a <= own[0] and b <= own[1] for a, b in rivals + beside):
                    yield name
            of_finer = lowest[area] = _cheapest(rivals + prices)


def _cheapest(prices: list[Price]) -> list[Price]:
    """The pairs with no other that is at most as large in both."""
    kept: list[Price] = []
    for price in sorted(prices):
        if not kept or price[1] < kept[-1][1]:
            kept.append(price)
    return kept


class Points(Collection[Point]):
    """The points of a network at every α and so many sizes each, in this order.

    `measured` gives those of some α. In a sweep of many points, of so many `networks`, they are
    not kept: they are measured again whenever they are gone through.
    """

    def __init__(
        self,
        measured: Callable[[Sequence[float]], Iterable[Point]],
        alphas: Sequence[float],
        sizes: int,
        networks: int = 1,
    ) -> None:
        self._measured, self._alphas, self._sizes = measured, alphas, sizes
        few = len(self) * networks <= MOST_KEPT
        self._kept = tuple(measured(alphas)) if few else None

    def __len__(self) -> int:
        return len(self._alphas) * self._sizes

    def __iter__(self) -> Iterator[Point]:
        return iter(self._measured(self._alphas) if self._kept is None else self._kept)

    def __contains__(self, point: object) -> bool:
        return any(one == point for one in self)

    def widest_first(self) -> Iterator[tuple[int, Point]]:
        """Each point with its place, those of the largest α first."""
        order = sorted(range(len(self._alphas)), key=self._alphas.__getitem__, reverse=True)
        places = (at * self._sizes + size for at in order for size in range(self._sizes))
        if self._kept is not None:
            return ((place, self._kept[place]) for place in places)
        return zip(places, self._measured([self._alphas[at] for at in order]), strict=True)


class Series(NamedTuple):
    """The points of one network in a sweep; by their places which are best, and accuracies.

    `best` has a byte for each point. `top1` has the accuracy that its authors published of a
    point, for those that have one.
    """

    network: Network
    points: Points
    best: bytes
    top1: Mapping[int, float] = {}

    @property
    def front(self) -> bytes:
        """The points with an accuracy that no other is as accurate as and computes no more."""
        kept = bytearray(len(self.points))
        if not self.top1:
            return bytes(kept)
        told = [(place, point) for place, point in enumerate(self.points) if place in self.top1]
        most = -1.0
        for place, _ in sorted(told, key=lambda one: (one[1].cost.mult_adds, -self.top1[one[0]])):
            if self.top1[place] > most:
                most = self.top1[place]
                kept[place] = 1
        return bytes(kept)


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
        return bool(self.limits) or any(0 in one.best for one in self.series)

    def over(self, point: Point) -> dict[str, int]:
        """By how much a point is over each limit that it breaks."""
        return point.excess(self.limits, self.terms)


def series(
    network: Network,
    points: Points,
    limits: Mapping[str, int],
    terms: Terms,
    published: Top1 = NOTHING,
) -> Series:
    """The points of a network with the Pareto-best; with limits, the largest that keep them."""
    best = bytearray(len(points))
    top1: dict[int, float] = {}
    told = published.alphas

    def rivals() -> Iterator[tuple[int, Point]]:
        for place, point in points.widest_first():
            if network.alpha * point.alpha in told:
                accuracy = published.at(network, point.alpha, point.sides)
                if accuracy is not None:
                    top1[place] = accuracy.value
            if not limits or point.keeps(limits, terms):
                yield place, point

    price: Callable[[Point], Price] = (lambda _: (0, 0)) if limits else _price_by(terms.count)
    for place in _unbeaten(rivals(), price):
        best[place] = 1
    return Series(network, points, bytes(best), top1)
