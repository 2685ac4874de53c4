"""The table of figures: each entry agrees with the law, and one parser reads all limits."""

from __future__ import annotations

import pytest

from dscalc import DscalcError, load, measure
from dscalc.analysis.figures import COMPARED, FIGURES, Measured, figures_of, read_limits
from dscalc.analysis.memory import peak_memory
from dscalc.analysis.terms import Terms
from dscalc.analysis.versions import Totals
from tests.commands import complaint

REPORT = measure(load("mobilenet"))


def test_every_entry_has_its_own_key_and_words() -> None:
    for words in zip(*((f.key, f.name, f.head, f.flag) for f in FIGURES.values()), strict=True):
        assert len(set(words)) == len(FIGURES)
    assert [figure.key for figure in FIGURES.values()] == list(FIGURES)


def test_figures_of_a_network_by_hand() -> None:
    # MobileNet: 4,231,976 parameters, 568,740,352 mult-adds, 4,209,088 of them weights; the widest
    # pair of maps is 112×112×32 beside 112×112×64.
    terms = Terms("weights", "int8", "float16")
    found = {key: figure.of_report(REPORT, terms) for key, figure in FIGURES.items()}
    assert found == {
        "params": 4_209_088,
        "mult_adds": 568_740_352,
        "flops": 1_137_480_704,
        "memory": 112 * 112 * 96,
        "size": 2 * 4_209_088,
    }
    assert found == figures_of(Measured(REPORT.total, peak_memory(REPORT).peak), terms)


def test_a_layer_has_no_peak_of_its_own() -> None:
    with pytest.raises(ValueError, match="no layer has bytes of activations"):
        FIGURES["memory"].of_cost(REPORT.total, Terms())


@pytest.mark.parametrize("key", COMPARED)
def test_a_figure_that_is_compared_is_the_sum_of_its_layers(key: str) -> None:
    figure, terms = FIGURES[key], Terms("total")
    layers = sum(figure.of_cost(row.cost, terms) for row in REPORT.rows)
    assert layers == figure.of_report(REPORT, terms)


def test_versions_hold_what_is_compared() -> None:
    assert set(Totals._fields) == set(COMPARED)


def test_limits_are_read_as_they_are_written() -> None:
    found = read_limits({"mult_adds": "150M", "memory": "2MiB", "params": "1.4M", "size": None})
    assert {key: limit.value for key, limit in found.items()} == {
        "params": 1_400_000,
        "mult_adds": 150_000_000,
        "memory": 2_097_152,
    }
    assert read_limits({}) == {}


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("params", "0", "--max-params must be at least 1, not 0: nothing fits into nothing"),
        ("mult_adds", "0.0M",
         "--max-mult-adds must be at least 1, not 0.0M: nothing fits into nothing"),
        ("memory", "0B", "--max-memory must be at least 1, not 0B: nothing fits into nothing"),
        ("params", "-1", "--max-params must be a count such as 4200000, 4.2M or 1.5G, not '-1'"),
        ("mult_adds", "600 MB",
         "--max-mult-adds must be a count such as 4200000, 4.2M or 1.5G, not '600 MB'"),
        ("params", "4.2m", "--max-params must be a count such as 4200000, 4.2M or 1.5G, "
                           "not '4.2m'; did you mean '4.2M'?"),
        ("flops", "0", "--max-flops must be at least 1, not 0: nothing fits into nothing"),
        ("size", "4M", "--max-size must be a size such as 600kB, 1.5MB or 2MiB, not '4M'; "
                       "did you mean '4MB'?"),
    ],
)  # fmt: skip
def test_a_limit_that_is_none_is_refused_in_the_same_words(key: str, text: str, said: str) -> None:
    with pytest.raises(DscalcError) as raised:
        read_limits({key: text})
    assert str(raised.value) == said
    for command in ("check", "fit", "sweep"):
        assert complaint(command, "mobilenet", FIGURES[key].flag, text) == f"error: {said}\n"
