"""Sweeps: the published grids, Pareto-best points, what a long table leaves out, refusals."""

from __future__ import annotations

import csv
import io
import math
import tracemalloc
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path

import pytest

import dscalc
from dscalc import DscalcError, Network, Point, Terms, scale, sweep
from dscalc.analysis import sweep as sweeping
from dscalc.analysis.series import Points, Sweep, largest, pareto, series
from dscalc.analysis.sweep import grid_size
from dscalc.language.files import load
from dscalc.law.fields import Sizes
from dscalc.render.csv import as_csv
from dscalc.render.sweep import sweep_rows
from tests import zoo
from tests.commands import call, complaint, document
from tests.conftest import Golden

GRIDS = [
    ("mobilenet", "mobilenet_v1_tf_models.csv", "0.25:1.0:0.25", "128:224:32"),
    ("mobilenet_v2", "mobilenet_v2_tf_models.csv", "0.35,0.5:1.0:0.25,1.3,1.4", "96:224:32"),
]
LONG = ("mobilenet", "--alpha", "0.1:1.0:0.1", "--resolution", "32:224:16")  # 130 points


@pytest.mark.parametrize(("name", "table", "alphas", "resolutions"), GRIDS)
def test_one_command_gives_the_published_grid(
    name: str, table: str, alphas: str, resolutions: str
) -> None:
    found = document("sweep", name, "--alpha", alphas, "--resolution", resolutions)
    points = {(p["alpha"], p["resolution"][0]): p for p in found["networks"][0]["points"]}
    for row in zoo.table(table):
        point = points[float(row["alpha"]), int(row["resolution"])]
        assert point["mult_adds"] == int(row["exact_macs"])
        assert point["params"] == int(row["trainable_2C_bn_bias_1000"])
        assert point["weights"] == int(row["weights_only_1000"])


def test_a_short_table_shows_every_point(golden: Golden) -> None:
    result = call("sweep", "mobilenet", "--alpha", "0.5,1", "--resolution", "160,224")
    assert (result.code, result.err) == (0, "")
    golden("sweep_mobilenet", result.out)


def test_limits_mark_the_largest_that_keep_them_and_name_those_broken() -> None:
    found = document(
        *("sweep", "mobilenet", "--alpha", "0.25:1.0:0.25", "--resolution", "128:224:32"),
        *("--max-mult-adds", "200M", "--max-size", "12MB"),
    )
    assert found["limits"] == {"mult_adds": 200_000_000, "size": 12_000_000}
    points = found["networks"][0]["points"]
    best = [(p["alpha"], p["resolution"][0]) for p in points if p["best"]]
    assert best == [(0.5, 224), (0.75, 160)]
    (widest,) = (p for p in points if p["alpha"] == 1.0 and p["resolution"][0] == 224)
    assert widest["over"] == {"mult_adds": 368_740_352, "size": 4_927_904}


def rows(*arguments: str) -> list[dict[str, str]]:
    """The CSV of a sweep."""
    return list(csv.DictReader(io.StringIO(call(*arguments, "--format", "csv").out)))


def test_a_long_table_shows_the_best_and_says_of_how_many() -> None:
    limited = (*LONG, "--max-mult-adds", "100M")
    text = call("sweep", *limited).out
    points = document("sweep", *limited)["networks"][0]["points"]
    best = sum(point["best"] for point in points)
    assert f"\n  The {best} best of 130 points, those that compute most first; --all" in text
    assert "\n  50 of the 130 points, those" in call("sweep", *LONG).out
    narrow = (*LONG, "--max-mult-adds", "400k")
    assert "\n  The best of 130 points; --all shows" in call("sweep", *narrow).out
    assert len(rows("sweep", *limited)) == 130
    assert len(points) == 130
    every = call("sweep", *limited, "--all").out
    assert "130 points," not in every
    assert sum(line.startswith("  ") and line.split()[0].isdecimal()
               for line in every.splitlines()) == 130  # fmt: skip


def columns(text: str) -> list[str]:
    """The heads of the table of a sweep."""
    return text.splitlines()[2].split()


@pytest.mark.parametrize(
    ("arguments", "best", "note"),
    [
        (("mobilenet", "--max-params", "2M"), True, "Best: keeps every limit, and nothing"),
        (("mobilenet", "--resolution", "160,224"), False, "smaller is always cheaper."),
        (("example_net",), False, "smaller is always cheaper."),
        (("mobilenet_v2", "--alpha", "0.999,1"), True, "Best (Pareto): nothing of the network"),
    ],
)
def test_best_is_said_where_it_says_something(
    arguments: tuple[str, ...], best: bool, note: str
) -> None:
    given = arguments if "--alpha" in arguments else (*arguments, "--alpha", "0.5,1")
    text = call("sweep", *given).out
    assert ("Best" in columns(text)) is best
    assert note in text


