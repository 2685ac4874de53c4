"""Layers in a row that are equal are written once, with `repeat`; what is read back is the same."""

from __future__ import annotations

from itertools import pairwise

import pytest

from dscalc.analysis.memory import peak_elements
from dscalc.analysis.receptive import sights
from dscalc.language.network_file import read_network
from dscalc.language.writer import network_text
from dscalc.law.layer import INPUT, Node
from dscalc.law.network import Network, measure
from dscalc.law.rewrite import scale


def by_hand(layers: str) -> Network:
    """A network of layers alone, as model files give it, from the lines of a list."""
    lines = "".join(f"  - {line}\n" for line in layers.strip().splitlines())
    network = read_network(f"input: [32, 32, 4]\nlayers:\n{lines}", "net.yaml").network
    return network._replace(nodes=measure(network).nodes)


def lines_of(text: str) -> str:
    return text.partition("layers:\n")[2].replace("  - ", "").replace("\n    ", " ").strip()


CASES = {
    "equal_layers": (
        """
        {conv: {n: 4}, name: first}
        {conv: {n: 4}, name: second}
        {conv: {n: 4}, name: third}
        """,
        "{conv: {n: 4}, name: first_, repeat: 3}",
    ),
    "names_that_count_stay": (
        """
        {conv: {n: 4}, name: stage1}
        {conv: {n: 4}, name: stage2}
        {conv: {n: 8}, name: stage3}
        """,
        """
        {conv: {n: 4}, name: stage, repeat: 2}
        {conv: {n: 8}, name: stage3}
        """,
    ),
    "the_first_may_have_a_stride": (
        """
        {inverted_residual: {n: 8, stride: 2}, name: b1}
        {inverted_residual: {n: 8}, name: b2}
        {conv: {n: 8, stride: 2}, name: c1}
        {conv: {n: 8, stride: 2}, name: c2}
        """,
        """
        {inverted_residual: {n: 8, stride: 2}, name: b, repeat: 2}
        {conv: {n: 8, stride: 2}, name: c1}
        {conv: {n: 8, stride: 2}, name: c2}
        """,
    ),
    "pools_keep_their_strides": (
        """
        {pool: {k: 2}, name: p1}
        {pool: {k: 2}, name: p2}
        """,
        "{pool: {k: 2}, name: p, repeat: 2}",
    ),
    "a_map_that_another_takes_stays_apart": (
        """
        {conv: {n: 4}, name: c1}
        {conv: {n: 4}, name: c2}
        {conv: {n: 4}, name: c3}
        {concat: [c1, c3], name: both}
        """,
        """
        {conv: {n: 4}, name: c1}
        {conv: {n: 4}, name: c2_, repeat: 2}
        {concat: [c1, c2_], name: both}
        """,
    ),
    "shared_parameters_stay_apart": (
        """
        {conv: {n: 4, k: 5}, name: stem}
        {conv: {n: 4}, name: c1}
        {conv: {n: 4}, name: c2, shared: c1}
        """,
        """
        {conv: {n: 4, k: 5}, name: stem}
        {conv: {n: 4}, name: c1}
        {conv: {n: 4}, name: c2, shared: c1}
        """,
    ),
    "equal_layers_side_by_side_are_no_copies": (
        """
        {conv: {n: 4}, name: c1}
        {conv: {n: 4}, name: c2, from: input}
        {add: [c1, c2], name: sum}
        """,
        """
        {conv: {n: 4}, name: c1}
        {conv: {n: 4}, name: c2, from: input}
        {add: [c1, c2], name: sum}
        """,
    ),
    "copies_take_what_the_first_took": (
        """
        {conv: {n: 8}, name: a}
        {pool: {k: 2}, name: side}
        {conv: {n: 4}, name: b, from: a}
        {conv: {n: 4}, name: c}
        {conv: {n: 2}, name: d, from: side}
        {conv: {n: 2, stride: 2}, name: e, from: c}
        {add: [d, e], name: f}
        """,
        """
        {conv: {n: 8}, name: a}
        {pool: {k: 2}, name: side}
        {conv: {n: 4}, name: b_, from: a, repeat: 2}
        {conv: {n: 2}, name: d, from: side}
        {conv: {n: 2, stride: 2}, name: e, from: b_}
        {add: [d, e], name: f}
        """,
    ),
    "no_name_stands_twice": (
        """
        {conv: {n: 4}, name: a_1}
        {conv: {n: 8}, name: b}
        {conv: {n: 4}, name: a}
        {conv: {n: 4}, name: x}
        """,
        """
        {conv: {n: 4}, name: a_1}
        {conv: {n: 8}, name: b}
        {conv: {n: 4}, name: a__, repeat: 2}
        """,
    ),
    "residuals": (
        """
        {conv: {n: 4, k: 5}, name: stem}
        {pointwise: {n: 2}, name: layer1/1/a}
        {conv: {n: 4}, name: layer1/1/b}
        {add: [layer1/1/b, stem], name: layer1/1/add}
        {pointwise: {n: 2}, name: layer1/2/a}
        {conv: {n: 4}, name: layer1/2/b}
        {add: [layer1/1/add, layer1/2/b], name: layer1/2/add}
        """,
        """
        {conv: {n: 4, k: 5}, name: stem}
        {residual: [pointwise: {n: 2}, conv: {n: 4}], name: layer1/, repeat: 2}
        """,
    ),
    "one_residual_keeps_the_names_of_its_layers": (
        """
        {conv: {n: 4, k: 5}, name: stem}
        {conv: {n: 4}, name: a}
        {add: [a, stem], name: b}
        """,
        """
        {conv: {n: 4, k: 5}, name: stem}
        {conv: {n: 4}, name: a}
        {add: [a, stem], name: b}
        """,
    ),
    "a_sum_with_a_narrow_map_is_no_residual": (
        """
        {conv: {n: 1}, name: a}
        {depthwise, name: b}
        {depthwise, name: c}
        {add: [c, a], name: d}
        {depthwise, name: e}
        {add: [e, d], name: f}
        {depthwise, name: g}
        {add: [g, f], name: h}
        """,
        "",
    ),
    "several_layers_in_turn": (
        """
        {separable: {n: 4}, name: s1}
        {parameters: {n: 4}, name: p1}
        {separable: {n: 4}, name: s2}
        {parameters: {n: 4}, name: p2}
        {separable: {n: 4}, name: s3}
        {parameters: {n: 4}, name: p3}
        """,
        "{sequence: [separable: {n: 4}, parameters: {n: 4}], name: p, repeat: 3}",
    ),
}


