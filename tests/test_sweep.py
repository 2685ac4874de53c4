"""`dscalc sweep`: the published grids, what is marked, what a long table leaves out, refusals."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from dscalc.commands import progress
from tests import zoo
from tests.commands import call, complaint, document
from tests.conftest import Golden

GRIDS = [
    ("mobilenet", "mobilenet_v1_tf_models.csv", "0.25:1.0:0.25", "128:224:32"),
    ("mobilenet_v2", "mobilenet_v2_tf_models.csv", "0.35,0.5:1.0:0.25,1.3,1.4", "96:224:32"),
]
LONG = ("mobilenet", "--alpha", "0.1:1.0:0.1", "--resolution", "32:224:16")  # 130 points


@pytest.mark.parametrize(("name", "table", "alphas", "resolutions"), GRIDS)
def test_one_command_gives_the_published_grid(
    name: str, table: str, alphas: str, resolutions: str
) -> None:
    found = document("sweep", name, "--alpha", alphas, "--resolution", resolutions)
    points = {(p["alpha"], p["resolution"][0]): p for p in found["networks"][0]["points"]}
    for row in zoo.table(table):
        point = points[float(row["alpha"]), int(row["resolution"])]
        assert point["mult_adds"] == int(row["exact_macs"])
        assert point["params"] == int(row["trainable_2C_bn_bias_1000"])
        assert point["weights"] == int(row["weights_only_1000"])


def test_a_short_table_shows_every_point(golden: Golden) -> None:
    result = call("sweep", "mobilenet", "--alpha", "0.5,1", "--resolution", "160,224")
    assert (result.code, result.err) == (0, "")
    golden("sweep_mobilenet", result.out)


def test_limits_mark_the_largest_that_keep_them_and_name_those_broken() -> None:
    found = document(
        *("sweep", "mobilenet", "--alpha", "0.25:1.0:0.25", "--resolution", "128:224:32"),
        *("--max-mult-adds", "200M", "--max-size", "12MB"),
    )
    assert found["limits"] == {"mult_adds": 200_000_000, "size": 12_000_000}
    points = found["networks"][0]["points"]
    best = [(p["alpha"], p["resolution"][0]) for p in points if p["best"]]
    assert best == [(0.5, 224), (0.75, 160)]
    (widest,) = (p for p in points if p["alpha"] == 1.0 and p["resolution"][0] == 224)
    assert widest["over"] == {"mult_adds": 368_740_352, "size": 4_927_904}


def rows(*arguments: str) -> list[dict[str, str]]:
    """The CSV of a sweep."""
    return list(csv.DictReader(io.StringIO(call(*arguments, "--format", "csv").out)))


def test_a_long_table_shows_the_best_and_says_of_how_many() -> None:
    limited = (*LONG, "--max-mult-adds", "100M")
    text = call("sweep", *limited).out
    points = document("sweep", *limited)["networks"][0]["points"]
    best = sum(point["best"] for point in points)
    assert f"\n  The {best} best of 130 points, those that compute most first; --all" in text
    assert "\n  50 of the 130 best of 130 points, those" in call("sweep", *LONG).out
    assert len(rows("sweep", *limited)) == 130
    assert len(points) == 130
    every = call("sweep", *limited, "--all").out
    assert "130 points," not in every
    assert sum(line.startswith("  ") and line.split()[0].isdecimal()
               for line in every.splitlines()) == 130  # fmt: skip


def test_csv_has_the_figures_and_no_bar() -> None:
    (row,) = rows("sweep", "mobilenet", "--dtype", "int8", "--max-params", "4M")
    assert row == {
        "resolution": "224",
        "alpha": "1.0",
        "params": "4231976",
        "mult_adds": "568740352",
        "memory": "1204224",
        "size": "4231976",
        "best": "",
        "over": "params",
    }


def test_several_networks_stand_in_one_table() -> None:
    found = rows("sweep", "mobilenet", "mobilenet_v2", "--resolution", "224,160x128")
    assert [(row["network"], row["resolution"]) for row in found] == [
        ("MobileNet", "224"),
        ("MobileNet", "160×128"),
        ("MobileNetV2", "224"),
        ("MobileNetV2", "160×128"),
    ]


def test_types_change_bytes_alone() -> None:
    (whole,), (halves,) = (
        document("sweep", "mobilenet_v2", *flags)["networks"][0]["points"]
        for flags in ((), ("--dtype", "float16", "--weight-dtype", "int4"))
    )
    assert halves["memory_bytes"] * 2 == whole["memory_bytes"] == 4 * 1_505_280
    assert halves["size_bytes"] * 8 == whole["size_bytes"]
    assert halves["mult_adds"] == whole["mult_adds"]


def test_the_table_fits_a_hundred_columns() -> None:
    arguments = ("mobilenet", "mobilenet_v2", "--alpha", "0.25:1.0:0.25", "--max-params", "3M")
    text = call("sweep", *arguments, columns=100).out
    assert max(map(len, text.splitlines())) <= 100
    assert "568,740,352" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--alpha", "1:0.25:0.25"], "--alpha 1:0.25:0.25: ranges go upward"),
        (["--alpha", "0.25:1:0"], "a step of zero never arrives"),
        (["--alpha", ""], "--alpha must be numbers"),
        (["--alpha", "0"], "α must be a positive number"),
        (["--alpha", "0.001:1:0.001", "--resolution", "1:2000:1"],
         "2,000,000 points are more than 1,000,000; take larger steps"),
        (["--resolution", "0"], "the resolution must be at least 1"),
        (["--resolution", "7.5"], "--resolution must be whole numbers"),
        (["--max-memory", "2"], "--max-memory must be a size such as 600kB, 1.5MB or 2MiB"),
        (["--max-memory", "0MB"], "--max-memory must be at least 1, not 0MB"),
        (["--max-params", "0"], "--max-params must be at least 1, not 0"),
        (["--max-mult-adds", "150m"], "did you mean '150M'?"),
    ],
)  # fmt: skip
def test_refusals(arguments: list[str], message: str) -> None:
    assert message in complaint("sweep", "mobilenet", *arguments)


def test_an_alpha_that_the_network_refuses() -> None:
    said = complaint("sweep", "resnext50_32x4d", "--alpha", "0.3")
    assert "does not divide" in said
    assert "α = 0.3" in said


def test_a_grid_too_large_is_refused_before_the_network_is_read(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.yaml")
    said = complaint("sweep", missing, "--alpha", "0.001:2:0.001", "--resolution", "1:1000:1")
    assert "2,000,000 points" in said


# ---------------------------------------------------------------- progress


class Terminal(io.StringIO):
    """A stream that says that somebody watches."""

    def isatty(self) -> bool:
        return True


def counted(read: list[int]) -> Iterator[int]:
    """Some numbers, and a note of how many have been asked for."""
    for number in range(5):
        read.append(number)
        yield number


@pytest.mark.parametrize(("patience", "shown"), [(0.0, True), (60.0, False)])
def test_a_bar_is_shown_to_who_waits_long(
    patience: float, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr(progress, "PATIENCE", patience)
    read: list[int] = []
    assert list(progress.watched(counted(read), 5)) == read == [0, 1, 2, 3, 4]
    assert bool(screen.getvalue()) is shown


def test_nothing_is_shown_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    assert list(progress.watched(counted([]), 5)) == [0, 1, 2, 3, 4]
    assert screen.getvalue() == ""
