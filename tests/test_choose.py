"""`dscalc choose`: which network within limits, by what is published of it; what comes next."""

from __future__ import annotations

import csv
import io
import json
import resource
from pathlib import Path
from typing import Any

import pytest

from dscalc.analysis.choose import Candidate, Question, choose
from dscalc.language.files import accuracies_of, load_file
from tests.commands import call, complaint, document, run
from tests.conftest import Golden
from tests.test_plots import drawn

SECONDS = 4  # of a process over the whole zoo, which takes 0.6 on a quiet machine


def candidate(name: str) -> Candidate:
    file = load_file(name)
    return Candidate(name, file.network, accuracies_of(name, file), name)


def accuracies(found: dict[str, Any]) -> list[float]:
    return [one["accuracy"] for one in found["choices"]]


def test_the_best_within_limits_first(golden: Golden) -> None:
    result = call("choose", "mobilenet", "mobilenet_v2", "--max-mult-adds", "100M",
                  "--max-params", "2M")  # fmt: skip
    assert (result.code, result.err) == (0, "")
    golden("choose", result.out)


def test_every_choice_keeps_every_limit_and_costs_what_net_says() -> None:
    limits = {"params": 4_000_000, "mult_adds": 150_000_000, "memory": 1_000_000}
    found = document("choose", "--max-mult-adds", "150M", "--max-params", "4M",
                     "--max-memory", "1MB", "--dtype", "int8")  # fmt: skip
    assert found["limits"] == limits
    assert accuracies(found) == sorted(accuracies(found), reverse=True)
    assert len(found["choices"]) > 20
    for one in found["choices"]:
        figures = {**one, "memory": one["memory_bytes"]}
        assert one["left"] == {key: limit - figures[key] for key, limit in limits.items()}
        assert min(one["left"].values()) >= 0
        assert one["standing"] in ("authors", "quoted")
        assert one["source"]
    best = found["choices"][0]
    sides = "x".join(map(str, best["resolution"]))
    net = document("net", best["network"], "--alpha", str(best["alpha"]), "--resolution", sides)
    assert net["total"]["params"] == best["params"]
    assert net["total"]["mult_adds"] == best["mult_adds"]


def test_the_next_better_one_is_the_least_of_those_that_break_a_limit() -> None:
    """Held against all that there is, point by point."""
    every = document("choose", "mobilenet", "mobilenet_v2")["choices"]
    found = document("choose", "mobilenet", "mobilenet_v2", "--max-mult-adds", "100M")["choices"]
    beyond = [one for one in every if one["mult_adds"] > 100_000_000]
    assert len(found) + len(beyond) == len(every)
    for one in found:
        better = [rival["accuracy"] for rival in beyond if rival["accuracy"] > one["accuracy"]]
        assert one["next_better"]["accuracy"] == min(better)
        assert one["next_better"]["over"] == {
            "mult_adds": one["next_better"]["mult_adds"] - 100_000_000
        }


def test_without_a_limit_nothing_is_better_than_the_best() -> None:
    found = document("choose", "mobilenet")
    assert len(found["choices"]) == 16
    assert all(one["next_better"] is None and one["left"] == {} for one in found["choices"])


def test_a_point_is_told_once_and_the_paper_goes_first() -> None:
    (first, *_) = document("choose", "mobilenet")["choices"]
    assert (first["accuracy"], first["alpha"], first["resolution"]) == (70.6, 1.0, [224, 224])
    assert first["source"].startswith("arXiv 1704.04861")
    assert {70.9, 70.7} <= {other["accuracy"] for other in first["others"]}


def test_all_shows_the_figures_of_others_and_what_is_beyond() -> None:
    usual = document("choose", "mobilenet_v2", "--max-mult-adds", "200M")
    every = document("choose", "mobilenet_v2", "--max-mult-adds", "200M", "--all")
    assert usual["beyond"] == []
    assert {one["standing"] for one in usual["choices"]} == {"authors"}
    beyond = {one["standing"] for one in every["beyond"]}
    assert {"authors", "others", "distilled", "quantized"} <= beyond
    assert all(one["over"]["mult_adds"] > 0 for one in every["beyond"])
    assert len(every["choices"]) > len(usual["choices"])


def test_never_across_data_sets() -> None:
    dogs = document("choose", "mobilenet", "--dataset", "Stanford Dogs")
    assert accuracies(dogs) == [83.3, 81.9, 81.9, 80.5]
    assert {one["parameters"]["classes"] for one in dogs["choices"]} == {120}
    assert round(dogs["choices"][0]["params"], -5) == 3_300_000  # as the paper prints
    assert max(accuracies(document("choose", "mobilenet"))) < 80
    words = document("choose", "--dataset", "Speech Commands v2 test (12 classes)")
    assert (words["metric"], accuracies(words)) == ("accuracy", [92.0])


def test_a_source_can_be_asked_for() -> None:
    slim = document("choose", "mobilenet", "--source", "mobilenet_v1.md")
    assert len(slim["choices"]) == 16
    assert accuracies(slim)[0] == 70.9


def test_a_resolution_can_be_asked_for() -> None:
    found = document("choose", "mobilenet", "--resolution", "160,128x128")
    assert {tuple(one["resolution"]) for one in found["choices"]} == {(160, 160), (128, 128)}
    assert len(found["choices"]) == 8


