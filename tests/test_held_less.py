"""What is held less than it was is told in every format, and accepted where a change says why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dscalc.check.entries import CONFIG
from tests.commands import call_in
from tests.scratch import TINY, Repository, config
from tests.test_growth import FORMATS, NET, check, unescaped

BEFORE = {
    NET: TINY + "budget: {params: {max: 1k, warn: 900}, growth: {params: 5%}}\n",
    "b.yaml": TINY,
    CONFIG: config(
        f"{{file: {NET}, budget: {{params: 46k, memory: {{max: 1MB, warn: 500kB}}}}, "
        "growth: {params: {max: 0, ignore_below: 10}, mult_adds: 1%}, "
        "layers: [{match: conv*, params: 500}, {match: conv*, params: 600}]}",
        "{file: b.yaml, alpha: 0.5, budget: {params: 1k}}",
        "{file: b.yaml, budget: {params: 1k}}",
        "{file: unet, budget: {params: 40M}}",
    ),
}


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A budget of every sort on main."""
    made = Repository(tmp_path_factory.mktemp("held") / "repo")
    made.commit(BEFORE)
    made.git("checkout", "--quiet", "-b", "feature")
    return made


MOVES = [
    (CONFIG, "46k", "90k", f"{NET}: parameters: limit raised 46k → 90k"),
    (CONFIG, "params: 46k, ", "", f"{NET}: parameters: no longer limited (was 46k)"),
    (CONFIG, "max: 1MB, warn: 500kB", "max: 1MB, warn: 600kB",
     f"{NET}: bytes of activations: warning mark raised 500kB → 600kB"),
    (CONFIG, "{max: 1MB, warn: 500kB}", "1MB",
     f"{NET}: bytes of activations: warning mark of 500kB taken away"),
    (CONFIG, "{max: 1MB, warn: 500kB}", "{warn: 500kB}",
     f"{NET}: bytes of activations: limit of 1MB taken away"),
    (CONFIG, "{max: 0, ", "{max: 2%, ", f"{NET}: growth of parameters: limit raised 0 → 2%"),
    (CONFIG, "ignore_below: 10", "ignore_below: 20",
     f"{NET}: growth of parameters: ignore_below raised 10 → 20"),
    (CONFIG, ", mult_adds: 1%", "", f"{NET}: growth of mult-adds: no longer limited (was 1%)"),
    (CONFIG, "mult_adds: 1%", "mult_adds: 100",
     f"{NET}: growth of mult-adds: limit raised 1% → 100"),
    (CONFIG, "params: 600", "params: 700",
     f"{NET}: parameters of 'conv* (2)': limit raised 600 → 700"),
    (CONFIG, ", {match: conv*, params: 600}", "",
     f"{NET}: parameters of 'conv* (2)': no longer limited (was 600)"),
    (CONFIG, "conv*, params: 500", "conv1, params: 500",
     f"{NET}: parameters of 'conv* (2)': no longer limited (was 600)"),
    (CONFIG, "alpha: 0.5", "alpha: 0.25",
     "b.yaml · α 0.25: setting changed b.yaml · α 0.5 → b.yaml · α 0.25"),
    (CONFIG, "{file: b.yaml, budget", "{file: b.yaml, count: weights, budget",
     "b.yaml · count weights: setting changed b.yaml → b.yaml · count weights"),
    (CONFIG, "  - {file: b.yaml, budget: {params: 1k}}\n", "", "no longer checked: b.yaml"),
    (CONFIG, "  - {file: unet, budget: {params: 40M}}\n", "", "no longer checked: unet"),
    (NET, "max: 1k", "max: 2k",
     f"{NET}, its own budget: parameters: limit raised 1k → 2k"),
    (NET, "5%", "6%",
     f"{NET}, its own budget: growth of parameters: limit raised 5% → 6%"),
    (NET, "budget: {params: {max: 1k, warn: 900}, growth: {params: 5%}}\n", "",
     f"{NET}, its own budget: parameters: no longer limited (was 1k)"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "was", "now", "said"), MOVES)
def test_what_is_held_less_is_told_and_fails_where_warnings_do(
    held: Repository, tmp_path: Path, file: str, was: str, now: str, said: str
) -> None:
    repo = held.copy(tmp_path / "repo")
    assert BEFORE[file].count(was) == 1
    repo.write({file: BEFORE[file].replace(was, now)})
    result = check(repo, "--against", "main", "--format", "csv")
    assert result.code == 0, result
    assert said in result.out
    assert check(repo, "--against", "main", "--strict").code == 1
    assert check(repo, "--strict").code == 0  # without a base nothing is known
    repo.commit({})
    assert check(repo, "--against", "HEAD", "--strict").code == 0


def test_what_is_held_as_before_or_more_is_not_told(held: Repository, tmp_path: Path) -> None:
    repo = held.copy(tmp_path / "repo")
    tighter = BEFORE[CONFIG].replace("46k", "45k").replace("ignore_below: 10", "ignore_below: 5")
    repo.write({CONFIG: tighter.replace("mult_adds: 1%", "mult_adds: 0")})
    repo.git("mv", "b.yaml", "c.yaml")
    repo.write({CONFIG: (repo.root / CONFIG).read_text().replace("b.yaml", "c.yaml")})
    result = check(repo, "--against", "main", "--strict", "--format", "json")
    assert result.code == 0
    assert {notice["kind"] for notice in json.loads(result.out)["notices"]} == {"renamed"}


