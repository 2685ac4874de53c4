"""Verdicts: inclusive limits, exact comparison, growth, layers by pattern, and who is to blame."""

from __future__ import annotations

import pytest

from dscalc.analysis.budget import (
    Allowance,
    Budget,
    Check,
    Limit,
    Percent,
    Status,
    checks_anything,
    verdict,
)
from dscalc.analysis.figures import read_limits
from dscalc.analysis.judging import judge
from dscalc.analysis.terms import Terms
from dscalc.analysis.versions import Totals, Version
from dscalc.check.outcomes import Findings, Outcome
from dscalc.errors import DscalcError
from dscalc.language.budget_file import read_config
from dscalc.language.files import load
from dscalc.law.network import measure
from dscalc.quantities import quantity
from dscalc.render.sentences import finding, percent, reasons, summary
from tests.scratch import FIRST_LINE, TINY, WIDER, as_version, config, network, report

HEAD = report(network("conv: {n: 4}"))  # 108 parameters, 6,912 mult-adds
MOBILE = report(
    network(
        "conv: {n: 8}",
        "{name: block1, sequence: [{name: dw, depthwise: {}}, {name: pw, pointwise: {n: 16}}]}",
        "{name: block2, sequence: [{name: dw, depthwise: {}}, {name: pw, pointwise: {n: 16}}]}",
        "separable: {n: 32}",
    )
)


def budget(text: str) -> Budget:
    """The budget of an entry, written as in a file."""
    (entry,) = read_config(config(f"{{file: nets/tiny.yaml, {text}}}"), "dscalc.yaml").entries
    return entry.budget


def grown(base: int, text: str) -> Check:
    """The check of 108 parameters against a base and an allowance."""
    asked = budget(f"growth: {{params: {text}}}")
    (check,) = judge(HEAD, asked, "tiny", Version("tiny", Totals(base, 0), ()))
    return check


# ---------------------------------------------------------------- limits


@pytest.mark.parametrize(
    ("text", "status", "limit"),
    [
        ("108", "pass", 108),
        ("107", "fail", 107),
        ("109", "pass", 109),
        ("0.108k", "pass", 108),
        ("0.1079k", "fail", 107),
        ("0.1080k", "pass", 108),
        ("0.1089k", "pass", 108),
        ("{max: 108, warn: 108}", "pass", 108),
        ("{max: 108, warn: 107}", "warn", 107),
        ("{max: 108, warn: 0.1079k}", "warn", 107),
        ("{max: 107, warn: 100}", "fail", 107),
        ("{warn: 107}", "warn", 107),
        ("{warn: 108}", "pass", 108),
        ("1T", "pass", 10**12),
    ],
)
def test_limits_are_inclusive_and_exact(text: str, status: Status, limit: int) -> None:
    (check,) = judge(HEAD, budget(f"budget: {{params: {text}}}"), "tiny")
    assert (check.status, check.limit, check.actual) == (status, limit, 108)
    assert check.excess == 108 - limit
    assert (check.base, check.delta) == (None, None)


def test_numbers_beyond_a_double_compare_exactly() -> None:
    side = 10**11 + 1
    large = report(f"input: [{side}, 1]\nlayers:\n  - conv: {{n: 1000000, k: 1}}\n")
    exact = side * 10**6
    for limit, status in ((exact, "pass"), (exact - 1, "fail")):
        (check,) = judge(large, Budget({"mult_adds": Limit(quantity(limit))}, {}), "large")
        assert (check.actual, check.status) == (exact, status)


def test_every_metric_of_a_budget_is_a_check() -> None:
    checks = judge(HEAD, budget("budget: {params: 200, mult_adds: 6k}"), "tiny · α 0.5")
    assert [(check.id, check.status) for check in checks] == [
        ("tiny · α 0.5:network:params:max", "pass"),
        ("tiny · α 0.5:network:mult_adds:max", "fail"),
    ]
    assert verdict(checks) == "fail"


@pytest.mark.parametrize(
    ("count", "actual"), [("weights", 108), ("trainable", 116), ("total", 124)]
)
def test_the_count_decides_which_parameters(count: str, actual: int) -> None:
    text = f"count: {count}, budget: {{params: {actual}}}"
    (entry,) = read_config(config(f"{{file: x, {text}}}"), "dscalc.yaml").entries
    normed = report(network("conv: {n: 4, norm: batch}"))
    (check,) = judge(normed, entry.budget, "x", terms=entry.terms)
    assert (check.actual, check.status) == (actual, "pass")


