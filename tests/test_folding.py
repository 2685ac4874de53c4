"""Parameters with norms folded, against the published counts of deployed networks."""

from __future__ import annotations

import pytest

from dscalc import Shape, load
from dscalc.analysis.folding import folded
from dscalc.language.network_file import read_network
from dscalc.language.shipped import shipped_files, shipped_names
from dscalc.law.network import Report, measure
from tests import zoo
from tests.commands import document

# Zhang et al. 2017, arXiv:1711.07128, Table 9.
KEYWORD_SPOTTING = {"ds_cnn_s": 22_604, "ds_cnn_m": 135_032, "ds_cnn_l": 410_700}
SMALL = "ds_cnn_s"


def report(text: str) -> Report:
    return measure(read_network(text, "net.yaml").network)


@pytest.mark.parametrize("name", KEYWORD_SPOTTING)
def test_networks_of_the_keyword_spotting_paper(name: str) -> None:
    measured = measure(load(name))
    assert folded(measured).total.params("folded") == KEYWORD_SPOTTING[name]


def test_every_command_counts_folded() -> None:
    file, params = SMALL, KEYWORD_SPOTTING[SMALL]
    count = ("--count", "folded")
    assert document("net", file, *count)["total"]["params"] == params
    assert document("sweep", file, *count, "--alpha", "1")["networks"][0]["points"][0][
        "params"] == params  # fmt: skip
    fits = document("fit", file, *count, "--max-params", str(params))["fits"]
    assert (fits[0]["params"], fits[0]["alpha"]) == (params, 1.0)
    check = document("check", file, *count, "--max-params", str(params))["checks"][0]
    assert (check["actual"], check["status"]) == (params, "pass")
    finding = document("verify", file)["figures"][0]
    assert (finding["ours"], finding["relation"]) == (params, "equal")
    moved = document("diff", file, file, *count)["networks"][0]
    assert moved["head"]["params"] == params


def test_costs_before_folding_are_no_answer() -> None:
    with pytest.raises(ValueError, match="before norms are folded"):
        measure(load(SMALL)).total.params("folded")


BARE = "input: [8, 8, 3]\nlayers:\n  - conv: {n: 4}\n    name: a\n"


@pytest.mark.parametrize(
    ("layers", "params"),
    [
        ("  - norm\n", 108 + 4),  # the only one to take it
        ("  - norm: {type: layer}\n", 108 + 8),  # found anew for every example
        ("  - norm\n  - concat: [a, norm2]\n", 108 + 8),  # the map is needed before it, too
        ("  - pool: {k: 2}\n  - norm\n", 108 + 8),  # behind no convolution
        ("  - norm\n  - norm\n", 108 + 4 + 8),
        ("  - norm: {without: both}\n", 108 + 4),
        ("", 108),  # without bias and norm it gets none
    ],
)
def test_norms_of_their_own(layers: str, params: int) -> None:
    assert folded(report(BARE + layers)).total.params("folded") == params


def test_an_activation_between_keeps_a_norm() -> None:
    text = BARE.replace("n: 4", "n: 4, activation: relu") + "  - norm\n"
    assert folded(report(text)).total.params("folded") == 108 + 8


def test_folding_twice_is_folding_once() -> None:
    once = folded(report(BARE + "  - norm\n  - norm\n"))
    assert folded(once) == once


def test_inside_blocks_and_shared_parameters() -> None:
    text = """
input: [8, 8, 3]
blocks:
  Step: [conv: {n: 4}, norm]
layers:
  - Step
  - conv: {n: 4, norm: batch}
    repeat: 2
    shared: true
"""
    assert folded(report(text)).total.params("folded") == (3 * 9 * 4 + 4) + (4 * 9 * 4 + 4)


# Of these PyTorch's modules have concats of halves where the files have one grouped or split
# convolution with its norm; a norm behind a concat does not fold.
JOINED = ("mixnet_m", "mixnet_s")
SHIPPED = {*shipped_names(), *shipped_files()} - set(JOINED)
TRUTHS = [row for row in zoo.table("folded.csv") if row["network"] in SHIPPED]


@pytest.mark.parametrize("row", TRUTHS, ids=lambda row: row["case"])
def test_shipped_networks_as_pytorch_folds_them(row: dict[str, str]) -> None:
    """Counted behind torch.nn.utils.fusion: tests/oracles/folding.py."""
    *sides, channels = map(int, row["input"].split("x"))
    network = load(row["network"])._replace(input=Shape(tuple(sides), channels))
    assert folded(measure(network)).total.params("folded") == int(row["params"])
