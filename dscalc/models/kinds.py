"""What operators of a graph are: one record a kind, whose docstring says what it takes.

Inputs that the graph calls weights, bias, scale, shift, slope or table are stored; an input that is
left out between others is the empty name.
"""

from __future__ import annotations

from typing import NamedTuple

Pads = tuple[tuple[int, int], ...]


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
