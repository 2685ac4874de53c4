"""Every example on every page, run as it stands there; and what pages claim, held to what is."""

from __future__ import annotations

import csv
import doctest
import re
import subprocess
import sys
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
import yaml

import dscalc
from dscalc.analysis.budget import TOP1
from dscalc.analysis.figures import FIGURES
from dscalc.commands.group import COMMANDS as ALL_COMMANDS
from dscalc.language.budget_file import BUDGET_KEYS, CONFIG_KEYS, TERMS_RULES, read_config
from dscalc.language.settings import SETTING_RULES
from dscalc.language.shipped import shipped_names
from dscalc.language.words import ITEM_KEYS
from dscalc.law.kinds import STRUCTURES
from dscalc.render.formats import FORMATS, FORMATS_OF_VERDICTS
from tests import benchmark, pages
from tests.commands import environment
from tests.onnx_files import mobile
from tests.pages import BUDGETS, FRONT, LANGUAGE, MAP, PAGES, PYTHON, ROOT, SPEED
from tests.scratch import GIT, TINY, WIDER, Repository
from tests.test_imports import FLOORS

EXAMPLES = pages.examples()
MODELS = {
    "model.onnx": mobile().data,
    "open.onnx": mobile(1, 3, "height", "width", side=48).data,
}
"""The model files that the page on networks speaks of."""
WIDTH = 80  # of the README's examples, so that they fit any screen

Folders = Callable[[str], Path]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """For each page a folder with its files, and a `dscalc` to find on the path."""
    made: dict[str, Path] = {}

    def folder(page: str) -> Path:
        if page not in made:
            made[page] = tmp_path_factory.mktemp("page")
            for name, text in pages.files(page).items():
                (made[page] / name).write_text(text, encoding="utf-8")
            for name, data in MODELS.items() if page == LANGUAGE else ():
                (made[page] / name).write_bytes(data)
            command = made[page] / "bin" / "dscalc"
            command.parent.mkdir()
            program = f'#!/bin/sh\nexec "{sys.executable}" -m dscalc "$@"\n'
            command.write_text(program, encoding="utf-8")
            command.chmod(0o755)
        return made[page]

    return folder


def shell(command: str, folder: Path, cwd: Path, **more: str) -> tuple[int, str]:
    """The exit code of a command line and what it prints; `folder` has the `dscalc` to run."""
    variables = environment(**more)
    done = subprocess.run(
        ["sh", "-c", command],
        env={**variables, "PATH": f"{folder / 'bin'}:{variables['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8")


def same(text: str) -> list[str]:
    """The lines of a text without the blanks at their ends, which an editor may cut."""
    return [line.rstrip() for line in text.splitlines()]


# ---------------------------------------------------------------- examples


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=lambda n: EXAMPLES[n].command)
def test_an_example_prints_what_the_page_says(
    number: int, folders: Folders, request: pytest.FixtureRequest
) -> None:
    example = pages.examples()[number]
    folder = folders(example.page)
    narrow = {"COLUMNS": str(WIDTH)} if example.page == FRONT else {}
    _, printed = shell(example.command, folder, folder, **narrow)
    output = "".join(f"{line}\n" for line in same(printed))
    assert output
    assert "Traceback" not in output
    if request.config.getoption("--regenerate"):
        text = pages.text_of(example.page)
        rest = text[example.start + len(example.output) :]
        whole = text[: example.start] + output + rest
        (ROOT / example.page).write_text(whole, encoding="utf-8")
        example = pages.examples()[number]
    assert same(example.output) == same(output)


def test_every_key_of_a_budget_file_is_in_one_that_an_example_runs() -> None:
    run = " ".join(example.command for example in EXAMPLES)
    texts = [text for page in (BUDGETS, LANGUAGE) for name, text in pages.files(page).items()
             if name == "dscalc.yaml" or name in run or name == "accept.yaml"]  # fmt: skip
    keys = {*CONFIG_KEYS, "file", "optional", "inputs", *SETTING_RULES, *TERMS_RULES, *BUDGET_KEYS}
    keys |= {*FIGURES, "match", "max", "warn", "ignore_below", "rule"}
    shown = set(re.findall(r"(\w+):", "\n".join(texts)))
    assert keys - shown == set()


@pytest.mark.parametrize("page", [LANGUAGE, pages.COMMANDS, BUDGETS, FRONT])
def test_a_page_of_commands_has_examples(page: str) -> None:
    assert sum(example.page == page for example in EXAMPLES) >= 3


