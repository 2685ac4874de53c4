"""Fits: the largest α within limits, to the last step of channels; what binds, what is said."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterable

import pytest

import dscalc
from dscalc import DscalcError, Network, Node, Report, Shape, Terms, Width, fit, scale, sweep
from dscalc.analysis.fit import MOST_ALPHA, Fit, best_first, shortest_decimal
from dscalc.language.files import load
from dscalc.language.shipped import shipped_names
from dscalc.law.layer import INPUT
from dscalc.law.network import measured_or_none
from tests.commands import call, complaint, document
from tests.conftest import Golden

FLOOR = Width("floor")


def tiny(n: int, width: Width = FLOOR, g: int = 1) -> Network:
    """One pointwise convolution from g to n channels on one position: n mult-adds."""
    node = Node("only", dscalc.Pointwise(n, g=g), (INPUT,))
    return Network("Tiny", Shape((1,), g), (node,), width)


def one(network: Network, limit: int, figure: str = "mult_adds") -> Fit:
    (found,) = fit(network, {figure: limit})
    return found


def test_what_a_budget_buys_at_each_resolution(golden: Golden) -> None:
    result = call(
        *("fit", "mobilenet", "--max-mult-adds", "150M", "--max-memory", "2MiB"),
        *("--resolution", "128:224:32"),
        columns=100,
    )
    assert (result.code, result.err) == (0, "")
    golden("fit_mobilenet", result.out)


def test_the_alpha_found_costs_no_more_and_the_next_one_does() -> None:
    (found,) = document("fit", "mobilenet", "--max-mult-adds", "150M")["fits"]
    assert found["fits"] is True
    assert found["mult_adds"] <= 150_000_000 < found["next"]["mult_adds"]
    assert found["binding"] == ["mult_adds"]
    for alpha, cost in ((found["alpha"], found), (found["next"]["alpha"], found["next"])):
        measured = document("net", "mobilenet", "--alpha", str(alpha))
        assert measured["total"]["mult_adds"] == cost["mult_adds"]
        assert measured["memory"]["peak_bytes"] == cost["memory_bytes"]


def test_where_nothing_fits_the_exit_code_is_1_and_the_smallest_says_by_how_much() -> None:
    result = call("fit", "mobilenet", "--max-mult-adds", "1M", "--resolution", "128,224")
    assert (result.code, result.err) == (1, "")
    near, far = (
        result.out.index("over by 854,528 mult-adds"),
        result.out.index("over by 4,662,992 mult-adds"),
    )
    assert near < far
    assert "Over by: at the smallest α that the network takes." in result.out


def test_one_that_fits_is_enough() -> None:
    result = call("fit", "mobilenet", "--max-mult-adds", "3M", "--resolution", "96,224")
    assert result.code == 0
    assert "fits; mult-adds next" in result.out
    assert "over by 2,662,992 mult-adds" in result.out


def test_json_says_what_was_asked_and_where_it_looked() -> None:
    found = document("fit", "mobilenet_v2", "--max-memory", "300KiB", "--max-params", "3M",
                     "--dtype", "int8", "--resolution", "96")  # fmt: skip
    assert {key: found[key] for key in ("schema_version", "command", "count", "dtype")} == {
        "schema_version": 1,
        "command": "fit",
        "count": "trainable",
        "dtype": "int8",
    }
    assert found["limits"] == {"params": 3_000_000, "memory": 307_200}
    assert found["alpha_searched"] == [0.001, 4.0]
    (fit,) = found["fits"]
    assert fit["over"] == {}
    assert fit["used"] == {"params": fit["params"] / 3e6, "memory": fit["memory_bytes"] / 307_200}


def test_no_limit_binds_up_to_the_bound() -> None:
    result = call("fit", "mobilenet", "--max-params", "9G")
    assert "fits up to α 4\n" in result.out
    (found,) = document("fit", "mobilenet", "--max-params", "9G")["fits"]
    assert (found["alpha"], found["next"], found["binding"]) == (4.0, None, [])


def test_several_networks_the_one_that_computes_most_first() -> None:
    names = ("mobilenet", "mobilenet_v2", "mobilenet_v3_large")
    found = document("fit", *names, "--max-params", "2M", "--resolution", "128,224")["fits"]
    computed = [fit["mult_adds"] for fit in found]
    assert computed == sorted(computed, reverse=True)
    assert len({fit["network"] for fit in found}) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mobilenet"], "fit needs a limit"),
        (["mobilenet", "--max-mult-adds", "0"], "--max-mult-adds must be at least 1, not 0"),
        (["mobilenet", "--max-memory", "0B"], "--max-memory must be at least 1, not 0B"),
        (["mobilenet", "--max-memory", "2M"], "did you mean '2MB'?"),
        (["mobilenet", "--max-size", "1"], "--max-size must be a size such as"),
        (["mobilenet", "--max-params", "3m"], "did you mean '3M'?"),
        (["mobilenet", "--max-params", "3M", "--resolution", "9:6:3"], "did you mean '6:9:3'"),
        (["shufflenet_v2", "--max-params", "3M"], "takes no α"),
        (["inception_v3", "--max-params", "3M", "--resolution", "20"], "than its padded input"),
        (["missing", "--max-params", "3M"], "no such file"),
    ],
)  # fmt: skip
def test_refusals(arguments: list[str], message: str) -> None:
    assert message in complaint("fit", *arguments)


def test_an_accuracy_is_that_of_the_very_network() -> None:
    """300.8 M is enough for α 1 and not for the next channel; the shortest α may be another."""
    (found,) = document("fit", "mobilenet_v2", "--max-mult-adds", "300.8M")["fits"]
    one = document("net", "mobilenet_v2")["total"]
    assert found["mult_adds"] == one["mult_adds"]
    assert found["top1"] == 72.0
    (wider,) = document("fit", "mobilenet_v2", "--max-mult-adds", "301M")["fits"]
    assert wider["top1"] is None
    out = call("fit", "mobilenet_v2", "--max-mult-adds", "300.8M").out
    assert "Top-1: on ImageNet" in out
    assert "Top-1" not in call("fit", "mobilenet_v2", "--max-mult-adds", "301M").out


def test_rho_says_the_sides_too() -> None:
    by_rho = document("fit", "mobilenet", "--max-mult-adds", "50M", "--rho", "1,0.714")
    by_side = document("fit", "mobilenet", "--max-mult-adds", "50M", "--resolution", "224,160")
    assert by_rho == by_side
    assert "give one of them" in complaint("fit", "mobilenet", "--max-params", "1M", "--rho", "1",
                                           "--resolution", "9")  # fmt: skip


# ---------------------------------------------------------------- the largest α


def test_a_budget_of_the_paper() -> None:
    """Table 6 has α 0.5 at 149M; 0.501 is the last that keeps 150M."""
    found = one(load("mobilenet"), 150_000_000)
    assert (found.point.alpha, found.point.cost.mult_adds) == (0.501, 149_561_298)
    assert found.following is not None
    assert found.following.cost.mult_adds == 150_187_881
    assert found.binding() == ["mult_adds"]
    assert found.used() == {"mult_adds": 149_561_298 / 150_000_000}


NETS = [name for name in shipped_names() if load(name).width.fixed is None][::3]


@pytest.mark.parametrize("name", NETS)
def test_the_next_step_of_channels_breaks_a_limit(name: str) -> None:
    net = load(name)
    (point,) = sweep(net, [1.0])
    figures: tuple[str, ...] = "mult_adds", "memory"
    for figure in figures:
        limit = point.figures()[figure] * 2 // 3
        (found,) = fit(net, {figure: limit})
        if not found.fits:
            assert found.excess() == {figure: found.point.figures()[figure] - limit}
            continue
        again = sweep(net, [found.point.alpha])[0]
        assert again == found.point
        assert again.figures()[figure] <= limit
        assert found.following is not None
        assert sweep(net, [found.following.alpha])[0] == found.following
        assert found.following.figures()[figure] > limit
        assert found.binding() == [figure]


def allowed(net: Network, alphas: Iterable[float], limit: int) -> list[float]:
    """Those α that the network takes and that keep a limit on mult-adds, one by one."""
    kept = []
    for alpha in alphas:
        try:
            cost = dscalc.measure(scale(net, alpha=alpha)).total
        except DscalcError:
            continue
        if cost.mult_adds <= limit:
            kept.append(alpha)
    return kept


@pytest.mark.parametrize(
    ("name", "limit", "step"),
    [
        ("mobilenet", 10_000_000, 1 / 1024),
        ("mobilenet_v2", 50_000_000, 0.001),
        ("mobilenet_v3_small", 20_000_000, 0.001),
        ("shufflenet_v1", 40_000_000, 0.001),
        ("resnet18", 100_000_000, 1 / 512),
        ("resnext50_32x4d", 1_500_000_000, 1 / 64),
        ("squeezenet", 60_000_000, 0.002),
    ],
)
def test_no_larger_alpha_keeps_the_limit(name: str, limit: int, step: float) -> None:
    net = load(name)
    found = one(net, limit)
    every = [step * count for count in range(1, int(1.2 / step))]
    last = allowed(net, every, limit)[-1]
    first_over = last + step
    assert last <= found.point.alpha or (
        dscalc.measure(scale(net, alpha=last)).total == found.point.cost
    )
    assert found.point.alpha < first_over


def test_several_limits_bind_where_the_next_step_breaks_them() -> None:
    net = load("mobilenet")
    wide, deep = fit(net, {"mult_adds": 300_000_000, "params": 1_500_000}, [96, 224])
    assert wide.binding() == deep.binding() == ["params"]
    (tight,) = fit(net, {"mult_adds": 100_000_000, "params": 1_500_000}, [224])
    assert tight.binding() == ["mult_adds"]


@pytest.mark.parametrize(
    ("figure", "limit", "terms"),
    [
        ("memory", 500_000, Terms(dtype="int8")),
        ("size", 1_000_000, Terms(dtype="int8", weight_dtype="int4")),
        ("params", 3_000_000, Terms("total")),
    ],
)
def test_limits_follow_the_terms(figure: str, limit: int, terms: Terms) -> None:
    (found,) = fit(load("mobilenet_v2"), {figure: limit}, [96], terms)
    assert found.following is not None
    assert found.point.figures(terms)[figure] <= limit < found.following.figures(terms)[figure]


def test_where_nothing_fits_the_smallest_says_by_how_much() -> None:
    found = one(load("mobilenet"), 1_000_000)
    assert not found.fits
    assert found.point.alpha == 0.008
    assert found.excess() == {"mult_adds": 4_662_992}
    assert found.binding() == []
    (smallest,) = sweep(load("mobilenet"), [0.001])
    assert found.point.cost == smallest.cost


def test_alpha_is_looked_for_up_to_a_bound() -> None:
    found = one(tiny(16), 10**9)
    assert (found.fits, found.point.alpha, found.following) == (True, MOST_ALPHA, None)
    assert found.binding() == []


@pytest.mark.parametrize(
    ("network", "limit", "channels", "alpha"),
    [
        (tiny(10), 7, 7, 0.7),
        (tiny(3), 2, 2, 0.9),
        (tiny(1000), 333, 333, 0.333),
        (tiny(7), 3, 3, 0.5),
        (tiny(10, Width("nearest")), 7, 7, 0.7),
        (tiny(100, Width(multiple_of=8)), 79, 72, 0.7),
        (tiny(10, Width("floor", 4)), 4, 4, 0.4),
    ],
)
def test_alpha_has_the_fewest_decimals_that_give_its_channels(
    network: Network, limit: int, channels: int, alpha: float
) -> None:
    found = one(network, limit)
    assert (found.point.cost.weights, found.point.alpha) == (channels, alpha)


def test_alpha_that_divides_no_group_is_passed_over() -> None:
    """12 channels in 3 groups: of 7.2 the 7 are refused, and 6 are the last that keep 8."""
    found = one(tiny(12, g=3), 8)
    assert (found.point.cost.mult_adds, found.point.alpha) == (6, 0.5)
    assert found.following is not None
    assert found.following.cost.mult_adds == 9


def test_the_width_rule_holds_at_alpha_1_as_beside_it() -> None:
    """17 channels are 16 at 1 as at 0.99 and 1.01, as many as 16 mult-adds buy."""
    odd = tiny(17, Width(multiple_of=8))
    found = one(odd, 16)
    assert [point.cost.mult_adds for point in sweep(odd, [0.99, 1.0, 1.01])] == [16, 16, 16]
    assert sweep(odd, [found.point.alpha])[0].cost.mult_adds == 16
    assert found.following is not None
    assert found.following.cost.mult_adds == 24


def test_a_network_that_takes_no_alpha_says_why() -> None:
    with pytest.raises(DscalcError, match="takes no α"):
        one(load("shufflenet_v2"), 10**9)


def test_a_resolution_that_the_network_refuses_is_an_error() -> None:
    with pytest.raises(DscalcError, match="larger than its padded input"):
        fit(load("inception_v3"), {"params": 10**9}, [20])


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_of_nothing_is_an_error(limit: int) -> None:
    with pytest.raises(DscalcError, match="must be at least 1"):
        one(load("mobilenet"), limit)


def test_no_limit_and_an_unknown_one_are_errors() -> None:
    with pytest.raises(DscalcError, match="needs a limit"):
        fit(load("mobilenet"), {})
    with pytest.raises(DscalcError, match="not 'latency'"):
        fit(load("mobilenet"), {"latency": 1})


def test_the_best_comes_first_and_the_nearest_miss_before_the_farther() -> None:
    net = load("mobilenet")
    found = best_first(fit(net, {"memory": 1_000_000}, [96, 128, 192, 256, 224]))
    assert [fit.fits for fit in found] == [True, True, True, False, False]
    assert [fit.point.sides[0] for fit in found][3:] == [224, 256]
    computed = [fit.point.cost.mult_adds for fit in found if fit.fits]
    assert computed == sorted(computed, reverse=True)


@pytest.mark.parametrize("name", NETS)
def test_costs_grow_with_alpha(name: str) -> None:
    """Those of networks as they are mostly built; `fit` does not rest on it."""
    net, before = load(name), [0, 0, 0, 0]
    for alpha in (0.07 + 0.05 * step for step in range(30)):
        try:
            (point,) = sweep(net, [alpha], [max(64, *net.input.sides)])
        except DscalcError:
            continue
        now = list(point.figures().values())
        assert all(map(int.__le__, before, now))
        before = now


@pytest.mark.parametrize(
    ("low", "high", "shortest"),
    [
        (0.3, 0.7, 0.7),
        (0.31, 0.37, 0.37),
        (0.312, 0.369, 0.36),
        (0.5, 0.5, 0.5),
        (1.9, 4.0, 4.0),
        (0.001, math.nextafter(0.008, 0), 0.007),
        (0.1 + 0.2, 0.1 + 0.2, 0.1 + 0.2),
    ],
)
def test_the_shortest_decimal(low: float, high: float, shortest: float) -> None:
    assert shortest_decimal(low, high) == shortest


def test_a_fit_measures_few_of_the_thousands_of_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[Network] = []

    def counted(network: Network) -> Report | None:
        measured.append(network)
        return measured_or_none(network)

    monkeypatch.setattr("dscalc.analysis.fit.measured_or_none", counted)
    fit(load("mobilenet"), {"mult_adds": 150_000_000}, [96, 128, 160, 192, 224])
    assert 5 * 10 <= len(measured) <= 5 * 20


def test_points_and_fits_pickle() -> None:
    net = load("mobilenet")
    found = fit(net, {"params": 10**6}), sweep(net, [0.5], [96])
    assert pickle.loads(pickle.dumps(found)) == found
