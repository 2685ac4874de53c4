"""What cannot be read reaches its line in every format for machines; no two issues are one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dscalc.check.entries import CONFIG
from tests.commands import call_in
from tests.scratch import TINY, Repository, config
from tests.test_growth import NET, check, growing
from tests.test_verdict_formats import junit


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """TINY on main, and no leave to grow."""
    made = Repository(tmp_path / "repo")
    made.commit({NET: TINY, CONFIG: growing()})
    return made


# ---------------------------------------------------------------- what cannot be read


@pytest.mark.parametrize("form", ["json", "github", "gitlab", "junit"])
def test_a_network_that_cannot_be_read_is_told_at_its_line(repo: Repository, form: str) -> None:
    """On standard output and in files, with what could be checked beside it: exit code 2."""
    other = f"{{file: {NET}, budget: {{params: 300}}}}"
    repo.write({"bad.yaml": TINY.replace("conv: {n: 8}", "konv: {n: 8}"),
                CONFIG: config(other, "{file: bad.yaml, budget: {params: 1k}}")})  # fmt: skip
    for flags in ((), ("--exit-zero",)):
        result = check(repo, "--format", form, "--output", f"{form}:out", *flags)
        assert result.code == 2
        assert result.err.startswith("error: bad.yaml:5:5: unknown kind 'konv'")
        assert result.out == (repo.root / "out").read_text(encoding="utf-8")
    said = result.out
    assert "unknown kind 'konv'" in said.replace("&apos;", "'")
    assert "96 (32.00 %" in said or '"status": "fail"' in said  # the other one was checked
    if form == "json":
        told = json.loads(said)
        assert told["verdict"] == "none"
        (error,) = told["errors"]
        assert error["message"].startswith("unknown kind 'konv'")
        del error["message"]
        assert error == {"network": "bad.yaml", "file": "bad.yaml", "line": 5, "column": 5}
    elif form == "github":
        assert said.startswith(
            "::error file=bad.yaml,line=5,title=dscalc%3A bad.yaml::unknown kind"
        )
        assert said.endswith("no verdict: 1 of 2 networks could not be checked.\n")
    elif form == "gitlab":
        first, second = json.loads(said)
        assert (first["severity"], second["severity"]) == ("blocker", "major")
        assert first["location"] == {"path": "bad.yaml", "lines": {"begin": 5}}
    else:
        root = junit(said)
        assert [suite.get("file") for suite in root if suite.get("errors") == "1"] == ["bad.yaml"]
        (failed,) = root.iter("error")
        assert (failed.text or "").startswith("bad.yaml:5: unknown kind 'konv'")


def test_people_are_told_on_standard_error_alone(repo: Repository) -> None:
    repo.write({NET: "layers: ["})
    for form in ("text", "markdown", "csv", "html"):
        result = check(repo, "--format", form, "--output", f"{form}:out", "--against", "main")
        assert (result.code, result.out) == (2, "")
        assert not (repo.root / "out").exists()


@pytest.mark.parametrize(
    ("files", "arguments", "file", "line"),
    [
        ({CONFIG: "version: 1\nnetworks: 3\n"}, (), CONFIG, 2),
        ({CONFIG: growing("gone.yaml")}, (), CONFIG, 3),
        ({}, ("--against", "nowhere"), None, None),
        ({}, ("--config", "no.yaml"), None, None),
    ],
)
def test_other_reasons_for_no_verdict_are_told_too(
    repo: Repository, files: dict[str, str], arguments: tuple[str, ...], file: str, line: int
) -> None:
    repo.write(files)
    result = check(repo, *arguments, "--format", "json")
    told = json.loads(result.out)
    assert (result.code, told["verdict"]) == (2, "none")
    assert [(error["file"], error["line"]) for error in told["errors"]] == [(file, line)]


def test_a_budget_file_that_is_not_there_is_no_shipped_network(repo: Repository) -> None:
    for arguments in (("check",), ("diff", "main")):
        said = call_in(repo.root, *arguments, "--config", "no.yaml")
        assert (said.code, said.err) == (2, "error: no.yaml: no such file\n")
        said = call_in(repo.root, *arguments, "--config", "unet.yaml")
        assert (said.code, said.err) == (2, "error: unet.yaml: no such file\n")


def test_diff_outside_a_repository_says_so(tmp_path: Path) -> None:
    said = call_in(tmp_path, "diff", "a", "b")
    assert said.code == 2
    assert said.err == "error: 'a' is no file, and this folder is in no git repository\n"


# ---------------------------------------------------------------- two rules of one match


def test_two_rules_of_one_match_have_fingerprints_of_their_own(repo: Repository) -> None:
    rules = "layers: [{match: conv*, params: 100}, {match: conv*, params: 50, mult_adds: 10}]"
    own = "budget: {params: 10, layers: [{match: conv1, params: 10}]}\n"
    repo.write(
        {NET: TINY + own, CONFIG: config(f"{{file: {NET}, {rules}, budget: {{params: 5}}}}")}
    )
    issues = json.loads(check(repo, "--format", "gitlab").out)
    assert len(issues) == 2 + 4 + 2 + 1
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    ids = [found["id"] for found in json.loads(check(repo, "--format", "json").out)["checks"]]
    assert len(set(ids)) == len(ids)
    assert f"{NET}:conv1:params:max:conv*" in ids  # as ever


def test_one_mistake_at_two_lines_is_two_issues(repo: Repository) -> None:
    repo.write({NET: TINY.replace("conv:", "konv:")})
    issues = json.loads(check(repo, "--format", "gitlab", "--against", "main").out)
    assert [issue["location"]["lines"]["begin"] for issue in issues] == [4, 5]
    assert len({issue["fingerprint"] for issue in issues}) == 2