def test_a_budget_file_is_known_by_its_earlier_name(held: Repository, tmp_path: Path) -> None:
    repo = held.copy(tmp_path / "repo")
    repo.git("mv", CONFIG, "budgets.yaml")
    repo.write({"budgets.yaml": BEFORE[CONFIG].replace("40M", "41M")})
    told = check(repo, "--config", "budgets.yaml", "--against", "main")
    assert "unet: parameters: limit raised 40M → 41M" in told.out


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_tells_what_is_held_less(held: Repository, tmp_path: Path, form: str) -> None:
    repo = held.copy(tmp_path / "repo")
    gone = "  - {file: b.yaml, budget: {params: 1k}}\n"
    repo.write({CONFIG: BEFORE[CONFIG].replace("46k", "90k").replace(gone, "")})
    result = check(repo, "--against", "main", "--format", form)
    assert result.code == 0
    said = unescaped(result.out)
    assert "no longer checked: b.yaml" in said
    assert "limit raised 46k → 90k" in said


WHY = "accept: A new head."
ACCEPTED = [
    (CONFIG, "params: 46k", f"params: {{max: 90k, {WHY}}}"),
    (CONFIG, "budget: {params: 46k", f"{WHY}, budget: {{params: 90k"),
    (CONFIG, "alpha: 0.5", f"alpha: 0.25, {WHY}"),
    (CONFIG, "mult_adds: 1%", f"mult_adds: {{max: 2%, {WHY}}}"),
    (CONFIG, "params: 600", f"params: {{max: 700, {WHY}}}"),
    (CONFIG, "  - {file: b.yaml, budget: {params: 1k}}\n", ""),
    (NET, "max: 1k", f"{WHY}, max: 2k"),
    (NET, "budget: {params: {max: 1k", f"budget: {{{WHY}, params: {{max: 2k"),
]
"""Changes with their reason beside the limit, the entry, the budget; for a network taken out
beside all of them."""
NEXT = {"90k": "95k", "0.25": "0.75", "2%": "3%", "700": "800", "2k": "3k"}


@pytest.mark.parametrize(("file", "was", "now"), ACCEPTED)
def test_a_change_that_says_why_is_accepted_once(
    held: Repository, tmp_path: Path, file: str, was: str, now: str
) -> None:
    repo = held.copy(tmp_path / "repo")
    text = BEFORE[file].replace(was, now) + ("" if now else f"{WHY}\n")
    repo.write({file: text})
    result = check(repo, "--against", "main", "--strict")
    assert result.code == 0, result.out
    assert "(accepted: A new head.)" in result.out
    # The same reason does not hold for the next change.
    repo.commit({})
    for before, after in NEXT.items():
        text = text.replace(before, after)
    repo.write(
        {file: text if now else text.replace("  - {file: unet, budget: {params: 40M}}\n", "")}
    )
    assert check(repo, "--against", "HEAD", "--strict").code == 1
    repo.write({file: (repo.root / file).read_text().replace("A new head", "Another")})
    assert check(repo, "--against", "HEAD", "--strict").code == 0


def test_a_budget_file_without_a_past_is_told(held: Repository, tmp_path: Path) -> None:
    repo = held.copy(tmp_path / "repo")
    own = config(f"{{file: ../{NET}, budget: {{params: 1k}}}}")
    repo.write({"ci/budgets.yaml": own})
    told = check(repo, "--config", "ci/budgets.yaml", "--against", "main")
    assert told.code == 0
    assert "new: main has no such budget file" in told.out
    outside = tmp_path / "outside.yaml"
    outside.write_text(own.replace(f"../{NET}", str(repo.root / NET)))
    said = call_in(repo.root, "check", "--config", str(outside), "--against", "main")
    assert said.code == 2  # the folder of the budget file says which repository is meant


@pytest.mark.parametrize("where", ["entry", "own"])
def test_a_layer_renamed_out_of_its_rule_is_told(
    held: Repository, tmp_path: Path, where: str
) -> None:
    repo = held.copy(tmp_path / "repo")
    rule = "layers: [{match: head*, params: 400}]"
    layers = "  - {conv: {n: 4}, name: head1}\n  - {conv: {n: 8}, name: head2}\n"
    own = f"budget: {{params: 1k, {rule}}}\n" if where == "own" else ""
    given = "" if where == "own" else f", {rule}"
    net = f"input: [8, 8, 3]\nlayers:\n{layers}{own}"
    repo.commit({NET: net, CONFIG: config(f"{{file: {NET}, budget: {{params: 1k}}{given}}}")})
    repo.write({NET: net.replace("n: 8", "n: 12").replace("head2", "tail2")})
    result = check(repo, "--against", "HEAD")
    assert result.code == 0
    assert "layer head2, now tail2: no longer held by 'head*'" in result.out
    assert check(repo, "--against", "HEAD", "--strict").code == 1
    repo.write({NET: net.replace("n: 8", "n: 12")})
    assert check(repo, "--against", "HEAD").code == 1
