"""What an answer says above its tables where there is room: large numbers, and a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Fact(NamedTuple):
    """What matters most of an answer: a number as people read it, and what it is of."""

    value: str
    label: str


class Page(NamedTuple):
    """The facts of an answer, and its heading where its first table has none."""

    facts: Sequence[Fact] = ()
    heading: str = ""
