"""What a PyTorch module holds and does, counted in two ways that must agree.

Hooks on convolutions and linear layers multiply a layer's weights by its output positions (a
transposed convolution's by its input positions); a function mode counts what is computed without
such a module: products of two activations, and convolutions of free tensors. The second way is
PyTorch's own FlopCounterMode, which looks at the operators below. Nothing of dscalc is imported.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
NORMS = (
    nn.modules.batchnorm._BatchNorm,
    nn.modules.instancenorm._InstanceNorm,
    nn.LayerNorm,
    nn.GroupNorm,
)
POOLS = {
    f"{kind}Pool{axes}d"
    for kind in ("Max", "Avg", "AdaptiveAvg", "AdaptiveMax")
    for axes in (1, 2, 3)
}
PRODUCTS = {
    torch.matmul,
    torch.bmm,
    torch.mm,
    torch.baddbmm,
    torch.Tensor.matmul,
    torch.Tensor.__matmul__,
    torch.Tensor.bmm,
    torch.Tensor.mm,
}
FREE_CONVOLUTIONS = {functional.conv1d, functional.conv2d, functional.conv3d}
UNKNOWN = {
    functional.conv_transpose1d,
    functional.conv_transpose2d,
    functional.conv_transpose3d,
    functional.bilinear,
    functional.multi_head_attention_forward,
    torch._native_multi_head_attention,
    torch.einsum,
    torch.functional.einsum,
    torch.lstm,
    torch.gru,
}


class Held(NamedTuple):
    """A module's trainable parameters: of convolutions and linear layers, of norms, the rest."""

    weights: int
    biases: int
    norms: int
    other: int


class Line(NamedTuple):
    """One step of a forward pass; shapes are channels last, without the batch.

    Free parameters, which no step of their own takes, follow at the end with their shape as input.
    """

    kind: str
    input: tuple[int, ...]
    output: tuple[int, ...]
    kernel: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    padding: str = ""
    dilation: tuple[int, ...] = ()
    groups: int = 1
    bias: bool = False
    params: int = 0
    mult_adds: int = 0
    name: str = ""


def held(module: nn.Module) -> Held:
    """The parameters of a module by what holds them, shared ones once."""
    sums = {"weights": 0, "biases": 0, "norms": 0, "other": 0}
    seen: set[int] = set()
    for part in module.modules():
        for name, parameter in part.named_parameters(recurse=False):
            if id(parameter) not in seen:
                seen.add(id(parameter))
                sums[_place(part, name)] += parameter.numel()
    if sum(sums.values()) != sum(p.numel() for p in module.parameters()):
        raise ValueError("the parts do not add up to parameters()")
    return Held(**sums)


def _place(part: nn.Module, name: str) -> str:
    if isinstance(part, (*CONVOLUTIONS, *TRANSPOSED, nn.Linear)):
        return {"weight": "weights", "bias": "biases"}.get(name, "other")
    return "norms" if isinstance(part, NORMS) else "other"


def lines(module: nn.Module, run: Callable[[], Any]) -> tuple[list[Line], int]:
    """Every multiplying step of `run`, in order, and FlopCounterMode's figure halved."""
    found: list[Line] = []
    names = {id(part): name for name, part in module.named_modules()}
    inside: list[str] = []
    handles = []
    for part in module.modules():
        handles.append(part.register_forward_pre_hook(_enter(inside, names)))
        handles.append(part.register_forward_hook(_leave(inside, names, found)))
    flops = FlopCounterMode(display=False)
    backends = torch.nn.attention.SDPBackend
    try:
        with (
            torch.no_grad(),
            slow_paths(),
            torch.nn.attention.sdpa_kernel(backends.MATH),
            flops,
            Products(inside, found),
        ):
            run()
    finally:
        for handle in handles:
            handle.remove()
    total = flops.get_total_flops()
    if total % 2:
        raise ValueError("an odd number of operations")
    return [*found, *_free_parameters(module)], total // 2


def _free_parameters(module: nn.Module) -> Iterator[Line]:
    for path, part in module.named_modules():
        for name, parameter in part.named_parameters(recurse=False):
            if _place(part, name) == "other":
                shape = tuple(parameter.shape)
                yield Line("parameters", shape, (), params=parameter.numel(), name=f"{path}.{name}")


