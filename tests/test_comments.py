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
from dscalc.check.notices import Kind, Notice
from dscalc.check.outcomes import Findings, Outcome
from dscalc.check.runs import outcomes
from dscalc.errors import LONGEST_MESSAGE, Place
from dscalc.language.budget_file import Entry
from dscalc.render import comment as commenting
from dscalc.render.blocks import blocks
from dscalc.render.comment import MARK, QUIET
from dscalc.render.diff import diff_comment
from dscalc.render.markdown import LONGEST
from tests.scratch import HOSTILE, TINY, WIDER, Repository, config, judged

NET = "nets/tiny.yaml"
FOLD = "<details><summary>All checks</summary>"
DIFF_FOLD = "<details><summary>Unchanged</summary>"


def outcome(
    name: str, status: Status, delta: int | None = None, message: str = "", new: bool = False
) -> Outcome:
    """A network with one check."""
    base = None if delta is None else 9 - delta
    culprits = (Culprit(name, 5, 4), Culprit("conv1", 4, None))
    check = Check(name, "network", "params", "max", 9, 5, base, status, name, 4, culprits,
                  message=message, place=Place("dscalc.yaml", 3, 1, ""))  # fmt: skip
    version = None if delta is None else Version(name, Totals(), (), f"main:{name}")
    notice = Notice("new", name, "it has no base version to have grown from")
    return Outcome(Entry(name), (check,), version, new or delta is not None, unasked=False,
                   notices=(notice,) if new and version is None else ())  # fmt: skip


def check_comment(found: Sequence[Outcome], *told: Notice) -> str:
    return commenting.check_comment(Findings(tuple(found), told))


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
    place = f"{str(tmp_path).replace('_', chr(92) + '_')}/dscalc.yaml:3"
    assert lines == [
        "<!-- dscalc check -->",
        "**1 of 1 network over budget: 1 of 2 checks fail.**",
        "",
        "**fail: nets/tiny.yaml: 396 parameters**",
        "",
        f"- 96 (32.00 %) over the limit of 300 ({place})",
        "- weigh most: conv2 (line 5) 288, conv1 (line 4) 108",
        "- Ask first.",
        "",
        FOLD,
        "",
        "| Status | Network | Figure | Value | Limit | Over |",
        "| :--- | :--- | :--- | ---: | ---: | ---: |",
        "| fail | `nets/tiny.yaml` | params | 396 | 300 | +96 |",
        "| pass |  | mult-adds | 25,344 | 1,000,000 |  |",
        "",
        "</details>",
        "",
    ]


def test_failures_stand_first_then_warnings_then_the_rest() -> None:
    statuses: list[Status] = ["pass", "warn", "fail", "pass", "warn", "fail"]
    shown, folded = check_comment(
        [outcome(f"{n}", status) for n, status in enumerate(statuses)]
    ).split(FOLD)
    assert [(row[0], row[1]) for row in rows(folded)] == [
        ("fail", "2"), ("fail", "5"), ("warn", "1"), ("warn", "4"), ("pass", "0"), ("pass", "3"),
    ]  # fmt: skip
    assert re.findall(r"\*\*(\w+): (\d):", shown) == [
        ("fail", "2"), ("fail", "5"), ("warn", "1"), ("warn", "4")
    ]  # fmt: skip


def test_what_changed_and_what_fails_is_shown_and_the_rest_folded_away() -> None:
    found = [
        outcome("same", "pass", 0),
        outcome("shrunk", "pass", -5),
        outcome("over", "fail", 0),
        outcome("new", "pass", new=True),
    ]
    shown, folded = check_comment(found).split(FOLD)
    assert rows(shown) == [
        ["shrunk", "parameters", "14", "9", "-5", "-35.71\u00a0%", "██████░░░░"],
    ]
    assert "**fail: over: 9 parameters**" in shown
    assert "- the same since main\n" in shown
    assert "new is new: it has no base version to have grown from." in shown
    assert [row[1] for row in rows(folded)] == ["over", "same", "shrunk", "new"]
    assert folded.rstrip().endswith("</details>")


@pytest.mark.parametrize(
    ("found", "quiet"),
    [
        ([outcome("a", "pass", 0), outcome("b", "pass", 0)], True),
        ([outcome("a", "pass"), outcome("b", "pass")], True),
        ([outcome("a", "pass", 0), outcome("b", "pass", 1)], False),
        ([outcome("a", "pass", 0), outcome("b", "warn", 0)], False),
        ([outcome("a", "pass", 0), outcome("b", "pass", new=True)], False),
    ],
)
def test_the_mark_says_where_there_is_nothing_to_tell(found: list[Outcome], quiet: bool) -> None:
    comment = check_comment(found)
    mark = QUIET if quiet else MARK
    assert comment.startswith(f"{mark}**")
    shown, folded = comment.split(FOLD)
    assert (shown.count("\n") == 3) is quiet
    assert len(rows(folded)) == 2


def told(kind: Kind, number: int = 0) -> Notice:
    return Notice(kind, f"{kind} {number}", "it is so", warns=kind == "raised")


