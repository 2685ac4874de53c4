"""How fast dscalc is, beside the least that its parts can take: `python tests/benchmark.py`.

Prints Markdown. Wall times of whole processes are medians of interleaved runs, so that a busy
machine slows all of them alike; what counts are the ratios, which hardly differ by machine.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from dscalc import (
    INPUT,
    DscalcError,
    Network,
    Node,
    Separable,
    Shape,
    load,
    measure,
    scale,
)
from dscalc.analysis.patterns import Names
from dscalc.analysis.versions import compare, version
from dscalc.errors import nearest
from dscalc.language.files import LARGEST_FILE
from dscalc.language.network_file import read_network

RUNS = 21
LAYER = "layer --df 14 --k 3 --m 512 --n 512"
NET = "net mobilenet.yaml"

PASS = "pass"
DSCALC = "from dscalc.cli import main\nmain()\n"
TYPER_LINE = """
import typer
def main() -> None:
    print("one line")
typer.run(main)
"""
TYPER_TABLE = """
import typer
def main() -> None:
    from rich.console import Console
    from rich.table import Table
    table = Table("layer", "params", "mult-adds")
    for i in range(30):
        table.add_row(f"layer{i}", "1,000", "1,000,000")
    Console().print(table)
typer.run(main)
"""

COMMANDS: dict[str, tuple[str, str]] = {
    "python -c pass": (PASS, ""),
    "a Typer program, one line": (TYPER_LINE, ""),
    "a Typer program, Rich table of 30 rows": (TYPER_TABLE, ""),
    "dscalc layer …, JSON": (DSCALC, f"{LAYER} --format json"),
    "dscalc layer …, table": (DSCALC, LAYER),
    "dscalc net mobilenet.yaml, JSON": (DSCALC, f"{NET} --format json"),
    "dscalc net mobilenet.yaml, table": (DSCALC, NET),
}
BASES = {
    "dscalc layer …, JSON": "a Typer program, one line",
    "dscalc layer …, table": "a Typer program, Rich table of 30 rows",
    "dscalc net mobilenet.yaml, JSON": "a Typer program, one line",
    "dscalc net mobilenet.yaml, table": "a Typer program, Rich table of 30 rows",
}
"""What each command of ours is held against."""


def wall_times() -> dict[str, float]:
    """The median wall time of each command, in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        commands = dict(processes(Path(folder)))
        # As after an installation: compiled once, whatever is set here.
        variables = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        variables.pop("PYTHONDONTWRITEBYTECODE", None)
        times: dict[str, list[float]] = {name: [] for name in commands}
        for turn in range(RUNS + 1):
            for name, command in commands.items():
                started = time.perf_counter()
                subprocess.run(command, env=variables, stdout=subprocess.DEVNULL, check=True)
                if turn:  # the first run fills the caches
                    times[name].append(1000 * (time.perf_counter() - started))
    return {name: statistics.median(measured) for name, measured in times.items()}


def processes(folder: Path) -> Iterator[tuple[str, list[str]]]:
    for number, (name, (program, arguments)) in enumerate(COMMANDS.items()):
        script = folder / f"program{number}.py"
        script.write_text(program, encoding="utf-8")
        start = [str(script), *arguments.split()] if program != PASS else ["-c", PASS]
        yield name, [sys.executable, *start]


# ---------------------------------------------------------------- in this process

MOBILENET = [
    *[(32, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2)],
    *[(512, 512, 1)] * 5,
    *[(512, 1024, 2), (1024, 1024, 1)],
]
"""M, N and the stride of each separable layer."""


