"""How fast sweeps and fits are: `python -m tests.benchmark_explore`; not collected as a test."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

from dscalc import load, sweep

ROUNDS = 5


def best(run: Callable[[], object]) -> float:
    """The seconds of the fastest of some runs."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def process(*arguments: str) -> Callable[[], object]:
    """A run of the command line, start and output included."""
    command = [sys.executable, "-m", "dscalc", *arguments]
    return lambda: subprocess.run(command, stdout=subprocess.PIPE, check=True)


def rate(name: str) -> str:
    """Points a second of a sweep of 20 α over 25 resolutions, peak memory included."""
    network = load(name)
    alphas, resolutions = [0.05 * step for step in range(1, 21)], list(range(32, 232, 8))
    seconds = best(lambda: sweep(network, alphas, resolutions))
    return f"{len(alphas) * len(resolutions) / seconds:,.0f} points/s"


def main() -> None:
    for name in ("mobilenet", "mobilenet_v2", "mobilenet_v3_large", "resnet50", "densenet121"):
        print(f"sweep of {name}, one core, no start: {rate(name)}")
    grid = ("--alpha", "0.01:1.0:0.01", "--resolution", "32:230:2")
    whole = best(process("sweep", "mobilenet", *grid))
    print(f"sweep of mobilenet, 10,000 points, whole process: {whole:.2f} s")
    fives = ("--max-mult-adds", "150M", "--resolution", "96:224:32")
    for name in ("mobilenet", "mobilenet_v2"):
        whole = best(process("fit", name, *fives))
        print(f"fit of {name}, 5 resolutions, whole process: {whole:.3f} s")


if __name__ == "__main__":
    main()
