"""Network → Network: scaled by α and ρ, with standard or separable convolutions; they compose."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

from dscalc.errors import DscalcError
from dscalc.law.convolutions import SHARED, WINDOW, Conv, Depthwise, Pointwise
from dscalc.law.fields import LARGEST, Padding
from dscalc.law.layer import INPUT, Layer, Node, Shape
from dscalc.law.network import Network, locate


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
    """The network with the standard convolution that each separable one replaces.

    A depthwise convolution that only a pointwise one takes becomes one standard convolution with
    it, under the pointwise one's name; so does the pair inside an inverted residual.
    """
    pairs = _depthwise_pairs(network)
    partners = {depthwise.name for depthwise in pairs.values()}
    nodes = []
    for node in network.nodes:
        if node.name in pairs:
            depthwise = pairs[node.name]
            layer = _standard_of_pair(depthwise.layer, node.layer)
            nodes.append(node._replace(layer=layer, inputs=depthwise.inputs))
        elif node.name not in partners:
            nodes.append(node)
    return _map_layers(network._replace(nodes=tuple(nodes)), lambda layer: layer.as_standard())


def to_separable(network: Network, *, stem: bool = False) -> Network:
    """The network with a separable convolution for each standard one wider than 1×1.

    The stem, which reads the network's input, stays standard unless `stem`: its few channels
    leave nothing to save. Group and transposed convolutions stay as they are.
    """
    kept = set() if stem else {node.name for node in network.nodes if INPUT in node.inputs}
    changed = [
        node if node.name in kept else node._replace(layer=node.layer.as_separable())
        for node in network.nodes
    ]
    return network._replace(nodes=tuple(changed))


def _standard_of_pair(depthwise: Layer, pointwise: Layer) -> Conv:
    window = {key: getattr(depthwise, key) for key in WINDOW}
    own = {key: getattr(pointwise, key) for key in (*SHARED, "less") if key not in WINDOW}
    return Conv(**window, **own)


def _depthwise_pairs(network: Network) -> dict[str, Node]:
    """The depthwise node before each pointwise one that is the only one to take its output."""
    taken = Counter(name for node in network.nodes for name in node.inputs)
    depthwise = {node.name: node for node in network.nodes if isinstance(node.layer, Depthwise)}
    return {
        node.name: depthwise[node.inputs[0]]
        for node in network.nodes
        if node.inputs[0] in depthwise and taken[node.inputs[0]] == 1 and _is_pointwise(node.layer)
    }


def _is_pointwise(layer: Layer) -> bool:
    """Whether a layer mixes channels at every position and does nothing else."""
    if isinstance(layer, Conv) and not (layer.is_pointwise and _all(layer.padding, 0)):
        return False
    return isinstance(layer, Conv | Pointwise) and layer.g == 1 and _all(layer.stride, 1)


def _all(sizes: Padding, value: int) -> bool:
    """Whether every axis has this number; around a single position `same` and `valid` pad by 0."""
    if isinstance(sizes, tuple):
        return set(sizes) == {value}
    return sizes == value or isinstance(sizes, str)


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

    return network._replace(nodes=tuple(map(changed_node, network.nodes)))


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
    return widened._replace(alpha=network.alpha * alpha)


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
            f"resolution {'×'.join(map(str, sides[: 1 if isinstance(resolution, int) else None]))} "
            f"does not say the sides of {network.input}; say each, as in 160x128"
        )
    if any(not isinstance(side, int) for side in sides):
        raise DscalcError(f"a resolution is whole numbers, not {resolution}")
    if min(sides) < 1:
        raise DscalcError(f"the resolution must be at least 1, not {min(sides)}")
    return _with_sides(network, sides, network.rho * sides[0] / before[0])


def _with_sides(network: Network, sides: tuple[int, ...], rho: float) -> Network:
    if max(sides) > LARGEST:
        raise DscalcError(f"a side of {max(sides)} is over {LARGEST:,}")
    return network._replace(input=Shape(sides, network.input.channels), rho=rho)
