"""Rules of ATen operators that move numbers: other axes, other sides, other places."""

from __future__ import annotations

from dscalc.errors import DscalcError
from dscalc.models.kinds import (
    Concat,
    DepthToSpace,
    Embedding,
    Expand,
    Pad,
    Rearrange,
    Reshape,
    Resize,
    Slice,
    SpaceToDepth,
    Split,
    Transpose,
)
from dscalc.models.pt2.call import Call, Rule, words


def reshape(call: Call) -> None:
    call.write(Reshape(), [call.first()])


def permute(call: Call) -> None:
    order = tuple(call.axis(axis) for axis in call.wholes("dims"))
    if len(set(order)) != len(call.made()):
        raise DscalcError(f"{list(order)} is no order of its axes")
    call.write(Transpose(order), [call.first()])


def transpose(call: Call) -> None:
    rank = len(call.made())
    order = list(range(rank))
    default = (0, rank - 1) if rank == 2 else (-2, -1)
    pair = [
        call.axis(call.whole(name, default[place]))
        for place, name in enumerate(("dim0", "dim1"))
        if rank > 1
    ]
    if pair:
        a, b = pair
        order[a], order[b] = order[b], order[a]
    call.write(Transpose(tuple(order)), [call.first()])


def move_axes(call: Call) -> None:
    source = [call.axis(axis) for axis in call.wholes("source")]
    target = [call.axis(axis) for axis in call.wholes("destination")]
    rank = len(call.made())
    rest = iter(axis for axis in range(rank) if axis not in source)
    placed = dict(zip(target, source, strict=True))
    order = tuple(placed[axis] if axis in placed else next(rest) for axis in range(rank))
    call.write(Transpose(order), [call.first()])


def concat(call: Call) -> None:
    names = [name for name in call.tensors("tensors") if call.shape(name) != (0,)]
    call.write(Concat(call.axis(call.whole("dim", 0), names[0])), names)


def stack(call: Call) -> None:
    names = call.tensors("tensors")
    rank = len(call.made())
    axis = call.whole("dim", 0) % rank
    rows = []
    for name in names:
        row = call.temporary((*call.shape(name)[:axis], 1, *call.shape(name)[axis:]))
        call.write(Reshape(), [name], [row])
        rows.append(row)
    call.write(Concat(axis), rows)


def split(call: Call) -> None:
    axis = call.axis(call.whole("dim", 0))
    sizes = tuple(call.made(place)[axis] for place in range(len(call.outputs)))
    if sum(sizes) != call.shape(call.first())[axis]:
        raise DscalcError(f"the parts {list(sizes)} are not all of what comes in")
    call.write(Split(axis, sizes), [call.first()])


def unbind(call: Call) -> None:
    """A split into single positions, whose axis goes."""
    axis = call.axis(call.whole("dim", 0))
    count = call.shape(call.first())[axis]
    if count != len(call.outputs):
        raise DscalcError(f"{count} positions make {len(call.outputs)} outputs")
    shape = call.made()
    rows = [call.temporary((*shape[:axis], 1, *shape[axis:])) for _ in range(count)]
    call.write(Split(axis, (1,) * count), [call.first()], rows)
    for row, output in zip(rows, call.outputs, strict=True):
        call.write(Reshape(), [row], [output])


def cut(call: Call) -> None:
    """slice: one axis from a start in steps; narrow: the same under other names."""
    axis = call.axis(call.whole("dim", 0))
    side = call.shape(call.first())[axis]
    start = call.whole("start", 0) if call.arguments.get("start") is not None else 0
    starts = [0] * len(call.made())
    starts[axis] = min(max(start + side if start < 0 else start, 0), side)
    steps = [1] * len(starts)
    steps[axis] = call.whole("step", 1)
    if call.made() == call.shape(call.first()):
        call.same()
        return
    call.write(Slice(tuple(starts), tuple(steps)), [call.first()])


