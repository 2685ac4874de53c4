"""The table of figures: what of a network is counted, limited and compared, one entry each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from dscalc.analysis.memory import peak_elements
from dscalc.analysis.terms import Terms, bytes_of
from dscalc.errors import DscalcError
from dscalc.law.layer import Cost

if TYPE_CHECKING:
    from dscalc.law.network import Report
    from dscalc.quantities import Quantity


class Figure(NamedTuple):
    """One figure of a network.

    `key` is its name in files, JSON and Python, `name` that in short lists, `head` that above a
    column, and `word` what a number of it is a number of. `unit` says how a limit on it is
    written: a count (4.2M) or a size (512kB); `example` is such a limit. `got` makes it of a cost,
    of the most elements of activations alive at once, and of the terms. A figure `of_layers` needs
    the cost alone, so that every layer has one of its own. One that is `compared` between versions
    is the sum of its layers'. `note` says what a figure is where its name does not.
    """

    key: str
    name: str
    head: str
    word: str
    unit: Literal["count", "size"]
    example: str
    got: Callable[[Cost, int, Terms], int]
    of_layers: bool = True
    compared: bool = False
    note: str = ""

    @property
    def flag(self) -> str:
        """The option that sets a limit on it."""
        return f"--max-{self.key.replace('_', '-')}"

    def of_cost(self, cost: Cost, terms: Terms) -> int:
        """The figure of a layer, or of several, if layers have it."""
        if not self.of_layers:
            raise ValueError(f"no layer has {self.word} of its own")
        return self.got(cost, 0, terms)

    def of_report(self, report: Report, terms: Terms) -> int:
        """The figure of a measured network."""
        peak = 0 if self.of_layers else peak_elements(report)
        return self.got(report.total, peak, terms)

    def read(self, text: str) -> Quantity:
        """A limit as people write it; raises DscalcError for what is no count, or no size."""
        from dscalc.quantities import quantity, size

        return quantity(text) if self.unit == "count" else size(text)


FIGURES = {
    figure.key: figure
    for figure in (
        Figure(
            "params",
            name="params",
            head="Params",
            word="parameters",
            unit="count",
            example="1.4M",
            got=lambda cost, peak, terms: cost.params(terms.count),
            compared=True,
        ),
        Figure(
            "mult_adds",
            name="mult-adds",
            head="Mult-adds",
            word="mult-adds",
            unit="count",
            example="300M",
            got=lambda cost, peak, terms: cost.mult_adds,
            compared=True,
        ),
        Figure(
            "flops",
            name="FLOPs",
            head="FLOPs",
            word="FLOPs",
            unit="count",
            example="600M",
            got=lambda cost, peak, terms: 2 * cost.mult_adds,
            note="FLOPs: twice the mult-adds, a multiplication and an addition each.",
        ),
        Figure(
            "memory",
            name="memory",
            head="Memory",
            word="bytes of activations",
            unit="size",
            example="2MiB",
            got=lambda cost, peak, terms: bytes_of(peak, terms.dtype),
            of_layers=False,
        ),
        Figure(
            "size",
            name="size",
            head="Size",
            word="bytes of parameters",
            unit="size",
            example="4MB",
            got=lambda cost, peak, terms: bytes_of(cost.params(terms.count), terms.of_weights),
        ),
    )
}
"""Every figure by its key."""
COMPARED = {key: figure for key, figure in FIGURES.items() if figure.compared}
COUNTS = {key: f for key, f in FIGURES.items() if f.of_layers and f.unit == "count"}
"""What of every layer is counted: JSON says it of each, and `net` has a column for it."""


def figures_of(cost: Cost, peak: int, terms: Terms) -> dict[str, int]:
    """All figures of a network that costs so much, with so many elements alive at its peak."""
    return {key: figure.got(cost, peak, terms) for key, figure in FIGURES.items()}


def read_limits(texts: Mapping[str, str | None]) -> dict[str, Quantity]:
    """The limits that flags give, such as --max-mult-adds 150M, by the key of their figure.

    Raises DscalcError for a limit that is no count, no size, or nothing.
    """
    limits = {}
    for key, figure in FIGURES.items():
        text = texts.get(key)
        if text is None:
            continue
        try:
            limits[key] = figure.read(text)
        except DscalcError as error:
            raise DscalcError(f"{figure.flag} {error.problems[0].message}") from None
        if limits[key].value < 1:
            raise DscalcError(
                f"{figure.flag} must be at least 1, not {text}: nothing fits into nothing"
            )
    return limits
