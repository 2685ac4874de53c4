"""Values from a file → a network, the figures it should meet, and what it may cost."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from dscalc.errors import DscalcError, Problem
from dscalc.language.layer_lists import LayerReader
from dscalc.language.mappings import Reader
from dscalc.language.values import Listing, Table, Value, parse
from dscalc.law.fields import RULES, Rule, factor, one_of
from dscalc.law.layer import Shape
from dscalc.law.network import Network
from dscalc.law.width import Width
from dscalc.quantities import quantity
from dscalc.quantities import rule as count_rule

if TYPE_CHECKING:
    from dscalc.analysis.budget import Budget
    from dscalc.analysis.published import Published

NETWORK_KEYS = ("name", "source", "input", "width", "defaults", "layers", "published", "budget")
DEFAULT_KEYS = ("norm", "bias", "padding")


class NetworkFile(NamedTuple):
    """What a file says: a network, the published figures it should meet, its own budget."""

    network: Network
    published: tuple[Published, ...]
    budget: Budget | None


def read_network(text: str, file: str = "<text>") -> NetworkFile:
    """What YAML `text` says of a network; errors name `file`.

    Raises DscalcError with every mistake that was found, each at its line and column.
    """
    value, problems = parse(text, file)
    reader = _NetworkReader(problems)
    found = reader.document(value, file)
    reader.finish()
    return found


class _NetworkReader(Reader):
    """Reads the document of one network."""

    def document(self, value: Value, file: str) -> NetworkFile:
        if not isinstance(value, Table):
            raise DscalcError(*self.problems, Problem("not a network: a network file is a mapping "
                              "with the keys input and layers", place=value.place))  # fmt: skip
        self.check_keys(value, NETWORK_KEYS, "a network")
        for key in ("input", "layers"):
            if key not in value.items:
                self.complain(f"'{key}' is missing", value.place)
        defaults = self.record(value.items.get("defaults"), DEFAULT_KEYS, RULES, "defaults")
        network = Network(
            name=self.words(value, "name") or file,
            input=self.input_shape(value.items.get("input")),
            nodes=LayerReader(self.problems, defaults).network_nodes(value.items.get("layers")),
            width=self.width(value.items.get("width")),
            source=self.words(value, "source"),
            file=file,
        )
        published = self.published(value.items.get("published"))
        return NetworkFile(network, published, self.budget(value.items.get("budget")))

    def input_shape(self, value: Value | None) -> Shape:
        *sides, channels = self.numbers(value)
        if 1 <= len(sides) <= 3 and not any(RULES["n"](number) for number in (*sides, channels)):
            return Shape(tuple(sides), channels)
        if value:
            self.complain(
                "input must be the sides, then the channels, each a whole number of at least 1: "
                "[L, C], [H, W, C] or [D, H, W, C]",
                value.place,
            )
        return Shape((1, 1), 1)

    def numbers(self, value: Value | None) -> tuple[Any, ...]:
        found = self.plain(value) if isinstance(value, Listing) else ()
        return found or (None,)

    def width(self, value: Value | None) -> Width:
        rules = {
            "round": one_of("floor", "nearest"),
            "min": RULES["n"],
            "multiple_of": RULES["n"],
            "fixed": lambda given: "" if isinstance(given, str) else "must say why",
        }
        return Width(**self.record(value, rules, rules, "width"))

    def budget(self, value: Value | None) -> Budget | None:
        """What the file says that the network may cost."""
        if value is None:
            return None
        from dscalc.language.budget_file import read_own_budget

        return read_own_budget(value, self.problems)

    def published(self, value: Value | None) -> tuple[Published, ...]:
        """The figures that the network should meet."""
        if value is None:
            return ()
        from dscalc.analysis.published import Published
        from dscalc.law.setting import Setting

        if not isinstance(value, Listing):
            self.complain("published must be a list of figures", value.place)
            return ()
        figures = []
        for entry in value.items:
            rules = _published_rules()
            good = self.record(entry, rules, rules, "a published figure")
            if "source" not in good:
                self.complain("a published figure needs its source", entry.place)
                continue
            for metric in ("params", "mult_adds"):
                if metric in good:
                    good[metric] = quantity(good[metric])
            good["rewritten"] = good.pop("as", None)
            good["counted"] = good.pop("count", "trainable")
            given = {key: good.pop(key) for key in Setting._fields if key in good}
            figures.append(Published(**good, setting=Setting(**given), place=entry.place))
        return tuple(figures)


@cache
def _published_rules() -> dict[str, Rule]:
    def text(value: object) -> str:
        return "" if isinstance(value, str) and value else "must be text"

    return {
        "source": text,
        "slip": text,
        "alpha": factor,
        "rho": factor,
        "resolution": RULES["k"],
        "as": one_of("standard", "separable"),
        "count": one_of("weights", "trainable", "total"),
        "params": count_rule,
        "mult_adds": count_rule,
    }
