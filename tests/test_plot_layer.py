"""The picture of `dscalc layer`: kernels with their numbers, and that all of it can be read."""

from __future__ import annotations

import math
from pathlib import Path as File
from typing import Any

import pytest

from dscalc.analysis.forms import ask, compare_layer
from dscalc.render.plot_layer import layer_scene
from dscalc.render.scene import Rect, Scene
from tests.commands import call, complaint
from tests.pictures import mistakes, said


def picture(alpha: float = 1.0, rho: float = 1.0, **numbers: Any) -> Scene:
    question = ask(**numbers)
    return layer_scene(question, compare_layer(question, alpha, rho))


LAYERS: dict[str, dict[str, Any]] = {
    "a textbook's": {"m": 32, "n": 64, "df": 112},
    "one of each": {"m": 1, "n": 1, "k": 1},
    "without a map": {"m": 3, "n": 4},
    "many channels": {"m": 4096, "n": 4096, "df": 14},
    "a large window": {"m": 3, "n": 96, "k": 31, "df": 224},
    "a flat window": {"m": 8, "n": 8, "k": (1, 7), "df": 17},
    "one axis": {"m": 40, "n": 64, "dims": 1, "df": 100},
    "groups": {"m": 32, "n": 64, "g": 4, "df": 28},
    "a multiplier": {"m": 3, "n": 8, "multiplier": 4, "df": 28},
    "with a bias": {"m": 3, "n": 8, "bias": True, "df": 28, "stride": 2},
    "enormous": {"m": 10**12, "n": 10**12, "k": 10**9, "df": 10**9},
}


@pytest.mark.parametrize("numbers", LAYERS.values(), ids=LAYERS)
@pytest.mark.parametrize("alpha", [1.0, 0.25])
def test_all_can_be_read(numbers: dict[str, Any], alpha: float) -> None:
    assert mistakes(picture(alpha, **numbers)) == []


def test_kernels_and_their_numbers() -> None:
    words = said(picture(m=32, n=64, df=112))
    assert words[0] == "3×3 convolution, 112×112×32 → 112×112×64, stride 1, padding same"
    assert words[1:] == [
        "standard",
        "…",
        "64 kernels of 3×3×32",
        "3 · 3 · 32 · 64 = 18,432 weights",
        "231,211,008 mult-adds",
        "depthwise",
        "…",
        "32 kernels of 3×3×1",
        "3 · 3 · 1 · 32 = 288 weights",
        "3,612,672 mult-adds",
        "pointwise",
        "…",
        "64 kernels of 1×1×32",
        "1 · 1 · 32 · 64 = 2,048 weights",
        "25,690,112 mult-adds",
        "separable / standard = 1/N + 1/D_K² = 1/64 + 1/9 = 0.127",
        "Kernels are to one scale, channels 1.35 times shorter to the right; bars are mult-adds.",
    ]


@pytest.mark.parametrize(
    ("numbers", "alpha", "kernels"),
    [
        ({"m": 32, "n": 64, "g": 4}, 1.0, "64 kernels of 3×3×8"),
        ({"m": 32, "n": 64, "g": 4}, 0.5, "32 kernels of 3×3×4"),
        ({"m": 8, "n": 16, "g": 8}, 0.5, "8 kernels of 3×3×1"),
        ({"m": 3, "n": 8, "multiplier": 4}, 1.0, "12 kernels of 3×3×1"),
        ({"m": 40, "n": 64, "dims": 1}, 1.0, "64 kernels of 1×3×40"),
        ({"m": 32, "n": 64}, 0.25, "16 kernels of 3×3×8"),
    ],
)
def test_other_kernels(numbers: dict[str, Any], alpha: float, kernels: str) -> None:
    assert kernels in said(picture(alpha, **numbers))


def test_weights_are_those_that_are_counted() -> None:
    question = ask(m=24, n=36, g=3, k=(3, 5), multiplier=2)
    told = [
        word for word in said(layer_scene(question, compare_layer(question))) if "weights" in word
    ]
    counted = [one.row.cost.weights for one in compare_layer(question) if one.kind != "separable"]
    assert [int(word.split(" = ")[1].split()[0].replace(",", "")) for word in told] == counted


def test_bars_are_to_scale() -> None:
    scene = picture(m=32, n=64, df=112)
    bars = {
        it.told.split(":")[0]: it.width for it in scene.drawn if isinstance(it, Rect) and it.told
    }
    assert math.isclose(bars["standard"] / bars["pointwise"], 9)


def test_three_axes_are_refused(tmp_path: File) -> None:
    file = tmp_path / "a.svg"
    said = complaint("layer", "--m", "3", "--n", "4", "--dims", "3", "--plot", str(file))
    assert said == "error: --plot draws kernels of one and of two axes\n"
    assert not file.exists()


def test_the_answer_is_the_same_with_a_picture(tmp_path: File) -> None:
    asked = ("layer", "--m", "3", "--n", "4")
    assert call(*asked, "--plot", str(tmp_path / "a.svg")) == call(*asked)
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").count("kernels of") == 3
