"""The language against an evaluator that shares no code with it, and against its own laws.

Random networks of nearly all that can be put together are laid out by both: layer by layer the
same, or refused by both.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

import pytest
import yaml

from dscalc import Cost, DscalcError, Network, Shape, measure, scale, to_separable, to_standard
from dscalc.language.network_file import read_network
from dscalc.language.writer import network_text
from dscalc.law.layer import add_costs
from tests.evaluator import ITEM_KEYS, LAWS, STRUCTURES, RefusedError, evaluate
from tests.random_networks import network

NETWORKS = 800
CHUNKS = 8


def text_of(file: dict[str, Any]) -> str:
    return yaml.safe_dump(file, sort_keys=False, default_flow_style=None, width=200)


def settings(file: dict[str, Any], seed: int) -> tuple[float, float, float]:
    """α, depth and ρ for a network; depth is 1 where it takes none."""
    chance = Random(seed)
    depth = chance.choice((1.0, 1.5, 2.1, 0.6)) if "depth" in file else 1.0
    return chance.choice((1.0, 1.0, 0.5, 0.75, 1.3, 0.37)), depth, chance.choice((1.0, 1.5))


def laid_out(network: Network) -> list[Any] | str:
    """Every layer as (name, output, cost), splits left out; or why it is refused."""
    try:
        rows = measure(network).rows
    except DscalcError as error:
        return str(error)
    return [(row.name, tuple(row.output), tuple(row.cost)) for row in rows if row.kind != "slice"]


def walked(file: dict[str, Any], alpha: float, depth: float, rho: float) -> list[Any] | str:
    """The same by the evaluator."""
    try:
        lines = evaluate(file, alpha, depth, rho)
    except RefusedError as why:
        return f"refused: {why}"
    return [(line.name, tuple(line.output), tuple(line.cost)) for line in lines]


def difference(seed: int) -> str:
    """Where the two disagree on a network; nothing where they agree."""
    file = network(seed)
    alpha, depth, rho = settings(file, seed)
    try:
        read = read_network(text_of(file)).network
    except DscalcError as error:
        return f"not read: {error}"
    ours = laid_out(scale(read, alpha=alpha, depth=depth, rho=rho))
    theirs = walked(file, alpha, depth, rho)
    if isinstance(ours, str) or isinstance(theirs, str):
        return "" if isinstance(ours, str) and isinstance(theirs, str) else f"{ours}\n{theirs}"
    if ours == theirs:
        return ""
    pairs = [(a, b) for a, b in zip(ours, theirs, strict=False) if a != b]
    return f"{len(ours)} and {len(theirs)} layers; first {pairs[:1]}"


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_networks_are_what_the_page_says(chunk: int) -> None:
    for seed in range(chunk, NETWORKS, CHUNKS):
        found = difference(seed)
        assert not found, f"seed {seed}: {found}\n{text_of(network(seed))}"


def test_most_random_networks_can_be_built_and_use_the_whole_language() -> None:
    files = [network(seed) for seed in range(300)]
    built = [file for file in files if not isinstance(walked(file, 1.0, 1.0, 1.0), str)]
    assert len(built) > 150
    words = set(re.findall(r"[a-z_]+", "".join(map(text_of, built))))
    assert words >= {*LAWS, *STRUCTURES, *ITEM_KEYS, "with", "outputs", "of", "sizes", "project"}


# ---------------------------------------------------------------- laws of their own


BUILT = 120
REFUSED = [("refused", "", Shape((), 0), Cost())]


@cache
def built() -> tuple[tuple[int, dict[str, Any], Network], ...]:
    """Random networks that can be built as they are."""
    found = []
    for seed in range(10_000, 10_000 + 3 * BUILT):
        file = network(seed)
        read = read_network(text_of(file)).network
        if isinstance(laid := laid_out(read), list) and laid:
            found.append((seed, file, read))
    return tuple(found[:BUILT])


def every_layer(network: Network) -> list[Any]:
    """Every elementary layer; REFUSED where it cannot be built."""
    if isinstance(laid_out(network), str):
        return REFUSED
    return [(row.name, row.kind, row.output, row.cost) for row in measure(network).expanded()]


def test_costs_add_up() -> None:
    for seed, _, read in built():
        report = measure(read)
        assert add_costs([row.cost for row in report.rows]) == report.total, seed
        assert add_costs([row.cost for row in report.expanded()]) == report.total, seed
        names = [row.name for row in report.expanded()]
        assert len(set(names)) == len(names), seed


def test_multipliers_compose_and_commute() -> None:
    for seed, file, read in built():
        alpha, depth, rho = settings(file, seed)
        at_once = every_layer(scale(read, alpha=alpha, depth=depth, rho=rho))
        one_by_one = scale(scale(scale(read, rho=rho), depth=depth), alpha=alpha)
        assert every_layer(one_by_one) == at_once, seed
        twice = scale(scale(read, alpha=0.5), alpha=1.5)
        assert every_layer(twice) == every_layer(scale(read, alpha=0.75)), seed


@pytest.mark.parametrize("convert", [to_standard, to_separable])
def test_conversions_and_multipliers_commute(convert: Callable[[Network], Network]) -> None:
    for seed, file, read in built():
        alpha, depth, rho = settings(file, seed)
        first = scale(convert(read), alpha=alpha, depth=depth, rho=rho)
        last = convert(scale(read, alpha=alpha, depth=depth, rho=rho))
        assert every_layer(first) == every_layer(last), seed
        assert every_layer(convert(last)) == every_layer(last), seed


def text_or_refusal(network: Network) -> str:
    try:
        return network_text(network)
    except DscalcError as error:
        return str(error)


def test_what_is_written_reads_to_the_same_layers() -> None:
    for seed, file, read in built():
        alpha, depth, rho = settings(file, seed)
        scaled = scale(read, alpha=alpha, depth=depth, rho=rho)
        before = every_layer(scaled)
        text = text_or_refusal(scaled)
        if before == REFUSED or "leaves no channel" in text:  # also of what is not there
            continue
        again = read_network(text).network
        assert every_layer(again) == before, f"seed {seed}\n{text}"
        assert network_text(again) == network_text(read_network(network_text(again)).network)


def test_a_converted_network_is_written_layer_by_layer() -> None:
    for seed, _, read in built():
        converted = to_standard(read)
        before = every_layer(converted)
        again = read_network(network_text(converted)).network
        costs = [(kind, output, cost) for _, kind, output, cost in before]
        assert [(kind, output, cost) for _, kind, output, cost in every_layer(again)] == costs, seed


# ---------------------------------------------------------------- blocks that are used again


def uses(value: Any, blocks: dict[str, Any]) -> list[dict[str, Any]]:
    """Every use of a block of one input, anywhere in a file."""
    if isinstance(value, list):
        return [use for one in value for use in uses(one, blocks)]
    if not isinstance(value, dict):
        return []
    found = [{name: value[name]} for name in value if "input" not in blocks.get(name, "input")]
    return found + [use for one in value.values() for use in uses(one, blocks)]


def apart(file: dict[str, Any]) -> dict[str, Any]:
    """The file with a block of its own for every use."""
    blocks: dict[str, Any] = {}

    def own(name: str) -> str:
        if name not in file["blocks"]:
            return name
        block = copied(file["blocks"][name])
        blocks[called := f"{name}x{len(blocks)}x"] = block
        return called

    def copied(value: Any) -> Any:
        if isinstance(value, list):
            return [copied(one) for one in value]
        if isinstance(value, dict):
            return {own(key): copied(one) for key, one in value.items()}
        return own(value) if isinstance(value, str) else value

    return {**file, "layers": copied(file["layers"]), "blocks": blocks}


def told(file: dict[str, Any]) -> list[str]:
    """Every layer of a file, or why it is refused, by the names of its own blocks."""
    try:
        rows = measure(read_network(text_of(file)).network).expanded()
        found = [f"{row.name} {row.layer!r} {row.output} {row.cost} {row.shared}" for row in rows]
    except DscalcError as error:
        found = sorted({problem.sentence for problem in error.problems})
    return [re.sub(r"x\d+x|at line \d+", "", one) for one in found]


def test_a_block_used_on_other_maps_is_what_a_block_of_its_own_is() -> None:
    several = 0
    for seed in range(600):
        file = network(seed)
        blocks = file.get("blocks", {})
        for use in uses([file["layers"], *(one["layers"] for one in blocks.values())], blocks)[:2]:
            layers = [one for n in (4, 8, 6) for one in ({"pointwise": n}, use)]
            again = {**file, "layers": layers}
            again.pop("with", None)
            assert told(again) == told(apart(again)), f"seed {seed}\n{text_of(again)}"
            several += 1
    assert several > 300


# ---------------------------------------------------------------- what random networks found


def weights(text: str) -> list[int]:
    """The weights of every layer of a network on 8×8×4."""
    return [
        row.cost.weights for row in measure(read_network(f"input: [8, 8, 4]\n{text}").network).rows
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("blocks: {B: {with: {b}, layers: [conv: {n: 2, k: 1, bias: b}]}}\nlayers: [B: true]", [8]),
        ("blocks: {B: {with: {t}, layers: [conv: {n: t * in, k: 1}]}}\nlayers: [B: in / 2]", [32]),
        ("blocks: {B: {with: {g}, layers: [conv: {n: 4, k: 1, g: g}]}}\nlayers: [B: in]", [4]),
        ("layers: [{pointwise: 2, name: a}, pointwise: 3, {norm, from: a, if: in > 4}, "
         "pointwise: 5]", [8, 6, 15]),
        ("layers: [{residual: {body: [pointwise: 8], project: auto}, shared: true, name: a}]",
         [32, 32, 0]),
        ("layers: [{split: [[pointwise: 2], []], repeat: 2, shared: true}]",
         [0, 4, 0, 0, 0, 0, 0, 0]),
        ("layers: [conv: {n: 2, k: 1, multiple_of: null}, pool: {k: 2, stride: null}]", [8, 0]),
        ("layers: [{sequence: [{pointwise: 4, name: a}, {pointwise: 4, shared: a}]}]", [16, 0]),
        ("layers: [{pointwise: 4, name: a}, {pointwise: {n: 4, activation: swish}, shared: a}]",
         [16, 0]),
    ],
)  # fmt: skip
def test_found_by_random_networks(text: str, expected: list[int]) -> None:
    assert weights(text) == expected


def test_a_depthwise_map_that_goes_out_of_a_block_is_kept_by_standard() -> None:
    text = """\
