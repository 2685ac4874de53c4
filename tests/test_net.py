"""`dscalc net --columns` and its memory: what is chosen, what is added, what stays as it was."""

from __future__ import annotations

import csv
import io

import pytest

from dscalc.render.net_grids import COLUMNS
from tests.commands import call, complaint, document

USUAL = [
    *("name", "kind", "input", "output", "params", "mult_adds", "share", "mult_adds_ratio"),
]


def rows(*arguments: str) -> list[dict[str, str]]:
    """The CSV of a network."""
    return list(csv.DictReader(io.StringIO(call("net", *arguments, "--format", "csv").out)))


def test_without_columns_the_table_is_the_usual_one() -> None:
    assert list(rows("mobilenet")[0]) == USUAL
    assert "Bytes" not in call("net", "mobilenet").out


def test_memory_and_size_are_told_without_a_column_of_bytes() -> None:
    """So that no option of theirs is without an answer."""
    usual = call("net", "mobilenet").out
    assert "\n  Memory in float32: 4,816,896 bytes of activations alive at once, at sep" in usual
    assert "\n  Size in float32: 16,927,904 bytes of parameters.\n" in usual
    asked = ("--dtype", "int8", "--weight-dtype", "int4", "--memory", "arena", "--size", "flash")
    text = call("net", "mobilenet", *asked).out
    found = document("net", "mobilenet", *asked)["memory"]
    assert f"\n  Memory in int8: {found['memory_bytes']:,} bytes of TensorFlow" in text
    assert f"\n  Size in int4: {found['size_bytes']:,} bytes: weights and biases" in text
    assert (
        "Memory in int8: 1,204,224 bytes"
        in call(*("net", "mobilenet", "--as", "separable", "--dtype", "int8")).out
    )


def test_columns_are_chosen_in_their_order() -> None:
    found = rows("mobilenet", "--columns", "peak,name,intensity")
    assert list(found[0]) == ["peak", "name", "intensity"]
    text = call("net", "mobilenet", "--columns", "peak,name,intensity").out
    assert "as standard" not in text


def test_a_plus_adds_to_the_usual_ones() -> None:
    found = rows("mobilenet", "--columns", "+memory_in,+memory_out,+params")
    assert list(found[0]) == [*USUAL, "memory_in", "memory_out"]


def test_every_column_can_be_asked_for() -> None:
    text = call("net", "mobilenet_v2", "--columns", ",".join(COLUMNS)).out
    for column in COLUMNS.values():
        assert column.column.head in text


def test_flops_are_twice_the_mult_adds_and_say_so() -> None:
    found = rows("mobilenet", "--columns", "+flops")
    assert list(found[0]) == [*USUAL, "flops"]
    assert all(int(row["flops"]) == 2 * int(row["mult_adds"]) for row in found)
    text = call("net", "mobilenet", "--columns", "+flops").out
    assert "FLOPs: twice the mult-adds" in text
    (total,) = (line for line in text.splitlines() if line.strip().startswith("total"))
    assert total.split()[-1] == "1,137,480,704"
    assert "FLOPs" not in call("net", "mobilenet").out


def _beside_mult_adds(found: object) -> list[tuple[int | None, int | None]]:
    """Mult-adds and FLOPs of every object in a document that has the first."""
    if isinstance(found, list):
        return [pair for item in found for pair in _beside_mult_adds(item)]
    if not isinstance(found, dict):
        return []
    own = [(found["mult_adds"], found["flops"])] if isinstance(found.get("params"), int) else []
    return own + [pair for item in found.values() for pair in _beside_mult_adds(item)]


@pytest.mark.parametrize(
    ("arguments", "least"),
    [
        (("net", "mobilenet", "--as", "standard"), 30),
        (("list",), 20),
        (("explain", "mobilenet", "separable2"), 3),
        (("sweep", "mobilenet"), 1),
        (("fit", "mobilenet", "--max-flops", "600M"), 2),
        (("layer", "--m", "3", "--n", "4", "--df", "8"), 4),
    ],
)
def test_json_says_flops_wherever_it_says_mult_adds(arguments: tuple[str, ...], least: int) -> None:
    found = _beside_mult_adds(document(*arguments))
    assert len(found) >= least
    assert all(pair == (pair[0], 2 * (pair[0] or 0)) for pair in found)


def test_flops_without_a_map_are_unknown_as_mult_adds_are() -> None:
    costs = document("layer", "--m", "3", "--n", "4")["costs"]
    assert {(cost["mult_adds"], cost["flops"]) for cost in costs} == {(None, None)}


def test_the_figures_of_memory() -> None:
    """The first separable block in int8: 112×112×32 in, ×64 out, 64 + 32 channels at the peak."""
    flags = "--columns", "name,memory_in,memory_out,peak,weight_bytes,intensity", "--dtype", "int8"
    found = rows("mobilenet", *flags)[1]
    side = 112 * 112
    moved = side * (32 + 32 + 32 + 64) + 2528
    assert found == {
        "name": "separable2",
        "memory_in": str(side * 32),
        "memory_out": str(side * 64),
        "peak": str(side * 96),
        "weight_bytes": "2528",
        "intensity": str(29_302_784 / moved),
    }


