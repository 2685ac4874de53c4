"""MobileNet V1 against the paper, TF-slim's table and a real module; their slips are named."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

import dscalc
from dscalc import INPUT, Linear, Network, Node, Separable, Shape, measure, scale, to_standard
from dscalc.analysis.forms import ask, compare_layer
from dscalc.law.layer import Cost
from dscalc.law.network import Report
from tests.commands import document

DATA = Path(__file__).parent / "data"
PAPER: dict[str, Any] = json.loads(
    (DATA / "mobilenet_v1_paper_tables.json").read_text(encoding="utf-8")
)


def rows_of(file: str) -> list[dict[str, str]]:
    with (DATA / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def cost(name: str = "mobilenet", alpha: float = 1.0, resolution: int = 224) -> Cost:
    return report(name, alpha, resolution).total


def report(name: str = "mobilenet", alpha: float = 1.0, resolution: int = 224) -> Report:
    return measure(scale(dscalc.load(name), alpha=alpha, resolution=resolution))


def in_millions(value: int, digits: int = 0) -> float:
    return round(value / 10**6, digits)


# ---------------------------------------------------------------- the paper


def test_table_1_is_the_shipped_file() -> None:
    """Each layer with its input; "avgpool" and "fc" are layers too, "softmax" costs nothing."""
    kinds = {"conv": "conv", "separable": "separable", "avgpool": "global_pool", "fc": "linear"}
    body = [layer for layer in PAPER["table1_body"] if layer["type"] in kinds]
    measured = report()
    told = zip(body, measured.rows, measured.nodes, strict=True)
    for layer, row, node in told:
        assert row.kind == kinds[layer["type"]]
        assert row.input.channels == layer["c_in"]
        if "in_hw" in layer:
            assert row.input.sides == (layer["in_hw"],) * 2
        if "c_out" in layer:
            assert row.output.channels == layer["c_out"]
        if "stride" in layer:
            assert vars(node.layer)["stride"] == layer["stride"]
            assert vars(node.layer)["k"] == layer["k"]


def test_the_slip_of_table_1() -> None:
    """Its last depthwise layer is printed with stride 2 on a map that stays 7×7."""
    assert "stride 1" in PAPER["table1_erratum"]
    assert "533,833,216" in PAPER["table1_erratum"]
    network = dscalc.load("mobilenet")
    names = [node.name for node in measure(network).nodes if isinstance(node.layer, Separable)]
    last = Separable(1024, stride=2, norm="batch")
    nodes = tuple(
        node._replace(layer=last) if node.name == names[-1] else node
        for node in measure(network).nodes
    )
    assert measure(network._replace(nodes=nodes)).total.mult_adds == 533_833_216
    assert measure(network).total.mult_adds == 568_740_352


KINDS_OF_TABLE_2 = {
    "Conv 1x1": "pointwise",
    "Conv DW 3x3": "depthwise",
    "Conv 3x3": "conv",
    "Fully Connected": "linear",
}


@pytest.mark.parametrize("row", PAPER["table2"], ids=lambda row: str(row["type"]))
def test_table_2_shares_by_kind(row: dict[str, Any]) -> None:
    total, kinds = cost(), report().by_kind()
    kind = kinds[KINDS_OF_TABLE_2[row["type"]]]
    mult_adds = 100 * kind.mult_adds / total.mult_adds
    params = 100 * kind.weights / total.weights
    assert [round(mult_adds, 3), round(params, 3)] == row["exact"]
    assert round(params, 2) == row["params_pct"]
    if row["type"] == "Conv 3x3":  # a slip: 1.19 is printed for 1.91
        assert (row["mult_adds_pct"], round(mult_adds, 2)) == (1.19, 1.91)
    else:
        assert round(mult_adds, 2) == row["mult_adds_pct"]


def test_the_slip_of_table_2_shows_in_its_sum() -> None:
    assert sum(row["mult_adds_pct"] for row in PAPER["table2"]) == pytest.approx(99.29)
    assert sum(row["params_pct"] for row in PAPER["table2"]) == pytest.approx(100)


def test_table_3_one_layer_step_by_step() -> None:
    variants = compare_layer(ask(df=14, k=3, m=512, n=512), alpha=0.75, rho=0.714)
    cumulative = [variants[0], *(v for v in variants if v.kind == "separable")]
    for row, variant in zip(PAPER["table3"]["rows"], cumulative, strict=True):
        mult_adds, params = variant.row.cost.mult_adds, variant.row.cost.params()
        assert [mult_adds, params] == row["exact"]
        assert round(mult_adds / 10**6, 0 if mult_adds > 10**8 else 1) == row["mult_adds_M"]
        assert in_millions(params, 2) == row["params_M"]
    # 0.714 is 160/224: D_F becomes 10, and the cost is not ρ² of what it was
    assert round(29_578_752 * 0.714**2) != cumulative[-1].row.cost.mult_adds


def test_table_4_against_standard_convolutions() -> None:
    standard, mobilenet = PAPER["table4"]
    full = measure(to_standard(dscalc.load("mobilenet")))
    classifier = full.by_kind()["linear"].mult_adds
    # A slip: the multiplications leave out the fully connected layer, the parameters do not.
    assert [full.total.mult_adds - classifier, full.total.weights] == standard["exact"]
    assert in_millions(full.total.mult_adds - classifier) == standard["mult_adds_M"]
    assert in_millions(full.total.mult_adds) == standard["mult_adds_M"] + 1
    assert in_millions(full.total.weights, 1) == standard["params_M"]
    assert [cost().mult_adds, cost().weights] == mobilenet["exact"]
    assert in_millions(cost().mult_adds) == mobilenet["mult_adds_M"]
    assert in_millions(cost().weights, 1) == mobilenet["params_M"]


def test_table_5_narrow_against_shallow() -> None:
    narrow, shallow = PAPER["table5"]
    for row, total in ((narrow, cost(alpha=0.75)), (shallow, cost("mobilenet_shallow"))):
        exact = [total.mult_adds, total.weights if row["exact"][1] else None]
        assert exact == row["exact"]
        assert in_millions(total.mult_adds) == row["mult_adds_M"]
        assert in_millions(total.weights, 1) == row["params_M"]


@pytest.mark.parametrize("row", PAPER["table6"], ids=lambda row: str(row["alpha"]))
def test_table_6_width_multipliers(row: dict[str, Any]) -> None:
    total = cost(alpha=row["alpha"])
    assert in_millions(total.mult_adds) == row["mult_adds_M"]
    assert in_millions(total.weights, 1) == row["params_M"]


@pytest.mark.parametrize("row", PAPER["table7"], ids=lambda row: str(row["resolution"]))
def test_table_7_resolutions(row: dict[str, Any]) -> None:
    total = cost(resolution=row["resolution"])
    if row["resolution"] == 160:  # a slip: 290.675 is cut, where all others are rounded
        assert (total.mult_adds, row["mult_adds_M"]) == (290_675_200, 290)
    else:
        assert in_millions(total.mult_adds) == row["mult_adds_M"]
    assert in_millions(total.weights, 1) == row["params_M"]


@pytest.mark.parametrize("row", PAPER["tf_slim_docstring"], ids=lambda row: str(row["alpha"]))
def test_the_docstring_of_tf_slim_counts_without_the_classifier(row: dict[str, Any]) -> None:
    measured = report(alpha=row["alpha"], resolution=row["resolution"])
    linear = measured.by_kind()["linear"]
    assert measured.total.weights - linear.weights == row["base_params"]
    assert measured.total.mult_adds - linear.mult_adds == row["base_mult_adds"]


# ---------------------------------------------------------------- TF-slim's table of models

MODELS = rows_of("mobilenet_v1_tf_models.csv")
models = pytest.mark.parametrize(
    "row", MODELS, ids=[f"{row['alpha']}-{row['resolution']}" for row in MODELS]
)


def test_tf_slim_has_sixteen_models() -> None:
    assert len(MODELS) == 16


@models
def test_exact_columns_of_tf_slim(row: dict[str, str]) -> None:
    measured = report(alpha=float(row["alpha"]), resolution=int(row["resolution"]))
    total = measured.total
    assert total.mult_adds == int(row["exact_macs"])
    first = measured.rows[0].cost.mult_adds
    assert total.mult_adds - first == int(row["exact_macs_without_first_conv"])
    assert total.params("weights") == int(row["weights_only_1000"])
    assert total.params("trainable") == int(row["trainable_2C_bn_bias_1000"])
    assert total.params("total") == int(row["keras_total_4C_1000"])


def slim_params(alpha: float) -> int:
    """As TF-slim counts: 1001 classes, and three numbers a channel for each norm, not four."""
    network = dscalc.load("mobilenet")
    *body, last = measure(network).nodes
    assert isinstance(last.layer, Linear)
    nodes = (*body, last._replace(layer=Linear(1001, bias=True)))
    total = measure(scale(network._replace(nodes=nodes), alpha=alpha)).total
    return total.weights + total.biases + total.norms + total.norm_statistics // 2


@models
def test_published_parameters_of_tf_slim(row: dict[str, str]) -> None:
    params = slim_params(float(row["alpha"]))
    assert params == int(row["slim_3C_bn_bias_1001"])
    assert f"{params / 10**6:.2f}" == row["published_params_M"]


@models
def test_published_mult_adds_of_tf_slim(row: dict[str, str]) -> None:
    """Rounded, but for three kinds of slip."""
    alpha, resolution = float(row["alpha"]), int(row["resolution"])
    published, exact = int(row["published_macs_M"]), cost("mobilenet", alpha, resolution).mult_adds
    if alpha == 0.75:  # a slip: the first convolution is left out
        without_first = exact - report("mobilenet", alpha, resolution).rows[0].cost.mult_adds
        assert in_millions(without_first) == published != in_millions(exact)
        assert row["relation"] == "round, first conv left out"
    elif (alpha, resolution) == (0.5, 224):  # a slip: one above; the paper's Table 6 prints 149
        assert (published, exact) == (150, 149_497_088)
        assert row["relation"].startswith("one above")
    elif (alpha, resolution) == (0.25, 192):  # a slip: 34 stands for 30
        assert (published, exact) == (34, 30_212_608)
        assert row["relation"].startswith("ERRATUM")
    else:
        assert in_millions(exact) == published
        assert row["relation"] == "round"


# ---------------------------------------------------------------- real modules

KINDS_OF_MODULES = {
    "conv": "conv",
    "depthwise_conv": "depthwise",
    "pointwise_conv": "pointwise",
    "adaptive_avg_pool": "global_pool",
    "linear": "linear",
}


def test_layers_of_the_real_module_row_by_row() -> None:
    """layers/mobilenet.csv, in the order of execution, against `--expand`."""
    listed = rows_of("layers/mobilenet.csv")
    found = document("net", "mobilenet", "--expand", "--count", "weights")["layers"]
    for row, layer in zip(listed, found, strict=True):
        assert layer["kind"] == KINDS_OF_MODULES[row["kind"]]
        assert layer["input"][-1] == int(row["in_channels"])
        assert layer["output"][-1] == int(row["out_channels"])
        for side, shape in (("in_size", "input"), ("out_size", "output")):
            if row[side]:
                assert layer[shape][:-1] == [int(size) for size in row[side].split("x")]
        bias = int(row["out_channels"]) if row["bias"] == "True" else 0
        assert layer["params"] + bias == int(row["params"])
        assert layer["mult_adds"] == int(row["mult_adds"])
    assert sum(int(row["mult_adds"]) for row in listed) == cost().mult_adds


def qanet(layers: int, k: int) -> Network:
    """The separable convolutions of a QANet encoder: length 400, 128 channels, with biases."""
    layer = Separable(128, k=k, bias=True)
    names = [f"conv{i}" for i in range(1, layers + 1)]
    nodes = tuple(Node(n, layer, (i,)) for n, i in zip(names, (INPUT, *names), strict=False))
    return Network("QANet", Shape((400,), 128), nodes)


PAPER_CASES: dict[str, Network] = {
    "paper/mobilenet_v1@w1.0@r224": dscalc.load("mobilenet"),
    "paper/conv_mobilenet@w1.0@r224": to_standard(dscalc.load("mobilenet")),
    "paper/mobilenet_v1_shallow@w1.0@r224": dscalc.load("mobilenet_shallow"),
    "paper/mobilenet_v1@w0.5@r160": scale(dscalc.load("mobilenet"), alpha=0.5, resolution=160),
    "paper/mobilenet_v1@w0.25@r128": scale(dscalc.load("mobilenet"), alpha=0.25, resolution=128),
    "paper/qanet_embedding_encoder_convs@d128@k7@n4@l400@bias": qanet(4, 7),
    "paper/qanet_model_encoder_convs@d128@k5@n2@l400@bias": qanet(2, 5),
}
TRUTH = {row["case"]: row for row in rows_of("truth.csv") if row["case"].startswith("paper/")}


def test_every_case_built_from_a_paper_is_tested() -> None:
    assert set(PAPER_CASES) == set(TRUTH)


@pytest.mark.parametrize("case", PAPER_CASES)
def test_totals_of_the_real_module(case: str) -> None:
    truth, measured = TRUTH[case], measure(PAPER_CASES[case])
    total, linear = measured.total, measured.by_kind().get("linear", Cost()).mult_adds
    assert (
        "x".join(map(str, (*measured.network.input.sides, measured.network.input.channels)))
        == (truth["input"])
    )
    assert {
        "weights": total.weights,
        "biases": total.biases,
        "norms": total.norms,
        "other": total.other,
        "params": total.params(),
        "conv_mult_adds": total.mult_adds - linear,
        "linear_mult_adds": linear,
        "mult_adds": total.mult_adds,
    } == {key: int(truth[key]) for key in truth if key not in ("case", "input")}
