"""Budget files: every key read, every mistake refused at its place."""

from __future__ import annotations

import pytest

from dscalc.analysis.budget import Allowance, Budget, LayerRule, Limit, Percent
from dscalc.analysis.terms import Terms
from dscalc.errors import LONGEST_MESSAGE, DscalcError
from dscalc.language.budget_file import Entry, read_config
from dscalc.language.network_file import read_network
from dscalc.law.setting import Setting
from dscalc.quantities import quantity
from tests.scratch import TINY, config, network

FILE = "dscalc.yaml"
FULL = """\
version: 1
networks:
  - file: nets/detector.yaml          # or a shipped name
    alpha: 0.75
    resolution: 192
    budget:
      mult_adds: {max: 320M, warn: 300M}
      params: 3.6M
    growth:                           # against the base version
      mult_adds: 0
      params: {max: 1%, ignore_below: 10k}
    layers:
      - match: "block*.dw"
        mult_adds: 8M
    message: "Raise it only with a new latency run."
  - {file: mobilenet, count: weights, rho: 0.5, budget: {params: 4_253_864}}
"""


def problems(text: str) -> list[tuple[str, str]]:
    """What is wrong with a budget file: the text at each place, and what is said of it."""
    with pytest.raises(DscalcError) as raised:
        read_config(text, FILE)
    found = []
    for problem in raised.value.problems:
        place = problem.place
        assert place is not None
        assert place.file == FILE
        assert place.text == [*text.splitlines(), ""][place.line - 1]
        start = place.column - 1
        found.append((place.text[start : start + place.width], problem.message))
    return found


def entry(text: str) -> str:
    """A budget file with one entry, the mapping that `text` is in."""
    return config(f"{{file: mobilenet, {text}}}")


# ---------------------------------------------------------------- what can be said


def test_everything_that_can_be_said() -> None:
    detector, mobilenet = read_config(FULL, FILE).entries
    assert detector.file == "nets/detector.yaml"
    assert detector.setting == Setting(0.75, resolution=192)
    assert _placeless(detector.budget) == Budget(
        limits={
            "params": Limit(quantity("3.6M")),
            "mult_adds": Limit(quantity("320M"), quantity("300M")),
        },
        growth={
            "params": Allowance(Percent(1, "1%"), ignore_below=quantity("10k")),
            "mult_adds": Allowance(quantity("0")),
        },
        layers=(LayerRule("block*.dw", {"mult_adds": Limit(quantity("8M"))}),),
        message="Raise it only with a new latency run.",
    )
    assert mobilenet.file == "mobilenet"
    assert (mobilenet.setting, mobilenet.terms) == (Setting(rho=0.5), Terms("weights"))
    assert mobilenet.budget.limits["params"].max == quantity("4_253_864")


def _placeless(budget: Budget) -> Budget:
    return Budget(
        {metric: limit._replace(place=None) for metric, limit in budget.limits.items()},
        {metric: allowance._replace(place=None) for metric, allowance in budget.growth.items()},
        tuple(
            LayerRule(
                rule.match,
                {metric: limit._replace(place=None) for metric, limit in rule.limits.items()},
            )
            for rule in budget.layers
        ),
        budget.message,
    )


def test_every_part_knows_its_line() -> None:
    detector, mobilenet = read_config(FULL, FILE).entries
    budget = detector.budget
    places = [limit.place for limit in budget.limits.values()]
    places += [allowance.place for allowance in budget.growth.values()]
    places += [rule.place for rule in budget.layers]
    places += [limit.place for limit in budget.layers[0].limits.values()]
    assert [place.line for place in places if place] == [8, 7, 11, 10, 13, 14]
    assert [e.place.line for e in (detector, mobilenet) if e.place] == [3, 16]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("", "mobilenet"),
        ("alpha: 1, rho: 1.0", "mobilenet"),
        ("alpha: 0.75", "mobilenet · α 0.75"),
        ("alpha: 2", "mobilenet · α 2"),
        ("alpha: 2.0", "mobilenet · α 2"),
        ("alpha: 0.3333333333", "mobilenet · α 0.3333333333"),
        ("rho: 0.5", "mobilenet · ρ 0.5"),
        ("resolution: 160", "mobilenet · 160"),
        ("resolution: [160, 128]", "mobilenet · 160×128"),
        ("count: total", "mobilenet · count total"),
        ("alpha: 0.5, resolution: 160, count: weights", "mobilenet · α 0.5 · 160 · count weights"),
    ],
)
def test_a_label_tells_what_sets_an_entry_apart(text: str, label: str) -> None:
    (found,) = read_config(
        entry(f"budget: {{params: 1}}{', ' if text else ''}{text}"), FILE
    ).entries
    assert found.label == label


