"""The one error a user can cause: what is wrong, in which layer, at which place of which file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import NamedTuple

WINDOW = 120  # characters of a source line that an error quotes
LONGEST_MESSAGE = 500  # characters, whatever a file holds
LONGEST_LAYER = 200  # of these, the layer's name
MOST_PROBLEMS = 100  # of one file that are told at once
LONGEST_COMPARED = 64  # characters of an unknown word
MOST_COMPARED = 1000  # known words that it is compared with by the letters that they share
LIKELY = 100  # of them that are compared with it by how often each letter occurs
CLOSEST = 10  # of those that are compared letter by letter, which takes a third of a millisecond


class Place(NamedTuple):
    """A stretch of one line of a file; lines and columns count from 1, as editors do."""

    file: str
    line: int
    column: int
    text: str
    width: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def quote(self) -> str:
        """The line itself with carets under the stretch, cut to a window around it."""
        start = max(0, self.column - WINDOW // 2) if len(self.text) > WINDOW else 0
        text = self.text[start : start + WINDOW]
        indent = self.column - 1 - start
        carets = "^" * max(1, min(self.width, len(text) - indent))
        return f"{self.line:>5} | {text}\n      | {' ' * indent}{carets}"


class Problem(NamedTuple):
    """One thing that is wrong; `key` is the field at fault, from which a file's place is found."""

    message: str
    key: str = ""
    layer: str = ""
    place: Place | None = None

    @property
    def sentence(self) -> str:
        """What is wrong, in which layer, but not where."""
        layer = self.layer
        if len(layer) > LONGEST_LAYER:
            layer = f"{layer[: LONGEST_LAYER // 2]}…{layer[-LONGEST_LAYER // 2 :]}"
        message = f"{layer}: {self.message}" if layer else self.message
        return message if len(message) <= LONGEST_MESSAGE else f"{message[: LONGEST_MESSAGE - 1]}…"

    def __str__(self) -> str:
        if self.place is None:
            return self.sentence
        return f"{self.place}: {self.sentence}\n{self.place.quote()}"


class DscalcError(ValueError):
    """What a user wrote cannot be costed; `problems` holds every reason that was found."""

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(Problem(p) if isinstance(p, str) else p for p in problems)
        super().__init__(*self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def add_problem(problems: list[Problem], problem: Problem) -> None:
    """Notes a problem of a file and reads on; raises DscalcError where there are too many."""
    problems.append(problem)
    if len(problems) >= MOST_PROBLEMS:
        message = f"the first {MOST_PROBLEMS} mistakes are shown, there may be more"
        raise DscalcError(*problems, problem._replace(message=message))


def nearest(word: str, known: Iterable[str], synonyms: Mapping[str, str] | None = None) -> str:
    """The end of a sentence about an unknown word: "; did you mean 'k'?", or nothing.

    `synonyms` maps words that users bring from elsewhere to the known ones.
    """
    import difflib
    from heapq import nlargest

    meanings = {name: name for name in islice(known, MOST_COMPARED)}
    for other, name in (synonyms or {}).items():
        if name in meanings:
            meanings.setdefault(other, name)
    word = word.lower()[:LONGEST_COMPARED]
    without = dict.fromkeys(map(ord, word))
    matcher = difflib.SequenceMatcher(b=word)

    def shared(name: str) -> float:
        return (len(name) - len(name.translate(without))) / (len(name) + len(word) or 1)

    def as_often(name: str) -> float:
        matcher.set_seq1(name)
        return matcher.quick_ratio()

    likely = nlargest(LIKELY, meanings, key=shared)
    close = difflib.get_close_matches(word, nlargest(CLOSEST, likely, key=as_often), 1, 0.7)
    return f"; did you mean '{meanings[close[0]]}'?" if close else ""
