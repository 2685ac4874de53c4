"""What GitHub and GitLab are given, held to the schemas that are published for them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import pages

pytest.importorskip("check_jsonschema", reason="its package brings the schemas")

ROOT = Path(__file__).parents[1]
SHOWN = pages.files(pages.BUDGETS, "yml")
WORKFLOWS = [name for name in SHOWN if "workflows" in name]


def valid(schema: str, text: str, folder: Path, *more: str) -> bool:
    file = folder / "it.yml"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}",
         *more, str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return done.returncode == 0


@pytest.mark.parametrize("name", [*WORKFLOWS, ".github/workflows/ci.yml"])
def test_workflows_are_as_github_takes_them(tmp_path: Path, name: str) -> None:
    text = SHOWN.get(name) or (ROOT / name).read_text(encoding="utf-8")
    assert valid("github-workflows", text, tmp_path)
    assert not valid("github-workflows", text.replace("steps:", "stepz:"), tmp_path)


def test_the_action_is_as_github_takes_it(tmp_path: Path) -> None:
    text = (ROOT / ".github" / "actions" / "check" / "action.yml").read_text(encoding="utf-8")
    assert valid("github-actions", text, tmp_path)
    assert not valid("github-actions", text.replace("using: composite", "using: magic"), tmp_path)


def test_the_job_is_as_gitlab_takes_it(tmp_path: Path) -> None:
    tags = ("--data-transform", "gitlab-ci")
    text = SHOWN[".gitlab-ci.yml"]
    assert valid("gitlab-ci", text, tmp_path, *tags)
    assert not valid("gitlab-ci", text.replace("when: always", "when: 3"), tmp_path, *tags)
