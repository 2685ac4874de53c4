"""`dscalc verify`: what it says where nothing is published, and where a figure does not fit."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from dscalc.analysis.verify import verify
from dscalc.language.files import load_file
from dscalc.language.shipped import shipped_files
from tests.commands import call, complaint, document

NET = "input: [8, 8, 3]\nlayers:\n  - conv: {n: 4, k: 5, padding: valid}\n"
MET = NET + "published:\n  - {source: by hand, params: 300}\n"
UNMET = NET + "published:\n  - {source: by hand, params: 299}\n"


UNPUBLISHED = (
    *("example_net", "qanet_encoder", "unet", "wavenet", "mlperf_tiny_autoencoder"),
    *("mlperf_tiny_ds_cnn", "mlperf_tiny_mobilenet_vww", "mlperf_tiny_resnet8"),
)
"""Of these no source prints parameters or mult-adds; MLPerf Tiny's paper has sizes of files."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files that publish nothing, what is so, and what is not."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("none", NET), ("met", MET), ("unmet", UNMET)):
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_where_nothing_is_published_nothing_is_explained(folder: Path) -> None:
    for form in ("table", "json", "csv", "markdown"):
        result = call("verify", "none.yaml", "--format", form)
        assert result.code == 0
        assert result.err == "note: none.yaml: no figure is published in the file\n"
        if form == "json":
            assert '"explained": null' in result.out
    assert document("verify", "met.yaml")["explained"] is True
    assert document("verify", "mobilenet")["explained"] is True


def test_a_file_that_publishes_nothing_is_told_beside_one_that_does(folder: Path) -> None:
    result = call("verify", "met.yaml", "none.yaml")
    assert (result.code, result.err.count("note: ")) == (0, 1)
    result = call("verify", "unmet.yaml", "none.yaml", "--format", "json")
    assert (result.code, '"explained": false' in result.out) == (1, True)
    assert result.err == "note: none.yaml: no figure is published in the file\n"


SLIPS = """\
  - {source: Table 1, params: 299, slip: counted without the last of all the rows}
  - {source: Table 2, params: 298, slip: another reason}
  - {source: Table 3, params: 297, slip: counted without the last of all the rows}
"""


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_the_reason_of_every_slip_stands_below_once(folder: Path, columns: int) -> None:
    Path("n.yaml").write_text(MET + SLIPS)
    text = call("verify", "n.yaml", columns=columns).out
    said = [word.rstrip("\n") for word in re.findall(r"slip \d", text)]
    assert said == ["slip 1", "slip 2", "slip 1"]
    flat = " ".join(text.split())
    assert "Slip 1: counted without the last of all the rows. Slip 2: another reason." in flat
    assert max(map(len, text.splitlines())) <= columns
    rows = list(csv.DictReader(call("verify", "n.yaml", "--format", "csv").out.splitlines()))
    assert [row["relation"] for row in rows] == ["equal", "slip", "slip", "slip"]
    assert [row["slip"] for row in rows][2:] == ["another reason", rows[1]["slip"]]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("resolution: [8, 8, 8]", "resolution 8×8×8 does not say the sides of 8×8×3"),
        ("rho: 0.01", "ρ = 0.01 leaves no pixel of the input 8×8×3"),
        ("alpha: 0.5", "n.yaml takes no α: it is what it is"),
    ],
)
def test_a_published_entry_that_does_not_fit_is_told_with_its_place(
    folder: Path, entry: str, message: str
) -> None:
    Path("n.yaml").write_text(
        f"{MET}  - {{source: 'Table 2', params: 3, {entry}}}\nwidth: {{fixed: it is what it is}}\n"
    )
    assert complaint("verify", "n.yaml").startswith(f"error: n.yaml:6:5: {message}")


def test_a_layer_that_does_not_fit_at_a_published_size_is_told_with_the_layer_s_place(
    folder: Path,
) -> None:
    Path("n.yaml").write_text(f"{MET}  - {{source: 'Table 2', params: 3, resolution: 2}}\n")
    told = complaint("verify", "n.yaml")
    assert told.startswith("error: n.yaml:3:21: conv1: a kernel of 5 is larger than its padded")


@pytest.mark.parametrize("name", shipped_files())
def test_every_figure_published_of_a_shipped_network_is_met_or_explained(name: str) -> None:
    findings = verify(*load_file(name)[:2])
    assert [finding for finding in findings if not finding.explained] == []
    assert findings or name in UNPUBLISHED


def test_a_variant_has_the_figures_published_at_its_own_setting() -> None:
    file, b4 = load_file("efficientnet"), load_file("efficientnet_b4")
    own = [
        figure for figure in file.published if figure.setting == file.variants["efficientnet_b4"]
    ]
    assert [figure.source for figure in b4.published] == [figure.source for figure in own]
    assert len(own) == 2
    assert {finding.relation for finding in verify(*b4[:2])} == {"equal", "rounded", "slip"}