@pytest.mark.parametrize(
    ("statuses", "worst"),
    [
        ((), "pass"),
        (("pass", "pass"), "pass"),
        (("pass", "warn"), "warn"),
        (("warn", "fail", "pass"), "fail"),
    ],
)
def test_the_verdict_is_the_worst_status(statuses: tuple[Status, ...], worst: Status) -> None:
    checks = [Check("n", "network", "params", "max", 1, 1, None, s, "f", None) for s in statuses]
    assert verdict(checks) == worst


# ---------------------------------------------------------------- growth


@pytest.mark.parametrize(
    ("base", "text", "status", "limit"),
    [
        (108, "0", "pass", 0),
        (107, "0", "fail", 0),
        (109, "0", "pass", 0),
        (100, "8", "pass", 8),
        (100, "7", "fail", 7),
        (100, "0.0079k", "fail", 7),
        (100, "0.01k", "pass", 10),
        (100, "8%", "pass", 8),
        (100, "7.99%", "fail", 7),
        (100, "7.999999999999999999%", "fail", 7),
        (105, "2.9%", "pass", 3),
        (105, "2.857142857142857142%", "fail", 2),
        (105, "2.857142857142857143%", "pass", 3),
        (0, "50%", "fail", 0),
        (100, "{max: 10, warn: 7}", "warn", 7),
        (100, "{max: 10%, warn: 8%}", "pass", 10),
        (100, "{max: 10, warn: 5%}", "warn", 5),
        (100, "{warn: 5%}", "warn", 5),
        (100, "{max: 0, ignore_below: 9}", "pass", 0),
        (100, "{max: 0, ignore_below: 8}", "fail", 0),
        (100, "{max: 0, ignore_below: 0.0085k}", "pass", 0),
        (100, "{max: 0%, warn: 0, ignore_below: 10k}", "pass", 0),
        (200, "1%", "pass", 2),
    ],
)
def test_growth(base: int, text: str, status: Status, limit: int) -> None:
    check = grown(base, text)
    assert (check.status, check.limit, check.base) == (status, limit, base)
    assert check.delta == check.value == 108 - base
    assert check.id == "tiny:network:params:growth"


def test_growth_is_not_asked_without_a_base_version() -> None:
    asked = budget("budget: {params: 1k}, growth: {params: 0, mult_adds: 0}")
    assert [check.kind for check in judge(HEAD, asked, "tiny")] == ["max"]
    against = judge(HEAD, asked, "tiny", as_version(TINY))
    assert [(c.kind, c.metric, c.base, c.delta) for c in against] == [
        ("max", "params", 396, -288),
        ("growth", "params", 396, -288),
        ("growth", "mult_adds", 25_344, -18_432),
    ]


# ---------------------------------------------------------------- layers by pattern


@pytest.mark.parametrize(
    ("match", "names"),
    [
        ("block1.dw", ["block1.dw"]),
        ("block*.dw", ["block1.dw", "block2.dw"]),
        ("block?.*w", ["block1.dw", "block1.pw", "block2.dw", "block2.pw"]),
        ("block[!1].*", ["block2.dw", "block2.pw"]),
        ("separable*", ["separable4", "separable4.depthwise", "separable4.pointwise"]),
        ("*.depthwise", ["separable4.depthwise"]),
        ("*", ["conv1", "block1.dw", "block1.pw", "block2.dw", "block2.pw",
               "separable4", "separable4.depthwise", "separable4.pointwise"]),
    ],
)  # fmt: skip
def test_a_pattern_meets_layers_and_their_parts(match: str, names: list[str]) -> None:
    checks = judge(MOBILE, budget(f"layers: [{{match: '{match}', params: 1M}}]"), "m")
    assert [check.scope for check in checks] == names


def test_every_layer_that_matches_is_held_to_the_limit_at_its_own_line() -> None:
    asked = budget("layers: [{match: '*w', mult_adds: {max: 8k, warn: 4k}, params: 144}]")
    checks = judge(MOBILE, asked, "m")
    assert [(c.id, c.actual, c.status, c.line) for c in checks] == [
        ("m:block1.dw:params:max:*w", 72, "pass", FIRST_LINE + 1),
        ("m:block1.dw:mult_adds:max:*w", 4_608, "warn", FIRST_LINE + 1),
        ("m:block1.pw:params:max:*w", 128, "pass", FIRST_LINE + 1),
        ("m:block1.pw:mult_adds:max:*w", 8_192, "fail", FIRST_LINE + 1),
        ("m:block2.dw:params:max:*w", 144, "pass", FIRST_LINE + 2),
        ("m:block2.dw:mult_adds:max:*w", 9_216, "fail", FIRST_LINE + 2),
        ("m:block2.pw:params:max:*w", 256, "fail", FIRST_LINE + 2),
        ("m:block2.pw:mult_adds:max:*w", 16_384, "fail", FIRST_LINE + 2),
    ]


