"""Network → Network: scaled by α, ρ and depth, asked for other convolutions; they compose.

Nothing is computed here: the walk rounds once, and converts what it has laid out. A network out
of a model file is read again at other sides, since not all that it holds follows from them by law.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from dscalc.errors import DscalcError, Problem, nearest
from dscalc.law.fields import LARGEST, written
from dscalc.law.items import Given
from dscalc.law.layer import Shape
from dscalc.law.network import Network


def scale(
    network: Network,
    *,
    alpha: float = 1.0,
    rho: float = 1.0,
    resolution: int | tuple[int, ...] | None = None,
    depth: float = 1.0,
) -> Network:
    """The network at width multiplier `alpha`, resolution multiplier `rho`, depth multiplier.

    Channels become α·N by the network's width rule, copies depth · repeat by its depth rule. The
    input sides become ρ·D_F, to the nearest integer (a half to the even one, as Python's `round`),
    or `resolution` in place of ρ. Multipliers given one after the other multiply, and round once.
    Raises DscalcError where a multiplier is no positive number, ρ leaves no pixel, or the network
    refuses α or depth. Source: Howard et al. 2017, sections 3.3 and 3.4; depth: Tan & Le 2019.
    """
    check_multipliers(alpha, rho, depth)
    if alpha != 1.0:
        if network.width.fixed:
            raise DscalcError(f"{network.name} takes no α: {network.width.fixed}")
        network = network._replace(alpha=network.alpha * alpha)
    if depth != 1.0:
        if network.depth_rule is None:
            message = f"{network.name} takes no depth: its file has no rule for it (depth: …)"
            raise DscalcError(message)
        network = network._replace(depth=network.depth * depth)
    if resolution is not None:
        if rho != 1.0:
            raise DscalcError("ρ and resolution both say the size of the input; give one of them")
        return _at_resolution(network, resolution)
    return network if rho == 1.0 else _scale_sides(network, rho)


def to_standard(network: Network) -> Network:
    """The network with the standard convolution that each separable one replaces.

    A depthwise convolution that only a pointwise one takes becomes one standard convolution with
    it, under the pointwise one's name; so does the pair inside an inverted residual.
    """
    return network._replace(conversions=(*network.conversions, "standard"))


def to_separable(network: Network, *, stem: bool = False) -> Network:
    """The network with a separable convolution for each standard one wider than 1×1.

    The stem, which reads the network's input, stays standard unless `stem`: its few channels
    leave nothing to save. Group and transposed convolutions stay as they are.
    """
    conversion = "separable with its stem" if stem else "separable"
    return network._replace(conversions=(*network.conversions, conversion))


def with_parameters(network: Network, values: Mapping[str, Given]) -> Network:
    """The network with other values for parameters of its file, such as {"classes": 2}.

    Raises DscalcError for a parameter that the file does not have, or a value of another type.
    """
    for name, value in values.items():
        if name not in network.parameters:
            known = f"; it has {', '.join(network.parameters)}" if network.parameters else ""
            hint = nearest(name, network.parameters) or known or "; its file has none"
            raise DscalcError(f"{network.name} has no parameter '{name}'{hint}")
        before = network.parameters[name]
        if _sort(before) != _sort(value):
            message = f"must be {_sort(before)} as {written(before)} is, not {written(value)}"
            raise DscalcError(Problem(f"{name} {message}", name))
    return network._replace(parameters={**network.parameters, **values})


def _sort(value: Given) -> str:
    if isinstance(value, bool):
        return "true or false"
    return "a word" if isinstance(value, str) else "a number"


def check_multipliers(alpha: float, rho: float, depth: float = 1.0) -> None:
    """Raises DscalcError unless the multipliers are positive numbers."""
    for symbol, value in (("α", alpha), ("ρ", rho), ("depth", depth)):
        if not (math.isfinite(value) and 0 < value <= LARGEST):
            raise DscalcError(f"{symbol} must be a positive number, not {value}")


def _scale_sides(network: Network, rho: float) -> Network:
    shapes = {}
    for name, shape in network.inputs.items():
        sides = tuple(round(side * rho) for side in shape.sides)
        if 0 in sides:
            raise DscalcError(f"ρ = {rho:g} leaves no pixel of the input {shape}")
        shapes[name] = sides
    return _with_sides(network, shapes, network.rho * rho)


def _at_resolution(network: Network, resolution: int | tuple[int, ...]) -> Network:
    """Every input at the sides given; several inputs must have the same ones."""
    if len({shape.sides for shape in network.inputs.values()}) > 1:
        raise DscalcError(f"the inputs of {network.name} differ in their sides; scale them by ρ")
    shape = next(iter(network.inputs.values()))
    before = shape.sides
    sides = resolution if isinstance(resolution, tuple) else (resolution,) * len(before)
    if len(sides) != len(before) or (isinstance(resolution, int) and len(set(before)) > 1):
        raise DscalcError(
            f"resolution {'×'.join(map(str, sides[: 1 if isinstance(resolution, int) else None]))} "
            f"does not say the sides of {shape}; say each, as in 160x128"
        )
    if any(not isinstance(side, int) for side in sides):
        raise DscalcError(f"a resolution is whole numbers, not {resolution}")
    if min(sides) < 1:
        raise DscalcError(f"the resolution must be at least 1, not {min(sides)}")
    return _with_sides(
        network, dict.fromkeys(network.inputs, sides), network.rho * sides[0] / before[0]
    )


def _with_sides(network: Network, sides: Mapping[str, tuple[int, ...]], rho: float) -> Network:
    for of_one in sides.values():
        if max(of_one) > LARGEST:
            raise DscalcError(f"a side of {max(of_one)} is over {LARGEST:,}")
    if network.again is not None:
        read = network.again(sides)
        return network._replace(
            input=read.input,
            named_inputs=read.named_inputs,
            nodes=read.nodes,
            notes=read.notes,
            again=read.again,
            lives=read.lives,
            unplanned=read.unplanned,
            rho=rho,
        )
    shapes = {name: Shape(sides[name], shape.channels) for name, shape in network.inputs.items()}
    named = shapes if network.named_inputs else {}
    return network._replace(input=next(iter(shapes.values())), named_inputs=named, rho=rho)
