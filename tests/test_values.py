"""YAML read strictly: the meanings of YAML 1.2, and nothing that hides, loops or explodes."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
import yaml

from dscalc.errors import MOST_PROBLEMS, DscalcError, Place
from dscalc.language.values import DEEPEST, MOST_VALUES, Listing, Scalar, Table, Value
from dscalc.language.yaml_text import parse


def plain(value: Value) -> Any:
    if isinstance(value, Scalar):
        return value.value
    if isinstance(value, Listing):
        return [plain(item) for item in value.items]
    return {key: plain(item) for key, item in value.items.items()}


def read(text: str) -> Any:
    """What a text without mistakes means."""
    value, problems = parse(text, "f.yaml")
    assert problems == []
    return plain(value)


def complaints(text: str) -> list[str]:
    """Every mistake of a text as line:column: message."""
    try:
        _, problems = parse(text, "f.yaml")
    except DscalcError as error:
        problems = list(error.problems)
    lines = [str(problem).splitlines()[0] for problem in problems]
    assert all(line.startswith("f.yaml:") for line in lines)
    return [line.removeprefix("f.yaml:") for line in lines]


# ---------------------------------------------------------------- meanings


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4", 4),
        ("-4", -4),
        ("+4", 4),
        ("0", 0),
        ("010", 10),  # octal in YAML 1.1
        ("0o10", 8),
        ("0x1F", 31),
        ("0b11", "0b11"),  # binary in YAML 1.1
        ("1_000", "1_000"),  # 1000 in YAML 1.1
        ("1:30", "1:30"),  # 90 in YAML 1.1
        ("1.5", 1.5),
        (".5", 0.5),
        ("2.", 2.0),
        ("1e3", 1000.0),  # text in YAML 1.1
        ("-1.5E-2", -0.015),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("+.Inf", math.inf),
        ("inf", "inf"),
        ("nan", "nan"),
        ("true", True),
        ("False", False),
        ("yes", "yes"),  # true in YAML 1.1
        ("no", "no"),
        ("on", "on"),
        ("Off", "Off"),
        ("y", "y"),
        ("null", None),
        ("~", None),
        ("Null", None),
        ("none", "none"),
        ("None", "None"),
        ("2026-11-22", "2026-11-22"),  # a date in YAML 1.1
        ("1.2.3", "1.2.3"),
        ("1e", "1e"),
        ("0o8", "0o8"),
        ("'4'", "4"),
        ('"true"', "true"),
        ("''", ""),
        ('"\\u00e9\\x41"', "éA"),
        ("4 # four", 4),
        ("α", "α"),
    ],
)
def test_a_scalar_means_what_yaml_1_2_says(text: str, value: object) -> None:
    found = read(text)
    assert (type(found), found) == (type(value), value)


def test_nan_is_a_number() -> None:
    assert math.isnan(read(".NaN"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: {b: [1, 2], c: }", {"a": {"b": [1, 2], "c": None}}),
        ("- 1\n- - 2\n  - 3\n- {}\n- []\n", [1, [2, 3], {}, []]),
        ("a:\n  b: >\n    one\n    two\n", {"a": {"b": "one two\n"}}),
        ("%YAML 1.2\n---\na: 1\n...\n", {"a": 1}),
        ("\ufeffa: 1", {"a": 1}),
        ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
        ("a: &x {n: 1}\nb: *x\n", {"a": {"n": 1}, "b": {"n": 1}}),
        ("a: &x 3\nb: [*x, *x]\nc: &x 4\nd: *x\n", {"a": 3, "b": [3, 3], "c": 4, "d": 4}),
    ],
)
def test_structures(text: str, value: object) -> None:
    assert read(text) == value


def test_places_count_from_one() -> None:
    value, _ = parse("layers:\n  - conv: {n: 64}\n", "nets/f.yaml")
    assert isinstance(value, Table)
    assert value.keys["layers"] == Place("nets/f.yaml", 1, 1, "layers:", 6)
    layers = value.items["layers"]
    assert isinstance(layers, Listing)
    (item,) = layers.items
    assert isinstance(item, Table)
    conv = item.items["conv"]
    assert isinstance(conv, Table)
    assert conv.keys["n"] == Place("nets/f.yaml", 2, 12, "  - conv: {n: 64}", 1)
    n = conv.items["n"]
    assert isinstance(n, Scalar)
    assert (n.text, n.place.column, n.place.width) == ("64", 15, 2)


def test_a_tab_is_shown_as_one_blank() -> None:
    value, _ = parse("a:\t[1]", "f")
    assert isinstance(value, Table)
    assert value.items["a"].place.text == "a: [1]"


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("a: 1\n---\nb: 2\n", ["2:1: a second document; one file holds one"]),
        ("a: 1\n...\n---\n", ["3:1: a second document; one file holds one"]),
        ("a: 1\na: 2\n", ["2:1: a second 'a'; the first is on line 1"]),
        (
            "a: 1\nb: {c: 1, c: 2}\na: 3\n",
            [
                "2:11: a second 'c'; the first is on line 2",
                "3:1: a second 'a'; the first is on line 1",
            ],
        ),
        ("'a': 1\na: 2\n", ["2:1: a second 'a'; the first is on line 1"]),
        (
            "a: &x {n: 1}\nb:\n  <<: *x\n",
            ["3:3: a merge key; YAML 1.2 has none, and neither has the language"],
        ),
        ("1: a\n", ["1:1: a key must be a word"]),
        ("true: a\n", ["1:1: a key must be a word"]),
        ("~: a\n", ["1:1: a key must be a word"]),
        ("? [a]\n: b\n", ["1:3: a key must be a word"]),
        ("? {a: 1}\n: b\n", ["1:3: a key must be a word"]),
        ("a: !!int 4\n", ["1:4: a tag, tag:yaml.org,2002:int; the language has none"]),
        ("a: !!python/name:os.system x\n", None),
        ("!net {a: 1}\n", ["1:1: a tag, !net; the language has none"]),
        ("a: ! [1]\n", None),
        ("a: *x\n", ["1:4: *x refers to no anchor before it"]),
        ("a: [*x, &x 1]\n", ["1:5: *x refers to no anchor before it"]),
        ("a: &x [*x]\n", ["1:8: *x stands inside what it refers to"]),
        ("a: &x {b: {c: *x}}\n", ["1:15: *x stands inside what it refers to"]),
        ("a: [1\n", None),
        ("a: }\n", None),
        ("a: 'open\n", None),
        ("a:\n\t- b\n", None),
        ("a: 1\n b: 2\n", None),
        ("%YAML 2.0\n---\na\n", None),
        (
            "a: \x07\n",
            [
                "1:4: the character U+0007 cannot stand in a file; "
                "between double quotes \\x07 means it"
            ],
        ),
        (
            "a: 1\r\nb:\t\x1b[31m",
            [
                "2:4: the character U+001B cannot stand in a file; "
                "between double quotes \\x1b means it"
            ],
        ),
        (
            "a: 1\rb: 2\n\n c\ud800",
            [
                "4:3: the character U+D800 cannot stand in a file; "
                "between double quotes \\ud800 means it"
            ],
        ),
        ("@", None),
        (f"a: {'9' * 41}\n", ["1:4: a number of 41 digits; the longest that is read has 40"]),
        (
            f"a: -{'9' * 10_000}\nb: 1\nb: 2\n",
            [
                "1:4: a number of 10001 digits; the longest that is read has 40",
                "3:1: a second 'b'; the first is on line 2",
            ],
        ),
    ],
)
def test_what_is_refused(text: str, messages: list[str] | None) -> None:
    """Where it is, and what; None where the YAML parser words it, which differs by version."""
    found = complaints(text)
    assert found
    if messages is not None:
        assert found == messages


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000, "[[1], " * 30_000],
    ids=["lists", "mappings", "block lists", "keys", "lists with something"],
)
def test_nesting_without_end_is_refused_at_once(text: str) -> None:
    assert complaints(text)[0].endswith(f"nested deeper than {DEEPEST} levels")


@pytest.mark.parametrize("character", "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e")
@pytest.mark.parametrize(
    "text", ["# a{}  - conv: {{n: 64}}\n", "a: b{}c: d\n", "a: 'b{}'\n", 'a: "b{}"\n', "{}"]
)
def test_what_breaks_lines_for_some_readers_alone_is_refused(text: str, character: str) -> None:
    """By YAML 1.2 a comment with U+2028 goes on, and by libyaml a layer follows it."""
    column = text.format(character).index(character) + 1
    (message,) = complaints(f"x: 1\n{text.format(character)}")
    assert message.startswith(f"2:{column}: the character U+{ord(character):04X} cannot stand")


@pytest.mark.parametrize("character", "\u2028\u2029\x85\x0b\x0c\x1c\x07\x7f\u200b\u00a0")
def test_the_same_character_may_be_escaped(character: str) -> None:
    assert read(f'a: "b\\u{ord(character):04x}"\nb: 1\n') == {"a": f"b{character}", "b": 1}


def test_every_character_is_read_or_refused_at_its_place() -> None:
    """None ends in another error, and no line is counted that is none."""
    for code in (*range(0x3000), *range(0xD7F0, 0x10000), 0x1F600, 0x10FFFF):
        (message,) = complaints(f"# {chr(code)}\nb: *c\n")
        line = 3 if chr(code) == "\n" else 2
        expected = (f"{line}:4: *c refers to no anchor", f"1:3: the character U+{code:04X} cannot")
        assert message.startswith(expected)


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n"])
def test_a_file_without_a_value_is_empty(text: str) -> None:
    (message,) = complaints(text)
    assert message.endswith("the file is empty")


def test_nesting_to_the_last_level_is_read() -> None:
    assert read("[" * DEEPEST + "]" * DEEPEST) is not None
    assert complaints("[" * (DEEPEST + 2) + "]" * (DEEPEST + 2))


def nested_by_aliases(levels: int) -> str:
    """A list in a list in a list, each of them an alias of the line before."""
    return "- &a0 [x]\n" + "".join(f"- &a{i} [*a{i - 1}]\n" for i in range(1, levels))


def test_nesting_by_aliases_counts_as_nesting() -> None:
    """Each line is flat; what they mean together is not, and whoever reads it goes down there."""
    most = DEEPEST - 1  # the list of all lines and the innermost x are levels too
    assert len(read(nested_by_aliases(most))) == most
    for levels in (most + 1, 500):
        (message,) = complaints(nested_by_aliases(levels))
        assert message.startswith(f"{most + 1}:")
        assert message.endswith(f": nested deeper than {DEEPEST} levels")


def test_nesting_by_aliases_of_what_lies_beside_does_not_add_up() -> None:
    deep = "[" * 40 + "]" * 40
    assert len(read(f"- &a {deep}\n- &b [x, *a, y]\n- [*b, *a, [[*a]]]\n")) == 3
    assert complaints(f"- &a {deep}\n- {'[' * 25}*a{']' * 25}\n")


def test_aliases_that_explode_are_refused_at_once() -> None:
    """A billion laughs: 10^11 values in 12 lines."""
    lines = ["- &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"- &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    started = time.perf_counter()
    (message,) = complaints("\n".join(lines))
    assert message.endswith(f"more than {MOST_VALUES:,} values, aliases followed")
    assert time.perf_counter() - started < 5


def test_a_line_of_a_hundred_thousand_values_is_read_in_proportion() -> None:
    """Looking up the line of each value must not take as long as the line."""
    started = time.perf_counter()
    assert len(read("[" + "a, " * 100_000 + "]")) == 100_000
    assert time.perf_counter() - started < 20


def test_mistakes_without_number_are_cut() -> None:
    assert len(complaints("[" + "!t 1, " * 10_000 + "]")) == MOST_PROBLEMS + 1


def test_mistakes_before_a_fatal_one_are_told_with_it() -> None:
    found = complaints("a: 1\na: 2\nb: [1\n")
    assert found[0] == "2:1: a second 'a'; the first is on line 1"
    assert len(found) == 2


def test_the_parser_of_python_alone_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML comes without its C parser on some machines."""
    text = "a: &x {n: [1, yes, '2', 0o10, ~]}\nb: *x\nc: >\n  x\n  y\n"
    expected = read(text)
    mistakes = "a: !t 1\na: 2\nb: *c\n"
    told = complaints(mistakes)
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert read(text) == expected
    assert complaints(mistakes) == told