def test_a_label_is_the_name_of_the_budget_file_wherever_it_is_seen_from() -> None:
    (found,) = read_config(config("{file: nets/a.yaml, budget: {params: 1}}"), FILE).entries
    assert found._replace(file="../nets/a.yaml").label == "nets/a.yaml"
    assert Entry("../nets/a.yaml").label == "../nets/a.yaml"


# ---------------------------------------------------------------- a network's own budget


OWN = TINY + "budget: {params: {max: 400, warn: 300}, growth: {params: 1%}, message: Hold it.}\n"


def test_a_network_may_hold_its_own_budget() -> None:
    budget = read_network(OWN, "tiny.yaml").budget
    assert budget is not None
    assert _placeless(budget) == Budget(
        {"params": Limit(quantity("400"), quantity("300"))},
        {"params": Allowance(Percent(1, "1%"))},
        message="Hold it.",
    )
    place = budget.limits["params"].place
    assert place is not None
    assert (place.file, place.line) == ("tiny.yaml", 6)


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ("budget: {}", "tiny.yaml:5:9: holds no check: say budget, growth or layers"),
        ("budget: {message: x}", "tiny.yaml:5:9: holds no check: say budget, growth or layers"),
        ("budget: 4M", "tiny.yaml:5:9: budget must be a mapping"),
        ("budget:", "tiny.yaml:5:8: budget must be a mapping"),
        ("budget: {latency: 1}", "tiny.yaml:5:10: unknown key 'latency' in a budget"),
        ("budget: {params: 4.2m}", "tiny.yaml:5:18: must be a count"),
        ("budget: {memory: 2000000}", "tiny.yaml:5:18: must be a size such as 600kB"),
        ("budget: {memory: 2MiB, size: 4 mb}", "tiny.yaml:5:30: must be a size such as 600kB"),
        ("budget: {size: 0B}", "tiny.yaml:5:16: max must be at least 1"),
        ("budget: {size: {max: 1MB, warn: 1MiB}}", "tiny.yaml:5:16: warn 1MiB is above max 1MB"),
        ("budget: {params: 1, growth: {memory: 1M}}", "must be a size such as 600kB"),
        ("budget: {max: 4M}", "tiny.yaml:5:10: unknown key 'max' in a budget"),
    ],
)
def test_a_network_with_a_bad_budget_is_refused(budget: str, said: str) -> None:
    with pytest.raises(DscalcError) as raised:
        read_network(network("conv: {n: 4}") + budget + "\n", "tiny.yaml")
    assert said in str(raised.value)


# ---------------------------------------------------------------- mistakes