def test_a_part_of_a_layer_has_the_line_of_the_layer() -> None:
    (check,) = judge(MOBILE, budget("layers: [{match: '*.depthwise', params: 1}]"), "m")
    assert (check.scope, check.line) == ("separable4.depthwise", FIRST_LINE + 3)


@pytest.mark.parametrize("match", ["dw", "Block1.dw", "block1", "block3.*", "conv"])
def test_a_pattern_that_meets_no_layer_is_an_error_at_its_place(match: str) -> None:
    asked = budget(f"layers: [{{match: '{match}', params: 1M}}]")
    with pytest.raises(DscalcError) as raised:
        judge(MOBILE, asked, "m")
    (problem,) = raised.value.problems
    assert problem.message == f"'{match}' matches no layer of m"
    assert problem.place is not None
    assert (problem.place.file, problem.place.line) == ("dscalc.yaml", 3)
    assert problem.place.text[problem.place.column - 1 :].startswith(f"'{match}'")


# ---------------------------------------------------------------- who took the money


def test_a_failure_names_the_heaviest_layers() -> None:
    (check,) = judge(MOBILE, budget("budget: {mult_adds: 1k}"), "m")
    assert [tuple(culprit) for culprit in check.culprits] == [
        ("separable4", 41_984, FIRST_LINE + 3),
        ("block2.pw", 16_384, FIRST_LINE + 2),
        ("conv1", 13_824, FIRST_LINE),
    ]
    assert check.line == FIRST_LINE + 3
    assert reasons(check)[0].startswith(f"weigh most: separable4 (line {FIRST_LINE + 3}) ")


def test_against_a_base_a_failure_names_the_layers_that_grew() -> None:
    asked = budget("budget: {params: 500}, growth: {params: 0}")
    head = report(WIDER)
    absolute, growth = judge(head, asked, "tiny", as_version(TINY))
    for check in (absolute, growth):
        assert [tuple(culprit) for culprit in check.culprits] == [("conv2", 288, FIRST_LINE + 1)]
        assert check.line == FIRST_LINE + 1
        assert reasons(check)[0] == f"grew most: conv2 (line {FIRST_LINE + 1}) 288"


def test_a_failure_that_did_not_grow_names_the_heaviest_layers() -> None:
    """Even where one of its layers did."""
    smaller = report(network("conv: {n: 5}", "conv: {n: 8}"))
    for head in (report(TINY), smaller):
        (check,) = judge(head, budget("budget: {params: 300}"), "tiny", as_version(WIDER))
        assert [culprit.name for culprit in check.culprits] == ["conv2", "conv1"]
        assert reasons(check)[0].startswith("weigh most: conv2 ")


# ---------------------------------------------------------------- what is said


@pytest.mark.parametrize(
    ("base", "asked", "said"),
    [
        (None, "budget: {params: 108}", "108 parameters, within 108"),
        (None, "budget: {params: 100}", "108 parameters, 8 (8.00 %) over the limit of 100"),
        (
            None,
            "budget: {params: {max: 200, warn: 107}}",
            "108 parameters, 1 (0.93 %) over the warning mark of 107",
        ),
        (
            None,
            "budget: {mult_adds: 6_000}",
            "6,912 mult-adds, 912 (15.20 %) over the limit of 6,000",
        ),
        (108, "growth: {params: 0}", "parameters from 108 to 108, +0"),
        (200, "growth: {params: 0}", "parameters from 200 to 108, -92 (-46.00 %)"),
        (
            100,
            "growth: {params: 5%}",
            "parameters from 100 to 108, +8 (8.00 %), 3 (60.00 %) over the growth of 5 "
            "that is allowed",
        ),
        (
            100,
            "growth: {params: 0}",
            "parameters from 100 to 108, +8 (8.00 %), 8 over the growth of 0 that is allowed",
        ),
        (
            0,
            "growth: {params: 0}",
            "parameters from 0 to 108, +108, 108 over the growth of 0 that is allowed",
        ),
        (
            100,
            "growth: {params: {max: 0, ignore_below: 9}}",
            "parameters from 100 to 108, +8 (8.00 %)",
        ),
    ],
)
def test_a_finding_in_words(base: int | None, asked: str, said: str) -> None:
    before = None if base is None else Version("tiny", Totals(base, 0), ())
    (check,) = judge(HEAD, budget(asked), "tiny", before)
    assert finding(check) == said


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (0, 100, "0.00 %"),
        (1, 3, "33.33 %"),
        (1, 10_000, "0.01 %"),
        (1, 4_000_000, "0.00003 %"),
        (-1, 4_000_000, "-0.00003 %"),
        (1, 10**12, "0.0000000001 %"),
        (1, 10**20, "0.000000000000000001 %"),
        (3, 2, "150.00 %"),
        (10**9, 1, "100,000,000,000.00 %"),
    ],
)
def test_a_share_is_never_rounded_to_nothing(part: int, whole: int, said: str) -> None:
    assert percent(part, whole) == said


