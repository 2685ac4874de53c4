"""`explain` writes out what follows; what it says comes to the number that was built."""

from __future__ import annotations

import re

import pytest

from dscalc import DscalcError, Network, load, measure, scale
from dscalc.analysis.origins import origins, written_out
from dscalc.language.network_file import read_network
from dscalc.law.scaling import Scaling
from dscalc.law.width import Width
from tests.commands import call, document
from tests.random_networks import network as random_network
from tests.test_language_laws import settings, text_of

TEXT = """\
input: [8, 8, 24]
width: {multiple_of: 8}
depth: {round: ceil}
blocks:
  Ghost:
    with: {n, t: 3, stride: 1}
    layers:
      - pointwise: {n: t * in}
      - depthwise: {stride: stride}
      - pointwise: {n: n / 2}
      - conv: {n: 16 + in}
      - conv: {n: 0.5 * in, multiple_of: 5}
layers:
  - conv: {n: 100}
  - {Ghost: {n: 48, stride: 2}, repeat: 2}
  - inverted_residual: {n: 16, expand: 2.5, se: 4}
  - squeeze_excite
  - {depthwise: {stride: 2}, repeat: 2}
"""


@pytest.mark.parametrize(
    ("layer", "alpha", "depth", "told"),
    [
        ("conv1", 1.0, 1.0, ["n = 100, the nearest multiple of 8: 104"]),
        ("conv1", 0.75, 1.0, ["n = 0.75 · 100 = 75, the nearest multiple of 8: 72"]),
        ("conv1", 0.2, 1.0, ["n = 0.2 · 100 = 20, the nearest multiple of 8: 24"]),
        ("conv1", 0.1, 1.0, ["n = 0.1 · 100 = 10, the nearest multiple of 8: 8, which is less "
                             "than 90 % of it (9), so 16"]),
        ("Ghost2", 0.5, 1.2, ["n = 0.5 · 48 = 24", "copies = 1.2 · 2 = 2.4, ceil: 3"]),
        ("Ghost3", 1.0, 1.0, ["stride = 1 in all copies but the first"]),
        ("Ghost2.pointwise1", 1.0, 1.0, ["n = t · in = 3 · 104 = 312"]),
        ("Ghost3.pointwise3", 1.0, 1.0, ["n = n / 2 = 48 / 2 = 24"]),
        ("Ghost2.depthwise2", 1.0, 1.0, ["stride = 2, as it was given"]),
        ("Ghost2.conv4", 0.5, 1.0, ["n = 16 + in = 8 + 12 = 20"]),
        ("Ghost2.conv5", 1.0, 1.0, ["n = 0.5 · in = 0.5 · 40 = 20"]),
        ("inverted_residual4", 1.0, 1.0, ["hidden = expand · M = 2.5 · 20 = 50"]),
        ("inverted_residual4.depthwise", 1.0, 1.0, ["hidden = expand · M = 2.5 · 20 = 50"]),
        ("squeeze_excite5", 1.0, 1.0, ["squeezed = M / reduction = 16 / 4 = 4"]),
        ("depthwise6", 1.0, 1.0, []),
        ("depthwise7", 1.0, 1.0, ["stride = 1 in all copies but the first"]),
    ],
)  # fmt: skip
def test_what_is_told(layer: str, alpha: float, depth: float, told: list[str]) -> None:
    network = scale(read_network(TEXT).network, alpha=alpha, depth=depth)
    assert origins(network, layer) == told


@pytest.mark.parametrize(
    ("width", "n", "alpha", "told"),
    [
        (Width("floor"), 513, 0.75, "0.75 · 513 = 384.75, cut: 384"),
        (Width("nearest"), 513, 0.75, "0.75 · 513 = 384.75, to the nearest: 385"),
        (Width("floor", min=8), 16, 0.25, "0.25 · 16 = 4, at least 8"),
        (Width(multiple_of=8, up=True), 65, 1.0, "65, the next multiple of 8: 72"),
        (Width(), 3, 0.5, "0.5 · 3 = 1.5, cut: 1"),
    ],
)
def test_rules_of_width_are_written_out(width: Width, n: int, alpha: float, told: str) -> None:
    scaling = Scaling(width, alpha)
    assert written_out(n, scaling.channels(n, {}), scaling) == told


def hold(network: Network) -> int:
    """Every sentence about a field comes to what was built; how many there are."""
    held = 0
    for row in measure(network).rows:
        values = vars(row.layer)
        for sentence in origins(network, row.name):
            field, result = re.fullmatch(r"(\w+) = .*?([^\s:,]+)(?:, as it was given)?", sentence,
                                         re.DOTALL).groups()  # type: ignore[union-attr]  # fmt: skip
            if type(values.get(field)) is int and "copies but" not in sentence:
                assert int(result) == values[field], f"{row.name}: {sentence}"
                held += 1
    return held


@pytest.mark.parametrize("name", ["mobilenet", "mobilenet_v2", "efficientnet_b0"])
def test_what_is_told_of_shipped_networks_comes_to_what_was_built(name: str) -> None:
    assert hold(scale(load(name), alpha=0.35)) >= 10


def test_what_is_told_of_random_networks_comes_to_what_was_built() -> None:
    held = 0
    for seed in range(120):
        file = random_network(seed)
        alpha, depth, rho = settings(file, seed)
        network = scale(read_network(text_of(file)).network, alpha=alpha, depth=depth, rho=rho)
        try:
            measure(network)
        except DscalcError:
            continue
        held += hold(network)
    assert held > 100


def test_explain_shows_it_in_the_table_and_in_json() -> None:
    shown = call("explain", "mobilenet_v2", "conv1", "--alpha", "0.35")
    assert "What follows\n  n = 0.35 · 32 = 11.2, the nearest multiple of 8: 8, which" in shown.out
    found = document("explain", "mobilenet_v2", "conv1", "--alpha", "0.35")
    assert found["follows"][0].endswith("so 16")
    assert document("explain", "mobilenet", "separable2")["follows"] == []
