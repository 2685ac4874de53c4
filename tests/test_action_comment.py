"""The action's comment: one on a pull request, by a server that answers as GitHub's does."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
import yaml

from dscalc.render.comment import MARK, QUIET
from tests import pages

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / ".github" / "actions" / "check" / "comment.py"
OWN = "<!-- dscalc Budgets/check/a-b.yaml -->\n"
BOT = "github-actions[bot]"


class Forge(HTTPServer):
    """Comments of pull request 7 of o/r, and what was asked; `refusal` is the code of all else."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.comments: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.refusal = 0
        self.login = ""

    def add(self, body: str, login: str = BOT) -> int:
        number = len(self.comments) + 1
        self.comments.append({"id": number, "body": body, "user": {"login": login}})
        return number

    @property
    def bodies(self) -> list[str]:
        return [comment["body"] for comment in self.comments]


class Handler(BaseHTTPRequestHandler):
    server: Forge

    def read(self, data: bytes) -> dict[str, str]:
        return dict(json.loads(data)) if data else {}

    def log_message(self, *_: Any) -> None:
        pass

    def answer(self, code: int, content: Any = None) -> None:
        data = b"" if content is None else json.dumps(content).encode()
        self.send_response(code)
        if code == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def answer_any(self) -> None:
        forge = self.server
        assert self.headers["Authorization"] == "Bearer secret"
        length = int(self.headers.get("Content-Length") or 0)
        given = self.read(self.rfile.read(length))
        path, _, query = self.path.partition("?")
        if self.command != "GET":
            forge.asked.append(f"{self.command} {path}")
        if path == "/user":
            self.answer(*((200, {"login": forge.login}) if forge.login else (403, {})))
        elif forge.refusal:
            self.answer(forge.refusal, {})
        elif path == "/repos/o/r/issues/7/comments" and self.command == "GET":
            page = int(re.findall(r"\bpage=(\d+)", query)[-1])
            self.answer(200, forge.comments[(page - 1) * 100 : page * 100])
        elif path == "/repos/o/r/issues/7/comments":
            forge.add(given["body"])
            self.answer(201, {})
        else:
            found = [c for c in forge.comments if path == f"/repos/o/r/issues/comments/{c['id']}"]
            if self.command == "DELETE":
                forge.comments.remove(found[0])
                self.answer(204)
            else:
                found[0]["body"] = given["body"]
                self.answer(200, {})


for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
    setattr(Handler, f"do_{method}", Handler.answer_any)


