"""Parameters with norms folded, against the published counts of deployed networks."""

from __future__ import annotations

from pathlib import Path

import pytest

from dscalc.analysis.folding import folded
from dscalc.language.network_file import read_network
from dscalc.law.network import Report, measure
from tests.commands import document

# Zhang et al. 2017, arXiv:1711.07128, Table 9: (channels, layers, first strides), parameters.
DS_CNN = """
input: [49, 10, 1]
defaults: {{norm: batch}}
layers:
  - conv: {{n: {n}, k: [10, 4], stride: {first}}}
  - separable: {{n: {n}, stride: {second}}}
  - {{separable: {{n: {n}}}, repeat: {more}}}
  - global_pool
  - linear: {{n: 12, bias: true}}
"""
KEYWORD_SPOTTING = {
    "small": (DS_CNN.format(n=64, first=2, second=1, more=3), 22_604),
    "medium": (DS_CNN.format(n=172, first=[2, 1], second=2, more=3), 135_032),
    "large": (DS_CNN.format(n=276, first=[2, 1], second=2, more=4), 410_700),
}


def report(text: str) -> Report:
    return measure(read_network(text, "net.yaml").network)


@pytest.mark.parametrize("size", KEYWORD_SPOTTING)
def test_networks_of_the_keyword_spotting_paper(size: str) -> None:
    text, params = KEYWORD_SPOTTING[size]
    assert folded(report(text)).total.params("folded") == params


def test_every_command_counts_folded(tmp_path: Path) -> None:
    text, params = KEYWORD_SPOTTING["small"]
    file = tmp_path / "small.yaml"
    entry = "published:\n  - {params: 22604, count: folded, source: Table 9}\n"
    file.write_text(text + entry)
    count = ("--count", "folded")
    assert document("net", str(file), *count)["total"]["params"] == params
    assert document("sweep", str(file), *count, "--alpha", "1")["networks"][0]["points"][0][
        "params"] == params  # fmt: skip
    fits = document("fit", str(file), *count, "--max-params", str(params))["fits"]
    assert (fits[0]["params"], fits[0]["alpha"]) == (params, 1.0)
    check = document("check", str(file), *count, "--max-params", str(params))["checks"][0]
    assert (check["actual"], check["status"]) == (params, "pass")
    finding = document("verify", str(file))["figures"][0]
    assert (finding["ours"], finding["relation"]) == (params, "equal")
    moved = document("diff", str(file), str(file), *count)["networks"][0]
    assert moved["head"]["params"] == params


def test_costs_before_folding_are_no_answer() -> None:
    with pytest.raises(ValueError, match="before norms are folded"):
        report(KEYWORD_SPOTTING["small"][0]).total.params("folded")


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
    once = folded(report(KEYWORD_SPOTTING["small"][0] + "  - norm\n"))
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
