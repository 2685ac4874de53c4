"""Network → Network: scaled by α and ρ, or with standard convolutions; what-ifs compose."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from dscalc.blocks import Separable
from dscalc.errors import DscalcError
from dscalc.layers import LARGEST, Layer, Node, Shape
from dscalc.network import Network, locate


def scale(
    network: Network,
    *,
    alpha: float = 1.0,
    rho: float = 1.0,
    resolution: int | tuple[int, ...] | None = None,
) -> Network:
    """The network at width multiplier `alpha` and resolution multiplier `rho`.

    Channels become α·N by the network's width rule. The input sides become ρ·D_F, to the nearest
    integer (a half to the even one, as Python's `round`), or `resolution` in place of ρ.
    Raises DscalcError where α or ρ leaves no channel or pixel, or the network refuses α.
    Source: Howard et al. 2017, sections 3.3 and 3.4.
    """
    check_multipliers(alpha, rho)
    if alpha != 1.0:
        network = _scale_channels(network, alpha)
    if resolution is not None:
        if rho != 1.0:
            raise DscalcError("ρ and resolution both say the size of the input; give one of them")
        return _at_resolution(network, resolution)
    return network if rho == 1.0 else _scale_sides(network, rho)


def to_standard(network: Network) -> Network:
    """The network with the standard convolution in place of every separable one."""
    return _map_layers(
        network, lambda layer: layer.standard() if isinstance(layer, Separable) else layer
    )


def _map_layers(network: Network, change: Callable[[Layer], Layer]) -> Network:
    """The network with every layer changed; copies of one layer stay copies of one."""
    changed: dict[int, Layer] = {}

    def changed_node(node: Node) -> Node:
        layer = changed.get(id(node.layer))
        if layer is None:
            try:
                layer = changed[id(node.layer)] = change(node.layer)
            except DscalcError as error:
                raise DscalcError(*(locate(p, node) for p in error.problems)) from None
        return node if layer is node.layer else node._replace(layer=layer)

    return replace(network, nodes=tuple(map(changed_node, network.nodes)))


def check_multipliers(alpha: float, rho: float) -> None:
    """Raises DscalcError unless α and ρ are positive numbers."""
    for symbol, value in (("α", alpha), ("ρ", rho)):
        if not (math.isfinite(value) and 0 < value <= LARGEST):
            raise DscalcError(f"{symbol} must be a positive number, not {value}")


def _scale_channels(network: Network, alpha: float) -> Network:
    if network.width.fixed:
        raise DscalcError(f"{network.name} takes no α: {network.width.fixed}")

    def scaled(n: int) -> int:
        return network.width.scaled(n, alpha)

    widened = _map_layers(network, lambda layer: layer.widened(scaled))
    return replace(widened, alpha=network.alpha * alpha)


def _scale_sides(network: Network, rho: float) -> Network:
    sides = tuple(round(side * rho) for side in network.input.sides)
    if 0 in sides:
        raise DscalcError(f"ρ = {rho:g} leaves no pixel of the input {network.input}")
    return _with_sides(network, sides, network.rho * rho)


def _at_resolution(network: Network, resolution: int | tuple[int, ...]) -> Network:
    before = network.input.sides
    sides = resolution if isinstance(resolution, tuple) else (resolution,) * len(before)
    if len(sides) != len(before) or (isinstance(resolution, int) and len(set(before)) > 1):
        raise DscalcError(
            f"resolution {resolution} does not say the {len(before)} sides of {network.input}"
        )
    if min(sides) < 1:
        raise DscalcError(f"the resolution must be at least 1, not {min(sides)}")
    return _with_sides(network, sides, network.rho * sides[0] / before[0])


def _with_sides(network: Network, sides: tuple[int, ...], rho: float) -> Network:
    if max(sides) > LARGEST:
        raise DscalcError(f"a side of {max(sides)} is over {LARGEST:,}")
    return replace(network, input=Shape(sides, network.input.channels), rho=rho)
