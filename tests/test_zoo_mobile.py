"""The shipped mobile networks against frameworks, papers and published tables, to the integer."""

from __future__ import annotations

import json
from typing import Any

import pytest

import dscalc
from dscalc.analysis.verify import verify
from dscalc.language.files import load_file
from tests import zoo

TRUTH = [
    ("mobilenet", 1.0, 224, "paper/mobilenet_v1@w1.0@r224"),
    ("mobilenet", 0.5, 160, "paper/mobilenet_v1@w0.5@r160"),
    ("mobilenet", 0.25, 128, "paper/mobilenet_v1@w0.25@r128"),
    ("mobilenet_shallow", 1.0, 224, "paper/mobilenet_v1_shallow@w1.0@r224"),
    ("mobilenet_v2", 1.0, 224, "torchvision/mobilenet_v2@w1.0@r224"),
    ("mobilenet_v2", 0.5, 160, "torchvision/mobilenet_v2@w0.5@r160"),
    ("mobilenet_v2", 1.4, 224, "torchvision/mobilenet_v2@w1.4@r224"),
    ("mobilenet_v3_large", 1.0, 224, "torchvision/mobilenet_v3_large@w1.0@r224"),
    ("mobilenet_v3_small", 1.0, 224, "torchvision/mobilenet_v3_small@w1.0@r224"),
    ("mnasnet", 1.0, 224, "torchvision/mnasnet1_0@r224"),
    ("efficientnet_b0", 1.0, 224, "torchvision/efficientnet_b0@r224"),
    ("shufflenet_v2", 1.0, 224, "torchvision/shufflenet_v2_x1_0@r224"),
    ("squeezenet", 1.0, 224, "torchvision/squeezenet1_1@r224"),
    ("xception", 1.0, 299, "timm/legacy_xception@r299"),
]

LISTED = [
    *("mobilenet", "mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small", "mnasnet"),
    *("efficientnet_b0", "shufflenet_v2", "squeezenet", "xception"),
]

MOBILE = [*LISTED, "mobilenet_shallow", "shufflenet_v1"]


@pytest.mark.parametrize(("name", "alpha", "resolution", "case"), TRUTH)
def test_totals_are_those_of_the_real_module(
    name: str, alpha: float, resolution: int, case: str
) -> None:
    assert zoo.told(zoo.measured(name, alpha, resolution)) == zoo.truth(case)


@pytest.mark.parametrize("name", LISTED)
def test_layers_are_those_of_the_real_module(name: str) -> None:
    report = zoo.measured(name)
    assert zoo.lines(report) == zoo.listed_lines(name)
    assert zoo.pools(report) == zoo.listed_pools(name)


@pytest.mark.parametrize("name", MOBILE)
def test_every_published_figure_is_met_or_explained(name: str) -> None:
    findings = verify(*load_file(name)[:2])
    assert findings
    assert [finding for finding in findings if not finding.explained] == []


# ---------------------------------------------------------------- tables over α and resolution


def _params(report: dscalc.Report) -> tuple[int, int, int]:
    cost = report.total
    return cost.weights, cost.params("trainable"), cost.params("total")


PARAMS = ("weights_only_1000", "trainable_2C_bn_bias_1000", "keras_total_4C_1000")


@pytest.mark.parametrize(
    ("name", "row"),
    [
        (name, row)
        for name, file in (("mobilenet", "v1"), ("mobilenet_v2", "v2"))
        for row in zoo.table(f"mobilenet_{file}_tf_models.csv")
    ],
    ids=lambda value: (
        value if isinstance(value, str) else f"{value['alpha']}@{value['resolution']}"
    ),
)
def test_tf_slim_models(name: str, row: dict[str, str]) -> None:
    report = zoo.measured(name, float(row["alpha"]), int(row["resolution"]))
    assert report.total.mult_adds == int(row["exact_macs"])
    assert _params(report) == tuple(int(row[key]) for key in PARAMS)


def test_tf_slim_tables_are_complete() -> None:
    assert len(zoo.table("mobilenet_v1_tf_models.csv")) == 16
    assert len(zoo.table("mobilenet_v2_tf_models.csv")) == 22


@pytest.mark.parametrize(
    ("variant", "alpha", "resolution", "mult_adds", "trainable"),
    sorted(
        {
            (
                row["variant"],
                float(row["alpha"]),
                int(row["resolution"]),
                int(row["exact_macs_tf_alpha"]),
                int(row["trainable_tf"]),
            )
            for row in zoo.table("mobilenet_v3.csv")
        }
    ),
)
def test_mobilenet_v3_scales_as_in_tensorflow(
    variant: str, alpha: float, resolution: int, mult_adds: int, trainable: int
) -> None:
    total = zoo.measured(f"mobilenet_v3_{variant}", alpha, resolution).total
    assert (total.mult_adds, total.params()) == (mult_adds, trainable)


OTHERS = [
    ("mnasnet", 0.5, "MnasNet-B1 0.5 (torchvision)"),
    ("mnasnet", 0.75, "MnasNet-B1 0.75 (torchvision)"),
    ("mnasnet", 1.0, "MnasNet-B1 1.0 (torchvision)"),
    ("mnasnet", 1.3, "MnasNet-B1 1.3 (torchvision)"),
    ("shufflenet_v1", 1.0, "ShuffleNet v1 1x g=3"),
    ("efficientnet_b0", 1.0, "EfficientNet-B0"),
    ("xception", 1.0, "Xception"),
]


