"""One convolution from flags, compared with its other forms: the figures that people know."""

from __future__ import annotations

from typing import Any

import pytest

from dscalc.analysis.forms import Variant, ask, compare_layer
from dscalc.errors import DscalcError
from dscalc.law.convolutions import Conv


def forms(alpha: float = 1.0, rho: float = 1.0, **numbers: Any) -> dict[str, Variant]:
    """The forms at the asked α and ρ, by kind."""
    found = compare_layer(ask(**numbers), alpha, rho)
    return {v.kind: v for v in found if (v.alpha, v.rho) == (alpha, rho)}


def costs(variants: dict[str, Variant]) -> dict[str, tuple[int, int]]:
    """Parameters and mult-adds of each form."""
    return {k: (v.row.cost.params(), v.row.cost.mult_adds) for k, v in variants.items()}


def outputs(variants: dict[str, Variant]) -> dict[str, str]:
    return {kind: str(variant.row.output) for kind, variant in variants.items()}


# ---------------------------------------------------------------- figures to know


def test_three_channels_to_four() -> None:
    """108 weights, 27 + 12 = 39 as separable: 0.361 of them."""
    found = forms(m=3, n=4, k=3)
    assert costs(found) == {
        "standard": (108, 108),
        "depthwise": (27, 27),
        "pointwise": (12, 12),
        "separable": (39, 39),
    }
    assert found["separable"].params_ratio == 39 / 108
    assert round(found["separable"].mult_adds_ratio, 3) == 0.361


def test_with_a_map_every_position_counts() -> None:
    assert costs(forms(m=3, n=4, k=3, df=64)) == {
        "standard": (108, 442_368),
        "depthwise": (27, 110_592),
        "pointwise": (12, 49_152),
        "separable": (39, 159_744),
    }


def test_the_four_rows_of_the_paper_s_table_3() -> None:
    found = compare_layer(ask(df=14, k=3, m=512, n=512), alpha=0.75, rho=0.714)
    table = [
        (v.kind, v.alpha, v.rho, v.row.cost.mult_adds, v.row.cost.params())
        for v in found
        if v is found[0] or v.kind == "separable"
    ]
    assert table == [
        ("standard", 1.0, 1.0, 462_422_016, 2_359_296),
        ("separable", 1.0, 1.0, 52_283_392, 266_752),
        ("separable", 0.75, 1.0, 29_578_752, 150_912),
        ("separable", 0.75, 0.714, 15_091_200, 150_912),
    ]


def test_every_ratio_is_to_the_unscaled_standard_convolution() -> None:
    found = compare_layer(ask(df=14, k=3, m=512, n=512), alpha=0.75, rho=0.714)
    assert found[0].kind == "standard"
    assert (found[0].params_ratio, found[0].mult_adds_ratio) == (1.0, 1.0)
    for variant in found:
        assert variant.params_ratio == variant.row.cost.params() / 2_359_296
        assert variant.mult_adds_ratio == variant.row.cost.mult_adds / 462_422_016


@pytest.mark.parametrize(
    ("alpha", "rho", "rows"),
    [
        (1.0, 1.0, ["standard 1 1", "depthwise 1 1", "pointwise 1 1", "separable 1 1"]),
        (
            0.5,
            1.0,
            ["standard 1 1", "separable 1 1", "standard 0.5 1", "depthwise 0.5 1",
             "pointwise 0.5 1", "separable 0.5 1"],
        ),
        (
            1.0,
            0.5,
            ["standard 1 1", "separable 1 1", "standard 1 0.5", "depthwise 1 0.5",
             "pointwise 1 0.5", "separable 1 0.5"],
        ),
        (
            0.5,
            0.25,
            ["standard 1 1", "separable 1 1", "separable 0.5 1", "standard 0.5 0.25",
             "depthwise 0.5 0.25", "pointwise 0.5 0.25", "separable 0.5 0.25"],
        ),
    ],
)  # fmt: skip
def test_the_rows_of_each_stage(alpha: float, rho: float, rows: list[str]) -> None:
    found = compare_layer(ask(df=16, m=8, n=8), alpha, rho)
    assert [f"{v.kind} {v.alpha:g} {v.rho:g}" for v in found] == rows


