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

import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tests.oracles import counting, tables
from tests.oracles.cases import Case, built, spelt

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


if __name__ == "__main__":
    sys.exit(tables.main(__doc__, "activations.csv", Row._fields, rows))
