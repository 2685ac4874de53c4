"""Model files told by their content, and published ones read to the end, to their totals."""

from __future__ import annotations

import io
import zipfile

import pytest

from dscalc.analysis.memory import peak_elements
from dscalc.analysis.receptive import sights
from dscalc.errors import DscalcError
from dscalc.language.network_file import read_network
from dscalc.language.writer import network_text
from dscalc.law.network import Network, measure
from dscalc.models.formats import format_of
from dscalc.models.model_file import read_model_file
from tests.model_files import TABLES, Row, beside, inputs_of, published, table
from tests.test_models_protobuf import field


def archive(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name in names:
            packed.writestr(name, "{}")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (field(1, 8) + field(7, field(2, "net")) + field(8, field(2, 18)), "onnx"),
        (field(7, field(2, "net")), "onnx"),
        (b"\x1c\0\0\0TFL3" + b"\0" * 20, "tflite"),
        (archive("config.json", "model.weights.h5"), "keras"),
        (archive("net/models/model.json", "net/version"), "pt2"),
        (archive("serialized_exported_program.json"), "pt2"),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 20, "h5"),
        (b'{"format": "layers-model", "modelTopology": {}}', "tfjs"),
        (b"name: net\ninput: [8, 8, 3]\nlayers: [conv: {n: 4}]\n", ""),
        (b"{name: net, input: [8, 8, 3], layers: []}", ""),
        (b"", ""),
    ],
)
def test_formats_are_told_by_content(data: bytes, form: str) -> None:
    assert format_of(memoryview(data)) == form
    if not form:
        assert read_model_file(memoryview(data), "net.yaml") is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (archive("net/data.pkl"), r"torch\.export\.save"),
        (b"\x80\x02}q\0.", r"torch\.export\.save"),
        (archive("readme.txt"), "holds no model"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "git lfs pull"),
        (b'\x40\0\0\0\0\0\0\0{"w": {"dtype": "F32"}}', "weights alone"),
        (b'<?xml version="1.0"?>\n<net name="n" version="11">', "OpenVINO"),
        (b"7767517\n75 83\nInput data 0 1 data\n", "ncnn"),
        (b'name: "net"\nlayer {\n  type: "Convolution"\n}\n', "Caffe"),
        (field(1, 1) + field(2, field(2, "graph")), "tf2onnx"),
        (field(1, 4) + field(500, b"net"), "Core ML"),
    ],
)
def test_other_formats_are_named_with_the_way_out(data: bytes, message: str) -> None:
    with pytest.raises(DscalcError, match=message) as found:
        read_model_file(memoryview(data), "the.file")
    assert str(found.value).startswith("the.file: ")


def test_what_is_damaged_is_said_with_the_file_s_name() -> None:
    for data in (b"\x1c\0\0\0TFL3" + b"\xff" * 40, field(7, b"\x0a\xff"), archive("config.json")):
        with pytest.raises(DscalcError, match=r"^net\.bin: "):
            read_model_file(memoryview(data), "net.bin")


def tables() -> list[Row]:
    return [row for name in TABLES for row in table(name)]


def network(row: Row) -> Network:
    """The network in a published file."""
    data = published(row)
    if row["format"] == "keras h5":
        pytest.importorskip("h5py", reason="HDF5 files are read with it")
    found = read_model_file(data, row["file"], inputs_of(row), beside)
    assert found is not None
    return found.network


@pytest.mark.parametrize("row", tables(), ids=lambda row: row["file"])
def test_published_files_become_networks_of_their_cost(row: Row) -> None:
    total = measure(network(row)).total
    assert total.mult_adds == int(row["mult_adds"])
    assert total.params() == int(row.get("read_params", row["params"]))


@pytest.mark.parametrize("row", tables(), ids=lambda row: row["file"])
def test_published_files_are_written_as_yaml_of_the_same_layers(row: Row) -> None:
    found = network(row)
    report = measure(found)
    again = measure(read_network(network_text(found)).network)
    assert again.total == report.total
    assert [(r.layer, r.output) for r in again.rows] == [(r.layer, r.output) for r in report.rows]
    assert peak_elements(again) == peak_elements(report)
    assert [*sights(again).values()] == [*sights(report).values()]


NOT_CONVOLUTIONS_ALONE = (
    *("basicpitch", "magika", "microwakeword", "silero", "tashkeel"),  # sound and text
    *("nudenet", "PP-OCRv4_rec"),  # boxes from a distribution; attention
)


def convolutional() -> list[Row]:
    """The files of networks that are convolutions and what stands between them."""
    return [row for row in tables() if not any(n in row["file"] for n in NOT_CONVOLUTIONS_ALONE)]


@pytest.mark.parametrize("row", convolutional(), ids=lambda row: row["file"])
def test_no_convolutional_network_has_an_opaque_layer(row: Row) -> None:
    assert all(one.kind != "opaque" for one in measure(network(row)).rows)
