"""What dscalc takes inside one process: one walk, sweeps and fits, and what grows with a file."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from dscalc import fit, load, measure, scale, sweep
from dscalc.analysis.patterns import Names
from dscalc.analysis.sweep import point_of
from dscalc.cli import main
from dscalc.law.layer import Cost
from tests.benchmark_loops import ALPHA, LOOPS

ROUNDS = 7
SIZES = (1_000, 10_000, 100_000)
RHYTHM = 10  # copies of each item of a long file


class Aim(NamedTuple):
    """What is measured, the bound that is aimed at if there is one, and what was found."""

    what: str
    bound: str
    found: str
    met: bool

    @property
    def row(self) -> str:
        return f"| {self.what} | {self.bound} | {self.found}{'' if self.met else ' (not met)'} |"


def seconds(work: Callable[[], object], count: int = 1) -> float:
    """Of this process's time, what one of so many runs takes."""
    started = time.process_time()
    for _ in range(count):
        work()
    return (time.process_time() - started) / count


def beside(work: Callable[[], object], other: Callable[[], object], counts: tuple[int, int]
           ) -> tuple[float, float]:  # fmt: skip
    """The least that both take, in turns, so that a busy machine slows both."""
    pairs = [(seconds(work, counts[0]), seconds(other, counts[1])) for _ in range(ROUNDS)]
    return min(one for one, _ in pairs), min(one for _, one in pairs)


# ---------------------------------------------------------------- aims


def walks() -> Iterator[Aim]:
    """One walk of a scaled network, in times of a loop by hand."""
    for name, (loop, most) in LOOPS.items():
        network = load(name)

        def walk() -> Cost:
            return measure(scale(network, alpha=ALPHA)).total  # noqa: B023

        assert walk() == loop()
        ours, alone = beside(walk, loop, (50, 1000))
        found = f"{ours / alone:.1f} times ({1e6 * ours:,.0f} µs, {1e6 * alone:.1f})"
        what = f"`measure(scale({name}, alpha={ALPHA}))`, of a loop by hand"
        yield Aim(what, f"{most} times", found, ours / alone <= most)


def sweeps() -> Iterator[Aim]:
    """A grid of 100 × 100 in times of the walks that it stands for; a million points as CSV."""
    network = load("mobilenet_v2")
    alphas = [step / 100 for step in range(10, 110)]
    sides = list(range(32, 432, 4))

    def walked() -> None:
        for alpha, side in zip(alphas, sides, strict=True):
            point_of(alpha, measure(scale(network, alpha=alpha, resolution=side)))

    grid, walk = beside(lambda: sweep(network, alphas, sides), walked, (1, 1))
    times = len(sides) * walk / grid
    found = f"{times:.0f} times ({grid:.2f} s)"
    yield Aim("a sweep of MobileNetV2, 100 × 100, faster than a walk a point by", "30 times",
              found, times >= 30)  # fmt: skip
    million = ("--alpha", "0.2:1.199:0.001", "--resolution", "32:1031:1")
    taken, megabytes = process("sweep", "mobilenet_v2", *million, "--format", "csv")
    yield Aim("a million points as CSV, whole process", "20 s, 500 MB",
              f"{taken:.0f} s, {megabytes:.0f} MB", taken < 20 and megabytes < 500)  # fmt: skip


def fits() -> Iterator[Aim]:
    """The largest α of networks of many layers, and of one of 10,000."""
    for name in ("mobilenet_v2", "yolov8", "hrnet_w18", "resnet50"):
        network = load(name)
        most = measure(network).total.mult_adds // 2
        taken = min(seconds(lambda: fit(network, {"mult_adds": most})) for _ in range(3))  # noqa: B023
        yield Aim(f"`fit` of {name} to half of its mult-adds", "", f"{taken:.2f} s", True)
    with tempfile.TemporaryDirectory() as folder:
        long = load(written(Path(folder), 10_000))
        most = measure(long).total.mult_adds // 2
        taken = seconds(lambda: fit(long, {"mult_adds": most}))
    yield Aim("`fit` of 10,000 layers", "2 s", f"{taken:.1f} s", taken < 2)


def process(*arguments: str) -> tuple[float, float]:
    """The processor's seconds of a whole process, and the most megabytes that it had."""
    program = (
        "import resource, sys\n"
        "from dscalc.cli import main\n"
        "try:\n    main()\n"
        "finally:\n"
        "    used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "    print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    taken, megabytes = map(float, done.stderr.split()[-2:])
    return taken, megabytes


# ---------------------------------------------------------------- what grows


def written(folder: Path, layers: int, rhythm: int = 3, key: str = "n") -> Path:
    """A file of so many layers, of as many channels as the rhythm says."""
    items = (
        f"- {{conv: {{{key}: {8 + number * rhythm % 7}}}, repeat: {RHYTHM}}}\n"
        for number in range(layers // RHYTHM)
    )
    path = folder / f"net{layers}-{rhythm}{key}.yaml"
    path.write_text("input: [8, 8, 3]\nlayers:\n" + "".join(items), encoding="utf-8")
    return path


def command(*arguments: str | Path) -> float:
    """The seconds of a command in this process, what it writes thrown away."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in "ab")
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "argv", ["dscalc", *map(str, arguments)]),
    ):
        return seconds(_to_its_end)


def _to_its_end() -> None:
    with contextlib.suppress(SystemExit):
        main()


def growing(folder: Path, layers: int) -> dict[str, float]:
    """Seconds for so many layers, by what is done with them."""
    path, other = written(folder, layers), written(folder, layers, 5)
    mistaken = written(folder, RHYTHM * min(layers, 10_000), key="kernel_siz")
    tiny = folder / "tiny.yaml"
    tiny.write_text("input: [8, 8, 3]\nlayers: [conv: {n: 80}]\n", encoding="utf-8")
    listed = (
        f"- {{file: {tiny.name}, alpha: {1 + number / 100_000}, budget: {{params: 1M}}}}\n"
        for number in range(min(layers, 10_000))
    )
    budget = folder / f"dscalc{layers}.yaml"
    budget.write_text("version: 1\nnetworks:\n" + "".join(listed), encoding="utf-8")
    report = measure(load(path))
    names = [row.name for row in report.rows]
    commands: dict[str, Sequence[str | Path]] = {
        "`net` as a table": ("net", path),
        "as JSON": ("net", path, "--format", "json"),
        "as CSV": ("net", path, "--format", "csv"),
        "as Markdown": ("net", path, "--format", "markdown"),
        "as HTML": ("net", path, "--format", "html"),
        "`memory`, its map and picture": ("memory", path),
        "`yaml`": ("yaml", path),
        "`diff` of two such files": ("diff", path, other),
        "mistakes in one file, 10,000 at most": ("net", mistaken),
        "entries of one `dscalc.yaml`, 10,000 at most": ("check", "--config", budget),
    }
    return {
        "loading and measuring": seconds(lambda: measure(load(path))),
        **{what: command(*given) for what, given in commands.items()},
        "a pattern for every fiftieth": seconds(
            lambda: [*map(Names(names).matching, [f"*{name}" for name in names[::50]])]
        ),
    }


def growth() -> Iterator[str]:
    """The seconds for each size, a row of Markdown for each thing done."""
    with tempfile.TemporaryDirectory() as folder:
        found = [growing(Path(folder), layers) for layers in SIZES]
    yield f"| Layers | {' | '.join(f'{layers:,}' for layers in SIZES)} |"
    yield "| :--- |" + " ---: |" * len(SIZES)
    for what in found[0]:
        yield f"| {what} | {' | '.join(f'{one[what]:.2f}' for one in found)} |"
