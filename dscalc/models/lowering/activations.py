"""Functions of each number by itself, which are no layers: what they are together, and whose.

They cost nothing but memory. What fuses into a layer needs not even that. Another one becomes the
`activation` of the layer whose map it takes, if nobody takes that map as it was. A function that a
file writes out, such as a map times its sigmoid, has the name that it has elsewhere. What no layer
can say is counted, for whoever plans memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

from dscalc.law.fields import ACTIVATIONS, FUSED
from dscalc.models.graph import Operator
from dscalc.models.kinds import Activation, Arithmetic, Norm, Softmax
from dscalc.models.lowering.layout import BATCH, Axis

if TYPE_CHECKING:
    from dscalc.models.lowering.state import State

PLAIN, MOVED, MORE = "", "moved", "…"
"""A map as its layer makes it; with numbers added or multiplied; what follows and has no word."""
LINEAR = ("add", "subtract", "multiply", "divide")
ON_MOVED = f"{MOVED} "
"""Begins the name of a function of a map to which numbers were added."""
WORDS = {
    **{word.replace("_", ""): word for word in ACTIVATIONS},
    "silu": "swish",
    "hardsilu": "hard_swish",
    "fastgelu": "gelu",
    "clampmin": "relu",
    **dict.fromkeys(("clip", "clamp", "hardtanh", "relun1to1", "relu0to1"), "relu6"),
    **dict.fromkeys(("rescale", "normalize", *LINEAR), MOVED),
}
"""Activations by the names that formats have for them, without underscores."""
STEPS = {
    ("relu", "relu6"): "relu6",
    ("relu6", "relu"): "relu6",
    ("softplus", "tanh"): "gate of mish",
    (PLAIN, "erf"): "erf",
    (MOVED, "erf"): "erf",
}
"""What becomes of a function by another."""
BY_NUMBERS = {
    PLAIN: MOVED,
    MOVED: MOVED,
    "relu6": "hard_sigmoid",
    f"{ON_MOVED}relu6": "hard_sigmoid",
    "six of hard_swish": "hard_swish",
    "erf": "two of gate",
    "two of gate": "gate of gelu",
    "two of gelu": "gelu",
}
"""What becomes of a function where numbers are added to it, or multiplied with it."""
GATED = {
    (PLAIN, "sigmoid"): "swish",
    (PLAIN, f"{ON_MOVED}sigmoid"): f"{ON_MOVED}swish",
    (PLAIN, "hard_sigmoid"): "hard_swish",
    (PLAIN, f"{ON_MOVED}relu6"): "six of hard_swish",
    (MOVED, f"{ON_MOVED}relu6"): "hard_swish",
    (PLAIN, "gate of mish"): "mish",
    (PLAIN, "gate of gelu"): "gelu",
    (PLAIN, "two of gate"): "two of gelu",
    (MOVED, "two of gate"): "gelu",
}
"""What a map is times a function of it; "six of" and "two of" want to be divided yet."""


class Behind:
    """What stands behind the maps of layers, while the operators are gone through."""

    def __init__(self) -> None:
        self.what: dict[str, str] = {}  # a tensor, as a function of the map that its layer makes
        self.passed: Counter[str] = Counter()  # operators that take a tensor and make no map of it
        self.done: dict[str, list[tuple[str, str]]] = {}  # by layer: operators, and what they made
        self.apart: dict[str, list[str]] = {}  # by the map it is made of: what is behind no layer
        self.padded = 0  # windows around whose map TFLite puts zeros by an operator
        self.shuffled: set[tuple[str, Axis]] = set()  # maps, and the order of their channels

    def follow(self, state: State, operator: Operator) -> None:
        """Takes note of an operator that has been lowered."""
        maps = [name for name in dict.fromkeys(operator.inputs) if name in state.held]
        for output in filter(state.held.__contains__, operator.outputs):
            made = state.held[output]
            through = [name for name in maps if state.held[name].node == made.node]
            if not made.node:
                if made.operator is not operator and _is_function(operator):
                    self.apart.setdefault(made.source, []).append(_said(operator))
            elif through:
                self.passed.update(through if output == operator.outputs[0] else ())
                before = [self.what.get(name, PLAIN) for name in through]
                self.what[output] = before[0]
                if _is_function(operator) and not _is_taken_in(state, operator, maps):
                    found = _function(operator, maps, before) if maps == through else ""
                    self.what[output] = found or before[0].removesuffix(MORE) + MORE
                    self.done.setdefault(made.node, []).append((_said(operator), self.what[output]))

    def take(self, node: str, channels: Axis) -> None:
        """Takes note of the order in which a layer takes the channels of a map."""
        if sum(factor.dim != BATCH for factor in channels) > 1:
            self.shuffled.add((node, channels))

    def forget(self, state: State, node: str) -> None:
        """What was done to the map of this layer has become a norm."""
        self.apart.pop(node, None)
        self.done[node] = [one for one in self.done.get(node, ()) if not one[1].endswith(MORE)]
        for name, what in self.what.items():
            if what.endswith(MORE) and state.held[name].node == node:
                self.what[name] = what.removesuffix(MORE)

    def settle(self, state: State) -> tuple[tuple[str, int], ...]:
        """Gives layers their activations; returns the other functions, and how many of each."""
        taken: dict[str, set[str]] = {node: set() for node in self.done}
        for name, held in state.held.items():
            if held.node in taken and state.uses[name] > self.passed[name]:
                taken[held.node].add(self.what.get(name, PLAIN))
        normed = {node.inputs[0] for node in state.nodes if node.layer.kind == "norm"}
        left: Counter[str] = Counter()
        for node, done in self.done.items():
            (found, *others) = taken[node] or {PLAIN}
            word = found.removesuffix(MORE).removeprefix(MOVED).lstrip()
            if others or not _says(state, node, word):
                left.update(said for said, _ in done if others or said not in FUSED)
                continue
            left.update(said for said, made in done if _is_besides(made, found))
            if word not in (PLAIN, *FUSED) or (word in FUSED and node in normed):
                state.replace(node, state.layer(node).replaced(activation=word))
        for said in self.apart.values():
            left.update(one for one in said if one not in FUSED)
        left.update({"pad": self.padded, "shuffle": len(self.shuffled)})
        return tuple((said, count) for said, count in left.most_common() if count)


def _is_besides(made: str, found: str) -> bool:
    """Whether an operator is none of those that are the activation in what stands behind a map."""
    moves = made == MOVED and found.startswith(MOVED)
    return made.endswith(MORE) or found == MORE or moves


def _is_function(operator: Operator) -> bool:
    kind = operator.kind
    bare = isinstance(kind, Norm) and not any(operator.inputs[1:])
    return bare or isinstance(kind, Activation | Softmax | Arithmetic)


def _is_taken_in(state: State, operator: Operator, maps: Sequence[str]) -> bool:
    """Whether the numbers that it adds or multiplies with become those of the layer before it.

    A file's own bias does; so do others where nothing else takes the map of a layer with weights,
    but for TFLite files, in which what can be taken in has been.
    """
    stored = filter(state.is_stored, operator.inputs)
    if any(prod(state.sizes(n)) > 1 and state.tensor(n).learned is not False for n in stored):
        return isinstance(operator.kind, Arithmetic)
    alone = state.uses[maps[0]] == 1 and state.behind.what.get(maps[0], PLAIN) == PLAIN
    node = state.held[maps[0]].node
    weighted = node in state.places and "bias" in state.layer(node).fields
    as_written = state.graph.format != "TFLite"
    return as_written and alone and weighted and _is_by_numbers(operator, maps)


def _said(operator: Operator) -> str:
    """What an operator does, in the word that layers have for it, if there is one."""
    kind = operator.kind
    if isinstance(kind, Softmax):
        return "softmax"
    if isinstance(kind, Norm):
        return f"{kind.type} norm"
    assert isinstance(kind, Activation | Arithmetic)
    word = WORDS.get(kind.type.replace("_", ""), MOVED)
    return kind.type if word == MOVED else word


def _function(operator: Operator, maps: Sequence[str], before: Sequence[str]) -> str:
    """What it makes of a map, or of several functions of one map; empty if that has no word."""
    kind, of, said = operator.kind, before[0], _said(operator)
    if _is_by_numbers(operator, maps):
        return BY_NUMBERS.get(of, "")
    if isinstance(kind, Arithmetic):
        gated = kind.type == "multiply" and len(before) == 2
        return GATED.get((of, before[-1])) or GATED.get((before[-1], of), "") if gated else ""
    if of in (PLAIN, MOVED) and said in ACTIVATIONS:
        return said if of == PLAIN else ON_MOVED + said
    return STEPS.get((of, said), "")


def _is_by_numbers(operator: Operator, maps: Sequence[str]) -> bool:
    """Whether numbers are added to one map, or it is multiplied with them."""
    kind = operator.kind
    if not isinstance(kind, Activation | Arithmetic) or WORDS.get(kind.type) != MOVED:
        return False
    divided = kind.type != "divide" or operator.inputs[0] == maps[0]
    return operator.inputs.count(maps[0]) == len(maps) == 1 and divided


def _says(state: State, node: str, word: str) -> bool:
    """Whether a layer can say what stands behind it, or need not, since that fuses."""
    if node not in state.places:
        return word == PLAIN
    return word in (PLAIN, *FUSED) or (
        word in ACTIVATIONS and "activation" in state.layer(node).fields
    )