def test_of_one_point_nothing_is_said() -> None:
    text = call("sweep", "mobilenet").out
    assert "Best" not in text
    assert "smaller" not in text


def test_without_limits_the_front_over_accuracy_is_marked_where_it_leaves_some_out() -> None:
    """Howard et al. 2017: at α 1 and 128 MobileNet computes more than at 0.75 and 160, for less."""
    text = call("sweep", "mobilenet", "--alpha", "0.75,1", "--resolution", "128,160,224").out
    assert "Best: nothing of the network is as accurate and computes no more." in text
    rows = [line.split() for line in text.splitlines() if line.strip()[:3].isdigit()]
    assert [row[:2] for row in rows if row[-1] != "*"] == [["128", "1"]]


def test_csv_has_the_figures_and_no_bar() -> None:
    (row,) = rows("sweep", "mobilenet", "--dtype", "int8", "--max-params", "4M")
    assert row == {
        "resolution": "224",
        "alpha": "1.0",
        "params": "4231976",
        "mult_adds": "568740352",
        "memory": "1204224",
        "size": "4231976",
        "top1": "70.6",
        "best": "",
        "over": "params",
    }


def test_a_published_accuracy_stands_beside_its_point_and_else_nothing() -> None:
    """Sandler et al. 2018, Table 4, and TF-slim's table; α 0.6 nobody printed."""
    found = document("sweep", "mobilenet_v2", "--alpha", "0.5,0.6,1", "--resolution", "224,96,100")
    told = {
        (point["alpha"], point["resolution"][0]): point["top1"]
        for point in found["networks"][0]["points"]
    }
    assert {key: value for key, value in told.items() if value is not None} == {
        (1.0, 224): 72.0,
        (1.0, 96): 60.3,
        (0.5, 224): 65.4,
        (0.5, 96): 51.2,
    }
    (row,) = rows("sweep", "example_net")
    assert row["top1"] == ""
    assert "Top-1" not in call("sweep", "example_net").out
    two = document("sweep", "mobilenet_v2", "--with", "classes=2")
    assert two["networks"][0]["points"][0]["top1"] is None


def test_rho_says_the_sides_too() -> None:
    by_rho = document("sweep", "mobilenet", "--alpha", "0.5,1", "--rho", "1,0.714")
    by_side = document("sweep", "mobilenet", "--alpha", "0.5,1", "--resolution", "224,160")
    assert by_rho == by_side
    assert "give one of them" in complaint("sweep", "mobilenet", "--rho", "1", "--resolution", "9")
    assert "leaves no pixel" in complaint("sweep", "mobilenet", "--rho", "0.001")


def test_several_networks_stand_in_one_table() -> None:
    found = rows("sweep", "mobilenet", "mobilenet_v2", "--resolution", "224,160x128")
    assert [(row["network"], row["resolution"]) for row in found] == [
        ("MobileNet", "224"),
        ("MobileNet", "160×128"),
        ("MobileNetV2", "224"),
        ("MobileNetV2", "160×128"),
    ]


def test_types_change_bytes_alone() -> None:
    (whole,), (halves,) = (
        document("sweep", "mobilenet_v2", *flags)["networks"][0]["points"]
        for flags in ((), ("--dtype", "float16", "--weight-dtype", "int4"))
    )
    assert halves["memory_bytes"] * 2 == whole["memory_bytes"] == 4 * 1_505_280
    assert halves["size_bytes"] * 8 == whole["size_bytes"]
    assert halves["mult_adds"] == whole["mult_adds"]


def test_the_table_fits_a_hundred_columns() -> None:
    arguments = ("mobilenet", "mobilenet_v2", "--alpha", "0.25:1.0:0.25", "--max-params", "3M")
    text = call("sweep", *arguments, columns=100).out
    assert max(map(len, text.splitlines())) <= 100
    assert "568,740,352" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--alpha", "1:0.25:0.25"], "--alpha 1:0.25:0.25: ranges go upward"),
        (["--alpha", "0.25:1:0"], "a step of zero never arrives"),
        (["--alpha", ""], "--alpha must be numbers"),
        (["--alpha", "0"], "α must be a positive number"),
        (["--alpha", "0.001:1:0.001", "--resolution", "1:2000:1"],
         "2,000,000 points are more than 1,000,000; take larger steps"),
        (["--resolution", "0"], "the resolution must be at least 1"),
        (["--resolution", "7.5"], "--resolution must be whole numbers"),
        (["--max-memory", "2"], "--max-memory must be a size such as 600kB, 1.5MB or 2MiB"),
        (["--max-memory", "0MB"], "--max-memory must be at least 1, not 0MB"),
        (["--max-params", "0"], "--max-params must be at least 1, not 0"),
        (["--max-mult-adds", "150m"], "did you mean '150M'?"),
    ],
)  # fmt: skip
def test_refusals(arguments: list[str], message: str) -> None:
    assert message in complaint("sweep", "mobilenet", *arguments)


