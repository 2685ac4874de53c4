"""Files of Keras: `.keras` archives, HDF5 files and TensorFlow.js layers models, without weights.

All that is read is the configuration of the model: `config.json` of the archive, the attribute
`model_config` of the HDF5 file, `modelTopology` of TensorFlow.js.
"""

from __future__ import annotations

from typing import Any

from dscalc.errors import DscalcError
from dscalc.models.archive import View, member
from dscalc.models.graph import Graph
from dscalc.models.inputs import Given
from dscalc.models.json_text import MOST_BYTES, mapping, parse_json
from dscalc.models.keras.model import read_keras_model


def read_keras(data: memoryview, given: Given | None = None) -> Graph:
    """The graph of a `.keras` archive."""
    content = member(data, "config.json", MOST_BYTES)
    return read_keras_model(parse_json(memoryview(content)), given, "Keras")


def read_keras_h5(data: memoryview, given: Given | None = None) -> Graph:
    """The graph of an HDF5 file of Keras; it takes the package h5py to read it."""
    try:
        import h5py  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError:
        raise DscalcError(
            "an HDF5 file, which is read with the package h5py: pip install 'dscalc[h5]'"
        ) from None
    try:
        with h5py.File(View(data, MOST_BYTES), "r") as file:
            config = file.attrs.get("model_config")
            bare = "layer_names" in file.attrs
    except Exception as cause:  # h5py raises what its C library comes upon
        raise DscalcError(f"a damaged HDF5 file: {cause}") from None
    if config is None and bare:
        raise DscalcError("weights alone, without the model that they are of: save the whole model")
    if not isinstance(config, (str, bytes)):
        raise DscalcError("an HDF5 file without a Keras model in it")
    text = config.encode("utf-8", "surrogateescape") if isinstance(config, str) else config
    return read_keras_model(parse_json(memoryview(text)), given, "Keras HDF5")


def read_tfjs_layers(document: Any, given: Given | None = None) -> Graph:
    """The graph of a layers model's `model.json`, parsed; its weights may lie beside or not."""
    topology = mapping(mapping(document, "the file").get("modelTopology"), "'modelTopology'")
    model = topology.get("model_config", topology)
    return read_keras_model(model, given, "TensorFlow.js layers model")
