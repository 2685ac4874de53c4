"""Two versions of a network: which layers are the same ones, and what each change adds."""

from __future__ import annotations

import random
from collections import Counter
from functools import cache
from itertools import combinations
from pathlib import Path
from time import process_time

import pytest

import dscalc
from dscalc.analysis.figures import COMPARED
from dscalc.analysis.versions import (
    Change,
    LayerFigures,
    Totals,
    Version,
    compare,
    difference,
)
from dscalc.analysis.versions import version as version_of
from tests.scratch import FIRST_LINE, TINY, WIDER, as_version, network

CONFIGS = sorted(path.stem for path in (Path(__file__).parents[1] / "configs").glob("*.yaml"))


def changes(base: str, head: str) -> list[tuple[str, str, int]]:
    """What differs between two networks: status, layer, and parameters added."""
    found = difference("n", as_version(base), as_version(head))
    return [(change.status, change.name, change.delta("params")) for change in found.changes]


@cache
def shipped(name: str, alpha: float = 1.0) -> Version:
    """A shipped network as a version."""
    return version_of(dscalc.measure(dscalc.scale(dscalc.load(name), alpha=alpha)))


# ---------------------------------------------------------------- which layers are the same ones


PLAIN = ("conv: {n: 8}", "conv: {n: 16, k: 1}", "conv: {n: 16, g: 2}", "separable: {n: 32}",
         "pointwise: {n: 16}", "conv: {n: 16}")  # fmt: skip
NESTED = (
    "conv: {n: 8}",
    "residual: [conv: {n: 8, k: 1}, {name: wide, conv: {n: 8}}]",
    "concat: [[conv: {n: 4}], [pool: {k: 3, stride: 1, padding: 1}, conv: {n: 4, k: 1}]]",
    "split: [[], [depthwise: {}]]",
    "{name: block, sequence: [conv: {n: 8, g: 2}, pointwise: {n: 8}]}",
    "{separable: {n: 16}, repeat: 3}",
    "linear: {n: 10}",
)
NAMED = ("{name: stem, conv: {n: 8}}", "{name: a, conv: {n: 8}}", "{name: b, conv: {n: 8}}",
         "{name: c, separable: {n: 8}}", "{name: head, conv: {n: 8}}")  # fmt: skip


@pytest.mark.parametrize("layers", [PLAIN, NESTED, NAMED])
def test_a_network_is_the_same_as_itself(layers: tuple[str, ...]) -> None:
    assert changes(network(*layers), network(*layers)) == []
    version = as_version(network(*layers))
    assert [c.status for c in compare(version, version)] == ["unchanged"] * len(version.layers)


@pytest.mark.parametrize("layers", [PLAIN, NESTED])
def test_a_layer_in_the_middle_is_one_addition(layers: tuple[str, ...]) -> None:
    """Although it shifts the number in every later name, whatever kind the law calls it."""
    for place in range(1, len(layers)):
        grown = (*layers[:place], "norm", *layers[place:])
        (added,) = changes(network(*layers), network(*grown))
        assert (added[0], added[1]) == ("added", f"norm{_names(*layers[:place]) + 1}")
        (removed,) = changes(network(*grown), network(*layers))
        assert (removed[0], removed[1], removed[2]) == ("removed", added[1], -added[2])


def _names(*layers: str) -> int:
    """How many items, copies counted, a list of layers has."""
    return sum(3 if "repeat: 3" in layer else 1 for layer in layers)


def test_a_layer_like_its_neighbours_is_one_addition_too() -> None:
    same = ["conv: {n: 8}"] * 6
    (added,) = changes(network(*same), network(*same, same[0]))
    assert (added[0], added[2]) == ("added", 576)


def test_several_additions_and_removals_apart_from_each_other() -> None:
    layers = ["conv: {n: 8}", *("separable: {n: 8}",) * 4, "conv: {n: 8, k: 1}", "conv: {n: 8}"]
    grown = [*layers[:2], "norm", *layers[2:5], "norm: layer", *layers[5:-1]]
    found = [(status, name) for status, name, _ in changes(network(*layers), network(*grown))]
    assert found == [("added", "norm3"), ("added", "norm7"), ("removed", "conv7")]


@pytest.mark.parametrize(("before", "after"), [(2, 5), (5, 2), (1, 3), (3, 1)])
def test_a_repeat_count_changed(before: int, after: int) -> None:
    def repeated(times: int) -> str:
        return network("conv: {n: 8}", f"{{separable: {{n: 8}}, repeat: {times}}}", "conv: {n: 4}")

    found = changes(repeated(before), repeated(after))
    status = "added" if after > before else "removed"
    assert [(s, by) for s, _, by in found] == [
        (status, 136 if after > before else -136)
    ] * abs(after - before)  # fmt: skip