@pytest.mark.parametrize(("name", "alpha", "model"), OTHERS)
def test_other_models(name: str, alpha: float, model: str) -> None:
    (row,) = (row for row in zoo.table("other_models.csv") if row["model"] == model)
    total = zoo.measured(name, alpha).total
    assert (total.mult_adds, total.params()) == (int(row["exact_macs"]), int(row["exact_params"]))


@pytest.mark.parametrize(
    ("alpha", "mult_adds"),
    [
        (0.5, 37_589_856),
        (1.0, 137_460_672),
        (1.5, 299_612_448),  # the authors' 292 M has 24 channels, not 36, in the first convolution
        (2.0, 524_045_184),
    ],
)
def test_shufflenet_v1_is_scaled_by_the_papers_factor(alpha: float, mult_adds: int) -> None:
    assert zoo.measured("shufflenet_v1", alpha).total.mult_adds == mult_adds


KERAS = [
    ("mobilenet", 1.0, "MobileNet", 0),
    ("mobilenet_v2", 1.0, "MobileNetV2", 0),
    *(("mobilenet_v2", a, f"MobileNetV2_alpha{a}", 0) for a in (0.35, 0.5, 0.75, 1.3, 1.4)),
    ("mobilenet_v3_large", 1.0, "MobileNetV3Large", 0),
    ("mobilenet_v3_small", 1.0, "MobileNetV3Small", 0),
    ("xception", 1.0, "Xception", 0),
    ("efficientnet_b0", 1.0, "EfficientNetB0", 7),  # its layer that normalizes the input
]


@pytest.mark.parametrize(("name", "alpha", "model", "more"), KERAS)
def test_total_is_what_keras_prints(name: str, alpha: float, model: str, more: int) -> None:
    (row,) = (row for row in zoo.table("keras_applications_params.csv") if row["model"] == model)
    assert zoo.measured(name, alpha).total.params("total") + more == int(row["params_total"])


# ---------------------------------------------------------------- tables of the papers


def _paper(version: str) -> dict[str, Any]:
    file = zoo.DATA / f"mobilenet_{version}_paper_tables.json"
    tables: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return tables


def test_mobilenet_v1_table_2_shares() -> None:
    kinds = {"Conv 1x1": "pointwise", "Conv DW 3x3": "depthwise", "Conv 3x3": "conv"}
    report = zoo.measured("mobilenet")
    by_kind, total = report.by_kind(), report.total
    for row in _paper("v1")["table2"]:
        cost = by_kind[kinds.get(row["type"], "linear")]
        shares = [cost.mult_adds / total.mult_adds, cost.weights / total.weights]
        assert [round(100 * share, 3) for share in shares] == row["exact"]


def test_conv_mobilenet() -> None:
    report = dscalc.measure(dscalc.to_standard(dscalc.load("mobilenet")))
    assert zoo.told(report) == zoo.truth("paper/conv_mobilenet@w1.0@r224")
    mult_adds, weights = _paper("v1")["table4"][0]["exact"]
    assert report.total.mult_adds - report.rows[-1].cost.mult_adds == mult_adds
    assert report.total.weights == weights


@pytest.mark.parametrize("row", _paper("v1")["tf_slim_docstring"])
def test_mobilenet_v1_without_its_classifier(row: dict[str, Any]) -> None:
    report = zoo.measured("mobilenet", row["alpha"], row["resolution"])
    classifier = report.rows[-1].cost
    assert report.total.weights - classifier.weights == row["base_params"]
    assert report.total.mult_adds - classifier.mult_adds == row["base_mult_adds"]


@pytest.mark.parametrize("alpha", [0.35, 1.0, 1.3, 1.4])
def test_mobilenet_v2_channel_plan(alpha: float) -> None:
    kinds = ("conv", "inverted_residual", "pointwise")
    rows = [row for row in zoo.measured("mobilenet_v2", alpha).rows if row.kind in kinds]
    repeats = [1, 1, 2, 3, 4, 3, 3, 1, 1]
    plan = _paper("v2")["channel_plans"][str(alpha)]
    expected = [n for n, repeat in zip(plan, repeats, strict=True) for _ in range(repeat)]
    assert [row.output.channels for row in rows] == expected


# ---------------------------------------------------------------- α and ρ on all of them


@pytest.mark.parametrize("name", MOBILE)
def test_resolution_leaves_the_parameters(name: str) -> None:
    full, small = zoo.measured(name), zoo.measured(name, resolution=160)
    assert zoo.told(small)[:5] == zoo.told(full)[:5]
    assert small.total.mult_adds < full.total.mult_adds
    side = full.network.input.sides[0]
    halved = dscalc.measure(dscalc.scale(full.network, rho=0.5))
    assert halved.total == zoo.measured(name, resolution=round(side / 2)).total


@pytest.mark.parametrize("name", [name for name in MOBILE if name != "shufflenet_v2"])
@pytest.mark.parametrize("alpha", [0.25, 0.5, 0.75, 0.9, 1.3, 2.0])
def test_width_scales(name: str, alpha: float) -> None:
    full, scaled = zoo.measured(name), zoo.measured(name, alpha)
    assert (scaled.total.mult_adds < full.total.mult_adds) == (alpha < 1)
    assert scaled.output == full.output


def test_shufflenet_v2_refuses_a_width() -> None:
    with pytest.raises(dscalc.DscalcError, match="networks of their own"):
        zoo.measured("shufflenet_v2", 0.5)
