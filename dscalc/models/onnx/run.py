"""ONNX file → graph, by a run over shapes and small values in place of numbers.

ONNX's own shape inference leaves a third of real files incomplete: shapes there are computed by
operators (Shape, Gather, Concat, If) whose values it does not follow. This run does. An operator
on what every run has alike is computed or becomes stored; one on maps becomes an operator of the
graph; functions, and the branch that an If takes, are run in its place.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping, MutableMapping
from typing import NamedTuple

from dscalc.errors import DscalcError, Problem
from dscalc.models.graph import MOST_OPERATORS, Operator, Tensor, check_shape
from dscalc.models.kinds import (
    Activation,
    Conv,
    ConvTranspose,
    Embedding,
    Expand,
    Linear,
    Norm,
    Opaque,
    Recurrent,
    Reshape,
    Transpose,
)
from dscalc.models.onnx import elementwise, images, products, shapes, windows
from dscalc.models.onnx.call import Call, Made, Value, Values
from dscalc.models.onnx.file import (
    DEEPEST,
    Attribute,
    Body,
    Function,
    Node,
    Stored,
)
from dscalc.models.onnx.values import evaluate

RULES = shapes.RULES | images.RULES | elementwise.RULES | windows.RULES | products.RULES
WEIGHTED = (Conv, ConvTranspose, Linear, Recurrent, Norm, Activation)
MOST_COMPUTED = 1_000_000  # numbers that decide shapes; real files have some thousand
WAYS_OUT = "export the model without it, or write this layer as `opaque` in a YAML file"

Scope = MutableMapping[str, Value]


class Frame(NamedTuple):
    """Where a node is run: the values it sees, the attributes of the function it stands in."""

    scope: Scope
    attributes: Mapping[str, Attribute]
    depth: int


def _stored_value(stored: Stored) -> Value:
    return Value(stored.name, stored.shape, stored.values, True, stored.name)


class Run:
    """The state of one run: the tensors and operators of the graph so far."""

    def __init__(self, functions: Mapping[str, Function], opset: int) -> None:
        self.functions = functions
        self.opset = opset
        self.tensors: dict[str, Tensor] = {}
        self.operators: list[Operator] = []
        self.inputs: list[str] = []
        self.nodes = 0
        self.computed = 0
        self.names: dict[str, int] = {}
        self.constants: dict[int, Value] = {}
        self.bodies: dict[int, dict[str, Value]] = {}

    def input(self, value: Value) -> Value:
        """Takes up an input of the model."""
        fresh = value._replace(name=self._fresh(value.name))
        self.tensors[fresh.name] = Tensor(fresh.name, fresh.shape)
        self.inputs.append(fresh.name)
        return fresh

    def outputs(self, scope: Mapping[str, Value], names: Iterable[str]) -> tuple[str, ...]:
        """The tensors that the model gives."""
        for name in names:
            if name not in scope:
                raise DscalcError(f"the output '{name}' is made by no node")
        return tuple(dict.fromkeys(self.taken(scope[name]) for name in names))

    def run_body(self, body: Body, frame: Frame) -> None:
        """Runs the nodes of a graph; what they make is in the frame's scope then."""
        if frame.depth > DEEPEST:
            raise DscalcError(f"more than {DEEPEST} graphs or functions inside each other")
        for node in body.nodes:
            self.nodes += 1
            if self.nodes > MOST_OPERATORS:
                raise DscalcError(f"more than {MOST_OPERATORS:,} nodes")
            try:
                self._run_node(node, frame)
            except DscalcError as error:
                raise _located(error, node) from None
            except (ValueError, IndexError, ArithmeticError):
                raise _located(DscalcError("its attributes do not fit its inputs"), node) from None

    def _run_node(self, node: Node, frame: Frame) -> None:
        given = [self._seen(name, frame) for name in node.inputs]
        attributes = dict(node.attributes)
        for key, source in node.references.items():
            if source in frame.attributes:
                attributes[key] = frame.attributes[source]
        call = Call(node.op, self.opset, tuple(given), attributes, len(node.outputs))
        if node.op == "Constant":
            results = [self._constant(call, node)]
        elif node.op == "If":
            results = self._branch(call, frame)
        elif node.op in self.functions:
            results = self._function(call, frame)
        elif node.op in RULES:
            results = self._operator(call, node)
        elif node.op in ("Loop", "Scan", "SequenceMap"):
            raise DscalcError(f"how often a {node.op} runs is not in the file; {WAYS_OUT}")
        else:
            raise DscalcError(f"the operator is not known, and may cost something; {WAYS_OUT}")
        frame.scope.update(zip(node.outputs, results, strict=False))

    def _seen(self, name: str, frame: Frame) -> Value | None:
        if name and name not in frame.scope:
            raise DscalcError(f"it takes '{name}', which nothing before it makes")
        return frame.scope[name] if name else None

    def _constant(self, call: Call, node: Node) -> Value:
        """What a Constant holds: the same thing, and stored once, however often a function runs."""
        if id(node) not in self.constants:
            name = self._fresh(node.outputs[0])
            stored = next(map(_held, call.attributes.values()), None)
            if stored is None:
                raise DscalcError("a constant without a value that is read")
            self.constants[id(node)] = Value(name, stored.shape, stored.values, True, name)
        return self.constants[id(node)]

    def held(self, body: Body) -> dict[str, Value]:
        """The stored tensors of a branch, by its own names for them."""
        if id(body) not in self.bodies:
            self.bodies[id(body)] = {
                name: _stored_value(stored._replace(name=self._fresh(name)))
                for name, stored in body.stored.items()
            }
        return self.bodies[id(body)]

    def _branch(self, call: Call, frame: Frame) -> list[Value]:
        condition = call.value(0).values
        if condition is None or len(condition) != 1:
            numbers = [name for name in self.inputs if self.tensors[name].shape in ((), (1,))]
            hint = f"; say the value of {' or '.join(numbers)}" if numbers else ""
            raise DscalcError(f"which branch it takes depends on numbers that only a run has{hint}")
        body = call.attributes.get("then_branch" if condition[0] else "else_branch")
        if not isinstance(body, Body):
            raise DscalcError("the branch that it takes is missing")
        scope: Scope = ChainMap(dict(self.held(body)), frame.scope)
        self.run_body(body, Frame(scope, frame.attributes, frame.depth + 1))
        return self._results(body, scope)

    def _function(self, call: Call, frame: Frame) -> list[Value]:
        body, defaults = self.functions[call.op]
        scope: Scope = {
            entry.name: value
            for entry, value in zip(body.inputs, call.inputs, strict=False)
            if value is not None
        }
        inner = Frame(scope, {**defaults, **call.attributes}, frame.depth + 1)
        self.run_body(body, inner)
        return self._results(body, scope)

    def _results(self, body: Body, scope: Scope) -> list[Value]:
        missing = [name for name in body.outputs if name not in scope]
        if missing:
            raise DscalcError(f"its output '{missing[0]}' is made by no node")
        return [scope[name] for name in body.outputs]

    def _operator(self, call: Call, node: Node) -> list[Value]:
        made = _embedding(call) or RULES[call.op](call)
        names = [self._fresh(name) if name else "" for name in node.outputs]
        if names and not names[0]:  # of an LSTM of which only the last state is asked for
            names[0] = self._fresh(f"{max(names)}/0")
        for name, shape in zip(names, made.shapes, strict=False):
            check_shape(name, shape)
        given = [value for value in call.inputs if value is not None]
        if all(value.constant for value in given) or call.op in ("Shape", "Size"):
            results = self._computed(call, made, names)
            if results is not None:
                return results
        if made.kind is None:
            extra = zip(names[1:], made.shapes[1:], strict=False)
            return [_first(made), *(Value(name, shape, None, True) for name, shape in extra)]
        return self._emit(made, node, names)

    def _computed(self, call: Call, made: Made, names: list[str]) -> list[Value] | None:
        """What every run has alike; None for what has to stay an operator all the same."""
        closed = [
            tuple(side for side in shape if side is not None)
            for shape in made.shapes
            if shape is not None and None not in shape
        ]
        known: list[Values | None] = [None] * len(made.shapes)
        if len(closed) == len(made.shapes):
            known = evaluate(call, closed)
            self.computed += sum(len(values) for values in known if values)
            if self.computed > MOST_COMPUTED:
                raise DscalcError(f"more than {MOST_COMPUTED:,} numbers are computed for shapes")
        elif call.op in ("Shape", "Size"):
            return None
        first = call.get(0)
        same = made.kind is None or isinstance(made.kind, (Reshape, Transpose))
        grown = isinstance(made.kind, Expand) and first and first.shape != made.shapes[0]
        if known[0] is None and (grown or isinstance(made.kind, Embedding)):
            return None
        if call.op in ("Shape", "Size") and known[0] is None:
            return None
        stored = all(value.storage for value in call.inputs if value is not None)
        results = []
        for i, (name, shape) in enumerate(zip(names, made.shapes, strict=False)):
            storage = name if stored else ""
            if same and first is not None and i == 0:
                storage = first.storage
            results.append(Value(name, shape, known[i], True, storage))
        return results

    def _emit(self, made: Made, node: Node, names: list[str]) -> list[Value]:
        """Writes the operator, and those behind it of which the last makes the node's output."""
        assert made.kind is not None
        weighted = isinstance(made.kind, WEIGHTED)
        inputs = [
            self.taken(value, weighted and place > 0) if value else ""
            for place, value in enumerate(made.inputs)
        ]
        while inputs and not inputs[-1]:
            inputs.pop()
        result, shape = names[0], made.shapes[0]
        steps = [self._fresh(f"{result}/{i}") for i in range(len(made.then))]
        first = [steps[0] if steps else result, *names[1:]]
        self._write(Operator(made.kind, node.name, tuple(inputs), tuple(first), node.op))
        for name, side in zip(first, made.shapes, strict=False):
            self.tensors[name] = Tensor(name, side)
        for i, then in enumerate(made.then):
            out = steps[i + 1] if i + 1 < len(steps) else result
            extra = tuple(self.taken(value) for value in then.inputs)
            self._write(Operator(then.kind, node.name, (steps[i], *extra), (out,), node.op))
            self.tensors[out] = Tensor(out, shape)
        self.tensors.pop("", None)
        return [Value(name, side) for name, side in zip(names, made.shapes, strict=False)]

    def taken(self, value: Value, weight: bool = False) -> str:
        """The name of the tensor, which the graph has from now on if it had it not before."""
        if value.name not in self.tensors:
            storage = value.storage or (value.name if weight else "")
            self.tensors[value.name] = Tensor(value.name, value.shape, storage)
            if not storage:
                why = "numbers that are the same in every run"
                self._write(Operator(Opaque(why), "", (), (value.name,), "constant"))
        return value.name

    def _write(self, operator: Operator) -> None:
        self.operators.append(operator)

    def _fresh(self, name: str) -> str:
        """The name, or one like it where a branch or function has made a tensor of that name."""
        fresh = name
        while fresh in self.names:
            self.names[name] += 1
            fresh = f"{name}#{self.names[name]}"
        self.names[fresh] = 1
        return fresh