def arithmetic_alone() -> tuple[int, int]:
    """Weights and mult-adds of MobileNet at α = 0.5, written out by hand."""
    side, least, alpha = 112, 8, 0.5
    first = max(int(32 * alpha), least)
    weights = 27 * first
    mult_adds = weights * side * side
    for channels, filters, stride in MOBILENET:
        m, n = max(int(channels * alpha), least), max(int(filters * alpha), least)
        side = -(-side // stride)
        for layer in (9 * m, m * n):
            weights += layer
            mult_adds += layer * side * side
    classifier = max(int(1024 * alpha), least) * 1000
    return weights + classifier, mult_adds + classifier


def microseconds(work: Callable[[], object], count: int) -> float:
    started = time.perf_counter()
    for _ in range(count):
        work()
    return 1e6 * (time.perf_counter() - started) / count


def in_process() -> tuple[float, float]:
    """The time of a scaled and measured MobileNet, and of the arithmetic alone."""
    network = load("mobilenet")

    def ours() -> object:
        return measure(scale(network, alpha=0.5)).total

    total = measure(scale(network, alpha=0.5)).total
    assert (total.weights, total.mult_adds) == arithmetic_alone()
    pairs = [(microseconds(ours, 100), microseconds(arithmetic_alone, 1000)) for _ in range(RUNS)]
    return statistics.median(p[0] for p in pairs), statistics.median(p[1] for p in pairs)


def of_layers(count: int) -> Network:
    """A chain of that many layers, no two of them one object."""
    names = [INPUT, *(f"layer{i}" for i in range(count))]
    nodes = [Node(names[i + 1], Separable(64 + i % 8), (names[i],)) for i in range(count)]
    return Network("long", Shape((56, 56), 64), tuple(nodes))


def per_layer(count: int) -> float:
    """Microseconds a layer, measured."""
    network = of_layers(count)
    repeats = max(1, 20_000 // count)
    times = [microseconds(lambda: measure(network).total, repeats) for _ in range(3)]
    return min(times) / count


# ---------------------------------------------------------------- what grows with a file

SIZES = (1_250, 2_500, 5_000, 10_000)


def as_text(count: int, rhythm: int) -> str:
    """A file of that many unnamed convolutions, of as many channels as the rhythm says."""
    layers = (f"- conv: {{n: {8 + number * rhythm % 7}}}\n" for number in range(count))
    return "input: [8, 8, 3]\nlayers:\n" + "".join(layers)


def seconds(work: Callable[[], object]) -> float:
    """How long some work takes, the shorter of two."""
    return min(microseconds(work, 1) for _ in range(2)) / 1e6


def refused(text: str) -> None:
    with contextlib.suppress(DscalcError):
        read_network(text)


def curve(count: int) -> dict[str, float]:
    """Seconds for a file of that many layers, by what is done with it."""
    text = as_text(count, 3)
    report = measure(read_network(text).network)
    base, head = version(report), version(measure(read_network(as_text(count, 5)).network))
    names = [row.name for row in report.rows]
    alike = [f"{'ab' * 16}{name:>32}" for name in names[: count // 10]]
    return {
        "reading and measuring": seconds(lambda: measure(read_network(text).network)),
        "refusing: an unknown key in each": seconds(
            lambda: refused(text.replace("n:", "kernel_siz:"))
        ),
        "comparing with another rhythm": seconds(lambda: compare(base, head)),
        "a rule by name for every tenth": seconds(
            lambda: [*map(Names(names).matching, names[::10])]
        ),
        "a pattern for every fiftieth": seconds(
            lambda: [*map(Names(names).matching, [f"*{n}" for n in names[::50]])]
        ),
        "99 hints among every tenth": seconds(
            lambda: [nearest(alike[-1], alike) for _ in "x" * 99]
        ),
    }


def curves() -> Iterator[str]:
    """The seconds for each size, a row of Markdown for each thing done."""
    found = {count: curve(count) for count in SIZES}
    yield f"| Layers | {' | '.join(f'{count:,}' for count in SIZES)} |"
    yield "| :--- |" + " ---: |" * len(SIZES)
    for what in found[SIZES[0]]:
        yield f"| {what} | {' | '.join(f'{found[count][what]:.2f}' for count in SIZES)} |"
    full = "x: [" + "[[]]," * (LARGEST_FILE // 5 - 1) + "]"
    yield f"| refusing a file of 2 MiB | {seconds(lambda: refused(full)):.2f} | | | |"


def main() -> None:
    times = wall_times()
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, medians of {RUNS} runs\n")
    print("| Process | ms | against | ratio |\n| :--- | ---: | :--- | ---: |")
    for name, taken in times.items():
        base = BASES.get(name, "python -c pass")
        ratio = "" if name == base else f"{taken / times[base]:.2f}"
        print(f"| {name} | {taken:.0f} | {'' if name == base else base} | {ratio} |")
    ours, alone = in_process()
    print("\n| In one process | µs | ratio |\n| :--- | ---: | ---: |")
    print(f"| the arithmetic of MobileNet alone, a hand-written loop | {alone:.1f} | |")
    print(f"| `measure(scale(mobilenet, alpha=0.5))` | {ours:.0f} | {ours / alone:.1f} |")
    for count in (1_000, 10_000, 100_000):
        print(f"| a layer, in a network of {count:,} | {per_layer(count):.1f} | |")
    print(f"\nSeconds, in one process\n\n{chr(10).join(curves())}")


if __name__ == "__main__":
    main()
