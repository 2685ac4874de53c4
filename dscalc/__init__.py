"""Exact costs of depthwise separable convolutions and of the networks built of them.

>>> import dscalc
>>> net = dscalc.scale(dscalc.load("mobilenet"), alpha=0.5)
>>> dscalc.measure(net).total.mult_adds
149497088
>>> dscalc.fit(dscalc.load("mobilenet"), {"mult_adds": 150_000_000})[0].point.alpha
0.501

Shapes are channels last, costs are for one example. Everything here is pure, picklable and
needs the standard library only, but for `load`, which reads YAML and model files, and `from_torch`.
"""

from __future__ import annotations

__version__ = "0.2.0"

TYPE_CHECKING = False  # typing's own would take half of the time that this module takes

if TYPE_CHECKING:
    from dscalc.analysis.fit import Fit, fit
    from dscalc.analysis.folding import folded
    from dscalc.analysis.memory import Memory, peak_memory
    from dscalc.analysis.planned import MemoryMap, memory_map
    from dscalc.analysis.series import largest, pareto
    from dscalc.analysis.sweep import Point, sweep
    from dscalc.analysis.terms import Terms
    from dscalc.analysis.what_if import contrast_with_standard
    from dscalc.errors import DscalcError
    from dscalc.language.writer import network_text
    from dscalc.law.attention import Attention, MatMul
    from dscalc.law.blocks import InvertedResidual, SqueezeExcite
    from dscalc.law.convolutions import (
        Conv,
        ConvTranspose,
        Depthwise,
        Linear,
        Norm,
        Pointwise,
        Separable,
    )
    from dscalc.law.kinds import KINDS
    from dscalc.law.layer import INPUT, Cost, Layer, Node, Shape
    from dscalc.law.network import Network, Report, measure
    from dscalc.law.recurrent import Gru, Lstm
    from dscalc.law.rewrite import scale, to_separable, to_standard, with_parameters
    from dscalc.law.rows import Row
    from dscalc.law.stored import (
        ClassToken,
        Embedding,
        LayerScale,
        Opaque,
        Parameters,
        PositionEmbedding,
    )
    from dscalc.law.weightless import (
        Activation,
        AdaptivePool,
        Add,
        Concat,
        Flatten,
        GlobalPool,
        Multiply,
        Pad,
        PixelShuffle,
        Pool,
        Shuffle,
        Slice,
        SpaceToDepth,
        Tokens,
        Upsample,
    )
    from dscalc.law.width import Depth, Width
    from dscalc.models.from_torch import from_torch
    from dscalc.models.source import load

PUBLIC = {
    "law.layer": "INPUT Cost Layer Node Shape",
    "law.convolutions": "Conv ConvTranspose Depthwise Linear Norm Pointwise Separable",
    "law.blocks": "InvertedResidual SqueezeExcite",
    "law.attention": "Attention MatMul",
    "law.recurrent": "Gru Lstm",
    "law.stored": "ClassToken Embedding LayerScale Opaque Parameters PositionEmbedding",
    "law.weightless": (
        "Activation AdaptivePool Add Concat Flatten GlobalPool Multiply Pad PixelShuffle Pool "
        "Shuffle Slice SpaceToDepth Tokens Upsample"
    ),
    "law.kinds": "KINDS",
    "law.network": "Network Report measure",
    "law.rows": "Row",
    "law.width": "Depth Width",
    "law.rewrite": "scale to_separable to_standard with_parameters",
    "errors": "DscalcError",
    "analysis.what_if": "contrast_with_standard",
    "analysis.folding": "folded",
    "analysis.memory": "Memory peak_memory",
    "analysis.planned": "MemoryMap memory_map",
    "analysis.terms": "Terms",
    "analysis.series": "largest pareto",
    "analysis.sweep": "Point sweep",
    "analysis.fit": "Fit fit",
    "language.writer": "network_text",
    "models.source": "load",
    "models.from_torch": "from_torch",
}
"""Where the public names live; a module is read when one of its names is first asked for."""

__all__ = [
    "INPUT",
    "KINDS",
    "Activation",
    "AdaptivePool",
    "Add",
    "Attention",
    "ClassToken",
    "Concat",
    "Conv",
    "ConvTranspose",
    "Cost",
    "Depth",
    "Depthwise",
    "DscalcError",
    "Embedding",
    "Fit",
    "Flatten",
    "GlobalPool",
    "Gru",
    "InvertedResidual",
    "Layer",
    "LayerScale",
    "Linear",
    "Lstm",
    "MatMul",
    "Memory",
    "MemoryMap",
    "Multiply",
    "Network",
    "Node",
    "Norm",
    "Opaque",
    "Pad",
    "Parameters",
    "PixelShuffle",
    "Point",
    "Pointwise",
    "Pool",
    "PositionEmbedding",
    "Report",
    "Row",
    "Separable",
    "Shape",
    "Shuffle",
    "Slice",
    "SpaceToDepth",
    "SqueezeExcite",
    "Terms",
    "Tokens",
    "Upsample",
    "Width",
    "__version__",
    "contrast_with_standard",
    "fit",
    "folded",
    "from_torch",
    "largest",
    "load",
    "measure",
    "memory_map",
    "network_text",
    "pareto",
    "peak_memory",
    "scale",
    "sweep",
    "to_separable",
    "to_standard",
    "with_parameters",
]


def __getattr__(name: str) -> object:
    from importlib import import_module

    for module, names in PUBLIC.items():
        if name in names.split():
            value = getattr(import_module(f"dscalc.{module}"), name)
            globals()[name] = value  # the next time it is simply there
            return value
    raise AttributeError(f"module 'dscalc' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
