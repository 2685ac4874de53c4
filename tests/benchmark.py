"""How fast dscalc is, beside the least that its parts can take: `python -m tests.benchmark`.

Prints Markdown; with `--write` it becomes that part of tests/README.md. Wall times of whole
processes are the least of interleaved runs, so that a busy machine slows all of them alike; what
counts are the ratios, which hardly differ by machine.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmark_inside import Aim, fits, growth, sweeps, walks
from tests.benchmark_peers import ROUNDS as OF_PEERS
from tests.benchmark_peers import rows as peers

RUNS = 21
LAYER = "layer --df 14 --k 3 --m 512 --n 512"
NET = "net mobilenet.yaml"

PASS = "pass"
DSCALC = "from dscalc.cli import program\nprogram()\n"
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
AIMS = dict(zip(BASES, (1.2, 1.0, 1.35, 1.2), strict=True))
"""At most how many times as long each should take."""


def wall_times() -> dict[str, float]:
    """The least wall time of each command, in milliseconds."""
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
    return {name: min(measured) for name, measured in times.items()}


def processes(folder: Path) -> Iterator[tuple[str, list[str]]]:
    for number, (name, (program, arguments)) in enumerate(COMMANDS.items()):
        script = folder / f"program{number}.py"
        script.write_text(program, encoding="utf-8")
        start = [str(script), *arguments.split()] if program != PASS else ["-c", PASS]
        yield name, [sys.executable, *start]


# ---------------------------------------------------------------- the page

BEGIN, END = "<!-- python -m tests.benchmark -->\n", "<!-- end -->\n"
PAGE = Path(__file__).with_name("README.md")


def starts(times: dict[str, float]) -> Iterator[Aim]:
    """The whole commands beside the least that they can take."""
    for name, base in BASES.items():
        ratio, most = times[name] / times[base], AIMS[name]
        yield Aim(f"{name}, of {base}", f"{most} times", f"{ratio:.2f} times", ratio <= most)


def processes_measured(times: dict[str, float]) -> Iterator[str]:
    """A row of Markdown for each command."""
    yield "| Process | ms | against | ratio |\n| :--- | ---: | :--- | ---: |"
    for name, taken in times.items():
        base = BASES.get(name, "python -c pass")
        ratio = "" if name == base else f"{taken / times[base]:.2f}"
        yield f"| {name} | {taken:.0f} | {'' if name == base else base} | {ratio} |"


def page(python: str) -> str:
    """All that is measured, as Markdown; the peers are those that this Python has."""
    times = wall_times()
    version = ".".join(platform.python_version_tuple()[:2])
    aims = [*starts(times), *walks(), *sweeps(), *fits()]
    parts = (
        [
            f"Measured on {datetime.now(UTC):%Y-%m-%d}, on {os.cpu_count()} cores,",
            f"with Python {version}; whole processes are the least of {RUNS} interleaved runs,",
            f"those of counters the least of {OF_PEERS}.",
            "onnx-tool reads a file that was exported before.",
        ],
        ["| What | Aim | Measured |", "| :--- | ---: | ---: |", *(aim.row for aim in aims)],
        list(processes_measured(times)),
        ["Seconds of processor time, by the length of a network:"],
        list(growth()),
        list(peers(python)),
    )
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast dscalc is.")
    parser.add_argument("--write", action="store_true", help="into tests/README.md, too")
    parser.add_argument("--peers", default=sys.executable, help="the Python that has the peers")
    given = parser.parse_args()
    text = page(given.peers)
    print(text)
    if given.write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        _, _, behind = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{behind}", encoding="utf-8")


if __name__ == "__main__":
    main()