def select(call: Call) -> None:
    """One position of an axis, which goes."""
    shape = call.shape(call.first())
    axis = call.axis(call.whole("dim", 0))
    index = call.whole("index", 0)
    starts = [0] * len(shape)
    starts[axis] = index + shape[axis] if index < 0 else index
    row = call.temporary((*shape[:axis], 1, *shape[axis + 1 :]))
    call.write(Slice(tuple(starts), (1,) * len(shape)), [call.first()], [row])
    call.write(Reshape(), [row])


def index(call: Call) -> None:
    """Indices on axes; rows of a stored table are an embedding (Swin's biases of positions)."""
    table, rows = call.first(), call.tensors("indices")
    shape = call.shape(table)
    if call.stored(table) and len(shape) == 2 and len(rows) == 1 and call.made()[-1:] == shape[1:]:
        call.write(Embedding(*shape), [table, *rows])
    else:
        call.write(Rearrange("gather"), [table, *rows])


def embedding(call: Call) -> None:
    words, n = call.shape(call.tensor("weight"))
    call.write(Embedding(words, n), [call.tensor("weight"), call.tensor("indices")])


def rearranged(call: Call) -> None:
    call.write(Rearrange(call.op.rstrip("_")), call.every())


def expand(call: Call) -> None:
    if call.made() == call.shape(call.first()):
        call.same()
    else:
        call.write(Expand(), [call.first()])


def pad(call: Call) -> None:
    numbers = call.wholes("pad") or call.wholes("padding")
    rank = len(call.made())
    pairs = [(0, 0)] * rank
    for place in range(len(numbers) // 2):
        pairs[rank - 1 - place] = (numbers[2 * place], numbers[2 * place + 1])
    if not any(map(any, pairs)):
        call.same()
    else:
        call.write(Pad(tuple(pairs)), [call.first()])


def resize(call: Call) -> None:
    name = next(word for word in ("nearest", "linear", "cubic") if word in call.op)
    call.write(Resize(name), [call.first()])


def grid_sample(call: Call) -> None:
    call.write(Resize("grid"), call.every())


def pixel_shuffle(call: Call) -> None:
    kind = DepthToSpace(call.whole("upscale_factor", 1), len(call.made()) - 3)
    call.write(kind, [call.first()])


def pixel_unshuffle(call: Call) -> None:
    kind = SpaceToDepth(call.whole("downscale_factor", 1), len(call.made()) - 3)
    call.write(kind, [call.first()])


RESHAPES = words(
    """
    view reshape _unsafe_view flatten unflatten unsqueeze squeeze view_as reshape_as ravel view_copy
    atleast_1d atleast_2d
    """
)


REARRANGED = words(
    """
    roll flip gather index_select index_put scatter scatter_add tril triu unfold im2col col2im
    channel_shuffle native_channel_shuffle take_along_dim copy fill zero slice_scatter
    select_scatter diagonal rot90 repeat_interleave index_fill index_copy masked_select meshgrid
    """
)


PADS = words(
    """
    pad constant_pad_nd reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d
    replication_pad2d replication_pad3d
    """
)


RESIZES = words(
    """
    upsample_nearest1d upsample_nearest2d upsample_nearest3d upsample_linear1d upsample_bilinear2d
    upsample_trilinear3d upsample_bicubic2d _upsample_bilinear2d_aa _upsample_bicubic2d_aa
    _upsample_nearest_exact1d _upsample_nearest_exact2d
    """
)


RULES: dict[str, Rule] = {
    **dict.fromkeys(RESHAPES, reshape),
    **dict.fromkeys(REARRANGED, rearranged),
    **dict.fromkeys(PADS, pad),
    **dict.fromkeys(RESIZES, resize),
    **dict.fromkeys(words("cat concat"), concat),
    **dict.fromkeys(words("split split_with_sizes chunk tensor_split"), split),
    **dict.fromkeys(words("slice narrow"), cut),
    **dict.fromkeys(words("expand expand_as repeat tile broadcast_to"), expand),
    **dict.fromkeys(words("transpose t swapaxes swapdims mT numpy_T"), transpose),
    **dict.fromkeys(words("grid_sampler grid_sampler_2d"), grid_sample),
    "permute": permute,
    "movedim": move_axes,
    "stack": stack,
    "unbind": unbind,
    "select": select,
    "index": index,
    "embedding": embedding,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
}
