"""Small inputs whose figures frameworks gave: each row of language_cases.csv, said as a file."""

from __future__ import annotations

from typing import NamedTuple

import pytest

import dscalc
from dscalc.analysis.memory import peak_memory
from dscalc.language.network_file import read_network
from dscalc.law.network import Network, Report
from tests import zoo

ROWS = {row["case"]: row for row in zoo.table("language_cases.csv")}


class Said(NamedTuple):
    """A row as a file says it, and at which multipliers the row has its figures."""

    text: str
    alpha: float = 1.0
    depth: float = 1.0
    resolution: int | None = None


def layers(shape: str, text: str) -> Said:
    """A file of one input whose layers are all on one line."""
    return Said(f"input: {shape}\nlayers: {text}\n")


CASES = {
    "conv_transpose with output_padding": layers(
        "[28, 28, 256]", "[conv_transpose: {n: 128, stride: 2, padding: 1, output_padding: 1}]"
    ),
    "conv_transpose repeated": layers(
        "[8, 6, 2048]",
        "[{conv_transpose: {n: 256, k: 4, stride: 2, padding: 1}, repeat: 3}]",
    ),
    "conv_transpose 1-D": layers(
        "[100, 64]",
        "[conv_transpose: {n: 32, k: 10, stride: 5, padding: 3, output_padding: 1, bias: true}]",
    ),
    "prelu": layers("[14, 14, 64]", "[parameters: {n: in}]"),
    "norm group or instance": layers("[14, 14, 64]", "[norm: group]"),
    "norm without scale": layers("[14, 14, 64]", "[norm: {type: batch, without: scale}]"),
    "pixel shuffle": layers("[32, 32, 3]", "[conv: {n: 12}, pixel_shuffle: 2, conv: {n: 3}]"),
    "space to depth": layers("[32, 32, 3]", "[space_to_depth: 2, conv: {n: 16}]"),
    "shared weights": Said(
        """\
input: {a: [32, 32, 32], b: [16, 16, 32], c: [8, 8, 32]}
layers:
  - {conv: {n: 32}, from: x, each: {x: [a, b, c]}, shared: true, name: head}
"""
    ),
    "asymmetric padding": layers(
        "[33, 33, 3]", "[conv: {n: 16, stride: 2, padding: [[0, 1], [0, 1]]}]"
    ),
    "causal dilated stack": layers(
        "[128, 32]",
        "[{conv: {n: 32, dilation: d, padding: causal}, each: {d: [1, 2, 4, 8]}}]",
    ),
    "unequal split": layers(
        "[14, 14, 104]",
        "[split: {of: {each: {k: [3, 5, 7]}, layers: [depthwise: {k: k}]}, sizes: [36, 34, 34]}]",
    ),
    "slices that see each other": Said(
        """\
input: [28, 28, 64]
layers:
  - {split: 4, name: x}
  - {conv: {n: in}, from: x.2, name: y2}
  - {sequence: [add: [x.3, y2], conv: {n: in}], name: y3}
  - {sequence: [add: [x.4, y3], conv: {n: in}], name: y4}
  - concat: [x.1, y2, y3, y4]
"""
    ),
    "gate": layers("[100, 32]", "[conv: {n: 64, bias: true}, split: 2, multiply]"),
    "lstm": layers("[100, 40]", "[lstm: {n: 64}]"),
    "gru": layers("[100, 40]", "[gru: {n: 64}]"),
    "bidirectional lstm": layers("[100, 40]", "[{lstm: {n: 64, bidirectional: true}, repeat: 2}]"),
    "attention with its own widths": layers(
        "[7, 7, 448]", "[attention: {heads: 8, key: 32, value: 128, bias: true}]"
    ),
    "attention in windows": layers(
        "[56, 56, 96]", "[attention: {heads: 3, window: 7, bias: true}]"
    ),
    "attention to another map": Said(
        """\
input: {x: [100, 64], y: [49, 128]}
layers:
  - {attention: {heads: 4, key: 16, bias: true}, from: [x, y]}
"""
    ),
    "multi-query attention": Said(
        """\
input: [14, 14, 192]
layers:
  - {depthwise: {stride: 2}, name: keys}
  - {attention: {heads: 8, key: 64, kv_heads: 1}, from: [input, keys]}
"""
    ),
    "ViT stem": layers(
        "[224, 224, 3]",
        "[conv: {n: 192, k: 16, stride: 16, padding: valid, bias: true}, tokens, class_token,"
        " position_embedding]",
    ),
    "resize to another layer": layers(
        "[67, 67, 16]",
        "[conv: {n: 16, stride: 2}, upsample: {like: input}, add: [[], input], conv: {n: 16}]",
    ),
    "separable with one bias": layers(
        "[32, 32, 10]", "[separable: {n: 100, k: 5, bias: true, depthwise_bias: false}]"
    ),
    "linear over positions": layers(
        "[14, 14, 64]", "[linear: {n: 196, over: positions, bias: true}]"
    ),
    "relative to rounded input": Said(
        """\
input: [28, 28, 64]
width: {multiple_of: 8}
layers: [pointwise: {n: 64}, pointwise: {n: 3 * in}]
""",
        alpha=0.35,
    ),
    "half of a rounded number": Said(
        """\
input: [32, 32, 16]
width: {multiple_of: 4}
blocks:
  Ghost: {with: {n}, layers: [pointwise: {n: n / 2}, concat: [[], [depthwise]]]}
layers: [Ghost: {n: 112}]
""",
        alpha=1.3,
    ),
    "next multiple": Said(
        """\
input: [8, 8, 3]
width: {multiple_of: 8, up: true}
layers: [conv: {n: 512}]
""",
        alpha=0.33,
    ),
    "three outputs in memory": Said(
        """\
input: [64, 64, 8]
layers:
  - {conv: {n: 8}, name: a}
  - {conv: {n: 255}, name: b}
  - {conv: {n: 255}, from: a, name: c}
outputs: [a, b, c]
"""
    ),
    "at_least at α = 1": layers("[8, 8, 3]", "[conv: {n: 64, at_least: 80}]"),
}
"""Every row by its name, but the one that is a shipped network."""

