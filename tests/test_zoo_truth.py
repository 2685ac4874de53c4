"""The table of frameworks' totals is whole, and the shipped networks are held to it."""

from __future__ import annotations

import csv

import pytest

import dscalc
from dscalc.language.shipped import shipped_files, shipped_names
from tests import zoo

with (zoo.DATA / "zoo_truth.csv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))
NETWORKS = {name: dscalc.load(name) for name in sorted({*shipped_names(), *shipped_files()})}


def _askable(row: dict[str, str]) -> bool:
    """Whether a shipped file of that name has what the row asks for: a depth rule, a parameter."""
    network = NETWORKS.get(row["network"])
    if network is None:
        return False
    asked = row["given"].partition("=")[0]
    takes_depth = row["depth"] == "1" or network.depth_rule is not None
    return takes_depth and (not asked or asked in network.parameters)


WITHOUT_CLASSES = ("edsr_baseline_x2", "example_net", "mlperf_tiny_autoencoder", "qanet_encoder")
ASKABLE = [row for row in ROWS if _askable(row)]


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


def test_every_row_of_a_shipped_network_can_be_asked() -> None:
    assert len(ASKABLE) > 250
    assert [row["case"] for row in ROWS if row["network"] in NETWORKS and not _askable(row)] == []


@pytest.mark.parametrize("name", NETWORKS)
def test_every_classifier_is_a_parameter(name: str) -> None:
    network = NETWORKS[name]
    if name in WITHOUT_CLASSES:
        assert not network.parameters
        return
    two = dscalc.with_parameters(network, {"classes": 2})
    assert dscalc.measure(two).total.params() < dscalc.measure(network).total.params() or (
        network.parameters["classes"] == 2
    )


@pytest.mark.parametrize("row", ASKABLE, ids=lambda row: row["case"])
def test_a_shipped_network_is_what_a_framework_builds(row: dict[str, str]) -> None:
    *sides, channels = map(int, row["input"].split("x"))
    network = NETWORKS[row["network"]]._replace(input=dscalc.Shape(tuple(sides), channels))
    if row["given"]:
        name, _, value = row["given"].partition("=")
        network = dscalc.with_parameters(network, {name: int(value)})
    alpha, depth = float(row["alpha"]), float(row["depth"])
    report = dscalc.measure(dscalc.scale(network, alpha=alpha, depth=depth))
    parts = ("weights", "biases", "norms", "other", "params", "mult_adds")
    assert zoo.told(report) == zoo.Truth(*(int(row[part]) for part in parts))
