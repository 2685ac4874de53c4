"""Today's figures as limits: what a budget file would have to say for networks as they are."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from dscalc.analysis.budget import Check, Percent
from dscalc.analysis.figures import FIGURES
from dscalc.analysis.judging import judge
from dscalc.check.entries import CONFIG, comes_with_us, config_of, nearest_config, root_of
from dscalc.check.judging import measured
from dscalc.check.patterns import named_files
from dscalc.errors import DscalcError, Place
from dscalc.language.budget_edit import NewEntry, edited, new_text, written_limits
from dscalc.language.budget_file import Entry, read_config
from dscalc.language.files import Named, beginning, decode
from dscalc.language.shipped import is_shipped
from dscalc.language.values import Scalar
from dscalc.law.network import Report

USUAL = ("params", "mult_adds", "memory")
"""The figures that a new entry limits: the others follow from these."""


class Change(NamedTuple):
    """A limit that was written, or that stays though the figure is over it.

    `was` is what it was before, None where there was none; `actual` is the figure.
    """

    network: str
    scope: str
    metric: str
    part: str
    was: int | None
    now: int
    actual: int


class Retaken(NamedTuple):
    """A budget file as it is to be, the limits that change, and those that stay and are broken."""

    file: str
    data: bytes
    new: bool
    limits: int
    changes: tuple[Change, ...]
    broken: tuple[Change, ...]


def retaken(
    networks: Sequence[str], config: str | None, headroom: Percent, lower_only: bool
) -> Retaken:
    """The budget file with today's figures as limits.

    Of a file that is there the limits change, those of the named networks if some are named, and
    for a named one without an entry there is a new one. `lower_only` leaves limits as they are
    that would go up. Raises DscalcError for what cannot be read or written so.
    """
    if len(set(networks)) < len(networks):
        raise DscalcError("a network is named twice")
    networks = named_files(networks)
    if config == "-" or "-" in networks:
        raise DscalcError("standard input is no file to write limits to, or to name in one")
    file = config or _usual_file()
    if Path(file).exists():
        return _edited(file, networks, headroom, lower_only)
    if not networks:
        missing = file if config else f"no {CONFIG} here or up to the repository's root"
        raise DscalcError(f"{missing}; name the networks to write one: dscalc budget nets/*.yaml")
    entries, changes = _new_entries(networks, Path(file).parent, headroom)
    return Retaken(file, new_text(entries).encode(), True, len(changes), tuple(changes), ())


def _usual_file() -> str:
    folder = Path.cwd()
    root = root_of(folder)
    return str(nearest_config(folder) or Path(os.path.relpath(root / CONFIG, folder)))


# ---------------------------------------------------------------- a file that is there


def _edited(file: str, networks: Sequence[str], headroom: Percent, lower_only: bool) -> Retaken:
    data = beginning(Named(Path(file)))
    text = decode(data, file)
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    if data != mark + text.encode():
        raise DscalcError(f"{file}: not in UTF-8; save it so, then limits can be written into it")
    entries = config_of(file).entries
    named = {name: [entry for entry in entries if _is_of(entry, name)] for name in networks}
    asked = [entry for found in named.values() for entry in found] if networks else entries
    meant = {place for entry in asked for place in _places(entry)}
    highest = _highest([entry for entry in entries if meant & _places(entry)])
    numbers: dict[Scalar, str] = {}
    changes, broken, count = [], [], 0
    for place, parts in written_limits(text, file).items():
        if place not in meant:
            continue
        for part, number in parts.items():
            count += 1
            change = _change(highest[place], part, number, "max" in parts, headroom)
            if lower_only and change.was is not None and change.now > change.was:
                broken += [change] * (change.actual > change.was)
            elif change.now != change.was:
                numbers[number] = _as_written(change.metric, change.now)
                changes.append(change)
    absent = [name for name, found in named.items() if not found]
    new, added = _new_entries(absent, Path(file).parent, headroom)
    made = edited(text, file, numbers, new)
    read_config(made, file)
    return Retaken(file, mark + made.encode(), False, count + len(added),
                   (*changes, *added), tuple(broken))  # fmt: skip


def _is_of(entry: Entry, name: str) -> bool:
    """Whether the entry is of the network that the command line calls so."""
    if comes_with_us(entry):
        return not os.path.lexists(name) and name.removesuffix(".yaml") == entry.file
    return Path(entry.file).exists() and Path(name).exists() and Path(name).samefile(entry.file)


def _places(entry: Entry) -> set[Place]:
    """Where the limits of an entry stand, which others may share with it: a pattern, an anchor."""
    rules = (entry.budget.limits, *(rule.limits for rule in entry.budget.layers))
    return {limit.place for limits in rules for limit in limits.values() if limit.place}


def _highest(entries: Sequence[Entry]) -> dict[Place, Check]:
    """For every limit, by its place, the check of the highest figure that it is for."""
    found: dict[Place, Check] = {}
    for entry in entries:
        for check in judge(measured(entry), entry.budget, entry.label, None, entry.terms):
            place = check.place
            if place and (place not in found or _figure(check) > _figure(found[place])):
                found[place] = check
    return found


def _figure(check: Check) -> int:
    """What a network costs: accuracies are not held to limits that are written here."""
    assert isinstance(check.actual, int)
    return check.actual


def _change(check: Check, part: str, number: Scalar, has_max: bool, headroom: Percent) -> Change:
    """What a number of a limit is to be: the figure and the headroom, or a mark at the figure."""
    actual = _figure(check)
    below_max = part == "warn" and has_max
    now = max(1, actual if below_max else _with_headroom(actual, headroom))
    was = FIGURES[check.metric].read(number.text).whole
    scope = check.rule or check.scope
    return Change(check.network, scope, check.metric, part, was, now, actual)


# ---------------------------------------------------------------- new entries


def _new_entries(
    networks: Sequence[str], folder: Path, headroom: Percent
) -> tuple[list[NewEntry], list[Change]]:
    entries, changes = [], []
    for network in networks:
        entry = Entry(network)
        figures = _figures(measured(entry), entry)
        name = _name_in(folder, network)
        limits = {key: max(1, _with_headroom(actual, headroom)) for key, actual in figures.items()}
        entries.append(NewEntry(name, {k: _as_written(k, limit) for k, limit in limits.items()}))
        changes += [
            Change(name, "network", key, "max", None, limit, figures[key])
            for key, limit in limits.items()
        ]
    return entries, changes


def _figures(report: Report, entry: Entry) -> Mapping[str, int]:
    return {key: FIGURES[key].of_report(report, entry.terms) for key in USUAL}


def _name_in(folder: Path, network: str) -> str:
    """What a budget file in a folder calls a network."""
    if not os.path.lexists(network):
        return network.removesuffix(".yaml")
    path = Path(os.path.relpath(network, folder)).as_posix()
    return f"./{path}" if is_shipped(path) and not path.endswith(".yaml") else path


# ---------------------------------------------------------------- numbers


def _with_headroom(figure: int, headroom: Percent) -> int:
    return figure + int(headroom.value * figure // 100)


def _as_written(metric: str, number: int) -> str:
    """A limit as people read it: its digits in threes, and the unit of a size."""
    return f"{number:_}{'B' if FIGURES[metric].unit == 'size' else ''}"
