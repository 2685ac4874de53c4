"""The shipped networks say every activation that does not fuse, as real modules compute them.

tests/data/activations.csv was seen at PyTorch's operators: tests/oracles/activations.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

import dscalc
from dscalc.analysis.memory import elements
from dscalc.language.shipped import shipped_files, shipped_names
from dscalc.law.attention import Scores
from dscalc.law.fields import FUSED
from dscalc.law.weightless import Activation
from tests import zoo

NETWORKS = {*shipped_names(), *shipped_files()}
ROWS = [row for row in zoo.table("activations.csv") if row["network"] in NETWORKS]
CASES = {row["case"]: row for row in ROWS}
# Hard sigmoids stand in gates, where they are one operator as sigmoids are; files say no gates.
ALIKE = {"silu": "swish", "hard_sigmoid": "sigmoid"}
# Files that a variant, or a width, of another one is: the table has those.
WITHOUT_CASE = {"convmixer", "efficientnet", "mixnet_l", "yolov8", "example_net"}
# Each of the three maps has its softmax over bins here; ultralytics joins the maps before it.
JOINED = {"yolov8n", "yolov8s", "yolov8m", "yolov8l", "yolov8x"}


def listed(case: str) -> Counter[tuple[str, int]]:
    """The activations of a case of the table: each with the numbers that it acts on."""
    found: Counter[tuple[str, int]] = Counter()
    for row in ROWS:
        for call in row["elements"].split() if row["case"] == case else ():
            size, _, times = call.partition("*")
            found[ALIKE.get(row["activation"], row["activation"]), int(size)] += int(times or 1)
    return found


def said(report: dscalc.Report) -> Iterator[tuple[str, int]]:
    """The activations that a network says and that do not fuse; scores have a softmax."""
    for row in report.expanded():
        if isinstance(row.layer, Scores):
            yield "softmax", elements(row.output)
        own = vars(row.layer)
        activation = own["type"] if isinstance(row.layer, Activation) else own.get("activation")
        if activation and activation not in FUSED:
            yield ALIKE.get(activation, activation), elements(row.output)


def at(row: dict[str, str]) -> dscalc.Report:
    """The network of a row at the row's input."""
    *sides, channels = map(int, row["input"].split("x"))
    network = dscalc.load(row["network"])
    return dscalc.measure(network._replace(input=dscalc.Shape(tuple(sides), channels)))


@pytest.mark.parametrize("case", CASES)
def test_a_shipped_network_says_what_a_framework_computes(case: str) -> None:
    row = CASES[case]
    found, truth = Counter(said(at(row))), listed(case)
    if row["network"] in JOINED:
        for calls in (found, truth):
            bins = sum(size * calls.pop(("softmax", size)) for _, size in [
                one for one in calls if one[0] == "softmax"])  # fmt: skip
            calls["softmax", bins] += 1
    assert found == truth


def test_every_shipped_network_has_a_case() -> None:
    assert NETWORKS - {row["network"] for row in ROWS} == WITHOUT_CASE


def test_the_calls_add_up() -> None:
    for row in ROWS:
        calls = [call.partition("*")[2] or 1 for call in row["elements"].split()]
        assert sum(map(int, calls)) == int(row["times"])
        assert bool(row["activation"]) == bool(calls)