def _held(attribute: Attribute) -> Stored | None:
    """The value of a Constant as a tensor; text has the shape of a list."""
    if isinstance(attribute, Stored):
        return attribute
    if isinstance(attribute, (int, float)):
        return Stored("", (), (attribute,))
    if isinstance(attribute, tuple):
        numbers = tuple(number for number in attribute if isinstance(number, (int, float)))
        return Stored("", (len(attribute),), numbers if len(numbers) == len(attribute) else None)
    return Stored("", (), None) if isinstance(attribute, str) else None


def _first(made: Made) -> Value:
    value = made.inputs[0]
    assert value is not None
    return value


def _embedding(call: Call) -> Made | None:
    """A gather of rows out of a stored table, unless it is small enough to be a shape's."""
    if call.op != "Gather" or call.whole("axis", 0) or not (call.has(0) and call.has(1)):
        return None
    table, rows = call.value(0), call.value(1)
    if not table.storage or table.values is not None or len(call.shape(0)) != 2:
        return None
    if rows.constant and not call.shape(1):
        return None
    words, n = call.known(0)
    return call.made(Embedding(words, n), (*call.shape(1), n), 0, 1)


def _located(error: DscalcError, node: Node) -> DscalcError:
    """The error with the name of the node, unless one inside it was named already."""
    name = node.name or next(filter(None, node.outputs), "")
    return DscalcError(
        *(
            problem if problem.layer else Problem(problem.message, layer=f"{node.op} '{name}'")
            for problem in error.problems
        )
    )