def test_group_convolution_halves_its_weights() -> None:
    """6 → 10 channels on 100×100 without padding: 540 weights, 270 in two groups."""
    found = forms(m=6, n=10, k=3, df=100, g=2, padding="valid")
    assert found["standard"].row.cost.params() == 540
    assert found["group"].row.cost.params() == 270
    assert found["group"].params_ratio == 0.5
    assert str(found["group"].row.output) == "98×98×10"
    assert list(found) == ["standard", "group", "depthwise", "pointwise", "separable"]


def test_a_convolution_with_as_many_groups_as_channels_is_a_group_row_too() -> None:
    found = forms(m=6, n=12, k=3, g=6)
    assert costs(found)["group"] == (108, 108)
    halved = forms(alpha=0.5, m=6, n=12, k=3, g=6)
    assert costs(halved)["group"] == (54, 54)  # its groups follow M
    assert costs(forms(m=6, n=12, k=3, g=6))["depthwise"] == (54, 54)


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        # a 5×5×3 input and four 3×3 filters
        ({"m": 3, "n": 4, "df": 5}, {"standard": "5×5×4", "depthwise": "5×5×3"}),
        ({"m": 3, "n": 4, "df": 5, "padding": "valid"}, {"standard": "3×3×4"}),
        # 224×224×3 without padding: depthwise 222×222×3, then 64 pointwise
        (
            {"m": 3, "n": 64, "df": 224, "padding": "valid"},
            {"depthwise": "222×222×3", "pointwise": "222×222×64", "separable": "222×222×64"},
        ),
        ({"m": 3, "n": 4, "df": (32, 48), "k": (3, 5)}, {"standard": "32×48×4"}),
        (
            {"m": 3, "n": 4, "df": (32, 48), "k": (3, 5), "padding": 0, "stride": (1, 2)},
            {"standard": "30×22×4"},
        ),
        # 1-D: length 400, 128 → 128, k 7
        (
            {"m": 128, "n": 128, "df": 400, "k": 7, "dims": 1},
            {"depthwise": "400×128", "separable": "400×128"},
        ),
        ({"m": 2, "n": 4, "df": (9, 9, 9), "stride": 2}, {"standard": "5×5×5×4"}),
        (
            {"m": 2, "n": 4, "df": 9, "dims": 3, "dilation": 2, "padding": 1},
            {"standard": "7×7×7×4"},
        ),
        ({"m": 3, "n": 4, "df": 8, "multiplier": 2}, {"depthwise": "8×8×6", "separable": "8×8×4"}),
    ],
)
def test_output_shapes(numbers: dict[str, Any], found: dict[str, str]) -> None:
    shapes = outputs(forms(**numbers))
    assert {kind: shapes[kind] for kind in found} == found


def test_one_dimensional_separable_layer() -> None:
    assert costs(forms(m=128, n=128, df=400, k=7, dims=1)) == {
        "standard": (114_688, 45_875_200),
        "depthwise": (896, 358_400),
        "pointwise": (16_384, 6_553_600),
        "separable": (17_280, 6_912_000),
    }


def test_bias_and_multiplier() -> None:
    assert costs(forms(m=3, n=4, df=8, bias=True, multiplier=2)) == {
        "standard": (112, 6_912),
        "depthwise": (60, 3_456),
        "pointwise": (28, 1_536),
        "separable": (88, 4_992),
    }


def test_channels_scale_by_floor_to_at_least_one() -> None:
    found = forms(alpha=0.35, m=32, n=64, k=1)
    assert costs(found)["standard"] == (11 * 22, 11 * 22)
    found = forms(alpha=0.001, m=3, n=4)
    assert costs(found)["standard"] == (9, 9)


