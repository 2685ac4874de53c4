"""`dscalc yaml`: a network written as a file reads to the same layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import dscalc
from dscalc import DscalcError, Network, measure, scale, to_separable, to_standard
from dscalc.language.emit import flow, scalar
from dscalc.language.network_file import read_network
from dscalc.language.shipped import shipped_files
from dscalc.language.writer import network_text
from tests.commands import run

CHANGES: dict[str, Callable[[Network], Network]] = {
    "as it stands": lambda network: network,
    "α 0.5": lambda network: scale(network, alpha=0.5),
    "α 1.3": lambda network: scale(network, alpha=1.3),
    "depth 1.8": lambda network: scale(network, depth=1.8),
    "resolution 288": lambda network: scale(network, resolution=288),
    "as standard": to_standard,
    "as separable at α 0.75": lambda network: to_separable(scale(network, alpha=0.75)),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", shipped_files())
def test_a_shipped_network_is_written_layer_by_layer(name: str, change: str) -> None:
    try:
        network = CHANGES[change](dscalc.load(name))
        before = measure(network).expanded()
    except DscalcError:  # it takes no such change
        network = dscalc.load(name)
        before = measure(network).expanded()
    after = measure(read_network(network_text(network), "written.yaml").network).expanded()
    told = [(row.kind, row.input, row.output, row.cost) for row in before]
    assert told == [(row.kind, row.input, row.output, row.cost) for row in after]
    if not network.conversions:
        assert [row.name for row in before] == [row.name for row in after]


@pytest.mark.parametrize("name", shipped_files())
def test_what_is_written_is_written_alike_again(name: str) -> None:
    text = network_text(dscalc.load(name))
    assert network_text(read_network(text, "written.yaml").network) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("conv1", "conv1"),
        ("3 * in", "3 * in"),
        ("n / 2", "n / 2"),
        ("12", '"12"'),
        ("true", '"true"'),
        ("null", '"null"'),
        ("a: b", '"a: b"'),
        ("- a", '"- a"'),
        ("", '""'),
        ("x # y", '"x # y"'),
        ("\u2028\x85\ufeff", '"\\u2028\\u0085\\ufeff"'),
        ("\x1b[31m", '"\\u001b[31m"'),
        (True, "true"),
        (0.35, "0.35"),
        ({"a": None, "b": None}, "{a, b}"),
        ({"conv": {"n": 8}, "name": "x"}, "{conv: {n: 8}, name: x}"),
        ([{"conv": {"n": 8}}, [], "norm"], "[conv: {n: 8}, [], norm]"),
    ],
)
def test_words_are_quoted_where_they_would_be_read_as_something_else(
    value: object, text: str
) -> None:
    assert (flow(value) if isinstance(value, dict | list) else scalar(value)) == text


def test_the_command_writes_to_standard_output_and_to_a_file(tmp_path: Path) -> None:
    done = run("yaml", "mobilenet", "--alpha", "0.5", "--resolution", "160")
    assert done.code == 0
    network = read_network(done.out, "out.yaml").network
    assert (
        measure(network).total
        == measure(scale(dscalc.load("mobilenet"), alpha=0.5, resolution=160)).total
    )
    file = tmp_path / "net.yaml"
    assert run("yaml", "mobilenet", "--output", str(file)).out == ""
    assert measure(dscalc.load(file)).total == measure(dscalc.load("mobilenet")).total


def test_what_is_written_out_takes_no_alpha() -> None:
    """The rule has been applied; applied twice it might round otherwise."""
    text = network_text(scale(dscalc.load("mobilenet"), alpha=0.5))
    with pytest.raises(DscalcError, match="takes no α: written out"):
        scale(read_network(text).network, alpha=0.5)


def test_a_map_of_three_rows_is_not_taken_for_one_of_three_channels() -> None:
    """By its name an input is taken as it stands, where a list would look like channels first."""
    text = "input: {input: [3, 20, 20]}\nlayers:\n  - linear: {n: 8}\n"
    network = read_network(text).network
    assert (network.inputs["input"].sides, network.inputs["input"].channels) == ((3, 20), 20)
    by_hand = network._replace(named_inputs={}, nodes=measure(network).nodes)
    assert "input: {input: [3, 20, 20]}" in network_text(by_hand)
    assert measure(read_network(network_text(by_hand)).network).total == measure(network).total
