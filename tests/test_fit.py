"""`dscalc fit`: the largest α within limits, what binds, and what is said where nothing fits."""

from __future__ import annotations

import pytest

from tests.commands import call, complaint, document
from tests.conftest import Golden


def test_what_a_budget_buys_at_each_resolution(golden: Golden) -> None:
    result = call(
        *("fit", "mobilenet", "--max-mult-adds", "150M", "--max-memory", "2MiB"),
        *("--resolution", "128:224:32"),
        columns=100,
    )
    assert (result.code, result.err) == (0, "")
    golden("fit_mobilenet", result.out)


def test_the_alpha_found_costs_no_more_and_the_next_one_does() -> None:
    (found,) = document("fit", "mobilenet", "--max-mult-adds", "150M")["fits"]
    assert found["fits"] is True
    assert found["mult_adds"] <= 150_000_000 < found["next"]["mult_adds"]
    assert found["binding"] == ["mult_adds"]
    for alpha, cost in ((found["alpha"], found), (found["next"]["alpha"], found["next"])):
        measured = document("net", "mobilenet", "--alpha", str(alpha))
        assert measured["total"]["mult_adds"] == cost["mult_adds"]
        assert measured["memory"]["peak_bytes"] == cost["memory_bytes"]


def test_where_nothing_fits_the_exit_code_is_1_and_the_smallest_says_by_how_much() -> None:
    result = call("fit", "mobilenet", "--max-mult-adds", "1M", "--resolution", "128,224")
    assert (result.code, result.err) == (1, "")
    near, far = (
        result.out.index("over by 854,528 mult-adds"),
        result.out.index("over by 4,662,992 mult-adds"),
    )
    assert near < far
    assert "Over by: at the smallest α that the network takes." in result.out


def test_one_that_fits_is_enough() -> None:
    result = call("fit", "mobilenet", "--max-mult-adds", "3M", "--resolution", "96,224")
    assert result.code == 0
    assert "fits; mult-adds next" in result.out
    assert "over by 2,662,992 mult-adds" in result.out


def test_json_says_what_was_asked_and_where_it_looked() -> None:
    found = document("fit", "mobilenet_v2", "--max-memory", "300KiB", "--max-params", "3M",
                     "--dtype", "int8", "--resolution", "96")  # fmt: skip
    assert {key: found[key] for key in ("schema_version", "command", "count", "dtype")} == {
        "schema_version": 1,
        "command": "fit",
        "count": "trainable",
        "dtype": "int8",
    }
    assert found["limits"] == {"params": 3_000_000, "memory": 307_200}
    assert found["alpha_searched"] == [0.001, 4.0]
    (fit,) = found["fits"]
    assert fit["over"] == {}
    assert fit["used"] == {"params": fit["params"] / 3e6, "memory": fit["memory_bytes"] / 307_200}


def test_no_limit_binds_up_to_the_bound() -> None:
    result = call("fit", "mobilenet", "--max-params", "9G")
    assert "fits up to α 4\n" in result.out
    (found,) = document("fit", "mobilenet", "--max-params", "9G")["fits"]
    assert (found["alpha"], found["next"], found["binding"]) == (4.0, None, [])


def test_several_networks_the_one_that_computes_most_first() -> None:
    names = ("mobilenet", "mobilenet_v2", "mobilenet_v3_large")
    found = document("fit", *names, "--max-params", "2M", "--resolution", "128,224")["fits"]
    computed = [fit["mult_adds"] for fit in found]
    assert computed == sorted(computed, reverse=True)
    assert len({fit["network"] for fit in found}) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mobilenet"], "fit needs a limit"),
        (["mobilenet", "--max-mult-adds", "0"], "--max-mult-adds must be at least 1, not 0"),
        (["mobilenet", "--max-memory", "0B"], "--max-memory must be at least 1, not 0B"),
        (["mobilenet", "--max-memory", "2M"], "did you mean '2MB'?"),
        (["mobilenet", "--max-size", "1"], "--max-size must be a size such as"),
        (["mobilenet", "--max-params", "3m"], "did you mean '3M'?"),
        (["mobilenet", "--max-params", "3M", "--resolution", "9:6:3"], "did you mean '6:9:3'"),
        (["shufflenet_v2", "--max-params", "3M"], "takes no α"),
        (["inception_v3", "--max-params", "3M", "--resolution", "20"], "than its padded input"),
        (["missing", "--max-params", "3M"], "no such file"),
    ],
)  # fmt: skip
def test_refusals(arguments: list[str], message: str) -> None:
    assert message in complaint("fit", *arguments)