def test_without_a_map_a_cost_is_of_one_position_whatever_the_window() -> None:
    plain = costs(forms(m=3, n=4, k=7))
    for numbers in ({"padding": "valid"}, {"padding": 0}, {"stride": 2}, {"dilation": 3}):
        assert costs(forms(m=3, n=4, k=7, **numbers)) == plain


def test_a_question_is_what_was_asked() -> None:
    question = ask(m=6, n=10, g=2, k=(3, 5), df=(32, 48), multiplier=2)
    assert question.conv == Conv(10, k=(3, 5), g=2)
    assert question[1:] == (6, (32, 48), 2, 2)
    assert ask(m=3, n=4).df is None
    assert ask(m=3, n=4, df=8, dims=3).df == (8, 8, 8)
    assert ask(m=3, n=4, k=(3, 3, 3)).dims == 3


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("numbers", "messages"),
    [
        ({"m": 0, "n": -4, "k": 0}, ["m must be at least 1, not 0", "n must be at least 1, not -4",
                                     "k must be at least 1, not 0"]),
        ({"m": 1.5, "n": 4}, ["m must be a whole number, not 1.5"]),
        ({"m": float("nan"), "n": 4}, ["m must be a whole number, not nan"]),
        ({"m": 3, "n": 10**13}, ["n must be at most 1,000,000,000,000"]),
        ({"m": 3, "n": 4, "df": 0}, ["df must be at least 1, not 0"]),
        ({"m": 3, "n": 4, "g": 0}, ["g must be at least 1, not 0"]),
        ({"m": 3, "n": 4, "multiplier": 0}, ["multiplier must be at least 1, not 0"]),
        ({"m": 3, "n": 4, "padding": "full"},
         ["padding must be same, valid, causal or numbers, not 'full'"]),
        ({"m": 3, "n": 4, "dims": 4}, ["dims must be 1, 2 or 3, not 4"]),
        ({"m": 3, "n": 4, "dims": 1, "k": (3, 3)}, ["k has 2 numbers, the number of axes is 1"]),
        ({"m": 3, "n": 4, "df": (8, 8), "k": (3, 3, 3)},
         ["df has 2 numbers, the number of axes is 3"]),
    ],
)  # fmt: skip
def test_numbers_that_cannot_be_are_refused(numbers: dict[str, Any], messages: list[str]) -> None:
    with pytest.raises(DscalcError) as error:
        ask(**numbers)
    assert [problem.message for problem in error.value.problems] == messages


@pytest.mark.parametrize(
    ("numbers", "alpha", "rho", "message"),
    [
        ({"m": 3, "n": 4, "g": 2}, 1, 1, "group: g=2 does not divide the 3 input channels"),
        ({"m": 4, "n": 5, "g": 2}, 1, 1, "group: g=2 does not divide n=5"),
        (
            {"m": 6, "n": 6, "g": 2},
            0.5,
            1,
            "group: g=2 does not divide the 3 input channels (channels at α = 0.5)",
        ),
        (
            {"m": 3, "n": 4, "df": 2, "padding": "valid"},
            1,
            1,
            "standard: a kernel of 3 is larger than its padded input of 2",
        ),
        (
            {"m": 3, "n": 4, "df": 8, "padding": "valid"},
            1,
            0.25,
            "standard: a kernel of 3 is larger than its padded input of 2",
        ),
        ({"m": 3, "n": 4}, 1, 0.5, "ρ scales the feature map; say its side D_F too"),
        ({"m": 3, "n": 4, "df": 8}, 1, 0.01, "ρ = 0.01 leaves no pixel of the input 8×8×3"),
        ({"m": 3, "n": 4}, 0, 1, "α must be a positive number, not 0"),
        ({"m": 3, "n": 4, "df": 8}, 1, -1, "ρ must be a positive number, not -1"),
        ({"m": 3, "n": 4}, float("nan"), 1, "α must be a positive number, not nan"),
    ],
)
def test_what_does_not_fit_is_refused(
    numbers: dict[str, Any], alpha: float, rho: float, message: str
) -> None:
    with pytest.raises(DscalcError) as error:
        compare_layer(ask(**numbers), alpha, rho)
    assert str(error.value) == message
