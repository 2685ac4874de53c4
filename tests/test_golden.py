"""What people see, to the letter; `pytest --regenerate` writes it anew after a change meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import call
from tests.conftest import GOLDEN, Golden

LAYER = ("layer", "--m", "3", "--n", "4", "--k", "3")
TABLE_3 = ("layer", "--df", "14", "--k", "3", "--m", "512", "--n", "512", "--alpha", "0.75",
           "--rho", "0.714")  # fmt: skip
NET = ("net", "mobilenet.yaml", "--alpha", "0.5")

CASES: dict[str, tuple[tuple[str, ...], int]] = {
    "layer": (LAYER, 0),
    "layer_df": ((*LAYER, "--df", "64"), 0),
    "layer_narrow": ((*LAYER, "--df", "64"), 60),
    "layer_group": (
        ("layer", "--df", "100", "--m", "6", "--n", "10", "--g", "2", "--padding", "valid"),
        0,
    ),
    "layer_1d": (
        ("layer", "--df", "400", "--m", "128", "--n", "128", "--k", "7", "--dims", "1"),
        0,
    ),
    "layer_table_3": (TABLE_3, 0),
    "layer_explain": ((*LAYER, "--explain"), 0),
    "layer_explain_table_3": ((*TABLE_3, "--explain"), 0),
    "layer_explain_group": (
        ("layer", "--m", "6", "--n", "9", "--g", "3", "--df", "8", "--bias", "--multiplier", "2",
         "--explain"),
        0,
    ),
    "layer_markdown": ((*TABLE_3, "--format", "markdown"), 0),
    "layer_latex": ((*TABLE_3, "--format", "latex"), 0),
    "layer_csv": ((*TABLE_3, "--format", "csv"), 0),
    "layer_json": ((*LAYER, "--format", "json"), 0),
    "net": (NET, 0),
    "net_100": (NET, 100),
    "net_60": (NET, 60),
    "net_40": (NET, 40),
    "net_expand": (("net", "example_net", "--expand"), 0),
    "net_weights": (("net", "example_net", "--count", "weights"), 0),
    "net_resolution": (("net", "mobilenet", "--resolution", "160", "--count", "total"), 100),
    "net_nothing_to_compare": (("net", "plain.yaml"), 0),
    "net_markdown": (("net", "example_net", "--format", "markdown"), 0),
    "net_csv": (("net", "example_net", "--expand", "--format", "csv"), 0),
    "error_mistakes": (("net", "mistakes.yaml"), 0),
    "error_yaml": (("net", "malformed.yaml"), 0),
    "error_does_not_fit": (("net", "plain.yaml", "--alpha", "0.5"), 0),
    "error_no_file": (("net", "mobilenett"), 0),
    "error_layer": (("layer", "--m", "0", "--n", "4", "--stride", "0"), 0),
    "error_group": (("layer", "--m", "6", "--n", "10", "--g", "4"), 0),
    "error_usage": (("net", "mobilenet", "--format", "xml"), 0),
}  # fmt: skip
"""Each golden file: what is asked, and how wide the screen is (0: no screen)."""

FILES = {
    "plain.yaml": """\
name: Plain
input: [8, 8, 4]
layers:
  - conv: {n: 6}
  - conv: {n: 8, g: 2, bias: true}
  - global_pool
""",
    "mistakes.yaml": """\
name: Mistakes
inputs: [32, 32, 3]
layers:
  - conv: {n: 16, kernal: 3}
  - separable: {n: 0, n: 32}
  - relu
  - repeat: 1e3
    separable: {n: 64, stride: two}
  - add: [conv1, skip]
""",
    "malformed.yaml": "input: [32, 32, 3]\nlayers:\n  - conv: {n: 16\n  - flatten\n",
}


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str, golden: Golden, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for file, text in FILES.items():
        Path(file).write_text(text, encoding="utf-8")
    arguments, columns = CASES[name]
    result = call(*arguments, columns=columns)
    assert result.code == (2 if name.startswith("error_") else 0)
    width = f"COLUMNS={columns} " if columns else ""
    golden(name, f"$ {width}dscalc {' '.join(arguments)}\n{result.out}{result.err}")


def test_no_golden_file_is_left_over() -> None:
    kept = {file.stem for file in GOLDEN.glob("*.txt")}
    mine = {name for name in kept if name.partition("_")[0] in ("layer", "net", "error")}
    assert mine == set(CASES)