@contextmanager
def slow_paths() -> Iterator[None]:
    """Without the fused attention of encoder layers, which no counter sees."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def _enter(inside: list[str], names: dict[int, str]) -> Callable[..., None]:
    def hook(part: nn.Module, _: Any) -> None:
        counted = isinstance(part, (*CONVOLUTIONS, *TRANSPOSED, nn.Linear))
        inside.append("" if counted else names.get(id(part)) or "(top)")

    return hook


def _leave(inside: list[str], names: dict[int, str], found: list[Line]) -> Callable[..., None]:
    def hook(part: Any, inputs: tuple[Any, ...], output: Any) -> None:
        inside.pop()
        name = names.get(id(part), type(part).__name__)
        if isinstance(part, (*CONVOLUTIONS, *TRANSPOSED)):
            found.append(_convolution(part, inputs[0], output, name))
        elif isinstance(part, nn.Linear):
            found.append(_linear(part, inputs[0], output, name))
        elif isinstance(part, NORMS) or type(part).__name__ in POOLS:
            params = sum(p.numel() for p in part.parameters())
            found.append(
                Line(
                    type(part).__name__,
                    tuple(inputs[0].shape[1:]),
                    tuple(output.shape[1:]),
                    params=params,
                    name=name,
                )
            )

    return hook


def _convolution(part: Any, x: torch.Tensor, y: torch.Tensor, name: str) -> Line:
    transposed = isinstance(part, TRANSPOSED)
    positions = math.prod((x if transposed else y).shape[2:])
    if part.groups == 1:
        kind = "pointwise" if set(part.kernel_size) == {1} else "conv"
    else:
        kind = "depthwise" if part.groups == part.in_channels else "group"
    return Line(
        "conv_transpose" if transposed else kind,
        _channels_last(x),
        _channels_last(y),
        kernel=tuple(part.kernel_size),
        stride=tuple(part.stride),
        padding=part.padding if isinstance(part.padding, str) else "x".join(map(str, part.padding)),
        dilation=tuple(part.dilation),
        groups=part.groups,
        bias=part.bias is not None,
        params=sum(p.numel() for p in part.parameters(recurse=False)),
        mult_adds=part.weight.numel() * positions * x.shape[0],
        name=name,
    )


def _linear(part: nn.Linear, x: torch.Tensor, y: torch.Tensor, name: str) -> Line:
    return Line(
        "linear",
        tuple(x.shape[1:]),
        tuple(y.shape[1:]),
        bias=part.bias is not None,
        params=sum(p.numel() for p in part.parameters(recurse=False)),
        mult_adds=part.weight.numel() * x.shape[:-1].numel(),
        name=name,
    )


def _channels_last(x: torch.Tensor) -> tuple[int, ...]:
    return (*x.shape[2:], x.shape[1])


class Products(TorchFunctionMode):
    """Counts what multiplies outside of the modules that hooks count."""

    def __init__(self, inside: list[str], found: list[Line]) -> None:
        super().__init__()
        self.inside = inside
        self.found = found

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        name = self.inside[-1] if self.inside else "(top)"
        if name and func in UNKNOWN:
            raise NotImplementedError(f"{func.__name__} in {name}")
        if name and func in PRODUCTS:
            left, right = args[1:3] if func is torch.baddbmm else args[:2]
            # Keras multiplies with its parameters by hand.
            kind = "free_linear" if isinstance(right, nn.Parameter) else "matmul"
            self._add(kind, left, right, result, result.numel() * left.shape[-1], name)
        elif name and func is functional.scaled_dot_product_attention:
            query, key, value = args[:3]
            pairs = query.shape[:-1].numel() * key.shape[-2]
            cost = pairs * (query.shape[-1] + value.shape[-1])
            self._add("attention", query, key, result, cost, name)
        elif name and func is functional.linear:
            x, weight = args[:2]
            cost = weight.numel() * x.shape[:-1].numel()
            self._add("free_linear", x, weight, result, cost, name)
        elif name and func in FREE_CONVOLUTIONS:
            x, weight = args[:2]
            cost = weight.numel() * result.shape[2:].numel() * x.shape[0]
            self._add("free_conv", x, weight, result, cost, name)
        return result

    def _add(self, kind: str, x: Any, y: Any, result: Any, cost: int, name: str) -> None:
        self.found.append(
            Line(
                kind,
                tuple(x.shape),
                tuple(result.shape),
                kernel=tuple(y.shape),
                mult_adds=cost,
                name=name,
            )
        )
