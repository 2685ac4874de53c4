"""The shipped classic networks, against real modules and published figures."""

from __future__ import annotations

import pytest

import dscalc
from dscalc.law.layer import add_costs
from dscalc.law.network import Report
from tests import zoo

TRUTH = {
    "vgg16": "torchvision/vgg16@r224",
    "googlenet": "torchvision/googlenet@r224",
    "inception_v3": "torchvision/inception_v3@r299",
    "resnet18": "torchvision/resnet18@r224",
    "resnet50": "torchvision/resnet50@r224",
    "resnext50_32x4d": "torchvision/resnext50_32x4d@r224",
    "densenet121": "torchvision/densenet121@r224",
    "convnext_tiny": "torchvision/convnext_tiny@r224",
}
WIDTHS = ("alexnet", "unet", *TRUTH)
"""The networks that take α."""

KERAS = {
    row["model"]: int(row["params_total"]) for row in zoo.table("keras_applications_params.csv")
}


@pytest.mark.parametrize(("name", "case"), TRUTH.items())
def test_equals_the_real_module(name: str, case: str) -> None:
    assert zoo.told(zoo.measured(name)) == zoo.truth(case)


@pytest.mark.parametrize("name", TRUTH)
def test_has_the_layers_of_the_real_module_in_its_order(name: str) -> None:
    report = zoo.measured(name)
    assert zoo.lines(report) == zoo.listed_lines(name)
    assert zoo.pools(report) == zoo.listed_pools(name)


# ---------------------------------------------------------------- networks without a real module


def test_alexnet_is_the_network_of_2012() -> None:
    report = zoo.measured("alexnet")
    rows = [row for row in report.rows if row.cost.weights]
    assert report.total.params() == 60_965_224
    assert [(row.name, str(row.output), row.cost.mult_adds) for row in rows] == [
        ("conv1", "55×55×96", 105_415_200),
        ("conv2", "27×27×256", 223_948_800),
        ("conv3", "13×13×384", 149_520_384),
        ("conv4", "13×13×384", 112_140_288),
        ("conv5", "13×13×256", 74_760_192),
        ("fc6", "4096", 37_748_736),
        ("fc7", "4096", 16_777_216),
        ("fc8", "1000", 4_096_000),
    ]


def test_unet_has_the_sizes_of_its_figure() -> None:
    report = zoo.measured("unet")
    widths = [64, 64, 128, 128, 256, 256, 512, 512, 1024, 1024]
    going_up = [512, 512, 512, 256, 256, 256, 128, 128, 128, 64, 64, 64, 2]
    convolutions = [row for row in report.rows if row.cost.weights]
    assert [row.output.channels for row in convolutions] == widths + going_up
    assert len(convolutions) == 23  # "In total the network has 23 convolutional layers"
    assert [row.output.sides[0] for row in convolutions] == [
        *(570, 568, 282, 280, 138, 136, 66, 64, 30, 28),
        *(56, 54, 52, 104, 102, 100, 200, 198, 196, 392, 390, 388, 388),
    ]
    assert [str(row.output) for row in report.rows if row.kind == "concat"] == [
        "56×56×1024",
        "104×104×512",
        "200×200×256",
        "392×392×128",
    ]
    assert report.total.params() == 31_030_658


def separables(report: Report, prefix: str) -> Report:
    """The separable convolutions under one name, as a report of their own."""
    nodes, rows = zip(
        *(
            (node, row)
            for node, row in zip(report.nodes, report.rows, strict=True)
            if row.name.startswith(prefix) and row.kind == "separable"
        ),
        strict=True,
    )
    return Report(report.network._replace(nodes=nodes), rows, add_costs([row.cost for row in rows]))


@pytest.mark.parametrize(
    ("prefix", "case"),
    [
        ("embedding_encoder.", "paper/qanet_embedding_encoder_convs@d128@k7@n4@l400@bias"),
        *(
            (f"model_encoder{block}.", "paper/qanet_model_encoder_convs@d128@k5@n2@l400@bias")
            for block in range(1, 8)
        ),
    ],
)
def test_qanet_has_the_convolutions_of_each_block(prefix: str, case: str) -> None:
    assert zoo.told(separables(zoo.measured("qanet_encoder"), prefix)) == zoo.truth(case)


def test_qanet_has_the_convolutions_of_the_embedding_encoder_in_order() -> None:
    convolutions = separables(zoo.measured("qanet_encoder"), "embedding_encoder.")
    assert zoo.lines(convolutions) == zoo.listed_lines("qanet_embedding_encoder_convs")


def test_a_qanet_block_has_attention_and_feed_forward_beside_its_convolutions() -> None:
    d, length = 128, 400
    rows = [
        row for row in zoo.measured("qanet_encoder").rows if row.name.startswith("model_encoder7.")
    ]
    costs = {row.name.removeprefix("model_encoder7."): row.cost for row in rows}
    attention = costs["self_attention.attention2"]
    assert attention.weights == 4 * d * d
    assert attention.mult_adds == 4 * d * d * length + 2 * length**2 * d
    for linear in ("feed_forward.linear2", "feed_forward.linear3"):
        assert costs[linear].params() == d * d + d
    assert sum(cost.norms for cost in costs.values()) == 4 * 2 * d
    assert sum(row.kind == "add" for row in rows) == 4


