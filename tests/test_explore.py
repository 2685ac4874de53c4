"""Sweeps against the published grids, Pareto-best points, and fits to the last step of channels."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain

import pytest

import dscalc
from dscalc import DscalcError, Network, Node, Point, Report, Shape, Terms, Width, fit, scale, sweep
from dscalc.analysis import sweep as sweeping
from dscalc.analysis.fit import MOST_ALPHA, Fit, best_first, shortest_decimal
from dscalc.analysis.sweep import grid_size, largest, pareto, series
from dscalc.language.files import load, shipped_names
from dscalc.law.fields import Sizes
from dscalc.law.layer import INPUT
from tests import zoo

GRIDS = [
    ("mobilenet", "mobilenet_v1_tf_models.csv"),
    ("mobilenet_v2", "mobilenet_v2_tf_models.csv"),
]


FLOOR = Width("floor")


def tiny(n: int, width: Width = FLOOR, g: int = 1) -> Network:
    """One pointwise convolution from g to n channels on one position: n mult-adds."""
    node = Node("only", dscalc.Pointwise(n, g=g), (INPUT,))
    return Network("Tiny", Shape((1,), g), (node,), width)


def one(network: Network, limit: int, figure: str = "mult_adds") -> Fit:
    (found,) = fit(network, {figure: limit})
    return found


# ---------------------------------------------------------------- sweeps


@pytest.mark.parametrize(("name", "table"), GRIDS)
def test_one_sweep_gives_the_published_grid(name: str, table: str) -> None:
    rows = zoo.table(table)
    alphas = sorted({float(row["alpha"]) for row in rows})
    resolutions = sorted({int(row["resolution"]) for row in rows})
    found = {(p.alpha, p.sides[0]): p.cost for p in sweep(load(name), alphas, resolutions)}
    assert len(found) == len(alphas) * len(resolutions)
    for row in rows:
        cost = found[float(row["alpha"]), int(row["resolution"])]
        assert cost.mult_adds == int(row["exact_macs"])
        assert cost.params("weights") == int(row["weights_only_1000"])
        assert cost.params() == int(row["trainable_2C_bn_bias_1000"])
        assert cost.params("total") == int(row["keras_total_4C_1000"])


def test_a_point_is_what_measure_says_of_the_scaled_network() -> None:
    net = load("mobilenet_v2")
    (point,) = sweep(net, [0.35], [96])
    report = dscalc.measure(scale(net, alpha=0.35, resolution=96))
    peak = dscalc.peak_memory(report).peak
    assert point == Point(0.35, (96, 96), report.total, peak)


def test_without_resolutions_the_network_keeps_its_own() -> None:
    assert [point.sides for point in sweep(load("mobilenet"), [0.5, 1.0])] == [(224, 224)] * 2


def test_inputs_that_are_no_squares() -> None:
    (point,) = sweep(load("mobilenet"), [1.0], [(160, 128)])
    assert (point.sides, point.positions) == ((160, 128), 20_480)


def test_figures_follow_the_terms() -> None:
    (point,) = sweep(load("mobilenet"), [1.0])
    assert point.figures() == {
        "mult_adds": 568_740_352,
        "flops": 1_137_480_704,
        "params": 4_231_976,
        "memory": 4 * 1_204_224,
        "size": 4 * 4_231_976,
    }
    assert point.figures(Terms("weights", "int8", "int4")) == {
        "mult_adds": 568_740_352,
        "flops": 1_137_480_704,
        "params": 4_209_088,
        "memory": 1_204_224,
        "size": 4_209_088 // 2,
    }


@pytest.mark.parametrize("alphas", [[0.0], [-1.0], [math.nan], [math.inf]])
def test_alpha_must_be_a_positive_number(alphas: list[float]) -> None:
    with pytest.raises(DscalcError, match="α must be a positive number"):
        sweep(load("mobilenet"), alphas)


def test_an_alpha_that_the_network_refuses_is_an_error() -> None:
    with pytest.raises(DscalcError, match="does not divide"):
        sweep(load("resnext50_32x4d"), [0.3])


def test_a_grid_too_large_is_refused_before_it_starts() -> None:
    with pytest.raises(DscalcError, match="1,002,001 points are more than 1,000,000; take larger"):
        sweep(load("mobilenet"), [1.0] * 1001, [224] * 1001)
    assert grid_size(2, [1.0] * 1000, [224] * 500) == 500_000
    with pytest.raises(DscalcError):
        grid_size(3, [1.0] * 1000, [224] * 500)


# ---------------------------------------------------------------- Pareto


def beaten(point: Point, others: Iterable[Point]) -> bool:
    """Whether one of the others is as wide and as fine for no more, and not the point itself."""
    return any(
        other != point
        and other.alpha >= point.alpha
        and other.positions >= point.positions
        and other.cost.params() <= point.cost.params()
        and other.cost.mult_adds <= point.cost.mult_adds
        for other in others
    )


@pytest.mark.parametrize("name", ["mobilenet", "mobilenet_v2", "mobilenet_v3_small", "vgg16"])
def test_pareto_best_is_what_nothing_beats(name: str) -> None:
    alphas = [0.3 + 0.01 * step for step in range(20)]
    points = sweep(load(name), alphas, [32, 33, 48, 63, 64])
    best = pareto(points)
    assert best == {point for point in points if not beaten(point, points)}
    assert best


def test_an_alpha_that_buys_nothing_is_beaten_by_the_wider_one() -> None:
    """0.577 and 0.578 give MobileNetV2 the same channels."""
    points = sweep(load("mobilenet_v2"), [0.574, 0.577, 0.578])
    assert [point in pareto(points) for point in points] == [True, False, True]


def test_a_coarse_grid_is_best_throughout() -> None:
    points = sweep(load("mobilenet"), [0.25, 0.5, 0.75, 1.0], [128, 160, 192, 224])
    assert pareto(points) == set(points)


def test_the_largest_within_limits_are_a_staircase() -> None:
    points = sweep(load("mobilenet"), [0.25, 0.5, 0.75, 1.0], [128, 160, 192, 224])
    found = series(load("mobilenet"), points, {"mult_adds": 200_000_000}, Terms())
    assert {(point.alpha, point.sides[0]) for point in found.best} == {
        (0.5, 224),
        (0.75, 160),
        (1.0, 128),
    }
    assert largest(points) == {max(points, key=lambda point: (point.alpha, point.positions))}
    assert largest([]) == pareto([]) == set()


# ---------------------------------------------------------------- fits


def test_a_budget_of_the_paper() -> None:
    """Table 6 has α 0.5 at 149M; 0.501 is the last that keeps 150M."""
    found = one(load("mobilenet"), 150_000_000)
    assert (found.point.alpha, found.point.cost.mult_adds) == (0.501, 149_561_298)
    assert found.following is not None
    assert found.following.cost.mult_adds == 150_187_881
    assert found.binding() == ["mult_adds"]
    assert found.used() == {"mult_adds": 149_561_298 / 150_000_000}


NETS = [name for name in shipped_names() if load(name).width.fixed is None]


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


def test_alpha_1_leaves_channels_alone_that_its_neighbours_round() -> None:
    """17 channels stay 17 at α = 1; at 0.99 and 1.01 they are 16, as many as 16 mult-adds buy."""
    odd = tiny(17, Width(multiple_of=8))
    found = one(odd, 16)
    assert found.point.alpha != 1.0
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
    """What the search for the largest α rests on."""
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


# ---------------------------------------------------------------- how much work is done


def test_channels_are_scaled_once_for_each_alpha(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def counted(
        network: Network, *, alpha: float = 1.0, resolution: Sizes | None = None
    ) -> Network:
        asked.append(alpha)
        return scale(network, alpha=alpha, resolution=resolution)

    monkeypatch.setattr(sweeping, "scale", counted)
    sweep(load("mobilenet"), [0.25, 0.5], [96, 128, 160])
    assert [alpha for alpha in asked if alpha != 1.0] == [0.25, 0.5]


def test_a_fit_measures_few_of_the_thousands_of_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[Network] = []

    def counted(network: Network) -> Report:
        measured.append(network)
        return dscalc.measure(network)

    monkeypatch.setattr(sweeping, "measure", counted)
    fit(load("mobilenet"), {"mult_adds": 150_000_000}, [96, 128, 160, 192, 224])
    assert len(measured) <= 5 * 16


# ---------------------------------------------------------------- in other processes


def test_points_and_fits_pickle() -> None:
    net = load("mobilenet")
    found = fit(net, {"params": 10**6}), sweep(net, [0.5], [96])
    assert pickle.loads(pickle.dumps(found)) == found


def test_a_process_pool_sweeps_as_one_process_does() -> None:
    net = load("mobilenet")
    alphas = [0.25, 0.5, 0.75]
    with ProcessPoolExecutor(2) as pool:
        parts = pool.map(partial(sweep, net, resolutions=[96, 128]), [[a] for a in alphas])
        found = tuple(chain.from_iterable(parts))
    assert found == sweep(net, alphas, [96, 128])
