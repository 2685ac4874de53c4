"""Pull-request comments: what matters first, the rest folded away, short enough, names as text."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from string import punctuation

import pytest

from dscalc.analysis.budget import Check, Culprit, Status
from dscalc.analysis.versions import Change, Difference, LayerFigures, Totals, Version, difference
from dscalc.check.baseline import baseline
from dscalc.check.differences import differences
from dscalc.check.entries import config_entries
from dscalc.check.notices import Notice
from dscalc.check.outcomes import Findings, Outcome, outcomes
from dscalc.errors import LONGEST_MESSAGE, Place
from dscalc.language.budget_file import Entry
from dscalc.render import check as checking
from dscalc.render.diff import diff_comment
from dscalc.render.markdown import LONGEST
from tests.scratch import HOSTILE, TINY, WIDER, Repository, config, judged

NET = "nets/tiny.yaml"
FOLD = "<details><summary>Unchanged</summary>"


def outcome(
    name: str, status: Status, delta: int | None = None, message: str = "", new: bool = False
) -> Outcome:
    """A network with one check."""
    base = None if delta is None else 9 - delta
    culprits = (Culprit(name, 5, 4), Culprit("conv1", 4, None))
    check = Check(name, "network", "params", "max", 9, 5, base, status, name, 4, culprits,
                  message=message, place=Place("dscalc.yaml", 3, 1, ""))  # fmt: skip
    version = None if delta is None else Version(name, Totals(), ())
    notice = Notice("new", name, "it has no base version to have grown from")
    return Outcome(Entry(name), (check,), version, new or delta is not None, unasked=False,
                   notices=(notice,) if new and version is None else ())  # fmt: skip


def check_comment(found: Sequence[Outcome]) -> str:
    return checking.check_comment(Findings(tuple(found)))


def rows(comment: str) -> list[list[str]]:
    """The rows of all tables, heads and rules left out; every row has as many cells as its head."""
    found: list[list[str]] = []
    width = 0
    for line in comment.split("\n"):
        if not line.startswith("| "):
            width = 0
            continue
        cells = re.split(r"(?<!\\)\|", line.strip())[1:-1]
        assert len(cells) == (width or len(cells)), line
        if width and not set(line) <= set("|:- "):
            found.append([cell.strip().strip("`") for cell in cells])
        width = len(cells)
    return found


# ---------------------------------------------------------------- what it says


def test_the_verdict_stands_first_in_one_sentence(tmp_path: Path) -> None:
    budgets = config(
        f"{{file: {NET}, budget: {{params: 300, mult_adds: 1M}}, message: Ask first.}}"
    )
    lines = check_comment(judged(tmp_path, budgets, {NET: TINY})).split("\n")
    assert lines[0] == "**1 of 1 network over budget: 1 of 2 checks fail.**"
    assert lines[2:6] == [
        "| Status | Network | Of | Figure | Value | Limit on | Limit | Change |",
        "| :--- | :--- | :--- | :--- | ---: | :--- | ---: | ---: |",
        "| fail | `nets/tiny.yaml` | `network` | parameters | 396 | value | 300 |  |",
        "| pass | `nets/tiny.yaml` | `network` | mult-adds | 25,344 | value | 1,000,000 |  |",
    ]
    assert lines[7:] == [
        "**fail: nets/tiny.yaml: 396 parameters, 96 (32.00 %) over the limit of 300**",
        "",
        "- weigh most: conv2 (line 5) 288, conv1 (line 4) 108",
        f"- budget: {str(tmp_path).replace('_', chr(92) + '_')}/dscalc.yaml:3",
        "- Ask first.",
        "",
    ]


def test_failures_stand_first_then_warnings_then_the_rest() -> None:
    statuses: list[Status] = ["pass", "warn", "fail", "pass", "warn", "fail"]
    comment = check_comment([outcome(f"{n}", status) for n, status in enumerate(statuses)])
    assert [(row[0], row[1]) for row in rows(comment)] == [
        ("fail", "2"), ("fail", "5"), ("warn", "1"), ("warn", "4"), ("pass", "0"), ("pass", "3"),
    ]  # fmt: skip


def test_networks_that_pass_unchanged_are_folded_away() -> None:
    found = [
        outcome("same", "pass", 0),
        outcome("shrunk", "pass", -5),
        outcome("over", "fail", 0),
        outcome("new", "pass", new=True),
    ]
    shown, folded = check_comment(found).split(FOLD)
    assert [row[1] for row in rows(shown)] == ["over", "shrunk", "new"]
    assert "new is new: it has no base version to have grown from." in shown
    assert "+100" not in shown
    assert [row[1] for row in rows(folded)] == ["same"]
    assert folded.rstrip().endswith("</details>")


def test_without_a_base_version_nothing_is_called_unchanged() -> None:
    comment = check_comment([outcome("a", "pass"), outcome("b", "fail")])
    shown, folded = comment.split("<details><summary>Within budget</summary>")
    assert [row[1] for row in rows(shown)] == ["b"]
    assert [row[1] for row in rows(folded)] == ["a"]
    comment = check_comment([outcome("a", "pass"), outcome("c", "pass")])
    assert "<details>" not in comment
    assert [row[1] for row in rows(comment)] == ["a", "c"]


def test_all_may_be_unchanged() -> None:
    comment = check_comment([outcome("a", "pass", 0), outcome("b", "pass", 0)])
    assert comment.startswith("**2 networks within budget: 2 checks pass.**\n\n" + FOLD)


def test_deltas_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = Repository(tmp_path / "repo")
    repo.commit({NET: TINY, "dscalc.yaml": config(f"{{file: {NET}, growth: {{params: 0}}}}")})
    repo.write({NET: WIDER})
    monkeypatch.chdir(repo.root)
    comment = check_comment(outcomes(config_entries("dscalc.yaml"), baseline("main", Path())))
    assert (
        "| fail | `nets/tiny.yaml` | `network` | parameters | 684 | growth | 0 | +288 |" in comment
    )
    assert "- grew most: conv2 (line 5) 288\n" in comment


def test_a_diff_tells_what_changed_and_folds_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repository(tmp_path / "repo")
    names = ("changed", "same", "new")
    budgets = config(*(f"{{file: {name}.yaml, budget: {{params: 1M}}}}" for name in names))
    repo.commit({"changed.yaml": TINY, "same.yaml": TINY, "dscalc.yaml": budgets})
    repo.write({"changed.yaml": WIDER, "new.yaml": TINY})
    monkeypatch.chdir(repo.root)
    comment = diff_comment(differences("main", None, None, Entry(""), Path()))
    shown, folded = comment.split(FOLD)
    assert shown.startswith("**2 of 3 networks changed.**\n")
    assert "**changed.yaml: +288 parameters (72.73 %), +18,432 mult-adds (72.73 %)**" in shown
    assert "| changed | `conv2` | 288 | 576 | +288 | 18,432 | 36,864 | +18,432 |" in shown
    assert "**new.yaml: new**" in shown
    assert "**same.yaml: unchanged**" in folded


# ---------------------------------------------------------------- how long it is


def hostile_outcomes(number: int, status: Status) -> list[Outcome]:
    """Networks with names, layers and messages as bad and as long as they can be."""
    chance = random.Random(4)
    return [
        outcome(
            "".join(chance.choices(HOSTILE, k=20))[:255] + str(n),
            status,
            chance.choice([None, 0, 5]),
            "".join(chance.choices(HOSTILE, k=50))[:LONGEST_MESSAGE],
            new=chance.random() < 0.5,
        )
        for n in range(number)
    ]


@pytest.mark.parametrize("number", [1, 20, 100, 500])
@pytest.mark.parametrize("status", ["pass", "fail"])
def test_a_comment_is_never_too_long_and_says_what_it_leaves_out(
    number: int, status: Status
) -> None:
    comment = check_comment(hostile_outcomes(number, status))
    assert len(comment) <= LONGEST == 60_000
    assert comment.startswith(f"**{number} ")
    assert rows(comment)
    if number == 500:
        assert re.search(r"… and \d+ more\.", comment)
        assert len(comment) > LONGEST // 4


def test_failures_are_what_a_short_comment_keeps() -> None:
    found = [*hostile_outcomes(480, "pass"), *hostile_outcomes(20, "fail")]
    comment = check_comment(found)
    assert [row[0] for row in rows(comment)][:20] == ["fail"] * 20
    assert comment.count("**fail: ") >= 5


@pytest.mark.parametrize(("networks", "layers"), [(1, 3_000), (500, 1), (100, 50), (3_000, 0)])
def test_a_long_diff_is_cut_too(networks: int, layers: int) -> None:
    figures = tuple(LayerFigures(f"{HOSTILE[n % len(HOSTILE)]}{n}" * 3, "conv", ((n,), (n,)),
                                 Totals(n, n)) for n in range(layers))  # fmt: skip
    version = Version("n", Totals(sum(range(layers)), sum(range(layers))), figures)
    changes = tuple(Change(None, layer) for layer in figures)
    found = [Difference(f"<img>{n}", None, version, changes) for n in range(networks)]
    comment = diff_comment(found)
    assert len(comment) <= LONGEST
    assert comment.startswith(f"**{networks} of {networks} networks changed.**")
    assert "more." in comment


def test_a_comment_of_the_right_length_is_not_cut() -> None:
    comment = check_comment([outcome(f"nets/{n}.yaml", "fail") for n in range(150)])
    assert LONGEST // 2 < len(comment) <= LONGEST
    assert "more." not in comment
    assert len(rows(comment)) == 150


# ---------------------------------------------------------------- hostile names


def markup(comment: str) -> Iterator[str]:
    """Each line as Markdown reads it: code and escaped characters left out, and our own bold."""
    for line in comment.split("\n"):
        text, at = "", 0
        while at < len(line):
            if line[at] == "\\" and line[at + 1 : at + 2] in set(punctuation):
                at += 2
                continue
            fence = re.match("`+", line[at:])
            if fence is None:
                text, at = text + line[at], at + 1
                continue
            end = re.search(rf"(?<!`){fence[0]}(?!`)", line[at + len(fence[0]) :])
            assert end is not None, line
            at += len(fence[0]) + end.end()
        yield re.sub(r"^\*\*(.*)\*\*$", r"\1", text)


OWN = {FOLD, "<details><summary>Within budget</summary>", "</details>"}
ACTIVE = re.compile(r"[<>\[\]*_`~#&{}\\]|@\w|^\s*(?:\d+[.)]|[-+=])\s|://.*\)")


def plain_markdown(comment: str) -> None:
    """No markup but our own: tables, bold lines, lists of reasons, the fold."""
    rows(comment)
    for line in markup(comment):
        if line not in OWN:
            assert not ACTIVE.search(line.removeprefix("- ")), line


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_is_no_markup(name: str) -> None:
    found = [
        outcome(name, "fail", 5, name),
        outcome(name, "pass", 0),
        outcome(name, "pass", new=True),
    ]
    comment = check_comment(found)
    plain_markdown(comment)
    assert comment.count("\n") == check_comment(
        [outcome("x", "fail", 5, "x"), outcome("x", "pass", 0), outcome("x", "pass", new=True)]
    ).count("\n")


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_layer_is_no_markup_in_a_diff(name: str) -> None:
    layer = LayerFigures(name, "conv", ((8,), (8,)), Totals(5, 5))
    version = Version(name, Totals(5, 5), (layer,))
    comment = diff_comment([difference(name, None, version), difference(name, version, version)])
    plain_markdown(comment)


@pytest.mark.parametrize("line", ["[x](y)", "<img>", "@user", "*x*", "a `b", "# x", "&lt;"])
def test_the_reading_of_markup_above_finds_some(line: str) -> None:
    with pytest.raises(AssertionError):
        plain_markdown(line)
