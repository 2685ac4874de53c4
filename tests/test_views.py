"""Every answer on terminals of every width: whole numbers, no blanks at an end, nothing wider."""

from __future__ import annotations

import os
import re
from pathlib import Path
from unittest import mock

import pytest

from dscalc.commands.group import COMMANDS
from tests.commands import call
from tests.conftest import GOLDEN, Golden
from tests.scratch import Repository, config

DETECTOR = """\
name: Detector of the second generation
input: [96, 96, 3]
layers:
  - conv: {n: 16, stride: 2}
  - {name: backbone_stage_one_block_two, separable: {n: 32}}
  - {name: backbone_stage_one_block_three, separable: {n: 64, stride: 2}}
  - global_pool
  - linear: {n: 10, bias: true}
published:
  - {source: "Table 3", params: 5.1k, mult_adds: 3.9M}
  - {alpha: 0.5, source: "Table 3", params: 1k, mult_adds: 1M, slip: "counted without the head"}
  - {resolution: 64, source: "Table 4", params: 1k, mult_adds: 1.7M,
     slip: "counted without the head"}
"""
CLASSIFIER = """\
name: Classifier of the second generation
input: [64, 64, 3]
layers:
  - conv: {n: 16, stride: 2}
  - separable: {n: 32}
  - global_pool
  - linear: {n: 10, bias: true}
"""
LONG = "nets/detector_of_the_second_generation.yaml"
SHORT = "nets/classifier.yaml"
BUDGETS = config(
    f"{{file: {LONG}, budget: {{params: 5k, mult_adds: 2M}}, growth: {{params: 0, mult_adds: 1%}}, "
    "layers: [{match: 'back*', mult_adds: 900k}]}",
    f"{{file: {SHORT}, budget: {{params: 2k, mult_adds: {{max: 5M, warn: 1M}}, memory: 200kB}}}}",
)
POOLED = DETECTOR.replace("  - global_pool", "  - pool: {k: 2}\n  - global_pool")
WIDER = POOLED.replace("n: 64, s", "n: 96, s")
TWO = ("mobilenet", "mobilenet_v3_large", "--resolution", "160,224")

VIEWS: dict[str, tuple[str, ...]] = {
    "layer": ("layer", "--df", "14", "--m", "512", "--n", "512", "--alpha", "0.75", "--rho", "0.7"),
    "layer_explain": ("layer", "--df", "64", "--m", "32", "--n", "64", "--explain"),
    "net": ("net", LONG),
    "net_as": ("net", LONG, "--as", "standard"),
    "net_columns": ("net", LONG, "--columns", "+k,+stride,+receptive_field,+peak,+intensity"),
    "memory": ("memory", LONG, "--dtype", "int8"),
    "sweep": ("sweep", "mobilenet", "--alpha", "0.75,1", "--resolution", "128,160,224"),
    "sweep_limits": ("sweep", *TWO, "--alpha", "0.5,1", "--max-mult-adds", "150M"),
    "fit": ("fit", *TWO, "--max-mult-adds", "150M", "--max-memory", "1MiB", "--dtype", "int8"),
    "fit_none": ("fit", "mobilenet_v2", "--max-params", "100k"),
    "sweep_names": ("sweep", LONG, SHORT, "--alpha", "0.5,1", "--max-params", "3k"),
    "fit_names": ("fit", LONG, SHORT, "--max-params", "3k", "--max-mult-adds", "2M"),
    "choose": ("choose", "mobilenet", "shufflenet_v1", "--max-mult-adds", "40M"),
    "explain": ("explain", LONG, "backbone_stage_one_block_two"),
    "verify": ("verify", LONG),
    "budget": ("budget", LONG, SHORT, "--config", "new.yaml"),
    "check": ("check", "--against", "HEAD~1"),
    "diff": ("diff", "HEAD~1"),
    "diff_log": ("diff", "--log", LONG),
}
"""A view for each command that answers in tables, and more where one has several."""

WIDTHS = (40, 60, 80, 100, 120)
NUMBER = re.compile(r"(?<![\w.,])[-+]?\d[\d,.]*\d(?![\w])")
SHA = re.compile(r"\b[0-9a-f]{10}\b")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return repository(tmp_path_factory.mktemp("views") / "repo")


def repository(folder: Path) -> Repository:
    """Two networks with budgets, the first of which grew in the last commit."""
    day = dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), "2026-01-01T12:00:00Z")
    made = Repository(folder)
    with mock.patch.dict(os.environ, day):
        made.commit({LONG: DETECTOR, SHORT: CLASSIFIER, "dscalc.yaml": BUDGETS})
        made.commit({LONG: WIDER})
    return made


def seen(name: str, columns: int, encoding: str = "utf-8") -> str:
    """A view as it is on a terminal of so many columns; commits have one name."""
    Path("new.yaml").unlink(missing_ok=True)
    result = call(*VIEWS[name], columns=columns, encoding=encoding)
    assert (result.code, result.err) in ((0, ""), (1, "")), result.err
    return SHA.sub("0123456789", result.out)


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_at_every_usual_width(name: str, golden: Golden, repo: Repository) -> None:
    command = f"dscalc {' '.join(VIEWS[name])}"
    views = [f"$ COLUMNS={width} {command}\n{seen(name, width)}" for width in WIDTHS]
    golden(f"view_{name}", "\n".join(views))


def test_no_view_is_left_over() -> None:
    assert {file.stem for file in GOLDEN.glob("view_*.txt")} == {f"view_{name}" for name in VIEWS}


def test_every_command_that_answers_in_tables_has_a_view() -> None:
    no_tables, long = {"yaml", "schema"}, {"list"}
    assert {view[0] for view in VIEWS.values()} == set(COMMANDS) - no_tables - long


@pytest.mark.parametrize("name", VIEWS)
def test_nothing_breaks_and_nothing_is_wider(name: str, repo: Repository) -> None:
    """Words that are wider by themselves stand alone in their line."""
    whole = set(NUMBER.findall(seen(name, 0)))
    for columns in (*range(30, 64, 3), *range(64, 130, 7)):
        text = seen(name, columns)
        for line in text.splitlines():
            assert line == line.rstrip(), columns
            assert len(line) <= columns or " " not in line.strip(), columns
        assert set(NUMBER.findall(text)) <= whole, columns


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_in_ascii_has_the_same_columns(name: str, repo: Repository) -> None:
    text = seen(name, 80, encoding="ascii")
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_the_list_of_networks_fits(columns: int) -> None:
    text = call("list", columns=columns).out
    assert max(map(len, text.splitlines())) <= columns
    for name in ("mobilenet", "mobilenet_v3_large", "convmixer_1024_20_ks9_p14"):
        assert re.search(rf"^ *{name}\b", text, re.M)
