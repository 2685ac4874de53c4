"""What counters of other tools take for MobileNetV2, where they are installed, beside dscalc."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

ROUNDS = 3

MODEL = """
import torch, torchvision
model = torchvision.models.mobilenet_v2(weights=None).eval()
x = torch.zeros(1, 3, 224, 224)
"""
EXPORT = f"{MODEL}import sys\ntorch.onnx.export(model, (x,), sys.argv[1])"
"""Writes the file for the tool that reads no modules, before its time begins."""
PEERS: dict[str, tuple[str, str]] = {
    "dscalc": (
        "from dscalc import load, measure\nnetwork = load('mobilenet_v2')",
        "measure(network)",
    ),
    "FlopCounterMode": (
        f"{MODEL}from torch.utils.flop_counter import FlopCounterMode",
        "with FlopCounterMode(display=False), torch.no_grad(): model(x)",
    ),
    "torchinfo": (
        f"{MODEL}from torchinfo import summary",
        "summary(model, input_size=(1, 3, 224, 224), verbose=0)",
    ),
    "fvcore": (
        f"{MODEL}from fvcore.nn import FlopCountAnalysis",
        "FlopCountAnalysis(model, x).unsupported_ops_warnings(False).total()",
    ),
    "ptflops": (
        f"{MODEL}from ptflops import get_model_complexity_info",
        "get_model_complexity_info(model, (3, 224, 224), print_per_layer_stat=False)",
    ),
    "thop": (f"{MODEL}from thop import profile", "profile(model, (x,), verbose=False)"),
    "calflops": (
        f"{MODEL}from calflops import calculate_flops",
        "calculate_flops(model, (1, 3, 224, 224), print_results=False, print_detailed=False)",
    ),
    "onnx-tool": (
        "import onnx_tool, sys\ngraph = onnx_tool.loadmodel(sys.argv[1], {'verbose': False}).graph",
        "graph.graph_reorder_nodes(); graph.shape_infer(); graph.profile()",
    ),
}
"""What each needs once, and what it does for every answer."""

TIMED = """
import sys, time
times = []
for _ in range(3):
    started = time.perf_counter()
    {count}
    times.append(time.perf_counter() - started)
print(min(times), file=sys.stderr)
"""


def rows(python: str) -> Iterator[str]:
    """A row of Markdown for every tool that a Python has: a process, and another answer in it."""
    yield "| Counter of MobileNetV2 | whole process, s | in process, ms |"
    yield "| :--- | ---: | ---: |"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "mobilenet_v2.onnx"
        ran(python, EXPORT, path)
        for name, (once, count) in PEERS.items():
            own = sys.executable if name == "dscalc" else python
            taken = [seconds(own, f"{once}\n{count}\n", path) for _ in range(ROUNDS)]
            inside = ran(own, f"{once}\n{TIMED.format(count=count)}", path)
            found = [one for one in taken if one is not None]
            if found and inside is not None:
                yield f"| {name} | {min(found):.2f} | {1000 * float(inside.split()[-1]):.1f} |"


def seconds(python: str, program: str, path: Path) -> float | None:
    """The wall time of a program in a process of its own; None where it fails."""
    started = time.perf_counter()
    return None if ran(python, program, path) is None else time.perf_counter() - started


def ran(python: str, program: str, path: Path) -> str | None:
    """What a program says on standard error; None where it fails, as without the package."""
    command = [python, "-c", program, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if done.returncode else done.stderr
