"""What is ready to plug in: the pre-commit hook, the GitHub action, the project's own budgets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from dscalc.check.entries import CONFIG, config_entries
from dscalc.check.runs import outcomes
from dscalc.language.budget_file import Entry, read_config
from dscalc.language.files import load_file
from dscalc.language.shipped import shipped_names
from dscalc.quantities import Quantity
from tests import pages
from tests.scratch import GIT, TINY, WIDER, Repository, config

ROOT = Path(__file__).parents[1]
ACTION = ROOT / ".github" / "actions" / "check" / "action.yml"
OWN = ROOT / ".github" / "dscalc.yaml"
NET = "nets/tiny.yaml"
BUDGET = config(
    f"{{file: {NET}, budget: {{params: {{max: 1k, warn: 500}}}}, growth: {{params: 0}}}}"
)


def parsed(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


# ---------------------------------------------------------------- the project's own budgets


def test_every_shipped_network_has_a_budget() -> None:
    entries = config_entries(str(OWN))
    assert [entry.file for entry in entries] == shipped_names()
    assert all(set(entry.budget.limits) == {"params", "mult_adds"} for entry in entries)


def test_the_project_keeps_its_own_budgets() -> None:
    found = outcomes(config_entries(str(OWN)), None)
    assert {check.status for outcome in found for check in outcome.checks} == {"pass"}


@pytest.mark.parametrize("entry", read_config(OWN.read_text(encoding="utf-8"), "own").entries)
def test_a_budget_follows_from_the_published_figures(entry: Entry) -> None:
    """It is one of them; or ours, rounded up to the digits of one; or ours, where none is known."""
    (outcome,) = outcomes([entry], None)
    for check in outcome.checks:
        figures = _published(entry, check.metric)
        exact = check.limit == check.actual
        assert exact or any(
            figure.value == check.limit or (check.excess or 0) > -figure.unit for figure in figures
        )


def _published(entry: Entry, metric: str) -> list[Quantity]:
    """What sources print of the network itself, in the entry's count of parameters."""
    file = load_file(entry.file)
    side = file.network.input.sides[0]
    figures = [
        getattr(published, metric)
        for published in file.published
        if (*published.setting[:2], published.rewritten) == (1.0, 1.0, None)
        and published.setting.resolution in (None, side)
        and (metric == "mult_adds" or published.counted == entry.terms.count)
    ]
    return [figure for figure in figures if figure is not None]


# ---------------------------------------------------------------- pre-commit


def test_the_hook() -> None:
    (hook,) = parsed(ROOT / ".pre-commit-hooks.yaml")
    assert hook["id"] == "dscalc-check"
    assert hook["name"]
    assert hook["entry"] == "dscalc check"
    assert (hook["language"], hook["pass_filenames"]) == ("python", False)
    assert hook["always_run"]  # a commit may only delete a network


def test_a_hook_of_git_stops_a_commit_that_is_over_budget(tmp_path: Path) -> None:
    repo = Repository(tmp_path / "repo")
    repo.commit({NET: TINY, CONFIG: BUDGET})
    hook = repo.root / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir()
    hook.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dscalc check --against HEAD\n')
    hook.chmod(0o755)
    repo.commit({"README": "as it was"})
    repo.write({NET: WIDER})
    done = subprocess.run(
        ["git", "commit", "--all", "--message=wider"],
        cwd=repo.root,
        env={**os.environ, **GIT},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "of +0 allowed, 288 too many" in done.stdout + done.stderr
    assert repo.git("rev-list", "--count", "HEAD") == "2"


# ---------------------------------------------------------------- what the page gives to paste


def test_what_the_page_gives_to_paste_names_what_there_is() -> None:
    shown = {name: yaml.safe_load(text) for name, text in pages.files(pages.BUDGETS, "yml").items()}
    assert len(shown) == 4
    for name, content in shown.items():
        text = str(content)
        if "repos" in content:
            assert content["repos"][0]["hooks"][0]["id"] == "dscalc-check"
        elif "jobs" in content:
            assert f"/{ACTION.parent.relative_to(ROOT).as_posix()}@" in text
            assert content["permissions"]["contents"] == "read"
            steps = content["jobs"]["budgets"]["steps"]
            uses = [step["uses"] for step in steps if "uses" in step]
            assert all(re.search(r"@[0-9a-f]{40}$", one) for one in uses if "/dscalc/" not in one)
        else:
            assert name == ".gitlab-ci.yml"
            reports = content["budgets"]["artifacts"]["reports"]
            written = re.findall(r"--output (gitlab|junit):(\S+)", text.replace("'", " "))
            assert dict(written) == {"gitlab": reports["codequality"], "junit": reports["junit"]}
