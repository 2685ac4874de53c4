"""Values from a file → budgets: those of many networks in dscalc.yaml, or one in its own file."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import NamedTuple, TypeVar

from dscalc.analysis.budget import (
    TOP1,
    Allowance,
    Budget,
    LayerRule,
    Least,
    Limit,
    Percent,
    checks_anything,
)
from dscalc.analysis.figures import COMPARED, FIGURES, Figure
from dscalc.analysis.terms import BITS, MEMORY_RULES, SIZE_RULES, USUAL, Terms
from dscalc.errors import LONGEST_MESSAGE, DscalcError, Place, Problem
from dscalc.language.mappings import Reader
from dscalc.language.settings import SETTING_RULES, read_inputs, read_setting
from dscalc.language.values import Listing, Scalar, Table, Value
from dscalc.language.yaml_text import parse
from dscalc.law.fields import one_of, written
from dscalc.law.layer import COUNTS
from dscalc.law.setting import AS_WRITTEN, Setting
from dscalc.quantities import Quantity, percentage, quantity

CONFIG_KEYS = ("version", "networks", "growth_from", "accept")
TERMS_RULES = {
    "count": one_of(*COUNTS),
    "dtype": one_of(*BITS),
    "weight_dtype": one_of(*BITS),
    "memory": one_of(*MEMORY_RULES),
    "size": one_of(*SIZE_RULES),
}
BUDGET_KEYS = ("budget", "growth", "layers", "message", "only_worse", "accept")
PERCENT = re.compile(r"([0-9]{1,20})(?:\.([0-9]{1,20}))?%")

T = TypeVar("T")


class Entry(NamedTuple):
    """A network, the setting it is measured at and in which terms, and its budget.

    `name` is what its budget file calls it, wherever that is seen from. One that is `optional` may
    have no file.
    """

    file: str
    setting: Setting = AS_WRITTEN
    terms: Terms = USUAL
    budget: Budget = Budget({}, {})
    place: Place | None = None
    name: str = ""
    optional: bool = False

    @property
    def label(self) -> str:
        """What every report calls it: its name and what sets it apart from others of that name."""
        parts = [self.name or self.file, *self.setting.parts]
        if self.terms.count != "trainable":
            parts.append(f"count {self.terms.count}")
        if self.terms.dtype != "float32":
            parts.append(self.terms.dtype)
        if self.terms.of_weights != self.terms.dtype:
            parts.append(f"weights {self.terms.of_weights}")
        if self.terms.memory != "alive":
            parts.append(f"memory {self.terms.memory}")
        if self.terms.size != "params":
            parts.append(f"size {self.terms.size}")
        return " · ".join(parts)


class Config(NamedTuple):
    """A budget file: its entries, and why it may hold fewer networks than it did.

    With `growth_from_base` what may be added is what the file said at the base. The `absent` are
    entries without a file that need none. With `by_path` networks are called by their paths.
    """

    entries: list[Entry]
    accept: str = ""
    growth_from_base: bool = False
    absent: tuple[Entry, ...] = ()
    by_path: bool = False


def read_config(text: str, file: str) -> Config:
    """What a dscalc.yaml says.

    Raises DscalcError with every mistake at its place, and where nothing is checked at all.
    """
    value, problems = parse(text, file)
    reader = _BudgetReader(problems)
    config = reader.config(value)
    reader.finish()
    return config


def read_own_budget(value: Value, problems: list[Problem]) -> Budget:
    """The `budget` of a network's own file; mistakes are added to `problems`."""
    return _BudgetReader(problems).own(value)


def percent(text: str) -> Percent | None:
    """A percentage as people write it, such as 2% or 0.5%; None for anything else."""
    match = PERCENT.fullmatch(text)
    if match is None:
        return None
    from fractions import Fraction

    decimals = match[2] or ""
    return Percent(Fraction(int(match[1] + decimals), 10 ** len(decimals)), match[0])


