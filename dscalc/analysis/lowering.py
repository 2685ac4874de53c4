"""A measured network → the operators that TensorFlow Lite's converter makes of its layers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from dscalc.analysis.folding import WEIGHTED, folding_norms, norm_of
from dscalc.analysis.kernels import (
    ACTIVATIONS,
    CONSTANTS,
    KINDS,
    SIDEWAYS,
    explicit_pads,
    scratch,
)
from dscalc.analysis.memory import elements, tensors
from dscalc.analysis.operators import Deployed, Operator, Stored, Tensor
from dscalc.analysis.terms import Terms, bytes_of_tensor
from dscalc.errors import DscalcError, Problem
from dscalc.law.attention import Scores
from dscalc.law.convolutions import Linear, Norm
from dscalc.law.fields import FUSED
from dscalc.law.layer import Layer, Shape
from dscalc.law.network import Report
from dscalc.law.recurrent import Gru, Lstm
from dscalc.law.rows import Row
from dscalc.law.weightless import (
    Activation,
    Add,
    Concat,
    Flatten,
    Multiply,
    Pool,
    Shuffle,
    Slice,
    Tokens,
)


def lower(report: Report, terms: Terms) -> Deployed:
    """The operators and tensors of a measured network, in the order of its layers.

    As the converter of TensorFlow 2.21 makes them: batch norms fold into the layer before them if
    nobody else takes its map, and every layer with weights gets a bias; ReLU and ReLU6 fuse, other
    activations are operators of their own; padding that `same` would not give is a PAD; maps on
    one axis pass through convolutions as images of one row. A norm that does not fold is a MUL
    and an ADD, the layer norms and the like that are computed at run time too.
    Raises DscalcError for layers of which nothing of the kind can be made.
    """
    return _Lowering(report, terms).deployed()


class _Lowering:
    """Makes the operators of one network."""

    def __init__(self, report: Report, terms: Terms) -> None:
        self.terms = terms
        self.tensors: list[Tensor] = []
        self.operators: list[Operator] = []
        self.wide: set[int] = set()  # rows of positions that are images now
        self.biased: set[int] = set()  # maps of layers whose bias takes up what is added to them
        self.other_form: dict[int, int] = {}
        self.parts: dict[int, dict[str, int]] = {}  # of maps that are split
        self.constants: set[object] = set()
        self.weights = self.biases = self.parameters = 0
        _, takes, outputs = tensors(report)
        self.rows = list(report.expanded())
        shapes = report.network.inputs
        self.folds = folding_norms(self.rows, takes, outputs, len(shapes))
        self.made = [self.tensor(name, elements(shape)) for name, shape in shapes.items()]
        self.channels = dict(enumerate(shape.channels for shape in shapes.values()))
        self.inputs = len(self.made)
        self.splits = _splits(self.rows, takes)
        for place, (row, sources) in enumerate(zip(self.rows, takes, strict=True)):
            self.made.append(self.row(row, sources, place in self.folds))
            self.channels[self.made[-1]] = row.output.channels
        self.outputs = tuple(self.narrow(self.made[number]) for number in sorted(outputs))

    def deployed(self) -> Deployed:
        stored = Stored(self.weights, self.biases, self.parameters, len(self.constants))
        return Deployed(
            tuple(self.tensors), self.inputs, self.outputs, tuple(self.operators), stored
        )

    # ------------------------------------------------------------ tensors and operators

    def tensor(self, name: str, count: int) -> int:
        self.tensors.append(Tensor(name, bytes_of_tensor(count, self.terms.dtype)))
        return len(self.tensors) - 1

    def operator(
        self,
        row: Row,
        kind: str,
        takes: Sequence[int],
        count: int,
        scratch: Iterable[int] = (),
        constant: object = None,
    ) -> int:
        """Adds an operator that makes one map of so many elements."""
        made = self.tensor(row.name, count)
        self.operators.append(Operator(row.name, kind, tuple(takes), (made,), tuple(scratch)))
        for number in range(CONSTANTS.get(kind, 0)):
            self.constants.add((kind, constant, number))
        return made

    def chain(self, row: Row, kind: str, takes: Sequence[int], count: int) -> int:
        """Several maps put together two by two."""
        made = takes[0]
        for other in takes[1:]:
            made = self.operator(row, kind, (made, other), count)
        return made

    def imaged(self, row: Row, source: int) -> int:
        """A row of positions as an image, which a convolution of it needs."""
        if len(row.input.sides) != 1 or source in self.wide:
            return source
        if source not in self.other_form:
            made = self.reshaped(row.name, source)
            self.other_form[source], self.other_form[made] = made, source
            self.wide.add(made)
        return self.other_form[source]

    def narrow(self, source: int) -> int:
        """An image that stands for a row of positions as that row."""
        if source not in self.wide:
            return source
        if source not in self.other_form:
            made = self.reshaped(self.tensors[source].name, source)
            self.other_form[source], self.other_form[made] = made, source
        return self.other_form[source]

    def reshaped(self, layer: str, source: int) -> int:
        made = len(self.tensors)
        self.tensors.append(self.tensors[source]._replace(name=layer))
        self.operators.append(Operator(layer, "RESHAPE", (source,), (made,)))
        self.constants.add(("RESHAPE", self.tensors[source].size, 0))
        return made

    # ------------------------------------------------------------ layers

    def row(self, row: Row, sources: Sequence[int], folds: bool) -> int:
        """Adds the operators of one elementary layer; returns what it gives."""
        layer = row.layer
        takes = [self.made[source] for source in sources]
        if isinstance(layer, Norm):
            stays = 2 * row.output.channels if layer.type == "batch" else row.cost.norms
            made = takes[0] if folds else self.scaled(row, takes[0], stays)
        elif isinstance(layer, Slice) and sources[0] in self.splits:
            made = self.split(row, layer, sources[0])
        elif isinstance(layer, WEIGHTED):
            made = self.weighted(row, layer, takes[0])
        elif isinstance(layer, Activation):
            made = takes[0]
        else:
            self.keep(row)
            made = self.plain(row, layer, takes)
        own = vars(layer)
        activation = own["type"] if isinstance(layer, Activation) else own.get("activation")
        if activation is not None and activation not in FUSED:
            made = self.activated(row, activation, made)
        return made

    def keep(self, row: Row) -> None:
        """Counts the parameters of a layer that is no convolution and not linear."""
        cost = row.cost
        self.weights += cost.weights + cost.other + cost.norms
        self.biases += cost.biases
        self.parameters += bool(cost.weights) + bool(cost.other) + bool(cost.biases)

    def weighted(self, row: Row, layer: Layer, source: int) -> int:
        """A convolution or a linear layer, with its bias and what of its norm folds into that."""
        if isinstance(layer, Linear):
            made = self.linear(row, layer, self.narrow(source))
        else:
            takes = self.imaged(row, source) if isinstance(layer, SIDEWAYS) else source
            takes = self.padded(row, layer, takes)
            made = self.operator(row, KINDS[type(layer)], (takes,), elements(row.output),
                                 scratch(row, layer, self.terms), row.output)  # fmt: skip
            if takes in self.wide:
                self.wide.add(made)
        self.weights += row.cost.weights
        if not row.shared:
            self.biases += layer.n if isinstance(layer, Linear) else row.output.channels
            self.parameters += 2
        self.biased.add(made)
        folds = norm_of(row) in ("none", "batch")
        return made if folds else self.scaled(row, made, row.cost.norms)

    def linear(self, row: Row, layer: Linear, source: int) -> int:
        own = scratch(row, layer, self.terms)
        if layer.over == "channels":
            return self.operator(row, "FULLY_CONNECTED", (source,), elements(row.output), own)
        turned = self.operator(row, "TRANSPOSE", (source,), elements(row.input))
        mixed = self.operator(row, "FULLY_CONNECTED", (turned,), elements(row.output), own)
        return self.operator(row, "TRANSPOSE", (mixed,), elements(row.output))

    def scaled(self, row: Row, source: int, parameters: int) -> int:
        """A factor and a shift a channel."""
        if not row.shared:
            self.weights += parameters
            self.parameters += 2
        return self.each(row, "ADD", self.each(row, "MUL", source))

    def activated(self, row: Row, activation: str, source: int) -> int:
        """An activation that is an operator of its own, or two.

        The 3 that a hard sigmoid adds goes into the bias before it, if there is one.
        """
        if activation == "hard_sigmoid" and source not in self.biased:
            source = self.each(row, "ADD", source)
        first, *more = ACTIVATIONS.get(activation, (activation.upper(),))
        made = self.each(row, first, source)
        for kind in more:
            made = self.each(row, kind, source, made)
        return made

    def each(self, row: Row, kind: str, *takes: int) -> int:
        """An operator on each number of maps by itself, in the form that the first is in."""
        made = self.operator(row, kind, takes, elements(row.output))
        if takes[0] in self.wide:
            self.wide.add(made)
        return made

    def plain(self, row: Row, layer: Layer, takes: list[int]) -> int:
        """A layer that keeps no weights of convolutions."""
        count = elements(row.output)
        if isinstance(layer, Add | Multiply | Concat):
            return self.joined(row, layer, takes)
        if isinstance(layer, Pool):
            source = self.padded(row, layer, self.imaged(row, takes[0]))
            made = self.operator(row, "POOL_2D", (source,), count)
            if source in self.wide:
                self.wide.add(made)
            return made
        takes = [self.narrow(source) for source in takes]
        if isinstance(layer, Flatten | Tokens) and row.input.positions == 1:
            return takes[0]
        if isinstance(layer, Shuffle):
            return self.shuffled(row, layer, takes[0])
        if isinstance(layer, Gru) or (isinstance(layer, Lstm) and layer.bidirectional):
            message = "TensorFlow Lite Micro has no operator for it, so nothing plans its memory"
            raise DscalcError(Problem(message, layer=row.name,
                                      place=row.places[""] if row.places else None))  # fmt: skip
        kind = KINDS.get(type(layer), row.kind.upper())
        own = scratch(row, layer, self.terms)
        made = self.operator(row, kind, takes, count, own, row.output.sides)
        if isinstance(layer, Scores):
            made = self.operator(row, "SOFTMAX", (made,), count)
        return made

    def shuffled(self, row: Row, layer: Shuffle, source: int) -> int:
        """Channels as rows of groups, these the other way round, and in one row again."""
        made = source
        for kind in ("RESHAPE", "TRANSPOSE", "RESHAPE"):
            made = self.operator(row, kind, (made,), elements(row.output), constant=layer.groups)
        return made

    def joined(self, row: Row, layer: Layer, takes: list[int]) -> int:
        """A sum, a product or a concatenation; of rows of positions in the form they are in."""
        if self.wide.isdisjoint(takes) or not self.wide.issuperset(takes):
            takes = [self.narrow(source) for source in takes]
        count = elements(row.output)
        if isinstance(layer, Concat):
            if layer.crop:
                takes = [self.cropped(row, source) for source in takes]
            made = self.operator(row, "CONCATENATION", takes, count)
        else:
            made = self.chain(row, "ADD" if isinstance(layer, Add) else "MUL", takes, count)
        if takes[0] in self.wide:
            self.wide.add(made)
        return made

    def cropped(self, row: Row, source: int) -> int:
        """A map that is cut to the sides of a concatenation, if it is larger."""
        count = row.output.positions * self.channels[source]
        if bytes_of_tensor(count, self.terms.dtype) == self.tensors[source].size:
            return source
        return self.operator(row, "STRIDED_SLICE", (source,), count, constant=row.output.sides)

    def split(self, row: Row, layer: Slice, number: int) -> int:
        """A part of the channels, of a map that is split into all of its parts at once."""
        source, parts = self.made[number], self.splits[number]
        if source not in self.parts:
            takes = self.narrow(source)
            first = len(self.tensors)
            for name, shape in parts:
                self.tensor(name, elements(shape))
            made = tuple(range(first, first + len(parts)))
            self.operators.append(Operator(row.name, "SPLIT", (takes,), made))
            self.constants.add(("SPLIT",))
            self.parts[source] = dict(zip((name for name, _ in parts), made, strict=True))
        return self.parts[source][row.name]

    def padded(self, row: Row, layer: Layer, source: int) -> int:
        """What a window takes: its input with zeros around it, if `same` would not put them."""
        around = explicit_pads(layer, row.input)
        if around is None:
            return source
        sides = [side + sum(pair) for side, pair in zip(row.input.sides, around, strict=True)]
        count = math.prod(sides) * row.input.channels
        made = self.operator(row, "PAD", (source,), count, constant=around)
        if source in self.wide:
            self.wide.add(made)
        return made


def _splits(
    rows: Sequence[Row], takes: Sequence[Sequence[int]]
) -> dict[int, list[tuple[str, Shape]]]:
    """The maps that slices cut into all of their channels, one part behind the other."""
    found: dict[int, list[tuple[str, Shape]]] = {}
    ends: dict[int, int] = {}
    whole: dict[int, int] = {}
    for row, sources in zip(rows, takes, strict=True):
        if isinstance(row.layer, Slice):
            source = sources[0]
            good = ends.get(source, 0) == row.layer.offset
            ends[source] = row.layer.offset + row.layer.n if good else -1
            whole[source] = row.input.channels
            found.setdefault(source, []).append((row.name, row.output))
    return {source: parts for source, parts in found.items() if ends[source] == whole[source]}
