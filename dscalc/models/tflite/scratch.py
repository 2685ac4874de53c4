"""What the kernels of TensorFlow Lite Micro write for themselves while they run, in bytes.

Source: what the reference kernels of https://github.com/tensorflow/tflite-micro (August 2026)
request, on a host of 64 bits. Mean, sum and transposed convolutions were measured too.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import NamedTuple

from dscalc.models.flatbuffer import Table

INT8, INT16, INT4 = 9, 7, 17
POINTER = 8
SOFTMAX, TABLES = 25, 2 * 2 * 513  # two tables, which activations of int16 are looked up in
CELL_STATE = 19  # among the inputs of an LSTM


class Ends(NamedTuple):
    """The shape and the type of all that an operator takes and makes; ((), -1) of one left out."""

    takes: list[tuple[tuple[int, ...], int]]
    makes: list[tuple[tuple[int, ...], int]]


def scratch(number: int, operator: Table, ends: Ends) -> list[int]:
    """The sizes of what an operator of this number asks for, in the order that it does."""
    return _RULES[number](operator, ends) if number in _RULES and ends.makes else []


def table_bytes(number: int, ends: Ends) -> int:
    """What a kernel keeps of tables, for as long as there is the network."""
    return TABLES if number == SOFTMAX and _taken(ends, 0)[1] == INT16 else 0


def _taken(ends: Ends, place: int) -> tuple[tuple[int, ...], int]:
    return ends.takes[place] if place < len(ends.takes) else ((), -1)


def _rank_and_axes(ends: Ends) -> list[int]:
    return [4 * len(_taken(ends, 0)[0]), 4 * prod(_taken(ends, 1)[0])]


def _minimum(operator: Table, ends: Ends) -> list[int]:
    return _rank_and_axes(ends)


def _mean(operator: Table, ends: Ends) -> list[int]:
    own = [4 * prod(ends.makes[0][0])] if _taken(ends, 0)[1] in (INT8, INT16) else []
    return [*own, *_rank_and_axes(ends)]


def _transposed(operator: Table, ends: Ends) -> list[int]:
    kind, bias = _taken(ends, 2)[1], _taken(ends, 3)
    own = [8 * prod(bias[0])] if kind == INT16 and bias[1] == INT16 else []
    of_sums = {INT8: 4, INT16: 8}.get(kind, 0)
    return [*own, *([of_sums * prod(ends.makes[0][0])] if of_sums else [])]


def _unpacked(operator: Table, ends: Ends) -> list[int]:
    """Weights of four bits, a byte each."""
    shape, kind = _taken(ends, 1)
    return [prod(shape)] if kind == INT4 else []


def _sum_of_many(operator: Table, ends: Ends) -> list[int]:
    return [POINTER * len(ends.takes)]


def _mirrored(operator: Table, ends: Ends) -> list[int]:
    return [4 * len(_taken(ends, 0)[0])] * 2


def _svdf(operator: Table, ends: Ends) -> list[int]:
    (x, kind), (features, _) = _taken(ends, 0), _taken(ends, 1)
    batch, filters = (*x, 1)[0], (*features, 1)[0]
    options = operator.table(4)
    units = filters // max(1, options.scalar(0, "i") if options else 1)
    return [4 * batch * filters, *([4 * batch * units] if kind == INT8 else [])]


def _lstm(operator: Table, ends: Ends) -> list[int]:
    shape, kind = _taken(ends, CELL_STATE)
    return [prod(shape) * (2 if kind == INT16 else 4)] * 4


_RULES: dict[int, Callable[[Table, Ends], list[int]]] = {
    3: _unpacked,
    4: _unpacked,
    9: _unpacked,
    27: _svdf,
    40: _mean,
    44: _lstm,
    67: _transposed,
    74: _mean,
    82: _minimum,
    89: _minimum,
    91: _minimum,
    100: _mirrored,
    106: _sum_of_many,
    140: _minimum,
}

WEIGHTED: dict[int, Callable[[Ends], int]] = {
    3: lambda ends: (*_taken(ends, 1)[0], 0)[0],
    4: lambda ends: (0, *_taken(ends, 1)[0])[-1],
    9: lambda ends: (*_taken(ends, 1)[0], 0)[0],
    67: lambda ends: (*_taken(ends, 1)[0], 0)[0],
}
"""The output channels of operators that keep a scale for each."""
