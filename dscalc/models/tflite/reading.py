"""A TFLite file as a graph: the tables of its schema, subgraphs put in where they are called.

The schema: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs.
Weights are never read, only numbers that shapes follow from (what a RESHAPE is given).
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from struct import unpack_from
from typing import NamedTuple

from dscalc.errors import DscalcError
from dscalc.models.flatbuffer import Table, root
from dscalc.models.graph import Graph, Shape
from dscalc.models.inputs import Given
from dscalc.models.tensorflow.operators import perform
from dscalc.models.tensorflow.run import MOST_VALUES, Call, Run, Values, finished, set_inputs
from dscalc.models.tflite.file import File, code_of, is_stored, places, sides, tables_of, wired
from dscalc.models.tflite.lives import read_lives
from dscalc.models.tflite.operators import (
    CUSTOM,
    CUSTOM_OPERATORS,
    MOST_AXES,
    OPERATORS,
    custom_attributes,
)

VERSION = 3
LONGEST_NAME = 200
DEEPEST_CALL = 32
COST_OF_A_CALL = 100  # in tensors, for the time that it takes to go through
WHOLE_NUMBERS = {2: "i", 4: "q", 6: "b", 7: "h"}  # TensorType: int32, int64, bool, int16
SIZES = {"i": 4, "q": 8, "b": 1, "h": 2}


class _State(NamedTuple):
    """A run, and what its operators write beside their outputs."""

    file: File
    run: Run
    told: dict[str, Shape]
    constants: dict[str, Table]  # stored tensors by name
    inputs: list[str]
    handles: dict[str, str]  # the variable that a tensor is the handle of
    variables: dict[str, str]  # what a variable holds now


def read_tflite(data: memoryview, given: Given | None = None) -> Graph:
    """The graph of a TFLite file, run at the inputs that are `given`.

    Raises DscalcError for what is no TFLite file, for sides that are open and not given, and for
    operators whose cost is not known.
    """
    model = root(data)
    if model.scalar(0, "I") != VERSION:
        raise DscalcError(f"version {model.scalar(0, 'I')} of TFLite's format; 3 is read")
    file = tables_of(model)
    if not file.subgraphs:
        raise DscalcError("it has no subgraph")
    main = file.subgraphs[0]
    constants: dict[str, Table] = {}
    told: dict[str, Shape] = {}
    run = Run({}, lambda name: _numbers(file, constants.get(name)), told)
    state = _State(file, run, told, constants, [], {}, {})
    tensors = main.tables(0)
    names = _names(state, tensors, "")
    _set_inputs(state, main, tensors, names, given or {})
    _store(state, tensors, names)
    _operators(state, main, names, 0)
    outputs = [
        run.names.get(name, name) for name in (names[i] for i in places(main, 2, len(names)))
    ]
    outputs += [name for name in state.variables.values() if name not in state.inputs]
    graph = finished(run, "TFLite", main.text(4, LONGEST_NAME), state.inputs, outputs)
    return graph._replace(lives=read_lives(file, _shapes_of_run(state, tensors, names)))


def _shapes_of_run(
    state: _State, tensors: list[Table], names: list[str]
) -> Callable[[int], tuple[int, ...] | None]:
    """The shapes of the first subgraph's tensors where it is run at others than the file's own."""
    run = state.run
    given = {name: run.shape(name) for name in state.inputs}
    if all(
        given.get(name, own) == own for name, own in zip(names, map(sides, tensors), strict=True)
    ):
        return lambda number: None

    def shape(number: int) -> tuple[int, ...]:
        name = names[number]
        name = run.names.get(name, name)
        if name not in run.tensors:
            raise DscalcError(f"the shape of '{name}' is not known at these inputs")
        return run.shape(name)

    return shape


def _names(state: _State, tensors: list[Table], prefix: str) -> list[str]:
    """A name for each tensor of a subgraph, the file's own where it is alone in having it."""
    state.run.count(len(tensors))
    names: list[str] = []
    taken: set[str] = set()
    for i, tensor in enumerate(tensors):
        name = f"{prefix}{tensor.text(3, LONGEST_NAME)}"
        while not name or name in taken or name in state.run.tensors:
            name = f"{name}#{i}"
        taken.add(name)
        names.append(name)
    return names


def _set_inputs(
    state: _State, main: Table, tensors: list[Table], names: list[str], given: Given
) -> None:
    """The inputs of the file, with the shapes that they are run at."""
    declared: dict[str, Shape] = {}
    taken = places(main, 1, len(tensors))
    for i in taken:
        declared[names[i]] = _signature(tensors[i])
    shapes = set_inputs(state.run, declared, given)
    state.inputs.extend(shapes)
    same = all(shapes[names[i]] == sides(tensors[i]) for i in taken)
    for name, tensor in zip(names, tensors, strict=True):
        if same and -1 not in tensor.numbers(7, "i", MOST_AXES) and sides(tensor):
            state.told[name] = sides(tensor)


def _signature(tensor: Table) -> Shape:
    """The shape of a tensor, None for sides that are open in the file."""
    signature = tensor.numbers(7, "i", MOST_AXES) or sides(tensor)
    return tuple(None if side == -1 else side for side in signature)


def _store(state: _State, tensors: list[Table], names: list[str]) -> None:
    """The tensors of a subgraph whose numbers stand in the file.

    A storage is a tensor and not its buffer: a converter gives equal tensors (biases that are all
    zero) one buffer, and they are two all the same.
    """
    for name, tensor in zip(names, tensors, strict=True):
        if name in state.run.tensors or not is_stored(state.file, tensor):
            continue
        state.run.make(name, sides(tensor), f"tensor at {tensor.at}")
        state.constants[name] = tensor


