"""Where a written number of channels is built as another at α = 1, `net` and `check` say so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dscalc import measure, scale
from dscalc.language.network_file import read_network
from dscalc.law.tally import at_lines, told
from tests.commands import run

TEXT = """\
name: Rounded
input: [8, 8, 4]
width: {multiple_of: 8}
with: {w: 12}
blocks: {B: {with: {n: 20}, layers: [conv: {n: n, k: 1}]}}
layers:
  - conv: {n: 255}
  - {conv: {n: 255}, repeat: 3}
  - conv: {n: 255, scale: false}
  - B: {n: 33}
  - B
  - {each: {x: [8, 9]}, pointwise: {n: x}}
  - pointwise: w
  - linear: {n: 10}
budget: {params: 10M}
"""
TOLD = [
    "w: 12 is built as 16; scale: false keeps it",
    "n: 255 is built as 256; scale: false keeps it (lines 7, 8)",
    "n: 33 is built as 32; scale: false keeps it (line 10)",
    "n: 20 is built as 24; scale: false keeps it (line 11)",
    "x: 9 is built as 16; scale: false keeps it (line 12)",
]


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "rounded.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return str(path)


def test_every_written_number_is_told_once_with_its_lines() -> None:
    report = measure(read_network(TEXT).network)
    assert [at_lines(*one) for one in told(report.rebuilt).items()] == TOLD


def test_at_another_alpha_nothing_is_told() -> None:
    assert measure(scale(read_network(TEXT).network, alpha=0.5)).rebuilt == ()


def test_many_lines_are_counted() -> None:
    layers = "".join("  - conv: {n: 9}\n" for _ in range(6))
    text = f"input: [8, 8, 4]\nwidth: {{multiple_of: 8}}\nlayers:\n{layers}"
    ((sentence, places),) = told(measure(read_network(text).network).rebuilt).items()
    assert at_lines(sentence, places).endswith("(lines 4, 5, 6 and 3 more)")


def test_net_says_it_under_the_table_and_in_json(file: str) -> None:
    shown = run("net", file).out
    assert all(f"  {sentence}.\n" in shown for sentence in TOLD)
    assert json.loads(run("net", file, "--format", "json").out)["notes"] == TOLD
    assert json.loads(run("net", "mobilenet", "--format", "json").out)["notes"] == []


def test_check_says_it_and_passes(file: str) -> None:
    done = run("check", file)
    assert done.code == 0
    assert "n: 255 is built as 256; scale: false keeps it." in done.out
    notices = json.loads(run("check", file, "--format", "json").out)["notices"]
    assert [one["kind"] for one in notices] == ["rebuilt"] * 5