def test_a_named_repeat_count_changed() -> None:
    def repeated(times: int) -> str:
        return network(f"{{name: stage, separable: {{n: 3}}, repeat: {times}}}", "conv: {n: 4}")

    assert [c[:2] for c in changes(repeated(2), repeated(4))] == [
        ("added", "stage3"),
        ("added", "stage4"),
    ]


def test_a_changed_layer_changes_what_takes_its_output() -> None:
    assert changes(TINY, WIDER) == [("changed", "conv2", 288)]
    wider = network("conv: {n: 8}", "conv: {n: 8}")
    assert changes(TINY, wider) == [("changed", "conv1", 108), ("changed", "conv2", 288)]


def test_a_layer_of_another_kind_in_its_place_is_the_same_one_changed() -> None:
    before = network("conv: {n: 8}", "conv: {n: 8}", "pointwise: {n: 4}")
    after = network("conv: {n: 8}", "separable: {n: 8}", "pointwise: {n: 4}")
    assert changes(before, after) == [("changed", "separable2", 136 - 576)]


def test_a_named_layer_of_another_kind_is_the_same_one_changed() -> None:
    after = network(NAMED[0], "{name: a, separable: {n: 8}}", "norm", *NAMED[2:])
    assert changes(network(*NAMED), after) == [("changed", "a", 136 - 576), ("added", "norm3", 16)]


def test_renamed_layers_are_no_change() -> None:
    renamed = [layer.replace("name: ", "name: new_") for layer in NAMED]
    assert changes(network(*NAMED), network(*renamed)) == []
    unnamed = [layer.partition(", ")[2].removesuffix("}") for layer in NAMED]
    assert changes(network(*NAMED), network(*unnamed)) == []


def test_renamed_layers_that_changed_are_matched_by_place() -> None:
    after = network(NAMED[0], "{name: x, conv: {n: 16}}", "{name: y, conv: {n: 16}}", *NAMED[3:])
    found = [(status, name) for status, name, _ in changes(network(*NAMED), after)]
    assert found == [("changed", "x"), ("changed", "y"), ("changed", "c")]


@pytest.mark.parametrize("to", [0, 1, 4])
def test_a_named_layer_that_moved_is_matched_by_its_name(to: int) -> None:
    layers = ["{name: first, conv: {n: 8, k: 1}}", "conv: {n: 8}", "{name: x, separable: {n: 8}}",
              "conv: {n: 8, k: 5}", "conv: {n: 8}"]  # fmt: skip
    moved = [layer for layer in layers if "name: x" not in layer]
    moved.insert(to, layers[2])
    pairs = compare(as_version(network(*layers)), as_version(network(*moved)))
    (change,) = (change for change in pairs if change.name == "x")
    assert change.base is not None
    assert change.head is not None
    assert {pair.status for pair in pairs} <= {"changed", "unchanged"}
    assert len(pairs) == len(layers)


def test_layers_that_changed_places_are_still_themselves() -> None:
    turned = network(NAMED[0], NAMED[3], NAMED[2], NAMED[1], NAMED[4])
    pairs = compare(as_version(network(*NAMED)), as_version(turned))
    names = [(c.base.name if c.base else "", c.head.name if c.head else "") for c in pairs]
    assert names == [("stem", "stem"), ("c", "c"), ("b", "b"), ("a", "a"), ("head", "head")]


def test_alpha_changed_everywhere_changes_each_layer_and_adds_none() -> None:
    found = difference("m", shipped("mobilenet", 0.5), shipped("mobilenet"))
    assert {change.status for change in found.changes} == {"changed"}
    # The global pool's map is wider too, at no cost.
    assert len(found.changes) == len(shipped("mobilenet").layers)
    assert [c.base.name for c in found.changes if c.base] == [c.name for c in found.changes]


def test_the_changes_stand_in_the_order_of_the_head_and_lines_are_those_of_the_head() -> None:
    before = network("conv: {n: 8}", "conv: {n: 8, k: 5}", "conv: {n: 8, k: 1}", "linear: {n: 2}")
    after = network("norm", "conv: {n: 8}", "conv: {n: 9, k: 5}", "conv: {n: 8, k: 1}", "flatten")
    found = difference("n", as_version(before), as_version(after)).changes
    lines = [change.head.line for change in found if change.head is not None]
    assert lines == sorted(line for line in lines if line)
    assert lines[0] == FIRST_LINE


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("conv1", False),
        ("separable12", False),
        ("inverted_residual3", False),
        ("residual2.conv1", False),
        ("residual2.expand", False),
        ("stage1.conv2", False),
        ("split4.1.part", False),
        ("stem", True),
        ("stage1.expand", True),
        ("block3", True),
        ("my_conv1", True),
        ("conv1a", True),
        ("conv", True),
        ("convolution1", True),
        ("stage.conv1x", True),
    ],
)
def test_which_names_a_file_gives(name: str, named: bool) -> None:
    assert LayerFigures(name, "conv", ((), ()), Totals()).named is named


