"""Counts as people write them: read exactly, or refused with what was meant."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dscalc.errors import DscalcError
from dscalc.quantities import LONGEST, quantity, rule


@pytest.mark.parametrize(
    ("written", "value", "unit"),
    [
        (0, 0, 1),
        (4_253_864, 4_253_864, 1),
        (10**30, 10**30, 1),
        ("0", 0, 1),
        ("4253864", 4_253_864, 1),
        ("4_253_864", 4_253_864, 1),
        ("10k", 10_000, 1_000),
        ("600M", 600_000_000, 1_000_000),
        ("1_500M", 1_500_000_000, 1_000_000),
        ("4.2M", 4_200_000, 100_000),
        ("4.20M", 4_200_000, 10_000),
        ("4.253864M", 4_253_864, 1),
        ("1.5G", 1_500_000_000, 100_000_000),
        ("2T", 2_000_000_000_000, 1_000_000_000_000),
        ("0.1k", 100, 100),
        ("4.2538645M", Fraction(42_538_645, 10), Fraction(1, 10)),
        ("0.0005k", Fraction(1, 2), Fraction(1, 10)),
        ("0.0001k", Fraction(1, 10), Fraction(1, 10)),
        ("9" * (LONGEST - 1) + "k", int("9" * (LONGEST - 1)) * 1_000, 1_000),
    ],
)
def test_a_count_is_read_without_rounding(
    written: object, value: int | Fraction, unit: int | Fraction
) -> None:
    found = quantity(written)
    assert (found.value, found.unit) == (value, unit)
    assert isinstance(found.value, type(value))
    assert found.text == str(written)
    assert rule(written) == ""


@pytest.mark.parametrize(("unit", "power"), [("k", 3), ("M", 6), ("G", 9), ("T", 12)])
def test_units_are_decimal(unit: str, power: int) -> None:
    assert quantity(f"1{unit}").value == 10**power


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("4.2m", "4.2M"),
        ("4.2", "4.2M"),
        (4.2, "4.2M"),
        ("10K", "10k"),
        ("1.5g", "1.5G"),
        ("2t", "2T"),
        ("4.2B", "4.2G"),
        ("4_200b", "4_200G"),
    ],
)
def test_a_slip_in_the_unit_is_told(written: str, hint: str) -> None:
    assert rule(written) == (
        f"must be a count such as 4200000, 4.2M or 1.5G, not '{written}'; did you mean '{hint}'?"
    )


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("", ""),
        ("M", "M"),
        ("600 MB", "600 MB"),
        ("600 M", "600 M"),
        ("600MB", "600MB"),
        ("600Mi", "600Mi"),
        ("-4", "-4"),
        (-4, "-4"),
        ("+4", "+4"),
        ("4.", "4."),
        (".5M", ".5M"),
        ("4,200,000", "4,200,000"),
        ("4.2.1M", "4.2.1M"),
        ("_4", "_4"),
        ("4_", "4_"),
        ("4__2", "4__2"),
        ("4e6", "4e6"),
        ("0x10", "0x10"),
        ("1%", "1%"),
        ("٤", "٤"),
        ("4M\n", "4M\n"),
        ("m" * 100, "m" * (LONGEST - 1) + "…"),
        ("9" * 4_000, "9" * (LONGEST - 1) + "…"),
        (True, "True"),
        (None, "None"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        ((1, 2), "(1, 2)"),
    ],
)
def test_all_else_is_refused(written: object, shown: str) -> None:
    with pytest.raises(DscalcError) as raised:
        quantity(written)
    assert str(raised.value) == f"must be a count such as 4200000, 4.2M or 1.5G, not '{shown}'"
    assert rule(written) == str(raised.value)