input: [8, 8, 4]
blocks:
  Two: {layers: [{depthwise, name: d}, {pointwise: 6, name: p}], outputs: [d, p]}
layers: [Two, concat]
"""
    standard = measure(to_standard(read_network(text).network))
    assert [(row.kind, row.cost.weights) for row in standard.expanded()] == [
        ("depthwise", 36),
        ("pointwise", 24),
        ("concat", 0),
    ]


def test_a_block_that_gives_on_what_came_in_has_its_shape() -> None:
    text = """\
input: [8, 8, 4]
blocks:
  Maybe:
    layers: [{pointwise: 6, repeat: 2, if: in > 4, name: a}, {pointwise: 8, from: a}]
    outputs: [a]
layers: [Maybe, pointwise: 5, Maybe]
"""
    rows = measure(read_network(text).network).rows
    assert [row.output.channels for row in rows] == [4, 5, 6]


def test_channels_beside_a_rule_that_would_round_them_again_are_written_as_they_are() -> None:
    text = "input: [8, 8, 4]\nlayers: [conv: {n: 2, multiple_of: 5, at_least: 6}]\n"
    network = scale(read_network(text).network, alpha=0.5)
    assert "scale: false" in network_text(network)
    assert measure(read_network(network_text(network)).network).total == measure(network).total
