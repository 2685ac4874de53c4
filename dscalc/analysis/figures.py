"""The table of figures: what of a network is counted, limited and compared, one entry each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from dscalc.analysis.memory import peak_elements
from dscalc.analysis.terms import MEMORY_RULES, SIZE_RULES, USUAL, Terms, bytes_of
from dscalc.errors import DscalcError
from dscalc.law.layer import Cost

if TYPE_CHECKING:
    from dscalc.law.network import Report
    from dscalc.quantities import Quantity


class Measured(NamedTuple):
    """What figures are made of.

    `peak` is the most elements of activations alive at once. By other rules than these, `planned`
    are the bytes of activations and `stored` those of parameters.
    """

    cost: Cost
    peak: int = 0
    planned: int | None = None
    stored: int | None = None

    def memory(self, terms: Terms) -> int:
        """The bytes of activations by the rule of the terms."""
        if terms.memory == "alive":
            return bytes_of(self.peak, terms.dtype)
        if self.planned is None:
            raise ValueError(f"was not measured by the rule {terms.memory}")
        return self.planned

    def size(self, terms: Terms) -> int:
        """The bytes of parameters by the rule of the terms."""
        if terms.size == "params":
            return bytes_of(self.cost.params(terms.count), terms.of_weights)
        if self.stored is None:
            raise ValueError(f"was not measured by the rule {terms.size}")
        return self.stored


class Figure(NamedTuple):
    """One figure of a network.

    `key` is its name in files, JSON and Python, `name` that in short lists, `head` that above a
    column, and `word` what a number of it is a number of. `unit` says how a limit on it is
    written: a count (4.2M) or a size (512kB); `example` is such a limit. `got` makes it of what was
    measured and of the terms. A figure `of_layers` needs the cost alone, so that every layer has
    one of its own. One that is `compared` between versions is the sum of its layers'. `note` says
    what a figure is where its name does not; `rules` are those that it can be by.
    """

    key: str
    name: str
    head: str
    word: str
    unit: Literal["count", "size"]
    example: str
    got: Callable[[Measured, Terms], int]
    of_layers: bool = True
    compared: bool = False
    note: str = ""
    rules: Mapping[str, str] = {}

    @property
    def flag(self) -> str:
        """The option that sets a limit on it."""
        return f"--max-{self.key.replace('_', '-')}"

    def of_cost(self, cost: Cost, terms: Terms) -> int:
        """The figure of a layer, or of several, if layers have it."""
        if not self.of_layers:
            raise ValueError(f"no layer has {self.word} of its own")
        return self.got(Measured(cost), terms._replace(size="params"))

    def of_report(self, report: Report, terms: Terms) -> int:
        """The figure of a measured network."""
        return self.got(measured(report, terms, () if self.of_layers and not self.rules
                                 else (self.key,)), terms)  # fmt: skip

    def rule(self, terms: Terms) -> str:
        """The rule that the figure is by in these terms; "" where there is only one."""
        return str(getattr(terms, self.key)) if self.rules else ""

    def by(self, terms: Terms, what: str = "") -> str:
        """The figure's short name, or what it is called, with the rule that it is by.

        Memory always says its rule, the others where it is not the usual one.
        """
        rule = self.rule(terms)
        plain = rule == self.rule(USUAL) and self.of_layers
        return (what or self.name) if plain else f"{what or self.name} ({rule})"

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
            got=lambda of, terms: of.cost.params(terms.count),
            compared=True,
        ),
        Figure(
            "mult_adds",
            name="mult-adds",
            head="Mult-adds",
            word="mult-adds",
            unit="count",
            example="300M",
            got=lambda of, terms: of.cost.mult_adds,
            compared=True,
        ),
        Figure(
            "flops",
            name="FLOPs",
            head="FLOPs",
            word="FLOPs",
            unit="count",
            example="600M",
            got=lambda of, terms: 2 * of.cost.mult_adds,
            note="FLOPs: twice the mult-adds, a multiplication and an addition each.",
        ),
        Figure(
            "memory",
            name="memory",
            head="Memory",
            word="bytes of activations",
            unit="size",
            example="2MiB",
            got=Measured.memory,
            of_layers=False,
            rules=MEMORY_RULES,
        ),
        Figure(
            "size",
            name="size",
            head="Size",
            word="bytes of parameters",
            unit="size",
            example="4MB",
            got=Measured.size,
            rules=SIZE_RULES,
        ),
    )
}
"""Every figure by its key."""
COMPARED = {key: figure for key, figure in FIGURES.items() if figure.compared}
COUNTS = {key: f for key, f in FIGURES.items() if f.of_layers and f.unit == "count"}
"""What of every layer is counted: JSON says it of each, and `net` has a column for it."""


def measured(report: Report, terms: Terms, of: Collection[str] = ("memory", "size")) -> Measured:
    """What the figures of a measured network are made of, those bytes alone that are asked for.

    `report` counts as the terms do (`folding.counted`). Raises DscalcError where a rule does not
    know a layer.
    """
    peak = peak_elements(report) if "memory" in of else 0
    planned = stored = None
    if "memory" in of and terms.memory != "alive":
        from dscalc.analysis.planned import planned_bytes

        planned = planned_bytes(report, terms)
    if "size" in of and terms.size != "params":
        from dscalc.analysis.storage import stored_bytes

        stored = stored_bytes(report, terms)
    return Measured(report.total, peak, planned, stored)


def figures_of(of: Measured, terms: Terms) -> dict[str, int]:
    """All figures of a network."""
    return {key: figure.got(of, terms) for key, figure in FIGURES.items()}


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
