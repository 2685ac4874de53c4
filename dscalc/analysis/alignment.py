"""Two sequences side by side: which items of one are which of the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

Items: TypeAlias = list[tuple[Any, ...]]
Pairs: TypeAlias = list[tuple[int, int]]

MOST_EDITS = 1000  # removals and additions for which the fewest possible are looked for
MOST_LOOKS = (
    1_200_000  # positions looked at; sequences too long for that are aligned piece by piece
)
LEAST_EDITS = 50  # within each piece


def stretches(olds: Items, news: Items) -> Iterator[tuple[int, int, int, int]]:
    """Where olds[i:j] stands beside news[k:m], in order: equal, or with nothing matched.

    As many items as can be are matched (Myers 1986, "An O(ND) difference algorithm"), up to
    MOST_EDITS removals and additions; with more of them, or fewer in sequences of thousands, what
    was matched so far is kept and the search goes on from there. It is the same the other way
    round, with sides changed.
    """
    pairs = _matched(olds, news) if olds <= news else [(i, k) for k, i in _matched(news, olds)]
    i = k = 0
    place = 0
    while place < len(pairs):
        old, new = pairs[place]
        if (i, k) != (old, new):
            yield i, old, k, new
        first = place
        while place < len(pairs) and pairs[place] == (old + place - first, new + place - first):
            place += 1
        i, k = old + place - first, new + place - first
        yield old, i, new, k
    if i < len(olds) or k < len(news):
        yield i, len(olds), k, len(news)


def _matched(olds: Items, news: Items) -> Pairs:
    """The places of equal items in both, each after those before it in both."""
    start = _common(olds, news)
    end = _common(olds[start:][::-1], news[start:][::-1])
    in_both = set(olds[start : len(olds) - end]) & set(news[start : len(news) - end])
    left = [i for i in range(start, len(olds) - end) if olds[i] in in_both]
    right = [k for k in range(start, len(news) - end) if news[k] in in_both]
    between = _shortest([olds[i] for i in left], [news[k] for k in right])
    return [
        *((i, i) for i in range(start)),
        *((left[x], right[y]) for x, y in between),
        *((len(olds) - n, len(news) - n) for n in range(end, 0, -1)),
    ]


def _common(olds: Items, news: Items) -> int:
    """How many items at the start of both are the same."""
    shorter = min(len(olds), len(news))
    return next((n for n in range(shorter) if olds[n] != news[n]), shorter)


def _shortest(olds: Items, news: Items) -> Pairs:
    """The pairs that the fewest removals and additions leave, piece by piece if there are many."""
    numbers = {item: number for number, item in enumerate(dict.fromkeys([*olds, *news]))}
    a, b = [numbers[item] for item in olds], [numbers[item] for item in news]
    edits = max(LEAST_EDITS, min(MOST_EDITS, MOST_LOOKS // (len(a) + len(b) + 1)))
    pairs: Pairs = []
    x = y = 0
    while x < len(a) and y < len(b):
        fronts, removals = _fronts(a, b, x, y, edits)
        piece, (x, y) = _way(fronts, removals, x, y)
        pairs += piece
    return pairs


def _fronts(a: list[int], b: list[int], x0: int, y0: int, most: int) -> tuple[list[list[int]], int]:
    """How far one comes from (x0, y0): the largest x by number of edits and, of these, removals.

    With the removals of the last edits with which one comes to the end or, after `most` of them,
    furthest.
    """
    n, m = len(a), len(b)
    fronts: list[list[int]] = []
    for edits in range(most + 1):
        front: list[int] = []
        for removals in range(edits + 1):
            x = max(_before(fronts, edits, removals, x0))
            y = y0 + (x - x0) + edits - 2 * removals
            while x < n and y < m and a[x] == b[y]:
                x += 1
                y += 1
            front.append(x)
            if x >= n and y >= m:
                return [*fronts, front], removals
        fronts.append(front)
    inside = [
        r for r in range(most + 1) if front[r] <= n and y0 + front[r] - x0 + most - 2 * r <= m
    ]
    return fronts, max(inside, key=lambda removals: front[removals] - removals)


def _before(fronts: list[list[int]], edits: int, removals: int, x0: int) -> tuple[int, int]:
    """Where the last edit leads if it is an addition, and if it is a removal; -1 where none can."""
    if not edits:
        return x0, -1
    last = fronts[edits - 1]
    return last[removals] if removals < edits else -1, last[removals - 1] + 1 if removals else -1


def _way(fronts: list[list[int]], removals: int, x0: int, y0: int) -> tuple[Pairs, tuple[int, int]]:
    """The pairs on the way to the last front, and where it ends."""
    pairs: Pairs = []
    end = None
    for edits in range(len(fronts) - 1, -1, -1):
        x = fronts[edits][removals]
        y = y0 + (x - x0) + edits - 2 * removals
        end = end or (x, y)
        added, removed = _before(fronts, edits, removals, x0)
        pairs += [(x - back, y - back) for back in range(1, x - max(added, removed) + 1)]
        removals -= removed > added
    return pairs[::-1], end or (x0, y0)
