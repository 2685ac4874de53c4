"""A network beside its standard twin: which layers differ, and by how much."""

from __future__ import annotations

import pytest

import dscalc
from dscalc import INPUT, Conv, Depthwise, Linear, Network, Node, Pointwise, Separable, Shape
from dscalc.analysis.what_if import Ratios, contrast, contrast_with_standard, cost_ratios
from dscalc.law.layer import Cost, Layer
from dscalc.law.rewrite import to_separable


def chain(*layers: Layer) -> Network:
    names = [f"l{i}" for i in range(1, len(layers) + 1)]
    nodes = tuple(map(Node, names, layers, [(i,) for i in (INPUT, *names)]))
    return Network("chain", Shape((8, 8), 4), nodes)


def test_a_separable_layer_stands_beside_the_standard_one() -> None:
    found = contrast_with_standard(chain(Conv(4), Separable(8), Linear(3)))
    assert list(found.replaced) == ["l2"]
    conv, separable, linear = found.report.rows
    ratio = 1 / 8 + 1 / 9
    assert found.ratios(separable, "trainable") == Ratios(
        pytest.approx(ratio),  # type: ignore[arg-type]
        pytest.approx(ratio),  # type: ignore[arg-type]
    )
    assert found.ratios(conv, "trainable") == found.ratios(linear, "trainable") == (None, None)


def test_a_network_of_standard_layers_has_nothing_to_compare() -> None:
    found = contrast_with_standard(chain(Conv(4), Linear(3)))
    assert found.replaced == {}
    assert found.reduction("trainable") == Ratios(None, None)
    assert found.other.total == found.report.total


def test_a_pair_of_depthwise_and_pointwise_is_reduced_as_a_whole() -> None:
    found = contrast_with_standard(chain(Depthwise(norm="batch"), Pointwise(8)))
    assert found.report.total.mult_adds == 64 * (36 + 32)
    assert found.other.total.mult_adds == 64 * 4 * 8 * 9
    assert found.reduction("weights").mult_adds == (36 + 32) / (4 * 8 * 9)


def test_reduction_follows_the_count() -> None:
    found = contrast_with_standard(chain(Separable(8, norm="batch")))
    weights, other = 36 + 32, 4 * 8 * 9
    assert found.reduction("weights").params == weights / other
    assert found.reduction("trainable").params == (weights + 2 * 12) / (other + 2 * 8)
    assert found.reduction("total").params == (weights + 4 * 12) / (other + 4 * 8)
    assert len({found.reduction(c).mult_adds for c in ("weights", "trainable", "total")}) == 1


def test_mobilenet_at_half_width() -> None:
    found = contrast_with_standard(dscalc.scale(dscalc.load("mobilenet"), alpha=0.5))
    assert found.report.total.mult_adds == 149_497_088
    assert found.other.total.mult_adds == 1_219_788_800
    assert len(found.replaced) == 13


def test_any_two_versions_can_stand_beside_each_other() -> None:
    network = chain(Conv(4), Conv(8), Linear(3))
    found = contrast(network, to_separable(network))
    assert list(found.replaced) == ["l2"]
    (_, before, _), (_, after, _) = found.report.rows, found.other.rows
    assert found.before(after) == before.cost
    assert found.reduction("weights").mult_adds == (
        found.report.total.mult_adds / found.other.total.mult_adds
    )


def test_a_ratio_to_nothing_is_none() -> None:
    assert cost_ratios(Cost(1, mult_adds=2), Cost(), "weights") == Ratios(None, None)
    assert cost_ratios(Cost(), Cost(4, mult_adds=5), "weights") == Ratios(0.0, 0.0)
