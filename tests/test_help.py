"""Help pages: a sentence, examples that run, options in groups; and what a shell completes."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from dscalc.commands import completion
from dscalc.commands.group import COMMANDS
from dscalc.commands.options import LIMITS, OUTPUT, SETTING, TERMS
from dscalc.render import net_grids
from tests.commands import call, environment
from tests.scratch import TINY, Repository, config

PAGES = {name: (name, "--help") for name in COMMANDS} | {"dscalc": ("--help",)}


def page(name: str, columns: int = 80) -> str:
    result = call(*PAGES[name], columns=columns)
    assert (result.code, result.err) == (0, "")
    return result.out


def examples(name: str) -> list[str]:
    """The commands that a help page shows."""
    return re.findall(r"^  (dscalc .*)$", page(name).partition("\n\nArguments:")[0], re.MULTILINE)


EXAMPLES = [(name, example) for name in PAGES for example in examples(name)]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository with a budget and the network that examples name."""
    made = Repository(tmp_path_factory.mktemp("help") / "repo")
    budgets = config("{file: nets/detector.yaml, budget: {params: 1M}}")
    made.commit({"nets/detector.yaml": TINY, "dscalc.yaml": budgets})
    made.git("tag", "v1.2")
    return made


# ---------------------------------------------------------------- pages


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_one_to_three_examples(name: str) -> None:
    assert 1 <= len(examples(name)) <= 3
    assert all(name in (example.split()[1], "dscalc") for example in examples(name))


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_every_example_runs(name: str, example: str, repo: Repository) -> None:
    result = call(*shlex.split(example)[1:])
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_sentence_of_a_command_is_whole_in_the_list(name: str) -> None:
    (listed,) = re.findall(rf"^  {name} +(.*)$", page("dscalc").partition("Commands:")[2], re.M)
    assert listed.endswith(".")
    assert not listed.endswith("...")
    assert page(name).splitlines()[2] == f"  {listed}"


@pytest.mark.parametrize("columns", [40, 60, 80])
@pytest.mark.parametrize("name", PAGES)
def test_no_line_of_a_page_is_wider_than_the_screen(name: str, columns: int) -> None:
    """But for commands to paste, and choices of an option, which stand alone in their line."""
    for line in page(name, columns).splitlines():
        alone = columns < 80 and line.startswith(("  dscalc ", "  --"))
        assert len(line) <= columns or alone


@pytest.mark.parametrize("name", COMMANDS)
def test_options_stand_in_groups(name: str) -> None:
    headings = re.findall(r"^(\S.*):$", page(name), re.M)
    known = [one for one in (SETTING, TERMS, LIMITS, OUTPUT) if one in headings]
    assert headings[0] == "Examples"
    assert headings[-1] == "Options"
    assert [one for one in headings if one in known] == known
    options = page(name).partition("\n\nOptions:\n")[2]
    assert options == "  -h, --help  Show this message and exit.\n"


def test_dscalc_alone_says_what_to_try_first() -> None:
    alone = call(columns=80)
    assert (alone.code, alone.out) == (2, "")
    assert "Try first:\n  dscalc net mobilenet\n" in alone.err


# ---------------------------------------------------------------- completion

NET = "dscalc net "


def completed(shell: str, typed: str) -> list[str]:
    """What a shell is offered for the last word of what was typed."""
    words = typed.split(" ")
    asked = {"_DSCALC_COMPLETE": f"complete_{shell}", "COMP_WORDS": "\n".join(words)}
    asked |= {"COMP_CWORD": str(len(words) - 1), "_TYPER_COMPLETE_ARGS": typed}
    asked |= {"_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    done = subprocess.run(
        [sys.executable, "-m", "dscalc"], env=environment(**asked), capture_output=True, check=False
    )
    assert done.stderr == b""
    text = done.stdout.decode()
    if shell == "zsh":
        return [one.replace("\\\\:", ":") for one in re.findall(r'^[^"]*"([^"]*)"', text, re.M)]
    return [line.partition("\t")[0] for line in text.splitlines() if line]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("dscalc che", ["check"]),
        ("dscalc net --col", ["--columns"]),
        ("dscalc net mobilenet_v3", ["mobilenet_v3_large", "mobilenet_v3_small"]),
        ("dscalc net nets/det", []),
        ("dscalc net unet", ["unet", "unets/"]),
        ("dscalc net mobilenet --columns +rec", ["+receptive_field", "+receptive_stride"]),
        ("dscalc net mobilenet --columns k,st", ["k,stride"]),
        ("dscalc net mobilenet --format mark", ["markdown"]),
        ("dscalc net mobilenet --output mark", ["markdown:"]),
        ("dscalc explain nets/detector.yaml ", ["conv1", "conv2"]),
        ("dscalc explain mobilenet separable2.", ["separable2.depthwise", "separable2.pointwise"]),
        ("dscalc explain nowhere.yaml ", []),
        ("dscalc explain - ", []),
        ("dscalc check --against v1", ["v1.2"]),
        ("dscalc check --against mob", []),
        ("dscalc diff v1", ["v1.2"]),
        ("dscalc diff mai", ["main"]),
    ],
)  # fmt: skip
def test_a_shell_is_offered(shell: str, typed: str, offered: list[str], repo: Repository) -> None:
    (repo.root / "unets").mkdir()
    assert completed(shell, typed) == offered


def test_outside_of_a_repository_there_are_no_revisions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert completion.revisions("") == []
    monkeypatch.setenv("PATH", "")
    assert completion.revisions("") == []


def test_hidden_files_are_offered_where_a_dot_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (".hidden.yaml", "seen.yaml"):
        Path(name).touch()
    assert [name for name in completion.networks("") if name.endswith(".yaml")] == ["seen.yaml"]


def test_the_columns_offered_are_those_that_there_are() -> None:
    assert list(completion.COLUMNS) == list(net_grids.COLUMNS)


@pytest.mark.parametrize("typed", ["net mob", "net mobilenet --columns k,", "diff v1"])
def test_completion_loads_neither_yaml_nor_networks(typed: str) -> None:
    program = (
        "import sys\n"
        "from dscalc.cli import main\n"
        "try:\n    main()\nfinally:\n    print(*sys.modules, file=sys.stderr)\n"
    )
    words = f"dscalc {typed}".split(" ")
    asked = {"_DSCALC_COMPLETE": "complete_bash", "COMP_WORDS": "\n".join(words)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(**asked, COMP_CWORD=str(len(words) - 1)),
        capture_output=True,
        text=True,
        check=False,
    )
    loaded = set(done.stderr.split())
    assert "dscalc.commands.completion" in loaded
    unneeded = {"yaml", "dscalc.language.files", "dscalc.language.network_file", "dscalc.law.kinds"}
    assert not loaded & {*unneeded, "dscalc.render.net", "dscalc.analysis.what_if"}
