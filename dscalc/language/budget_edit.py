"""A budget file as text: its limits where they stand, others in their place, entries put in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dscalc.analysis.figures import FIGURES
from dscalc.errors import DscalcError, Place, Problem
from dscalc.language.emit import flow, scalar
from dscalc.language.values import Listing, Scalar, Table, Value
from dscalc.language.yaml_text import parse

NUMBER = re.compile(r"(?:&\S+\s+)?([\"']?)(?P<text>[^\"'\\]+)\1")  # an anchor may stand before it
FIRST_LINES = "# What networks may cost at most; `dscalc check` holds them to it.\nversion: 1\n"


class NewEntry(NamedTuple):
    """An entry to put in: the file, and its limits as they are to be written."""

    file: str
    limits: Mapping[str, str]

    def lines(self, indent: int, end: str) -> str:
        start = " " * indent
        budget = ", ".join(f"{key}: {limit}" for key, limit in self.limits.items())
        return f"{start}- file: {scalar(self.file)}{end}{start}  budget: {{{budget}}}{end}"


def new_text(entries: Sequence[NewEntry]) -> str:
    """A budget file of these entries alone."""
    return FIRST_LINES + "networks:\n" + "".join(entry.lines(2, "\n") for entry in entries)


def written_limits(text: str, file: str) -> dict[Place, dict[str, Scalar]]:
    """The numbers of every limit on figures by its place: `max`, `warn` or both.

    The text is one that could be read as a budget file.
    """
    found = {}
    for limit in _limits(parse(text, file)[0]):
        parts = limit.items if isinstance(limit, Table) else {"max": limit}
        found[limit.place] = {
            part: number
            for part, number in parts.items()
            if part in ("max", "warn") and isinstance(number, Scalar)
        }
    return found


def _limits(config: Value) -> Iterator[Value]:
    """Every limit in the budgets and in the rules about layers."""
    for entry in _items(_at(config, "networks")):
        for limits in (_at(entry, "budget"), *_items(_at(entry, "layers"))):
            if isinstance(limits, Table):
                yield from (limit for key, limit in limits.items.items() if key in FIGURES)


def _at(value: Value, key: str) -> Value | None:
    return value.items.get(key) if isinstance(value, Table) else None


def _items(value: Value | None) -> list[Value]:
    return value.items if isinstance(value, Listing) else []


def edited(text: str, file: str, numbers: Mapping[Scalar, str], entries: Sequence[NewEntry]) -> str:
    """The text with other numbers in the place of some, and entries put in behind the last one.

    All else stays as it is, comments too. Raises DscalcError where that cannot be done.
    """
    lines = text.splitlines(keepends=True)
    in_file = sorted(numbers, key=lambda n: (n.place.line, n.place.column), reverse=True)
    for number in in_file:
        place = number.place
        line, start = lines[place.line - 1], place.column - 1
        written = NUMBER.fullmatch(line[start : start + place.width])
        if written is None or written["text"] != number.text:
            message = f"{number.text} is written in a way that cannot be edited; write the digits"
            raise DscalcError(Problem(message, place=place))
        at, end = (start + edge for edge in written.span("text"))
        lines[place.line - 1] = f"{line[:at]}{numbers[number]}{line[end:]}"
    if entries:
        lines = _with_entries(lines, text, file, entries)
    made = "".join(lines)
    _require_same(text, file, made, numbers, entries)
    return made


def _with_entries(lines: list[str], text: str, file: str, entries: Sequence[NewEntry]) -> list[str]:
    config = parse(text, file)[0]
    networks = _at(config, "networks")
    if not isinstance(config, Table) or networks is None:
        raise DscalcError(f"{file}: no networks")
    place = networks.place
    first = lines[place.line - 1][place.column - 1 :]
    if not first.startswith("-"):
        wanted = ", ".join(flow({"file": entry.file}) for entry in entries)
        message = f"this list stands in brackets; put in {wanted} by hand, then run this again"
        raise DscalcError(Problem(message, place=place))
    later = [key.line for key in config.keys.values() if key.line > place.line]
    last = min(later, default=len(lines) + 1) - 1
    while not lines[last - 1].split("#")[0].strip():
        last -= 1
    end = "\r\n" if lines[0].endswith("\r\n") else "\n"
    before = lines[:last]
    if not before[-1].endswith(("\n", "\r")):
        before[-1] += end
    return [*before, *(entry.lines(place.column - 1, end) for entry in entries), *lines[last:]]


def _require_same(
    text: str, file: str, made: str, numbers: Mapping[Scalar, str], entries: Sequence[NewEntry]
) -> None:
    """Raises DscalcError where the new text says anything but what was asked for."""
    texts = {number.place: written for number, written in numbers.items()}
    wanted = _plain(parse(text, file)[0], texts)
    wanted["networks"] += [{"file": e.file, "budget": dict(e.limits)} for e in entries]
    try:
        same = _plain(parse(made, file)[0], {}) == wanted
    except DscalcError:
        same = False
    if not same:
        raise DscalcError(f"{file}: cannot be edited in place as it is written; edit it by hand")


def _plain(value: Value, texts: Mapping[Place, str]) -> Any:
    """The value as it is written, with some numbers written otherwise."""
    if isinstance(value, Scalar):
        return texts.get(value.place, value.text)
    if isinstance(value, Listing):
        return [_plain(item, texts) for item in value.items]
    return {key: _plain(item, texts) for key, item in value.items.items()}
