"""Exact costs of depthwise separable convolutions and of the networks built of them.

>>> import dscalc
>>> net = dscalc.scale(dscalc.load("mobilenet"), alpha=0.5)
>>> dscalc.measure(net).total.mult_adds
149497088

Shapes are channels last, costs are for one example. Everything here is pure, picklable and
needs the standard library only, but for `load`, which reads YAML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from dscalc.blocks import KINDS, Separable
    from dscalc.contrast import contrast_with_standard
    from dscalc.errors import DscalcError
    from dscalc.files import load
    from dscalc.layers import (
        INPUT,
        Conv,
        Cost,
        Depthwise,
        Flatten,
        GlobalPool,
        Linear,
        Node,
        Norm,
        Pointwise,
        Pool,
        Shape,
    )
    from dscalc.network import Network, Report, Row, Width, measure
    from dscalc.rewrite import scale, to_standard

HOMES = {
    "blocks": ("KINDS", "Separable"),
    "contrast": ("contrast_with_standard",),
    "errors": ("DscalcError",),
    "files": ("load",),
    "layers": (
        *("INPUT", "Conv", "Cost", "Depthwise", "Flatten", "GlobalPool", "Linear", "Node"),
        *("Norm", "Pointwise", "Pool", "Shape"),
    ),
    "network": ("Network", "Report", "Row", "Width", "measure"),
    "rewrite": ("scale", "to_standard"),
}
"""The module of each public name; it is loaded when the name is first asked for."""

__all__ = [  # noqa: PLE0604
    "__version__",
    *(name for names in HOMES.values() for name in names),
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    for module, names in HOMES.items():
        if name in names:
            return getattr(import_module(f"dscalc.{module}"), name)
    raise AttributeError(f"module 'dscalc' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
