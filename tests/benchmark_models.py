"""How fast model files are read, beside other tools: `python -m tests.benchmark_models [PYTHON…]`.

Prints Markdown. Whole processes, interleaved: the median of wall times, the largest peak of memory.
Each tool runs in this Python, or the first of those named as arguments that has it; one that none
has is left out, and so are files that only a framework can write.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.onnx_files import Drawn
from tests.test_models_alike import PEAK, TFLite

RUNS = 7
MEBI = 2**20
SMALL = (64, 128, 128, 256, 256, 512, 512, 512)
LARGE = (*SMALL, 512, 512, 1024, 1024, 1024, 1024, 2048, 2048)
DSCALC = "import sys\nfrom dscalc.cli import program\nsys.argv[1:] = {arguments}\nprogram()"
MOBILENET = "mobilenet"

KERAS = "import keras\nkeras.applications.ResNet50(weights=None).save({path})"
PT2 = """
import torch, torchvision
net = torchvision.models.resnet50().eval()
torch.export.save(torch.export.export(net, (torch.zeros(1, 3, 224, 224),)), {path})
"""


class Tool(NamedTuple):
    """A tool beside ours: the package that it needs, and how it gets at the shapes of a file."""

    name: str
    needs: str
    file: str
    code: str


TOOLS = (
    Tool("`onnx.load`", "onnx", "54 MB ONNX", "import onnx\nonnx.load({path})"),
    Tool(
        "`onnx.shape_inference`",
        "onnx",
        "54 MB ONNX",
        "import onnx\nonnx.shape_inference.infer_shapes(onnx.load({path}))",
    ),
    Tool(
        "`onnx_tool`",
        "onnx_tool",
        "54 MB ONNX",
        "import onnx_tool\nonnx_tool.model_profile({path})",
    ),
    Tool(
        "LiteRT",
        "ai_edge_litert",
        "5 MB TFLite",
        "from ai_edge_litert.interpreter import Interpreter\n"
        "Interpreter(model_path={path}).allocate_tensors()",
    ),
    Tool(
        "`keras.load_model`",
        "keras",
        "100 MB .keras",
        "import keras\nkeras.models.load_model({path}).count_params()",
    ),
    Tool("`torch.export.load`", "torch", "100 MB .pt2", "import torch\ntorch.export.load({path})"),
)


class Run(NamedTuple):
    """One process: seconds by the clock, and bytes of memory at most."""

    seconds: float
    peak: int


def mobilenet(net: Drawn | TFLite, channels: tuple[int, ...]) -> bytes:
    """Depthwise and pointwise convolutions in turn, with a head."""
    net.conv("stem", 32, 3, 2)
    for number, n in enumerate(channels):
        stride = 2 if number in (1, 3, 5) else 1
        net.conv(f"b{number}/dw", net.channels, 3, stride, net.channels)
        net.conv(f"b{number}/pw", n)
    net.head(1000)
    return net.data if isinstance(net, Drawn) else net.file()


def having(package: str, pythons: list[str]) -> str:
    """The first Python that has a package; nothing if none has."""
    code = f"import importlib.util, sys\nsys.exit(importlib.util.find_spec({package!r}) is None)"
    found = (
        one for one in pythons if not subprocess.run([one, "-c", code], check=False).returncode
    )
    return next(found, "")


def made(folder: Path, pythons: list[str]) -> dict[str, Path]:
    """The files that can be made here, by what they are."""
    onnx, tflite = folder / "net.onnx", folder / "net.tflite"
    onnx.write_bytes(mobilenet(Drawn(side=224), LARGE))
    tflite.write_bytes(mobilenet(TFLite(), SMALL))
    files = {"54 MB ONNX": onnx, "5 MB TFLite": tflite}
    for name, package, code in (
        ("100 MB .keras", "keras", KERAS),
        ("100 MB .pt2", "torchvision", PT2),
    ):
        path = folder / f"net{name.split()[-1]}"
        python = having(package, pythons)
        if python and run(python, code.format(path=repr(str(path)))) is not None:
            files[name] = path
        else:
            print(f"Left out: {name}, which {package} would write", file=sys.stderr)
    return files


def run(python: str, code: str) -> Run | None:
    """A process that runs some code; None if it fails."""
    started = time.perf_counter()
    command = [python, "-c", PEAK + code]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    taken = time.perf_counter() - started
    return None if done.returncode else Run(taken, int(done.stderr.split()[-1]) * 1024)


def ours(*arguments: str) -> str:
    return DSCALC.format(arguments=[*arguments, "--format", "json"])


def measured(files: dict[str, Path], pythons: list[str]) -> dict[tuple[str, str], Run]:
    """Each tool on each file that it reads, ours first; its median time and its largest peak."""
    work = {("dscalc", MOBILENET): (sys.executable, ours("net", MOBILENET))}
    for name, path in files.items():
        work["dscalc", name] = (sys.executable, ours("net", str(path)))
    for tool in TOOLS:
        python = having(tool.needs, pythons)
        if not python or tool.file not in files:
            print(f"Left out: {tool.name} on {tool.file}", file=sys.stderr)
            continue
        code = tool.code.format(path=repr(str(files[tool.file])))
        work[tool.name, tool.file] = (python, code)
    runs: dict[tuple[str, str], list[Run]] = {key: [] for key in work}
    for turn in range(RUNS + 1):
        for key, (python, code) in work.items():
            found = run(python, code)
            if found and turn:  # the first run fills the caches
                runs[key].append(found)
    return {
        key: Run(statistics.median(one.seconds for one in of), max(one.peak for one in of))
        for key, of in runs.items()
        if of
    }


def check_of_a_folder(folder: str) -> float:
    """Seconds for one `check` of all published files; the shorter of two."""
    from tests.model_files import TABLES, inputs_of, table

    lines = ["version: 1", "networks:"]
    for row in (row for name in TABLES for row in table(name)):
        if Path(folder, row["file"]).is_file():
            given = {
                name: list(v) if isinstance(v, tuple) else v for name, v in inputs_of(row).items()
            }
            lines += [f"  - file: {row['file']}", "    budget: {mult_adds: 100G}"]
            lines += [f"    inputs: {given}"] if given else []
    config = Path(folder, "dscalc.yaml")
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = [run(sys.executable, ours("check", "--config", str(config))) for _ in range(2)]
    config.unlink()
    return min(one.seconds for one in found if one is not None)


def main() -> None:
    pythons = [sys.executable, *sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        found = measured(made(Path(folder), pythons), pythons)
    base = found["dscalc", MOBILENET]
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, medians of {RUNS} runs\n")
    print("| File | Tool | ms | MB | against |\n| :--- | :--- | ---: | ---: | :--- |")
    for (tool, file), (seconds, peak) in sorted(found.items(), key=lambda one: one[0][1]):
        mine = found["dscalc", file]
        against = f"{seconds / base.seconds:.2f} of `net {MOBILENET}`"
        if tool != "dscalc":
            faster, less = seconds / mine.seconds, peak / mine.peak
            against = f"dscalc: {faster:.1f}× faster, {less:.1f}× less memory"
        print(f"| {file} | {tool} | {1000 * seconds:.0f} | {peak / MEBI:.0f} | {against} |")
    if published := os.environ.get("DSCALC_MODEL_FILES"):
        print(f"\nAll published files in one `check`: {check_of_a_folder(published):.1f} s")


if __name__ == "__main__":
    main()
