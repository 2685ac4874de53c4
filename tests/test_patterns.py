"""Names by patterns: what a shell would match, and how much is matched at most."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fnmatch import fnmatchcase
from time import process_time

import pytest

from dscalc import DscalcError
from dscalc.analysis.patterns import MOST_MATCHES, Names


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("stem", [0]),
        ("stage1.conv1", [1, 4]),
        ("stage?.conv*", [1, 2, 3, 4]),
        ("*conv[13]", [1, 3, 4]),
        ("STEM", []),
        ("st", []),
        ("*", [0, 1, 2, 3, 4, 5]),
        ("a[b", [5]),
        ("", []),
    ],
)
def test_what_matches(pattern: str, found: list[int]) -> None:
    names = ["stem", "stage1.conv1", "stage1.conv2", "stage2.conv3", "stage1.conv1", "a[b"]
    assert Names(names).matching(pattern) == found


def test_it_is_the_shell_s_own_matching() -> None:
    chance = random.Random(7)
    names = ["".join(chance.choices("ab.1[", k=chance.randint(1, 6))) for _ in range(200)]
    for _ in range(200):
        pattern = "".join(chance.choices("ab.1*?[]!", k=chance.randint(0, 6)))
        expected = [n for n, name in enumerate(names) if fnmatchcase(name, pattern)]
        assert Names(names).matching(pattern) == expected


LAYERS = [f"stage{n // 100}.residual{n % 100}.conv1" for n in range(10_000)]


def test_a_thousand_names_for_ten_thousand_layers_are_found_in_a_moment() -> None:
    names = Names(LAYERS)
    start = process_time()
    assert [names.matching(name) for name in LAYERS[:1000]] == [[n] for n in range(1000)]
    assert process_time() - start < 0.5


@pytest.mark.parametrize(
    ("patterns", "places"),
    [
        ([f"stage{n}.residual7.*" for n in range(100)], range(7, 10_000, 100)),
        (
            [f"*.residual{n}.conv1" for n in (7, 99)],
            [*range(7, 10_000, 100), *range(99, 10_000, 100)],
        ),
        ([f"*{name}" for name in LAYERS[::5]], range(0, 10_000, 5)),
    ],
)
def test_patterns_that_begin_or_end_with_a_name_are_found_in_a_moment(
    patterns: Sequence[str], places: Sequence[int]
) -> None:
    names = Names(LAYERS)
    start = process_time()
    assert [place for pattern in patterns for place in names.matching(pattern)] == list(places)
    assert process_time() - start < 2


@pytest.mark.parametrize(
    "pattern", ["*9.conv[2]", "[a]*a*a*a*[b]", "*" * 400, "[a-z]" * 80, "?" * 400]
)
@pytest.mark.parametrize("name", ["stage{n}", "a" * 390 + "{n}"])
def test_patterns_are_matched_for_a_bounded_time(pattern: str, name: str) -> None:
    names = Names([name.format(n=n) for n in range(10_000)])
    patterns = [f"{pattern[:-3]}{n}[b]" if "b" in pattern else pattern for n in range(1000)]
    start = process_time()
    with pytest.raises(DscalcError, match=r"too many patterns for 10,000 layers; fewer, or names"
                       r"|match more than 100,000 layers"):  # fmt: skip
        all_matching(names, patterns)
    assert process_time() - start < 2


def all_matching(names: Names, patterns: Sequence[str]) -> None:
    for pattern in patterns:
        names.matching(pattern)


def test_the_longest_pattern() -> None:
    assert Names(["a" * 400]).matching("a" * 400) == [0]
    with pytest.raises(DscalcError, match="a pattern of 401 characters; at most 400 are read"):
        Names(["a" * 401]).matching("a" * 401)


def test_matches_are_bounded_over_all_patterns() -> None:
    names = Names(LAYERS)
    for _ in range(MOST_MATCHES // len(LAYERS)):
        names.matching("stage*")
    assert names.matching("stem*0*") == []
    with pytest.raises(DscalcError, match="match more than 100,000 layers together"):
        names.matching("stage0.residual0.conv1")
