"""Single layers of a model file → the blocks that they are together, where these cost the same.

A file has a block as its layers, and α of a block is not that of its layers: the channels in the
middle follow from what comes in, those of a squeeze from what is squeezed. A fold is taken only if
the block makes the same map for the same cost, part by part of the cost.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from dscalc.errors import DscalcError
from dscalc.law.blocks import InvertedResidual, SqueezeExcite
from dscalc.law.convolutions import (
    WINDOW,
    Conv,
    Depthwise,
    Linear,
    Pointwise,
    Separable,
)
from dscalc.law.fields import Padding
from dscalc.law.layer import Cost, Layer, Node, add_costs
from dscalc.law.network import Network, measure
from dscalc.law.rows import measured
from dscalc.law.weightless import Add, GlobalPool, Multiply, Pad

SEPARATOR = re.compile(r"[/_.-]")  # ends a scope of a name
BOUNDARY = re.compile(r"^(.+)[/_.-]")
EIGHT = 8  # what squeezed channels are rounded to (Howard et al. 2019)
GATES = ("sigmoid", "hard_sigmoid")  # what ends a squeeze-and-excitation, as one operator
USUAL_SE = 4  # the reduction of squeeze-and-excitation in mobile networks


class Fold(NamedTuple):
    """Layers in their order, the last of which gives what the block gives, and the block."""

    parts: tuple[Node, ...]
    layer: Layer
    source: str


def folded(network: Network, activated: frozenset[str]) -> Network:
    """The network with blocks in the place of layers, costing the same.

    `activated` are the layers behind which an activation stands: a pointwise convolution that has
    none after a depthwise one ends an inverted residual, else it is half of a separable one.
    """
    nodes = [node for node in network.nodes if isinstance(node, Node)]
    view = View(nodes, network, activated)
    for rule in (_padded, _squeezed, _inverted, _separable):
        view.fold(rule)
    return network._replace(nodes=tuple(view.nodes))


class View:
    """The layers as they are folded so far, with the map and the cost of each."""

    def __init__(self, nodes: Sequence[Node], network: Network, activated: frozenset[str]) -> None:
        self.activated = activated
        self.shapes = dict(network.inputs)
        self.costs: dict[str, Cost] = {}
        for row in measure(network).rows:
            self.shapes[row.name], self.costs[row.name] = row.output, row.cost
        self.sharing = {one for n in nodes if n.shared for one in (n.name, n.shared)}
        self._take(nodes)
        self.written_hidden = self._writes_hidden()

    def _take(self, nodes: Sequence[Node]) -> None:
        self.nodes = list(nodes)
        self.by_name = {node.name: node for node in nodes}
        self.scopes = Counter(
            name[: end.end()] for name in self.by_name for end in SEPARATOR.finditer(name)
        )
        self.users: dict[str, list[Node]] = {}
        for node in nodes:
            for name in dict.fromkeys(node.inputs):
                self.users.setdefault(name, []).append(node)

    def fold(self, rule: Callable[[View, Node], Fold | None]) -> None:
        """Every fold of one rule, first come first served."""
        ends: dict[str, Fold] = {}
        gone: set[str] = set()
        for node in self.nodes:
            found = rule(self, node)
            names = {part.name for part in found.parts} if found else set()
            if found and not names & gone and not names & self.sharing and self.keeps(found):
                gone |= names
                ends[found.parts[-1].name] = found
        renamed: dict[str, str] = {}
        kept: list[Node] = []
        for node in self.nodes:
            inputs = tuple(renamed.get(name, name) for name in node.inputs)
            if node.name in ends:
                kept.append(self._block(ends[node.name], renamed))
            elif node.name not in gone:
                kept.append(node._replace(inputs=inputs))
        self._take(kept)

    def _block(self, fold: Fold, renamed: dict[str, str]) -> Node:
        last = fold.parts[-1].name
        name = self._name(fold)
        if name != last:
            renamed[last] = name
        self.shapes[name] = self.shapes[last]
        self.costs[name] = add_costs([self.costs[part.name] for part in fold.parts])
        return Node(name, fold.layer, (renamed.get(fold.source, fold.source),))

    def _name(self, fold: Fold) -> str:
        """What the names of the parts have in common, if no other layer has that; else the last."""
        parts = {part.name for part in fold.parts}
        weighted = [part.name for part in fold.parts if any(self.costs[part.name])]
        first, last = min(weighted), max(weighted)
        alike = next(
            (i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first)
        )
        stem = BOUNDARY.match(first[: alike + 1] if alike == len(first) else first[:alike])
        name = stem[1] if stem else ""
        if len(parts) == 1 or not name or name in self.shapes:
            return fold.parts[-1].name
        begins = stem[0] if stem else ""
        inside = sum(part.startswith(begins) for part in parts)
        return fold.parts[-1].name if self.scopes[begins] > inside else name

    def keeps(self, fold: Fold) -> bool:
        """Whether the block makes the same map as its parts, for the same cost."""
        try:
            found = measured(fold.layer, (self.shapes[fold.source],))
        except DscalcError:
            return False
        cost = add_costs([self.costs[part.name] for part in fold.parts])
        return (found.output, found.cost) == (self.shapes[fold.parts[-1].name], cost)

    # ------------------------------------------------------------ neighbours

    def only_user(self, node: Node) -> Node | None:
        """The one layer that takes what a layer makes, if there is one."""
        users = self.users.get(node.name, [])
        return users[0] if len(users) == 1 else None

    def before(self, node: Node) -> Node | None:
        """The layer of which this one alone takes the map, if it takes nothing else."""
        maker = self.by_name.get(node.inputs[0]) if len(node.inputs) == 1 else None
        return maker if maker is not None and self.only_user(maker) is node else None

    def channels(self, name: str) -> int:
        return self.shapes[name].channels

    def _writes_hidden(self) -> bool:
        """Whether a depthwise convolution stands on channels that are no whole multiple of those
        in front of their expansion, so that the network must have written them."""
        for node in self.nodes:
            wide = self.before(node) if isinstance(node.layer, Depthwise) else None
            if wide is not None and isinstance(wide.layer, Pointwise):
                hidden, own = self.channels(wide.name), self.channels(wide.inputs[0])
                if hidden > own and hidden % own:
                    return True
        return False


# ---------------------------------------------------------------- padding


def _padded(view: View, node: Node) -> Fold | None:
    """Positions put around a map that only a convolution takes are the convolution's padding."""
    layer, pad = node.layer, view.before(node)
    if pad is None or not isinstance(pad.layer, Pad) or not isinstance(layer, Conv | Depthwise):
        return None
    put, own = vars(pad.layer)["sides"], _pairs(layer.padding, len(view.shapes[pad.name].sides))
    around = _pairs(put, len(view.shapes[pad.name].sides))
    if own is None or around is None or vars(pad.layer)["channels"]:
        return None
    pairs = tuple((a + c, b + d) for (a, b), (c, d) in zip(around, own, strict=True))
    if min(min(pair) for pair in pairs) < 0:
        return None
    return Fold((pad, node), layer.replaced(padding=pairs), pad.inputs[0])


