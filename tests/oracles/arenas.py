"""Writes `tests/data/arena_zoo.csv`: what TensorFlow Lite Micro plans for networks of Keras.

    python -m tests.oracles.arenas                      # writes the table anew
    python -m tests.oracles.arenas --check              # compares: 1 if any row differs
    python -m tests.oracles.arenas --only mobilenet_v2  # prints what has that in its name

`pip install tensorflow tflite-micro` brings what it needs. Each network is built by
keras.applications, untrained but for numbers of norms and biases, which must not be those that a
converter can leave out; made an int8 file by TensorFlow's converter; and planned by the package,
whose report this reads. Nothing of dscalc is imported. The whole takes a quarter of an hour:
`.ci/oracles arenas`.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

TABLE = Path(__file__).parent.parent / "data" / "arena_zoo.csv"
COLUMNS = ("network", "alpha", "resolution", "head", "tail", "source")
ARENA = 10**8  # bytes, more than any of them needs
RAW = {"include_preprocessing": False}
CASES: tuple[tuple[str, str, dict[str, Any], Sequence[tuple[float, int]]], ...] = (
    ("mobilenet", "MobileNet", {}, ((0.25, 96), (0.5, 128), (0.75, 160), (1, 224))),
    ("mobilenet_v2", "MobileNetV2", {}, ((0.35, 96), (0.5, 160), (1, 224), (1.4, 96))),
    ("mobilenet_v3_small", "MobileNetV3Small", RAW, ((0.75, 128), (1, 96), (1, 224))),
    ("mobilenet_v3_large", "MobileNetV3Large", RAW, ((0.75, 160), (1, 96), (1, 224))),
    ("efficientnet_b0", "EfficientNetB0", {}, ((1, 96), (1, 224))),
    ("efficientnet_b1", "EfficientNetB1", {}, ((1, 96),)),
    ("efficientnet_b3", "EfficientNetB3", {}, ((1, 96),)),
    ("efficientnet_v2_s", "EfficientNetV2S", RAW, ((1, 96), (1, 224))),
    ("densenet121", "DenseNet121", {}, ((1, 96), (1, 224))),
    ("resnet50", "ResNet50", {}, ((1, 96), (1, 224))),
    ("xception", "Xception", {}, ((1, 96), (1, 160))),
    ("inception_v3", "InceptionV3", {}, ((1, 96), (1, 160))),
    ("inception_resnet_v2", "InceptionResNetV2", {}, ((1, 96),)),
    ("vgg16", "VGG16", {}, ((1, 96),)),
)
"""The shipped network, the function of keras.applications, its settings, α and resolutions."""
PLANNING = """
import sys
from tflite_micro.python.tflite_micro import runtime
config = runtime.InterpreterConfig.kAllocationRecording
made = runtime.Interpreter.from_file(sys.argv[1], arena_size=int(sys.argv[2]),
                                     intrepreter_config=config)
made.print_allocations()
"""


def int8_file(name: str, settings: dict[str, Any], alpha: float, resolution: int) -> bytes:
    """The network as TensorFlow's converter makes it an int8 file."""
    keras.backend.clear_session()
    if alpha != 1:
        settings = {**settings, "alpha": alpha}
    sides = (resolution, resolution, 3)
    model = getattr(keras.applications, name)(weights=None, input_shape=sides, **settings)
    chance = np.random.default_rng(0)
    for weight in model.weights:
        if len(weight.shape) == 1:
            weight.assign(chance.uniform(0.4, 1.1, weight.shape).astype("float32"))
    traced = tf.function(lambda x: model(x, training=False))
    concrete = traced.get_concrete_function(tf.TensorSpec((1, *sides), tf.float32))
    frozen = convert_variables_to_constants_v2(concrete)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: [[chance.random((1, *sides), dtype="float32")]]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def planned(file: bytes) -> tuple[int, int]:
    """The bytes of head and tail that the package reports, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(file)
        command = [sys.executable, "-c", PLANNING, str(path), str(ARENA)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = dict(re.findall(r"allocation (head|tail) (\d+) bytes", done.stdout + done.stderr))
    return int(told["head"]), int(told["tail"])


def rows(only: str) -> Iterator[tuple[object, ...]]:
    """The rows of the table whose network has `only` in its name."""
    for network, name, settings, points in CASES:
        for alpha, resolution in points if only in network else ():
            with contextlib.redirect_stdout(sys.stderr):
                head, tail = planned(int8_file(name, settings, alpha, resolution))
            source = f"Keras {keras.__version__}, {name}; TensorFlow {tf.__version__}"
            yield network, alpha, resolution, head, tail, source


def main() -> int:
    parser = argparse.ArgumentParser(description="What TensorFlow Lite Micro plans.")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    parser.add_argument("--only", default="", help="networks with this in their names, printed")
    given = parser.parse_args()
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows(given.only)])
    if given.only:
        print(text.getvalue(), end="")
        return 0
    if given.check:
        kept = list(csv.reader(TABLE.read_text(encoding="utf-8").splitlines()))
        found = list(csv.reader(text.getvalue().splitlines()))
        return int([row[:-1] for row in kept] != [row[:-1] for row in found])
    TABLE.write_text(text.getvalue(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
