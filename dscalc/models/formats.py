"""Which format a file is of, told by its content: those that are read, and those that are named."""

from __future__ import annotations

from collections.abc import Iterable

from dscalc.errors import DscalcError
from dscalc.models.archive import members
from dscalc.models.protobuf import Wire

MOST_LOOKED_AT = 4096  # bytes at the front that tell a text

ONNX_EXPORT = "torch.onnx.export(module, inputs, 'model.onnx')"
PT2_EXPORT = "torch.export.save(torch.export.export(module, inputs), 'model.pt2')"

# How to get a file that is read out of one that is not.
OTHERS = {
    "torch": f"weights or a pickled module of PyTorch; export it: {PT2_EXPORT}",
    "safetensors": f"weights alone, without the network; export the network: {ONNX_EXPORT}",
    "unknown": "a binary file, not YAML, and no model of a format that is read: ONNX, TFLite, "
    f"Keras, TensorFlow.js, PyTorch .pt2; export the network: {ONNX_EXPORT}",
    "saved_model": "a TensorFlow SavedModel or GraphDef; convert it: "
    "python -m tf2onnx.convert --saved-model FOLDER --output model.onnx",
    "coreml": f"a Core ML model; export what it was made of: {ONNX_EXPORT}",
    "openvino": f"an OpenVINO model; export what it was made of: {ONNX_EXPORT}",
    "caffe": "a Caffe model; convert it: "
    "python -m mmdnn.conversion._script.convertToIR, or caffe2onnx, to ONNX",
    "ncnn": f"an ncnn model; export what it was made of: {ONNX_EXPORT}",
    "gguf": f"a GGUF file, which has no layers; export what it was made of: {ONNX_EXPORT}",
    "lfs": "a Git LFS pointer, not the model itself: git lfs pull brings it, and out of history "
    "git show REV:PATH | git lfs smudge > FILE",
}


def format_of(data: memoryview) -> str:
    """onnx, tflite, pt2, keras, h5 or tfjs; empty for a text that may be YAML.

    Raises DscalcError for a model of another format, with the way to one that is read.
    """
    head = bytes(data[:MOST_LOOKED_AT])
    if head[4:8] == b"TFL3":
        return "tflite"
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "h5"
    if head.startswith(b"PK\x03\x04"):
        return _archive(members(data))
    if head.lstrip()[:1] == b"{" and b'"modelTopology"' in bytes(data[:]):
        return "tfjs"
    other = _other(head)
    if other:
        raise DscalcError(OTHERS[other])
    if head[:1] == b"\x0a":
        return _named_first(data)
    return _protobuf(data) if head[:1] in (b"\x08", b"\x3a", b"\x42") else ""


def _archive(names: Iterable[str]) -> str:
    known = list(names)
    if "config.json" in known:
        return "keras"
    if any(n.endswith(".json") and ("/models/" in n or "exported_program" in n) for n in known):
        return "pt2"
    if any(name.endswith(("data.pkl", "constants.pkl")) for name in known):
        raise DscalcError(OTHERS["torch"])
    if any(name.endswith(".npy") for name in known):
        raise DscalcError(OTHERS["safetensors"])
    raise DscalcError("a zip archive that holds no model: no config.json, no exported program")


def _other(head: bytes) -> str:
    """A format that is not read, by how it begins."""
    text = head.lstrip()
    if head.startswith(b"version https://git-lfs"):
        return "lfs"
    if head.startswith((b"\x80\x02", b"\x80\x03", b"\x80\x04")):
        return "torch"
    if head.startswith(b"GGUF"):
        return "gguf"
    if head[8:9] == b"{" and b'"dtype"' in head:
        return "safetensors"
    if text.startswith((b"<?xml", b"<net ")) and b"<net " in text:
        return "openvino"
    if text.startswith(b"7767517"):
        return "ncnn"
    if text.startswith((b"layer {", b'name: "')) and b"layer {" in text:
        return "caffe"
    return ""


def _named_first(data: memoryview) -> str:
    """Caffe's weights begin with a name, a frozen graph of TensorFlow's with a node."""
    try:
        number, first = next(iter(Wire().fields(data)))
    except (DscalcError, StopIteration):
        return ""
    if number != 1 or isinstance(first, int):
        return ""
    raise DscalcError(OTHERS["saved_model" if bytes(first[:1]) == b"\x0a" else "caffe"])


def _protobuf(data: memoryview) -> str:
    """ONNX by its fields; SavedModel and Core ML begin alike."""
    numbers = set()
    try:
        for number, value in Wire().fields(data):
            numbers.add(number)
            if number == 7 and not isinstance(value, int):
                return "onnx"
    except DscalcError:
        if numbers <= {1, 2, 3, 4, 5, 6, 8, 14} and numbers:
            return "onnx"  # cut off: its reader says where
        return ""
    if numbers and numbers <= {1, 2}:
        raise DscalcError(OTHERS["saved_model"])
    if 1 in numbers and max(numbers) > 199:
        raise DscalcError(OTHERS["coreml"])
    return ""
