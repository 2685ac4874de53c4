"""Kinds without weights: the shapes that they make, which cost nothing."""

from __future__ import annotations

import pytest

from dscalc import (
    INPUT,
    AdaptivePool,
    Add,
    Concat,
    Cost,
    DscalcError,
    Flatten,
    GlobalPool,
    Multiply,
    Pool,
    Shape,
    Slice,
    Upsample,
)
from dscalc.law.layer import Layer, Node
from dscalc.law.network import Network, measure


def shape(text: str) -> Shape:
    *sides, channels = map(int, text.split("×"))
    return Shape(tuple(sides), channels)


def output_of(layer: Layer, *inputs: str) -> str:
    step = layer.step(*map(shape, inputs))
    assert step.cost == Cost()
    assert step.kind == layer.kind
    return str(step.output)


@pytest.mark.parametrize(
    ("layer", "x", "output"),
    [
        (Pool(2), "8×8×3", "4×4×3"),
        (Pool(2), "7×7×3", "3×3×3"),
        (Pool(2, ceil=True), "7×7×3", "4×4×3"),
        (Pool(3, stride=2), "112×112×64", "55×55×64"),
        (Pool(3, stride=2, padding=1), "112×112×64", "56×56×64"),
        (Pool(3, stride=2, ceil=True), "112×112×64", "56×56×64"),
        (Pool(3, stride=2, padding="same"), "112×112×64", "56×56×64"),
        (Pool((2, 3), stride=(2, 1)), "8×8×3", "4×6×3"),
        (Pool(3, stride=3, ceil=True, padding=1), "4×3", "2×3"),
        (Pool(2, stride=3, ceil=True), "4×3", "2×3"),  # the window at 3 starts inside
        (Pool(1, stride=3, ceil=True), "3×3", "1×3"),  # one at 3 would start outside
        (Pool(2, type="avg"), "8×8×8×2", "4×4×4×2"),
        (AdaptivePool(6), "13×9×256", "6×6×256"),
        (AdaptivePool((1, 2)), "13×9×256", "1×2×256"),
        (GlobalPool(), "7×5×12", "1×1×12"),
        (GlobalPool(), "400×128", "1×128"),
        (GlobalPool(), "128", "128"),
        (Flatten(), "7×5×12", "420"),
        (Flatten(), "420", "420"),
        (Upsample(2), "7×5×12", "14×10×12"),
        (Upsample((1, 3)), "7×5×12", "7×15×12"),
        (Slice(4), "7×5×12", "7×5×4"),
        (Slice(2, 10), "7×5×12", "7×5×2"),
    ],
)
def test_output(layer: Layer, x: str, output: str) -> None:
    assert output_of(layer, x) == output


@pytest.mark.parametrize(
    ("layer", "inputs", "output"),
    [
        (Add(), ["4×4×3"], "4×4×3"),
        (Add(), ["4×4×3", "4×4×3", "4×4×3"], "4×4×3"),
        (Concat(), ["4×4×3", "4×4×5", "4×4×1"], "4×4×9"),
        (Concat(), ["3", "5"], "8"),
        (Concat(crop=True), ["64×64×512", "56×60×512"], "56×60×1024"),
        (Multiply(), ["4×4×3", "1×1×3"], "4×4×3"),
        (Multiply(), ["4×4×3", "3"], "4×4×3"),
    ],
)
def test_joins(layer: Layer, inputs: list[str], output: str) -> None:
    assert output_of(layer, *inputs) == output


@pytest.mark.parametrize(
    ("layer", "inputs", "message"),
    [
        (Pool(9), ["8×8×3"], "a kernel of 9 is larger than its padded input of 8"),
        (Pool(2), ["3"], "a pool needs a feature map with sides, and gets 3 values"),
        (AdaptivePool(2), ["3"], "a pool needs a feature map with sides, and gets 3 values"),
        (Upsample(2), ["3"], "upsample needs a feature map with sides, and gets 3 values"),
        (Pool((2, 2)), ["8×3"], "k has 2 numbers, the number of axes is 1"),
        (AdaptivePool((2, 2)), ["8×3"], "size has 2 numbers, the number of axes is 1"),
        (Add(), ["4×4×3", "4×4×4"], "cannot add shapes that differ: 4×4×3 and 4×4×4"),
        (Add(), ["4×4×3", "3"], "cannot add shapes that differ: 4×4×3 and 3"),
        (
            Concat(),
            ["4×4×3", "4×5×3"],
            "cannot concatenate sides that differ: 4×4×3 and 4×5×3",
        ),
        (
            Concat(crop=True),
            ["4×4×3", "4×3"],
            "cannot concatenate sides that differ: 4×4×3 and 4×3",
        ),
        (Slice(2, 2), ["4×4×3"], "takes 2 channels up to the 4th, of 3"),
        (Multiply(), ["4×4×3", "1×1×4"], "cannot multiply 4×4×3 with 1×1×4"),
        (Multiply(), ["4×4×3", "2×1×3"], "cannot multiply 4×4×3 with 2×1×3"),
    ],
)
def test_what_does_not_fit_is_refused(layer: Layer, inputs: list[str], message: str) -> None:
    with pytest.raises(DscalcError) as error:
        layer.step(*map(shape, inputs))
    assert [problem.message for problem in error.value.problems] == [message]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Pool(0), "k must be at least 1, not 0"),
        (lambda: Pool(2, stride=0), "stride must be at least 1, not 0"),
        (lambda: Pool(2, type="min"), "type must be max or avg, not 'min'"),
        (lambda: Pool(2, ceil=1), "ceil must be true or false, not 1"),  # type: ignore[arg-type]
        (lambda: AdaptivePool(0), "size must be at least 1, not 0"),
        (lambda: Upsample(0), "factor must be at least 1, not 0"),
        (lambda: Slice(0), "n must be at least 1, not 0"),
        (lambda: Concat(crop="x"), "crop must be true or false, not 'x'"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_field_is_refused(make: object, message: str) -> None:
    assert callable(make)
    with pytest.raises(DscalcError) as error:
        make()
    assert str(error.value) == message


def test_growth_without_end_is_refused() -> None:
    """Sizes multiply; a repeat must not make numbers that fill the memory."""
    layer = Upsample(10**12)
    nodes = tuple(Node(f"u{i}", layer, (f"u{i - 1}" if i else INPUT,)) for i in range(10_000))
    with pytest.raises(DscalcError) as error:
        measure(Network("grows", Shape((8,), 1), nodes))
    assert str(error.value) == ("u0: its output 8000000000000×1 has a size over 1,000,000,000,000")
