"""`dscalc memory`: every tensor's place and time by every rule, and the pictures of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.commands import call, document

RULES = ("alive", "in-place", "arena")
RESNET = ("resnet50", "--resolution", "224")


def overlapping(tensors: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The tensors that stand in one place at one time, but for those that are written over."""
    return [
        (one["name"], other["name"])
        for number, one in enumerate(tensors)
        for other in tensors[:number]
        if one["first"] <= other["last"] and other["first"] <= one["last"]
        if one["offset"] < other["offset"] + other["size"]
        if other["offset"] < one["offset"] + one["size"]
        if one["over"] != other["name"]
    ]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("network", ["mobilenet_v2", "resnet18", "shufflenet_v1", "googlenet"])
def test_no_two_tensors_stand_in_one_place(network: str, rule: str) -> None:
    found = document("memory", network, "--memory", rule, "--dtype", "int8")
    tensors = found["tensors"]
    assert overlapping(tensors) == []
    assert max(one["offset"] + one["size"] for one in tensors) == found["end"]
    assert max(found["alive"]) <= found["end"]
    assert found["peak_bytes"] == (found["end"] if rule == "arena" else max(found["alive"]))


@pytest.mark.parametrize("rule", RULES)
def test_the_map_and_the_figure_agree(rule: str) -> None:
    flags = ("mobilenet_v2", "--memory", rule, "--dtype", "int8")
    found = document("memory", *flags)
    assert document("net", *flags)["memory"]["memory_bytes"] == found["peak_bytes"]
    point = document("sweep", *flags, "--alpha", "1")["networks"][0]["points"][0]
    assert point["memory_bytes"] == found["peak_bytes"]


def test_resnet_in_place() -> None:
    # The sum no longer needs a third map of 56×56×256.
    before, after = (document("memory", *RESNET, "--memory", rule) for rule in RULES[:2])
    assert (before["peak_bytes"], after["peak_bytes"]) == (9_633_792, 7_225_344)
    assert before["peak_layer"] == "stage1.residual1"
    assert after["peak_layer"] == "stage1.residual1.project"
    over = {one["name"]: one["over"] for one in after["tensors"]}
    assert over["stage1.residual1"] in (
        "stage1.residual1.pointwise3",
        "stage1.residual1.project",
    )
    assert over["stage1.residual1.conv2"] is None


IN_PLACE = "input: [8, 8, 4]\nlayers:\n  - conv: {n: 4}\n    name: a\n"


@pytest.mark.parametrize(
    ("layers", "over"),
    [
        ("  - depthwise: {k: 3}\n    name: b\n", "a"),
        ("  - depthwise: {stride: 2}\n    name: b\n", "a"),  # the smaller map fits in
        ("  - depthwise: {multiplier: 2}\n    name: b\n", None),
        ("  - conv: {n: 4}\n    name: b\n", None),  # reads what it has written over
        ("  - depthwise: {k: 3}\n    name: b\n  - add: [a, b]\n", None),  # a is needed after it
        ("  - pool: {k: 3, stride: 1, padding: same}\n    name: b\n", None),
        ("  - squeeze_excite: {reduction: 2}\n    name: b\n", "a"),  # its product
    ],
)
def test_what_may_write_over_what(layers: str, over: str | None) -> None:
    found = document("memory", "-", "--memory", "in-place", stdin=(IN_PLACE + layers).encode())
    by_name = {one["name"]: one["over"] for one in found["tensors"]}
    assert by_name.get("b", by_name.get("b.gate")) == over


def test_outputs_are_not_written_over() -> None:
    text = (
        IN_PLACE.replace("layers:", "outputs: [a, b]\nlayers:")
        + "  - depthwise: {k: 3}\n    name: b\n"
    )
    found = document("memory", "-", "--memory", "in-place", stdin=text.encode())
    assert [one["over"] for one in found["tensors"]] == [None, None, None]