SHIPPED = "depth multiplier"


def measured(case: str) -> Report:
    """What a row's file measures at the row's multipliers."""
    if case == SHIPPED:
        network: Network = dscalc.load("efficientnet_b0")
        return dscalc.measure(dscalc.scale(network, alpha=1.4, depth=1.8, resolution=380))
    said = CASES[case]
    network = read_network(said.text).network
    return dscalc.measure(dscalc.scale(network, alpha=said.alpha, depth=said.depth))


def test_every_row_is_said() -> None:
    assert {*CASES, SHIPPED} == set(ROWS)


@pytest.mark.parametrize("case", ROWS)
def test_a_file_says_what_the_row_has(case: str) -> None:
    row, report = ROWS[case], measured(case)
    figures = {
        "params_trainable": report.total.params(),
        "mult_adds": report.total.mult_adds,
        "output": " and ".join(map(str, report.output_maps().values())),
    }
    told = {key: row[key] for key in figures if row[key] and "alive" not in row[key]}
    assert {key: str(figures[key]) for key in told} == told


def test_the_figures_that_stand_in_words() -> None:
    assert measured("norm without scale").total.norm_statistics == 128
    assert [part.cost.params() for part in measured("shared weights").rows] == [9_216, 0, 0]
    assert measured("next multiple").output.channels == 176
    assert measured("three outputs in memory").total.mult_adds > 0
    assert peak_memory(measured("three outputs in memory")).peak == 4096 * (8 + 255 + 255)


@pytest.mark.parametrize("alpha", [0.1, 0.5, 1.0, 1.1, 1.25])
def test_at_least_bounds_at_every_width_up_to_its_own(alpha: float) -> None:
    network = read_network(CASES["at_least at α = 1"].text).network
    assert dscalc.measure(dscalc.scale(network, alpha=alpha)).output.channels == 80


def test_the_depth_multiplier_makes_b4() -> None:
    b4 = dscalc.measure(dscalc.load("efficientnet_b4"))
    assert zoo.told(b4) == zoo.told(measured(SHIPPED))
    blocks = [row for row in b4.rows if row.kind == "inverted_residual"]
    assert len(blocks) == sum([2, 4, 4, 6, 6, 8, 2])
