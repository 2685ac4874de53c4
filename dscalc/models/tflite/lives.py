"""A TFLite file as TensorFlow Lite Micro plans it: its own tensors, from when to when each lives.

Source: the rules of micro_allocation_info.cc in https://github.com/tensorflow/tflite-micro. Nothing
is computed in place, and nothing is left out: an operator that changes no number has an output.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from math import prod
from struct import unpack_from
from typing import NamedTuple

from dscalc.errors import DscalcError
from dscalc.law.layer import INPUT
from dscalc.law.lives import Buffer, Kept, Lives
from dscalc.models.flatbuffer import Table
from dscalc.models.tflite.file import File, code_of, is_stored, places, sides, wired
from dscalc.models.tflite.operators import OPERATORS
from dscalc.models.tflite.scratch import WEIGHTED, Ends, scratch, table_bytes

Sides = tuple[int, ...]
SIZES = {0: 4, 1: 2, 2: 4, 3: 1, 4: 8, 6: 1, 7: 2, 8: 8, 9: 1, 10: 8, 11: 16, 12: 8, 13: 4,
         15: 4, 16: 2, 17: 1, 18: 2}  # fmt: skip
"""Bytes of an element by the number of its type; of strings and variants there is no such."""
DTYPES = {0: "float32", 1: "float16", 3: "int8", 7: "int16", 9: "int8", 17: "int4", 18: "bfloat16"}
VAR_HANDLE = 142
SUBGRAPHS = {118: (0, 1), 119: (0, 1), 129: (0,)}  # of IF, WHILE and CALL_ONCE: their options
OFFLINE = "OfflineMemoryAllocation"
MOST_CLOCKS = 100_000
DEEPEST = 32
NEVER = "(never used)"


class _Life(NamedTuple):
    first: int
    last: int


def read_lives(file: File, shapes: Callable[[int], Sides | None]) -> Lives:
    """What is to be planned of a file whose first subgraph is run.

    `shapes` gives those of the first subgraph's tensors, by their numbers, where the file is run
    at other inputs than its own; None where it is not.
    """
    try:
        return _Walk(file, shapes).lives()
    except DscalcError as error:
        return Lives((), 0, (INPUT,), Kept(0, 0, 0), refused=error.problems[0].message)


class _Kernel(NamedTuple):
    """An operator by its number in the schema, with what it takes and makes, and when it runs."""

    number: int
    operator: Table
    ends: Ends
    ran: _Life


class _Walk:
    """The lives of all tensors of a file."""

    def __init__(self, file: File, shapes: Callable[[int], Sides | None]) -> None:
        self.file = file
        self.shapes = shapes
        self.tensors = [graph.tables(0) for graph in file.subgraphs]
        self.operators = [graph.tables(3) for graph in file.subgraphs]
        self.clocks = [INPUT]
        self.seen: dict[tuple[int, int], _Life] = {}
        self.ran: dict[tuple[int, int], _Life] = {}  # operators, by subgraph and place
        self.handles: set[tuple[int, int]] = set()
        self._subgraph(0, 0)

    # ------------------------------------------------------------ from when to when

    def _begin(self, graph: int, tensor: int) -> None:
        now = len(self.clocks) - 1
        self.seen[graph, tensor] = _Life(now, now)

    def _end(self, graph: int, tensor: int) -> None:
        now = len(self.clocks) - 1
        first = self.seen[graph, tensor].first if (graph, tensor) in self.seen else now
        self.seen[graph, tensor] = _Life(first, now)

    def _tick(self, name: str) -> None:
        self.clocks.append(name)
        if len(self.clocks) > MOST_CLOCKS:
            raise DscalcError(f"more than {MOST_CLOCKS:,} operators run one after the other")

    def _subgraph(self, graph: int, depth: int) -> None:
        """What goes in and out begins with it; what goes out stays to its end."""
        count = len(self.tensors[graph])
        ends = [places(self.file.subgraphs[graph], field, count) for field in (1, 2)]
        for tensor in (*ends[0], *ends[1]):
            self._begin(graph, tensor)
        for place, operator in enumerate(self.operators[graph]):
            self._operator(graph, place, operator, depth)
        for tensor in ends[1]:
            self._end(graph, tensor)

    def _operator(self, graph: int, place: int, operator: Table, depth: int) -> None:
        """What it makes begins with it; all that it takes or makes is there until it is done."""
        tensors = self.tensors[graph]
        takes, makes = (_wired(operator, field, len(tensors)) for field in (1, 2))
        number, _ = code_of(self.file, operator)
        self._tick(_name(number, tensors, makes))
        started = len(self.clocks) - 1
        for tensor in makes:
            self._begin(graph, tensor)
        if number == VAR_HANDLE:
            self.handles.update((graph, tensor) for tensor in makes)
        for called in _called(number, operator):
            if not 0 <= called < len(self.tensors) or depth >= DEEPEST:
                raise DscalcError(f"subgraph {called} cannot be run inside of others")
            self._tick(self.clocks[started])
            self._subgraph(called, depth + 1)
        for tensor in (*takes, *makes):
            self._end(graph, tensor)
        self.ran[graph, place] = _Life(started, len(self.clocks) - 1)

    # ------------------------------------------------------------ what is to be planned

    def lives(self) -> Lives:
        offline = _offline(self.file, sum(map(len, self.tensors)))
        maps = list(self._maps(offline))
        kernels = list(self._kernels())
        own = list(self._scratch(kernels))
        clocks = self.clocks
        if any(buffer.first == len(clocks) for buffer in (*maps, *own)):
            clocks = [*clocks, NEVER]
        return Lives((*maps, *own), len(maps), tuple(clocks), self._kept(kernels), self._dtype())

    def _life(self, of: _Life | None) -> _Life:
        """That of what no operator uses is apart from all others."""
        return of or _Life(len(self.clocks), len(self.clocks))

    def _maps(self, offline: Sides) -> Iterator[Buffer]:
        """The tensors without numbers in the file, of every subgraph."""
        index = -1
        for graph, tensors in enumerate(self.tensors):
            for number, tensor in enumerate(tensors):
                index += 1
                if not self._planned(graph, number):
                    continue
                size = prod(self._sides(graph, number)) * _size(tensor)
                fixed = offline[index] if offline and offline[index] >= 0 else None
                if size:
                    life = self._life(self.seen.get((graph, number)))
                    yield Buffer(_text(tensor), size, *life, fixed)

    def _planned(self, graph: int, number: int) -> bool:
        tensor = self.tensors[graph][number]
        kept = is_stored(self.file, tensor) or bool(tensor.scalar(5, "B"))
        return not kept and (graph, number) not in self.handles

    def _sides(self, graph: int, number: int) -> Sides:
        told = self.shapes(number) if graph == 0 else None
        found = sides(self.tensors[graph][number]) if told is None else told
        if any(side < 0 for side in found):
            raise DscalcError(f"'{_text(self.tensors[graph][number])}' has open sides")
        return found

    def _kernels(self) -> Iterator[_Kernel]:
        """What runs each operator, of every subgraph."""
        for graph, operators in enumerate(self.operators):
            for place, operator in enumerate(operators):
                number, _ = code_of(self.file, operator)
                ran = self._life(self.ran.get((graph, place)))
                yield _Kernel(number, operator, self._ends(graph, operator), ran)

    def _scratch(self, kernels: list[_Kernel]) -> Iterator[Buffer]:
        """What kernels write for themselves while they run."""
        for number, operator, ends, ran in kernels:
            name = self.clocks[ran.first] if ran.first < len(self.clocks) else NEVER
            for size in scratch(number, operator, ends):
                yield Buffer(name, size, *ran)

    def _ends(self, graph: int, operator: Table) -> Ends:
        """The shapes and types of what an operator takes and makes."""
        count = len(self.tensors[graph])
        takes = wired(operator, 1, count)
        makes = wired(operator, 2, count)
        return Ends(*([self._end_of(graph, one) for one in some] for some in (takes, makes)))

    def _end_of(self, graph: int, number: int) -> tuple[Sides, int]:
        if number < 0:
            return (), -1
        return self._sides(graph, number), self.tensors[graph][number].scalar(1, "b")

    # ------------------------------------------------------------ what is kept, and in which type

    def _kept(self, kernels: list[_Kernel]) -> Kept:
        channels = sum(WEIGHTED[one.number](one.ends) for one in kernels if one.number in WEIGHTED)
        tables = sum(table_bytes(one.number, one.ends) for one in kernels)
        return Kept(sum(map(len, self.tensors)), len(kernels), channels, tables)

    def _dtype(self) -> str:
        """The type of most maps that an operator of the first subgraph makes."""
        tensors = self.tensors[0]
        types = Counter(
            tensors[number].scalar(1, "b")
            for graph, number in self.seen
            if graph == 0 and self._planned(0, number)
        )
        return DTYPES.get(types.most_common(1)[0][0], "") if types else ""


def _wired(operator: Table, field: int, count: int) -> list[int]:
    return [number for number in wired(operator, field, count) if number >= 0]


def _called(number: int, operator: Table) -> list[int]:
    """The subgraphs that an operator runs."""
    options = operator.table(4)
    return [options.scalar(field, "i") for field in SUBGRAPHS.get(number, ()) if options]


def _name(number: int, tensors: list[Table], makes: list[int]) -> str:
    """What an operator is called: what it makes, or else its kind."""
    if makes:
        return _text(tensors[makes[0]])
    return OPERATORS[number][0] if number in OPERATORS else str(number)


def _text(tensor: Table) -> str:
    return tensor.text(3, 200).split(";")[0]


def _size(tensor: Table) -> int:
    code = tensor.scalar(1, "b")
    if code not in SIZES:
        raise DscalcError(f"'{_text(tensor)}' is of type {code}, which takes no fixed bytes")
    return SIZES[code]


def _offline(file: File, count: int) -> Sides:
    """Where the file says that its tensors begin, -1 where a planner decides; () if it does not."""
    for entry in file.model.tables(6):
        index = entry.scalar(1, "I")
        if entry.text(0) == OFFLINE and index < len(file.buffers):
            start, length = file.buffers[index].span(0)
            if length != 4 * (3 + count):
                raise DscalcError(f"{OFFLINE} does not say the places of {count} tensors")
            return unpack_from(f"<{count}i", file.buffers[index].data, start + 12)
    return ()