@pytest.mark.parametrize(("layers", "expected"), CASES.values(), ids=CASES)
def test_equal_neighbours_are_one_entry(layers: str, expected: str) -> None:
    network = by_hand(layers)
    text = network_text(network)
    if expected:
        wanted = [line.strip() for line in expected.strip().splitlines()]
        assert lines_of(text).splitlines() == wanted
    report, again = measure(network), measure(read_network(text).network)
    assert [(r.layer, r.output) for r in again.rows] == [(r.layer, r.output) for r in report.rows]
    assert again.total == report.total
    assert peak_elements(again) == peak_elements(report)
    assert [*sights(again).values()] == [*sights(report).values()]


@pytest.mark.parametrize("layers", [layers for layers, _ in CASES.values()], ids=CASES)
def test_width_and_sides_mean_the_same_of_copies(layers: str) -> None:
    network = by_hand(layers)
    again = read_network(network_text(network)).network
    changed = [measure(scale(one, alpha=2.0, rho=0.5)) for one in (network, again)]
    assert changed[0].total == changed[1].total


def test_a_network_of_thousands_of_equal_layers_is_one_line() -> None:
    layer = by_hand("conv: {n: 4}").nodes[0]
    assert isinstance(layer, Node)
    names = [INPUT, *(f"c{place}" for place in range(1, 5001))]
    nodes = [layer._replace(name=name, inputs=(one,)) for one, name in pairwise(names)]
    network = by_hand("conv: {n: 4}")._replace(nodes=tuple(nodes))
    assert lines_of(network_text(network)) == "{conv: {n: 4}, name: c, repeat: 5000}"
