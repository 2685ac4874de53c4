"""Writes `tests/data/activations.csv`: the activations of real networks that do not fuse.

    python -m tests.oracles.activations                  # writes the table anew
    python -m tests.oracles.activations --check          # compares: 1 if any row differs
    python -m tests.oracles.activations --only ghostnet  # prints what has that in its name

The networks are those of `tests.oracles.frameworks` as they are written, one case of each framework
for each shipped network. What is computed is seen below every module and function, at PyTorch's
operators, so that a `x * sigmoid(x)` by hand is a swish, too. ReLU and ReLU6 are part of the layer
before them wherever a network is deployed, and are left out. So is what stands behind the last
layer with weights, such as the softmax over classes: some frameworks have it and others leave it
to whoever takes what goes out. Nothing of dscalc is imported.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from timm.layers import set_fused_attn
from torch.utils._python_dispatch import TorchDispatchMode

from tests.oracles import counting
from tests.oracles.cases import Case, built, spelt
from tests.oracles.frameworks import cases, text_of

TABLE = Path(__file__).parent.parent / "data" / "activations.csv"
ACTIVATIONS = {
    "silu": "swish",
    "hardswish": "hard_swish",
    "sigmoid": "sigmoid",
    "hardsigmoid": "hard_sigmoid",
    "tanh": "tanh",
    "gelu": "gelu",
    "elu": "elu",
    "leaky_relu": "leaky_relu",
    "softmax": "softmax",
    "safe_softmax": "softmax",
    "mish": "mish",
    "softplus": "softplus",
}
UNKNOWN = {"prelu_kernel", "rrelu_with_noise", "log_sigmoid_forward", "glu"}
WEIGHTED = {"convolution", "mm", "addmm", "bmm", "baddbmm"}


class Row(NamedTuple):
    """One activation of one network: how many numbers it acts on, and how often on so many.

    `elements` lists the calls, the largest first, as 100352*2 50176; a network that has none
    has one row that names none.
    """

    case: str
    network: str
    input: str
    activation: str
    times: int
    elements: str
    source: str


class Watch(TorchDispatchMode):
    """Notes the activations that do not fuse, with the numbers that each acts on, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, int]] = []
        self.before_weights = 0  # so many stand before the last layer with weights
        self.sigmoid: tuple[Any, Any] = (None, None)  # what the last one took and gave

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__.strip("_")
        if name in UNKNOWN:
            raise NotImplementedError(name)
        if name in ACTIVATIONS:
            self.found.append((ACTIVATIONS[name], result.numel()))
            self.sigmoid = (args[0], result) if name == "sigmoid" else (None, None)
        elif name in WEIGHTED:
            self.before_weights = len(self.found)
        elif name == "mul" and self._is_swish(*args[:2]):
            self.found[-1] = ("swish", result.numel())
        return result

    def _is_swish(self, *factors: Any) -> bool:
        return None not in self.sigmoid and all(
            any(one is factor for factor in factors) for one in self.sigmoid
        )


def watched(case: Case) -> list[tuple[str, int]]:
    """The activations of a case that do not fuse, each with how many numbers it acts on."""
    module, run = built(case)
    with torch.no_grad(), counting.slow_paths(), Watch() as watch:
        run(module)
    return watch.found[: watch.before_weights]


def rows(case: Case) -> Iterator[Row]:
    """The rows of one network."""
    found = watched(case)
    calls = Counter(found)
    for activation in sorted({name for name, _ in found}) or [""]:
        own = {size: times for (name, size), times in calls.items() if name == activation}
        listed = [f"{size}*{own[size]}" if own[size] > 1 else str(size) for size in sorted(own)]
        yield Row(case.case, case.network, spelt(case.input), activation, sum(own.values()),
                  " ".join(reversed(listed)), case.source)  # fmt: skip


def chosen() -> Iterator[Case]:
    """Every network as its file is written, once for each framework that builds it."""
    seen = set()
    for case in cases():
        framework = case.case.partition("/")[0]
        as_written = case.alpha == case.depth == 1 and not case.given
        if case.network and as_written and (framework, case.network) not in seen:
            seen.add((framework, case.network))
            yield case


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, add_help=True)
    parser.add_argument("--check", action="store_true", help="compare with the table")
    parser.add_argument("--only", default="", metavar="WORD", help="cases with WORD in their names")
    options = parser.parse_args(arguments)
    set_fused_attn(False)
    found = []
    for case in chosen():
        if options.only in case.case:
            found += list(rows(case))
            print(f"{case.case}: {sum(row.times for row in found if row.case == case.case)}",
                  file=sys.stderr, flush=True)  # fmt: skip
    text = text_of(found, Row._fields)
    if options.check:
        return _compare(text, whole=not options.only)
    if options.only:
        print(text, end="")
    else:
        TABLE.write_text(text, encoding="utf-8")
    return 0


def _compare(text: str, *, whole: bool) -> int:
    """Which rows differ, whatever release of a framework they came from."""

    def told(lines: list[str]) -> set[tuple[str, ...]]:
        return {tuple(row.values())[:-1] for row in csv.DictReader(lines)}

    now, was = told(text.splitlines()), told(TABLE.read_text(encoding="utf-8").splitlines())
    wrong = sorted((now - was) | (was - now if whole else set()))
    for row in wrong:
        print(f"{'new' if row in now else 'gone'}: {', '.join(row)}")
    print(f"{len(now)} rows found, {len(wrong)} differences")
    return 1 if wrong or not now else 0


if __name__ == "__main__":
    sys.exit(main())