@pytest.mark.parametrize("kind", ["absent", "rebuilt", "renamed", "unread", "raised", "unchecked"])
def test_what_is_told_with_every_change_is_folded_and_is_no_reason_to_comment(kind: Kind) -> None:
    comment = check_comment([outcome("a", "pass", 0)], told(kind))
    shown, folded = comment.split(FOLD)
    stands = kind not in ("raised", "unchecked")
    assert comment.startswith(QUIET if stands else MARK)
    assert (f"{kind} 0" in shown, f"{kind} 0" in folded) == (not stands, stands)
    shown, _ = check_comment([outcome("a", "pass", 1)], told(kind)).split(FOLD)
    assert (f"{kind} 0" in shown) is not stands


def test_no_more_than_a_screen_is_shown() -> None:
    found = [outcome(f"{n}", "fail", 1) for n in range(40)]
    shown, folded = check_comment(found).split(FOLD)
    assert len(shown.splitlines()) < 60
    assert len(rows(shown)) == 12
    assert shown.count("**fail: ") == 6
    assert len(rows(folded)) == 28 + 40
    assert folded.count("**fail: ") == 34
    shown, folded = check_comment(found, *(told("raised", n) for n in range(30))).split(FOLD)
    assert (shown.count("raised"), folded.count("raised")) == (8, 22)


def test_a_network_is_named_once_in_the_table_of_totals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repository(tmp_path / "repo")
    held = f"{{file: {NET}, budget: {{params: 9k, mult_adds: 90k, memory: 9MB}}}}"
    repo.commit({NET: TINY, "dscalc.yaml": config(held)})
    repo.write({NET: WIDER})
    monkeypatch.chdir(repo.root)
    comment = check_comment(outcomes(config_entries("dscalc.yaml"), baseline("HEAD", Path())))
    assert [row[:2] for row in rows(comment.split(FOLD)[0])] == [
        [NET, "parameters"], ["", "mult-adds"], ["", "bytes of activations"]
    ]  # fmt: skip


def test_deltas_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = Repository(tmp_path / "repo")
    repo.commit({NET: TINY, "dscalc.yaml": config(f"{{file: {NET}, growth: {{params: 0}}}}")})
    repo.write({NET: WIDER})
    monkeypatch.chdir(repo.root)
    comment = check_comment(outcomes(config_entries("dscalc.yaml"), baseline("main", Path())))
    row = "| `nets/tiny.yaml` | parameters | 396 | 684 | +288 | +72.73\u00a0% | █████▓▓▓▓▓ |"
    assert row in comment
    assert "- +288 (72.73 %) of +0 allowed, 288 too many (dscalc.yaml:3)\n" in comment
    assert "- +288 since main, where it was 396\n" in comment
    assert "- grew most: conv2 (line 5) 288\n" in comment
    assert "| fail | `nets/tiny.yaml` | growth of params | +288 | +0 | +288 |" in comment


def test_one_edit_is_one_block_for_each_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four budgets are broken by it: a limit, a growth, a layer's, and the file's own."""
    repo = Repository(tmp_path / "repo")
    own = "budget: {params: 390}\n"
    asked = f"{{file: {NET}, budget: {{params: 400, mult_adds: 1M}}, growth: {{params: 1%}}, "
    asked += "layers: [{match: 'conv*', params: 300}], message: Ask.}"
    repo.commit({NET: TINY + own, "dscalc.yaml": config(asked)})
    repo.write({NET: WIDER + own})
    monkeypatch.chdir(repo.root)
    found = outcomes(config_entries("dscalc.yaml"), baseline("main", Path()))
    shown, _ = check_comment(found).split(FOLD)
    (block,) = blocks(Findings(tuple(found)))
    assert block.title == "nets/tiny.yaml: 684 parameters"
    assert block.notes == [
        "284 (71.00 %) over the limit of 400 (dscalc.yaml:3)",
        "+288 (72.73 %) of +3 allowed, 285 too many (dscalc.yaml:3)",
        "294 (75.38 %) over the limit of 390 (nets/tiny.yaml:6)",
        "conv2 (line 5): 576 parameters, 276 (92.00 %) over the limit of 300 (dscalc.yaml:3)",
        "+288 since main, where it was 396",
        "grew most: conv2 (line 5) 288",
        "Ask.",
    ]
    assert shown.count("**fail: ") == 1


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
    shown, folded = comment.split(DIFF_FOLD)
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
    assert comment.startswith((f"{MARK}**{number} ", f"{QUIET}**{number} "))
    assert rows(comment)
    if number == 500:
        assert re.search(r"… and \d+ more\.", comment)
        assert len(comment) > LONGEST // 4


def test_failures_are_what_a_short_comment_keeps() -> None:
    found = [*hostile_outcomes(480, "pass"), *hostile_outcomes(20, "fail")]
    comment = check_comment(found)
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
    comment = check_comment([outcome(f"nets/{n}.yaml", "fail") for n in range(300)])
    assert LONGEST // 2 < len(comment) <= LONGEST
    assert "more." not in comment
    assert len(rows(comment)) == 300


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


OWN = {FOLD, DIFF_FOLD, "</details>", MARK.strip(), QUIET.strip()}
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