def test_a_small_map() -> None:
    found = call("memory", "-", stdin=(IN_PLACE + "  - pool: {k: 2}\n").encode())
    assert found.code == 0
    assert "float32 · memory (alive)" in found.out
    assert re.search(r"A +input +1,024 +1,024 +0 +input +1 +a *\n", found.out)
    assert "Needs 2,048 bytes of activations alive at once." in found.out
    assert "The peak is at a; most is held by input 1,024, a 1,024." in found.out
    assert found.out.rstrip().splitlines()[-1].split() == ["0", ".BB"]


def test_scratch_and_tail_of_the_arena() -> None:
    text = "input: [8, 8, 4]\nlayers: [conv_transpose: {n: 2, k: 2, stride: 2}]"
    found = document("memory", "-", "--memory", "arena", "--dtype", "int8", stdin=text.encode())
    scratch = [one for one in found["tensors"] if one["scratch"]]
    assert [(one["name"], one["size"]) for one in scratch] == [("conv_transpose1", 2048)]
    assert found["peak_bytes"] == 256 + 512 + 2048
    # 69.6 for input, output, weights, bias and the shape, 37.4, 8.03 a channel, 821.
    assert found["tail_bytes"] == round(5 * 69.6 + 37.4 + 2 * 8.03 + 821)


@pytest.mark.parametrize("command", ["memory", "net"])
@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ("[{conv: {n: 8, norm: batch}}, norm: {type: batch}]", []),
        ("[{conv: {n: 8, norm: layer}}, norm: {type: batch}]", ["1 norm follows"]),
        ("[{conv: {n: 8, norm: group}}, norm: {type: layer}]", ["2 norms follow"]),
    ],
)
def test_norms_that_are_not_to_the_byte(command: str, layers: str, told: list[str]) -> None:
    stdin = f"input: [8, 8, 3]\nlayers: {layers}\n".encode()
    planned = call(command, "-", "--memory", "arena", stdin=stdin)
    assert re.findall(r"(\d+ norms? follows?) the map itself", planned.out) == told
    assert "the map itself" not in call(command, "-", "--memory", "alive", stdin=stdin).out


def test_html_has_the_picture() -> None:
    found = call("memory", "mobilenet", "--memory", "arena", "--format", "html")
    boxes = list(dict.fromkeys(re.findall(r"<rect [^>]*><title>(.*?)</title>", found.out)))
    assert (found.code, len(boxes)) == (0, 29 + 1 + 2)
    assert boxes[1] == "conv1: 1,605,632 bytes at 0"


def test_the_picture_as_a_file(tmp_path: Path) -> None:
    file = tmp_path / "map.svg"
    found = call("memory", "mobilenet", "--memory", "arena", "--plot", str(file))
    assert (found.code, found.err) == (0, "")
    text = file.read_text(encoding="utf-8")
    assert "separable2.depthwise" in text
    assert "4,816,896 bytes of TensorFlow Lite Micro" in text


def test_names_are_data(tmp_path: Path) -> None:
    text = IN_PLACE.replace("name: a", 'name: "[red]<b>\\e[31m"').encode()
    for form in ("table", "html", "markdown", "csv", "json"):
        found = call("memory", "-", "--format", form, stdin=text)
        assert found.code == 0
        assert "\x1b[31m" not in found.out
        assert form != "html" or "<b>" not in found.out


# ---------------------------------------------------------------- limits by a rule


def test_check_says_the_rule_the_layer_and_what_holds_most() -> None:
    found = call("check", *RESNET, "--max-memory", "7MB", "--memory", "in-place", columns=400)
    assert found.code == 1
    assert "7,225,344 bytes of activations\n  225,344 (3.22 %) over" in found.out
    assert (
        "the peak is at stage1.residual1.project (line 13); most is held by: "
        "stage1.residual1.pointwise3 (line 14) 3,211,264, "
        "stage1.residual1.project (line 13) 3,211,264, pool2 (line 10) 802,816"
    ) in found.out


BUDGET = """version: 1
networks:
  - file: resnet50
    budget:
      memory: {max: 7300kB, rule: in-place}
      size: {max: 102MB, rule: stored}
"""


