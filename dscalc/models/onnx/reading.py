"""ONNX file → graph: the inputs with their sides, the run, and what of it the outputs need."""

from __future__ import annotations

from collections.abc import Iterable

from dscalc.errors import DscalcError
from dscalc.models.graph import Graph, Operator, Shape, checked, examples
from dscalc.models.inputs import Given, told_inputs
from dscalc.models.onnx.call import Value
from dscalc.models.onnx.file import Open, read_model
from dscalc.models.onnx.run import Frame, Run, Scope


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
    values = _input_values(opens, given or {})
    for value in values:
        scope[value.name] = run.input(value._replace(constant=value.values is not None))
    run.run_body(model.graph, Frame(scope, {}, 0))
    outputs = run.outputs(scope, model.graph.outputs)
    operators = _needed(run.operators, outputs)
    batch = examples(run.tensors, operators, run.inputs[0]) if run.inputs else 1
    notes = (f"the file runs {batch} examples at once; figures are for one",) if batch > 1 else ()
    used = {name for operator in operators for name in operator.inputs + operator.outputs}
    used.update(outputs, run.inputs)
    tensors = {name: tensor for name, tensor in run.tensors.items() if name in used}
    name = model.graph.name
    return checked(
        Graph("ONNX", name, tensors, tuple(operators), tuple(run.inputs), outputs, batch, notes)
    )


def _input_values(opens: list[Open], given: Given) -> list[Value]:
    """The inputs with all sides known; one name of an open side has one meaning everywhere."""
    batches = {sides[0] for _, sides in opens if sides and isinstance(sides[0], str)} - {""}
    declared: dict[str, Shape] = {}
    for name, sides in opens:
        told = given.get(name)
        if sides is None:
            sides = () if not isinstance(told, tuple) else told
            if told is None:
                raise DscalcError(f"nothing is said of the shape of the input '{name}'; say it")
        declared[name] = tuple(
            side if isinstance(side, int) else 1 if side in batches else None for side in sides
        )
    shapes = told_inputs(declared, given)
    return [
        Value(name, shape, None if isinstance(told, tuple) or told is None else (told,))
        for name, shape in shapes.items()
        for told in [given.get(name)]
    ]


def _needed(operators: list[Operator], outputs: Iterable[str]) -> list[Operator]:
    """The operators that an output needs, in their order."""
    wanted = set(outputs)
    kept = []
    for operator in reversed(operators):
        if wanted.intersection(operator.outputs):
            wanted.update(operator.inputs)
            kept.append(operator)
    return kept[::-1]