TOP1 = "Top-1 on ImageNet-1k, as published: "
FILE = "input: [8, 8, 3]\nlayers: [conv: {n: 4}]\npublished:\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("mobilenet",), "70.6 (arXiv 1704.04861 Table 6)."),
        (("mobilenet.yaml", "--alpha=0.5", "--resolution=160"), "60.2 ("),
        (("mobilenet", "--rho=0.714", "--count=weights", "--dtype=int8"), "67.2 ("),
        (("mobilenet", "--expand", "--columns=name,params"), "70.6 ("),
        (("efficientnet_b4",), "82.9 ("),
        # Of other networks nothing is published, and nothing is guessed.
        (("mobilenet", "--alpha=0.6"), None),
        (("mobilenet", "--resolution=200"), None),
        (("mobilenet", "--as=standard"), None),
        (("mobilenet_v2", "--with=classes=2"), None),
        (("efficientnet_b4", "--resolution=224"), None),
        (("ds_cnn_s",), None),
        (("unet",), None),
    ],
)
def test_what_is_published_of_just_this_network_is_told(
    arguments: tuple[str, ...], said: str | None
) -> None:
    for form in ("text", "markdown", "html"):
        told = call("net", *arguments, "--format", form).out
        assert (TOP1 in told) == (said is not None)
        assert said is None or TOP1 + said in told


@pytest.mark.parametrize(
    ("published", "said"),
    [
        ("{top1: 71.25, source: run 7}", "71.25 (run 7)."),
        ("{top1: 71, standing: quoted, source: S}", "71.0 (S)."),
        ("{top1: 71, standing: distilled, source: S}", None),
        ("{top1: 71, dataset: D, source: S}", None),
        ("{alpha: 0.5, top1: 71, source: S}", None),
        ("{params: 108, source: S}", None),
    ],
)
def test_a_file_says_its_own_accuracy(published: str, said: str | None) -> None:
    told = call("net", "-", stdin=f"{FILE}  - {published}\n".encode()).out
    assert (TOP1 in told) == (said is not None)
    assert said is None or TOP1 + said in told


def test_json_does_not_search_for_it() -> None:
    """Scripts wait for each start, of which that would be two hundredths."""
    assert not {"top1", "published"} & set(document("net", "mobilenet"))


def test_expanded_layers_have_their_own_memory() -> None:
    flags = "--expand", "--columns", "name,peak,intensity", "--dtype", "int8"
    depthwise, pointwise = rows("mobilenet", *flags)[1:3]
    side = 112 * 112
    assert (depthwise["peak"], pointwise["peak"]) == (str(side * 64), str(side * 96))
    assert float(depthwise["intensity"]) < 5 < 20 < float(pointwise["intensity"])


def test_totals_and_notes_say_the_peak_and_where_it_is() -> None:
    text = call("net", "mobilenet_v2", "--dtype", "int8", "--columns", "+peak,+weight_bytes").out
    assert "1,505,280 bytes of activations alive at once, at inverted_residual3.depthwise." in text
    (total,) = (line for line in text.splitlines() if line.strip().startswith("total"))
    assert total.split()[-2:] == ["1,505,280", "3,504,872"]


def test_json_carries_memory_besides_what_it_had() -> None:
    found = document("net", "mobilenet", "--dtype", "float16", "--weight-dtype", "int8")
    assert found["memory"] == {
        "dtype": "float16",
        "weight_dtype": "int8",
        "peak_elements": 1_204_224,
        "peak_bytes": 2_408_448,
        "peak_layer": "separable2.pointwise",
        "weight_bytes": 4_231_976,
        "memory_rule": "alive",
        "memory_bytes": 2_408_448,
        "size_rule": "params",
        "size_bytes": 4_231_976,
    }
    layer = found["layers"][1]
    assert layer["memory"] == {
        "in_bytes": 2 * 112 * 112 * 32,
        "out_bytes": 2 * 112 * 112 * 64,
        "peak_bytes": 2_408_448,
        "weight_bytes": 2528,
        "mult_adds_per_byte": 29_302_784 / (2 * 112 * 112 * 160 + 2528),
    }
    assert layer["mult_adds"] == 29_302_784


def test_usual_columns_and_those_of_memory_fit_a_hundred_columns() -> None:
    columns = "name,output,memory_in,memory_out,peak,weight_bytes,intensity"
    for arguments in (("mobilenet_v2",), ("mobilenet_v2", "--columns", columns)):
        text = call("net", *arguments, columns=100).out
        assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--columns", "intesity"], "there is no 'intesity'; did you mean 'intensity'?"),
        (["--columns", "name,,peak"], "there is no ''"),
        (["--columns", ""], "there is no ''"),
        (["--columns", "zzz"], "there are name, kind, input, output, params, mult_adds"),
        (["--columns", "peak", "--as", "standard"], "--as has columns of its own"),
    ],
)
def test_refusals(arguments: list[str], message: str) -> None:
    assert message in complaint("net", "mobilenet", *arguments)


def test_what_cannot_be_expanded_is_told() -> None:
    assert "--expand changes nothing: no layer has parts." in call("net", "unet", "--expand").out
    assert "changes nothing" not in call("net", "mobilenet", "--expand").out
