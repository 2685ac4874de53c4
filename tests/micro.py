"""What TensorFlow Lite Micro itself says of a model file; without the package tests are skipped."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import pytest


def package() -> str:
    """The name under which it is imported."""
    return str(pytest.importorskip("tflite_micro").__name__)


def head_in_package(file: bytes, capfd: pytest.CaptureFixture[str]) -> int:
    """The bytes of the arena's head that it reports for a file."""
    runtime: Any = import_module(f"{package()}.python.tflite_micro.runtime")
    made = runtime.Interpreter.from_bytes(
        file,
        arena_size=1 << 20,
        intrepreter_config=runtime.InterpreterConfig.kAllocationRecording,
    )
    made.print_allocations()
    told = re.search(r"allocation head (\d+) bytes", "".join(capfd.readouterr()))
    assert told is not None
    return int(told[1])