def test_budgets_name_the_rule(tmp_path: Path) -> None:
    file = tmp_path / "dscalc.yaml"
    file.write_text(BUDGET, encoding="utf-8")
    found = call("check", "--config", str(file), "--format", "json")
    assert found.code == 1  # 102,121,888 bytes are stored
    assert '"rule": "in-place"' in found.out
    assert '"rule": "stored"' in found.out
    assert '"actual": 7225344' in found.out
    assert '"actual": 102121888' in found.out


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("memory: {max: 64kB, rule: flash}", "rule must be alive, in-place or arena"),
        ("size: {max: 64kB, rule: arena}", "rule must be params, stored or flash"),
        ("params: {max: 64k, rule: stored}", "unknown key 'rule'"),
        ("memory: {rule: arena}", "a limit says max or warn"),
    ],
)
def test_rules_that_there_are_not(tmp_path: Path, limit: str, message: str) -> None:
    file = tmp_path / "dscalc.yaml"
    text = BUDGET[: BUDGET.index("memory:")] + limit + "\n"
    file.write_text(text, encoding="utf-8")
    found = call("check", "--config", str(file))
    assert found.code == 2
    assert message in found.err


def test_fit_walks_the_steps_of_an_arena() -> None:
    # At α 0.35 the arena takes 101,376 bytes, at 0.36 it takes 78,336.
    flags = ("--resolution", "96", "--dtype", "int8", "--memory", "arena")
    (found,) = document("fit", "mobilenet", *flags, "--max-memory", "80kB")["fits"]
    largest = max(
        alpha / 1000 for alpha in range(100, 600) if _arena("mobilenet", alpha / 1000) <= 80_000
    )
    assert found["memory_bytes"] == _arena("mobilenet", largest) <= 80_000
    assert largest <= found["alpha"] < largest + 0.001
    assert found["peak"]["layer"]
    text = call("fit", "mobilenet", *flags, "--max-memory", "80kB", columns=300).out
    assert "memory (arena) ≤ 80,000" in text
    assert f"the peak is at {found['peak']['layer']}; most is held by" in text


def _arena(network: str, alpha: float) -> int:
    from dscalc.analysis.planned import planned_bytes
    from dscalc.analysis.terms import Terms
    from dscalc.language.files import load
    from dscalc.law.network import measure
    from dscalc.law.rewrite import scale

    report = measure(scale(load(network), alpha=alpha, resolution=96))
    return planned_bytes(report, Terms(dtype="int8", memory="arena"))


def test_int16_has_weights_of_int8_and_biases_of_int64() -> None:
    text = b"input: [8, 8, 4]\nlayers: [conv: {n: 2}]"
    found = document("net", "-", "--dtype", "int16", "--size", "stored", stdin=text)["memory"]
    assert (found["weight_dtype"], found["size_bytes"]) == ("int8", 72 + 8 * 2)
    assert found["memory_bytes"] == 2 * (8 * 8 * 4 + 8 * 8 * 2)


@pytest.mark.parametrize(
    ("flags", "size"),
    [
        (("--dtype", "float32"), 4 * 74),
        (("--dtype", "float16"), 2 * 74),
        (("--dtype", "int8"), 72 + 4 * 2),
        (("--dtype", "float32", "--weight-dtype", "int8"), 72 + 4 * 2),
        (("--dtype", "int8", "--weight-dtype", "int4"), 36 + 4 * 2),
    ],
)
def test_types_of_biases(flags: tuple[str, ...], size: int) -> None:
    text = b"input: [8, 8, 4]\nlayers: [conv: {n: 2}]"
    found = document("net", "-", *flags, "--size", "stored", stdin=text)["memory"]
    assert found["size_bytes"] == size


def test_floating_point_has_no_scales() -> None:
    stored, flash = (
        document("net", "mobilenet", "--size", rule)["memory"]["size_bytes"]
        for rule in ("stored", "flash")
    )
    assert stored == flash
