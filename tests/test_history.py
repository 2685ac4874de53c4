"""`dscalc diff --log`: a network at every commit that touched it, in a real repository."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands import call
from tests.scratch import HOSTILE, TINY, WIDER, Repository, network

NET = "nets/tiny.yaml"
NEW = "nets/renamed.yaml"
ONE = network("conv: {n: 4}")
FIGURES = {
    ONE: (108, 108 * 64, 64 * (3 + 4) * 4),
    TINY: (396, 396 * 64, 64 * (4 + 8) * 4),
    WIDER: (684, 684 * 64, 64 * (4 + 16) * 4),
}
"""Parameters, mult-adds at 64 positions, bytes of the largest two maps that are alive at once."""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Seven commits: written, wider, another file, renamed, broken, taken away, and back."""
    made = Repository(tmp_path_factory.mktemp("history") / "repo")
    made.commit({NET: ONE})
    made.commit({NET: TINY})
    made.git("tag", "v1")
    made.commit({"README": "other"})
    made.git("mv", NET, NEW)
    made.commit({NEW: WIDER})
    made.commit({NEW: WIDER.replace("n: 16", "x: 16")})
    made.git("rm", "--quiet", NEW)
    made.commit({"README": "more"})
    made.commit({NEW: WIDER})
    return made


def commits(*arguments: str) -> list[dict[str, Any]]:
    result = call("diff", "--log", *arguments, "--format", "json")
    assert (result.code, result.err) == (0, "")
    return list(json.loads(result.out)["commits"])


def test_every_commit_that_touched_it_through_its_rename(repo: Repository) -> None:
    found = commits("HEAD~3..", NEW)
    assert [c["path"] for c in found] == [NEW] * 3
    found = commits("HEAD~2", NEW)
    assert [tuple((c["figures"] or {}).values()) for c in found] == [
        FIGURES[ONE], FIGURES[TINY], FIGURES[WIDER], ()
    ]  # fmt: skip
    assert [c["path"] for c in found] == [NET, NET, NEW, NEW]
    assert [c["earlier_path"] for c in found] == [None, None, NET, None]
    assert [c["commit"] for c in found] == [
        repo.git("rev-parse", f"HEAD~{n}") for n in (6, 5, 3, 2)
    ]
    assert "'n' is missing in conv" in found[3]["problem"]


def test_a_file_that_was_taken_away_and_came_back(repo: Repository) -> None:
    found = commits(NEW)
    assert [bool(c["figures"]) for c in found[-3:]] == [False, False, True]
    said = call("diff", "--log", NEW).out
    shas = [c["commit"][:10] for c in found]
    assert f"{shas[-2]}: taken away\n" in said
    assert f"{shas[-3]}: cannot be read: " in said


def test_the_table_says_by_how_much(repo: Repository) -> None:
    lines = call("diff", "--log", "HEAD~3", NEW).out.splitlines()
    assert lines[0] == f"{NEW}: 3 commits"
    rows = [line.split()[2:] for line in lines[4:7]]
    assert rows == [
        ["108", "6,912", "1,792"],
        ["396", "+288", "25,344", "+18,432", "3,072", "+1,280"],
        ["684", "+288", "43,776", "+18,432", "5,120", "+2,048"],
    ]
    assert lines[8].endswith(f": renamed from {NET}")
    narrow = call("diff", "--log", "HEAD~3", NEW, columns=60).out
    assert all(len(line) <= 60 for line in narrow.splitlines())
    assert all(figure in narrow for figure in ("684", "43,776", "5,120"))


def test_csv_has_every_commit(repo: Repository) -> None:
    text = call("diff", "--log", "HEAD~3", NEW, "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["params"] for row in rows] == ["108", "396", "684"]
    assert [row["params_delta"] for row in rows] == ["", "288", "288"]


def test_spans(repo: Repository) -> None:
    assert len(commits("v1..HEAD~3", NEW)) == 1
    assert len(commits("v1..", NEW)) == 4
    assert [c["figures"]["params"] for c in commits("v1", NET)] == [108, 396]


def test_at_a_setting(repo: Repository) -> None:
    found = commits("v1", NET, "--alpha", "0.5")
    assert [c["figures"]["params"] for c in found] == [54, 54 + 72]


def test_a_plot(repo: Repository) -> None:
    assert call("diff", "--log", NEW, "--plot", "history.svg").code == 0
    drawn = (repo.root / "history.svg").read_text(encoding="utf-8")
    assert all(text in drawn for text in (">Params<", ">Mult-adds<", ">Memory<", f">{NEW} · "))


def test_a_shallow_clone_says_that_it_is(repo: Repository, tmp_path: Path) -> None:
    repo.git("checkout", "--quiet", "HEAD~3")
    clone = Repository(tmp_path / "clone")
    clone.git("fetch", "--quiet", "--depth=1", f"file://{repo.root}", "HEAD")
    clone.git("checkout", "--quiet", "FETCH_HEAD")
    said = call("diff", "--log", str(clone.root / NEW)).out
    assert "684" in said
    assert said.endswith("This clone is shallow: what came before is not in it.\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nets/none.yaml",), "nets/none.yaml: no commit of HEAD touched it"),
        (("HEAD..HEAD", NEW), f"{NEW}: no commit of HEAD..HEAD touched it"),
        (("v1...HEAD", NEW), "'v1...HEAD' is no span"),
        (("gone", NEW), "'gone' is no file, and no revision that this clone has"),
        (("--", "--all", NEW), "'--all' is not a revision"),
        (("mobilenet",), "mobilenet: a history is that of a file in a repository"),
        (("/dev/null",), "is in no git repository"),
        ((NEW, "--plot", "history.gif"), "--plot writes .svg, .png or .pdf"),
    ],
)
def test_what_has_no_history(repo: Repository, arguments: tuple[str, ...], said: str) -> None:
    result = call("diff", "--log", *arguments)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


@pytest.mark.parametrize("name", [n for n in HOSTILE if "\0" not in n and "/" not in n], ids=ascii)
def test_a_hostile_name_is_followed_and_is_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    repo = Repository(tmp_path / "repo")
    first, second = f"a{name}.yaml", f"b{name}.yaml"
    repo.commit({first: TINY})
    repo.git("mv", first, second)
    repo.commit({"x": "x"})
    monkeypatch.chdir(repo.root)
    found = commits(second)
    assert [(c["path"], c["earlier_path"]) for c in found] == [(first, None), (second, first)]
    shown = call("diff", "--log", second).out
    assert "\x1b" not in shown
    assert len(shown.splitlines()) == 8


def test_what_git_is_configured_to_run_is_not_run(repo: Repository) -> None:
    for key, value in {
        "log.showSignature": "true",
        "gpg.program": f"{repo.root}/program",
        "diff.external": f"{repo.root}/program",
        "core.pager": f"{repo.root}/program",
        "diff.renameLimit": "1",
    }.items():
        repo.git("config", key, value)
    program = repo.root / "program"
    program.write_text(f"#!/bin/sh\ntouch {repo.root}/ran\n", encoding="utf-8")
    program.chmod(0o755)
    assert len(commits("HEAD~2", NEW)) == 4
    assert not (repo.root / "ran").exists()