# ---------------------------------------------------------------- α and resolution


@pytest.mark.parametrize("alpha", [0.25, 0.5, 2.0])
@pytest.mark.parametrize("name", WIDTHS)
def test_alpha_scales_every_channel_but_the_input_and_the_classes(name: str, alpha: float) -> None:
    lines = zoo.lines(zoo.measured(name))
    scaled = zoo.lines(zoo.measured(name, alpha=alpha))
    inner = [line.n for line in lines[:-1]]
    assert [line.n for line in scaled] == [*(alpha * n for n in inner), lines[-1].n]
    assert [line.m for line in scaled] == [lines[0].m, *(alpha * line.m for line in lines[1:])]
    assert [line.output for line in scaled] == [line.output for line in lines]


@pytest.mark.parametrize(
    ("name", "alpha", "message"),
    [
        ("alexnet", 0.3, "conv4: g=2 does not divide the 115 input channels"),
        ("resnext50_32x4d", 0.3, "residual1.conv2: g=32 does not divide the 38 input channels"),
        ("qanet_encoder", 0.5, "QANet encoder takes no α: its first residual adds"),
    ],
)
def test_an_alpha_that_does_not_fit_is_an_error(name: str, alpha: float, message: str) -> None:
    with pytest.raises(dscalc.DscalcError) as caught:
        zoo.measured(name, alpha=alpha)
    assert message in str(caught.value)


@pytest.mark.parametrize("resolution", [96, 160, 225, 256, 299, 384])
@pytest.mark.parametrize("name", TRUTH)
def test_resolution_changes_no_parameter(name: str, resolution: int) -> None:
    report = zoo.measured(name, resolution=resolution)
    assert report.total.params() == zoo.measured(name).total.params()
    assert report.output.channels == 1000


@pytest.mark.parametrize("name", [name for name in TRUTH if name != "inception_v3"])
def test_every_map_of_twice_the_side_costs_four_times(name: str) -> None:
    larger = zoo.lines(zoo.measured(name, resolution=448))
    for line, other in zip(zoo.lines(zoo.measured(name)), larger, strict=True):
        assert other.mult_adds == (4 if line.output else 1) * line.mult_adds


def test_the_stem_of_convnext_leaves_out_what_fills_no_patch() -> None:
    assert (
        zoo.measured("convnext_tiny", resolution=227).total == zoo.measured("convnext_tiny").total
    )


@pytest.mark.parametrize(
    ("name", "resolution", "output"),
    [
        ("unet", 188, "4×4×2"),
        ("unet", 256, "68×68×2"),
        ("unet", 700, "516×516×2"),
        ("alexnet", 192, "1000"),
        ("qanet_encoder", 100, "100×128"),
    ],
)
def test_other_resolutions(name: str, resolution: int, output: str) -> None:
    assert str(zoo.measured(name, resolution=resolution).output) == output


def test_resolution_of_alexnet_reaches_its_first_linear_layer() -> None:
    fc6 = next(row for row in zoo.measured("alexnet", resolution=256).rows if row.name == "fc6")
    assert fc6.cost.weights == 7 * 7 * 256 * 4096


@pytest.mark.parametrize(
    ("name", "resolution", "message"),
    [
        ("alexnet", 32, "pool8: a kernel of 3 is larger than its padded input of 1"),
        ("inception_v3", 64, "mixed7a.1.conv2: a kernel of 3 is larger than its padded input of 2"),
        ("unet", 64, "down4_2: a kernel of 3 is larger than its padded input of 2"),
    ],
)
def test_a_resolution_too_small_is_an_error(name: str, resolution: int, message: str) -> None:
    with pytest.raises(dscalc.DscalcError) as caught:
        zoo.measured(name, resolution=resolution)
    assert message in str(caught.value)


# ---------------------------------------------------------------- published figures


@pytest.mark.parametrize(("name", "keras"), [("vgg16", "VGG16"), ("densenet121", "DenseNet121")])
def test_totals_of_keras(name: str, keras: str) -> None:
    assert zoo.measured(name).total.params("total") == KERAS[keras]


def test_keras_gives_the_convolutions_of_resnet50_biases() -> None:
    report = zoo.measured("resnet50")
    biases = sum(line.n for line in zoo.lines(report) if line.kind != "linear")
    assert report.total.params("total") + biases == KERAS["ResNet50"]


def test_keras_gives_the_norms_of_inception_v3_no_scale() -> None:
    cost = zoo.measured("inception_v3").total
    assert cost.params("total") - cost.norms // 2 == KERAS["InceptionV3"]
