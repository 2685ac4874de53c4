"""The keys of a setting, wherever a file says one: an entry, a published figure, a variant."""

from __future__ import annotations

import re

from dscalc.language.mappings import Reader
from dscalc.language.values import Listing, Scalar, Table, Value
from dscalc.law.fields import RULES, Rule, factor
from dscalc.law.items import Given
from dscalc.law.setting import Setting

SETTING_RULES: dict[str, Rule] = {
    "alpha": factor,
    "rho": factor,
    "depth": factor,
    "resolution": RULES["k"],
    "with": lambda given: "",
}


def read_setting(reader: Reader, table: Table) -> Setting:
    """The setting that a mapping says beside its other keys; mistakes go to the reader."""
    good = {}
    for key, rule in SETTING_RULES.items():
        if key in table.items and key != "with":
            given = reader.plain(table.items[key])
            if message := rule(given):
                reader.complain(f"{key} {message}", table.items[key].place)
            else:
                good[key] = given
    return Setting(**good, parameters=_parameters(reader, table))


SHAPE = "[0-9]{1,15}(?:[x×][0-9]{1,15})+"
NUMBER = r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?"


def read_input(text: str) -> tuple[int, ...] | int | float | None:
    """A shape, or the value of a single number, as it is written; None where it is neither."""
    if re.fullmatch(SHAPE, text):
        return tuple(map(int, re.split("[x×]", text)))
    if re.fullmatch(NUMBER, text):
        return float(text) if "." in text else int(text)
    return None


def read_inputs(
    reader: Reader, value: Value | None
) -> tuple[tuple[str, tuple[int, ...] | int | float], ...]:
    """What a mapping says of a model file's inputs; mistakes go to the reader."""
    if value is None:
        return ()
    if not isinstance(value, Table):
        reader.complain("inputs is a mapping of a model file's inputs to shapes", value.place)
        return ()
    found: list[tuple[str, tuple[int, ...] | int | float]] = []
    for name, item in value.items.items():
        sides = reader.plain(item) if isinstance(item, Listing) else None
        if isinstance(sides, tuple) and sides and not any(map(RULES["n"], sides)):
            found.append((name, sides))
            continue
        said = read_input(item.text) if isinstance(item, Scalar) else None
        if said is None:
            reader.complain(f"{name} must be a shape, as [1, 3, 320, 320], or a number", item.place)
        else:
            found.append((name, said))
    return tuple(found)


def _parameters(reader: Reader, table: Table) -> tuple[tuple[str, Given], ...]:
    """The parameters of the file that `with` gives other values."""
    value = table.items.get("with")
    if value is None:
        return ()
    if not isinstance(value, Table):
        reader.complain("with is a mapping of parameters to values", value.place)
        return ()
    found = []
    for name, item in value.items.items():
        if isinstance(item, Scalar) and item.value is not None:
            found.append((name, item.value))
        else:
            reader.complain(f"{name} must be a number, a word, true or false", item.place)
    return tuple(found)
