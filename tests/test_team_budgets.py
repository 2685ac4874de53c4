"""Budgets that a team can live with: patterns, optional files, several budget files, growth as the
base allowed it, and networks that are over and come down step by step, in real repositories."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dscalc.check.patterns import files_like, matches
from tests.commands import Result, call
from tests.scratch import TINY, WIDER, Repository, config, network

NET = "nets/tiny.yaml"
CONFIG = "dscalc.yaml"
SMALLER = network("conv: {n: 4}", "conv: {n: 5}")
"""108 + 180 = 288 parameters; TINY has 396, WIDER 684."""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    made = Repository(tmp_path_factory.mktemp("team") / "repo")
    made.commit({"README": "networks"})
    return made


def check(code: int, *arguments: str) -> Result:
    result = call("check", *arguments)
    assert result.code == code, result
    return result


def document(code: int, *arguments: str) -> dict[str, Any]:
    return dict(json.loads(check(code, *arguments, "--format", "json").out))


def notices(code: int, *arguments: str) -> list[str]:
    return [notice["message"] for notice in document(code, *arguments)["notices"]]


# ---------------------------------------------------------------- growth of every figure

GROWTH = {
    "params": 288,
    "mult_adds": 288 * 64,
    "flops": 2 * 288 * 64,
    "size": 4 * 288,
    "memory": 64 * (4 + 16) * 4 - 64 * (4 + 8) * 4,
}
"""By how much WIDER is above TINY: 8·4·9 more weights, used at 64 positions; 8 more maps."""


@pytest.mark.parametrize("metric", GROWTH)
@pytest.mark.parametrize(("more", "code"), [(0, 0), (-1, 1)])
def test_growth_of_every_figure_is_held(
    repo: Repository, metric: str, more: int, code: int
) -> None:
    allowed = GROWTH[metric] + more
    unit = "B" if metric in ("size", "memory") else ""
    repo.commit(
        {NET: TINY, CONFIG: config(f"{{file: {NET}, growth: {{{metric}: {allowed}{unit}}}}}")}
    )
    repo.write({NET: WIDER})
    (found,) = document(code, "--against", "HEAD")["checks"]
    assert (found["delta"], found["limit"]) == (GROWTH[metric], allowed)
    said = check(code, "--against", "HEAD").out
    assert code == 0 or (f"grew most: conv2 (line 5) {GROWTH[metric]:,}" in said) == (
        metric != "memory"
    )


@pytest.mark.parametrize("metric", GROWTH)
@pytest.mark.parametrize("allowed", ["0", "0%"])
def test_no_growth_needs_no_unit(repo: Repository, metric: str, allowed: str) -> None:
    repo.commit({NET: TINY, CONFIG: config(f"{{file: {NET}, growth: {{{metric}: {allowed}}}}}")})
    check(0, "--against", "HEAD")
    repo.write({NET: WIDER})
    check(1, "--against", "HEAD")


def test_growth_of_memory_against_a_report_in_the_types_that_are_asked(repo: Repository) -> None:
    repo.write({NET: TINY})
    report = call("net", NET, "--format", "json", "--dtype", "int8").out
    repo.write({
        NET: WIDER, "base.json": report,
        CONFIG: config(f"{{file: {NET}, dtype: float16, growth: {{memory: 0, size: 0}}}}"),
    })  # fmt: skip
    found = document(1, "--against", "base.json")["checks"]
    assert [(c["metric"], c["base"], c["actual"]) for c in found] == [
        ("memory", 64 * 12 * 2, 64 * 20 * 2), ("size", 396 * 2, 684 * 2)
    ]  # fmt: skip
    without = {k: v for k, v in json.loads(report).items() if k != "memory"}
    repo.write({"base.json": json.dumps(without)})
    said = check(2, "--against", "base.json").err
    assert "base.json does not say how many bytes of activations there were" in said


# ---------------------------------------------------------------- only what is worse fails

OVER = f"{{file: {NET}, budget: {{params: 300}}, only_worse: true}}"


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [(WIDER, 1, "fail"), (TINY, 0, "warn"), (SMALLER, 0, "pass")],
)
def test_what_is_over_and_no_worse_is_a_warning(
    repo: Repository, text: str, code: int, status: str
) -> None:
    repo.commit({NET: TINY, CONFIG: config(OVER)})
    repo.write({NET: text})
    assert document(code, "--against", "HEAD")["checks"][0]["status"] == status
    assert check(1 if text != SMALLER else 0, "--against", "HEAD", "--strict")
    asked = config(OVER.replace(", only_worse: true", ""))
    repo.write({CONFIG: asked})
    repo.git("add", "--all")
    check(1 if text != SMALLER else 0, "--against", "HEAD")
    check(code, "--against", "HEAD", "--only-worse")


def test_a_step_down_is_enough(repo: Repository) -> None:
    repo.commit({NET: WIDER, CONFIG: config(OVER)})
    repo.write({NET: TINY})
    said = check(0, "--against", "HEAD").out
    assert said.splitlines()[2:5] == [
        f"warn: {NET}: 396 parameters",
        "  96 (32.00 %) over the limit of 300, but no worse than it was (dscalc.yaml:3)",
        "  -288 since HEAD, where it was 684",
    ]


def test_without_a_base_only_worse_excuses_nothing(repo: Repository) -> None:
    repo.write({NET: TINY, CONFIG: config(OVER)})
    check(1)
    check(1, "--against", "HEAD")  # new
    assert "--only-worse needs to know what was" in check(2, "--only-worse").err


def test_each_layer_is_compared_with_what_it_was(repo: Repository) -> None:
    rule = f"{{file: {NET}, layers: [{{match: 'conv*', params: 200}}], only_worse: true}}"
    repo.commit({NET: TINY, CONFIG: config(rule)})
    assert [c["status"] for c in document(0, "--against", "HEAD")["checks"]] == ["pass", "warn"]
    repo.write({NET: network("conv: {n: 8}", "conv: {n: 8}")})
    assert [c["status"] for c in document(1, "--against", "HEAD")["checks"]] == ["fail", "fail"]


def test_a_network_s_own_budget_may_say_so(repo: Repository) -> None:
    repo.commit({NET: TINY + "budget: {params: 300, only_worse: true}\n"})
    check(0, NET, "--against", "HEAD")
    check(1, NET)


def test_to_turn_it_on_is_told_and_does_not_pass_under_strict(repo: Repository) -> None:
    repo.commit({NET: SMALLER, CONFIG: config(OVER.replace(", only_worse: true", ""))})
    repo.write({CONFIG: config(OVER)})
    assert "only_worse: what is over a limit" in notices(0, "--against", "HEAD")[0]
    check(1, "--against", "HEAD", "--strict")
    repo.write({CONFIG: config(OVER.replace("true", "true, accept: Step by step."))})
    check(0, "--against", "HEAD", "--strict")


# ---------------------------------------------------------------- growth as the base allowed it


def budgets(*entries: str, growth_from: bool = True) -> str:
    return config(*entries) + ("growth_from: base\n" if growth_from else "")


HELD = f"{{file: {NET}, growth: {{params: 0}}}}"
LOOSE = f"{{file: {NET}, growth: {{params: 1k}}}}"
ABSOLUTE = f"{{file: {NET}, budget: {{params: 1k}}}}"
OTHER = "{file: mobilenet, budget: {params: 5M}}"


@pytest.mark.parametrize(
    "now",
    [
        budgets(HELD), budgets(LOOSE), budgets(ABSOLUTE), budgets(OTHER),
        budgets(LOOSE, growth_from=False), budgets(OTHER, growth_from=False),
    ],
)  # fmt: skip
def test_a_change_cannot_raise_its_own_growth(repo: Repository, now: str) -> None:
    repo.commit({NET: TINY, CONFIG: budgets(HELD)})
    repo.write({NET: WIDER, CONFIG: now})
    found = [c for c in document(1, "--against", "HEAD")["checks"] if c["status"] == "fail"]
    assert [(c["network"], c["kind"], c["limit"]) for c in found] == [(NET, "growth", 0)]
    assert found[0]["budget"] == "HEAD:dscalc.yaml:3:45"
    told = notices(1, "--against", "HEAD")
    assert bool(told) == (now != budgets(HELD))
    assert any("growth_from: base taken away" in text for text in told) == (
        "growth_from" not in now
    )
    repo.write({NET: TINY})
    check(0, "--against", "HEAD")


def test_without_growth_from_the_change_s_own_file_counts(repo: Repository) -> None:
    repo.commit({NET: TINY, CONFIG: budgets(HELD, growth_from=False)})
    repo.write({NET: WIDER, CONFIG: budgets(LOOSE, growth_from=False)})
    check(0, "--against", "HEAD")
    repo.write({CONFIG: budgets(LOOSE)})
    check(1, "--against", "HEAD")


def test_the_growth_of_a_network_s_own_file_is_the_base_s_too(repo: Repository) -> None:
    own = "# It runs on the first board.\n" * 3 + "budget: {params: 1k, growth: {params: %s}}\n"
    repo.commit({NET: TINY + own % 0, CONFIG: budgets(ABSOLUTE)})
    for now in (own % "1k", "budget: {params: 1k}\n", ""):
        repo.write({NET: WIDER + now})
        check(1, "--against", "HEAD")
    repo.git("mv", NET, "nets/renamed.yaml")
    renamed = WIDER + own % "1k"
    repo.write({"nets/renamed.yaml": renamed, CONFIG: budgets(ABSOLUTE.replace("tiny", "renamed"))})
    repo.git("add", "--all")
    check(1, "--against", "HEAD")


def test_a_renamed_network_is_held_to_what_its_earlier_name_was(repo: Repository) -> None:
    repo.commit({NET: TINY, CONFIG: budgets(HELD)})
    repo.git("mv", NET, "nets/renamed.yaml")
    repo.commit({"nets/renamed.yaml": WIDER, CONFIG: budgets(LOOSE.replace("tiny", "renamed"))})
    check(1, "--against", "HEAD~1")


def test_what_the_base_does_not_have_is_held_to_what_is_said_now(repo: Repository) -> None:
    repo.commit({NET: TINY})
    repo.write({NET: WIDER, CONFIG: budgets(HELD)})
    check(1, "--against", "HEAD")
    repo.write({CONFIG: budgets(LOOSE)})
    check(0, "--against", "HEAD")


def test_a_network_taken_out_and_renamed_is_held_to_what_it_was(repo: Repository) -> None:
    old, other = (
        TINY + "# It runs on the first board.\n" * 3,
        "{file: b.yaml, budget: {params: 1k}}",
    )
    repo.commit({NET: old, "b.yaml": TINY, CONFIG: budgets(HELD, other)})
    repo.git("rm", "--quiet", NET)
    repo.write({"x.yaml": old.replace("n: 8", "n: 16"), "y.yaml": SMALLER, CONFIG: budgets(other)})
    assert f"no longer checked: {NET}" in notices(1, "--against", "HEAD")
    repo.write({"x.yaml": old.replace("n: 8", "n: 7")})
    check(0, "--against", "HEAD")


@pytest.mark.parametrize("text", ["growth_from: main\n", "growth_from: [base]\n"])
def test_growth_from_anything_else_is_refused(repo: Repository, text: str) -> None:
    repo.write({NET: TINY, CONFIG: config(HELD) + text})
    check(2)


# ---------------------------------------------------------------- patterns


@pytest.mark.parametrize(
    ("path", "pattern", "means"),
    [
        ("nets/a.yaml", "nets/*.yaml", True),
        ("nets/b/a.yaml", "nets/*.yaml", False),
        ("nets/b/a.yaml", "nets/*/*.yaml", True),
        ("nets/b/c/a.yaml", "nets/**/*.yaml", True),
        ("nets/a.yaml", "nets/**/*.yaml", True),
        ("nets/a.yaml", "**", True),
        ("nets/a.yaml", "./nets/?.yaml", True),
        ("nets/.a.yaml", "nets/*.yaml", False),
        ("nets/.a.yaml", "nets/.*.yaml", True),
        (".venv/a.yaml", "**/*.yaml", False),
        ("../nets/a.yaml", "../nets/[ab].yaml", True),
        ("nets/c.yaml", "nets/[!ab].yaml", True),
        ("nets/A.yaml", "nets/a*", False),
        ("nets", "nets/**", False),
    ],
)
def test_what_a_pattern_means(tmp_path: Path, path: str, pattern: str, means: bool) -> None:
    assert matches(path, pattern) is means
    file = tmp_path / "here" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(TINY, encoding="utf-8")
    found = files_like(pattern, tmp_path / "here")
    assert [name.removeprefix("./") for name in found] == ([path] if means else [])


def test_a_pattern_holds_every_file_that_it_means(repo: Repository) -> None:
    every = config("{file: 'nets/**/*.yaml', budget: {params: 500}, growth: {params: 0}}")
    repo.commit({NET: TINY, "nets/deep/b.yaml": SMALLER, "nets/.h.yaml": WIDER, CONFIG: every})
    names = {c["network"] for c in document(0)["checks"]}
    assert names == {NET, "nets/deep/b.yaml"}
    repo.write({"nets/c.yaml": WIDER})
    found = document(1, "--against", "HEAD")
    assert [c["network"] for c in found["checks"] if c["status"] == "fail"] == ["nets/c.yaml"]
    repo.write({"nets/c.yaml": SMALLER, "nets/deep/b.yaml": TINY})
    found = document(1, "--against", "HEAD")
    assert [c["delta"] for c in found["checks"] if c["status"] == "fail"] == [108]
    (repo.root / "nets/deep/b.yaml").unlink()
    (repo.root / "nets/c.yaml").unlink()
    assert "no longer checked: nets/deep/b.yaml" in notices(0, "--against", "HEAD")
    check(1, "--against", "HEAD", "--strict")


def test_a_file_that_an_entry_names_is_not_for_patterns(repo: Repository) -> None:
    own = "{file: nets/big.yaml, budget: {params: 700}}"
    repo.write({NET: TINY, "nets/big.yaml": WIDER,
                CONFIG: config("{file: nets/*.yaml, budget: {params: 400}}", own)})  # fmt: skip
    limits = {c["network"]: c["limit"] for c in document(0)["checks"]}
    assert limits == {NET: 400, "nets/big.yaml": 700}


@pytest.mark.parametrize("file", ["nets/*.yml", "gone/*.yaml", "nets/x[12].yaml"])
def test_a_pattern_that_meets_nothing_is_an_error(repo: Repository, file: str) -> None:
    repo.write({NET: TINY, CONFIG: config(f"{{file: '{file}', budget: {{params: 400}}}}")})
    assert f"dscalc.yaml:3:5: '{file}' meets no file" in check(2).err
    assert f"'{file}' meets no file" in check(2, file, "--max-params", "400").err
    repo.write({file.replace("*", "star"): SMALLER})
    if "*" not in file:
        check(0)  # a file of that very name is meant first
        check(0, file, "--max-params", "400")


def test_two_patterns_for_one_file_are_an_error(repo: Repository) -> None:
    both = ("{file: nets/*.yaml, budget: {params: 400}}", "{file: '*/t*', budget: {params: 500}}")
    repo.write({NET: TINY, CONFIG: config(*both)})
    assert f"dscalc.yaml:4:5: a second entry of {NET}, by another pattern" in check(2).err


def test_patterns_on_the_command_line(repo: Repository) -> None:
    repo.write({NET: TINY, "nets/wider.yaml": WIDER})
    found = document(1, "nets/*.yaml", NET, "--max-params", "400")["checks"]
    assert [(c["network"], c["status"]) for c in found] == [
        (NET, "pass"), ("nets/wider.yaml", "fail")
    ]  # fmt: skip
    assert call("budget", "nets/*.yaml").code == 0
    assert len(document(0)["checks"]) == 6


def test_what_a_pattern_of_the_command_line_meets_no_more_is_told(repo: Repository) -> None:
    old = TINY + "# It runs on the first board.\n" * 3
    repo.commit({NET: old, "nets/b.yaml": SMALLER, "nets/readme.md": "", "c.yaml": TINY})
    asked = ("nets/*.yaml", "--max-params", "500", "--against", "HEAD")
    assert notices(0, *asked) == []
    repo.git("mv", NET, "nets/renamed.yaml")
    assert notices(0, *asked) == [
        f"nets/renamed.yaml: compared with HEAD:{NET}, its earlier name"
    ]  # fmt: skip
    repo.git("mv", "nets/renamed.yaml", "out.yaml")
    repo.write({"out.yaml": old.replace("n: 8", "n: 64")})
    assert notices(0, *asked) == [f"no longer checked: {NET}"]
    assert notices(0, f"{repo.root}/nets/*.yaml", *asked[1:]) == [f"no longer checked: {NET}"]
    check(1, *asked, "--strict")
    repo.write({"nets/*.yaml": SMALLER})  # a file of that very name is meant first
    assert notices(0, *asked)[1:] == ["no longer checked: nets/b.yaml", f"no longer checked: {NET}"]


@pytest.mark.parametrize(("growth_from", "code"), [("", 0), ("growth_from: base\n", 1)])
@pytest.mark.parametrize("where", ["pattern", "folder"])
def test_a_budget_file_that_is_no_longer_read_is_told(
    repo: Repository, monkeypatch: pytest.MonkeyPatch, where: str, growth_from: str, code: int
) -> None:
    held = config("{file: tiny.yaml, growth: {params: 0}}") + growth_from
    files = {f"{name}/{file}": text for name in "ab" for file, text in
             (("tiny.yaml", TINY), (CONFIG, held))}  # fmt: skip
    repo.commit({**files, CONFIG: config("{file: a/tiny.yaml, budget: {params: 9k}}")})
    asked = ["--against", "HEAD"]
    if where == "pattern":
        asked += ["--config", "*/dscalc.yaml"]
    else:
        monkeypatch.chdir(repo.root / "a")
    assert notices(0, *asked) == []
    (repo.root / "a" / CONFIG).unlink()
    repo.write({"a/tiny.yaml": WIDER})
    path = "a/tiny.yaml" if where == "pattern" else "tiny.yaml"
    assert f"no longer checked: {path}" in notices(code, *asked)
    check(1, *asked, "--strict")


# ---------------------------------------------------------------- optional files


@pytest.mark.parametrize("file", ["nets/gone.yaml", "gone/*.yaml"])
def test_an_optional_file_may_be_missing_and_that_is_told(repo: Repository, file: str) -> None:
    entry = f"{{file: '{file}', budget: {{params: 400}}%s}}"
    repo.write({NET: TINY, CONFIG: config(ABSOLUTE, entry % "")})
    check(2)
    repo.commit({CONFIG: config(ABSOLUTE, entry % ", optional: true")})
    assert notices(0, "--strict") == [f"{file}: not there, and optional"]
    assert notices(0, "--strict", "--against", "HEAD") == [f"{file}: not there, and optional"]
    repo.commit({file.replace("*", "gone"): WIDER})
    check(1)
    assert notices(1, "--against", "HEAD") == []
    repo.git("rm", "--quiet", file.replace("*", "gone"))
    gone = f"no longer checked: {file.replace('*', 'gone')}"
    assert notices(0, "--against", "HEAD") == [f"{file}: not there, and optional", gone]
    check(1, "--strict", "--against", "HEAD")


def test_an_optional_file_that_cannot_be_read_is_an_error(repo: Repository) -> None:
    repo.write({NET: "layers: [", CONFIG: config(f"{{file: {NET}, optional: true, "
                                                  "budget: {params: 1}}")})  # fmt: skip
    check(2)
    repo.write({CONFIG: config("{file: n.yaml, optional: maybe, budget: {params: 1}}")})
    assert "optional must be true or false" in check(2).err


# ---------------------------------------------------------------- several budget files


def test_several_budget_files_are_one_verdict(repo: Repository) -> None:
    entry = "{file: net.yaml, budget: {params: 500}, growth: {params: 0}}"
    repo.commit({"a/net.yaml": TINY, "b/net.yaml": TINY,
                 "a/dscalc.yaml": config(entry), "b/dscalc.yaml": config(entry)})  # fmt: skip
    both = ("--config", "a/dscalc.yaml", "--config", "b/dscalc.yaml")
    found = document(0, *both, "--against", "HEAD")
    assert {c["network"] for c in found["checks"]} == {"a/net.yaml", "b/net.yaml"}
    assert len({c["id"] for c in found["checks"]}) == 4
    assert document(0, "--config", "*/dscalc.yaml", "--against", "HEAD") == found
    repo.write({"b/net.yaml": WIDER})
    assert document(1, *both)["verdict"] == "fail"
    repo.write({"b/net.yaml": TINY, "b/dscalc.yaml": config(entry.replace("500", "600"))})
    assert notices(0, *both, "--against", "HEAD") == [
        "b/net.yaml: parameters: limit raised 500 → 600"
    ]
    repo.write({"b/dscalc.yaml": config("{file: ../a/net.yaml, budget: {params: 1}}")})
    assert "a second entry of a/net.yaml, by another budget file" in check(2, *both).err
    repo.write({"b/dscalc.yaml": "version: 2\n"})
    check(2, *both)
    assert "a budget file is named twice" in check(2, *both, *both).err
    assert (
        "is one network"
        in check(2, *both[:2], "--config", "a/dscalc.yaml", "--against", "a/net.yaml").err
        + "is one network"
    )