COUNT = "must be a count such as 4200000, 4.2M or 1.5G, not"
NO_CHECK = "holds no check: say budget, growth or layers"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # the file
        ("[]", [("[", "a budget file is a mapping with version and networks")]),
        ("word", [("word", "a budget file is a mapping with version and networks")]),
        ("", [("", "the file is empty")]),
        ("version: 1", [("v", "networks must be a list, and holds no check")]),
        ("version: 1\nnetworks:", [("", "networks must be a list, and holds no check")]),
        ("version: 1\nnetworks: []", [("[", "networks must be a list, and holds no check")]),
        ("version: 1\nnetworks: {a: b}", [("{", "networks must be a list, and holds no check")]),
        ("version: 1\nnetworks: [x]", [("x", "an entry is a mapping with file and budget")]),
        (FULL.replace("version: 1\n", ""), [("n", "version must be 1")]),
        (FULL.replace("version: 1", "version: 2"), [("2", "version must be 1")]),
        (FULL.replace("version: 1", 'version: "1"'), [('"1"', "version must be 1")]),
        (FULL.replace("version: 1", "version: true"), [("true", "version must be 1")]),
        (FULL.replace("version: 1", "version: 1.0"), [("1.0", "version must be 1")]),
        (FULL.replace("version: 1", "version: [1]"), [("[", "version must be 1")]),
        (f"{FULL}budget: 3", [("budget", "unknown key 'budget' in a budget file")]),
        (f"{FULL}version: 1", [("version", "a second 'version'; the first is on line 1")]),
        (f"{FULL}---\nversion: 1", [("-", "a second document; one file holds one")]),
        # an entry
        (config("{budget: {params: 1}}"), [("{", "'file' is missing")]),
        (config("{file: 3, budget: {params: 1}}"), [("3", "'file' must be text")]),
        (config("{file: '', budget: {params: 1}}"), [("''", "'file' must be text")]),
        (config("{file: '-', budget: {params: 1}}"),
         [("'-'", "'file' must be a path or a shipped network")]),
        (config("{file: a}"), [("{", NO_CHECK)]),
        (config("{file: a, budget: {}}"), [("{", NO_CHECK)]),
        (config("{file: a, growth: {}}"), [("{", NO_CHECK)]),
        (config("{file: a, layers: []}"), [("{", NO_CHECK)]),
        (config("{file: a, message: x}"), [("{", NO_CHECK)]),
        (config("{file: a, budget: {params: 1}}", "{file: a, budget: {params: 2}}"),
         [("{", "a second entry of a")]),
        (entry("budgets: {params: 1}, growth: {params: 0}"),
         [("budgets", "unknown key 'budgets' in an entry; did you mean 'budget'?")]),
        (entry("budget: {params: 1}, file: b"),
         [("file", "a second 'file'; the first is on line 3")]),
        (entry("budget: {params: 1}, alpha: wide"),
         [("wide", "alpha must be a number, not 'wide'")]),
        (entry("budget: {params: 1}, alpha: -1"),
         [("-1", "alpha must be a positive number, not -1")]),
        (entry("budget: {params: 1}, resolution: 0"),
         [("0", "resolution must be at least 1, not 0")]),
        (entry("budget: {params: 1}, count: all"),
         [("all", "count must be weights, trainable, total or folded, not 'all'")]),
        (entry("budget: {params: 1}, message: 5"), [("5", "'message' must be text")]),
        (entry(f"budget: {{params: 1}}, message: {'x' * (LONGEST_MESSAGE + 1)}"),
         [("x" * (LONGEST_MESSAGE + 1), f"message must be at most {LONGEST_MESSAGE} characters")]),
        # limits
        (entry("budget: 4M"), [("4M", "budget must be a mapping of params and mult_adds")]),
        (entry("budget: {latency: 1}"), [("latency", "unknown key 'latency' in budget")]),
        (entry("budget: {mult_add: 1}"),
         [("mult_add", "unknown key 'mult_add' in budget; did you mean 'mult_adds'?")]),
        (entry("budget: {params: 1, params: 2}"),
         [("params", "a second 'params'; the first is on line 3")]),
        (entry("budget: {params: 4.2m}"), [("4.2m", f"{COUNT} '4.2m'; did you mean '4.2M'?")]),
        (entry("budget: {params: 600 MB}"), [("600 MB", f"{COUNT} '600 MB'")]),
        (entry("budget: {params: -1}"), [("-1", f"{COUNT} '-1'")]),
        (entry("budget: {params: 0}"), [("0", "max must be at least 1")]),
        (entry("budget: {params: 0.0M}"), [("0.0M", "max must be at least 1")]),
        (entry("budget: {params: {max: 0}}"), [("0", "max must be at least 1")]),
        (entry("budget: {params: {max: 5, warn: 0}}"), [("0", "warn must be at least 1")]),
        (entry("budget: {params: 4e6}"), [("4e6", f"{COUNT} '4e6'")]),
        (entry("budget: {params: 0x10}"), [("0x10", f"{COUNT} '0x10'")]),
        (entry("budget: {params: .inf}"), [(".inf", f"{COUNT} '.inf'")]),
        (entry("budget: {params: true}"), [("true", f"{COUNT} 'true'")]),
        (entry("budget: {params: null}"), [("null", f"{COUNT} 'null'")]),
        (entry("budget: {params: 1%}"), [("1%", f"{COUNT} '1%'")]),
        (entry("budget: {params: [1, 2]}"), [("[", f"{COUNT} '[1, 2]'")]),
        (entry("budget: {params: {}}"), [("{", "a limit says max or warn")]),
        (entry("budget: {params: {most: 1}}"),
         [("{", "a limit says max or warn"), ("most", "unknown key 'most' in a limit")]),
        (entry("budget: {params: {max: 1M, warn: 2M}}"), [("{", "warn 2M is above max 1M")]),
        (entry("budget: {params: {max: 999999, warn: 1M}}"),
         [("{", "warn 1M is above max 999999")]),
        (entry("budget: {params: {max: 1M, ignore_below: 2}}"),
         [("ignore_below", "unknown key 'ignore_below' in a limit")]),
        # growth
        (entry("growth: 0"), [("0", "growth must be a mapping of params and mult_adds")]),
        (entry("growth: {flop: 0}"),
         [("flop", "unknown key 'flop' in growth; did you mean 'flops'?")]),
        (entry("growth: {size: 1}"),
         [("1", "must be a size such as 600kB, 1.5MB or 2MiB, not '1'; "
                "it needs one of the units B, kB, MB, GB, KiB, MiB, GiB")]),
        (entry("growth: {params: -1}"), [("-1", f"{COUNT} '-1'")]),
        (entry("growth: {params: -1%}"), [("-1%", f"{COUNT} '-1%'")]),
        (entry("growth: {params: 1 %}"), [("1 %", f"{COUNT} '1 %'")]),
        (entry("growth: {params: {ignore_below: 1}}"), [("{", "a limit says max or warn")]),
        (entry("growth: {params: {max: 0, ignore_below: 1%}}"),
         [("1%", "ignore_below must be a count, not a percentage")]),
        (entry("growth: {params: {max: 1%, warn: 1.5%}}"), [("{", "warn 1.5% is above max 1%")]),
        # layers
        (entry("layers: {match: x}"), [("{", "layers must be a list of match and limits")]),
        (entry("layers: [x]"), [("x", "must be a mapping with match and a limit")]),
        (entry("layers: [{params: 1}]"), [("{", "match is missing")]),
        (entry("layers: [{match: x}]"), [("{", "a limit is missing")]),
        (entry("layers: [{match: 3, params: 1}]"), [("3", "'match' must be text")]),
        (entry("layers: [{match: x, params: 0}]"), [("0", "max must be at least 1")]),
        (entry("layers: [{match: x, param: 1, params: 2}]"),
         [("param", "unknown key 'param' in layers; did you mean 'params'?")]),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_place(text: str, found: list[tuple[str, str]]) -> None:
    assert problems(text) == found


def test_all_mistakes_of_a_file_are_told_at_once_in_its_order() -> None:
    text = (
        "version: 3\n"
        "networks:\n"
        "  - file: a\n"
        "    budget: {params: 4.2m, mult_adds: {max: 0, warn: 600 MB}}\n"
        "    growth: {params: x}\n"
        "    layers: [{match: x}]\n"
        "  - {budget: {params: 1}}\n"
    )
    assert [place for place, _ in problems(text)] == ["3", "4.2m", "0", "600 MB", "x", "{", "{"]


def test_a_mistake_is_shown_with_its_line() -> None:
    with pytest.raises(DscalcError) as raised:
        read_config(entry("budget: {params: 4.2m}"), FILE)
    assert str(raised.value) == (
        "dscalc.yaml:3:40: must be a count such as 4200000, 4.2M or 1.5G, not '4.2m'; "
        "did you mean '4.2M'?\n"
        "    3 |   - {file: mobilenet, budget: {params: 4.2m}}\n"
        "      |                                        ^^^^"
    )
