"""Convolutions, and the window of them and of pools: on which sides, with which padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from dscalc.law.fields import Padding
from dscalc.law.kinds import KINDS
from dscalc.law.window import same_pad
from dscalc.models.graph import Operator
from dscalc.models.kinds import Conv, ConvTranspose, Pads
from dscalc.models.lowering.layout import are_sides, length
from dscalc.models.lowering.state import Held, State
from dscalc.models.lowering.weights import weighted

Sides = tuple[int, ...]
T = TypeVar("T")


def simple(numbers: Sequence[int]) -> int | tuple[int, ...]:
    """One number where all axes have the same."""
    return numbers[0] if len(set(numbers)) == 1 else tuple(numbers)


def padding_of(
    kernel: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
    pads: Pads,
    same: bool,
) -> Padding:
    """The padding in the shortest word that means it at every size of the input."""
    reach = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    if same or all(2 * p == r and p == q for (p, q), r in zip(pads, reach, strict=True)):
        return "same"
    if not any(map(any, pads)):
        return "valid"
    if len(pads) == 1 and pads[0] == (reach[0], 0) and set(stride) == {1}:
        return "causal"
    if all(p == q for p, q in pads):
        return simple([p for p, _ in pads])
    return pads


def is_even(
    kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int], pads: Pads, sides: Sides
) -> bool:
    """Whether a window is padded alike on both sides where TensorFlow's SAME has more behind."""
    windows = zip(sides, kernel, stride, dilation, strict=True)
    same = [same_pad(*window) for window in windows]
    return any(p == q and p + q > both for (p, q), both in zip(pads, same, strict=True))


class Windows(NamedTuple):
    """The fields of a window for each side of the map that it goes over."""

    map: Held
    places: tuple[int | None, ...]  # which of the operator's axes each side is; None: a window of 1

    def each(self, numbers: Sequence[T], default: T) -> tuple[T, ...]:
        """One entry for each side of the map."""
        return tuple(default if at is None else numbers[at] for at in self.places)


def windows(state: State, name: str, channels: int, kernel: Sequence[int], pads: Pads) -> Windows:
    """A map for a window, with axes left out on which there is one position and nothing to do.

    So a convolution over rows that a format writes as one over images is one over rows, and
    examples with several frames each have these for a side.
    """
    sizes = state.sizes(name)
    spatial = [axis for axis in range(len(sizes)) if axis not in (0, channels)]
    frames = [0] if length(state.get(name).axes[0]) > 1 else []
    held = state.written(name)
    idle = [
        at
        for at, axis in enumerate(spatial)
        if sizes[axis] == 1 and kernel[at] == 1 and not any(pads[at])
    ]
    places: list[int | None] = [None] * len(frames)
    wanted = [*frames, *(axis for at, axis in enumerate(spatial) if at not in idle)]
    if are_sides([held.axes[a] for a in wanted], held.shape) and wanted:
        places += [at for at in range(len(spatial)) if at not in idle]
        return Windows(state.laid_out(name, wanted, channels), tuple(places))
    places += list(range(len(spatial)))
    return Windows(state.laid_out(name, [*frames, *spatial], channels), tuple(places))


def conv(state: State, operator: Operator) -> None:
    kind = operator.kind
    assert isinstance(kind, Conv)
    on = windows(state, operator.inputs[0], kind.channels, kind.kernel, kind.pads)
    x = on.map
    kernel, stride = on.each(kind.kernel, 1), on.each(kind.stride, 1)
    dilation, pads = on.each(kind.dilation, 1), on.each(kind.pads, (0, 0))
    padding = padding_of(kernel, stride, dilation, pads, kind.same)
    if padding == "same" and is_even(kernel, stride, dilation, pads, x.shape.sides):
        state.behind.padded += 1
    n, m = state.sizes(operator.outputs[0])[kind.channels], x.shape.channels
    window = {"k": simple(kernel), "stride": simple(stride), "padding": padding}
    window["dilation"] = simple(dilation)
    if kind.groups == m and n % m == 0 and m > 1:
        layer = KINDS["depthwise"](multiplier=n // m, **window)
    elif max(kernel) == 1 and padding in ("same", "valid"):
        layer = KINDS["pointwise"](n=n, g=kind.groups, stride=simple(stride))
    else:
        layer = KINDS["conv"](n=n, g=kind.groups, **window)
    weighted(state, operator, layer, x, kind.channels)


def conv_transpose(state: State, operator: Operator) -> None:
    kind = operator.kind
    assert isinstance(kind, ConvTranspose)
    on = windows(state, operator.inputs[0], kind.channels, kind.kernel, kind.pads)
    x = on.map
    made = state.sizes(operator.outputs[0])
    spatial = [side for axis, side in enumerate(made) if axis not in (0, kind.channels)]
    kernel, stride = on.each(kind.kernel, 1), on.each(kind.stride, 1)
    dilation, sides = on.each(kind.dilation, 1), on.each(spatial, x.shape.sides[0])
    pads, added = [], []
    fields = zip(
        x.shape.sides, sides, kernel, stride, dilation, on.each(kind.pads, (0, 0)), strict=True
    )
    for before, after, k, s, d, (p, q) in fields:
        spare = after - ((before - 1) * s - p - q + d * (k - 1) + 1)
        pads.append((p, q - min(spare, 0)))
        added.append(max(spare, 0))
    same = tuple(side * s for side, s in zip(x.shape.sides, stride, strict=True)) == sides
    even = all(p == q for p, q in pads)
    layer = KINDS["conv_transpose"](
        n=made[kind.channels],
        k=simple(kernel),
        stride=simple(stride),
        padding="same" if same else simple([p for p, _ in pads]) if even else tuple(pads),
        dilation=simple(dilation),
        g=kind.groups,
        output_padding=0 if same else simple(added),
    )
    weighted(state, operator, layer, x, kind.channels)
