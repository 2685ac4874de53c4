"""`dscalc explain`: one layer with its formulas, its share, and what stands around it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from dscalc import load, measure
from dscalc.analysis.formulas import explain_layer
from dscalc.analysis.neighbours import find
from dscalc.language.shipped import shipped_names
from tests.commands import call, complaint, document


def test_a_block_with_its_parts_and_neighbours() -> None:
    result = call("explain", "mobilenet", "separable2")
    assert (result.code, result.err) == (0, "")
    for line in (
        "separable2 of MobileNet · input 224×224×3 · trainable parameters",
        "  depthwise: N_dw = M · D_K · D_K = 32 · 3 · 3 = 288",
        "  depthwise: B_dw = 2 · N = 2 · 32 = 64",
        "  depthwise: C_dw = M · D_K · D_K · D_G · D_G = 32 · 3 · 3 · 112 · 112 = 3,612,672",
        "  pointwise: N_pw = N · M = 64 · 32 = 2,048",
        "  pointwise: C_pw = N · M · D_G · D_G = 64 · 32 · 112 · 112 = 25,690,112",
        "  params = 288 + 64 + 2,048 + 128 = 2,528",
        "  mult-adds = 3,612,672 + 25,690,112 = 29,302,784",
        "  before     conv1       conv       112×112×32     928  10,838,016",
        "  after      separable3  separable  56×56×128    9,152  27,496,448",
    ):
        assert f"{line}\n" in result.out


def test_a_part_of_a_block() -> None:
    found = document("explain", "mobilenet_v3_large", "inverted_residual5.se.reduce")
    assert [one["name"] for one in found["before"]] == ["inverted_residual5.se.squeeze"]
    assert [one["name"] for one in found["after"]] == ["inverted_residual5.se.expand"]
    assert [part["name"] for part in found["parts"]] == ["inverted_residual5.se.reduce"]


def test_the_ends_of_a_block_and_of_the_network() -> None:
    first = document("explain", "mobilenet", "conv1")
    assert first["before"] == [{"name": "input", "kind": None, "output": [224, 224, 3]}]
    last = document("explain", "mobilenet", "linear16")
    assert last["after"] == []
    assert (
        "The last layer: its output is the network's."
        in call("explain", "mobilenet", "linear16").out
    )
    inner = document("explain", "mobilenet", "separable2.pointwise")
    assert [one["name"] for one in inner["after"]] == ["separable3"]


def test_a_layer_at_alpha_and_resolution() -> None:
    found = document("explain", "mobilenet", "separable2", "--alpha", "0.5", "--resolution", "160")
    assert (found["alpha"], found["layer"]["output"]) == (0.5, [80, 80, 32])
    assert found["layer"]["mult_adds"] == 80 * 80 * 16 * (9 + 32)


def test_a_layer_that_costs_nothing() -> None:
    assert "No parameters, no mult-adds." in call("explain", "mobilenet", "global_pool15").out


def test_the_standard_convolution_is_named_beside_a_separable_one() -> None:
    text = call("explain", "mobilenet", "separable2").out
    assert "separable / standard = 1/N + 1/D_K² = 1/64 + 1/9 = 0.127" in text


@pytest.mark.parametrize(
    ("layer", "hint"),
    [
        ("seperable2", "did you mean 'separable2'?"),
        ("linear", "did you mean 'linear16'?"),
        ("separable2.depthwis", "did you mean 'separable2.depthwise'?"),
        ("x", "`dscalc net NETWORK --expand` names them"),
        ("", "`dscalc net NETWORK --expand` names them"),
    ],
)
def test_an_unknown_layer_gets_the_nearest_one(layer: str, hint: str) -> None:
    said = complaint("explain", "mobilenet", layer)
    assert f"MobileNet has no layer '{layer}'" in said
    assert hint in said


@pytest.mark.parametrize("name", shipped_names())
def test_every_layer_of_the_zoo_is_written_out_exactly(name: str) -> None:
    """The formulas of the parts add up to what the law says of the layer."""
    report = measure(load(name))
    for row in {(row.kind, row.input, row.cost): row for row in report.rows}.values():
        found = find(report, row.name)
        formulas = [f for _, layer, part in found.elementary() for f in explain_layer(layer, part)]
        counted = [f.result for f in formulas if not f.name.startswith("C_")]
        computed = [f.result for f in formulas if f.name.startswith("C_")]
        assert (sum(counted), sum(computed)) == (row.cost.params(), row.cost.mult_adds)


def test_what_shares_its_parameters_has_none_of_its_own() -> None:
    said = call("explain", "yolov8n", "dfl2.pointwise2").out
    assert "N_pw" not in said
    assert "\n  params = 0\n" in said
    assert "The parameters are those of dfl1.pointwise2, and counted there." in said


@pytest.mark.parametrize("name", ["mobilenet_v3_large", "googlenet", "unet", "shufflenet_v2"])
def test_neighbours_are_mutual(name: str) -> None:
    report = measure(load(name))
    for row in (*report.rows, *report.expanded()):
        found = find(report, row.name)
        for neighbour in found.after:
            before = find(report, neighbour.name).before
            assert found.row.output in [one.row.output for one in before if one.row]


def test_formulas_in_json_multiply_out() -> None:
    for part in document("explain", "mobilenet_v2", "inverted_residual3")["parts"]:
        for formula in part["formulas"]:
            factors = formula["numbers"].split(" · ")
            assert math.prod(map(int, factors)) == formula["result"]


def test_a_name_from_a_file_is_data(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    layers = 'layers:\n  - conv: {n: 1}\n    name: "[/] ::error::"\n'
    file.write_text(f'name: "[red]x[/]"\ninput: [4, 4, 1]\n{layers}')
    result = call("explain", str(file), "[/] ::error::")
    assert result.code == 0
    assert "[/] ::error:: of [red]x[/]" in result.out


@pytest.mark.parametrize(
    ("network", "layer", "flags", "line"),
    [
        ("mobilenet", "conv1", ("--rho", "0.714"), "D_F = round(0.714 · 224) = 160"),
        ("mobilenet", "conv1", ("--resolution", "160"), "D_F = round(0.7143 · 224) = 160"),
        ("mobilenet", "conv1", (), "D_G = ⌈D_F / s⌉ = ⌈224 / 2⌉ = 112"),
        ("mobilenet", "separable3", (), "depthwise: D_G = ⌈D_F / s⌉ = ⌈112 / 2⌉ = 56"),
        ("alexnet", "conv1", (),
         "D_G = ⌊(D_F + p₁ + p₂ − d · (D_K − 1) − 1) / s⌋ + 1 = "
         "⌊(224 + 2 + 2 − 1 · (11 − 1) − 1) / 4⌋ + 1 = 55"),
    ],
)  # fmt: skip
def test_where_sides_come_from(network: str, layer: str, flags: tuple[str, ...], line: str) -> None:
    assert line in document("explain", network, layer, *flags)["follows"]
    assert f"  {line}\n" in call("explain", network, layer, *flags).out


def test_a_side_that_stays_is_not_told() -> None:
    assert document("explain", "mobilenet", "separable2")["follows"] == []


def test_several_layers_and_a_whole_network() -> None:
    one = document("explain", "mobilenet", "conv1", "--alpha", "0.5")
    several = document("explain", "mobilenet", "conv1", "separable2.pointwise", "--alpha", "0.5")
    assert [layer["layer"]["name"] for layer in several["layers"]] == [
        "conv1",
        "separable2.pointwise",
    ]
    assert several["layers"][0] == {key: one[key] for key in several["layers"][0]}
    whole = document("explain", "mobilenet")
    assert len(whole["layers"]) == 16
    assert sum(layer["layer"]["mult_adds"] for layer in whole["layers"]) == 568_740_352
    text = call("explain", "mobilenet").out
    assert "Layers of MobileNet · input 224×224×3" in text
    assert "\nlinear16\n" in text
    assert "Around it" not in text
