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

from dscalc.check.outcomes import CONFIG, config_entries, outcomes
from dscalc.language.budget_file import Entry, read_config
from dscalc.language.files import load_file, shipped_names
from dscalc.quantities import Quantity
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


@pytest.mark.parametrize("entry", read_config(OWN.read_text(encoding="utf-8"), "own"))
def test_a_budget_follows_from_the_published_figures(entry: Entry) -> None:
    """It is one of them; or ours, rounded up to the digits of one; or ours, where none is known."""
    (outcome,) = outcomes([entry], None)
    for check in outcome.checks:
        figures = _published(entry, check.metric)
        exact = check.limit == check.actual
        assert exact or any(
            figure.value == check.limit or check.excess > -figure.unit for figure in figures
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
    assert (hook["language"], hook["types"], hook["pass_filenames"]) == ("python", ["yaml"], False)


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
    assert "288 over the growth of 0 that is allowed" in done.stdout + done.stderr
    assert repo.git("rev-list", "--count", "HEAD") == "2"


# ---------------------------------------------------------------- what the README says to paste


def pasted() -> dict[str, Any]:
    """The CI files on the README's page, by their names."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^```yml\n# (\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return {name: yaml.safe_load(block) for name, block in found}


def test_what_the_page_gives_to_paste_names_what_there_is() -> None:
    files = pasted()
    if "## Budgets" in (ROOT / "README.md").read_text(encoding="utf-8"):
        assert len(files) == 3
    for name, content in files.items():
        text = str(content)
        if "repos" in content:
            assert content["repos"][0]["hooks"][0]["id"] == "dscalc-check"
        elif "jobs" in content:
            assert f"/{ACTION.parent.relative_to(ROOT).as_posix()}@" in text
            assert content["permissions"] == {"contents": "read"}
        else:
            assert name == ".gitlab-ci.yml"
            reports = content["budgets"]["artifacts"]["reports"]
            written = re.findall(r"--output (gitlab|junit):(\S+)", text.replace("'", " "))
            assert dict(written) == {"gitlab": reports["codequality"], "junit": reports["junit"]}


# ---------------------------------------------------------------- the GitHub action


def test_the_action_is_one_that_github_takes() -> None:
    action = parsed(ACTION)
    assert {"name", "description", "inputs", "runs"} == set(action)
    assert action["runs"]["using"] == "composite"
    for given in action["inputs"].values():
        assert set(given) == {"description", "default"}
        assert isinstance(given["default"], str)
    for step in action["runs"]["steps"]:
        assert step["shell"] == "bash"
        assert set(step) <= {"name", "shell", "env", "run"}


def test_the_action_asks_for_no_token_and_puts_nothing_into_its_script() -> None:
    text = ACTION.read_text(encoding="utf-8")
    assert not re.search(r"token|secrets|GITHUB_ENV|GITHUB_PATH", text, re.IGNORECASE)
    for step in parsed(ACTION)["runs"]["steps"]:
        assert "${{" not in step["run"]
        for value in step.get("env", {}).values():
            assert re.fullmatch(r"\$\{\{ (inputs\.[a-z]+|github\.base_ref) \}\}", value)


def test_the_action_installs_the_checkout_that_it_comes_from() -> None:
    install = parsed(ACTION)["runs"]["steps"][0]["run"]
    (path,) = re.findall(r'"\$GITHUB_ACTION_PATH/([./]+)"', install)
    assert (ACTION.parent / path).resolve() == ROOT.resolve()
    assert (ACTION.parent / path / "pyproject.toml").is_file()


class Runner:
    """Runs the action's check as a GitHub runner would, in a repository."""

    def __init__(self, folder: Path, repo: Repository) -> None:
        self.repo = repo
        self.folder = folder
        self.summary = folder / "summary.md"
        program = folder / "dscalc" / "bin" / "dscalc"
        program.parent.mkdir(parents=True)
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dscalc "$@"\n')
        program.chmod(0o755)

    def __call__(self, base: str = "", **inputs: str) -> tuple[int, str, str]:
        """The exit code, the log, and what the step summary has got."""
        action = parsed(ACTION)
        step = action["runs"]["steps"][1]
        defaults = {name: given["default"] for name, given in action["inputs"].items()}
        values = {f"inputs.{name}": value for name, value in {**defaults, **inputs}.items()}
        values["github.base_ref"] = base
        variables = {name: values[value[4:-3]] for name, value in step["env"].items()}
        self.summary.write_text("before\n")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.repo.root,
            env={
                **os.environ,
                **GIT,
                **variables,
                "RUNNER_TEMP": str(self.folder),
                "GITHUB_STEP_SUMMARY": str(self.summary),
                "PYTHONIOENCODING": "utf-8",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        summary = self.summary.read_text(encoding="utf-8")
        assert summary.startswith("before\n")
        return done.returncode, done.stdout.decode(), summary.removeprefix("before\n")


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A shallow checkout of a branch with a wider network, as actions/checkout leaves it."""
    origin = Repository(tmp_path / "origin")
    origin.commit({NET: TINY, CONFIG: BUDGET})
    origin.git("checkout", "--quiet", "-b", "feature")
    origin.commit({NET: WIDER})
    clone = origin.clone(tmp_path / "clone", "--depth=1", "--branch=feature")
    clone.git("checkout", "--quiet", "--detach")
    clone.git("branch", "--quiet", "--delete", "--force", "feature")
    return Runner(tmp_path / "temp", clone)


def test_a_pull_request_is_held_to_the_branch_that_it_goes_to(runner: Runner) -> None:
    code, log, summary = runner(base="main")
    assert code == 1
    assert f"::error file={NET},line=5,title=dscalc%3A {NET}::" in log
    assert "1 of 1 network over budget" in summary
    assert "grew most: conv2 (line 5) 288" in summary


def test_a_push_is_held_to_absolute_budgets(runner: Runner) -> None:
    code, log, summary = runner()
    assert (code, "::warning file=" in log) == (0, True)
    assert "growth is not checked without --against" in log
    assert "above a warning mark" in summary
    assert runner(strict="true")[0] == 1
    assert runner(strict="false")[0] == 0


def test_inputs_are_taken_as_they_are(runner: Runner) -> None:
    runner.repo.write({"my budgets.yaml": config("{file: mobilenet, budget: {params: 5M}}")})
    code, log, summary = runner(config="my budgets.yaml")
    assert (code, log) == (0, "1 network within budget: 1 check passes.\n")
    assert summary.startswith("**1 network within budget: 1 check passes.**\n")
    runner.repo.git("tag", "own")
    assert runner(base="main", against="own")[0] == 0


HOSTILE_INPUTS = ["$(touch ran)", "' \"; touch ran", "--output=json:ran"]


@pytest.mark.parametrize("value", HOSTILE_INPUTS)
@pytest.mark.parametrize("given", ["base", "config", "against", "strict"])
def test_nothing_that_is_put_in_is_run(runner: Runner, given: str, value: str) -> None:
    code, _, summary = runner(**{given: value})
    assert code == (0 if given == "strict" else 2)
    assert summary
    assert not (runner.repo.root / "ran").exists()


def test_without_a_verdict_the_summary_says_why_and_there_is_an_annotation(runner: Runner) -> None:
    runner.repo.write({NET: "layers: [{konv: 1}]\n"})
    code, log, summary = runner()
    assert code == 2
    assert "::error title=dscalc::No verdict" in log
    assert f"error: {NET}:1:11: unknown kind 'konv'" in log
    assert summary.startswith("**dscalc: no verdict.**\n\n    error: ")
    assert all(line.startswith("    ") for line in summary.splitlines()[2:])
