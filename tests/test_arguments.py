"""What a block's parameters may be handed: numbers that follow wherever the parameter stands."""

from __future__ import annotations

import dscalc
from dscalc.language.network_file import read_network

HEADS = """\
input: [7, 7, 96]
with: {h: 3}
blocks:
  Attend:
    with: {heads, of: layer}
    layers: [norm: of, attention: {heads: heads}, parameters: {n: 5 * heads}]
layers:
  - Attend: {heads: 2 * h}
"""


def test_a_number_that_follows_is_computed_at_a_plain_place_too() -> None:
    """Six heads of 16 on 49 positions of 96 channels: 5 · 6 numbers beside the projections."""
    total = dscalc.measure(read_network(HEADS).network).total
    assert (total.weights, total.norms, total.other) == (4 * 96 * 96, 2 * 96, 30)
    four = dscalc.with_parameters(read_network(HEADS).network, {"h": 4})
    assert dscalc.measure(four).total.other == 40


def test_a_word_handed_to_a_parameter_is_no_number() -> None:
    without = HEADS.replace("2 * h}", "2 * h, of: instance}")
    assert dscalc.measure(read_network(without).network).total.norms == 2 * 96
