"""Lists, ranges and sizes as people write them: exact, each value once, and every refusal."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dscalc import DscalcError
from dscalc.law.fields import Sizes
from dscalc.quantities import MOST, Exact, decimals, sides, size


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0.5", (0.5,)),
        ("0.25,0.5,1.0", (0.25, 0.5, 1.0)),
        ("1,0.5", (1.0, 0.5)),
        ("0.25:1.0:0.25", (0.25, 0.5, 0.75, 1.0)),
        ("0.1:0.7:0.1", (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)),
        ("0.25:1.0:0.5", (0.25, 0.75)),
        ("0.5:0.5:0.1", (0.5,)),
        ("0.5:1:0.5,1.4", (0.5, 1.0, 1.4)),
        ("0.5,0.5,0.50", (0.5,)),
        (" 0.5 , 1 ", (0.5, 1.0)),
        (".5", (0.5,)),
        ("1e-2", (0.01,)),
    ],
)
def test_numbers(text: str, values: tuple[float, ...]) -> None:
    assert decimals(text, "--alpha") == values


def test_a_range_does_not_drift() -> None:
    """As floats, 0.1 added ten times is no longer 1."""
    assert decimals("0.01:1.0:0.01", "--alpha") == tuple(k / 100 for k in range(1, 101))
    assert decimals("0.1:1000:0.1", "--alpha")[-1] == 1000.0


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("224", (224,)),
        ("224,192", (224, 192)),
        ("96:224:32", (96, 128, 160, 192, 224)),
        ("160x128,224", ((160, 128), 224)),
        ("160×128", ((160, 128),)),
        ("100:300:100", (100, 200, 300)),
    ],
)
def test_inputs(text: str, values: tuple[Sizes, ...]) -> None:
    assert sides(text, "--resolution") == values


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be numbers, not ''"),
        ("0.5,", "must be numbers, not ''"),
        ("half", "must be numbers, not 'half'"),
        ("nan", "must be numbers, not 'nan'"),
        ("inf", "must be numbers, not 'inf'"),
        ("1_0", "must be numbers, not '1_0'"),
        ("٣", "must be numbers, not '٣'"),
        ("9" * 50, "must be numbers"),
        ("0.5:1", "a range as from:to:step, not '0.5:1'"),
        ("0:1:2:3", "a range as from:to:step, not '0:1:2:3'"),
        (":1:0.5", "must be numbers, not ''"),
        ("0.5:1:0", "a step of zero never arrives"),
        ("1:0.25:0.25", "ranges go upward; did you mean '0.25:1:0.25'?"),
        ("1:0.25:-0.25", "ranges go upward; did you mean '0.25:1:0.25'?"),
        ("0:1:-0.5", "ranges go upward; did you mean '0:1:0.5'?"),
        ("0:1:1e-7", "0:1:1e-7: its values are more than 1,000,000; take larger steps"),
        ("0:9e99:1e-99", "are more than 1,000,000"),
    ],
)
def test_what_is_no_list_of_numbers(text: str, message: str) -> None:
    with pytest.raises(DscalcError) as refusal:
        decimals(text, "--alpha")
    assert str(refusal.value).startswith("--alpha ")
    assert message in str(refusal.value)


@pytest.mark.parametrize("text", ["", "1.5", "0:10:0.5", "1,x", "-1", "12x", "x", "9" * 50])
def test_what_is_no_list_of_inputs(text: str) -> None:
    with pytest.raises(DscalcError, match="must be whole numbers, not"):
        sides(text, "--resolution")


def test_a_million_values_are_not_too_many() -> None:
    assert len(sides(f"1:{MOST}:1", "--resolution")) == MOST


# ---------------------------------------------------------------- sizes in memory


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("512B", 512),
        ("600kB", 600_000),
        ("1.5MB", 1_500_000),
        ("1GB", 10**9),
        ("64KiB", 65_536),
        ("2MiB", 2_097_152),
        ("0.5GiB", 2**29),
        ("1 MiB", 2**20),
        ("1_000kB", 10**6),
        ("0.1KiB", Fraction(1024, 10)),
        ("0B", 0),
    ],
)
def test_sizes_are_exact(text: str, value: Exact) -> None:
    assert size(text).value == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2", "it needs one of the units B, kB, MB, GB, KiB, MiB, GiB"),
        ("2M", "did you mean '2MB'?"),
        ("2mb", "did you mean '2MB'?"),
        ("2mib", "did you mean '2MiB'?"),
        ("2K", "did you mean '2kB'?"),
        ("2TB", "not '2TB'"),
        ("MB", "not 'MB'"),
        ("-2MB", "not '-2MB'"),
        ("1e3B", "not '1e3B'"),
        ("2MB ", "not '2MB '"),
        ("", "not ''"),
        (f"{'1' * 60}B", "…"),
    ],
)
def test_what_is_no_size(text: str, message: str) -> None:
    with pytest.raises(DscalcError) as refusal:
        size(text)
    assert str(refusal.value).startswith("must be a size such as 600kB, 1.5MB or 2MiB")
    assert message in str(refusal.value)
