"""The least of a published accuracy: demanded, told beside what a network costs, never guessed."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from dscalc import DscalcError
from dscalc.analysis.accuracy import Accuracy
from dscalc.analysis.budget import Budget, Least, difference
from dscalc.analysis.least_accuracy import judge_accuracy
from dscalc.check.entries import CONFIG
from dscalc.language.budget_file import read_config
from dscalc.law.setting import AS_WRITTEN
from dscalc.quantities import percentage
from tests.commands import Result, call, call_in, complaint
from tests.scratch import TINY, Repository, config

NET = "nets/tiny.yaml"


def least(minimum: str = "", warn: str = "") -> Least:
    return Least(percentage(minimum) if minimum else None, percentage(warn) if warn else None)


def published(value: float | None) -> Accuracy | None:
    return None if value is None else Accuracy(AS_WRITTEN, value, "run 7")


# ---------------------------------------------------------------- the verdict


@pytest.mark.parametrize(
    ("told", "asked", "status", "limit", "missing"),
    [
        (70.6, least("70.6"), "pass", 70.6, 0),
        (70.6, least("70.60"), "pass", 70.6, 0),
        (70.6, least("70.601"), "fail", 70.601, 0.001),
        (70.6, least("70"), "pass", 70, -0.6),
        (71, least("71"), "pass", 71, 0),
        (63.7, least("70.6"), "fail", 70.6, 6.9),
        (84.098, least("84.1"), "fail", 84.1, 0.002),
        (70.6, least("70", "72"), "warn", 72, 1.4),
        (69.9, least("70", "72"), "fail", 70, 0.1),
        (72, least("70", "72"), "pass", 70, -2),
        (70.6, least(warn="72"), "warn", 72, 1.4),
        (None, least("1"), "fail", 1, None),
        (None, least("70", "72"), "fail", 70, None),
        (None, least(warn="72"), "warn", 72, None),
    ],
)
def test_what_is_published_is_held_to_the_least(
    told: float | None, asked: Least, status: str, limit: float, missing: float | None
) -> None:
    (check,) = judge_accuracy("a.yaml", Budget({}, {}, top1=asked), "a", published(told))
    assert (check.status, check.limit, check.excess) == (status, limit, missing)
    assert (check.actual, check.kind, check.id) == (told, "min", "a:network:top1:min")
    assert check.source == ("" if told is None else "run 7")


def test_without_a_least_nothing_is_asked() -> None:
    assert judge_accuracy("a.yaml", Budget({}, {}), "a", published(70)) == []


@pytest.mark.parametrize(
    ("told", "before", "status"),
    [
        (69.0, 69.0, "warn"),
        (69.0, 68.0, "warn"),
        (69.0, 69.1, "fail"),  # it fell: less is worse here
        (69.0, None, "fail"),
        (None, 69.0, "fail"),
        (None, None, "fail"),  # nothing is never no worse than nothing
        (70.0, 71.0, "pass"),
    ],
)
def test_only_worse_excuses_what_did_not_fall(
    told: float | None, before: float | None, status: str
) -> None:
    budget = Budget({}, {}, top1=least("70"), only_worse=True)
    (check,) = judge_accuracy("a.yaml", budget, "a", published(told), published(before))
    assert (check.status, check.excused) == (status, status == "warn")
    assert (check.base, check.delta) == (before, difference(told, before))


# ---------------------------------------------------------------- as people write it


@pytest.mark.parametrize(("text", "value"), [("70.6", 70.6), ("70", 70), ("100", 100), ("1", 1)])
def test_a_percentage_is_what_is_written(text: str, value: float) -> None:
    assert percentage(text) == (value, text)


PERCENTAGE = "must be a percentage from 1 to 100, such as 70.6, not"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("170", f"{PERCENTAGE} '170'"),
        ("0", f"{PERCENTAGE} '0'"),
        ("0.706", f"{PERCENTAGE} '0.706'; did you mean '70.6'?"),
        ("70%", f"{PERCENTAGE} '70%'; did you mean '70'?"),
        ("170%", f"{PERCENTAGE} '170%'"),
        ("-70", f"{PERCENTAGE} '-70'"),
        ("7e1", f"{PERCENTAGE} '7e1'"),
        ("70.", f"{PERCENTAGE} '70.'"),
        (".inf", f"{PERCENTAGE} '.inf'"),
        ("nan", f"{PERCENTAGE} 'nan'"),
        ("high", f"{PERCENTAGE} 'high'"),
        ("", f"{PERCENTAGE} ''"),
    ],
)
def test_what_is_no_percentage_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(DscalcError) as raised:
        percentage(text)
    assert str(raised.value) == said
    assert f"--min-top1 {said}" in complaint("check", "mobilenet", f"--min-top1={text}")


@pytest.mark.parametrize(
    ("top1", "expected"),
    [
        ("70.6", least("70.6")),
        ("{min: 70}", least("70")),
        ("{min: 70, warn: 72}", least("70", "72")),
        ("{warn: 72.5}", least(warn="72.5")),
        ("{min: 70, accept: smaller chip}", least("70")._replace(accept="smaller chip")),
        ('{min: "70"}', least("70")),
    ],
)
def test_a_budget_says_the_least(top1: str, expected: Least) -> None:
    (entry,) = read_config(config(f"{{file: a, budget: {{top1: {top1}}}}}"), CONFIG).entries
    found = entry.budget.top1
    assert found is not None
    assert found._replace(place=None) == expected
    assert entry.budget.limits == {}


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ("{top1: {max: 3}}", "top1 takes min, the least that it may be: more is better"),
        ("{top1: {min: 70, max: 80}}", "top1 takes min, the least that it may be"),
        ("{top1: {min: 170}}", f"{PERCENTAGE} '170'"),
        ("{top1: {min: 0.7}}", f"{PERCENTAGE} '0.7'; did you mean '70'?"),
        ("{top1: {warn: 70 %}}", f"{PERCENTAGE} '70 %'; did you mean '70'?"),
        ("{top1: high}", f"{PERCENTAGE} 'high'"),
        ("{top1: true}", f"{PERCENTAGE} 'true'"),
        ("{top1: null}", f"{PERCENTAGE} 'null'"),
        ("{top1: [70]}", f"{PERCENTAGE} '[70]'"),
        ("{top1: {}}", "a limit says min or warn"),
        ("{top1: {mim: 70}}", "unknown key 'mim' in a limit"),
        ("{top1: {min: 70, warn: 69}}", "warn 69 is below min 70"),
        ("{top1: {min: 70, rule: arena}}", "unknown key 'rule' in a limit"),
        ("{tpo1: 70}", "unknown key 'tpo1' in budget; did you mean 'top1'?"),
        ("{top5: 90}", "unknown key 'top5' in budget"),
        ("{params: {min: 3}}", "unknown key 'min' in a limit"),
        ("{params: 1}, growth: {top1: 1}", "unknown key 'top1' in growth"),
        ("{params: 1}, layers: [{match: a, top1: 1}]", "unknown key 'top1' in layers"),
    ],
)
def test_what_a_budget_may_not_say(budget: str, said: str) -> None:
    with pytest.raises(DscalcError) as raised:
        read_config(config(f"{{file: a, budget: {budget}}}"), CONFIG)
    assert any(said in problem.message for problem in raised.value.problems)
    assert all(problem.place and problem.place.line == 3 for problem in raised.value.problems)


# ---------------------------------------------------------------- shipped networks


def shown(*arguments: str) -> Result:
    return call("check", *arguments)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("mobilenet", "--min-top1=70.6"), 0, "70.6  ≥ 70.6"),
        (("mobilenet", "--min-top1=70.7"), 1, "0.1 below the limit of 70.7"),
        (("mobilenet", "--alpha=0.5", "--min-top1=63.7"), 0, "63.7  ≥ 63.7"),
        (("mobilenet", "--alpha=0.5", "--resolution=160", "--min-top1=61"), 1, "top-1 of 60.2"),
        (("mobilenet", "--rho=0.857142857", "--min-top1=1"), 0, "69.1  ≥ 1.0"),
        (("efficientnet_b4", "--min-top1=82.9"), 0, "82.9  ≥ 82.9"),
        # Nothing is interpolated between two points, nor said of other classes.
        (("mobilenet", "--alpha=0.6", "--min-top1=1"), 1, "no published top-1"),
        (("mobilenet", "--resolution=200", "--min-top1=1"), 1, "no published top-1"),
        (("mobilenet_v2", "--with=classes=2", "--min-top1=1"), 1, "no published top-1"),
        (("efficientnet_b4", "--depth=2", "--min-top1=1"), 1, "no published top-1"),
        (("ds_cnn_s", "--min-top1=1"), 1, "none by its authors on ImageNet-1k"),
    ],
)
def test_a_shipped_network_is_held_to_what_its_authors_published(
    arguments: tuple[str, ...], code: int, said: str
) -> None:
    result = shown(*arguments)
    assert result.code == code, result
    assert said in result.out


def test_what_is_published_stands_beside_what_it_costs() -> None:
    document = json.loads(shown("mobilenet", "unet", "--max-params=99M", "--format=json").out)
    first, second = document["networks"]
    assert (first["top1"], first["top1_source"]) == (70.6, "arXiv 1704.04861 Table 6")
    assert (second["top1"], second["top1_source"], second["base_top1"]) == (None, None, None)
    rows = list(csv.DictReader(io.StringIO(
        shown("mobilenet", "unet", "--max-params=99M", "--format=csv").out)))  # fmt: skip
    assert [row["top1"] for row in rows] == ["70.6", ""]
    assert [row["top1_source"] for row in rows] == ["arXiv 1704.04861 Table 6", ""]
    for form in ("text", "markdown", "html", "latex"):
        said = shown("mobilenet", "--max-params=99M", f"--format={form}").out
        assert "70.6" in said
        assert "Top-1" in said
    assert "Top-1" not in shown("unet", "--max-params=99M").out
    comment = shown("mobilenet", "--max-params=99M", "--format=markdown").out
    assert "| `mobilenet` | 70.6 | arXiv 1704.04861 Table 6 |" in comment


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("github", "::mobilenet: top-1 of 70.6. 1.4 below the limit of 72.0. published: arXiv"),
        ("gitlab", "mobilenet: top-1 of 70.6, 1.4 below the limit of 72.0. published: arXiv"),
        ("junit", 'message="top-1 of 70.6, 1.4 below the limit of 72.0"'),
        ("markdown", "**fail: mobilenet: top-1 of 70.6**"),
        ("html", "checks outside budget"),
        ("csv", ",top1,min,70.6,72.0,"),
        ("latex", "& 70.6 & $\\geq$ 72.0 & $-$1.4"),
    ],
)
def test_every_format_says_that_it_is_less(form: str, said: str) -> None:
    result = shown("mobilenet", "--min-top1=72", f"--format={form}")
    assert result.code == 1
    assert said in result.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--max-params=4M",), "1 of 1 network over budget: 1 of 1 checks fail."),
        (("--min-top1=72",), "1 of 1 network outside budget: 1 of 1 checks fail."),
        (("--min-top1=72", "--max-params=4M"),
         "1 of 1 network outside budget: 2 of 2 checks fail."),
        (("--min-top1=70", "--max-params=5M"), "1 network within budget: 2 checks pass."),
    ],
)  # fmt: skip
def test_the_first_line_says_no_more_than_is_so(arguments: tuple[str, ...], said: str) -> None:
    assert shown("mobilenet", *arguments).out.partition("\n")[0] == said


@pytest.mark.parametrize("form", ["github", "gitlab", "junit", "text", "markdown"])
def test_every_format_says_that_nothing_is_published(form: str) -> None:
    result = shown("mobilenet", "--alpha=0.6", "--min-top1=60", f"--format={form}")
    assert result.code == 1
    assert "none by its authors on ImageNet-1k at this" in result.out
    assert "the limit is 60.0" in result.out


# ---------------------------------------------------------------- a user's own file

WIDE = TINY.replace("n: 8", "n: 12")
OTHERS = (
    "{top1: 90, standing: distilled, source: S}",
    "{top1: 90, dataset: our twelve words, source: S}",
    "{top5: 90, source: S}",
    "{accuracy: 90, dataset: D, source: S}",
    "{as: standard, top1: 90, source: S}",
    "{alpha: 0.5, top1: 90, source: S}",
    "{params: 396, source: S}",
)


def told_of(text: str, value: float, source: str) -> str:
    """The file of a network, and what it says was published of it."""
    return f"{text}published:\n  - {{top1: {value}, source: {source}}}\n"


def own(tmp_path: Path, text: str, *arguments: str) -> Result:
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    return call_in(tmp_path, "check", "own.yaml", *arguments)


def test_a_file_says_its_own(tmp_path: Path) -> None:
    text = told_of(TINY, 71.2, "run 7")
    assert own(tmp_path, text + "budget: {top1: 71.2}\n").code == 0
    failing = own(tmp_path, text + "budget: {params: 500, top1: {min: 72}}\n", "--format=json")
    assert failing.code == 1
    (_, check) = json.loads(failing.out)["checks"]
    assert (check["actual"], check["limit"], check["source"]) == (71.2, 72, "run 7")
    assert (check["line"], check["budget"]) == (7, "own.yaml:8:29")
    assert own(tmp_path, text + "budget: {top1: {warn: 72}}\n", "--strict").code == 1


@pytest.mark.parametrize("entry", OTHERS)
def test_what_is_published_of_something_else_is_not_told(entry: str, tmp_path: Path) -> None:
    text = TINY + f"published:\n  - {entry}\n"
    result = own(tmp_path, text, "--min-top1=1", "--format=json")
    assert result.code == 1
    (network,) = json.loads(result.out)["networks"]
    assert network["top1"] is None


def test_a_file_called_like_a_shipped_network_has_its_own_alone(tmp_path: Path) -> None:
    (tmp_path / "mobilenet").write_text(TINY, encoding="utf-8")
    assert call_in(tmp_path, "check", "mobilenet", "--min-top1=1").code == 1


def test_a_budget_of_today_leaves_it_as_it_is(tmp_path: Path) -> None:
    text = config("{file: mobilenet, budget: {params: 5M, top1: {min: 70}}}")
    (tmp_path / CONFIG).write_text(text, encoding="utf-8")
    assert call_in(tmp_path, "budget").code == 0
    now = (tmp_path / CONFIG).read_text(encoding="utf-8")
    assert now == text.replace("5M", "4_231_976")


# ---------------------------------------------------------------- against a base


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    made = Repository(tmp_path_factory.mktemp("base") / "repo")
    asked = f"{{file: {NET}, budget: {{params: 1k, top1: {{min: 70, warn: 71}}}}}}"
    made.commit({NET: told_of(TINY, 71.2, "run 7"), CONFIG: config(asked)})
    return made


def against(repo: Repository, *arguments: str) -> Result:
    return call_in(repo.root, "check", "--against", "HEAD", *arguments)


def told(repo: Repository) -> Any:
    return json.loads(against(repo, "--format=json").out)


CHANGES = {
    "nothing changed": (TINY, 71.2, "run 7", None),
    "it rose": (TINY, 71.4, "run 8", ("71.2", "71.4", "+0.2")),
    "it fell": (TINY, 70.5, "run 8", ("71.2", "70.5", "-0.7")),
    "it costs more, and is better": (WIDE, 72, "run 8", ("71.2", "72.0", "+0.8")),
    "it costs more, and is as it was": (WIDE, 71.2, "run 8", ("71.2", "71.2", "+0.0")),
}
"""By what happened: the file, what it says, and what the comment says before, after, between."""


@pytest.mark.parametrize("change", CHANGES)
def test_a_comment_tells_cost_and_accuracy_together(
    base: Repository, tmp_path: Path, change: str
) -> None:
    text, value, source, cells = CHANGES[change]
    repo = base.copy(tmp_path / "repo")
    repo.write({NET: told_of(text, value, source)})
    comment = against(repo, "--format=markdown").out
    row = "" if cells is None else f"top-1 | {' | '.join(cells)} |"
    assert row in comment
    assert ("| Before |" in comment) == bool(cells)
    assert ("parameters" in comment.partition("<details>")[0]) == (text == WIDE)
    (network,) = told(repo)["networks"]
    assert (network["base_top1"], network["top1"]) == (71.2, value)


def test_that_it_is_gone_is_told(base: Repository, tmp_path: Path) -> None:
    repo = base.copy(tmp_path / "repo")
    repo.write({NET: TINY})
    comment = against(repo, "--format=markdown").out
    assert f"| `{NET}` | top-1 | 71.2 |  |  |  |  |" in comment
    assert "it was 71.2 at HEAD" in comment


def test_a_figure_of_the_network_before_it_changed_is_told(
    base: Repository, tmp_path: Path
) -> None:
    repo = base.copy(tmp_path / "repo")
    repo.write({NET: told_of(WIDE, 71.2, "run 7")})
    result = against(repo)
    assert result.code == 0
    assert "top-1 of 71.2 was published of it before it changed (run 7)" in result.out
    assert against(repo, "--strict").code == 1
    (notice,) = told(repo)["notices"]
    assert (notice["kind"], notice["status"], notice["line"]) == ("stale", "warn", 7)
    for text in (told_of(WIDE, 71.2, "run 8"), told_of(TINY, 71.2, "run 7") + "# a word\n"):
        repo.write({NET: text})
        assert told(repo)["notices"] == []
        assert against(repo, "--strict").code == 0
    # Where nobody asks for it, it is told and no warning.
    repo.write({NET: told_of(WIDE, 71.2, "run 7")})
    unasked = call_in(repo.root, "check", NET, "--max-params=1k", "--against=HEAD", "--strict")
    assert unasked.code == 0
    assert "published of it before it changed" in unasked.out


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("min: 70", "min: 69.5", "top-1: limit lowered 70 → 69.5"),
        ("warn: 71", "warn: 70", "top-1: warning mark lowered 71 → 70"),
        (", warn: 71", "", "top-1: warning mark of 71 taken away"),
        ("min: 70, ", "", "top-1: limit of 70 taken away"),
        (", top1: {min: 70, warn: 71}", "", "top-1: no longer limited (was 70)"),
    ],
)
def test_a_least_that_asks_less_is_told(
    base: Repository, tmp_path: Path, was: str, now: str, said: str
) -> None:
    repo = base.copy(tmp_path / "repo")
    text = (repo.root / CONFIG).read_text(encoding="utf-8")
    repo.write({CONFIG: text.replace(was, now)})
    assert f"warn: {NET}: {said}." in against(repo).out
    assert against(repo, "--strict").code == 1
    why = text.replace(was, now).replace("budget:", "accept: A smaller chip, budget:")
    repo.write({CONFIG: why})
    assert against(repo, "--strict").code == 0


def test_a_least_that_asks_more_is_not_told(base: Repository, tmp_path: Path) -> None:
    repo = base.copy(tmp_path / "repo")
    text = (repo.root / CONFIG).read_text(encoding="utf-8")
    repo.write({CONFIG: text.replace("min: 70, warn: 71", "min: 71, warn: 71.2")})
    assert against(repo, "--strict").code == 0


def test_a_base_that_is_a_file_or_a_shipped_network_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(told_of(TINY, 72, "run 3"), encoding="utf-8")
    text = told_of(TINY, 71.2, "run 7")
    for name, value in (("./old.yaml", 72), ("mobilenet", 70.6)):
        out = own(tmp_path, text, "--max-params=1k", f"--against={name}", "--format=json").out
        assert json.loads(out)["networks"][0]["base_top1"] == value
