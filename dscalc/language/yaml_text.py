"""YAML text → values: by itself where it is written as network files are, else by PyYAML.

To load PyYAML takes longer than to read a network and to measure it. A text that is read here means
what it means there; all others, and all mistakes, are left to it. Here scalars are on one line,
quoted ones without escapes, and there are no anchors, tags, tabs or second documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import repeat

from dscalc.errors import Place, Problem
from dscalc.language.values import (
    DEEPEST,
    LONGEST_NUMBER,
    MOST_VALUES,
    Listing,
    Scalar,
    Table,
    Value,
    plain,
)

LONGEST_SCALAR = 1000  # characters; YAML has a limit on those of keys
TOKEN = re.compile(
    r"""\ * (?: (?P<entry> - (?=\ |\Z) )
           | (?P<plain> (?! --- | \.\.\. | ["'&*!|>%@`] ) [CHARS]+ (?: \ + [CHARS]+ )*
                        (?= [\ :,\]}] | \Z ) )
           | (?P<quoted> " [^"\\]* " )
           | (?P<colon> : (?=\ |\Z) )
           | (?P<mark> [\[\]{},] )
           | (?: (?<![^\ ]) \# .* )? \Z  # a comment, or nothing
           | (?P<other> . )
        )""".replace("CHARS", r"^\ #:,?\[\]{}"),
    re.VERBOSE,
)


class OtherYamlError(Exception):
    """Something in a text that is not read here."""


def parse(text: str, file: str) -> tuple[Value, list[Problem]]:
    """The one document in `text`, and the problems that did not stop its reading.

    Raises DscalcError where it cannot be read on: malformed, empty, nested without end.
    """
    value = read_plainly(text, file)
    if value is not None:
        return value, []
    from dscalc.language.yaml_events import compose

    return compose(text, file)


def read_plainly(text: str, file: str) -> Value | None:
    """The document in `text`; None where PyYAML is to read it, or to refuse it."""
    # There are never more values than characters.
    if len(text) > MOST_VALUES or not text.replace("\n", "").isprintable():
        return None
    try:
        reader = _Reader(text.split("\n"), file)
        value = reader.value(0)
    except OtherYamlError:
        return None
    return value if reader.kind == "end" else None


def _tokens(lines: list[str]) -> Iterator[tuple[str, str, int, int]]:
    """Kind, text, line and column of every token; lines and columns count from 0."""
    for number, line in enumerate(lines):
        for found in TOKEN.finditer(line):
            kind = found.lastgroup
            if kind == "other":
                raise OtherYamlError
            if kind is not None:
                yield kind, found[kind], number, found.start(kind)
    yield from repeat(("end", "", len(lines) - 1, -1))  # in no column, so under nothing


class _Reader:
    """Makes values of tokens, of which it has the next one; `before` is the line of the last."""

    def __init__(self, lines: list[str], file: str) -> None:
        self.lines, self.file = lines, file
        self.tokens = _tokens(lines)
        self.kind, self.text, self.line, self.column = next(self.tokens)
        self.before = -1

    def step(self) -> None:
        """Takes the next token."""
        self.before = self.line
        self.kind, self.text, self.line, self.column = next(self.tokens)

    def place(self, line: int, column: int, width: int = 1) -> Place:
        return Place(self.file, line + 1, column + 1, self.lines[line], width)

    def stands_under(self, column: int) -> bool:
        """Whether the next token is the first of its line, and in this column."""
        return self.column == column and self.line > self.before

    # ------------------------------------------------------------ by indentation

    def value(self, depth: int) -> Value:
        """A list of `-`, a table of keys under each other, or what can stand inside brackets."""
        if self.kind == "entry":
            return self.listing(depth)
        line, column = self.line, self.column
        value = self.inline(depth)
        return self.table(value, line, column, depth) if self.kind == "colon" else value

    def listing(self, depth: int) -> Listing:
        _check(depth)
        column = self.column
        found = Listing([], self.place(self.line, column))
        while True:
            self.step()
            if self.line == self.before or self.column > column:
                found.items.append(self.value(depth + 1))
            else:
                found.items.append(Scalar(None, "", self.place(self.before, column + 1)))
            if not self.stands_under(column) or self.kind != "entry":
                return found

    def table(self, key: Value, line: int, column: int, depth: int) -> Table:
        _check(depth)
        found = Table({}, {}, self.place(line, column))
        while True:
            self.add(found, key, self.behind_key(column, depth + 1))
            if not self.stands_under(column):
                return found
            key = self.scalar()

    def behind_key(self, column: int, depth: int) -> Value:
        """The value of a key in this column, from its colon on."""
        colon = self.column
        self.colon()
        if self.line == self.before:
            return self.inline(depth)
        entry = self.kind == "entry"  # which need not be indented
        if self.column > column or (entry and self.column == column):
            return self.value(depth)
        return Scalar(None, "", self.place(self.before, colon + 1))

    def colon(self) -> None:
        """The colon of a key, on the line of the key."""
        if self.kind != "colon" or self.line != self.before:
            raise OtherYamlError
        self.step()

    # ------------------------------------------------------------ inside brackets

    def inline(self, depth: int) -> Value:
        """A scalar, or a list or a table in brackets."""
        if self.text == "[":
            return self.list_in_brackets(depth)
        return self.table_in_braces(depth) if self.text == "{" else self.scalar()

    def list_in_brackets(self, depth: int) -> Listing:
        _check(depth + 1)  # for it may have tables of a single key
        found = Listing([], self.place(self.line, self.column))
        self.step()
        while self.text != "]":
            line, column = self.line, self.column
            value = self.inline(depth + 1)
            if self.kind == "colon":
                self.colon()
                pair = Table({}, {}, self.place(line, column))
                self.add(pair, value, self.inline(depth + 2))
                value = pair
            found.items.append(value)
            self.comma("]")
        self.step()
        return found

    def table_in_braces(self, depth: int) -> Table:
        _check(depth)
        found = Table({}, {}, self.place(self.line, self.column))
        self.step()
        while self.text != "}":
            key = self.scalar()
            if self.kind == "colon":
                self.colon()
                self.add(found, key, self.inline(depth + 1))
            else:
                self.add(found, key, Scalar(None, "", self.place(self.line, self.column)))
            self.comma("}")
        self.step()
        return found

    def comma(self, closing: str) -> None:
        """What stands between two values in brackets, and may stand behind the last."""
        if self.text == ",":
            self.step()
        elif self.text != closing:
            raise OtherYamlError

    # ------------------------------------------------------------ scalars and keys

    def scalar(self) -> Scalar:
        kind, text = self.kind, self.text
        place = self.place(self.line, self.column, len(text))
        self.step()
        if kind == "quoted" and len(text) <= LONGEST_SCALAR:
            return Scalar(text[1:-1], text[1:-1], place)
        if kind == "plain" and len(text) <= LONGEST_SCALAR:
            value = plain(text)
            if not isinstance(value, int) or len(text) <= LONGEST_NUMBER:
                return Scalar(value, text, place)
        raise OtherYamlError

    def add(self, table: Table, key: Value, value: Value) -> None:
        name = key.value if isinstance(key, Scalar) else None
        if not isinstance(name, str) or name == "<<" or name in table.items:
            raise OtherYamlError
        table.items[name] = value
        table.keys[name] = key.place


def _check(depth: int) -> None:
    """Refuses lists and tables in which a value would be nested too deeply."""
    if depth >= DEEPEST:
        raise OtherYamlError
