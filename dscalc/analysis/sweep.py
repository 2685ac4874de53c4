"""Networks at many α and resolutions: what each of these points costs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from typing import NamedTuple

from dscalc.analysis.figures import Measured, figures_of, measured
from dscalc.analysis.folding import counted
from dscalc.analysis.many_sizes import ManySizes
from dscalc.analysis.terms import USUAL, Terms, bytes_of, stays_at_any_size
from dscalc.errors import DscalcError
from dscalc.law.fields import Sizes
from dscalc.law.layer import Cost
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
    in_place = terms.memory == "in-place"
    for alpha in alphas:
        scaled = scale(network, alpha=alpha)
        if not sized:
            sized = at_sizes(scaled, resolutions, rhos)
            sides = [one.input.sides for one in sized]
            sizes = _many(sized, terms)
        report = measure(sized[0]._replace(alpha=scaled.alpha))
        first = point_of(alpha, report, terms)
        yield first
        found = sizes.follow(report, in_place)[1:] if sizes else repeat(None)
        parameters = first.cost[:-1]
        for one, own, followed in zip(sized[1:], sides[1:], found, strict=False):
            if followed is None:
                yield point_of(alpha, measure(one._replace(alpha=scaled.alpha)), terms)
            else:
                mult_adds, peak, shared = followed
                planned = None if shared is None else bytes_of(shared, terms.dtype)
                cost = Cost(*parameters, mult_adds)
                yield Point(alpha, own, cost, peak, planned, first.stored)


def _many(sized: Sequence[Network], terms: Terms) -> ManySizes | None:
    """The sizes of the input, where points may follow from one another."""
    several = len(sized) > 1 and all(network.nodes is sized[0].nodes for network in sized)
    follow = terms.memory != "arena" and stays_at_any_size(terms)
    return ManySizes([network.inputs for network in sized]) if several and follow else None


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