def _numbers(file: File, tensor: Table | None) -> Values | None:
    """The whole numbers of a stored tensor, where they are few."""
    if tensor is None:
        return None
    code = WHOLE_NUMBERS.get(tensor.scalar(1, "b"))
    shape = sides(tensor)
    if code is None or prod(shape) > MOST_VALUES:
        return None
    buffer = file.buffers[tensor.scalar(2, "I")]
    if buffer.span(0)[1] != prod(shape) * SIZES[code]:
        return None
    return unpack_from(f"<{prod(shape)}{code}", buffer.data, buffer.span(0)[0])


def _operators(state: _State, graph: Table, names: list[str], depth: int) -> None:
    """Runs the operators of a subgraph in their order."""
    for operator in graph.tables(3):
        call = _call(state.file, operator, names)
        _perform(state, call, depth)
        for output in call.outputs:
            _compare(state, call, output)


def _call(file: File, operator: Table, names: list[str]) -> Call:
    number, code = code_of(file, operator)
    inputs, outputs = _named(operator, 1, names), _named(operator, 2, names)
    name = outputs[0].split(";")[0] if outputs else ""
    if number == CUSTOM:
        source = code.text(1, LONGEST_NAME)
        op = CUSTOM_OPERATORS.get(source, source)
        start, length = operator.span(5)
        raw = bytes(operator.data[start : start + min(length, 64)])
        return Call(op, source, name, inputs, outputs, custom_attributes(op, raw))
    if number not in OPERATORS:
        raise DscalcError(f"operator {number} of TFLite at '{name}': it is not known what it costs")
    source, op, options = OPERATORS[number]
    table = operator.table(4) or operator.table(12) or Table(_EMPTY, 4)
    return Call(op, source, name, inputs, outputs, options(table))


# A table without fields, whose options all have their defaults: its vtable of 4 bytes, then it.
_EMPTY = memoryview(b"\x04\x00\x04\x00\x04\x00\x00\x00")


def _named(operator: Table, field: int, names: list[str]) -> tuple[str, ...]:
    """The tensors that an operator takes or makes; one that is left out has no name."""
    indices = wired(operator, field, len(names))
    return tuple([names[index] if index >= 0 else "" for index in indices])


def _perform(state: _State, call: Call, depth: int) -> None:
    """One call: a variable, a subgraph, or what a law covers."""
    run = state.run
    if call.op == "CallOnce":  # what variables hold before the first run
        return
    if call.op == "VarHandle":
        state.handles[run.output(call)] = call.attributes["variable"]
    elif call.op == "ReadVariable":
        _read_variable(state, call)
    elif call.op == "AssignVariable":
        handle, value = (*call.inputs, "", "")[:2]
        state.variables[_variable(state, handle)] = run.names.get(value, value)
        run.open_shape(run.names.get(value, value))
    elif call.op == "Call":
        _enter(state, call, call.attributes["subgraphs"][0], call.inputs, depth)
    elif call.op == "If" and (choice := run.value((*call.inputs, "")[0])):
        branch = call.attributes["subgraphs"][0 if choice[0] else 1]
        _enter(state, call, branch, call.inputs[1:], depth)
    else:
        perform(run, call)


def _variable(state: _State, handle: str) -> str:
    handle = state.run.names.get(handle, handle)
    if handle not in state.handles:
        raise DscalcError(f"'{handle}' is no handle of a variable")
    return state.handles[handle]


def _read_variable(state: _State, call: Call) -> None:
    """What a variable holds: what was assigned to it in this run, or else an input of the run."""
    variable, output = _variable(state, (*call.inputs, "")[0]), state.run.output(call)
    if variable not in state.variables:
        shape = state.told.get(output)
        if shape is None:
            raise DscalcError(f"{call}: the shape of the variable '{variable}' is open")
        state.run.make(output, shape)
        state.variables[variable] = output
        state.inputs.append(output)
        return
    state.run.same(call, state.variables[variable])


def _enter(state: _State, call: Call, index: int, inputs: tuple[str, ...], depth: int) -> None:
    """Puts a subgraph in the place of its call."""
    if not 0 <= index < len(state.file.subgraphs):
        raise DscalcError(f"{call}: subgraph {index} of {len(state.file.subgraphs)}")
    if depth >= DEEPEST_CALL:
        raise DscalcError(f"{call}: more than {DEEPEST_CALL} subgraphs inside each other")
    run, graph = state.run, state.file.subgraphs[index]
    run.count(COST_OF_A_CALL)
    tensors = graph.tables(0)
    names = _names(state, tensors, f"{call.name}/")
    taken, made = ([names[i] for i in places(graph, field, len(names))] for field in (1, 2))
    if len(taken) != len(inputs) or len(made) != len(call.outputs):
        raise DscalcError(f"{call}: it gives {len(inputs)} inputs to a subgraph of {len(taken)}")
    for name, source in zip(taken, inputs, strict=True):
        run.same(call._replace(outputs=(name,)), run.names.get(source, source))
    _store(state, tensors, names)
    _operators(state, graph, names, depth + 1)
    for name, output in zip(made, call.outputs, strict=True):
        run.same(call._replace(outputs=(output,)), run.names.get(name, name))


def _compare(state: _State, call: Call, output: str) -> None:
    """Raises DscalcError where a law gives another shape than the file states."""
    told = state.told.get(output)
    tensor = state.run.tensors.get(state.run.names.get(output, output))
    if told is not None and tensor is not None and tensor.shape is not None:
        known = [
            None if side is None else now for side, now in zip(tensor.shape, told, strict=False)
        ]
        if len(tensor.shape) != len(told) or tuple(known) != tensor.shape:
            raise DscalcError(
                f"{call} makes {list(tensor.shape)}, and the file says {list(told)}: it is damaged,"
                " or made for other inputs"
            )
