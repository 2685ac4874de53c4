"""One operator of an ONNX file as a rule sees it: its inputs' shapes and values, its attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from dscalc.errors import DscalcError
from dscalc.models.graph import Shape
from dscalc.models.kinds import Kind
from dscalc.models.onnx.file import Attribute, Number

Values = tuple[Number, ...]


class Value(NamedTuple):
    """What is known of a tensor before any run.

    `name` is the tensor of the graph that carries it. `constant`: it is the same in every run;
    with a `storage` it is read from the file. `values` are there if they are few.
    """

    name: str
    shape: Shape | None
    values: Values | None = None
    constant: bool = False
    storage: str = ""


class Then(NamedTuple):
    """An operator behind another that ONNX writes as one node: an activation, an added bias."""

    kind: Kind
    inputs: tuple[Value, ...] = ()


class Made(NamedTuple):
    """What a rule says of a node: the operator, the shapes of its outputs, the inputs it takes.

    `kind` None: nothing is done, and the first output is the first of `inputs` by another name or,
    if that is stored, in another shape.
    """

    kind: Kind | None
    shapes: tuple[Shape | None, ...]
    inputs: tuple[Value | None, ...]
    then: tuple[Then, ...] = ()


class Call(NamedTuple):
    """A node with its inputs; what its methods raise (DscalcError) gets the node's name later."""

    op: str
    opset: int
    inputs: tuple[Value | None, ...]
    attributes: Mapping[str, Attribute]
    outputs: int

    def has(self, index: int) -> bool:
        """Whether there is such an input."""
        return index < len(self.inputs) and self.inputs[index] is not None

    def get(self, index: int) -> Value | None:
        """An input, or None if it is left out."""
        return self.inputs[index] if index < len(self.inputs) else None

    def value(self, index: int) -> Value:
        """An input that must be there."""
        value = self.get(index)
        if value is None:
            raise DscalcError(f"input {index + 1} is missing")
        return value

    def shape(self, index: int) -> Shape:
        """The shape of an input, whose number of axes must be known."""
        value = self.value(index)
        if value.shape is None:
            raise DscalcError(f"the shape of '{value.name}' depends on numbers that only a run has")
        return value.shape

    def known(self, index: int, shape: Shape | None = None) -> tuple[int, ...]:
        """The shape of an input (or another one), whose sides must all be known."""
        sides = self.shape(index) if shape is None else shape
        closed = tuple(side for side in sides if side is not None)
        if len(closed) < len(sides):
            name = self.value(index).name
            raise DscalcError(f"a side of '{name}' depends on numbers that only a run has")
        return closed

    def numbers(self, index: int) -> tuple[int, ...] | None:
        """The values of an input of whole numbers, None if it is left out or not known."""
        value = self.get(index)
        if value is None or value.values is None:
            return None
        return tuple(whole(number) for number in value.values)

    def reals(self, index: int) -> tuple[float, ...] | None:
        """The values of an input, None if it is left out or not known."""
        value = self.get(index)
        return None if value is None else value.values

    def text(self, name: str, default: str = "") -> str:
        """An attribute that is a word."""
        value = self.attributes.get(name, default)
        if not isinstance(value, str):
            raise DscalcError(f"the attribute {name} should be a word")
        return value

    def whole(self, name: str, default: int) -> int:
        """An attribute that is a whole number."""
        value = self.attributes.get(name, default)
        if not isinstance(value, int):
            raise DscalcError(f"the attribute {name} should be a whole number")
        return value

    def wholes(self, name: str, default: tuple[int, ...] | None = None) -> tuple[int, ...] | None:
        """An attribute that is a list of whole numbers."""
        value = self.attributes.get(name, default)
        if value is None:
            return None
        if not isinstance(value, tuple):
            raise DscalcError(f"the attribute {name} should be a list of whole numbers")
        return tuple(whole(number) for number in value)

    def axis(self, value: int, rank: int) -> int:
        """An axis counted from the front."""
        if not -rank <= value < rank:
            raise DscalcError(f"axis {value} of a tensor of {rank} axes")
        return value % rank

    def made(self, kind: Kind | None, shape: Shape | None, *inputs: int) -> Made:
        """One output of a given shape, of the inputs at these places."""
        return Made(kind, (shape,), tuple(self.get(i) for i in inputs))


Rule = Callable[[Call], Made]


def whole(number: object) -> int:
    """A number that must be whole."""
    if isinstance(number, float) and number.is_integer():
        return int(number)
    if not isinstance(number, int):
        raise DscalcError(f"{number} where a whole number belongs")
    return int(number)
