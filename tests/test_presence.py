"""What `if` drops is as if it were not written; names of what stays tell places as written."""

from __future__ import annotations

import pytest

import dscalc
from dscalc.language.network_file import read_network
from dscalc.law.network import Report

HEAD = "input: [8, 8, 3]\nwith: {down: false}\nlayers:\n  - {conv: {n: 5}, name: a}\n"


def measured(layers: str, **parameters: bool) -> Report:
    network = read_network(HEAD + layers).network
    return dscalc.measure(dscalc.with_parameters(network, parameters))


def shown(report: Report) -> list[tuple[str, str, str]]:
    return [(row.name, str(row.input), str(row.output)) for row in report.rows]


def test_behind_a_dropped_layer_flows_what_came_before_it() -> None:
    layers = "  - {pool: {k: 2}, from: input, if: down}\n  - {conv: {n: 7}, name: b}\n"
    assert shown(measured(layers))[-1] == ("b", "8×8×5", "8×8×7")
    assert shown(measured(layers, down=True))[-1] == ("b", "4×4×3", "4×4×7")


def test_a_dropped_layer_may_take_another_dropped_one() -> None:
    layers = """\
  - {pool: {k: 2}, name: p, if: down}
  - {conv: {n: 7}, from: p, if: down}
  - conv: {n: 2}
"""
    assert shown(measured(layers)) == [("a", "8×8×3", "8×8×5"), ("conv4", "8×8×5", "8×8×2")]
    assert [row[0] for row in shown(measured(layers, down=True))] == ["a", "p", "conv3", "conv4"]


@pytest.mark.parametrize(("source", "channels"), [("input", 5), ("a", 4)])
def test_in_of_a_condition_is_what_from_names(source: str, channels: int) -> None:
    layers = f"""\
  - {{norm, if: down}}
  - {{conv: {{n: 4}}, from: {source}, if: in > 4}}
"""
    assert measured(layers).output.channels == channels