def test_an_alpha_that_the_network_refuses() -> None:
    said = complaint("sweep", "resnext50_32x4d", "--alpha", "0.3")
    assert "does not divide" in said
    assert "α = 0.3" in said


def test_a_grid_too_large_is_refused_before_the_network_is_read(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.yaml")
    said = complaint("sweep", missing, "--alpha", "0.001:2:0.001", "--resolution", "1:1000:1")
    assert "2,000,000 points" in said


# ---------------------------------------------------------------- the points of a sweep


@pytest.mark.parametrize(("name", "table"), [grid[:2] for grid in GRIDS])
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
    net, alphas, sides = load("mobilenet"), [0.25, 0.5, 0.75, 1.0], [128, 160, 192, 224]
    points = Points(partial(sweep, net, resolutions=sides), alphas, len(sides))
    found = series(net, points, {"mult_adds": 200_000_000}, Terms())
    best = [point for point, marked in zip(points, found.best, strict=True) if marked]
    assert {(point.alpha, point.sides[0]) for point in best} == {
        (0.5, 224),
        (0.75, 160),
        (1.0, 128),
    }
    assert largest(points) == {max(points, key=lambda point: (point.alpha, point.positions))}
    assert largest([]) == pareto([]) == set()


SWEPT = ("--alpha", "0.7,0.35,1", "--resolution", "128:224:32", "--format", "csv")


@pytest.mark.parametrize(
    "asked",
    [
        ("mobilenet_v2", *SWEPT),
        ("mobilenet_v2", *SWEPT, "--max-mult-adds", "150M"),
        ("mobilenet_v2", *SWEPT, "--max-memory", "1MB", "--memory", "in-place"),
        ("mobilenet", "mobilenet_v2", *SWEPT, "--format", "json"),
        ("mobilenet", "mobilenet_v2", *SWEPT, "--format", "table"),
        (*LONG, "--format", "table"),
        (*LONG, "--max-params", "2M", "--format", "table"),
    ],
)
def test_points_that_are_not_kept_are_told_as_those_that_are(
    asked: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = call("sweep", *asked)
    monkeypatch.setattr("dscalc.analysis.series.MOST_KEPT", 0)
    monkeypatch.setattr("dscalc.render.csv.AT_ONCE", 3)
    monkeypatch.setattr("dscalc.render.json.AT_ONCE", 3)
    assert call("sweep", *asked) == kept
    assert (kept.code, kept.err) == (0, "")


@pytest.mark.parametrize("kept", [0, 100])
def test_where_a_point_is_refused_nothing_is_written(
    kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ResNeXt takes no α of 0.3; the points before it cost what they cost."""
    monkeypatch.setattr("dscalc.analysis.series.MOST_KEPT", kept)
    file = tmp_path / "points.csv"
    file.write_text("before")
    result = call("sweep", "resnext50_32x4d", "--alpha", "1,0.5,0.3", "--resolution", "224,192",
                  "--format", "csv", "--output", f"csv:{file}")  # fmt: skip
    assert (result.code, result.out) == (2, "")
    assert "α = 0.3" in result.err
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


def test_of_points_that_are_not_kept_more_take_no_more_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dscalc.analysis.series.MOST_KEPT", 0)
    net, sides = load("mobilenet"), range(100, 200)

    def most(steps: int) -> int:
        alphas = [0.5 + step / steps for step in range(steps)]
        points = Points(partial(sweeping.points, net, resolutions=sides), alphas, len(sides))
        tracemalloc.start()
        found = Sweep((series(net, points, {}, Terms()),), {}, Terms())
        assert sum(part.count("\n") for part in as_csv(sweep_rows(found))) == steps * 100 + 1
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    most(1)  # what a first sweep loads
    assert most(80) - most(20) < 100 * 6000  # bytes; a point takes over 300


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


def test_a_process_pool_sweeps_as_one_process_does() -> None:
    net = load("mobilenet")
    alphas = [0.25, 0.5, 0.75]
    with ProcessPoolExecutor(2) as pool:
        parts = pool.map(partial(sweep, net, resolutions=[96, 128]), [[a] for a in alphas])
        found = tuple(chain.from_iterable(parts))
    assert found == sweep(net, alphas, [96, 128])
