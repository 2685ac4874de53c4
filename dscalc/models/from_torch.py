"""A PyTorch module in memory → Network, by the program that torch.export makes of it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from dscalc.errors import DscalcError
from dscalc.models.model_source import Source

if TYPE_CHECKING:
    from dscalc.law.network import Network

LONGEST = 2000  # characters of what torch says; it may add pages on how it came to that


def from_torch(module: Any, *example_inputs: Any) -> Network:
    """The network that a `torch.nn.Module` is on `example_inputs`, tensors as it is called with.

    It is exported by torch.export on the CPU in eval mode, and is left as it was. PyTorch is the
    user's own. Raises DscalcError where there is none, for what is no module, with what torch says
    where it cannot export the module, and for what no law covers and might cost something.
    """
    try:
        import torch
    except ImportError:
        raise DscalcError("from_torch needs PyTorch, which is not installed here") from None
    if not isinstance(module, torch.nn.Module):
        raise DscalcError(f"from_torch takes a torch.nn.Module, not {type(module).__name__}")
    name = type(module).__name__
    data = _exported(torch, module, example_inputs, name)
    network = Source(name, data, {}).network()
    assert network is not None  # an exported program is a model
    return network._replace(name=name, file="")


def _exported(torch: Any, module: Any, inputs: tuple[Any, ...], name: str) -> bytes:
    """The bytes of a `.pt2` file; raises DscalcError with what torch says."""
    file = io.BytesIO()
    try:
        with torch.no_grad(), _in_eval_mode(_on_cpu(torch, module)) as ready:
            given = tuple(_on_cpu(torch, one) for one in inputs)
            torch.export.save(torch.export.export(ready, given), file)
    except Exception as error:  # whatever the module's own code and torch raise
        said = f"{type(error).__name__}: {error}"[:LONGEST]
        raise DscalcError(f"torch.export cannot export {name}: {said}") from error
    return file.getvalue()


def _on_cpu(torch: Any, given: Any) -> Any:
    """A module or tensor itself where it is on the CPU, else a copy that is."""
    if isinstance(given, torch.Tensor):
        return given.cpu()
    if not isinstance(given, torch.nn.Module):
        return given
    held = (*given.parameters(), *given.buffers())
    return given if all(one.device.type == "cpu" for one in held) else deepcopy(given).cpu()


@contextmanager
def _in_eval_mode(module: Any) -> Iterator[Any]:
    """The module in eval mode; each of its parts is in its own mode again afterwards."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield module
    finally:
        for part, training in modes:
            part.training = training
