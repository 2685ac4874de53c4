"""YAML text → values: by itself where it is written as network files are, else by PyYAML.

To load PyYAML takes longer than to read a network and to measure it. A text that is read here means
what it means there; all others, and all mistakes, are left to it. Here scalars are on one line,
quoted ones without escapes, and there are no anchors, tags, tabs or second documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

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


class Token(NamedTuple):
    """A scalar, a mark, or the end; lines and columns count from 0."""

    kind: str
    text: str
    line: int
    column: int


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
    return value if reader.token.kind == "end" else None


def _tokens(lines: list[str]) -> Iterator[Token]:
    for number, line in enumerate(lines):
        for found in TOKEN.finditer(line):
            kind = found.lastgroup
            if kind == "other":
                raise OtherYamlError
            if kind is not None:
                yield Token(kind, found[kind], number, found.start(kind))
    yield Token("end", "", len(lines) - 1, -1)  # in no column, so under nothing


class _Reader:
    """Makes values of tokens: `token` is the next one, `line` that of the one before it."""

    def __init__(self, lines: list[str], file: str) -> None:
        self.lines, self.file = lines, file
        self.tokens = _tokens(lines)
        self.token = next(self.tokens)
        self.line = -1

    def take(self) -> Token:
        taken = self.token
        self.line = taken.line
        self.token = next(self.tokens, taken)
        return taken

    def place(self, line: int, column: int, width: int = 1) -> Place:
        return Place(self.file, line + 1, column + 1, self.lines[line], width)

    def stands_under(self, column: int) -> bool:
        """Whether the next token is the first of its line, and in this column."""
        return self.token.column == column and self.token.line > self.line

    # ------------------------------------------------------------ by indentation

    def value(self, depth: int) -> Value:
        """A list of `-`, a table of keys under each other, or what can stand inside brackets."""
        start = self.token
        if start.kind == "entry":
            return self.listing(start, depth)
        value = self.inline(depth)
        return self.table(value, start, depth) if self.token.kind == "colon" else value

    def listing(self, start: Token, depth: int) -> Listing:
        _check(depth)
        found = Listing([], self.place(start.line, start.column))
        while True:
            mark = self.take()
            if self.token.line == mark.line or self.token.column > start.column:
                found.items.append(self.value(depth + 1))
            else:
                found.items.append(Scalar(None, "", self.place(mark.line, mark.column + 1)))
            if not self.stands_under(start.column) or self.token.kind != "entry":
                return found

    def table(self, key: Value, start: Token, depth: int) -> Table:
        _check(depth)
        found = Table({}, {}, self.place(start.line, start.column))
        while True:
            self.add(found, key, self.behind_key(start.column, depth + 1))
            if not self.stands_under(start.column):
                return found
            key = self.scalar()

    def behind_key(self, column: int, depth: int) -> Value:
        """The value of a key in this column, from its colon on."""
        colon = self.colon()
        if self.token.line == colon.line:
            return self.inline(depth)
        entry = self.token.kind == "entry"  # which need not be indented
        if self.token.column > column or (entry and self.token.column == column):
            return self.value(depth)
        return Scalar(None, "", self.place(colon.line, colon.column + 1))

    def colon(self) -> Token:
        """The colon of a key, on the line of the key."""
        line = self.line
        colon = self.take()
        if colon.kind != "colon" or colon.line != line:
            raise OtherYamlError
        return colon

    # ------------------------------------------------------------ inside brackets

    def inline(self, depth: int) -> Value:
        """A scalar, or a list or a table in brackets."""
        if self.token.text == "[":
            return self.list_in_brackets(depth)
        return self.table_in_braces(depth) if self.token.text == "{" else self.scalar()

    def list_in_brackets(self, depth: int) -> Listing:
        _check(depth + 1)  # for it may have tables of a single key
        bracket = self.take()
        found = Listing([], self.place(bracket.line, bracket.column))
        while self.token.text != "]":
            start = self.token
            value = self.inline(depth + 1)
            if self.token.kind == "colon":
                pair = Table({}, {}, self.place(start.line, start.column))
                self.colon()
                self.add(pair, value, self.inline(depth + 2))
                value = pair
            found.items.append(value)
            self.comma("]")
        self.take()
        return found

    def table_in_braces(self, depth: int) -> Table:
        _check(depth)
        brace = self.take()
        found = Table({}, {}, self.place(brace.line, brace.column))
        while self.token.text != "}":
            key = self.scalar()
            after = self.token
            if after.kind == "colon":
                self.colon()
                self.add(found, key, self.inline(depth + 1))
            else:
                self.add(found, key, Scalar(None, "", self.place(after.line, after.column)))
            self.comma("}")
        self.take()
        return found

    def comma(self, closing: str) -> None:
        """What stands between two values in brackets, and may stand behind the last."""
        if self.token.text == ",":
            self.take()
        elif self.token.text != closing:
            raise OtherYamlError

    # ------------------------------------------------------------ scalars and keys

    def scalar(self) -> Scalar:
        token = self.take()
        place = self.place(token.line, token.column, len(token.text))
        if token.kind == "quoted" and len(token.text) <= LONGEST_SCALAR:
            return Scalar(token.text[1:-1], token.text[1:-1], place)
        if token.kind == "plain" and len(token.text) <= LONGEST_SCALAR:
            value = plain(token.text)
            if not isinstance(value, int) or len(token.text) <= LONGEST_NUMBER:
                return Scalar(value, token.text, place)
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
