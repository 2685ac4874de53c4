"""The picture of `dscalc choose`: networks, the front, limits, and that all of it can be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from dscalc.analysis.choose import Candidate, Choices, Question, choose
from dscalc.analysis.terms import Terms
from dscalc.language.files import accuracies_of, load_file
from dscalc.render.plot_choices import choices_scene
from dscalc.render.scene import Mark, Scene
from tests.pictures import mistakes, said
from tests.test_plot_net import LONG

FEW = ("mobilenet", "mobilenet_v2", "shufflenet_v1")
MANY = (*FEW, "mobilenet_v3_large", "mobilenet_v3_small", "mnasnet_a1", "resnet50",
        "ghostnet", "mobileone_s0", "efficientnet_v2_s", "mobilenetv4_conv_small",
        "efficientnet_b0")  # fmt: skip
X = ("params", "mult_adds", "memory", "size")


def candidates(names: Sequence[str]) -> list[Candidate]:
    files = [(name, load_file(name)) for name in names]
    return [Candidate(name, file.network, accuracies_of(name, file), name) for name, file in files]


def found(names: Sequence[str] = FEW, limits: Mapping[str, int] = {}) -> Choices:
    return choose(candidates(names), Question(limits=limits))


def marks(scene: Scene) -> list[Mark]:
    return [it for it in scene.drawn if isinstance(it, Mark) and it.told]


@pytest.mark.parametrize("x", X)
@pytest.mark.parametrize("limit", [None, 1, 3_000_000, 10**40, 10**4000])
@pytest.mark.parametrize("names", [FEW, MANY], ids=["three", "many"])
def test_all_can_be_read(names: Sequence[str], limit: int | None, x: str) -> None:
    limits = {} if limit is None else dict.fromkeys(X, limit)
    assert mistakes(choices_scene(found(names, limits), x)) == []


def test_one_point_can_be_read() -> None:
    choices = found(["shufflenet_v1"])
    assert mistakes(choices_scene(choices._replace(fitting=choices.fitting[:1]), "params")) == []


def test_long_names_are_shortened() -> None:
    choices = found(MANY, {"params": 3_000_000, "mult_adds": 200_000_000})

    def renamed(number: int) -> Choices:
        fitting = [one._replace(name=LONG, family=f"{one.name} {LONG}") for one in choices.fitting]
        return choices._replace(fitting=tuple(fitting))

    question = choices.question._replace(dataset=LONG)
    assert mistakes(choices_scene(renamed(1)._replace(question=question), "params")) == []


def test_of_many_networks_eight_are_told_apart() -> None:
    choices = found(MANY)
    scene = choices_scene(choices, "mult_adds")
    networks = {one.family for one in choices.fitting}
    looks = {(mark.colour, mark.shape) for mark in marks(scene) if mark.filled}
    assert len(looks) == 8
    assert f"{len(networks) - 8} other networks" in said(scene)
    assert not any("other network" in word for word in said(choices_scene(found(), "mult_adds")))


def test_the_front_comes_first() -> None:
    """Networks that have a look of their own are those of the front."""
    choices = found(MANY)
    words = said(choices_scene(choices, "mult_adds"))
    best = choices.front("mult_adds")[-1]
    assert words[1] == best.family


def test_limits() -> None:
    limits = {"mult_adds": 150_000_000, "params": 2_000_000}
    scene = choices_scene(found(limits=limits), "mult_adds")
    words = {*said(scene)}
    assert {"mult-adds ≤ 150M", "within this limit", "struck out: not params ≤ 2M"} <= words
    assert any(mark.shape == "x" and "over: params" in mark.told for mark in marks(scene))
    without = said(choices_scene(found(), "params"))
    assert not any("limit" in word or "struck" in word for word in without)


def test_bytes_are_in_the_type_of_what_they_hold() -> None:
    terms = Terms(dtype="float16", weight_dtype="int8")
    choices = choose(candidates(FEW), Question(terms=terms))
    assert "Bytes of activations, float16" in said(choices_scene(choices, "memory"))
    assert "Bytes of parameters, int8" in said(choices_scene(choices, "size"))
