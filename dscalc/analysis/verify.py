"""Published figures of a network beside ours: how each relates to what we compute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, TypeAlias

from dscalc.analysis.figures import COMPARED
from dscalc.analysis.folding import counted
from dscalc.analysis.published import Published
from dscalc.analysis.terms import Terms
from dscalc.errors import DscalcError
from dscalc.law.layer import Cost
from dscalc.law.network import Network, measure
from dscalc.law.rewrite import to_separable, to_standard
from dscalc.law.setting import apply
from dscalc.quantities import Quantity

Relation: TypeAlias = Literal["equal", "rounded", "cut", "slip", "unexplained", "needless slip"]


class Finding(NamedTuple):
    """One published figure beside ours."""

    published: Published
    metric: str
    printed: Quantity
    ours: int
    relation: Relation

    @property
    def explained(self) -> bool:
        return self.relation not in ("unexplained", "needless slip")


def verify(network: Network, figures: Iterable[Published]) -> list[Finding]:
    """The published figures of `network`, recomputed.

    Raises DscalcError where a figure's α or resolution does not fit the network.
    """
    costs: dict[tuple[object, ...], Cost] = {}
    findings: list[Finding] = []
    for published in figures:
        key = published.setting, published.rewritten, published.counted == "folded"
        if key not in costs:
            costs[key] = _cost(network, published)
        findings += _findings(published, costs[key])
    return findings


def _cost(network: Network, published: Published) -> Cost:
    try:
        return counted(measure(_at(network, published)), published.counted).total
    except DscalcError as error:
        placed = [p._replace(place=p.place or published.place) for p in error.problems]
        raise DscalcError(*placed) from None


def _at(network: Network, published: Published) -> Network:
    scaled = apply(network, published.setting)
    if published.rewritten == "standard":
        return to_standard(scaled)
    return to_separable(scaled) if published.rewritten == "separable" else scaled


def _findings(published: Published, cost: Cost) -> Iterator[Finding]:
    """The entry's figures; its slip must explain at least one of them."""
    given: list[tuple[str, Quantity, int]] = [
        (key, printed, figure.of_cost(cost, Terms(published.counted)))
        for key, figure in COMPARED.items()
        if (printed := getattr(published, key)) is not None
    ]
    relations = [relation(printed, ours) for _, printed, ours in given]
    if published.slip:
        explained: Relation = "slip" if "unexplained" in relations else "needless slip"
        relations = [explained if r == "unexplained" or explained != "slip" else r
                     for r in relations]  # fmt: skip
    for (metric, printed, ours), found in zip(given, relations, strict=True):
        yield Finding(published, metric, printed, ours, found)


def relation(printed: Quantity, ours: int) -> Relation:
    """How a printed figure relates to an exact one: equal, or that rounded or cut to its digits."""
    if printed.value == ours:
        return "equal"
    if -printed.unit <= 2 * (printed.value - ours) <= printed.unit:
        return "rounded"
    return "cut" if 0 < ours - printed.value < printed.unit else "unexplained"
