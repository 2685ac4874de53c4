"""Published TFLite, Keras and TensorFlow.js files, in the folder that DSCALC_MODEL_FILES names.

The figures are those of LiteRT, Keras and TensorFlow.js, as the table says of each. A graph model
of TensorFlow.js has small numbers in a file beside it, which must lie there under its own name.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from dscalc.models.graph import Graph
from dscalc.models.inputs import Given
from dscalc.models.json_text import parse_json
from dscalc.models.keras.reading import read_keras, read_keras_h5, read_tfjs_layers
from dscalc.models.tfjs.reading import read_tfjs_graph
from dscalc.models.tflite.reading import read_tflite
from tests.graph_counter import mult_adds, parameters

FILES = Path(os.environ.get("DSCALC_MODEL_FILES", ""))
SHARDS = {"tfjs_basicpitch.model.json": "group1-shard1of1.bin"}
Row = dict[str, str]


def table() -> list[Row]:
    path = Path(__file__).parent / "data" / "tensorflow_files.csv"
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read(row: Row) -> Graph:
    data = memoryview((FILES / row["file"]).read_bytes())
    given: Given = {}
    if row["input"]:
        name, _, sides = row["input"].partition("=")
        given = {name: tuple(map(int, sides.split("x")))}
    if row["format"] == "tflite":
        return read_tflite(data, given)
    if row["format"] == "keras h5":
        pytest.importorskip("h5py", reason="HDF5 files are read with it")
        return read_keras_h5(data, given)
    if row["format"] == "keras 3 zip":
        return read_keras(data, given)
    if row["format"] == "tfjs layers-model":
        return read_tfjs_layers(parse_json(data), given)
    return read_tfjs_graph(parse_json(data), beside, given)


def beside(path: str) -> memoryview | None:
    shard = FILES / Path(path).name
    return memoryview(shard.read_bytes()) if shard.is_file() else None


@pytest.mark.parametrize("row", table(), ids=lambda row: row["file"])
def test_published_files_cost_what_their_frameworks_say(row: Row) -> None:
    needed = [row["file"], *([SHARDS[row["file"]]] if row["file"] in SHARDS else [])]
    if not os.environ.get("DSCALC_MODEL_FILES") or not all((FILES / n).is_file() for n in needed):
        pytest.skip("DSCALC_MODEL_FILES names no folder that has this published file")
    graph = read(row)
    assert (parameters(graph), mult_adds(graph)) == (
        int(row["read_params"]),
        int(row["mult_adds"]),
    )


def test_the_table_says_why_where_parameters_differ() -> None:
    rows = table()
    assert len(rows) == 31
    for row in rows:
        assert (row["params"] == row["read_params"]) == (row["why"] == "")
