"""Exact costs of depthwise separable convolutions and of the networks built of them.

>>> import dscalc
>>> net = dscalc.scale(dscalc.load("mobilenet"), alpha=0.5)
>>> dscalc.measure(net).total.mult_adds
149497088
>>> dscalc.fit(dscalc.load("mobilenet"), {"mult_adds": 150_000_000})[0].point.alpha
0.501

Shapes are channels last, costs are for one example. Everything here is pure, picklable and
needs the standard library only, but for `load`, which reads YAML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from dscalc.blocks import Attention, InvertedResidual, SqueezeExcite
    from dscalc.contrast import contrast_with_standard
    from dscalc.costless import (
        AdaptivePool,
        Add,
        Concat,
        Flatten,
        Gate,
        GlobalPool,
        Part,
        Pool,
        Upsample,
    )
    from dscalc.errors import DscalcError
    from dscalc.explore import Fit, Point, fit, largest, pareto, sweep
    from dscalc.files import load
    from dscalc.kinds import KINDS
    from dscalc.layers import (
        INPUT,
        Conv,
        ConvTranspose,
        Cost,
        Depthwise,
        Layer,
        LayerScale,
        Linear,
        Node,
        Norm,
        Pointwise,
        Separable,
        Shape,
    )
    from dscalc.memory import Memory, Terms, peak_memory
    from dscalc.network import Network, Report, Row, Width, measure
    from dscalc.rewrite import scale, to_separable, to_standard

MODULES = (
    *("errors", "layers", "costless", "blocks", "kinds", "network", "rewrite", "contrast"),
    *("memory", "explore", "files"),
)
"""Where the public names live, looked through in this order when one is first asked for."""

__all__ = [
    "INPUT",
    "KINDS",
    "AdaptivePool",
    "Add",
    "Attention",
    "Concat",
    "Conv",
    "ConvTranspose",
    "Cost",
    "Depthwise",
    "DscalcError",
    "Fit",
    "Flatten",
    "Gate",
    "GlobalPool",
    "InvertedResidual",
    "Layer",
    "LayerScale",
    "Linear",
    "Memory",
    "Network",
    "Node",
    "Norm",
    "Part",
    "Point",
    "Pointwise",
    "Pool",
    "Report",
    "Row",
    "Separable",
    "Shape",
    "SqueezeExcite",
    "Terms",
    "Upsample",
    "Width",
    "__version__",
    "contrast_with_standard",
    "fit",
    "largest",
    "load",
    "measure",
    "pareto",
    "peak_memory",
    "scale",
    "sweep",
    "to_separable",
    "to_standard",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in __all__:
        for module in MODULES:
            found = vars(import_module(f"dscalc.{module}"))
            if name in found:
                return found[name]
    raise AttributeError(f"module 'dscalc' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