class _BudgetReader(Reader):
    """Reads budgets wherever they stand."""

    def config(self, value: Value) -> Config:
        if not isinstance(value, Table):
            self.complain("a budget file is a mapping with version and networks", value.place)
            return Config([])
        self.check_keys(value, CONFIG_KEYS, "a budget file")
        version = value.items.get("version")
        if not (isinstance(version, Scalar) and (version.value, version.text) == (1, "1")):
            self.complain("version must be 1", version.place if version else value.place)
        networks = value.items.get("networks")
        if not isinstance(networks, Listing) or not networks.items:
            place = networks.place if networks else value.place
            self.complain("networks must be a list, and holds no check", place)
            return Config([])
        entries: dict[str, Entry] = {}
        for item in networks.items:
            entry = self.entry(item)
            if entry is not None and entry.file:
                if entry.label in entries:
                    self.complain(f"a second entry of {entry.label}", item.place)
                entries[entry.label] = entry
        growth_from = self.words(value, "growth_from")
        if growth_from not in ("", "base"):
            self.complain("growth_from must be base", value.items["growth_from"].place)
        accept = self.sentence(value, "accept")
        return Config(list(entries.values()), accept, growth_from == "base")

    def entry(self, value: Value) -> Entry | None:
        if not isinstance(value, Table):
            self.complain("an entry is a mapping with file and budget", value.place)
            return None
        known = ("file", "optional", "inputs", *SETTING_RULES, *TERMS_RULES, *BUDGET_KEYS)
        self.check_keys(value, known, "an entry")
        file = self.words(value, "file")
        if "file" not in value.items:
            self.complain("'file' is missing", value.place)
        if file == "-":
            self.complain("'file' must be a path or a shipped network", value.items["file"].place)
        budget = self.budget(
            value.items.get("budget"),
            value.items.get("growth"),
            value.items.get("layers"),
            value,
        )
        inputs = read_inputs(self, value.items.get("inputs"))
        setting = read_setting(self, value)._replace(inputs=inputs)
        terms = Terms(
            **self.record(_some(value, TERMS_RULES), TERMS_RULES, TERMS_RULES, "an entry")
        )
        optional = self.truth(value, "optional")
        return Entry(file, setting, terms, budget, value.place, file, optional)

    def own(self, value: Value) -> Budget:
        if not isinstance(value, Table):
            self.complain("budget must be a mapping", value.place)
            return Budget({}, {})
        self.check_keys(value, (*FIGURES, TOP1, *BUDGET_KEYS[1:]), "a budget")
        limits = _some(value, (*FIGURES, TOP1))
        return self.budget(
            limits,
            value.items.get("growth"),
            value.items.get("layers"),
            value,
        )

    def budget(
        self,
        limits: Value | None,
        growth: Value | None,
        layers: Value | None,
        around: Table,
    ) -> Budget:
        """A budget of its parts, and of what the mapping `around` them says besides."""
        before = len(self.problems)
        budget = Budget(
            self.limits(limits, "budget", FIGURES, TOP1),
            self.by_figure(
                growth,
                "growth",
                {key: partial(self.allowance, figure=figure) for key, figure in FIGURES.items()},
            ),
            self.layer_rules(layers),
            self.sentence(around, "message"),
            around.place,
            self.sentence(around, "accept"),
            self.truth(around, "only_worse"),
            self.least(limits),
        )
        if not checks_anything(budget) and len(self.problems) == before:
            self.complain("holds no check: say budget, growth or layers", around.place)
        return budget

    def truth(self, table: Table, key: str) -> bool:
        """Whether a key is there and true."""
        value = table.items.get(key)
        if value is None:
            return False
        if not isinstance(value, Scalar) or not isinstance(value.value, bool):
            self.complain(f"{key} must be true or false", value.place)
            return False
        return value.value

    def sentence(self, table: Table, key: str) -> str:
        text = self.words(table, key)
        if len(text) > LONGEST_MESSAGE:
            self.complain(f"{key} must be at most {LONGEST_MESSAGE} characters",
                          table.items[key].place)  # fmt: skip
        return text

    def limits(
        self, value: Value | None, what: str, figures: Mapping[str, Figure], *beside: str
    ) -> dict[str, Limit]:
        """The limits on the figures that a mapping names."""
        readers = {key: partial(self.limit, figure=figure) for key, figure in figures.items()}
        return self.by_figure(value, what, readers, *beside)

    def by_figure(
        self,
        value: Value | None,
        what: str,
        readers: Mapping[str, Callable[[Value], T | None]],
        *beside: str,
    ) -> dict[str, T]:
        """What a mapping says of each figure that it may name, with other keys `beside` them."""
        if value is None:
            return {}
        if not isinstance(value, Table):
            self.complain(f"{what} must be a mapping of {' and '.join(COMPARED)}", value.place)
            return {}
        self.check_keys(value, (*readers, *beside), what)
        found = {key: read(value.items[key]) for key, read in readers.items() if key in value.items}
        return {key: item for key, item in found.items() if item is not None}

    def limit(self, value: Value, figure: Figure) -> Limit | None:
        keys = ("rule",) if figure.rules else ()
        read = partial(self.number, read=figure.read)
        parts = self.parts(value, ("max", "warn"), read, keys)
        if parts is None:
            return None
        for key, part in parts.items():
            if part.value < 1:
                place = value.items[key].place if isinstance(value, Table) else value.place
                self.complain(f"{key} must be at least 1", place)
        most, warn = parts.get("max"), parts.get("warn")
        if most and warn and warn.value > most.value:
            self.complain(f"warn {warn.text} is above max {most.text}", value.place)
        return Limit(most, warn, value.place, self.accepted(value), self.rule(value, figure))

    def least(self, limits: Value | None) -> Least | None:
        """The least that a published accuracy may be, if the limits say one."""
        value = limits.items.get(TOP1) if isinstance(limits, Table) else None
        if value is None:
            return None
        if isinstance(value, Table) and "max" in value.items:
            message = f"{TOP1} takes min, the least that it may be: more is better"
            self.complain(message, value.keys["max"])
            return None
        parts = self.parts(value, ("min", "warn"), partial(self.number, read=percentage))
        if parts is None:
            return None
        least, warn = parts.get("min"), parts.get("warn")
        if least and warn and warn.value < least.value:
            self.complain(f"warn {warn.text} is below min {least.text}", value.place)
        return Least(least, warn, value.place, self.accepted(value))

    def rule(self, value: Value, figure: Figure) -> str:
        """The rule that a limit says the figure is by."""
        if not figure.rules or not isinstance(value, Table) or "rule" not in value.items:
            return ""
        rules = {"rule": one_of(*figure.rules)}
        return str(self.record(_some(value, rules), rules, rules, "a limit").get("rule", ""))

    def allowance(self, value: Value, figure: Figure) -> Allowance | None:
        keys = ("max", "warn", "ignore_below")
        parts: dict[str, Quantity | Percent] | None
        parts = self.parts(value, keys, partial(self.amount_or_percent, figure=figure))
        if parts is None:
            return None
        most, warn, ignored = parts.get("max"), parts.get("warn"), parts.get("ignore_below")
        if isinstance(ignored, Percent):
            place = value.items["ignore_below"].place if isinstance(value, Table) else value.place
            self.complain("ignore_below must be a count, not a percentage", place)
            return None
        alike = type(most) is type(warn) or (most and most.value == 0)  # 0 is 0 % of anything
        if most and warn and alike and warn.value > most.value:
            self.complain(f"warn {warn.text} is above max {most.text}", value.place)
        return Allowance(most, warn, ignored, value.place, self.accepted(value))

    def accepted(self, value: Value) -> str:
        """Why a limit is higher than it was, if it says so."""
        return self.sentence(value, "accept") if isinstance(value, Table) else ""

    def parts(
        self,
        value: Value,
        keys: tuple[str, ...],
        read: Callable[[Value], T | None],
        more: tuple[str, ...] = (),
    ) -> dict[str, T] | None:
        """The parts of a limit: the first of `keys` alone, or a mapping of them, and of `more`."""
        if not isinstance(value, Table):
            alone = read(value)
            return None if alone is None else {keys[0]: alone}
        self.check_keys(value, (*keys, *more, "accept"), "a limit")
        found = {key: read(item) for key, item in value.items.items() if key in keys}
        if not (keys[0] in value.items or "warn" in value.items):
            self.complain(f"a limit says {keys[0]} or warn", value.place)
            return None
        return {key: item for key, item in found.items() if item is not None}

    def number(self, value: Value, read: Callable[[str], T]) -> T | None:
        """A limit as it is written, not what YAML made of it: 4e6 is a float there."""
        try:
            return read(value.text if isinstance(value, Scalar) else written(self.plain(value)))
        except DscalcError as error:
            self.complain(error.problems[0].message, value.place)
            return None

    def amount_or_percent(self, value: Value, figure: Figure) -> Quantity | Percent | None:
        """What may be added: nothing needs no unit."""
        text = value.text if isinstance(value, Scalar) else ""
        if share := percent(text):
            return share
        return self.number(value, quantity if text == "0" else figure.read)

    def layer_rules(self, value: Value | None) -> tuple[LayerRule, ...]:
        if value is None:
            return ()
        if not isinstance(value, Listing):
            self.complain("layers must be a list of match and limits", value.place)
            return ()
        rules = [self.layer_rule(item) for item in value.items]
        return tuple(rule for rule in rules if rule is not None)

    def layer_rule(self, value: Value) -> LayerRule | None:
        if not isinstance(value, Table):
            self.complain("must be a mapping with match and a limit", value.place)
            return None
        self.check_keys(value, ("match", *COMPARED), "layers")
        limits = _some(value, COMPARED)
        match = self.words(value, "match")
        if "match" not in value.items or not limits.items:
            missing = "a limit" if "match" in value.items else "match"
            self.complain(f"{missing} is missing", value.place)
        place = value.items["match"].place if "match" in value.items else value.place
        return LayerRule(match, self.limits(limits, "layers", COMPARED), place)


def _some(table: Table, keys: Collection[str]) -> Table:
    """The table with some of its keys alone."""
    kept = {key: value for key, value in table.items.items() if key in keys}
    return Table(kept, table.keys, table.place)
