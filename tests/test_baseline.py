"""What a network is compared with: a revision, a file at one, another file, a JSON report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dscalc.analysis.terms import Terms
from dscalc.analysis.versions import Totals, Version
from dscalc.check.baseline import Baseline, base_version, baseline
from dscalc.errors import DscalcError
from dscalc.language.budget_file import Entry
from dscalc.law.setting import Setting
from tests.commands import call, complaint, document
from tests.scratch import TINY, WIDER, Repository, network

NET = "nets/tiny.yaml"
ENTRY = Entry(NET)
TINY_TOTALS, WIDER_TOTALS = Totals(396, 25_344), Totals(684, 43_776)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """TINY on main, and in the work tree of a branch WIDER."""
    made = Repository(tmp_path_factory.mktemp("baseline") / "repo")
    made.commit({NET: TINY, "old/other.yaml": WIDER})
    made.git("checkout", "--quiet", "-b", "feature")
    made.commit({NET: WIDER})
    return made


def base(against: str, entry: Entry = ENTRY) -> Version | None:
    """The base version of an entry."""
    found = base_version(baseline(against, Path()), entry, entry.file)
    return None if found is None else found.version


def totals(against: str, entry: Entry = ENTRY) -> Totals:
    found = base(against, entry)
    assert found is not None
    return found.totals


def refused(against: str, entry: Entry = ENTRY) -> str:
    with pytest.raises(DscalcError) as raised:
        base(against, entry)
    return str(raised.value)


# ---------------------------------------------------------------- git


@pytest.mark.parametrize("against", ["main", "HEAD~1", f"main:{NET}", f"HEAD~1:./{NET}"])
def test_a_revision_or_a_file_at_one(repo: Repository, against: str) -> None:
    assert totals(against) == TINY_TOTALS


def test_another_file_at_a_revision(repo: Repository) -> None:
    assert totals("main:old/other.yaml") == WIDER_TOTALS


def test_a_file_at_a_revision_is_that_of_the_revision_itself(repo: Repository) -> None:
    """Not that of the merge base, which a revision alone stands for."""
    repo.git("checkout", "--quiet", "main")
    repo.commit({NET: network("conv: {n: 1}")})
    repo.git("checkout", "--quiet", "feature")
    assert totals("main") == TINY_TOTALS
    assert totals(f"main:{NET}").params == 27


@pytest.mark.parametrize("path", ["./tiny.yaml", "../nets/tiny.yaml"])
def test_a_path_that_starts_with_dots_is_seen_from_here(
    repo: Repository, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.chdir(repo.root / "nets")
    assert totals(f"main:{path}", Entry("tiny.yaml")) == TINY_TOTALS
    assert totals(f"main:{NET}", Entry("tiny.yaml")) == TINY_TOTALS
    assert totals("main", Entry("tiny.yaml")) == TINY_TOTALS


@pytest.mark.parametrize("path", ["../../x.yaml", "/etc/passwd", "nets/../../x", ""])
def test_a_path_outside_the_repository(repo: Repository, path: str) -> None:
    assert refused(f"main:{path}") == f"main:{path}: a path outside the repository"


def test_a_path_that_is_not_there(repo: Repository) -> None:
    assert refused("main:nets/none.yaml") == "main:nets/none.yaml: no such file there"


def test_a_network_outside_the_repository_has_no_version_there(
    repo: Repository, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text(TINY, encoding="utf-8")
    assert refused("main", Entry(str(outside))) == (
        f"{outside} is outside the repository, so main has no version of it"
    )


def test_a_new_network_has_no_base_version(repo: Repository) -> None:
    repo.write({"nets/new.yaml": TINY})
    assert base("main", Entry("nets/new.yaml")) is None


def test_a_renamed_file_has_the_version_of_its_earlier_path(repo: Repository) -> None:
    repo.git("mv", NET, "nets/renamed.yaml")
    found = base("main", Entry("nets/renamed.yaml"))
    assert found is not None
    assert (found.totals, found.file) == (TINY_TOTALS, f"main:{NET}")


def test_a_base_version_that_does_not_parse_is_told_at_its_place(repo: Repository) -> None:
    repo.commit({NET: TINY.replace("conv", "konv")})
    assert refused("HEAD").startswith(f"HEAD:{NET}:4:5: unknown kind 'konv'")
    repo.commit({NET: "[1, 2]"})
    assert refused("HEAD").startswith(f"HEAD:{NET}:1:1: not a network")


def test_a_base_version_is_measured_at_the_multipliers_of_the_entry(repo: Repository) -> None:
    entry = Entry(NET, Setting(alpha=0.5, resolution=16))
    assert totals("main", entry) == Totals(27 * 2 + 18 * 4, (27 * 2 + 18 * 4) * 256)
    assert totals("main", Entry(NET, Setting(rho=2.0))).mult_adds == 4 * TINY_TOTALS.mult_adds


@pytest.mark.parametrize(
    ("name", "is_file"),
    [("nets", False), ("feature", False), ("./main", True), ("mobilenet", True)],
)
def test_what_exists_as_a_file_wins_but_a_folder_does_not(
    repo: Repository, name: str, is_file: bool
) -> None:
    """A branch may be called as a folder is; a network file cannot be one."""
    (repo.root / "feature").mkdir()
    repo.git("branch", "nets")
    repo.write({"main": WIDER})
    found = baseline(name, Path())
    assert found == Baseline(None, name) if is_file else found.commit is not None


def test_an_empty_version_is_no_version(repo: Repository) -> None:
    """As "$BASE" is where CI did not set it; the current folder is not meant by it."""
    assert refused("") == "the version to compare with is empty"


# ---------------------------------------------------------------- another file


def test_another_file(repo: Repository) -> None:
    assert totals("old/other.yaml") == WIDER_TOTALS
    assert totals(str(repo.root / "old" / "other.yaml")) == WIDER_TOTALS
    assert totals("mobilenet").params == 4_231_976
    assert totals("old/other.yaml", Entry(NET, Setting(alpha=0.5))).params == 27 * 2 + 18 * 8


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the file is empty"),
        ("layers: [", "malformed YAML"),
        ("{", "malformed YAML"),
        ("{}", "'input' is missing"),
        ("[1, 2]", "not a network"),
        ("\0", "a binary file, not YAML"),
    ],
)
def test_a_file_that_is_no_network(repo: Repository, content: str, said: str) -> None:
    repo.write({"base.yaml": content})
    assert said in refused("base.yaml")


def test_a_file_that_is_not_there_is_told_as_such(repo: Repository) -> None:
    assert refused("base.json").startswith("'base.json' is no file, and no revision")


# ---------------------------------------------------------------- a JSON report


@pytest.fixture
def report(repo: Repository) -> Callable[..., dict[str, Any]]:
    """Writes base.json, a report of TINY with some flags, changed as the test says."""
    repo.write({"tiny.yaml": TINY})

    def write(*flags: str, **changes: Any) -> dict[str, Any]:
        content = {**document("net", "tiny.yaml", *flags), **changes}
        repo.write({"base.json": json.dumps(content)})
        return content

    return write


Write = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("flags", "entry"),
    [
        ((), Entry(NET)),
        (("--alpha", "0.5"), Entry(NET, Setting(alpha=0.5))),
        (("--rho", "0.5"), Entry(NET, Setting(rho=0.5))),
        (("--resolution", "6"), Entry(NET, Setting(resolution=6))),
        (("--resolution", "6x4"), Entry(NET, Setting(resolution=(6, 4)))),
        (("--count", "total"), Entry(NET, terms=Terms("total"))),
        (("--expand",), Entry(NET)),
    ],
)
def test_a_report_of_net(report: Write, flags: tuple[str, ...], entry: Entry) -> None:
    content = report(*flags)
    found = base("base.json", entry)
    assert found is not None
    assert found.totals == (content["total"]["params"], content["total"]["mult_adds"])
    assert [layer.name for layer in found.layers] == ["conv1", "conv2"]
    assert found.file == "base.json"


def test_a_report_is_read_from_a_revision_too(repo: Repository, report: Write) -> None:
    report()
    repo.commit({})
    assert totals("HEAD:base.json") == TINY_TOTALS


def test_a_report_of_another_schema_version(report: Write) -> None:
    report(schema_version=2)
    assert refused("base.json") == (
        "base.json: a report of schema version 2; this dscalc reads version 1"
    )


@pytest.mark.parametrize(
    "arguments",
    [("layer", "--m", "3", "--n", "4"), ("list",), ("check", NET, "--max-params", "1M")],
)
def test_a_report_of_another_command(repo: Repository, arguments: tuple[str, ...]) -> None:
    repo.write({"base.json": call(*arguments, "--format", "json").out})
    assert refused("base.json") == "base.json: not a report of `dscalc net` (without --as)"


def test_a_report_of_what_if_is_none_of_the_network(report: Write) -> None:
    report("--as", "separable")
    assert refused("base.json") == "base.json: not a report of `dscalc net` (without --as)"


@pytest.mark.parametrize(
    ("flags", "entry"),
    [
        (("--alpha", "0.5"), Entry(NET)),
        ((), Entry(NET, Setting(alpha=0.5))),
        (("--rho", "0.5"), Entry(NET)),
        ((), Entry(NET, Setting(rho=0.5))),
        (("--resolution", "4"), Entry(NET)),
        ((), Entry(NET, Setting(resolution=4))),
        ((), Entry(NET, Setting(resolution=(8, 4)))),
    ],
)
def test_a_report_at_other_multipliers_answers_another_question(
    report: Write, flags: tuple[str, ...], entry: Entry
) -> None:
    report(*flags)
    assert "a report at another α, ρ or resolution" in refused("base.json", entry)


def test_a_report_that_counts_other_parameters(report: Write) -> None:
    report("--count", "weights")
    assert refused("base.json") == "base.json: counts 'weights' parameters, not 'trainable'"


LAYER = {"name": "a", "kind": "conv", "line": 1, "input": [8, 3], "output": [8, 4],
         "params": 396, "mult_adds": 25_344}  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"total": None},
        {"total": {}},
        {"total": {"params": 396}},
        {"total": {"params": 395, "mult_adds": 25_344}},
        {"total": {"params": "396", "mult_adds": 25_344}},
        {"total": {"params": 396.0, "mult_adds": 25_344}},
        {"total": {"params": True, "mult_adds": 25_344}},
        {"total": {"params": 10**399, "mult_adds": 25_344}},
        {"total": {"params": float("inf"), "mult_adds": 25_344}},
        {"total": {"params": float("nan"), "mult_adds": 25_344}},
        {"layers": None},
        {"layers": {}},
        {"layers": []},
        {"layers": [3]},
        {"layers": ["conv1"]},
        {"layers": [{}]},
        {"layers": [{**LAYER, "input": 3}]},
        {"layers": [{**LAYER, "input": [[8]]}]},
        {"layers": [{**LAYER, "output": ["8"]}]},
        {"layers": [{**LAYER, "params": -396}]},
        {"layers": [{**LAYER, "params": 396, "mult_adds": 1}]},
        {"layers": [LAYER, {**LAYER, "params": 0, "mult_adds": 0}]},
        {"input": None},
        {"input": 3},
        {"alpha": None},
    ],
)
def test_a_damaged_report(report: Write, changes: dict[str, Any]) -> None:
    report(**changes)
    said = refused("base.json")
    assert said.startswith(("base.json: a damaged report: ", "base.json: a report at another"))
    assert "\n" not in said


@pytest.mark.parametrize("metric", ["params", "mult_adds"])
@pytest.mark.parametrize("arguments", [("base.json", "tiny.yaml"), ("tiny.yaml", "base.json")])
def test_a_report_with_a_number_of_400_digits_that_adds_up(
    repo: Repository, report: Write, metric: str, arguments: tuple[str, str]
) -> None:
    content = report()
    content["layers"][0][metric] += 10**399
    content["total"][metric] += 10**399
    repo.write({"base.json": json.dumps(content)})
    for form in ("text", "json", "markdown"):
        assert complaint("diff", *arguments, "--format", form) == (
            "error: base.json: a damaged report: ValueError('a number of 400 digits is no count')\n"
        )


@pytest.mark.parametrize("key", ["total", "layers", "input", "alpha", "rho", "network", "count"])
def test_a_report_without_one_of_its_keys(repo: Repository, report: Write, key: str) -> None:
    content = report()
    del content[key]
    repo.write({"base.json": json.dumps(content)})
    assert refused("base.json").startswith("base.json: ")


@pytest.mark.parametrize("left", [1, 20, 300, -3])
def test_a_report_that_was_cut_off(repo: Repository, report: Write, left: int) -> None:
    text = json.dumps(report())
    repo.write({"base.json": text[:left]})
    assert refused("base.json")


CHOKING = ['{"schema_version":' * 50_000, f'{{"schema_version": {"1" * 5_000}}}']


@pytest.mark.parametrize("text", CHOKING, ids=["nested", "digits"])
def test_a_report_to_choke_on(repo: Repository, text: str) -> None:
    repo.write({"base.json": text})
    assert refused("base.json")


def test_a_network_written_in_json_is_a_network(repo: Repository) -> None:
    repo.write({"base.json": '{"input": [8, 8, 3], "layers": [{"conv": {"n": 4}}]}'})
    assert totals("base.json").params == 108