@pytest.fixture
def forge() -> Iterator[Forge]:
    made = Forge()
    thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def comment(forge: Forge, folder: Path, text: str, **more: str) -> str:
    """What the script says; it never fails."""
    file = folder / "comment.md"
    file.write_text(text, encoding="utf-8")
    kept = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(file)],
        env={
            **kept,
            "GITHUB_API_URL": f"http://127.0.0.1:{forge.server_port}",
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_WORKFLOW": "Budgets",
            "GITHUB_JOB": "check",
            "CONFIG": "a b.yaml",
            "NUMBER": "7",
            "TOKEN": "secret",
            **more,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_one_comment_comes_stays_up_to_date_and_goes(forge: Forge, tmp_path: Path) -> None:
    forge.add("Looks good.", "ada")
    assert comment(forge, tmp_path, f"{QUIET}fine") == "Nothing changed: no comment.\n"
    assert forge.asked == []
    comment(forge, tmp_path, f"{MARK}over: α")
    comment(forge, tmp_path, f"{MARK}over: β")
    assert forge.bodies == ["Looks good.", f"{OWN}{MARK}over: β"]
    comment(forge, tmp_path, f"{QUIET}fine")
    assert forge.bodies == ["Looks good."]
    assert [asked.split()[0] for asked in forge.asked] == ["POST", "PATCH", "DELETE"]


def test_what_others_wrote_is_left_alone(forge: Forge, tmp_path: Path) -> None:
    """A line can be copied by anybody, and another job has a comment of its own."""
    others = [(f"{OWN}{MARK}mine", "mallory"), (OWN.replace("check", "other") + MARK, BOT)]
    for body, login in others:
        forge.add(body, login)
    comment(forge, tmp_path, f"{MARK}over")
    comment(forge, tmp_path, f"{QUIET}fine")
    assert forge.bodies == [body for body, _ in others]


def test_it_is_found_on_any_page_and_doubles_go(forge: Forge, tmp_path: Path) -> None:
    for number in range(250):
        forge.add(f"{number}", "ada")
    forge.add(f"{OWN}old")
    forge.add(f"{OWN}older")
    comment(forge, tmp_path, f"{MARK}over")
    assert forge.bodies[250:] == [f"{OWN}{MARK}over"]


def test_a_token_of_a_user_finds_the_user_s_comment(forge: Forge, tmp_path: Path) -> None:
    forge.login = "ada"
    forge.add(f"{OWN}old", "ada")
    comment(forge, tmp_path, f"{MARK}over")
    assert forge.bodies == [f"{OWN}{MARK}over"]


@pytest.mark.parametrize("code", [302, 401, 403, 404, 422, 500])
def test_without_permission_that_is_said_and_no_more(
    forge: Forge, tmp_path: Path, code: int
) -> None:
    forge.refusal = code
    said = comment(forge, tmp_path, f"{MARK}over")
    assert said.startswith(f"::notice title=dscalc::No comment: GitHub says {code}")
    assert ("pull-requests: write" in said) == (code in (401, 403))
    assert "/elsewhere" not in "".join(forge.asked)


def test_without_a_server_that_is_said_and_no_more(forge: Forge, tmp_path: Path) -> None:
    said = comment(forge, tmp_path, f"{MARK}over", GITHUB_API_URL="http://127.0.0.1:1")
    assert said.startswith("::notice title=dscalc::No comment: ")
    said = comment(forge, tmp_path, f"{MARK}over", NUMBER="7/../8")
    assert said.startswith("::notice title=dscalc::No comment: ")
    assert forge.asked == []


def test_the_script_and_the_format_have_the_same_mark() -> None:
    assert f"QUIET = {json.dumps(QUIET)}" in SCRIPT.read_text(encoding="utf-8")


# ---------------------------------------------------------------- GitLab


class GitLabHandler(Handler):
    """The same of merge request 7 of project 5, as GitLab answers."""

    def answer_any(self) -> None:
        forge = self.server
        assert self.headers["PRIVATE-TOKEN"] == "secret"
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        body = parse_qs(data).get("body", [""])[0]
        path, _, query = self.path.partition("?")
        notes = "/projects/5/merge_requests/7/notes"
        if self.command != "GET":
            forge.asked.append(f"{self.command} {path}")
        if path == "/user":
            self.answer(200, {"username": BOT})
        elif forge.refusal:
            self.answer(forge.refusal, {})
        elif path == notes and self.command == "GET":
            asked = parse_qs(query)
            most, page = (min(int(asked[key][0]), 100) for key in ("per_page", "page"))
            listed = [{**c, "author": {"username": c["user"]["login"]}} for c in forge.comments]
            self.answer(200, listed[most * (page - 1) : most * page])
        elif path == notes:
            forge.add(body)
            self.answer(201, {})
        else:
            (found,) = (c for c in forge.comments if path == f"{notes}/{c['id']}")
            if self.command == "DELETE":
                forge.comments.remove(found)
                self.answer(204)
            else:
                found["body"] = body
                self.answer(200, {})


for method in ("GET", "POST", "PUT", "DELETE"):
    setattr(GitLabHandler, f"do_{method}", GitLabHandler.answer_any)


def note(forge: Forge, folder: Path, text: str, **more: str) -> tuple[int, str]:
    """Runs what the job for GitLab does last, with a verdict; what it came to."""
    job = yaml.safe_load(pages.files(pages.BUDGETS, "yml")[".gitlab-ci.yml"])["budgets"]
    (script,) = job["after_script"]
    kept = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    variables = {
        "CI_API_V4_URL": f"http://127.0.0.1:{forge.server_port}",
        "CI_PROJECT_ID": "5",
        "CI_MERGE_REQUEST_IID": "7",
        "DSCALC_TOKEN": "secret",
    }
    (folder / "note.md").write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["sh", "-c", script], cwd=folder, env={**kept, **variables, **more},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.fixture
def gitlab(forge: Forge) -> Forge:
    if shutil.which("curl") is None:
        pytest.skip("the job for GitLab asks curl")
    forge.RequestHandlerClass = GitLabHandler
    return forge


def test_the_job_for_gitlab_keeps_one_note(gitlab: Forge, tmp_path: Path) -> None:
    gitlab.add(f"{MARK}mine", "mallory")
    steps: list[tuple[str, dict[str, str]]] = [
        (f"{MARK}over", {"DSCALC_TOKEN": ""}),
        (f"{MARK}over", {"CI_MERGE_REQUEST_IID": ""}),
        (f"{QUIET}fine", {}),
        (f"{MARK}over: α & β", {}),
        (f"{MARK}over: 100%", {}),
    ]
    for text, more in steps:
        assert note(gitlab, tmp_path, text, **more) == (0, "")
    assert gitlab.bodies == [f"{MARK}mine", f"{MARK}over: 100%"]
    assert note(gitlab, tmp_path, f"{QUIET}fine") == (0, "")
    assert gitlab.bodies == [f"{MARK}mine"]
    assert [asked.split()[0] for asked in gitlab.asked] == ["POST", "PUT", "DELETE"]


@pytest.mark.parametrize("others", [99, 100, 230])
def test_the_job_for_gitlab_finds_its_note_on_any_page(
    gitlab: Forge, tmp_path: Path, others: int
) -> None:
    for number in range(others):
        gitlab.add(f"note {number}", "mallory")
    for text in ("over", "more"):
        assert note(gitlab, tmp_path, f"{MARK}{text}") == (0, "")
        assert gitlab.bodies[others:] == [f"{MARK}{text}"]


def test_the_job_for_gitlab_writes_nothing_where_it_cannot_read(
    gitlab: Forge, tmp_path: Path
) -> None:
    gitlab.refusal = 500
    code, said = note(gitlab, tmp_path, f"{MARK}over")
    assert code == 1
    assert "500" in said
    assert gitlab.asked == []