@pytest.mark.parametrize("over", [1, 49, 499, 999_999])
def test_a_value_and_its_limit_never_print_alike(over: int) -> None:
    limit = 10**12 - over
    side = 10**12
    large = report(f"input: [{side}, 1]\nlayers:\n  - conv: {{n: 1, k: 1}}\n")
    (check,) = judge(large, Budget({"mult_adds": Limit(quantity(limit))}, {}), "large")
    said = finding(check)
    assert f"{side:,} mult-adds" in said
    assert f"limit of {limit:,}" in said
    assert f"{over:,} (" in said
    assert "(0.00 %)" not in said


def test_the_budget_and_its_message_are_told() -> None:
    asked = budget("budget: {params: 1}, message: Raise it only with a new latency run.")
    (check,) = judge(HEAD, asked, "tiny")
    assert reasons(check) == [
        f"weigh most: conv1 (line {FIRST_LINE}) 108",
        "budget: dscalc.yaml:3",
        "Raise it only with a new latency run.",
    ]


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        ([["pass"]], "1 network within budget: 1 check passes."),
        ([["pass", "pass"], ["pass"]], "2 networks within budget: 3 checks pass."),
        ([["fail"]], "1 of 1 network over budget: 1 of 1 checks fail."),
        ([["fail", "warn"], ["pass"]], "1 of 2 networks over budget: 1 of 3 checks fail."),
        ([["warn"], ["pass"]], "1 of 2 networks above a warning mark: 1 of 2 checks warn."),
    ],
)
def test_the_verdict_in_one_sentence(statuses: list[list[Status]], said: str) -> None:
    (entry,) = read_config(config("{file: x, budget: {params: 1}}"), "dscalc.yaml").entries
    outcomes = [
        Outcome(
            entry,
            tuple(
                Check("x", "network", "params", "max", 1, 1, None, status, "x", None)
                for status in found
            ),
            None,
            compared=False,
            unasked=False,
        )
        for found in statuses
    ]
    assert summary(Findings(tuple(outcomes))) == said


# ---------------------------------------------------------------- budgets that ask nothing, flags


@pytest.mark.parametrize(
    ("asked", "anything"),
    [
        (Budget({}, {}), False),
        (Budget({}, {}, message="x"), False),
        (Budget({"params": Limit(quantity(1))}, {}), True),
        (Budget({}, {"params": Allowance(Percent(1, "1%"))}), True),
        (budget("layers: [{match: x, params: 1}]"), True),
    ],
)
def test_whether_a_budget_asks_anything(asked: Budget, anything: bool) -> None:
    assert checks_anything(asked) is anything


# ---------------------------------------------------------------- memory and size


@pytest.mark.parametrize(
    ("limits", "terms", "actual", "status", "at"),
    [
        # MobileNet's widest pair of maps is 112×112×32 beside 112×112×64: 1,204,224 elements.
        ({"memory": "4704KiB"}, Terms(), 4_816_896, "pass", "separable2.pointwise"),
        ({"memory": "4816895B"}, Terms(), 4_816_896, "fail", "separable2.pointwise"),
        ({"memory": "1.2MB"}, Terms(dtype="int8"), 1_204_224, "fail", "separable2.pointwise"),
        ({"size": "16927904B"}, Terms(), 4 * 4_231_976, "pass", "separable14"),
        ({"size": "4MiB"}, Terms(weight_dtype="int8"), 4_231_976, "fail", "separable14"),
        ({"size": "2.1MB"}, Terms(dtype="int4"), 2_115_988, "fail", "separable14"),
    ],
)  # fmt: skip
def test_limits_in_bytes(
    limits: dict[str, str], terms: Terms, actual: int, status: str, at: str
) -> None:
    asked = Budget({key: Limit(most) for key, most in read_limits(limits).items()}, {})
    (check,) = judge(measure(load("mobilenet")), asked, "m", terms=terms)
    assert (check.actual, check.status, check.culprits[0].name) == (actual, status, at)
    assert check.base is None
    assert check.line is not None


def test_a_limit_in_bytes_stands_beside_the_others() -> None:
    asked = budget("budget: {params: 1M, memory: {max: 2MiB, warn: 1MiB}, size: 4MB}")
    assert [check.metric for check in judge(HEAD, asked, "tiny")] == ["params", "memory", "size"]
