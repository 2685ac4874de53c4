"""Names that match patterns, in time that is bounded whatever the patterns and the names."""

from __future__ import annotations

import re
import sys
from bisect import bisect_left
from collections.abc import Sequence
from fnmatch import translate

from dscalc.errors import DscalcError

MOST_WORK = 2_500_000  # names that are held against a pattern, over all patterns
MOST_MATCHES = 100_000  # over all patterns
LONGEST = 400  # characters of a pattern
READING = 4  # names that might be matched in the time that a character of a pattern takes

WILD = re.compile(r"[*?\[]")
BETWEEN = re.compile(r"[*?\[].*[*?\[\]]|[*?\[]", re.DOTALL)  # what is wild, the rest is fixed
LAST_LETTER = chr(sys.maxunicode)


class Names:
    """Names to hold patterns against, which share one budget of time."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.places: dict[str, list[int]] = {}
        for place, name in enumerate(names):
            self.places.setdefault(name, []).append(place)
        # The names in order, and again read from behind, each with its place.
        self.ordered: dict[bool, list[tuple[str, int]]] = {}
        self.work = 0
        self.matches = 0

    def matching(self, pattern: str) -> list[int]:
        """The places of the names that match, as a shell would match them, case and all.

        Raises DscalcError for a pattern that is too long, and where together they take too long.
        """
        if len(pattern) > LONGEST:
            raise DscalcError(
                f"a pattern of {len(pattern):,} characters; at most {LONGEST} are read"
            )
        found = self._wild(pattern) if WILD.search(pattern) else self.places.get(pattern, [])
        self.matches += len(found)
        if self.matches > MOST_MATCHES:
            raise DscalcError(f"the patterns match more than {MOST_MATCHES:,} layers together")
        return found

    def _wild(self, pattern: str) -> list[int]:
        near = self._near(pattern)
        self.work += len(near) + READING * len(pattern)
        if self.work > MOST_WORK:
            raise DscalcError(
                f"too many patterns for {len(self.names):,} layers; fewer, or names without "
                "* ? and [, are found at once"
            )
        matches = re.compile(translate(pattern)).match
        return [place for place in near if matches(self.names[place])]

    def _near(self, pattern: str) -> Sequence[int]:
        """The places of the names that begin as the pattern does, or that end so."""
        head, tail = BETWEEN.split(pattern, maxsplit=1)
        behind = len(tail) > len(head)
        fixed = tail[::-1] if behind else head
        if not fixed:
            return range(len(self.names))
        if behind not in self.ordered:
            named = (name[::-1] if behind else name for name in self.names)
            self.ordered[behind] = sorted(zip(named, range(len(self.names)), strict=True))
        ordered = self.ordered[behind]
        first = bisect_left(ordered, (fixed, 0))
        last = bisect_left(ordered, (fixed + LAST_LETTER, 0), first)
        return sorted(place for _, place in ordered[first:last])
