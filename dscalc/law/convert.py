"""Other convolutions in the place of a network's own: rows → layers with which they are replaced.

They read layers of whole numbers, so that it does not matter in which order a network is scaled
and converted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from operator import methodcaller

from dscalc.law.convolutions import SHARED, WINDOW, Conv, Depthwise, Pointwise
from dscalc.law.fields import Padding
from dscalc.law.layer import Composite, Layer, Node
from dscalc.law.rows import Row


def standard_nodes(rows: Sequence[Row], going: Collection[str] = ()) -> tuple[Node, ...]:
    """The layers with the standard convolution that each separable one replaces.

    A depthwise convolution that only a pointwise one takes becomes one standard convolution with
    it, of the pointwise one's groups and under its name; so does the pair inside an inverted
    residual. The maps that are `going` out of the list stay.
    """
    pairs = _depthwise_pairs(rows, going)
    partners = {depthwise.name for depthwise in pairs.values()}
    within = _taken_within(rows, going)
    nodes = []
    for row in rows:
        if row.name in pairs:
            depthwise = pairs[row.name]
            layer: Layer = _standard_of_pair(depthwise.layer, row.layer)
            shared = row.shared if depthwise.shared else ""
            nodes.append(row.node._replace(layer=layer, inputs=depthwise.inputs, shared=shared))
        elif row.name not in partners:
            change = methodcaller("as_standard")
            layer = _inside(row, standard_nodes, change, within.get(row.name, ()))
            nodes.append(row.node._replace(layer=layer))
    return tuple(nodes)


def separable_nodes(
    rows: Sequence[Row],
    going: Collection[str] = (),
    stem: bool = False,
    outermost: bool = True,
) -> tuple[Node, ...]:
    """The layers with a separable convolution for each standard one wider than 1×1.

    The stem, which reads the network's input, stays standard unless `stem`: its few channels
    leave nothing to save. Group and transposed convolutions stay as they are.
    """
    names = {row.name for row in rows}
    within = _taken_within(rows, going)
    inner = partial(separable_nodes, stem=stem, outermost=False)
    nodes = []
    for row in rows:
        first = outermost and not stem and not any(_owner(name, names) for name in row.inputs)
        taken = within.get(row.name, ())
        layer = row.layer if first else _inside(row, inner, methodcaller("as_separable"), taken)
        nodes.append(row.node._replace(layer=layer))
    return tuple(nodes)


CONVERSIONS: Mapping[str, Callable[[Sequence[Row], Collection[str]], tuple[Node, ...]]] = {
    "standard": standard_nodes,
    "separable": separable_nodes,
    "separable with its stem": partial(separable_nodes, stem=True),
}
"""What a network can be asked to become."""


def _owner(name: str, names: set[str]) -> bool:
    """Whether a map is made by one of these layers, or inside one."""
    return name in names or any(name.startswith(f"{own}.") for own in names)


def _taken_within(rows: Sequence[Row], going: Collection[str]) -> dict[str, list[str]]:
    """The parts that are taken from outside, by the layer that they are parts of."""
    found: dict[str, list[str]] = {}
    for name in {*going, *(name for row in rows for name in row.inputs)}:
        end = name.find(".")
        while end > 0:
            found.setdefault(name[:end], []).append(name[end + 1 :])
            end = name.find(".", end + 1)
    return found


def _inside(
    row: Row,
    nodes: Callable[[Sequence[Row], Collection[str]], tuple[Node, ...]],
    change: Callable[[Layer], Layer],
    taken: Collection[str],
) -> Layer:
    """A layer changed, or a block that a file defines with its layers changed.

    A layer of which a part is taken stays as it is.
    """
    if not isinstance(row.layer, Composite):
        return row.layer if taken else change(row.layer)
    changed = nodes(row.parts, (*row.layer.outputs, *taken))
    return row.layer if changed == row.layer.nodes else row.layer.replaced(nodes=changed)


def _standard_of_pair(depthwise: Layer, pointwise: Layer) -> Conv:
    window = {key: getattr(depthwise, key) for key in WINDOW}
    own = {key: getattr(pointwise, key) for key in (*SHARED, "g") if key not in WINDOW}
    return Conv(**window, **own)


def _depthwise_pairs(rows: Sequence[Row], going: Collection[str]) -> dict[str, Row]:
    """The depthwise row before each pointwise one that is the only one to take its output.

    A convolution that is depthwise by its numbers is one. A grouped pointwise one makes a group
    convolution of the pair, whose groups see the same channels.
    """
    taken = Counter([*going, *(name for row in rows for name in row.inputs)])
    depthwise = {row.name: row for row in rows if _is_depthwise(row)}
    return {
        row.name: depthwise[row.inputs[0]]
        for row in rows
        if row.inputs[0] in depthwise
        and taken[row.inputs[0]] == 1
        and _is_pointwise(row)
        and depthwise[row.inputs[0]].input.channels % vars(row.layer)["g"] == 0
    }


def _is_depthwise(row: Row) -> bool:
    return row.kind == "depthwise" and isinstance(row.layer, Depthwise | Conv)


def _is_pointwise(row: Row) -> bool:
    """Whether a layer mixes channels at every position and does nothing else."""
    layer = row.layer
    if isinstance(layer, Conv) and not (layer.is_pointwise and _all(layer.padding, 0)):
        return False
    return isinstance(layer, Conv | Pointwise) and _all(layer.stride, 1)


def _all(sizes: Padding, value: int) -> bool:
    """Whether every axis has this number; around a single position words pad by nothing."""
    if isinstance(sizes, tuple):
        return {one if isinstance(one, int) else max(one) for one in sizes} == {value}
    return sizes == value or isinstance(sizes, str)
