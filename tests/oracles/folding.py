"""Writes `tests/data/folded.csv`: parameters of real networks whose batch norms PyTorch has folded.

    python -m tests.oracles.folding                  # writes the table anew
    python -m tests.oracles.folding --check          # compares: 1 if any row differs
    python -m tests.oracles.folding --only ghostnet  # prints what has that in its name

Where a batch norm takes what a convolution or a linear layer gives, and nobody else does,
`torch.nn.utils.fusion` makes one module of the two; the parameters are counted afterwards. Who
takes what is seen at PyTorch's operators while the network runs. Keras' layers are not PyTorch's
and are left out. Nothing of dscalc is imported.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tests.oracles import counting, tables
from tests.oracles.cases import Case, built, spelt

NORM = nn.modules.batchnorm._BatchNorm
CONVOLUTIONS = (*counting.CONVOLUTIONS, *counting.TRANSPOSED)


class Row(NamedTuple):
    """One network: its norms that are folded and those that stay, and the parameters then."""

    case: str
    network: str
    input: str
    folded: int
    stay: int
    params: int
    source: str


class Takers(TorchDispatchMode):
    """Counts the operators that take each tensor; all are kept, so that none is mistaken."""

    def __init__(self) -> None:
        super().__init__()
        self.count: Counter[int] = Counter()
        self.kept: list[Any] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        taken = {id(one): one for one in tree_leaves((args, kwargs)) if torch.is_tensor(one)}
        self.count.update(taken.keys())
        self.kept += taken.values()
        return func(*args, **(kwargs or {}))


def pairs(module: nn.Module, run: Callable[[Any], Any]) -> list[tuple[nn.Module, nn.Module]]:
    """Every layer with weights whose output goes to one batch norm and nowhere else."""
    made: dict[int, nn.Module] = {}
    found: list[tuple[nn.Module, nn.Module, Any]] = []
    handles = []

    def after(part: nn.Module, _: Any, output: Any) -> None:
        made[id(output)] = part
        takers.kept.append(output)

    def before(part: nn.Module, inputs: tuple[Any, ...]) -> None:
        if id(inputs[0]) in made:
            found.append((made[id(inputs[0])], part, inputs[0]))

    for part in module.modules():
        if isinstance(part, (*CONVOLUTIONS, nn.Linear)):
            handles.append(part.register_forward_hook(after))
        elif isinstance(part, NORM):
            handles.append(part.register_forward_pre_hook(before))
    with torch.no_grad(), counting.slow_paths(), Takers() as takers:
        run(module)
    for handle in handles:
        handle.remove()
    return [(layer, norm) for layer, norm, x in found if takers.count[id(x)] == 1]


def fused(layer: Any, norm: Any) -> nn.Module:
    """What PyTorch makes of a layer and the batch norm behind it."""
    if isinstance(layer, nn.Linear):
        return fuse_linear_bn_eval(layer, norm)
    return fuse_conv_bn_eval(layer, norm, transpose=isinstance(layer, counting.TRANSPOSED))


def rows(case: Case) -> Iterator[Row]:
    """The row of one network; none where it has no layer of PyTorch's own."""
    module, run = built(case)
    parts = list(module.modules())
    if not any(isinstance(part, (*CONVOLUTIONS, nn.Linear)) for part in parts):
        return
    found = pairs(module, run)
    params = held(module)
    for layer, norm in found:
        params += held(fused(layer, norm)) - held(layer) - held(norm)
    norms = sum(isinstance(part, NORM) for part in parts)
    stay = norms - len(found)
    yield Row(case.case, case.network, spelt(case.input), len(found), stay, params, case.source)


def held(module: nn.Module) -> int:
    return sum(one.numel() for one in module.parameters())


if __name__ == "__main__":
    sys.exit(tables.main(__doc__, "folded.csv", Row._fields, rows))