# ---------------------------------------------------------------- networks that come and go


def test_a_network_that_is_new_or_gone() -> None:
    version = as_version(TINY)
    new, gone = difference("n", None, version), difference("n", version, None)
    assert [(c.status, c.name) for c in new.changes] == [("added", "conv1"), ("added", "conv2")]
    assert [(c.status, c.name) for c in gone.changes] == [
        ("removed", "conv1"),
        ("removed", "conv2"),
    ]
    assert (new.base, new.head, gone.base, gone.head) == (None, version, version, None)
    assert difference("n", None, None).changes == ()


# ---------------------------------------------------------------- the law of the sums


def lawful(base: Version, head: Version) -> list[Change]:
    """The changes, which hold every layer of both versions once and add up to the difference.

    Those the other way round are the same with sides changed.
    """
    found = compare(base, head)
    turned = Counter(Change(change.head, change.base) for change in compare(head, base))
    assert turned == Counter(found)
    assert sorted(c.base.name for c in found if c.base) == sorted(
        layer.name for layer in base.layers
    )
    assert [c.head.name for c in found if c.head] == [layer.name for layer in head.layers]
    for metric in COMPARED:
        grown = getattr(head.totals, metric) - getattr(base.totals, metric)
        assert sum(change.delta(metric) for change in found) == grown
    return found


@pytest.mark.parametrize("base", CONFIGS)
def test_all_deltas_add_up_to_the_difference_of_the_totals(base: str) -> None:
    for head in CONFIGS:
        lawful(shipped(base), shipped(head))


def test_and_so_they_do_for_any_edit_of_a_network() -> None:
    chance = random.Random(4)
    unnamed = ["norm", "conv: {n: 8}", "conv: {n: 8, k: 1}", "conv: {n: 8, k: 5}", NESTED[1],
               "pointwise: {n: 8}", "separable: {n: 8}"]  # fmt: skip
    layers = [*unnamed, *unnamed, *NAMED[1:4]]
    networks = [
        as_version(network("conv: {n: 8}", *chance.sample(layers, chance.randrange(12))))
        for _ in range(40)
    ]
    for base, head in combinations(networks, 2):
        lawful(base, head)


def test_and_for_networks_of_one_kind_at_every_alpha() -> None:
    for one, other in combinations((0.25, 0.5, 0.75, 1.0), 2):
        found = lawful(shipped("mobilenet_v2", one), shipped("mobilenet_v2", other))
        assert {change.status for change in found} <= {"changed", "unchanged"}


@pytest.mark.parametrize("layer", ["conv: {n: 8}", "{name: x, conv: {n: 8}}"])
def test_a_layer_that_moves_is_the_same_move_back(layer: str) -> None:
    others = ["conv: {n: 8, k: 1}", "conv: {n: 8}", "separable: {n: 8}", "conv: {n: 8, k: 5}"]
    for first, second in combinations(range(5), 2):
        versions = [as_version(network(*others[:place], layer, *others[place:]))
                    for place in (first, second)]  # fmt: skip
        lawful(*versions)


@pytest.mark.parametrize(
    "edit", ["none", "one more", "wider", "all renamed", "shuffled", "another rhythm"]
)
def test_ten_thousand_layers_are_compared_in_two_seconds(edit: str) -> None:
    """A repeat count is one number in a file, so an attacker can write a large one."""
    many = 10_000
    figures = [LayerFigures(f"conv{n}", "conv", ((8, n % 7), (8, 8)), Totals(n % 5, 1))
               for n in range(many)]  # fmt: skip
    edits = {
        "none": figures,
        "one more": [*figures[:999], figures[3]._replace(name="x"), *figures[999:]],
        "wider": [layer._replace(totals=Totals(layer.totals.params + 1, 1)) for layer in figures],
        "all renamed": [layer._replace(name=f"x{n}") for n, layer in enumerate(figures)],
        "shuffled": random.Random(4).sample(figures, many),
        "another rhythm": [
            figures[n * 3 % 8]._replace(name=f"conv{n}", kind=("conv", "norm")[n % 3 % 2])
            for n in range(many)
        ],
    }

    def made(layers: list[LayerFigures]) -> Version:
        params = sum(layer.totals.params for layer in layers)
        return Version("n", Totals(params, len(layers)), tuple(layers))

    base, head = made(figures), made(edits[edit])
    start = process_time()
    compare(base, head)
    assert process_time() - start < 2
    lawful(base, head)
