"""The table of frameworks' totals is whole: its parts add up, and no case stands twice in it."""

from __future__ import annotations

import csv

import pytest

from tests.zoo import DATA

with (DATA / "zoo_truth.csv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))


def test_no_case_stands_twice() -> None:
    cases = [row["case"] for row in ROWS]
    assert len(cases) > 300
    assert len(set(cases)) == len(cases)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["case"])
def test_the_parts_add_up(row: dict[str, str]) -> None:
    held = (int(row[part]) for part in ("weights", "biases", "norms", "other"))
    assert sum(held) == int(row["params"])
    done = (int(row[f"{part}_mult_adds"]) for part in ("conv", "linear", "product"))
    assert sum(done) == int(row["mult_adds"]) > 0
    assert row["network"] or row["note"]


def test_what_two_frameworks_build_under_one_name_is_the_same() -> None:
    """timm, torchvision and Keras agree on each network at each α, depth, size and argument."""
    asked = ("network", "alpha", "depth", "given", "input")
    figures: dict[tuple[str, ...], set[tuple[str, str]]] = {}
    for row in ROWS:
        if row["network"]:
            key = tuple(row[part] for part in asked)
            figures.setdefault(key, set()).add((row["params"], row["mult_adds"]))
    assert not {key: found for key, found in figures.items() if len(found) > 1}
