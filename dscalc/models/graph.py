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

**Parameters** are the stored inputs at the places that the kinds below call weights, bias, scale,
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

MOST_OPERATORS = 100_000
MOST_AXES = 16
LARGEST_SIDE = 10**12

Shape = tuple[int | None, ...]
Pads = tuple[tuple[int, int], ...]


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


class Conv(NamedTuple):
    """A convolution of 1 to 3 spatial axes. Inputs: x, weights, and bias if it has one.

    `channels` is the axis of the channels in x and output; axis 0 is the batch and the others are
    spatial, in their order, and each has one entry in `kernel`, `stride`, `pads` and `dilation`.
    `pads` are positions before and behind, as numbers even where the file says SAME; `same` tells
    that it said so. Depthwise: `groups` is the number of x's channels. The order of the axes of
    the weights is not told: `kernel`, `groups` and both numbers of channels say it all.
    """

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pads: Pads
    dilation: tuple[int, ...]
    groups: int
    channels: int
    same: bool = False


class ConvTranspose(NamedTuple):
    """A transposed convolution: as Conv, `pads` cut off its output. Inputs: x, weights, bias."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pads: Pads
    dilation: tuple[int, ...]
    groups: int
    channels: int
    output_padding: tuple[int, ...]


class Linear(NamedTuple):
    """x contracted over one axis with a stored matrix. Inputs: x, weights, and bias if any.

    The output has its channels on the same `axis`; all other axes stay as they are.
    """

    axis: int


class Matmul(NamedTuple):
    """A product of two maps, or with stored weights that are no single matrix. Inputs: a, b.

    `contracted` numbers are summed for each number of the output: mult-adds are the output's
    elements times it.
    """

    contracted: int


class Attention(NamedTuple):
    """Scaled dot products, softmax, and the weighted sum, without projections.

    Inputs: q, k, v, and what is added to the scores (a mask, a bias of positions) if there is one.
    `queries` × `keys` positions in each of `heads`; `key` and `value` are widths of one head;
    `kv_heads` divides `heads`. Further batches follow from the output's elements, which are
    batch · queries · heads · value.
    """

    heads: int
    kv_heads: int
    queries: int
    keys: int
    key: int
    value: int


class Recurrent(NamedTuple):
    """`type` lstm, gru or rnn, over `steps`. Inputs: x, then weights and biases, all stored.

    In how many tensors they are is the format's. `features` come in and `hidden` go out in each of
    `directions`; weights are directions · gates · hidden · (features + hidden), mult-adds these
    times steps, where lstm has 4 gates, gru 3 and rnn 1.
    """

    type: str
    features: int
    hidden: int
    directions: int
    steps: int


class Embedding(NamedTuple):
    """Rows of a stored table by numbers that a run computes. Inputs: table, numbers.

    `words` rows of `n`.
    """

    words: int
    n: int


class Norm(NamedTuple):
    """`type` batch, layer, group, instance, rms, l2, or local (AlexNet's response norm).

    Inputs: x, scale, shift, mean, variance; what there is not is the empty name, or left out at
    the end. `channels` is the axis that scale and shift stand along, `groups` is for group norms
    alone.
    """

    type: str
    channels: int
    groups: int = 1


class Pool(NamedTuple):
    """`type` max, average or lp over windows, fields as in Conv. Input: x."""

    type: str
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pads: Pads
    channels: int
    dilation: tuple[int, ...] = ()
    ceil: bool = False
    same: bool = False


class AdaptivePool(NamedTuple):
    """`type` max or average to an output of given `size`, one number a spatial axis. Input: x."""

    type: str
    size: tuple[int, ...]
    channels: int


class Reduce(NamedTuple):
    """`type` mean, max, sum, …, over `axes`; a global pool is one over all spatial axes. Input: x.

    `keep`: the axes stay with one position.
    """

    type: str
    axes: tuple[int, ...]
    keep: bool


class Activation(NamedTuple):
    """A function of each number by itself, `type` relu, sigmoid, gelu, exp, …. Inputs: x, slope.

    The slope, where there is one (PReLU), is stored.
    """

    type: str


class Softmax(NamedTuple):
    """Softmax, or its logarithm, over one axis. Input: x."""

    axis: int


class Arithmetic(NamedTuple):
    """`type` add, subtract, multiply, divide, power, maximum, minimum, where, compare, … of inputs.

    The inputs broadcast as in numpy, and each may be stored; a number that the operator itself
    has is none of them, so there may be one alone.
    """

    type: str


class Concat(NamedTuple):
    """Inputs one behind the other on `axis`; each may be stored."""

    axis: int


class Split(NamedTuple):
    """x in parts of `sizes` on `axis`, one output each."""

    axis: int
    sizes: tuple[int, ...]


class Slice(NamedTuple):
    """x from `starts` in steps of `steps`, one entry for each of x's axes; the rest is cut off."""

    starts: tuple[int, ...]
    steps: tuple[int, ...]


class Pad(NamedTuple):
    """x with positions put before and behind, one pair for each of x's axes; negative cuts."""

    pads: Pads


class Reshape(NamedTuple):
    """x's numbers in their order under another shape: also flatten, squeeze, unsqueeze."""


class Transpose(NamedTuple):
    """x with its axes in another order: axis i of the output is axis `order[i]` of x."""

    order: tuple[int, ...]


class Expand(NamedTuple):
    """x repeated along axes to the shape of the output: broadcast or tile."""


class Resize(NamedTuple):
    """x at other sides, `type` nearest, linear, cubic or other."""

    type: str


class DepthToSpace(NamedTuple):
    """`factor`² channels become `factor` × `factor` positions."""

    factor: int
    channels: int


class SpaceToDepth(NamedTuple):
    """`factor` × `factor` positions become `factor`² channels."""

    factor: int
    channels: int


class Rearrange(NamedTuple):
    """x's numbers at other places, some perhaps left out or twice: `type` gather, roll, flip, ….

    The first input is x; others say where. No arithmetic is done.
    """

    type: str


class Opaque(NamedTuple):
    """What no kind above covers: shapes known, cost known, `why` for people.

    `mult_adds` of one run (all of the batch); a front end writes 0 only for an operator that is
    known to multiply no weights and no two maps. Stored inputs in `inputs` are parameters where
    `weights` is true, and constants otherwise.
    """

    why: str
    mult_adds: int = 0
    weights: bool = False


Kind = (
    Conv
    | ConvTranspose
    | Linear
    | Matmul
    | Attention
    | Recurrent
    | Embedding
    | Norm
    | Pool
    | AdaptivePool
    | Reduce
    | Activation
    | Softmax
    | Arithmetic
    | Concat
    | Split
    | Slice
    | Pad
    | Reshape
    | Transpose
    | Expand
    | Resize
    | DepthToSpace
    | SpaceToDepth
    | Rearrange
    | Opaque
)


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
    `notes` are sentences for people about what was found while reading.
    """

    format: str
    name: str
    tensors: Mapping[str, Tensor]
    operators: tuple[Operator, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    batch: int = 1
    notes: tuple[str, ...] = ()


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
