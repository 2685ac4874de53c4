"""Tables on screens of every width: what stands above, goes, is cut, and takes two lines."""

from __future__ import annotations

import time

import pytest

from dscalc.render.grid import Cell, Column, Grid
from dscalc.render.layout import Texts, fit
from dscalc.render.names import shortened
from dscalc.render.table import Screen, as_table
from dscalc.render.text import wrapped

NAME, KIND, INPUT = Column("name", "Layer", "name"), Column("kind", "Kind"), Column("in", "Input")
COUNT, BAR = Column("count", "Count", "count"), Column("bar", "of total", "bar", drop=1)
SHARE = Column("share", "Share", "share", drop=3)


def drawn(columns: tuple[Column, ...], rows: list[list[Cell]], width: int, **more: object) -> str:
    return as_table([Grid(columns, rows, **more)], Screen(width))  # type: ignore[arg-type]


# ---------------------------------------------------------------- what goes where

COLUMNS = (NAME, KIND, INPUT._replace(drop=2), COUNT, BAR, SHARE)
ROWS = [
    ["a_layer_of_long_name1", "conv", "8×8×3", "1,234,567", "████████", "75.0%"],
    ["another_layer_2", "x", "8×8×4", "0", "", "25.0%"],
]


@pytest.mark.parametrize(
    ("available", "lines", "name"),
    [
        (None, "name kind in count bar share", 21),
        (64, "name kind in count bar share", 21),
        (63, "name kind in count share", 21),
        (54, "name kind in count share", 21),
        (53, "name kind count share", 21),
        (47, "name kind count share", 21),
        (46, "name kind count", 21),
        (40, "name kind count", 21),
        (39, "name kind count", 20),
        (34, "name kind count", 15),
        (29, "name kind count", 10),
        (28, "name kind / in count share", 21),
        (27, "name kind / in count share", 21),
        (24, "name / kind count share", 21),
        (22, "name / kind count", 20),
        (16, "name kind / count", 10),
        (15, "name / kind in / count", 13),
        (1, "name / kind / count", 10),
    ],
)
def test_columns_go_then_names_are_cut_then_rows_take_more_lines(
    available: int | None, lines: str, name: int
) -> None:
    layout = fit(Texts(COLUMNS, ROWS), available)
    assert " / ".join(" ".join(COLUMNS[i].key for i in line) for line in layout.lines) == lines
    assert layout.widths[0] == name
    assert list(layout.widths)[3:] == [9, 8, 5]


def test_what_is_the_same_in_every_row_is_said_once_where_space_is_short() -> None:
    rows: list[list[Cell]] = [["a", "conv", "8×8×3", 12], ["b", "conv", "8×8×3", 345]]
    columns = (NAME, KIND, INPUT, COUNT)
    assert drawn(columns, rows, 30).splitlines()[0] == "  Layer  Kind  Input  Count"
    assert drawn(columns, rows, 24) == (
        "  Kind: conv · Input:\n"
        "    8×8×3\n"
        "\n"
        "  Layer  Count\n"
        "  ────────────\n"
        "  a         12\n"
        "  b        345\n"
    )


def test_what_says_nothing_in_any_row_goes_without_a_word() -> None:
    rows: list[list[Cell]] = [["a", "", 12], ["b", "", 345]]
    assert drawn((NAME, KIND, COUNT), rows, 17).splitlines()[0] == "  Layer  Count"


def test_names_that_repeat_become_headings_where_space_is_short() -> None:
    network = Column("network", "Network", "name")
    rows: list[list[Cell]] = [["one", 1, 12], ["one", 2, 3], ["other", 1, 4], ["", 2, 5]]
    columns = (network, COUNT, Column("more", "More", "count"))
    assert drawn(columns, rows, 30).splitlines()[2] == "  one          1    12"
    assert drawn(columns, rows, 20) == (
        "    Count  More\n"
        "  ─────────────\n"
        "  one\n"
        "        1    12\n"
        "        2     3\n"
        "  other\n"
        "        1     4\n"
        "        2     5\n"
    )


def test_a_row_of_two_lines() -> None:
    rows: list[list[Cell]] = [["conv1", "conv", 1234567], ["dw2", "depthwise", 89]]
    assert drawn((NAME, KIND, COUNT), rows, 20, totals=[["total", "", 1234656]]) == (
        "Layer  Kind\n"
        "      Count\n"
        "────────────────\n"
        "conv1  conv\n"
        "  1,234,567\n"
        "dw2    depthwise\n"
        "         89\n"
        "────────────────\n"
        "total\n"
        "  1,234,656\n"
    )


def test_text_that_is_longer_than_a_line_goes_on_in_the_next() -> None:
    rows: list[list[Cell]] = [["a", 1, "one two three four five"], ["b", 2, "six"]]
    assert drawn((NAME, COUNT, Column("why", "Why")), rows, 20).splitlines()[3:] == [
        *("a          1", "  one two three four", "    five", "b          2", "  six"),
    ]


