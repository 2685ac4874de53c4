"""The GitHub action, its steps run as a runner runs them: in shallow clones, for every event."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from dscalc.check.entries import CONFIG
from tests import pages
from tests.scratch import GIT, TINY, WIDER, Repository, config, network

ROOT = Path(__file__).parents[1]
ACTION = ROOT / ".github" / "actions" / "check" / "action.yml"
NET = "nets/tiny.yaml"
BUDGET = config(
    f"{{file: {NET}, budget: {{params: {{max: 10k, warn: 500}}}}, growth: {{params: 0}}}}"
)
HUGE = network("conv: {n: 4}", "conv: {n: 64}")
SMALLER = network("conv: {n: 4}")
COMMENTED = f"# a comment\n{TINY}"
NOWHERE = "0" * 40


def parsed() -> Any:
    return yaml.safe_load(ACTION.read_text(encoding="utf-8"))


# ---------------------------------------------------------------- its form


def test_the_action_is_one_that_github_takes() -> None:
    action = parsed()
    assert set(action) == {"name", "description", "inputs", "outputs", "runs"}
    assert action["runs"]["using"] == "composite"
    for given in action["inputs"].values():
        assert set(given) == {"description", "default"}
        assert isinstance(given["default"], str)
    steps = action["runs"]["steps"]
    for output in action["outputs"].values():
        step = re.fullmatch(r"\$\{\{ steps\.(\w+)\.outputs\.(\w+) \}\}", output["value"])
        assert step is not None
        (source,) = (found for found in steps if found.get("id") == step[1])
        assert f"{step[2]}=" in source["run"]
    for step in steps:
        assert step["shell"] == "bash"
        assert set(step) <= {"name", "id", "if", "shell", "env", "run"}


def test_only_the_comment_has_a_token_and_nothing_is_put_into_a_script() -> None:
    text = ACTION.read_text(encoding="utf-8")
    assert not re.search(r"secrets|GITHUB_ENV|GITHUB_PATH", text, re.IGNORECASE)
    for step in parsed()["runs"]["steps"]:
        assert "${{" not in step["run"]
        assert ("TOKEN" in step.get("env", {})) == (step["name"] == "Comment")
        for value in step.get("env", {}).values():
            assert re.fullmatch(r"\$\{\{ (inputs|github)\.[a-z_.| -]+ \}\}", value)


def test_the_action_installs_the_checkout_that_it_comes_from() -> None:
    install = parsed()["runs"]["steps"][0]["run"]
    (path,) = re.findall(r'"\$GITHUB_ACTION_PATH/([./]+)"', install)
    assert (ACTION.parent / path).resolve() == ROOT.resolve()
    assert (ACTION.parent / path / "pyproject.toml").is_file()


# ---------------------------------------------------------------- a runner


class Ran(NamedTuple):
    """What a run of the action leaves: its exit code, its log, the step summary, its outputs."""

    code: int
    log: str
    summary: str
    outputs: dict[str, str]


class Event(NamedTuple):
    """What GitHub says of an event."""

    event_name: str = "workflow_dispatch"
    sha: str = ""
    base_ref: str = ""
    before: str = ""
    base_sha: str = ""
    number: str = ""


class Runner:
    """Runs the steps of the action after its installation in a repository; dscalc is on PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "bin" / "dscalc"
        program.parent.mkdir(parents=True)
        program.write_text(
            f'#!/bin/sh\nexec env "PYTHONPATH={ROOT}" "{sys.executable}" -m dscalc "$@"\n'
        )
        program.chmod(0o755)
        python = folder / "dscalc" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.symlink_to(sys.executable)

    def __call__(self, where: Repository, event: Event, **inputs: str) -> Ran:
        files = {name: self.folder / name for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
        for file in files.values():
            file.write_text("before\n")
        outputs = files["GITHUB_OUTPUT"]
        code, log = 0, ""
        for step in parsed()["runs"]["steps"][1:]:
            asked = step.get("if", "")
            if asked.startswith("always()"):
                if inputs.get("comment") != "true" or "comment=" not in outputs.read_text():
                    continue
            elif code:
                continue
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=where.root,
                env={
                    **os.environ,
                    **GIT,
                    **self.variables(step.get("env", {}), event, inputs),
                    **{name: str(file) for name, file in files.items()},
                    "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
                    "RUNNER_TEMP": str(self.folder),
                    "GITHUB_ACTION_PATH": str(ACTION.parent),
                    "GITHUB_API_URL": "http://127.0.0.1:1",
                    "GITHUB_REPOSITORY": "o/r",
                    "PYTHONIOENCODING": "utf-8",
                },
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
            code, log = code or done.returncode, log + done.stdout.decode()
        summary, put = (file.read_text(encoding="utf-8") for file in files.values())
        assert summary.startswith("before\n")
        pairs = (line.partition("=") for line in put.splitlines()[1:])
        return Ran(code, log, summary.removeprefix("before\n"), {k: v for k, _, v in pairs})

    def variables(
        self, env: dict[str, str], event: Event, inputs: dict[str, str]
    ) -> dict[str, str]:
        """The values of the expressions, `a || b` being the first that is not empty."""
        values = {f"inputs.{name}": given["default"] for name, given in parsed()["inputs"].items()}
        values |= {f"inputs.{name}": value for name, value in inputs.items()}
        values |= {f"github.{name}": value for name, value in event._asdict().items()}
        values["github.event.pull_request.number"] = event.number
        values["github.event.before"] = event.before
        values["github.event.merge_group.base_sha"] = event.base_sha

        def value(expression: str) -> str:
            return next(filter(None, (values[part] for part in expression.split(" || "))), "")

        return {name: value(text[4:-3]) for name, text in env.items()}


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path / "temp")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository as it is where pull requests go."""
    made = Repository(tmp_path_factory.mktemp("action") / "origin")
    made.commit({NET: TINY, CONFIG: BUDGET})
    made.git("config", "uploadpack.allowAnySHA1InWant", "true")
    return made


@pytest.fixture
def origin(first: Repository, tmp_path: Path) -> Repository:
    return first.copy(tmp_path / "origin")


def checkout(origin: Repository, folder: Path, ref: str, depth: int = 1) -> Repository:
    """A checkout as actions/checkout makes it: one commit, detached, no branch but its own."""
    clone = Repository(folder)
    clone.git("remote", "add", "origin", f"file://{origin.root.as_posix()}")
    sha = origin.git("rev-parse", ref)
    cut = [f"--depth={depth}"] if depth else []
    clone.git("fetch", "--quiet", "--no-tags", *cut, "origin", f"+{sha}:refs/remotes/{ref}")
    clone.git("checkout", "--quiet", "--detach", sha)
    return clone


def pull_request(origin: Repository, files: dict[str, str], then: dict[str, str]) -> str:
    """A pull request and the merge that GitHub makes of it, after which main may move on."""
    origin.git("checkout", "--quiet", "-b", "feature")
    origin.commit(files)
    origin.git("checkout", "--quiet", "--detach", "main")
    origin.git("merge", "--quiet", "--no-ff", "--no-edit", "feature")
    merge = origin.git("rev-parse", "HEAD")
    origin.git("update-ref", "refs/pull/1/merge", merge)
    origin.git("checkout", "--quiet", "main")
    if then:
        origin.commit(then)
    return merge


# ---------------------------------------------------------------- 5a: pull requests


@pytest.mark.parametrize("depth", [1, 2, 0])
@pytest.mark.parametrize("later", [{}, {NET: HUGE}, {NET: SMALLER}])
@pytest.mark.parametrize(("brought", "code"), [(WIDER, 1), (COMMENTED, 0)])
def test_a_pull_request_is_held_to_what_it_was_merged_with(
    origin: Repository, runner: Runner, tmp_path: Path, brought: str, code: int,
    later: dict[str, str], depth: int,
) -> None:  # fmt: skip
    merge = pull_request(origin, {NET: brought}, later)
    clone = checkout(origin, tmp_path / "clone", "refs/pull/1/merge", depth)
    ran = runner(clone, Event("pull_request", merge, "main"))
    assert ran.code == code, ran.log
    assert ran.outputs["verdict"] == ("fail" if code else "pass")
    assert Path(ran.outputs["report"]).is_file()
    if code:
        assert f"::error file={NET},line=5,title=dscalc%3A {NET}::" in ran.log
        assert "1 of 1 network over budget" in ran.summary
        assert "grew most: conv2 (line 5) 288" in ran.summary


@pytest.mark.parametrize("depth", [1, 0])
@pytest.mark.parametrize("later", [{}, {NET: HUGE}, {NET: SMALLER}])
@pytest.mark.parametrize(("brought", "code"), [(WIDER, 1), (COMMENTED, 0)])
def test_a_checkout_of_the_head_is_held_to_where_it_left_the_base_branch(
    origin: Repository, runner: Runner, tmp_path: Path, brought: str, code: int,
    later: dict[str, str], depth: int,
) -> None:  # fmt: skip
    merge = pull_request(origin, {NET: brought}, later)
    clone = checkout(origin, tmp_path / "clone", "refs/heads/feature", depth)
    for event in ("pull_request", "pull_request_target"):
        ran = runner(clone, Event(event, merge, "main"))
        assert ran.code == code, ran.log


def test_a_head_that_merged_the_base_branch_is_not_compared_with_itself(
    origin: Repository, runner: Runner, tmp_path: Path
) -> None:
    """Its first parent is the pull request itself, in which the growth is already there."""
    origin.git("checkout", "--quiet", "-b", "feature")
    origin.commit({NET: WIDER})
    origin.git("checkout", "--quiet", "main")
    origin.commit({"README": "later"})
    origin.git("checkout", "--quiet", "feature")
    origin.git("merge", "--quiet", "--no-ff", "--no-edit", "main")
    clone = checkout(origin, tmp_path / "clone", "refs/heads/feature")
    merge = origin.git("rev-parse", "main")
    assert runner(clone, Event("pull_request", merge, "main")).code == 1


def test_a_base_branch_checked_out_for_a_pull_request_has_nothing_to_compare(
    origin: Repository, runner: Runner, tmp_path: Path
) -> None:
    pull_request(origin, {NET: WIDER}, {})
    clone = checkout(origin, tmp_path / "clone", "refs/heads/main")
    ran = runner(clone, Event("pull_request_target", origin.git("rev-parse", "main"), "main"))
    assert ran.code == 0
    assert "Growth is not checked: HEAD is the base branch itself" in ran.log
    assert ran.summary.startswith("Growth is not checked: HEAD is the base branch itself")


@pytest.mark.parametrize("name", ["origin/main", "refs/remotes/origin/main", "main", "HEAD"])
def test_a_file_named_like_the_base_is_not_taken_for_it(
    origin: Repository, runner: Runner, tmp_path: Path, name: str
) -> None:
    merge = pull_request(origin, {NET: WIDER, name: HUGE}, {})
    clone = checkout(origin, tmp_path / "clone", "refs/pull/1/merge")
    assert runner(clone, Event("pull_request", merge, "main")).code == 1
    clone = checkout(origin, tmp_path / "head", "refs/heads/feature")
    assert runner(clone, Event("pull_request", merge, "main")).code == 1


# ---------------------------------------------------------------- 5b: pushes, merge queues


@pytest.mark.parametrize("depth", [1, 0])
@pytest.mark.parametrize(("event", "given"), [("push", "before"), ("merge_group", "base_sha")])
def test_a_push_and_a_merge_queue_are_held_to_what_was_there_before(
    origin: Repository, runner: Runner, tmp_path: Path, event: str, given: str, depth: int
) -> None:
    before = origin.git("rev-parse", "main")
    origin.commit({NET: SMALLER})
    sha = origin.commit({NET: WIDER})
    clone = checkout(origin, tmp_path / "clone", "refs/heads/main", depth)
    ran = runner(clone, Event(event, sha)._replace(**{given: before}))
    assert ran.code == 1, ran.log
    assert "+288 since " in ran.log


@pytest.mark.parametrize(
    ("event", "before", "said"),
    [
        ("push", NOWHERE, "the branch is new"),
        ("push", "", "the branch is new"),
        ("push", "1" * 40, "what was there before is gone"),
        ("merge_group", "1" * 40, "what was there before is gone"),
        ("schedule", "", "nothing comes before this event"),
    ],
)
@pytest.mark.parametrize("depth", [1, 0])
def test_where_nothing_was_there_before_absolute_budgets_hold_alone(
    origin: Repository, runner: Runner, tmp_path: Path, event: str, before: str, said: str,
    depth: int,
) -> None:  # fmt: skip
    sha = origin.commit({NET: WIDER})
    clone = checkout(origin, tmp_path / "clone", "refs/heads/main", depth)
    shallow = clone.git("rev-parse", "--is-shallow-repository")
    ran = runner(clone, Event(event, sha, before=before))
    assert (ran.code, ran.outputs["verdict"]) == (0, "warn"), ran.log
    assert f"::notice title=dscalc::Growth is not checked: {said}." in ran.log
    assert f"Growth is not checked: {said}." in ran.summary
    assert "above a warning mark" in ran.summary
    assert clone.git("rev-parse", "--is-shallow-repository") == shallow
    assert runner(clone, Event(event, sha, before=before), strict="true").code == 1


# ---------------------------------------------------------------- what is put in


def test_inputs_are_taken_as_they_are(origin: Repository, runner: Runner, tmp_path: Path) -> None:
    merge = pull_request(origin, {NET: WIDER}, {})
    clone = checkout(origin, tmp_path / "clone", "refs/pull/1/merge")
    clone.write({"my budgets.yaml": config("{file: mobilenet, budget: {params: 5M}}")})
    ran = runner(clone, Event(), config="my budgets.yaml")
    assert ran.code == 0
    assert ran.log.endswith("1 network within budget: 1 check passes.\n")
    clone.git("tag", "own")
    assert runner(clone, Event("pull_request", merge, "main"), against="own").code == 0


def test_the_page_shows_every_input_and_output_and_they_do_what_it_says(
    origin: Repository, runner: Runner, tmp_path: Path
) -> None:
    workflow = yaml.safe_load(pages.files(pages.BUDGETS, "yml")[".github/workflows/release.yml"])
    *_, step, after = workflow["jobs"]["budgets"]["steps"]
    given = {key: str(value).lower() if isinstance(value, bool) else value
             for key, value in step["with"].items()}  # fmt: skip
    assert set(given) == set(parsed()["inputs"])
    assert set(re.findall(r"steps\.budgets\.outputs\.(\w+)", str(after))) == set(
        parsed()["outputs"]
    )
    origin.git("tag", "v1.2")
    phones = config("{file: small.yaml, budget: {params: 100}}")
    origin.commit({"phones/small.yaml": TINY, "phones/dscalc.yaml": phones})
    merge = pull_request(origin, {"README": ""}, {})
    clone = checkout(origin, tmp_path / "clone", "refs/pull/1/merge")
    clone.git("fetch", "--quiet", "--unshallow", "--tags", "origin")
    event = Event("pull_request", merge, "main", number="7")
    assert runner(clone, event, **given).code == 1  # phones/small.yaml is newer than v1.2
    origin.git("tag", "--force", "v1.2", "main")
    clone.git("fetch", "--quiet", "--tags", "--force", "origin")
    ran = runner(clone, event, **given)
    assert (ran.code, ran.outputs["verdict"]) == (0, "warn"), ran.log
    scripted = {"REPORT": ran.outputs["report"], "COMMENT": ran.outputs["comment"]}
    done = subprocess.run(
        ["bash", "-e", "-c", after["run"]], env={**os.environ, **scripted},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert '"verdict": "warn"' in done.stdout
    assert "over budget and no worse" in done.stdout


HOSTILE_INPUTS = ["$(touch ran)", "' \"; touch ran", "--output=json:ran", "a\nverdict=pass"]


@pytest.mark.parametrize("value", HOSTILE_INPUTS)
@pytest.mark.parametrize("given", ["base_ref", "before", "config", "against", "strict"])
def test_nothing_that_is_put_in_is_run(
    origin: Repository, runner: Runner, tmp_path: Path, given: str, value: str
) -> None:
    clone = checkout(origin, tmp_path / "clone", "refs/heads/main")
    event = Event("push" if given == "before" else "pull_request")
    inputs = {} if given in Event._fields else {given: value}
    ran = runner(clone, event._replace(**{given: value}) if not inputs else event, **inputs)
    assert ran.code == (0 if given == "before" else 2), ran.log
    assert ran.summary
    assert ran.outputs["verdict"] == ("none" if ran.code else "pass")
    assert not (clone.root / "ran").exists()


@pytest.mark.parametrize("name", ["strict", "only-worse", "comment"])
@pytest.mark.parametrize("value", ["yes", "True", "", "true "])
def test_a_switch_is_true_or_false(
    origin: Repository, runner: Runner, tmp_path: Path, name: str, value: str
) -> None:
    clone = checkout(origin, tmp_path / "clone", "refs/heads/main")
    ran = runner(clone, Event(), **{name: value})
    assert (ran.code, ran.outputs) == (2, {"verdict": "none"})
    assert ran.log.endswith("::No verdict: strict, only-worse and comment are true or false.\n")
    assert ran.summary.endswith("strict, only-worse and comment are true or false.\n")


def test_without_a_verdict_the_summary_says_why_and_there_is_an_annotation(
    origin: Repository, runner: Runner, tmp_path: Path
) -> None:
    clone = checkout(origin, tmp_path / "clone", "refs/heads/main")
    clone.write({NET: "layers: [{konv: 1}]\n"})
    ran = runner(clone, Event())
    assert (ran.code, ran.outputs["verdict"]) == (2, "none")
    assert f"::error file={NET},line=1,title=dscalc%3A {NET}::unknown kind 'konv'" in ran.log
    assert f"error: {NET}:1:11: unknown kind 'konv'" in ran.log
    assert "**dscalc: no verdict.**\n\n    error: " in ran.summary


@pytest.mark.parametrize("text", [WIDER, TINY, "layers: ["])
def test_a_comment_is_written_whatever_the_verdict_and_changes_none(
    origin: Repository, runner: Runner, tmp_path: Path, text: str
) -> None:
    merge = pull_request(origin, {NET: text}, {}) if text != TINY else ""
    clone = checkout(origin, tmp_path / "clone", "refs/pull/1/merge" if merge else "main")
    event = Event("pull_request", merge, "main") if merge else Event()
    before = runner(clone, event)
    ran = runner(clone, event._replace(number="7"), comment="true")
    assert (ran.code, ran.outputs, ran.summary) == (before.code, before.outputs, before.summary)
    assert ran.log.startswith(before.log)
    assert ran.log.removeprefix(before.log).startswith("::notice title=dscalc::No comment: ")
    assert Path(ran.outputs["comment"]).read_text(encoding="utf-8") in ran.summary
    ran = runner(clone, event, comment="true")
    assert ran.log == f"{before.log}No pull request, so no comment.\n"


def test_several_budget_files_and_only_what_is_worse(
    origin: Repository, runner: Runner, tmp_path: Path
) -> None:
    over = {"a/dscalc.yaml": config("{file: ../nets/tiny.yaml, budget: {params: 100}}")}
    merge = pull_request(origin, {"README": "", **over}, {})
    clone = checkout(origin, tmp_path / "clone", "refs/pull/1/merge")
    event = Event("pull_request", merge, "main")
    both = "a/dscalc.yaml\n\nb.yaml\n"
    clone.write({"b.yaml": config("{file: mobilenet, budget: {params: 5M}}")})
    assert runner(clone, event, config=both).code == 1
    ran = runner(clone, event, **{"config": both, "only-worse": "true"})
    assert (ran.code, ran.outputs["verdict"]) == (0, "warn"), ran.log
    assert "1 of 2 networks over budget and no worse" in ran.log
