"""The error: how it reads, its place and the line, the hint at a known word."""

from __future__ import annotations

import pickle
import random
from difflib import SequenceMatcher, get_close_matches
from time import process_time

import pytest

from dscalc.errors import (
    LONGEST_MESSAGE,
    MOST_PROBLEMS,
    WINDOW,
    DscalcError,
    Place,
    Problem,
    add_problem,
    nearest,
)

PLACE = Place("nets/mine.yaml", 12, 17, "  - separable: {kernal: 3, n: 64}", width=6)


def test_an_error_shows_file_line_column_and_the_line_itself() -> None:
    error = DscalcError(Problem("unknown key 'kernal' in separable", place=PLACE))
    assert str(error) == (
        "nets/mine.yaml:12:17: unknown key 'kernal' in separable\n"
        "   12 |   - separable: {kernal: 3, n: 64}\n"
        "      |                 ^^^^^^"
    )


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("n must be at least 1"), "n must be at least 1"),
        (Problem("n must be at least 1", key="n"), "n must be at least 1"),
        (Problem("n must be at least 1", layer="conv1"), "conv1: n must be at least 1"),
        (
            Problem("too wide", layer="a.b", place=Place("f", 1, 2, "xyz")),
            "f:1:2: a.b: too wide\n    1 | xyz\n      |  ^",
        ),
        (Problem("empty", place=Place("f", 1, 1, "")), "f:1:1: empty\n    1 | \n      | ^"),
    ],
)
def test_a_problem_reads(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_several_problems_stand_one_below_the_other() -> None:
    error = DscalcError("one", Problem("two", layer="l"))
    assert str(error) == "one\nl: two"
    assert [problem.message for problem in error.problems] == ["one", "two"]


@pytest.mark.parametrize("column", [1, 60, 61, 500, 9_999, 10_000])
def test_a_long_line_is_cut_to_a_window_around_the_place(column: int) -> None:
    text = "".join(chr(ord("a") + i % 26) for i in range(10_000))
    shown, carets = Place("f", 3, column, text, width=3).quote().splitlines()
    quoted = shown.removeprefix("    3 | ")
    indent = carets.removeprefix("      | ").index("^")
    assert len(quoted) <= WINDOW
    assert quoted in text
    assert quoted[indent] == text[column - 1]
    assert len(carets.strip(" |")) <= 3


def test_a_long_message_is_cut() -> None:
    assert len(str(Problem("x" * 1_000_000))) == LONGEST_MESSAGE


def test_it_is_a_value_error_and_survives_pickling() -> None:
    error = DscalcError(Problem("wrong", "n", "conv1", PLACE), Problem("worse"))
    assert isinstance(error, ValueError)
    copied = pickle.loads(pickle.dumps(error))
    assert (str(copied), copied.problems) == (str(error), error.problems)


def test_too_many_problems_stop_the_reading() -> None:
    problems: list[Problem] = []
    for number in range(1, MOST_PROBLEMS):
        add_problem(problems, Problem(f"mistake {number}", place=PLACE))
    with pytest.raises(DscalcError) as error:
        add_problem(problems, Problem("one more", place=PLACE))
    assert len(error.value.problems) == MOST_PROBLEMS + 1
    assert error.value.problems[-1].message == "the first 100 mistakes are shown, there may be more"


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("strid", "; did you mean 'stride'?"),
        ("STRIDE", "; did you mean 'stride'?"),
        ("kernel", "; did you mean 'k'?"),
        ("kernal", "; did you mean 'k'?"),
        ("filters", ""),  # its meaning, n, is not known here
        ("banana", ""),
        ("", ""),
        ("x" * 1_000_000, ""),
    ],
)
def test_the_nearest_known_word(word: str, hint: str) -> None:
    assert nearest(word, ["stride", "padding", "k"], {"kernel": "k", "filters": "n"}) == hint


def test_the_nearest_of_a_thousand_is_the_one_that_looking_at_all_finds() -> None:
    """A slip in any name of a network: the same as without the bound, up to equally near ones."""
    names = [f"stage{n // 10}.{kind}{n % 10}" for n in range(300) for kind in ("conv", "norm")]
    chance = random.Random(5)
    for name in chance.sample(names, 60):
        place = chance.randrange(len(name))
        slip = name[:place] + chance.choice(("", "x", name[place] * 2)) + name[place + 1 :]
        found = nearest(slip, names).removeprefix("; did you mean '").removesuffix("'?")
        (best,) = get_close_matches(slip, names, 1, 0.7)
        assert likeness(found, slip) == likeness(best, slip)


def likeness(name: str, word: str) -> float:
    return SequenceMatcher(None, name, word).ratio()


def test_a_hundred_long_words_among_a_thousand_take_a_moment() -> None:
    """Names of the same letters in another order, which only a close look tells apart."""
    chance = random.Random(6)
    letters = "abcdefgh" * 8
    names = ["".join(chance.sample(letters, 64)) for _ in range(1000)]
    start = process_time()
    for _ in range(99):
        nearest("".join(chance.sample(letters, 64)), names)
    assert process_time() - start < 5