def test_python_examples(monkeypatch: pytest.MonkeyPatch, folders: Folders) -> None:
    monkeypatch.chdir(folders(PYTHON))
    text = "\n".join(block for block, _ in pages.blocks(PYTHON, "python"))
    test = doctest.DocTestParser().get_doctest(text, {}, "README", PYTHON, 0)
    assert len(test.examples) >= 10
    result = doctest.DocTestRunner().run(test)
    assert (result.attempted, result.failed) == (len(test.examples), 0)


def inline_commands() -> list[tuple[str, str]]:
    """The pages' command lines outside of blocks, but for those with a placeholder in capitals."""
    found = dict.fromkeys(
        (page, command)
        for page in PAGES
        for command in re.findall(r"`(dscalc [a-z][^`]*)`", pages.prose(page))
        if not re.search(r"\b[A-Z]{2,}\b(?!=)", command)
    )
    return list(found)


@pytest.mark.parametrize(("page", "command"), inline_commands(), ids=lambda value: value)
def test_a_command_in_the_text_runs(page: str, command: str, folders: Folders) -> None:
    bare = command.removeprefix("dscalc ") in ALL_COMMANDS
    code, printed = shell(f"{command} --help" if bare else command, folders(page), folders(page))
    assert code == 0, printed
    assert printed or ">" in command


