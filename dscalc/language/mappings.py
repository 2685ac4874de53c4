"""Reading mappings strictly: known keys, right values, every mistake kept with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dscalc.errors import DscalcError, Place, Problem, add_problem, nearest
from dscalc.language.values import Listing, Scalar, Table, Value
from dscalc.law.fields import Rule

KEY_SYNONYMS = {
    "kernel": "k",
    "kernel_size": "k",
    "ks": "k",
    "act": "activation",
    "s": "stride",
    "c": "n",
    "t": "expand",
    "expansion": "expand",
    "expand_ratio": "expand",
    "se_ratio": "reduction",
    "ratio": "reduction",
    "filters": "n",
    "channels": "n",
    "out_channels": "n",
    "out_features": "n",
    "units": "n",
    "groups": "g",
    "strides": "stride",
    "pad": "padding",
    "dilation_rate": "dilation",
    "use_bias": "bias",
    "depth_multiplier": "multiplier",
}
KEY_HINTS = {
    **dict.fromkeys(
        ("in_channels", "in_features", "in_planes"),
        "; input channels are never written, they follow from the layer before",
    ),
    **dict.fromkeys(
        ("nonlinearity", "dropout"),
        "; activations and dropout cost nothing and are left out",
    ),
}


class Reader:
    """Reads one document; mistakes gather in `problems`, so that all are shown at once."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems

    def finish(self) -> None:
        """Raises DscalcError with every mistake found, in the order of the file."""
        if self.problems:
            raise DscalcError(*sorted(dict.fromkeys(self.problems), key=_reading_order))

    def complain(self, message: str, place: Place) -> None:
        add_problem(self.problems, Problem(message, place=place))

    def check_keys(self, table: Table, known: Iterable[str], what: str) -> None:
        for key in table.items:
            if key not in known:
                hint = KEY_HINTS.get(key) or nearest(key, known, KEY_SYNONYMS)
                self.complain(f"unknown key '{key}' in {what}{hint}", table.keys[key])

    def words(self, table: Table, key: str) -> str:
        value = table.items.get(key)
        if value is None:
            return ""
        if isinstance(value, Scalar) and isinstance(value.value, str) and value.value:
            return value.value
        self.complain(f"'{key}' must be text", value.place)
        return ""

    def record(
        self,
        value: Value | None,
        known: Iterable[str],
        rules: Mapping[str, Rule],
        what: str,
    ) -> dict[str, Any]:
        """The keys of a mapping that are known and right."""
        if value is None:
            return {}
        if not isinstance(value, Table):
            self.complain(f"{what} must be a mapping", value.place)
            return {}
        self.check_keys(value, known, what)
        good = {}
        for key, item in value.items.items():
            if key in known:
                message = rules[key](given := self.plain(item))
                if message:
                    self.complain(f"{key} {message}", item.place)
                else:
                    good[key] = given
        return good

    def plain(self, value: Value) -> Any:
        """The value without its places; lists become tuples."""
        if isinstance(value, Scalar):
            return value.value
        if isinstance(value, Listing):
            return tuple(self.plain(item) for item in value.items)
        return {key: self.plain(item) for key, item in value.items.items()}


def _reading_order(problem: Problem) -> tuple[int, int]:
    return (problem.place.line, problem.place.column) if problem.place else (0, 0)
