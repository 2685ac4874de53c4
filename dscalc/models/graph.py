"""The one small graph that every model file becomes: what its operators are, and on which shapes.

A front end reads one format and writes this; the lowering reads this and knows no format. So the
same network in two formats is the same graph but for names and the order of axes.

**Tensors** have the axes that the file gives them (NCHW or NHWC, batch first); an operator for
which it matters says which axis has the channels. Shapes are those of the run that was asked for:
an open side has been given a number by then, and None is left only where the file's data decides
(what a non-maximum suppression keeps). Weights are shapes alone: nothing holds their values.

**Weights** are tensors with a `storage`: the name of the one thing in the file that they are read
from. A front end follows the way from the storage to the use and leaves it out: a cast, a
dequantisation, a reshape or transpose of weights is no operator of the graph, and the tensor that
comes out has the storage of what went in. Two tensors of one storage are counted once; two
storages are two, whatever they hold. What is computed from stored tensors alone is stored too,
under a storage of its own.

**Parameters** are the stored inputs at the places that the kinds call weights, bias, scale,
shift, slope or table, and stored inputs of an `Arithmetic` or `Concat` that stand along the
channels (a bias written as an addition, a class token, a table of positions). Scales and zero
points of quantisation, anchors, and single numbers are none, nor is what a file calls not
`learned`. The lowering decides that, in one place; front ends leave out only the quantisation.

**Nothing is fused**: an activation inside of a convolution (TFLite, Keras) is an operator
`Activation` behind it, and a bias added by an operator of its own stays an `Arithmetic`.
Identities (dropout, cast, quantisation of a map) are left out: who took their output takes
their input.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod
from typing import NamedTuple

from dscalc.errors import DscalcError
from dscalc.law.lives import Lives
from dscalc.models.kinds import Conv, ConvTranspose, Kind, Recurrent

MOST_OPERATORS = 100_000
MOST_AXES = 16
LARGEST_SIDE = 10**12

Shape = tuple[int | None, ...]


class Tensor(NamedTuple):
    """A map or a stored tensor. `shape` is None where even the number of axes is open.

    `storage` names what holds its numbers in the file, and is empty for what a run computes.
    `learned` is whether the file says that training changes a stored tensor; None if it says
    nothing of that (ONNX and TFLite never do). `held` is how many numbers the storage has where
    that is not what the shape says (a table of positions that is resized to the run).
    """

    name: str
    shape: Shape | None
    storage: str = ""
    learned: bool | None = None
    held: int | None = None


class Operator(NamedTuple):
    """One operator: what it does, on which tensors, by their names; "" is an input left out.

    `name` is the file's own, for people, and may be empty; `source` is what the format calls the
    operator ("Conv", "DEPTHWISE_CONV_2D", "aten.convolution.default").
    """

    kind: Kind
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    source: str


class Graph(NamedTuple):
    """A network as a file has it.

    Operators stand in an order in which each tensor is made before it is taken. `inputs` are
    maps, never stored. `batch` is how many `examples` the run has; what it costs is told for one.
    `notes` are sentences for people about what was found while reading. `lives` are those of the
    file's own tensors, where its format is one that devices run as it stands.
    """

    format: str
    name: str
    tensors: Mapping[str, Tensor]
    operators: tuple[Operator, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    batch: int = 1
    notes: tuple[str, ...] = ()
    lives: Lives | None = None


def elements(tensor: Tensor) -> int:
    """How many numbers a tensor has; raises DscalcError where its shape is open."""
    if tensor.shape is None or None in tensor.shape:
        raise DscalcError(f"the shape of '{tensor.name}' is not known")
    return prod(side for side in tensor.shape if side is not None)


def stored_numbers(tensor: Tensor) -> int:
    """How many numbers of the file a stored tensor stands for."""
    return elements(tensor) if tensor.held is None else tensor.held


def examples(tensors: Mapping[str, Tensor], operators: Iterable[Operator], first: str) -> int:
    """How many examples a run has: the first axis of the first input, if all layers have it too.

    A convolution has its examples on its first axis, a recurrent layer in what its steps leave;
    where these do not divide, the axis is one of positions, as in a sequence of one example.
    """
    shape = tensors[first].shape or ()
    count = (shape[0] if len(shape) > 1 else 1) or 1
    for operator in operators if count > 1 else ():
        kind, x = operator.kind, tensors[operator.inputs[0]] if operator.inputs else None
        held = None
        if isinstance(kind, (Conv, ConvTranspose)) and x and x.shape:
            held = x.shape[0]
        elif isinstance(kind, Recurrent) and x:
            held = elements(x) // max(1, kind.features * kind.steps)
        if held is not None and held % count:
            return 1
    return count


def checked(graph: Graph) -> Graph:
    """The graph itself, if it holds together; what a hostile or broken file makes is an error.

    Raises DscalcError for a tensor that is taken and never made, made twice, or too large, and
    for more operators than can be told apart.
    """
    if len(graph.operators) > MOST_OPERATORS:
        raise DscalcError(
            f"{len(graph.operators):,} operators; at most {MOST_OPERATORS:,} are read"
        )
    for tensor in graph.tensors.values():
        check_shape(tensor.name, tensor.shape)
    made = {name for name, tensor in graph.tensors.items() if tensor.storage}
    made.update(graph.inputs)
    for operator in graph.operators:
        _check_known(operator, operator.inputs, made)
        for name in filter(None, operator.outputs):
            if name in made:
                raise DscalcError(f"{label(operator)} makes '{name}', which is there already")
            if name not in graph.tensors:
                raise DscalcError(f"{label(operator)} makes '{name}', which has no shape")
            made.add(name)
    for name in graph.outputs:
        if name not in made:
            raise DscalcError(f"the output '{name}' is made by no operator")
    return graph


def label(operator: Operator) -> str:
    """What an error calls an operator: "Conv 'stem/conv1'", or by what it makes."""
    name = operator.name or next(iter(operator.outputs), "")
    return f"{operator.source} '{name}'"


def check_shape(name: str, shape: Shape | None) -> None:
    """Raises DscalcError for more axes or larger sides than any tensor has."""
    sides = [side for side in shape or () if side is not None]
    if len(shape or ()) > MOST_AXES or any(not 0 <= side <= LARGEST_SIDE for side in sides):
        raise DscalcError(
            f"'{name}' has the shape {sides[: MOST_AXES + 1]}, which nothing can have"
        )


def _check_known(operator: Operator, names: Iterable[str], made: set[str]) -> None:
    for name in filter(None, names):
        if name not in made:
            raise DscalcError(f"{label(operator)} takes '{name}', which nothing before it makes")
