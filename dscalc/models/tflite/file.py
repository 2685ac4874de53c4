"""The tables that a TFLite file is, and what more than one reader asks of them."""

from __future__ import annotations

from typing import NamedTuple

from dscalc.errors import DscalcError
from dscalc.models.flatbuffer import Table
from dscalc.models.tflite.operators import MOST_AXES, PLACEHOLDER

MOST_ENDS = 10_000  # tensors that an operator takes or makes, or a subgraph


class File(NamedTuple):
    """What the tables of a file are."""

    model: Table
    buffers: list[Table]
    codes: list[Table]
    subgraphs: list[Table]


def tables_of(model: Table) -> File:
    """The file that a model's table leads to."""
    return File(model, model.tables(4), model.tables(1), model.tables(2))


def sides(tensor: Table) -> tuple[int, ...]:
    """The shape that a tensor has in the file."""
    return tensor.numbers(0, "i", MOST_AXES)


def is_stored(file: File, tensor: Table) -> bool:
    """Whether a tensor's numbers stand in the file; DscalcError where it says no such place."""
    index = tensor.scalar(2, "I")
    if index >= len(file.buffers):
        raise DscalcError(f"'{tensor.text(3)}' is in buffer {index} of {len(file.buffers)}")
    buffer = file.buffers[index]
    far = buffer.scalar(1, "Q") > 1 and buffer.scalar(2, "Q") > 0
    return index > 0 and (buffer.span(0)[1] > 0 or far)


def code_of(file: File, operator: Table) -> tuple[int, Table]:
    """The number of an operator's kind in the schema, and its entry in the file's list."""
    index = operator.scalar(0, "I")
    if index >= len(file.codes):
        raise DscalcError(f"an operator of kind {index} of {len(file.codes)}")
    code = file.codes[index]
    number = code.scalar(0, "b")
    if number >= PLACEHOLDER or number < 0 or code.scalar(3, "i"):
        number = max(number, code.scalar(3, "i"))
    return number, code


def places(graph: Table, field: int, count: int) -> tuple[int, ...]:
    """The numbers of the tensors that are a subgraph's inputs (field 1) or outputs (2)."""
    indices = graph.numbers(field, "i", MOST_ENDS)
    for index in indices:
        if not 0 <= index < count:
            raise DscalcError(f"tensor {index} of {count} is to go in or come out")
    return indices


def wired(operator: Table, field: int, count: int) -> tuple[int, ...]:
    """The numbers of the tensors that an operator takes (field 1) or makes (2).

    One that is left out is -1.
    """
    indices = operator.numbers(field, "i", MOST_ENDS)
    for index in indices:
        if not -1 <= index < count:
            raise DscalcError(f"an operator takes or makes tensor {index} of {count}")
    return indices
