"""Sequences side by side: as many matches as can be, the same both ways, in bounded time."""

from __future__ import annotations

import random
from functools import cache
from time import process_time

import pytest

from dscalc.analysis import alignment
from dscalc.analysis.alignment import stretches

Items = list[tuple[str, ...]]


def items(text: str) -> Items:
    return [(letter,) for letter in text]


def most_in_common(olds: Items, news: Items) -> int:
    """How many items both have in the same order, by the definition."""

    @cache
    def common(i: int, k: int) -> int:
        if i == len(olds) or k == len(news):
            return 0
        if olds[i] == news[k]:
            return 1 + common(i + 1, k + 1)
        return max(common(i + 1, k), common(i, k + 1))

    return common(0, 0)


def aligned(olds: Items, news: Items) -> list[tuple[int, int, int, int]]:
    """The stretches, which hold both sequences once and in order."""
    found = list(stretches(olds, news))
    assert [n for i, j, _, _ in found for n in range(i, j)] == list(range(len(olds)))
    assert [n for _, _, k, m in found for n in range(k, m)] == list(range(len(news)))
    return found


def matched(olds: Items, news: Items) -> int:
    found = aligned(olds, news)
    return sum(j - i for i, j, k, m in found if olds[i:j] == news[k:m])


@pytest.mark.parametrize(
    ("olds", "news", "found"),
    [
        ("", "", []),
        ("abc", "abc", [(0, 3, 0, 3)]),
        ("ab", "", [(0, 2, 0, 0)]),
        ("", "ab", [(0, 0, 0, 2)]),
        ("abc", "axc", [(0, 1, 0, 1), (1, 2, 1, 2), (2, 3, 2, 3)]),
        ("abcd", "bcde", [(0, 1, 0, 0), (1, 4, 0, 3), (4, 4, 3, 4)]),
        ("abc", "xyz", [(0, 3, 0, 3)]),
    ],
)
def test_equal_stretches_and_what_lies_between(
    olds: str, news: str, found: list[tuple[int, int, int, int]]
) -> None:
    assert aligned(items(olds), items(news)) == found


@pytest.mark.parametrize("seed", range(300))
def test_as_much_is_matched_as_can_be_and_the_same_the_other_way_round(seed: int) -> None:
    chance = random.Random(seed)
    letters = "abcdefgh"[: chance.randint(1, 8)]
    olds, news = (items("".join(chance.choices(letters, k=chance.randint(0, 14)))) for _ in "xy")
    assert matched(olds, news) == most_in_common(olds, news)
    assert aligned(news, olds) == [(k, m, i, j) for i, j, k, m in aligned(olds, news)]


@pytest.mark.parametrize("edits", [1, 2, 5])
def test_piece_by_piece_it_still_holds_everything_once(
    edits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alignment, "MOST_EDITS", edits)
    monkeypatch.setattr(alignment, "LEAST_EDITS", 1)
    chance = random.Random(edits)
    for _ in range(300):
        olds, news = (items("".join(chance.choices("abcd", k=chance.randint(0, 30)))) for _ in "xy")
        assert matched(olds, news) <= most_in_common(olds, news)
        assert aligned(news, olds) == [(k, m, i, j) for i, j, k, m in aligned(olds, news)]
        if most_in_common(olds, news):
            assert matched(olds, news) > 0


@pytest.mark.parametrize("different", [1, 2, 7, 100, 5000])
def test_of_ten_thousand_items_each_in_a_second(different: int) -> None:
    chance = random.Random(different)
    olds, news = (many(different, chance) for _ in "xy")
    start = process_time()
    aligned(olds, news)
    assert process_time() - start < 5


def many(different: int, chance: random.Random) -> Items:
    return [(str(chance.randrange(different)),) for _ in range(10_000)]
