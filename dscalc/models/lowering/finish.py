"""What a file does not say of a network, guessed and told: heads, the width rule, notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dscalc.law.convolutions import Linear, Widening
from dscalc.law.layer import Node
from dscalc.law.network import Network
from dscalc.law.width import Width
from dscalc.law.written import written_channels
from dscalc.models.graph import Graph

EIGHT = 8  # what most mobile networks round their channels to
MOST_NAMED = 4


def with_fixed_heads(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """The last layers with weights on every way out keep their channels whatever α is.

    Those that share their weights stay as they are, since all of them would have to be last.
    """
    sharing = {one for node in nodes if node.shared for one in (node.name, node.shared)}
    leads_on: set[str] = set()  # maps that a layer with weights takes, by whatever way
    kept = []
    for node in reversed(nodes):
        layer = node.layer
        weighted = isinstance(layer, Widening)
        last = weighted and node.name not in leads_on and node.name not in sharing
        if last and not isinstance(layer, Linear):
            layer = layer.replaced(scale=False)
        if weighted or node.name in leads_on:
            leads_on.update(node.inputs)
        kept.append(node._replace(layer=layer))
    return tuple(reversed(kept))


def with_guessed_width(network: Network) -> Network:
    """Multiples of 8, if all channels that α scales are such; else the plain product."""
    written = {one.n for one in written_channels(network)}
    if not written:
        return network
    eights = not any(n % EIGHT for n in written)
    rule = f"multiples of {EIGHT}" if eights else "int(n · α)"
    note = (
        f"channels at other α are {rule}: a guess, since neither the rounding rule nor its least "
        "number of channels is in the file"
    )
    width = Width(multiple_of=EIGHT) if eights else Width()
    return network._replace(width=width, notes=(*network.notes, note))


def notes_on(graph: Graph, nodes: Sequence[Node]) -> tuple[str, ...]:
    """Sentences on what was found."""
    return (*graph.notes, *_folded_norms(nodes), *_opaque(nodes))


def note_on_unplanned(left: Sequence[tuple[str, int]]) -> str:
    """A sentence on operators that no layer stands for: their kinds, and how many of each."""
    if not left:
        return ""
    total = sum(count for _, count in left)
    told = [f"{kind} ({count})" for kind, count in left[:MOST_NAMED]]
    rest = total - sum(count for _, count in left[:MOST_NAMED])
    more = f", and {rest} others" if rest else ""
    one = "operator belongs to no layer, and is"
    what = one if total == 1 else "operators belong to no layer, and are"
    return f"{total} {what} left out of the arena: {', '.join(told)}{more}"


def _folded_norms(nodes: Sequence[Node]) -> list[str]:
    """Exports for inference put norms into weights and biases; papers count them apart."""
    fields = [vars(node.layer) for node in nodes if "k" in vars(node.layer) or _pointwise(node)]
    windows = [one for one in fields if "norm" in one]
    bare = [one for one in windows if one["bias"] and one["norm"] == "none"]
    if len(bare) < 2 or 2 * len(bare) < len(windows):
        return []
    return [
        f"{len(bare)} convolutions have a bias and no norm: if the network has norms, they were "
        "folded at export, and a norm's second parameter a channel is not in the file"
    ]


def _pointwise(node: Node) -> bool:
    return node.layer.kind == "pointwise"


def _opaque(nodes: Sequence[Node]) -> list[str]:
    reasons = Counter(vars(n.layer)["why"] for n in nodes if n.layer.kind == "opaque")
    if not reasons:
        return []
    told = [f"{why} ({count})" for why, count in reasons.most_common(MOST_NAMED)]
    rest = len(reasons) - len(told)
    more = f", and {rest} other reasons" if rest else ""
    total = sum(reasons.values())
    return [f"{total} layers are opaque, which no law covers: {'; '.join(told)}{more}"]
