"""The keys of a setting, wherever a file says one: an entry, a published figure, a variant."""

from __future__ import annotations

from dscalc.language.mappings import Reader
from dscalc.language.values import Scalar, Table
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
