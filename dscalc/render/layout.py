"""How a table is laid out on a screen of some width: what goes above it, how rows take lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import combinations, pairwise
from typing import NamedTuple

from dscalc.render.grid import Column
from dscalc.render.names import SHORTEST, apart
from dscalc.render.text import width_of

INDENT = 2  # of a table of one line a row; of the other lines, where there are more; of a group
GAP = 2  # between columns
BESIDE = ("share", "ratio", "change", "margin", "bar")  # of the column before
MOST_LINES = 4  # of a row; where these do not hold it, each column has a line


class Layout(NamedTuple):
    """How a table is written: columns by their numbers.

    `lines` has the columns of each line of a row. Those of `above` say the same in every row, and
    say it once. `group` is the column whose names stand alone in a line above their rows.
    """

    lines: Sequence[Sequence[int]]
    widths: Sequence[int]
    above: Sequence[int] = ()
    group: int | None = None

    def indent(self, line: int) -> int:
        """What stands before a line of a row."""
        return _before(len(self.lines), line) + (0 if self.group is None else INDENT)

    @property
    def width(self) -> int:
        """The width of the whole, and of the lines that rule it."""
        return max(
            self.indent(line) + _used(columns, self.widths)
            for line, columns in enumerate(self.lines)
        )


class Choice(NamedTuple):
    """The columns that stay, those said above, and the one that groups."""

    kept: Sequence[int]
    above: Sequence[int] = ()
    group: int | None = None


class Texts:
    """The cells of a table as text, and what of them decides how it is laid out."""

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Sequence[Sequence[str]],
        totals: Sequence[Sequence[str]] = (),
        heads: Sequence[str] = (),
    ) -> None:
        self.columns, self.rows, self.totals = columns, rows, totals
        self.heads = heads or [column.head for column in columns]

    @cached_property
    def widths(self) -> list[int]:
        """The least that each column needs, uncut."""
        return [
            max(width_of(head), *map(width_of, self.distinct(i)), *map(width_of, self._totals(i)))
            if self.rows or self.totals
            else width_of(head)
            for i, head in enumerate(self.heads)
        ]

    def distinct(self, i: int) -> Sequence[str]:
        """What stands in a column, once each, in order."""
        return list(dict.fromkeys(row[i] for row in self.rows))

    def _totals(self, i: int) -> list[str]:
        return [total[i] for total in self.totals]

    @cached_property
    def constant(self) -> list[int]:
        """The columns that say one thing in all of several rows, and nothing of the whole."""
        several = len(self.rows) > 1
        return [
            i
            for i in range(len(self.columns))
            if several
            and self.columns[i].meaning not in ("status", "bar")
            and len(self.distinct(i)) == 1
            and not any(self._totals(i))
        ]

    @cached_property
    def group(self) -> int | None:
        """The first column of names, where each stands in several rows on end."""
        i = next((i for i, column in enumerate(self.columns) if column.meaning == "name"), None)
        if i is None or any(self._totals(i)):
            return None
        names = [row[i] for row in self.rows]
        starts = sum(a != b and b != "" for a, b in zip(["", *names], names, strict=False))
        return i if 1 < starts <= len(names) // 2 else None

    def least(self, i: int) -> int:
        """How narrow a column may get: names are cut and texts wrap, heads and totals are ours."""
        head = width_of(self.heads[i])
        if self.columns[i].meaning == "name":
            return max(head, min(self.widths[i], SHORTEST), *map(width_of, self._totals(i)), 0)
        return head if self.columns[i].meaning in ("text", "status") else self.widths[i]


def fit(texts: Texts, available: int | None) -> Layout:
    """The layout of a table in `available` columns, or in as many as it needs.

    Rows have as few lines as they can. To that end what is the same in all of them is said once,
    then names that repeat become headings, then columns go in the order of `drop`, then names are
    cut as long as they still differ. Numbers keep their width even where the screen is narrower.
    """
    everything = Choice(range(len(texts.columns)))
    if available is None:
        return Layout([everything.kept], texts.widths)
    choices = [everything, *_choices(texts)]
    whole = max(i for i, one in enumerate(choices) if _is_whole(one, texts))
    for lines in range(1, min(len(everything.kept), MOST_LINES) + 1):
        for choice in choices if lines == 1 else choices[whole:]:
            found = _in_lines(texts, choice, lines, available)
            if found is not None:
                return _refilled(texts, choice, found, available)
        for choice in choices[-1:] if lines == 1 else choices[whole:]:
            found = _in_lines(texts, choice, lines, available, cut=True)
            if found is not None:
                return found
    _, above, group = choices[-1]
    narrow = _capped(texts, choices[-1], available)
    return Layout([[i] for i in choices[-1].kept], narrow, above, group)


def _refilled(texts: Texts, choice: Choice, found: Layout, available: int) -> Layout:
    """The layout with those columns that went before a wider one, and still have room."""
    said = {*choice.kept, *choice.above, choice.group, *texts.constant}
    gone = [i for i, column in enumerate(texts.columns) if i not in said]
    for i in sorted(gone, key=lambda i: -texts.columns[i].drop):
        more = choice._replace(kept=sorted([*choice.kept, i]))
        layout = _in_lines(texts, more, len(found.lines), available)
        if layout is not None:
            choice, found = more, layout
    return found


def _choices(texts: Texts) -> Iterator[Choice]:
    """From one to the next fewer columns; what says nothing at all is not said above either."""
    kept = [i for i in range(len(texts.columns)) if i not in texts.constant]
    above = [i for i in texts.constant if texts.rows[0][i]]
    if not kept:
        return
    yield Choice(kept, above)
    group = texts.group if texts.group in kept and len(kept) > 1 else None
    if group is not None:
        kept = [i for i in kept if i != group]
        yield Choice(kept, above, group)
    drops = [i for i in kept if texts.columns[i].drop]
    for gone in sorted(drops, key=lambda i: texts.columns[i].drop)[: len(kept) - 1]:
        kept = [i for i in kept if i != gone]
        yield Choice(kept, above, group)


def _is_whole(choice: Choice, texts: Texts) -> bool:
    """Whether nothing that any row says has gone."""
    said = {*choice.kept, *choice.above, choice.group}
    return said.issuperset(i for i in range(len(texts.columns)) if i not in texts.constant)


def _in_lines(
    texts: Texts, choice: Choice, most: int, available: int, cut: bool = False
) -> Layout | None:
    """The columns one after another in so many lines, if these hold them; names may be `cut`.

    Of all ways to part them the one that leaves numbers beside what they are of, then one that
    parts what is said from what it costs, then the most even one. Text that is wider than a line
    has one to itself, and goes on in another.
    """
    room = available - (0 if choice.group is None else INDENT)
    widths = texts.widths if most == 1 else _capped(texts, choice, available)
    if cut:
        widths = [
            min(width, texts.least(i)) if _is_name(texts, i) else width
            for i, width in enumerate(widths)
        ]
    ways = [
        lines
        for lines in _ways(list(choice.kept), most)
        if all(_before(most, n) + _used(line, widths) <= room for n, line in enumerate(lines))
    ]

    def untidiness(lines: Sequence[Sequence[int]]) -> tuple[int, int, int]:
        columns = texts.columns
        torn = sum(columns[line[0]].meaning in BESIDE for line in lines[1:])
        mixed = sum(
            len(line) == 1 or columns[line[-1]].right_aligned or not columns[after[0]].right_aligned
            for line, after in pairwise(lines)
        )
        return torn, mixed, max(_used(line, widths) for line in lines)

    best = min(ways, key=untidiness, default=None)
    if best is None:
        return None
    if cut:
        widths = _with_names_widened(texts, best, widths, room)
        if not all(apart(texts.distinct(i), widths[i]) for i in choice.kept if _is_name(texts, i)):
            return None
    return Layout(best, widths, choice.above, choice.group)


def _is_name(texts: Texts, i: int) -> bool:
    return texts.columns[i].meaning == "name"


def _with_names_widened(
    texts: Texts, lines: Sequence[Sequence[int]], widths: Sequence[int], room: int
) -> list[int]:
    """The widths where names share what their lines leave, the narrowest first."""
    found = list(widths)
    for number, line in enumerate(lines):
        for _ in range(room - _before(len(lines), number) - _used(line, found)):
            cut = [i for i in line if _is_name(texts, i) and found[i] < texts.widths[i]]
            if cut:
                found[min(cut, key=found.__getitem__)] += 1
    return found


def _ways(columns: list[int], lines: int) -> Iterator[list[list[int]]]:
    """All ways to part the columns into so many lines, in their order."""
    for inner in combinations(range(1, len(columns)), lines - 1):
        ends = [0, *inner, len(columns)]
        yield [columns[i:j] for i, j in pairwise(ends)]


def _capped(texts: Texts, choice: Choice, available: int) -> list[int]:
    """Widths where no name and no text is wider than a line, nor a name narrower than can be."""
    line = available - INDENT - (0 if choice.group is None else INDENT)
    return [min(width, max(line, texts.least(i))) for i, width in enumerate(texts.widths)]


def _before(lines: int, line: int) -> int:
    """What stands before a line of a row that has so many: the first of several hangs out."""
    return INDENT if lines == 1 or line > 0 else 0


def _used(columns: Sequence[int], widths: Sequence[int]) -> int:
    return sum(widths[i] for i in columns) + GAP * (len(columns) - 1)
