"""ONNX file → graph: the inputs with their sides, the run, and what of it the outputs need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dscalc.errors import DscalcError, nearest
from dscalc.models.graph import Graph, Operator, Shape, checked
from dscalc.models.onnx.call import Value, Values
from dscalc.models.onnx.file import Open, read_model
from dscalc.models.onnx.run import Frame, Run, Scope

Given = Mapping[str, tuple[int, ...] | int | float]


def read_onnx(data: memoryview, given: Given | None = None) -> Graph:
    """The graph of an ONNX file, run at the inputs that are `given`.

    A tuple is the shape of an input, a number its value. The first axis of an input, where the
    file leaves it open, has one position. Raises DscalcError for a damaged file, an input whose
    other sides are open and not given, and an operator that is not known, by the node's name.
    """
    model = read_model(data)
    run = Run(model.functions, model.opset)
    scope: Scope = dict(run.held(model.graph))
    opens = [entry for entry in model.graph.inputs if entry.name not in scope]
    for name in given or {}:
        if name not in (known := [entry.name for entry in opens]):
            hint = nearest(name, known) or f"; there are: {', '.join(known)}"
            raise DscalcError(f"the model has no input '{name}'{hint}")
    for entry, value in zip(opens, _input_values(opens, given or {}), strict=True):
        scope[entry.name] = run.input(value)
    run.run_body(model.graph, Frame(scope, {}, 0))
    outputs = run.outputs(scope, model.graph.outputs)
    first = run.tensors[run.inputs[0]].shape if run.inputs else None
    batch = (first[0] if first and len(first) > 1 else 1) or 1
    notes = (f"the file runs {batch} examples at once; figures are for one",) if batch > 1 else ()
    operators = _needed(run.operators, outputs)
    used = {name for operator in operators for name in operator.inputs + operator.outputs}
    used.update(outputs, run.inputs)
    tensors = {name: tensor for name, tensor in run.tensors.items() if name in used}
    name = model.graph.name
    return checked(
        Graph("ONNX", name, tensors, tuple(operators), tuple(run.inputs), outputs, batch, notes)
    )


def _input_values(opens: list[Open], given: Given) -> list[Value]:
    """The inputs with all sides known; one name of an open side has one meaning everywhere."""
    named = {sides[0] for _, sides in opens if sides and isinstance(sides[0], str)} - {""}
    values, problems = [], []
    for name, sides in opens:
        told = given.get(name)
        shape: Shape | None = None
        if sides is not None:
            shape = tuple(
                side if isinstance(side, int) else 1 if side in named or not axis else None
                for axis, side in enumerate(sides)
            )
        if isinstance(told, tuple):
            if sides is not None and len(told) != len(sides):
                raise DscalcError(f"the input '{name}' has {len(sides)} axes: {_written(sides)}")
            shape = told
        number: Values | None = (told,) if isinstance(told, (int, float)) else None
        if number and shape not in ((), (1,), None):
            raise DscalcError(f"the input '{name}' is no single number: {_written(sides or ())}")
        if shape is None and number is None:
            problems.append(f"nothing is said of the shape of the input '{name}'; say it")
        elif shape is not None and None in shape:
            problems.append(
                f"the input '{name}' has open sides: {_written(sides or ())}; say them, "
                f"as in {name}={'x'.join(str(side or 224) for side in shape)}"
            )
        values.append(Value(name, shape or (), number, number is not None))
    if problems:
        raise DscalcError(*problems)
    return values


def _written(sides: Iterable[int | str]) -> str:
    return f"[{', '.join(str(side or '?') for side in sides)}]"


def _needed(operators: list[Operator], outputs: Iterable[str]) -> list[Operator]:
    """The operators that an output needs, in their order."""
    wanted = set(outputs)
    kept = []
    for operator in reversed(operators):
        if wanted.intersection(operator.outputs):
            wanted.update(operator.inputs)
            kept.append(operator)
    return kept[::-1]