def test_what_went_before_a_wider_column_comes_back() -> None:
    wide = Column("wide", "Wide", drop=2)
    rows: list[list[Cell]] = [["a", 1, 0.25, "x" * 40], ["b", 3, 0.75, "y"]]
    for width, keys in ((64, "Layer Count Share Wide"), (40, "Layer Count Share")):
        share = SHARE._replace(drop=1)
        head = drawn((NAME, COUNT, share, wide), rows, width).splitlines()[0]
        assert " ".join(head.split()) == keys


def test_a_line_of_a_row_that_says_nothing_is_none() -> None:
    rows: list[list[Cell]] = [["some", "conv", 1234567], ["none", "conv", None], ["", "dw", 2]]
    assert drawn((NAME, COLUMNS[1], COUNT), rows, 17).splitlines()[3:] == [
        *("some   conv", "  1,234,567", "none   conv", "       dw", "          2"),
    ]


def test_a_share_stays_beside_what_it_is_of() -> None:
    shares = SHARE._replace(drop=0)
    rows: list[list[Cell]] = [["a", 1, 0.25, 1000000, 0.1], ["b", 3, 0.75, 2000000, 0.2]]
    assert drawn((NAME, COUNT, shares, COUNT, shares), rows, 29).splitlines()[:2] == [
        *("Layer  Count  Share", "      Count  Share"),
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("those are then 12.50 %", ["those are then", "  12.50 %"]),
        ("about as many as 45 M", ["about as many as", "  45 M"]),
        ("the mult-adds ≤ 1,000", ["the", "  mult-adds ≤ 1,000"]),
        ("α 0.5 · input 224×224", ["α 0.5 · input", "  224×224"]),
        ("C = 512 · 512 · 14 · 14", ["C = 512 · 512 · 14 ·", "  14"]),
        ("a_word_that_is_wider_than_20", ["a_word_that_is_wider_than_20"]),
    ],
)
def test_text_breaks_at_blanks_but_not_behind_a_number(text: str, lines: list[str]) -> None:
    assert wrapped(text, 20) == lines


def test_a_picture_that_does_not_fit_says_so() -> None:
    rows: list[list[Cell]] = [[1, "A" * 30], [0, "B" * 30]]
    columns = (COUNT._replace(drop=1), Column("tensors", "Layers"))
    assert "A" * 30 in drawn(columns, rows, 32, drawn=True)
    assert drawn(columns, rows, 31, drawn=True) == (
        "  The picture is wider than\n    this terminal; --plot draws\n    it.\n"
    )


def test_a_note_of_a_column_goes_with_it() -> None:
    told = SHARE._replace(note="Share: of all.")
    rows: list[list[Cell]] = [["a", 1, 0.25], ["b", 3, 0.75]]
    assert "Share: of all." in drawn((NAME, COUNT, told), rows, 40)
    assert "Share" not in drawn((NAME, COUNT, told), rows, 16)


def test_our_own_labels_are_never_cut() -> None:
    rows: list[list[Cell]] = [["a_layer_of_a_long_name", 1], ["b", 3]]
    for width in range(24, 40):
        text = drawn((NAME, COUNT), rows, width, totals=[["of the network", 4]])
        assert "of the network" in text


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("names", "width", "cut"),
    [
        (["nets/detector.yaml", "n.yaml"], 12, ["…tector.yaml", "n.yaml"]),
        (["separable2", "separable12"], 10, ["separable2", "…parable12"]),
        (["small/classifier.yaml", "large/classifier.yaml"], 12, ["small…r.yaml", "large…r.yaml"]),
        (["first_of_a_long_tail", "other_of_a_long_tail"], 10, ["firs…_tail", "othe…_tail"]),
        (["网络网络网络", "x"], 7, ["…络网络", "x"]),
        (["网络网络网络", "x"], 6, ["…网络", "x"]),
        (["abc"], 1, ["…"]),
    ],
)
def test_names_keep_what_tells_them_apart(names: list[str], width: int, cut: list[str]) -> None:
    assert list(shortened(names, width, "…").values()) == cut


def test_a_row_takes_two_lines_before_names_become_one() -> None:
    names = [f"{word}_block_of_the_encoder_{word}_end" for word in ("aaaa", "bbbb", "cccc")]
    rows: list[list[Cell]] = [[name, number] for number, name in enumerate(names)]
    for width in range(10, 50):
        lines = drawn((NAME, COUNT), rows, width).splitlines()
        shown = [line.split()[0] for line in lines if line.strip()[-1:].isdigit() or "end" in line]
        assert len({line for line in shown if not line.isdigit()}) == 3, lines


# ---------------------------------------------------------------- long tables


def test_a_long_table_takes_no_longer_than_it_must() -> None:
    """Ten times the rows, not a hundred times the time; where Rich took a minute, some seconds."""

    def seconds(rows: int) -> float:
        grid = Grid(
            (NAME, KIND, INPUT, COUNT, BAR, SHARE),
            [[f"layer{i}", "conv", f"8×8×{i % 9}", i * 1000, 0.5, 0.25] for i in range(rows)],
        )
        start = time.process_time()
        text = as_table([grid], Screen(80))
        assert text.count("\n") == rows + 2
        return time.process_time() - start

    short = min(seconds(2_000) for _ in range(3))
    assert seconds(20_000) < 40 * short