def _pairs(padding: Padding, axes: int) -> tuple[tuple[int, int], ...] | None:
    """Numbers before and behind on each axis; None where a word says them."""
    if isinstance(padding, str):
        return ((0, 0),) * axes if padding == "valid" else None
    each = padding if isinstance(padding, tuple) else (padding,) * axes
    return tuple((one, one) if isinstance(one, int) else (one[0], one[1]) for one in each)


# ---------------------------------------------------------------- blocks


def _squeezed(view: View, node: Node) -> Fold | None:
    """Squeeze-and-excitation, by the product at its end."""
    if not isinstance(node.layer, Multiply) or len(node.inputs) != 2:
        return None
    for source, gate in (node.inputs, node.inputs[::-1]):
        wide = view.by_name.get(gate)
        narrow = view.before(wide) if wide is not None and view.only_user(wide) is node else None
        pool = view.before(narrow) if narrow is not None else None
        if wide is None or narrow is None or pool is None or pool.inputs != (source,):
            continue
        gates = vars(wide.layer).get("activation") in GATES
        if isinstance(pool.layer, GlobalPool) and gates and _mixes(wide) and _mixes(narrow):
            n, bias = view.channels(narrow.name), bool(vars(narrow.layer)["bias"])
            wide_enough = view.channels(source) % n == 0
            rule: dict[str, Any] = (
                {"reduction": view.channels(source) // n} if wide_enough else {"n": n}
            )
            layer = SqueezeExcite(**rule, bias=bias, activation=vars(narrow.layer)["activation"])
            return Fold((pool, narrow, wide, node), layer, source)
    return None


def _inverted(view: View, node: Node) -> Fold | None:
    """Expand, depthwise, gate, project without an activation, and the sum with what came in."""
    if not _mixes(node) or not isinstance(node.layer, Pointwise) or node.name in view.activated:
        return None
    gate = view.before(node)
    se = gate if gate is not None and isinstance(gate.layer, SqueezeExcite) else None
    depthwise = view.before(se) if se is not None else gate
    if depthwise is None or not isinstance(depthwise.layer, Depthwise):
        return None
    expand = view.before(depthwise)
    if expand is not None and not (_mixes(expand) and isinstance(expand.layer, Pointwise)):
        expand = None
    source = (expand or depthwise).inputs[0]
    add = view.only_user(node)
    adds = add is not None and isinstance(add.layer, Add) and set(add.inputs) == {source, node.name}
    if expand is None and se is None and not adds:
        return None
    if add is not None and not adds:
        add = None
    parts = tuple(part for part in (expand, depthwise, se, node, add) if part is not None)
    for layer in _blocks(view, depthwise, expand, se, node, add):
        fold = Fold(parts, layer, source)
        if view.keeps(fold):
            return fold
    return None


def _blocks(
    view: View,
    depthwise: Node,
    expand: Node | None,
    se: Node | None,
    project: Node,
    add: Node | None,
) -> Iterator[Layer]:
    """The inverted residuals that it may be."""
    filters, last = depthwise.layer, project.layer
    first = expand.layer if expand is not None else last
    assert isinstance(filters, Depthwise)
    assert isinstance(first, Pointwise)
    assert isinstance(last, Pointwise)
    same = {(layer.bias, layer.norm) for layer in (first, filters, last)}
    within = {layer.activation for layer in (first, filters) if layer is not last}
    if last.activation or len(within) > 1:
        return
    if len(same) > 1 or first.scale != last.scale or filters.multiplier != 1:
        return
    hidden, own = view.channels(depthwise.inputs[0]), view.channels((expand or depthwise).inputs[0])
    if expand is not None and hidden == own:
        return  # the law has no expansion there
    follows = hidden % own == 0 and not (expand is not None and view.written_hidden)
    middle: dict[str, Any] = {"expand": hidden // own} if follows else {"hidden": hidden}
    window = {key: getattr(filters, key) for key in WINDOW}
    residual: dict[str, Any] = {} if add is not None or view.shapes[project.name] != view.shapes[
        (expand or depthwise).inputs[0]] else {"residual": False}  # fmt: skip
    for gate in _gates(se, hidden, own):
        yield InvertedResidual(
            last.n, **middle, **window, bias=last.bias, norm=last.norm, scale=last.scale,
            activation=filters.activation, **residual, **gate,
        )  # fmt: skip


def _gates(se: Node | None, hidden: int, own: int) -> Iterator[dict[str, Any]]:
    """How the squeezed channels may follow: from the hidden ones, or from those that come in."""
    if se is None:
        yield {}
        return
    assert isinstance(se.layer, SqueezeExcite)
    squeezed, between = se.layer.n or int(hidden / se.layer.reduction), se.layer.activation
    yield {"se": USUAL_SE, "se_activation": between}
    yield {"se": USUAL_SE, "se_activation": between, "se_of": "input"}
    yield {"se": USUAL_SE, "se_activation": between, "multiple_of": EIGHT}
    if hidden % squeezed == 0:
        yield {"se": hidden // squeezed, "se_activation": between}


def _separable(view: View, node: Node) -> Fold | None:
    """A depthwise convolution that only a pointwise one takes."""
    layer, depthwise = node.layer, view.before(node)
    if depthwise is None or not isinstance(layer, Pointwise) or not _mixes(node):
        return None
    filters = depthwise.layer
    if not isinstance(filters, Depthwise):
        return None
    window = {key: getattr(filters, key) for key in (*WINDOW, "multiplier")}
    rule = {key: getattr(layer, key) for key in ("scale", "at_least", "multiple_of")}
    own: dict[str, Any] = {}
    if filters.norm != layer.norm:
        own["depthwise_norm"] = filters.norm
    if filters.bias != layer.bias:
        own["depthwise_bias"] = filters.bias
    if filters.activation != layer.activation:
        own["depthwise_activation"] = filters.activation or "none"
    block = Separable(
        layer.n, **window, **rule, bias=layer.bias, norm=layer.norm, activation=layer.activation,
        **own,
    )  # fmt: skip
    return Fold((depthwise, node), block, depthwise.inputs[0])


def _mixes(node: Node) -> bool:
    """Whether a layer mixes the channels of every position, and does nothing else."""
    layer = node.layer
    if isinstance(layer, Linear):
        return layer.over == "channels"
    if not isinstance(layer, Pointwise):
        return False
    strides = layer.stride if isinstance(layer.stride, tuple) else (layer.stride,)
    return layer.g == 1 and set(strides) == {1}
