"""Every example on the README's page, run as it stands there."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import dscalc
from tests.commands import environment

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Example(NamedTuple):
    """A command line, and what the page says that it prints; `start` is its place there."""

    command: str
    output: str
    start: int


def blocks(language: str) -> list[tuple[str, int]]:
    """The fenced blocks of a language, each with where its text starts."""
    text = README.read_text(encoding="utf-8")
    return [(match[2], match.start(2)) for match in BLOCK.finditer(text) if match[1] == language]


def examples() -> list[Example]:
    """The commands of all ```console blocks, in order."""
    found = []
    for block, start in blocks("console"):
        for match in re.finditer(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            found.append(Example(match[1], match[2], start + match.start(2)))
    return found


def same(text: str) -> list[str]:
    """The lines of a text without the blanks at their ends, which an editor may cut."""
    return [line.rstrip() for line in text.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's files, and a `dscalc` to find on the path."""
    folder = tmp_path_factory.mktemp("readme")
    for block, _ in blocks("yaml"):
        name = re.match(r"# (\S+\.yaml)\n", block)
        assert name, f"a file without a name: {block[:50]}"
        (folder / name[1]).write_text(block, encoding="utf-8")
    command = folder / "bin" / "dscalc"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dscalc "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return folder


def output_of(command: str, folder: Path) -> str:
    variables = environment()
    done = subprocess.run(
        ["sh", "-c", command],
        env={**variables, "PATH": f"{folder / 'bin'}:{variables['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        timeout=60,
        check=False,
    )
    return done.stdout.decode("utf-8")


@pytest.mark.parametrize("number", range(len(examples())), ids=lambda n: examples()[n].command)
def test_an_example_prints_what_the_page_says(
    number: int, folder: Path, request: pytest.FixtureRequest
) -> None:
    example = examples()[number]
    output = "".join(f"{line}\n" for line in same(output_of(example.command, folder)))
    assert output
    assert "Traceback" not in output
    if request.config.getoption("--regenerate"):
        text = README.read_text(encoding="utf-8")
        rest = text[example.start + len(example.output) :]
        README.write_text(text[: example.start] + output + rest, encoding="utf-8")
        example = examples()[number]
    assert same(example.output) == same(output)


def test_python_examples(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.chdir(folder)
    text = "\n".join(block for block, _ in blocks("python"))
    test = doctest.DocTestParser().get_doctest(text, {}, "README", str(README), 0)
    assert len(test.examples) >= 10
    result = doctest.DocTestRunner().run(test)
    assert (result.attempted, result.failed) == (len(test.examples), 0)


def test_the_table_of_kinds_names_keys_that_there_are() -> None:
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \| (.*`.*) \|$", README.read_text("utf-8"), re.MULTILINE)
    told = {kind: keys for kinds, keys in rows for kind in re.findall(r"`(\w+)`", kinds)}
    told = {kind: keys for kind, keys in told.items() if kind in dscalc.KINDS}
    assert {"conv", "separable", "depthwise", "pointwise", "linear", "pool", "norm"} <= set(told)
    for kind, keys in told.items():
        fields = dscalc.KINDS[kind].rules
        for key in re.findall(r"`(\w+)(?:: \w+)?`", keys):
            assert key in fields or key in dscalc.KINDS, f"{kind} has no {key}"


def test_the_page_has_the_two_commands_that_set_all_up() -> None:
    job, tests = (block.strip() for block, _ in blocks("sh"))
    assert job.endswith("dscalc net mobilenet.yaml --alpha 0.5")
    assert tests.endswith("pytest")
    for command in (job, tests):
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")
        assert "\n" not in command


def test_the_page_shows_the_main_figures() -> None:
    shown = README.read_text(encoding="utf-8")
    for figure in ("149,497,088", "1,219,788,800", "462,422,016", "15,091,200", "0.361"):
        assert figure in shown
