"""A run of a TensorFlow graph without its numbers: shapes, small whole numbers, what it is made of.

TFLite and TensorFlow.js files have the same operators in other clothes. Both readers turn each into
a `Call`, named as TensorFlow names it, and the laws in `tf_layers` and `tf_shapes` say what a call
does to shapes, and which operator of the graph it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

from dscalc.errors import DscalcError
from dscalc.models.graph import (
    LARGEST_SIDE,
    MOST_OPERATORS,
    Graph,
    Operator,
    Shape,
    Tensor,
    check_shape,
    checked,
    examples,
)
from dscalc.models.inputs import Given, told_inputs
from dscalc.models.kinds import Kind, Opaque

MOST_VALUES = 4096  # numbers of a tensor that are followed through a run
LARGEST_VALUE = 2**63
MOST_COUNTED = 6 * MOST_OPERATORS

Sides = tuple[int, ...]
Values = tuple[int | None, ...]


class Call(NamedTuple):
    """One operator of a file: `op` as TensorFlow names it, `source` as the file does."""

    op: str
    source: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.source} '{self.name or next(iter(self.outputs), '')}'"

    def integer(self, key: str, default: int | None = None) -> int:
        """A whole number among the attributes; DscalcError where there is none."""
        value = self.attributes.get(key, default)
        if not isinstance(value, int):
            raise DscalcError(f"its attribute '{key}' is no whole number but {value!r}")
        return value

    def integers(self, key: str, count: int) -> Sides:
        """So many whole numbers from 1 that an attribute must have: kernels, strides."""
        value = self.attributes.get(key, (1,) * count)
        if len(value) != count or not all(1 <= side <= LARGEST_SIDE for side in value):
            raise DscalcError(f"its attribute '{key}' is {list(value)}, not {count} numbers from 1")
        return tuple(value)


class Run:
    """What is known of each tensor while the calls are gone through in their order.

    `stored` are the tensors of the file; `read` gives the whole numbers that one of them holds,
    as long as they are few. `told` are shapes that the file states of what its calls make, to
    turn to where no law says them. `names` has the tensors that are another one by a second name
    (a cast, a dropout), as the graph leaves identities out. `lacking` says why stored numbers are
    not to be had, where a file is not there. `numbers` are constants that no file stores (the
    shape of a map); they enter the graph only where a map is computed with them.
    """

    def __init__(
        self,
        stored: Mapping[str, Tensor],
        read: Callable[[str], Values | None],
        told: Mapping[str, Shape],
    ) -> None:
        self.tensors: dict[str, Tensor] = dict(stored)
        self.values: dict[str, Values | None] = {}
        self.numbers: set[str] = set()
        self.names: dict[str, str] = {}
        self.operators: list[Operator] = []
        self.notes: list[str] = []
        self.told = told
        self.lacking = ""
        self._read = read
        self._counted = 0

    def count(self, things: int) -> None:
        """Bounds what a file can unfold to, where subgraphs call each other or share a list."""
        self._counted += things
        if self._counted > MOST_COUNTED:
            raise DscalcError(f"more than {MOST_COUNTED:,} tensors and inputs are to be run")

    def open_shape(self, name: str) -> Shape:
        """The shape of a tensor whose number of axes is known."""
        tensor = self.tensors.get(name)
        if tensor is None:
            raise DscalcError(f"it takes '{name}', which nothing before it makes")
        if tensor.shape is None:
            raise DscalcError(f"it takes '{name}', of which not even the number of axes is known")
        return tensor.shape

    def shape(self, name: str) -> Sides:
        """The shape of a tensor, all sides of it known."""
        shape = self.open_shape(name)
        if None in shape:
            raise DscalcError(f"it takes '{name}', whose shape {list(shape)} only a run decides")
        return tuple(side for side in shape if side is not None)

    def stored(self, name: str) -> bool:
        """Whether a tensor's numbers stand in the file, or follow from such alone."""
        return name in self.tensors and self.tensors[name].storage != ""

    def constant(self, name: str) -> bool:
        """Whether a tensor is the same in every run on inputs of this shape."""
        return self.stored(name) or name in self.numbers

    def value(self, name: str) -> Values | None:
        """The small whole numbers that a tensor holds, in their order; None if not known."""
        if name not in self.values and self.stored(name):
            self.values[name] = self._read(name)
        return self.values.get(name)

    def known(self, name: str, what: str) -> Sides:
        """The whole numbers of a tensor that must be known, since shapes follow from them."""
        values = self.value(name)
        if values is None or None in values:
            lacking = self.lacking if self.stored(name) else ""
            why = lacking or "they are known in a run alone"
            raise DscalcError(f"its {what} ('{name}') decide a shape, but {why}")
        return tuple(value for value in values if value is not None)

    def make(
        self, name: str, shape: Shape | None, storage: str = "", learned: bool | None = None
    ) -> None:
        """Notes the shape of a tensor."""
        if shape is not None:
            check_shape(name, shape)
        if name in self.tensors or name in self.names:
            raise DscalcError(f"it makes '{name}', which is there already")
        self.tensors[name] = Tensor(name, shape, storage, learned)

    def make_number(self, name: str, shape: Shape, values: Values | None) -> None:
        """Notes a constant that no file stores."""
        self.make(name, shape)
        self.numbers.add(name)
        self.keep(name, values)

    def keep(self, name: str, values: Values | None) -> None:
        """Notes the numbers that a tensor holds, as long as they are few and small."""
        if values is None or len(values) > MOST_VALUES:
            return
        if not any(value is not None and abs(value) > LARGEST_VALUE for value in values):
            self.values[name] = values

    def same(self, call: Call, name: str) -> None:
        """A call that leaves numbers alone: who takes what it makes takes `name`."""
        output = self.output(call)
        self.open_shape(name)
        if output in self.tensors or output in self.names:
            raise DscalcError(f"it makes '{output}', which is there already")
        self.names[output] = name

    def reorder(self, call: Call, kind: Kind, name: str, shape: Shape) -> None:
        """The same numbers under another shape or order of axes; stored ones keep their storage."""
        output = self.output(call)
        if self.constant(name):
            self.make(output, shape, self.tensors[name].storage)
            if name in self.numbers:
                self.numbers.add(output)
        else:
            self.emit(call, kind, (name,), (shape,))

    def output(self, call: Call) -> str:
        """The one tensor that a call makes."""
        if len(call.outputs) != 1:
            raise DscalcError(f"it makes {len(call.outputs)} tensors, where one is expected")
        return call.outputs[0]

    def emit(
        self, call: Call, kind: Kind, inputs: Sequence[str], shapes: Sequence[Shape | None]
    ) -> None:
        """An operator of the graph for a call; of constants alone it makes further constants."""
        if len(shapes) != len(call.outputs):
            raise DscalcError(f"it makes {len(call.outputs)} tensors in place of {len(shapes)}")
        given = [name for name in inputs if name]
        fixed = bool(given) and all(self.constant(name) for name in given)
        kept = any(self.stored(name) for name in given)
        for output, shape in zip(call.outputs, shapes, strict=True):
            self.make(output, shape, output if fixed and kept else "")
            if fixed and not kept:
                self.numbers.add(output)
        if not fixed:
            self.add(kind, call, inputs, call.outputs)

    def add(
        self, kind: Kind, call: Call, inputs: Sequence[str], outputs: Sequence[str], part: str = ""
    ) -> None:
        """Appends an operator; constants of the run that it takes are put before it."""
        for name in inputs:
            self.realise(name)
        if len(self.operators) >= MOST_OPERATORS:
            raise DscalcError(f"more than {MOST_OPERATORS:,} operators")
        name = f"{call.name}{part}"
        self.operators.append(Operator(kind, name, tuple(inputs), tuple(outputs), call.source))

    def realise(self, name: str) -> None:
        """Makes a constant that no file stores a map, where something is computed with it."""
        if name in self.numbers:
            self.numbers.discard(name)
            kind = Opaque("a constant that follows from the shapes")
            self.operators.append(Operator(kind, "", (), (name,), "constant"))