def test_a_file_with_variants_stands_for_these() -> None:
    found = document("choose", "efficientnet")
    names = [one["network"] for one in found["choices"]]
    assert names == [f"efficientnet_b{number}" for number in range(7, -1, -1)]
    one = document("choose", "efficientnet_b4.yaml")["choices"][0]
    assert (one["network"], one["alpha"], one["resolution"]) == ("efficientnet_b4", 1.0, [380, 380])
    assert one["mult_adds"] == document("net", "efficientnet_b4")["total"]["mult_adds"]


def test_where_nothing_fits_the_nearest_is_told() -> None:
    arguments = ("choose", "mobilenet", "--max-mult-adds", "13M", "--max-params", "400k")
    result = call(*arguments)
    assert (result.code, result.err) == (1, "")
    assert "Nothing keeps every limit." in result.out
    assert "over by 70,072 parameters, 570,048 mult-adds" in result.out
    found = json.loads(call(*arguments, "--format", "json").out)
    assert found["choices"] == []
    assert found["nearest"]["resolution"] == [128, 128]
    assert found["nearest"]["over"] == {"params": 70_072, "mult_adds": 570_048}


def test_a_file_of_ones_own_stands_beside_the_zoo(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "name: Mine\ninput: [224, 224, 3]\nlayers:\n  - conv: {n: 8, stride: 4}\n"
        "  - global_pool\n  - linear: {n: 1000}\n"
        "published:\n  - {top1: 71.3, source: our run 7}\n",
        encoding="utf-8",
    )
    found = document("choose", "mobilenet", str(file))
    first = found["choices"][0]
    assert (first["accuracy"], first["source"]) == (71.3, "our run 7")
    assert first["network"] == str(file).removesuffix(".yaml")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["unet"], "no accuracy of unet is published on ImageNet-1k"),
        (["resnet18"], "by the authors; --all has those of others"),
        (["mobilenet", "--dataset", "Cats"], "there are figures on ImageNet-1k, Stanford Dogs"),
        (["mobilenet", "--source", "nobody"], "from a source like 'nobody'"),
        (["mobilenet", "--resolution", "7"], "at these resolutions"),
        (["mobilenet", "--x", "time"], "Invalid value for '--x'"),
        (["nowhere"], "no such file"),
    ],
)
def test_refusals(arguments: list[str], message: str) -> None:
    assert message in complaint("choose", *arguments)


@pytest.mark.parametrize("form", ["csv", "markdown", "html", "table"])
def test_every_format_has_the_sources(form: str) -> None:
    result = call("choose", "mobilenet", "--max-mult-adds", "50M", "--format", form)
    assert result.code == 0
    assert "arXiv 1704.04861 Table 6" in result.out
    assert "49.8" not in result.out


def test_csv_has_numbers() -> None:
    out = call("choose", "mobilenet", "--max-mult-adds", "50M", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [float(row["accuracy"]) for row in rows][:2] == [56.3, 50.6]
    assert all(int(row["mult_adds"]) + int(row["mult_adds_left"]) == 50_000_000 for row in rows)


def test_the_front_is_what_no_other_one_beats() -> None:
    """Held against the definition, pair by pair."""
    found = choose([candidate("mobilenet"), candidate("mobilenet_v2")], Question())
    every = [(one.point.cost.mult_adds, one.accuracy.value) for one in found.fitting]
    front = {(one.point.cost.mult_adds, one.accuracy.value) for one in found.front("mult_adds")}
    for cost, value in every:
        beaten = any(c <= cost and v >= value and (c, v) != (cost, value) for c, v in every)
        assert ((cost, value) in front) is not beaten


# ---------------------------------------------------------------- pictures


def test_the_picture_of_choices(tmp_path: Path) -> None:
    words = drawn(tmp_path / "a.svg", "choose", "mobilenet", "mobilenet_v2",
                  "--max-mult-adds", "150M")  # fmt: skip
    for word in ("mobilenet", "mobilenet_v2", "the Pareto front", "mult-adds ≤ 150M", "Mult-adds",
                 "Top-1, ImageNet-1k", "α 0.75 · 160"):  # fmt: skip
        assert word in words.splitlines()


@pytest.mark.parametrize(
    ("x", "word"),
    [
        ("params", "Trainable parameters"),
        ("memory", "Bytes of activations, int8"),
        ("size", "Bytes of parameters, int8"),
    ],
)
def test_what_accuracy_is_drawn_against(x: str, word: str, tmp_path: Path) -> None:
    words = drawn(tmp_path / "a.svg", "choose", "efficientnet", "--x", x, "--dtype", "int8",
                  "--max-mult-adds", "4T")  # fmt: skip
    assert word in words.splitlines()
    assert "efficientnet_b7" in words
    assert "within this limit" not in words


def test_a_picture_of_the_whole_zoo_is_the_same_each_time(tmp_path: Path) -> None:
    one, two = tmp_path / "one.svg", tmp_path / "two.svg"
    for file in (one, two):
        assert call("choose", "--plot", str(file)).code == 0
    assert one.read_bytes() == two.read_bytes()


# ---------------------------------------------------------------- speed


def test_the_whole_zoo_is_answered_in_time() -> None:
    """The time that a process takes of a processor, which other ones cannot lengthen much."""
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert run("choose", "--max-mult-adds", "150M").code == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(times) < SECONDS
