"""YAML text of any kind → values, by the events of PyYAML's parser, strictly."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, NoReturn

from dscalc.errors import DscalcError, Place, Problem, add_problem
from dscalc.language.values import (
    DEEPEST,
    INTEGER,
    LONGEST_NUMBER,
    MOST_VALUES,
    Listing,
    Scalar,
    Table,
    Value,
    plain,
)

TOO_DEEP = f"nested deeper than {DEEPEST} levels"
# YAML 1.2 holds no control characters but tab and line breaks. Some of these, and two more, break
# lines in YAML 1.1 and so for libyaml: what follows them would be read as another line than it is.
REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
BRACKET = re.compile(r"\"(?:[^\"\\]|\\.)*\"|(?<=[\s,:\[{])'[^']*'|[\[\]{}]")


def compose(text: str, file: str) -> tuple[Value, list[Problem]]:
    """The one document in `text`, and the problems that did not stop its reading.

    Raises DscalcError where it cannot be read on: malformed, empty, nested without end.
    """
    import yaml

    composer = _Composer(text, file)
    if refused := REFUSED.search(text):
        composer.refuse_character(text, refused.start())
    try:
        composer.events = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        return composer.document(), composer.problems
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        place = composer.place(mark)
        if mark is not None and (
            brackets_open(text, mark.index) > DEEPEST
        ):  # libyaml has a limit of its own, in its words
            composer.fail(TOO_DEEP, place)
        tab = "\t" in "".join(text.splitlines()[place.line - 1 : place.line])
        hint = "; YAML indents with spaces, not tabs" if tab else _colon_hint(text, place)
        composer.fail(f"malformed YAML: {error.problem or error.context}{hint}", place)


def brackets_open(text: str, end: int) -> int:
    """How many brackets are open where `text` could not be read on, strings passed over."""
    brackets = BRACKET.findall(text, 0, end)
    return sum((one in "[{") - (one in "]}") for one in brackets if len(one) == 1)


def _colon_hint(text: str, place: Place) -> str:
    """What is missing where a key stands under a kind alone: `- norm`, then `type: layer`."""
    above = text.splitlines()[: place.line - 1]
    alone = re.match(r" *- +(\w+) *(?:#.*)?$", above[-1]) if above else None
    below = re.match(r" *(\w+):", place.text)
    if not alone or not below:
        return ""
    from dscalc.language.words import ITEM_KEYS

    kind, key = alone[1], below[1]
    if key in ITEM_KEYS:
        return f"; with a key on the next line the kind has a colon: - {kind}:"
    return f"; keys of {kind} stand inside it: - {kind}: {{{key}: …}}"


class _Anchored(NamedTuple):
    """A value that aliases refer to, how many values it consists of, and its levels of nesting."""

    value: Value
    values: int
    levels: int


class _Composer:
    """Puts the parser's events together to values, and refuses what the language leaves out."""

    events: Any

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.lines = text.replace("\t", " ").splitlines() or [""]
        self.problems: list[Problem] = []
        self.anchors: dict[str, _Anchored | None] = {}
        self.count = 0
        self.deepest = 0

    def place(self, start: Any, end: Any = None) -> Place:
        if start.line >= len(self.lines):
            last = self.lines[-1]
            return Place(self.file, len(self.lines), len(last) + 1, last)
        line = start.line
        width = end.column - start.column if end is not None and end.line == start.line else 1
        return Place(self.file, line + 1, start.column + 1, self.lines[line], max(1, width))

    def complain(self, message: str, place: Place) -> None:
        add_problem(self.problems, Problem(message, place=place))

    def fail(self, message: str, place: Place) -> NoReturn:
        raise DscalcError(*self.problems, Problem(message, place=place))

    def refuse_character(self, text: str, index: int) -> NoReturn:
        before = re.split("\r\n|\r|\n", text[:index])
        line = re.split("[\r\n]", text[index - len(before[-1]) :], maxsplit=1)[0]
        place = Place(self.file, len(before), len(before[-1]) + 1, line.replace("\t", " "))
        code = f"{ord(text[index]):04x}"
        written = f"\\u{code}" if code > "00ff" else f"\\x{code[2:]}"
        message = f"the character U+{code.upper()} cannot stand in a file"
        self.fail(f"{message}; between double quotes {written} means it", place)

    def document(self) -> Value:
        stream, first = self.events.get_event(), self.events.get_event()
        if type(first).__name__ == "StreamEndEvent":
            self.fail("the file is empty", self.place(stream.start_mark))
        value = self.value(self.events.get_event(), 0)
        self.events.get_event()
        second = self.events.get_event()
        if type(second).__name__ != "StreamEndEvent":
            self.fail("a second document; one file holds one", self.place(second.start_mark))
        return value

    def value(self, event: Any, depth: int) -> Value:
        place = self.place(event.start_mark, event.end_mark)
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self.alias(event.anchor, depth, place)
        before, around = self.count, self.deepest
        self.count_up(1, place)
        self.deepest = 0
        self.reach(depth, place)
        if event.tag not in (None, "!") or (event.tag == "!" and kind != "ScalarEvent"):
            self.complain(f"a tag, {event.tag}; the language has none", place)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        value: Value
        if kind == "ScalarEvent":
            value = self.scalar(event, place)
        elif kind == "SequenceStartEvent":
            value = self.listing(place, depth)
        else:
            value = self.table(place, depth)
        if event.anchor is not None:
            levels = self.deepest - depth
            self.anchors[event.anchor] = _Anchored(value, self.count - before, levels)
        self.deepest = max(self.deepest, around)
        return value

    def count_up(self, values: int, place: Place) -> None:
        self.count += values
        if self.count > MOST_VALUES:
            self.fail(f"more than {MOST_VALUES:,} values, aliases followed", place)

    def reach(self, depth: int, place: Place) -> None:
        self.deepest = max(self.deepest, depth)
        if depth > DEEPEST:
            self.fail(TOO_DEEP, place)

    def alias(self, name: str, depth: int, place: Place) -> Value:
        if name not in self.anchors:
            self.fail(f"*{name} refers to no anchor before it", place)
        anchored = self.anchors[name]
        if anchored is None:
            self.fail(f"*{name} stands inside what it refers to", place)
        self.count_up(anchored.values, place)
        self.reach(depth + anchored.levels, place)
        return anchored.value

    def listing(self, place: Place, depth: int) -> Listing:
        items = []
        while type(event := self.events.get_event()).__name__ != "SequenceEndEvent":
            items.append(self.value(event, depth + 1))
        return Listing(items, place)

    def table(self, place: Place, depth: int) -> Table:
        table = Table({}, {}, place)
        while type(event := self.events.get_event()).__name__ != "MappingEndEvent":
            key = self.value(event, depth + 1)
            value = self.value(self.events.get_event(), depth + 1)
            self.add(table, key, value)
        return table

    def add(self, table: Table, key: Value, value: Value) -> None:
        if not isinstance(key, Scalar) or not isinstance(key.value, str):
            message = "a key must be a word"
        elif key.value == "<<":
            message = "a merge key; YAML 1.2 has none, and neither has the language"
        elif key.value in table.items:
            message = f"a second '{key.value}'; the first is on line {table.keys[key.value].line}"
        else:
            table.items[key.value] = value
            table.keys[key.value] = key.place
            return
        self.complain(message, key.place)

    def scalar(self, event: Any, place: Place) -> Scalar:
        text = event.value
        tagged = event.tag not in (None, "!")  # a mistake that is told by itself
        if not (event.implicit[0] or (tagged and not event.style)):
            return Scalar(text, text, place)
        if len(text) > LONGEST_NUMBER and INTEGER.fullmatch(text):
            message = f"a number of {len(text)} digits; the longest that is read has "
            self.complain(f"{message}{LONGEST_NUMBER}", place)
            return Scalar(1, text, place)
        return Scalar(plain(text), text, place)