def set_inputs(run: Run, declared: Mapping[str, Shape], given: Given) -> dict[str, Sides]:
    """Makes the inputs of a run at the shapes that are given, or the file's; returns them."""
    shapes = told_inputs(declared, given)
    for name, shape in shapes.items():
        run.make(name, shape)
        value = given.get(name)
        if isinstance(value, int):
            run.keep(name, (value,))
    return shapes


def finished(
    run: Run, form: str, name: str, inputs: Sequence[str], outputs: Sequence[str]
) -> Graph:
    """The graph of a run: what the outputs need, and a note on what they do not."""
    for output in outputs:
        run.realise(output)
    wanted = set(outputs)
    kept: list[Operator] = []
    for operator in reversed(run.operators):
        if wanted.intersection(operator.outputs):
            wanted.update(operator.inputs, operator.outputs)
            kept.append(operator)
    notes = list(run.notes)
    if idle := len(run.operators) - len(kept):
        notes.append(f"{idle} operators that no output needs are left out")
    batch = examples(run.tensors, kept, inputs[0]) if inputs else 1
    if batch > 1:
        notes.append(f"the file runs {batch} examples at once; figures are for one")
    wanted.update(inputs)
    tensors = {key: tensor for key, tensor in run.tensors.items() if key in wanted}
    order = tuple(reversed(kept))
    ends = tuple(dict.fromkeys(outputs))
    return checked(Graph(form, name, tensors, order, tuple(inputs), ends, batch, tuple(notes)))


def axis_of(axis: int, rank: int) -> int:
    """An axis counted from 0, where a negative one counts from the end."""
    if not -rank <= axis < rank:
        raise DscalcError(f"axis {axis} of a tensor that has {rank}")
    return axis % rank


def size(shape: Sides) -> int:
    """How many numbers a tensor of this shape has."""
    return prod(shape)


def take(call: Call, index: int) -> str:
    """The name of an input that the call must have."""
    if index >= len(call.inputs) or not call.inputs[index]:
        raise DscalcError(f"it has {len(call.inputs)} inputs, and input {index} is missing")
    return call.inputs[index]


def exactly(values: Sides, count: int, what: str) -> Sides:
    """The values, if they are so many."""
    if len(values) != count:
        raise DscalcError(f"{len(values)} numbers for its {what}, where {count} belong")
    return values


def weights_of(run: Run, call: Call, index: int) -> Sides:
    """The shape of an input that must be stored, since it is what the layer weighs."""
    name = take(call, index)
    if not run.stored(name):
        raise DscalcError(f"its weights '{name}' are computed in a run; only stored ones are read")
    return run.shape(name)