def test_commands_with_placeholders_are_ones_that_there_are() -> None:
    texts = "\n".join(map(pages.text_of, PAGES))
    named = set(re.findall(r"\bdscalc ([a-z]+)\b[^\n]*[A-Z]{3,}", pages.prose(BUDGETS)))
    assert named <= set(ALL_COMMANDS)
    for command in ALL_COMMANDS:
        assert re.search(rf"\bdscalc {command}\b", texts), f"no page has {command}"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A clone with what the commands to paste ask for: origin/main, v1.2, nets/detector.yaml."""
    shown = pages.files(BUDGETS)
    origin = Repository(tmp_path / "origin")
    budgets = "version: 1\nnetworks:\n  - {file: nets/detector.yaml, growth: {params: 0}}\n"
    origin.commit({"dscalc.yaml": budgets, "nets/detector.yaml": shown["tiny.yaml"]})
    origin.git("tag", "v1.2")
    return origin.clone(tmp_path / "clone")


def test_commands_to_paste_run(repository: Repository, folders: Folders) -> None:
    pasted = [block for page in PAGES for block, _ in pages.blocks(page, "bash")]
    assert len(pasted) >= 2
    for block in pasted:
        code, printed = shell(f"set -e\n{block}", folders(BUDGETS), repository.root, **GIT)
        assert code == 0, printed
        assert "within budget" in printed


def test_the_job_for_gitlab_runs(repository: Repository, folders: Folders) -> None:
    job = yaml.safe_load(pages.files(BUDGETS, "yml")[".gitlab-ci.yml"])["budgets"]
    install, *check = job["script"]
    assert install.startswith("pip install ")
    before = repository.commit({"nets/detector.yaml": TINY})
    in_the_target = {"CI_MERGE_REQUEST_TARGET_BRANCH_SHA": before}
    at_the_fork = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": before}
    for net, wanted, given in (
        (TINY, 0, [in_the_target, at_the_fork, {}]),
        (WIDER, 1, [in_the_target, at_the_fork]),
    ):
        repository.write({"nets/detector.yaml": net + "budget: {params: 1000}\n"})
        for variables in given:
            script = "\n".join(["set -e", *check])
            code, printed = shell(script, folders(BUDGETS), repository.root, **GIT, **variables)
            assert code == wanted, printed
            for report in job["artifacts"]["reports"].values():
                (repository.root / report).unlink()


def test_the_reasons_that_the_page_accepts_are_read() -> None:
    config = read_config(pages.files(BUDGETS)["accept.yaml"], "accept.yaml")
    (entry, other), accepted = config.entries, config.accept
    limit = entry.budget.limits["params"]
    assert (limit.accept, other.budget.accept) == ("A second head.", "Runs on the new chip.")
    assert accepted == "nets/old.yaml went with the first board."


# ---------------------------------------------------------------- the language


def keys(cell: str, told: dict[str, dict[str, object]]) -> dict[str, object]:
    """The keys that a cell of the table of kinds names, with their defaults, which may be absent.

    "as `conv` without `g` and `less`, and `multiplier: 1`" takes over the cell of another kind;
    behind a semicolon and in parentheses stands prose.
    """
    text = re.sub(r"\([^)]*\)", "", cell.partition(";")[0])
    of, without, more = "", "", text
    if as_another := re.fullmatch(r"as `(\w+)`(?: without (.*?))?(?:, and (.*))?", text):
        of, without, more = (part or "" for part in as_another.groups())
    taken = dict(told[of]) if of else {}
    for key in re.findall(r"`(\w+)`", without):
        del taken[key]
    for key, default in re.findall(r"`(\w+)(?:: ([^`]+))?`", more):
        taken[key] = yaml.safe_load(default) if default else None
    return taken


def test_the_table_of_kinds_has_every_kind_with_every_key_and_default() -> None:
    told: dict[str, dict[str, object]] = {}
    for kinds, cell in pages.table(LANGUAGE, "Kind"):
        for kind in re.findall(r"`(\w+)`", kinds):
            assert kind not in told, f"{kind} stands there twice"
            told[kind] = keys(cell, told)
    assert told.keys() == dscalc.KINDS.keys()
    for kind, shown in told.items():
        assert shown.keys() == set(dscalc.KINDS[kind].fields), kind
        defaults = dscalc.KINDS[kind].defaults
        for key, default in shown.items():
            if default is None:
                assert defaults.get(key) is None, f"{kind}: {key} has a default"
            else:
                assert defaults[key] == default, f"{kind}: {key}"


def test_a_key_that_a_kind_lacks_would_be_found() -> None:
    assert keys("`n`, `k: 3`; as prose `x`", {}) == {"n": None, "k": 3}
    assert keys("as `a` without `k`, and `g: 1`", {"a": {"n": None, "k": 3}}) == {"n": None, "g": 1}
    assert keys("none", {}) == {}


def test_the_table_of_structures_has_every_structure() -> None:
    cells = [row[0] for row in pages.table(LANGUAGE, "Structure")]
    assert set(re.findall(r"`(\w+):", " ".join(cells))) == set(STRUCTURES)


def test_the_table_of_an_item_s_keys_has_every_key() -> None:
    cells = [row[0].strip("`") for row in pages.table(LANGUAGE, "Key")]
    assert cells == list(ITEM_KEYS)


def test_this_page_is_no_network() -> None:
    assert "README" not in {name.partition(".")[0] for name in shipped_names()}


# ---------------------------------------------------------------- formats and limits


def named(page: str, head: str, cell: int = 0) -> list[str]:
    """The words in code that the cells of a column begin with or offer."""
    return re.findall(r"`(?:--)?([\w-]+)[^`]*`", " ".join(r[cell] for r in pages.table(page, head)))


def test_the_tables_of_formats_have_every_format() -> None:
    assert named(pages.COMMANDS, "Format") == list(FORMATS)
    assert named(BUDGETS, "Format") == list(FORMATS_OF_VERDICTS)[len(FORMATS) :]


def test_the_table_of_limits_has_every_figure() -> None:
    flags = [figure.flag.removeprefix("--") for figure in FIGURES.values()]
    assert named(BUDGETS, "Option") == [*flags, "min-top1"]
    assert named(BUDGETS, "Option", cell=1) == [*FIGURES, TOP1]


# ---------------------------------------------------------------- the front page


def test_the_page_has_the_two_commands_that_set_all_up() -> None:
    job, tests = (block.strip() for block, _ in pages.blocks(FRONT, "sh"))
    assert job.endswith("dscalc net mobilenet.yaml --alpha 0.5")
    assert tests.endswith("pytest")
    for command in (job, tests):
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")
        assert "\n" not in command


def test_the_front_page_is_short_and_its_output_fits_a_small_screen() -> None:
    assert len(pages.text_of(FRONT).splitlines()) <= 210
    shown = [example for example in EXAMPLES if example.page == FRONT]
    assert max(len(line) for example in shown for line in example.output.splitlines()) <= WIDTH
    assert "vs standard" in shown[0].output
    for figure in ("149,497,088", "1,219,788,800"):
        assert figure in shown[0].output
    assert {example.command.split()[1] for example in shown} == {"net", "layer", "sweep", "check"}


def test_every_page_is_on_the_front_page_and_every_link_leads_somewhere() -> None:
    linked = re.findall(r"\]\(([^)]+)\)", "\n".join(map(str, pages.table(FRONT, "Page"))))
    assert set(linked) == {*PAGES, "CHANGELOG.md"} - {FRONT}
    for page in PAGES:
        for link in re.findall(r"\]\(([^)]+)\)", pages.prose(page)):
            if link.startswith("https://"):
                continue
            path, _, anchor = link.partition("#")
            target = (ROOT / page).parent / path if path else ROOT / page
            assert target.exists(), f"{page}: {link}"
            if anchor:
                within = target.resolve().relative_to(ROOT.resolve()).as_posix()
                assert anchor in pages.anchors(within), f"{page}: {link}"


# ---------------------------------------------------------------- what is measured


def measured() -> dict[str, list[str]]:
    """The table of processes: name, then milliseconds, what they are held against, the ratio."""
    return {name: cells for name, *cells in pages.table(SPEED, "Process")}


def test_the_table_of_speeds_is_the_benchmark_s_own() -> None:
    table = measured()
    assert table.keys() == benchmark.COMMANDS.keys()
    for name, (taken, base, ratio) in table.items():
        if name == "python -c pass":
            continue
        assert base == benchmark.BASES.get(name, "python -c pass")
        low, high = (int(taken) + half for half in (-0.5, 0.5))
        against = int(table[base][0])
        assert low / (against + 0.5) - 0.006 <= float(ratio) <= high / (against - 0.5) + 0.006


def test_what_pages_say_of_speed_is_what_was_measured() -> None:
    def seconds(name: str) -> str:
        return f"{Decimal(measured()[name][0]) / 1000:.1f} s"

    claims = re.findall(r"on the screen in (\d\.\d s)", pages.text_of(FRONT))
    assert claims == [seconds("dscalc net mobilenet.yaml, table")]
    (ours,) = (row for row in pages.table(LANGUAGE, "Tool") if row[0].startswith("`dscalc"))
    assert ours[-1] == seconds("dscalc net mobilenet.yaml, table")
    for number in re.findall(r"\b(\d+) ms\b", pages.prose(SPEED)):
        assert number in {cells[0] for cells in measured().values()}


def test_peer_figures_are_those_of_the_data_file() -> None:
    with (ROOT / "tests/data/peers_mobilenet_v2_224.csv").open(encoding="utf-8") as lines:
        peers = list(csv.DictReader(lines))
    told = {row[0]: row[1:] for row in pages.table(LANGUAGE, "Tool")}
    ours = f"{int(peers[0]['figure']):,}"
    assert told.pop("`dscalc net mobilenet_v2`")[0] == f"{ours} mult-adds"
    assert len(told) == len(peers) - 1
    for peer in peers[1:]:
        prints, of_ours, _, taken = told[f"{peer['tool']} {peer['version']}"]
        assert prints == f"{int(peer['figure']):,} {peer['prints_as']}"
        assert of_ours == f"+{peer['error_pct']} %"
        ends = [Decimal(part) for part in peer["whole_process_s"].split(" to ")]
        mean = (ends[0] + ends[-1]) / 2
        assert taken == f"{mean.quantize(Decimal('0.1'), ROUND_HALF_UP)} s"
        more = 100 * (Decimal(peer["mult_adds_equivalent"]) / Decimal(peers[0]["figure"]) - 1)
        assert more.quantize(Decimal(peer["error_pct"])) == Decimal(peer["error_pct"])


# ---------------------------------------------------------------- the map


@pytest.mark.parametrize("page", [MAP, SPEED])
def test_the_map_and_the_page_of_tests_name_what_there_is(page: str) -> None:
    text = pages.prose(page)
    paths = re.findall(r"`([\w.]+/[\w./]*)`", text)
    assert len(paths) >= 5
    for path in paths:
        if not path.endswith("X.py"):
            assert (ROOT / path).exists() or (ROOT / "dscalc" / path).exists(), path
    for name, module in re.findall(r"`([A-Z]{4,})`\s(?:in|of)\s`([\w/]+\.py)`", text):
        assert f"\n{name}" in (ROOT / "dscalc" / module).read_text(encoding="utf-8")


def test_the_map_has_every_room() -> None:
    package = ROOT / "dscalc"
    rooms = {path.name for path in package.iterdir() if (path / "__init__.py").exists()}
    named = " ".join(row[0] for row in pages.table(MAP, "Room"))
    assert rooms <= set(re.findall(r"\w+", named))
    assert f"    {' < '.join(FLOORS)}\n" in pages.text_of(MAP)
