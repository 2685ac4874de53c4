"""Multipliers behind opaque layers: taken where no cost follows, else refused with both names."""

from __future__ import annotations

import pytest

from dscalc.errors import DscalcError
from dscalc.language.network_file import read_network
from dscalc.law.network import Network, measure
from dscalc.law.rewrite import scale

TURN = "opaque: {output: [8, 8, %d], why: turned}"


def network(*layers: str) -> Network:
    text = "input: [8, 8, 4]\nlayers:\n" + "".join(f"  - {layer}\n" for layer in layers)
    return read_network(text).network


def with_block() -> Network:
    layers = ("conv: {n: 16}", "Turn", "pointwise: {n: 8}")
    blocks = "blocks:\n  Turn: [opaque: {output: [8, 8, 16], why: turned}]\n"
    text = "input: [8, 8, 4]\n" + blocks + "layers:\n" + "".join(f"  - {one}\n" for one in layers)
    return read_network(text).network


BETWEEN = network("conv: {n: 16}", TURN % 16, "pointwise: {n: 8}")
COSTLY = network("conv: {n: 16}", "opaque: {output: [8, 8, 2], why: odd, mult_adds: 7}")
JOINED = network(
    "{conv: {n: 16}, name: c}", TURN % 16, "add: [c, opaque2]", "linear: {n: 2, bias: true}"
)
FIRST = network(TURN % 4, "conv: {n: 16}")
LAST = network("conv: {n: 16}", TURN % 16, "global_pool")


@pytest.mark.parametrize(
    ("net", "named"),
    [
        (BETWEEN, r"pointwise3: costs what the opaque layer 'opaque2' makes"),
        (COSTLY, r"opaque2: an opaque layer with a cost of its own"),
        (JOINED, r"linear4: costs what the opaque layer 'opaque2' makes"),  # and add3 does not fit
        (with_block(), r"pointwise3: costs what the opaque layer 'Turn2\.opaque1' makes"),
    ],
)
def test_a_cost_behind_an_opaque_layer_refuses_alpha(net: Network, named: str) -> None:
    measure(net)
    with pytest.raises(DscalcError, match=named):
        measure(scale(net, alpha=0.5))


def test_what_cannot_be_laid_out_for_that_reason_says_so() -> None:
    """Sums of a map and an opaque one of the old channels fail; the reason is told where known."""
    net = network("{conv: {n: 16}, name: c}", TURN % 16, "pointwise: {n: 4}", "add: [c, opaque2]")
    with pytest.raises(DscalcError, match="pointwise3: costs what the opaque layer 'opaque2'"):
        measure(scale(net, alpha=0.5))


@pytest.mark.parametrize(("net", "channels"), [(FIRST, 8), (LAST, 16)])
def test_alpha_is_taken_where_no_cost_follows(net: Network, channels: int) -> None:
    report = measure(scale(net, alpha=0.5))
    assert report.total.weights == 9 * 4 * 8
    assert report.output.channels == channels


def test_other_sides_are_refused_wherever_a_cost_follows() -> None:
    for net in (BETWEEN, FIRST, with_block()):
        with pytest.raises(DscalcError, match="costs what the opaque layer"):
            measure(scale(net, rho=0.5))
    assert measure(scale(LAST, rho=0.5)).total.mult_adds == 9 * 4 * 16 * 16
    assert measure(scale(FIRST, rho=1.0)) == measure(FIRST)
