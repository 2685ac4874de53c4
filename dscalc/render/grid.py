"""The grid that every format writes: columns of one meaning each, rows of raw values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from dscalc.render.scene import Scene

Cell: TypeAlias = str | int | float | None
Meaning: TypeAlias = Literal[
    "name",
    "text",
    "status",
    "count",
    "change",
    "margin",
    "ratio",
    "factor",
    "percent",
    "fewer",
    "share",
    "bar",
]

BAR_WIDTH = 8  # characters of a full bar
EIGHTHS: Sequence[str] = ("", *"▏▎▍▌▋▊▉")


class Column(NamedTuple):
    """A column: its key for machines, its head for people, and what its cells mean.

    Without a key it shows what another column says, and formats for machines leave it out.
    `drop` orders what a narrow screen does without: 1 goes first, 0 never goes. `note` explains
    the column wherever it is shown.
    """

    key: str
    head: str
    meaning: Meaning = "text"
    drop: int = 0
    note: str = ""

    @property
    def right_aligned(self) -> bool:
        return self.meaning not in ("name", "text", "status", "bar")


class Grid(NamedTuple):
    """A table with a title above and notes below; without columns, only these.

    `totals` sum up `rows`. A format for machines writes `rows` alone, so that summing a column
    never counts anything twice. The title is in the colour of the `mark`. Where the grid is
    `drawn`, its rows are a picture in letters.
    """

    columns: tuple[Column, ...] = ()
    rows: Sequence[Sequence[Cell]] = ()
    title: str = ""
    totals: Sequence[Sequence[Cell]] = ()
    notes: Sequence[str] = ()
    mark: Literal["", "pass", "warn", "fail"] = ""
    drawn: bool = False

    @property
    def all_notes(self) -> list[str]:
        """The notes below, and those of the columns."""
        return [*self.notes, *notes_of(self.columns)]


class Fact(NamedTuple):
    """What matters most of an answer: a number as people read it, and what it is of."""

    value: str
    label: str


class Page(NamedTuple):
    """What stands above tables where there is room: facts, a picture, and a heading.

    Without a heading that of the first table is the page's. The picture is made when it is drawn;
    what cannot be drawn raises DscalcError, and is left out.
    """

    facts: Sequence[Fact] = ()
    heading: str = ""
    scene: Callable[[], Scene] | None = None


def count_of(number: int, word: str) -> Fact:
    """So many of something, in the singular where it is one."""
    return Fact(f"{number:,}", word if number == 1 else f"{word}s")


class Rows(Sequence[Sequence[Cell]]):
    """Rows that are made as they are read and are not kept, since there may be a million."""

    def __init__(self, made: Callable[[], Iterator[Sequence[Cell]]], count: int) -> None:
        self._made, self._count = made, count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Sequence[Cell]]:
        return self._made()

    def __getitem__(self, place: Any) -> Any:
        return [*self][place]


def notes_of(columns: Iterable[Column]) -> list[str]:
    """What explains these columns, each thing once."""
    return list(dict.fromkeys(column.note for column in columns if column.note))


def without(grid: Grid, *keys: str) -> Grid:
    """The grid without the columns of these keys."""
    return _with(grid, [i for i, column in enumerate(grid.columns) if column.key not in keys])


def without_bars(grid: Grid) -> Grid:
    """The grid without columns that only draw what another one says."""
    return _with(grid, [i for i, column in enumerate(grid.columns) if column.meaning != "bar"])


def _with(grid: Grid, kept: Sequence[int]) -> Grid:
    """The grid with these of its columns."""
    return grid._replace(
        columns=tuple(grid.columns[i] for i in kept),
        rows=[[row[i] for i in kept] for row in grid.rows],
        totals=[[row[i] for i in kept] for row in grid.totals],
    )


def shown(cell: Cell, meaning: Meaning) -> str:
    """A cell as people read it; a count keeps every digit."""
    if cell is None or isinstance(cell, str):
        return cell or ""
    if meaning == "count":
        return f"{cell:,}"
    match meaning:
        case "fewer":
            return _fewer(cell)
        case "bar":
            return _bar(cell)
        case "share":
            return f"{cell:.1%}"
        case "change" | "margin":
            return f"{cell:+,}"
        case "factor":
            return f"{cell:g}" if float(f"{cell:g}") == cell else str(cell)
        case "percent":
            return f"{cell:.1f}" if round(cell, 1) == cell else str(cell)
        case "ratio":
            return f"{cell:.3f}"
        case _:
            return f"{cell:,}"


def _bar(share: float) -> str:
    """A bar in eighths of a character; what is not nothing is seen."""
    eighths = max(round(share * BAR_WIDTH * 8), 1 if share > 0 else 0)
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8]


def _fewer(ratio: float) -> str:
    """A ratio to a standard convolution as people say it."""
    if ratio <= 0:
        return ""
    if ratio == 1:
        return "the same"
    if 1 / 1.05 < ratio < 1.05:
        share = f"{abs(1 - ratio):.1%}".replace("0.0%", "<0.1%")
        return f"{share} {'fewer' if ratio < 1 else 'more'}"
    return f"{1 / ratio:,.1f}× fewer" if ratio < 1 else f"{ratio:,.1f}× more"
